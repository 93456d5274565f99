"""The SD card of a device: what it recorded, as the device's commands tell it (seed document 5).

Days are those of the device's own clock; that it is UTC+8 is our choice. An NVR has one card for all of its channels.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
import random
from typing import Any

CHINA = timezone(timedelta(hours=8))
CONTINUOUS = 0
MOTION = 1
_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Record:
    """A piece of video; times in seconds since 1970. What a type means is the vendor's choice: here CONTINUOUS or MOTION."""

    start: int
    end: int
    type: int = CONTINUOUS

    @property
    def seconds(self) -> int:
        """Return how long it is."""
        return self.end - self.start


@dataclass(slots=True, kw_only=True)
class Card:
    """The records by channel, oldest first."""

    zone: tzinfo = CHINA
    records: dict[int, list[Record]] = field(default_factory=dict)

    def add(self, channel: int, record: Record) -> None:
        """Record something."""
        records = self.records.setdefault(channel, [])
        records.append(record)
        records.sort()

    def clear(self) -> None:
        """Lose everything, as by formatting."""
        self.records.clear()

    def between(self, channel: int, start: float, end: float) -> list[Record]:
        """Return the records of which something lies between two times, as they are."""
        return [one for one in self.records.get(channel, ()) if one.start < end and one.end > start]

    def month(self, channel: int, year: int, month: int) -> int:
        """Return the days of a month on which something was recorded: bit 0 is its first day."""
        mask = 0
        for record in self.records.get(channel, ()):
            for at in (*range(record.start, record.end, _DAY), max(record.start, record.end - 1)):
                day = datetime.fromtimestamp(at, self.zone)
                if (day.year, day.month) == (year, month):
                    mask |= 1 << (day.day - 1)
        return mask

    def local(self, at: float) -> datetime:
        """Return what the device's clock shows at a time."""
        return datetime.fromtimestamp(at, self.zone)

    def as_json(self) -> dict[str, Any]:
        """Return what a person wants to know of it."""
        return {
            str(channel): {
                "records": len(records),
                "first": records[0].start if records else None,
                "last": records[-1].end if records else None,
            }
            for channel, records in self.records.items()
        }


def demo_card(
    at: float, channels: Iterable[int] = (0,), *, zone: tzinfo = CHINA, days: int = 6, seed: str = ""
) -> Card:
    """Return a card with records of some days up to a time, except for one day; what is from today ends a minute before it.

    Each hour of a day has some minutes of continuous video and a short piece because of motion.
    """
    card = Card(zone=zone)
    now = int(at)
    midnight = int(card.local(at).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    for channel in channels:
        chance = random.Random(f"{seed}{channel}")
        for ago in range(days, -1, -1):
            # One day in the middle has nothing, so that a calendar has a gap.
            if ago == 2 and days > 3:
                continue
            start = midnight - ago * _DAY
            for hour in range(24):
                first = start + hour * 3600 + chance.randrange(0, 600)
                second = start + hour * 3600 + chance.randrange(2400, 3500)
                for record in (
                    Record(start=first, end=first + chance.randrange(120, 900)),
                    Record(start=second, end=second + chance.randrange(12, 60), type=MOTION),
                ):
                    if record.end <= now - 60:
                        card.add(channel, record)
        card.add(channel, Record(start=now - 60, end=now - 30, type=MOTION))
    return card
