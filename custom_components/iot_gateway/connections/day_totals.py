"""What is counted since midnight UTC, over restarts too."""

from collections.abc import Callable
import time
from typing import Any

from .call_budget import DAY


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


class CountToday:
    """How much a total that only grows has grown since midnight UTC; to be looked at every minute or so."""

    def __init__(self, total: Callable[[], int], now: Callable[[], float] = time.time) -> None:
        """Begin at nothing; `now` gives seconds since the epoch."""
        self._total = total
        self._now = now
        self._day = self._today()
        self._before = total()

    @property
    def value(self) -> int:
        """The count since midnight."""
        if (day := self._today()) != self._day:
            self._day = day
            self._before = self._total()
        return self._total() - self._before

    def kept(self) -> list[int]:
        """Return what `restore` takes."""
        count = self.value
        return [self._day, count]

    def restore(self, kept: Any) -> None:
        """Add what was counted before, if that was today."""
        match kept:
            case [int(day), int(count)] if day == self._today() and count > 0:
                _ = self.value
                self._before -= count

    def _today(self) -> int:
        return int(self._now() // DAY)
