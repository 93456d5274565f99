"""Buttons."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DataPointEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.rows import ButtonRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the buttons of an entry."""
    async_setup_platform(entry, Platform.BUTTON, DataPointButton, async_add_entities)


class DataPointButton(DataPointEntity, ButtonEntity):
    """Sets a data point to the one value that makes the device do something."""

    entity_description: ButtonRow

    @override
    async def async_press(self) -> None:
        """Press it."""
        await self._set(self.entity_description.press)
