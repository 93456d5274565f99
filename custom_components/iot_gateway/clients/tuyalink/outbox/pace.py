"""When the next message may go out: the rate that the cloud allows, time to gather, and pauses after troubles.

All times are those of the event loop, in seconds.
"""

from typing import Final

_HOLD_FIRST: Final = 5.0
_HOLD_MOST: Final = 300.0


class Pace:
    """A bucket of `burst` tokens, one a message, that fills up again at `rate` a second.

    Args:
        rate: messages a second, in the long run.
        burst: messages that may go out at once.
        gather: seconds in which changes gather before the first of them goes out.
    """

    def __init__(self, *, rate: float, burst: int, gather: float) -> None:
        """Begin with a full bucket."""
        self._rate = rate
        self._burst = burst
        self._gather = gather
        self._tokens = float(burst)
        self._tokens_at: float | None = None
        self._gathered_at: float | None = None
        self._held_until = 0.0
        self._hold = _HOLD_FIRST

    def delay(self, now: float) -> float:
        """Return the seconds until the next message may go out; no more than 0 means now."""
        self._refill(now)
        missing = max(0.0, 1.0 - self._tokens) / self._rate
        return max(missing, (self._gathered_at or 0.0) - now, self._held_until - now)

    def spend(self, now: float) -> None:
        """Take the token of a message; what goes out at once may make a debt of one burst."""
        self._refill(now)
        self._tokens = max(self._tokens - 1.0, -float(self._burst))

    def begin_to_gather(self, now: float) -> None:
        """Take note of something to send; more of it may come."""
        if self._gathered_at is None:
            self._gathered_at = now + self._gather

    def has_gathered(self) -> None:
        """Take note that nothing is left of what gathered."""
        self._gathered_at = None

    def hold_back(self, now: float) -> None:
        """Send nothing for a while, longer each time until one was `delivered`."""
        self._held_until = now + self._hold
        self._hold = min(2 * self._hold, _HOLD_MOST)

    def delivered(self) -> None:
        """Take note of a message that got through."""
        self._hold = _HOLD_FIRST

    def _refill(self, now: float) -> None:
        if self._tokens_at is not None:
            self._tokens = min(float(self._burst), self._tokens + (now - self._tokens_at) * self._rate)
        self._tokens_at = now
