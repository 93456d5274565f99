"""Events: button presses and the like, fired by each report of a data point."""

import logging
from typing import Any, override

from homeassistant.components.event import ATTR_MULTI_PRESS_COUNT, EventEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .entity import DataPointEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.rows import EventRow
from .model import DataType, Device, Value, message_text

PARALLEL_UPDATES = 0

_LOGGER = logging.getLogger(__name__)

_TEXTS = (DataType.STRING, DataType.RAW, DataType.JSON)
ATTR_MESSAGE = "message"
ATTR_VALUE = "value"


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the events of an entry."""
    async_setup_platform(entry, Platform.EVENT, DataPointEvent, async_add_entities)


def fired_signal(unique_id: str) -> str:
    """Return the dispatcher's signal of an event entity's firing; it carries the event type and the attributes."""
    return f"{DOMAIN}_fired_{unique_id}"


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
        self._signal = fired_signal(plan.unique_id(device.id))
        self._warned = False
        self._number: int | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the reports."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.listen_reports(self.device.id, self.code, self._reported))

    @callback
    def _reported(self, value: Value | None, number: int | None) -> None:
        """Fire the event that a reported value stands for; once, also where the gateway tells a report twice."""
        row = self.entity_description
        if value is None or (number is not None and number == self._number):
            return
        self._number = number
        if not row.events:
            # A bell that reports false, or an empty picture, was not rung
            if value is not False and value not in ("", b""):
                self._fire(self._attr_event_types[0], self._detail(value))
            return
        if row.about is not None:
            command = row.about(value)
            fallback = self._attr_event_types[0]
            self._fire(fallback if command is None else row.events.get(command, fallback), self._detail(value))
            return
        event_type = row.events.get(str(value), str(value))
        if event_type not in self._attr_event_types:
            if not self._warned:
                self._warned = True
                _LOGGER.warning("%s reports %s, which is no event type it announced", self.entity_id, value)
            return
        count = row.counts.get(str(value))
        self._fire(event_type, {} if count is None else {ATTR_MULTI_PRESS_COUNT: count})

    def _detail(self, value: Value) -> dict[str, Any]:
        """Return what is told with an event of a value: a message as the text that it is, anything else as it came."""
        if value is True:
            return {}
        if self.point.type not in _TEXTS:
            return {ATTR_VALUE: value}
        text = message_text(value)
        return {ATTR_MESSAGE: self.device.state[self.code] if text is None else text}

    @callback
    def _fire(self, event_type: str, attributes: dict[str, Any]) -> None:
        """Fire, for those who look at the entity and for the device triggers."""
        self._trigger_event(event_type, attributes or None)
        self.async_write_ha_state()
        async_dispatcher_send(self.hass, self._signal, event_type, attributes)
