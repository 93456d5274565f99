"""What climates and water heaters have in common: a target and a measured temperature, in the unit of their device."""

from typing import Any, override

from homeassistant.components.climate import ClimateEntity
from homeassistant.components.climate.const import DEFAULT_MAX_TEMP, DEFAULT_MIN_TEMP
from homeassistant.const import UnitOfTemperature
from homeassistant.core import callback
from homeassistant.util.unit_conversion import TemperatureConverter

from .entity import CompositeEntity
from .hub import Hub
from .mapping import EntityPlan
from .model import DataPoint, Device
from .model.steps import on_step
from .model.temperature import set_unit, temperature_unit, unit_setting

# Home Assistant 2026.11 has new names for them and warns of the old ones, which are the only ones in 2026.10
_NATIVE = "native_" if hasattr(ClimateEntity, "native_temperature_unit") else ""
_UNIT = f"_attr_{_NATIVE}temperature_unit"
_CURRENT = f"_attr_{_NATIVE}current_temperature"
_TARGET = f"_attr_{_NATIVE}target_temperature"

_TARGETS = ("target_temperature", "target_temperature_f")
_CURRENTS = ("current_temperature", "current_temperature_f")


class TemperaturesEntity(CompositeEntity):
    """A climate or a water heater.

    Of a device with one data point for degrees Celsius and one for Fahrenheit it takes those that fit what the device
    is set to, and where it can't be set those that fit Home Assistant.
    """

    _attr_min_temp: float
    _attr_max_temp: float
    _attr_target_temperature_step: float | None

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Follow the device's unit, and choose the data points that go with it now."""
        super().__init__(hub, device, plan)
        self._setting = unit_setting(device.schema)
        if self._setting is not None:
            self.codes = (*self.codes, self._setting)
        self._choose_temperatures()

    @callback
    def _choose_temperatures(self) -> None:
        """Choose the data points that go with what the device is set to, and take their unit and limits over."""
        self._set_to = None if self._setting is None else self.device.state.get(self._setting)
        self._system_unit: str = self.hub.hass.config.units.temperature_unit
        self._target, unit = self._fitting(_TARGETS, set_unit(self.device) or self._system_unit)
        self._current, self._current_unit = self._fitting(_CURRENTS, unit)
        if self._target is None:
            unit = self._current_unit
        self._temperature_unit = unit
        setattr(self, _UNIT, unit)
        point = None if self._target is None else self.point(self._target)
        self._attr_min_temp = self._limit(point, None if point is None else point.minimum, DEFAULT_MIN_TEMP)
        self._attr_max_temp = self._limit(point, None if point is None else point.maximum, DEFAULT_MAX_TEMP)
        self._attr_target_temperature_step = None if point is None else point.shown(point.step)

    def _fitting(self, roles: tuple[str, ...], unit: str) -> tuple[str | None, str]:
        """Return the role, of those that the device has, that has a unit or else the first, and the unit it has."""
        units = {
            role: temperature_unit(self.device, self.roles[role], self._system_unit)
            for role in roles
            if role in self.roles
        }
        role = next((role for role, its_unit in units.items() if its_unit == unit), next(iter(units), None))
        return role, unit if role is None else units[role]

    def _limit(self, point: DataPoint | None, raw: float | None, default: float) -> float:
        """Return a limit in the entity's unit."""
        if point is not None and raw is not None:
            return point.shown(raw)
        return TemperatureConverter.convert(default, UnitOfTemperature.CELSIUS, self._temperature_unit)

    @override
    @callback
    def _refresh(self) -> None:
        if self._setting is not None and self.device.state.get(self._setting) != self._set_to:
            self._choose_temperatures()
        target = None if self._target is None else self.value(self._target)
        setattr(self, _TARGET, target)
        current = None if self._current is None else self.value(self._current)
        if isinstance(current, int | float) and self._current_unit != self._temperature_unit:
            current = TemperatureConverter.convert(current, self._current_unit, self._temperature_unit)
        setattr(self, _CURRENT, current)

    def _temperature(self, temperature: float) -> dict[str, Any]:
        """Return what sets a target temperature, by role."""
        if self._target is None or (point := self.point(self._target)) is None:
            return {}
        return {self._target: on_step(point, temperature)}
