"""Whether a message queue delivers what it should: being connected proves nothing (protocols page, A1 and A3).

What proves it is messages, and what disproves it is a change of a device that a reading or a command shows and no message
told. Where that is so of every device, the queue is silent; where it is so of some, somebody else takes their messages.
"""

from collections.abc import Callable, Iterable
from enum import Enum
import time
from typing import Any, Final

_DAY: Final = 86400.0
_PROVEN_FOR: Final = 7 * _DAY
"""Seconds for which messages of an earlier connection are proof; without any the cloud is polled."""
_IN_FLIGHT: Final = 60.0
"""Seconds that a message may be on its way."""
_SHARED_DEVICES: Final = 2
"""Of how many devices changes must be missing: one may be left out for a reason of its own."""


class Verdict(Enum):
    """What is to be told to the user."""

    FINE = "fine"
    SILENT = "silent"
    SHARED = "shared"


class QueueWatch:
    """Weighs what is heard against what is not. Times are seconds since the epoch."""

    def __init__(self, *, last_message: float | None = None, now: Callable[[], float] = time.time) -> None:
        """Begin without a connection; `last_message` is when an earlier connection of the same queue brought one."""
        self._now = now
        self._since: float | None = None
        self._read_at: float | None = None
        self._heard: dict[str, float] = {}
        self._missed: dict[str, float] = {}
        self.last_message = last_message

    @property
    def trusted(self) -> bool:
        """Whether no polling is needed: it is connected, it has proved itself, and nothing is known to be missing."""
        return (
            self._since is not None
            and self.last_message is not None
            and self._now() - self.last_message < _PROVEN_FOR
            and not self._missed
        )

    def connected(self) -> None:
        """There is a connection. What changed while there was none proves nothing."""
        self._since = self._now()
        self._read_at = None

    def lost(self) -> None:
        """There is none any more."""
        self._since = None
        self._read_at = None

    def connected_for(self) -> float:
        """Return for how many seconds there has been a connection."""
        return 0.0 if self._since is None else self._now() - self._since

    def heard(self, device_id: str) -> None:
        """A message of a device came."""
        now = self._now()
        self.last_message = now
        self._heard[device_id] = now
        self._missed.pop(device_id, None)

    def heard_since(self, device_id: str, when: float) -> bool:
        """Whether a message of a device came after a time."""
        return self._heard.get(device_id, 0.0) >= when

    def missed(self, device_id: str, *, since: float) -> None:
        """A device has changed since a time; there was a connection all along."""
        if self._since is not None and self._since <= since and not self.heard_since(device_id, since):
            self._missed.setdefault(device_id, self._now())

    def note_reading(self, changed: Iterable[str]) -> None:
        """All devices were read; these are otherwise than they were known to be, so they have changed since the reading before."""
        if self._since is None:
            return
        if self._read_at is not None:
            for device_id in changed:
                self.missed(device_id, since=self._read_at)
        self._read_at = self._now()

    def drop(self, device_id: str) -> None:
        """A device is gone."""
        self._heard.pop(device_id, None)
        self._missed.pop(device_id, None)

    @property
    def verdict(self) -> Verdict:
        """What is known by now."""
        now = self._now()
        missing = [device_id for device_id, when in self._missed.items() if now - when >= _IN_FLIGHT]
        if self._since is None or not missing:
            return Verdict.FINE
        if self.last_message is None or now - self.last_message >= _DAY:
            return Verdict.SILENT if now - self._since >= _DAY else Verdict.FINE
        return Verdict.SHARED if len(missing) >= _SHARED_DEVICES else Verdict.FINE

    def as_dict(self) -> dict[str, Any]:
        """Return what diagnostics show."""
        return {
            "trusted": self.trusted,
            "verdict": self.verdict.value,
            "devices_heard": len(self._heard),
            "devices_missed": sorted(self._missed),
        }
