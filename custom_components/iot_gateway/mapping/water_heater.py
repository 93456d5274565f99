"""The table of water heaters."""

from .composite import WaterHeaterRow
from .rows import Table

WATER_HEATERS: Table[WaterHeaterRow] = {}

COMMON_WATER_HEATERS: tuple[WaterHeaterRow, ...] = ()
