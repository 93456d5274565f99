"""The doorbell with a camera: what of it are data points."""

from ..device import SimulatedDevice
from ..schema import boolean, enum, integer, raw, string
from .points import device, ro, rw, wo


def cameras() -> list[SimulatedDevice]:
    """Return a battery doorbell (sp)."""
    return [
        device(
            "Front door camera",
            "sp",
            rw(boolean("basic_flip"), False),
            rw(boolean("basic_osd"), True),
            rw(boolean("basic_private"), False),
            rw(boolean("basic_indicator"), True),
            rw(enum("basic_nightvision", "0", "1", "2"), "0"),
            rw(enum("basic_anti_flicker", "0", "1", "2"), "1"),
            rw(integer("basic_device_volume", 1, 10), 6),
            rw(boolean("motion_switch"), True),
            rw(enum("motion_sensitivity", "0", "1", "2"), "1"),
            rw(enum("motion_interval", "1", "3", "5"), "1"),
            rw(boolean("humanoid_filter"), True),
            rw(enum("pir_switch", "0", "1", "2", "3"), "2"),
            rw(boolean("record_switch"), True),
            rw(enum("record_mode", "1", "2"), "1"),
            ro(string("sd_storge"), "31154688|8912896|22241792"),
            ro(integer("sd_status", 1, 5), 1),
            wo(boolean("sd_format")),
            rw(enum("ptz_control", "0", "1", "2", "3", "4", "5", "6", "7"), "0"),
            rw(boolean("ptz_stop"), True),
            rw(boolean("siren_switch"), False),
            rw(boolean("floodlight_switch"), False),
            rw(integer("floodlight_lightness", 1, 100), 80),
            rw(enum("ipc_work_mode", "0", "1"), "0"),
            ro(integer("wireless_electricity", 0, 100, "%"), 78),
            ro(enum("wireless_powermode", "0", "1"), "0"),
            rw(integer("wireless_lowpower", 10, 50, "%"), 20),
            ro(string("doorbell_active"), ""),
            ro(raw("movement_detect_pic"), ""),
            ro(raw("doorbell_pic"), ""),
            wo(boolean("device_restart")),
        )
    ]
