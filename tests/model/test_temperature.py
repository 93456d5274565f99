"""The unit of temperatures."""

import pytest

from custom_components.iot_gateway.model import Access, DataPoint, DataType, Device, DeviceSchema
from custom_components.iot_gateway.model.steps import on_step
from custom_components.iot_gateway.model.temperature import (
    CELSIUS,
    FAHRENHEIT,
    named_unit,
    set_unit,
    temperature_unit,
    unit_setting,
)


def number(code: str = "temp_set", unit: str = "") -> DataPoint:
    """Return an Integer that can be set."""
    return DataPoint(code=code, type=DataType.INTEGER, access=Access.READ_WRITE, unit=unit)


def choice(code: str, access: Access = Access.READ_WRITE) -> DataPoint:
    """Return an Enum of units."""
    return DataPoint(code=code, type=DataType.ENUM, access=access, options=("c", "f"), known=("c", "f"))


def device(*points: DataPoint, **state: object) -> Device:
    """Return a device that has said all of `state`."""
    made = Device(id="one", schema=DeviceSchema("wk", {point.code: point for point in points}))
    made.apply(state)
    return made


@pytest.mark.parametrize("spelling", ["℃", "°C", "c", "C", "Celsius", " 'C ", "ºc", "摄氏度"])
def test_celsius(spelling: str) -> None:
    """Degrees Celsius have many names; the code does not matter where the unit is named."""
    assert named_unit(number(unit=spelling)) == CELSIUS
    assert named_unit(number("temp_set_f", spelling)) == CELSIUS


@pytest.mark.parametrize("spelling", ["℉", "°F", "f", "F", "Fahrenheit", "'F", "华氏度"])
def test_fahrenheit(spelling: str) -> None:
    """So have degrees Fahrenheit."""
    assert named_unit(number(unit=spelling)) == FAHRENHEIT


@pytest.mark.parametrize("spelling", ["", "℃/F", "℃ ℉", "K"])
def test_neither(spelling: str) -> None:
    """A unit that can be both, or is none, is told by the end of the code or by nothing."""
    assert named_unit(number(unit=spelling)) is None
    assert named_unit(number("temp_set_f", spelling)) == FAHRENHEIT


@pytest.mark.parametrize("code", ["temp_unit_convert", "temp_unit", "c_f", "unit_convert"])
@pytest.mark.parametrize(("set_to", "unit"), [("c", CELSIUS), ("f", FAHRENHEIT), ("F", FAHRENHEIT)])
def test_setting(code: str, set_to: str, unit: str) -> None:
    """What names no unit has the one that the device is set to, also where its schema lacks that."""
    gadget = device(number(), number("temp_current", "℃"), choice(code), **{code: set_to})
    assert unit_setting(gadget.schema) == code
    assert set_unit(gadget) == unit
    assert temperature_unit(gadget, "temp_set") == unit
    assert temperature_unit(gadget, "temp_current") == CELSIUS


def test_default() -> None:
    """Without a setting, or one that says nothing known, the default is left."""
    gadget = device(number(), number("temp_current_f"))
    assert unit_setting(gadget.schema) is None
    assert set_unit(gadget) is None
    assert temperature_unit(gadget, "temp_set") == CELSIUS
    assert temperature_unit(gadget, "temp_set", FAHRENHEIT) == FAHRENHEIT
    assert temperature_unit(gadget, "temp_current_f") == FAHRENHEIT
    silent = device(number(), choice("temp_unit_convert"))
    assert set_unit(silent) is None
    assert temperature_unit(silent, "temp_set", FAHRENHEIT) == FAHRENHEIT
    odd = device(number(), choice("temp_unit_convert"), temp_unit_convert="kelvin")
    assert temperature_unit(odd, "temp_set") == CELSIUS


def test_no_setting() -> None:
    """What is never reported, or is no choice, sets no unit."""
    assert unit_setting(device(choice("temp_unit_convert", Access.WRITE)).schema) is None
    assert unit_setting(device(number("temp_unit_convert")).schema) is None


@pytest.mark.parametrize(
    ("minimum", "scale", "step", "value", "nearest"),
    [
        (50, 1, 5, 21.3, 21.5),
        (50, 1, 5, 21.2, 21.0),
        (16, 0, 1, 23.6, 24),
        (5, 1, 5, 20.1, 20.0),
        (25, 0, 5, 52, 50),
        (-400, 1, 5, -10.2, -10.0),
        # By less than half a step: it comes from a conversion
        (160, 1, 10, 15.6, 16.0),
        # Beyond the limit, and it stays there
        (16, 0, 1, 15, 15),
        (None, 0, 1, 7.4, 7),
    ],
)
def test_on_step(minimum: float | None, scale: int, step: float, value: float, nearest: float) -> None:
    """A value goes to the nearest step."""
    point = DataPoint(
        code="temp_set",
        type=DataType.INTEGER,
        access=Access.READ_WRITE,
        minimum=minimum,
        maximum=1000,
        scale=scale,
        step=step,
    )
    assert on_step(point, value) == pytest.approx(nearest)


def test_float_has_no_steps() -> None:
    """A Float goes as it is."""
    assert on_step(DataPoint(code="t", type=DataType.FLOAT, access=Access.READ_WRITE), 21.37) == 21.37
