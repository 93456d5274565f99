"""When which device is read: each is a call of its own, so they take turns, and those that push are left alone."""

from collections.abc import Callable, Iterable
import time
from typing import Final

from .call_budget import DAY

SLACK: Final = 1.0
"""Seconds by which a reading may be too early, so that those that are due together are read together."""


class Readings:
    """The next reading of each device, in seconds since the epoch."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Have nothing to read."""
        self._now = now
        self._due: dict[str, float] = {}
        self._read: dict[str, float] = {}

    @property
    def next(self) -> float | None:
        """When the next one is due, None where nothing is to be read."""
        return min(self._due.values(), default=None)

    def is_planned(self, device_id: str) -> bool:
        """Whether a device has a next reading."""
        return device_id in self._due

    def spread(self, device_ids: Iterable[str], interval: float) -> None:
        """Have devices that were just read be read again after an interval, evenly one after the other from then on."""
        ids = list(device_ids)
        now = self._now()
        for number, device_id in enumerate(ids, 1):
            # Earlier rather than later, so that none waits longer than it would alone
            self._due[device_id] = now + interval * number / len(ids)
            self._read[device_id] = now

    def was_read(self, device_id: str, wait: float) -> None:
        """A device was read; it is again after so many seconds, and not before."""
        now = self._now()
        self._read[device_id] = now
        self._due[device_id] = now + wait

    def retry(self, device_id: str, wait: float) -> None:
        """A device could not be read; it is tried again after so many seconds, and not before."""
        self._due[device_id] = self._now() + wait

    def soon(self, device_id: str, wait: float = 0.0) -> None:
        """Have a device be read after so many seconds at the latest."""
        due = self._now() + wait
        self._due[device_id] = min(self._due.get(device_id, due), due)

    def leave(self, device_id: str) -> None:
        """A device tells by itself: a look once a day shows whether it tells all."""
        self._due[device_id] = max(self._due.get(device_id, 0.0), self._read.get(device_id, self._now()) + DAY)

    def drop(self, device_id: str) -> None:
        """Forget a device."""
        self._due.pop(device_id, None)
        self._read.pop(device_id, None)

    @property
    def due(self) -> list[str]:
        """The devices to be read now, those that have waited longest first."""
        until = self._now() + SLACK
        return sorted((device_id for device_id, due in self._due.items() if due <= until), key=self._due.__getitem__)
