"""The table of fans."""

from .composite import FanRow
from .rows import Table

FANS: Table[FanRow] = {}

COMMON_FANS: tuple[FanRow, ...] = ()
