"""Recordings in the media browser: found by camera, day and time, and played."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import date, datetime, timedelta
import io
from pathlib import Path
import re
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from aiohttp.test_utils import TestClient
import av
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.media_player.errors import BrowseError
from homeassistant.components.media_source import (
    BrowseMediaSource,
    PlayMedia,
    Unresolvable,
    async_browse_media,
    async_resolve_media,
)
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.media_source import _begun
from custom_components.iot_gateway.recording_shows import RecordingShows
from custom_components.iot_gateway.recording_shows.card_show import IDLE
from simulators.tencent_cloud import CloudStorage, StoredEvent, TencentCloudSimulator, demo_devices, demo_products
from tests.agent_view.small_agent import SIZE, SmallAgent, running_agent
from tests.agent_view_helpers import FEEDER, RECORDER, YARD, settled, with_cameras
from tests.helpers import wait_until

pytestmark = [
    pytest.mark.usefixtures("socket_enabled"),
    # Of Home Assistant's outputs, which end by themselves
    pytest.mark.parametrize("expected_lingering_timers", [True]),
]

ROOT = f"media-source://{DOMAIN}"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a recording on a card begin as late as it may on a busy machine."""
    for name in ("_FIRST_WAIT", "_OPEN_TIMEOUT"):
        monkeypatch.setattr(f"custom_components.iot_gateway.recording_shows.card_show.{name}", 60.0)


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant) -> None:
    """Have what a media browser needs."""
    for part in ("http", "stream", "media_source"):
        assert await async_setup_component(hass, part, {})
    await hass.config.async_set_time_zone("Europe/Berlin")


@pytest.fixture
async def agent(socket_enabled: None) -> AsyncGenerator[SmallAgent]:
    """Return a running agent."""
    async with running_agent() as running:
        yield running


async def browse(hass: HomeAssistant, content_id: str) -> BrowseMediaSource:
    """Return what is below a content id."""
    found = await async_browse_media(hass, content_id)
    assert isinstance(found, BrowseMediaSource)
    return found


async def go(hass: HomeAssistant, *titles: str) -> BrowseMediaSource:
    """Return the folder that one comes to by these titles, from the root."""
    folder = await browse(hass, ROOT)
    for title in titles:
        below = {child.title: child for child in folder.children or ()}
        assert title in below, f"{title} is not among {list(below)}"
        content_id = below[title].media_content_id
        assert content_id is not None
        folder = await browse(hass, content_id)
    return folder


def titles(folder: BrowseMediaSource) -> list[str]:
    return [child.title for child in folder.children or ()]


async def play(hass: HomeAssistant, recording: Any) -> PlayMedia:
    return await async_resolve_media(hass, recording.media_content_id, None)


async def fetch_hls(client: TestClient[Any, Any], url: str) -> tuple[str, bytes]:
    """Return a playlist of ours and all that it leads to, in one."""
    response = await client.get(url)
    assert response.status == 200
    playlist = await response.text()
    folder = url.rsplit("/", 1)[0]
    names = re.findall(r'URI="([^"]+)"', playlist) + [
        line for line in playlist.splitlines() if line and not line.startswith("#")
    ]
    parts = []
    for name in names:
        assert "/" not in name
        response = await client.get(f"{folder}/{name}")
        assert response.status == 200, name
        parts.append(await response.read())
    return playlist, b"".join(parts)


def local(at: float) -> datetime:
    return datetime.fromtimestamp(at, ZoneInfo("Europe/Berlin"))


def cloud_with(key: str, storage: CloudStorage) -> TencentCloudSimulator:
    """Return a cloud whose camera has just this stored."""
    cloud = TencentCloudSimulator(demo_products(), demo_devices())
    cloud.account.devices[key].storage = {None: storage}
    return cloud


async def test_card(hass: HomeAssistant, agent: SmallAgent, hass_client: ClientSessionGenerator) -> None:
    """By month, day and time of Home Assistant's zone; what is on the card plays over Home Assistant's stream, to its end."""
    today = dt_util.now().date()
    first = today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=8)
    masks = {f"{first:%Y%m}": 1 << (today.day - 1), f"{before:%Y%m}": str(1 << 7 | 1 << 13)}
    agent.answers["get_month_record"] = lambda query: {"video_list": masks.get(query["time"], "0")}
    start = int(datetime(before.year, before.month, before.day, 8, 30, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
    agent.answers["get_record_index"] = lambda query: {
        "video_list": [
            {"type": "0", "start_time": str(start), "end_time": str(start + 4)},
            {"type": "1", "start_time": start + 3600, "end_time": start + 3900},
        ]
    }
    async with with_cameras(hass, agent, YARD, platforms=[]) as (_cloud, _hub, view):
        await settled(view)
        name = view.cameras(YARD)[0].name
        assert titles(await go(hass, name)) == ["SD card", "Cloud"]
        assert titles(await go(hass, name, "SD card")) == [f"{first:%Y-%m}", f"{before:%Y-%m}"]
        month = await go(hass, name, "SD card", f"{before:%Y-%m}")
        assert titles(month) == [before.replace(day=14).isoformat(), before.isoformat()]
        day = await go(hass, name, "SD card", f"{before:%Y-%m}", before.isoformat())
        assert titles(day) == ["09:30:00 – 09:35:00", "08:30:00 – 08:30:04"]
        asked = next(one for one in agent.commands if one["cmd"] == "get_record_index")
        assert local(int(asked["start_time"])).strftime("%d %H:%M:%S") == "08 00:00:00"
        assert local(int(asked["end_time"])).strftime("%d %H:%M:%S") == "08 23:59:59"

        media = await play(hass, (day.children or [])[1])
        assert media.mime_type == "application/x-mpegURL"
        assert media.url.startswith(f"/api/{DOMAIN}/recording/")
        await wait_until(lambda: bool(agent.streams), timeout=20)
        (stream,) = agent.streams
        assert {key: stream[key] for key in ("action", "channel", "start_time", "end_time")} == {
            "action": "playback",
            "channel": "0",
            "start_time": str(start),
            # Devices find nothing in less than five seconds
            "end_time": str(start + 5),
        }
        client = await hass_client()
        # Also the first seconds are there at once, and in the end all of it
        await wait_until(lambda: agent.open == 0, timeout=30)
        async with asyncio.timeout(30):
            while True:
                playlist, film = await fetch_hls(client, media.url)
                if playlist.rstrip().endswith("#EXT-X-ENDLIST"):
                    break
                await asyncio.sleep(0.1)
        assert agent.base_url not in playlist
        with av.open(io.BytesIO(film), "r") as container:
            assert container.streams.video[0].width == SIZE[0]
            assert [stream.codec_context.name for stream in container.streams.audio] == ["aac"]
            assert sum(1 for _ in container.decode(video=0)) == 40
        # It is not played again from its beginning
        assert len(agent.streams) == 1
        for wrong in ("../index.m3u8", "x.m4s", "99.m4s", "index.m3u8.tmp"):
            assert (await client.get(media.url.replace("index.m3u8", wrong))).status in {404, 400, 401}


async def test_card_given_up(
    hass: HomeAssistant, agent: SmallAgent, hass_client: ClientSessionGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recording that nobody watches any more gives the camera's place free; its files go with Home Assistant."""
    # Time passes when the test says so: a fetch may take longer on a busy machine than anybody wants to wait here
    now = 1000.0
    clock = SimpleNamespace(monotonic=lambda: now)
    for module in ("card_show", "shows"):
        monkeypatch.setattr(f"custom_components.iot_gateway.recording_shows.{module}.time", clock)
    monkeypatch.setattr("custom_components.iot_gateway.recording_shows.card_show._LOOK", 0.2)
    async with with_cameras(hass, agent, YARD, platforms=[]) as (_, hub, view):
        await settled(view)
        begun = int(datetime.now(tz=ZoneInfo("UTC")).timestamp())
        recording = f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|card|{begun - 4000}|{begun - 3000}"
        media = await async_resolve_media(hass, recording, None)
        client = await hass_client()
        # As long as it is fetched it goes on
        for _ in range(5):
            assert (await client.get(media.url)).status == 200
            assert agent.open == 1
            now += IDLE - 5
            await asyncio.sleep(0.5)
        assert agent.open == 1
        now += 6
        await wait_until(lambda: agent.open == 0, timeout=20)
        folder = RecordingShows.of(hass)._folder
        assert folder is not None
        assert list(Path(folder.name).iterdir())
        await RecordingShows.of(hass)._stops(Event("homeassistant_stop"))
        assert not Path(folder.name).exists()


async def test_card_ends_with_entry(hass: HomeAssistant, agent: SmallAgent) -> None:
    """Nobody watches an entry that is unloaded: the camera's place is free, and the disk."""
    async with with_cameras(hass, agent, YARD, platforms=[]) as (_, hub, view):
        await settled(view)
        recording = f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|card|1700000000|1700009000"
        await async_resolve_media(hass, recording, None)
        assert agent.open == 1
    await wait_until(lambda: agent.open == 0, timeout=20)
    shows = RecordingShows.of(hass)
    assert shows._shows == {}
    assert shows._folder is not None
    assert list(Path(shows._folder.name).iterdir()) == []


async def test_card_that_nobody_waits_for(hass: HomeAssistant, agent: SmallAgent) -> None:
    """Whoever leaves before there is something to see leaves no stream behind."""
    async with with_cameras(hass, agent, YARD, platforms=[]) as (_, hub, view):
        await settled(view)
        recording = f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|card|1700000000|1700009000"
        with patch("custom_components.iot_gateway.recording_shows.card_show.PLAYLIST", "never.m3u8"):
            asked = asyncio.create_task(async_resolve_media(hass, recording, None))
            await wait_until(lambda: agent.open == 1, timeout=20)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
        await wait_until(lambda: agent.open == 0, timeout=20)
        assert RecordingShows.of(hass)._shows == {}


async def test_sweep(hass: HomeAssistant, agent: SmallAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody looks at any more leaves the disk, also where nothing else is played."""
    monkeypatch.setattr("custom_components.iot_gateway.recording_shows.shows._IDLE_ON_DISK", 0.5)
    monkeypatch.setattr("custom_components.iot_gateway.recording_shows.shows._SWEEP", 0.2)
    async with with_cameras(hass, agent, YARD, platforms=[]) as (_, hub, view):
        await settled(view)
        recording = f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|card|1700000000|1700009000"
        await async_resolve_media(hass, recording, None)
        shows = RecordingShows.of(hass)
        await wait_until(lambda: not shows._shows and agent.open == 0, timeout=20)
        folder = shows._folder
        assert folder is not None
        await wait_until(lambda: not list(Path(folder.name).iterdir()), timeout=20)


async def test_few_recordings_on_disk(hass: HomeAssistant, agent: SmallAgent) -> None:
    """Of recordings on cards only the latest few take disk and the camera's places."""
    async with with_cameras(hass, agent, YARD, platforms=[]) as (_, hub, view):
        await settled(view)
        for number in range(6):
            start = 1_700_000_000 + 10_000 * number
            recording = f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|card|{start}|{start + 9000}"
            await async_resolve_media(hass, recording, None)
        await wait_until(lambda: agent.open == 4, timeout=20)
        folder = RecordingShows.of(hass)._folder
        assert folder is not None
        assert len(list(Path(folder.name).iterdir())) == 4
        await RecordingShows.of(hass)._stops(Event("homeassistant_stop"))


async def test_card_unplayable(hass: HomeAssistant, agent: SmallAgent) -> None:
    """A camera that sends nothing is told of in words, without the agent's address."""
    async with with_cameras(hass, agent, YARD, platforms=[]) as (_, hub, view):
        await settled(view)

        def accept_and_fail(_: dict[str, str]) -> list[dict[str, str]]:
            agent.error = (500, "")
            return [{"status": "0"}]

        agent.answers["get_device_st"] = accept_and_fail
        recording = f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|card|1700000000|1700000060"
        with pytest.raises(Unresolvable, match="cannot be played") as raised:
            await async_resolve_media(hass, recording, None)
        assert "127.0.0.1" not in str(raised.value)


async def test_card_in_words(hass: HomeAssistant, agent: SmallAgent) -> None:
    """A card that cannot be asked, and a device that plays nothing, are told of in words."""
    async with with_cameras(hass, agent, YARD, platforms=[]) as (_, hub, view):
        await settled(view)
        name = view.cameras(YARD)[0].name
        agent.error = (503, "offline")
        with pytest.raises(BrowseError, match="is offline"):
            await go(hass, name, "SD card")
        agent.error = None
        agent.answers["get_device_st"] = [{"status": "405"}]
        recording = f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|card|1700000000|1700000060"
        with pytest.raises(Unresolvable, match="as many viewers"):
            await async_resolve_media(hass, recording, None)
        assert agent.streams == []
        hass.config.language = "de"
        for wrong in ("nonsense", "day|x|y", f"day|{hub.entry.entry_id}|{YARD}|card|2026-13-40", "recording|a|b|c|d|e"):
            with pytest.raises(BrowseError):
                await browse(hass, f"{ROOT}/{wrong}")


async def test_cloud(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """Recordings in the cloud by local days, events with their pictures; played by addresses of ours, without an agent."""
    # Between 16:00 and 24:00 UTC the cloud counts to the next day already
    now = int(datetime.now(tz=ZoneInfo("UTC")).timestamp())
    noon = int(local(now - 2 * 86400).replace(hour=18, minute=30, second=0, microsecond=0).timestamp())
    storage = CloudStorage(
        plan=1, expires=now + 86400, title="Yard", pieces=[(noon, noon + 60), (noon + 7000, noon + 14300)]
    )
    storage.events = [
        StoredEvent(start=noon, end=noon + 12, id="motion", thumbnail="a.jpg"),
        # Nothing to play: one that failed, and one of which there is no video
        StoredEvent(start=noon + 30, end=noon + 40, id="motion", thumbnail="b.jpg", status="Failed"),
        StoredEvent(start=noon + 1000, end=noon + 1010, id="motion", thumbnail="c.jpg"),
    ]
    async with with_cameras(hass, None, YARD, platforms=[], cloud=cloud_with(YARD, storage)) as (cloud, _, view):
        await settled(view)
        name = view.cameras(YARD)[0].name
        assert titles(await go(hass, name)) == ["Cloud"]
        day = local(noon).date()
        assert day.isoformat() in titles(await go(hass, name, "Cloud", f"{day:%Y-%m}"))
        folder = await go(hass, name, "Cloud", f"{day:%Y-%m}", day.isoformat())
        # The whole minute is there besides the event in it; long recordings come by the hour
        assert titles(folder) == [
            "22:00:00 – 22:28:20",
            "21:00:00 – 22:00:00",
            "20:26:40 – 21:00:00",
            "18:30:00 – 18:31:00",
            "18:30:00 – 18:30:12 motion",
        ]
        event = (folder.children or [])[-1]
        assert event.thumbnail is not None
        client = await hass_client()
        picture = await client.get(event.thumbnail)
        assert (picture.status, picture.content_type) == (200, "image/jpeg")
        assert (await picture.read()).startswith(b"\xff\xd8")
        # Asked for once, with the folder
        assert cloud.calls["DescribeCloudStorageThumbnailList"] == 1
        assert cloud.calls["DescribeCloudStorageThumbnail"] == 0

        media = await play(hass, event)
        assert media.mime_type == "application/x-mpegURL"
        playlist, film = await fetch_hls(client, media.url)
        assert cloud.endpoint not in playlist
        assert "sign" not in playlist
        assert playlist.endswith("#EXT-X-ENDLIST\n")
        with av.open(io.BytesIO(film), "r") as container:
            assert container.streams.video[0].codec_context.name == "h264"
            assert sum(1 for _ in container.decode(video=0)) > 10

        # None of it is to be had without the token, nor a picture without logging in
        assert (await client.get(media.url.replace("/recording/", "/recording/x"))).status == 404
        assert (await client.get(f"{media.url.rsplit('/', 1)[0]}/999.ts")).status == 502


async def test_thumbnail_needs_login(hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator) -> None:
    """A picture is for who is logged in."""
    async with with_cameras(hass, None, YARD, platforms=[]) as (_, hub, view):
        await settled(view)
        await browse(hass, ROOT)
        client = await hass_client_no_auth()
        assert (await client.get(f"/api/iot_gateway/thumbnail/{hub.entry.entry_id}/abc")).status == 401


async def test_signature_ends(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """Whoever takes longer than a signature holds goes on watching by another."""
    now = int(datetime.now(tz=ZoneInfo("UTC")).timestamp())
    storage = CloudStorage(plan=1, expires=now + 86400, title="Yard", pieces=[(now - 4000, now - 3940)])
    async with with_cameras(hass, None, YARD, platforms=[], cloud=cloud_with(YARD, storage)) as (cloud, hub, view):
        await settled(view)
        recording = f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|cloud|{now - 4000}|{now - 3940}"
        media = await async_resolve_media(hass, recording, None)
        client = await hass_client()
        _, film = await fetch_hls(client, media.url)
        signed = cloud.calls["GenerateSignedVideoURL"]
        cloud.recordings._signer = type(cloud.recordings._signer)()
        _, again = await fetch_hls(client, media.url)
        assert len(again) == len(film)
        assert cloud.calls["GenerateSignedVideoURL"] == signed + 1


async def test_encoded_address(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """Signed addresses may come percent-encoded."""
    now = int(datetime.now(tz=ZoneInfo("UTC")).timestamp())
    storage = CloudStorage(plan=1, expires=now + 86400, title="Yard", container="ts", pieces=[(now - 4000, now - 3990)])
    async with with_cameras(hass, None, YARD, platforms=[], cloud=cloud_with(YARD, storage)) as (cloud, hub, view):
        await settled(view)
        cloud.faults.encoded_urls = True
        recording = f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|cloud|{now - 4000}|{now - 3990}"
        media = await async_resolve_media(hass, recording, None)
        _, film = await fetch_hls(await hass_client(), media.url)
        with av.open(io.BytesIO(film), "r") as container:
            assert sum(1 for _ in container.decode(video=0)) > 10


async def test_pictures_only(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """What a camera recorded that takes pictures only becomes an MP4 of the event's length, with its sound."""
    async with with_cameras(hass, None, FEEDER, platforms=[]) as (_, _, view):
        await settled(view)
        (camera,) = view.cameras(FEEDER)
        last = await camera.cloud.last_event()
        assert last is not None
        day = local(last.start).date()
        folder = await go(hass, camera.name, "Cloud", f"{day:%Y-%m}", day.isoformat())
        media = await play(hass, (folder.children or [])[0])
        assert media.mime_type == "video/mp4"
        client = await hass_client()
        response = await client.get(media.url, headers={"Range": "bytes=0-"})
        assert response.status == 206
        film = await response.read()
        with av.open(io.BytesIO(film), "r") as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
            assert sum(1 for _ in container.decode(video)) > 10
            assert container.duration is not None
            assert 2 < container.duration / 1_000_000 < 13


async def test_recorder_channels(hass: HomeAssistant, agent: SmallAgent, hass_client: ClientSessionGenerator) -> None:
    """Each channel of a recorder has its own recordings."""
    agent.answers["get_nvr_list"] = [
        {"DeviceName": f"Cam {channel}", "Channel": channel, "Online": 1} for channel in range(2)
    ]
    async with with_cameras(hass, agent, RECORDER, platforms=[]) as (_, _, view):
        await settled(view)
        names = [camera.name for camera in view.cameras(RECORDER)]
        assert titles(await go(hass)) == names
        camera = view.cameras(RECORDER)[1]
        last = await camera.cloud.last_event()
        assert last is not None
        day = local(last.start).date()
        folder = await go(hass, names[1], "Cloud", f"{day:%Y-%m}", day.isoformat())
        media = await play(hass, (folder.children or [])[0])
        _, film = await fetch_hls(await hass_client(), media.url)
        assert film


async def test_cloud_in_words(hass: HomeAssistant) -> None:
    """What the cloud refuses is told in words."""
    async with with_cameras(hass, None, YARD, platforms=[]) as (cloud, hub, view):
        await settled(view)
        name = view.cameras(YARD)[0].name
        cloud.faults.fail("DescribeCloudStorageDate", "UnauthorizedOperation")
        with pytest.raises(BrowseError, match="policy"):
            await go(hass, name, "Cloud")
        recording = f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|cloud|1000|1060"
        with pytest.raises(Unresolvable, match="no such recording"):
            await async_resolve_media(hass, recording, None)


def test_days_that_have_not_begun(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Where it's tomorrow already, as in China, a day is listed that has not begun here: it would be empty."""
    freezer.move_to("2026-11-21T17:00:00Z")
    days = [date(2026, 11, number) for number in (20, 21, 22)]
    assert _begun(days) == days[:2]


@pytest.mark.parametrize(
    "rest",
    [
        "cloud|0|253402300799",
        "cloud|1|99999999999999999999",
        "cloud|99999999999999999999|1",
        "cloud|-99999999999999999|5",
        "card|99999999999999999999|1",
        "card|20|10",
    ],
)
async def test_times_that_no_recording_has(hass: HomeAssistant, agent: SmallAgent, rest: str) -> None:
    """An identifier that somebody made up leads to no calls and no unexpected errors."""
    async with with_cameras(hass, agent, YARD, platforms=[]) as (cloud, hub, view):
        await settled(view)
        before, commands = sum(cloud.calls.values()), len(agent.commands)
        with pytest.raises(Unresolvable, match="no such recording"):
            await async_resolve_media(hass, f"{ROOT}/recording|{hub.entry.entry_id}|{YARD}|{rest}", None)
        assert sum(cloud.calls.values()) == before
        assert len(agent.commands) == commands


@pytest.mark.parametrize(
    "made_up", ["day|{}|card|9999-12-31", "day|{}|cloud|9999-12-31", "days|{}|card|99999999999999-1"]
)
async def test_days_that_no_camera_has(hass: HomeAssistant, agent: SmallAgent, made_up: str) -> None:
    """The same of what is browsed."""
    async with with_cameras(hass, agent, YARD, platforms=[]) as (_, hub, view):
        await settled(view)
        with pytest.raises(BrowseError, match="no such recording"):
            await async_browse_media(hass, f"{ROOT}/{made_up.format(f'{hub.entry.entry_id}|{YARD}')}")


async def test_long_event_costs_few_calls(hass: HomeAssistant) -> None:
    """An event that never ended is looked for where it began, not on each day since."""
    async with with_cameras(hass, None, YARD, platforms=[]) as (cloud, _, view):
        await settled(view)
        (camera,) = view.cameras(YARD)
        begin = int(dt_util.utcnow().timestamp()) - 300 * 86400
        before = cloud.calls["DescribeCloudStorageTime"]
        assert await camera.cloud.playlist(begin, begin + 300 * 86400) is None
        assert cloud.calls["DescribeCloudStorageTime"] - before <= 3
