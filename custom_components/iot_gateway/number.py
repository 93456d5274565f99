"""Numbers."""

from typing import override

from homeassistant.components.number import NumberEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DataPointEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.rows import NumberRow
from .mapping.units import resolve_number_unit
from .model import Device

PARALLEL_UPDATES = 0

_NO_LIMIT = 2**31 - 1
"""What an Integer of Tuya's can be at most; stands in where a device names no limit."""


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the numbers of an entry."""
    async_setup_platform(entry, Platform.NUMBER, DataPointNumber, async_add_entities)


class DataPointNumber(DataPointEntity, NumberEntity):
    """An Integer or Float that can be set, within the limits that the device names."""

    entity_description: NumberRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Take limits, step and unit from the data point."""
        super().__init__(hub, device, plan)
        row, point = self.entity_description, self.point
        self._attr_native_min_value = point.shown(-_NO_LIMIT if point.minimum is None else point.minimum)
        self._attr_native_max_value = point.shown(_NO_LIMIT if point.maximum is None else point.maximum)
        self._attr_native_step = point.shown(point.step)
        self._attr_device_class, self._attr_native_unit_of_measurement = resolve_number_unit(
            row.device_class, point.unit, row.native_unit_of_measurement
        )
        if row.device_class is not None and self._attr_device_class is None:
            self._name_without_device_class()

    @override
    @callback
    def _refresh(self) -> None:
        value = self.point_value
        self._attr_native_value = value if isinstance(value, int | float) else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the number."""
        await self._set(value)
