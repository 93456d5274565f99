"""The speeds of a fan as percentages."""

from homeassistant.util.percentage import ordered_list_item_to_percentage, percentage_to_ordered_list_item

from .mapping.fan import NO_SPEEDS, STILL
from .model import DataPoint, DataType, Value

_RANGE = (1, 100)
"""The limits of a speed that names none."""


class FanSpeeds:
    """What a speed can be set to, slowest first: the steps of a number, or the options of an Enum.

    `count` is how many speeds there are; `unpaced` are the options that are no speed.
    """

    def __init__(self, point: DataPoint) -> None:
        """Count the speeds; the lowest number is one, unless it is 0."""
        self.unpaced = tuple(option for option in point.options if option in NO_SPEEDS)
        self._options = [option for option in point.options if option not in NO_SPEEDS | STILL]
        self._stop: float | str | None = next((option for option in point.options if option in STILL), None)
        self.count = len(self._options)
        if point.type is not DataType.ENUM:
            known = point.minimum is not None and point.maximum is not None
            low, high = (point.shown(point.minimum or 0), point.shown(point.maximum or 0)) if known else _RANGE
            self._stop = None if low else 0
            self._step = point.shown(point.step)
            self._slowest = low or self._step
            self.count = max(round((high - self._slowest) / self._step) + 1, 1)

    def percentage(self, value: Value | None) -> int | None:
        """Return the percentage of a speed, 0 for standing still, None for what is none."""
        if value == self._stop and value is not None:
            return 0
        if isinstance(value, str):
            return ordered_list_item_to_percentage(self._options, value) if value in self._options else None
        if not isinstance(value, int | float):
            return None
        place = round((value - self._slowest) / self._step) + 1
        return min(max(place * 100 // self.count, 1), 100)

    def value(self, percentage: int) -> float | str:
        """Return the speed of a percentage, the slowest for one of 0 where there is no standing still."""
        if percentage == 0 and self._stop is not None:
            return self._stop
        if self._options:
            return percentage_to_ordered_list_item(self._options, percentage)
        place = max(-(-percentage * self.count // 100), 1)
        return self._slowest + (place - 1) * self._step

    def moving(self, value: Value | None) -> bool | None:
        """Whether the fan moves, None where the speed doesn't tell."""
        percentage = None if self._stop is None else self.percentage(value)
        return None if percentage is None else percentage > 0
