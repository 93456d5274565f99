"""Valves."""

from typing import override

from homeassistant.components.valve.const import ValveEntityFeature
from homeassistant.components.valve.entity import ValveEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.composite import ValveRow
from .model import Device
from .percentage import Percentage

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the valves of an entry."""
    async_setup_platform(entry, Platform.VALVE, TuyaValve, async_add_entities)


class TuyaValve(CompositeEntity, ValveEntity):
    """A valve that is switched, and that opens as far as it is set to where that can be set."""

    entity_description: ValveRow
    _attr_reports_position = False
    _attr_supported_features = ValveEntityFeature.OPEN | ValveEntityFeature.CLOSE

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Stand for what `plan` says of `device`."""
        super().__init__(hub, device, plan)
        position, set_position = self.point("position"), self.point("set_position")
        self._position = None if position is None else Percentage(position)
        self._set_position = None if set_position is None else Percentage(set_position)
        if self._set_position is not None:
            self._attr_supported_features |= ValveEntityFeature.SET_POSITION

    @override
    @callback
    def _refresh(self) -> None:
        is_open = self.value("switch")
        self._attr_is_closed = not is_open if isinstance(is_open, bool) else None
        self._attr_current_valve_position = self._read_position()
        # With a position that nobody can tell, Home Assistant would not say that it is open either
        self._attr_reports_position = self._attr_current_valve_position is not None

    @override
    async def async_open_valve(self) -> None:
        """Open it."""
        await self._set({"switch": True})

    @override
    async def async_close_valve(self) -> None:
        """Close it."""
        await self._set({"switch": False})

    @override
    async def async_set_valve_position(self, position: int) -> None:
        """Open it as far as is asked for; how far it was open stays the device's setting when it is closed."""
        assert self._set_position is not None
        if position == 0:
            await self._set({"switch": False})
        else:
            await self._set({"set_position": self._set_position.value(position), "switch": True})

    def _read_position(self) -> int | None:
        """Return how far it is open: not at all while it is switched off, whatever it is set to."""
        value = self.value("position")
        if self._set_position is None or self._position is None or not isinstance(value, int | float):
            return None
        if self._attr_is_closed is not False:
            return 0 if self._attr_is_closed else None
        # The least that it can be set to is open all the same
        return max(1, self._position.of(value))
