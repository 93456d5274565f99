"""Live pictures of the simulated X-P2P agent: decoded by PyAV, as Home Assistant's stream does."""

import asyncio
from collections.abc import AsyncIterator, Callable
import io
import itertools
import json
from typing import Any

import aiohttp
import av
import pytest

from simulators.xp2p_agent import SIZES, BadFlv, Tag, TagReader, flv
from simulators.xp2p_agent.panorama import View
from simulators.xp2p_agent.pictures import Pictures, form_of

from .agent_client import CAMERA, DOORBELL, FEEDER, OFFLINE, RECORDER, TIMEOUT, AgentClient, show, xp2p_agent

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def client() -> AsyncIterator[AgentClient]:
    async with xp2p_agent() as running:
        yield running


def times(tags: list[Tag], kind: int) -> list[int]:
    return [tag.time for tag in tags if tag.kind == kind]


def video(count: int) -> Callable[[list[Tag]], bool]:
    return lambda tags: len(times(tags, flv.VIDEO)) > count


async def test_live_moves_and_goes_on_over_the_loop(client: AgentClient) -> None:
    """The pictures repeat after two seconds; time goes on, in pictures and in sound."""
    data, tags = await client.watch(
        client.live(), lambda tags: tags[-1:] != [] and tags[-1].time > 4500 and video(60)(tags)
    )
    shown = show(data)
    counters = [one.counter for one in shown]
    # A busy machine may leave some out, but what is shown fits to its time.
    assert len(shown) >= 60 and max(counters) < 30
    assert sum(after < before for before, after in itertools.pairwise(counters)) >= 2
    assert all(round(one.time * 15) % 30 == (one.counter - counters[0]) % 30 for one in shown)
    for kind in (flv.VIDEO, flv.AUDIO):
        assert all(before <= after for before, after in itertools.pairwise(times(tags, kind)))
    assert all(later.time > earlier.time for earlier, later in itertools.pairwise(shown))
    # Somebody walks, and the counter counts: no picture is like the one before it.
    assert all(one.luma != other.luma for one, other in itertools.pairwise(shown))
    heard = times(tags, flv.AUDIO)[1:]
    assert {after - before for before, after in itertools.pairwise(heard)} == {64}
    with av.open(io.BytesIO(data), "r") as container:
        assert [(one.type, one.codec_context.name) for one in container.streams] == [
            ("video", "h264"),
            ("audio", "aac"),
        ]
        frames = list(container.decode(audio=0))
    assert sum(frame.samples for frame in frames) / 16_000 == pytest.approx(tags[-1].time / 1000, abs=0.3)
    assert max(abs(value) for frame in frames for value in memoryview(bytes(frame.planes[0])).cast("f")) > 0.2


async def test_live_by_address(client: AgentClient) -> None:
    """PyAV opens the address itself; who goes away gives his channel back."""

    def play() -> int:
        with av.open(client.live(), "r", timeout=TIMEOUT) as container:
            return sum(1 for _ in itertools.islice(container.decode(video=0), 20))

    assert await asyncio.to_thread(play) == 20
    await client.agent.wait_for(lambda: not client.device.streams and not client.device.slots.own)


@pytest.mark.parametrize("quality", list(SIZES))
async def test_quality_is_size(client: AgentClient, quality: str) -> None:
    data, _ = await client.watch(client.live(quality), video(4))
    assert {(one.width, one.height) for one in show(data)} == {dict(SIZES)[quality]}  # type: ignore[index]


@pytest.mark.parametrize("form", ["enhanced", "legacy"])
async def test_hevc(client: AgentClient, form: str) -> None:
    doorbell = client.of(DOORBELL)
    client.agent.devices.set_online(doorbell.device, True)
    assert await doorbell.open() == 204
    client.agent.faults.update({"hevc_form": form})
    data, tags = await doorbell.watch(doorbell.live(), video(40))
    assert (b"hvc1" in tags[1].body) is (form == "enhanced")
    with av.open(io.BytesIO(data), "r") as container:
        assert container.streams.video[0].codec_context.name == "hevc"
    shown = show(data)
    assert len(shown) == len(times(tags, flv.VIDEO)) - 1
    assert all(round(one.time * 15) % 30 == (one.counter - shown[0].counter) % 30 for one in shown)


@pytest.mark.parametrize(("sound", "codec", "rate"), [("aac", "aac", 16_000), ("pcma", "pcm_alaw", 8_000)])
async def test_sound_codecs(client: AgentClient, sound: str, codec: str, rate: int) -> None:
    client.agent.faults.update({"sound": sound})
    data, _ = await client.seconds(client.live("standard"), 1.5)
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.sample_rate) == (codec, rate)
        assert sum(frame.samples for frame in container.decode(stream)) / rate == pytest.approx(1.5, abs=0.3)


async def test_without_sound(client: AgentClient) -> None:
    client.agent.faults.update({"sound": "none", "no_metadata": True})
    data, tags = await client.watch(client.live("standard"), video(5))
    assert {tag.kind for tag in tags} == {flv.VIDEO} and data[4] == 1
    assert len(show(data)) == 5


async def test_motors_move_the_picture(client: AgentClient) -> None:
    """What is pressed moves the picture until it is released; then, it stands, and it shows what it showed there before."""
    press = {"topic": "ptz", "message_id": 7, "data": {"cmd": "ptz_left_press"}}

    def sky(data: bytes) -> bytes:
        """The row of fence posts, of which no two are as far apart as others, in the last picture; free of who walks."""
        one = show(data)[-1]
        row = round(one.height * 0.535)
        return one.luma[row * one.width : (row + 1) * one.width]

    motors = client.device.cameras[0].ptz
    assert motors is not None
    still = sky((await client.watch(client.live(), video(3)))[0])
    reply = await client.own(press)
    assert reply["message_id"] == 7 and reply["current_x"] in range(-10, 1)
    async with asyncio.timeout(TIMEOUT):
        while motors.position[0] > -60:
            await asyncio.sleep(0.05)
    reply = await client.own({"topic": "ptz", "message_id": 8, "data": {"cmd": "ptz_release_pre"}})
    stopped = reply["current_x"]
    assert stopped <= -60
    moved = sky((await client.watch(client.live(), video(3)))[0])
    assert sum(abs(one - other) > 40 for one, other in zip(still, moved, strict=True)) > 20
    assert (await client.own(press | {"data": {"cmd": "ptz_release_pre"}}))["current_x"] == stopped


async def test_moving_is_seen_in_a_stream_that_runs(client: AgentClient) -> None:
    """Pictures go on without a gap while motors run, and each can be decoded."""
    started = asyncio.Event()

    def enough(tags: list[Tag]) -> bool:
        if len(times(tags, flv.VIDEO)) > 10:
            started.set()
        return len(times(tags, flv.VIDEO)) > 45

    watching = asyncio.create_task(client.watch(client.live("standard"), enough))
    await asyncio.wait_for(started.wait(), TIMEOUT)
    await client.own("ptz_up_speed_2")
    data, tags = await watching
    bodies = [tag.body for tag in tags if tag.kind == flv.VIDEO]
    # Groups have one key picture; moving, each is one.
    kinds = "".join("K" if body[0] >> 4 == 1 else "-" for body in bodies[1:])
    assert "KKKK" in kinds[10:] and "----" in kinds
    shown = show(data)
    assert len(shown) == len(bodies) - 1
    assert shown[-1].luma[: 320 * 100] != shown[3].luma[: 320 * 100]


async def test_four_channels(client: AgentClient) -> None:
    """Who watches the same shares a channel; the fifth other one is refused, and taken when somebody has gone."""
    record = client.device.card.records[0][0]  # type: ignore[union-attr]
    urls = [client.live(quality) for quality in SIZES] + [client.playback(record.start, record.end)]
    opened = [await client.http.get(url) for url in [*urls, urls[0]]]
    assert [one.status for one in opened] == [200] * 5
    assert client.device.slots.own == 4 and len(client.device.streams) == 5
    other = {"action": "playback", "channel": 0, "start_time": record.start, "end_time": record.end}
    assert await client.refused("GET", "ipc.flv", other) == (405, "viewer_limit")
    (status,) = await client.command("get_device_st", type="live", quality="high")
    assert status == {"status": "405", "appConnectNum": "4", "maxConnectNum": "4"}
    # The same as somebody else is still possible.
    (await client.http.get(urls[1])).close()
    opened[3].close()
    await client.agent.wait_for(lambda: client.device.slots.own == 3)
    async with client.http.get(client.url("ipc.flv"), params=other) as response:
        assert response.status == 200
    for one in opened:
        one.close()
    await client.agent.wait_for(lambda: client.device.slots.own == 0)


async def test_other_apps_take_channels(client: AgentClient) -> None:
    client.device.slots.others = 3
    first = await client.http.get(client.live())
    assert first.status == 200
    second = await client.http.get(client.live())
    assert second.status == 200
    assert await client.refused("GET", "ipc.flv?action=live&channel=0&quality=super") == (405, "viewer_limit")
    first.close()
    second.close()
    client.agent.faults.no_sharing = True
    await client.agent.wait_for(lambda: client.device.slots.own == 0)
    first = await client.http.get(client.live())
    assert first.status == 200
    assert await client.refused("GET", "ipc.flv?action=live&channel=0") == (405, "viewer_limit")
    first.close()


async def test_pictures_are_made_once() -> None:
    """What is shown again isn't drawn and coded again."""
    pictures = Pictures(form_of("h264", "standard"), "Once")
    first = await pictures.group(0, str, View())
    assert pictures.made == 15 and [one.key for one in first] == [True] + [False] * 14
    both = await asyncio.gather(pictures.group(0, str, View()), pictures.group(0, str, View()))
    assert both[0] is both[1] is first and pictures.made == 15
    assert (await pictures.single(3, str, View(0.5, 0))).key
    assert pictures.made == 16
    await asyncio.gather(*(pictures.group(15, str, View()) for _ in range(3)))
    assert pictures.made == 31


async def test_picture_streams(client: AgentClient) -> None:
    """A device that sends pictures and sound apart has no live video."""
    feeder = client.of(FEEDER)
    assert await feeder.open() == 204
    assert await feeder.refused("GET", "ipc.flv?action=live&channel=0") == (406, "unsupported")
    assert await client.refused("GET", "ipc.flv?action=live-mjpg&channel=0") == (406, "unsupported")
    data = bytearray()
    async with asyncio.timeout(TIMEOUT), client.http.get(feeder.live(action="live-mjpg")) as response:
        assert response.content_type == "video/x-motion-jpeg"
        async for part in response.content.iter_any():
            data += part
            if data.count(b"\xff\xd8\xff") > 4:
                break
    with av.open(io.BytesIO(bytes(data[: data.rindex(b"\xff\xd9") + 2])), "r", format="mjpeg") as container:
        frames = list(container.decode(video=0))
    assert len(frames) >= 4 and frames[0].width == 640
    _, tags = await feeder.seconds(feeder.live(action="live-audio"), 1)
    assert {tag.kind for tag in tags} == {flv.SCRIPT, flv.AUDIO}


# Faults


async def test_time_of_more_than_24_bits(client: AgentClient) -> None:
    client.agent.faults.first_timestamp = 0xFFFFFF - 500
    data, tags = await client.watch(client.live("standard"), video(20))
    stamps = times(tags, flv.VIDEO)
    assert stamps[0] == 0xFFFFFF - 500 and stamps[-1] > 0x1000000
    assert show(data)[-1].time == pytest.approx(stamps[-1] / 1000, abs=0.002)


async def test_time_that_begins_anew(client: AgentClient) -> None:
    client.agent.faults.timestamps_restart = 0.5
    _, tags = await client.watch(client.live("standard"), video(20))
    stamps = times(tags, flv.VIDEO)
    assert max(stamps) < 500 and any(after < before for before, after in itertools.pairwise(stamps))


async def test_late_key(client: AgentClient) -> None:
    """The first pictures can't be decoded; then comes a key picture."""
    client.agent.faults.late_key = True
    kinds = [0]
    for _ in range(10):
        _, tags = await client.watch(client.live("standard"), video(18))
        kinds = [tag.body[0] >> 4 for tag in tags if tag.kind == flv.VIDEO][1:]
        if kinds[0] == 2:
            break
    assert kinds[0] == 2 and 1 in kinds


async def test_streams_that_break_or_stall(client: AgentClient) -> None:
    client.agent.faults.cut_after = 0.3
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.watch(client.live("standard"))
    await client.agent.wait_for(lambda: not client.device.streams)
    client.agent.faults.reset()
    client.agent.faults.stall_after = 0.3
    response = await client.http.get(client.live("standard"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await response.read()
    assert len(client.device.streams) == 1
    # The agent can be stopped all the same.
    await client.agent.stop()
    assert client.device.slots.own == 0
    response.close()


@pytest.mark.parametrize("abort", [False, True])
async def test_drop(client: AgentClient, abort: bool) -> None:
    response = await client.http.get(client.live())
    await client.agent.wait_for(lambda: bool(client.device.streams and client.device.streams[0].sent))
    assert client.agent.drop(abort=abort) == 1
    if abort:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
    else:
        assert (await response.read())[:3] == b"FLV"


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"kind": "http", "status": 423, "word": "asleep"}, 423, "asleep"),
        ({"kind": "http", "status": 502}, 502, ""),
        ({"kind": "timeout", "seconds": 0}, 504, ""),
        ({"kind": "garbage"}, 200, ""),
    ],
    ids=["word", "status", "timeout", "garbage"],
)
async def test_failures(client: AgentClient, changes: dict[str, Any], status: int, word: str) -> None:
    """They hit what they name, as often as they say."""
    client.agent.faults.update({"failures": [{"endpoint": "flv", "count": 1, **changes}]})
    (answer,) = await client.command("get_device_st", type="live", quality="high")
    assert answer["status"] == "0"
    assert await client.refused("GET", "ipc.flv?action=live&channel=0") == (status, word)
    data, _ = await client.watch(client.live("standard"), video(1))
    assert data.startswith(b"FLV")


async def test_no_answer(client: AgentClient) -> None:
    client.agent.faults.fail("command", kind="drop", count=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.command("get_device_st")
    client.agent.faults.fail("command", kind="silent", count=1, device=CAMERA)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await client.command("get_device_st")
    assert await client.command("get_device_st", type="voice")


# Who can be watched


async def test_asleep_offline_and_sessions(client: AgentClient) -> None:
    """What can't be reached says why; whoever has started anew needs a new session."""
    live = "ipc.flv?action=live&channel=0"
    assert await client.of(OFFLINE).refused("GET", live) == (503, "offline")
    assert await client.of(DOORBELL).refused("GET", live) == (423, "asleep")
    assert await client.of("X/y").refused("GET", live) == (404, "unknown_device")
    recorder = client.of(RECORDER)
    assert await recorder.refused("GET", live) == (412, "session")
    stale = recorder.device.p2p_info
    assert await recorder.open("XP2Pwrong==%2.4.19") == 412
    assert await recorder.refused("POST", "command?action=inner_define&channel=0&cmd=get_nvr_list") == (412, "session")
    assert await recorder.open("nonsense") == 400
    assert await recorder.open() == 204
    watching = await client.http.get(recorder.live())
    client.agent.devices.set_online(recorder.device, False)
    await watching.read()
    assert await recorder.open() == 204, "nobody can tell what is stale while it's offline"
    client.agent.devices.set_online(recorder.device, True)
    assert await recorder.refused("GET", live) == (412, "session")
    assert await recorder.open(stale) == 412
    assert await recorder.open() == 204
    data, _ = await recorder.watch(recorder.live(channel=2), video(2))
    assert show(data)
    await client.agent.stop()
    await client.agent.start()
    assert await recorder.refused("GET", live) == (412, "session"), "an agent that was restarted knows none"


async def test_what_is_asked_wrongly(client: AgentClient) -> None:
    async def status(path: str) -> int:
        return (await client.refused("GET", path))[0]

    assert await status("ipc.flv?action=live") == 400
    assert await status("ipc.flv?action=live&channel=x") == 400
    assert await status("ipc.flv?action=live&channel=3") == 404
    assert await status("ipc.flv?action=live&channel=0&quality=best") == 400
    assert await status("ipc.flv?action=watch&channel=0") == 400
    recorder = client.of(RECORDER)
    await recorder.open()
    assert (await recorder.refused("GET", "ipc.flv?action=live&channel=0&quality=super"))[0] == 406
    recorder.device.cameras[1].online = False
    assert await recorder.refused("GET", "ipc.flv?action=live&channel=1") == (503, "offline")
    async with client.http.get(f"{client.agent.base_url}/v1/health") as response:
        assert json.loads(await response.text()) == {"version": "1.0.0"}


# FLV


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_flv_in_pieces(size: int) -> None:
    wanted = [
        Tag(kind=flv.SCRIPT, time=0, body=flv.metadata({"width": 640.0, "stereo": False, "encoder": "x"})),
        Tag(kind=flv.VIDEO, time=0x1234567, body=b"\x17" * 300),
        Tag(kind=flv.AUDIO, time=0xFFFFFFFF, body=b""),
    ]
    data = flv.file_header(sound=True) + b"".join(flv.write_tag(one.kind, one.time, one.body) for one in wanted)
    reader = TagReader()
    tags = [tag for at in range(0, len(data), size) for tag in reader.feed(data[at : at + size])]
    assert tags == wanted and reader.rest == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"RIFF", "doesn't begin"),
        (b"FL", None),
        (flv.file_header(sound=False)[:5] + b"\0\0\0\x0a\0\0\0\0", "9 bytes"),
        (flv.file_header(sound=True) + b"\x0c" + bytes(10), "type 12"),
        (flv.file_header(sound=True) + flv.write_tag(flv.AUDIO, 0, b"x")[:-1] + b"\0", "length"),
    ],
    ids=["other", "short", "header", "type", "length"],
)
def test_flv_that_is_none(data: bytes, words: str | None) -> None:
    if words is None:
        assert list(TagReader().feed(data)) == []
        return
    with pytest.raises(BadFlv, match=words):
        list(TagReader().feed(data))
