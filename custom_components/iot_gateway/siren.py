"""Sirens."""

from homeassistant.components.siren import SirenEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.composite import SirenRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sirens of an entry."""
    async_setup_platform(entry, Platform.SIREN, TuyaSiren, async_add_entities)


class TuyaSiren(CompositeEntity, SirenEntity):
    """A siren."""

    entity_description: SirenRow
