"""Fans."""

from homeassistant.components.fan import FanEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.composite import FanRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the fans of an entry."""
    async_setup_platform(entry, Platform.FAN, TuyaFan, async_add_entities)


class TuyaFan(CompositeEntity, FanEntity):
    """A fan."""

    entity_description: FanRow
