"""Cameras behind an X-P2P agent: its FLV is what Home Assistant's stream and go2rtc play; browsers never see its address."""

import asyncio
import logging
from typing import Any, Final, override

from aiohttp import web
from homeassistant.components.camera.const import CameraEntityFeature
from homeassistant.core import callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component

from .agent_entity import AgentEntity
from .agent_view import QUALITIES, AgentCamera, AgentViewError
from .const import DOMAIN, STREAM_HD, STREAM_SD
from .hub import Hub
from .model import Device
from .stream_on_demand import StreamOnDemand

ATTR_STREAM_QUALITY: Final = "stream_quality"

_LOGGER = logging.getLogger(__name__)

_BOUNDARY: Final = "picture"
_RENEWAL_PAUSE: Final = 10.0
"""Seconds between two attempts to have the agent find a camera whose pictures ended."""
_LOOK: Final = 10.0
"""Seconds between two looks at whether somebody watches yet, of which Home Assistant's stream does not tell."""


class AgentCameraEntity(AgentEntity, StreamOnDemand):
    """A camera behind an agent.

    Its stills are those of the stream that is open anyway, else the picture of the last event in the cloud: it is never woken,
    and no stream opened, for a picture on a dashboard. However many watch, one stream is open.
    """

    def __init__(self, hub: Hub, device: Device, camera: AgentCamera) -> None:
        """Stand for a camera."""
        AgentEntity.__init__(self, hub, device, camera, "camera")
        StreamOnDemand.__init__(self)
        if camera.channel is None:
            self._attr_name = None
        elif camera.channel_name:
            self._attr_name = camera.channel_name
        if not camera.pictures_only:
            self._attr_supported_features = CameraEntityFeature.STREAM
        self._shown: bytes | None = None
        self._viewers = 0
        self._leaving = False
        self._renewed_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._refresh()

    @property
    @override
    def available(self) -> bool:
        """Whether it is there; that a stream has ended says nothing of it, since it is opened anew."""
        return AgentEntity.available.fget(self)  # type: ignore[attr-defined,no-any-return]

    @override
    async def async_added_to_hass(self) -> None:
        """Have what it takes to show a stream, and listen."""
        await super().async_added_to_hass()
        # Part of the default configuration; whoever has cameras needs it
        await async_setup_component(self.hass, "stream", {})

    @override
    async def async_will_remove_from_hass(self) -> None:
        """End the stream and the movement; the connection is still there."""
        self._leaving = True
        await self._end_stream()
        await self.agent_camera.finish()
        await super().async_will_remove_from_hass()

    @override
    @callback
    def _refresh(self) -> None:
        camera = self.agent_camera
        self._attr_model = self.device.model or None
        self._attr_extra_state_attributes = {ATTR_STREAM_QUALITY: camera.quality}
        stream = self.stream
        self._attr_is_streaming = self._viewers > 0 or (
            stream is not None and stream.available and bool(stream.outputs())
        )

    @override
    @callback
    def _event_happened(self, _value: object, _number: int | None) -> None:
        self.agent_camera.picture.event_happened()

    # Live

    @override
    async def stream_source(self) -> str | None:
        """Return the address of the live pictures; the device was asked whether it takes one more viewer."""
        if self._asks_providers:
            return self.agent_camera.live_address()
        try:
            return await self.agent_camera.live_url()
        except AgentViewError as err:
            if err.translation_key == "agent_viewer_limit" and self._attr_is_streaming:
                # One of its viewers are we
                return self.agent_camera.live_address()
            raise

    @override
    async def async_create_stream(self) -> Any:
        """Return the stream; of one that does not work the device is asked why, so that whoever comes now is told."""
        if self.stream is not None and self.stream.outputs() and not self.stream.available:
            _ = await self.stream_source()
        return await super().async_create_stream()

    @override
    @callback
    def _stream_changed(self) -> None:
        """The stream works, or does not any more."""
        stream = self.stream
        self._woken()
        if stream is None or not stream.outputs():
            return
        self._look_later()
        now = self.hass.loop.time()
        if not stream.available and now - self._renewed_at >= _RENEWAL_PAUSE:
            self._renewed_at = now
            _ = self.hub.entry.async_create_background_task(
                self.hass, self._renew(), f"{DOMAIN} stream of {self.entity_id}"
            )

    async def _renew(self) -> None:
        """Home Assistant tries the same address again; see to it that the agent finds the device then, and that it is awake."""
        try:
            await self.agent_camera.renew()
            _ = await self.agent_camera.live_url()
        except AgentViewError as err:
            # Whoever watches or comes anew has it looked for again
            _LOGGER.debug("The stream of %s has ended: %s", self.entity_id, err)

    @callback
    def _look_later(self) -> None:
        if self._timer is None:
            self._timer = self.hass.loop.call_later(_LOOK, self._look)

    @callback
    def _look(self) -> None:
        self._timer = None
        was = self._attr_is_streaming
        self._refresh()
        if self.stream is not None and self.stream.outputs():
            self._look_later()
        if was is not self._attr_is_streaming:
            self.async_write_ha_state()

    @override
    async def _end_stream(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await super()._end_stream()

    # Pictures

    @override
    async def handle_async_mjpeg_stream(self, request: web.Request) -> web.StreamResponse | None:
        """Show the pictures of a camera that takes no videos as they come; of others stills, one after the other."""
        if not self.agent_camera.pictures_only:
            return await super().handle_async_mjpeg_stream(request)
        response: web.StreamResponse | None = None
        pictures = self.agent_camera.live_pictures()
        self._viewers += 1
        try:
            async for picture in pictures:
                if self._leaving:
                    break
                if response is None:
                    response = web.StreamResponse()
                    response.content_type = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
                    await response.prepare(request)
                    self._woken()
                self._shown = picture
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                await response.write(head.encode() + picture + b"\r\n")
        except AgentViewError as err:
            _LOGGER.debug("The pictures of %s ended: %s", self.entity_id, err)
        finally:
            self._viewers -= 1
            await pictures.aclose()
            self._woken()
        return response

    @override
    async def async_camera_image(self, width: int | None = None, height: int | None = None) -> bytes | None:
        """Return a picture of the stream that is open, else that of the last event, or one that says that there is none."""
        stream = self.stream
        if stream is not None and stream.available and "hls" in stream.outputs():
            if (picture := await stream.async_get_image(width, height)) is not None:
                return picture
        if self._viewers and self._shown is not None:
            return self._shown
        picture = await self.agent_camera.picture.get()
        view = self.hub.connection.agent_view
        return picture if picture is not None or view is None else view.no_picture

    # Our own actions

    async def async_ptz(self, direction: str, duration: float) -> None:
        """Move the head into a direction for so many seconds; it is stopped then, whatever happens."""
        directions = self.agent_camera.directions
        if direction not in directions:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="ptz_no_such_direction",
                translation_placeholders={
                    "device": self.hub.name_of(self.device),
                    "directions": ", ".join(directions) or "-",
                },
            )
        await self.agent_camera.move(direction, duration)

    async def async_set_stream_quality(self, quality: str) -> None:
        """Show this quality from now on, also to those who are watching."""
        if quality not in (*QUALITIES, STREAM_HD, STREAM_SD):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_such_quality",
                translation_placeholders={
                    "device": self.hub.name_of(self.device),
                    "quality": quality,
                    "qualities": ", ".join(QUALITIES),
                },
            )
        was = self.agent_camera.quality
        self.agent_camera.set_quality(quality)
        if self.stream is not None and self.agent_camera.quality != was:
            self.stream.update_source(self.agent_camera.live_address())
