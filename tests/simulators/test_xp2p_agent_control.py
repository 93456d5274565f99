"""The simulated X-P2P agent's surroundings: messages, the control API, the command line, and a cloud over the same devices."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import signal
import sys
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from simulators.__main__ import main as simulators_main
from simulators.tencent_cloud.life import CloudLife
from simulators.xp2p_agent import BadFault, Faults, Xp2pAgentSimulator
from simulators.xp2p_agent.beside_cloud import agent_beside
from simulators.xp2p_agent.cli import main as cli_main
from simulators.xp2p_agent.control import ControlServer

from . import tencent_client
from .agent_client import CAMERA, DOORBELL, FEEDER, RECORDER, AgentClient, xp2p_agent
from .tencent_client import Client, tencent_cloud

pytestmark = pytest.mark.usefixtures("socket_enabled")
ROOT = Path(__file__).parents[2]


class Remote:
    """What a test in another process would use."""

    def __init__(self, client: AgentClient, url: str) -> None:
        self.client = client
        self.url = url

    async def get(self, path: str) -> Any:
        async with self.client.http.get(self.url + path) as response:
            assert response.status == 200
            return await response.json()

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        async with self.client.http.post(self.url + path, json={} if body is None else body) as response:
            assert response.status == status, await response.text()
            return await response.json()


@asynccontextmanager
async def controlled(client: AgentClient) -> AsyncIterator[Remote]:
    control = ControlServer(client.agent)
    await control.start()
    try:
        yield Remote(client, control.url)
    finally:
        await control.stop()


@pytest.fixture
async def client() -> AsyncIterator[AgentClient]:
    async with xp2p_agent() as running:
        yield running


@pytest.fixture
async def remote(client: AgentClient) -> AsyncIterator[Remote]:
    async with controlled(client) as running:
        yield running


class Webhook:
    """What Home Assistant would be: keeps what is posted."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], Any]] = []
        self.status = 200
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/json"
        self.got.append((dict(request.query), await request.json()))
        return web.json_response({"status": "0"}, status=self.status)


@pytest.fixture
async def webhook() -> AsyncIterator[Webhook]:
    hook = Webhook()
    app = web.Application()
    app.router.add_post("/api/webhook/abc", hook.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/webhook/abc"
    yield hook
    await runner.cleanup()


# Messages


async def test_messages_are_posted(remote: Remote, webhook: Webhook) -> None:
    await remote.post("/webhook", {"url": webhook.url})
    told = await remote.post("/feedback", {"device": CAMERA, "message": {"my_message": "hello world"}})
    assert told == {"status": 200, "reply": '{"status": "0"}'}
    who = {"product_id": "CAM0SIM001", "device_name": "yard_camera"}
    assert webhook.got == [(who, {"my_message": "hello world"})]
    await remote.post("/faults", {"feedback_twice": True})
    await remote.post("/feedback", {"device": CAMERA, "message": {"number": 2}})
    assert [message for _, message in webhook.got[1:]] == [{"number": 2}] * 2
    await remote.post("/faults", {"feedback_twice": False, "feedback_lost": True})
    told = await remote.post("/feedback", {"device": CAMERA, "message": {"number": 3}})
    assert told == {"status": None, "reply": ""} and len(webhook.got) == 3
    await remote.post("/faults", {"feedback_lost": False})
    webhook.status = 401
    assert (await remote.post("/feedback", {"device": CAMERA, "message": {"number": 4}}))["status"] == 401
    await remote.post("/webhook", {"url": "http://127.0.0.1:9/"})
    told = await remote.post("/feedback", {"device": CAMERA, "message": {"number": 5}})
    assert told["status"] is None and told["reply"]
    assert [one["status"] for one in (await remote.get("/deliveries"))["deliveries"]] == [200, 200, None, 401, None]


@pytest.mark.parametrize(
    "message",
    [{"iv_private_cmd": "make_coffee"}, {"iv_private_cmd": "call_cancel", "more": 1}, {"text": "x" * 16_400}],
    ids=["unknown", "more", "long"],
)
async def test_messages_that_no_device_sends(remote: Remote, message: Any) -> None:
    await remote.post("/feedback", {"device": CAMERA, "message": message}, 400)
    assert remote.client.agent.feedback.deliveries == []


async def test_calls_of_the_device(remote: Remote, webhook: Webhook) -> None:
    await remote.post("/webhook", {"url": webhook.url})
    call = remote.client.device.call

    def state() -> str:
        return call.state

    await remote.post("/call", {"device": CAMERA, "does": "ring"})
    assert state() == "ringing" and not webhook.got
    await remote.post("/call", {"device": CAMERA, "does": "cancel"})
    assert state() == "idle"
    call.state = "talking"
    await remote.post("/call", {"device": CAMERA, "does": "hang_up"})
    assert state() == "idle"
    assert [message for _, message in webhook.got] == [
        {"iv_private_cmd": "call_cancel"},
        {"iv_private_cmd": "call_hang_up"},
    ]


# The control API


async def test_remote_control(remote: Remote) -> None:
    client = remote.client
    doorbell = client.of(DOORBELL)
    await remote.post("/wake", {"device": DOORBELL})
    assert await doorbell.open() == 204
    await remote.post("/restart", {"device": DOORBELL})
    assert await doorbell.refused("GET", "ipc.flv?action=live&channel=0") == (412, "session")
    await remote.post("/sleep", {"device": DOORBELL})
    assert await doorbell.refused("GET", "ipc.flv?action=live&channel=0") == (423, "asleep")
    await remote.post("/online", {"device": CAMERA, "online": False})
    assert await client.refused("GET", "ipc.flv?action=live&channel=0") == (503, "offline")
    await remote.post("/online", {"device": CAMERA, "online": True})
    await client.open()
    assert await remote.post("/viewers", {"device": CAMERA, "others": 4}) == {"in_use": 4, "total": 4}
    assert await client.refused("GET", "ipc.flv?action=live&channel=0") == (405, "viewer_limit")
    await remote.post("/viewers", {"device": CAMERA, "others": 0})
    await remote.post("/reply", {"device": CAMERA, "text": "hello", "reply": "[1]"})
    assert await client.own("hello") == [1]
    card = client.device.card
    assert card is not None
    made = await remote.post("/record", {"device": CAMERA, "seconds": 30})
    assert (card.records[0][-1].start, card.records[0][-1].seconds, card.records[0][-1].type) == (made["start"], 30, 1)
    await remote.post("/format", {"device": CAMERA})
    assert card.records == {}
    await remote.post("/camera", {"device": RECORDER, "channel": 1, "online": False})
    assert client.of(RECORDER).device.cameras[1].online is False
    response = await client.http.get(client.live())
    assert await remote.post("/drop", {"device": CAMERA}) == {"streams": 1}
    await response.read()
    assert await remote.post("/drop") == {"streams": 0}
    state = await remote.get("/state")
    device = next(one for one in state["devices"] if one["device"] == CAMERA)
    assert device["signals"] == [{"channel": 0, "text": "hello"}] and device["channels"]["0"]["ptz"]["x"] == 0
    assert state["sessions"] == {CAMERA: True, DOORBELL: False} and state["calls"]["session"] == 3
    # What is secret isn't told.
    requests = await remote.get("/requests")
    assert "XP2P" not in json.dumps([state, requests])
    assert {
        "endpoint": "live",
        "device": CAMERA,
        "query": {"action": "live", "channel": "0"},
        "status": 503,
    } in requests["requests"]


async def test_stop_and_start(remote: Remote) -> None:
    client = remote.client
    response = await client.http.get(client.live())
    await remote.post("/stop")
    with pytest.raises(aiohttp.ClientError):
        await response.read()
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.open()
    assert (await remote.post("/feedback", {"device": CAMERA, "message": {}}))["status"] is None
    assert await remote.post("/start") == {"port": client.agent.port}
    assert await client.open() == 204


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/online", {"device": "X/y", "online": True}, 404),
        ("/online", {"device": CAMERA}, 400),
        ("/sleep", {"device": CAMERA}, 400),
        ("/call", {"device": CAMERA, "does": "sing"}, 400),
        ("/camera", {"device": CAMERA, "channel": 4, "online": True}, 400),
        ("/record", {"device": FEEDER}, 400),
        ("/record", {"device": CAMERA, "seconds": 0}, 400),
        ("/viewers", {"device": CAMERA, "others": -1}, 400),
        ("/feedback", {"device": CAMERA, "message": "text"}, 400),
        ("/drop", {"abort": 1}, 400),
        ("/faults", {"hevc_form": "other"}, 400),
        ("/nothing", {}, 404),
    ],
)
async def test_what_remote_control_refuses(remote: Remote, path: str, body: Any, status: int) -> None:
    assert (await remote.post(path, body, status))["error"]


def test_faults() -> None:
    faults = Faults()
    plain = faults.as_json()
    changes = {
        "failures": [{"endpoint": "flv", "kind": "http", "status": 405, "word": "viewer_limit", "after": 1}],
        "latencies": {"command": 0.5},
        "device_status": {"live": "405"},
        "sound": "none",
        "first_timestamp": 5,
        "download_cut": 100,
        "late_key": True,
    }
    faults.update(changes)
    told = faults.as_json()
    assert {name: told[name] for name in changes if name != "failures"} == {
        name: value for name, value in changes.items() if name != "failures"
    }
    assert json.loads(json.dumps(told)) == told and set(told) == set(Faults.PARSERS)
    assert faults.take("live") is None and faults.take("live") is not None and faults.take("command") is None
    assert faults.latency_of("command") == 0.5 and faults.latency_of("live") == 0
    faults.reset()
    assert faults.as_json() == plain
    for wrong in (
        {"unknown": 1},
        {"late_key": 1},
        {"failures": [{"endpoint": "other"}]},
        {"failures": [{"endpoint": "live", "kind": "other"}]},
        {"latencies": {"other": 1}},
        {"device_status": {"other": "1"}},
        {"device_status": {"live": 1}},
        {"sound": "mp3"},
        {"cut_after": -1},
    ):
        with pytest.raises(BadFault):
            faults.update({"no_sharing": True, **wrong})
    assert faults.as_json() == plain, "all or nothing"
    with pytest.raises(BadFault):
        faults.fail("other")


# A cloud over the same devices


@pytest.fixture
async def cloud() -> AsyncIterator[Client]:
    async with tencent_cloud() as running:
        yield running


@pytest.fixture
async def beside(cloud: Client) -> AsyncIterator[AgentClient]:
    async with agent_beside(cloud.cloud, loop_seconds=2) as agent:
        yield AgentClient(agent, cloud.session)


async def p2p_info(cloud: Client, device: dict[str, str]) -> str:
    info: str = (await cloud.call("DescribeP2PInfo", device))["P2PInfo"]
    return info


async def test_information_of_the_cloud_opens_a_session(cloud: Client, beside: AgentClient) -> None:
    live = "ipc.flv?action=live&channel=0"
    first = await p2p_info(cloud, tencent_client.CAMERA)
    assert await beside.open(first) == 204
    watching = await beside.http.get(beside.live())
    cloud.cloud.account.restart(CAMERA)
    await watching.read()
    assert await beside.refused("GET", live) == (412, "session")
    assert await beside.open(first) == 412
    assert await beside.open(await p2p_info(cloud, tencent_client.CAMERA)) == 204
    cloud.cloud.account.set_online(CAMERA, online=False)
    assert await beside.refused("GET", live) == (503, "offline")
    cloud.cloud.account.remove(CAMERA)
    assert await beside.refused("GET", live) == (404, "unknown_device")
    assert await beside.of("SEN0SIM005/cellar_sensor").refused("GET", live) == (404, "unknown_device")


async def test_waking_up_and_staying_awake(cloud: Client, beside: AgentClient) -> None:
    doorbell = beside.of(DOORBELL)
    await doorbell.open(await p2p_info(cloud, tencent_client.DOORBELL))
    assert await doorbell.refused("GET", "ipc.flv?action=live&channel=0") == (423, "asleep")
    await cloud.call("WakeUpDevice", tencent_client.DOORBELL)
    assert await doorbell.open(await p2p_info(cloud, tencent_client.DOORBELL)) == 204
    watching = await beside.http.get(doorbell.live("standard"))
    assert watching.status == 200
    life, known = CloudLife(cloud.cloud.account, seed=1), cloud.cloud.account.device(DOORBELL)
    known.login_time -= 3600
    life.step(0)
    assert known.online == 1, "somebody watches it"
    watching.close()
    await beside.agent.wait_for(lambda: not doorbell.device.streams)
    life.step(0)
    assert known.online == 0 and doorbell.device.asleep


async def test_calls_and_actions_of_the_cloud(cloud: Client, beside: AgentClient) -> None:
    account = cloud.cloud.account
    info = await p2p_info(cloud, tencent_client.CAMERA)
    await beside.open(info)

    def call_status() -> Any:
        return account.device(CAMERA).data["_sys_video_call_status"][0]

    beside.agent.devices.set_call(beside.device, "ringing")
    assert call_status() == 1
    assert await beside.command("call_reject") == {"status": "0"}
    assert call_status() == 0
    await cloud.call("ControlDeviceData", {**tencent_client.CAMERA, "Data": '{"_sys_video_call_status": 1}'})
    assert beside.device.call.state == "calling"
    assert await beside.command("call_cancel") == {"status": "0"}
    assert call_status() == 0
    await cloud.call("ControlDeviceData", {**tencent_client.CAMERA, "Data": '{"name_overlay": "Barn"}'})
    assert beside.device.cameras[0].title == "Barn"
    card = beside.device.card
    assert card is not None
    count = len(card.records[0])
    account.event(CAMERA, "motion", {"zone": 1, "kind": 1})
    assert len(card.records[0]) == count + 1
    format_card = {**tencent_client.CAMERA, "ActionId": "format_sd_card", "InputParams": '{"quick": 1}'}
    await cloud.call("CallDeviceActionSync", format_card)
    assert card.records == {}
    await cloud.call("CallDeviceActionAsync", {**tencent_client.CAMERA, "ActionId": "restart"})
    await beside.agent.wait_for(lambda: beside.device.p2p_info != info)
    assert beside.device.online


async def test_what_is_controlled_at_the_agent_is_told_in_the_cloud(cloud: Client, beside: AgentClient) -> None:
    async with controlled(beside) as remote:
        await remote.post("/online", {"device": CAMERA, "online": False})
        assert (await cloud.call("DescribeDevice", tencent_client.CAMERA))["Online"] == 0
        await remote.post("/wake", {"device": DOORBELL})
        assert (await cloud.call("DescribeDevice", tencent_client.DOORBELL))["Online"] == 1
        keys = [one["device"] for one in (await remote.get("/state"))["devices"]]
    assert keys == [one.key for one in cloud.cloud.account.devices.values() if one.p2p]


# The command line


async def line_of(*arguments: str) -> tuple[asyncio.subprocess.Process, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    return process, json.loads(await asyncio.wait_for(process.stdout.readline(), 90))


@pytest.mark.timeout(240)
async def test_the_command_line() -> None:
    process, line = await line_of("xp2p-agent", "--loop", "5", "--webhook", "http://127.0.0.1:1/hook")
    try:
        assert line["simulator"] == "xp2p-agent" and line["base_url"] == f"http://{line['host']}:{line['port']}"
        recorder = next(one for one in line["devices"] if one["device_name"] == "hall_recorder")
        assert recorder["channels"] == [0, 1, 2]
        async with aiohttp.ClientSession() as session:
            base = f"{line['base_url']}/v1/{recorder['product_id']}/{recorder['device_name']}"
            async with session.put(f"{base}/session", json={"p2p_info": recorder["p2p_info"]}) as response:
                assert response.status == 204
            async with session.get(f"{base}/ipc.flv?action=live&channel=2&quality=standard") as response:
                assert (await response.content.readexactly(3)) == b"FLV"
            async with session.get(line["control"] + "/state") as response:
                assert (await response.json())["webhook"] == "http://127.0.0.1:1/hook"
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0


@pytest.mark.timeout(240)
async def test_it_runs_beside_the_cloud() -> None:
    process, line = await line_of("tencent-cloud", "--still")
    try:
        assert line["simulator"] == "tencent-cloud"
        async with aiohttp.ClientSession() as session:
            async with session.get(line["agent"] + "/v1/health") as response:
                assert response.status == 200
            async with session.get(line["agent_control"] + "/state") as response:
                assert len((await response.json())["devices"]) == 6
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0


@pytest.mark.parametrize("option", ["--port=x", "--rtt=-1", "--loop=0", "--loop=x"])
def test_wrong_options(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli_main([option])
    assert stopped.value.code == 2 and "xp2p-agent" in capsys.readouterr().err


async def test_a_port_that_is_taken(client: AgentClient) -> None:
    other = Xp2pAgentSimulator(port=client.agent.port)
    with pytest.raises(OSError):
        await other.start()
    assert not other.running


def test_it_is_in_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulators_main([]) == 0
    assert "xp2p-agent" in capsys.readouterr().out
