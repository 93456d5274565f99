"""Counts of calls, for diagnostics and for budgets."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
import time
from typing import Any


@dataclass(slots=True, kw_only=True)
class CallStatistics:
    """How often which action was called and failed, today and since the start; `now` gives seconds since the epoch.

    A day begins at midnight UTC. Errors are counted by their code, or by their class where the cloud gave none. `delayed` are
    calls that waited for their turn under a rate limit.
    """

    now: Callable[[], float] = time.time
    calls: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    delayed: int = 0
    _today: Counter[str] = field(default_factory=Counter)
    _day: int = -1

    def count_call(self, action: str) -> None:
        """Note a call that goes out."""
        self._roll()
        self.calls[action] += 1
        self._today[action] += 1

    def count_error(self, error: Exception, code: str) -> None:
        """Note a call that failed."""
        self.errors[code or type(error).__name__] += 1

    @property
    def today(self) -> Counter[str]:
        """The calls since midnight UTC, by action."""
        self._roll()
        return self._today

    def as_dict(self) -> dict[str, Any]:
        """Return all of it by name, fit for JSON."""
        return {
            "calls": dict(self.calls),
            "calls_today": dict(self.today),
            "errors": dict(self.errors),
            "delayed": self.delayed,
        }

    def _roll(self) -> None:
        day = int(self.now() // 86400)
        if day != self._day:
            self._day = day
            self._today = Counter()
