"""The simulated cloud's relay: what its addresses lead to, for ffmpeg and for a client that says what it likes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from fractions import Fraction
from itertools import pairwise
import threading
from typing import Any
from urllib.parse import urlsplit

import av
import pytest

from simulators.ipc_camera.media import FRAMES_PER_SECOND, SD, make_clip
from simulators.picture import COUNTER_BITS, read_counter
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator, demo_cloud
from simulators.tuya_relay import Relay
from simulators.tuya_relay.beside_cloud import companion, relay_beside
from simulators.tuya_relay.h264 import Packets, payloads, units
from tests.loop_time import leap

from .cloud_client import calling

pytestmark = pytest.mark.usefixtures("socket_enabled")

CLIP = 1.0
TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"


@asynccontextmanager
async def relaying(**options: Any) -> AsyncGenerator[tuple[TuyaCloudSimulator, Relay]]:
    async with TuyaCloudSimulator(demo_cloud()) as cloud, relay_beside(cloud, clip_seconds=CLIP, **options) as relay:
        yield cloud, relay
    assert relay.viewers == 0


def garage(cloud: TuyaCloudSimulator) -> CloudDevice:
    return next(device for device in cloud.devices.values() if device.name == "Garage camera")


def address_of(cloud: TuyaCloudSimulator) -> str:
    return cloud.ipc.stream_url(garage(cloud), "rtsp")


async def until_nobody_watches(relay: Relay) -> None:
    async with asyncio.timeout(20):
        while relay.viewers:
            await asyncio.sleep(0.01)


def watch(address: str, pictures: int) -> list[tuple[int, Fraction]]:
    """Return the numbers and times in seconds of the first pictures with a time, or of all where there are fewer."""
    seen: list[tuple[int, Fraction]] = []
    with av.open(address, options={"rtsp_transport": "tcp"}, timeout=20) as container:
        [video] = container.streams.video
        assert (video.codec_context.name, video.width, video.height) == ("h264", SD.width, SD.height)
        for frame in container.decode(video):
            assert frame.time_base is not None
            if frame.pts is None:
                # ffmpeg knows no time of a stream's very first picture
                assert not seen
                continue
            seen.append((read_counter(frame), frame.pts * frame.time_base))
            if len(seen) == pictures:
                break
    return seen


class Client:
    """Says what it is told to, and reads the answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.packets: list[tuple[int, bytes]] = []
        self._number = 0

    async def ask(
        self, method: str, url: str, version: str = "RTSP/1.0", body: str = "", **headers: str
    ) -> tuple[int, Mapping[str, str], str]:
        """Return status, headers and body of the answer; the packets before it are kept."""
        self._number += 1
        lines = [f"{method} {url} {version}", f"CSeq: {self._number}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.writer.write("\r\n".join([*lines, "", body]).encode())
        status, found, content = await self.answer()
        assert found["cseq"] == str(self._number)
        return status, found, content

    async def packet(self) -> tuple[int, bytes]:
        _, channel, *size = await self.reader.readexactly(4)
        return channel, await self.reader.readexactly(int.from_bytes(size))

    async def answer(self) -> tuple[int, Mapping[str, str], str]:
        while (first := await self.reader.readexactly(1)) == b"$":
            channel, *size = await self.reader.readexactly(3)
            self.packets.append((channel, await self.reader.readexactly(int.from_bytes(size))))
        start, *lines = (first + await self.reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        version, status, _ = start.split(" ", 2)
        assert version == "RTSP/1.0"
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(status), headers, (await self.reader.readexactly(int(headers.get("content-length", "0")))).decode()

    async def set_up(self, address: str) -> tuple[str, str]:
        """Open an address and set its stream up; return the URL of that and the session."""
        status, _, sdp = await self.ask("DESCRIBE", address, Accept="application/sdp")
        assert status == 200
        track = next(line for line in sdp.split("\r\n") if line.startswith("a=control:rtsp")).removeprefix("a=control:")
        status, headers, _ = await self.ask("SETUP", track, Transport=TCP)
        assert status == 200
        assert headers["transport"].startswith(TCP)
        return track, headers["session"].partition(";")[0]


@asynccontextmanager
async def talking(relay: Relay) -> AsyncGenerator[Client]:
    reader, writer = await asyncio.open_connection(relay.host, relay.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


# What ffmpeg does


async def test_plays() -> None:
    """The address of an allocation plays: pictures that follow each other, at their rate; then nobody watches any more."""
    async with relaying() as (cloud, relay):
        async with calling(cloud) as client:
            threads = set(threading.enumerate())
            path = f"/v1.0/devices/{garage(cloud).id}/stream/actions/allocate"
            address = (await client.post(path, type="rtsp"))["url"]
            assert (await client.post(path, type="hls"))["url"].startswith("http://")
        seen = await asyncio.to_thread(watch, address, 12)
        await until_nobody_watches(relay)
    # On a busy machine some may be left out, which their times tell
    count = len(make_clip(SD, "Garage camera", CLIP).pictures)
    for (number, time), (later, its_time) in pairwise(seen):
        assert 0 < (later - number) % count == pytest.approx(float(its_time - time) * FRAMES_PER_SECOND, abs=0.02)
    with pytest.raises(OSError):
        await asyncio.open_connection(relay.host, relay.port)
    # Those of asyncio.to_thread are the loop's
    assert {one for one in threading.enumerate() if not one.name.startswith(("asyncio_", "SyncWorker_"))} <= threads


async def test_addresses_are_good_once_soon_and_for_a_while() -> None:
    # So that nothing of the time goes by with this
    await asyncio.to_thread(make_clip, SD, "Garage camera", CLIP)
    async with relaying(open_within=3.0, life=4.0) as (cloud, relay):
        late, address = address_of(cloud), address_of(cloud)
        assert late != address
        started = asyncio.get_running_loop().time()
        # ffmpeg takes what is cut for the end
        seen = await asyncio.to_thread(watch, address, 1000)
        assert 3.9 < asyncio.get_running_loop().time() - started < 20
        assert 5 < len(seen) < 70
        parts = urlsplit(address_of(cloud))
        for wrong in (late, address, relay.url, f"{relay.url}{parts.path}", f"{relay.url}/other?{parts.query}"):
            with pytest.raises(av.HTTPNotFoundError):
                await asyncio.to_thread(watch, wrong, 1)
        await until_nobody_watches(relay)


async def test_two_viewers_at_once() -> None:
    """Each by an address of its own."""
    async with relaying() as (cloud, relay):
        both = await asyncio.gather(*(asyncio.to_thread(watch, address_of(cloud), 5) for _ in range(2)))
        assert [len(seen) for seen in both] == [5, 5]
        await until_nobody_watches(relay)
        assert relay.opened == 2


async def test_stop_while_it_plays() -> None:
    """Nobody is left, also not who takes nothing; it starts again at the same place."""
    async with relaying() as (cloud, relay), talking(relay) as client:
        port = relay.port
        track, session = await client.set_up(address_of(cloud))
        assert (await client.ask("PLAY", track, Session=session))[0] == 200
        await client.packet()
        assert relay.viewers == 1
        await relay.stop()
        assert relay.viewers == 0
        await relay.stop()
        await relay.start()
        assert relay.port == port
        assert len(await asyncio.to_thread(watch, address_of(cloud), 2)) == 2


# What others do


async def test_conversation() -> None:
    """All methods in their order, as RFC 2326 has them."""
    async with relaying() as (cloud, relay), talking(relay) as client:
        address = address_of(cloud)
        status, headers, _ = await client.ask("OPTIONS", "*")
        assert status == 200
        assert headers["public"] == "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
        status, headers, sdp = await client.ask("DESCRIBE", address)
        assert (status, headers["content-type"], headers["content-base"]) == (200, "application/sdp", address)
        assert (
            "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;profile-level-id=42"
            in sdp
        )
        track, session = await client.set_up(address)
        status, headers, _ = await client.ask("PLAY", address, Session=session, Range="npt=now-")
        assert status == 200
        place, number, time = (part.split("=", 1)[1] for part in headers["rtp-info"].split(";"))
        assert place == track
        channel, packet = await client.packet()
        assert (channel, packet[0], packet[1] & 0x7F) == (0, 0x80, 96)
        assert (int.from_bytes(packet[2:4]), int.from_bytes(packet[4:8])) == (int(number), int(time))
        assert (await client.ask("GET_PARAMETER", address, Session=session))[0] == 200
        assert (await client.ask("GET_PARAMETER", address, body="position\r\n", Session=session))[0] == 451
        assert (await client.ask("PLAY", address, Session=session))[0] == 200
        # What a client sends between its requests, such as reports of what it received
        client.writer.write(b"$\x01\x00\x04abcd\r\n")
        assert (await client.ask("TEARDOWN", address, Session=session))[0] == 200
        assert await client.reader.read() == b""
        assert {channel for channel, _ in client.packets} <= {0}
        await until_nobody_watches(relay)


async def test_refusals() -> None:
    async with relaying() as (cloud, relay), talking(relay) as client:
        address, other = address_of(cloud), address_of(cloud)

        async def status(method: str, url: str = address, **said: str) -> int:
            return (await client.ask(method, url, **said))[0]

        assert await status("DESCRIBE", "http://127.0.0.1/") == 400
        assert await status("DESCRIBE", Require="implicit-play") == 551
        assert await status("DESCRIBE", version="RTSP/2.0") == 505
        assert await status("RECORD") == 501
        assert await status("PLAY") == 455
        assert await status("SETUP", Transport=TCP) == 459
        # By then it is open
        assert await status("DESCRIBE", Accept="text/html") == 406
        assert await status("DESCRIBE", other) == 404
        _, _, sdp = await client.ask("DESCRIBE", address)
        track = next(line for line in sdp.split("\r\n") if line.startswith("a=control:rtsp")).removeprefix("a=control:")
        for transport in (
            "RTP/AVP;unicast;client_port=5000-5001",
            "RTP/AVP/UDP;multicast",
            "RTP/AVP/TCP;multicast;interleaved=0-1",
            "RTP/AVP/TCP;unicast;interleaved=0-1;mode=RECORD",
            "RTP/AVP/TCP;unicast;interleaved=255-256",
            "",
        ):
            assert await status("SETUP", track, Transport=transport) == 461, transport
        _, headers, _ = await client.ask(
            "SETUP", track, Transport=f"RTP/AVP;unicast;client_port=5000-5001,{TCP[:-3]}4-5"
        )
        assert "interleaved=4-5" in headers["transport"]
        assert headers["session"].endswith(";timeout=60")
        assert await status("SETUP", track, Transport=TCP) == 455
        assert await status("PLAY", Session="0123") == 454
        assert await status("TEARDOWN") == 454
        client.writer.write(b"OPTIONS * RTSP/1.0\r\n\r\n")
        assert (await client.answer())[0] == 400
        client.writer.write(b"what?\r\n\r\n")
        assert (await client.answer())[0] == 400
        assert await client.reader.read() == b""


async def test_silent_client() -> None:
    """Who says nothing for a while is gone; saying anything keeps the session."""
    async with relaying(session_timeout=60) as (cloud, relay), talking(relay) as client:
        track, session = await client.set_up(address_of(cloud))
        for _ in range(4):
            leap(40)
            assert (await client.ask("GET_PARAMETER", track, Session=session))[0] == 200
        assert relay.viewers == 1
        leap(60)
        await until_nobody_watches(relay)


async def test_camera_that_goes() -> None:
    """A view ends when the camera is offline, and then none begins."""
    async with relaying() as (cloud, relay):
        device, address = garage(cloud), address_of(cloud)
        async with talking(relay) as client:
            track, session = await client.set_up(address_of(cloud))
            await client.ask("PLAY", track, Session=session)
            cloud.set_online(device.id, False)
            async with asyncio.timeout(20):
                await client.reader.read()
                await until_nobody_watches(relay)
        with pytest.raises(av.HTTPNotFoundError):
            await asyncio.to_thread(watch, address, 1)


async def test_nothing_is_encoded_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def make(form: Any, title: str, seconds: float) -> Any:
        made.append(threading.current_thread().name)
        return make_clip(form, title, seconds)

    monkeypatch.setattr("simulators.tuya_relay.beside_cloud.make_clip", make)
    async with relaying() as (cloud, relay):
        address = address_of(cloud)
        async with talking(relay) as client:
            await client.ask("OPTIONS", address)
            assert made == []
            await client.set_up(address)
        assert len(made) == 1
        assert made[0] != threading.main_thread().name


async def test_companion() -> None:
    """It prints where it is, and leaves the cloud as it was."""
    async with TuyaCloudSimulator(demo_cloud()) as cloud:
        before = cloud.ipc.stream_url
        async with companion(cloud, None) as line:
            assert list(line) == ["relay"]
            assert address_of(cloud).startswith(f"{line['relay']}/{garage(cloud).id}?signInfo=")
        assert cloud.ipc.stream_url is before


# RFC 6184


def test_packets() -> None:
    """Units that are small go whole, others in fragments that make them again; the last packet of a picture is marked."""
    small, large = b"\x67\x42\xc0\x1f", b"\x65" + bytes(range(1, 251)) * 20
    picture = b"\x00\x00\x00\x01" + small + b"\x00\x00\x01" + large
    assert units(picture) == [small, large]
    first, *fragments = payloads(picture)
    assert first == small
    assert all(one[0] == 0x7C for one in fragments)
    assert [one[1] for one in fragments] == [0x85, *[0x05] * (len(fragments) - 2), 0x45]
    assert b"\x65" + b"".join(one[2:] for one in fragments) == large
    maker = Packets()
    maker.number, maker.start = 0xFFFF, 0xFFFFFFFF
    packets = maker.of(picture, 6000)
    assert [one[1] for one in packets] == [96] * (len(packets) - 1) + [0x80 | 96]
    assert [int.from_bytes(one[2:4]) for one in packets[:2]] == [0xFFFF, 0]
    assert {one[4:8] for one in packets} == {(5999).to_bytes(4)}
    assert {one[8:12] for one in packets} == {maker.source.to_bytes(4)}


def test_counter_is_long_enough() -> None:
    """The numbers of a clip's pictures are all different."""
    assert len(make_clip(SD, "Garage camera", CLIP).pictures) < 1 << COUNTER_BITS
