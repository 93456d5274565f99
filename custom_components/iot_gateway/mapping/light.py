"""The table of lights.

What the codes mean: https://developer.tuya.com/en/docs/iot/lighting?id=Kaiuyzxq30wmc
"""

from homeassistant.const import EntityCategory

from .camera import CAMERA_CATEGORIES
from .composite import LightRow
from .making import gangs, merged, rows
from .rows import Table

_CONFIG = {"entity_category": EntityCategory.CONFIG}
_WHITE = {
    "brightness": ("bright_value_v2", "bright_value"),
    "color_temp": ("temp_value_v2", "temp_value"),
}
_FULL = _WHITE | {
    "work_mode": ("work_mode",),
    "color": ("colour_data_v2", "colour_data", "colour_data_hsv"),
    "scene": ("scene_data_v2", "scene_data"),
}
_LIMITS = {"brightness_min": ("brightness_min_1",), "brightness_max": ("brightness_max_1",)}
_GANGS = range(1, 9)

_LAMP = rows(LightRow, {"switch_led": "lamp"}, main=True, **_FULL)
_PART = rows(LightRow, {"switch_led": "light"}, **_FULL)
_DIMMERS = tuple(
    row
    for number in _GANGS
    for row in gangs(
        LightRow,
        {"switch_led_{}": None},
        (number,),
        main=True,
        brightness=(f"bright_value_{number}",),
        brightness_min=(f"brightness_min_{number}",),
        brightness_max=(f"brightness_max_{number}",),
        color_temp=(f"temp_value_{number}",),
    )
)
_BACKLIGHT = rows(LightRow, {"switch_backlight": "backlight", "backlight_switch": "backlight"}, **_CONFIG)
_LIGHT_AS_BACKLIGHT = rows(LightRow, {"light": "backlight"}, **_CONFIG)
_FLOODLIGHT = rows(LightRow, {"floodlight_switch": "floodlight"}, brightness=("floodlight_lightness",))
_CAMERA = (
    *_FLOODLIGHT,
    *rows(LightRow, {"basic_indicator": "indicator_light"}, **_CONFIG),
)

LIGHTS: Table[LightRow] = merged(
    dict.fromkeys(
        ("dc", "dj", "dsd", "fsd", "fwd", "gyd", "hcdd", "mbd", "qjdcz", "sxd", "tyd", "tyndj", "xdd"),
        _LAMP,
    ),
    dict.fromkeys(CAMERA_CATEGORIES, _CAMERA),
    dict.fromkeys(("kj", "ks", "kt", "qn"), _LIGHT_AS_BACKLIGHT),
    dict.fromkeys(("cwwsq", "msp"), rows(LightRow, {"light": "light"}, **_CONFIG)),
    {
        # A sound machine: its light is one part of it, and counts to 1000
        "bzyd": rows(LightRow, {"switch_led": "light"}, counts_to_1000=True, **_FULL),
        "dd": rows(LightRow, {"switch_led": "lamp"}, main=True, counts_to_1000=True, **_FULL),
        # Dimmers of several channels that go as lamps
        "dj": tuple(
            row
            for number in _GANGS
            for row in gangs(
                LightRow, {"switch_{}": None}, (number,), main=True, brightness=(f"bright_value_{number}",)
            )
        ),
        "fs": (
            *rows(LightRow, {"light": "light"}, **_FULL),
            *rows(LightRow, {"switch_led": "light"}, **_FULL | {"brightness": ("bright_value_1", "bright_value")}),
        ),
        "fsd": rows(LightRow, {"light": "lamp"}, main=True, **_FULL),
        "hxd": rows(LightRow, {"switch_led": "light"}, **_FULL | _LIMITS),
        "sz": rows(LightRow, {"light": "light"}, **_FULL),
        "tdq": rows(LightRow, {"switch_led": "light"}, **_FULL | _LIMITS),
        "tgkg": (*rows(LightRow, {"switch_led": "lamp"}, main=True, **_FULL | _LIMITS), *_DIMMERS),
        "tgq": (*rows(LightRow, {"switch_led": "lamp"}, main=True, **_FULL | _LIMITS), *_DIMMERS),
        "xdd": rows(LightRow, {"switch_night_light": "night_light"}),
        "ykq": rows(
            LightRow,
            {"switch_controller": None},
            main=True,
            work_mode=("work_mode", "mode_controller"),
            brightness=("bright_controller",),
            color_temp=("temp_controller",),
        ),
    },
)

COMMON_LIGHTS: tuple[LightRow, ...] = (
    *_PART,
    # A `light` that nothing dims is a switch
    *rows(LightRow, {"light": "light"}, requires=frozenset({"brightness", "color_temp", "color"}), **_FULL),
    *_DIMMERS,
    *_BACKLIGHT,
    *_FLOODLIGHT,
    *rows(LightRow, {"switch_night_light": "night_light"}),
    *rows(LightRow, {"led_switch": "light", "light_switch": "light"}, **_FULL),
)
