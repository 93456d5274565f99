"""Numbers."""

from typing import override

from homeassistant.components.number import NumberDeviceClass, NumberEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DataPointEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.rows import NumberRow
from .mapping.units import resolve_number_unit
from .model import Device
from .model.temperature import temperature_unit, unit_setting

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
            row.device_class, point.unit, row.native_unit_of_measurement, unitless=point.unitless
        )
        if row.device_class is not None and self._attr_device_class is None:
            self._name_without_device_class()
        self._follows_unit_setting = False
        if (
            self._attr_device_class is NumberDeviceClass.TEMPERATURE
            and not point.unit
            and not row.data_point.endswith("_f")
            and (setting := unit_setting(device.schema)) is not None
        ):
            self._follows_unit_setting = True
            self.codes = (*self.codes, setting)

    @override
    @callback
    def _refresh(self) -> None:
        if self._follows_unit_setting:
            self._attr_native_unit_of_measurement = temperature_unit(self.device, self.code)
        value = self.point_value
        self._attr_native_value = value if isinstance(value, int | float) else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the number."""
        await self._set(value)
