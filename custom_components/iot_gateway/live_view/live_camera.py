"""One camera, and who watches it."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import CALLBACK_TYPE, callback

from ..clients.tuya_cloud import (
    HD,
    SD,
    CameraSessions,
    CannotReachCloud,
    CloudError,
    IceServer,
    NotSupported,
    PtzDirection,
    RequestInvalid,
    SdpError,
    SessionError,
    SessionReason,
    UnknownCloudError,
    ViewedCamera,
    allocate_stream,
    move_ptz,
)
from ..clients.tuya_cloud.devices import CloudDevice
from ..const import STREAM_HD, STREAM_SD
from ..mapping.camera import BATTERY_CATEGORIES, BATTERY_CODES, CAMERA_CATEGORIES
from .errors import LiveViewError, cloud_error, move_error, session_error
from .event_pictures import EventPictures

if TYPE_CHECKING:
    from .account import CameraAccount
    from .live_view import LiveView

STREAMS: Final = {STREAM_HD: HD, STREAM_SD: SD}
_QUALITIES: Final = {HD: STREAM_HD, SD: STREAM_SD}
STREAM_KINDS: Final = ("rtsp", "hls")
"""What the cloud can open, the one with less delay first."""
_OFFERS_REMEMBERED: Final = 64
_KIND_REFUSED: Final = (NotSupported, RequestInvalid, UnknownCloudError, CannotReachCloud)
"""What the next kind of stream may help against."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """Who is told how a view goes on; nothing is called after `failed`, and nothing before `answered` but that.

    `candidate` is called with the candidate and the mid and the index of the media it belongs to.
    """

    answered: Callable[[str], None]
    candidate: Callable[[str, str, int], None]
    failed: Callable[[LiveViewError], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraTraits:
    """What lasts of a camera's configuration."""

    supports_webrtc: bool = True
    two_way: bool = False
    default_stream: int = SD
    codecs: Mapping[int, str] = field(default_factory=dict)

    @property
    def playable(self) -> tuple[int, ...]:
        """The streams that browsers play, as far as the camera says which it has."""
        return tuple(stream for stream, codec in self.codecs.items() if codec in ("h264", ""))


_UNKNOWN = CameraTraits()


class LiveCamera:
    """One camera.

    `native` says that browsers can play what it sends; before that is known it is taken to be so.
    """

    def __init__(self, live_view: LiveView, device: CloudDevice, account: CameraAccount) -> None:
        """Be ready for viewers; see `LiveView.add_camera`."""
        self.device = device
        self.pictures = EventPictures(live_view, self)
        self._live_view = live_view
        self._account = account
        self._traits: CameraTraits | None = None
        self._listeners: list[CALLBACK_TYPE] = []
        self._answered: deque[int] = deque(maxlen=_OFFERS_REMEMBERED)
        self._sessions = self._make_sessions()

    # What it is

    @property
    def is_camera(self) -> bool:
        """Whether it is known to be one: by its category, or because it can be watched."""
        return self.device.category in CAMERA_CATEGORIES or (self._traits is not None and self._traits.supports_webrtc)

    @property
    def known(self) -> bool:
        """Whether the cloud has told how it can be watched."""
        return self._traits is not None

    @property
    def sleeps(self) -> bool:
        """Whether it saves its battery, as far as the device itself tells."""
        return self.device.category in BATTERY_CATEGORIES or not BATTERY_CODES.isdisjoint(self.device.status)

    @property
    def native(self) -> bool:
        """Whether a browser can play it without help."""
        traits = self._traits
        return traits is None or (traits.supports_webrtc and (not traits.codecs or bool(traits.playable)))

    @property
    def two_way(self) -> bool:
        """Whether one can talk through it."""
        return self._traits is not None and self._traits.two_way

    @property
    def viewers(self) -> int:
        """How many there are."""
        return len(self._sessions)

    @property
    def no_picture(self) -> bytes | None:
        """What is shown where there is no picture: a JPEG of a camera."""
        return self._live_view.no_picture

    @property
    def quality(self) -> str:
        """The stream that a viewer gets, `hd` or `sd`: the wanted one, or the other where only that can be played."""
        wanted = self._live_view.wanted_quality(self.device.id)
        playable = (self._traits or _UNKNOWN).playable
        if not playable or STREAMS[wanted] in playable:
            return wanted
        return _QUALITIES[playable[0]]

    @property
    def unplayable(self) -> tuple[str, ...]:
        """The streams that no browser plays, as they are H.265."""
        traits = self._traits or _UNKNOWN
        return tuple(_QUALITIES[stream] for stream in traits.codecs if stream not in traits.playable)

    @callback
    def listen(self, changed: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Have a function called when any of that changes; return how to end it."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    # What viewers do

    @callback
    def ice_servers(self) -> tuple[IceServer, ...]:
        """Return the ICE servers that a browser takes, with credentials that hold now; somebody is about to watch."""
        self._account.retry_soon()
        return self._live_view.configs.ice_servers(self.device.id)

    @callback
    def open(self, session_id: str, offer_sdp: str, viewer: Viewer) -> None:
        """Begin a view; raises LiveViewError where the offer is none, and tells the viewer of anything else."""
        this_offer = hash(offer_sdp)
        if this_offer in self._answered:
            # A frontend that has lost Home Assistant for a moment says again all that it said before; but its peer connection
            # takes no other answer, and the camera's side of it went with the connection
            raise LiveViewError("live_view_interrupted", device=self.device.name)

        def answered(sdp: str) -> None:
            self._answered.append(this_offer)
            viewer.answered(sdp)

        def candidate(text: str) -> None:
            if (session := self._sessions.get(session_id)) is not None:
                viewer.candidate(text, session.candidate_mid, session.candidate_index)

        def failed(err: SessionError) -> None:
            viewer.failed(self._error_of(err))
            self.changed()

        try:
            _ = self._sessions.open(
                session_id,
                offer_sdp,
                stream=STREAMS[self._live_view.wanted_quality(self.device.id)],
                on_answer=answered,
                on_candidate=candidate,
                on_error=failed,
            )
        except SdpError as err:
            raise LiveViewError("live_view_bad_offer", device=self.device.name, error=str(err)) from err
        self.changed()

    @callback
    def add_candidate(self, session_id: str, candidate: str, user_fragment: str | None = None) -> None:
        """Take a viewer's candidate, empty for their end, in whatever state the session is."""
        self._sessions.add_candidate(session_id, candidate, user_fragment)

    @callback
    def close(self, session_id: str) -> None:
        """End a view; the camera is told, whatever it was told before."""
        if session_id in self._sessions:
            self._sessions.close(session_id)
            self.changed()

    @callback
    def close_all(self) -> None:
        """End all views."""
        if self._sessions:
            self._sessions.close_all()
            self.changed()

    @callback
    def is_gone(self) -> None:
        """Tell those who watch that the camera is out of reach by now."""
        self._sessions.camera_is_gone()

    @callback
    def set_quality(self, quality: str) -> None:
        """Show `hd` or `sd` from now on, to those who watch already too where the camera can switch."""
        self._live_view.keep_quality(self.device.id, quality)
        _ = self._sessions.set_stream(STREAMS[self.quality])
        self.changed()

    async def allocate_stream(self, kinds: Sequence[str] = STREAM_KINDS) -> str:
        """Return the address of a stream by way of the cloud: good once, soon, and for minutes; raises LiveViewError.

        It is of the first of `kinds` that the cloud opens. It wakes a camera that sleeps, and counts against what the
        project's plan includes.
        """
        error: CloudError | None = None
        for kind in kinds:
            try:
                address = await allocate_stream(self._live_view.api, self.device.uid, self.device.id, kind)
            except CloudError as err:
                error = error or err
                if not isinstance(err, _KIND_REFUSED):
                    break
            else:
                self._live_view.note_reached()
                return address
        assert error is not None
        self._live_view.note_error(error)
        raise self.cloud_error(error) from error

    async def move(self, direction: PtzDirection | None, called: str) -> None:
        """Move the camera's head by the cloud's own call, until it is stopped with None.

        Raises CommandFailed, which names the camera as the user does: `called`.
        """
        try:
            await move_ptz(self._live_view.api, self.device.id, direction)
        except CloudError as err:
            raise move_error(err, called, self._live_view.title) from err

    # What the live view does

    @callback
    def take_traits(self, traits: CameraTraits) -> None:
        """Take in what the camera's configuration says."""
        if traits != self._traits:
            self._traits = traits
            self.changed()

    @callback
    def take_device(self, device: CloudDevice, account: CameraAccount) -> None:
        """Take in what the cloud lists of the device now."""
        came_or_went = device.online is not self.device.online
        self.device = device
        if account is not self._account:
            # Given to another user: what went out by the old account's connection never comes back
            self._sessions.interrupt_all()
            self._account = account
            self._sessions = self._make_sessions()
        else:
            self._sessions.camera = self._viewed()
        if came_or_went:
            self.changed()

    @callback
    def changed(self) -> None:
        """Tell those who listen."""
        for listener in tuple(self._listeners):
            listener()

    def diagnostics(self) -> dict[str, Any]:
        """Return what a bug report needs, without secrets."""
        return {
            "sleeps": self.sleeps,
            "native": self.native,
            "two_way": self.two_way,
            "quality": self.quality,
            "unplayable": list(self.unplayable),
            "sessions": self._sessions.as_dict(),
            "pictures": self.pictures.diagnostics(),
        }

    def cloud_error(self, err: CloudError) -> LiveViewError:
        """Return what users are told of a refusal of the cloud."""
        return cloud_error(err, self.device.name)

    def _error_of(self, err: SessionError) -> LiveViewError:
        """Return what a viewer is told; what the cloud refuses is said by the cloud's reason."""
        cause: BaseException | None = err.__cause__
        if err.reason is SessionReason.NOT_CONNECTED and cause is None:
            cause = self._account.error
        if isinstance(cause, CloudError):
            if cause is not self._account.error:
                self._live_view.note_error(cause)
            return self.cloud_error(cause)
        if err.reason is SessionReason.NO_ANSWER and not self.device.online:
            return LiveViewError("live_view_offline", device=self.device.name)
        return session_error(err.reason, self.device.name)

    def _viewed(self) -> ViewedCamera:
        device = self.device
        return ViewedCamera(
            device_id=device.id,
            local_key=device.local_key,
            low_power=self.sleeps,
            sub_dev_id=device.node_id if device.sub else "",
        )

    def _make_sessions(self) -> CameraSessions:
        live_view = self._live_view
        return CameraSessions(
            self._viewed(),
            self._account.signalling,
            live_view.configs,
            spawn=lambda work: live_view.spawn(work, "camera session"),
            wake_by_cloud=self._wake_by_cloud,
        )

    async def _wake_by_cloud(self) -> None:
        """A viewer waits, and the camera doesn't hear the broker: that the cloud does, for which no stream is opened."""
        _ = await allocate_stream(self._live_view.api, self.device.uid, self.device.id, STREAM_KINDS[0])
