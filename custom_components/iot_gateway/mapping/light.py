"""The table of lights."""

from .composite import LightRow
from .rows import Table

LIGHTS: Table[LightRow] = {}

COMMON_LIGHTS: tuple[LightRow, ...] = ()
