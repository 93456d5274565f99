"""The option to show everything: it enables the entities of data points that no table knows, and takes that back."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import CONF_SHOW_ALL, DOMAIN
from .hub import Hub
from .mapping import plan_entities

SHOWN_BY_OPTION = {CONF_SHOW_ALL: True}
"""What an entity that the option enabled has among its options, under our domain."""


@callback
def async_apply_show_all(hass: HomeAssistant, hub: Hub) -> None:
    """Enable or disable registered entities as the option has it; those that a user decided on stay as they are.

    Entities that are new get it right by themselves. Home Assistant loads an entry again half a minute after a
    disabled entity of it was enabled, whoever did that.
    """
    registry = er.async_get(hass)
    if hub.show_all:
        for device in hub.devices.values():
            for plan in plan_entities(device.schema):
                if not plan.generic:
                    continue
                entity_id = registry.async_get_entity_id(plan.platform, DOMAIN, plan.unique_id(device.id))
                if entity_id and registry.entities[entity_id].disabled_by is er.RegistryEntryDisabler.INTEGRATION:
                    registry.async_update_entity(entity_id, disabled_by=None)
                    registry.async_update_entity_options(entity_id, DOMAIN, SHOWN_BY_OPTION)
        return
    for entity in er.async_entries_for_config_entry(registry, hub.entry.entry_id):
        if entity.options.get(DOMAIN) == SHOWN_BY_OPTION:
            registry.async_update_entity_options(entity.entity_id, DOMAIN, None)
            if entity.disabled_by is None:
                registry.async_update_entity(entity.entity_id, disabled_by=er.RegistryEntryDisabler.INTEGRATION)
                # Not set up again, the entity cannot do this itself
                hass.states.async_remove(entity.entity_id)
