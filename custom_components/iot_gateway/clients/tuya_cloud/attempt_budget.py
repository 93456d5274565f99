"""How often a camera that does not answer may be asked again."""

from collections import deque

from .session_error import SessionReason


class AttemptBudget:
    """How often a camera may be offered to without success: some refuse everybody after a dozen attempts (section 4).

    `attempts` within `per` seconds are free; then each has to keep a distance to the one before, from `first` doubling to
    `most` seconds. An answer, or a quiet time of twice `most` seconds, makes all of them free again.
    """

    def __init__(self, *, attempts: int = 6, per: float = 60.0, first: float = 2.0, most: float = 120.0) -> None:
        """Begin with all attempts."""
        self._attempts = attempts
        self._per = per
        self._first = first
        self._most = most
        self._recent: deque[float] = deque()
        self._last: float | None = None
        self._wait = first
        self.last_reason: SessionReason | None = None

    def take(self, now: float) -> float:
        """Take an attempt; returns 0, or the seconds to wait where none is left (nothing was taken then)."""
        if self._last is not None and now - self._last >= 2 * self._most:
            self.give_back()
        while self._recent and now - self._recent[0] >= self._per:
            self._recent.popleft()
        if self._last is not None and (len(self._recent) >= self._attempts or self._wait > self._first):
            if (left := self._last + self._wait - now) > 0.0:
                return left
            self._wait = min(2 * self._wait, self._most)
        self._recent.append(now)
        self._last = now
        return 0.0

    def give_back(self) -> None:
        """The camera answers: nothing that was before counts any more."""
        self._recent.clear()
        self._last = None
        self._wait = self._first
        self.last_reason = None
