"""The table of switches.

A light's, cover's or thermostat's own data points are switches here too as long as nothing else shows them. What the
codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq
"""

from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory

from .camera import CAMERA_CATEGORIES
from .making import gangs, merged, numbered, rows
from .rows import SwitchRow, Table

_CONFIG = {"entity_category": EntityCategory.CONFIG}
_OUTLET = {"device_class": SwitchDeviceClass.OUTLET}

_USB = numbered(SwitchRow, {"switch_usb{}": "usb"}, range(1, 7))
_OUTLETS = (
    *rows(SwitchRow, {"switch": None}, main=True, **_OUTLET),
    *gangs(SwitchRow, {"switch_{}": None}, range(1, 25), main=True, **_OUTLET),
)
_SWITCH = rows(SwitchRow, {"switch": None}, main=True)
_SWITCHES = (*_SWITCH, *gangs(SwitchRow, {"switch_{}": None}, range(1, 25), main=True))

_CAMERA = rows(
    SwitchRow,
    {
        "basic_flip": "flip_image",
        "basic_osd": "time_watermark",
        "basic_private": "privacy_mode",
        "basic_shimmer": "low_light_color",
        "basic_wdr": "wide_dynamic_range",
        "cruise_switch": "patrol",
        "cry_detection_switch": "cry_detection",
        "decibel_switch": "sound_detection",
        "flight_pir_a": "pir_sensor_a",
        "flight_pir_b": "pir_sensor_b",
        "flight_pir_c": "pir_sensor_c",
        "flight_warn_switch": "warning_light",
        "humanoid_filter": "person_detection",
        "human_filter": "person_detection",
        "ipc_auto_siren": "auto_siren",
        "ipc_object_outline": "object_outlines",
        "motion_area_switch": "motion_zone",
        "motion_record": "motion_recording",
        "motion_switch": "motion_detection",
        "motion_timer_switch": "motion_schedule",
        "motion_tracking": "motion_tracking",
        "onvif_switch": "onvif",
        "pet_detection": "pet_detection",
        "record_switch": "recording",
        "wireless_awake": "awake",
        "wireless_batterylock": "battery_lock",
    },
    **_CONFIG,
)

SWITCHES: Table[SwitchRow] = merged(
    dict.fromkeys(("cz", "kg", "pc", "tdq", "wkcz"), (*_OUTLETS, *_USB)),
    dict.fromkeys(("qxj", "wsdcg"), rows(SwitchRow, {"switch": None}, main=True, **_OUTLET)),
    dict.fromkeys(CAMERA_CATEGORIES, _CAMERA),
    {
        "bh": (
            *rows(SwitchRow, {"start": "start"}),
            *rows(SwitchRow, {"warm": "keep_warm"}, **_CONFIG),
        ),
        "bzyd": rows(SwitchRow, {"snooze": "snooze", "switch_music": "music"}, **_CONFIG),
        "cs": rows(SwitchRow, {"anion": "ionizer", "filter_reset": "reset_filter"}, **_CONFIG),
        "cwysj": rows(
            SwitchRow,
            {
                "filter_reset": "reset_filter",
                "pump_reset": "reset_pump",
                "uv": "uv_sterilization",
                "water_reset": "reset_water",
            },
            **_CONFIG,
        ),
        "dr": (
            *rows(SwitchRow, {"switch": None}, main=True, device_class=SwitchDeviceClass.SWITCH),
            *rows(SwitchRow, {"preheat": "preheat"}, device_class=SwitchDeviceClass.SWITCH),
            *rows(
                SwitchRow,
                {"switch_1": "side_a", "switch_2": "side_b", "preheat_1": "preheat_a", "preheat_2": "preheat_b"},
                device_class=SwitchDeviceClass.SWITCH,
            ),
        ),
        "hxd": (
            *rows(SwitchRow, {"switch_1": "radio", "switch_6": "sleep_aid"}),
            *(
                SwitchRow(
                    key=f"switch_{number + 1}",
                    translation_key="alarm",
                    translation_placeholders={"number": str(number)},
                    entity_category=EntityCategory.CONFIG,
                )
                for number in range(1, 5)
            ),
        ),
        "kj": rows(SwitchRow, {"filter_reset": "reset_filter", "wet": "humidification"}, **_CONFIG),
        "ks": rows(SwitchRow, {"anion": "ionizer"}),
        "mal": rows(
            SwitchRow,
            {
                "switch_alarm_light": "siren",
                "switch_alarm_sound": "arm_beep",
                "switch_kb_light": "keypad_light",
                "switch_mode_sound": "mode_sound",
            },
            **_CONFIG,
        ),
        "msp": rows(SwitchRow, {"auto_clean": "auto_clean", "deodorization": "deodorization"}, **_CONFIG),
        "mzj": rows(SwitchRow, {"start": "start"}, **_CONFIG),
        "sd": (
            *rows(SwitchRow, {"power": "power", "wake_up": "wake_up"}),
            *rows(
                SwitchRow,
                {
                    "switch_disturb": "do_not_disturb",
                    "voice_switch": "mute_voice",
                    "break_clean": "resume_cleaning",
                    "customize_mode_switch": "custom_mode",
                },
                **_CONFIG,
            ),
        ),
        "wk": rows(SwitchRow, {"factory_reset": "factory_reset"}, entity_registry_enabled_default=False, **_CONFIG),
        "xnyjcn": rows(
            SwitchRow,
            {
                "feedin_power_limit_enable": "output_power_limit",
                "peak_shaving_enable": "peak_shaving",
                "offgrid1_export_enable": "offgrid_output",
                "cell_heating": "battery_heating",
            },
            **_CONFIG,
        ),
    },
)

COMMON_SWITCHES: tuple[SwitchRow, ...] = (
    *_SWITCHES,
    *rows(SwitchRow, {"light": "light", "switch_fan": "fan", "fan_switch": "fan"}),
    *_USB,
    *rows(
        SwitchRow,
        {
            "start": "start",
            "alarm_switch": "siren",
            "disinfection": "disinfection",
            "pump": "pump",
            "water": "water",
            "switch_spray": "spray",
            "swing": "swing",
            "switch_horizontal": "horizontal_swing",
            "switch_vertical": "vertical_swing",
            "oscillate": "oscillation",
            "heat": "auxiliary_heat",
            "ele_heat": "auxiliary_heat",
        },
    ),
    *rows(
        SwitchRow,
        {
            "anion": "ionizer",
            "ionizer": "ionizer",
            "antifreeze": "frost_protection",
            "auto_lock": "auto_lock",
            "automatic_lock": "auto_lock",
            "beep": "beep",
            "bl_charge": "charging",
            "boost": "boost",
            "child_lock": "child_lock",
            "clean": "self_cleaning",
            "control_back": "reverse_motor",
            "defrost": "defrost",
            "do_not_disturb": "do_not_disturb",
            "eco": "eco",
            "eco_mode": "eco",
            "fan_beep": "beep",
            "fan_cool": "natural_wind",
            "frost": "frost_protection",
            "health": "health",
            "humidifier": "humidification",
            "lock": "child_lock",
            "mode_eco": "eco",
            "muffling": "mute",
            "mute": "mute",
            "opposite": "reverse_motor",
            "overcharge_switch": "overcharge_protection",
            "oxygen": "oxygen_bar",
            "remote_switch": "remote_control",
            "sleep": "sleep",
            "slow_feed": "slow_feed",
            "sterilization": "sterilization",
            "switch_alarm_propel": "alarm_notifications",
            "switch_kb_sound": "keypad_sound",
            "switch_pir": "motion_control",
            "switch_prepayment": "prepayment",
            "switch_save_energy": "energy_saving",
            "switch_sound": "voice",
            "switch_voice": "voice",
            "uv": "uv_sterilization",
            "window_check": "window_detection",
        },
        **_CONFIG,
    ),
)
