"""The light platform."""

from base64 import b64encode
import json
from typing import Any

from homeassistant.components.light.const import ColorMode, LightEntityFeature
from homeassistant.const import ATTR_ENTITY_ID, STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator, demo_home
from simulators.tuya_gateway.demo.points import Point, device, rw
from simulators.tuya_gateway.schema import boolean, enum, integer, json_text, raw, string
from tests.helpers import UNKNOWN_CATEGORY, entities_of, entity_id, find_entity, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

_RANGE = {"min": 0, "scale": 0, "unit": "", "max": 1000, "step": 1}
_HSV = {"h": _RANGE | {"max": 360}, "s": _RANGE, "v": _RANGE}
_NIGHT = (
    '{"scene_num":1,"scene_units":[{"unit_change_mode":"static","unit_switch_duration":14,'
    '"unit_gradient_duration":13,"bright":200,"temperature":0,"h":0,"s":0,"v":0}]}'
)


def lamp(
    *points: Point, mode: str | None = "white", modes: tuple[str, ...] = ("white", "colour", "scene", "music")
) -> SimulatedDevice:
    """Return a lamp of all that the second generation has, and more points or others."""
    usual = (
        rw(boolean("switch_led"), True),
        rw(enum("work_mode", *modes), mode),
        rw(integer("bright_value_v2", 10, 1000), 505),
        rw(integer("temp_value_v2", 0, 1000), 500),
        rw(json_text("colour_data_v2", _HSV), '{"h":120,"s":500,"v":1000}'),
        rw(json_text("scene_data_v2", {"scene_num": {}, "scene_units": {}}), _NIGHT),
    )
    others = {point.entry["code"] for point in points}
    return device("Lamp", "dj", *(point for point in usual if point.entry["code"] not in others), *points)


def attributes(hass: HomeAssistant, entity: str) -> dict[str, Any]:
    """Return what a light shows of itself, without what it can, and without a colour that its temperature makes."""
    state = hass.states.get(entity)
    assert state is not None
    shown = ["brightness", "color_mode", "color_temp_kelvin", "effect"]
    if state.attributes.get("color_mode") == ColorMode.HS:
        shown.append("hs_color")
    return {name: state.attributes[name] for name in shown if state.attributes.get(name) is not None}


async def turn_on(hass: HomeAssistant, entity: str, **data: Any) -> None:
    """Turn a light on."""
    await hass.services.async_call("light", "turn_on", {ATTR_ENTITY_ID: entity, **data}, blocking=True)


def sent(simulator: TuyaGatewaySimulator) -> dict[str, Any]:
    """Return what the one command since the last call set."""
    ((frame,),) = simulator.commands
    simulator.commands.clear()
    return {item["k"]: item["v"] for item in frame["value"]}


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=[Platform.LIGHT]):
        assert entities_of(hass, Platform.LIGHT) == snapshot


async def test_states(hass: HomeAssistant) -> None:
    """The work mode says which data points are what is seen."""
    gadget = lamp()
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        state = hass.states.get(entity)
        assert state is not None
        assert state.state == STATE_ON
        assert state.attributes["supported_color_modes"] == [ColorMode.COLOR_TEMP, ColorMode.HS]
        assert state.attributes["supported_features"] == LightEntityFeature.EFFECT
        assert state.attributes["min_color_temp_kelvin"] == 2000
        assert state.attributes["max_color_temp_kelvin"] == 6500
        assert state.attributes["effect_list"] == [
            "off",
            "night",
            "read",
            "work",
            "leisure",
            "soft",
            "rainbow",
            "shine",
            "gorgeous",
            "scene",
            "music",
        ]
        assert attributes(hass, entity) == {
            "brightness": 128,
            "color_mode": "color_temp",
            "color_temp_kelvin": 3059,
            "effect": "off",
        }
        await simulator.report(gadget.id, {"work_mode": "colour"})
        await wait_until(lambda: attributes(hass, entity)["color_mode"] == "hs")
        assert attributes(hass, entity) == {
            "brightness": 255,
            "color_mode": "hs",
            "hs_color": (120.0, 50.0),
            "effect": "off",
        }
        await simulator.report(gadget.id, {"work_mode": "scene"})
        await wait_until(lambda: attributes(hass, entity)["effect"] == "night")
        assert attributes(hass, entity) == {"brightness": 51, "color_mode": "brightness", "effect": "night"}
        await simulator.report(gadget.id, {"work_mode": "music"})
        await wait_until(lambda: attributes(hass, entity)["effect"] == "music")
        assert attributes(hass, entity) == {"color_mode": "onoff", "effect": "music"}
        await simulator.report(gadget.id, {"switch_led": False})
        await wait_until(lambda: state_of(hass, entity) == STATE_OFF)
        assert attributes(hass, entity) == {}


@pytest.mark.parametrize(
    ("mode", "data", "values"),
    [
        ("white", {}, {}),
        ("white", {"brightness": 255}, {"bright_value_v2": 1000}),
        ("white", {"brightness_pct": 1}, {"bright_value_v2": 22}),
        ("white", {"brightness": 1}, {"bright_value_v2": 14}),
        ("white", {"color_temp_kelvin": 2000}, {"work_mode": "white", "temp_value_v2": 0}),
        (
            "white",
            {"color_temp_kelvin": 6500, "brightness": 128},
            {"work_mode": "white", "temp_value_v2": 1000, "bright_value_v2": 507},
        ),
        # A brightness stays what it was
        ("white", {"hs_color": (240, 100)}, {"work_mode": "colour", "colour_data_v2": (240, 1000, 502)}),
        (
            "white",
            {"hs_color": (0, 0), "brightness": 1},
            {"work_mode": "colour", "colour_data_v2": (0, 0, 4)},
        ),
        ("white", {"rgb_color": (255, 0, 0)}, {"work_mode": "colour", "colour_data_v2": (0, 1000, 502)}),
        ("white", {"effect": "music"}, {"work_mode": "music"}),
        ("white", {"effect": "off"}, {}),
        # Home Assistant's scenes send everything that they know
        (
            "colour",
            {"effect": "off", "brightness": 255, "color_temp_kelvin": 2000},
            {"work_mode": "white", "temp_value_v2": 0, "bright_value_v2": 1000},
        ),
        ("colour", {"brightness": 51}, {"work_mode": "colour", "colour_data_v2": (120, 500, 200)}),
        ("colour", {"hs_color": (60, 25)}, {"work_mode": "colour", "colour_data_v2": (60, 250, 1000)}),
        ("colour", {"color_temp_kelvin": 6500}, {"work_mode": "white", "temp_value_v2": 1000}),
        ("colour", {"effect": "off"}, {}),
        ("colour", {"effect": "off", "brightness": 51}, {"work_mode": "colour", "colour_data_v2": (120, 500, 200)}),
        ("music", {"effect": "off"}, {"work_mode": "white"}),
        ("music", {"brightness": 255}, {"work_mode": "white", "bright_value_v2": 1000}),
        ("music", {"hs_color": (240, 100)}, {"work_mode": "colour", "colour_data_v2": (240, 1000, 1000)}),
        ("scene", {"effect": "scene"}, {"work_mode": "scene"}),
        (None, {"brightness": 255}, {"work_mode": "white", "bright_value_v2": 1000}),
    ],
)
async def test_turn_on(hass: HomeAssistant, mode: str | None, data: dict[str, Any], values: dict[str, Any]) -> None:
    """All that a change takes goes out in one command, and nothing else."""
    gadget = lamp(mode=mode)
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        await turn_on(hass, entity_id(hass, Platform.LIGHT, gadget, "switch_led"), **data)
        expected = {"switch_led": True, **values}
        if isinstance(color := expected.get("colour_data_v2"), tuple):
            expected["colour_data_v2"] = '{{"h":{},"s":{},"v":{}}}'.format(*color)
        assert simulator.commands == [
            [{"devid": gadget.id, "value": [{"k": code, "v": value} for code, value in expected.items()]}]
        ]


async def test_turn_off(hass: HomeAssistant) -> None:
    """Off is off, and brightness 0 is too."""
    gadget = lamp()
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        await hass.services.async_call("light", "turn_off", {ATTR_ENTITY_ID: entity}, blocking=True)
        assert sent(simulator) == {"switch_led": False}
        assert state_of(hass, entity) == STATE_OFF
        await turn_on(hass, entity, brightness=0)
        assert sent(simulator) == {"switch_led": False}
        # What it was stays known while it is off
        await turn_on(hass, entity, hs_color=(0, 100))
        assert json.loads(sent(simulator)["colour_data_v2"]) == {"h": 0, "s": 1000, "v": 502}


async def test_steady_mode_is_remembered(hass: HomeAssistant) -> None:
    """After an effect a light is again what it was before."""
    gadget = lamp(mode="colour")
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        await turn_on(hass, entity, effect="music")
        assert sent(simulator) == {"switch_led": True, "work_mode": "music"}
        await turn_on(hass, entity, effect="off")
        assert sent(simulator) == {"switch_led": True, "work_mode": "colour"}
        await turn_on(hass, entity, effect="music")
        sent(simulator)
        await turn_on(hass, entity, brightness=255)
        assert sent(simulator) == {
            "switch_led": True,
            "work_mode": "colour",
            "colour_data_v2": '{"h":120,"s":500,"v":1000}',
        }


async def test_scenes(hass: HomeAssistant) -> None:
    """A standard scene is sent whole, told by its number, and can be dimmed."""
    gadget = lamp()
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        await turn_on(hass, entity, effect="soft")
        values = sent(simulator)
        assert values == {"switch_led": True, "work_mode": "scene", "scene_data_v2": values["scene_data_v2"]}
        green = {
            "unit_change_mode": "gradient",
            "unit_switch_duration": 70,
            "unit_gradient_duration": 70,
            "bright": 0,
            "temperature": 0,
            "h": 120,
            "s": 1000,
        }
        assert json.loads(values["scene_data_v2"]) == {
            "scene_num": 5,
            "scene_units": [{**green, "v": 1000}, {**green, "v": 10}],
        }
        assert attributes(hass, entity) == {"brightness": 255, "color_mode": "brightness", "effect": "soft"}
        await turn_on(hass, entity, brightness=51)
        values = sent(simulator)
        assert values["work_mode"] == "scene"
        assert [unit["v"] for unit in json.loads(values["scene_data_v2"])["scene_units"]] == [200, 10]
        assert attributes(hass, entity) == {"brightness": 51, "color_mode": "brightness", "effect": "soft"}
        await turn_on(hass, entity, effect="night", brightness=255)
        (unit,) = json.loads(sent(simulator)["scene_data_v2"])["scene_units"]
        assert unit["bright"] == 1000
        # One that the user made in the app
        own = json.dumps({"scene_num": 42, "scene_units": [{"v": 1000}]})
        await simulator.report(gadget.id, {"scene_data_v2": own})
        await wait_until(lambda: attributes(hass, entity)["effect"] == "scene")
        await turn_on(hass, entity, effect="off", brightness=255)
        assert sent(simulator) == {"switch_led": True, "work_mode": "white", "bright_value_v2": 1000}


async def test_scenes_as_text(hass: HomeAssistant) -> None:
    """A light that spells colours and scenes in hexadecimal digits is spoken to in them."""
    gadget = device(
        "Strip",
        "dd",
        rw(boolean("switch_led"), True),
        rw(enum("work_mode", "colour", "scene"), "colour"),
        rw(string("colour_data"), ""),
        rw(string("scene_data"), ""),
    )
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        assert attributes(hass, entity) == {"color_mode": "hs", "effect": "off"}
        await turn_on(hass, entity, hs_color=(36, 100), brightness=255)
        assert sent(simulator) == {"switch_led": True, "work_mode": "colour", "colour_data": "002403e803e8"}
        await turn_on(hass, entity, effect="night")
        assert sent(simulator) == {
            "switch_led": True,
            "work_mode": "scene",
            "scene_data": "000e0d00002e03e802cc00000000",
        }
        assert attributes(hass, entity) == {"brightness": 183, "color_mode": "brightness", "effect": "night"}
        await simulator.report(gadget.id, {"colour_data": "007803e801f4", "work_mode": "colour"})
        await wait_until(lambda: attributes(hass, entity)["brightness"] == 128)
        assert attributes(hass, entity)["hs_color"] == (120.0, 100.0)
        await turn_on(hass, entity, brightness=255)
        assert sent(simulator) == {"switch_led": True, "work_mode": "colour", "colour_data": "007803e803e8"}


async def test_raw_colors(hass: HomeAssistant) -> None:
    """A Raw holds the bytes that the text spells."""
    gadget = device(
        "Strip",
        UNKNOWN_CATEGORY,
        rw(boolean("switch_led"), True),
        rw(raw("colour_data_v2"), b64encode(bytes.fromhex("007803e803e8")).decode()),
    )
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        assert attributes(hass, entity) == {"brightness": 255, "color_mode": "hs", "hs_color": (120.0, 100.0)}
        await turn_on(hass, entity, hs_color=(240, 50))
        assert sent(simulator) == {
            "switch_led": True,
            "colour_data_v2": b64encode(bytes.fromhex("00f001f403e8")).decode(),
        }


async def test_objects_stay_objects(hass: HomeAssistant) -> None:
    """A device that reports colours as objects gets them as objects."""
    gadget = lamp(rw(json_text("colour_data_v2", _HSV), {"h": 0, "s": 1000, "v": 1000}), mode="colour")
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        await turn_on(hass, entity_id(hass, Platform.LIGHT, gadget, "switch_led"), hs_color=(10, 20))
        assert sent(simulator)["colour_data_v2"] == {"h": 10, "s": 200, "v": 1000}


async def test_first_generation(hass: HomeAssistant) -> None:
    """It counts to 255, and its scenes are work modes."""
    range_ = {"min": 1, "max": 255}
    gadget = device(
        "Bulb",
        "dj",
        rw(boolean("switch_led"), True),
        rw(enum("work_mode", "white", "colour", "scene", "scene_1", "scene_4"), "scene_1"),
        rw(integer("bright_value", 25, 255), 140),
        rw(integer("temp_value", 0, 255), 255),
        rw(json_text("colour_data", {"h": range_ | {"max": 360}, "s": range_, "v": range_}), '{"h":9,"s":255,"v":255}'),
        rw(json_text("scene_data", {"h": range_, "s": range_, "v": range_}), '{"h":0.0,"s":0.0,"v":0.0}'),
    )
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        state = hass.states.get(entity)
        assert state is not None
        assert state.attributes["effect_list"] == ["off", "scene", "scene_1", "scene_4"]
        assert attributes(hass, entity) == {"color_mode": "onoff", "effect": "scene_1"}
        await turn_on(hass, entity, effect="scene")
        assert sent(simulator) == {"switch_led": True, "work_mode": "scene"}
        await turn_on(hass, entity, hs_color=(9, 100), brightness=255)
        assert sent(simulator) == {
            "switch_led": True,
            "work_mode": "colour",
            "colour_data": '{"h":9,"s":255,"v":255}',
        }
        await turn_on(hass, entity, color_temp_kelvin=6500, brightness=255)
        assert sent(simulator) == {"switch_led": True, "work_mode": "white", "temp_value": 255, "bright_value": 255}


async def test_white_without_temperature(hass: HomeAssistant) -> None:
    """Where there is colour but no colour temperature, white is a mode of its own."""
    gadget = device(
        "Bulb",
        "dj",
        rw(boolean("switch_led"), True),
        rw(enum("work_mode", "white", "colour"), "white"),
        rw(integer("bright_value_v2", 10, 1000), 505),
        rw(json_text("colour_data_v2", _HSV), '{"h":9,"s":1000,"v":1000}'),
    )
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        state = hass.states.get(entity)
        assert state is not None
        assert state.attributes["supported_color_modes"] == [ColorMode.HS, ColorMode.WHITE]
        assert state.attributes["supported_features"] == 0
        assert attributes(hass, entity) == {"brightness": 128, "color_mode": "white"}
        await turn_on(hass, entity, hs_color=(9, 100))
        sent(simulator)
        await turn_on(hass, entity, white=255)
        assert sent(simulator) == {"switch_led": True, "work_mode": "white", "bright_value_v2": 1000}
        assert attributes(hass, entity) == {"brightness": 255, "color_mode": "white"}


async def test_white_without_brightness(hass: HomeAssistant) -> None:
    """A white that cannot be dimmed is switched to, and that is all."""
    gadget = device(
        "Bulb",
        "dj",
        rw(boolean("switch_led"), True),
        rw(enum("work_mode", "white", "colour"), "white"),
        rw(json_text("colour_data_v2", _HSV), '{"h":9,"s":1000,"v":1000}'),
    )
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        assert attributes(hass, entity) == {"color_mode": "white"}
        await turn_on(hass, entity, white=100)
        assert sent(simulator) == {"switch_led": True, "work_mode": "white"}


async def test_colors_that_are_none(hass: HomeAssistant) -> None:
    """Many lamps of white only list the modes of all lamps; colour is nothing that those return to."""
    gadget = device(
        "Bulb",
        "dj",
        rw(boolean("switch_led"), True),
        rw(enum("work_mode", "white", "colour", "scene", "music"), "colour"),
        rw(integer("bright_value_v2", 10, 1000), 505),
        rw(integer("temp_value_v2", 0, 1000), 0),
    )
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        assert attributes(hass, entity) == {
            "brightness": 128,
            "color_mode": "color_temp",
            "color_temp_kelvin": 2000,
            "effect": "off",
        }
        await turn_on(hass, entity, effect="music")
        sent(simulator)
        await turn_on(hass, entity, brightness=255)
        assert sent(simulator) == {"switch_led": True, "work_mode": "white", "bright_value_v2": 1000}
        await turn_on(hass, entity, brightness=255)
        assert sent(simulator) == {"switch_led": True, "bright_value_v2": 1000}


async def test_switch_only(hass: HomeAssistant) -> None:
    """A light that is only switched is on or off."""
    gadget = device("Wall switch", "kg", rw(boolean("switch_backlight"), True))
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_backlight")
        state = hass.states.get(entity)
        assert state is not None
        assert state.attributes["supported_color_modes"] == [ColorMode.ONOFF]
        assert attributes(hass, entity) == {"color_mode": "onoff"}
        await turn_on(hass, entity, brightness=3)
        assert sent(simulator) == {"switch_backlight": True}


@pytest.mark.parametrize(
    ("minimum", "maximum", "scale", "least"), [(0, 100, 0, 1), (10, 1000, 0, 14), (25, 255, 0, 26), (0, 1000, 1, 4)]
)
async def test_dimmest(hass: HomeAssistant, minimum: int, maximum: int, scale: int, least: int) -> None:
    """The dimmest is neither off nor below what the device takes."""
    gadget = device(
        "Dimmer",
        UNKNOWN_CATEGORY,
        rw(boolean("switch_led"), False),
        rw(integer("bright_value", minimum, maximum, scale=scale), maximum),
    )
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        await turn_on(hass, entity, brightness=1)
        assert sent(simulator) == {"switch_led": True, "bright_value": least}
        await turn_on(hass, entity, brightness=255)
        assert sent(simulator) == {"switch_led": True, "bright_value": maximum}
        assert attributes(hass, entity) == {"brightness": 255, "color_mode": "brightness"}
        # On, as the device says, whatever its number says
        await simulator.report(gadget.id, {"bright_value": minimum})
        await wait_until(lambda: attributes(hass, entity)["brightness"] == 1)


async def test_limits_of_a_dimmer(hass: HomeAssistant) -> None:
    """The limits that are set in the dimmer are 1 and 255; together they count, and only the right way round."""
    gadget = device(
        "Dimmer",
        "tgkg",
        *(rw(boolean(f"switch_led_{channel}"), True) for channel in (1, 2)),
        *(rw(integer(f"bright_value_{channel}", 10, 1000), 406) for channel in (1, 2)),
        rw(integer("brightness_min_1", 10, 1000), 208),
        rw(integer("brightness_max_1", 10, 1000), 604),
        rw(integer("brightness_min_2", 10, 1000), 208),
    )
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        limited, other = (entity_id(hass, Platform.LIGHT, gadget, f"switch_led_{channel}") for channel in (1, 2))
        assert attributes(hass, limited)["brightness"] == 128
        assert attributes(hass, other)["brightness"] == 102
        await turn_on(hass, limited, brightness=255)
        assert sent(simulator) == {"switch_led_1": True, "bright_value_1": 604}
        await turn_on(hass, limited, brightness=1)
        assert sent(simulator) == {"switch_led_1": True, "bright_value_1": 210}
        await simulator.report(gadget.id, {"brightness_max_1": 1000, "bright_value_1": 1000})
        await wait_until(lambda: attributes(hass, limited)["brightness"] == 255)
        await simulator.report(gadget.id, {"brightness_max_1": 100, "bright_value_1": 505})
        await wait_until(lambda: attributes(hass, limited)["brightness"] == 128)
        await simulator.report(gadget.id, {"brightness_max_1": 9999, "bright_value_1": 604})
        await wait_until(lambda: attributes(hass, limited)["brightness"] == 153)


async def test_unknown_values(hass: HomeAssistant) -> None:
    """What makes no sense is unknown, and the rest stays."""
    gadget = lamp()
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        await simulator.report(gadget.id, {"bright_value_v2": 5000, "temp_value_v2": -1})
        await wait_until(lambda: "brightness" not in attributes(hass, entity))
        assert attributes(hass, entity) == {"color_mode": "color_temp", "effect": "off"}
        await simulator.report(gadget.id, {"work_mode": "colour", "colour_data_v2": '{"h":400,"s":1,"v":1}'})
        await wait_until(lambda: attributes(hass, entity)["color_mode"] == "hs")
        assert attributes(hass, entity) == {"color_mode": "hs", "effect": "off"}
        await simulator.report(gadget.id, {"work_mode": "disco"})
        await wait_until(lambda: attributes(hass, entity)["color_mode"] == "unknown")
        assert attributes(hass, entity) == {"color_mode": "unknown"}
        await simulator.report(gadget.id, {"work_mode": "scene", "scene_data_v2": "{}"})
        await wait_until(lambda: attributes(hass, entity).get("effect") == "scene")
        assert attributes(hass, entity) == {"color_mode": "onoff", "effect": "scene"}
        await simulator.report(gadget.id, {"switch_led": 7})
        await wait_until(lambda: state_of(hass, entity) == STATE_UNKNOWN)
        # It can still be told what to be
        await turn_on(hass, entity, hs_color=(30, 50))
        assert sent(simulator) == {
            "switch_led": True,
            "work_mode": "colour",
            "colour_data_v2": '{"h":30,"s":500,"v":1000}',
        }
        assert state_of(hass, entity) == STATE_ON


async def test_mode_that_is_only_reported(hass: HomeAssistant) -> None:
    """A work mode that a light reports and does not take is an effect that nobody can choose."""
    gadget = lamp()
    gadget.status = [
        enum("work_mode", "white", "colour", "scene", "music", "remote") if point["code"] == "work_mode" else point
        for point in gadget.status
    ]
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        await simulator.report(gadget.id, {"work_mode": "remote"})
        await wait_until(lambda: attributes(hass, entity)["effect"] == "remote")
        assert attributes(hass, entity) == {"color_mode": "onoff", "effect": "remote"}


async def test_effects_only(hass: HomeAssistant) -> None:
    """A light that has no steady mode cannot end its effects."""
    gadget = device(
        "Star projector",
        UNKNOWN_CATEGORY,
        rw(boolean("switch_led"), True),
        rw(enum("work_mode", "scene", "music"), "music"),
    )
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        state = hass.states.get(entity)
        assert state is not None
        assert state.attributes["effect_list"] == ["scene", "music"]
        assert attributes(hass, entity) == {"color_mode": "onoff", "effect": "music"}
        await turn_on(hass, entity, effect="scene")
        assert sent(simulator) == {"switch_led": True, "work_mode": "scene"}


async def test_unknown_effect(hass: HomeAssistant) -> None:
    """An effect that the light does not have is an error, and nothing is sent."""
    gadget = lamp()
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        with pytest.raises(HomeAssistantError):
            await turn_on(hass, entity_id(hass, Platform.LIGHT, gadget, "switch_led"), effect="disco")
        assert not simulator.commands


async def test_offline(hass: HomeAssistant) -> None:
    """A light that is away is unavailable, and cannot be switched."""
    gadget = lamp()
    gadget.online = False
    async with loaded(hass, gadget, platforms=[Platform.LIGHT]) as simulator:
        entity = entity_id(hass, Platform.LIGHT, gadget, "switch_led")
        assert state_of(hass, entity) == STATE_UNAVAILABLE
        await simulator.set_online(gadget.id, True)
        await wait_until(lambda: state_of(hass, entity) == STATE_ON)
        assert attributes(hass, entity)["brightness"] == 128
        await simulator.set_online(gadget.id, False)
        await wait_until(lambda: state_of(hass, entity) == STATE_UNAVAILABLE)


async def test_parts_are_no_entities(hass: HomeAssistant) -> None:
    """What a light is made of has no entities besides."""
    gadget = lamp()
    async with loaded(hass, gadget):
        for platform, code in (
            (Platform.SWITCH, "switch_led"),
            (Platform.NUMBER, "bright_value_v2"),
            (Platform.SELECT, "work_mode"),
            (Platform.TEXT, "colour_data_v2"),
            (Platform.SENSOR, "scene_data_v2"),
        ):
            assert find_entity(hass, platform, gadget, code) is None
