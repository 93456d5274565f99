"""Lights, wall switches and the wireless switch."""

from typing import Any

from ..device import SimulatedDevice
from ..schema import Entry, boolean, entry, enum, integer, raw, string
from .points import Point, device, ro, rw, wo


def _range(minimum: int, maximum: int) -> dict[str, Any]:
    return {"min": minimum, "scale": 0, "unit": "", "max": maximum, "step": 1}


_HSV = {"h": _range(0, 360), "s": _range(0, 1000), "v": _range(0, 1000)}
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


def _colour(code: str) -> Entry:
    return entry(code, "Json", _HSV)


def _countdown(code: str, maximum: int = 86400) -> Point:
    return rw(integer(code, 0, maximum, "s"), 0)


def lighting() -> list[SimulatedDevice]:
    """Return lights (dj, tgkg), wall switches (kg, tdq) and a wireless scene switch (wxkg)."""
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
