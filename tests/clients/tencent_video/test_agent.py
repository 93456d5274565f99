"""The agent: addresses, commands, downloads that go on, sound, and what its errors mean."""

import asyncio
from collections.abc import AsyncIterator
import json
import socket
from typing import Any

import aiohttp
from aiohttp import web
import pytest
from yarl import URL

from custom_components.iot_gateway.clients.tencent_video import agent as agent_module
from custom_components.iot_gateway.clients.tencent_video.agent import (
    MAX_COMMAND_BYTES,
    CameraChannel,
    CommandInvalid,
    Quality,
    Xp2pAgent,
)
from custom_components.iot_gateway.clients.tencent_video.errors import (
    AgentError,
    AgentRefused,
    AgentUnreachable,
    DeviceAsleep,
    DeviceOffline,
    ViewerLimit,
)

from .fake_agent import PREFIX, FakeAgent, in_turn
from .fake_cloud import DEVICE, PRODUCT


async def test_health(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    fake_agent.answers["health"] = in_turn({"version": "1.2"}, {}, "hello", [], web.Response(status=404))
    assert await camera.agent.health() == "1.2"
    assert fake_agent.asked[0].path == "/agent/v1/health"
    assert await camera.agent.health() == ""
    for _ in range(3):
        with pytest.raises(AgentUnreachable, match="something else"):
            await camera.agent.health()


async def test_session(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    fake_agent.answers["session"] = in_turn(web.Response(status=204), web.Response(status=400, text="XP2Psecret"))
    await camera.agent.session(PRODUCT, DEVICE, "XP2Psecret==%2.4.19")
    (asked,) = fake_agent.asked
    assert (asked.method, asked.path, asked.raw_query) == ("PUT", f"{PREFIX}/session", "")
    assert asked.content_type == "application/json"
    assert json.loads(asked.body) == {"p2p_info": "XP2Psecret==%2.4.19"}
    with pytest.raises(AgentRefused) as info:
        await camera.agent.session(PRODUCT, DEVICE, "XP2Psecret==%2.4.19")
    assert "XP2P" not in str(info.value)


def test_urls() -> None:
    session: Any = None
    agent = Xp2pAgent(session, "http://127.0.0.1:8000/path/")
    base = f"http://127.0.0.1:8000/path/v1/{PRODUCT}/{DEVICE}/ipc.flv"
    assert agent.live_url(PRODUCT, DEVICE) == f"{base}?action=live&channel=0&quality=high"
    assert agent.live_url(PRODUCT, DEVICE, 3, Quality.SUPER) == f"{base}?action=live&channel=3&quality=super"
    assert agent.live_url(PRODUCT, DEVICE, 0, "standard", kind="live-mjpg") == (
        f"{base}?action=live-mjpg&channel=0&quality=standard"
    )
    with pytest.raises(ValueError, match="best"):
        agent.live_url(PRODUCT, DEVICE, 0, "best")
    assert agent.playback_url(PRODUCT, DEVICE, 1, 1633060850, 1633060880) == (
        f"{base}?action=playback&channel=1&start_time=1633060850&end_time=1633060880"
    )
    url = agent.live_url("a/b", "c d?ü")
    assert url.startswith("http://127.0.0.1:8000/path/v1/a%2Fb/c%20d%3F%C3%BC/ipc.flv?")


# Commands


async def test_command(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    cmd = '{"topic":"ptz","data":{"cmd":"a b+ü%41#?=/"}}'
    fake_agent.answers[cmd] = " reply as it is \n"
    assert await camera.agent.command(PRODUCT, DEVICE, 2, "user_define", cmd) == " reply as it is \n"
    (asked,) = fake_agent.asked
    assert (asked.method, asked.path, asked.body) == ("POST", f"{PREFIX}/command", b"")
    assert asked.query == {"action": "user_define", "channel": "2", "cmd": cmd}
    # Characters that no URL has are encoded, also the space and the plus
    assert not set(asked.raw_query) & set(' "{}+#?/ü')
    fake_agent.answers["x"] = ""
    await camera.ask("inner_define", "x", {"start_time": 1, "end_time": 2})
    assert fake_agent.commands[-1] == {
        "action": "inner_define",
        "channel": "2",
        "cmd": "x",
        "start_time": "1",
        "end_time": "2",
    }


async def test_reply_that_is_no_text(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    fake_agent.answers["x"] = web.Response(body=b"a\xff")
    assert await camera.ask("user_define", "x") == "a\ufffd"


async def test_commands_that_cannot_be_sent(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    with pytest.raises(CommandInvalid, match="&"):
        await camera.ask("user_define", "a&b")
    with pytest.raises(CommandInvalid, match="&"):
        await camera.ask("inner_define", "a", {"file_name": "b&c"})
    room = MAX_COMMAND_BYTES - len("action=user_define&channel=2&cmd=")
    fits = "ü" * 500 + "x" * (room - 1000)
    fake_agent.answers[fits] = ""
    await camera.ask("user_define", fits)
    with pytest.raises(CommandInvalid, match="3000"):
        await camera.ask("user_define", fits + "x")
    with pytest.raises(CommandInvalid, match="URL"):
        await camera.ask("user_define", "ü" * (room // 2))
    assert len(fake_agent.asked) == 1


async def test_endless_reply(fake_agent: FakeAgent, camera: CameraChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_module, "_MOST_REPLY", 1000)
    fake_agent.answers["x"] = in_turn("x" * 1000, "x" * 1001)
    assert len(await camera.ask("user_define", "x")) == 1000
    with pytest.raises(AgentUnreachable, match="too long"):
        await camera.ask("user_define", "x")


# Errors


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (405, "", ViewerLimit),
        (503, '{"error": "viewer_limit"}', ViewerLimit),
        (409, '{"error": "too_many_apps"}', ViewerLimit),
        (423, "", DeviceAsleep),
        (503, '{"error": "asleep"}', DeviceAsleep),
        (409, '{"code": "Device_Sleeping"}', DeviceAsleep),
        (503, "", DeviceOffline),
        (504, "<html>", DeviceOffline),
        (404, '{"error": "offline"}', DeviceOffline),
        (404, "", AgentRefused),
        (400, '{"error": 5}', AgentRefused),
        (500, '{"error": "defect"}', AgentRefused),
        (503, '{"error": "defect"}', AgentRefused),
        (301, "", AgentRefused),
    ],
)
async def test_errors(
    fake_agent: FakeAgent, camera: CameraChannel, status: int, body: str, kind: type[AgentError]
) -> None:
    fake_agent.answers["x"] = web.Response(status=status, text=body, headers={"Location": "/elsewhere"})
    with pytest.raises(AgentError) as info:
        await camera.ask("user_define", "x")
    assert type(info.value) is kind
    if isinstance(info.value, AgentRefused):
        assert info.value.status == status
    assert len(fake_agent.asked) == 1


async def test_nobody_there(socket_enabled: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    async with aiohttp.ClientSession() as session:
        agent = Xp2pAgent(session, f"http://127.0.0.1:{port}")
        with pytest.raises(AgentUnreachable, match="not reachable"):
            await agent.health()
        with pytest.raises(AgentUnreachable):
            await Xp2pAgent(session, "no address").health()
    with pytest.raises(AgentUnreachable, match="closed"):
        await agent.health()


async def test_agent_that_does_not_answer(
    fake_agent: FakeAgent, camera: CameraChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_module, "_TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    over = asyncio.Event()

    async def wait(request: web.Request) -> str:
        await over.wait()
        return ""

    fake_agent.answers["x"] = wait
    with pytest.raises(AgentUnreachable, match="in time"):
        await camera.ask("user_define", "x")
    over.set()


# Downloads

CONTENT = bytes(range(256)) * 1000


def serve(*stops: int | None) -> Any:
    """Serve CONTENT from the offset on; break off after so many bytes, one number for each request, None for not."""
    left = list(stops)

    async def answer(request: web.Request) -> web.StreamResponse:
        stop = left.pop(0) if len(left) > 1 else left[0]
        content = CONTENT[int(request.query["offset"]) :]
        response = web.StreamResponse(headers={"Content-Length": str(len(content))})
        await response.prepare(request)
        await response.write(content[:stop])
        if stop is not None and stop < len(content):
            assert request.transport is not None
            request.transport.close()
        return response

    return answer


async def download(camera: CameraChannel, **options: Any) -> bytes:
    chunks = [chunk async for chunk in camera.agent.download(PRODUCT, DEVICE, 2, "dir/a b.mp4", **options)]
    assert all(chunks)
    return b"".join(chunks)


async def test_download(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    fake_agent.answers["ipc.flv"] = serve(None)
    assert await download(camera) == CONTENT
    (asked,) = fake_agent.asked
    assert asked.query == {"action": "download", "channel": "2", "file_name": "dir/a b.mp4", "offset": "0"}
    assert "file_name=dir%2Fa%20b.mp4" in asked.raw_query
    assert await download(camera, offset=100_000) == CONTENT[100_000:]
    assert await download(camera, offset=5, size=10) == CONTENT[5:10]
    assert await download(camera, offset=10, size=10) == b""
    assert len(fake_agent.asked) == 3


@pytest.mark.parametrize("size", [None, len(CONTENT)])
async def test_download_goes_on(fake_agent: FakeAgent, camera: CameraChannel, size: int | None) -> None:
    fake_agent.answers["ipc.flv"] = serve(100_000, 0, 70_000, None)
    assert await download(camera, size=size) == CONTENT
    offsets = [int(asked.query["offset"]) for asked in fake_agent.asked]
    assert offsets == [0, 100_000, 100_000, 170_000]


async def test_download_over_a_bad_connection(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    """Only attempts in a row that get nowhere count."""
    fake_agent.answers["ipc.flv"] = serve(*([20_000, 0] * 8), None)
    assert await download(camera, size=len(CONTENT)) == CONTENT
    assert len(fake_agent.asked) == 17


async def test_download_that_ends_too_early(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    """A file that is shorter than the list of files has it, again and again."""
    fake_agent.answers["ipc.flv"] = serve(None)
    with pytest.raises(AgentUnreachable, match="too early"):
        await download(camera, size=len(CONTENT) + 1)
    assert len(fake_agent.asked) == 5
    assert all(0 < seconds <= 5 for seconds in fake_agent.slept)


async def test_download_that_gets_nowhere(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    fake_agent.answers["ipc.flv"] = serve(1000, 0)
    with pytest.raises(AgentUnreachable):
        await download(camera)
    assert len(fake_agent.asked) == 5


async def test_download_that_is_refused(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    """A refusal is none that waiting helps against."""
    fake_agent.answers["ipc.flv"] = web.Response(status=404)
    with pytest.raises(AgentRefused):
        await download(camera)
    assert len(fake_agent.asked) == 1


# Sound


async def test_voice(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for n in range(3):
            yield b"%d" % n

    fake_agent.answers["voice"] = in_turn({}, web.Response(status=405))
    await camera.agent.voice(PRODUCT, DEVICE, 2, stream())
    (asked,) = fake_agent.asked
    assert (asked.method, asked.path, asked.query) == ("POST", f"{PREFIX}/voice", {"channel": "2"})
    assert (asked.body, asked.content_type) == (b"012", "video/x-flv")
    with pytest.raises(ViewerLimit):
        await camera.agent.voice(PRODUCT, DEVICE, 2, stream())


async def test_voice_that_is_refused_while_it_goes_on(socket_enabled: None) -> None:
    """An agent that does not take it says so at once, and the sound ends."""
    ended = asyncio.Event()

    async def stream() -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(1000)
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 405 Too Many\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, aiohttp.ClientSession() as session:
        agent = Xp2pAgent(session, f"http://127.0.0.1:{port}")
        with pytest.raises(ViewerLimit):
            await asyncio.wait_for(agent.voice(PRODUCT, DEVICE, 0, stream()), 20)
        await asyncio.wait_for(ended.wait(), 20)


def test_user_in_the_address() -> None:
    """An address may have a user and a password for a proxy before the agent."""
    session: Any = None
    url = URL(Xp2pAgent(session, " http://u:p@127.0.0.1:8000 ").live_url(PRODUCT, DEVICE))
    assert (url.user, url.password, url.port) == ("u", "p", 8000)
