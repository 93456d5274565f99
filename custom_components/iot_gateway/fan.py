"""Fans."""

from typing import Any, override

from homeassistant.components.fan import FanEntity
from homeassistant.components.fan.const import DIRECTION_FORWARD, DIRECTION_REVERSE, FanEntityFeature
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .fan_speeds import FanSpeeds
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.composite import FanRow
from .model import Device

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the fans of an entry."""
    async_setup_platform(entry, Platform.FAN, TuyaFan, async_add_entities)


class TuyaFan(CompositeEntity, FanEntity):
    """A fan, or what blows air."""

    entity_description: FanRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Find out what the device can be set to."""
        super().__init__(hub, device, plan)
        speed = self.point("speed")
        self._speeds = FanSpeeds(speed) if speed is not None else None
        preset = self.point("preset")
        self._modes = () if preset is None else preset.options
        # What the speed can be set to and is none is a preset too
        self._unpaced = (
            () if self._speeds is None else tuple(name for name in self._speeds.unpaced if name not in self._modes)
        )
        self._attr_preset_modes = [*self._modes, *self._unpaced] or None
        has_speeds = self._speeds is not None and self._speeds.count > 0
        if self._speeds is not None and has_speeds:
            self._attr_speed_count = self._speeds.count
        features = {
            FanEntityFeature.SET_SPEED: has_speeds,
            FanEntityFeature.PRESET_MODE: self._attr_preset_modes,
            FanEntityFeature.OSCILLATE: "oscillation" in self.roles,
            FanEntityFeature.DIRECTION: "direction" in self.roles,
            FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF: "switch" in self.roles,
        }
        self._attr_supported_features = FanEntityFeature(0)
        for feature, supported in features.items():
            if supported:
                self._attr_supported_features |= feature

    @override
    @callback
    def _refresh(self) -> None:
        speed, preset = self.value("speed"), self.value("preset")
        self._attr_percentage = None if self._speeds is None else self._speeds.percentage(speed)
        if isinstance(speed, str) and speed in self._unpaced:
            self._attr_preset_mode = speed
        else:
            self._attr_preset_mode = preset if isinstance(preset, str) and preset in self._modes else None
        oscillating = self.value("oscillation")
        self._attr_oscillating = oscillating if isinstance(oscillating, bool) else None
        direction = self.value("direction")
        self._attr_current_direction = str(direction) if direction in (DIRECTION_FORWARD, DIRECTION_REVERSE) else None

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether the fan is on; of one without a switch only standing still is known."""
        if "switch" in self.roles:
            on = self.value("switch")
            return on if isinstance(on, bool) else None
        return None if self._speeds is None else self._speeds.moving(self.value("speed"))

    def _preset(self, preset_mode: str) -> dict[str, Any]:
        """Return what sets a preset, by role."""
        return {"speed" if preset_mode in self._unpaced else "preset": preset_mode}

    @override
    async def async_set_percentage(self, percentage: int) -> None:
        """Set the speed, which switches on; 0 switches off."""
        if percentage == 0 and "switch" in self.roles:
            await self._set({"switch": False})
        elif self._speeds is not None:
            on = {"switch": True} if self.value("switch") is False else {}
            await self._set(on | {"speed": self._speeds.value(percentage)})

    @override
    async def async_set_preset_mode(self, preset_mode: str) -> None:
        """Set a preset."""
        await self._set(self._preset(preset_mode))

    @override
    async def async_set_direction(self, direction: str) -> None:
        """Set which way round the fan turns."""
        await self._set({"direction": direction})

    @override
    async def async_oscillate(self, oscillating: bool) -> None:
        """Make the fan swing."""
        await self._set({"oscillation": oscillating})

    @override
    async def async_turn_on(self, percentage: int | None = None, preset_mode: str | None = None, **kwargs: Any) -> None:
        """Switch on, at a speed or with a preset where one is given; a speed of 0 switches off."""
        values: dict[str, Any] = {"switch": percentage != 0}
        if percentage and self._speeds is not None:
            values["speed"] = self._speeds.value(percentage)
        if preset_mode is not None:
            values |= self._preset(preset_mode)
        await self._set(values)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch off."""
        await self._set({"switch": False})
