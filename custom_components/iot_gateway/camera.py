"""Cameras: live over WebRTC, from the camera to the browser without a server in between."""

from collections.abc import Callable, Coroutine
from typing import Any, Final, override

from homeassistant.components import camera as camera_component
from homeassistant.components.camera.const import CameraEntityFeature
from homeassistant.components.camera.webrtc import (
    WebRTCAnswer,
    WebRTCCandidate,
    WebRTCClientConfiguration,
    WebRTCError,
    WebRTCSendMessage,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_cached_translations
from webrtc_models import RTCConfiguration, RTCIceCandidateInit, RTCIceServer

from .agent_camera import AgentCameraEntity
from .agent_entity import async_setup_agent_platform
from .const import DOMAIN, STREAM_HD, STREAM_SD
from .errors import CommandFailed
from .hub import Hub, HubConfigEntry
from .live_entity import LiveEntity, async_setup_live_platform
from .live_view import LiveCamera, LiveViewError, Viewer
from .mapping import EntityPlan
from .mapping.composite import CameraRow
from .model import Device
from .ptz import Movement
from .stream_on_demand import StreamOnDemand
from .stream_renewal import StreamRenewal

PARALLEL_UPDATES = 0

ATTR_STREAM_QUALITY: Final = "stream_quality"
ATTR_UNPLAYABLE_STREAMS: Final = "unplayable_streams"

_OFFER_FAILED: Final = "webrtc_offer_failed"
_SESSION_ENDED: Final = "webrtc_session_ended"
"""Home Assistant's own codes of what a player is told."""

_ANY_STREAM: Final = "rtsps://"
"""What providers are asked about: whether they would take such a stream is no reason to have the cloud open one."""

_Capabilities: Final = getattr(camera_component, "CameraEntityCapabilities", None)
"""From Home Assistant 2026.11 on."""


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the cameras of an entry."""
    async_setup_live_platform(entry, Platform.CAMERA, TuyaCamera, async_add_entities)
    async_setup_agent_platform(
        entry,
        lambda hub, device, camera: (AgentCameraEntity(hub, device, camera),) if camera.live else (),
        async_add_entities,
    )


class TuyaCamera(LiveEntity, StreamOnDemand):
    """A camera.

    Its stills are the pictures of its events: it is never woken, and no stream opened, for a picture on a dashboard.
    """

    entity_description: CameraRow  # type: ignore[assignment]
    _attr_brand = "Tuya"

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan, camera: LiveCamera) -> None:
        """Stand for what `plan` says of `device`, watched by `camera`."""
        super().__init__(hub, device, plan, camera)
        StreamOnDemand.__init__(self)
        self.movement = Movement.of(hub, device, camera)
        self._attr_supported_features = CameraEntityFeature.STREAM
        if "privacy" in self.roles:
            self._attr_supported_features |= CameraEntityFeature.ON_OFF
        self._supports_native_async_webrtc = camera.native
        self._renewal: StreamRenewal | None = None
        self._watching: dict[str, Callable[[LiveViewError], None]] = {}
        self._take_camera()

    @override
    async def async_will_remove_from_hass(self) -> None:
        """End the views, the stream and the movement; the connection is still there."""
        self._end_views("live_view_interrupted")
        self.camera.close_all()
        await self._end_stream()
        await self.movement.finish()
        await super().async_will_remove_from_hass()

    @override
    @callback
    def _refresh(self) -> None:
        self._attr_is_on = self.value("privacy") is not True
        self._attr_is_recording = self._attr_is_on and self.value("recording") is True
        self._attr_motion_detection_enabled = self.value("motion_detection") is True
        self._attr_model = self.device.model or None
        self._take_camera()
        if not self.online and not self.camera.sleeps:
            # One that sleeps may be taken to be offline while it plays
            self.camera.is_gone()
        if not self._attr_is_on:
            self._end_views("live_view_privacy")

    @callback
    def _take_camera(self) -> None:
        """Take over what is known of how it can be watched."""
        camera = self.camera
        self._attr_is_streaming = camera.viewers > 0
        self._attr_extra_state_attributes = {ATTR_STREAM_QUALITY: camera.quality}
        if camera.unplayable:
            self._attr_extra_state_attributes[ATTR_UNPLAYABLE_STREAMS] = list(camera.unplayable)
        if _Capabilities is not None:
            self._attr_camera_entity_capabilities = _Capabilities(two_way_audio=camera.two_way)
        if self._supports_native_async_webrtc is not camera.native:
            self._supports_native_async_webrtc = camera.native
            if (invalidate := getattr(self, "_invalidate_camera_capabilities_cache", None)) is not None:
                # Until Home Assistant 2026.10
                invalidate()
            if self.hass is not None:
                _ = self.hass.async_create_task(self.async_refresh_providers())

    # Live

    @override
    async def async_handle_async_webrtc_offer(
        self, offer_sdp: str, session_id: str, send_message: WebRTCSendMessage
    ) -> None:
        """Have the camera answer a browser's offer."""
        if not self._supports_native_async_webrtc:
            await super().async_handle_async_webrtc_offer(offer_sdp, session_id, send_message)
            return
        code = _OFFER_FAILED

        @callback
        def answered(sdp: str) -> None:
            nonlocal code
            code = _SESSION_ENDED
            send_message(WebRTCAnswer(sdp))

        @callback
        def candidate(text: str, mid: str, index: int) -> None:
            send_message(WebRTCCandidate(RTCIceCandidateInit(text, sdp_mid=mid, sdp_m_line_index=index)))

        @callback
        def failed(err: LiveViewError) -> None:
            self._watching.pop(session_id, None)
            send_message(WebRTCError(code, self._in_words(err)))

        self._watching[session_id] = failed
        try:
            self._check_watchable()
            self.camera.open(session_id, offer_sdp, Viewer(answered=answered, candidate=candidate, failed=failed))
        except LiveViewError as err:
            failed(err)

    @override
    async def async_on_webrtc_candidate(self, session_id: str, candidate: RTCIceCandidateInit) -> None:
        """Pass a browser's candidate on; it may come before the camera has the offer, and after the session's end."""
        if self._supports_native_async_webrtc:
            self.camera.add_candidate(session_id, candidate.candidate, candidate.user_fragment)
        else:
            await super().async_on_webrtc_candidate(session_id, candidate)

    @override
    @callback
    def close_webrtc_session(self, session_id: str) -> None:
        """End a view, however far it is."""
        super().close_webrtc_session(session_id)
        self._watching.pop(session_id, None)
        self.camera.close(session_id)

    @callback
    def _end_views(self, key: str) -> None:
        """End all views, and say why: a player whose camera just falls silent shows its last picture for good."""
        while self._watching:
            session_id, failed = self._watching.popitem()
            self.camera.close(session_id)
            failed(LiveViewError(key))

    @override
    @callback
    def _async_get_webrtc_client_configuration(self) -> WebRTCClientConfiguration:
        """Return what the browser connects with: made anew, since credentials end and Home Assistant adds to it."""
        return WebRTCClientConfiguration(
            configuration=RTCConfiguration(
                ice_servers=[
                    RTCIceServer(urls=server.urls, username=server.username, credential=server.credential)
                    for server in self.camera.ice_servers()
                ]
            )
        )

    @callback
    def _check_watchable(self) -> None:
        """Raise what keeps the camera from being watched at all."""
        # Whether the cloud tells of states just now is nothing to a camera whose configuration is known
        if not self.online and not self.camera.sleeps:
            raise LiveViewError("live_view_offline", device=self.hub.name_of(self.device))
        if not self.is_on:
            raise LiveViewError("live_view_privacy", device=self.hub.name_of(self.device))

    @callback
    def _in_words(self, err: LiveViewError) -> str:
        """Return an error in the language of this Home Assistant: the player shows it as it is."""
        err = self._of_this(err)
        texts = async_get_cached_translations(self.hass, self.hass.config.language, "exceptions", DOMAIN)
        text = texts.get(f"component.{DOMAIN}.exceptions.{err.translation_key}.message")
        return str(err) if text is None else text.format(**(err.translation_placeholders or {}))

    @callback
    def _of_this(self, err: LiveViewError) -> LiveViewError:
        """Return an error that calls the camera what the user calls it, and not what the cloud does."""
        placeholders = {**(err.translation_placeholders or {}), "device": self.hub.name_of(self.device)}
        return LiveViewError(err.translation_key or "", **placeholders)

    # By way of the cloud: for recordings, and for cameras that browsers don't play

    @override
    async def stream_source(self) -> str | None:
        """Return the address of a stream that the cloud opens for this one use."""
        if self._asks_providers:
            return _ANY_STREAM
        self._check_watchable()
        try:
            return await self.camera.allocate_stream()
        except LiveViewError as err:
            raise self._of_this(err) from err

    @override
    @callback
    def _stream_opened(self, stream: Any) -> None:
        """Renew its address before that ends."""
        self._renewal = StreamRenewal(stream, self.camera, self._spawn)

    @override
    @callback
    def _stream_changed(self) -> None:
        """The stream works, or does not any more."""
        self.async_write_ha_state()
        if self._renewal is not None:
            self._renewal.check()

    @override
    async def _end_stream(self) -> None:
        self._renewal = None
        await super()._end_stream()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        _ = self.hub.entry.async_create_background_task(self.hass, work, f"{DOMAIN} stream of {self.entity_id}")

    # Pictures

    @override
    async def async_camera_image(self, width: int | None = None, height: int | None = None) -> bytes | None:
        """Return the picture of the last event, or one that says that there is none."""
        picture = await self.camera.pictures.latest()
        return self.camera.no_picture if picture is None else picture

    # What can be set

    @override
    async def async_turn_on(self) -> None:
        """End privacy mode."""
        await self._set({"privacy": False})

    @override
    async def async_turn_off(self) -> None:
        """Begin privacy mode."""
        await self._set({"privacy": True})

    @override
    async def async_enable_motion_detection(self) -> None:
        """Have it look for movement."""
        await self._set_motion_detection(True)

    @override
    async def async_disable_motion_detection(self) -> None:
        """Have it look for movement no more."""
        await self._set_motion_detection(False)

    async def _set_motion_detection(self, on: bool) -> None:
        if "motion_detection" not in self.roles:
            raise CommandFailed("no_motion_detection", device=self.hub.name_of(self.device))
        await self._set({"motion_detection": on})

    # Our own actions

    async def async_ptz(self, direction: str, duration: float) -> None:
        """Move the head into a direction for so many seconds; it is stopped then, whatever happens."""
        await self.movement.move(direction, duration)

    async def async_set_stream_quality(self, quality: str) -> None:
        """Show `hd` or `sd` from now on."""
        if quality not in (STREAM_HD, STREAM_SD):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_such_quality",
                translation_placeholders={
                    "device": self.hub.name_of(self.device),
                    "quality": quality,
                    "qualities": f"{STREAM_HD}, {STREAM_SD}",
                },
            )
        self.camera.set_quality(quality)
