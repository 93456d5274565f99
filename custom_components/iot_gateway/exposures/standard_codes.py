"""The codes that Tuya's standard instruction sets have for what a facet is; see the tables of `mapping` for the other way."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from .facet import OFF, ON, Facet

_BY_KEY: Final[Mapping[str, tuple[str, ...]]] = {
    "on": (
        "switch_led",
        "switch",
        "switch_1",
        "switch_2",
        "switch_3",
        "switch_4",
        "switch_5",
        "switch_6",
        "switch_7",
        "switch_8",
        "fan_switch",
        "power",
        "switch_on",
        "Power",
        "power_switch",
        "light",
        "start",
        "alarm_switch",
        "on_off",
        "onoff",
    ),
    "brightness": ("bright_value_v2", "bright_value", "bright_value_1", "brightness", "bright", "brightness_control"),
    "color_temperature": (
        "temp_value_v2",
        "temp_value",
        "temp_value_1",
        "color_temp",
        "colour_temp",
        "temp_controller",
    ),
    "color": ("colour_data_v2", "colour_data", "colour_data_hsv", "color_data", "colour", "color"),
    "color_mode": ("work_mode", "light_mode"),
    "effect": ("scene_select", "scene", "effect", "scene_mode"),
    "control": (
        "control",
        "control_2",
        "mach_operate",
        "power_go_control",
        "MachineControlCmd",
        "play_control",
        "direction_control",
    ),
    "open": ("switch_1", "switch", "door_control_1", "open_close", "valve_state", "garage_switch"),
    "position": (
        "percent_control",
        "percent_control_2",
        "position",
        "percent_state",
        "valve_open_degree",
        "position_control",
    ),
    "tilt": ("angle_horizontal", "angle_vertical", "tilt_position", "tilt"),
    "state": (
        "work_state",
        "work_status",
        "status",
        "state",
        "situation_set",
        "MachineStatus",
        "device_state",
        "alarm_state",
    ),
    "mode": ("mode", "master_mode", "work_mode", "fan_mode", "hvac_mode", "suction_mode"),
    "target_temperature": (
        "temp_set",
        "set_temp",
        "temp_set_f",
        "upper_temp",
        "target_temp",
        "temperature_set",
        "temp_setting",
    ),
    "target_temperature_low": ("lower_temp", "temp_set_low", "heat_temp_set", "min_temp_set"),
    "target_temperature_high": ("upper_temp", "temp_set_high", "cool_temp_set", "max_temp_set"),
    "current_temperature": (
        "temp_current",
        "va_temperature",
        "temp_indoor",
        "temp_current_f",
        "current_temp",
        "cur_temp",
    ),
    "fan_mode": ("fan_speed_enum", "windspeed", "fan_speed", "fan_mode", "level", "wind_speed"),
    "preset": ("mode", "preset", "preset_mode", "scene", "fan_mode", "mode_eco"),
    "swing": ("swing", "fan_vertical", "switch_vertical", "windshake", "up_down_sweep"),
    "swing_horizontal": ("fan_horizontal", "switch_horizontal", "left_right_sweep"),
    "target_humidity": (
        "dehumidify_set_value",
        "humidity_set",
        "dehumidify_set_enum",
        "set_humidity",
        "target_humidity",
    ),
    "current_humidity": ("humidity_current", "humidity_indoor", "va_humidity", "humidity_value", "humidity"),
    "action": ("work_state", "work_status", "valve_state", "status", "hvac_action"),
    "percentage": ("fan_speed_percent", "fan_speed", "wind_speed", "windspeed", "fan_speed_enum", "speed"),
    "oscillating": ("switch_horizontal", "fan_horizontal", "switch_vertical", "swing", "oscillate", "shake"),
    "direction": ("fan_direction", "direction"),
    "locked": ("lock_motor_state", "lock", "locked", "lock_state", "door_lock", "automatic_lock", "closed_opened"),
    "unlatch": ("open_door", "unlock", "remote_unlock", "door_open"),
    "triggered": ("alarm_active", "master_state", "alarm_state", "alarm", "sos_state"),
    "option": ("mode", "work_mode", "select"),
    "volume": ("volume", "volume_set", "vol", "sound_volume", "alarm_volume"),
    "muted": ("mute", "muffling", "switch_mute", "voice_mute"),
    "source": ("source", "input", "audio_source", "play_source"),
    "sound_mode": ("sound_mode", "eq", "sound_effect", "equalizer"),
    "fan_speed": ("suction", "fan_speed", "fan_speed_enum", "suction_level"),
    "locate": ("seek", "locate", "find_robot", "find_device"),
    "cleaning": ("power_go", "power", "switch_go", "clean_switch"),
    "mowing": ("power_go", "mow_switch", "switch"),
    "away": ("away_mode", "holiday_mode", "vacation", "away", "holiday"),
    "home": ("presence_state", "at_home", "home", "presence", "home_state"),
    "zone": ("location", "place", "zone", "position"),
    "update_available": ("update_available", "upgrade", "update"),
    "installed_version": ("version", "firmware_version", "software_version"),
    "latest_version": ("latest_version", "new_version"),
    "press": ("press", "button", "trigger", "start", "push", "scene", "switch_1", "key"),
    "running": ("running", "work_state", "status"),
    "text": ("text", "message", "content", "display_text"),
    "temperature": ("temp_outdoor", "temp_current_external", "va_temperature", "temp_current", "temperature"),
    "humidity": ("humidity_outdoor", "humidity_current_external", "va_humidity", "humidity_value", "humidity"),
    "pressure": ("atmospheric_pressture", "atmospheric_pressure", "air_pressure", "pressure_value"),
    "wind_speed": ("windspeed_avg", "wind_speed", "windspeed"),
    "condition": ("weather", "condition", "weather_condition"),
}
_BY_CLASS: Final[Mapping[str, tuple[str, ...]]] = {
    # Measured
    "apparent_power": ("apparent_power", "power_apparent"),
    "aqi": ("air_quality_index", "aqi", "aqi_value"),
    "atmospheric_pressure": ("atmospheric_pressture", "atmospheric_pressure", "air_pressure"),
    "battery": (
        "battery_percentage",
        "va_battery",
        "battery_value",
        "residual_electricity",
        "battery",
        "battery_state",
    ),
    "carbon_dioxide": ("co2_value", "co2_state", "co2"),
    "carbon_monoxide": ("co_value", "co_status", "co_state", "co"),
    "conductivity": ("ec_current", "conductivity", "ec_value"),
    "current": ("cur_current", "current", "electric_current", "phase_a_current"),
    "distance": ("distance", "dis_current", "target_dis_closest", "liquid_depth"),
    "duration": ("countdown_left", "work_time", "duration", "usage_times", "countdown_1", "countdown"),
    "energy": (
        "add_ele",
        "total_forward_energy",
        "forward_energy_total",
        "energy",
        "electricity_total",
        "energy_total",
    ),
    "frequency": ("frequency", "power_frequency", "supply_frequency"),
    "gas": ("gas_sensor_value", "total_gas", "gas_sensor_status", "gas_sensor_state"),
    "humidity": ("va_humidity", "humidity_value", "humidity_current", "humidity", "humidity_indoor"),
    "illuminance": (
        "illuminance_value",
        "bright_value",
        "illuminance",
        "lux_value",
        "bright_sensitivity",
        "illumination",
    ),
    "moisture": ("humidity", "soil_humidity", "watersensor_state", "soil_moisture", "water_leak"),
    "ph": ("ph_current", "ph_value", "ph"),
    "pm1": ("pm1", "pm1_value"),
    "pm10": ("pm10", "pm10_value"),
    "pm25": ("pm25_value", "pm25", "pm25_state"),
    "power": ("cur_power", "power", "active_power", "total_power", "power_total"),
    "power_factor": ("power_factor", "total_power_factor"),
    "precipitation": ("rain_1h", "rain_24h", "rainfall", "precipitation"),
    "pressure": ("pressure_value", "atmospheric_pressture", "pressure", "air_pressure"),
    "signal_strength": ("signal_strength", "rssi", "wireless_state"),
    "speed": ("speed", "windspeed_avg"),
    "temperature": (
        "va_temperature",
        "temp_current",
        "temp_value",
        "temperature",
        "temp_indoor",
        "cur_temp",
        "current_temp",
    ),
    "timestamp": ("time", "timestamp", "last_time", "date", "update_time"),
    "volatile_organic_compounds": ("voc_value", "tvoc_value", "voc_state", "tvoc"),
    "volatile_organic_compounds_parts": ("voc_value", "tvoc_value", "voc_state", "tvoc"),
    "voltage": ("cur_voltage", "voltage_current", "voltage", "battery_voltage", "supply_voltage"),
    "volume": ("water_total", "volume", "capacity"),
    "volume_flow_rate": ("flow_velocity", "flow_rate", "water_flow"),
    "water": ("water_use_data", "water_total", "water_once", "water_consumption"),
    "weight": ("weight", "last_weight"),
    "wind_direction": ("wind_direct", "wind_direction"),
    "wind_speed": ("windspeed_avg", "wind_speed", "windspeed_gust"),
    # Detected
    "door": ("doorcontact_state", "door_state", "door_open", "open_close_state"),
    "garage_door": ("doorcontact_state", "door_state"),
    "opening": ("doorcontact_state", "open_close_state"),
    "window": ("doorcontact_state", "window_state", "open_close_state"),
    "motion": ("pir", "pir_state", "movement_detect", "motion", "presence_state"),
    "occupancy": ("presence_state", "pir", "pir_state", "occupancy", "human_state"),
    "presence": ("presence_state", "human_state", "pir"),
    "smoke": ("smoke_sensor_status", "smoke_sensor_state", "smoke"),
    "tamper": ("temper_alarm", "tamper", "tamper_alarm"),
    "vibration": ("shock_state", "vibration_state", "vibration"),
    "problem": ("fault", "alarm", "error"),
    "safety": ("alarm_state", "alarm", "safety"),
    "sound": ("sound_state", "decibel_switch", "sound"),
    "plug": ("plug_state", "charger_on"),
    "battery_charging": ("charge_state", "battery_charging"),
    "running": ("work_state", "running"),
    "connectivity": ("online_state", "connectivity"),
    # Switched
    "outlet": ("switch_1", "switch"),
}

INVERTED: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    # It says that the motor has unlocked
    ("locked", "lock_motor_state"): {ON: "false", OFF: "true"},
    ("locked", "open_door"): {ON: "false", OFF: "true"},
    ("locked", "unlock"): {ON: "false", OFF: "true"},
    ("locked", "closed_opened"): {ON: "false", OFF: "true"},
}
"""The properties whose true is a facet's off."""


SWITCHES: Final = frozenset(_BY_KEY["on"])
"""Codes of what turns something on and off. As booleans they are nothing that is only seen."""

SAYS_OPENING: Final = ("door", "garage", "gate", "valve", "water", "curtain", "blind", "shutter", "shade", "awning")
"""Words of products in which such a switch is what opens something. "Gateway" is none of them."""


def standard_codes(facet: Facet) -> Mapping[str, int]:
    """Return the usual codes of a facet, by how likely they are: 0 is the likeliest."""
    return _ranked(facet.key, facet.device_class if facet.key in {"value", "active", "on"} else None)


@cache
def _ranked(key: str, device_class: str | None) -> Mapping[str, int]:
    codes = (*_BY_CLASS.get(device_class or "", ()), *_BY_KEY.get(key, ()))
    return {code: rank for rank, code in enumerate(dict.fromkeys(codes))}
