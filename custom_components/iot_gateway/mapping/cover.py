"""The table of covers."""

from .composite import CoverRow
from .rows import Table

COVERS: Table[CoverRow] = {}

COMMON_COVERS: tuple[CoverRow, ...] = ()
