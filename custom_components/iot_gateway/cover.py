"""Covers."""

from datetime import datetime
from typing import Any, override

from homeassistant.components.cover import ATTR_POSITION, ATTR_TILT_POSITION, CoverEntity, CoverEntityFeature
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later

from .const import CONF_INVERTED_COVERS
from .cover_motion import Motion, Seen
from .entity import CompositeEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.composite import CoverRow
from .model import DataType, Device
from .percentage import Percentage

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the covers of an entry."""
    async_setup_platform(entry, Platform.COVER, TuyaCover, async_add_entities)


class TuyaCover(CompositeEntity, CoverEntity):
    """A cover.

    One whose position can be set is opened and closed by it, so that what is shown and what is done always agree.
    An inverted one (by the entry's options) has its positions, tilt, directions and commands the other way round; a
    contact of the door tells what is, whichever way the motor runs.
    """

    entity_description: CoverRow
    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Stand for what `plan` says of `device`."""
        super().__init__(hub, device, plan)
        row = self.entity_description
        self._inverted = self.unique_id in hub.entry.options.get(CONF_INVERTED_COVERS, ())
        self._percent_open = row.percent_open != self._inverted
        self._position = self._percentage("position")
        self._set_position = self._percentage("set_position")
        self._tilt = self._percentage("tilt")
        # What is set and what is reported under one code says where it shall be, not where it is on its way there
        self._follows = self.roles.get("position") != self.roles.get("set_position")

        control = self.point("control")
        commands = None if control is None else row.commands_of(control)
        self._commands = commands.swapped() if commands is not None and self._inverted else commands
        self._directions: dict[object, int] = {}
        if self._commands is not None and control is not None and control.type is DataType.ENUM:
            self._directions = {self._commands.open: 1, self._commands.close: -1}
            if self._commands.stop is not None:
                self._directions[self._commands.stop] = 0

        turned = -1 if self._inverted else 1
        self._motions: dict[object, int] = {row.opening: turned, row.closing: -turned}
        motion = self.point("motion")
        self._tells_rest = motion is not None and not set(motion.known) <= self._motions.keys()
        self._motion = Motion()
        self._resting: CALLBACK_TYPE | None = None

        state = self.point("state")
        if self.roles.get("state") == self.roles.get("control"):
            self._closed_by: dict[object, bool] = {word: way < 0 for word, way in self._directions.items() if way}
        elif state is not None and state.type is DataType.BOOLEAN:
            self._closed_by = {False: True, True: False}
        else:
            self._closed_by = {
                **dict.fromkeys(row.closed, not self._inverted),
                **dict.fromkeys(row.opened, self._inverted),
            }

        if self._set_position is not None:
            self._attr_supported_features |= CoverEntityFeature.SET_POSITION
        if self._commands is not None and self._commands.stop is not None:
            self._attr_supported_features |= CoverEntityFeature.STOP
        if self._tilt is not None:
            self._attr_supported_features |= CoverEntityFeature.SET_TILT_POSITION

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Wait for nothing any more."""
        self._cancel_rest()

    @override
    @callback
    def _refresh(self) -> None:
        reverse = self._reverse
        position = self._read("position", self._position, reverse=reverse)
        self._attr_current_cover_position = position
        self._attr_current_cover_tilt_position = self._read("tilt", self._tilt, reverse=reverse)
        self._attr_is_closed = position == 0 if position is not None else self._closed_by.get(self.value("state"))
        direction = self._motions.get(self.value("motion"))
        if not self._tells_rest:
            target = self._read("set_position", self._set_position, reverse=reverse) if self._follows else None
            ordered = self._directions.get(self.value("control"))
            if self._motion.see(Seen(position if self._follows else None, target, ordered, direction)):
                self._cancel_rest()
                if self._motion.direction:
                    self._resting = async_call_later(self.hass, self._motion.patience, self._rest)
            direction = self._motion.direction
        self._attr_is_opening = direction == 1
        self._attr_is_closing = direction == -1

    @override
    async def async_open_cover(self, **kwargs: Any) -> None:
        """Open it."""
        if self._set_position is not None:
            await self._move(100)
        else:
            assert self._commands is not None
            await self._set({"control": self._commands.open})

    @override
    async def async_close_cover(self, **kwargs: Any) -> None:
        """Close it."""
        if self._set_position is not None:
            await self._move(0)
        else:
            assert self._commands is not None
            await self._set({"control": self._commands.close})

    @override
    async def async_stop_cover(self, **kwargs: Any) -> None:
        """Stop it where it is."""
        assert self._commands is not None
        await self._set({"control": self._commands.stop})

    @override
    async def async_set_cover_position(self, **kwargs: Any) -> None:
        """Open it as far as is asked for."""
        await self._move(kwargs[ATTR_POSITION])

    @override
    async def async_set_cover_tilt_position(self, **kwargs: Any) -> None:
        """Tilt it as far as is asked for."""
        assert self._tilt is not None
        await self._set({"tilt": self._tilt.value(kwargs[ATTR_TILT_POSITION], reverse=self._reverse)})

    @property
    def _reverse(self) -> bool:
        """Whether percentages, as they are now, say how far it is closed."""
        direction = self.value("motor_direction")
        return self._percent_open == (direction is not None and direction == self.entity_description.open_direction)

    async def _move(self, position: int) -> None:
        """Send it to a position."""
        assert self._set_position is not None
        await self._set({"set_position": self._set_position.value(position, reverse=self._reverse)})

    def _percentage(self, role: str) -> Percentage | None:
        """Return the range of the data point that has a role, None where the device has none."""
        point = self.point(role)
        return None if point is None else Percentage(point)

    def _read(self, role: str, percentage: Percentage | None, *, reverse: bool) -> int | None:
        """Return the percentage of a role, None where it has no value."""
        value = self.value(role)
        if percentage is None or not isinstance(value, int | float):
            return None
        return percentage.of(value, reverse=reverse)

    @callback
    def _rest(self, _now: datetime) -> None:
        """It has been silent for long enough to stand."""
        self._resting = None
        self._motion.rest()
        self._woken()

    @callback
    def _cancel_rest(self) -> None:
        if self._resting is not None:
            self._resting()
            self._resting = None
