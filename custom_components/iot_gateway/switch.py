"""Switches."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DataPointEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.rows import SwitchRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the switches of an entry."""
    async_setup_platform(entry, Platform.SWITCH, DataPointSwitch, async_add_entities)


class DataPointSwitch(DataPointEntity, SwitchEntity):
    """A Boolean that can be set."""

    entity_description: SwitchRow

    @override
    @callback
    def _refresh(self) -> None:
        value = self.point_value
        self._attr_is_on = value if isinstance(value, bool) else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        await self._set(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self._set(False)
