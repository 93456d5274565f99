"""The live view: all that watching the cameras of a config entry takes, between the cloud's client and the entities.

It outlives the viewers: the configurations of the cameras are known and the message broker is connected before anybody watches,
so that a view costs no call of the cloud (tuya_ipc_webrtc.md, section 14).
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
import logging
from pathlib import Path
import secrets
import string
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.storage import Store

from .clients.tuya_cloud import (
    HD,
    SD,
    CameraSessions,
    CannotReachCloud,
    CloudBusy,
    CloudError,
    CredentialsRefused,
    DataCenterSuspended,
    DeviceOffline,
    EventPicture,
    IceServer,
    IpcSignalling,
    IpNotAllowed,
    MqttAccess,
    MqttAccessSource,
    NotSubscribed,
    NotSupported,
    PermissionDenied,
    PictureUnreadable,
    PtzDirection,
    QuotaExhausted,
    RequestInvalid,
    SdpError,
    SessionError,
    SessionReason,
    SubscriptionExpired,
    TuyaCloudApi,
    UnknownCloudError,
    ViewedCamera,
    WebRtcConfig,
    WebRtcConfigCache,
    WrongDataCenter,
    allocate_stream,
    fetch_event_picture,
    get_webrtc_config,
    move_ptz,
    parse_event_picture,
)
from .clients.tuya_cloud.devices import CloudDevice
from .const import CONF_STREAM_QUALITY, DOMAIN, STREAM_HD, STREAM_SD
from .errors import CommandFailed
from .mapping.camera import BATTERY_CATEGORIES, BATTERY_CODES, CAMERA_CATEGORIES, CAMERA_CODES

_LOGGER = logging.getLogger(__name__)

_STORAGE_VERSION: Final = 1
_SAVE_DELAY: Final = 5.0
_LINK_ID_LENGTH: Final = 8
_LINK_ID_LETTERS: Final = string.ascii_lowercase + string.digits

_PICTURE_PATIENCE: Final = 5.0
"""Seconds that somebody who wants a picture waits for it; Home Assistant itself gives up after 10."""
_PICTURE_RETRY_FIRST: Final = 5.0
"""Seconds until a picture is asked for again that could not be had: cameras tell of an event before its picture is there."""
_PICTURE_RETRY_MOST: Final = 600.0

_STREAMS: Final = {STREAM_HD: HD, STREAM_SD: SD}
_QUALITIES: Final = {HD: STREAM_HD, SD: STREAM_SD}
_STREAM_KINDS: Final = ("rtsp", "hls")
_KIND_REFUSED: Final = (NotSupported, RequestInvalid, UnknownCloudError, CannotReachCloud)
"""What the next kind of stream may help against."""

_CLOUD_ERRORS: Final[Mapping[type[CloudError], str]] = {
    CloudBusy: "live_view_cloud_busy",
    CredentialsRefused: "live_view_credentials_refused",
    DataCenterSuspended: "live_view_data_center_suspended",
    DeviceOffline: "live_view_offline",
    IpNotAllowed: "live_view_ip_not_allowed",
    NotSubscribed: "live_view_not_subscribed",
    PermissionDenied: "live_view_permission_denied",
    QuotaExhausted: "live_view_quota_exhausted",
    SubscriptionExpired: "live_view_subscription_expired",
    WrongDataCenter: "live_view_wrong_data_center",
    CannotReachCloud: "live_view_not_connected",
}
_SESSION_ERRORS: Final = {
    SessionReason.NO_ANSWER: "live_view_no_answer",
    SessionReason.BUSY: "live_view_busy",
    SessionReason.ASLEEP: "live_view_asleep",
    SessionReason.CAMERA_CLOSED: "live_view_ended",
    SessionReason.NOT_CONNECTED: "live_view_not_connected",
    SessionReason.REFUSED: "live_view_refused",
}


class LiveViewError(CommandFailed):
    """A camera cannot be watched, or its picture not be had; the text says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """Who is told how a view goes on; nothing is called after `failed`, and nothing before `answered` but that.

    `candidate` is called with the candidate and the mid and the index of the media it belongs to.
    """

    answered: Callable[[str], None]
    candidate: Callable[[str, str, int], None]
    failed: Callable[[LiveViewError], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Traits:
    """What lasts of a camera's configuration."""

    supports_webrtc: bool = True
    two_way: bool = False
    default_stream: int = SD
    codecs: Mapping[int, str] = field(default_factory=dict)

    @property
    def playable(self) -> tuple[int, ...]:
        """The streams that browsers play, as far as the camera says which it has."""
        return tuple(stream for stream, codec in self.codecs.items() if codec in ("h264", ""))


_UNKNOWN = _Traits()


class LiveCamera:
    """One camera.

    `native` says that browsers can play what it sends; before that is known it is taken to be so.
    """

    def __init__(self, live_view: LiveView, device: CloudDevice, account: _Account) -> None:
        """Be ready for viewers; see `LiveView.add_camera`."""
        self.device = device
        self.pictures = EventPictures(live_view, self)
        self._live_view = live_view
        self._account = account
        self._traits: _Traits | None = None
        self._listeners: list[CALLBACK_TYPE] = []
        self._sessions = self._make_sessions()

    # What it is

    @property
    def is_camera(self) -> bool:
        """Whether it is known to be one: by its category, or because it can be watched."""
        return self.device.category in CAMERA_CATEGORIES or (self._traits is not None and self._traits.supports_webrtc)

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
        if not playable or _STREAMS[wanted] in playable:
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
                stream=_STREAMS[self._live_view.wanted_quality(self.device.id)],
                on_answer=viewer.answered,
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
    def set_quality(self, quality: str) -> None:
        """Show `hd` or `sd` from now on, to those who watch already too where the camera can switch."""
        self._live_view.keep_quality(self.device.id, quality)
        _ = self._sessions.set_stream(_STREAMS[self.quality])
        self.changed()

    async def allocate_stream(self) -> str:
        """Return the address of a stream by way of the cloud: good once, soon, and for minutes; raises LiveViewError.

        It wakes a camera that sleeps, and counts against what the project's plan includes.
        """
        error: CloudError | None = None
        for kind in _STREAM_KINDS:
            try:
                return await allocate_stream(self._live_view.api, self.device.uid, self.device.id, kind)
            except CloudError as err:
                error = error or err
                if not isinstance(err, _KIND_REFUSED):
                    break
        assert error is not None
        self._live_view.note_error(error)
        raise self.cloud_error(error) from error

    async def move(self, direction: PtzDirection | None) -> None:
        """Move the camera's head by the cloud's own call, until it is stopped with None; raises LiveViewError."""
        try:
            await move_ptz(self._live_view.api, self.device.id, direction)
        except CloudError as err:
            raise self.cloud_error(err) from err

    # What the live view does

    @callback
    def take_traits(self, traits: _Traits) -> None:
        """Take in what the camera's configuration says."""
        if traits != self._traits:
            self._traits = traits
            self.changed()

    @callback
    def take_device(self, device: CloudDevice, account: _Account) -> None:
        """Take in what the cloud lists of the device now."""
        self.device = device
        if account is not self._account:
            # Given to another user: what went out by the old account's connection never comes back
            self._sessions.close_all()
            self._account = account
            self._sessions = self._make_sessions()
        else:
            self._sessions.camera = self._viewed()

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
        key = next((key for kind, key in _CLOUD_ERRORS.items() if isinstance(err, kind)), None)
        if key is None:
            return LiveViewError("live_view_cloud_error", device=self.device.name, error=str(err))
        return LiveViewError(key, device=self.device.name)

    def _error_of(self, err: SessionError) -> LiveViewError:
        """Return what a viewer is told; what the cloud refuses is said by the cloud's reason."""
        cause: BaseException | None = err.__cause__
        if err.reason is SessionReason.NOT_CONNECTED and cause is None:
            cause = self._account.error
        if isinstance(cause, CloudError):
            self._live_view.note_error(cause)
            return self.cloud_error(cause)
        if err.reason is SessionReason.REFUSED and err.close_reason is None and not self.native:
            return LiveViewError("live_view_not_playable", device=self.device.name)
        if err.reason is SessionReason.NO_ANSWER and not self.device.online:
            return LiveViewError("live_view_offline", device=self.device.name)
        return LiveViewError(_SESSION_ERRORS[err.reason], device=self.device.name)

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
        _ = await allocate_stream(self._live_view.api, self.device.uid, self.device.id, _STREAM_KINDS[0])


class EventPictures:
    """The picture of a camera's last event: fetched when somebody wants to see it, then kept in memory.

    The camera itself is never asked, so that none wakes for it; an event that nobody looks at costs no call.
    """

    def __init__(self, live_view: LiveView, camera: LiveCamera) -> None:
        """Begin without one."""
        self._live_view = live_view
        self._camera = camera
        self._seen: dict[str, str] = {}
        self._event: EventPicture | None = None
        self._event_time = 0.0
        self._picture: bytes | None = None
        self._picture_of: EventPicture | None = None
        self._task: asyncio.Task[bytes | None] | None = None
        self._not_before = 0.0
        self._wait = _PICTURE_RETRY_FIRST
        self._fetched = 0
        self._failed = 0

    @property
    def last_event(self) -> datetime | None:
        """When the last event with a picture was, None where there was none."""
        return datetime.fromtimestamp(self._event_time, UTC) if self._event is not None else None

    @callback
    def note(self, code: str, value: object, reported_at: float | None) -> None:
        """Take in the value of a data point that tells of events; `reported_at` in seconds since the epoch."""
        if not isinstance(value, str) or self._seen.get(code) == value:
            return
        self._seen[code] = value
        event = parse_event_picture(value, local_key=self._camera.device.local_key)
        if event is None:
            return
        when = event.time or reported_at or time.time()
        if self._event is not None and when < self._event_time:
            return
        self._event, self._event_time = event, when
        self._not_before, self._wait = 0.0, _PICTURE_RETRY_FIRST
        self._camera.changed()

    async def last(self) -> bytes | None:
        """Return the picture of the last event, None where there is none or it cannot be had now."""
        if self._event is None:
            return None
        if self._picture_of is self._event:
            return self._picture
        if await self._fetch() and self._picture_of is self._event:
            return self._picture
        return None

    async def latest(self) -> bytes | None:
        """Return the newest picture that can be had, if need be of an earlier event."""
        return await self.last() or self._picture

    def diagnostics(self) -> dict[str, Any]:
        """Return what a bug report needs, without secrets."""
        return {
            "event": None if self._event is None else self._event.event,
            "version": None if self._event is None else self._event.version,
            "have_it": self._picture_of is self._event and self._picture is not None,
            "fetched": self._fetched,
            "failed": self._failed,
        }

    async def _fetch(self) -> bool:
        """Fetch the picture of the last event, for all who want it at once; return whether it is here."""
        if self._task is None:
            if asyncio.get_running_loop().time() < self._not_before or self._event is None:
                return False
            self._task = self._live_view.spawn(self._load(self._event), "event picture")
            self._task.add_done_callback(self._loaded)
        task = self._task
        # Whoever leaves, the picture is for the next one
        _ = await asyncio.wait((task,), timeout=_PICTURE_PATIENCE)
        return task.done() and not task.cancelled() and task.result() is not None

    async def _load(self, event: EventPicture) -> bytes | None:
        device = self._camera.device
        try:
            picture = await fetch_event_picture(
                self._live_view.api,
                async_get_clientsession(self._live_view.hass),
                device.id,
                event,
                local_key=device.local_key,
            )
        except CloudError as err:
            _LOGGER.debug("The picture of an event of %s could not be had: %s", device.id, err)
            self._failed += 1
            if event is self._event:
                # What is there but cannot be read won't be otherwise later
                wait = float("inf") if isinstance(err, PictureUnreadable) else self._wait
                self._not_before = asyncio.get_running_loop().time() + wait
                self._wait = min(2 * self._wait, _PICTURE_RETRY_MOST)
            return None
        self._fetched += 1
        self._picture, self._picture_of = picture, event
        return picture

    def _loaded(self, task: asyncio.Task[bytes | None]) -> None:
        if self._task is task:
            self._task = None


class _Account:
    """The signalling of an app account: its cameras answer to no other's."""

    def __init__(self, live_view: LiveView, uid: str) -> None:
        """Be ready to `start`."""
        self.uid = uid
        self.error: CloudError | None = None
        self.signalling: Final = IpcSignalling(self._access, on_error=self._failed)
        self._live_view = live_view
        self._source: MqttAccessSource | None = None
        self._task: asyncio.Task[None] | None = None
        _ = self.signalling.add_listener(self._connection_changed)

    @callback
    def start(self) -> None:
        """Connect, and stay connected."""
        if self._task is None:
            self._task = self._live_view.spawn(self.signalling.run(), "signalling")

    async def stop(self) -> None:
        """Disconnect, once all is said."""
        task, self._task = self._task, None
        if task is not None:
            await self.signalling.flush()
            task.cancel()
            _ = await asyncio.wait((task,))

    @callback
    def retry_soon(self) -> None:
        """Somebody is about to watch."""
        self.signalling.retry_soon()

    async def _access(self) -> MqttAccess:
        if self._source is None:
            self._source = MqttAccessSource(self._live_view.api, self.uid, self._live_view.link_ids)
        return await self._source()

    def _failed(self, err: CloudError) -> None:
        self.error = err
        self._live_view.note_error(err)

    def _connection_changed(self, up: bool) -> None:
        if up:
            self.error = None


class LiveView:
    """The cameras of a config entry, with what it takes to watch them.

    One signalling connection an app account, kept while the entry is loaded; one cache of the cameras' configurations, which
    is kept on disk without what ends. `on_error` is told of each refusal of the cloud, for repairs, and `on_reached`
    that it told what it takes to watch a camera.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        api: TuyaCloudApi,
        *,
        on_error: Callable[[CloudError], None] | None = None,
        on_reached: Callable[[], None] | None = None,
    ) -> None:
        """Be ready for cameras; nothing is asked for before `async_start`."""
        self.hass = hass
        self.api = api
        self.link_ids: tuple[str, str] = (_new_link_id(), _new_link_id())
        self.configs = WebRtcConfigCache(
            self._fetch_config, spawn=lambda work: self.spawn(work, "camera configuration"), on_changed=self._save_soon
        )
        self._entry = entry
        self._on_error = on_error
        self._on_reached = on_reached
        self._store = _store(hass, entry)
        self._candidates: dict[str, LiveCamera] = {}
        self._accounts: dict[str, _Account] = {}
        self._qualities: dict[str, str] = {}
        self._added: list[Callable[[LiveCamera], None]] = []
        self._announced: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._preparing: asyncio.Task[None] | None = None
        self._started = False
        self._stopped = False
        self._dirty = False
        self._cancel_stop_listener: CALLBACK_TYPE | None = None
        self._still_without: bytes | None = None

    # What the connection does

    @callback
    def add_camera(self, device: CloudDevice) -> None:
        """Take in a device of the cloud's list, for the first time or again; what cannot be a camera is left out."""
        known = self._candidates.get(device.id)
        if known is None:
            if device.category not in CAMERA_CATEGORIES and CAMERA_CODES.isdisjoint(device.status):
                return
            known = self._candidates[device.id] = LiveCamera(self, device, self._account(device.uid))
            if self._started:
                self._take_kept(known)
                self._prepare()
        else:
            known.take_device(device, self._account(device.uid))
        self._announce(known)

    @callback
    def remove_camera(self, device_id: str) -> None:
        """Forget a device that is gone for good."""
        if (camera := self._candidates.pop(device_id, None)) is not None:
            camera.close_all()
            self.configs.forget(device_id)
            self._announced.discard(device_id)
            self._qualities.pop(device_id, None)
            self._save_soon()

    async def async_start(self) -> None:
        """Load what is kept, and begin to connect and to ask for what is not, in the background."""
        if (kept := await self._store.async_load()) is not None:
            self._restore(kept)
        self._started = True
        if kept is None:
            # The link ids are this installation's for good
            self._save_soon()
        self._still_without = await self.hass.async_add_executor_job(
            (Path(__file__).parent / "no_picture.jpg").read_bytes
        )
        for camera in self._candidates.values():
            self._take_kept(camera)
        self._prepare()
        _ = self.spawn(self.configs.run(), "camera configurations")
        self._cancel_stop_listener = self.hass.bus.async_listen_once(
            EVENT_HOMEASSISTANT_STOP, self._home_assistant_stops
        )

    async def async_stop(self) -> None:
        """End all views, tell the cameras so, and disconnect."""
        self._stopped = True
        if self._cancel_stop_listener is not None:
            self._cancel_stop_listener()
            self._cancel_stop_listener = None
        for camera in self._candidates.values():
            camera.close_all()
        _ = await asyncio.gather(*(account.stop() for account in self._accounts.values()))
        self.configs.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            _ = await asyncio.wait(tasks)
        if self._dirty:
            await self._store.async_save(self._kept())

    def diagnostics(self) -> dict[str, Any]:
        """Return what a bug report needs, without secrets."""
        return {
            "accounts": [
                {
                    "connected": account.signalling.connected,
                    "last_error": account.signalling.last_error,
                    "statistics": account.signalling.statistics.as_dict(),
                }
                for account in self._accounts.values()
            ],
            "configurations": self.configs.as_dict(),
            "cameras": {device_id: camera.diagnostics() for device_id, camera in self._candidates.items()},
        }

    # What platforms do

    @property
    def cameras(self) -> list[LiveCamera]:
        """All that are known to be cameras."""
        return [camera for camera in self._candidates.values() if camera.is_camera]

    def get(self, device_id: str) -> LiveCamera | None:
        """Return a camera, None where the device is none as far as is known."""
        camera = self._candidates.get(device_id)
        return camera if camera is not None and camera.is_camera else None

    @callback
    def listen_cameras(self, added: Callable[[LiveCamera], None]) -> CALLBACK_TYPE:
        """Have a function called with each camera that comes to be known; return how to end it."""
        self._added.append(added)
        return lambda: self._added.remove(added)

    @property
    def no_picture(self) -> bytes | None:
        """What is shown where there is no picture: a JPEG of a camera."""
        return self._still_without

    # What the parts do

    def wanted_quality(self, device_id: str) -> str:
        """Return the stream that is wanted of a camera: `hd` or `sd`."""
        wanted = self._qualities.get(device_id) or self._entry.options.get(CONF_STREAM_QUALITY, STREAM_HD)
        return wanted if wanted in _STREAMS else STREAM_HD

    @callback
    def keep_quality(self, device_id: str, quality: str) -> None:
        """Keep which stream is wanted of a camera."""
        self._qualities[device_id] = quality
        self._save_soon()

    @callback
    def note_error(self, err: CloudError) -> None:
        """Tell the connection of a refusal."""
        if self._on_error is not None:
            self._on_error(err)

    def spawn[T](self, work: Coroutine[Any, Any, T], what: str) -> asyncio.Task[T]:
        """Begin work that ends with the live view at the latest."""
        task = self._entry.async_create_background_task(
            self.hass, work, f"{DOMAIN} {what} {self._entry.title}", eager_start=False
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Within

    def _account(self, uid: str) -> _Account:
        if (account := self._accounts.get(uid)) is None:
            account = self._accounts[uid] = _Account(self, uid)
        return account

    async def _fetch_config(self, device_id: str) -> WebRtcConfig:
        camera = self._candidates.get(device_id)
        if camera is None:
            raise CannotReachCloud("The camera is not there any more")
        try:
            config = await get_webrtc_config(self.api, camera.device.uid, device_id)
        except CloudError as err:
            if camera.device.category in CAMERA_CATEGORIES:
                self.note_error(err)
            raise
        if self._on_reached is not None:
            self._on_reached()
        self._take_config(camera, asdict(config))
        return config

    @callback
    def _take_config(self, camera: LiveCamera, config: Mapping[str, Any]) -> None:
        camera.take_traits(
            _Traits(
                supports_webrtc=config["supports_webrtc"],
                two_way=config["two_way"],
                default_stream=config["default_stream"],
                codecs={stream["stream_type"]: stream["codec"] for stream in config["streams"]},
            )
        )
        self._announce(camera)

    @callback
    def _announce(self, camera: LiveCamera) -> None:
        """Connect for a camera and tell platforms of it, once it is known to be one."""
        if not self._started or self._stopped or not camera.is_camera:
            return
        if camera.native:
            self._account(camera.device.uid).start()
        if camera.device.id not in self._announced:
            self._announced.add(camera.device.id)
            for added in tuple(self._added):
                added(camera)

    @callback
    def _prepare(self) -> None:
        """Ask for what is not known of cameras, one after the other."""
        if self._preparing is None or self._preparing.done():
            self._preparing = self.spawn(self._prepare_all(), "camera preparation")

    async def _prepare_all(self) -> None:
        done: set[str] = set()
        while missing := self._candidates.keys() - done:
            done |= missing
            # Those that are cameras for certain come first
            await self.configs.prepare(
                sorted(missing, key=lambda one: self._candidates[one].device.category not in CAMERA_CATEGORIES)
            )

    async def _home_assistant_stops(self, _event: Event) -> None:
        """Free the places of all cameras before nobody can any more."""
        self._cancel_stop_listener = None
        for camera in self._candidates.values():
            camera.close_all()
        _ = await asyncio.gather(*(account.signalling.flush() for account in self._accounts.values()))

    # What is kept on disk

    @callback
    def _save_soon(self) -> None:
        self._dirty = True
        if self._started and not self._stopped:
            self._store.async_delay_save(self._saved, _SAVE_DELAY)

    @callback
    def _saved(self) -> dict[str, Any]:
        self._dirty = False
        return self._kept()

    def _kept(self) -> dict[str, Any]:
        return {
            "link_ids": list(self.link_ids),
            "qualities": dict(self._qualities),
            "configurations": self.configs.snapshot(),
        }

    @callback
    def _restore(self, kept: Mapping[str, Any]) -> None:
        match kept.get("link_ids"):
            case [str(one), str(other)] if one != other:
                self.link_ids = (one, other)
        qualities = kept.get("qualities")
        if isinstance(qualities, dict):
            self._qualities |= {key: quality for key, quality in qualities.items() if quality in _STREAMS}
        self.configs.restore(kept.get("configurations"))
        self._dirty = False

    @callback
    def _take_kept(self, camera: LiveCamera) -> None:
        """Take in what was kept of a camera's configuration."""
        kept = self.configs.snapshot()["cameras"].get(camera.device.id)
        if kept is not None:
            self._take_config(camera, kept)
        else:
            self._announce(camera)


async def async_forget_live_view(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Remove what is kept of the cameras of an entry."""
    await _store(hass, entry).async_remove()


def _store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[dict[str, Any]]:
    return Store(hass, _STORAGE_VERSION, f"{DOMAIN}.live_view.{entry.entry_id}", private=True, atomic_writes=True)


def _new_link_id() -> str:
    return "".join(secrets.choice(_LINK_ID_LETTERS) for _ in range(_LINK_ID_LENGTH))
