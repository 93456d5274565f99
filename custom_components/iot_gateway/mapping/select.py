"""The table of selects.

Options come from the device; those of the standard sets have names in the translations. What the codes mean:
https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq
"""

from homeassistant.const import EntityCategory

from .camera import CAMERA_CATEGORIES
from .making import gangs, merged, numbered, rows
from .rows import SelectRow, Table

_CONFIG = {"entity_category": EntityCategory.CONFIG}

_CAMERA = rows(
    SelectRow,
    {
        "basic_anti_flicker": "anti_flicker",
        "basic_nightvision": "night_vision",
        "chime_ring_tune": "chime_tone",
        "cruise_mode": "patrol_route",
        "cruise_time_mode": "patrol_schedule",
        "decibel_sensitivity": "sound_sensitivity",
        "flight_bright_mode": "floodlight_mode",
        "ipc_flip": "image_rotation",
        "ipc_lullaby": "lullaby",
        "ipc_work_mode": "camera_power_mode",
        "motion_interval": "alarm_interval",
        "motion_sensitivity": "motion_sensitivity",
        "nightvision_mode": "night_vision_mode",
        "pir_sensitivity": "pir_sensitivity",
        "pir_switch": "pir_detection",
        "record_mode": "record_mode",
    },
    **_CONFIG,
)
_CAMERA_MOVEMENT = rows(
    SelectRow,
    {"ptz_control": "camera_movement", "zoom_control": "camera_zoom"},
    entity_registry_enabled_default=False,
    **_CONFIG,
)
_CURTAIN = (
    *rows(
        SelectRow,
        {
            "control_back_mode": "motor_direction",
            "mode": "curtain_mode",
            "border": "curtain_limits",
            "cur_calibration": "calibration",
        },
        **_CONFIG,
    ),
    *gangs(
        SelectRow,
        {"control_back_mode_{}": "motor_direction", "cur_calibration_{}": "calibration"},
        range(2, 5),
        **_CONFIG,
    ),
)

SELECTS: Table[SelectRow] = merged(
    dict.fromkeys(("cl", "clkg"), _CURTAIN),
    dict.fromkeys(CAMERA_CATEGORIES, (*_CAMERA, *_CAMERA_MOVEMENT)),
    {
        "bh": rows(
            SelectRow, {"temp_setting_quick_c": "quick_heat_temperature", "work_type": "kettle_mode"}, **_CONFIG
        ),
        "cjkg": (
            *(
                row
                for number in range(1, 9)
                for row in rows(SelectRow, {f"mode_{number}": "gang_mode"}, gang=number, **_CONFIG)
            ),
        ),
        "cs": rows(SelectRow, {"dehumidify_set_enum": "target_humidity"}, **_CONFIG),
        "cwjwq": rows(SelectRow, {"work_mode": "odor_elimination_mode"}, **_CONFIG),
        "dr": (
            *rows(SelectRow, {"level": "heat_level"}),
            *numbered(SelectRow, {"level_{}": "heat_level_numbered"}, (1, 2)),
        ),
        "fs": rows(SelectRow, {"fan_horizontal": "horizontal_angle", "fan_vertical": "vertical_angle"}, **_CONFIG),
        "gyd": rows(
            SelectRow,
            {
                "cds": "brightness_threshold",
                "pir_sensitivity": "motion_detection_sensitivity",
                "device_mode": "motion_mode",
            },
            **_CONFIG,
        ),
        "hwsb": rows(SelectRow, {"mode": "mode"}),
        "jsq": rows(
            SelectRow,
            {"level": "spray_level", "spray_mode": "spray_mode", "moodlighting": "mood_lighting"},
            **_CONFIG,
        ),
        "kfj": (
            *rows(SelectRow, {"concentration_set": "coffee_strength", "material": "material"}, **_CONFIG),
            *rows(SelectRow, {"cup_number": "cups", "mode": "mode"}),
        ),
        "qccdz": rows(SelectRow, {"work_mode": "charging_mode"}),
        "qn": rows(SelectRow, {"level": "heat_level"}),
        "sd": (
            *rows(
                SelectRow,
                {
                    "cistern": "water_flow",
                    "collection_mode": "dust_collection",
                    "mode": "vacuum_mode",
                    "language": "language",
                },
                **_CONFIG,
            ),
            *rows(SelectRow, {"direction_control": "vacuum_direction"}, entity_registry_enabled_default=False),
        ),
        "sgbj": rows(SelectRow, {"alarm_state": "siren_mode", "bright_state": "siren_brightness"}, **_CONFIG),
        "sjz": rows(SelectRow, {"level": "desk_level", "up_down": "desk_movement"}, **_CONFIG),
        "szjqr": rows(SelectRow, {"mode": "fingerbot_mode"}, **_CONFIG),
        "wk": rows(SelectRow, {"sensor_choose": "temperature_sensor"}, **_CONFIG),
        "xnyjcn": rows(SelectRow, {"work_mode": "inverter_mode", "indicator_light_mode": "indicator_mode"}, **_CONFIG),
    },
)

COMMON_SELECTS: tuple[SelectRow, ...] = (
    *rows(SelectRow, {"work_mode": "light_work_mode", "mode": "mode", "speed": "fan_speed", "windspeed": "fan_speed"}),
    *rows(SelectRow, {"fan_speed": "fan_speed", "fan_speed_enum": "fan_speed", "level": "level"}),
    *rows(
        SelectRow,
        {
            "alarm_volume": "volume",
            "alarm_ringtone": "ringtone",
            "countdown": "countdown",
            "countdown_set": "countdown",
            "fan_direction": "fan_direction",
            "light_mode": "indicator_light",
            "relay_status": "power_on_behavior",
            "switch_type": "button_type",
            "weather_delay": "weather_delay",
            "smart_weather": "weather",
            "temp_unit_convert": "temperature_unit",
            "c_f": "temperature_unit",
            "pressure_unit_convert": "pressure_unit",
            "rain_unit_convert": "rain_unit",
            "windspeed_unit_convert": "wind_speed_unit",
            "bright_unit_convert": "illuminance_unit",
            "sensitivity": "sensitivity",
        },
        **_CONFIG,
    ),
    *gangs(
        SelectRow,
        {"relay_status_{}": "power_on_behavior", "switch_type_{}": "button_type", "led_type_{}": "light_source"},
        range(1, 9),
        **_CONFIG,
    ),
)
