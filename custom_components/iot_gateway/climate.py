"""Climates."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, override

from homeassistant.components.climate import ClimateEntity
from homeassistant.components.climate.const import (
    ATTR_HVAC_MODE,
    SWING_BOTH,
    SWING_HORIZONTAL,
    SWING_OFF,
    SWING_ON,
    SWING_VERTICAL,
    ClimateEntityFeature,
    HVACAction,
    HVACMode,
)
from homeassistant.const import ATTR_TEMPERATURE, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.climate import HVAC_ACTIONS, HVAC_MODES, WORK, WORKING
from .mapping.composite import ClimateRow
from .model import Device, Value
from .model.steps import on_step
from .temperatures import TemperaturesEntity

PARALLEL_UPDATES = 0

_SWINGS: Mapping[str, frozenset[str]] = {
    SWING_OFF: frozenset(),
    SWING_ON: frozenset({"swing"}),
    SWING_HORIZONTAL: frozenset({"swing_horizontal"}),
    SWING_VERTICAL: frozenset({"swing_vertical"}),
    SWING_BOTH: frozenset({"swing_horizontal", "swing_vertical"}),
}
"""Which of the Booleans are on in a swing mode."""


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the climates of an entry."""
    async_setup_platform(entry, Platform.CLIMATE, TuyaClimate, async_add_entities)


class TuyaClimate(TemperaturesEntity, ClimateEntity):
    """A thermostat, a radiator valve, an air conditioner or a heater.

    The options of its `mode` that stand for a mode of Home Assistant's are its modes, the others its presets.
    """

    entity_description: ClimateRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Find out what the device can be set to."""
        super().__init__(hub, device, plan)
        base = self.entity_description.base_mode
        mode = self.point("mode")
        options = () if mode is None else mode.options
        self._modes = _unambiguous_modes(options)
        self._raw_modes = {mode: raw for raw, mode in self._modes.items()}
        self._presets = [option for option in options if option not in self._modes]
        self._on = [option for option in options if self._modes.get(option) is not HVACMode.OFF]
        modes: list[HVACMode] = [mode for mode in self._modes.values() if mode is not HVACMode.OFF]
        if base not in modes and (self._presets or (not modes and "switch" in self.roles)):
            modes.append(base)
        self._turns_off = "switch" in self.roles or (HVACMode.OFF in self._raw_modes and bool(self._on))
        self._attr_hvac_modes = [HVACMode.OFF, *modes] if self._turns_off else modes
        self._attr_preset_modes = self._presets or None
        # What to go back to
        self._last_on = self._on[0] if self._on else None
        self._last_preset = self._presets[0] if self._presets else None
        self._set_up_fan_and_swing()
        self._set_up_humidity()
        features = {
            ClimateEntityFeature.TARGET_TEMPERATURE: self._target is not None,
            ClimateEntityFeature.TARGET_HUMIDITY: "target_humidity" in self.roles,
            ClimateEntityFeature.PRESET_MODE: self._presets,
            ClimateEntityFeature.FAN_MODE: self._attr_fan_modes,
            ClimateEntityFeature.SWING_MODE: self._attr_swing_modes,
            ClimateEntityFeature.TURN_ON | ClimateEntityFeature.TURN_OFF: self._turns_off,
        }
        self._attr_supported_features = ClimateEntityFeature(0)
        for feature, supported in features.items():
            if supported:
                self._attr_supported_features |= feature

    def _set_up_fan_and_swing(self) -> None:
        fan_mode = self.point("fan_mode")
        self._attr_fan_modes = list(fan_mode.options) if fan_mode is not None else None
        self._swings = frozenset({"swing", "swing_horizontal", "swing_vertical"} & self.roles.keys())
        swing_mode = self.point("swing_mode")
        self._attr_swing_modes: list[str] | None = None
        if self._swings:
            self._attr_swing_modes = [mode for mode, on in _SWINGS.items() if on <= self._swings]
        elif swing_mode is not None:
            self._attr_swing_modes = list(swing_mode.options)

    def _set_up_humidity(self) -> None:
        if (point := self.point("target_humidity")) is None:
            return
        if point.minimum is not None:
            self._attr_min_humidity = round(point.shown(point.minimum))
        if point.maximum is not None:
            self._attr_max_humidity = round(point.shown(point.maximum))
        if (step := point.shown(point.step)) > 1:
            self._attr_target_humidity_step = int(step)

    @override
    @callback
    def _refresh(self) -> None:
        super()._refresh()
        raw = self.value("mode")
        if isinstance(raw, str):
            if raw in self._on:
                self._last_on = raw
            if raw in self._presets:
                self._last_preset = raw
        self._attr_hvac_mode = self._mode_now(raw)
        self._attr_preset_mode = str(raw) if raw in self._presets else None
        self._attr_hvac_action = self._action_now()
        self._attr_fan_mode = _option(self.value("fan_mode"), self._attr_fan_modes)
        self._attr_swing_mode = self._swing_now()
        self._attr_target_humidity = _rounded(self.value("target_humidity"))
        self._attr_current_humidity = _rounded(self.value("current_humidity"))

    def _mode_now(self, raw: Value | None) -> HVACMode | None:
        """Return the mode, None while the device doesn't say enough."""
        on = self.value("switch")
        if on is False:
            return HVACMode.OFF
        if raw in self._presets:
            return self.entity_description.base_mode
        if self._on:
            return self._modes.get(str(raw))
        return self.entity_description.base_mode if on is True else None

    def _action_now(self) -> HVACAction | None:
        """Return what the device does, None where it doesn't say."""
        state = self.value("action")
        if state is None:
            return None
        mode = self._attr_hvac_mode
        if mode is HVACMode.OFF:
            return HVACAction.OFF
        if isinstance(state, str) and state not in WORKING:
            return HVAC_ACTIONS.get(state)
        return WORK.get(mode or self.entity_description.base_mode, HVACAction.HEATING) if state else HVACAction.IDLE

    def _swing_now(self) -> str | None:
        """Return the swing mode, None while the device doesn't say."""
        if not self._swings:
            return _option(self.value("swing_mode"), self._attr_swing_modes)
        values = {role: self.value(role) for role in self._swings}
        if all(value is None for value in values.values()):
            return None
        if values.get("swing"):
            return SWING_ON
        on = {role for role, value in values.items() if value}
        return next(mode for mode, roles in _SWINGS.items() if roles == on)

    def _mode_values(self, hvac_mode: HVACMode) -> dict[str, Any]:
        """Return what sets a mode, by role; a mode that is off is left by switching on too."""
        if hvac_mode is HVACMode.OFF and "switch" in self.roles:
            return {"switch": False}
        values: dict[str, Any] = {"switch": True} if "switch" in self.roles else {}
        if hvac_mode in self._raw_modes:
            values["mode"] = self._raw_modes[hvac_mode]
        elif self._presets and self.value("mode") not in self._presets:
            values["mode"] = self._last_preset
        return values

    @override
    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        """Set the mode, which switches on or off."""
        await self._set(self._mode_values(hvac_mode))

    @override
    async def async_turn_on(self) -> None:
        """Switch on, in the mode that the device was in."""
        values: dict[str, Any] = {"switch": True} if "switch" in self.roles else {}
        if self._modes.get(str(self.value("mode"))) is HVACMode.OFF or not values:
            values["mode"] = self._last_on
        await self._set(values)

    @override
    async def async_turn_off(self) -> None:
        """Switch off."""
        await self._set(self._mode_values(HVACMode.OFF))

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Set the temperature, and with it a mode where one is given."""
        values: dict[str, Any] = {}
        if (hvac_mode := kwargs.get(ATTR_HVAC_MODE)) is not None:
            self._valid_mode_or_raise("hvac", hvac_mode, self.hvac_modes)
            values = self._mode_values(hvac_mode)
        await self._set(values | self._temperature(kwargs[ATTR_TEMPERATURE]))

    @override
    async def async_set_humidity(self, humidity: int) -> None:
        """Set the humidity."""
        if (point := self.point("target_humidity")) is not None:
            await self._set({"target_humidity": on_step(point, humidity)})

    @override
    async def async_set_preset_mode(self, preset_mode: str) -> None:
        """Set a preset."""
        await self._set({"mode": preset_mode})

    @override
    async def async_set_fan_mode(self, fan_mode: str) -> None:
        """Set the fan."""
        await self._set({"fan_mode": fan_mode})

    @override
    async def async_set_swing_mode(self, swing_mode: str) -> None:
        """Set the swing, all of its switches at once."""
        if self._swings:
            await self._set({role: role in _SWINGS[swing_mode] for role in sorted(self._swings)})
        else:
            await self._set({"swing_mode": swing_mode})


def _unambiguous_modes(options: Iterable[str]) -> dict[str, HVACMode]:
    """Return the modes by the options that stand for them, without those for which several do."""
    modes = {option: HVAC_MODES[option] for option in options if option in HVAC_MODES}
    counts = Counter(modes.values())
    return {option: mode for option, mode in modes.items() if counts[mode] == 1}


def _option(value: Value | None, options: list[str] | None) -> str | None:
    """Return a value that is among the options, None for any other."""
    return value if isinstance(value, str) and options is not None and value in options else None


def _rounded(value: Value | None) -> int | None:
    """Return a number as a whole one."""
    return round(value) if isinstance(value, int | float) else None
