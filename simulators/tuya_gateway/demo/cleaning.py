"""The robot vacuum."""

from ..device import SimulatedDevice
from ..schema import bitmap, boolean, enum, integer, raw
from .points import device, ro, rw, wo


def cleaning() -> list[SimulatedDevice]:
    """Return a robot vacuum (sd) that also mops."""
    return [
        device(
            "Robot vacuum",
            "sd",
            rw(boolean("power_go"), False),
            rw(boolean("pause"), False),
            rw(boolean("switch_charge"), False),
            rw(enum("mode", "smart", "wall_follow", "spiral", "zone", "chargego"), "smart"),
            ro(
                enum(
                    "status",
                    "standby",
                    "smart_clean",
                    "spot_clean",
                    "paused",
                    "goto_charge",
                    "charging",
                    "charge_done",
                    "sleep",
                ),
                "charge_done",
            ),
            rw(enum("suction", "gentle", "normal", "strong"), "normal"),
            rw(enum("cistern", "closed", "low", "middle", "high"), "low"),
            rw(boolean("seek"), False),
            rw(enum("direction_control", "forward", "backward", "turn_left", "turn_right", "stop"), "stop"),
            ro(integer("electricity_left", 0, 100, "%"), 100),
            ro(integer("clean_time", 0, 9999, "min"), 0),
            ro(integer("clean_area", 0, 9999, "㎡"), 0),
            ro(integer("edge_brush", 0, 9000, "min"), 7420),
            ro(integer("roll_brush", 0, 18000, "min"), 15210),
            ro(integer("filter", 0, 9000, "min"), 6130),
            wo(boolean("reset_edge_brush")),
            wo(boolean("reset_roll_brush")),
            wo(boolean("reset_filter")),
            rw(boolean("switch_disturb"), False),
            rw(integer("volume_set", 0, 100, "%"), 60),
            ro(integer("total_clean_area", 0, 99999, "㎡"), 3120),
            ro(integer("total_clean_count", 0, 99999), 88),
            ro(integer("total_clean_time", 0, 99999, "min"), 4310),
            ro(bitmap("fault", "wheel_trap", "dustbin_out", "trapped", "pick_up", "low_power"), 0),
            rw(raw("command_trans"), "qgABFRU="),
        )
    ]
