"""The table of vacuum cleaners.

What the codes mean: https://developer.tuya.com/en/docs/iot/categorysd?id=Kaiuz16b2s6yd ; newer robots call their main
switch `switch_go` and report what their station does too.
"""

from homeassistant.components.vacuum.const import VacuumActivity

from .composite import VacuumRow
from .rows import Table

_ACTIVITIES = {
    **dict.fromkeys(
        (
            "cleaning",
            "goto_pos",
            "mapping",
            "mop",
            "mop_clean",
            "part_clean",
            "pick_zone_clean",
            "pos_arrived",
            "pos_unarrive",
            "quick_map",
            "random",
            "remote_control",
            "room_clean",
            "select_room",
            "smart",
            "smart_clean",
            "spiral",
            "spot_clean",
            "sweep",
            "sweep_and_mop",
            "wall_clean",
            "wall_follow",
            "zone_clean",
        ),
        VacuumActivity.CLEANING,
    ),
    **dict.fromkeys(
        ("docking", "goto_charge", "goto_wash", "back_wash", "tocharge", "to_charge"), VacuumActivity.RETURNING
    ),
    **dict.fromkeys(
        (
            "air_drying",
            "break_charging",
            "charge_done",
            "chargecompleted",
            "chargego",
            "charging",
            "collecting_dust",
            "drying",
            "dust_collecting",
            "emptying",
            "fullcharge",
            "mop_washing",
            "self_clean",
            "station_cleaning",
            "wash_mop",
            "washing",
        ),
        VacuumActivity.DOCKED,
    ),
    **dict.fromkeys(("pause", "paused"), VacuumActivity.PAUSED),
    **dict.fromkeys(("dormant", "idle", "power_off", "sleep", "standby", "updating"), VacuumActivity.IDLE),
    **dict.fromkeys(("error", "fault", "in_trouble", "trapped"), VacuumActivity.ERROR),
}

VACUUMS: Table[VacuumRow] = {
    "sd": (
        VacuumRow(
            main=True,
            translation_key="vacuum",
            # The power of the whole machine where that is all it has; else a switch of its own
            start=("power_go", "switch_go", "power"),
            pause=("pause",),
            charge=("switch_charge",),
            locate=("seek",),
            mode=("mode",),
            fan_speed=("suction",),
            status=("status",),
            fault=("fault",),
            activities=_ACTIVITIES,
            start_modes=("smart", "auto"),
            stop_modes=("standby",),
            home_modes=("chargego", "goto_charge"),
            spot_modes=("spot", "spiral"),
        ),
    ),
}

COMMON_VACUUMS: tuple[VacuumRow, ...] = ()
