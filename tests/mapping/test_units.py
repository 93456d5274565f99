"""Units as devices spell them."""

from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.sensor import SensorDeviceClass
import pytest

from custom_components.iot_gateway.mapping.units import (
    device_class_of,
    known_unit,
    resolve_number_unit,
    resolve_sensor_unit,
)

TEMPERATURE, HUMIDITY = SensorDeviceClass.TEMPERATURE, SensorDeviceClass.HUMIDITY


@pytest.mark.parametrize(
    ("device_class", "spelt", "fallback", "unit"),
    [
        (TEMPERATURE, "℃", None, "°C"),
        (TEMPERATURE, "°F", "°C", "°F"),
        (TEMPERATURE, " C ", None, "°C"),
        (TEMPERATURE, "", "°C", "°C"),
        (HUMIDITY, "%RH", None, "%"),
        (SensorDeviceClass.ENERGY, "kW·h", None, "kWh"),
        (SensorDeviceClass.ENERGY, "度", None, "kWh"),
        (SensorDeviceClass.CURRENT, "mA", None, "mA"),
        (SensorDeviceClass.PM25, "ug/m3", None, "μg/m³"),
        (SensorDeviceClass.DURATION, "M", None, "min"),
        (SensorDeviceClass.DISTANCE, "M", None, "m"),
        (SensorDeviceClass.PRECIPITATION_INTENSITY, "mm", None, "mm/h"),
        (SensorDeviceClass.PRECIPITATION, "mm", None, "mm"),
        (SensorDeviceClass.POWER_FACTOR, "", None, None),
    ],
)
def test_unit_of_a_class(device_class: SensorDeviceClass, spelt: str, fallback: str | None, unit: str | None) -> None:
    """One spelling may mean two units; the device class says which."""
    assert resolve_sensor_unit(device_class, spelt, fallback) == (device_class, unit)


def test_unknown_spelling_takes_the_fallback() -> None:
    """Seen: "℃" that went through a wrong encoding. The class stays and the standard unit stands in."""
    assert resolve_sensor_unit(TEMPERATURE, "Ôäâ", "°C") == (TEMPERATURE, "°C")
    assert resolve_sensor_unit(TEMPERATURE, "Ôäâ", None) == (None, "Ôäâ")


@pytest.mark.parametrize(("spelt", "unit"), [("kWh", "kWh"), ("%", "%"), ("mV", "mV")])
def test_a_known_unit_that_does_not_fit_costs_the_class(spelt: str, unit: str) -> None:
    """The value is never shown in a unit that the device did not mean, whatever the fallback."""
    assert resolve_sensor_unit(TEMPERATURE, spelt, "°C") == (None, unit)


def test_without_a_class() -> None:
    """The device's own spelling stays, none is filled in; that there is none on purpose makes it a number's."""
    assert resolve_sensor_unit(None, "㎡", None) == (None, "㎡")
    assert resolve_sensor_unit(None, "furlongs", "m") == (None, "furlongs")
    assert resolve_sensor_unit(None, "", None, unitless=True) == (None, "")
    assert resolve_sensor_unit(None, "", "%", unitless=True) == (None, "%")
    assert resolve_sensor_unit(SensorDeviceClass.PH, "", None, unitless=True) == (SensorDeviceClass.PH, None)
    assert resolve_sensor_unit(None, "", "min") == (None, "min")
    assert resolve_sensor_unit(None, "", None) == (None, None)
    assert resolve_sensor_unit(SensorDeviceClass.TIMESTAMP, "", None) == (SensorDeviceClass.TIMESTAMP, None)


def test_numbers() -> None:
    """The same for numbers, by their own table."""
    assert resolve_number_unit(NumberDeviceClass.DURATION, "秒", None) == (NumberDeviceClass.DURATION, "s")
    assert resolve_number_unit(NumberDeviceClass.TEMPERATURE, "", "°C") == (NumberDeviceClass.TEMPERATURE, "°C")
    assert resolve_number_unit(NumberDeviceClass.TEMPERATURE, "%", "°C") == (None, "%")
    assert resolve_number_unit(None, "pct", None) == (None, "pct")
    assert resolve_number_unit(None, "", None, unitless=True) == (None, "")


def test_known_unit() -> None:
    """A spelling means what is asked for, or nothing."""
    assert known_unit("M", {"min", "h"}) == "min"
    assert known_unit("min", {"min"}) == "min"
    assert known_unit("M", {"m"}) == "m"
    assert known_unit("℃", {"min"}) is None
    assert known_unit("", {"min"}) is None


@pytest.mark.parametrize(
    ("spelt", "device_class"),
    [
        ("℃", TEMPERATURE),
        ("kW·h", SensorDeviceClass.ENERGY),
        ("mA", SensorDeviceClass.CURRENT),
        ("lux", SensorDeviceClass.ILLUMINANCE),
        ("%", None),
        ("mm", None),
        ("ppm", None),
        ("", None),
        ("bananas", None),
    ],
)
def test_what_a_unit_measures(spelt: str, device_class: SensorDeviceClass | None) -> None:
    """Where a unit belongs to one quantity, it says what an unknown sensor measures."""
    assert device_class_of(spelt) is device_class
