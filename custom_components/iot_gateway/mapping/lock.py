"""The table of locks."""

from .composite import LockRow
from .rows import Table

LOCKS: Table[LockRow] = {}

COMMON_LOCKS: tuple[LockRow, ...] = ()
