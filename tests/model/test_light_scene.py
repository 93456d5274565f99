"""Scenes of lights."""

from base64 import b64encode
import json
from typing import Any

import pytest

from custom_components.iot_gateway.model import Access, DataPoint, DataType
from custom_components.iot_gateway.model.light_scene import (
    LightScene,
    SceneUnit,
    decode_scene,
    encode_scene,
    holds_scenes,
    standard_scenes,
)

_NIGHT = "000e0d0000000000000000c80000"
_STANDARD = {
    # As Tuya's own panels send them to lights of colour and white
    "night": _NIGHT,
    "read": "010e0d0000000000000003e801f4",
    "work": "020e0d0000000000000003e803e8",
    "leisure": "030e0d0000000000000001f401f4",
    "soft": "04464602007803e803e800000000464602007803e8000a00000000",
    "rainbow": "05464601000003e803e800000000464601007803e803e80000000046460100f003e803e800000000"
    "464601003d03e803e80000000046460100ae03e803e800000000464601011303e803e800000000",
    "shine": "06464601000003e803e800000000464601007803e803e80000000046460100f003e803e800000000",
    "gorgeous": "07464602000003e803e800000000464602007803e803e80000000046460200f003e803e800000000"
    "464602003d03e803e80000000046460200ae03e803e800000000464602011303e803e800000000",
}
_COLORS_ONLY = {
    "night": "000e0d00002e03e802cc00000000",
    "read": "010e0d000084000003e800000000",
    "work": "020e0d00001403e803e800000000",
    "leisure": "030e0d0000e80383031c00000000",
}
# Reported by real lights
_NIGHT_JSON = (
    '{"scene_num":1,"scene_units":[{"bright":200,"h":0,"s":0,"temperature":0,"unit_change_mode":"static",'
    '"unit_gradient_duration":13,"unit_switch_duration":14,"v":0}]}'
)
_READ_JSON = (
    '{"scene_num":2,"scene_units":[{"bright":0,"h":132,"s":0,"temperature":0,"unit_change_mode":"static",'
    '"unit_gradient_duration":13,"unit_switch_duration":14,"v":1000}]}'
)


def point(kind: DataType, spec: str = "{}", code: str = "scene_data_v2") -> DataPoint:
    """Return a scene data point."""
    return DataPoint(code=code, type=kind, access=Access.READ_WRITE, spec=spec)


def test_standard_scenes() -> None:
    """The standard scenes are what Tuya's apps send."""
    text = point(DataType.STRING)
    assert {
        name: encode_scene(scene, text) for name, scene in standard_scenes(white=True, color=True).items()
    } == _STANDARD
    assert {
        name: encode_scene(scene, text) for name, scene in standard_scenes(white=False, color=True).items()
    } == _STANDARD | _COLORS_ONLY
    assert list(standard_scenes(white=True, color=False)) == ["night", "read", "work", "leisure"]
    assert not standard_scenes(white=False, color=False)


def test_forms() -> None:
    """A scene is read from every form, and goes out in the form in which the device has it."""
    night, read = standard_scenes(white=True, color=False)["night"], standard_scenes(white=False, color=True)["read"]
    assert decode_scene(_NIGHT) == decode_scene(_NIGHT_JSON) == decode_scene(json.loads(_NIGHT_JSON)) == night
    assert decode_scene(bytes.fromhex(_NIGHT)) == decode_scene(_NIGHT.encode()) == night
    assert decode_scene(_READ_JSON) == read
    assert encode_scene(read, point(DataType.JSON)) == json.loads(_READ_JSON)
    assert encode_scene(read, point(DataType.JSON), json.loads(_NIGHT_JSON)) == json.loads(_READ_JSON)
    assert encode_scene(read, point(DataType.JSON), _NIGHT) == _COLORS_ONLY["read"]
    assert encode_scene(read, point(DataType.STRING), _NIGHT_JSON) == json.dumps(
        encode_scene(read, point(DataType.JSON)), separators=(",", ":")
    )
    assert encode_scene(read, point(DataType.RAW)) == bytes.fromhex(_COLORS_ONLY["read"])
    assert encode_scene(read, point(DataType.RAW), bytes.fromhex(_NIGHT)) == bytes.fromhex(_COLORS_ONLY["read"])
    assert encode_scene(read, point(DataType.RAW), _NIGHT.encode()) == _COLORS_ONLY["read"].encode()


@pytest.mark.parametrize("text", [*_STANDARD.values(), *_COLORS_ONLY.values()])
def test_there_and_back(text: str) -> None:
    """Every standard scene survives every form."""
    scene = decode_scene(text)
    assert scene is not None
    for kind in (DataType.STRING, DataType.JSON, DataType.RAW):
        assert decode_scene(encode_scene(scene, point(kind))) == scene
    raw = point(DataType.RAW)
    assert raw.encode(encode_scene(scene, raw)) == b64encode(bytes.fromhex(text)).decode()


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        7,
        "",
        "scene",
        _NIGHT[:-2],
        "{no json",
        "{}",
        {},
        [],
        b"",
        b"\x00\x01",
        {"scene_num": 0, "scene_units": []},
        {"scene_num": True, "scene_units": []},
        {"scene_num": 1, "scene_units": {}},
        {"scene_num": 1, "scene_units": [7]},
        {"scene_num": 1, "scene_units": [{"h": "x"}]},
        {"scene_num": 1, "scene_units": [{"h": None}]},
        {"scene_num": 1, "scene_units": [{"unit_change_mode": "wobble"}]},
        # The first generation's: a colour
        {"h": 0.0, "s": 0.0, "v": 0.0},
        "bd76000168ffff",
    ],
)
def test_no_scenes(value: Any) -> None:
    """What is no scene is none."""
    assert decode_scene(value) is None


def test_brightness() -> None:
    """A scene is as bright as its brightest unit, and keeps its shades when it is dimmed."""
    soft = standard_scenes(white=True, color=True)["soft"]
    assert soft.brightness == 255
    half = soft.dimmed(128)
    assert half.brightness == 128
    assert [unit.value for unit in half.units] == [502, 10]
    assert [unit.hue for unit in half.units] == [120, 120]
    night = standard_scenes(white=True, color=False)["night"]
    assert night.brightness == 51
    assert night.dimmed(255).units[0].brightness == 1000
    assert night.dimmed(1).units[0].brightness == 10
    assert night.dimmed(255).units[0].value == 0
    dark = LightScene(0, (SceneUnit(14, 13, 0, 0, 0, 0, 0, 0),))
    assert dark.brightness is None
    assert dark.dimmed(255) == dark
    assert LightScene(0, ()).brightness is None


def test_which_data_points_hold_scenes() -> None:
    """The first generation's `scene_data` is another thing, and its schema or its light's ranges show it."""
    first = '{"h":{"min":1,"max":360},"s":{"min":1,"max":255},"v":{"min":1,"max":255}}'
    assert not holds_scenes(point(DataType.JSON, first, "scene_data"), second_generation=False)
    assert not holds_scenes(point(DataType.STRING, "", "scene_data"), second_generation=False)
    assert holds_scenes(
        point(DataType.JSON, '{"scene_num":{},"scene_units":{}}', "scene_data"), second_generation=False
    )
    assert holds_scenes(point(DataType.STRING, "", "scene_data"), second_generation=True)
