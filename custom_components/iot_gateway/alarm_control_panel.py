"""Alarm control panels."""

from typing import override

from homeassistant.components.alarm_control_panel import AlarmControlPanelEntity
from homeassistant.components.alarm_control_panel.const import AlarmControlPanelEntityFeature, AlarmControlPanelState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.composite import AlarmControlPanelRow
from .model import Device

PARALLEL_UPDATES = 0

_FEATURES = {
    AlarmControlPanelState.ARMED_AWAY: AlarmControlPanelEntityFeature.ARM_AWAY,
    AlarmControlPanelState.ARMED_HOME: AlarmControlPanelEntityFeature.ARM_HOME,
    AlarmControlPanelState.TRIGGERED: AlarmControlPanelEntityFeature.TRIGGER,
}


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the alarm control panels of an entry."""
    async_setup_platform(entry, Platform.ALARM_CONTROL_PANEL, TuyaAlarmControlPanel, async_add_entities)


class TuyaAlarmControlPanel(CompositeEntity, AlarmControlPanelEntity):
    """An alarm control panel; it asks for no code, as nothing on its way does."""

    entity_description: AlarmControlPanelRow
    _attr_code_arm_required = False
    _attr_supported_features = AlarmControlPanelEntityFeature(0)

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Stand for what `plan` says of `device`."""
        super().__init__(hub, device, plan)
        mode = self.point("mode")
        assert mode is not None
        self._modes = {
            state: option for option, state in self.entity_description.modes.items() if option in mode.options
        }
        for state in self._modes.keys() & _FEATURES.keys():
            self._attr_supported_features |= _FEATURES[state]

    @override
    @callback
    def _refresh(self) -> None:
        row = self.entity_description
        mode = self.value("mode")
        self._attr_alarm_state = row.modes.get(mode) if isinstance(mode, str) else None
        self._attr_changed_by = None
        if self.value("state") == row.alarm:
            # While it sounds, the mode stays what it was. A low battery is told the same way.
            message = self._message()
            self._attr_changed_by = message
            if not any(words in (message or "") for words in row.harmless):
                self._attr_alarm_state = AlarmControlPanelState.TRIGGERED

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        """Disarm it."""
        await self._set_mode(AlarmControlPanelState.DISARMED)

    @override
    async def async_alarm_arm_home(self, code: str | None = None) -> None:
        """Arm it for when somebody is at home."""
        await self._set_mode(AlarmControlPanelState.ARMED_HOME)

    @override
    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        """Arm it for when nobody is at home."""
        await self._set_mode(AlarmControlPanelState.ARMED_AWAY)

    @override
    async def async_alarm_trigger(self, code: str | None = None) -> None:
        """Raise the alarm."""
        await self._set_mode(AlarmControlPanelState.TRIGGERED)

    async def _set_mode(self, state: AlarmControlPanelState) -> None:
        await self._set({"mode": self._modes[state]})

    def _message(self) -> str | None:
        """Return what the panel says of the alarm: as Raw it is UTF-16, the high byte first."""
        message = self.value("message")
        if isinstance(message, bytes):
            message = message.decode("utf-16be", errors="replace")
        return message if isinstance(message, str) and message else None
