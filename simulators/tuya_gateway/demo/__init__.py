"""The demo home: what a house full of Tuya devices tells its gateway.

A model, not a recording: the data points follow Tuya's standard instruction sets (units, scales, ranges), the devices are
made up.
"""

from ..device import SimulatedDevice
from .cameras import cameras
from .cleaning import cleaning
from .climate import climate
from .energy import energy
from .lighting import lighting
from .odd import odd
from .openings import openings
from .safety import safety
from .sensors import sensors


def demo_home() -> list[SimulatedDevice]:
    """Return the demo home, new objects with every call; one device is offline."""
    return [*lighting(), *energy(), *openings(), *climate(), *sensors(), *safety(), *cleaning(), *cameras(), *odd()]
