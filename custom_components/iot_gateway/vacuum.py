"""Vacuums."""

from homeassistant.components.vacuum import StateVacuumEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.composite import VacuumRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the vacuums of an entry."""
    async_setup_platform(entry, Platform.VACUUM, TuyaVacuum, async_add_entities)


class TuyaVacuum(CompositeEntity, StateVacuumEntity):
    """A vacuum."""

    entity_description: VacuumRow
