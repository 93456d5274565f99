"""How long to wait before the next attempt to connect."""

from collections.abc import Callable
import random
from typing import Final

_SETTLED: Final = 10.0
"""How many times the first wait a connection must have lived to count as one that works."""


class Backoff:
    """Waits that double from `first` to `most` seconds, each between `low` times and `high` times itself.

    `uniform(low, high)` draws it: many clients whose broker restarts should not come at once.
    """

    def __init__(
        self,
        *,
        first: float,
        most: float,
        low: float = 0.5,
        high: float = 1.0,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Begin at the first wait."""
        self._first = first
        self._most = most
        self._low = low
        self._high = high
        self._uniform = uniform
        self._wait = first

    def reset(self) -> None:
        """Begin at the first wait again."""
        self._wait = self._first

    def after_failure(self) -> float:
        """Return the seconds to wait after an attempt that failed."""
        wait, self._wait = min(self._wait, self._most), min(2 * self._wait, self._most)
        return self._uniform(self._low * wait, self._high * wait)

    def after_loss(self, lived: float) -> float:
        """Return the seconds to wait after the loss of a connection that lived so many seconds.

        One that had worked for a while is made anew soon. One that is lost again and again right after its begin, as when
        two clients share a client id, is no success.
        """
        if lived < _SETTLED * self._first:
            return self.after_failure()
        self.reset()
        return self._uniform(0, min(self._first, self._most))
