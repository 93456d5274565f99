"""Which devices have lights, and what those are made of."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import EntityCategory, Platform
import pytest

from custom_components.iot_gateway.mapping import EntityPlan, plan_entities
from custom_components.iot_gateway.mapping.composite import LightRow
from custom_components.iot_gateway.model import parse_tuya_schema

BOOLEAN: Mapping[str, Any] = {"type": "Boolean", "values": "{}"}
NUMBER: Mapping[str, Any] = {"type": "Integer", "values": '{"min":10,"max":1000,"scale":0,"step":1}'}
JSON: Mapping[str, Any] = {"type": "Json", "values": "{}"}
STRING: Mapping[str, Any] = {"type": "String", "values": '{"maxlen":255}'}
RAW: Mapping[str, Any] = {"type": "Raw", "values": "{}"}
CELSIUS: Mapping[str, Any] = {"type": "Integer", "values": '{"min":0,"max":100,"scale":0,"step":1,"unit":"℃"}'}


def enum(*options: str) -> Mapping[str, Any]:
    """Return an Enum's type and values."""
    return {"type": "Enum", "values": {"range": list(options)}}


WORK_MODE = enum("white", "colour", "scene", "music")


def plans(
    category: str, settable: Mapping[str, Mapping[str, Any]], **reported: Mapping[str, Any]
) -> dict[tuple[str, str], EntityPlan]:
    """Return what is planned for a device, by platform and key."""
    schema = parse_tuya_schema(
        category,
        [{"code": code, **point} for code, point in settable.items()],
        [{"code": code, **point} for code, point in ({**settable, **reported}).items()],
    )
    return {(plan.platform, plan.key): plan for plan in plan_entities(schema)}


def roles(category: str, key: str, **settable: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what is what to a light that the device must have."""
    return plans(category, settable)[Platform.LIGHT, key].roles


LAMPS = ("dc", "dd", "dj", "dsd", "fsd", "fwd", "gyd", "hcdd", "mbd", "qjdcz", "sxd", "tyd", "tyndj", "xdd")


@pytest.mark.parametrize("category", LAMPS)
def test_lamps(category: str) -> None:
    """A lamp is one entity, which bears the device's name; nothing of it is shown twice."""
    found = plans(
        category,
        {
            "switch_led": BOOLEAN,
            "work_mode": WORK_MODE,
            "bright_value": NUMBER,
            "temp_value": NUMBER,
            "colour_data": JSON,
            "scene_data": JSON,
        },
    )
    assert list(found) == [(Platform.LIGHT, "switch_led")]
    plan = found[Platform.LIGHT, "switch_led"]
    assert plan.row.main
    assert not plan.generic
    assert plan.gang is None
    assert plan.roles == {
        "switch": "switch_led",
        "work_mode": "work_mode",
        "brightness": "bright_value",
        "color_temp": "temp_value",
        "color": "colour_data",
        "scene": "scene_data",
    }
    assert isinstance(plan.row, LightRow)
    assert plan.row.counts_to_1000 is (category == "dd")


def test_second_generation_first() -> None:
    """Where a light has the data points of both generations, the second's count."""
    found = plans(
        "dj",
        {
            "switch_led": BOOLEAN,
            "bright_value": NUMBER,
            "bright_value_v2": NUMBER,
            "colour_data": JSON,
            "colour_data_v2": JSON,
        },
    )
    assert found[Platform.LIGHT, "switch_led"].roles == {
        "switch": "switch_led",
        "brightness": "bright_value_v2",
        "color": "colour_data_v2",
    }
    # The others are no part of the light, and there all the same
    assert {code for plan in found.values() for code in plan.codes} == {
        "switch_led",
        "bright_value",
        "bright_value_v2",
        "colour_data",
        "colour_data_v2",
    }


@pytest.mark.parametrize(
    ("category", "key", "name", "entity_category"),
    [
        ("bzyd", "switch_led", "light", None),
        ("clkg", "switch_backlight", "backlight", EntityCategory.CONFIG),
        ("cwwsq", "light", "light", EntityCategory.CONFIG),
        ("cz", "switch_backlight", "backlight", EntityCategory.CONFIG),
        ("dghsxj", "basic_indicator", "indicator_light", EntityCategory.CONFIG),
        ("dghsxj", "floodlight_switch", "floodlight", None),
        ("fs", "light", "light", None),
        ("fs", "switch_led", "light", None),
        ("fsd", "light", "lamp", None),
        ("hxd", "switch_led", "light", None),
        ("jsq", "switch_led", "light", None),
        ("kg", "switch_backlight", "backlight", EntityCategory.CONFIG),
        ("kj", "light", "backlight", EntityCategory.CONFIG),
        ("ks", "light", "backlight", EntityCategory.CONFIG),
        ("kt", "light", "backlight", EntityCategory.CONFIG),
        ("msp", "light", "light", EntityCategory.CONFIG),
        ("pc", "switch_backlight", "backlight", EntityCategory.CONFIG),
        ("qn", "light", "backlight", EntityCategory.CONFIG),
        ("sp", "basic_indicator", "indicator_light", EntityCategory.CONFIG),
        ("sp", "floodlight_switch", "floodlight", None),
        ("sz", "light", "light", None),
        ("tdq", "switch_led", "light", None),
        ("tdq", "switch_led_1", None, None),
        ("tgkg", "switch_led_3", None, None),
        ("tgq", "switch_led", "lamp", None),
        ("tgq", "switch_led_2", None, None),
        ("xdd", "switch_night_light", "night_light", None),
        ("ykq", "switch_controller", None, None),
        ("dj", "switch_1", None, None),
    ],
)
def test_lights_of_other_devices(
    category: str, key: str, name: str | None, entity_category: EntityCategory | None
) -> None:
    """What shines on a device is a light, also where there is nothing but a switch for it."""
    found = plans(category, {key: BOOLEAN})
    assert list(found) == [(Platform.LIGHT, key)]
    row = found[Platform.LIGHT, key].row
    assert row.translation_key == name
    assert row.entity_category == entity_category


@pytest.mark.parametrize(
    ("category", "key", "parts"),
    [
        ("sp", "floodlight_switch", {"brightness": "floodlight_lightness"}),
        ("fs", "light", {"brightness": "bright_value", "color_temp": "temp_value"}),
        ("fs", "switch_led", {"brightness": "bright_value_1"}),
        ("jsq", "switch_led", {"brightness": "bright_value", "color": "colour_data_hsv"}),
        ("sz", "light", {"brightness": "bright_value"}),
        ("dj", "switch_1", {"brightness": "bright_value_1"}),
        ("ykq", "switch_controller", {"brightness": "bright_controller", "color_temp": "temp_controller"}),
        (
            "tgq",
            "switch_led",
            {"brightness": "bright_value", "brightness_min": "brightness_min_1", "brightness_max": "brightness_max_1"},
        ),
        (
            "tgkg",
            "switch_led_2",
            {
                "brightness": "bright_value_2",
                "brightness_min": "brightness_min_2",
                "brightness_max": "brightness_max_2",
            },
        ),
    ],
)
def test_parts(category: str, key: str, parts: Mapping[str, str]) -> None:
    """Which data points belong to it depends on the category."""
    settable = {code: JSON if code.startswith("colour") else NUMBER for code in parts.values()}
    assert roles(category, key, **{key: BOOLEAN, **settable}) == {"switch": key, **parts}


def test_gangs_of_a_dimmer() -> None:
    """Each channel is a device of its own, with its limits."""
    found = plans(
        "tgq",
        {
            code.format(channel): point
            for channel in (1, 2)
            for code, point in {
                "switch_led_{}": BOOLEAN,
                "bright_value_{}": NUMBER,
                "brightness_min_{}": NUMBER,
                "led_type_{}": enum("led", "halogen"),
            }.items()
        },
    )
    assert {key: plan.gang for (_, key), plan in found.items()} == {
        "switch_led_1": 1,
        "switch_led_2": 2,
        "brightness_min_1": 1,
        "brightness_min_2": 2,
        "led_type_1": 1,
        "led_type_2": 2,
    }
    assert found[Platform.LIGHT, "switch_led_2"].codes == ("switch_led_2", "bright_value_2", "brightness_min_2")
    # What limits a light is a setting too
    assert (Platform.NUMBER, "brightness_min_2") in found
    (one,) = plans("tgkg", {"switch_led_1": BOOLEAN, "bright_value_1": NUMBER}).values()
    assert one.gang is None


def test_unknown_categories() -> None:
    """A light is one wherever it is, with all that it has."""
    lamp = {"switch_led": BOOLEAN, "work_mode": WORK_MODE, "bright_value_v2": NUMBER, "temp_value_v2": NUMBER}
    found = plans("nobodyknows", {**lamp, "colour_data_v2": RAW, "scene_data_v2": STRING})
    assert list(found) == [(Platform.LIGHT, "switch_led")]
    assert set(found[Platform.LIGHT, "switch_led"].roles) == {
        "switch",
        "work_mode",
        "brightness",
        "color_temp",
        "color",
        "scene",
    }
    assert list(plans("nobodyknows", {"light": BOOLEAN, "bright_value": NUMBER})) == [(Platform.LIGHT, "light")]
    assert list(plans("nobodyknows", {"switch_led_4": BOOLEAN})) == [(Platform.LIGHT, "switch_led_4")]
    assert list(plans("nobodyknows", {"switch_backlight": BOOLEAN})) == [(Platform.LIGHT, "switch_backlight")]
    assert list(plans("nobodyknows", {"led_switch": BOOLEAN})) == [(Platform.LIGHT, "led_switch")]
    floodlight = plans("nobodyknows", {"floodlight_switch": BOOLEAN, "floodlight_lightness": NUMBER})
    assert list(floodlight) == [(Platform.LIGHT, "floodlight_switch")]
    # What nothing dims may be anything
    assert list(plans("nobodyknows", {"light": BOOLEAN})) == [(Platform.SWITCH, "light")]


def test_what_is_no_part_of_a_light() -> None:
    """The mode of a fan, a temperature and a scene that no mode shows are not a light's."""
    found = plans("nobodyknows", {"switch_led": BOOLEAN, "work_mode": enum("auto", "sleep"), "temp_value": CELSIUS})
    assert found[Platform.LIGHT, "switch_led"].roles == {"switch": "switch_led"}
    assert (Platform.SELECT, "work_mode") in found
    assert (Platform.NUMBER, "temp_value") in found
    assert "scene" not in roles("dj", "switch_led", switch_led=BOOLEAN, work_mode=enum("white"), scene_data=STRING)
    assert "scene" not in roles("dj", "switch_led", switch_led=BOOLEAN, scene_data=STRING)


def test_what_cannot_be_set_is_no_light() -> None:
    """A light that only reports is a binary sensor; a brightness that only reports is a sensor."""
    assert (Platform.LIGHT, "switch_led") not in plans("dj", {}, switch_led=BOOLEAN)
    found = plans("dj", {"switch_led": BOOLEAN}, bright_value=NUMBER)
    assert found[Platform.LIGHT, "switch_led"].roles == {"switch": "switch_led"}
    assert (Platform.SENSOR, "bright_value") in found
    assert (Platform.LIGHT, "switch_led") not in plans("dj", {"switch_led": enum("on", "off")})
