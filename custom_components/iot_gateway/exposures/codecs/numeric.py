"""Codecs of numbers: units, ranges, scales and steps."""

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Any, Final, override

from homeassistant.util.percentage import ordered_list_item_to_percentage, percentage_to_ordered_list_item

from ...clients.tuyalink import TypeSpec
from ...model.color import MAX_KELVIN, MIN_KELVIN
from ..errors import Unconvertible
from ..facet import Facet, Value
from ..remarks import Note, Obstacle
from ..units import SAME_UNIT, UnitChange, is_percent, unit_change
from .base import Codec, Found, number, shown, tidy

COLOR_TEMPERATURE: Final = "color_temperature"
_KELVIN: Final = "K"
_MOST_DECIMALS: Final = 12
_NEGLIGIBLE: Final = 1e-6
"""Of a step: what floating point leaves."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A range of numbers, open where it is None, and its grid."""

    low: float | None
    high: float | None
    step: float | None

    def within(self, value: float, *, tolerance: float) -> float | None:
        """Return a number or the end of the range that it is beyond by no more than the tolerance, else None."""
        slack = tolerance * (1 + _NEGLIGIBLE)
        if self.low is not None and value < self.low:
            return self.low if self.low - value <= slack else None
        if self.high is not None and value > self.high:
            return self.high if value - self.high <= slack else None
        return value

    def on_grid(self, value: float) -> float:
        """Return the nearest number of the grid, which begins at the low end."""
        if not self.step:
            return value
        base = self.low or 0
        return base + round((value - base) / self.step) * self.step


class NumberCodec(Codec):
    """A number in a facet's unit, and raw in a property's.

    `loose`: the two have no common grid, so that what the app sets comes back a little different; as long as the entity shows
    what was set as closely as it can, the raw that was set is reported.
    """

    def __init__(
        self,
        *,
        change: UnitChange,
        own: Limits,
        raw: Limits,
        power: int,
        whole: bool,
        decimals: int,
        loose: bool = False,
    ) -> None:
        """Take the way from unit to unit, the limits on both sides, and what a shown number is multiplied with."""
        self._change = change
        self._own = own
        self._raw = raw
        self._power = power
        self._whole = whole
        self._decimals = decimals
        self._loose = loose
        self._set: tuple[float, float] | None = None

    @override
    def encode(self, value: Value) -> Any:
        exact = number(value)
        if self._set is not None and abs(exact - self._set[0]) <= (self._own.step or 0) * (0.5 + _NEGLIGIBLE):
            return self._set[1]
        raw = self._change.there(exact) * self._power
        # One step of the property
        fitting = self._raw.within(raw, tolerance=max(self._raw.step or 0, 1 if self._whole else 0))
        if fitting is None:
            raise Unconvertible("out_of_range", {"value": shown(tidy(exact)), "range": span(self._raw, self._power)})
        if self._whole:
            return self._rounded(fitting)
        return round(fitting, self._decimals)

    @override
    def decode(self, raw: Any) -> Value:
        given = number(raw)
        if self._whole and given != math.floor(given):
            raise Unconvertible("not_whole", {"value": shown(raw)})
        if self._raw.within(given, tolerance=0) is None:
            raise Unconvertible(
                "out_of_range", {"value": shown(tidy(given / self._power)), "range": span(self._raw, self._power)}
            )
        exact = self._change.back(given / self._power)
        fitting = self._own.within(exact, tolerance=self._own.step or _NEGLIGIBLE)
        if fitting is None:
            raise Unconvertible("out_of_range", {"value": shown(tidy(exact)), "range": span(self._own, 1)})
        on_grid = fitting if self._is_multiple(fitting) else self._own.on_grid(fitting)
        if self._own.high is not None and on_grid > self._own.high:
            on_grid = self._own.high
        if self._loose:
            self._set = (on_grid, int(given) if self._whole else given)
        return tidy(on_grid)

    def _is_multiple(self, value: float) -> bool:
        """Whether a number is a multiple of the entity's step, which not every low end is: a minimum that was 110 °F."""
        steps = value / self._own.step if self._own.step else 0
        return abs(steps - round(steps)) < _NEGLIGIBLE

    def _rounded(self, raw: float) -> int:
        """Return the raw on the property's grid, which may end before its maximum."""
        on_grid = round(self._raw.on_grid(raw))
        if self._raw.high is not None and on_grid > self._raw.high:
            on_grid -= round(self._raw.step or 1)
        return on_grid


class TextNumberCodec(Codec):
    """A number as its text."""

    def __init__(self, own: Limits) -> None:
        """Take the facet's limits."""
        self._own = own

    @override
    def encode(self, value: Value) -> Any:
        return str(tidy(number(value)))

    @override
    def decode(self, raw: Any) -> Value:
        value = number(raw)
        if self._own.within(value, tolerance=0) is None:
            raise Unconvertible("out_of_range", {"value": shown(tidy(value)), "range": span(self._own, 1)})
        return tidy(value)


class LevelsCodec(Codec):
    """Percent as one of a few levels, the lowest first: with n of them each is a n-th."""

    def __init__(self, levels: Sequence[str]) -> None:
        """Take the choices in their order."""
        self._levels = list(levels)

    @override
    def encode(self, value: Value) -> Any:
        percent = number(value)
        if not 0 < percent <= 100:
            raise Unconvertible("out_of_range", {"value": shown(tidy(percent)), "range": "1-100 %"})
        return percentage_to_ordered_list_item(self._levels, max(1, round(percent)))

    @override
    def decode(self, raw: Any) -> Value:
        if str(raw) not in self._levels:
            raise Unconvertible("choice_untied", {"value": shown(raw)})
        return ordered_list_item_to_percentage(self._levels, str(raw))


class NumberChoicesCodec(Codec):
    """A number as the choice that spells it."""

    def __init__(self, choices: Sequence[str], own: Limits) -> None:
        """Take choices that are all numbers."""
        self._choices = {number(choice): choice for choice in choices}
        self._own = own

    @override
    def encode(self, value: Value) -> Any:
        exact = number(value)
        nearest = min(self._choices, key=lambda choice: abs(choice - exact))
        if abs(nearest - exact) > (self._own.step or 0) / 2 + _NEGLIGIBLE:
            raise Unconvertible("option_untied", {"value": shown(tidy(exact))})
        return self._choices[nearest]

    @override
    def decode(self, raw: Any) -> Value:
        value = number(raw)
        if value not in self._choices:
            raise Unconvertible("choice_untied", {"value": shown(raw)})
        if self._own.within(value, tolerance=0) is None:
            raise Unconvertible("out_of_range", {"value": shown(tidy(value)), "range": span(self._own, 1)})
        return tidy(value)


def number_codec(facet: Facet, spec: TypeSpec) -> Found | Obstacle:
    """Return the codec of a number that is no moment."""
    match spec.kind:
        case "value" | "float" | "double":
            return _by_unit(facet, spec)
        case "string":
            return Found(codec=TextNumberCodec(Limits(facet.minimum, facet.maximum, facet.step)))
        case "enum":
            return _of_choices(facet, spec.choices)
        case _:
            return Obstacle(key="kind")


def span(limits: Limits, power: float, unit: str = "") -> str:
    """Return a range in words."""
    low, high = ("…" if end is None else str(tidy(end / power)) for end in (limits.low, limits.high))
    return f"{low}-{high} {unit}".strip()


def _by_unit(facet: Facet, spec: TypeSpec) -> Found | Obstacle:
    whole = spec.kind == "value"
    if not 0 <= spec.scale <= _MOST_DECIMALS:
        return Obstacle(key="kind")
    # What goes as float or double is the number that is shown; the scale is its decimals
    power = 10**spec.scale if whole else 1
    raw = Limits(spec.minimum, spec.maximum, (spec.step or 1) if whole else spec.step)
    own = Limits(facet.minimum, facet.maximum, facet.step)
    found = _change(facet, spec, power)
    if found is None:
        return Obstacle(key="unit", placeholders={"unit": facet.unit or "-", "their_unit": spec.unit or "-"})
    change, loose, assumed = found
    notes = (
        [Note(key="unit_assumed", placeholders={"unit": facet.unit or "-", "their_unit": spec.unit or "-"})]
        if assumed
        else []
    )
    mine = _in_raw(own, change, power)
    placeholders = {"range": span(own, 1, facet.unit or ""), "their_range": span(raw, power, spec.unit)}
    match _overlap(mine, raw):
        case "none":
            return Obstacle(key="range", placeholders=placeholders)
        case "part":
            notes.append(Note(key="range_partial", placeholders=placeholders))
    return Found(
        codec=NumberCodec(
            change=change,
            own=own,
            raw=raw,
            power=power,
            whole=whole,
            decimals=spec.scale or 6,
            loose=loose,
        ),
        notes=tuple(notes),
    )


def _change(facet: Facet, spec: TypeSpec, power: int) -> tuple[UnitChange, bool, bool] | None:
    """Return the way between the units, whether it is between grids that do not match, and whether a unit is only assumed."""
    ends = None if spec.minimum is None or spec.maximum is None else (spec.minimum / power, spec.maximum / power)
    if facet.device_class == COLOR_TEMPERATURE:
        if spec.unit.strip().upper() == _KELVIN or (ends is not None and ends[0] >= 1000):
            return SAME_UNIT, False, False
        if spec.unit and not is_percent(spec.unit):
            return None
        low, high = ends or (0, 1000)
        return (_mireds(facet, low, high), True, False) if low < high else None
    if not facet.unit or not spec.unit:
        mine = (facet.minimum, facet.maximum)
        if is_percent(facet.unit) and ends is not None and _is_scaled(facet, ends):
            return _stretched(mine[0] or 0, 100 if mine[1] is None else mine[1], *ends), True, False
        if is_percent(spec.unit) and not facet.unit and mine[0] is not None and mine[1] is not None and mine != ends:
            low, high = ends or (0, 100)
            return (_stretched(mine[0], mine[1], low, high), True, False) if mine[0] < mine[1] else None
        return SAME_UNIT, False, bool(facet.unit) is not bool(spec.unit) and not is_percent(facet.unit)
    change = unit_change(facet.unit, spec.unit, facet.device_class)
    return None if change is None else (change, False, False)


def _is_scaled(facet: Facet, ends: tuple[float, float]) -> bool:
    """Whether a range without a unit stands for 0 to 100 %: it does unless it is just that, or reaches below zero."""
    low, high = ends
    if low < 0 or low >= high or (high == 100 and low <= 1):
        return False
    # Of a sensor it is only known that it is in percent
    return facet.maximum is not None or low > 0 or high > 100


def _stretched(low: float, high: float, their_low: float, their_high: float) -> UnitChange:
    """Return the way between two ranges whose ends stand for each other."""
    # The low end of the others may be nothing at all: what is dimmed to nothing is so here as well
    base = 0 if their_low == 0 and 0 < low < (high - low) / 100 else low
    ratio = (their_high - their_low) / (high - base)
    return UnitChange(
        lambda value: their_low + (value - base) * ratio,
        lambda theirs: base + (theirs - their_low) / ratio,
    )


def _mireds(facet: Facet, their_low: float, their_high: float) -> UnitChange:
    """Return the way from kelvin to a range whose low end is the warmest, evenly in mireds as lights mix them."""
    warm, cold = 1_000_000 / (facet.minimum or MIN_KELVIN), 1_000_000 / (facet.maximum or MAX_KELVIN)
    even = _stretched(0, warm - cold or 1, their_low, their_high)
    return UnitChange(
        lambda kelvin: even.there(warm - 1_000_000 / kelvin),
        lambda theirs: 1_000_000 / (warm - even.back(theirs)),
    )


def _in_raw(own: Limits, change: UnitChange, power: int) -> Limits:
    low, high = (None if end is None else change.there(end) * power for end in (own.low, own.high))
    return Limits(low, high, None)


def _overlap(mine: Limits, theirs: Limits) -> str:
    """Return how much of a range the other has: all, part or none."""
    slack = theirs.step or _NEGLIGIBLE
    if (mine.low is not None and theirs.high is not None and mine.low > theirs.high + slack) or (
        mine.high is not None and theirs.low is not None and mine.high < theirs.low - slack
    ):
        return "none"
    if mine.low is None or mine.high is None:
        # Of what a sensor may say nothing is known
        return "all"
    inside = (theirs.low is None or mine.low >= theirs.low - slack) and (
        theirs.high is None or mine.high <= theirs.high + slack
    )
    return "all" if inside else "part"


def _of_choices(facet: Facet, choices: tuple[str, ...]) -> Found | Obstacle:
    try:
        numbers = [number(choice) for choice in choices]
    except Unconvertible:
        numbers = []
    own = Limits(facet.minimum, facet.maximum, facet.step)
    if is_percent(facet.unit) and facet.settable and len(choices) > 1:
        if not numbers or max(numbers) < 50:
            ordered = [choice for _, choice in sorted(zip(numbers, choices, strict=True))] if numbers else choices
            return Found(
                codec=LevelsCodec(ordered), notes=(Note(key="levels", placeholders={"choices": ", ".join(ordered)}),)
            )
        return Found(codec=NumberChoicesCodec(choices, own))
    if not numbers:
        return Obstacle(key="kind")
    return Found(codec=NumberChoicesCodec(choices, own))
