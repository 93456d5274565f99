"""What is counted of a Tencent connection and known of its pushes, kept over restarts."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
import time
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import CONNECTION_TENCENT_VIDEO
from .day_totals import DayTotal
from .kept_usage import KeptUsage


@dataclass(kw_only=True, slots=True)
class PushHistory:
    """What is known of the pushes to one webhook; times are seconds since the epoch, None for never.

    `began` is since when they are expected, `last` when one came, `missed` when something was read that none had told.
    """

    webhook_id: str
    began: float
    last: float | None = None
    missed: float | None = None


class TencentUsage(KeptUsage):
    """Calls and pushes of an entry."""

    connection = CONNECTION_TENCENT_VIDEO

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, now: Callable[[], float] = time.time) -> None:
        """Have nothing before `load`."""
        super().__init__(hass, entry)
        self._now = now
        self.calls: Final = DayTotal(now)
        self.push: PushHistory | None = None
        self._pushes = 0
        self._pushes_day = self.calls.day

    @property
    def pushes_today(self) -> int:
        """The pushes since midnight UTC that were believed."""
        if self._pushes_day != self.calls.day:
            self._pushes_day = self.calls.day
            self._pushes = 0
        return self._pushes

    @override
    def _restore(self, kept: dict[str, Any]) -> None:
        day = kept.get("day", -1)
        self.calls.restore(day, kept.get("calls", 0))
        if day == self.calls.day:
            self._pushes = self.pushes_today + kept.get("pushes", 0)
        if isinstance(push := kept.get("push"), dict):
            self.push = PushHistory(**push)

    @callback
    def expect_pushes(self, webhook_id: str) -> PushHistory:
        """Return what is known of the pushes to a webhook, nothing where it is another one than before."""
        if self.push is None or self.push.webhook_id != webhook_id:
            self.push = PushHistory(webhook_id=webhook_id, began=self._now())
        return self.push

    @callback
    def count_push(self) -> None:
        """Note a push that was believed."""
        self._pushes = self.pushes_today + 1
        if self.push is not None:
            self.push.last = self._now()

    @override
    def _to_store(self) -> dict[str, Any]:
        return {
            "day": self.calls.day,
            "calls": self.calls.today,
            "pushes": self.pushes_today,
            "push": None if self.push is None else asdict(self.push),
        }
