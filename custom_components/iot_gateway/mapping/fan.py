"""The table of fans.

What the codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq
"""

from .composite import FanRow
from .rows import Table

NO_SPEEDS = frozenset({"auto", "smart"})
"""Options of a speed that leave the speed to the fan; they are presets."""

STILL = frozenset({"close", "closed", "off"})
"""Options of a speed with which the fan stands still."""

_FAN = (FanRow(),)

FANS: Table[FanRow] = {
    "cs": _FAN,
    "fs": _FAN,
    "fsd": _FAN,
    "fskg": _FAN,
    # The switch of an air purifier is a switch too, as Home Assistant's own integration has it
    "kj": (FanRow(shared=frozenset({"switch"})),),
    "ks": _FAN,
    "xfj": (FanRow(speed=("fan_speed_percent", "fan_speed", "fan_speed_enum", "windspeed", "supply_fan_speed")),),
}

COMMON_FANS: tuple[FanRow, ...] = (
    # A light or whatever else with a fan that has a switch and a speed of its own
    FanRow(
        switch=("switch_fan", "fan_switch"),
        speed=("fan_speed_percent", "fan_speed", "fan_speed_enum"),
        preset=("fan_mode",),
        oscillation=(),
        requires_all=frozenset({"switch", "speed"}),
    ),
)
