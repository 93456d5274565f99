"""The table of valves.

What the codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq (ggq); water timers
(sfkzq) are of no page.
"""

from homeassistant.components.valve.const import ValveDeviceClass

from .composite import ValveRow
from .making import rows
from .rows import Table

_WATER = (
    ValveRow(
        key="switch",
        position=("percent_state", "valve_open_degree", "percent_control"),
        set_position=("percent_control", "valve_open_degree"),
        device_class=ValveDeviceClass.WATER,
        main=True,
    ),
    *(
        ValveRow(
            key=f"switch_{number}",
            position=(f"percent_state_{number}", f"valve_open_degree_{number}", f"percent_control_{number}"),
            set_position=(f"percent_control_{number}", f"valve_open_degree_{number}"),
            device_class=ValveDeviceClass.WATER,
            gang=number,
            main=True,
        )
        for number in range(1, 9)
    ),
)

VALVES: Table[ValveRow] = dict.fromkeys(("ggq", "sfkzq"), _WATER)

COMMON_VALVES: tuple[ValveRow, ...] = rows(
    ValveRow, {"valve": "valve", "valve_switch": "valve", "switch_valve": "valve"}
)
