"""The table of climates."""

from .composite import ClimateRow
from .rows import Table

CLIMATES: Table[ClimateRow] = {}

COMMON_CLIMATES: tuple[ClimateRow, ...] = ()
