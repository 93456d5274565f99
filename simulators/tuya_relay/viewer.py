"""One connection to a relay: what its client asks for, and the pictures that it gets."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
import secrets

from simulators.ipc_camera.media import FRAMES_PER_SECOND, Clip
from simulators.pace import Pace

from .addresses import Addresses, Place, Source
from .h264 import CLOCK, PAYLOAD_TYPE, Packets, parameters
from .messages import Answer, BadMessage, Refused, Request, interleaved, read_message, write_answer

_VERSION = "RTSP/1.0"

type _Method = Callable[[Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """In seconds."""

    life: float
    """From the opening of an address to the end of its stream."""
    session: float
    """How long a client may say nothing."""


@dataclass(slots=True)
class _Opened:
    place: Place
    source: Source
    clip: Clip
    packets: Packets
    session: str = ""
    """Of its stream, once that is set up."""
    channel: int = 0
    playing: bool = False


class _Ended(Exception):
    """The connection has nothing more to do."""


class Viewer:
    """Serves one client until it goes, its time is over, or it is cancelled; opens one address at most."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, addresses: Addresses, times: Times
    ) -> None:
        """Serve the client at a connection's other end."""
        self._reader = reader
        self._writer = writer
        self._addresses = addresses
        self._times = times
        self._opened: _Opened | None = None
        self._end = asyncio.timeout(None)
        self._methods: Mapping[str, _Method] = {
            "OPTIONS": self._options,
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "GET_PARAMETER": self._get_parameter,
            "TEARDOWN": self._teardown,
        }

    async def run(self) -> None:
        """Serve it."""
        try:
            async with self._end, asyncio.TaskGroup() as tasks:
                await self._converse(tasks)
        except* _Ended, EOFError, ConnectionError:
            pass
        except* TimeoutError:
            # What it has not taken yet, it shall not have any more
            self._writer.transport.abort()
        finally:
            self._writer.close()

    async def _converse(self, tasks: asyncio.TaskGroup) -> None:
        sending: asyncio.Task[None] | None = None
        while True:
            try:
                async with asyncio.timeout(self._times.session):
                    request = await read_message(self._reader)
            except BadMessage:
                self._writer.write(write_answer(400, {}))
                raise _Ended from None
            if request is None:
                continue
            await self._answer(request)
            if sending is None and (opened := self._opened) is not None and opened.playing:
                sending = tasks.create_task(self._send(opened))

    async def _answer(self, request: Request) -> None:
        # Without this no client could tell which request is answered
        number = {"CSeq": request.headers["cseq"]} if "cseq" in request.headers else {}
        try:
            answer = await self._method(request)(request)
        except Refused as err:
            self._writer.write(write_answer(err.status, {**number, **err.headers}))
        else:
            self._writer.write(write_answer(200, {**number, **answer.headers}, answer.body))
        await self._writer.drain()
        if request.method == "TEARDOWN" and self._opened is None:
            raise _Ended

    def _method(self, request: Request) -> _Method:
        """Return what answers a request; raises Refused."""
        if "cseq" not in request.headers:
            raise Refused(400)
        if request.version != _VERSION:
            raise Refused(505)
        if "require" in request.headers:
            raise Refused(551, {"Unsupported": request.headers["require"]})
        if (method := self._methods.get(request.method)) is None:
            raise Refused(501, self._public())
        return method

    # What is asked for

    async def _options(self, _: Request) -> Answer:
        return Answer(headers=self._public())

    async def _describe(self, request: Request) -> Answer:
        opened = await self._open(request)
        if "application/sdp" not in request.headers.get("accept", "application/sdp"):
            raise Refused(406)
        host, port = self._writer.get_extra_info("sockname")[:2]
        lines = (
            "v=0",
            f"o=- {opened.packets.source} 1 IN IP4 {host}",
            f"s={opened.source.title}",
            f"c=IN IP4 {host}",
            "t=0 0",
            "a=control:*",
            "a=range:npt=now-",
            f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
            f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK}",
            f"a=fmtp:{PAYLOAD_TYPE} {parameters(opened.clip.pictures[0])}",
            f"a=framerate:{FRAMES_PER_SECOND}",
            # In full: a name to be added to what ends with a query would become a part of that
            f"a=control:{opened.place.track.at(host, port)}",
        )
        headers = {"Content-Base": opened.place.at(host, port), "Content-Type": "application/sdp"}
        return Answer(headers=headers, body="".join(f"{line}\r\n" for line in lines).encode())

    async def _setup(self, request: Request) -> Answer:
        opened = await self._open(request)
        if Place.of(request.url) != opened.place.track:
            raise Refused(459)
        if opened.session:
            raise Refused(455)
        opened.channel = _channel(request.headers.get("transport", ""))
        opened.session = secrets.token_hex(8)
        channels = f"{opened.channel}-{opened.channel + 1}"
        return Answer(
            headers={
                "Session": f"{opened.session};timeout={max(1, round(self._times.session))}",
                "Transport": f"RTP/AVP/TCP;unicast;interleaved={channels};ssrc={opened.packets.source:08X}",
            }
        )

    async def _play(self, request: Request) -> Answer:
        opened = self._set_up(request)
        headers = {"Session": opened.session, "Range": "npt=now-"}
        if not opened.playing:
            host, port = self._writer.get_extra_info("sockname")[:2]
            packets = opened.packets
            url = opened.place.track.at(host, port)
            headers["RTP-Info"] = f"url={url};seq={packets.number};rtptime={packets.start}"
            opened.playing = True
        return Answer(headers=headers)

    async def _get_parameter(self, request: Request) -> Answer:
        opened = self._set_up(request)
        if request.body:
            raise Refused(451)
        # Nothing is asked for: the client says that it is still there
        return Answer(headers={"Session": opened.session})

    async def _teardown(self, request: Request) -> Answer:
        self._set_up(request)
        self._opened = None
        return Answer()

    async def _open(self, request: Request) -> _Opened:
        """Return what a URL leads to, which may be open on this connection already; raises Refused."""
        try:
            place = Place.of(request.url).whole
        except ValueError:
            raise Refused(400) from None
        if self._opened is None:
            source = self._addresses.open(place)
            if source is None or not source.alive():
                raise Refused(404)
            self._end.reschedule(asyncio.get_running_loop().time() + self._times.life)
            self._opened = _Opened(place, source, await source.clip(), Packets())
        if place != self._opened.place:
            raise Refused(404)
        return self._opened

    def _set_up(self, request: Request) -> _Opened:
        """Return what a request of a session is about; raises Refused."""
        opened = self._opened
        if opened is None or not opened.session:
            raise Refused(455, self._public())
        if request.headers.get("session", "").partition(";")[0].strip() != opened.session:
            raise Refused(454)
        return opened

    def _public(self) -> dict[str, str]:
        return {"Public": ", ".join(self._methods)}

    # What it gets

    async def _send(self, opened: _Opened) -> None:
        """Send pictures at their time, without those for which the client takes no time."""
        pace = Pace(FRAMES_PER_SECOND)
        first: int | None = None
        while opened.source.alive():
            number = await pace.tick()
            first = number if first is None else first
            picture = opened.clip.pictures[number % len(opened.clip.pictures)]
            packets = opened.packets.of(picture, (number - first) * CLOCK // FRAMES_PER_SECOND)
            # In one go: an answer must not come between two parts of a packet
            self._writer.write(b"".join(interleaved(opened.channel, packet) for packet in packets))
            await self._writer.drain()
        raise _Ended


def _channel(transports: str) -> int:
    """Return the channel that packets go by, of a Transport header's alternatives (section 12.39); raises Refused."""
    for transport in transports.split(","):
        protocol, *options = (part.strip() for part in transport.split(";"))
        if protocol.upper() != "RTP/AVP/TCP" or "multicast" in options or not _plays(options):
            continue
        first, _, _ = next((one[12:] for one in options if one.startswith("interleaved=")), "0").partition("-")
        if first.isdecimal() and int(first) < 255:
            return int(first)
    raise Refused(461)


def _plays(options: Sequence[str]) -> bool:
    return all(one.partition("=")[2].strip('"').upper() == "PLAY" for one in options if one.startswith("mode="))
