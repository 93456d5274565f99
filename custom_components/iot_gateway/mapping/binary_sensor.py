"""The table of binary sensors.

Alarms are Enums in the standard sets, `alarm` and `normal`, in older ones `1` and `0`; some devices make Booleans of
them. What the codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq
"""

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory

from .making import bits, merged, numbered, rows
from .rows import BinarySensorRow, Table

_ALARM = {"on": frozenset({"alarm", "1", True})}
_OPEN = {"on": frozenset({"open", "opened", True})}
_DIAGNOSTIC = {"entity_category": EntityCategory.DIAGNOSTIC}

_CHARGING = {"device_class": BinarySensorDeviceClass.BATTERY_CHARGING}
_PROBLEM = _DIAGNOSTIC | {"device_class": BinarySensorDeviceClass.PROBLEM}
_SAFETY = _ALARM | {"device_class": BinarySensorDeviceClass.SAFETY}
_GAS = _ALARM | {"device_class": BinarySensorDeviceClass.GAS}


_ONLY_AIR = {
    # A detector of one thing is named by its device class
    "co2bj": rows(BinarySensorRow, {"co2_state": None}, **_SAFETY),
    "cobj": rows(BinarySensorRow, {"co_state": None, "co_status": None}, **_SAFETY),
    "jqbj": rows(BinarySensorRow, {"ch2o_state": None}, **_SAFETY),
    "jwbj": rows(BinarySensorRow, {"ch4_sensor_state": None}, **_GAS),
    "pm2.5": rows(BinarySensorRow, {"pm25_state": None}, **_SAFETY),
    "pm25": rows(BinarySensorRow, {"pm25_state": None}, **_SAFETY),
    "voc": rows(BinarySensorRow, {"voc_state": None}, **_SAFETY),
}

BINARY_SENSORS: Table[BinarySensorRow] = merged(
    _ONLY_AIR,
    # Here pm10 is what is smaller than one micrometre, and pm100 what is smaller than ten
    {"dgnbj": rows(BinarySensorRow, {"pm10_state": "pm1"}, **_SAFETY)},
    dict.fromkeys(
        ("mc", "ckmkzq"), rows(BinarySensorRow, {"status": None}, device_class=BinarySensorDeviceClass.DOOR, **_OPEN)
    ),
    {
        "cs": bits(
            "fault",
            {
                "tankfull": ("tankfull", "tank_full"),
                "fault_water_full": ("water_full", "tank_full"),
                "fault_FULL": ("FULL", "tank_full"),
                "defrost": ("defrost", "defrosting"),
                "fault_COIL": ("COIL", "coil_frozen"),
                "wet": ("wet", "wet"),
                "fault_Cleaning": ("Cleaning", "filter_cleaning"),
                "fault_E1": ("E1", "temperature_error"),
                "fault_CL": ("CL", "low_temperature"),
                "fault_CH": ("CH", "high_temperature"),
                "fault_LO": ("LO", "low_humidity"),
                "fault_MOTOR": ("MOTOR", "motor_fault"),
            },
            **_PROBLEM,
        ),
        "cwwsq": (
            *rows(BinarySensorRow, {"feed_state": "feeding"}, on=frozenset({"feeding"})),
            *rows(BinarySensorRow, {"charge_state": None}, **_CHARGING, **_DIAGNOSTIC),
        ),
        "jtmspro": rows(BinarySensorRow, {"closed_opened": None}, device_class=BinarySensorDeviceClass.DOOR, **_OPEN),
        "mcs": rows(BinarySensorRow, {"switch": None}, device_class=BinarySensorDeviceClass.DOOR),
        "mk": rows(
            BinarySensorRow,
            {"closed_opened_kit": None},
            device_class=BinarySensorDeviceClass.LOCK,
            on=frozenset({"AQAB"}),
        ),
        "msp": bits(
            "fault",
            {"fault_full_fault": ("full_fault", "bag_full"), "fault_box_out": ("box_out", "cover_off")},
            **_PROBLEM,
        ),
        "sos": rows(BinarySensorRow, {"sos_state": None}, **_SAFETY),
        "wg2": (
            *rows(BinarySensorRow, {"master_state": None}, **_PROBLEM, **_ALARM),
            *rows(BinarySensorRow, {"charge_state": None}, **_CHARGING, **_DIAGNOSTIC),
        ),
        "wk": rows(BinarySensorRow, {"valve_state": "valve"}, on=frozenset({"open"})),
        "wkf": rows(BinarySensorRow, {"valve_state": "valve"}, on=frozenset({"open"})),
        "zd": (
            *rows(
                BinarySensorRow,
                {"shock_state_vibration": None},
                code="shock_state",
                device_class=BinarySensorDeviceClass.VIBRATION,
                on=frozenset({"vibration"}),
            ),
            *rows(BinarySensorRow, {"shock_state_drop": "drop"}, code="shock_state", on=frozenset({"drop"})),
            *rows(BinarySensorRow, {"shock_state_tilt": "tilt"}, code="shock_state", on=frozenset({"tilt"})),
        ),
        "znrb": (
            *rows(
                BinarySensorRow,
                {
                    "compressor_state": "compressor",
                    "draught_fan_state": "fan",
                    "pump_state": "pump",
                },
                device_class=BinarySensorDeviceClass.RUNNING,
                **_DIAGNOSTIC,
            ),
            *rows(
                BinarySensorRow,
                {
                    "defrost_state": "defrosting",
                    "ele_heating_state": "electric_heating",
                    "four_valve_state": "four_way_valve",
                },
                **_DIAGNOSTIC,
            ),
        ),
    },
)

COMMON_BINARY_SENSORS: tuple[BinarySensorRow, ...] = (
    *rows(
        BinarySensorRow,
        {"doorcontact_state": None, "door_state": None},
        device_class=BinarySensorDeviceClass.DOOR,
        **_OPEN,
    ),
    *numbered(
        BinarySensorRow,
        {"doorcontact_state_{}": "door_numbered"},
        range(2, 5),
        device_class=BinarySensorDeviceClass.DOOR,
        **_OPEN,
    ),
    *rows(
        BinarySensorRow,
        {"window_state": None, "open_window": None},
        device_class=BinarySensorDeviceClass.WINDOW,
        **_OPEN,
    ),
    *rows(
        BinarySensorRow,
        {"pir": None, "pir_state": None, "move_state": None},
        device_class=BinarySensorDeviceClass.MOTION,
        on=frozenset({"pir", "move", "1", True}),
    ),
    *rows(
        BinarySensorRow,
        {"presence_state": None},
        device_class=BinarySensorDeviceClass.OCCUPANCY,
        on=frozenset({"presence", "small_move", "large_move", "peaceful", "1", True}),
    ),
    *rows(
        BinarySensorRow,
        {"watersensor_state": None, "leak_state": None, "rain_state": "rain"},
        device_class=BinarySensorDeviceClass.MOISTURE,
        on=frozenset({"alarm", "rain", "1", True}),
    ),
    *rows(
        BinarySensorRow,
        {"smoke_sensor_status": None, "smoke_sensor_state": None},
        device_class=BinarySensorDeviceClass.SMOKE,
        **_ALARM,
    ),
    *rows(
        BinarySensorRow,
        {"gas_sensor_status": None, "gas_sensor_state": None, "ch4_sensor_state": "methane"},
        **_GAS,
    ),
    *rows(
        BinarySensorRow,
        {
            "ch2o_state": "formaldehyde",
            "co2_state": "carbon_dioxide",
            "co_state": "carbon_monoxide",
            "co_status": "carbon_monoxide",
            "pm1_state": "pm1",
            "pm25_state": "pm25",
            "pm10_state": "pm10",
            "pm100_state": "pm10",
            "voc_state": "volatile_organic_compounds",
            "sos": None,
            "sos_state": None,
            "hijack": "duress",
        },
        **_SAFETY,
    ),
    *rows(BinarySensorRow, {"pressure_state": "pressure", "glass_break_state": "glass_break"}, **_ALARM),
    *rows(
        BinarySensorRow,
        {"shock_state": None, "vibration_state": None},
        device_class=BinarySensorDeviceClass.VIBRATION,
        on=frozenset({"vibration", "alarm", "1", True}),
    ),
    *rows(
        BinarySensorRow,
        {"battery_low": None, "low_battery": None},
        device_class=BinarySensorDeviceClass.BATTERY,
        **_ALARM,
        **_DIAGNOSTIC,
    ),
    *rows(BinarySensorRow, {"preheat": "preheating"}, device_class=BinarySensorDeviceClass.RUNNING, **_DIAGNOSTIC),
    *rows(
        BinarySensorRow,
        {"temper_alarm": None, "tamper_alarm": None},
        device_class=BinarySensorDeviceClass.TAMPER,
        **_ALARM,
        **_DIAGNOSTIC,
    ),
    *rows(BinarySensorRow, {"charge_state": None}, **_CHARGING),
    *rows(BinarySensorRow, {"fault": "fault", "fault1": "fault", "fault2": "fault"}, **_PROBLEM),
    *rows(
        BinarySensorRow,
        {"power_type": "load", "power_type1": "load", "power_type2": "load"},
        on=frozenset({"warn"}),
        **_PROBLEM,
    ),
    *rows(BinarySensorRow, {"notification": "notification"}, **_DIAGNOSTIC),
    *rows(BinarySensorRow, {"lifecycle": "end_of_life"}, **_PROBLEM),
)
