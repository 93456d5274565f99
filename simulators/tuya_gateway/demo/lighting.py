"""Lights, wall switches and the wireless switch."""

from typing import Any

from ..device import SimulatedDevice
from ..schema import Entry, boolean, entry, enum, integer, raw, string
from .points import Point, device, ro, rw, wo


def _range(minimum: int, maximum: int) -> dict[str, Any]:
    return {"min": minimum, "scale": 0, "unit": "", "max": maximum, "step": 1}


_HSV = {"h": _range(0, 360), "s": _range(0, 1000), "v": _range(0, 1000)}
_HSV_255 = {"h": _range(1, 360), "s": _range(1, 255), "v": _range(1, 255)}
_CONTROL = {
    "change_mode": {"range": ["direct", "gradient"]},
    "bright": _range(0, 1000),
    "temperature": _range(0, 1000),
    **_HSV,
}
_SCENE = {
    "scene_num": {"min": 1, "scale": 0, "max": 8, "step": 1},
    "scene_units": {
        "unit_change_mode": {"range": ["static", "jump", "gradient"]},
        "unit_switch_duration": {"min": 0, "scale": 0, "max": 100, "step": 1},
        "unit_gradient_duration": {"min": 0, "scale": 0, "max": 100, "step": 1},
        "bright": _range(0, 1000),
        "temperature": _range(0, 1000),
        **_HSV,
    },
}
_READING = (
    '{"scene_num":2,"scene_units":[{"unit_change_mode":"static","unit_switch_duration":14,"unit_gradient_duration":14,'
    '"bright":1000,"temperature":1000,"h":0,"s":0,"v":0}]}'
)
# Scene 7 and six colours, each: 70 to the next, 70 to get there, fading (2); hue, saturation, value; no white.
_GORGEOUS = "07" + "".join(f"464602{hue:04x}03e803e800000000" for hue in (0, 120, 240, 61, 174, 275))


def _colour(code: str) -> Entry:
    return entry(code, "Json", _HSV)


def _countdown(code: str, maximum: int = 86400) -> Point:
    return rw(integer(code, 0, maximum, "s"), 0)


def lighting() -> list[SimulatedDevice]:
    """Return lights (dj, dd, tgkg, tgq), wall switches (kg, tdq) and a wireless scene switch (wxkg)."""
    return [
        device(
            "Living room ceiling light",
            "dj",
            rw(boolean("switch_led"), True),
            rw(enum("work_mode", "white", "colour", "scene", "music"), "white"),
            rw(integer("bright_value_v2", 10, 1000), 800),
            rw(integer("temp_value_v2", 0, 1000), 500),
            rw(_colour("colour_data_v2"), '{"h":210,"s":860,"v":1000}'),
            rw(entry("scene_data_v2", "Json", _SCENE), _READING),
            _countdown("countdown_1"),
            wo(entry("control_data", "Json", _CONTROL)),
        ),
        device(
            "Bedroom lamp",
            "dj",
            rw(boolean("switch_led"), False),
            rw(enum("work_mode", "white", "scene"), "white"),
            rw(integer("bright_value_v2", 10, 1000), 350),
            rw(integer("temp_value_v2", 0, 1000), 120),
            _countdown("countdown_1", 43200),
        ),
        device(
            "TV backlight",
            "dj",
            rw(boolean("switch_led"), True),
            rw(enum("work_mode", "colour", "scene", "music"), "colour"),
            rw(_colour("colour_data_v2"), '{"h":275,"s":1000,"v":650}'),
            _countdown("countdown_1"),
        ),
        device(
            # The first generation of the set: 25 to 255, and no "v2".
            "Hallway spots",
            "dj",
            rw(boolean("switch_led"), True),
            rw(integer("bright_value", 25, 255), 180),
        ),
        device(
            # The first generation's colours: 0 to 255, with scenes as work modes.
            "Attic bulb",
            "dj",
            rw(boolean("switch_led"), True),
            rw(enum("work_mode", "white", "colour", "scene", "scene_1", "scene_2", "scene_3", "scene_4"), "scene_2"),
            rw(integer("bright_value", 25, 255), 255),
            rw(integer("temp_value", 0, 255), 127),
            rw(entry("colour_data", "Json", _HSV_255), '{"h":120.0,"s":255.0,"v":255.0}'),
            rw(entry("scene_data", "Json", _HSV_255), '{"h":0.0,"s":0.0,"v":0.0}'),
        ),
        device(
            # Colours and scenes as text in hexadecimal digits: the scene "gorgeous".
            "Kitchen light strip",
            "dd",
            rw(boolean("switch_led"), True),
            rw(enum("work_mode", "white", "colour", "scene", "music"), "scene"),
            rw(integer("bright_value", 10, 1000), 1000),
            rw(integer("temp_value", 0, 1000), 0),
            rw(string("colour_data"), "001e03e803e8"),
            rw(string("scene_data"), _GORGEOUS),
            wo(string("music_data")),
            _countdown("countdown"),
        ),
        device(
            "Hallway dimmer",
            "tgq",
            *(
                point
                for channel, on in ((1, True), (2, False))
                for point in (
                    rw(boolean(f"switch_led_{channel}"), on),
                    rw(integer(f"bright_value_{channel}", 10, 1000), 505),
                    rw(integer(f"brightness_min_{channel}", 10, 1000), 10 * channel),
                    rw(integer(f"brightness_max_{channel}", 10, 1000), 1000),
                    rw(enum(f"led_type_{channel}", "led", "incandescent", "halogen"), "led"),
                    _countdown(f"countdown_{channel}"),
                )
            ),
        ),
        device(
            "Dining room dimmer",
            "tgkg",
            rw(boolean("switch_led_1"), False),
            rw(integer("bright_value_1", 10, 1000), 600),
            rw(integer("brightness_min_1", 10, 1000), 50),
            rw(enum("led_type_1", "led", "incandescent", "halogen"), "led"),
            _countdown("countdown_1"),
        ),
        device(
            "Kitchen switch",
            "kg",
            rw(boolean("switch_1"), True),
            rw(boolean("switch_2"), False),
            rw(boolean("switch_3"), False),
            _countdown("countdown_1", 43200),
            _countdown("countdown_2", 43200),
            _countdown("countdown_3", 43200),
            rw(enum("relay_status", "power_off", "power_on", "last"), "last"),
            rw(enum("light_mode", "none", "relay", "pos"), "pos"),
            rw(boolean("switch_backlight"), True),
            rw(boolean("child_lock"), False),
        ),
        device(
            "Bathroom relay",
            "tdq",
            rw(boolean("switch_1"), False),
            rw(boolean("switch_2"), True),
            _countdown("countdown_1"),
            _countdown("countdown_2"),
            rw(enum("relay_status", "0", "1", "2"), "2"),
            rw(string("random_time"), ""),
            rw(string("cycle_time"), ""),
            rw(string("switch_inching"), "AAAC"),
            rw(enum("switch_type", "flip", "sync", "button"), "button"),
            rw(raw("remote_list"), "AA=="),
        ),
        device(
            "Bedside wireless switch",
            "wxkg",
            *(ro(enum(f"switch_mode{gang}", "click", "double_click", "press"), "click") for gang in range(1, 5)),
            ro(integer("battery_percentage", 0, 100, "%"), 91),
        ),
    ]
