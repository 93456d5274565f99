"""Alarm control panels."""

from homeassistant.components.alarm_control_panel import AlarmControlPanelEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import HubConfigEntry
from .mapping.composite import AlarmControlPanelRow

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the alarm control panels of an entry."""
    async_setup_platform(entry, Platform.ALARM_CONTROL_PANEL, TuyaAlarmControlPanel, async_add_entities)


class TuyaAlarmControlPanel(CompositeEntity, AlarmControlPanelEntity):
    """A alarm control panel."""

    entity_description: AlarmControlPanelRow
