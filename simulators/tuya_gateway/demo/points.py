"""How the demo home's devices are put down: a device is its name, its category and its data points."""

from dataclasses import dataclass
import hashlib
from typing import Any

from ..device import SimulatedDevice
from ..schema import Entry

# The vendor's part of the IEEE address that most Zigbee devices of Tuya have; the rest is made up from the name.
_VENDOR = "a4c138"


@dataclass(frozen=True, slots=True)
class Point:
    """A data point: its entry, its value at first, whether it can be written and whether it is reported."""

    entry: Entry
    value: Any
    writable: bool
    reported: bool


def rw(entry: Entry, value: object) -> Point:
    """Return a data point that can be written and is reported."""
    return Point(entry, value, writable=True, reported=True)


def ro(entry: Entry, value: object) -> Point:
    """Return a data point that is only reported."""
    return Point(entry, value, writable=False, reported=True)


def wo(entry: Entry) -> Point:
    """Return a data point that is only written: an order, which has no state."""
    return Point(entry, None, writable=True, reported=False)


def device(name: str, category: str, *points: Point, online: bool = True) -> SimulatedDevice:
    """Return a device with an id as Zigbee devices have, always the same for the same name."""
    return SimulatedDevice(
        id=_VENDOR + hashlib.sha256(name.encode()).hexdigest()[:10],
        category=category,
        function=[point.entry for point in points if point.writable],
        status=[point.entry for point in points if point.reported],
        value={point.entry["code"]: point.value for point in points if point.reported},
        online=online,
        name=name,
    )
