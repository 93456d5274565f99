"""The SD card of the simulated X-P2P agent's devices: what was recorded, played and downloaded."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
import io
import itertools
import json
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest

from simulators.xp2p_agent import CHINA, CONTINUOUS, MOTION, Card, Record, Tag, demo_card, flv
from simulators.xp2p_agent.playback import KEYS_ONLY, NORMAL

from .agent_client import FEEDER, RECORDER, TIMEOUT, AgentClient, show, xp2p_agent

pytestmark = pytest.mark.usefixtures("socket_enabled")
NOON = int(datetime(2024, 1, 20, 12, tzinfo=CHINA).timestamp())


@pytest.fixture
async def client() -> AsyncIterator[AgentClient]:
    """Have a card with three records: two of the 14th, with a gap between them, and one over midnight of the 8th."""
    async with xp2p_agent() as running:
        card = Card()
        for record in (
            Record(start=at(14, 10), end=at(14, 10) + 4),
            Record(start=at(14, 11), end=at(14, 11) + 3, type=MOTION),
            Record(start=at(8, 23, 59), end=at(8, 23, 59) + 90),
        ):
            card.add(0, record)
        running.device.card = card
        yield running


def at(day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(2024, 1, day, hour, minute, tzinfo=CHINA).timestamp())


def pictures(tags: list[Tag]) -> list[Tag]:
    return [tag for tag in tags if tag.kind == flv.VIDEO][1:]


# What there is


async def test_months(client: AgentClient) -> None:
    """Bit 0 is the first day, and days are the device's."""
    reply = await client.command("get_month_record", time="202401")
    assert reply == {"video_list": str(1 << 13 | 1 << 8 | 1 << 7)}
    assert (await client.command("get_month_record", time="202402")) == {"video_list": "0"}
    assert (await client.command("get_month_record", time="202413")) == {"status": "404"}
    assert (await client.command("get_month_record")) == {"status": "404"}
    client.agent.faults.plain_numbers = True
    assert (await client.command("get_month_record", time="202401"))["video_list"] == 8576


def test_days_of_the_documents() -> None:
    """The documents' example: 8320 is the 8th and the 14th; a device elsewhere may have recorded on other days."""
    card = Card(records={0: [Record(start=at(8, 2), end=at(8, 3)), Record(start=at(14, 1), end=at(14, 2))]})
    assert card.month(0, 2024, 1) == 8320
    card.zone = timezone(timedelta(hours=-8))
    assert card.month(0, 2024, 1) == 8320 >> 1
    assert card.month(1, 2024, 1) == 0
    long = Card(zone=UTC, records={0: [Record(start=0, end=3 * 86_400)]})
    assert long.month(0, 1970, 1) == 7, "an end at midnight isn't of the next day"


async def test_index(client: AgentClient) -> None:
    reply = await client.command("get_record_index", start_time=at(14, 0), end_time=at(15, 0))
    assert reply == {
        "video_list": [
            {"type": 0, "start_time": str(at(14, 10)), "end_time": str(at(14, 10) + 4)},
            {"type": 1, "start_time": str(at(14, 11)), "end_time": str(at(14, 11) + 3)},
        ]
    }
    reply = await client.command("get_record_index", start_time=at(9, 0), end_time=at(9, 1))
    assert len(reply["video_list"]) == 1, "what began the day before"
    assert (await client.command("get_record_index", start_time=at(9, 0))) == {"status": "404"}


def test_demo_card() -> None:
    """Days with records, one without, and nothing from the future."""
    card = demo_card(NOON, (0, 1))
    mask = card.month(0, 2024, 1)
    assert [day for day in range(1, 32) if mask >> (day - 1) & 1] == [14, 15, 16, 17, 19, 20]
    for channel in (0, 1):
        records = card.records[channel]
        assert records == sorted(records) and records[-1].end == NOON - 30
        assert all(one.end <= other.start for one, other in itertools.pairwise(records))
        assert {one.type for one in records} == {CONTINUOUS, MOTION}
    assert card.records[0] != card.records[1]


# Playing


async def test_playback(client: AgentClient) -> None:
    """It has an end, and only what was recorded is in it, at the pace of the clock."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    data, tags = await client.watch(client.playback(at(14, 9), at(14, 12)))
    assert loop.time() - began > 6.5
    shown = show(data)
    assert [one.counter for one in shown] == list(range(7 * 15))
    assert shown[-1].time == pytest.approx(7 - 1 / 15, abs=0.01)
    heard = [tag.time for tag in tags if tag.kind == flv.AUDIO][1:]
    assert heard == list(range(0, 7000 - 66, 64))
    assert {(one.width, one.height) for one in shown} == {(640, 360)}
    assert client.device.playbacks == [] and client.device.slots.own == 0
    # The clock in it is that of the record.
    assert shown[0].luma != (await first_picture(client, at(14, 11), at(14, 12)))


async def first_picture(client: AgentClient, start: int, end: int) -> bytes:
    data, _ = await client.watch(client.playback(start, end), lambda tags: len(pictures(tags)) > 0)
    return show(data)[0].luma


async def test_nothing_to_play(client: AgentClient) -> None:
    assert await client.refused("GET", client.playback(at(14, 9), at(14, 10)).rpartition("/")[2]) == (404, "no_record")
    assert (await client.refused("GET", "ipc.flv?action=playback&channel=0&start_time=5"))[0] == 400
    feeder = client.of(FEEDER)
    await feeder.open()
    assert (await feeder.refused("GET", "ipc.flv?action=playback&channel=0&start_time=5&end_time=9"))[0] == 406
    for command in ("playback_pause", "playback_progress"):
        assert await client.command(command) == {"status": "1"}


class Watcher:
    """Plays a record of two minutes in the background."""

    def __init__(self, client: AgentClient) -> None:
        self.client = client
        self.tags: list[Tag] = []
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        def note(tags: list[Tag]) -> bool:
            self.tags = tags
            return False

        await self.client.watch(self.client.playback(at(8, 23, 59), at(9, 0, 5)), note)

    async def pictures(self, more: int) -> list[Tag]:
        """Wait for some more pictures, and return these."""
        seen = len(pictures(self.tags))
        async with asyncio.timeout(TIMEOUT):
            while len(pictures(self.tags)) < seen + more:
                await asyncio.sleep(0.02)
        return pictures(self.tags)[seen:]

    @property
    def progress(self) -> Any:
        return self.client.command("playback_progress")


@pytest.fixture
async def watcher(client: AgentClient) -> AsyncIterator[Watcher]:
    running = Watcher(client)
    await running.pictures(5)
    yield running
    running.task.cancel()
    await asyncio.gather(running.task, return_exceptions=True)


async def test_pause_and_resume(watcher: Watcher) -> None:
    client = watcher.client
    assert await client.command("playback_pause") == {"status": "0"}
    # What was on its way arrives; then, nothing more.
    async with asyncio.timeout(TIMEOUT):
        while True:
            before = len(pictures(watcher.tags)), await watcher.progress
            await asyncio.sleep(0.5)
            if (len(pictures(watcher.tags)), await watcher.progress) == before:
                break
    assert before[1]["status"] == "0" and int(before[1]["progress"]) > 0
    assert await client.command("playback_resume") == {"status": "0"}
    await watcher.pictures(5)
    stamps = [tag.time for tag in pictures(watcher.tags)]
    # A pause is no gap in what is seen.
    assert all(after - before in (66, 67) for before, after in itertools.pairwise(stamps))


async def test_seek(watcher: Watcher) -> None:
    """By the position in the file (documents), and by the time (Tencent's app)."""
    client = watcher.client
    assert await client.command("playback_seek", progress=60_500) == {"status": "0"}
    first = (await watcher.pictures(3))[-1]
    assert 60_000 <= int((await watcher.progress)["progress"]) < 75_000
    assert await client.command("playback_seek", time=at(8, 23, 59) + 30) == {"status": "0"}
    later = (await watcher.pictures(3))[-1]
    assert 30_000 <= int((await watcher.progress)["progress"]) < 45_000
    assert later.time > first.time, "the time in the FLV goes on"
    assert await client.command("playback_seek", progress=90_000) == {"status": "1"}
    assert await client.command("playback_seek", time=at(10, 0)) == {"status": "1"}
    assert await client.command("playback_seek", progress="x") == {"status": "404"}
    assert await client.command("playback_stop") == {"status": "404"}
    # Near the end it ends.
    assert await client.command("playback_seek", progress=89_000) == {"status": "0"}
    await asyncio.wait_for(watcher.task, TIMEOUT)


async def test_speed(watcher: Watcher) -> None:
    """The time from a picture to the next is what is set; there is no sound then."""
    client = watcher.client
    assert await client.command("playback_speed", speed=20) == {"status": "0"}
    await watcher.pictures(3)
    fast = await watcher.pictures(30)
    assert {after.time - before.time for before, after in itertools.pairwise(fast)} == {20}
    sound = [tag.time for tag in watcher.tags if tag.kind == flv.AUDIO]
    assert sound[-1] < fast[0].time
    assert await client.command("playback_speed", speed=67) == {"status": "0"}
    await watcher.pictures(20)
    assert [tag.time for tag in watcher.tags if tag.kind == flv.AUDIO][-1] > fast[-1].time
    stamps = [tag.time for tag in watcher.tags if tag.kind == flv.AUDIO]
    assert stamps == sorted(stamps)
    for wrong, status in ((1, "1"), (100_000, "1"), ("x", "404")):
        assert await client.command("playback_speed", speed=wrong) == {"status": status}


async def test_fast_forward_and_rewind(watcher: Watcher) -> None:
    client = watcher.client
    assert await client.command("playback_ff", value=3) == {"status": "0"}
    await watcher.pictures(1)
    keys = await watcher.pictures(4)
    assert all(tag.body[0] == 0x17 for tag in keys)
    assert {after.time - before.time for before, after in itertools.pairwise(keys)} == {KEYS_ONLY}
    position = int((await watcher.progress)["progress"])
    assert position >= 12_000
    assert await client.command("playback_ff", value=0) == {"status": "0"}
    assert any(tag.body[0] == 0x27 for tag in await watcher.pictures(4))
    assert await client.command("playback_rewind", start_time=2000, end_time=6000) == {"status": "0"}
    # Seconds 5, 4, 3, 2, and from there on as usual
    await watcher.pictures(8)
    assert 2000 <= int((await watcher.progress)["progress"]) < 12_000
    stamps = [tag.time for tag in pictures(watcher.tags)]
    assert stamps == sorted(stamps)
    assert await client.command("playback_rewind", start_time=6000, end_time=2000) == {"status": "1"}
    assert pytest.approx(66.67, abs=0.01) == NORMAL


async def test_commands_are_about_the_latest_of_a_channel(client: AgentClient) -> None:
    recorder = client.of(RECORDER)
    await recorder.open()
    card = recorder.device.card
    assert card is not None
    opened = []
    for channel in (0, 1):
        record = card.records[channel][0]
        opened.append(await client.http.get(recorder.playback(record.start, record.end, channel)))
    await client.agent.wait_for(lambda: len(recorder.device.playbacks) == 2)
    assert await recorder.command("playback_pause", channel=1) == {"status": "0"}
    paused = {channel: one.as_json()["paused"] for channel, one in recorder.device.playbacks}
    assert paused == {0: False, 1: True}
    for one in opened:
        one.close()
    await client.agent.wait_for(lambda: not recorder.device.playbacks)


# Files


async def test_file_list(client: AgentClient) -> None:
    files = (await client.command("get_file_list"))["file_list"]
    assert [(one["file_type"], one["file_name"]) for one in files] == [
        ("video", "record/2024-01-08/23-59-00_0.mp4"),
        ("video", "record/2024-01-14/10-00-00_0.mp4"),
        ("video", "record/2024-01-14/11-00-00_0.mp4"),
        ("picture", "record/2024-01-14/11-00-00_0.jpg"),
    ]
    assert files[2]["start_time"] == "2024-01-14_11-00-00" and files[2]["end_time"] == "2024-01-14_11-00-03"
    assert files[2]["file_size"].isdecimal() and files[2]["extra_info"] == {"seconds": "3"}
    client.agent.faults.update({"file_list_form": "app", "plain_numbers": True})
    files = (await client.command("get_file_list", start_time=at(14, 11), end_time=at(14, 12), file_type=0))[
        "file_list"
    ]
    assert [(one["file_type"], one["start_time"], one["end_time"]) for one in files] == [
        (0, at(14, 11), at(14, 11) + 3)
    ]
    assert isinstance(files[0]["file_size"], int)


async def download(client: AgentClient, name: str, offset: int = 0) -> bytes:
    query: dict[str, Any] = {"action": "download", "channel": 0, "file_name": name, "offset": offset}
    async with client.http.get(client.url("ipc.flv"), params=query) as response:
        assert response.status == 200 and response.content_type == "application/octet-stream"
        return await response.read()


async def test_downloads(client: AgentClient) -> None:
    """A file has the size that was told, plays, and is like no other; it can be had from an offset on."""
    files = {one["file_name"]: int(one["file_size"]) for one in (await client.command("get_file_list"))["file_list"]}
    content = {name: await download(client, name) for name in files}
    assert {name: len(data) for name, data in content.items()} == files
    assert len(set(content.values())) == len(files)
    name = "record/2024-01-08/23-59-00_0.mp4"
    with av.open(io.BytesIO(content[name]), "r") as container:
        assert [one.codec_context.name for one in container.streams] == ["h264", "aac"]
        shown = [float(frame.time or 0) for frame in container.decode(video=0)]
    # 28 fragments of 3.2 seconds
    assert len(shown) == 28 * 48 and shown[-1] == pytest.approx(90, abs=1) and shown == sorted(shown)
    with av.open(io.BytesIO(content["record/2024-01-14/11-00-00_0.jpg"]), "r") as container:
        assert next(container.decode(video=0)).width == 480
    for offset in (1, 70_000, files[name]):
        assert await download(client, name, offset) == content[name][offset:]
    query: dict[str, Any] = {"action": "download", "channel": 0, "file_name": name, "offset": files[name] + 1}
    assert (await client.refused("GET", "ipc.flv", query))[0] == 416
    assert (await client.refused("GET", "ipc.flv", query | {"file_name": "other.mp4"}))[0] == 404
    assert (await client.refused("GET", "ipc.flv", query | {"offset": "-1"}))[0] == 400


@pytest.mark.parametrize("unsized", [False, True])
async def test_downloads_that_break_are_resumed(client: AgentClient, unsized: bool) -> None:
    name = "record/2024-01-14/10-00-00_0.mp4"
    whole = await download(client, name)
    client.agent.faults.update({"download_cut": len(whole) // 3, "download_unsized": unsized})
    data, tries = b"", 0
    while len(data) < len(whole):
        tries += 1
        query: dict[str, Any] = {"action": "download", "channel": 0, "file_name": name, "offset": len(data)}
        async with client.http.get(client.url("ipc.flv"), params=query) as response:
            assert (response.content_length is None) is unsized
            try:
                async for part in response.content.iter_any():
                    data += part
            except aiohttp.ClientPayloadError:
                continue
    assert data == whole and tries >= 3


async def test_slow_download_takes_a_channel(client: AgentClient) -> None:
    client.agent.faults.download_rate = 1000
    query: dict[str, Any] = {"action": "download", "channel": 0, "file_name": "record/2024-01-14/10-00-00_0.mp4"}
    response = await client.http.get(client.url("ipc.flv"), params=query)
    await response.content.read(60)
    assert client.device.slots.own == 1
    assert client.device.streams[0].kind == "download" and client.device.streams[0].sent < 30_000
    response.close()
    await client.agent.wait_for(lambda: client.device.slots.own == 0)


def test_openapi_file() -> None:
    """What the tests ask for is what the file says; its references have something to refer to."""
    yaml = pytest.importorskip("yaml")
    path = Path(__file__).parents[2] / "docs" / "protocols" / "xp2p-agent.openapi.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1") and {"title", "version"} <= document["info"].keys()
    device = "/v1/{productId}/{deviceName}/"
    methods = {path: set(item) - {"parameters"} for path, item in document["paths"].items()}
    assert methods == {
        "/v1/health": {"get"},
        f"{device}session": {"put"},
        f"{device}ipc.flv": {"get"},
        f"{device}command": {"post"},
        f"{device}voice": {"post"},
    }

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if "$ref" in value else []
            return own + [one for part in value.values() for one in references(part)]
        return [one for part in value for one in references(part)] if isinstance(value, list) else []

    assert references(document)
    for reference in references(document):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    for item in (*document["paths"].values(), *document["webhooks"].values()):
        for method, operation in item.items():
            if method == "parameters":
                continue
            assert operation["operationId"] and operation["summary"] and operation["responses"]
            for parameter in operation.get("parameters", ()):
                assert "$ref" in parameter or (parameter["name"] and parameter["in"] == "query" and parameter["schema"])
    actions = document["paths"][f"{device}ipc.flv"]["get"]["parameters"][0]["schema"]["enum"]
    assert json.dumps(actions) == json.dumps(["live", "live-mjpg", "live-audio", "playback", "download"])
