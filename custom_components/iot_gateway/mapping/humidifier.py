"""The table of humidifiers."""

from .composite import HumidifierRow
from .rows import Table

HUMIDIFIERS: Table[HumidifierRow] = {}

COMMON_HUMIDIFIERS: tuple[HumidifierRow, ...] = ()
