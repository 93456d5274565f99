"""When a cloud is asked next, so that a day's calls last for the day."""

from collections.abc import Callable
import time
from typing import Final

DAY: Final = 86400
"""Seconds; a day begins at midnight UTC, as the console of Tuya's counts calls."""

_AFTER_MIDNIGHT: Final = 60.0
"""Seconds into a new day at which a used-up budget is drawn on again: clocks differ."""


def seconds_until_reading(*, wished: float, budget: int, used: int, cost: int, now: float) -> float:
    """Return the seconds until the next reading: those that are wished, or more, so that the budget lasts until midnight.

    What else draws on it (commands, tokens, live pictures) is in `used` by the time that it was made, so the readings give way.

    Args:
        wished: seconds between two readings.
        budget: calls that a day may have.
        used: calls that today has had.
        cost: calls that a reading takes, at least 1.
        now: seconds since the epoch.
    """
    left = DAY - now % DAY
    readings = (budget - used) // max(cost, 1)
    if readings <= 0:
        return max(wished, left + _AFTER_MIDNIGHT)
    return max(wished, left / readings)


class CallBudget:
    """The calls that a day may have, and how many today has had. `now` gives seconds since the epoch."""

    def __init__(self, calls_a_day: int, used: Callable[[], int], now: Callable[[], float] = time.time) -> None:
        """Draw on `calls_a_day`; `used` returns the calls of today."""
        self.calls_a_day: Final = calls_a_day
        self._used = used
        self._now = now

    @property
    def used_up(self) -> bool:
        """Whether today has had all of its calls: nothing is read any more of our own accord."""
        return self._used() >= self.calls_a_day

    def seconds_until_reading(self, *, wished: float, cost: int) -> float:
        """Return the seconds until the next reading, see the function of the same name."""
        return seconds_until_reading(
            wished=wished, budget=self.calls_a_day, used=self._used(), cost=cost, now=self._now()
        )
