"""Events: button presses and the like, fired by each report of a data point."""

import logging
from typing import override

from homeassistant.components.event import ATTR_MULTI_PRESS_COUNT, EventEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DataPointEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.rows import EventRow
from .model import Device, Value

PARALLEL_UPDATES = 0

_LOGGER = logging.getLogger(__name__)

_NOTHING_HAPPENED = (None, False, "", b"")


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the events of an entry."""
    async_setup_platform(entry, Platform.EVENT, DataPointEvent, async_add_entities)


class DataPointEvent(DataPointEntity, EventEntity):
    """Fires on each report of a data point, also when it is the same as before; never on what is read again."""

    entity_description: EventRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Gather the event types: those of the row, and those that the device's own options lead to."""
        super().__init__(hub, device, plan)
        row = self.entity_description
        types = list(row.event_types or ())
        if row.events:
            # A device that names no options may report any that the row knows
            types += (row.events.get(option, option) for option in self.point.known or row.events)
        self._attr_event_types = list(dict.fromkeys(types))
        self._warned = False

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the reports."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.listen_reports(self.device.id, self.code, self._reported))

    @callback
    def _reported(self, value: Value | None) -> None:
        """Fire the event that a reported value stands for."""
        row = self.entity_description
        if not row.events:
            # A bell that reports false, or an empty picture, was not rung
            if value in _NOTHING_HAPPENED:
                return
            detail = self.device.state[self.code] if isinstance(value, bytes) else value
            self._trigger_event(self._attr_event_types[0], None if value is True else {"value": detail})
            self.async_write_ha_state()
            return
        if value is None:
            return
        event_type = row.events.get(str(value), str(value))
        if event_type not in self._attr_event_types:
            if not self._warned:
                self._warned = True
                _LOGGER.warning("%s reports %s, which is no event type it announced", self.entity_id, value)
            return
        count = row.counts.get(str(value))
        self._trigger_event(event_type, None if count is None else {ATTR_MULTI_PRESS_COUNT: count})
        self.async_write_ha_state()
