"""Sensors."""

from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import MAX_LENGTH_STATE_STATE, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import ATTR_FULL_VALUE
from .entity import DataPointEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.rows import SensorRow
from .mapping.units import resolve_sensor_unit
from .model import DataType, Device, raw_text

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sensors of an entry."""
    async_setup_platform(entry, Platform.SENSOR, DataPointSensor, async_add_entities)


class DataPointSensor(DataPointEntity, SensorEntity):
    """Shows a data point, or a part of it."""

    entity_description: SensorRow

    _unrecorded_attributes = frozenset({ATTR_FULL_VALUE})

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Take unit and options from the data point."""
        super().__init__(hub, device, plan)
        self._attr_extra_state_attributes = {}
        row, point = self.entity_description, self.point
        numeric = point.type in (DataType.INTEGER, DataType.FLOAT) or row.part is not None
        if numeric:
            unit = "" if row.part is not None else point.unit
            self._attr_device_class, self._attr_native_unit_of_measurement = resolve_sensor_unit(
                row.device_class, unit, row.native_unit_of_measurement
            )
            if row.device_class is not None and self._attr_device_class is None:
                # The class went because the unit does not fit it; a unit to convert to would not fit either
                self._attr_suggested_unit_of_measurement = None
                self._name_without_device_class()
            if point.scale and row.suggested_display_precision is None and row.suggested_unit_of_measurement is None:
                self._attr_suggested_display_precision = point.scale
        elif point.type is DataType.ENUM and point.known and row.device_class in (None, SensorDeviceClass.ENUM):
            self._attr_device_class = SensorDeviceClass.ENUM
            self._attr_options = list(point.known)
            self._attr_native_unit_of_measurement = None
        elif point.type is DataType.TIMESTAMP:
            self._attr_device_class = SensorDeviceClass.TIMESTAMP

    @override
    @callback
    def _refresh(self) -> None:
        value = self.point_value
        if value is not None and (part := self.entity_description.part) is not None:
            self._attr_native_value = part(value)
            return
        if isinstance(value, bytes | dict | list):
            # What nobody decodes is kept as the text that it came as
            value = raw_text(self.device.state[self.code])
        elif isinstance(value, bool):
            value = str(value).lower()
        if isinstance(value, str) and len(value) > MAX_LENGTH_STATE_STATE:
            self._attr_extra_state_attributes = {ATTR_FULL_VALUE: value}
            value = f"{value[: MAX_LENGTH_STATE_STATE - 1]}…"
        elif self._attr_extra_state_attributes:
            self._attr_extra_state_attributes = {}
        self._attr_native_value = value
