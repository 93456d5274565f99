"""The table of numbers.

Limits and step come from the device. What the codes mean:
https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq
"""

from homeassistant.components.number import NumberDeviceClass
from homeassistant.const import (
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfLength,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfTime,
)

from .camera import CAMERA_CATEGORIES
from .making import gangs, merged, numbered, rows
from .rows import NumberRow, Table

_CONFIG = {"entity_category": EntityCategory.CONFIG}
_TEMPERATURE = {
    "device_class": NumberDeviceClass.TEMPERATURE,
    "native_unit_of_measurement": UnitOfTemperature.CELSIUS,
}
_FAHRENHEIT = _TEMPERATURE | {"native_unit_of_measurement": UnitOfTemperature.FAHRENHEIT}
_SECONDS = _CONFIG | {
    "device_class": NumberDeviceClass.DURATION,
    "native_unit_of_measurement": UnitOfTime.SECONDS,
}
_MINUTES = _SECONDS | {"native_unit_of_measurement": UnitOfTime.MINUTES}
_METERS = _CONFIG | {
    "device_class": NumberDeviceClass.DISTANCE,
    "native_unit_of_measurement": UnitOfLength.METERS,
}
_CENTIMETERS = _METERS | {"native_unit_of_measurement": UnitOfLength.CENTIMETERS}
_WATTS = _CONFIG | {
    "device_class": NumberDeviceClass.POWER,
    "native_unit_of_measurement": UnitOfPower.WATT,
}
_PERCENT = _CONFIG | {"native_unit_of_measurement": UnitOfRatio.PERCENTAGE}

_CAMERA = (
    *rows(
        NumberRow,
        {
            "basic_device_volume": "volume",
            "chime_ring_volume": "chime_volume",
            "floodlight_lightness": "floodlight_brightness",
            "ipc_bright": "video_brightness",
            "ipc_contrast": "video_contrast",
            "ipc_sharp": "video_sharpness",
            "ipc_siren_volume": "siren_volume",
        },
        **_CONFIG,
    ),
    *rows(NumberRow, {"wireless_lowpower": "low_battery_level"}, **_PERCENT),
    *rows(
        NumberRow, {"flight_warn_time": "warning_light_duration", "ipc_siren_duration": "siren_duration"}, **_SECONDS
    ),
)
_KETTLE = (
    *rows(
        NumberRow, {"temp_set": "target_temperature", "temp_boiling_c": "boiled_temperature"}, **_TEMPERATURE, **_CONFIG
    ),
    *rows(
        NumberRow,
        {"temp_set_f": "target_temperature_fahrenheit", "temp_boiling_f": "boiled_temperature_fahrenheit"},
        **_FAHRENHEIT,
        **_CONFIG,
    ),
    *rows(NumberRow, {"warm_time": "keep_warm_time"}, **_CONFIG),
)
_TARGET = (
    *rows(NumberRow, {"temp_set": "target_temperature"}, **_TEMPERATURE),
    *rows(NumberRow, {"temp_set_f": "target_temperature_fahrenheit"}, **_FAHRENHEIT),
)
_ALARM = rows(
    NumberRow,
    {"alarm_time": "siren_duration", "alarm_delay_time": "alarm_delay", "delay_set": "arm_delay"},
    **_SECONDS,
)
_IRRIGATION = (
    *rows(NumberRow, {"countdown": "irrigation_time"}, **_MINUTES),
    *gangs(NumberRow, {"countdown_{}": "irrigation_time"}, range(1, 9), **_MINUTES),
    *rows(NumberRow, {"percent_control": "valve_opening"}, native_unit_of_measurement=UnitOfRatio.PERCENTAGE),
)

NUMBERS: Table[NumberRow] = merged(
    dict.fromkeys(("bh", "kfj"), _KETTLE),
    dict.fromkeys(CAMERA_CATEGORIES, _CAMERA),
    dict.fromkeys(("dgnbj", "sgbj"), rows(NumberRow, {"alarm_time": "alarm_time"}, **_CONFIG)),
    dict.fromkeys(("ggq", "sfkzq"), _IRRIGATION),
    # What sets a temperature here is no thermostat
    dict.fromkeys(
        ("bx", "cn", "dcl", "dr", "jsq", "kqzg", "mb", "mg", "nnq", "tnq", "xxj", "xy", "yyj", "znfh", "znrb"), _TARGET
    ),
    dict.fromkeys(("mal", "wg2"), _ALARM),
    {
        "co2bj": (
            *rows(NumberRow, {"alarm_time": "alarm_time"}, **_SECONDS),
            *rows(
                NumberRow,
                {"alarm_bright": "alarm_brightness", "maxco2_set": "carbon_dioxide_limit", "pm25_set": "pm25_limit"},
                **_CONFIG,
            ),
        ),
        "cwwsq": rows(NumberRow, {"manual_feed": "feed", "voice_times": "voice_times"}),
        "cz": numbered(NumberRow, {"warn_power{}": "power_warning"}, (1, 2), **_WATTS),
        "fs": rows(NumberRow, {"temp": "target_temperature"}, **_TEMPERATURE),
        "hps": (
            *rows(NumberRow, {"sensitivity": "sensitivity"}, **_CONFIG),
            *rows(NumberRow, {"near_detection": "detection_from", "far_detection": "detection_to"}, **_CENTIMETERS),
            *rows(NumberRow, {"target_dis_closest": "closest_target"}, device_class=NumberDeviceClass.DISTANCE),
        ),
        "hwsb": rows(NumberRow, {"speed_set": "pump_speed"}, native_unit_of_measurement=UnitOfRatio.PERCENTAGE),
        "kfj": rows(NumberRow, {"powder_set": "powder", "water_set": "water_amount"}, **_CONFIG),
        "msp": rows(NumberRow, {"delay_clean_time": "cleaning_delay"}, **_SECONDS),
        "mzj": (
            *rows(NumberRow, {"cook_time": "cooking_time"}, native_unit_of_measurement=UnitOfTime.MINUTES, **_CONFIG),
            *rows(NumberRow, {"cloud_recipe_number": "cloud_recipe"}, **_CONFIG),
        ),
        "qccdz": rows(
            NumberRow,
            {"charge_cur_set": "charging_current"},
            device_class=NumberDeviceClass.CURRENT,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        ),
        "szjqr": (
            *rows(NumberRow, {"arm_down_percent": "arm_down", "arm_up_percent": "arm_up"}, **_PERCENT),
            *rows(NumberRow, {"click_sustain_time": "press_time"}, **_CONFIG),
        ),
        "xnyjcn": (
            *rows(NumberRow, {"backup_reserve": "battery_reserve"}, **_CONFIG),
            *rows(
                NumberRow,
                {
                    "output_power_limit": "inverter_power_limit",
                    "feedin_power_limit": "feed_in_limit",
                    "peak_shaving_threshold": "peak_shaving_limit",
                },
                **_WATTS,
            ),
        ),
        "ywcgq": (
            *rows(
                NumberRow, {"installation_height": "installation_height", "liquid_depth_max": "tank_depth"}, **_METERS
            ),
            *rows(NumberRow, {"max_set": "upper_alarm", "mini_set": "lower_alarm"}, **_CONFIG),
        ),
        "zd": rows(NumberRow, {"sensitivity": "sensitivity"}, **_CONFIG),
    },
)

COMMON_NUMBERS: tuple[NumberRow, ...] = (
    *_TARGET,
    # Seconds in the standard sets of whatever has a relay; others name their unit
    *rows(NumberRow, {"countdown": "countdown"}, **_SECONDS),
    *gangs(NumberRow, {"countdown_{}": "countdown"}, range(1, 21), **_SECONDS),
    *numbered(NumberRow, {"countdown_usb{}": "countdown_usb"}, range(1, 7), **_SECONDS),
    *rows(NumberRow, {"countdown_left_fan": "fan_countdown"}, **_MINUTES),
    *rows(NumberRow, {"bright_value": "brightness", "bright_value_v2": "brightness"}),
    *gangs(NumberRow, {"bright_value_{}": "brightness"}, range(1, 9)),
    *gangs(
        NumberRow,
        {"brightness_min_{}": "minimum_brightness", "brightness_max_{}": "maximum_brightness"},
        range(1, 9),
        **_CONFIG,
    ),
    *rows(
        NumberRow, {"temp_value": "color_temperature", "temp_value_v2": "color_temperature", "fan_speed": "fan_speed"}
    ),
    *rows(NumberRow, {"cook_temperature": "cooking_temperature"}, **_CONFIG),
    *numbered(NumberRow, {"cook_temperature_{}": "cooking_temperature_numbered"}, (2, 3, 4), **_CONFIG),
    *rows(
        NumberRow,
        {
            "maxtemp_set": "temperature_upper_alarm",
            "minitemp_set": "temperature_lower_alarm",
            "upper_temp": "maximum_temperature",
            "lower_temp": "minimum_temperature",
        },
        **_TEMPERATURE,
        **_CONFIG,
    ),
    *rows(
        NumberRow,
        {
            "upper_temp_f": "maximum_temperature_fahrenheit",
            "lower_temp_f": "minimum_temperature_fahrenheit",
        },
        **_FAHRENHEIT,
        **_CONFIG,
    ),
    *rows(NumberRow, {"maxhum_set": "humidity_upper_alarm", "minihum_set": "humidity_lower_alarm"}, **_PERCENT),
    *rows(NumberRow, {"dehumidify_set_value": "target_humidity", "humidity_set": "target_humidity"}, **_PERCENT),
    *rows(
        NumberRow,
        {"temp_periodic_report": "temperature_interval", "hum_periodic_report": "humidity_interval"},
        **_MINUTES,
    ),
    *rows(
        NumberRow,
        {
            "temp_sensitivity": "temperature_sensitivity",
            "hum_sensitivity": "humidity_sensitivity",
            "temp_correction": "temperature_correction",
            "volume_set": "volume",
            "standby_bright": "standby_brightness",
        },
        **_CONFIG,
    ),
    *rows(
        NumberRow,
        {
            "pir_delay": "motion_delay",
            "standby_time": "standby_time",
            "auto_lock_time": "auto_lock_time",
            "tr_timecon": "travel_time",
        },
        **_SECONDS,
    ),
    *gangs(NumberRow, {"tr_timecon_{}": "travel_time"}, range(2, 5), **_SECONDS),
)
