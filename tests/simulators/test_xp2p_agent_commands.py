"""Commands to the simulated X-P2P agent's devices: status, motors, calls, own signals, sound."""

import asyncio
from collections.abc import AsyncIterator
import io
import json
import math
import struct
from typing import Any

import av
import pytest

from simulators.xp2p_agent import CALL_COMMANDS, Call, Ptz, flv

from .agent_client import DOORBELL, FEEDER, RECORDER, AgentClient, xp2p_agent

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def client() -> AsyncIterator[AgentClient]:
    async with xp2p_agent() as running:
        yield running


class Clock:
    """A time that passes only when it's told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


# Status


async def test_device_status(client: AgentClient) -> None:
    async def status(of: AgentClient, **query: Any) -> str:
        (answer,) = await of.command("get_device_st", **query)
        assert answer["maxConnectNum"] == "4"
        return str(answer["status"])

    assert await status(client, type="live", quality="super") == "0"
    assert await status(client, type="voice") == "0" == await status(client, type="playback")
    assert await status(client, type="live") == "404" == await status(client, type="other")
    recorder, feeder = client.of(RECORDER), client.of(FEEDER)
    await recorder.open()
    await feeder.open()
    assert await status(recorder, type="live", quality="super") == "406"
    assert await status(feeder, type="voice") == "406" == await status(feeder, type="playback")
    client.device.slots.others = 4
    assert await status(client, type="live", quality="high") == "405"
    client.agent.faults.update({"device_status": {"live": "1"}, "plain_numbers": True})
    (answer,) = await client.command("get_device_st", type="live", quality="high")
    assert answer == {"status": 1, "appConnectNum": 4, "maxConnectNum": 4}


async def test_nvr_list(client: AgentClient) -> None:
    recorder = client.of(RECORDER)
    await recorder.open()
    recorder.device.cameras[2].online = False
    assert await recorder.command("get_nvr_list") == [
        {"DeviceName": f"hall_recorder_{channel}", "Channel": str(channel), "Online": "0" if channel == 2 else "1"}
        for channel in range(3)
    ]
    assert await client.command("get_nvr_list") == {"status": "404"}, "no NVR"


async def test_what_is_no_command(client: AgentClient) -> None:
    assert await client.command("make_coffee") == {"status": "404"}
    path = "command?action=inner_define&channel=0&cmd="
    assert (await client.refused("POST", path))[0] == 400
    assert (await client.refused("POST", path + "a%26b"))[0] == 400
    assert (await client.refused("POST", path.replace("inner", "other") + "x"))[0] == 400
    assert (await client.refused("POST", path.replace("channel=0", "channel=9") + "x"))[0] == 404
    assert (await client.refused("POST", "command?action=user_define&channel=0&cmd=" + "x" * 3000))[0] == 400
    assert client.device.signals == []


async def test_own_signals(client: AgentClient) -> None:
    """They are kept as they came, and answered as the vendor likes."""
    client.device.replies["hello"] = '{"battery": 80}'
    assert await client.own("hello") == {"battery": 80}
    assert await client.own("36D7F336FCEC9E57", channel=0) == {"status": "0"}
    assert await client.own({"topic": "light", "text": "ä +%"}) == {"status": "0"}
    texts = [one.text for one in client.device.signals]
    assert texts[:2] == ["hello", "36D7F336FCEC9E57"] and json.loads(texts[2]) == {"topic": "light", "text": "ä +%"}
    # What moves motors is a signal like any other to a device without.
    doorbell = client.of(DOORBELL)
    client.agent.devices.set_online(doorbell.device, True)
    await doorbell.open()
    await doorbell.own("ptz_left")
    assert [one.text for one in doorbell.device.signals] == ["ptz_left"]


# Motors


def press(direction: str) -> str:
    return json.dumps({"topic": "ptz", "message_id": 3, "data": {"cmd": f"ptz_{direction}_press"}})


RELEASE = json.dumps({"topic": "ptz", "message_id": 4, "data": {"cmd": "ptz_release_pre"}})


def at(ptz: Ptz) -> tuple[float, float, str | None, bool]:
    """Return where it looks, in which direction it moves, and whether that is pressed."""
    return *ptz.position, ptz.moving, ptz.pressed


def test_panel_presses_and_releases() -> None:
    clock = Clock()
    ptz = Ptz(now=clock)
    assert ptz.command(press("right")) == {
        "confirmation_topic": "ptz",
        "result": "0",
        "apex": "no",
        "current_x": 0,
        "current_y": 0,
        "max_x": 180,
        "max_y": 45,
        "min_x": -180,
        "min_y": -45,
        "message_id": 3,
    }
    clock.now += 0.5
    assert at(ptz) == (30, 0, "right", True)
    reply = ptz.command(RELEASE)
    assert reply is not None and (reply["current_x"], reply["message_id"]) == (30, 4)
    clock.now += 10
    assert at(ptz) == (30, 0, None, False)
    assert [(one.direction, one.seconds, one.released) for one in ptz.moves] == [("right", 0.5, True)]


def test_what_is_never_released_goes_to_the_end() -> None:
    clock = Clock()
    ptz = Ptz(now=clock)
    ptz.command(press("up"))
    clock.now += 60
    assert at(ptz) == (0, 45, "up", True)
    assert ptz.reply()["apex"] == "yes"
    # Another direction begins where the first ended.
    ptz.command(press("left"))
    clock.now += 1
    assert at(ptz) == (-60, 45, "left", True)
    clock.now += 60
    assert at(ptz)[:2] == (-180, 45)
    reply = ptz.command(RELEASE)
    assert reply is not None and reply["apex"] == "yes"
    assert [one.released for one in ptz.moves] == [False, True]
    assert (ptz.view.x, ptz.view.y) == (-1, 1)


def test_deaf_to_release() -> None:
    clock = Clock()
    ptz = Ptz(now=clock)
    ptz.command(press("down"))
    ptz.command(RELEASE, deaf_to_release=True)
    clock.now += 60
    assert at(ptz) == (0, -45, "down", True)


@pytest.mark.parametrize(
    ("text", "x", "y"),
    [
        ("ptz_left", -15, 0),
        ("ptz_right", 15, 0),
        ("ptz_up", 0, 15),
        ("ptz_down_speed_1", 0, -15),
        ("ptz_right_speed_4", 60, 0),
    ],
)
def test_texts_move_by_steps(text: str, x: int, y: int) -> None:
    clock = Clock()
    ptz = Ptz(now=clock)
    reply = ptz.command(text)
    assert reply is not None and (reply["current_x"], reply["current_y"]) == (x, y), "where it will stand"
    clock.now += 0.1
    assert str(at(ptz)[2]) in text and not at(ptz)[3] and 0 < abs(ptz.position[0] + ptz.position[1]) < 15
    clock.now += 5
    assert ptz.position == pytest.approx((x, y)) and at(ptz)[2:] == (None, False)


def test_what_motors_do_not_know() -> None:
    ptz = Ptz()
    assert (
        ptz.command("ptz_diagonal") is None and ptz.command('{"topic": "light"}') is None and ptz.command("[1]") is None
    )
    for wrong in ('{"topic": "ptz"}', '{"topic": "ptz", "data": {"cmd": "ptz_in_press"}}'):
        reply = ptz.command(wrong)
        assert reply is not None and reply["result"] == "-1"
    assert ptz.command("ptz_left_speed_0") == {"result": "-1"}
    assert ptz.moving is None and ptz.moves == []


async def test_motors_without_positions(client: AgentClient) -> None:
    client.agent.faults.no_positions = True
    assert await client.own("ptz_left") == {"confirmation_topic": "ptz", "result": "0"}
    reply = await client.own(press("left"))
    assert reply == {"confirmation_topic": "ptz", "result": "0", "message_id": 3}


# Calls


@pytest.mark.parametrize("state", ["idle", "ringing", "calling", "talking"])
def test_call_commands_fit_to_states(state: Any) -> None:
    fitting = {
        "idle": set(),
        "ringing": {"call_reject", "call_busy", "call_timeout"},
        "calling": {"call_cancel", "call_timeout"},
        "talking": {"call_hang_up", "call_busy"},
    }[state]
    for command in CALL_COMMANDS:
        call = Call(state=state)
        assert call.command(command) is (command in fitting)
        assert call.state == ("idle" if command in fitting else state)
        assert call.commands == [(command, command in fitting)]


async def test_calls(client: AgentClient) -> None:
    def state() -> str:
        return client.device.call.state

    assert await client.command("call_hang_up") == {"status": "1"}
    client.agent.devices.set_call(client.device, "ringing")
    assert await client.command("call_reject") == {"status": "0"}
    assert state() == "idle"
    client.agent.devices.set_call(client.device, "ringing")
    assert await say(client, sound("aac", 0.2)) == (204, "")
    assert state() == "talking", "who talks has answered"
    assert await client.command("call_hang_up") == {"status": "0"}
    client.agent.faults.lenient_calls = True
    assert await client.command("call_hang_up") == {"status": "0"}


# Sound


def sound(codec: str, seconds: float, level: float = 0.5) -> bytes:
    """Return an FLV with a tone, made by PyAV."""
    output = io.BytesIO()
    rate, size = (16_000, 1024) if codec == "aac" else (8_000, 320)
    with av.open(output, "w", format="flv") as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        for number in range(round(seconds * rate / size)):
            kind = "fltp" if codec == "aac" else "s16"
            frame = av.AudioFrame(format=kind, layout="mono", samples=size)
            frame.sample_rate, frame.pts = rate, number * size
            tone = [level * math.sin(2 * math.pi * 400 * (number * size + at) / rate) for at in range(size)]
            data = (
                struct.pack(f"<{size}f", *tone)
                if codec == "aac"
                else struct.pack(f"<{size}h", *(round(one * 32767) for one in tone))
            )
            frame.planes[0].update(data.ljust(frame.planes[0].buffer_size, b"\0"))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return output.getvalue()


async def say(client: AgentClient, data: Any) -> tuple[int, str]:
    return await client.refused("POST", "voice?channel=0", data=data)


@pytest.mark.parametrize(("codec", "name"), [("aac", "aac"), ("pcm_alaw", "pcma"), ("pcm_mulaw", "pcmu")])
async def test_voice(client: AgentClient, codec: str, name: str) -> None:
    data = sound(codec, 2)
    assert await say(client, data) == (204, "")
    (voice,) = client.device.voices
    assert voice.codec == name and voice.size == len(data) and voice.ended and not voice.error
    assert voice.seconds == pytest.approx(2, abs=0.15)
    assert voice.level == pytest.approx(0.5, abs=0.1) and voice.gaps == 0
    await say(client, sound(codec, 0.5, level=0))
    assert client.device.voices[1].level < 0.01


async def test_voice_that_comes_in_pieces(client: AgentClient) -> None:
    """While somebody talks, the channel is taken and others are refused."""
    data = sound("aac", 1)
    go_on = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield data[:1000]
        await go_on.wait()
        for at in range(1000, len(data), 100):
            yield data[at : at + 100]

    talking = asyncio.create_task(say(client, body()))
    await client.agent.wait_for(lambda: bool(client.device.voices and client.device.voices[0].size))
    assert client.device.slots.own == 1
    assert await say(client, data) == (409, "busy")
    (status,) = await client.command("get_device_st", type="voice")
    assert status["status"] == "1"
    go_on.set()
    assert await talking == (204, "")
    assert client.device.voices[0].seconds == pytest.approx(1, abs=0.15) and client.device.slots.own == 0


async def test_device_stops_to_listen(client: AgentClient) -> None:
    data = sound("aac", 1)

    async def body() -> AsyncIterator[bytes]:
        yield data[:2000]
        await asyncio.Event().wait()

    talking = asyncio.create_task(say(client, body()))
    await client.agent.wait_for(lambda: bool(client.device.voices and client.device.voices[0].size))
    client.agent.tell(client.device, {"iv_private_cmd": "recv_stop"})
    assert await talking == (410, "stopped")
    assert client.device.talking is None


@pytest.mark.parametrize("kind", ["nothing", "noise", "no_sound", "half", "mp3", "no_configuration"])
async def test_voice_that_is_none(client: AgentClient, kind: str) -> None:
    aac = sound("aac", 0.3)
    header = flv.file_header(sound=True)
    data = {
        "nothing": b"",
        "noise": b"RIFF" * 40,
        "no_sound": header + flv.write_tag(flv.SCRIPT, 0, flv.metadata({})),
        "half": aac[:-20],
        "mp3": header + flv.write_tag(flv.AUDIO, 0, b"\x2f" + bytes(100)),
        "no_configuration": header + flv.write_tag(flv.AUDIO, 0, b"\xaf\x01" + bytes(100)),
    }[kind]
    assert (await say(client, data))[0] == 400
    assert client.device.voices[0].error and client.device.voices[0].ended


async def test_who_cannot_hear(client: AgentClient) -> None:
    feeder = client.of(FEEDER)
    await feeder.open()
    assert await say(feeder, sound("aac", 0.2)) == (406, "unsupported")
    client.device.slots.others = 4
    assert await say(client, sound("aac", 0.2)) == (405, "viewer_limit")
