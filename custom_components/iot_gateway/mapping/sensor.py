"""The table of sensors.

What the codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq and the pages of its
categories. Units are those of the standard sets; a device's own unit wins where it fits the device class.
"""

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    DEGREE,
    LIGHT_LUX,
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    UnitOfApparentPower,
    UnitOfConductivity,
    UnitOfDensity,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfInformation,
    UnitOfLength,
    UnitOfMass,
    UnitOfPower,
    UnitOfPrecipitationDepth,
    UnitOfPressure,
    UnitOfRatio,
    UnitOfReactivePower,
    UnitOfSoundPressure,
    UnitOfSpeed,
    UnitOfTemperature,
    UnitOfTime,
    UnitOfVolume,
    UnitOfVolumeFlowRate,
    UnitOfVolumetricFlux,
)

from ..model import DataType
from ..model.compass import degrees
from ..model.electricity import phase_part
from ..model.storage import STORAGE_STATES, storage_part, storage_state
from .camera import CAMERA_CATEGORIES
from .making import merged, numbered, phased, rows
from .rows import SensorRow, Table

_MEASURED = {"state_class": SensorStateClass.MEASUREMENT}
_COUNTED = {"state_class": SensorStateClass.TOTAL_INCREASING}
_DIAGNOSTIC = {"entity_category": EntityCategory.DIAGNOSTIC}
_DISABLED = {"entity_registry_enabled_default": False}
_REPORTED = {"reported_only": True}

_ENUM = frozenset({DataType.ENUM})
_NUMBERS = frozenset({DataType.INTEGER, DataType.FLOAT})

_BATTERY = _MEASURED | _DIAGNOSTIC | {"device_class": SensorDeviceClass.BATTERY}
_TEMPERATURE = _MEASURED | {
    "device_class": SensorDeviceClass.TEMPERATURE,
    "native_unit_of_measurement": UnitOfTemperature.CELSIUS,
}
_FAHRENHEIT = _TEMPERATURE | {"native_unit_of_measurement": UnitOfTemperature.FAHRENHEIT}
_HUMIDITY = _MEASURED | {
    "device_class": SensorDeviceClass.HUMIDITY,
    "native_unit_of_measurement": UnitOfRatio.PERCENTAGE,
}
_ILLUMINANCE = _MEASURED | {
    "device_class": SensorDeviceClass.ILLUMINANCE,
    "native_unit_of_measurement": LIGHT_LUX,
}
_CARBON_DIOXIDE = _MEASURED | {
    "device_class": SensorDeviceClass.CO2,
    "native_unit_of_measurement": UnitOfRatio.PARTS_PER_MILLION,
}
_PARTICLES = _MEASURED | {"native_unit_of_measurement": UnitOfDensity.MICROGRAMS_PER_CUBIC_METER}
_CURRENT = _MEASURED | {
    "device_class": SensorDeviceClass.CURRENT,
    "native_unit_of_measurement": UnitOfElectricCurrent.MILLIAMPERE,
    "suggested_unit_of_measurement": UnitOfElectricCurrent.AMPERE,
}
_POWER = _MEASURED | {
    "device_class": SensorDeviceClass.POWER,
    "native_unit_of_measurement": UnitOfPower.WATT,
}
_VOLTAGE = _MEASURED | {
    "device_class": SensorDeviceClass.VOLTAGE,
    "native_unit_of_measurement": UnitOfElectricPotential.VOLT,
    "suggested_unit_of_measurement": UnitOfElectricPotential.VOLT,
}
_ENERGY = {
    "device_class": SensorDeviceClass.ENERGY,
    "native_unit_of_measurement": UnitOfEnergy.KILO_WATT_HOUR,
}
_ENERGY_SUM = _ENERGY | _COUNTED | {"sums": True, "suggested_unit_of_measurement": UnitOfEnergy.KILO_WATT_HOUR}
_FREQUENCY = _MEASURED | {
    "device_class": SensorDeviceClass.FREQUENCY,
    "native_unit_of_measurement": UnitOfFrequency.HERTZ,
}
_POWER_FACTOR = _MEASURED | {"device_class": SensorDeviceClass.POWER_FACTOR}
_REACTIVE_POWER = _MEASURED | {
    "device_class": SensorDeviceClass.REACTIVE_POWER,
    "native_unit_of_measurement": UnitOfReactivePower.VOLT_AMPERE_REACTIVE,
}
_APPARENT_POWER = _MEASURED | {
    "device_class": SensorDeviceClass.APPARENT_POWER,
    "native_unit_of_measurement": UnitOfApparentPower.VOLT_AMPERE,
}
_DURATION = {
    "device_class": SensorDeviceClass.DURATION,
    "native_unit_of_measurement": UnitOfTime.MINUTES,
}
_WATER = _COUNTED | {
    "device_class": SensorDeviceClass.WATER,
    "native_unit_of_measurement": UnitOfVolume.LITERS,
}

# For what measures, for what measures among other things, and for what hardly does
_ELECTRICAL, _ELECTRICAL_ASIDE, _ELECTRICAL_HIDDEN = (
    (
        *rows(SensorRow, {"cur_current": None}, **_CURRENT, **prominence),
        *rows(SensorRow, {"cur_power": None}, **_POWER, **prominence),
        *rows(SensorRow, {"cur_voltage": None}, **_VOLTAGE, **prominence),
    )
    for prominence in ({}, _DISABLED, _DISABLED | _DIAGNOSTIC)
)

# A meter with several channels reports them under numbers of their own, without a gang that could be switched
_METER_CHANNELS = (
    *numbered(SensorRow, {"device_state{}": "channel_status"}, (1, 2)),
    *numbered(SensorRow, {"cur_current{}": "channel_current"}, (1, 2), **_CURRENT),
    *numbered(SensorRow, {"cur_power{}": "channel_power"}, (1, 2), **_POWER),
    *numbered(SensorRow, {"cur_voltage{}": "channel_voltage"}, (1, 2), **_VOLTAGE),
    *numbered(
        SensorRow,
        {"total_energy{}": "channel_energy", "today_acc_energy{}": "channel_energy_today"},
        (1, 2),
        **_ENERGY,
        **_COUNTED,
    ),
)

_PHASE_QUANTITIES = (
    ("voltage", "voltage", SensorDeviceClass.VOLTAGE, UnitOfElectricPotential.VOLT, True),
    ("electriccurrent", "current", SensorDeviceClass.CURRENT, UnitOfElectricCurrent.AMPERE, True),
    ("power", "power", SensorDeviceClass.POWER, UnitOfPower.KILO_WATT, True),
    (
        "reactivepower",
        "reactive_power",
        SensorDeviceClass.REACTIVE_POWER,
        UnitOfReactivePower.KILO_VOLT_AMPERE_REACTIVE,
        False,
    ),
    (
        "apparentpower",
        "apparent_power",
        SensorDeviceClass.APPARENT_POWER,
        UnitOfApparentPower.KILO_VOLT_AMPERE,
        False,
    ),
    ("powerfactor", "power_factor", SensorDeviceClass.POWER_FACTOR, None, False),
)
"""The quantity, which ends the key; its name, device class and unit; and whether every meter reports it."""

_SEVERAL_QUANTITIES = {
    "phase_a": ("phase", {"phase": "A"}),
    "phase_b": ("phase", {"phase": "B"}),
    "phase_c": ("phase", {"phase": "C"}),
    # Meters of many circuits: one text a circuit
    **{f"phase_s{number}": ("channel", {"number": str(number)}) for number in range(1, 21)},
}
"""The data points that hold these quantities, and how what they measure is named."""

_QUANTITIES = {
    code: tuple(
        SensorRow(
            key=f"{code}{quantity}",
            code=code,
            translation_key=f"{names}_{name}",
            translation_placeholders=placeholders,
            device_class=device_class,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=unit,
            part=phase_part(quantity),
            entity_registry_enabled_default=usual,
        )
        for quantity, name, device_class, unit, usual in _PHASE_QUANTITIES
    )
    for code, (names, placeholders) in _SEVERAL_QUANTITIES.items()
}
_PHASES = (*_QUANTITIES["phase_a"], *_QUANTITIES["phase_b"], *_QUANTITIES["phase_c"])
_CHANNELS = tuple(row for number in range(1, 21) for row in _QUANTITIES[f"phase_s{number}"])

# Meters that report each quantity of each phase in a data point of its own
_SINGLE_QUANTITIES = (
    *phased(
        SensorRow,
        {
            "voltage_{lower}": "phase_voltage",
            "voltage_phase_{lower}": "phase_voltage",
            "{upper}_Voltage": "phase_voltage",
        },
        **_VOLTAGE,
    ),
    *phased(
        SensorRow,
        {
            "current_{lower}": "phase_current",
            "electricity_phase_{lower}": "phase_current",
            "{upper}_Current": "phase_current",
        },
        **_CURRENT,
    ),
    *phased(SensorRow, {"power_{lower}": "phase_power", "active_power_{lower}": "phase_power"}, **_POWER),
    *phased(SensorRow, {"reactive_power_{lower}": "phase_reactive_power"}, **_REACTIVE_POWER, **_DISABLED),
    *phased(SensorRow, {"apparent_power_{lower}": "phase_apparent_power"}, **_APPARENT_POWER, **_DISABLED),
    *phased(SensorRow, {"power_factor_{lower}": "phase_power_factor"}, **_POWER_FACTOR, **_DISABLED),
    *phased(SensorRow, {"direction_{lower}": "phase_direction"}, **_DIAGNOSTIC),
    # Two of the codes are misspelt by the meters themselves
    *phased(
        SensorRow,
        {
            "energy_forword_{lower}": "phase_energy",
            "energy_forward_{lower}": "phase_energy",
            "energy_reverse_{lower}": "phase_production",
            "energy_reserse_{lower}": "phase_production",
        },
        **_ENERGY,
        **_COUNTED,
    ),
    *rows(
        SensorRow,
        {"voltage": None, "voltage_value": None, "voltage_current": None, "ac_volt": None},
        **_VOLTAGE,
        **_REPORTED,
    ),
    *rows(SensorRow, {"current": None, "current_value": None, "ac_current": None}, **_CURRENT, **_REPORTED),
    *rows(
        SensorRow,
        {"power": None, "active_power": None, "power_value": None, "power_current": None, "out_power": None},
        **_POWER,
        **_REPORTED,
    ),
    *rows(SensorRow, {"reactive_power": None}, **_REACTIVE_POWER, **_DISABLED),
    *rows(SensorRow, {"apparent_power": None}, **_APPARENT_POWER, **_DISABLED),
    *rows(SensorRow, {"power_factor": None}, **_POWER_FACTOR, **_DISABLED),
)

_ENERGY_TOTALS = (
    *rows(
        SensorRow,
        {
            "total_forward_energy": "total_energy",
            "forward_energy_total": "total_energy",
            "all_energy": "total_energy",
            "total_energy": "total_energy",
            "energy_total": "total_energy",
            "power_consumption": "total_energy",
            "total_ele": "total_energy",
            "charge_electric_quantity": "total_energy",
            "DeviceKwh": "total_energy",
            "reverse_energy_total": "total_production",
            "total_reverse_energy": "total_production",
            "today_acc_energy": "energy_today",
            "energy_today": "energy_today",
            "day_energy": "energy_today",
            "energy_day": "energy_today",
            "energy_month": "energy_month",
            "charge_energy_once": "session_energy",
            "cuml_e_export_offgrid1": "lifetime_offgrid_energy",
            "cumulative_energy_charged": "lifetime_battery_charge",
            "cumulative_energy_charged_grid": "lifetime_battery_charge_grid",
            "cumulative_energy_charged_pv": "lifetime_battery_charge_pv",
            "cumulative_energy_discharged": "lifetime_battery_discharge",
            "cumulative_energy_generated_pv": "lifetime_pv_energy",
            "cumulative_energy_output_inv": "lifetime_inverter_energy",
        },
        **_ENERGY,
        **_COUNTED,
    ),
    *rows(
        SensorRow,
        {"energy": "total_energy", "energy_consumption": "total_energy"},
        **_ENERGY,
        **_COUNTED,
        **_REPORTED,
    ),
    *numbered(
        SensorRow,
        {"forward_energy_t{}": "tariff_energy", "reverse_energy_t{}": "tariff_production"},
        range(1, 5),
        **_ENERGY,
        **_COUNTED,
    ),
)
# Each report says what was used since the one before, so that the sum of them is the total
_ENERGY_INCREMENTS = (
    *rows(SensorRow, {"add_ele": "total_energy", "pro_add_ele": "total_production"}, **_ENERGY_SUM),
    *numbered(SensorRow, {"add_ele{}": "channel_energy", "add_ele_{}": "channel_energy"}, range(1, 5), **_ENERGY_SUM),
)

_WEATHER = (
    *rows(
        SensorRow,
        {
            "temp_current_external": "probe_temperature",
            "ext_temp": "probe_temperature",
            "temp_external": "probe_temperature",
            "temp_outdoor": "outdoor_temperature",
            "out_temp": "outdoor_temperature",
            "dew_point_temp": "dew_point",
            "feellike_temp": "feels_like",
            "heat_index": "heat_index",
            "windchill_index": "wind_chill",
        },
        **_TEMPERATURE,
    ),
    *numbered(SensorRow, {"temp_current_external_{}": "probe_temperature_numbered"}, range(1, 9), **_TEMPERATURE),
    *numbered(SensorRow, {"temp_current_external_{}_f": "probe_temperature_numbered"}, range(1, 9), **_FAHRENHEIT),
    *rows(SensorRow, {"humidity_outdoor": "outdoor_humidity"}, **_HUMIDITY),
    *numbered(SensorRow, {"humidity_outdoor_{}": "outdoor_humidity_numbered"}, range(1, 9), **_HUMIDITY),
    *numbered(SensorRow, {"battery_state_{}": "battery_state_numbered"}, range(1, 9), **_DIAGNOSTIC),
    *rows(
        SensorRow,
        {"atmospheric_pressture": "air_pressure", "atmospheric_pressure": "air_pressure"},
        device_class=SensorDeviceClass.PRESSURE,
        native_unit_of_measurement=UnitOfPressure.HPA,
        **_MEASURED,
    ),
    *rows(
        SensorRow,
        {
            "rain_24h": "rain_today",
            "rain_1h": "rain_hour",
            "rain_day": "rain_today",
            "rain_week": "rain_week",
            "rain_month": "rain_month",
            "rain_year": "rain_year",
            "rain_total": "rain_total",
        },
        device_class=SensorDeviceClass.PRECIPITATION,
        native_unit_of_measurement=UnitOfPrecipitationDepth.MILLIMETERS,
        **_COUNTED,
    ),
    *rows(
        SensorRow,
        {"rain_rate": None},
        device_class=SensorDeviceClass.PRECIPITATION_INTENSITY,
        native_unit_of_measurement=UnitOfVolumetricFlux.MILLIMETERS_PER_HOUR,
        **_MEASURED,
    ),
    *rows(
        SensorRow,
        {"windspeed_avg": None, "windspeed": None, "wind_speed": None, "windspeed_gust": "wind_gust"},
        device_class=SensorDeviceClass.WIND_SPEED,
        native_unit_of_measurement=UnitOfSpeed.KILOMETERS_PER_HOUR,
        **_MEASURED,
    ),
    *rows(SensorRow, {"uv_index": "uv_index"}, **_MEASURED),
    *rows(
        SensorRow,
        {"wind_direct": None, "wind_direction": None},
        device_class=SensorDeviceClass.WIND_DIRECTION,
        state_class=SensorStateClass.MEASUREMENT_ANGLE,
        native_unit_of_measurement=DEGREE,
        part=degrees,
        types=frozenset({DataType.ENUM, DataType.STRING, DataType.INTEGER, DataType.FLOAT}),
    ),
    *rows(SensorRow, {"com_index": "comfort", "fault_type": "probe_fault"}),
)

_AIR_QUALITY = (
    *rows(SensorRow, {"co2_value": None, "eco2": "equivalent_carbon_dioxide"}, **_CARBON_DIOXIDE),
    *rows(
        SensorRow,
        {"co_value": None},
        device_class=SensorDeviceClass.CO,
        native_unit_of_measurement=UnitOfRatio.PARTS_PER_MILLION,
        **_MEASURED,
    ),
    *rows(
        SensorRow,
        {"voc_value": None, "tvoc": None},
        device_class=SensorDeviceClass.VOLATILE_ORGANIC_COMPOUNDS,
        native_unit_of_measurement=UnitOfDensity.MILLIGRAMS_PER_CUBIC_METER,
        **_MEASURED,
    ),
    *rows(
        SensorRow,
        {"pm25_value": None, "pm25": None, "pm2_5": None},
        device_class=SensorDeviceClass.PM25,
        **_PARTICLES,
    ),
    *rows(
        SensorRow,
        {"pm10": None, "pm10_value": None, "pm100_value": None},
        device_class=SensorDeviceClass.PM10,
        **_PARTICLES,
    ),
    *rows(SensorRow, {"pm1": None, "pm1_value": None}, device_class=SensorDeviceClass.PM1, **_PARTICLES),
    *rows(SensorRow, {"ch2o_value": "formaldehyde", "hcho": "formaldehyde"}, **_MEASURED),
    *rows(SensorRow, {"ch4_sensor_value": "methane", "gas_sensor_value": "gas"}, **_MEASURED),
    *rows(SensorRow, {"smoke_sensor_value": "smoke"}, **_MEASURED, **_DIAGNOSTIC),
    *rows(SensorRow, {"air_quality": "air_quality", "air_quality_index": "air_quality_index"}),
    *rows(SensorRow, {"aqi": None}, device_class=SensorDeviceClass.AQI, **_MEASURED),
    *rows(
        SensorRow,
        {"noise_value": None, "sound_value": None},
        device_class=SensorDeviceClass.SOUND_PRESSURE,
        native_unit_of_measurement=UnitOfSoundPressure.DECIBEL,
        **_MEASURED,
    ),
)

_WATER_QUALITY = (
    *rows(SensorRow, {"ph_current": None, "ph_value": None}, device_class=SensorDeviceClass.PH, **_MEASURED),
    *rows(
        SensorRow,
        {"ec_current": None, "ec_value": None},
        device_class=SensorDeviceClass.CONDUCTIVITY,
        native_unit_of_measurement=UnitOfConductivity.MICROSIEMENS_PER_CM,
        **_MEASURED,
    ),
    *rows(
        SensorRow,
        {
            "tds_in": "dissolved_solids",
            "tds_current": "dissolved_solids",
            "tds_value": "dissolved_solids",
            "tds_out": "dissolved_solids_out",
            "orp_current": "oxidation_reduction",
            "orp_value": "oxidation_reduction",
            "salinity_current": "salinity",
            "salinity_value": "salinity",
            "pro_current": "specific_gravity",
            "cf_current": "conductivity_factor",
            "turbidity_value": "turbidity",
        },
        **_MEASURED,
    ),
)

_WATER_METER = (
    *rows(
        SensorRow,
        {
            "water_use_data": "total_water",
            "water_flow": "total_water",
            "daily_water_total": "water_today",
            "monthly_water_total": "water_month",
            "water_once": "session_water",
        },
        **_WATER,
    ),
    *rows(
        SensorRow,
        {"flow_velocity": None, "flow_rate": None},
        device_class=SensorDeviceClass.VOLUME_FLOW_RATE,
        native_unit_of_measurement=UnitOfVolumeFlowRate.LITERS_PER_MINUTE,
        **_MEASURED,
    ),
    *rows(SensorRow, {"water_temp": "water_temperature", "temp_water": "water_temperature"}, **_TEMPERATURE),
)

_VACUUM = (
    *rows(
        SensorRow,
        {
            "clean_area": "cleaning_area",
            "clean_time": "cleaning_time",
            "edge_brush": "side_brush_life",
            "roll_brush": "main_brush_life",
            "duster_cloth": "mop_cloth_life",
            "filter": "filter_life",
        },
        **_MEASURED,
    ),
    *rows(
        SensorRow,
        {
            "total_clean_area": "total_cleaning_area",
            "total_clean_count": "total_cleanings",
            "total_clean_time": "total_cleaning_time",
        },
        **_COUNTED,
    ),
)

_INVERTER = (
    *rows(
        SensorRow,
        {
            "battery_power": "battery_power",
            "inverter_output_power": "inverter_power",
            "pv_power_total": "total_pv_power",
            "grid_power": "grid_power",
        },
        **_POWER,
    ),
    *numbered(SensorRow, {"pv_power_channel_{}": "pv_power"}, range(1, 5), **_POWER),
    *rows(SensorRow, {"pv_power": "total_pv_power", "load_power": "load_power"}, **_POWER),
    *rows(SensorRow, {"pv_volt": "pv_voltage", "battery_voltage": "battery_voltage"}, **_VOLTAGE),
    *rows(SensorRow, {"pv_current": "pv_current", "battery_current": "battery_current"}, **_CURRENT),
    *rows(SensorRow, {"charge_discharge": "battery_activity", "connection_state": "pairing_state"}, **_DIAGNOSTIC),
)

_STORAGE = tuple(
    SensorRow(
        key=key,
        code="sd_storge",
        translation_key=name,
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.KILOBYTES,
        suggested_unit_of_measurement=UnitOfInformation.GIGABYTES,
        suggested_display_precision=1,
        part=storage_part(index),
        entity_category=EntityCategory.DIAGNOSTIC,
    )
    for index, (key, name) in enumerate(
        {
            "sd_storge_total": "storage_total",
            "sd_storge_used": "storage_used",
            "sd_storge": "storage_free",
        }.items()
    )
)
_CAMERA = (
    *_STORAGE,
    *rows(
        SensorRow,
        {"sd_status": "storage_state"},
        device_class=SensorDeviceClass.ENUM,
        options=list(STORAGE_STATES),
        part=storage_state,
        types=frozenset({DataType.INTEGER}),
        **_DIAGNOSTIC,
    ),
    *rows(
        SensorRow,
        {"sd_format_state": "format_progress", "battery_report_cap": "battery_reporting"},
        **_DIAGNOSTIC,
        **_DISABLED,
    ),
    *rows(SensorRow, {"wireless_powermode": "power_source", "cruise_status": "patrol_state"}, **_DIAGNOSTIC),
)

_LUMINANCE_SENSOR = (
    *rows(SensorRow, {"bright_value": None}, **_ILLUMINANCE),
    *rows(SensorRow, {"bright_state": "brightness"}),
)
_WATER_TIMER = (
    *rows(SensorRow, {"work_state": "irrigation_state"}, **_DIAGNOSTIC),
    *rows(SensorRow, {"time_use": "total_watering_time"}, **_DIAGNOSTIC, **_COUNTED),
    *rows(SensorRow, {"use_time_one": "last_watering_time"}, **_DURATION, **_DIAGNOSTIC),
    *rows(SensorRow, {"water_once": "session_water", "water_total": "total_water"}, **_WATER),
)

SENSORS: Table[SensorRow] = merged(
    dict.fromkeys(("cl", "clkg"), rows(SensorRow, {"time_total": "travel_time"}, **_DIAGNOSTIC)),
    dict.fromkeys(("aqcz", "dlq", "wkcz"), _ELECTRICAL_ASIDE),
    dict.fromkeys(CAMERA_CATEGORIES, _CAMERA),
    dict.fromkeys(("dgnbj", "ldcg"), _LUMINANCE_SENSOR),
    dict.fromkeys(("ggq", "sfkzq"), _WATER_TIMER),
    dict.fromkeys(("qxj", "tdq", "wsdcg"), rows(SensorRow, {"bright_value": None}, **_ILLUMINANCE)),
    {
        "bh": rows(SensorRow, {"temp_current": "current_temperature"}, **_TEMPERATURE),
        "cwjwq": rows(SensorRow, {"work_state_e": "odor_elimination_state"}),
        "cwwsq": rows(SensorRow, {"feed_report": "last_portion"}, **_MEASURED),
        "cwysj": (
            *rows(SensorRow, {"filter_life": "filter_time", "pump_time": "pump_time"}, **_DURATION, **_MEASURED),
            *rows(
                SensorRow, {"uv_runtime": "uv_time", "water_time": "water_time"}, **_DURATION, **_MEASURED, **_DISABLED
            ),
            *rows(SensorRow, {"water_level": "water_level"}),
        ),
        "cz": _METER_CHANNELS,
        # Here pm10 is what is smaller than one micrometre, and pm100 what is smaller than ten
        "dgnbj": (
            *rows(SensorRow, {"pm10_value": None}, device_class=SensorDeviceClass.PM1, **_PARTICLES),
            *rows(SensorRow, {"alarm_state": "alarm_state"}, types=_ENUM),
        ),
        "dlq": (
            *rows(SensorRow, {"cur_neutral": "total_production"}, **_ENERGY, **_COUNTED),
            *rows(SensorRow, {"temp_value": None}, **_TEMPERATURE, **_DIAGNOSTIC),
        ),
        "jsq": rows(SensorRow, {"level_current": "water_level"}, **_DIAGNOSTIC),
        "mjj": rows(
            SensorRow,
            {"countdown_left": "countdown_end"},
            device_class=SensorDeviceClass.TIMESTAMP,
            until=True,
            types=_NUMBERS,
        ),
        "kj": (
            *rows(SensorRow, {"temp": None}, **_TEMPERATURE),
            *rows(SensorRow, {"filter": "filter_use"}, **_DIAGNOSTIC),
            *rows(
                SensorRow, {"total_pm": "particles_absorbed", "total_time": "operating_time"}, **_DIAGNOSTIC, **_COUNTED
            ),
        ),
        "msp": (
            *rows(
                SensorRow,
                {"cat_weight": "cat_weight"},
                device_class=SensorDeviceClass.WEIGHT,
                native_unit_of_measurement=UnitOfMass.GRAMS,
                **_MEASURED,
            ),
            *rows(
                SensorRow,
                {"excretion_time_day": "excretion_duration"},
                **_DURATION | {"native_unit_of_measurement": UnitOfTime.SECONDS},
                **_MEASURED,
            ),
            *rows(SensorRow, {"excretion_times_day": "excretions_today", "status": "litter_box_state"}),
        ),
        "mzj": (
            *rows(SensorRow, {"temp_current": "current_temperature"}, **_TEMPERATURE),
            *rows(SensorRow, {"remain_time": "remaining_time"}, native_unit_of_measurement=UnitOfTime.MINUTES),
            *rows(SensorRow, {"status": "sous_vide_state"}),
        ),
        "qccdz": (
            *rows(SensorRow, {"temp_current": None}, **_TEMPERATURE, **_DIAGNOSTIC),
            *rows(SensorRow, {"work_state": "charger_state", "DeviceState": "charger_state"}),
            *rows(SensorRow, {"DeviceKw": None}, **_POWER | {"native_unit_of_measurement": UnitOfPower.KILO_WATT}),
            *rows(SensorRow, {"DeviceTemp": None}, **_TEMPERATURE, **_DIAGNOSTIC),
        ),
        "qn": rows(SensorRow, {"work_power": None}, **_POWER),
        "sd": (*_VACUUM, *rows(SensorRow, {"status": "vacuum_state"})),
        "wnykq": _ELECTRICAL_HIDDEN,
        "ylcg": rows(
            SensorRow,
            {"pressure_value": None},
            device_class=SensorDeviceClass.PRESSURE,
            native_unit_of_measurement=UnitOfPressure.PA,
            **_MEASURED,
        ),
        "zndb": (*rows(SensorRow, {"total_powerpower": "total_power"}, code="total_power", **_POWER), *_CHANNELS),
        "znnbq": (
            *rows(
                SensorRow,
                {"power_total": None},
                suggested_unit_of_measurement=UnitOfPower.WATT,
                suggested_display_precision=0,
                **_POWER,
            ),
            *rows(SensorRow, {"reverse_energy_total": "total_energy"}, **_ENERGY, **_COUNTED),
        ),
        "znrb": (
            *rows(
                SensorRow,
                {
                    "temp_around": "outdoor_temperature",
                    "temp_coiler": "coil_temperature",
                    "temp_effluent": "flow_temperature",
                    "temp_venting": "heat_exchanger_temperature",
                    "temp_top": "tank_top_temperature",
                    "temp_bottom": "tank_bottom_temperature",
                },
                **_TEMPERATURE,
            ),
            *rows(SensorRow, {"compressor_strength": "compressor_strength"}, **_MEASURED),
        ),
    },
)

COMMON_SENSORS: tuple[SensorRow, ...] = (
    *rows(
        SensorRow,
        {
            "battery_percentage": None,
            "battery": None,
            "va_battery": None,
            "electricity_left": None,
            "residual_electricity": None,
            "wireless_electricity": None,
            "BatteryPercentage": None,
            "current_soc": "state_of_charge",
        },
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        **_BATTERY,
    ),
    # Some report millivolts here, which a fallback to percent must not hide
    *rows(SensorRow, {"battery_value": None}, **_BATTERY),
    *rows(SensorRow, {"battery_state": "battery_state", "battery_status": "battery_status"}, **_DIAGNOSTIC),
    *rows(
        SensorRow,
        {
            "va_temperature": None,
            "temp_current": None,
            "temp_indoor": None,
            "sensor_temperature": None,
            "temp_floor": "floor_temperature",
            "TempFloor": "floor_temperature",
            "soil_temp": "soil_temperature",
            "soil_temperature": "soil_temperature",
        },
        **_TEMPERATURE,
    ),
    *rows(SensorRow, {"temperature": None, "temp_value": None}, **_TEMPERATURE, **_REPORTED),
    *rows(
        SensorRow,
        {"temp_current_f": "temperature_fahrenheit", "temp_current_external_f": "probe_temperature_fahrenheit"},
        **_FAHRENHEIT,
    ),
    *numbered(SensorRow, {"temp_current_{}": "temperature_numbered"}, range(1, 9), **_TEMPERATURE),
    *rows(
        SensorRow,
        {
            "va_humidity": None,
            "humidity_value": None,
            "humidity_current": None,
            "humidity_indoor": None,
            "humidity": None,
            "sensor_humidity": None,
        },
        **_HUMIDITY,
    ),
    *rows(
        SensorRow,
        {"soil_humidity": "soil_moisture", "soil_moisture": "soil_moisture"},
        device_class=SensorDeviceClass.MOISTURE,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        **_MEASURED,
    ),
    *rows(SensorRow, {"illuminance_value": None, "lux_value": None, "illuminance": None}, **_ILLUMINANCE),
    *_ELECTRICAL,
    *rows(SensorRow, {"power_total": "total_power", "total_power": "total_power"}, **_POWER),
    *rows(SensorRow, {"leakage_current": "leakage_current"}, **_CURRENT),
    *rows(
        SensorRow,
        {"supply_frequency": "supply_frequency", "power_frequency": "supply_frequency", "freq": "supply_frequency"},
        **_FREQUENCY,
        **_DIAGNOSTIC,
    ),
    *_ENERGY_TOTALS,
    *_ENERGY_INCREMENTS,
    *rows(SensorRow, {"balance_energy": "energy_balance"}, **_ENERGY),
    *_PHASES,
    *_SINGLE_QUANTITIES,
    *_AIR_QUALITY,
    *_WATER_QUALITY,
    *_WATER_METER,
    *_WEATHER,
    *_INVERTER,
    *rows(
        SensorRow,
        {"liquid_depth": "liquid_depth"},
        device_class=SensorDeviceClass.DISTANCE,
        native_unit_of_measurement=UnitOfLength.METERS,
        **_MEASURED,
    ),
    *rows(SensorRow, {"liquid_level_percent": "liquid_level", "speed_current": "pump_speed"}, **_MEASURED),
    *rows(
        SensorRow,
        {"percent_state": "position"},
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        **_MEASURED,
    ),
    *rows(
        SensorRow,
        {
            "countdown_left": "remaining_time",
            "remain_time": "remaining_time",
            "remaining_time": "remaining_time",
            "countdown_left_fan": "fan_remaining_time",
            "fan_countdown_left": "fan_remaining_time",
        },
        **_DURATION,
        **_REPORTED,
    ),
    *rows(
        SensorRow,
        {
            "target_dis_closest": "target_distance",
            "dis_current": "target_distance",
            "target_distance": "target_distance",
        },
        device_class=SensorDeviceClass.DISTANCE,
        native_unit_of_measurement=UnitOfLength.CENTIMETERS,
        **_MEASURED,
    ),
    *rows(
        SensorRow,
        {"filter_life": "filter_life"},
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        **_REPORTED,
        **_MEASURED,
        **_DIAGNOSTIC,
    ),
    *rows(
        SensorRow,
        {
            "checking_result": "self_test_result",
            "drop_state": "fall_state",
            "human_motion_state": "motion_state",
            "scan_result": "scan_result",
        },
        types=_ENUM,
    ),
    *rows(
        SensorRow,
        {
            "liquid_state": "liquid_state",
            "status": "status",
            "work_state": "work_state",
            "temp_alarm": "temperature_alarm",
            "hum_alarm": "humidity_alarm",
        },
    ),
    *rows(SensorRow, {"energy_status": "energy_direction", "online_state": "online_state"}, **_DIAGNOSTIC),
    *rows(SensorRow, {"meter_id": "meter_id", "breaker_number": "breaker_number"}, **_DIAGNOSTIC, **_DISABLED),
    *rows(
        SensorRow,
        {"rssi": None, "signal_strength": None},
        device_class=SensorDeviceClass.SIGNAL_STRENGTH,
        native_unit_of_measurement=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
        **_MEASURED,
        **_DIAGNOSTIC,
        **_DISABLED,
    ),
    *rows(
        SensorRow,
        {"linkquality": "link_quality", "link_quality": "link_quality"},
        **_MEASURED,
        **_DIAGNOSTIC,
        **_DISABLED,
    ),
)
