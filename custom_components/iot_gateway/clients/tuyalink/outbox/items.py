"""Records on their way, and how many of them one message holds."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..packing import ROOM
from ..properties import MOST_SUB_DEVICES, device_size
from ..records import Record

type Key = tuple[str, str]
"""Device id and code."""


@dataclass(slots=True, eq=False)
class Item:
    """A record on its way; `number` orders those of a property.

    `offline` ones have waited while the link was down, `known` ones are reported once more only.
    """

    record: Record
    number: int
    size: int
    urgent: bool = False
    offline: bool = False
    known: bool = False

    @property
    def key(self) -> Key:
        """Which property or event it is of."""
        return self.record.device_id, self.record.code


def fitting_items(items: Iterable[Item], most: int, *, once: bool) -> list[Item]:
    """Return the first items that fit into a message; `once`: each (device, kind, code) once.

    What belongs to one device too many is passed over, all of it, so that the items of each device keep their order.
    """
    fitting: list[Item] = []
    devices: set[str] = set()
    seen: set[tuple[type[Record], Key]] = set()
    used = 0
    for item in items:
        device_id = item.record.device_id
        kind = type(item.record), item.key
        frame = 0 if device_id in devices else device_size(device_id)
        if (once and kind in seen) or (frame and len(devices) >= MOST_SUB_DEVICES):
            continue
        if fitting and (len(fitting) >= most or used + item.size + frame > ROOM):
            break
        fitting.append(item)
        devices.add(device_id)
        seen.add(kind)
        used += item.size + frame
    return fitting


def order_of(item: Item) -> tuple[int, int]:
    """Return what sorts history."""
    return item.record.time, item.number
