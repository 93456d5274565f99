"""Handing a device from one entry over to another: registered devices and entities stay what the user made of them."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import CONF_INVERTED_COVERS, DOMAIN


@dataclass(frozen=True, kw_only=True)
class _Gang:
    """A child device that is made anew with its parent's new entry, and the entities that belong to it."""

    device: dr.ChildDeviceEntry
    entities: list[er.RegistryEntry]


@callback
def adopt(hass: HomeAssistant, device_id: str, entry: ConfigEntry) -> None:
    """Move what the registries have of a device under another of our entries to `entry`.

    The device keeps its id, area, labels and name, each entity its entity id and all that the user set. Gangs keep the
    same, but get new ids: Home Assistant moves no device that has children. No entity of the device may be loaded.
    """
    for found in dr.async_get(hass).async_get_devices(identifiers={(DOMAIN, device_id)}):
        other = hass.config_entries.async_get_entry(found.config_entry_id)
        if other is not None and other.domain == DOMAIN and other.entry_id != entry.entry_id:
            _move(hass, found, other, entry)


def _move(hass: HomeAssistant, device: dr.DeviceEntry, old: ConfigEntry, new: ConfigEntry) -> None:
    """Move one registered device with its gangs and entities."""
    devices = dr.async_get(hass)
    entities = er.async_get(hass)
    own = er.async_entries_for_device(entities, device.id, include_disabled_entities=True)
    gangs = [
        _Gang(device=child, entities=er.async_entries_for_device(entities, child.id, include_disabled_entities=True))
        for child in dr.async_entries_for_parent_device(devices, device.id)
    ]
    # The entities first: with a device go those that belong to the entry that it leaves
    for entity in [*own, *(entity for gang in gangs for entity in gang.entities)]:
        if entity.config_entry_id == old.entry_id:
            disabled_by = entity.disabled_by
            if disabled_by is er.RegistryEntryDisabler.CONFIG_ENTRY and new.disabled_by is None:
                disabled_by = None
            entities.async_update_entity(
                entity.entity_id, config_entry_id=new.entry_id, device_id=device.id, disabled_by=disabled_by
            )
    for gang in gangs:
        devices.async_remove_device(gang.device.id)
    here = devices.async_get_devices(identifiers=device.identifiers, config_entry_id=new.entry_id)
    if here:
        # Left over from another time; it makes way for what the user knows
        _bequeath(hass, here[0], device)
    devices.async_update_device(device.id, new_config_entry_id=new.entry_id, via_device_id=None)
    for gang in gangs:
        child = devices.async_get_or_create_child(
            config_entry_id=new.entry_id,
            parent_device_id=device.id,
            identifiers=gang.device.identifiers,
            name=gang.device.name,
        )
        devices.async_update_child_device(
            child.id,
            area_id=gang.device.area_id,
            labels=gang.device.labels,
            name_by_user=gang.device.name_by_user,
        )
        if gang.device.disabled_by is dr.DeviceEntryDisabler.USER:
            devices.async_update_child_device(child.id, disabled_by=dr.DeviceEntryDisabler.USER)
        for entity in gang.entities:
            entities.async_update_entity(entity.entity_id, device_id=child.id)
    _move_options({entity.unique_id for entity in own}, hass, old, new)


def _bequeath(hass: HomeAssistant, leftover: dr.DeviceEntry, device: dr.DeviceEntry) -> None:
    """Remove a registered device in favor of another of the same identity, which gets its entities."""
    entities = er.async_get(hass)
    devices = dr.async_get(hass)
    for registered in [leftover, *dr.async_entries_for_parent_device(devices, leftover.id)]:
        for entity in er.async_entries_for_device(entities, registered.id, include_disabled_entities=True):
            entities.async_update_entity(entity.entity_id, device_id=device.id)
    devices.async_remove_device(leftover.id)


def _move_options(unique_ids: set[str], hass: HomeAssistant, old: ConfigEntry, new: ConfigEntry) -> None:
    """Let the new entry know which covers run the wrong way round, which are its own now."""
    inverted = set(old.options.get(CONF_INVERTED_COVERS, ())) & unique_ids
    if not inverted:
        return
    for entry, covers in (
        (old, set(old.options[CONF_INVERTED_COVERS]) - inverted),
        (new, set(new.options.get(CONF_INVERTED_COVERS, ())) | inverted),
    ):
        hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_INVERTED_COVERS: sorted(covers)})
