"""Binary sensors."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DataPointEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.rows import BinarySensorRow
from .measure_entity import MeasureEntity, async_setup_measures
from .measures import MeasureKind
from .model import DataType

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the binary sensors of an entry."""
    async_setup_platform(entry, Platform.BINARY_SENSOR, DataPointBinarySensor, async_add_entities)
    async_setup_measures(
        hass, entry, Platform.BINARY_SENSOR, MeasureKind.CONNECTIVITY, MeasureBinarySensor, async_add_entities
    )


class MeasureBinarySensor(MeasureEntity, BinarySensorEntity):
    """Shows whether something is connected."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY

    @override
    @callback
    def _refresh(self) -> None:
        value = self.measure.value()
        self._attr_is_on = None if value is None else bool(value)


class DataPointBinarySensor(DataPointEntity, BinarySensorEntity):
    """Whether a data point has one of certain values, or a Bitmap certain bits."""

    entity_description: BinarySensorRow

    @override
    @callback
    def _refresh(self) -> None:
        value = self.point_value
        if isinstance(value, bytes) or (value is None and self.point.type is DataType.ENUM):
            # Which value means "on" is known, of a Raw in base64; devices report others that their schema lacks ("nopir")
            value = self.device.state.get(self.code)
        if value is None:
            self._attr_is_on = None
            self._attr_extra_state_attributes = {}
            return
        if self.point.type is DataType.BITMAP and isinstance(value, int):
            faults = self.point.faults(value)
            label = self.entity_description.label
            self._attr_is_on = bool(faults) if label is None else label in faults
            if label is None:
                self._attr_extra_state_attributes = {"faults": list(faults)}
        else:
            self._attr_is_on = isinstance(value, bool | int | float | str) and value in self.entity_description.on
