"""What a quirk says of a data point's entity, put into its row; what does not fit the platform is left and logged."""

from dataclasses import replace
from enum import StrEnum
import logging
from typing import Any

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.components.cover import CoverDeviceClass
from homeassistant.components.event import EventDeviceClass
from homeassistant.components.humidifier.const import HumidifierDeviceClass
from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import DEVICE_CLASS_STATE_CLASSES
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.components.valve.const import ValveDeviceClass
from homeassistant.const import EntityCategory, Platform

from ..model import DataPoint, DataType, DeviceSchema
from .rows import BinarySensorRow, Row, SensorRow
from .units import resolve_number_unit, resolve_sensor_unit

_LOGGER = logging.getLogger(__name__)

DEVICE_CLASSES: dict[Platform, type[StrEnum]] = {
    Platform.BINARY_SENSOR: BinarySensorDeviceClass,
    Platform.BUTTON: ButtonDeviceClass,
    Platform.COVER: CoverDeviceClass,
    Platform.EVENT: EventDeviceClass,
    Platform.HUMIDIFIER: HumidifierDeviceClass,
    Platform.NUMBER: NumberDeviceClass,
    Platform.SENSOR: SensorDeviceClass,
    Platform.SWITCH: SwitchDeviceClass,
    Platform.VALVE: ValveDeviceClass,
}
"""The device classes of each platform that has any."""

_NUMBERS = (DataType.INTEGER, DataType.FLOAT)
_READ_ONLY = (Platform.BINARY_SENSOR, Platform.EVENT, Platform.SENSOR)
_NOT_OF_NUMBERS = {
    SensorDeviceClass.DATE: (),
    SensorDeviceClass.ENUM: (DataType.ENUM,),
    SensorDeviceClass.TIMESTAMP: (DataType.TIMESTAMP,),
}


def changed(platform: Platform, row: Row, schema: DeviceSchema) -> Row:
    """Return a row as the quirks of a schema have it.

    Of a data point that several entities show, each a part, only what is true of all of them is changed.
    """
    change = schema.entity_changes.get(row.data_point)
    if change is None:
        return row
    point = schema.points[row.data_point]
    said: dict[str, Any] = {}
    if change.enabled is not None:
        said["entity_registry_enabled_default"] = change.enabled
    if change.category is not None:
        category = EntityCategory(change.category) if change.category else None
        if category is EntityCategory.CONFIG and platform in _READ_ONLY:
            _refuse(schema, point, f"a {platform} cannot be among the configuration entities")
        else:
            said["entity_category"] = category
    if not (isinstance(row, SensorRow) and row.part) and not (isinstance(row, BinarySensorRow) and row.label):
        if change.name is not None:
            said |= {"name": change.name, "main": False}
        if change.device_class is not None:
            said |= _device_class(platform, schema, point, change.device_class)
        if change.state_class is not None:
            said |= _state_class(
                platform, schema, point, change.state_class, said.get("device_class", row.device_class)
            )
    return replace(row, **said)


def _device_class(platform: Platform, schema: DeviceSchema, point: DataPoint, name: str) -> dict[str, Any]:
    """Return what a row with this device class has, nothing where it cannot have it."""
    if not name:
        return {"device_class": None}
    kind = DEVICE_CLASSES.get(platform)
    if kind is None or name not in set(kind):
        classes = ", ".join(sorted(kind)) if kind else "none"
        _refuse(schema, point, f"{name} is no device class of a {platform}, which has {classes}")
        return {}
    device_class = kind(name)
    unit: object = device_class
    if isinstance(device_class, SensorDeviceClass):
        if point.type not in _NOT_OF_NUMBERS.get(device_class, _NUMBERS):
            _refuse(
                schema, point, f"a sensor of the device class {name} does not show a data point of type {point.type}"
            )
            return {}
        if device_class not in _NOT_OF_NUMBERS:
            unit, _ = resolve_sensor_unit(device_class, point.unit, None)
    elif isinstance(device_class, NumberDeviceClass):
        unit, _ = resolve_number_unit(device_class, point.unit, None)
    if unit is None:
        _refuse(
            schema, point, f"the device class {name} does not take the unit {point.unit or '(none)'}; give it another"
        )
        return {}
    return {"device_class": device_class}


def _state_class(
    platform: Platform, schema: DeviceSchema, point: DataPoint, name: str, device_class: object
) -> dict[str, Any]:
    """Return what a row with this state class has, nothing where it cannot have it."""
    if platform is not Platform.SENSOR or (name and point.type not in _NUMBERS):
        _refuse(schema, point, "only a sensor of a number has a state class")
        return {}
    if not name:
        return {"state_class": None}
    state_class = SensorStateClass(name)
    if isinstance(device_class, SensorDeviceClass) and state_class not in DEVICE_CLASS_STATE_CLASSES[device_class]:
        _refuse(schema, point, f"the device class {device_class} does not take the state class {name}")
        return {}
    return {"state_class": state_class}


def _refuse(schema: DeviceSchema, point: DataPoint, reason: str) -> None:
    _LOGGER.warning("Quirk %s, data point %s: %s", ", ".join(schema.quirks), point.code, reason)
