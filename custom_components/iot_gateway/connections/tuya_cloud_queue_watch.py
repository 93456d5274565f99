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
KEPT_FOR: Final = 2 * 3600.0
"""Seconds for which the queue keeps what nobody takes (A3); who was away for longer has missed something."""
_UNREADABLE_FOR: Final = 3600.0
"""Seconds after a message that could not be read: nobody knows what it said."""
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

    def __init__(
        self,
        *,
        last_message: float | None = None,
        watched: tuple[float, float] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Begin without a connection.

        Args:
            last_message: when an earlier connection of the same queue brought one.
            watched: since when and until when there were such connections, as `watched` told.
            now: the clock.
        """
        self._now = now
        self._since: float | None = None
        self._watched_since: float | None = None
        self._lost_at: float | None = None
        if watched is not None:
            self._watched_since, self._lost_at = watched
        self._read_at: float | None = None
        self._unreadable_at = 0.0
        self._delivers_since = 0.0
        self._heard: dict[str, float] = {}
        self._missed: dict[str, float] = {}
        self.last_message = last_message

    @property
    def trusted(self) -> bool:
        """Whether no polling is needed: it is connected, has proved itself, all can be read, and nothing is known to be missing."""
        return (
            self._since is not None
            and self.last_message is not None
            and self._now() - self.last_message < _PROVEN_FOR
            and self._now() - self._unreadable_at >= _UNREADABLE_FOR
            and not self._missed
        )

    @property
    def delivers(self) -> bool:
        """Whether it is connected and has brought messages, some of them perhaps: it isn't silent."""
        return self._since is not None and self.last_message is not None and self._now() - self.last_message < _DAY

    def connected(self) -> None:
        """There is a connection. What changed while there was none proves nothing; what was told meanwhile comes now."""
        self._since = self._now()
        if self._watched_since is None or self._lost_at is None or self._since - self._lost_at >= KEPT_FOR:
            self._watched_since = self._since
        self._read_at = None

    def lost(self) -> None:
        """There is none any more."""
        self._since = None
        self._lost_at = self._now()
        self._read_at = None

    @property
    def watched(self) -> tuple[float, float] | None:
        """Since when and until when there have been connections, so short of a pause that no message was dropped in it."""
        until = self._lost_at if self._since is None else self._now()
        return None if self._watched_since is None or until is None else (self._watched_since, until)

    def heard(self, device_id: str) -> None:
        """A message of a device came."""
        now = self._now()
        if self.last_message is None or now - self.last_message >= _DAY:
            # What was missed while it was silent nobody else has taken
            self._delivers_since = now
        self.last_message = now
        self._heard[device_id] = now
        self._missed.pop(device_id, None)

    def unreadable(self) -> None:
        """A message came that could not be read."""
        self._unreadable_at = self._now()

    def heard_since(self, device_id: str, when: float) -> bool:
        """Whether a message of a device came after a time."""
        return self._heard.get(device_id, 0.0) >= when

    def missed(self, device_id: str, *, since: float) -> None:
        """A device has changed since a time; there was a connection all along."""
        if self._since is not None and self._since <= since and not self.heard_since(device_id, since):
            before = self._missed.get(device_id)
            if before is None or before < self._delivers_since:
                self._missed[device_id] = self._now()

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
        missing = [when for when in self._missed.values() if now - when >= _IN_FLIGHT]
        if self._since is None or not missing:
            return Verdict.FINE
        if not self.delivers:
            return Verdict.SILENT if now - (self._watched_since or self._since) >= _DAY else Verdict.FINE
        taken = sum(when >= self._delivers_since for when in missing)
        return Verdict.SHARED if taken >= _SHARED_DEVICES else Verdict.FINE

    def as_dict(self) -> dict[str, Any]:
        """Return what diagnostics show."""
        return {
            "trusted": self.trusted,
            "verdict": self.verdict.value,
            "devices_heard": len(self._heard),
            "devices_missed": sorted(self._missed),
        }
