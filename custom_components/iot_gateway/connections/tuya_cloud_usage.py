"""What a cloud project's quota is drawn on by, today: calls and messages; kept over restarts."""

from collections.abc import Callable
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import CONF_ACCESS_ID, CONNECTION_TUYA_CLOUD, DOMAIN
from .day_totals import DayTotal

_SAVE_DELAY: Final = 5.0
_WATCHED_EVERY: Final = 1800.0
"""Seconds; not each minute is a reason to write."""


class CloudUsage:
    """Calls and messages of an entry's project.

    `last_message` is in seconds since the epoch, None if none ever came; `watched` is as `QueueWatch` tells it.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, now: Callable[[], float] = time.time) -> None:
        """Have nothing before `load`."""
        self._store = _store(hass, entry)
        self._project: str = entry.data[CONF_ACCESS_ID]
        self._loaded = False
        self._saved: dict[str, Any] = {}
        self.calls: Final = DayTotal(now)
        self.messages: Final = DayTotal(now)
        self.last_message: float | None = None
        self.watched: tuple[float, float] | None = None
        self._queue = ""

    async def load(self) -> None:
        """Read what was kept, the first time."""
        if self._loaded:
            return
        self._loaded = True
        kept = await self._store.async_load() or {}
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
    def save_soon(self) -> None:
        """Write what has changed, soon."""
        if self._loaded and self._to_store() != self._saved:
            self._store.async_delay_save(self._take_for_store, _SAVE_DELAY)

    async def flush(self) -> None:
        """Write what has changed; it is loaded anew perhaps."""
        if self._loaded and self._to_store() != self._saved:
            await self._store.async_save(self._take_for_store())

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

    @staticmethod
    async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Remove what was kept of an entry."""
        await _store(hass, entry).async_remove()

    def _take_for_store(self) -> dict[str, Any]:
        self._saved = self._to_store()
        return self._saved

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


def _store(hass: HomeAssistant, entry: ConfigEntry) -> Store[dict[str, Any]]:
    return Store(hass, 1, f"{DOMAIN}.{CONNECTION_TUYA_CLOUD}_usage.{entry.entry_id}")
