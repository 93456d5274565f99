"""Climates."""

from homeassistant.components.climate import ClimateEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.composite import ClimateRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the climates of an entry."""
    async_setup_platform(entry, Platform.CLIMATE, TuyaClimate, async_add_entities)


class TuyaClimate(CompositeEntity, ClimateEntity):
    """A climate."""

    entity_description: ClimateRow
