"""The generic rule: the entity that a data point gets by its type alone."""

from typing import Any

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, Platform

from ..model import EVENT_PREFIX, VOICE_EVENT, DataPoint, DataType
from .naming import readable_name
from .rows import BinarySensorRow, EventRow, NumberRow, Row, SelectRow, SensorRow, SwitchRow, TextRow
from .units import device_class_of


def generic_row(point: DataPoint) -> tuple[Platform, Row]:
    """Return the platform and the row of a data point that no table knows.

    Such entities are named from the code, sorted under configuration where they can be set and under diagnostics
    where not, and disabled until the user wants them.
    """
    if point.event:
        return Platform.EVENT, _event_row(point)
    if point.writable:
        platform = _WRITABLE.get(point.type, Platform.SENSOR)
        if platform is Platform.SELECT and not point.options:
            platform = Platform.TEXT
    else:
        platform = _READABLE.get(point.type, Platform.SENSOR)
    row_type = _ROWS[platform]
    measured: dict[str, Any] = {}
    if point.type is DataType.BITMAP:
        # Tuya has this type for faults and alarms alone
        measured = {"device_class": BinarySensorDeviceClass.PROBLEM}
    elif platform is Platform.SENSOR and (device_class := device_class_of(point.unit)) is not None:
        measured = {"device_class": device_class}
        if device_class not in _COUNTED:
            measured["state_class"] = SensorStateClass.MEASUREMENT
    # A sensor can only be read, so it is no configuration even where the data point is writable
    category = EntityCategory.CONFIG if point.writable and platform in _SETTING else EntityCategory.DIAGNOSTIC
    return platform, row_type(
        key=point.code,
        name=readable_name(point.code),
        entity_category=category,
        entity_registry_enabled_default=False,
        **measured,
    )


def _event_row(point: DataPoint) -> EventRow:
    """Return the row of an event of a device's model. It is there because it happened, so it is enabled."""
    name = point.code.removeprefix(EVENT_PREFIX)
    if name == VOICE_EVENT:
        return EventRow(key=point.code, translation_key="voice_command", event_types=["understood"])
    return EventRow(key=point.code, translation_key="device_event", name=readable_name(name), event_types=["triggered"])


# Whether such a value only grows its code does not tell
_COUNTED = {SensorDeviceClass.ENERGY}

_WRITABLE = {
    DataType.BOOLEAN: Platform.SWITCH,
    DataType.INTEGER: Platform.NUMBER,
    DataType.FLOAT: Platform.NUMBER,
    DataType.ENUM: Platform.SELECT,
    DataType.STRING: Platform.TEXT,
    DataType.JSON: Platform.TEXT,
    DataType.RAW: Platform.TEXT,
    DataType.STRUCT: Platform.TEXT,
    DataType.BITMAP: Platform.BINARY_SENSOR,
    DataType.TIMESTAMP: Platform.SENSOR,
}
_READABLE = {
    DataType.BOOLEAN: Platform.BINARY_SENSOR,
    DataType.BITMAP: Platform.BINARY_SENSOR,
}
_ROWS: dict[Platform, type[Row]] = {
    Platform.BINARY_SENSOR: BinarySensorRow,
    Platform.NUMBER: NumberRow,
    Platform.SELECT: SelectRow,
    Platform.SENSOR: SensorRow,
    Platform.SWITCH: SwitchRow,
    Platform.TEXT: TextRow,
}
_SETTING = {Platform.NUMBER, Platform.SELECT, Platform.SWITCH, Platform.TEXT}
