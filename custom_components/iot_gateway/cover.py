"""Covers."""

from homeassistant.components.cover import CoverEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.composite import CoverRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the covers of an entry."""
    async_setup_platform(entry, Platform.COVER, TuyaCover, async_add_entities)


class TuyaCover(CompositeEntity, CoverEntity):
    """A cover."""

    entity_description: CoverRow
