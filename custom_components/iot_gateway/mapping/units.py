"""Units as devices spell them, and which of them go with a device class."""

from collections.abc import Container

from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.number.const import DEVICE_CLASS_UNITS as NUMBER_UNITS
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.components.sensor.const import DEVICE_CLASS_UNITS as SENSOR_UNITS
from homeassistant.const import (
    DEGREE,
    LIGHT_LUX,
    SIGNAL_STRENGTH_DECIBELS,
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    UnitOfApparentPower,
    UnitOfArea,
    UnitOfConductivity,
    UnitOfDensity,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfIrradiance,
    UnitOfLength,
    UnitOfMass,
    UnitOfPower,
    UnitOfPrecipitationDepth,
    UnitOfPressure,
    UnitOfRatio,
    UnitOfReactivePower,
    UnitOfSpeed,
    UnitOfTemperature,
    UnitOfTime,
    UnitOfVolume,
    UnitOfVolumeFlowRate,
    UnitOfVolumetricFlux,
)

_SPELLINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (UnitOfRatio.PERCENTAGE, ("pct", "percent", "% rh", "%rh", "rh", "％")),
    (UnitOfRatio.PARTS_PER_MILLION, ("ppm",)),
    (UnitOfRatio.PARTS_PER_BILLION, ("ppb",)),
    (UnitOfTemperature.CELSIUS, ("℃", "°c", "c", "'c", "ºc", "degc", "celsius")),
    (UnitOfTemperature.FAHRENHEIT, ("℉", "°f", "f", "'f", "ºf", "degf", "fahrenheit")),
    (UnitOfTemperature.KELVIN, ("k", "kelvin")),
    (UnitOfElectricCurrent.AMPERE, ("a", "amp", "ampere")),
    (UnitOfElectricCurrent.MILLIAMPERE, ("ma", "milliampere")),
    (UnitOfElectricPotential.VOLT, ("v", "volt")),
    (UnitOfElectricPotential.MILLIVOLT, ("mv", "millivolt")),
    (UnitOfPower.WATT, ("w", "watt")),
    (UnitOfPower.KILO_WATT, ("kw", "kilowatt")),
    (UnitOfReactivePower.VOLT_AMPERE_REACTIVE, ("var",)),
    (UnitOfReactivePower.KILO_VOLT_AMPERE_REACTIVE, ("kvar",)),
    (UnitOfApparentPower.VOLT_AMPERE, ("va",)),
    (UnitOfEnergy.WATT_HOUR, ("wh", "w·h", "w.h", "watthour")),
    (UnitOfEnergy.KILO_WATT_HOUR, ("kwh", "kw·h", "kw.h", "kw/h", "kilowatt-hour", "度")),
    (UnitOfFrequency.HERTZ, ("hz", "hertz")),
    (LIGHT_LUX, ("lx", "lux")),
    (UnitOfIrradiance.WATTS_PER_SQUARE_METER, ("w/m2", "w/m²", "w/㎡")),
    (UnitOfDensity.MICROGRAMS_PER_CUBIC_METER, ("ug/m3", "ug/m³", "µg/m3", "µg/m³", "μg/m3", "ug/㎥", "μg/㎥")),
    (UnitOfDensity.MILLIGRAMS_PER_CUBIC_METER, ("mg/m3", "mg/㎥")),
    (UnitOfPressure.PA, ("pa",)),
    (UnitOfPressure.HPA, ("hpa", "hectopascal")),
    (UnitOfPressure.KPA, ("kpa",)),
    (UnitOfPressure.BAR, ("bar",)),
    (UnitOfPressure.MBAR, ("mbar", "millibar")),
    (UnitOfPressure.INHG, ("inhg",)),
    (UnitOfPressure.PSI, ("psi",)),
    (SIGNAL_STRENGTH_DECIBELS, ("db",)),
    (SIGNAL_STRENGTH_DECIBELS_MILLIWATT, ("dbm",)),
    (UnitOfConductivity.MICROSIEMENS_PER_CM, ("us/cm", "µs/cm", "μs/cm", "us")),
    (UnitOfConductivity.MILLISIEMENS_PER_CM, ("ms/cm",)),
    (UnitOfTime.SECONDS, ("s", "sec", "second", "seconds", "秒")),
    (UnitOfTime.MILLISECONDS, ("ms",)),
    (UnitOfTime.MINUTES, ("min", "mins", "minute", "minutes", "m", "分钟")),
    (UnitOfTime.HOURS, ("h", "hr", "hour", "hours", "小时")),
    (UnitOfTime.DAYS, ("d", "day", "days", "天")),
    (UnitOfVolume.LITERS, ("l", "liter", "litre")),
    (UnitOfVolume.MILLILITERS, ("ml",)),
    (UnitOfVolume.CUBIC_METERS, ("m3", "m³", "㎥")),
    (UnitOfVolume.CUBIC_FEET, ("ft3", "ft³")),
    (UnitOfVolume.GALLONS, ("gal",)),
    (UnitOfVolumeFlowRate.CUBIC_METERS_PER_HOUR, ("m3/h", "m³/h")),
    (UnitOfVolumeFlowRate.LITERS_PER_MINUTE, ("l/min",)),
    (UnitOfMass.GRAMS, ("g",)),
    (UnitOfMass.KILOGRAMS, ("kg",)),
    (UnitOfLength.MILLIMETERS, ("mm",)),
    (UnitOfLength.CENTIMETERS, ("cm",)),
    (UnitOfLength.METERS, ("m", "meter")),
    (UnitOfLength.KILOMETERS, ("km",)),
    (UnitOfPrecipitationDepth.MILLIMETERS, ("mm",)),
    # A rate of rain in "mm" is one of an hour
    (UnitOfVolumetricFlux.MILLIMETERS_PER_HOUR, ("mm", "mm/hr")),
    (UnitOfArea.SQUARE_METERS, ("m2", "㎡", "m²")),
    (UnitOfSpeed.METERS_PER_SECOND, ("m/s",)),
    (UnitOfSpeed.KILOMETERS_PER_HOUR, ("km/h",)),
    (DEGREE, ("°", "deg", "degree", "degrees")),
)

_BY_SPELLING: dict[str, list[str]] = {}
for _unit, _spellings in _SPELLINGS:
    for _spelling in (str(_unit), *_spellings):
        _units = _BY_SPELLING.setdefault(_spelling.lower(), [])
        if str(_unit) not in _units:
            _units.append(str(_unit))


_CLASSES: dict[str, SensorDeviceClass] = {
    UnitOfApparentPower.VOLT_AMPERE: SensorDeviceClass.APPARENT_POWER,
    UnitOfConductivity.MICROSIEMENS_PER_CM: SensorDeviceClass.CONDUCTIVITY,
    UnitOfConductivity.MILLISIEMENS_PER_CM: SensorDeviceClass.CONDUCTIVITY,
    UnitOfElectricCurrent.AMPERE: SensorDeviceClass.CURRENT,
    UnitOfElectricCurrent.MILLIAMPERE: SensorDeviceClass.CURRENT,
    UnitOfElectricPotential.MILLIVOLT: SensorDeviceClass.VOLTAGE,
    UnitOfElectricPotential.VOLT: SensorDeviceClass.VOLTAGE,
    UnitOfEnergy.KILO_WATT_HOUR: SensorDeviceClass.ENERGY,
    UnitOfEnergy.WATT_HOUR: SensorDeviceClass.ENERGY,
    UnitOfFrequency.HERTZ: SensorDeviceClass.FREQUENCY,
    LIGHT_LUX: SensorDeviceClass.ILLUMINANCE,
    UnitOfIrradiance.WATTS_PER_SQUARE_METER: SensorDeviceClass.IRRADIANCE,
    UnitOfPower.KILO_WATT: SensorDeviceClass.POWER,
    UnitOfPower.WATT: SensorDeviceClass.POWER,
    UnitOfPressure.BAR: SensorDeviceClass.PRESSURE,
    UnitOfPressure.HPA: SensorDeviceClass.PRESSURE,
    UnitOfPressure.KPA: SensorDeviceClass.PRESSURE,
    UnitOfPressure.PSI: SensorDeviceClass.PRESSURE,
    UnitOfReactivePower.KILO_VOLT_AMPERE_REACTIVE: SensorDeviceClass.REACTIVE_POWER,
    UnitOfReactivePower.VOLT_AMPERE_REACTIVE: SensorDeviceClass.REACTIVE_POWER,
    UnitOfSpeed.KILOMETERS_PER_HOUR: SensorDeviceClass.SPEED,
    UnitOfSpeed.METERS_PER_SECOND: SensorDeviceClass.SPEED,
    UnitOfTemperature.CELSIUS: SensorDeviceClass.TEMPERATURE,
    UnitOfTemperature.FAHRENHEIT: SensorDeviceClass.TEMPERATURE,
    UnitOfVolumeFlowRate.CUBIC_METERS_PER_HOUR: SensorDeviceClass.VOLUME_FLOW_RATE,
    UnitOfVolumeFlowRate.LITERS_PER_MINUTE: SensorDeviceClass.VOLUME_FLOW_RATE,
}
"""What a unit measures, of those that measure one thing only."""


def known_unit(spelt: str, among: Container[str | None]) -> str | None:
    """Return the unit that a device spells as `spelt`, if it is one of some units; None where it is not."""
    if spelt in among:
        return spelt
    return next((unit for unit in _BY_SPELLING.get(spelt.strip().lower(), ()) if unit in among), None)


def device_class_of(spelt: str) -> SensorDeviceClass | None:
    """Return what a sensor measures that no table knows, by its unit alone; None where that does not tell."""
    return _CLASSES.get(next(iter(_BY_SPELLING.get(spelt.strip().lower(), ())), ""))


def resolve_sensor_unit(
    device_class: SensorDeviceClass | None, spelt: str, fallback: str | None, *, unitless: bool = False
) -> tuple[SensorDeviceClass | None, str | None]:
    """Return the device class and unit of a sensor whose device spells its unit as `spelt`.

    The device's own unit wins where the class allows it, by any of its spellings; `fallback` stands in where the
    device names none, or one that nobody knows (a degree sign that went through the wrong encoding). A known unit
    that doesn't fit costs the class, never the value. Without a class the unit is shown as the device spells it;
    one that the device names as `unitless` is empty, which marks the value as a number all the same.
    """
    return _resolve(device_class, SENSOR_UNITS.get(device_class) if device_class else None, spelt, fallback, unitless)


def resolve_number_unit(
    device_class: NumberDeviceClass | None, spelt: str, fallback: str | None, *, unitless: bool = False
) -> tuple[NumberDeviceClass | None, str | None]:
    """Return the device class and unit of a number; see `resolve_sensor_unit`."""
    return _resolve(device_class, NUMBER_UNITS.get(device_class) if device_class else None, spelt, fallback, unitless)


def _resolve[C](
    device_class: C | None,
    allowed: set[type | str | None] | None,
    spelt: str,
    fallback: str | None,
    unitless: bool,
) -> tuple[C | None, str | None]:
    if allowed is None:
        return device_class, spelt or fallback or ("" if unitless and device_class is None else None)
    known = _BY_SPELLING.get(spelt.strip().lower(), [])
    for candidate in (spelt or None, *known):
        if candidate in allowed and (candidate is not None or fallback is None):
            return device_class, candidate
    if not known and fallback in allowed:
        return device_class, fallback
    return None, spelt or None
