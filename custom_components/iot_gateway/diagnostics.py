"""Diagnostics: all that a bug report needs, and nothing that must stay at home."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import (
    CONF_ACCESS_ID,
    CONF_ACCESS_SECRET,
    CONF_AGENT_URL,
    CONF_DEVICE_KEY,
    CONF_DEVICE_SECRET,
    CONF_ENDPOINT,
    CONF_SECRET_ID,
    CONF_SECRET_KEY,
    CONF_UUID,
    DOMAIN,
)
from .hub import HubConfigEntry, device_id_of
from .mapping import plan_entities
from .mapping.image import EVENT_IMAGE
from .model import DataPoint, Device, Raw, is_secret, message_text, message_without_files

TO_REDACT = {
    CONF_AGENT_URL,
    CONF_SECRET_ID,
    CONF_SECRET_KEY,
    CONF_TOKEN,
    CONF_WEBHOOK_ID,
    CONF_ACCESS_ID,
    CONF_ACCESS_SECRET,
    CONF_DEVICE_KEY,
    CONF_DEVICE_SECRET,
    CONF_ENDPOINT,
    CONF_UUID,
    "discovery_keys",
    "host",
    "ip",
    "lat",
    "local_key",
    "lon",
    # Of an action that the cloud may call: the codes of locks among other things
    "sequence",
    "title",
    "uid",
    "unique_id",
}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: HubConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of an entry, in the form that the design promises."""
    return _diagnostics(hass, entry, lambda device_id: True)


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: HubConfigEntry, device: dr.AnyDeviceEntry
) -> dict[str, Any]:
    """Return the diagnostics of an entry with this one device only."""
    ids = {device_id_of(identifier) for domain, identifier in device.identifiers if domain == DOMAIN}
    return _diagnostics(hass, entry, ids.__contains__)


def _diagnostics(hass: HomeAssistant, entry: HubConfigEntry, wanted: Callable[[str], bool]) -> dict[str, Any]:
    """Return the diagnostics of an entry, with those of its devices that are wanted; none while it is not loaded."""
    hub = entry.runtime_data if entry.state is ConfigEntryState.LOADED else None
    return {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "connection": hub.connection.diagnostics() if hub else None,
        "devices": [_device(hass, device) for device in hub.devices.values() if wanted(device.id)] if hub else [],
    }


def _device(hass: HomeAssistant, device: Device) -> dict[str, Any]:
    """Return one device with all its data points and the entities that show or set each."""
    registry = er.async_get(hass)
    entities: dict[str, list[str]] = {}
    for plan in plan_entities(device.schema):
        if entity_id := registry.async_get_entity_id(plan.platform, DOMAIN, plan.unique_id(device.id)):
            for code in plan.codes:
                entities.setdefault(code, []).append(entity_id)
    return {
        "id": device.id,
        "category": device.category,
        "name": device.name,
        "model": device.model,
        "product_id": device.product_id,
        "quirks": list(device.schema.quirks),
        "online": device.online,
        **({"actions": {one.id: asdict(one) for one in device.actions.values()}} if device.actions else {}),
        # Under the codes that the device itself uses: what a quirk calls them is beside
        "data_points": {
            _own_code(point, device): _data_point(point, device, entities.get(code, []))
            for code, point in device.schema.points.items()
        },
    }


def _shown(point: DataPoint, raw: Raw) -> Raw:
    """Return a raw value as a bug report may have it: an event of a camera without what shows its picture."""
    if point.code not in EVENT_IMAGE.codes or not isinstance(raw, str) or not raw:
        return raw
    text = message_text(raw)
    if text is None or "://" in text:
        return REDACTED
    shown = message_without_files(raw)
    return raw if shown == text else shown


def _own_code(point: DataPoint, device: Device) -> str:
    """Return the code that the device itself uses for a data point."""
    return device.schema.device_codes.get(point.code, point.code)


def _data_point(point: DataPoint, device: Device, entities: list[str]) -> dict[str, Any]:
    """Return one data point; `value` is the raw one, as a quirk or a bug report needs it."""
    own_code = _own_code(point, device)
    secret = is_secret(point.code) or is_secret(own_code)
    return {
        **({} if own_code == point.code else {"renamed": point.code}),
        **({"hidden": True} if point.code in device.schema.hidden else {}),
        "type": point.type.value,
        "access": point.access.value,
        "values": point.spec,
        "inferred": point.inferred,
        "value": REDACTED if secret and point.code in device.state else _shown(point, device.state.get(point.code)),
        "reported_at": device.reported_at.get(point.code),
        "invalid_reports": device.invalid.get(point.code, 0),
        "entities": entities,
    }
