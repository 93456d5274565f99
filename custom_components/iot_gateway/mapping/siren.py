"""The table of sirens."""

from .composite import SirenRow
from .rows import Table

SIRENS: Table[SirenRow] = {}

COMMON_SIRENS: tuple[SirenRow, ...] = ()
