"""A data point whose values a quirk changes on their way: turned round, multiplied, or under other names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, override

from .data_point import DataPoint, DataType, InvalidValue, Raw, Value, raw_text

_DIGITS = 9
"""Digits after the point that a multiplied number keeps: 0.1 * 3 is 0.3."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QuirkedDataPoint(DataPoint):
    """A data point with a way to go for each value that is read or written.

    `declared` is the type that the device's own schema says. What is reported goes through `names` (raw by the text of
    the raw that the device uses), then `mirror` (raw = mirror - raw) or `negated`, then is decoded and multiplied by
    `factor`. What is set goes the same way back, through `own` (raw of the device by the text of ours). Everything else
    uses plain data points, so that this costs nothing there.
    """

    declared: DataType
    names: Mapping[str, Raw] = field(default_factory=dict)
    own: Mapping[str, Raw] = field(default_factory=dict)
    mirror: float | None = None
    negated: bool = False
    factor: float = 1

    @override
    def shown(self, raw: float) -> float:
        """Return a raw number in its unit."""
        value = DataPoint.shown(self, raw)
        return value if self.factor == 1 else _tidy(value * self.factor)

    @override
    def decode(self, raw: Raw) -> Value:
        """Return the value that `raw` stands for; raises InvalidValue where it stands for none."""
        if self.names:
            raw = self.names.get(raw_text(raw), raw)
        value = DataPoint.decode(self, raw)
        if self.negated:
            return not value
        if isinstance(value, int | float):
            if self.factor != 1 and self.type is DataType.INTEGER and not self.scale:
                # Where there is a scale, `shown` has multiplied already
                value = _tidy(value * self.factor)
            if self.mirror is not None:
                value = _tidy(self.shown(self.mirror) - value)
        return value

    @override
    def encode(self, value: Any, like: Raw = None) -> Raw:
        """Return the raw form of `value`; raises InvalidValue where the data point does not allow it."""
        try:
            raw = DataPoint.encode(self, self._divided(value), like)
        except InvalidValue as err:
            raise InvalidValue(self.code, value, err.reason, err.allowed) from None
        if self.negated:
            raw = not raw
        elif self.mirror is not None:
            raw = self.mirror - raw
        if self.own:
            raw = self.own.get(raw_text(raw), raw)
        return self._as_device(raw, like)

    def _divided(self, value: Any) -> Any:
        """Return what a number is before it is multiplied; anything else as it is."""
        if self.factor == 1 or isinstance(value, bool):
            return value
        try:
            return float(value) / self.factor
        except TypeError, ValueError:
            return value

    def _as_device(self, raw: Raw, like: Raw) -> Raw:
        """Return a raw in the form that the device itself uses: that of its last report, else that of its schema."""
        kind = type(like) if isinstance(like, bool | int | float | str) else _FORMS.get(self.declared)
        if kind is None or isinstance(raw, kind) or not isinstance(raw, bool | int | float | str):
            return raw
        if kind is str:
            return raw_text(raw)
        if kind is bool:
            return _TRUTHS.get(raw_text(raw), raw)
        try:
            return float(raw) if kind is float else int(raw)
        except ValueError:
            return raw


_FORMS: Mapping[DataType, type[bool | int | float | str]] = {
    DataType.BOOLEAN: bool,
    DataType.INTEGER: int,
    DataType.ENUM: str,
    DataType.STRING: str,
}
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def _tidy(number: float) -> float:
    """Return a number without what binary arithmetic leaves behind."""
    return round(number, _DIGITS)
