"""What the forms call entities, and the properties, events and actions of a model."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..clients.tuyalink import Action, Event, Property


def entity_name(hass: HomeAssistant, entity_id: str) -> str:
    """Return what an entity is called, with its device as far as that tells more."""
    state = hass.states.get(entity_id)
    entry = er.async_get(hass).async_get(entity_id)
    if state is not None and (name := state.attributes.get("friendly_name")):
        return str(name)
    if entry is None:
        return entity_id
    device = dr.async_get(hass).async_get(entry.device_id) if entry.device_id else None
    names = (device and (device.name_by_user or device.name), entry.name or entry.original_name)
    return " ".join(dict.fromkeys(name for name in names if name)) or entity_id


def named(code: str, thing: Property | Event | Action | None) -> str:
    """Return what something of a model is called, with its code."""
    return f"{thing.name} ({code})" if thing is not None and thing.name and thing.name != code else code
