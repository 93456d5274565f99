"""Selects."""

from typing import override

from homeassistant.components.select import SelectEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DataPointEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.rows import SelectRow
from .model import Device

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the selects of an entry."""
    async_setup_platform(entry, Platform.SELECT, DataPointSelect, async_add_entities)


class DataPointSelect(DataPointEntity, SelectEntity):
    """An Enum that can be set to one of its options."""

    entity_description: SelectRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Take the options from the data point."""
        super().__init__(hub, device, plan)
        self._attr_options = list(self.point.options)

    @override
    @callback
    def _refresh(self) -> None:
        value = self.point_value
        if not self.point.choices and not isinstance(self.device.state.get(self.code), str):
            # A number among names may be one of them or count them: which of the two, nobody knows
            value = None
        self._attr_current_option = value if isinstance(value, str) and value in self._attr_options else None

    @override
    async def async_select_option(self, option: str) -> None:
        """Select an option."""
        await self._set(option)
