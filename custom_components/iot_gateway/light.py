"""Lights."""

from homeassistant.components.light import LightEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.composite import LightRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the lights of an entry."""
    async_setup_platform(entry, Platform.LIGHT, TuyaLight, async_add_entities)


class TuyaLight(CompositeEntity, LightEntity):
    """A light."""

    entity_description: LightRow
