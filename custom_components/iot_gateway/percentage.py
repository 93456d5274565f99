"""Percentages, as Home Assistant has them, of data points that have a range of their own."""

from .model import DataPoint


class Percentage:
    """A number's range as 0 to 100 %; one without limits is a percentage already."""

    def __init__(self, point: DataPoint) -> None:
        """Take the range that can be set, or where nothing can be, the one that is reported."""
        low = 0 if point.minimum is None else point.minimum
        high = 100 if point.maximum is None else point.maximum
        self._low = point.shown(low)
        self._range = point.shown(high) - self._low
        self._step = point.shown(point.step)

    def of(self, value: float, *, reverse: bool = False) -> int:
        """Return the percentage that a value is."""
        percent = 100 * (value - self._low) / self._range
        return max(0, min(100, round(100 - percent if reverse else percent)))

    def value(self, percent: float, *, reverse: bool = False) -> float:
        """Return the value that can be set and is nearest to a percentage."""
        way = self._range * (100 - percent if reverse else percent) / 100
        steps = min(round(way / self._step), int(self._range / self._step)) if 0 < way < self._range else None
        return self._low + (way if steps is None else steps * self._step)
