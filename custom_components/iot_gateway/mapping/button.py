"""The table of buttons: Booleans that start something and mean nothing while they stand, and the ways of a camera's head.

The values of `ptz_control`: tuya_ipc_webrtc.md, section 9.
"""

from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory

from .camera import CAMERA_CATEGORIES
from .making import merged, rows
from .rows import ButtonRow, Table

_CONFIG = {"entity_category": EntityCategory.CONFIG}
_RARE = {"entity_category": EntityCategory.DIAGNOSTIC, "entity_registry_enabled_default": False}
_MOVES = (
    ButtonRow(
        key="ptz_up",
        code="ptz_control",
        translation_key="move_up",
        moves="up",
        options=("0", "up", "UP", "top"),
    ),
    ButtonRow(
        key="ptz_down",
        code="ptz_control",
        translation_key="move_down",
        moves="down",
        options=("4", "down", "DOWN", "bottom"),
    ),
    ButtonRow(
        key="ptz_left",
        code="ptz_control",
        translation_key="move_left",
        moves="left",
        options=("6", "left", "LEFT"),
    ),
    ButtonRow(
        key="ptz_right",
        code="ptz_control",
        translation_key="move_right",
        moves="right",
        options=("2", "right", "RIGHT"),
    ),
)

BUTTONS: Table[ButtonRow] = merged(
    dict.fromkeys(CAMERA_CATEGORIES, _MOVES),
    {
        "dlq": rows(ButtonRow, {"energy_reset": "reset_energy"}, press="empty", **_CONFIG),
        "hxd": rows(ButtonRow, {"switch_usb6": "snooze"}),
        "msp": (
            *rows(ButtonRow, {"factory_reset": "factory_reset"}, **_RARE),
            *rows(ButtonRow, {"manual_clean": "clean"}, **_CONFIG),
        ),
        "sd": rows(
            ButtonRow,
            {
                "reset_duster_cloth": "reset_mop_cloth",
                "reset_edge_brush": "reset_side_brush",
                "reset_filter": "reset_filter",
                "reset_map": "reset_map",
                "reset_roll_brush": "reset_main_brush",
            },
            **_CONFIG,
        ),
    },
)

COMMON_BUTTONS: tuple[ButtonRow, ...] = (
    *rows(ButtonRow, {"device_restart": None}, device_class=ButtonDeviceClass.RESTART, **_CONFIG),
    *rows(ButtonRow, {"clear_energy": "reset_energy"}, **_RARE),
    *rows(ButtonRow, {"sd_format": "format_storage", "sd_umount": "eject_storage"}, **_RARE),
    *rows(
        ButtonRow,
        {"ptz_stop": "stop_movement", "zoom_stop": "stop_zoom", "ptz_calibration": "calibrate_movement"},
        entity_registry_enabled_default=False,
        **_CONFIG,
    ),
    *_MOVES,
)
