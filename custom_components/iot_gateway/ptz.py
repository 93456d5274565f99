"""The head of a camera that moves: what was started is stopped, whatever happens meanwhile.

A camera that was told to move goes on until it is told to stop (tuya_ipc_webrtc.md, section 9): the order to stop goes out
when its time is over, before another movement's end is waited for, when entities are removed, and when Home Assistant stops.
"""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from typing import Final
from weakref import WeakValueDictionary

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util.hass_dict import HassKey

from .clients.tuya_cloud.ptz import PtzDirection, ptz_values
from .const import DOMAIN
from .errors import CommandFailed
from .hub import Hub
from .live_view import CannotMove, LiveCamera
from .model import Device

_LOGGER = logging.getLogger(__name__)

DIRECTIONS: Final = tuple(str(direction) for direction in PtzDirection)
STEP: Final = 0.5
"""Seconds that a press of a button moves the head for."""
LONGEST: Final = 30.0

_CONTROL: Final = "ptz_control"
_STOP: Final = "ptz_stop"
_STOP_ATTEMPTS: Final = 4
_STOP_RETRY: Final = 0.5
"""Seconds until a stop that failed is tried again, twice that the next time, and so on."""

_MOVEMENTS: HassKey[WeakValueDictionary[str, Movement]] = HassKey(f"{DOMAIN}_movements")


class Movement:
    """What moves a device's head; there is one for each."""

    def __init__(self, hub: Hub, device: Device) -> None:
        """Be still; see `of`."""
        self.camera: LiveCamera | None = None
        self._hub = hub
        self.device = device
        self._timer: asyncio.TimerHandle | None = None
        self._moving = False
        self._moves = 0
        self._stopping: asyncio.Task[None] | None = None
        self._cancel_stop_listener: CALLBACK_TYPE | None = None

    @classmethod
    def of(cls, hub: Hub, device: Device, camera: LiveCamera | None = None) -> Movement:
        """Return what moves a device; `camera` is asked where the device has no data point for it."""
        movements = hub.hass.data.setdefault(_MOVEMENTS, WeakValueDictionary())
        if (movement := movements.get(device.id)) is None or movement.device is not device:
            movement = movements[device.id] = cls(hub, device)
        movement.camera = camera or movement.camera
        return movement

    async def move(self, direction: str, duration: float = STEP) -> None:
        """Move, and return once the camera has begun to; it is stopped after so many seconds.

        Another movement that is under way ends with that. Raises ServiceValidationError for a direction that the camera
        does not know, CommandFailed for the rest.
        """
        start = self._start_of(PtzDirection(direction))
        self._cancel_timer()
        was_moving = self._moving
        # Whether it moves is unknown until the answer is here, and also after an error: it has to be stopped in any case
        self._begin()
        moves = self._moves
        try:
            await start()
        except CannotMove:
            if was_moving or moves != self._moves:
                self._end_in(0.0)
            else:
                self._end()
            raise
        except BaseException:
            self._end_in(0.0)
            raise
        self._end_in(duration)

    async def finish(self) -> None:
        """Stop now what is moving, and return once that is done."""
        self._cancel_timer()
        if self._moving:
            self._stop()
        if self._stopping is not None:
            _ = await asyncio.wait((self._stopping,))
            self._stopping = None

    def _start_of(self, direction: PtzDirection) -> Callable[[], Awaitable[None]]:
        """Return what starts a movement; raises where the camera has none such or where nothing would end it."""
        points = self.device.schema.points
        camera = self.camera
        if _CONTROL in points and points[_CONTROL].writable:
            if not self._can_stop:
                raise CommandFailed("ptz_cannot_stop", device=self._hub.name_of(self.device))
            values = ptz_values(points[_CONTROL].options)
            if direction not in values:
                raise ServiceValidationError(
                    translation_domain=DOMAIN,
                    translation_key="ptz_no_such_direction",
                    translation_placeholders={
                        "device": self._hub.name_of(self.device),
                        "directions": ", ".join(values) or "-",
                    },
                )
            return lambda: self._hub.send(self.device.id, {_CONTROL: values[direction]})
        if camera is not None:
            return lambda: camera.move(direction, self._hub.name_of(self.device))
        raise CommandFailed("ptz_not_supported", device=self._hub.name_of(self.device))

    @property
    def _can_stop(self) -> bool:
        point = self.device.schema.points.get(_STOP)
        return (point is not None and point.writable) or self.camera is not None

    async def _send_stop(self) -> None:
        point = self.device.schema.points.get(_STOP)
        if point is not None and point.writable and self.device.id in self._hub.devices:
            await self._hub.send(self.device.id, {_STOP: True})
        elif self.camera is not None:
            await self.camera.move(None, self._hub.name_of(self.device))

    @callback
    def _begin(self) -> None:
        self._moving = True
        self._moves += 1
        if self._cancel_stop_listener is None:
            self._cancel_stop_listener = self._hub.hass.bus.async_listen_once(
                EVENT_HOMEASSISTANT_STOP, self._home_assistant_stops
            )

    @callback
    def _end_in(self, seconds: float) -> None:
        self._cancel_timer()
        self._timer = self._hub.hass.loop.call_later(seconds, self._time_is_over)

    @callback
    def _time_is_over(self) -> None:
        self._timer = None
        self._stop()

    @callback
    def _end(self) -> None:
        self._moving = False
        if self._cancel_stop_listener is not None:
            self._cancel_stop_listener()
            self._cancel_stop_listener = None

    @callback
    def _stop(self) -> None:
        self._end()
        if self._stopping is not None:
            # That of an earlier movement, which may be about to give way to this one
            _ = self._stopping.cancel()
        self._stopping = self._hub.hass.async_create_task(self._keep_stopping(), f"{DOMAIN} stop of a camera's head")

    async def _keep_stopping(self) -> None:
        """Order it to stop until it is confirmed; a new movement makes that its own business."""
        wait = _STOP_RETRY
        moves = self._moves
        for attempt in range(1, _STOP_ATTEMPTS + 1):
            try:
                await self._send_stop()
            except HomeAssistantError as err:
                if attempt == _STOP_ATTEMPTS:
                    _LOGGER.warning("%s could not be told to stop moving: %s", self._hub.name_of(self.device), err)
                    return
                await asyncio.sleep(wait)
                wait *= 2
                if self._moves != moves:
                    return
            else:
                return

    async def _home_assistant_stops(self, _event: Event) -> None:
        self._cancel_stop_listener = None
        await self.finish()

    @callback
    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
