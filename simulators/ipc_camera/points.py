"""The data points of the simulated camera: Tuya's standard set for cameras (tuya_ipc_webrtc.md, section 9)."""

from typing import Any

from ..tuya_gateway.schema import Entry, boolean, enum, integer, raw, string
from .ptz import DIRECTIONS

WRITABLE: tuple[tuple[Entry, Any], ...] = (
    (boolean("basic_private"), False),
    (boolean("basic_flip"), False),
    (boolean("basic_indicator"), True),
    (boolean("basic_osd"), True),
    (enum("basic_nightvision", "0", "1", "2"), "0"),
    (boolean("motion_switch"), True),
    (enum("motion_sensitivity", "0", "1", "2"), "1"),
    (boolean("record_switch"), True),
    (enum("record_mode", "1", "2"), "1"),
    (boolean("siren_switch"), False),
    (boolean("motion_tracking"), False),
)
COMMANDS: tuple[Entry, ...] = (
    enum("ptz_control", *DIRECTIONS),
    boolean("ptz_stop"),
    enum("zoom_control", "0", "1"),
    boolean("zoom_stop"),
    boolean("ptz_calibration"),
)
REPORTED: tuple[tuple[Entry, Any], ...] = (
    (integer("sd_status", 1, 5), 1),
    (string("sd_storge"), "31154688|8912896|22241792"),
    (raw("movement_detect_pic"), ""),
    (raw("doorbell_pic"), ""),
    (raw("initiative_message"), ""),
    (string("doorbell_active"), ""),
)
OF_A_BATTERY: tuple[tuple[Entry, Any], ...] = (
    (boolean("wireless_awake"), False),
    (integer("wireless_electricity", 0, 100, "%"), 78),
    (enum("wireless_powermode", "0", "1"), "0"),
)


def functions() -> list[Entry]:
    """Return what can be written, as a specification has it."""
    return [dict(entry) for entry, _ in WRITABLE] + [dict(entry) for entry in COMMANDS]


def status(*, battery: bool) -> list[Entry]:
    """Return what is reported, as a specification has it."""
    return [dict(entry) for entry, _ in WRITABLE + REPORTED + (OF_A_BATTERY if battery else ())]


def values(*, battery: bool) -> dict[str, Any]:
    """Return the state to begin with."""
    return {entry["code"]: value for entry, value in WRITABLE + REPORTED + (OF_A_BATTERY if battery else ())}
