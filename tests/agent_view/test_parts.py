"""The parts of the view of cameras behind an agent, each by itself."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date, datetime
import io
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import av
import numpy as np
import pytest

from custom_components.iot_gateway.agent_view.device_link import DeviceLink
from custom_components.iot_gateway.agent_view.live_pictures import live_pictures
from custom_components.iot_gateway.agent_view.picture_film import FilmUnreadable, make_film
from custom_components.iot_gateway.agent_view.recordings import cloud_days_of, day_span, in_parts, local_days, of_events
from custom_components.iot_gateway.agent_view.sound import SoundUnreadable, sound_tags
from custom_components.iot_gateway.clients.tencent_video import (
    AgentRefused,
    AgentUnreachable,
    DeviceDeclined,
    DeviceOffline,
    StorageEvent,
    TencentApi,
    TimeSpan,
    UploadStatus,
    Xp2pAgent,
    flv_header,
)
from custom_components.iot_gateway.recording_shows.card_show import CardUnreadable, pack
from custom_components.iot_gateway.recording_shows.playlist import only_variant, rewritten
from simulators.tencent_cloud import TencentCloudSimulator, demo_devices, demo_products

from .small_agent import FPS, SmallAgent, flv, running_agent

pytestmark = pytest.mark.usefixtures("socket_enabled")

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600


def test_days() -> None:
    """A local day has as many hours as the clock says; the cloud's days are China's."""
    # Summer time ends
    start, end = day_span(date(2026, 10, 25), BERLIN)
    assert end - start == 25 * HOUR
    assert cloud_days_of(start, end) == [date(2026, 10, 25), date(2026, 10, 26)]
    assert local_days([date(2026, 11, 21)], BERLIN) == [date(2026, 11, 20), date(2026, 11, 21)]
    assert local_days([date(2026, 11, 21)], ZoneInfo("Asia/Shanghai")) == [date(2026, 11, 21)]


def test_parts_of_recordings() -> None:
    """Long recordings come by the hours of the clock, none reaches into another day."""
    midnight = int(datetime(2026, 11, 21, tzinfo=BERLIN).timestamp())
    spans = [
        TimeSpan(start=midnight - 600, end=midnight + HOUR + 60),
        TimeSpan(start=midnight + 9000, end=midnight + 9060),
    ]
    found = [(one.start - midnight, one.end - midnight) for one in in_parts(spans, midnight, midnight + 24 * HOUR)]
    assert found == [(0, HOUR), (HOUR, HOUR + 60), (9000, 9060)]
    assert in_parts(spans, midnight - 7200, midnight - 3600) == []


def test_events() -> None:
    """An event whose upload failed has nothing to play; one that lasts goes up to now."""
    events = [
        StorageEvent(event_id="b", start=200),
        StorageEvent(event_id="", start=100, end=100),
        StorageEvent(event_id="c", start=150, end=160, upload=UploadStatus.FAILED),
    ]
    assert [(one.event, one.start, one.end) for one in of_events(events, 250)] == [
        ("event", 100, 101),
        ("b", 200, 250),
    ]


def test_playlists() -> None:
    """All addresses of a playlist are replaced, also those of keys; a master playlist leads to its first variant."""
    text = '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="key?sign=1"\n#EXT-X-MAP:URI="/a/init.mp4?sign=2"\n#EXTINF:2,\n1.ts?sign=3\n1.ts?sign=3\n'
    ours, addresses = rewritten(text, "https://cloud.example/x/list.m3u8?sign=0", over=True)
    assert addresses == [
        "https://cloud.example/x/key?sign=1",
        "https://cloud.example/a/init.mp4?sign=2",
        "https://cloud.example/x/1.ts?sign=3",
    ]
    assert ours.splitlines() == [
        "#EXTM3U",
        '#EXT-X-KEY:METHOD=AES-128,URI="0.bin"',
        '#EXT-X-MAP:URI="1.mp4"',
        "#EXTINF:2,",
        "2.ts",
        "2.ts",
        "#EXT-X-ENDLIST",
    ]
    assert "#EXT-X-ENDLIST" not in rewritten(text, "https://cloud.example/", over=False)[0]
    assert only_variant(text) is None
    assert only_variant("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n") == "low.m3u8"


def wav(seconds: float, rate: int = 44100) -> bytes:
    """Return a tone in a WAV, made by PyAV."""
    written = io.BytesIO()
    with av.open(written, "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=rate, layout="mono")
        times = np.arange(int(rate * seconds)) / rate
        samples = (np.sin(2 * np.pi * 500 * times) * 16000).astype(np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return written.getvalue()


@pytest.mark.parametrize("codec", ["aac", "pcm_alaw"])
def test_sound(codec: str) -> None:
    """Sound becomes AAC, or G.711 where there is no encoder of that; no more than a camera says at a time."""
    available = frozenset({"pcm_alaw"} if codec == "pcm_alaw" else {"aac"})
    with patch("av.codec.codecs_available", available):
        tags = sound_tags(wav(3), longest=2)
    content = flv_header(audio=True, video=False) + b"".join(tag.data for tag in tags)
    with av.open(io.BytesIO(content), "r") as container:
        (stream,) = container.streams.audio
        assert stream.codec_context.name == codec
        samples = sum(frame.samples for frame in container.decode(stream))
        assert 1.9 < samples / (stream.rate or 1) < 2.3
    assert tags[-1].timestamp == pytest.approx(2000, abs=150)


@pytest.mark.parametrize("content", [b"", b"no sound", flv()[:200]], ids=["empty", "text", "cut"])
def test_no_sound(content: bytes) -> None:
    """What has no sound is refused."""
    with pytest.raises(SoundUnreadable):
        sound_tags(content)


def jpeg(value: int) -> bytes:
    """Return a small picture."""
    codec = av.CodecContext.create("mjpeg", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = 65, 49, "yuvj420p"
    codec.time_base = 1
    frame = av.VideoFrame.from_ndarray(np.full((49, 65, 3), value, dtype=np.uint8), format="rgb24")
    return b"".join(bytes(packet) for packet in [*codec.encode(frame.reformat(format="yuvj420p")), *codec.encode(None)])


@pytest.mark.parametrize("encoder", [True, False], ids=["h264", "without"])
def test_film(tmp_path: Path, encoder: bool) -> None:
    """Pictures are spread over the event's time; without an encoder they stay as they are. Odd sizes do too."""
    pictures, film = tmp_path / "a.mjpg", tmp_path / "a.mp4"
    pictures.write_bytes(b"".join(jpeg(value) for value in range(0, 250, 25)))
    available = av.codec.codecs_available if encoder else av.codec.codecs_available - {"libx264"}
    with patch("av.codec.codecs_available", available):
        make_film(pictures, None, film, 5)
    with av.open(str(film)) as container:
        (video,) = container.streams.video
        assert video.codec_context.name == ("h264" if encoder else "mjpeg")
        times = [float(frame.time or 0) for frame in container.decode(video)]
    assert len(times) == 10
    assert times[-1] - times[0] == pytest.approx(4.5, abs=0.2)


def test_no_film(tmp_path: Path) -> None:
    """What are no pictures is refused."""
    (tmp_path / "a.mjpg").write_bytes(b"nothing")
    with pytest.raises(FilmUnreadable):
        make_film(tmp_path / "a.mjpg", None, tmp_path / "a.mp4", 5)


def shifted(content: bytes, offsets: list[int]) -> bytes:
    """Return an FLV that comes again and again, each time with its times moved by so many milliseconds."""
    result = content[:13]
    for number, offset in enumerate(offsets):
        at = 13
        while at + 11 <= len(content):
            size = int.from_bytes(content[at + 1 : at + 4])
            tag = content[at : at + 15 + size]
            time = (int.from_bytes(tag[4:7]) | tag[7] << 24) + offset
            head = tag[12:13] == b"\x00"
            if not (number and (head or tag[0] == 18)) and not (tag[0] == 9 and tag[12] == 2):
                result += tag[:4] + (time & 0xFFFFFF).to_bytes(3) + (time >> 24).to_bytes(1) + tag[8:]
            at += 15 + size
    return result


@pytest.mark.parametrize(
    "offsets", [[0, 4000], [3_600_000, 3_604_000], [0, 60_000], [60_000, 0]], ids=["plain", "late", "ahead", "back"]
)
def test_card_is_packed(tmp_path: Path, offsets: list[int]) -> None:
    """What a card's playback sends is one film from 0 on, whatever its clock says and wherever it was told to seek."""
    source = tmp_path / "source.flv"
    source.write_bytes(shifted(flv(), offsets))
    pack(str(source), tmp_path / "out", lambda: False)
    playlist = (tmp_path / "out" / "index.m3u8").read_text()
    assert playlist.rstrip().endswith("#EXT-X-ENDLIST")
    with av.open(str(tmp_path / "out" / "index.m3u8"), "r", options={"allowed_extensions": "ALL"}) as container:
        times = [float(frame.time or 0) for frame in container.decode(video=0)]
    assert len(times) >= 8 * FPS - 2
    assert times[-1] - times[0] == pytest.approx(8, abs=0.6)
    assert times == sorted(times)


def test_card_is_not_packed(tmp_path: Path) -> None:
    """What is nothing is refused, without its address."""
    for content in (b"", b"nothing", flv()[:13]):
        (tmp_path / "source.flv").write_bytes(content)
        with pytest.raises(CardUnreadable) as raised:
            pack(str(tmp_path / "source.flv"), tmp_path / "out", lambda: False)
        assert str(tmp_path) not in str(raised.value)


async def test_live_pictures() -> None:
    """Pictures are told apart however they come in pieces; one that holds a smaller one is one."""
    pictures = [jpeg(10), b"\xff\xd8 with \xff\xd8 small \xff\xd9 in it \xff\xd9", jpeg(200), jpeg(30)]

    async def send(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        content = b"".join(pictures)
        for at in range(0, len(content), 7):
            await response.write(content[at : at + 7])
        return response

    app = web.Application()
    app.router.add_get("/live", send)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        found = [one async for one in live_pictures(session, str(server.make_url("/live")))]
        assert found == pictures[:3]
        with pytest.raises(AgentUnreachable):
            _ = [one async for one in live_pictures(session, str(server.make_url("/other")))]


@asynccontextmanager
async def linked() -> AsyncGenerator[tuple[TencentCloudSimulator, SmallAgent, DeviceLink]]:
    """Have the way to the camera in the yard."""
    async with (
        TencentCloudSimulator(demo_products(), demo_devices()) as cloud,
        running_agent() as agent,
        aiohttp.ClientSession() as session,
    ):
        api = TencentApi(session, cloud.endpoint, "ap-guangzhou", cloud.secret_id, cloud.secret_key)
        yield cloud, agent, DeviceLink(api, Xp2pAgent(session, agent.base_url), "CAM0SIM001", "yard_camera")


async def test_one_session_for_many() -> None:
    """Those who come at once wait for the one session."""
    async with linked() as (cloud, agent, link):

        async def ask() -> str:
            return await link.agent.command("CAM0SIM001", "yard_camera", 0, "user_define", "x")

        assert await asyncio.gather(*(link.use(ask) for _ in range(5))) == ["{}"] * 5
        assert len(agent.sessions) == 1
        assert cloud.calls["DescribeP2PInfo"] == 1


async def test_offline_costs_few_calls() -> None:
    """A device that is offline is looked for rarely, however often it is asked for."""
    async with linked() as (cloud, agent, link):
        agent.error = (503, "offline")

        async def ask() -> str:
            return await link.agent.command("CAM0SIM001", "yard_camera", 0, "user_define", "x")

        for _ in range(5):
            with pytest.raises(DeviceOffline):
                await link.use(ask)
        assert cloud.calls["DescribeP2PInfo"] == 1


async def test_declined_by_device() -> None:
    """What the device itself declines is not tried again, whatever its code."""
    async with linked() as (_, agent, link):
        asked = 0

        async def ask() -> None:
            nonlocal asked
            asked += 1
            raise DeviceDeclined("no", 404)

        with pytest.raises(AgentRefused):
            await link.use(ask)
        assert asked == 1
        assert len(agent.sessions) == 1
