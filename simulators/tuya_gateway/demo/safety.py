"""Detectors of water, smoke, gas and vibration, the sirens, the alarm panel and the help button."""

from ..device import SimulatedDevice
from ..schema import boolean, enum, integer, raw
from .points import device, ro, rw


def safety() -> list[SimulatedDevice]:
    """Return sj, ywbj, rqbj, zd, sgbj, mal and sos devices."""
    return [
        device(
            "Washing machine leak",
            "sj",
            ro(enum("watersensor_state", "alarm", "normal"), "normal"),
            ro(integer("battery_percentage", 0, 100, "%"), 95),
        ),
        device(
            "Hallway smoke detector",
            "ywbj",
            ro(enum("smoke_sensor_status", "alarm", "normal"), "normal"),
            ro(integer("smoke_sensor_value", 0, 100), 2),
            ro(enum("battery_state", "low", "middle", "high"), "high"),
            rw(boolean("muffling"), False),
            rw(boolean("self_checking"), False),
            ro(enum("checking_result", "checking", "check_success", "check_failure", "others"), "check_success"),
            ro(boolean("lifecycle"), True),
        ),
        device(
            "Kitchen gas detector",
            "rqbj",
            ro(enum("gas_sensor_status", "alarm", "normal"), "normal"),
            ro(integer("gas_sensor_value", 0, 1000, "%LEL", scale=1), 3),
            ro(boolean("preheat"), False),
            rw(boolean("self_checking"), False),
            ro(enum("checking_result", "checking", "check_success", "check_failure", "others"), "check_success"),
            rw(boolean("muffling"), False),
            rw(integer("alarm_time", 1, 180, "s"), 60),
        ),
        device(
            "Safe vibration",
            "zd",
            ro(enum("shock_state", "normal", "vibration", "drop", "tilt"), "normal"),
            ro(integer("battery_percentage", 0, 100, "%"), 69),
            rw(enum("shock_sensitivity", "low", "middle", "high"), "middle"),
        ),
        device(
            "Siren",
            "sgbj",
            rw(enum("alarm_state", "alarm_sound", "alarm_light", "alarm_sound_light", "normal"), "normal"),
            rw(enum("alarm_volume", "low", "middle", "high", "mute"), "high"),
            rw(integer("alarm_time", 1, 10, "min"), 1),
            ro(boolean("charge_state"), True),
            ro(integer("battery_percentage", 0, 100, "%"), 100),
            ro(boolean("temper_alarm"), False),
        ),
        device(
            "Indoor siren",
            "sgbj",
            rw(boolean("alarm_switch"), False),
            rw(enum("alarm_volume", "low", "middle", "high", "mute"), "middle"),
            rw(integer("alarm_time", 1, 1800, "s"), 30),
            rw(enum("alarm_ringtone", "ringtone_1", "ringtone_2", "ringtone_3"), "ringtone_1"),
            ro(integer("battery_percentage", 0, 100, "%"), 90),
        ),
        device(
            "Alarm panel",
            "mal",
            rw(enum("master_mode", "disarmed", "arm", "home", "sos"), "disarmed"),
            ro(enum("master_state", "normal", "alarm"), "normal"),
            ro(raw("alarm_msg"), ""),
            rw(integer("delay_set", 0, 999, "s"), 15),
            rw(integer("alarm_delay_time", 0, 999, "s"), 20),
            rw(integer("alarm_time", 0, 999, "min"), 3),
            rw(boolean("switch_alarm_sound"), True),
            rw(boolean("switch_alarm_light"), True),
            rw(boolean("switch_mode_sound"), True),
            rw(boolean("muffling"), False),
        ),
        device(
            "Help button",
            "sos",
            ro(boolean("sos_state"), False),
            ro(integer("battery_percentage", 0, 100, "%"), 80),
        ),
    ]
