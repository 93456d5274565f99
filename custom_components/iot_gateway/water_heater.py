"""Water heaters."""

from typing import Any, override

from homeassistant.components.water_heater import WaterHeaterEntity
from homeassistant.components.water_heater.const import ATTR_OPERATION_MODE, WaterHeaterEntityFeature
from homeassistant.const import ATTR_TEMPERATURE, STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import async_setup_platform
from .errors import invalid_value
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.composite import WaterHeaterRow
from .model import Device, InvalidValue
from .temperatures import TemperaturesEntity

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the water heaters of an entry."""
    async_setup_platform(entry, Platform.WATER_HEATER, TuyaWaterHeater, async_add_entities)


class TuyaWaterHeater(TemperaturesEntity, WaterHeaterEntity):
    """A water heater: off, on or in one of the modes that the device names."""

    entity_description: WaterHeaterRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Take the modes from the data point."""
        super().__init__(hub, device, plan)
        mode = self.point("mode")
        self._modes = () if mode is None else mode.options
        off = [STATE_OFF] if "switch" in self.roles and STATE_OFF not in self._modes else []
        self._attr_operation_list = [*off, *(self._modes or [STATE_ON])]
        self._attr_supported_features = (
            WaterHeaterEntityFeature.TARGET_TEMPERATURE | WaterHeaterEntityFeature.OPERATION_MODE
        )
        if "switch" in self.roles:
            self._attr_supported_features |= WaterHeaterEntityFeature.ON_OFF

    @override
    @callback
    def _refresh(self) -> None:
        super()._refresh()
        on, mode = self.value("switch"), self.value("mode")
        if on is False:
            self._attr_current_operation = STATE_OFF
        elif self._modes:
            self._attr_current_operation = mode if isinstance(mode, str) and mode in self._modes else None
        else:
            self._attr_current_operation = STATE_ON if on is True else None

    def _operation(self, operation_mode: str) -> dict[str, Any]:
        """Return what sets a mode, by role."""
        values: dict[str, Any] = {}
        if "switch" in self.roles:
            values["switch"] = operation_mode != STATE_OFF
        if operation_mode in self._modes:
            values["mode"] = operation_mode
        return values

    @override
    async def async_set_operation_mode(self, operation_mode: str) -> None:
        """Set the mode, which switches on or off."""
        await self._set(self._operation(operation_mode))

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Set the temperature, and with it a mode where one is given."""
        values = {}
        if (operation_mode := kwargs.get(ATTR_OPERATION_MODE)) is not None:
            operations = self._attr_operation_list or []
            if operation_mode not in operations:
                code = self.roles.get("mode") or self.roles["switch"]
                allowed = f"one of {', '.join(operations)}"
                raise invalid_value(InvalidValue(code, operation_mode, "option", allowed))
            values = self._operation(operation_mode)
        await self._set(values | self._temperature(kwargs[ATTR_TEMPERATURE]))

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch on."""
        await self._set({"switch": True})

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch off."""
        await self._set({"switch": False})
