"""Events: button presses and the like, fired by each report of a data point."""

from collections.abc import Mapping
import json
import logging
from typing import Any, override

from homeassistant.components.event import ATTR_EVENT_TYPE, ATTR_EVENT_TYPES, ATTR_MULTI_PRESS_COUNT, EventEntity
from homeassistant.const import (
    ATTR_ATTRIBUTION,
    ATTR_DEVICE_CLASS,
    ATTR_ENTITY_PICTURE,
    ATTR_FRIENDLY_NAME,
    ATTR_ICON,
    ATTR_SUPPORTED_FEATURES,
    Platform,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .entity import DataPointEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.rows import EventRow
from .model import (
    DataType,
    Device,
    Value,
    is_secret,
    message_command,
    message_fields,
    message_time,
    message_without_files,
)

PARALLEL_UPDATES = 0

_LOGGER = logging.getLogger(__name__)

_TEXTS = (DataType.STRING, DataType.RAW, DataType.JSON)
ATTR_COMMAND = "command"
ATTR_MESSAGE = "message"
ATTR_TIME = "time"
ATTR_VALUE = "value"

_OWN_ATTRIBUTES = frozenset(
    {
        ATTR_ATTRIBUTION,
        ATTR_DEVICE_CLASS,
        ATTR_ENTITY_PICTURE,
        ATTR_EVENT_TYPE,
        ATTR_EVENT_TYPES,
        ATTR_FRIENDLY_NAME,
        ATTR_ICON,
        ATTR_SUPPORTED_FEATURES,
    }
)
_LONGEST = 4096
"""Characters of a message that are told: Home Assistant records no attributes of more than 16 KiB."""


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the events of an entry."""
    async_setup_platform(entry, Platform.EVENT, DataPointEvent, async_add_entities)


def fired_signal(unique_id: str) -> str:
    """Return the dispatcher's signal of an event entity's firing; it carries the event type and the attributes."""
    return f"{DOMAIN}_fired_{unique_id}"


def event_attributes(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of an event of a device's model as attributes, without what opens something.

    One that is called as an attribute of Home Assistant's own gets an underscore behind it; long texts are cut, and what is long
    and no text becomes the beginning of its JSON.
    """
    attributes = {}
    for name, value in params.items():
        if not is_secret(name):
            attributes[f"{name}_" if name in _OWN_ATTRIBUTES else name] = _shortened(value)
    return attributes


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_LONGEST]
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
        return value if len(text) <= _LONGEST else text[:_LONGEST]
    return value


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
        """Return what is told with an event of a value: a message as the text that it is, anything else as it came.

        Of a message that is JSON also what it is about and when that was; its pictures are left to the image entity.
        """
        if self.point.event and isinstance(value, dict):
            return event_attributes(value)
        if value is True:
            return {}
        if self.point.type not in _TEXTS:
            return {ATTR_VALUE: value}
        if message_fields(value) is None:
            text = message_without_files(value)
            return {ATTR_MESSAGE: str(self.device.state.get(self.code, "") if text is None else text)[:_LONGEST]}
        detail = {ATTR_MESSAGE: (message_without_files(value) or "")[:_LONGEST]}
        if (command := message_command(value)) is not None:
            detail[ATTR_COMMAND] = command
        if (seconds := message_time(value)) is not None:
            detail[ATTR_TIME] = dt_util.utc_from_timestamp(seconds).isoformat()
        return detail

    @callback
    def _fire(self, event_type: str, attributes: dict[str, Any]) -> None:
        """Fire, for those who look at the entity and for the device triggers."""
        self._trigger_event(event_type, attributes or None)
        self.async_write_ha_state()
        async_dispatcher_send(self.hass, self._signal, event_type, attributes)
