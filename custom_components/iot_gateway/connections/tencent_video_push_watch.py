"""Whether pushes come from each device, and whether they tell all: what is read otherwise shows it."""

from collections.abc import Callable, Mapping
import time
from typing import Any, Final

from ..model import Raw
from .call_budget import DAY
from .tencent_video_reading import Reading
from .tencent_video_usage import PushHistory

_UNDER_WAY: Final = 60.0
"""Seconds for which a push may be under way: what changed just now was not missed yet."""


class PushWatch:
    """Watches the pushes to one webhook.

    `told` says of a device that its pushes can be relied on: one came, and nothing was found since that none had told.
    """

    def __init__(self, history: PushHistory, now: Callable[[], float] = time.time) -> None:
        """Watch from now on; `history` is what was known before, and is kept."""
        self.history = history
        self._now = now
        self._began = now()
        self._told: set[str] = set()

    def told(self, device_id: str) -> bool:
        """Whether a device pushes what it reports."""
        return device_id in self._told

    @property
    def devices(self) -> int:
        """How many devices push."""
        return len(self._told)

    def heard(self, device_id: str) -> None:
        """A device pushed what it reports."""
        self._told.add(device_id)

    def compare(self, device_id: str, reading: Reading, known: Mapping[str, Raw]) -> bool:
        """Compare what was read of a device with what is known; return whether something was not pushed that had to be."""
        until = reading.asked_at - _UNDER_WAY
        missed = any(
            (when := reading.times[code]) is not None and self._began < when / 1000 < until and known.get(code) != raw
            for code, raw in reading.values.items()
        )
        if missed:
            self._told.discard(device_id)
            self.history.missed = self._now()
        return missed

    def drop(self, device_id: str) -> None:
        """Forget a device."""
        self._told.discard(device_id)

    @property
    def silent(self) -> bool:
        """Whether for a day nothing was pushed, while devices reported something."""
        history = self.history
        since = history.began if history.last is None else history.last
        return history.missed is not None and history.missed > since and self._now() - since >= DAY

    def diagnostics(self) -> dict[str, Any]:
        """Return what a bug report needs."""
        return {
            "devices_that_push": len(self._told),
            "expected_since": self.history.began,
            "last": self.history.last,
            "missed": self.history.missed,
        }
