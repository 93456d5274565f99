"""What a cloud project's quota is drawn on by, today: calls and messages; kept over restarts."""

from collections.abc import Callable
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import CONNECTION_TUYA_CLOUD, DOMAIN
from .call_budget import DAY

_SAVE_DELAY: Final = 5.0


class DayTotal:
    """A count since midnight UTC, whose source may be another one after a while: it goes on from where it was."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Begin at nothing; `now` gives seconds since the epoch."""
        self._now = now
        self._source: Callable[[], int] | None = None
        self._carried = 0
        self._day = -1

    @property
    def day(self) -> int:
        """Today, in days since the epoch."""
        return int(self._now() // DAY)

    @property
    def today(self) -> int:
        """The count since midnight."""
        if (day := self.day) != self._day:
            self._day = day
            self._carried = 0
        return self._carried + (0 if self._source is None else self._source())

    def begin(self, source: Callable[[], int] | None) -> None:
        """Count what `source` counts from now on; it has to be at nothing, and to begin anew at midnight itself."""
        self._carried = self.today
        self._source = source

    def restore(self, day: int, count: int) -> None:
        """Add what was counted before, if that was today."""
        _ = self.today
        if day == self._day and count > 0:
            self._carried += count


class CloudUsage:
    """Calls and messages of an entry's project. `last_message` is in seconds since the epoch, None if none ever came."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, now: Callable[[], float] = time.time) -> None:
        """Have nothing before `load`."""
        self._store = _store(hass, entry)
        self._loaded = False
        self._saved: dict[str, Any] = {}
        self.calls: Final = DayTotal(now)
        self.messages: Final = DayTotal(now)
        self.last_message: float | None = None
        self._queue = ""

    async def load(self) -> None:
        """Read what was kept, the first time."""
        if self._loaded:
            return
        self._loaded = True
        kept = await self._store.async_load() or {}
        day = kept.get("day", -1)
        self.calls.restore(day, kept.get("calls", 0))
        self.messages.restore(day, kept.get("messages", 0))
        self.last_message = kept.get("last_message")
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

    @staticmethod
    async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Remove what was kept of an entry."""
        await _store(hass, entry).async_remove()

    def _take_for_store(self) -> dict[str, Any]:
        self._saved = self._to_store()
        return self._saved

    def _to_store(self) -> dict[str, Any]:
        return {
            "day": self.calls.day,
            "calls": self.calls.today,
            "messages": self.messages.today,
            "last_message": self.last_message,
            "queue": self._queue,
        }


def _store(hass: HomeAssistant, entry: ConfigEntry) -> Store[dict[str, Any]]:
    return Store(hass, 1, f"{DOMAIN}.{CONNECTION_TUYA_CLOUD}_usage.{entry.entry_id}")
