"""Humidifiers and dehumidifiers."""

from typing import Any, override

from homeassistant.components.humidifier import HumidifierEntity
from homeassistant.components.humidifier.const import HumidifierEntityFeature
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .errors import unknown_data_point
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.composite import HumidifierRow
from .model import Device
from .model.steps import on_step

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the humidifiers of an entry."""
    async_setup_platform(entry, Platform.HUMIDIFIER, TuyaHumidifier, async_add_entities)


class TuyaHumidifier(CompositeEntity, HumidifierEntity):
    """A humidifier or dehumidifier."""

    entity_description: HumidifierRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Take limits and modes from the data points."""
        super().__init__(hub, device, plan)
        if (target := self.point("target_humidity")) is not None:
            if target.minimum is not None:
                self._attr_min_humidity = round(target.shown(target.minimum))
            if target.maximum is not None:
                self._attr_max_humidity = round(target.shown(target.maximum))
            if (step := target.shown(target.step)) > 1:
                self._attr_target_humidity_step = step
        mode = self.point("mode")
        self._attr_available_modes = None if mode is None else list(mode.options)
        if self._attr_available_modes:
            self._attr_supported_features = HumidifierEntityFeature.MODES

    @override
    @callback
    def _refresh(self) -> None:
        on, mode = self.value("switch"), self.value("mode")
        target, current = self.value("target_humidity"), self.value("current_humidity")
        self._attr_is_on = on if isinstance(on, bool) else None
        self._attr_mode = mode if isinstance(mode, str) and mode in (self._attr_available_modes or ()) else None
        self._attr_target_humidity = round(target) if isinstance(target, int | float) else None
        self._attr_current_humidity = round(current) if isinstance(current, int | float) else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch on."""
        await self._set({"switch": True})

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch off."""
        await self._set({"switch": False})

    @override
    async def async_set_humidity(self, humidity: int) -> None:
        """Set the humidity."""
        if (point := self.point("target_humidity")) is None:
            code = self.entity_description.target_humidity[0]
            raise unknown_data_point(self.hub.name_of(self.device), code, self.device.schema)
        await self._set({"target_humidity": on_step(point, humidity)})

    @override
    async def async_set_mode(self, mode: str) -> None:
        """Set the mode."""
        await self._set({"mode": mode})
