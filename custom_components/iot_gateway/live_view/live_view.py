"""The cameras of a config entry, with what it takes to watch them."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
import secrets
import string
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..clients.tuya_cloud import (
    CannotReachCloud,
    CloudError,
    TuyaCloudApi,
    WebRtcConfig,
    WebRtcConfigCache,
    get_webrtc_config,
)
from ..clients.tuya_cloud.devices import CloudDevice
from ..const import CONF_STREAM_QUALITY, DOMAIN, STREAM_HD
from ..mapping.camera import CAMERA_CATEGORIES, CAMERA_CODES
from .account import CameraAccount
from .live_camera import STREAMS, CameraTraits, LiveCamera

_STORAGE_VERSION: Final = 1
_SAVE_DELAY: Final = 5.0
_LINK_ID_LENGTH: Final = 8
_LINK_ID_LETTERS: Final = string.ascii_lowercase + string.digits
_OF_CAMERAS: Final = ""
"""What configurations and streams of cameras are, of all that the cloud may refuse."""


class LiveView:
    """The cameras of a config entry, with what it takes to watch them.

    One signalling connection an app account, kept while the entry is loaded; one cache of the cameras' configurations, which
    is kept on disk. `on_error` is told of each refusal of the cloud, for repairs, and `on_reached`
    that it refuses nothing any more of what it takes to watch a camera.
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
        self._accounts: dict[str, CameraAccount] = {}
        self._quality_option: str = entry.options.get(CONF_STREAM_QUALITY, STREAM_HD)
        self._qualities: dict[str, str] = {}
        """By camera, where it is another than the option says."""
        self._added: list[Callable[[LiveCamera], None]] = []
        self._announced: set[str] = set()
        self._refused: set[str] = set()
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
            self._release_accounts()
        self._announce(known)

    @callback
    def prepare_again(self) -> None:
        """Ask once more for what the cloud did not tell of cameras, one call an hour at most as long as it refuses.

        The project may be subscribed to what it takes by now, which nobody would hear of before somebody watches.
        """
        unknown = [
            camera.device.id
            for camera in self._candidates.values()
            if not camera.known and camera.device.category in CAMERA_CATEGORIES
        ]
        idle = self._preparing is None or self._preparing.done()
        if unknown and idle and self._started and not self._stopped:
            self._preparing = self.spawn(self._prepare_some(unknown), "camera preparation")

    @callback
    def remove_camera(self, device_id: str) -> None:
        """Forget a device that is gone for good."""
        if (camera := self._candidates.pop(device_id, None)) is not None:
            camera.close_all()
            self.configs.forget(device_id)
            self._announced.discard(device_id)
            self._qualities.pop(device_id, None)
            self._release_accounts()
            if not any(one.device.category in CAMERA_CATEGORIES for one in self._candidates.values()):
                # Nobody is left to be refused, nor to be reached
                self._forgive(_OF_CAMERAS)
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
            (Path(__file__).parents[1] / "no_picture.jpg").read_bytes
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
    def title(self) -> str:
        """What the entry is called."""
        return self._entry.title

    @property
    def no_picture(self) -> bytes | None:
        """What is shown where there is no picture: a JPEG of a camera."""
        return self._still_without

    # What the parts do

    def wanted_quality(self, device_id: str) -> str:
        """Return the stream that is wanted of a camera: `hd` or `sd`."""
        wanted = self._qualities.get(device_id, self._quality_option)
        return wanted if wanted in STREAMS else STREAM_HD

    @callback
    def keep_quality(self, device_id: str, quality: str) -> None:
        """Keep which stream is wanted of a camera."""
        self._qualities[device_id] = quality
        self._save_soon()

    @callback
    def note_error(self, err: CloudError, what: str = _OF_CAMERAS) -> None:
        """Tell the connection of a refusal, of what is about cameras or about the signalling of an account (its uid)."""
        self._refused.add(what)
        if self._on_error is not None:
            self._on_error(err)

    @callback
    def note_reached(self, what: str = _OF_CAMERAS) -> None:
        """Tell the connection that this is not refused any more, once nothing is."""
        self._refused.discard(what)
        if not self._refused and self._on_reached is not None:
            self._on_reached()

    @callback
    def _forgive(self, what: str) -> None:
        """Take back a refusal of what is not there any more."""
        if what in self._refused:
            self.note_reached(what)

    def spawn[T](self, work: Coroutine[Any, Any, T], what: str) -> asyncio.Task[T]:
        """Begin work that ends with the live view at the latest."""
        task = self._entry.async_create_background_task(
            self.hass, work, f"{DOMAIN} {what} {self._entry.title}", eager_start=False
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Within

    def _account(self, uid: str) -> CameraAccount:
        if (account := self._accounts.get(uid)) is None:
            account = self._accounts[uid] = CameraAccount(self, uid)
        return account

    @callback
    def _release_accounts(self) -> None:
        """Disconnect accounts that no camera is of any more."""
        used = {camera.device.uid for camera in self._candidates.values()}
        for uid in self._accounts.keys() - used:
            self._forgive(uid)
            _ = self.spawn(self._accounts.pop(uid).stop(), "signalling's end")

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
        self.note_reached()
        self._take_config(camera, config)
        return config

    @callback
    def _take_config(self, camera: LiveCamera, config: WebRtcConfig) -> None:
        camera.take_traits(
            CameraTraits(
                supports_webrtc=config.supports_webrtc,
                two_way=config.two_way,
                default_stream=config.default_stream,
                codecs={stream.stream_type: stream.codec for stream in config.streams},
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

    async def _prepare_some(self, device_ids: Sequence[str]) -> None:
        """Ask for some, until one is refused: the reason is the same for all, most likely."""
        for device_id in device_ids:
            await self.configs.prepare((device_id,))
            camera = self._candidates.get(device_id)
            if camera is not None and not camera.known:
                break

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
        configurations = self.configs.snapshot()
        if self._candidates:
            # Those that went while Home Assistant was not running are not kept for ever
            cameras = configurations["cameras"]
            configurations["cameras"] = {one: cameras[one] for one in cameras if one in self._candidates}
        return {
            "link_ids": list(self.link_ids),
            "quality_option": self._quality_option,
            "qualities": dict(self._qualities),
            "configurations": configurations,
        }

    @callback
    def _restore(self, kept: Mapping[str, Any]) -> None:
        match kept.get("link_ids"):
            case [str(one), str(other)] if one != other:
                self.link_ids = (one, other)
        qualities = kept.get("qualities")
        # Who has changed the option since wants it for all cameras
        as_the_option_was = kept.get("quality_option", self._quality_option) == self._quality_option
        if isinstance(qualities, dict) and as_the_option_was:
            self._qualities |= {key: quality for key, quality in qualities.items() if quality in STREAMS}
        self.configs.restore(kept.get("configurations"))
        self._dirty = False
        if not as_the_option_was:
            # Else they would come back with the option
            self._save_soon()

    @callback
    def _take_kept(self, camera: LiveCamera) -> None:
        """Take in what was kept of a camera's configuration."""
        if (kept := self.configs.peek(camera.device.id)) is not None:
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
