"""Many reports at once, for tests and benchmarks.

A model of the documented protocol, not of a real gateway.
"""

from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from typing import Any

from .device import SimulatedDevice
from .schema import Entry, limits

type Report = tuple[str, dict[str, Any]]


def changing_reports(devices: Iterable[SimulatedDevice], count: int) -> list[Report]:
    """Return `count` reports of one value each, in turn over every Boolean, Integer and Enum that the devices report.

    Each differs from the value before it, where the schema allows two. [] if there is nothing to report.
    """
    sources = [
        (device.id, entry["code"], _values(entry, device.value.get(entry["code"])))
        for device in devices
        if device.online
        for entry in device.status
        if str(entry.get("type")).lower() in ("boolean", "integer", "enum")
    ]
    if not sources:
        return []
    return [(devid, {code: next(values)}) for devid, code, values in islice(cycle(sources), count)]


def _values(entry: Entry, start: object) -> Iterator[object]:
    spec = limits(entry)
    match str(entry["type"]).lower():
        case "boolean":
            return cycle((not start, bool(start)))
        case "enum":
            options = spec.get("range") or [start]
            first = (options.index(start) + 1) % len(options) if start in options else 0
            return cycle(options[first:] + options[:first])
        case _:
            minimum, maximum = int(spec.get("min", 0)), int(spec.get("max", 100))
            span = min(maximum - minimum + 1, 1000)
            value = start if isinstance(start, int) else minimum
            return cycle(minimum + (value - minimum + step) % span for step in range(1, span + 1))
