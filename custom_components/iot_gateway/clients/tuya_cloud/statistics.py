"""Counts of calls and of messages, for diagnostics and for budgets."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
import time
from typing import Any


@dataclass(slots=True, kw_only=True)
class CallStatistics:
    """How often which kind of call was made and failed, today and since the start; `now` gives seconds since the epoch.

    A day begins at midnight UTC, as the console of Tuya's counts them. Errors are counted by their code, or by their class where
    the cloud gave none.
    """

    now: Callable[[], float] = time.time
    calls: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    _today: Counter[str] = field(default_factory=Counter)
    _day: int = -1

    def count_call(self, name: str) -> None:
        """Note a call that goes out."""
        self._roll()
        self.calls[name] += 1
        self._today[name] += 1

    def count_error(self, error: Exception, code: int | None) -> None:
        """Note a call that failed."""
        self.errors[type(error).__name__ if code is None else str(code)] += 1

    @property
    def today(self) -> Counter[str]:
        """The calls since midnight UTC, by name."""
        self._roll()
        return self._today

    def as_dict(self) -> dict[str, Any]:
        """Return all of it by name, fit for JSON."""
        return {"calls": dict(self.calls), "calls_today": dict(self.today), "errors": dict(self.errors)}

    def _roll(self) -> None:
        day = int(self.now() // 86400)
        if day != self._day:
            self._day = day
            self._today = Counter()


@dataclass(slots=True, kw_only=True)
class SignallingStatistics:
    """What the signalling has seen; the counters only grow.

    `connections` were made, `losses` happened, `renewals` are new connections made before the old one's end. `refused` are
    connections that the broker declined for their credentials. `unconfirmed` messages may or may not have arrived,
    `unmatched` ones belonged to no session of ours, `malformed` ones could not be read. `confirmed_in` is how many seconds
    the broker took for the last confirmed message.
    """

    connections: int = 0
    losses: int = 0
    renewals: int = 0
    failed_attempts: int = 0
    refused: int = 0
    accesses: int = 0
    sent: int = 0
    confirmed: int = 0
    unconfirmed: int = 0
    received: int = 0
    unmatched: int = 0
    malformed: int = 0
    handler_errors: int = 0
    wakes: int = 0
    confirmed_in: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it by name, fit for JSON."""
        return asdict(self)
