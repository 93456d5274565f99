"""Humidifiers."""

from homeassistant.components.humidifier import HumidifierEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.composite import HumidifierRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the humidifiers of an entry."""
    async_setup_platform(entry, Platform.HUMIDIFIER, TuyaHumidifier, async_add_entities)


class TuyaHumidifier(CompositeEntity, HumidifierEntity):
    """A humidifier."""

    entity_description: HumidifierRow
