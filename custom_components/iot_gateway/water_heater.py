"""Water heaters."""

from homeassistant.components.water_heater import WaterHeaterEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.composite import WaterHeaterRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the water heaters of an entry."""
    async_setup_platform(entry, Platform.WATER_HEATER, TuyaWaterHeater, async_add_entities)


class TuyaWaterHeater(CompositeEntity, WaterHeaterEntity):
    """A water heater."""

    entity_description: WaterHeaterRow
