"""Sockets, the power strip, the meter and the breaker."""

from ..device import SimulatedDevice
from ..schema import bitmap, boolean, entry, enum, integer, raw, string
from .points import Point, device, ro, rw, wo

_FAULTS = ("ov_cr", "ov_vol", "ov_pwr", "ls_cr", "ls_vol", "ls_pow")


def _metering(power: int, current: int, voltage: int) -> tuple[Point, ...]:
    """Return a socket's meter: power in 0.1 W, current in mA, voltage in 0.1 V.

    add_ele is what was used since the last report of it, in 0.001 kWh.
    """
    return (
        ro(integer("add_ele", 0, 50000, "kW·h", scale=3, step=100), 10),
        ro(integer("cur_current", 0, 30000, "mA"), current),
        ro(integer("cur_power", 0, 80000, "W", scale=1), power),
        ro(integer("cur_voltage", 0, 5000, "V", scale=1), voltage),
        ro(bitmap("fault", *_FAULTS), 0),
    )


def energy() -> list[SimulatedDevice]:
    """Return sockets (cz), a power strip (pc), meters (zndb, znsb), a breaker (dlq), a wallbox (qccdz), a battery (xnyjcn)."""
    return [
        device(
            "Washing machine plug",
            "cz",
            rw(boolean("switch_1"), True),
            rw(integer("countdown_1", 0, 86400, "s"), 0),
            rw(enum("relay_status", "power_off", "power_on", "last"), "last"),
            rw(enum("light_mode", "relay", "pos", "none"), "relay"),
            rw(boolean("child_lock"), False),
            rw(boolean("overcharge_switch"), False),
            *_metering(4870, 2130, 2296),
        ),
        device(
            "TV socket",
            "cz",
            rw(boolean("switch_1"), True),
            rw(integer("countdown_1", 0, 86400, "s"), 0),
            rw(enum("relay_status", "power_off", "power_on", "last"), "last"),
            *_metering(832, 371, 2301),
        ),
        device(
            "Desk power strip",
            "pc",
            *(rw(boolean(f"switch_{outlet}"), outlet != 3) for outlet in range(1, 5)),
            rw(boolean("switch_usb1"), True),
            *(rw(integer(f"countdown_{outlet}", 0, 86400, "s"), 0) for outlet in range(1, 5)),
            rw(boolean("child_lock"), False),
        ),
        device(
            "Main meter",
            "zndb",
            ro(integer("forward_energy_total", 0, 99999999, "kW·h", scale=2), 482319),
            ro(integer("reverse_energy_total", 0, 99999999, "kW·h", scale=2), 12044),
            # 230.4 V, 5.42 A, 1241 W: 2 bytes of 0.1 V, 3 of mA, 3 of W.
            ro(raw("phase_a", 128), "CQAAFSwABNk="),
            ro(raw("phase_b", 128), "CPwABCgAAO4="),
            ro(raw("phase_c", 128), "CQQAAdAAAGo="),
            ro(bitmap("fault", *_FAULTS, "unbalance_alarm", "miss_phase_alarm"), 0),
            ro(integer("supply_frequency", 0, 9999, "Hz", scale=2), 5001),
            rw(boolean("switch"), True),
            rw(boolean("switch_prepayment"), False),
            wo(boolean("clear_energy")),
            ro(integer("balance_energy", 0, 99999999, "kW·h", scale=2), 0),
            ro(integer("leakage_current", 0, 500, "mA"), 4),
            ro(string("meter_id", 32), "SIM-3P-0042"),
            rw(entry("frozen_time_set", "Json", {}), '{"day":1,"hour":0}'),
        ),
        device(
            "Heat pump breaker",
            "dlq",
            rw(boolean("switch"), True),
            rw(integer("countdown_1", 0, 86400, "s"), 0),
            rw(enum("relay_status", "power_off", "power_on", "last"), "last"),
            rw(raw("alarm_set_1", 128), "BAEAZA=="),
            rw(raw("alarm_set_2", 128), "AQEAPAMBAP0EAQC0"),
            ro(integer("add_ele", 0, 50000, "kW·h", scale=3, step=100), 100),
            ro(integer("cur_current", 0, 100000, "mA"), 5380),
            ro(integer("cur_power", 0, 999999, "W", scale=1), 12340),
            ro(integer("cur_voltage", 0, 5000, "V", scale=1), 2294),
            ro(integer("leakage_current", 0, 500, "mA"), 7),
            ro(integer("temp_value", 0, 999, "℃"), 34),
            ro(bitmap("fault", *_FAULTS, "short_circuit_alarm", "overload_alarm", "leakagecurr_alarm", "high_temp"), 0),
        ),
        device(
            "Wallbox",
            "qccdz",
            rw(boolean("switch"), True),
            rw(integer("charge_cur_set", 6, 32, "A"), 16),
            ro(
                enum(
                    "work_state",
                    "charger_free",
                    "charger_insert",
                    "charger_wait",
                    "charger_charging",
                    "charger_pause",
                    "charger_end",
                    "charger_fault",
                ),
                "charger_charging",
            ),
            ro(integer("forward_energy_total", 0, 99999999, "kW·h", scale=2), 91877),
            ro(integer("charge_energy_once", 0, 999999, "kW·h", scale=2), 1204),
            ro(integer("power_total", 0, 99999, "kW", scale=3), 10950),
            # Version 1: 231.0 V, 15.84 A, 3650 W, 210 var, 3659 VA, 0.99
            ro(raw("phase_a", 128), "AQ8JBgA94AAOQgAA0gAOS2M="),
            ro(raw("phase_b", 128), "AQ8I/gA96AAORAAA0QAOTWM="),
            ro(raw("phase_c", 128), "AQ8JAAA95AAOQwAA0wAOTGM="),
            ro(integer("temp_current", -40, 200, "℃"), 38),
            ro(bitmap("fault", "ov_cr", "leakagecurr_alarm", "high_temp"), 0),
        ),
        device(
            "House battery",
            "xnyjcn",
            ro(integer("current_soc", 0, 100, "%"), 64),
            ro(integer("battery_power", -10000, 10000, "W"), -820),
            ro(integer("pv_power_total", 0, 10000, "W"), 2140),
            ro(integer("pv_power_channel_1", 0, 10000, "W"), 1120),
            ro(integer("pv_power_channel_2", 0, 10000, "W"), 1020),
            ro(integer("inverter_output_power", 0, 10000, "W"), 1290),
            ro(integer("cumulative_energy_generated_pv", 0, 99999999, "kWh", scale=2), 204410),
            ro(integer("cumulative_energy_charged", 0, 99999999, "kWh", scale=2), 88012),
            ro(integer("cumulative_energy_discharged", 0, 99999999, "kWh", scale=2), 80960),
            rw(integer("backup_reserve", 0, 100, "%"), 10),
        ),
        device(
            "Water meter",
            "znsb",
            ro(integer("water_use_data", 0, 999999999, "L"), 184210),
            ro(integer("flow_velocity", 0, 99999, "L/min", scale=1), 64),
            ro(integer("temp_current", 0, 1000, "℃", scale=1), 124),
            ro(integer("battery_percentage", 0, 100, "%"), 91),
            ro(bitmap("fault", "low_battery", "leakage", "sensor_fault"), 0),
        ),
    ]
