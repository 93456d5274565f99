"""What devices do by themselves. A device gets a behaviour by the codes that it has, so loaded homes live too."""

from random import Random

from ..device import SimulatedDevice
from .air import air
from .base import Behaviour, Values
from .cleaning import cleaning
from .machines import machines
from .people import people
from .power import power

__all__ = ["Behaviour", "Values", "behaviours_of"]


def behaviours_of(device: SimulatedDevice, rng: Random) -> list[Behaviour]:
    """Return all that a device does."""
    return [behaviour for kind in (air, people, power, machines, cleaning) for behaviour in kind(device, rng)]
