"""The rule for data points that no table knows."""

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, Platform
import pytest

from custom_components.iot_gateway.mapping.generic import generic_row
from custom_components.iot_gateway.mapping.rows import SensorRow
from custom_components.iot_gateway.model import Access, DataPoint, DataType

BINARY_SENSOR, SENSOR = Platform.BINARY_SENSOR, Platform.SENSOR
NUMBER, SELECT, SWITCH, TEXT = Platform.NUMBER, Platform.SELECT, Platform.SWITCH, Platform.TEXT

EXPECTED = {
    # type: (platform where it can be set, platform where it can only be read)
    DataType.BOOLEAN: (SWITCH, BINARY_SENSOR),
    DataType.INTEGER: (NUMBER, SENSOR),
    DataType.FLOAT: (NUMBER, SENSOR),
    DataType.ENUM: (SELECT, SENSOR),
    DataType.STRING: (TEXT, SENSOR),
    DataType.JSON: (TEXT, SENSOR),
    DataType.RAW: (TEXT, SENSOR),
    DataType.STRUCT: (TEXT, SENSOR),
    DataType.BITMAP: (BINARY_SENSOR, BINARY_SENSOR),
    DataType.TIMESTAMP: (SENSOR, SENSOR),
}


def test_every_type_is_here() -> None:
    """A new type needs a line above."""
    assert set(EXPECTED) == set(DataType)


@pytest.mark.parametrize("access", Access)
@pytest.mark.parametrize("data_type", DataType)
def test_by_type_and_access(data_type: DataType, access: Access) -> None:
    """Each type has its platform; all are named, sorted away and disabled until somebody wants them."""
    options = ("a", "b") if data_type is DataType.ENUM else ()
    point = DataPoint(code="my_code_2", type=data_type, access=access, options=options)
    platform, row = generic_row(point)
    assert platform is EXPECTED[data_type][0 if point.writable else 1]
    assert row.key == row.data_point == "my_code_2"
    assert row.name == "My code 2"
    assert row.entity_registry_enabled_default is False
    sets = platform in (NUMBER, SELECT, SWITCH, TEXT)
    assert row.entity_category is (EntityCategory.CONFIG if sets else EntityCategory.DIAGNOSTIC)


def test_enum_without_options_is_a_text() -> None:
    """There is nothing to select from, but it can still be set."""
    platform, _ = generic_row(DataPoint(code="mode", type=DataType.ENUM, access=Access.READ_WRITE))
    assert platform is Platform.TEXT


def test_bitmap_is_a_problem() -> None:
    """Tuya has this type for faults alone."""
    for access in Access:
        _, row = generic_row(DataPoint(code="x", type=DataType.BITMAP, access=access))
        assert row.device_class is BinarySensorDeviceClass.PROBLEM


@pytest.mark.parametrize(
    ("unit", "device_class", "state_class"),
    [
        ("℃", SensorDeviceClass.TEMPERATURE, SensorStateClass.MEASUREMENT),
        ("W", SensorDeviceClass.POWER, SensorStateClass.MEASUREMENT),
        ("kWh", SensorDeviceClass.ENERGY, None),
        ("%", None, None),
        ("", None, None),
    ],
)
def test_unit_says_what_is_measured(
    unit: str, device_class: SensorDeviceClass | None, state_class: SensorStateClass | None
) -> None:
    """A sensor has the class that its unit leaves no doubt about; whether energy only grows it does not say."""
    _, row = generic_row(DataPoint(code="x", type=DataType.INTEGER, access=Access.READ, unit=unit))
    assert isinstance(row, SensorRow)
    assert (row.device_class, row.state_class) == (device_class, state_class)
    _, row = generic_row(DataPoint(code="x", type=DataType.INTEGER, access=Access.READ_WRITE, unit=unit))
    assert row.device_class is None
