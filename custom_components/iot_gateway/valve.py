"""Valves."""

from homeassistant.components.valve.entity import ValveEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.composite import ValveRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the valves of an entry."""
    async_setup_platform(entry, Platform.VALVE, TuyaValve, async_add_entities)


class TuyaValve(CompositeEntity, ValveEntity):
    """A valve."""

    entity_description: ValveRow
