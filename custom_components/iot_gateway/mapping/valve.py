"""The table of valves."""

from .composite import ValveRow
from .rows import Table

VALVES: Table[ValveRow] = {}

COMMON_VALVES: tuple[ValveRow, ...] = ()
