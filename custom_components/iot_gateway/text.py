"""Texts."""

from typing import override

from homeassistant.components.text import TextEntity
from homeassistant.const import MAX_LENGTH_STATE_STATE, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import ATTR_FULL_VALUE
from .entity import DataPointEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.rows import TextRow
from .model import Device, raw_text

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the texts of an entry."""
    async_setup_platform(entry, Platform.TEXT, DataPointText, async_add_entities)


class DataPointText(DataPointEntity, TextEntity):
    """A String, Json or Raw (in base64) that can be set.

    Home Assistant's states end at 255 characters. A longer text is the attribute `full_value`, and the state is
    unknown; `iot_gateway.set_data_point` sets texts of any length.
    """

    entity_description: TextRow

    _unrecorded_attributes = frozenset({ATTR_FULL_VALUE})

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Take the longest text from the data point."""
        super().__init__(hub, device, plan)
        self._attr_native_max = min(self.point.maxlen or MAX_LENGTH_STATE_STATE, MAX_LENGTH_STATE_STATE)

    @override
    @callback
    def _refresh(self) -> None:
        text = None
        if self.point_value is not None:
            text = raw_text(self.device.state[self.code])
        fits = text is None or len(text) <= self._attr_native_max
        self._attr_native_value = text if fits else None
        self._attr_extra_state_attributes = {} if fits else {ATTR_FULL_VALUE: text}

    @override
    async def async_set_value(self, value: str) -> None:
        """Set the text."""
        await self._set(value)
