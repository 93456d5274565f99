"""Device triggers: "Button 2 pressed twice", "The doorbell rang".

Each event entity gives its device one trigger for each of its event types. `type` is the event type, `subtype` names
the button by what it is on the device ("button_2", "doorbell"), so that an automation written for one device is the
same for the next of its kind. They are read from the entity registry, so that automations start before the gateway is
reached; they hear the entities themselves, so that every press counts and nothing that is restored or read again does.
"""

from collections.abc import Iterator
from typing import Any

from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.components.device_automation.exceptions import InvalidDeviceAutomationConfig
from homeassistant.components.event import ATTR_MULTI_PRESS_COUNT, ButtonEventType, EventEntityCapabilityAttribute
from homeassistant.const import CONF_DEVICE_ID, CONF_DOMAIN, CONF_PLATFORM, CONF_TYPE, Platform
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import TriggerActionType, TriggerInfo
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from .const import DOMAIN
from .event import fired_signal
from .mapping.event import SUBTYPES
from .model import EVENT_PREFIX

CONF_SUBTYPE = "subtype"

TRIGGER_SCHEMA = DEVICE_TRIGGER_BASE_SCHEMA.extend(
    {
        vol.Required(CONF_TYPE): cv.string,
        vol.Required(CONF_SUBTYPE): cv.string,
        vol.Optional(ATTR_MULTI_PRESS_COUNT): vol.All(vol.Coerce(int), vol.Range(min=2)),
    }
)


async def async_get_triggers(hass: HomeAssistant, device_id: str) -> list[dict[str, str]]:
    """Return the triggers of a device."""
    return [
        {
            CONF_PLATFORM: "device",
            CONF_DOMAIN: DOMAIN,
            CONF_DEVICE_ID: device_id,
            CONF_TYPE: event_type,
            CONF_SUBTYPE: subtype,
        }
        for entity, subtype in _events(hass, device_id)
        for event_type in _types(entity)
    ]


async def async_get_trigger_capabilities(hass: HomeAssistant, config: ConfigType) -> dict[str, vol.Schema]:
    """Return what else a trigger may say: of several presses, how many."""
    if config[CONF_TYPE] != ButtonEventType.MULTI_PRESS_END:
        return {}
    return {"extra_fields": vol.Schema({vol.Optional(ATTR_MULTI_PRESS_COUNT): vol.In((2, 3))})}


async def async_validate_trigger_config(hass: HomeAssistant, config: ConfigType) -> ConfigType:
    """Return a trigger whose device has such an event."""
    validated: ConfigType = TRIGGER_SCHEMA(config)
    if not any(
        subtype == validated[CONF_SUBTYPE] and validated[CONF_TYPE] in _types(entity)
        for entity, subtype in _events(hass, validated[CONF_DEVICE_ID])
    ):
        raise InvalidDeviceAutomationConfig(
            translation_domain=DOMAIN,
            translation_key="no_such_trigger",
            translation_placeholders={"type": validated[CONF_TYPE], "subtype": validated[CONF_SUBTYPE]},
        )
    return validated


async def async_attach_trigger(
    hass: HomeAssistant, config: ConfigType, action: TriggerActionType, trigger_info: TriggerInfo
) -> CALLBACK_TYPE:
    """Run an action each time that the event fires; return how to end it."""
    job = HassJob(action, f"{DOMAIN} device trigger {config[CONF_SUBTYPE]} {config[CONF_TYPE]}")
    wanted = config.get(ATTR_MULTI_PRESS_COUNT)
    variables = {
        **trigger_info["trigger_data"],
        **config,
        "description": f"{config[CONF_SUBTYPE]}: {config[CONF_TYPE]}",
    }

    @callback
    def fired(event_type: str, attributes: dict[str, Any]) -> None:
        if event_type == config[CONF_TYPE] and wanted in (None, attributes.get(ATTR_MULTI_PRESS_COUNT)):
            hass.async_run_hass_job(job, {"trigger": {**variables, **attributes}})

    ends = [
        async_dispatcher_connect(hass, fired_signal(entity.unique_id), fired)
        for entity, subtype in _events(hass, config[CONF_DEVICE_ID])
        if subtype == config[CONF_SUBTYPE]
    ]

    @callback
    def detach() -> None:
        for end in ends:
            end()

    return detach


def _events(hass: HomeAssistant, device_id: str) -> Iterator[tuple[er.RegistryEntry, str]]:
    """Yield the event entities of a device, those of a gang are the gang's, with what its triggers call them."""
    for entity in er.async_entries_for_device(er.async_get(hass), device_id):
        if entity.platform == DOMAIN and entity.domain == Platform.EVENT:
            yield entity, _subtype(entity.unique_id)


def _subtype(unique_id: str) -> str:
    """Return the subtype of an event entity: by the key that ends its unique id."""
    if EVENT_PREFIX in unique_id:
        # Of an event of the device's model, which may be called anything
        return unique_id.partition(EVENT_PREFIX)[2]
    parts = unique_id.split("_")
    keys = ("_".join(parts[start:]) for start in range(1, len(parts)))
    return next((SUBTYPES[key] for key in keys if key in SUBTYPES), unique_id)


def _types(entity: er.RegistryEntry) -> list[str]:
    """Return the event types that an event entity announced."""
    return list((entity.capabilities or {}).get(EventEntityCapabilityAttribute.EVENT_TYPES, ()))
