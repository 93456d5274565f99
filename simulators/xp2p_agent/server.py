"""The simulated agent: its HTTP server, with devices behind it (docs/protocols/xp2p-agent.openapi.yaml)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping
import contextlib
from dataclasses import dataclass
from typing import Any, Literal, Self

from aiohttp import web

from simulators.listening import listen

from . import commands
from .calls import CallState
from .devices import STREAM_KINDS, AgentDevice, Camera, Stream, StreamKind
from .faults import Failure, Faults
from .feedback import PRIVATE, Delivery, Feedback
from .files import read
from .flv import BadFlv
from .pictures import SIZES, Quality, form_of
from .playback import Playback
from .slots import NoChannel
from .streams import FlvWriter, Write, send_live, send_live_jpegs, send_live_sound, sound_of
from .voice import Voice

VERSION = "1.0.0"
LOOP_SECONDS = 60
"""After which live pictures come again; so, their clock, which shows the seconds of a minute, is right."""
MOST_QUERY = 3000
"""Bytes of a command (section 2.1)."""
_MOST_REQUESTS = 100_000
_DOWNLOAD_PART = 64 * 1024
_LONGEST_END = 10.0
_HTML = "<html><body><h1>{}</h1></body></html>"
_FLV = "video/x-flv"
_JPEGS = "video/x-motion-jpeg"
_UNKNOWN = "application/octet-stream"

type LiveKind = Literal["live", "live-mjpg", "live-audio"]
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class _Viewer:
    """Who watches what, and whose P2P channel it takes: those with the same slot share one."""

    kind: StreamKind
    channel: int
    quality: str
    slot: Hashable


class _Broken(Exception):
    """The connection is to break."""


class UnknownDevice(KeyError):
    """There is no device of that name."""


class Refused(Exception):
    """The agent answers with an HTTP status and, if it has one, an error's name."""

    def __init__(self, status: int, word: str, text: str) -> None:
        """Take them, and what a person may read."""
        super().__init__(text)
        self.status = status
        self.word = word

    def response(self) -> web.Response:
        """Return the answer."""
        return web.json_response({"error": self.word, "message": str(self)}, status=self.status)


@dataclass(slots=True, kw_only=True)
class Request:
    """A request that came in."""

    endpoint: str
    """One of faults.ENDPOINTS."""
    device: str
    query: Mapping[str, str]
    status: int | None = None
    """Of the answer, None: none yet, or none at all."""


class Devices:
    """The devices that an agent reaches, by product and name with a slash; what can happen to them."""

    def __init__(self, devices: Iterable[AgentDevice] = ()) -> None:
        """Have these."""
        self._devices = {device.key: device for device in devices}

    def all(self) -> list[AgentDevice]:
        """Return all of them."""
        return list(self._devices.values())

    def get(self, key: str) -> AgentDevice:
        """Return a device; raises UnknownDevice."""
        try:
            return self._devices[key]
        except KeyError:
            raise UnknownDevice(key) from None

    def set_online(self, device: AgentDevice, online: bool) -> None:
        """Let a device connect, with other X-P2P information, or go: a low-power one falls asleep."""
        if device.online is online:
            return
        device.online = online
        if online:
            device.renew_p2p()
        else:
            device.cut()

    def set_call(self, device: AgentDevice, state: CallState) -> None:
        """Let a device's call be in a state."""
        device.call.state = state

    def watched(self, device: AgentDevice) -> None:
        """Be told that somebody watches a device, or doesn't any more."""


class Xp2pAgentSimulator:
    """An agent on a port of its own; `async with` starts and stops it.

    `port` 0 lets the system pick one, which then stays over stop and start. Its memory of sessions doesn't.
    """

    def __init__(
        self,
        devices: Devices | Iterable[AgentDevice] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        feedback_url: str = "",
        loop_seconds: int = LOOP_SECONDS,
        faults: Faults | None = None,
    ) -> None:
        """Prepare; nothing listens yet."""
        self.host = host
        self.port = port
        self.devices = devices if isinstance(devices, Devices) else Devices(devices)
        self.loop_seconds = loop_seconds
        self._faults = faults or Faults()
        self.feedback = Feedback(self._faults, feedback_url)
        self.sessions: dict[str, str] = {}
        """The X-P2P information that was given, by device."""
        self.calls: Counter[str] = Counter()
        """How many requests came in, by endpoint."""
        self.requests: list[Request] = []
        """All of them; the first 100 000."""
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Event()
        self._connections: set[asyncio.Task[Any]] = set()
        """The tasks of connections that have asked for something."""

    @property
    def base_url(self) -> str:
        """Return what a user enters."""
        return f"http://{self.host}:{self.port}"

    @property
    def faults(self) -> Faults:
        """Return what goes wrong; change it, it can't be replaced."""
        return self._faults

    # Start and stop

    @property
    def running(self) -> bool:
        """Tell whether it listens."""
        return self._runner is not None

    async def start(self) -> None:
        """Listen; OSError if the port is taken. Does nothing if it listens already."""
        if self._runner is not None:
            return
        app = web.Application(client_max_size=1 << 20)
        device = "/v1/{product}/{name}"
        app.router.add_get("/v1/health", self._served("health", self._health))
        app.router.add_put(f"{device}/session", self._served("session", self._session))
        app.router.add_get(f"{device}/ipc.flv", self._served("", self._ipc))
        app.router.add_post(f"{device}/command", self._served("command", self._command))
        app.router.add_post(f"{device}/voice", self._served("voice", self._voice))
        # Whoever goes away, ends what is sent to him.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        self.port = await listen(runner, self.host, self.port, reuse_address=True)
        self._runner = runner
        self.feedback.start()

    async def stop(self) -> None:
        """Stop listening, end all streams and forget the sessions. Does nothing if it is stopped."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        await self.feedback.stop()
        self.drop(abort=True)
        await runner.cleanup()
        # A busy machine may take a while to end those that were only told to.
        if self._connections:
            await asyncio.wait(self._connections, timeout=_LONGEST_END)
        self.sessions.clear()
        self._notify()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    def drop(self, *, abort: bool = False) -> int:
        """End all streams; return how many there were. `abort`: by breaking the connections."""
        count = 0
        for device in self.devices.all():
            count += len(device.streams)
            device.cut(abort=abort)
        return count

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        """Wait until a condition over this simulator holds; raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not condition():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.1)

    # What devices do

    def tell(self, device: AgentDevice, message: Mapping[str, Any]) -> Delivery:
        """Let a device send a message to the app; ValueError if no device may send it."""
        delivery = self.feedback.tell(device, message)
        match message.get(PRIVATE):
            case "call_hang_up" | "call_cancel":
                self.devices.set_call(device, "idle")
            case "recv_stop":
                if device.talking is not None:
                    device.talking.cancel()
        return delivery

    # HTTP

    def _served(self, endpoint: str, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            task = asyncio.current_task()
            assert task is not None
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
            info = request.match_info
            device = f"{info['product']}/{info['name']}" if "name" in info else ""
            name = endpoint or _flv_endpoint(request.query.get("action", ""))
            note = Request(endpoint=name, device=device, query=dict(request.query))
            self.calls[name] += 1
            if len(self.requests) < _MOST_REQUESTS:
                self.requests.append(note)
            self._notify()
            try:
                if seconds := self._faults.latency_of(name):
                    await asyncio.sleep(seconds)
                if (failure := self._faults.take(name, device)) is not None:
                    response: web.StreamResponse = await _misbehave(request, failure)
                else:
                    response = await handler(request)
            except Refused as err:
                response = err.response()
            except UnknownDevice:
                response = Refused(404, "unknown_device", "The account's devices don't have it.").response()
            except NoChannel:
                response = Refused(405, "viewer_limit", "All P2P channels of the device are taken.").response()
            note.status = response.status
            self._notify()
            return response

        return handle

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"version": VERSION})

    async def _session(self, request: web.Request) -> web.Response:
        device = self._device(request)
        try:
            body = await request.json()
        except ValueError:
            body = None
        info = body.get("p2p_info") if isinstance(body, dict) else None
        if request.content_type != "application/json" or not isinstance(info, str) or not info.startswith("XP2P"):
            raise Refused(400, "bad_request", "The body is JSON with the p2p_info, which begins with XP2P.")
        self.sessions[device.key] = info
        # A device that can't be reached can't be asked either.
        if device.online:
            self._check_session(device)
        return web.Response(status=204)

    async def _command(self, request: web.Request) -> web.Response:
        device = self._reached(request)
        query = request.query
        if len(request.query_string.encode()) > MOST_QUERY:
            raise Refused(400, "bad_request", "A command has 3000 bytes at most.")
        command = query.get("cmd", "")
        if not command or "&" in command:
            raise Refused(400, "bad_request", "cmd is missing, or has an & in it.")
        channel = _channel(request, 0)
        match query.get("action"):
            case "inner_define":
                self._camera(device, channel)
                before = device.call.state
                reply = await commands.reply_to_inner(device, channel, query, self._faults)
                if device.call.state != before:
                    self.devices.set_call(device, device.call.state)
            case "user_define":
                camera = device.cameras.get(channel)
                reply = commands.reply_to_own(device, channel, camera, command, self._faults)
            case _:
                raise Refused(400, "bad_request", "action is inner_define or user_define.")
        # The agent doesn't know what it is.
        return web.Response(body=reply.encode(), content_type=_UNKNOWN)

    async def _ipc(self, request: web.Request) -> web.StreamResponse:
        device = self._reached(request)
        kind = request.query.get("action", "")
        channel = _channel(request)
        camera = self._camera(device, channel)
        match kind:
            case "live" | "live-mjpg" | "live-audio":
                return await self._live(request, device, channel, camera, kind)
            case "playback":
                return await self._playback(request, device, channel, camera)
            case "download":
                return await self._download(request, device, channel)
        raise Refused(400, "bad_request", f"action is one of {', '.join(STREAM_KINDS)}.")

    async def _live(
        self, request: web.Request, device: AgentDevice, channel: int, camera: Camera, kind: LiveKind
    ) -> web.StreamResponse:
        if device.pictures is (kind == "live"):
            raise Refused(406, "unsupported", "The device doesn't send that.")
        quality = _quality(request)
        if kind == "live" and quality not in device.qualities:
            raise Refused(406, "unsupported", "The device doesn't have that quality.")

        async def send(write: Write) -> None:
            if kind == "live":
                await send_live(write, camera, quality, self._faults, self.loop_seconds)
            elif kind == "live-mjpg":
                await send_live_jpegs(write, camera, self.loop_seconds)
            else:
                await send_live_sound(write, camera, self._faults)

        response = web.StreamResponse(headers={"Content-Type": _JPEGS if kind == "live-mjpg" else _FLV})
        slot: Hashable = (kind, channel, quality if kind == "live" else "")
        viewer = _Viewer(kind, channel, quality, object() if self._faults.no_sharing else slot)
        return await self._send(request, response, device, viewer, send)

    async def _playback(
        self, request: web.Request, device: AgentDevice, channel: int, camera: Camera
    ) -> web.StreamResponse:
        if device.card is None:
            raise Refused(406, "unsupported", "The device has no card.")
        start, end = _number(request, "start_time"), _number(request, "end_time")
        playback = Playback(device.card, channel, start, end)
        if not playback.seconds:
            raise Refused(404, "no_record", "Nothing was recorded then.")
        form = form_of(camera.codec, "high", playback=True)
        sound = await sound_of(camera, self._faults)

        async def send(write: Write) -> None:
            entry = channel, playback
            device.playbacks.append(entry)
            try:
                await playback.send(FlvWriter(write, self._faults, form, sound), form, camera.title)
            finally:
                device.playbacks.remove(entry)

        response = web.StreamResponse(headers={"Content-Type": _FLV})
        return await self._send(request, response, device, _Viewer("playback", channel, "", object()), send)

    async def _download(self, request: web.Request, device: AgentDevice, channel: int) -> web.StreamResponse:
        faults = self._faults
        name, offset = request.query.get("file_name", ""), _number(request, "offset", 0)
        file = next((one for one in await commands.files_of(device, channel) if one.name == name), None)
        if file is None:
            raise Refused(404, "no_file", "There is no such file.")
        if offset > file.size:
            raise Refused(416, "bad_offset", "The file isn't that long.")
        data = await read(file, offset)

        async def send(write: Write) -> None:
            rate = faults.download_rate
            step = min(_DOWNLOAD_PART, max(1, rate // 20)) if rate else _DOWNLOAD_PART
            end = len(data) if faults.download_cut is None else min(faults.download_cut, len(data))
            for at in range(0, end, step):
                await write(data[at : min(at + step, end)])
                if rate:
                    await asyncio.sleep(step / rate)
            if end < len(data):
                raise _Broken

        response = web.StreamResponse(headers={"Content-Type": _UNKNOWN})
        if not faults.download_unsized:
            response.content_length = len(data)
        return await self._send(request, response, device, _Viewer("download", channel, "", object()), send)

    async def _voice(self, request: web.Request) -> web.Response:
        device = self._reached(request)
        channel = _channel(request, 0)
        self._camera(device, channel)
        if not device.talks:
            raise Refused(406, "unsupported", "The device has no loudspeaker.")
        if device.talking is not None:
            raise Refused(409, "busy", "Somebody else talks to the device.")
        with device.slots.taken(object()):
            voice = Voice(device=device.key, channel=channel)
            device.voices.append(voice)
            if device.call.state in ("ringing", "calling"):
                self.devices.set_call(device, "talking")
            task = asyncio.create_task(self._hear(request, voice))
            device.talking = task
            self.devices.watched(device)
            try:
                await asyncio.wait({task})
            finally:
                device.talking = None
                task.cancel()
                voice.ended = True
                self.devices.watched(device)
            if task.cancelled():
                # The device doesn't listen any more.
                raise Refused(410, "stopped", "The device doesn't listen any more.")
            try:
                await task
            except BadFlv as err:
                raise Refused(400, "bad_request", f"The sound is no FLV with AAC or G.711: {err}.") from err
        return web.Response(status=204)

    async def _hear(self, request: web.Request, voice: Voice) -> None:
        async for data in request.content.iter_any():
            voice.feed(data)
            self._notify()
        voice.end()

    # Who is asked, and whether he can be

    def _device(self, request: web.Request) -> AgentDevice:
        return self.devices.get(f"{request.match_info['product']}/{request.match_info['name']}")

    def _reached(self, request: web.Request) -> AgentDevice:
        """Return the device that a request is about; raises Refused if it can't be reached."""
        device = self._device(request)
        if device.asleep:
            raise Refused(423, "asleep", "The device is asleep.")
        if not device.online:
            raise Refused(503, "offline", "The device is offline.")
        self._check_session(device)
        return device

    def _check_session(self, device: AgentDevice) -> None:
        if self.sessions.get(device.key) != device.p2p_info:
            raise Refused(412, "session", "There is no session, or it is older than the device's last start.")

    def _camera(self, device: AgentDevice, channel: int) -> Camera:
        if (camera := device.cameras.get(channel)) is None:
            raise Refused(404, "no_channel", "The device has no such channel.")
        if not camera.online:
            raise Refused(503, "offline", "The camera of this channel is offline.")
        return camera

    # Streams

    async def _send(
        self,
        request: web.Request,
        response: web.StreamResponse,
        device: AgentDevice,
        viewer: _Viewer,
        send: Callable[[Write], Coroutine[Any, Any, None]],
    ) -> web.StreamResponse:
        """Have a P2P channel, and send through it until it ends, is cut, or nobody takes it any more; raises NoChannel."""
        with device.slots.taken(viewer.slot):
            await response.prepare(request)

            async def write(data: bytes) -> None:
                await response.write(data)
                stream.sent += len(data)

            task = asyncio.create_task(send(write))
            stream = Stream(kind=viewer.kind, channel=viewer.channel, quality=viewer.quality, task=task)
            device.streams.append(stream)
            self.devices.watched(device)
            self._notify()
            try:
                after = None if viewer.kind == "download" else self._faults.cut_after
                if not (await asyncio.wait({task}, timeout=after))[0]:
                    stream.cut(abort=True)
                    await asyncio.wait({task})
            finally:
                task.cancel()
                (ended,) = await asyncio.gather(task, return_exceptions=True)
                device.streams.remove(stream)
                self.devices.watched(device)
                self._notify()
        if isinstance(ended, _Broken) or stream.aborted:
            _abort(request)
        elif isinstance(ended, Exception) and not isinstance(ended, ConnectionError):
            raise ended
        else:
            with contextlib.suppress(ConnectionError):
                await response.write_eof()
        return response

    def _notify(self) -> None:
        """Wake everything that waits, once: the next one to wait does so on a new event."""
        self._changed.set()
        self._changed = asyncio.Event()


def _flv_endpoint(action: str) -> str:
    return action if action in ("playback", "download") else "live"


def _channel(request: web.Request, default: int | None = None) -> int:
    return _number(request, "channel", default)


def _number(request: web.Request, name: str, default: int | None = None) -> int:
    text = request.query.get(name)
    if text is None and default is not None:
        return default
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 13:
        raise Refused(400, "bad_request", f"{name} is a number.")
    return int(text)


def _quality(request: web.Request) -> Quality:
    wanted = request.query.get("quality", "high")
    for quality in SIZES:
        if quality == wanted:
            return quality
    raise Refused(400, "bad_request", f"quality is one of {', '.join(SIZES)}.")


async def _misbehave(request: web.Request, failure: Failure) -> web.StreamResponse:
    match failure.kind:
        case "http" if failure.word:
            return web.json_response({"error": failure.word}, status=failure.status)
        case "http":
            return web.Response(status=failure.status, text=_HTML.format(failure.status), content_type="text/html")
        case "garbage":
            return web.Response(text=_HTML.format("Please sign in"), content_type="text/html")
        case "timeout":
            await asyncio.sleep(failure.seconds)
            return web.Response(status=504)
        case "silent":
            # Until the client has had enough, or this simulator stops.
            await asyncio.Event().wait()
    _abort(request)
    # Nobody gets this.
    return web.Response(status=503)


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
