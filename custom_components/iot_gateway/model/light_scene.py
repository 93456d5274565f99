"""Scenes of lights: `scene_data_v2`, and `scene_data` of the lights that count to 1000.

A scene has a number and up to eight units, which the light shows one after the other. As text it is hexadecimal: a byte
for the number, then 13 a unit: how long until the next (0 to 100), how long to get there (0 to 100), how (0 stay, 1 jump,
2 fade), then in two bytes each hue (0 to 360), saturation, value, and brightness and temperature of the white (0 to
1000). As an object it is the same by name; there numbers count from 1. As Raw it is the bytes that the text spells.

See https://developer.tuya.com/en/docs/iot/dj?id=K9i5ql3v98hn3 (scene_data_v2) and
https://developer.tuya.com/en/miniapp/solution-ai/ability/lamp-solution/lamp/module-set/common-scene (the text's bytes).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
import json
from struct import Struct, error as StructError
from typing import Any

from .color import clamped
from .data_point import DataPoint, DataType

WHITE_MODES = ("white", "light_white")
COLOR_MODES = ("colour", "color")
SCENE_MODE = "scene"
"""What `work_mode` calls white light, coloured light and the scene that the scene data point holds."""

_UNIT = Struct(">BBBHHHHH")
_MODES = ("static", "jump", "gradient")
_FULL = 1000
_DIMMEST = 10


@dataclass(frozen=True, slots=True)
class SceneUnit:
    """What a light shows for a while: a colour (hue, saturation, value) or a white (brightness, temperature)."""

    hold: int
    fade: int
    mode: int
    hue: int
    saturation: int
    value: int
    brightness: int
    temperature: int

    def dimmed(self, factor: float) -> SceneUnit:
        """Return it brighter or darker; what shines goes on shining."""
        value, brightness = (
            level and min(max(round(level * factor), min(level, _DIMMEST)), _FULL)
            for level in (self.value, self.brightness)
        )
        return replace(self, value=value, brightness=brightness)


@dataclass(frozen=True, slots=True)
class LightScene:
    """A scene; its number counts from 0."""

    number: int
    units: tuple[SceneUnit, ...]

    @property
    def brightness(self) -> int | None:
        """The brightness, 1 to 255, of its brightest unit; None for a scene that is dark."""
        level = max((max(unit.value, unit.brightness) for unit in self.units), default=0)
        return clamped(level * 255 / _FULL) if level else None

    def dimmed(self, brightness: float) -> LightScene:
        """Return it with another brightness, 1 to 255, of its brightest unit; the others keep their share."""
        level = max((max(unit.value, unit.brightness) for unit in self.units), default=0)
        if not level:
            return self
        factor = brightness * _FULL / 255 / level
        return replace(self, units=tuple(unit.dimmed(factor) for unit in self.units))


def _scene(number: int, *units: tuple[int, int, int, int, int, int, int, int]) -> LightScene:
    return LightScene(number, tuple(SceneUnit(*unit) for unit in units))


def _still(number: int, *, color: tuple[int, int, int] = (0, 0, 0), white: tuple[int, int] = (0, 0)) -> LightScene:
    return _scene(number, (14, 13, 0, *color, *white))


def _moving(number: int, mode: int, *colors: tuple[int, int, int]) -> LightScene:
    return _scene(number, *((70, 70, mode, *color, 0, 0) for color in colors))


def _bright(*hues: int) -> tuple[tuple[int, int, int], ...]:
    return tuple((hue, _FULL, _FULL) for hue in hues)


WHITE_SCENES: Mapping[str, LightScene] = {
    "night": _still(0, white=(200, 0)),
    "read": _still(1, white=(1000, 500)),
    "work": _still(2, white=(1000, 1000)),
    "leisure": _still(3, white=(500, 500)),
}
"""The standard scenes of a light that can be white."""

STILL_COLOR_SCENES: Mapping[str, LightScene] = {
    "night": _still(0, color=(46, 1000, 716)),
    "read": _still(1, color=(132, 0, 1000)),
    "work": _still(2, color=(20, 1000, 1000)),
    "leisure": _still(3, color=(232, 899, 796)),
}
"""The same for a light that has colours only."""

COLOR_SCENES: Mapping[str, LightScene] = {
    "soft": _moving(4, 2, (120, 1000, 1000), (120, 1000, 10)),
    "rainbow": _moving(5, 1, *_bright(0, 120, 240, 61, 174, 275)),
    "shine": _moving(6, 1, *_bright(0, 120, 240)),
    "gorgeous": _moving(7, 2, *_bright(0, 120, 240, 61, 174, 275)),
}
"""The standard scenes of any light that has colours."""


def standard_scenes(*, white: bool, color: bool) -> dict[str, LightScene]:
    """Return the scenes that every app of Tuya's offers for a light, by name."""
    still = WHITE_SCENES if white else STILL_COLOR_SCENES if color else {}
    return {**still, **(COLOR_SCENES if color else {})}


def holds_scenes(point: DataPoint, *, second_generation: bool) -> bool:
    """Whether a data point takes such scenes; those of the first generation are one colour each."""
    if point.type is DataType.JSON and '"scene_units"' in point.spec:
        return True
    return second_generation


def decode_scene(value: object) -> LightScene | None:
    """Return the scene that a value stands for, None where it stands for none."""
    if isinstance(value, bytes):
        # A Raw holds what the text spells, or the text itself
        if (len(value) - 1) % _UNIT.size:
            return decode_scene(value.decode("ascii", "replace"))
        return _from_bytes(value)
    if isinstance(value, str):
        if value[:1] == "{":
            try:
                return decode_scene(json.loads(value))
            except ValueError:
                return None
        try:
            return _from_bytes(bytes.fromhex(value))
        except ValueError:
            return None
    return _from_object(value) if isinstance(value, Mapping) else None


def encode_scene(scene: LightScene, point: DataPoint, like: object = None) -> dict[str, Any] | str | bytes:
    """Return the value of a scene in the form of `like`, the last value reported, else the usual one of the type."""
    object_like = isinstance(like, Mapping) or (isinstance(like, str) and like[:1] == "{")
    if object_like or (point.type is DataType.JSON and not (isinstance(like, str) and decode_scene(like))):
        named = _to_object(scene)
        return json.dumps(named, separators=(",", ":")) if point.type is DataType.STRING else named
    packed = bytes((scene.number,)) + b"".join(
        _UNIT.pack(
            unit.hold, unit.fade, unit.mode, unit.hue, unit.saturation, unit.value, unit.brightness, unit.temperature
        )
        for unit in scene.units
    )
    if point.type is not DataType.RAW:
        return packed.hex()
    # Raws that hold the text are longer by half, which no count of units makes
    return packed.hex().encode() if isinstance(like, bytes) and like and (len(like) - 1) % _UNIT.size else packed


def _from_bytes(value: bytes) -> LightScene | None:
    try:
        return LightScene(value[0], tuple(SceneUnit(*numbers) for numbers in _UNIT.iter_unpack(value[1:])))
    except IndexError, StructError:
        return None


def _from_object(value: Mapping[str, Any]) -> LightScene | None:
    number, units = value.get("scene_num"), value.get("scene_units")
    if isinstance(number, bool) or not isinstance(number, int) or number < 1 or not isinstance(units, list):
        return None
    try:
        return LightScene(number - 1, tuple(map(_unit_from_object, units)))
    except AttributeError, TypeError, ValueError:
        return None


def _unit_from_object(unit: Mapping[str, Any]) -> SceneUnit:
    return SceneUnit(
        hold=int(unit.get("unit_switch_duration", 0)),
        fade=int(unit.get("unit_gradient_duration", 0)),
        mode=_MODES.index(unit.get("unit_change_mode", "static")),
        hue=int(unit.get("h", 0)),
        saturation=int(unit.get("s", 0)),
        value=int(unit.get("v", 0)),
        brightness=int(unit.get("bright", 0)),
        temperature=int(unit.get("temperature", 0)),
    )


def _to_object(scene: LightScene) -> dict[str, Any]:
    return {
        "scene_num": scene.number + 1,
        "scene_units": [
            {
                "unit_change_mode": _MODES[min(unit.mode, len(_MODES) - 1)],
                "unit_switch_duration": unit.hold,
                "unit_gradient_duration": unit.fade,
                "bright": unit.brightness,
                "temperature": unit.temperature,
                "h": unit.hue,
                "s": unit.saturation,
                "v": unit.value,
            }
            for unit in scene.units
        ],
    }
