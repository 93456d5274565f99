"""The base of the entities that show what a connection tells of itself."""

from collections.abc import Callable
from typing import override

from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .hub import Hub, HubConfigEntry
from .measures import Measure, MeasureKind

_MARK = "measure"


class MeasureEntity(Entity):
    """Shows a measure; it is there also while the connection is not, as that is what it may tell."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, hub: Hub, measure: Measure) -> None:
        """Stand for a measure of the hub's connection."""
        self.measure = measure
        self._attr_translation_key = measure.key
        self._attr_unique_id = _unique_id(hub.entry, measure)
        if (identifier := hub.root_identifier) is not None:
            self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, identifier)})

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the measure."""
        await super().async_added_to_hass()
        self.async_on_remove(self.measure.listen(self._changed))
        self._refresh()

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Carry on under the new entity id: nothing here is kept by entity id (asked for from 2026.11 on)."""

    @callback
    def _changed(self) -> None:
        self._refresh()
        self.async_write_ha_state()

    @callback
    def _refresh(self) -> None:
        """Take the measure over into the entity's attributes."""


@callback
def async_setup_measures(
    hass: HomeAssistant,
    entry: HubConfigEntry,
    platform: Platform,
    kind: MeasureKind,
    create: Callable[[Hub, Measure], MeasureEntity],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the entities of a connection's measures of a kind; those of measures that it has no more are removed."""
    hub = entry.runtime_data
    measures = [measure for measure in hub.connection.measures if measure.kind is kind]
    present = {_unique_id(entry, measure) for measure in measures}
    registry = er.async_get(hass)
    for known in er.async_entries_for_config_entry(registry, entry.entry_id):
        if (
            known.domain == platform
            and known.unique_id.startswith(f"{entry.entry_id}_{_MARK}_")
            and known.unique_id not in present
        ):
            registry.async_remove(known.entity_id)
    if measures:
        async_add_entities(create(hub, measure) for measure in measures)


def _unique_id(entry: HubConfigEntry, measure: Measure) -> str:
    return f"{entry.entry_id}_{_MARK}_{measure.key}"
