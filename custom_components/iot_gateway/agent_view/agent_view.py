"""The cameras of a config entry that an X-P2P agent shows, and what is kept of them.

A device is taken to be one camera until it tells of channels; a recorder has none before. What it told is kept on disk, so that the
cameras are there after a restart, whether the agent is or not.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, field
import logging
from pathlib import Path
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback

from ..clients.tencent_video import (
    CAMERA_CATEGORY,
    AgentError,
    AgentRefused,
    CameraChannel,
    DeviceAsleep,
    NotFound,
    NotSupported,
    NvrChannel,
    Product,
    PtzPosition,
    Quality,
    ReplyInvalid,
    RequestInvalid,
    TencentApi,
    TencentError,
    Xp2pAgent,
    get_nvr_list,
)
from ..const import CONF_PTZ_DIALECT, DOMAIN
from .agent_camera import QUALITIES, AgentCamera
from .device_link import DeviceLink
from .kept import KeptCameras
from .movement import dialect_of
from .plans import KnownPlans

_LOGGER = logging.getLogger(__name__)

_LOOK_AGAIN_FIRST: Final = 60.0
_LOOK_AGAIN_MOST: Final = 3600.0
"""Seconds until devices that did not tell their channels are asked again; twice that the next time, and so on."""
_RECORDER: Final = "nvr"
_PICTURES: Final = "picture"
"""A word that a product's features have whose devices take pictures only, no videos."""
_MOVES: Final = "ptz"
_FEATURES: Final = (_PICTURES, "p2p", "ipc", "camera", "video", _RECORDER)
"""Words that a product's features have where its devices can be watched."""
_SHORT_FOR: Final[Mapping[str, str]] = {"hd": Quality.SUPER, "sd": Quality.STANDARD}
"""What Tuya's cameras call theirs, so that one automation does for both."""


@dataclass(kw_only=True, slots=True)
class KnownDevice:
    """A device that can be watched; `link` is None where the entry has no agent.

    `channels` is None before it told them at some time; `asked` says that it answered since the start.
    """

    id: str
    product_id: str
    name: str
    recorder: bool = False
    pictures: bool = False
    moves: bool = False
    link: DeviceLink | None = field(default=None, repr=False)
    channels: tuple[NvrChannel, ...] | None = None
    asked: bool = False
    asked_plans: set[str] = field(default_factory=set)
    cameras: tuple[AgentCamera, ...] = field(default=(), repr=False)


class AgentView:
    """The cameras of a config entry; without an agent their recordings in the cloud only.

    `on_error` is told of each refusal of the cloud, for repairs; `may_ask` says whether calls of our own accord are left of today's.
    `plans` is for all who want to know of a plan of cloud storage.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        api: TencentApi,
        agent: Xp2pAgent | None,
        *,
        on_error: Callable[[TencentError], None] | None = None,
        may_ask: Callable[[], bool] = lambda: True,
    ) -> None:
        """Be ready for devices; nothing is asked for before `async_start`."""
        self.hass = hass
        self.api = api
        self.agent = agent
        self.entry = entry
        self.dialect = dialect_of(entry.options.get(CONF_PTZ_DIALECT))
        self._on_error = on_error
        self.may_ask = may_ask
        self.plans = KnownPlans(api)
        self._kept = KeptCameras(hass, entry)
        self._devices: dict[str, KnownDevice] = {}
        self.no_picture: bytes | None = None
        self._listeners: list[CALLBACK_TYPE] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._again = asyncio.Event()
        self._started = False
        self._cancel_stop_listener: CALLBACK_TYPE | None = None

    # What the connection does

    @callback
    def add_device(self, device_id: str, product: Product, name: str, *, has_p2p: bool = False) -> None:
        """Take in a device of the hub, for the first time or again; what cannot be a camera is left out.

        `name` is the cloud's DeviceName. `has_p2p` says that its model has `_sys_xp2p_info`.
        """
        features = " ".join(product.features).lower()
        if device_id in self._devices or not (
            has_p2p or product.category_id == CAMERA_CATEGORY or any(word in features for word in _FEATURES)
        ):
            return
        link = None if self.agent is None else DeviceLink(self.api, self.agent, product.id, name)
        known = self._devices[device_id] = KnownDevice(
            id=device_id,
            product_id=product.id,
            name=name,
            recorder=_RECORDER in features,
            pictures=_PICTURES in features,
            moves=_MOVES in features,
            link=link,
        )
        if self._started:
            self._take_kept(known)
            self._again.set()

    @callback
    def remove_device(self, device_id: str) -> None:
        """Forget a device that is gone for good."""
        if (known := self._devices.pop(device_id, None)) is not None:
            for camera in known.cameras:
                _ = self.spawn(camera.finish(), "end of a movement")
                self._kept.qualities.pop(camera.key, None)
                self._kept.positions.pop(camera.key, None)
                self._kept.stored.discard(camera.key)
            self.plans.drop(known.product_id, known.name)
            self._kept.channels.pop(device_id, None)
            self._kept.sleepers.discard(device_id)
            self._kept.save_soon()
            self._tell()

    async def async_start(self) -> None:
        """Load what is kept, and begin to ask devices for their channels and the cloud for their plans, in the background."""
        await self._kept.load()
        self.no_picture = await self.hass.async_add_executor_job(
            (Path(__file__).parents[1] / "no_picture.jpg").read_bytes
        )
        self._started = True
        for known in self._devices.values():
            self._take_kept(known)
        _ = self.spawn(self._look(), "channels and plans of cameras")
        self._cancel_stop_listener = self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stops)

    async def async_stop(self) -> None:
        """End all movements."""
        if self._cancel_stop_listener is not None:
            self._cancel_stop_listener()
            self._cancel_stop_listener = None
        await self._finish_all()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            _ = await asyncio.wait(tasks)
        await self._kept.flush()

    def diagnostics(self) -> dict[str, Any]:
        """Return what a bug report needs, without secrets."""
        return {
            "agent": self.agent is not None,
            "devices": {
                known.id: {
                    "recorder": known.recorder,
                    "pictures": known.pictures,
                    "session": known.link is not None and known.link.has_session,
                    "sleeps": known.link is not None and known.link.sleeps,
                    "channels": None if known.channels is None else [asdict(one) for one in known.channels],
                    "cameras": len(known.cameras),
                }
                for known in self._devices.values()
            },
        }

    # What platforms do

    def cameras(self, device_id: str) -> tuple[AgentCamera, ...]:
        """Return the cameras of a device of the hub, one a channel; none where it is no camera as far as is known."""
        known = self._devices.get(device_id)
        return () if known is None else known.cameras

    def camera(self, key: str) -> AgentCamera | None:
        """Return a camera by its key."""
        return next((camera for known in self._devices.values() for camera in known.cameras if camera.key == key), None)

    @callback
    def listen_cameras(self, changed: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call `changed` when `cameras` may return others than before; return how to end it."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    def name_of(self, camera: AgentCamera) -> str:
        """Return what the user calls a camera, for messages."""
        # Not there yet while the connection starts
        hub = getattr(self.entry, "runtime_data", None)
        name = camera.device.name
        if hub is not None and (device := hub.devices.get(camera.device.id)) is not None:
            name = hub.name_of(device)
        return f"{name} {camera.channel_name or camera.number}" if camera.channel is not None else name

    # What the parts do

    def spawn[T](self, work: Coroutine[Any, Any, T], what: str) -> asyncio.Task[T]:
        """Begin work that ends with the view at the latest."""
        task = self.entry.async_create_background_task(
            self.hass, work, f"{DOMAIN} {what} {self.entry.title}", eager_start=False
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def wanted_quality(self, key: str) -> str:
        """Return the quality that is wanted of a camera: one of QUALITIES."""
        wanted = self._kept.qualities.get(key, self._kept.quality_option)
        wanted = _SHORT_FOR.get(wanted, wanted)
        return wanted if wanted in QUALITIES else Quality.HIGH.value

    @callback
    def keep_quality(self, key: str, quality: str) -> None:
        """Keep which quality is wanted of a camera."""
        self._kept.qualities[key] = _SHORT_FOR.get(quality, quality)
        self._kept.save_soon()

    def kept_position(self, key: str) -> PtzPosition | None:
        """Return where a camera looked when it last told."""
        return self._kept.positions.get(key)

    @callback
    def keep_position(self, key: str, position: PtzPosition) -> None:
        """Keep where a camera looks."""
        self._kept.positions[key] = position
        self._kept.save_soon()

    @callback
    def note_sleeper(self, known: KnownDevice) -> None:
        """Keep that a device saves its battery."""
        self._kept.sleepers.add(known.id)
        self._kept.save_soon()
        for camera in known.cameras:
            camera.changed()

    @callback
    def note_error(self, err: TencentError) -> None:
        """Tell the connection of a refusal of the cloud."""
        if self._on_error is not None:
            self._on_error(err)

    # Within

    async def _look(self) -> None:
        """Ask devices for their channels until each has answered."""
        pause = _LOOK_AGAIN_FIRST
        while True:
            self._again.clear()
            for known in tuple(self._devices.values()) if self.may_ask() else ():
                if known.link is not None and not known.asked:
                    await self._look_at(known, known.link)
                for camera in known.cameras:
                    if camera.key not in known.asked_plans:
                        await self._look_at_plan(known, camera)
            unknown = any(
                (one.link is not None and not one.asked) or len(one.asked_plans) < len(one.cameras)
                for one in self._devices.values()
            )
            try:
                async with asyncio.timeout(pause if unknown else None):
                    _ = await self._again.wait()
            except TimeoutError:
                pause = min(2 * pause, _LOOK_AGAIN_MOST)

    async def _look_at(self, known: KnownDevice, link: DeviceLink) -> None:
        channel = CameraChannel(agent=link.agent, product_id=known.product_id, device_name=known.name)
        try:
            channels = tuple(await link.use(lambda: get_nvr_list(channel)))
        except (AgentRefused, ReplyInvalid) as err:
            # A camera that knows no channels; a recorder knows them another time
            _LOGGER.debug("%s has no channels: %s", known.name, err)
            if known.recorder or known.channels:
                return
            channels = ()
        except (AgentError, TencentError) as err:
            _LOGGER.debug("It is not to be had which channels %s has: %s", known.name, err)
            if isinstance(err, DeviceAsleep):
                self.note_sleeper(known)
                # It is not kept awake by our questions
                known.asked = not known.recorder
            return
        if known.recorder and not channels:
            return
        known.asked = True
        self._kept.channels[known.id] = channels
        self._take_channels(known, channels)
        self._kept.save_soon()

    async def _look_at_plan(self, known: KnownDevice, camera: AgentCamera) -> None:
        """Learn whether the cloud keeps recordings of a camera, or kept some while it had a plan."""
        try:
            plan = await camera.cloud.plan()
        except (RequestInvalid, NotSupported, NotFound) as err:
            _LOGGER.debug("%s has no storage in the cloud: %s", known.name, err)
            stored = False
        except TencentError as err:
            self.note_error(err)
            return
        else:
            stored = plan.type is not None
        known.asked_plans.add(camera.key)
        if stored is not (camera.key in self._kept.stored):
            (self._kept.stored.add if stored else self._kept.stored.discard)(camera.key)
            self._kept.save_soon()
            camera.changed()

    def stored(self, key: str) -> bool:
        """Whether the cloud keeps recordings of a camera, or kept some, as far as is known."""
        return key in self._kept.stored

    @callback
    def _take_kept(self, known: KnownDevice) -> None:
        """Take in what was kept of a device, else what is likely."""
        if known.link is not None:
            known.link.sleeps = known.id in self._kept.sleepers
        kept = self._kept.channels.get(known.id)
        if kept is not None:
            self._take_channels(known, kept)
        elif not known.recorder:
            known.cameras = (AgentCamera(self, known),)
            self._tell()

    @callback
    def _take_channels(self, known: KnownDevice, channels: tuple[NvrChannel, ...]) -> None:
        """Have a camera for each channel; those that are the same as before stay."""
        if known.channels == channels and known.cameras:
            return
        known.channels = channels
        present = {camera.number: camera for camera in known.cameras if camera.channel is not None}
        if channels:
            cameras = []
            for channel in channels:
                camera = present.get(channel.channel)
                if camera is None:
                    camera = AgentCamera(self, known, channel)
                else:
                    camera.channel = channel
                    camera.changed()
                cameras.append(camera)
        else:
            cameras = [one for one in known.cameras if one.channel is None] or [AgentCamera(self, known)]
        known.cameras = tuple(cameras)
        self._tell()

    @callback
    def _tell(self) -> None:
        for changed in tuple(self._listeners):
            changed()

    async def _finish_all(self) -> None:
        _ = await asyncio.gather(
            *(camera.finish() for known in self._devices.values() for camera in known.cameras), return_exceptions=True
        )

    async def _stops(self, _event: Event) -> None:
        """Stop what moves before nobody can any more."""
        self._cancel_stop_listener = None
        await self._finish_all()
