"""Vacuum cleaners."""

from typing import Any, override

from homeassistant.components.vacuum import StateVacuumEntity
from homeassistant.components.vacuum.const import VacuumActivity, VacuumEntityFeature
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .entity import CompositeEntity, async_setup_platform
from .errors import unknown_data_point
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.composite import VacuumRow
from .model import Device

PARALLEL_UPDATES = 0

_STANDING = (None, VacuumActivity.IDLE, VacuumActivity.PAUSED)
"""What a robot seems to do that a fault has stopped."""


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the vacuum cleaners of an entry."""
    async_setup_platform(entry, Platform.VACUUM, TuyaVacuum, async_add_entities)


class TuyaVacuum(CompositeEntity, StateVacuumEntity):
    """A vacuum cleaner."""

    entity_description: VacuumRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Find out which order goes out how, and with that what the device can do."""
        super().__init__(hub, device, plan)
        row = self.entity_description
        self._start = self._order("start", True, row.start_modes)
        self._stop = self._order("start", False, row.stop_modes)
        self._home = self._order("charge", True, row.home_modes)
        self._spot = self._order(None, True, row.spot_modes)
        features = {
            VacuumEntityFeature.SEND_COMMAND: True,
            VacuumEntityFeature.START: self._start,
            VacuumEntityFeature.STOP: self._stop,
            VacuumEntityFeature.PAUSE: "pause" in self.roles,
            VacuumEntityFeature.RETURN_HOME: self._home,
            VacuumEntityFeature.CLEAN_SPOT: self._spot,
            VacuumEntityFeature.LOCATE: "locate" in self.roles,
            VacuumEntityFeature.FAN_SPEED: "fan_speed" in self.roles,
            VacuumEntityFeature.STATE: self.roles.keys() & {"status", "pause"},
        }
        self._attr_supported_features = VacuumEntityFeature(0)
        for feature, supported in features.items():
            if supported:
                self._attr_supported_features |= feature
        fan_speed = self.point("fan_speed")
        self._attr_fan_speed_list = [] if fan_speed is None else list(fan_speed.options)

    def _order(self, role: str | None, value: bool, modes: tuple[str, ...]) -> dict[str, bool | str]:
        """Return what gives an order: a Boolean where the device has that, else a mode; nothing where it has neither."""
        if role is not None and role in self.roles:
            return {role: value}
        mode = self.point("mode")
        return next(({"mode": option} for option in modes if mode is not None and option in mode.options), {})

    @override
    @callback
    def _refresh(self) -> None:
        status = self.value("status")
        activity = self.entity_description.activities.get(status) if isinstance(status, str) else None
        if activity is None and status is None and self.value("pause") is True:
            activity = VacuumActivity.PAUSED
        if activity in _STANDING and self.value("fault"):
            activity = VacuumActivity.ERROR
        self._attr_activity = activity
        fan_speed = self.value("fan_speed")
        offered = isinstance(fan_speed, str) and fan_speed in self._attr_fan_speed_list
        self._attr_fan_speed = str(fan_speed) if offered else None

    @override
    async def async_start(self) -> None:
        """Start to clean, or go on after a pause."""
        resume = {"pause": False} if self.value("pause") is True else {}
        await self._set(self._start | resume)

    @override
    async def async_stop(self, **kwargs: Any) -> None:
        """Stop."""
        await self._set(self._stop)

    @override
    async def async_pause(self) -> None:
        """Pause."""
        await self._set({"pause": True})

    @override
    async def async_return_to_base(self, **kwargs: Any) -> None:
        """Go back to the dock."""
        await self._set(self._home)

    @override
    async def async_clean_spot(self, **kwargs: Any) -> None:
        """Clean around where it is."""
        await self._set(self._spot | ({"start": True} if "start" in self.roles else {}))

    @override
    async def async_locate(self, **kwargs: Any) -> None:
        """Make it tell where it is."""
        await self._set({"locate": True})

    @override
    async def async_set_fan_speed(self, fan_speed: str, **kwargs: Any) -> None:
        """Set the suction."""
        await self._set({"fan_speed": fan_speed})

    @override
    async def async_send_command(
        self, command: str, params: dict[str, Any] | list[Any] | None = None, **kwargs: Any
    ) -> None:
        """Set a data point: the command is its code, its value the only one of the parameters."""
        values = list(params.values()) if isinstance(params, dict) else params or []
        if len(values) != 1:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="one_parameter", translation_placeholders={"code": command}
            )
        if command not in self.device.schema.points:
            raise unknown_data_point(self.hub.name_of(self.device), command, self.device.schema)
        await self.hub.send(self.device.id, {command: values[0]})
