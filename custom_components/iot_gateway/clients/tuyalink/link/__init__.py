"""The connection of a TuyaLink device or gateway to the cloud: `TuyaLink`, and what it is made of."""

from .link import TuyaLink
from .timings import LinkTimings

__all__ = ["LinkTimings", "TuyaLink"]
