"""Counters whose reports are increments: `add_ele` says what was used since the report before, and is summed here.

Sources: Tuya's statistics count such a data point with the report type `sum`, a counter that grows with `minux`; the sockets
that have it clear their count with each report.
"""

from collections import deque

from .data_point import DataPoint, DataType

_LARGEST_INCREMENT = 10_000.0
"""Kilowatt-hours. A data point that may hold more than that in one report is made for the life of a device: a total."""

_TOLD_TWICE_WITHIN = 60.0
"""Seconds over which a gateway may tell the same report again. Longer ago, the same number is another report's."""
_ECHO_WITHIN = 1.0
"""Seconds within which an equal report without a number is taken for the same."""
_RETURN_WITHIN = 10.0
"""Seconds within which a device that is back reports again what it reported before it went."""
_REMEMBERED = 16


def reports_increments(point: DataPoint) -> bool:
    """Whether each report of a counter that is known to count increments is one.

    The schema's own word counts, where it has one. Some devices use the same code for a total, and their limits say so.
    """
    if point.increments is not None:
        return point.increments
    if point.type not in (DataType.INTEGER, DataType.FLOAT):
        return False
    if point.highest is None:
        return True
    largest = point.shown(point.highest)
    if point.unit.lower().replace("·", "").replace(".", "") == "wh":
        largest /= 1000
    return largest <= _LARGEST_INCREMENT


class IncrementSum:
    """Adds up increments, each report once.

    What tells one report from another is its number, where the gateway gives one. A device that comes back tells what it
    told before, under a new number: that is the same report too.
    """

    def __init__(self, places: int) -> None:
        """Begin at nothing; sums have at most `places` decimals (those of the data point)."""
        self.total: float = 0
        self._places = places
        self._told: deque[tuple[float, int | None, float]] = deque(maxlen=_REMEMBERED)
        self._latest: float | None = None
        self._back_at: float | None = None

    def begin(self, total: float) -> None:
        """Begin at a sum."""
        self.total = self._rounded(total)

    def back(self, latest: float | None, now: float) -> None:
        """Take in that the device was away until now (seconds of a monotonic clock), and what its last report says."""
        self._latest = latest
        self._back_at = now

    def add(self, increment: float, number: int | None, now: float) -> bool:
        """Add what a report says; return whether it was a report that had not been told before."""
        if increment < 0 or self._is_told(increment, number, now):
            return False
        self._told.append((increment, number, now))
        self._back_at = None
        self.total = self._rounded(self.total + increment)
        return True

    def _is_told(self, increment: float, number: int | None, now: float) -> bool:
        if increment == self._latest and self._back_at is not None and now - self._back_at <= _RETURN_WITHIN:
            return True
        return any(
            increment == earlier
            and (
                now - when <= _ECHO_WITHIN
                if number is None or earlier_number is None
                else number == earlier_number and now - when <= _TOLD_TWICE_WITHIN
            )
            for earlier, earlier_number, when in self._told
        )

    def _rounded(self, total: float) -> float:
        """Return a sum without the noise that adding binary fractions makes."""
        return round(total, self._places) if self._places else total
