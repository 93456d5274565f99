"""One camera behind an agent, a recorder's channel or a device of its own: all that it can be asked for."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, tzinfo
from typing import TYPE_CHECKING, Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..clients.tencent_video import (
    AgentError,
    CallSignal,
    CameraChannel,
    DeviceStatus,
    NvrChannel,
    PtzPosition,
    Quality,
    RecordedFile,
    Recording,
    StoredCamera,
    TencentError,
    TimedTag,
    get_device_st,
    get_file_list,
    get_month_record,
    get_record_index,
    paced,
    playback_fast_forward,
    playback_pause,
    playback_resume,
    playback_seek,
    playback_speed,
    send_call_signal,
    send_signal,
)
from ..clients.tencent_video.agent import LiveKind
from .cloud_recordings import CloudRecordings
from .errors import AgentViewError, agent_view_error
from .last_event import LastEventPicture
from .live_pictures import live_pictures
from .movement import DIRECTIONS, AgentMovement
from .recordings import StoredRecording, day_span

if TYPE_CHECKING:
    from .agent_view import AgentView, KnownDevice

QUALITIES: Final = tuple(str(quality) for quality in Quality)
"""From low to high."""
CALL_SIGNALS: Final = {
    signal.value.removeprefix("call_"): signal for signal in CallSignal if signal is not CallSignal.RECEIVING_STOPPED
}
"""What can be said about a call, by the words of our service action."""
PLAYBACK_COMMANDS: Final = ("pause", "resume", "seek", "speed", "fast_forward")
_NOT_OFFERED: Final = 406
"""What a device says that does not have what it is asked for."""
_LEAST_PLAYED: Final = 5
"""Seconds; devices may find nothing between two times that are nearer."""


class AgentCamera:
    """One camera. Its methods raise AgentViewError, whose text is what users are told.

    `channel` is the recorder's number of it, None for a device that is itself the camera.
    """

    def __init__(self, view: AgentView, device: KnownDevice, channel: NvrChannel | None = None) -> None:
        """Be there for one camera; see `AgentView.cameras`."""
        self._view = view
        self.device = device
        self.channel = channel
        self._listeners: list[CALLBACK_TYPE] = []
        self._position: PtzPosition | None = None
        self._offered = ""
        self._played_from: int | None = None
        session = async_get_clientsession(view.hass)
        number = None if channel is None else channel.channel
        self.cloud = CloudRecordings(
            view.api,
            StoredCamera(product_id=device.product_id, device_name=device.name, channel=number),
            view.plans,
        )
        self.picture = LastEventPicture(
            self.cloud, session, lambda work: view.spawn(work, "picture of an event"), self.changed, view.may_ask
        )
        self._movement: AgentMovement | None = None
        if device.link is not None:
            self._channel = CameraChannel(
                agent=device.link.agent,
                product_id=device.product_id,
                device_name=device.name,
                channel=self.number,
            )
            self._movement = AgentMovement(
                self._channel, view.dialect, lambda work: view.spawn(work, "movement of a camera")
            )

    # What it is

    @property
    def view(self) -> AgentView:
        """What it belongs to."""
        return self._view

    @property
    def number(self) -> int:
        """The channel's number, 0 for a device that is itself the camera."""
        return 0 if self.channel is None else self.channel.channel

    @property
    def key(self) -> str:
        """What tells it from other cameras of the entry, and does not change."""
        return self.device.id if self.channel is None else f"{self.device.id}_{self.channel.channel}"

    @property
    def channel_name(self) -> str:
        """What the recorder calls the channel, empty where it tells no name or is none."""
        return "" if self.channel is None else self.channel.name

    @property
    def name(self) -> str:
        """What the user calls it, for messages."""
        return self._view.name_of(self)

    @property
    def live(self) -> bool:
        """Whether it can be watched, moved and spoken to: that takes an agent."""
        return self.device.link is not None

    @property
    def sleeps(self) -> bool:
        """Whether it saves its battery: it may be woken also while it is taken to be offline."""
        return self.device.link is not None and self.device.link.sleeps

    @property
    def has_session(self) -> bool:
        """Whether the agent knows the way to it, so that the cloud is not needed."""
        return self.device.link is not None and self.device.link.has_session

    @property
    def moves(self) -> bool:
        """Whether its product says that it moves; others may as well."""
        return self.device.moves and self.channel is None

    @property
    def stored(self) -> bool:
        """Whether the cloud keeps recordings of it, or kept some, as far as is known."""
        return self._view.stored(self.key)

    @property
    def quality(self) -> str:
        """The quality that is shown: one of QUALITIES."""
        return self._view.wanted_quality(self.key)

    @property
    def position(self) -> PtzPosition | None:
        """Where it looked after the last movement, None for one that has not told yet."""
        return self._position or self._view.kept_position(self.key)

    @callback
    def listen(self, changed: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call `changed` when something of it is another; return how to end that."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    @callback
    def changed(self) -> None:
        """Tell those who listen."""
        for listener in tuple(self._listeners):
            listener()

    # Live

    @property
    def pictures_only(self) -> bool:
        """Whether it takes pictures and no videos: there is `live_pictures` then and no stream."""
        return self.device.pictures

    def live_address(self) -> str:
        """Return where its live pictures are, without a look at whether they are to be had."""
        self._check_live()
        kind: LiveKind = "live-mjpg" if self.pictures_only else "live"
        quality = self._offered or self.quality
        agent = self._channel.agent
        return agent.live_url(self.device.product_id, self.device.name, self.number, quality, kind=kind)

    async def live_url(self) -> str:
        """Return where its live pictures are; the device was asked whether it takes one more viewer, and woken if need be.

        Where it does not have the quality that is wanted, the next one below is shown, or at last any.
        """
        wanted = QUALITIES.index(self.quality)
        async with self.words():
            status = await self._status(self.quality)
            for quality in (*QUALITIES[:wanted][::-1], *QUALITIES[wanted + 1 :]):
                if status.status != _NOT_OFFERED:
                    break
                status = await self._status(quality)
            status.check()
        return self.live_address()

    async def live_pictures(self) -> AsyncGenerator[bytes]:
        """Yield the JPEGs of a camera that takes pictures only, as long as they come."""
        url = await self.live_url()
        async with self.words():
            pictures = live_pictures(async_get_clientsession(self._view.hass), url)
            try:
                async for picture in pictures:
                    yield picture
            finally:
                await pictures.aclose()

    async def renew(self) -> None:
        """Have the agent find the device anew: its pictures ended."""
        if self.device.link is not None:
            try:
                await self.device.link.renew()
            except AgentError as err:
                raise agent_view_error(err, self.name) from err

    @callback
    def set_quality(self, quality: str) -> None:
        """Show this quality from now on."""
        self._view.keep_quality(self.key, quality)
        self._offered = ""
        self.changed()

    # Movement

    @property
    def directions(self) -> tuple[str, ...]:
        """Where it can be told to look."""
        return DIRECTIONS if self.live else ()

    async def move(self, direction: str, duration: float) -> None:
        """Move it for so many seconds; it is told to stop then, whatever happens."""
        self._check_live()
        movement = self._movement
        assert movement is not None
        async with self.words():
            position = await self._ask(lambda: movement.move(direction, duration), wake=True)
        if position is not None:
            self._position = position
            self._view.keep_position(self.key, position)
            self.changed()

    async def finish(self) -> None:
        """End its movement."""
        if self._movement is not None:
            await self._movement.finish()

    # Sound and signals

    async def talk(self, tags: list[TimedTag]) -> None:
        """Have it say what `sound_tags` returned; returns when it was said."""
        async with self.words():
            (await self._ask(lambda: get_device_st(self._channel, "voice"), wake=True)).check()
            await self._channel.agent.voice(self.device.product_id, self.device.name, self.number, paced(tags))

    async def call(self, signal: str) -> None:
        """Say what becomes of a call: one of CALL_SIGNALS."""
        await self._order(lambda: send_call_signal(self._channel, CALL_SIGNALS[signal]))

    async def send_signal(self, text: str) -> str:
        """Send a text of the maker's own and return the answer."""
        return await self._order(lambda: send_signal(self._channel, text))

    # Recordings on its card

    async def card_days(self, year: int, month: int) -> list[date]:
        """Return the days of a month that have recordings."""
        return await self._order(lambda: get_month_record(self._channel, year, month))

    async def card_recordings(self, day: date, zone: tzinfo) -> list[StoredRecording]:
        """Return the recordings of a local day, in order."""
        start, end = day_span(day, zone)
        found: list[Recording] = await self._order(lambda: get_record_index(self._channel, start, end - 1))
        return [
            StoredRecording(start=one.start, end=one.end, type=one.type) for one in found if start <= one.start < end
        ]

    async def card_url(self, start: int, end: int) -> str:
        """Return where a recording is played; the device was asked whether it would."""
        async with self.words():
            (await self._ask(lambda: get_device_st(self._channel, "playback"), wake=True)).check()
        end = max(end, start + _LEAST_PLAYED)
        self._played_from = start
        return self._channel.agent.playback_url(self.device.product_id, self.device.name, self.number, start, end)

    async def files(self, start: int | None, end: int | None, zone: tzinfo) -> list[RecordedFile]:
        """Return the files on its card, between two times where it heeds that."""
        return await self._order(lambda: get_file_list(self._channel, start=start, end=end, zone=zone))

    async def download(self, name: str, *, offset: int = 0, size: int | None = None) -> AsyncGenerator[bytes]:
        """Yield a file of its card from `offset` on."""
        self._check_live()
        async with self.words():
            (await self._ask(lambda: get_device_st(self._channel, "playback"), wake=True)).check()
            pieces = self._channel.agent.download(
                self.device.product_id, self.device.name, self.number, name, offset=offset, size=size
            )
            try:
                async for piece in pieces:
                    yield piece
            finally:
                await pieces.aclose()

    async def playback(self, command: str, value: float) -> None:
        """Control what its card plays: one of PLAYBACK_COMMANDS; `value` is seconds to seek to, a speed or frames to pass."""
        match command:
            case "pause":
                await self._order(lambda: playback_pause(self._channel))
            case "resume":
                await self._order(lambda: playback_resume(self._channel))
            case "seek":
                at = None if self._played_from is None else self._played_from + round(value)
                await self._order(lambda: playback_seek(self._channel, round(value * 1000), at=at))
            case "speed":
                await self._order(lambda: playback_speed(self._channel, value))
            case _:
                await self._order(lambda: playback_fast_forward(self._channel, round(value)))

    # Within

    def _check_live(self) -> None:
        if self.device.link is None:
            raise AgentViewError("agent_missing", device=self.name)

    async def _status(self, quality: str) -> DeviceStatus:
        """Ask whether the device takes one more viewer in a quality, which is the one that is shown then."""
        self._offered = quality
        return await self._ask(lambda: get_device_st(self._channel, "live", quality), wake=True)

    async def _order[T](self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask it something that a user asked for."""
        async with self.words():
            return await self._ask(ask, wake=True)

    async def _ask[T](self, ask: Callable[[], Awaitable[T]], *, wake: bool) -> T:
        self._check_live()
        link = self.device.link
        assert link is not None
        slept = link.sleeps
        try:
            return await link.use(ask, wake=wake)
        finally:
            if link.sleeps is not slept:
                self._view.note_sleeper(self.device)

    @asynccontextmanager
    async def words(self) -> AsyncGenerator[None]:
        """Turn errors of the clients into those that users are told."""
        try:
            yield
        except (AgentError, TencentError) as err:
            if isinstance(err, TencentError):
                self._view.note_error(err)
            raise agent_view_error(err, self.name) from err
