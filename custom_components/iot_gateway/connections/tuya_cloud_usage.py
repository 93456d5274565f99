"""What a cloud project's quota is drawn on by, today: calls and messages; kept over restarts."""

from collections.abc import Callable
import time
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_ACCESS_ID, CONNECTION_TUYA_CLOUD
from .day_totals import DayTotal
from .kept_usage import KeptUsage

_WATCHED_EVERY: Final = 1800.0
"""Seconds; not each minute is a reason to write."""


class CloudUsage(KeptUsage):
    """Calls and messages of an entry's project.

    `last_message` is in seconds since the epoch, None if none ever came; `watched` is as `QueueWatch` tells it.
    """

    connection = CONNECTION_TUYA_CLOUD

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, now: Callable[[], float] = time.time) -> None:
        """Have nothing before `load`."""
        super().__init__(hass, entry)
        self._project: str = entry.data[CONF_ACCESS_ID]
        self.calls: Final = DayTotal(now)
        self.messages: Final = DayTotal(now)
        self.last_message: float | None = None
        self.watched: tuple[float, float] | None = None
        self._queue = ""

    @override
    def _restore(self, kept: dict[str, Any]) -> None:
        if kept.get("project") != self._project:
            # The entry was of another one, whose quota is not this one's
            return
        day = kept.get("day", -1)
        self.calls.restore(day, kept.get("calls", 0))
        self.messages.restore(day, kept.get("messages", 0))
        self.last_message = kept.get("last_message")
        self.watched = None if (watched := kept.get("watched")) is None else (watched[0], watched[1])
        self._queue = kept.get("queue", "")

    @callback
    def use_queue(self, queue: str) -> None:
        """Messages are those of this queue from now on; what came from another one says nothing of it."""
        if queue != self._queue:
            self._queue = queue
            self.last_message = None
            self.watched = None

    @callback
    def note(self, last_message: float | None, watched: tuple[float, float] | None) -> None:
        """Take in what is known of the queue by now."""
        self.last_message = last_message
        self.watched = watched

    @override
    def _to_store(self) -> dict[str, Any]:
        return {
            "project": self._project,
            "day": self.calls.day,
            "calls": self.calls.today,
            "messages": self.messages.today,
            "last_message": self.last_message,
            "watched": None if self.watched is None else [self.watched[0], _rounded(self.watched[1])],
            "queue": self._queue,
        }


def _rounded(when: float) -> float:
    return when - when % _WATCHED_EVERY
