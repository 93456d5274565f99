"""Covers, the garage door, the lock and the door contacts."""

from ..device import SimulatedDevice
from ..schema import bitmap, boolean, enum, integer, raw
from .points import device, ro, rw, wo


def openings() -> list[SimulatedDevice]:
    """Return covers (cl, clkg, mc), a garage opener (ckmkzq), a lock (ms) and door contacts (mcs)."""
    return [
        device(
            "Living room curtain",
            "cl",
            rw(enum("control", "open", "stop", "close", "continue"), "stop"),
            # The motor counts how far it is closed, unless control_back_mode is "back".
            rw(integer("percent_control", 0, 100, "%"), 0),
            ro(integer("percent_state", 0, 100, "%"), 0),
            rw(enum("control_back_mode", "forward", "back"), "forward"),
            ro(enum("work_state", "opening", "closing"), "opening"),
            ro(enum("situation_set", "fully_open", "fully_close"), "fully_open"),
            ro(integer("time_total", 0, 120000, "ms"), 20000),
            ro(bitmap("fault", "motor_fault"), 0),
        ),
        device(
            # Without percent_state: what was asked for last is all it tells.
            "Bedroom blind",
            "clkg",
            rw(enum("control", "open", "stop", "close"), "stop"),
            rw(integer("percent_control", 0, 100, "%"), 40),
            rw(enum("cur_calibration", "start", "end"), "end"),
            rw(boolean("switch_backlight"), False),
            rw(enum("control_back_mode", "forward", "back"), "forward"),
            rw(integer("tr_timecon", 5, 180, "s"), 18),
        ),
        device(
            "Study blind",
            "cl",
            rw(enum("control", "open", "stop", "close"), "stop"),
            rw(integer("percent_control", 0, 100, "%"), 30),
            ro(integer("percent_state", 0, 100, "%"), 30),
            rw(integer("angle_horizontal", 0, 180, "°"), 45),
            rw(enum("control_back_mode", "forward", "back"), "forward"),
            ro(enum("work_state", "opening", "closing"), "closing"),
        ),
        device(
            # A curtain switch for two motors
            "Dining room curtains",
            "clkg",
            rw(enum("control", "open", "stop", "close"), "stop"),
            rw(integer("percent_control", 0, 100, "%"), 0),
            rw(enum("cur_calibration", "start", "end"), "end"),
            rw(enum("control_back_mode", "forward", "back"), "forward"),
            rw(enum("control_2", "open", "stop", "close"), "stop"),
            rw(integer("percent_control_2", 0, 100, "%"), 100),
            rw(enum("cur_calibration_2", "start", "end"), "end"),
            rw(enum("control_back_mode_2", "forward", "back"), "forward"),
            rw(boolean("switch_backlight"), True),
        ),
        device(
            "Roof window",
            "mc",
            rw(enum("control", "open", "stop", "close"), "stop"),
            rw(integer("percent_control", 0, 100, "%"), 20),
            ro(integer("percent_state", 0, 100, "%"), 20),
            ro(enum("status", "opened", "closed"), "opened"),
            ro(integer("residual_electricity", 0, 100, "%"), 64),
        ),
        device(
            "Garage door",
            "ckmkzq",
            rw(boolean("switch_1"), False),
            rw(integer("countdown_1", 0, 86400, "s"), 0),
            ro(boolean("doorcontact_state"), False),
            rw(integer("tr_timecon", 10, 120, "s"), 15),
            rw(integer("countdown_alarm", 0, 86400, "s"), 600),
            ro(enum("door_state_1", "unclosed_time", "close_time_alarm", "none"), "none"),
        ),
        device(
            "Front door lock",
            "ms",
            ro(integer("unlock_fingerprint", 0, 999), 2),
            ro(integer("unlock_password", 0, 999), 1),
            ro(integer("unlock_card", 0, 999), 0),
            ro(integer("unlock_app", 0, 999), 0),
            ro(
                enum("alarm_lock", "wrong_finger", "wrong_password", "wrong_card", "tongue_bad", "pry", "low_battery"),
                "wrong_finger",
            ),
            ro(integer("residual_electricity", 0, 100, "%"), 78),
            ro(boolean("doorbell"), False),
            ro(boolean("hijack"), False),
            ro(boolean("reverse_lock"), False),
            ro(boolean("lock_motor_state"), False),
            ro(enum("closed_opened", "unknown", "open", "closed"), "closed"),
            rw(boolean("automatic_lock"), True),
            rw(integer("auto_lock_time", 1, 1800, "s"), 5),
            rw(boolean("child_lock"), False),
            rw(boolean("manual_lock"), True),
            wo(raw("remote_no_dp_key", 128)),
            ro(integer("unlock_request", 0, 90, "s"), 0),
            rw(boolean("reply_unlock_request"), False),
        ),
        device(
            "Front door contact",
            "mcs",
            ro(boolean("doorcontact_state"), False),
            ro(integer("battery_percentage", 0, 100, "%"), 88),
            ro(boolean("temper_alarm"), False),
        ),
        device(
            "Kitchen window contact",
            "mcs",
            ro(boolean("doorcontact_state"), True),
            ro(enum("battery_state", "low", "middle", "high"), "middle"),
        ),
    ]
