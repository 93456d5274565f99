"""What a connection tells of itself, shown on the device that stands for it: how many calls it made, whether it is up.

A connection names its measures; the platforms make entities of them, without knowing whose they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from homeassistant.core import CALLBACK_TYPE, callback


class MeasureKind(Enum):
    """What a measure is, and so by which entity it is shown."""

    COUNT_TODAY = "count_today"
    """How many there were since midnight UTC: a sensor of an int."""
    CONNECTIVITY = "connectivity"
    """Whether something is connected: a binary sensor of a bool."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One thing that a connection tells of itself.

    `key` is that of the translation and ends the unique id. `value` returns what it is now, None where that is not known;
    `listen` has something called when it may be another, and returns how to end that.
    """

    key: str
    kind: MeasureKind
    value: Callable[[], int | bool | None] = field(repr=False)
    listen: Callable[[Callable[[], None]], CALLBACK_TYPE] = field(repr=False)
    attributes: Callable[[], dict[str, Any]] | None = field(default=None, repr=False)


class Measures:
    """The measures of one connection, which its own class adds. They are told of once a minute: each count is too much to record."""

    def __init__(self) -> None:
        """Have none."""
        self.measures: tuple[Measure, ...] = ()
        self._listeners: list[CALLBACK_TYPE] = []
        self._told: tuple[object, ...] = ()

    @callback
    def tell(self) -> None:
        """Tell of what has changed since the last time, if anything has."""
        if (now := tuple(one.value() for one in self.measures)) != self._told:
            self._told = now
            for changed in list(self._listeners):
                changed()

    def add(
        self,
        key: str,
        kind: MeasureKind,
        value: Callable[[], int | bool | None],
        attributes: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        """Add a measure, see there."""
        measure = Measure(key=key, kind=kind, value=value, listen=self._listen, attributes=attributes)
        self.measures = (*self.measures, measure)

    @callback
    def _listen(self, changed: CALLBACK_TYPE) -> CALLBACK_TYPE:
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)
