"""What lights say of colour, brightness and colour temperature, in Tuya's numbers and in everybody's.

Colour (`colour_data` and the like) comes as hue in degrees with saturation and value, of two generations:

- first: saturation and value 0 to 255; as text `rrggbbhhhhssvv`, two hexadecimal digits a byte;
- second: 0 to 1000; as text `hhhhssssvvvv`.

Both also come as an object `{"h", "s", "v"}`, whose ranges the schema often names; as Raw it is the bytes that the text
spells. See https://developer.tuya.com/en/docs/iot/dj?id=K9i5ql3v98hn3 (colour_data, colour_data_v2).
"""

from collections.abc import Iterable, Mapping
from colorsys import hsv_to_rgb
from dataclasses import dataclass
from enum import Enum, auto
import json
import math
from typing import Any

from .data_point import DataPoint, DataType

MIN_KELVIN = 2000
MAX_KELVIN = 6500
"""The colour temperatures that the ends of a light's range are taken for: Tuya never says them."""

_FULL = 255
"""Home Assistant's full brightness; 0 is off."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of numbers that stands for another, evenly."""

    minimum: float
    maximum: float

    def to(self, value: float, low: float, high: float) -> float:
        """Return what a number of this range is from `low` to `high`."""
        return low + (value - self.minimum) * (high - low) / (self.maximum - self.minimum)

    def back(self, value: float, low: float, high: float) -> float:
        """Return the number of this range for one from `low` to `high`."""
        return self.minimum + (value - low) * (self.maximum - self.minimum) / (high - low)


@dataclass(frozen=True, slots=True)
class Hsv:
    """A colour: hue 0 to 360 degrees, saturation 0 to 100 percent, brightness 1 to 255."""

    hue: float
    saturation: float
    brightness: int


def is_second_generation(points: Iterable[DataPoint]) -> bool:
    """Whether a light counts to 1000 and not to 255, judged by the codes and ranges of its data points."""
    return any(
        point.code.endswith("_v2")
        or (point.type is DataType.INTEGER and point.maximum is not None and point.maximum > _FULL)
        for point in points
    )


def clamped(brightness: float) -> int:
    """Return a brightness as Home Assistant has it: one that shines is at least 1."""
    return max(1, min(_FULL, round(brightness)))


class BrightnessCodec:
    """Brightness 1 to 255 in the range of a data point, in its unit; some lights limit it to a part of that range."""

    def __init__(self, point: DataPoint, *, second_generation: bool) -> None:
        """Take the range from the data point, else the one of the light's generation."""
        self._scale = _scale_of(point, Scale(10, 1000) if second_generation else Scale(25, 255))
        # The dimmest that is not off, where the range begins at 0
        self._least = max(self._scale.minimum, point.shown(1))

    def decode(self, value: object, limits: tuple[float, float] = (0, _FULL)) -> int | None:
        """Return the brightness that a value stands for, `limits` (see `limit`) being the dimmest and the brightest."""
        if (number := _number(value)) is None:
            return None
        return clamped(Scale(*limits).to(self._scale.to(number, 0, _FULL), 0, _FULL))

    def encode(self, brightness: float, limits: tuple[float, float] = (0, _FULL)) -> float:
        """Return the value of a brightness; never that of off."""
        value = self._scale.back(Scale(*limits).back(brightness, 0, _FULL), 0, _FULL)
        return min(max(value, self._least), self._scale.maximum)

    def limit(self, value: object) -> float | None:
        """Return which part of the whole range, 0 to 255, the value of such a data point is as a limit."""
        return None if (number := _number(value)) is None else self._scale.to(number, 0, _FULL)


class TemperatureCodec:
    """Colour temperature in kelvin in the range of a data point, evenly in mireds; its low end is the warmest."""

    def __init__(self, point: DataPoint, *, second_generation: bool) -> None:
        """Take the range from the data point, else the one of the light's generation."""
        self._scale = _scale_of(point, Scale(0, 1000 if second_generation else _FULL))
        self._mireds = (1_000_000 / MIN_KELVIN, 1_000_000 / MAX_KELVIN)

    def decode(self, value: object) -> int | None:
        """Return the kelvin that a value stands for."""
        number = _number(value)
        if number is None or not self._scale.minimum <= number <= self._scale.maximum:
            return None
        return round(1_000_000 / self._scale.to(number, *self._mireds))

    def encode(self, kelvin: float) -> float:
        """Return the value of kelvin; beyond the ends it is the end."""
        return self._scale.back(1_000_000 / min(max(kelvin, MIN_KELVIN), MAX_KELVIN), *self._mireds)


class _Form(Enum):
    """How a colour is spelled."""

    OBJECT = auto()
    FIRST = auto()
    SECOND = auto()


_FIRST = (Scale(0, 360), Scale(0, 255), Scale(0, 255))
_SECOND = (Scale(0, 360), Scale(0, 1000), Scale(0, 1000))

_LENGTHS = {14: _Form.FIRST, 12: _Form.SECOND}
"""Forms by their number of hexadecimal digits."""


class ColorCodec:
    """Colours in the values of one data point, spelled as the device itself spells them."""

    def __init__(self, point: DataPoint, *, second_generation: bool) -> None:
        """Take the ranges from the data point's schema where it names them, else those of the light's generation."""
        self._type = point.type
        self._second_generation = second_generation
        self._named = _named_ranges(point.spec)

    def decode(self, value: object) -> Hsv | None:
        """Return the colour that a value stands for, None where it stands for none."""
        form, numbers = _read(value)
        if numbers is None:
            return None
        ranges = self._ranges(form)
        if self._named is None and form is _Form.OBJECT and max(numbers[1:]) > _FULL:
            # What counts beyond 255 gives itself away; where the schema says nothing, that is all there is to know
            self._second_generation = True
            ranges = _SECOND
        if any(not 0 <= number <= scale.maximum for number, scale in zip(numbers, ranges, strict=True)):
            return None
        hue, saturation, brightness = (
            max(number, scale.minimum) for number, scale in zip(numbers, ranges, strict=True)
        )
        return Hsv(
            # Ranges from 1 to 360 are about: a degree is a degree all the same
            hue=hue * 360 / ranges[0].maximum if numbers[0] else 0.0,
            saturation=ranges[1].to(saturation, 0, 100),
            brightness=clamped(ranges[2].to(brightness, 0, _FULL)),
        )

    def encode(self, color: Hsv, like: object = None) -> dict[str, int] | str | bytes:
        """Return the value of a colour, in the form of `like`: the last value that the device reported."""
        form, known = _read(like)
        if known is None:
            form = self._usual_form()
        ranges = self._ranges(form)
        hue = max(round(color.hue * ranges[0].maximum / 360), math.ceil(ranges[0].minimum))
        saturation = round(ranges[1].back(color.saturation, 0, 100))
        brightness = max(1, round(ranges[2].back(color.brightness, 0, _FULL)))
        if form is _Form.OBJECT:
            object_ = {"h": hue, "s": saturation, "v": brightness}
            return json.dumps(object_, separators=(",", ":")) if self._type is DataType.STRING else object_
        if form is _Form.SECOND:
            text = f"{hue:04x}{saturation:04x}{brightness:04x}"
        else:
            rgb = hsv_to_rgb(color.hue / 360, color.saturation / 100, color.brightness / _FULL)
            red, green, blue = (round(part * _FULL) for part in rgb)
            text = f"{red:02x}{green:02x}{blue:02x}{hue:04x}{saturation:02x}{brightness:02x}"
        if self._type is not DataType.RAW:
            return text.upper() if isinstance(like, str) and like != like.lower() else text
        return text.encode() if isinstance(like, bytes) and len(like) in _LENGTHS else bytes.fromhex(text)

    def _ranges(self, form: _Form) -> tuple[Scale, Scale, Scale]:
        if form is _Form.FIRST:
            return _FIRST
        if self._named is not None:
            return self._named
        return _SECOND if form is _Form.SECOND or self._second_generation else _FIRST

    def _usual_form(self) -> _Form:
        """Return the form for a device that has not yet shown which it has."""
        if self._type is DataType.JSON:
            return _Form.OBJECT
        return _Form.SECOND if self._second_generation else _Form.FIRST


def _read(value: object) -> tuple[_Form, tuple[float, float, float] | None]:
    """Return a colour's form, and its hue, saturation and value as the device counts them; None where it has none."""
    if isinstance(value, bytes):
        # A Raw holds what the text spells, or the text itself
        value = value.hex() if len(value) * 2 in _LENGTHS else value.decode("ascii", "replace")
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = json.loads(value)
        except ValueError:
            return _Form.OBJECT, None
    if isinstance(value, Mapping):
        hue, saturation, brightness = (_number(value.get(part)) for part in "hsv")
        if hue is None or saturation is None or brightness is None:
            return _Form.OBJECT, None
        return _Form.OBJECT, (hue, saturation, brightness)
    if not isinstance(value, str) or (form := _LENGTHS.get(len(value))) is None:
        return _Form.OBJECT, None
    try:
        numbers = bytes.fromhex(value)
    except ValueError:
        return form, None
    if form is _Form.FIRST:
        return form, (int.from_bytes(numbers[3:5]), numbers[5], numbers[6])
    return form, (int.from_bytes(numbers[0:2]), int.from_bytes(numbers[2:4]), int.from_bytes(numbers[4:6]))


def _named_ranges(spec: str) -> tuple[Scale, Scale, Scale] | None:
    """Return the ranges of hue, saturation and value that a schema's `values` name, None where one is missing."""
    try:
        values = json.loads(spec)
    except ValueError:
        return None
    found = [_named_range(values.get(part)) for part in "hsv"] if isinstance(values, Mapping) else []
    hue, saturation, brightness = found or (None, None, None)
    return None if hue is None or saturation is None or brightness is None else (hue, saturation, brightness)


def _named_range(limits: Any) -> Scale | None:
    if not isinstance(limits, Mapping):
        return None
    minimum, maximum = _number(limits.get("min")), _number(limits.get("max"))
    return None if minimum is None or maximum is None or not 0 <= minimum < maximum else Scale(minimum, maximum)


def _scale_of(point: DataPoint, otherwise: Scale) -> Scale:
    """Return the range of a data point in its unit."""
    if point.minimum is None or point.maximum is None:
        return otherwise
    return Scale(point.shown(point.minimum), point.shown(point.maximum))


def _number(value: object) -> float | None:
    """Return a number, None for anything else; devices also send numbers as text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value
