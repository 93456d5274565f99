"""The codec of colours: Tuya's hue, saturation and value, as `model.color` knows them."""

from base64 import b64decode, b64encode
import json
from typing import Any, Final, override

from ...clients.tuyalink import TypeSpec
from ...model.color import ColorCodec as HsvCodec, Hsv
from ...model.data_point import Access, DataPoint, DataType
from ..errors import Unconvertible
from ..facet import Value
from ..remarks import Obstacle
from .base import Codec, Found, shown

_TYPES: Final = {"string": DataType.STRING, "struct": DataType.JSON, "raw": DataType.RAW}
_SHORTEST: Final = 12
"""Digits of the shorter of the two texts."""


class ColorCodec(Codec):
    """A colour in the form that the app itself uses, once it has used one."""

    def __init__(self, hsv: HsvCodec, *, is_bytes: bool) -> None:
        """Take the codec of a light's data point of the same kind."""
        self._hsv = hsv
        self._is_bytes = is_bytes
        self._like: Any = None
        self._set: tuple[Hsv, Any] | None = None

    @override
    def encode(self, value: Value) -> Any:
        color = read_color(value)
        if self._set is not None and _is_alike(color, self._set[0]):
            # Lights count in other steps: what the app has set is still what it gets
            return self._set[1]
        raw = self._hsv.encode(color, like=self._like)
        return b64encode(raw).decode() if isinstance(raw, bytes) else raw

    @override
    def decode(self, raw: Any) -> Value:
        given = raw
        if self._is_bytes:
            try:
                given = b64decode(raw if isinstance(raw, str) else "*", validate=True)
            except ValueError:
                raise Unconvertible("not_a_color", {"value": shown(raw)}) from None
        if (color := self._hsv.decode(given)) is None:
            raise Unconvertible("not_a_color", {"value": shown(raw)})
        self._like = given
        self._set = (color, raw)
        return spell_color(color)


def color_codec(code: str, spec: TypeSpec) -> Found | Obstacle:
    """Return the codec of a colour; texts are of the second generation unless their length is that of the first."""
    kind = _TYPES.get(spec.kind)
    if kind is None or (spec.max_length is not None and spec.max_length < (6 if kind is DataType.RAW else _SHORTEST)):
        return Obstacle(key="kind")
    if kind is DataType.JSON and spec.members and not {"h", "s", "v"} <= spec.members.keys():
        return Obstacle(key="kind")
    ranges = {
        part: {"min": member.minimum, "max": member.maximum} for part in "hsv" if (member := spec.members.get(part))
    }
    point = DataPoint(code=code, type=kind, access=Access.READ_WRITE, spec=json.dumps(ranges))
    hsv = HsvCodec(point, second_generation=spec.max_length != 14)
    return Found(codec=ColorCodec(hsv, is_bytes=kind is DataType.RAW))


def _is_alike(one: Hsv, other: Hsv) -> bool:
    """Whether two colours are one but for rounding: a degree, a percent, a step of brightness."""
    turn = abs(one.hue - other.hue) % 360
    return (
        min(turn, 360 - turn) <= 1
        and abs(one.saturation - other.saturation) <= 1
        and abs(one.brightness - other.brightness) <= 1
    )


def spell_color(color: Hsv) -> str:
    """Return the text of a colour, as facets hold it: hue in degrees, saturation in percent, brightness 1 to 255."""
    return f"{round(color.hue, 2)},{round(color.saturation, 2)},{color.brightness}"


def read_color(value: Value) -> Hsv:
    """Return the colour of such a text; raises Unconvertible."""
    parts = str(value).split(",")
    try:
        hue, saturation, brightness = (float(part) for part in parts)
    except ValueError:
        raise Unconvertible("not_a_color", {"value": shown(value)}) from None
    return Hsv(hue=hue, saturation=saturation, brightness=round(brightness))
