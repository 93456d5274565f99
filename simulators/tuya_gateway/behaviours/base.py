"""What a behaviour is."""

from collections.abc import Iterable, Mapping
import math
from random import Random
from typing import Any

from ..device import SimulatedDevice
from ..schema import limits

type Values = dict[str, Any]


class Behaviour:
    """One thing that a device does by itself.

    `step` is told how many seconds went by and returns what the device reports now: raw values by code, {} for nothing.
    The state itself is changed by whoever calls it.
    """

    def __init__(self, device: SimulatedDevice, rng: Random) -> None:
        """Belong to a device, with its own source of chance."""
        self.device = device
        self.rng = rng

    def step(self, seconds: float) -> Values:
        """Let time go by."""
        raise NotImplementedError

    def commanded(self, values: Mapping[str, Any]) -> None:
        """Be told of a command, which is in the state already."""

    # Help for all of them

    def has(self, *codes: str) -> bool:
        """Tell whether the device has all these codes in its state."""
        return all(code in self.device.value for code in codes)

    def is_on(self, *switches: str) -> bool:
        """Tell whether the first of these switches that the device has is on; True if it has none."""
        return next((bool(self.device.value[code]) for code in switches if code in self.device.value), True)

    def scale(self, code: str) -> float:
        """Return how many raw steps one unit has."""
        return float(10 ** self._spec(code).get("scale", 0))

    def unit(self, code: str) -> str:
        """Return the unit of a code."""
        return str(self._spec(code).get("unit", ""))

    def bounded(self, code: str, value: float) -> int:
        """Return the nearest raw integer that the code can have."""
        spec = self._spec(code)
        return int(max(spec.get("min", value), min(spec.get("max", value), round(value))))

    def happens(self, seconds: float, mean: float) -> bool:
        """Tell whether something that happens every `mean` seconds, by chance, does so within the next `seconds`."""
        return self.rng.random() < -math.expm1(-seconds / mean)

    def _spec(self, code: str) -> dict[str, Any]:
        entry = self.device.entry(code)
        return limits(entry) if entry else {}


class Timer:
    """Counts seconds; `due` is true when a period has gone by."""

    def __init__(self, period: float) -> None:
        """Start at nothing."""
        self.period = period
        self._elapsed = 0.0

    def due(self, seconds: float) -> bool:
        """Let time go by and tell whether it's time; several periods at once count as one."""
        self._elapsed += seconds
        if self._elapsed < self.period:
            return False
        self._elapsed %= self.period
        return True


def codes_that_are_only_read(device: SimulatedDevice, known: Iterable[str]) -> list[str]:
    """Return those of some codes that the device has with a number in it and that nobody can write."""
    return [
        code
        for code in known
        if isinstance(device.value.get(code), (int, float))
        and not isinstance(device.value[code], bool)
        and device.writable(code) is None
    ]
