"""What a TuyaLink connection tells of itself: values reported and commands taken today, and whether it is connected."""

from collections.abc import Callable
import time
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, callback

from ..measures import Measure, MeasureKind

_DAY: Final = 86400


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
        return int(self._now() // _DAY)


class LinkMeasures:
    """The measures of one connection. Counts are told once a minute: each report would be too much to record."""

    def __init__(self, *, reports: CountToday, commands: CountToday, connected: Callable[[], bool]) -> None:
        """Measure these."""
        self._listeners: list[CALLBACK_TYPE] = []
        self._told: tuple[object, ...] = ()
        self._now: Callable[[], tuple[object, ...]] = lambda: (reports.value, commands.value, connected())
        self.measures = (
            self._measure("reports_today", MeasureKind.COUNT_TODAY, lambda: reports.value),
            self._measure("commands_today", MeasureKind.COUNT_TODAY, lambda: commands.value),
            self._measure("tuyalink_connected", MeasureKind.CONNECTIVITY, connected),
        )

    @callback
    def tell(self) -> None:
        """Tell of what has changed since the last time, if anything has."""
        if (now := self._now()) != self._told:
            self._told = now
            for changed in list(self._listeners):
                changed()

    def _measure(self, key: str, kind: MeasureKind, value: Callable[[], int | bool]) -> Measure:
        return Measure(key=key, kind=kind, value=value, listen=self._listen)

    @callback
    def _listen(self, changed: CALLBACK_TYPE) -> CALLBACK_TYPE:
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)
