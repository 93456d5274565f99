"""Conversions: every type of the cloud's, both ways, and what is in the way of one."""

import math
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.util import dt as dt_util
import pytest

from custom_components.iot_gateway.exposures.conversion import Conversion, Note, Obstacle, conversion
from custom_components.iot_gateway.exposures.errors import Unconvertible
from custom_components.iot_gateway.exposures.facet import COLOR, TIMESTAMP, Facet, FacetKind

from .models import parsed


def number(unit: str | None = None, device_class: str | None = None, **more: Any) -> Facet:
    """Return a facet that is a number; settable where nothing else is said."""
    return Facet(
        **{
            "key": "value",
            "kind": FacetKind.NUMBER,
            "unit": unit,
            "device_class": device_class,
            "settable": True,
            **more,
        }
    )


def converted(
    facet: Facet, kind: str, access: str = "rw", choices: dict[str, str] | None = None, **spec: Any
) -> Conversion:
    """Return the conversion to a property of a type."""
    found = conversion(facet, parsed(kind, access, **spec), choices)
    assert isinstance(found, Conversion), found
    return found


def obstacle(
    facet: Facet, kind: str, access: str = "rw", choices: dict[str, str] | None = None, **spec: Any
) -> Obstacle:
    """Return what is in the way of a conversion; all have the three placeholders."""
    found = conversion(facet, parsed(kind, access, **spec), choices)
    assert isinstance(found, Obstacle), found
    assert found.placeholders["facet"] == facet.key
    assert found.placeholders["code"] == "it"
    assert found.placeholders["type"] == kind
    return found


def refused(found: Conversion, *, value: Any = None, raw: Any = None) -> str:
    """Return why a value or a raw does not convert."""
    with pytest.raises(Unconvertible) as error:
        found.to_tuya(value) if value is not None else found.from_tuya(raw)
    return error.value.key


SWITCH = Facet(key="on", kind=FacetKind.BOOLEAN, settable=True)
MODES = Facet(key="mode", kind=FacetKind.ENUM, options=("heat", "cool", "dry"), settable=True)
TEXT = Facet(key="text", kind=FacetKind.TEXT, minimum=0, maximum=100, settable=True)
PRESS = Facet(key="press", kind=FacetKind.PRESS, readable=False, settable=True)
EVENT = Facet(key="event", kind=FacetKind.EVENT, options=("pressed",))
MOMENT = number(device_class=TIMESTAMP)
COLORED = Facet(key=COLOR, kind=FacetKind.TEXT, settable=True)
ROOM = number("°C", "temperature")
BULB = Facet(
    key="brightness", kind=FacetKind.NUMBER, unit="%", minimum=100 / 255, maximum=100, step=100 / 255, settable=True
)


def test_a_moment_without_a_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the house's time, not that of the machine, whose zone nobody sees."""
    found = converted(MOMENT, "string")
    with monkeypatch.context() as patched:
        patched.setattr(dt_util, "DEFAULT_TIME_ZONE", ZoneInfo("Asia/Tokyo"))
        assert found.from_tuya("2027-01-01T09:00:00") == 1_798_761_600
        assert found.from_tuya("2027-01-01T00:00:00Z") == 1_798_761_600


@pytest.mark.parametrize(
    ("facet", "kind", "spec", "value", "raw"),
    [
        (SWITCH, "bool", {}, True, True),
        (SWITCH, "bool", {}, False, False),
        (SWITCH, "enum", {"range": ["opened", "closed"]}, True, "opened"),
        (SWITCH, "enum", {"range": ["none", "pir"]}, False, "none"),
        (SWITCH, "value", {"min": 0, "max": 1}, True, 1),
        (SWITCH, "value", {"min": 0, "max": 10, "scale": 1}, True, 10),
        (SWITCH, "float", {}, False, 0),
        (SWITCH, "double", {"min": 0, "max": 1}, True, 1),
        (number("%", minimum=100 / 3, maximum=100, step=100 / 3), "enum", {"range": ["low", "middle", "high"]}, 33, "low"),
        (SWITCH, "string", {}, True, "true"),
        (SWITCH, "bitmap", {"label": ["fault"]}, True, 1),
        (MODES, "enum", {"range": ["auto", "cold", "hot"]}, "cool", "cold"),
        (MODES, "enum", {"range": ["auto", "cold", "hot"]}, "heat", "hot"),
        (MODES, "string", {"maxlen": 10}, "dry", "dry"),
        (TEXT, "string", {"maxlen": 100}, "Hello", "Hello"),
        (TEXT, "raw", {"maxlen": 100}, "ä", "w6Q="),
        (MOMENT, "date", {}, 1_798_761_600.5, 1_798_761_600_500),
        (MOMENT, "string", {}, 1_798_761_600, "2027-01-01T00:00:00+00:00"),
        (MOMENT, "value", {"min": 0, "max": 2147483647}, 1_798_761_600, 1_798_761_600),
        (MOMENT, "value", {"min": 0, "max": 9999999999999}, 1_798_761_600, 1_798_761_600_000),
        (ROOM, "value", {"min": -400, "max": 1000, "scale": 1, "unit": "℃"}, 21.5, 215),
        (ROOM, "value", {"min": -40, "max": 212, "unit": "℉"}, 20, 68),
        (ROOM, "float", {"unit": "°C"}, 21.55, 21.55),
        (ROOM, "double", {"unit": "℉"}, 21.5, 70.7),
        (ROOM, "string", {}, 21.5, "21.5"),
        (ROOM, "value", {"min": -400, "max": 1000, "scale": 1}, 21.5, 215),
        (number("W", "power"), "value", {"min": 0, "max": 50000, "scale": 1, "unit": "W"}, 1234.5, 12345),
        (number("W", "power"), "value", {"min": 0, "max": 50000, "scale": 3, "unit": "kW"}, 1234, 1234),
        (number("Wh", "energy"), "value", {"min": 0, "max": 99999, "scale": 2, "unit": "kW·h"}, 12340, 1234),
        (number("kWh", "energy"), "value", {"min": 0, "max": 99999, "scale": 2, "unit": "kwh"}, 12.34, 1234),
        (number("A", "current"), "value", {"min": 0, "max": 30000, "unit": "mA"}, 1.234, 1234),
        (number("lx", "illuminance"), "value", {"min": 0, "max": 10000, "unit": "lux"}, 321, 321),
        (number("ppm", "carbon_dioxide"), "value", {"min": 0, "max": 5000, "unit": "ppm"}, 700, 700),
        (number("hPa", "atmospheric_pressure"), "value", {"min": 0, "max": 2000000, "unit": "Pa"}, 1013.25, 101325),
        (number("m/s", "wind_speed"), "value", {"min": 0, "max": 1000, "scale": 1, "unit": "km/h"}, 10, 360),
        (number("min", "duration"), "value", {"min": 0, "max": 86400, "unit": "s"}, 5, 300),
        (number("K", "temperature_delta"), "value", {"min": 0, "max": 100, "unit": "℃"}, 5, 5),
        (number("µg/m³", "pm25"), "value", {"min": 0, "max": 1000, "unit": "ug/m3"}, 12, 12),
        (number("%", "humidity"), "value", {"min": 0, "max": 100, "unit": "%"}, 55, 55),
        (number("%", "humidity"), "value", {"min": 0, "max": 1000, "scale": 1, "unit": "%"}, 55.5, 555),
        (number("%", "battery"), "value", {"min": 0, "max": 100}, 55, 55),
        (number("%", "battery"), "value", {"min": 0, "max": 1000}, 55, 550),
        (number("%", minimum=0, maximum=100), "value", {"min": 0, "max": 255}, 100, 255),
        (number(minimum=0, maximum=10, step=0.1), "value", {"min": 0, "max": 100, "unit": "%"}, 5, 50),
        (number(minimum=0, maximum=10), "enum", {"range": ["0", "5", "10"]}, 5, "5"),
        (BULB, "value", {"min": 10, "max": 1000}, 100, 1000),
        (BULB, "value", {"min": 25, "max": 255}, 100 / 255, 25),
        (BULB, "value", {"min": 0, "max": 100, "unit": "%"}, 40, 40),
        (number("%", minimum=1, maximum=100, step=1), "enum", {"range": ["low", "middle", "high"]}, 66, "middle"),
        (number("%", minimum=1, maximum=100, step=1), "enum", {"range": ["3", "1", "2", "4"]}, 50, "2"),
        (number("%", minimum=0, maximum=100, step=25), "enum", {"range": ["0", "50", "100"]}, 50, "50"),
        (COLORED, "string", {"maxlen": 255}, "120.0,50.0,255", "007801f403e8"),
        (COLORED, "string", {"maxlen": 14}, "0.0,100.0,255", "ff00000000ffff"),
        (COLORED, "raw", {"maxlen": 6}, "120.0,100.0,255", "AHgD6APo"),
        (COLORED, "struct", {}, "120.0,50.0,255", {"h": 120, "s": 500, "v": 1000}),
    ],
)  # fmt: skip
def test_both_ways(facet: Facet, kind: str, spec: dict[str, Any], value: Any, raw: Any) -> None:
    """A value is that raw, and a raw that value; by another conversion each, as a conversion keeps what was set."""
    assert converted(facet, kind, **spec).to_tuya(value) == raw
    assert type(converted(facet, kind, **spec).to_tuya(value)) is type(raw)
    back = converted(facet, kind, **spec).from_tuya(raw)
    if isinstance(value, float):
        assert isinstance(back, int | float)
        assert math.isclose(back, value, rel_tol=1e-4)
    else:
        assert back == value


@pytest.mark.parametrize(
    ("facet", "kind", "spec", "raw", "why"),
    [
        (SWITCH, "bool", {}, 1, "choice_untied"),
        (SWITCH, "bool", {}, None, "choice_untied"),
        (SWITCH, "bool", {}, [True], "choice_untied"),
        (SWITCH, "bitmap", {"label": ["fault"]}, "1", "not_a_number"),
        (MODES, "enum", {"range": ["auto", "cold", "hot"]}, "auto", "choice_untied"),
        (MODES, "enum", {"range": ["auto", "cold", "hot"]}, 1, "choice_untied"),
        (MODES, "string", {}, "party", "choice_untied"),
        (TEXT, "string", {}, 1, "not_a_text"),
        (TEXT, "string", {}, "x" * 101, "text_length"),
        (TEXT, "raw", {}, "%%", "not_a_text"),
        (TEXT, "raw", {}, "/w==", "not_a_text"),
        (ROOM, "value", {"min": 0, "max": 100}, True, "not_a_number"),
        (ROOM, "value", {"min": 0, "max": 100}, "warm", "not_a_number"),
        (ROOM, "value", {"min": 0, "max": 100}, {}, "not_a_number"),
        (ROOM, "value", {"min": 0, "max": 100}, 20.5, "not_whole"),
        (ROOM, "value", {"min": 0, "max": 100}, 101, "out_of_range"),
        (ROOM, "value", {"min": 0, "max": 100}, -1, "out_of_range"),
        (ROOM, "float", {}, float("nan"), "not_a_number"),
        (ROOM, "float", {}, 10**400, "not_a_number"),
        (ROOM, "value", {}, 10**400, "not_a_number"),
        (number(minimum=0, maximum=5), "string", {}, "6", "out_of_range"),
        (MOMENT, "date", {}, 10**400, "not_a_number"),
        (ROOM, "float", {}, float("inf"), "not_a_number"),
        (number("°C", minimum=5, maximum=30, step=0.5), "value", {"min": 0, "max": 100, "unit": "℃"}, 40, "out_of_range"),
        (number("%", minimum=1, maximum=100), "enum", {"range": ["low", "high"]}, "middle", "choice_untied"),
        (number(minimum=0, maximum=5), "enum", {"range": ["0", "9"]}, "9", "out_of_range"),
        (number(minimum=0, maximum=5), "enum", {"range": ["0", "9"]}, "1", "choice_untied"),
        (MOMENT, "date", {}, "soon", "not_a_number"),
        (MOMENT, "date", {}, -1, "out_of_range"),
        (MOMENT, "string", {}, "soon", "not_a_date"),
        (COLORED, "string", {}, "red", "not_a_color"),
        (COLORED, "string", {}, "{", "not_a_color"),
        (COLORED, "struct", {}, {"h": 1}, "not_a_color"),
        (COLORED, "raw", {}, "%", "not_a_color"),
        (PRESS, "bool", {}, False, "press_only"),
        (PRESS, "enum", {"range": ["start", "stop"]}, "stop", "press_only"),
    ],
)  # fmt: skip
def test_malformed(facet: Facet, kind: str, spec: dict[str, Any], raw: Any, why: str) -> None:
    """What the app sends is refused where it makes no sense."""
    assert refused(converted(facet, kind, **spec), raw=raw) == why


@pytest.mark.parametrize(
    ("facet", "kind", "access", "spec", "key"),
    [
        (EVENT, "enum", "ro", {"range": ["pressed"]}, "event_only"),
        (PRESS, "bool", "ro", {}, "not_readable"),
        (number("W", settable=False), "value", "wr", {"unit": "W"}, "not_settable"),
        (SWITCH, "date", "rw", {}, "kind"),
        (SWITCH, "struct", "rw", {}, "kind"),
        (SWITCH, "array", "rw", {}, "kind"),
        (SWITCH, "value", "rw", {"min": 5, "max": 10}, "kind"),
        (MODES, "value", "rw", {}, "kind"),
        (MODES, "date", "rw", {}, "kind"),
        (TEXT, "value", "rw", {}, "kind"),
        (TEXT, "bool", "rw", {}, "kind"),
        (TEXT, "enum", "rw", {"range": ["a"]}, "kind"),
        (PRESS, "value", "rw", {}, "kind"),
        (ROOM, "bool", "rw", {}, "kind"),
        (ROOM, "date", "rw", {}, "kind"),
        (ROOM, "bitmap", "rw", {}, "kind"),
        (ROOM, "value", "rw", {"scale": 4000}, "kind"),
        (ROOM, "value", "rw", {"scale": -1}, "kind"),
        (number("%", minimum=0, maximum=100), "value", "rw", {"min": 0, "max": 10**400}, "kind"),
        (ROOM, "enum", "rw", {"range": ["cold", "hot"]}, "kind"),
        (MOMENT, "value", "rw", {"min": 0, "max": 100}, "kind"),
        (MOMENT, "bool", "rw", {}, "kind"),
        (COLORED, "value", "rw", {}, "kind"),
        (COLORED, "string", "rw", {"maxlen": 8}, "kind"),
        (COLORED, "struct", "rw", {"members": [{"code": "x", "typeSpec": {"type": "value"}}]}, "kind"),
        (SWITCH, "hologram", "rw", {}, "unknown_type"),
        (ROOM, "value", "rw", {"unit": "W"}, "unit"),
        (ROOM, "value", "rw", {"unit": "%"}, "unit"),
        (number("ppm", "carbon_monoxide"), "value", "rw", {"unit": "K"}, "unit"),
        (
            Facet(key="color_temperature", kind=FacetKind.NUMBER, unit="K", device_class="color_temperature", settable=True),
            "value",
            "rw",
            {"unit": "℃"},
            "unit",
        ),
        (number("°C", minimum=5, maximum=30), "value", "rw", {"min": 100, "max": 200, "unit": "℃"}, "range"),
        (SWITCH, "enum", "rw", {"range": ["red", "green"]}, "choices_missing"),
        (SWITCH, "enum", "rw", {"range": ["on"]}, "choices_missing"),
        (SWITCH, "bitmap", "rw", {"label": ["a", "b"]}, "choices_missing"),
        (MODES, "enum", "rw", {"range": ["red", "green"]}, "choices_missing"),
        (MODES, "bool", "rw", {}, "choices_missing"),
        (PRESS, "enum", "rw", {"range": ["red", "green"]}, "choices_missing"),
        (MODES, "string", "rw", {"maxlen": 3}, "length"),
    ],
)  # fmt: skip
def test_obstacles(facet: Facet, kind: str, access: str, spec: dict[str, Any], key: str) -> None:
    """What cannot be converted is said when it is chosen."""
    found = obstacle(facet, kind, access, **spec)
    assert found.key == key
    assert found.fixable is (key == "choices_missing")


def test_access() -> None:
    """What may be set, and what is reported."""
    sensor = number("W", settable=False)
    for facet, access, settable, reported, notes in (
        (SWITCH, "rw", True, True, []),
        (SWITCH, "ro", False, True, []),
        (SWITCH, "wr", True, False, []),
        (Facet(key="active", kind=FacetKind.BOOLEAN), "rw", False, True, ["report_only"]),
        (PRESS, "rw", True, False, []),
    ):
        found = converted(facet, "bool", access)
        assert (found.settable, found.reported, [note.key for note in found.notes]) == (settable, reported, notes)
    assert [note.key for note in converted(sensor, "value", unit="W").notes] == ["report_only"]


def test_chosen_choices() -> None:
    """The user's choices win, options that the entity has no more are left out, choices that the model has no more are said."""
    found = converted(MODES, "enum", choices={"heat": "b", "cool": "a", "gone": "c"}, range=["a", "b", "c"])
    assert found.choices == {"heat": "b", "cool": "a"}
    assert found.to_tuya("heat") == "b"
    assert found.from_tuya("a") == "cool"
    assert refused(found, value="dry") == "option_untied"
    assert refused(found, raw="c") == "choice_untied"
    assert {note.key: note.placeholders["left"] for note in found.notes} == {
        "options_untied": "dry",
        "choices_untied": "c",
    }
    wrong = obstacle(MODES, "enum", choices={"heat": "x"}, range=["a", "b"])
    assert wrong.key == "choices_unknown"
    assert wrong.placeholders["unknown"] == "x"
    # Several options for one choice: it stands for the first
    found = converted(MODES, "enum", choices={"heat": "on", "dry": "on", "cool": "off"}, range=["on", "off"])
    assert found.to_tuya("dry") == "on"
    assert found.from_tuya("on") == "heat"
    # Options to a bool, and a bool upside down
    found = converted(MODES, "bool", choices={"heat": "true", "cool": "false"})
    assert found.to_tuya("heat") is True
    assert found.from_tuya(False) == "cool"
    found = converted(SWITCH, "bool", choices={"on": "false", "off": "true"})
    assert found.to_tuya(True) is False
    assert found.from_tuya(True) is False
    found = converted(SWITCH, "bitmap", choices={"on": "leak"}, label=["low", "leak"])
    assert found.to_tuya(True) == 2
    assert found.from_tuya(3) is True
    assert found.from_tuya(1) is False
    found = converted(PRESS, "enum", choices={"press": "go"}, range=["idle", "go"])
    assert found.from_tuya("go") is True


@pytest.mark.parametrize(("value", "raw"), [(100.4, 100), (100.9, 100), (-0.9, 0), (101, 100)])
def test_a_little_out_of_range(value: float, raw: int) -> None:
    """What is out by no more than a step is reported as the end of the range."""
    assert converted(number("%", "humidity"), "value", min=0, max=100, unit="%").to_tuya(value) == raw


def test_far_out_of_range() -> None:
    """What is out by more than that is not reported as something else."""
    found = converted(ROOM, "value", min=0, max=500, scale=1, step=5, unit="℃")
    assert found.to_tuya(50.5) == 500
    assert refused(found, value=50.6) == "out_of_range"
    assert refused(found, value=-1) == "out_of_range"
    assert refused(found, value=math.nan) == "not_a_number"
    assert refused(converted(TEXT, "string", maxlen=3), value="long") == "text_too_long"
    assert refused(converted(TEXT, "raw", maxlen=3), value="long") == "text_too_long"
    assert refused(converted(PRESS, "enum", range=["start"]), value=True) == "not_reported"


def test_grids() -> None:
    """Raws are on the property's grid, values on the entity's."""
    found = converted(ROOM, "value", min=0, max=500, scale=1, step=5, unit="℃")
    assert [found.to_tuya(value) for value in (21.1, 21.4, 21.5)] == [210, 215, 215]
    # A grid that ends before its maximum
    assert converted(number(), "value", min=0, max=10, step=4).to_tuya(10) == 8
    thermostat = converted(number("°C", minimum=5, maximum=30, step=0.5), "value", min=0, max=500, scale=1, unit="℃")
    assert [thermostat.from_tuya(raw) for raw in (211, 213, 50, 300)] == [21, 21.5, 5, 30]
    # A step beyond the entity's range is its end, more is refused
    assert thermostat.from_tuya(303) == 30
    assert refused(thermostat, raw=306) == "out_of_range"
    # A low end that is on no round number: 110 °F
    assert (
        converted(number("°C", minimum=43.3, maximum=60, step=1), "value", min=0, max=100, unit="℃").from_tuya(50) == 50
    )


def test_what_was_set_is_reported() -> None:
    """Two scales with no common grid: as long as the entity shows what was set as well as it can, that is reported."""
    found = converted(BULB, "value", min=10, max=1000)
    for raw in range(10, 1001):
        brightness = round(float(found.from_tuya(raw)) * 255 / 100)
        assert found.to_tuya(brightness * 100 / 255) == raw
    assert found.to_tuya(50) != 1000
    # A conversion that has seen nothing set reports what is nearest
    fresh = converted(BULB, "value", min=10, max=1000)
    assert [fresh.to_tuya(brightness * 100 / 255) for brightness in (1, 128, 255)] == [10, 505, 1000]


def test_notes() -> None:
    """What to know of a tie that works."""
    found = converted(number("°C", minimum=5, maximum=30), "value", min=16, max=30, unit="℃")
    assert found.notes == (
        Note(
            key="range_partial",
            placeholders={
                "facet": "value",
                "code": "it",
                "type": "value",
                "range": "5-30 °C",
                "their_range": "16-30 ℃",
            },
        ),
    )
    assert [note.key for note in converted(ROOM, "value", min=-40, max=80).notes] == ["unit_assumed"]
    assert [note.key for note in converted(number(), "value", unit="W").notes] == ["unit_assumed"]
    assert [note.key for note in converted(TEXT, "string", maxlen=50).notes] == ["text_cut"]
    assert converted(TEXT, "string", maxlen=100).notes == ()
    speed = number("%", minimum=1, maximum=100)
    assert [note.key for note in converted(speed, "enum", range=["low", "high"]).notes] == ["levels"]


def test_colors_stay() -> None:
    """A colour goes in the form in which the app sets it, and stays as it was set while the light shows it."""
    found = converted(COLORED, "string", maxlen=255)
    assert found.from_tuya('{"h":240,"s":500,"v":1000}') == "240.0,50.0,255"
    assert found.to_tuya("240.4,50.2,254") == '{"h":240,"s":500,"v":1000}'
    assert found.to_tuya("120.0,100.0,255") == '{"h":120,"s":1000,"v":1000}'
    assert refused(found, value="red") == "not_a_color"
    assert refused(found, value="1,2") == "not_a_color"


def test_lenient() -> None:
    """The cloud writes values as texts at times, and whole numbers as fractions; they are the same values."""
    assert converted(SWITCH, "bool").from_tuya("true") is True
    assert converted(SWITCH, "double", min=0, max=1).from_tuya(1.0) is True
    assert converted(ROOM, "value", min=0, max=500, scale=1).from_tuya("215") == 21.5
    assert converted(ROOM, "value", min=0, max=500, scale=1).from_tuya(215.0) == 21.5
    assert converted(MODES, "enum", choices={"heat": "1", "cool": "2"}, range=["1", "2"]).from_tuya(2) == "cool"
    assert converted(MOMENT, "date").from_tuya(1_798_761_600) == 1_798_761_600


def test_steps_of_other_ranges() -> None:
    """The entity's steps are kept where the ranges are others too."""
    found = converted(number(minimum=0, maximum=10, step=0.5), "value", min=0, max=100, unit="%")
    assert [found.from_tuya(raw) for raw in (0, 31, 33, 100)] == [0, 3, 3.5, 10]
    lamp = Facet(
        key="color_temperature", kind=FacetKind.NUMBER, unit="K", device_class="color_temperature",
        minimum=2000, maximum=6500, step=1, settable=True,
    )  # fmt: skip
    white = converted(lamp, "value", min=0, max=1000)
    assert white.from_tuya(0) == 2000
    assert white.from_tuya(1000) == 6500
    assert refused(white, value=0) == "not_a_number"
    assert refused(white, value=1000) == "out_of_range"
