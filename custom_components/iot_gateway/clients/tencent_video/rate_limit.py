"""How many calls of an action may be made in a second (protocol page 1.1)."""

from collections import deque
from collections.abc import Mapping
from typing import Final

DEFAULT_RATE: Final = 20
RATES: Final[Mapping[str, int]] = {
    "ControlDeviceData": 10000,
    "DescribeDeviceData": 5000,
    "DescribeDeviceDataHistory": 20,
}
"""Calls a second, where the documentation tells them; for the others the least that it tells is assumed."""
_WINDOW: Final = 1.25
"""Seconds. The cloud counts calls as they arrive, and the first of a burst may be longer under way than the one after it."""


class RateLimiter:
    """Spreads the calls of one action so that no second, wherever it begins, has more than `rate` of them."""

    def __init__(self, rate: int) -> None:
        """Allow so many calls a second."""
        self._times: deque[float] = deque(maxlen=rate)

    def reserve(self, now: float) -> float:
        """Take the next free moment, and return how many seconds from `now` (monotonic) it is."""
        at = now
        if len(self._times) == self._times.maxlen:
            at = max(now, self._times[0] + _WINDOW)
        # In order even where the clock reading of a caller is an older one
        if self._times:
            at = max(at, self._times[-1])
        self._times.append(at)
        return at - now
