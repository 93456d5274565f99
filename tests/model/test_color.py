"""Tuya's numbers of colour, brightness and colour temperature."""

from typing import Any

import pytest

from custom_components.iot_gateway.model import Access, DataPoint, DataType
from custom_components.iot_gateway.model.color import (
    BrightnessCodec,
    ColorCodec,
    Hsv,
    TemperatureCodec,
    is_second_generation,
)

_V1 = '{"h":{"min":1,"max":360},"s":{"min":1,"max":255},"v":{"min":1,"max":255}}'
_V2 = '{"h":{"min":0,"max":360},"s":{"min":0,"max":1000},"v":{"min":0,"max":1000}}'


def point(
    kind: DataType = DataType.JSON,
    spec: str = "{}",
    *,
    code: str = "colour_data",
    minimum: float | None = None,
    maximum: float | None = None,
    scale: int = 0,
) -> DataPoint:
    """Return a data point."""
    return DataPoint(
        code=code, type=kind, access=Access.READ_WRITE, spec=spec, minimum=minimum, maximum=maximum, scale=scale
    )


def number(minimum: float | None = None, maximum: float | None = None, scale: int = 0) -> DataPoint:
    """Return a data point that is a number."""
    return point(DataType.INTEGER, minimum=minimum, maximum=maximum, scale=scale)


@pytest.mark.parametrize(
    ("kind", "spec", "value", "color"),
    [
        # What Tuya's pages give as examples, and what real lights report
        (DataType.JSON, _V2, {"h": 201, "s": 511, "v": 899}, Hsv(201, 51.1, 229)),
        (DataType.JSON, _V2, {"h": 13, "s": 992, "v": 1000}, Hsv(13, 99.2, 255)),
        (DataType.JSON, _V2, {"h": 0, "s": 1000, "v": 102}, Hsv(0, 100, 26)),
        (DataType.JSON, _V1, {"h": 120, "s": 255, "v": 255}, Hsv(120, 100, 255)),
        (DataType.STRING, "", "ff99000024ffff", Hsv(36, 100, 255)),
        (DataType.STRING, "", "ff00000000ffff", Hsv(0, 100, 255)),
        (DataType.STRING, "", "000003e803e8", Hsv(0, 100, 255)),
        (DataType.STRING, "", "007803e801f4", Hsv(120, 100, 128)),
        (DataType.STRING, "", '{"h":240,"s":255,"v":51}', Hsv(240, 100, 51)),
        (DataType.JSON, "{}", "00f003e803e8", Hsv(240, 100, 255)),
        (DataType.RAW, "", bytes.fromhex("00f003e803e8"), Hsv(240, 100, 255)),
        (DataType.RAW, "", bytes.fromhex("ff99000024ffff"), Hsv(36, 100, 255)),
        (DataType.RAW, "", b"00f003e803e8", Hsv(240, 100, 255)),
    ],
)
def test_colors(kind: DataType, spec: str, value: Any, color: Hsv) -> None:
    """A colour is read from every form, and goes out in the form in which it came."""
    codec = ColorCodec(point(kind, spec), second_generation=False)
    found = codec.decode(value)
    assert found is not None
    assert found.hue == pytest.approx(color.hue)
    assert found.saturation == pytest.approx(color.saturation)
    assert found.brightness == color.brightness
    again = codec.encode(found, value)
    assert type(again) is type(value)
    # Home Assistant's 255 steps are coarser than 1000
    assert codec.decode(again) == found


def test_exact_forms() -> None:
    """What is sent is spelled as the device spells it."""
    codec = ColorCodec(point(), second_generation=True)
    orange = Hsv(36, 100, 255)
    assert codec.encode(orange) == {"h": 36, "s": 1000, "v": 1000}
    assert codec.encode(orange, "000000000000") == "002403e803e8"
    text = ColorCodec(point(DataType.STRING), second_generation=False)
    assert text.encode(orange) == "ff99000024ffff"
    assert text.encode(orange, "FF00000000FFFF") == "FF99000024FFFF"
    assert text.encode(orange, "000003e803e8") == "002403e803e8"
    assert text.encode(orange, '{"h":0,"s":1,"v":1}') == '{"h":36,"s":255,"v":255}'
    newer = ColorCodec(point(DataType.STRING), second_generation=True)
    assert newer.encode(orange) == "002403e803e8"
    raw = ColorCodec(point(DataType.RAW), second_generation=True)
    assert raw.encode(orange) == bytes.fromhex("002403e803e8")
    assert raw.encode(orange, b"000003e803e8") == b"002403e803e8"


def test_schema_ranges_come_first() -> None:
    """A schema that says 255 is believed, whatever the generation; the ends are never left."""
    codec = ColorCodec(point(spec=_V1), second_generation=True)
    assert codec.encode(Hsv(0, 0, 1)) == {"h": 1, "s": 1, "v": 2}
    assert codec.encode(Hsv(360, 100, 255)) == {"h": 360, "s": 255, "v": 255}
    # Real: such a light reports zeros too
    assert codec.decode({"h": 0.0, "s": 0.0, "v": 255.0}) == Hsv(0, 0, 255)
    assert codec.decode({"h": 1.0, "s": 1.0, "v": 0.0}) == Hsv(1, 0, 1)
    assert codec.decode({"h": 0, "s": 1000, "v": 1000}) is None
    assert ColorCodec(point(spec=_V1), second_generation=False).decode({"h": 361, "s": 1, "v": 1}) is None


@pytest.mark.parametrize(
    "spec",
    ["", "{}", "[]", "no json", '{"h":{}}', '{"h":5,"s":5,"v":5}', _V2.replace('"v"', '"x"'), _V2.replace("1000", "0")],
)
def test_schema_without_ranges(spec: str) -> None:
    """Where the schema says nothing, the light's generation does, and what the light reports."""
    assert ColorCodec(point(spec=spec), second_generation=False).encode(Hsv(0, 100, 255)) == {
        "h": 0,
        "s": 255,
        "v": 255,
    }
    learning = ColorCodec(point(spec=spec), second_generation=False)
    assert learning.decode({"h": 240, "s": 1000, "v": 200}) == Hsv(240, 100, 51)
    assert learning.decode({"h": 240, "s": 200, "v": 200}) == Hsv(240, 20, 51)
    assert learning.encode(Hsv(0, 100, 255)) == {"h": 0, "s": 1000, "v": 1000}
    assert learning.decode({"h": 240, "s": 1001, "v": 200}) is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        7,
        "",
        "black",
        "zzzz03e803e8",
        "000003e803e",
        "016903e803e8",
        "000003e903e8",
        "{no json",
        "{}",
        {},
        [],
        {"h": 1, "s": 1},
        {"h": True, "s": 1, "v": 1},
        {"h": "x", "s": 1, "v": 1},
        {"h": -1, "s": 1, "v": 1},
        {"h": 1, "s": float("nan"), "v": 1},
        b"",
        b"\xff\xfe",
        bytes(5),
    ],
)
def test_no_colors(value: Any) -> None:
    """What is no colour is none, and does no harm."""
    for kind in (DataType.JSON, DataType.STRING, DataType.RAW):
        codec = ColorCodec(point(kind), second_generation=True)
        assert codec.decode(value) is None
        assert codec.decode(codec.encode(Hsv(36, 100, 255), value)) == Hsv(36, 100, 255)


def test_numbers_as_text() -> None:
    """Some devices put numbers in quotes."""
    assert ColorCodec(point(), second_generation=True).decode({"h": "120", "s": "500", "v": "1000"}) == Hsv(
        120, 50, 255
    )


@pytest.mark.parametrize(
    ("minimum", "maximum", "scale", "value", "brightness"),
    [
        (10, 1000, 0, 1000, 255),
        (10, 1000, 0, 505, 128),
        (10, 1000, 0, 200, 49),
        (10, 1000, 0, 10, 1),
        (25, 255, 0, 45, 22),
        (25, 255, 0, 64, 43),
        (0, 100, 0, 100, 255),
        (0, 100, 0, 0, 1),
        (1, 100, 0, 50, 126),
        (0, 1000, 1, 50.0, 128),
    ],
)
def test_brightness(minimum: int, maximum: int, scale: int, value: float, brightness: int) -> None:
    """Brightness is an even part of the range; what shines is never 0."""
    codec = BrightnessCodec(number(minimum, maximum, scale), second_generation=False)
    assert codec.decode(value) == brightness


@pytest.mark.parametrize(
    ("minimum", "maximum", "scale", "least"),
    [(0, 100, 0, 1), (10, 1000, 0, 14), (25, 255, 0, 26), (0, 1000, 1, 0.4), (0, 10, 0, 1)],
)
def test_dimmest(minimum: int, maximum: int, scale: int, least: float) -> None:
    """The dimmest is neither 0 nor below what the device takes; each brightness survives there and back."""
    data_point = number(minimum, maximum, scale)
    codec = BrightnessCodec(data_point, second_generation=False)
    assert data_point.decode(data_point.encode(codec.encode(1))) == least
    assert data_point.decode(data_point.encode(codec.encode(255))) == data_point.shown(maximum)
    if maximum - minimum >= 255:
        for brightness in range(1, 256):
            assert codec.decode(data_point.decode(data_point.encode(codec.encode(brightness)))) == brightness


def test_brightness_without_range() -> None:
    """Where the schema has no limits, the generation's are taken."""
    assert BrightnessCodec(number(), second_generation=True).encode(255) == 1000
    assert BrightnessCodec(number(), second_generation=False).encode(255) == 255
    assert TemperatureCodec(number(), second_generation=True).encode(6500) == pytest.approx(1000)
    assert TemperatureCodec(number(), second_generation=False).encode(6500) == pytest.approx(255)


def test_limited_brightness() -> None:
    """A dimmer's own limits are the ends of what Home Assistant sees."""
    codec = BrightnessCodec(number(10, 1000), second_generation=True)
    low, high = codec.limit(208), codec.limit(604)
    assert (low, high) == (51, 153)
    assert codec.decode(604, (51, 153)) == 255
    assert codec.decode(406, (51, 153)) == 128
    assert codec.decode(100, (51, 153)) == 1
    assert codec.decode(1000, (51, 153)) == 255
    assert codec.encode(255, (51, 153)) == pytest.approx(604)
    assert codec.encode(1, (51, 153)) == pytest.approx(209.553, abs=0.001)


@pytest.mark.parametrize("value", [None, True, "x", [], {}, float("inf")])
def test_no_numbers(value: Any) -> None:
    """What is no number is none."""
    codec = BrightnessCodec(number(10, 1000), second_generation=True)
    assert codec.decode(value) is None
    assert codec.limit(value) is None
    assert TemperatureCodec(number(0, 1000), second_generation=True).decode(value) is None


@pytest.mark.parametrize(
    ("maximum", "value", "kelvin"),
    [(1000, 0, 2000), (1000, 1000, 6500), (1000, 500, 3059), (255, 127, 3052), (100, 0, 2000), (1000, 435, 2862)],
)
def test_temperature(maximum: int, value: int, kelvin: int) -> None:
    """The low end is the warmest, and the steps are even in mireds."""
    codec = TemperatureCodec(number(0, maximum), second_generation=False)
    assert codec.decode(value) == kelvin
    assert round(codec.encode(kelvin)) == value


def test_temperature_ends() -> None:
    """Beyond the ends is the end for what is set, and unknown for what is reported."""
    codec = TemperatureCodec(number(0, 1000), second_generation=True)
    assert codec.encode(1500) == pytest.approx(0)
    assert codec.encode(9000) == pytest.approx(1000)
    assert codec.decode(-1) is None
    assert codec.decode(1001) is None


def test_generations() -> None:
    """A code or a range tells."""
    assert is_second_generation([point(code="colour_data_v2")])
    assert is_second_generation([number(10, 1000)])
    assert not is_second_generation([number(25, 255), point(), number()])
