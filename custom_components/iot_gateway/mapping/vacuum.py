"""The table of vacuums."""

from .composite import VacuumRow
from .rows import Table

VACUUMS: Table[VacuumRow] = {}

COMMON_VACUUMS: tuple[VacuumRow, ...] = ()
