"""The simulated Tencent cloud's surroundings: faults, the control API, the command line, and how its devices live."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import signal
import ssl
import sys
import time
from typing import Any

import aiohttp
import pytest

from simulators.__main__ import main as simulators_main
from simulators.tencent_cloud import BadFault, Faults, TencentCloudSimulator, demo_devices, demo_products
from simulators.tencent_cloud.cli import main as cli_main
from simulators.tencent_cloud.control import ControlServer
from simulators.tencent_cloud.life import CloudLife

from .tencent_client import CAMERA, DOORBELL, PLUG, Client, Refused, key_of, tencent_cloud

pytestmark = pytest.mark.usefixtures("socket_enabled")
ROOT = Path(__file__).parents[2]
PAGE = {"Limit": 100, "Offset": 0}


class Remote:
    """What a test in another process would use."""

    def __init__(self, client: Client, url: str) -> None:
        self.client = client
        self.url = url

    async def get(self, path: str) -> Any:
        async with self.client.session.get(self.url + path) as response:
            assert response.status == 200
            return await response.json()

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        async with self.client.session.post(self.url + path, json={} if body is None else body) as response:
            assert response.status == status, await response.text()
            return await response.json()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with tencent_cloud() as running:
        yield running


@asynccontextmanager
async def controlled(client: Client) -> AsyncIterator[Remote]:
    life = CloudLife(client.cloud.account)
    control = ControlServer(client.cloud, life=life)
    await control.start()
    try:
        yield Remote(client, control.url)
    finally:
        await control.stop()
        await control.stop()
        await life.stop()


@pytest.fixture
async def remote(client: Client) -> AsyncIterator[Remote]:
    async with controlled(client) as running:
        yield running


# Faults


async def test_failures_by_action_device_and_number(client: Client) -> None:
    faults = client.cloud.faults
    faults.fail("storage", "InternalError.DBOperationError", after=1, count=1)
    faults.fail("DescribeP2PInfo", "FailedOperation", device=key_of(DOORBELL), message="asleep")
    codes = [await client.code("DescribeCloudStorage", CAMERA) for _ in range(3)]
    assert codes == ["", "InternalError.DBOperationError", ""]
    assert await client.code("DescribeP2PInfo", CAMERA) == ""
    with pytest.raises(Refused, match="FailedOperation: asleep"):
        await client.call("DescribeP2PInfo", DOORBELL)


async def test_answers_that_are_none(client: Client) -> None:
    faults = client.cloud.faults

    async def answer() -> tuple[int, str]:
        body = json.dumps(PAGE).encode()
        headers = client.headers("DescribeProducts", body)
        async with client.session.post(client.cloud.endpoint + "/", data=body, headers=headers) as response:
            return response.status, await response.text()

    faults.fail("DescribeProducts", kind="http", status=502, count=1)
    assert (await answer())[0] == 502
    faults.fail("DescribeProducts", kind="garbage", count=1)
    assert (await answer())[1].startswith("<html>")
    faults.fail("DescribeProducts", kind="no_object", count=1)
    assert await answer() == (200, "[]")
    faults.fail("DescribeProducts", kind="empty", count=1)
    assert list(json.loads((await answer())[1])["Response"]) == ["RequestId"]
    faults.fail("DescribeProducts", kind="drop", count=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await answer()
    failure = faults.fail("DescribeProducts", kind="silent")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(answer(), 0.2)
    faults.failures.remove(failure)
    assert await client.code("DescribeProducts", PAGE) == ""
    # That of the one who didn't wait is noted when its connection has ended.
    await client.cloud.wait_for(lambda: client.cloud.errors["DescribeProducts", ""] == 4)


async def test_latency_and_stop_while_nobody_answers(client: Client) -> None:
    client.cloud.faults.update({"latency": 0.1, "latencies": {"DescribeDevice": 0}})
    started = time.monotonic()
    await client.call("DescribeProducts", PAGE)
    assert time.monotonic() - started >= 0.1
    client.cloud.faults.fail("DescribeDevice", kind="silent")
    waiting = asyncio.create_task(client.code("DescribeDevice", CAMERA))
    await client.cloud.wait_for(lambda: client.cloud.calls["DescribeDevice"] == 1)
    port = client.cloud.port
    async with asyncio.timeout(20):
        await client.cloud.stop()
        with pytest.raises(aiohttp.ClientError):
            await waiting
        await client.cloud.start()
    assert client.cloud.port == port


@pytest.mark.parametrize(
    "changes",
    [
        {"nothing": True},
        {"no_date": 1},
        {"latency": -1},
        {"page_size": 0},
        {"push_form": "xml"},
        {"rates": {"DescribeNothing": 1}},
        {"failures": [{"endpoint": "nothing"}]},
        {"failures": [{"kind": "http"}]},
        {"failures": {}},
        {"policy": {}},
        {"policy": {"statement": [{"effect": "maybe", "action": "*"}]}},
        {"offline_status": 1},
    ],
)
def test_faults_that_there_are_not(changes: dict[str, Any]) -> None:
    faults = Faults()
    with pytest.raises(BadFault):
        faults.update({"encoded_urls": True} | changes)
    assert faults == Faults()
    with pytest.raises(BadFault):
        faults.fail("nothing")


# The control API


async def test_devices_by_remote_control(remote: Remote) -> None:
    client = remote.client
    await remote.post("/report", {"device": key_of(PLUG), "values": {"power": 55.5}})
    await remote.post("/online", {"device": key_of(PLUG), "online": False})
    data = json.loads((await client.call("DescribeDeviceData", PLUG))["Data"])
    assert data["power"]["Value"] == 55.5
    assert (await client.call("DescribeDevice", PLUG))["Online"] == 0
    await remote.post("/event", {"device": key_of(CAMERA), "event": "motion", "params": {"zone": 1, "kind": 1}})
    recorded = await remote.post("/record", {"device": key_of(CAMERA), "seconds": 7})
    events = (await client.call("DescribeCloudStorageEvents", CAMERA))["Events"]
    assert (events[0]["StartTime"], events[0]["EndTime"] - events[0]["StartTime"]) == (recorded["start"], 7)
    before = (await client.call("DescribeP2PInfo", CAMERA))["P2PInfo"]
    await remote.post("/restart", {"device": key_of(CAMERA)})
    assert (await client.call("DescribeP2PInfo", CAMERA))["P2PInfo"] != before
    await remote.post("/plan", {"device": key_of(CAMERA), "expires_in": 0})
    assert (await client.call("DescribeCloudStorage", CAMERA))["Status"] == 0
    await remote.post("/custom", {"device": key_of(CAMERA), "payload": "AAE="})
    await remote.post("/remove", {"device": key_of(PLUG)})
    assert await client.code("DescribeDevice", PLUG) == "ResourceNotFound"
    state = await remote.get("/state")
    assert key_of(PLUG) not in [device["device"] for device in state["devices"]]
    # Nothing secret is told
    assert "XP2P" not in json.dumps(state) and client.cloud.secret_key not in json.dumps(state)


async def test_the_account_by_remote_control(remote: Remote) -> None:
    client = remote.client
    await remote.post("/channel", {"product": "PLG0SIM006", "type": "ckafka"})
    assert (await client.call("DescribePushChannel", {"ProductId": "PLG0SIM006"}))["Type"] == "ckafka"
    await remote.post("/channel", {"product": "PLG0SIM006", "type": ""})
    assert (await client.call("DescribePushChannel", {"ProductId": "PLG0SIM006"}))["Type"] == ""
    allowed = {"version": "2.0", "statement": [{"effect": "allow", "action": ["iotvideo:DescribeDevice"], "resource": ["*"]}]}  # fmt: skip
    assert await remote.post("/policy", allowed) == allowed
    assert await client.code("DescribeProducts", PAGE) == "UnauthorizedOperation"
    await remote.post("/policy")
    assert (await remote.post("/faults", {"page_size": 2}))["page_size"] == 2
    assert len((await client.call("DescribeProducts", PAGE))["Data"]) == 2
    await remote.post("/secret", {"secret_key": "new"})
    assert client.cloud.secret_key == "new"
    await remote.post("/stop")
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.call("DescribeProducts", PAGE)
    assert await remote.post("/start") == {"port": client.cloud.port}
    requests = (await remote.get("/requests"))["requests"]
    assert [one["code"] for one in requests[-2:]] == ["UnauthorizedOperation", None]
    assert await remote.get("/pushes") == {"pushes": []}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/report", {"device": "CAM0SIM001/none", "values": {}}, 404),
        ("/report", {"device": "PLG0SIM006/desk_plug", "values": []}, 400),
        ("/report", {"device": "PLG0SIM006/desk_plug", "values": {"power": -1}}, 400),
        ("/event", {"device": "PLG0SIM006/desk_plug", "event": "motion"}, 400),
        ("/record", {"device": "PLG0SIM006/desk_plug"}, 400),
        ("/plan", {"device": "PLG0SIM006/desk_plug", "expires_in": 1}, 400),
        ("/custom", {"device": "PLG0SIM006/desk_plug", "payload": 1}, 400),
        ("/channel", {"product": "none", "type": ""}, 400),
        ("/channel", {"product": "PLG0SIM006", "type": "pigeon"}, 400),
        ("/faults", {"nothing": 1}, 400),
        ("/step", {"seconds": -1}, 400),
        ("/nothing", {}, 404),
    ],
)
async def test_what_remote_control_refuses(remote: Remote, path: str, body: Any, status: int) -> None:
    assert (await remote.post(path, body, status))["error"]


async def test_doorbells_fall_asleep() -> None:
    clock = [time.time()]
    async with tencent_cloud(now=lambda: clock[0]) as client:
        life = CloudLife(client.cloud.account, seed=1)
        await client.call("WakeUpDevice", DOORBELL)
        life.step(0)
        assert (await client.call("DescribeDevice", DOORBELL))["Online"] == 1
        clock[0] += 60
        life.step(0)
        assert (await client.call("DescribeDevice", DOORBELL))["Online"] == 0


async def test_devices_live(remote: Remote) -> None:
    pushed: list[str] = []
    remote.client.cloud.account.happened.append(lambda device, kind, topic, payload: pushed.append(topic))
    camera = remote.client.cloud.account.device(key_of(CAMERA))
    recorded = len(camera.storage[None].events)
    made = (await remote.post("/step", {"seconds": 86_400}))["reports"]
    # All that measures and is online, all cameras that are online
    assert made == len(pushed) == 6
    assert len(camera.storage[None].events) == recorded + 1 and camera.events[-1].id == "motion"
    assert await remote.post("/life", {"running": True, "rate": 5}) == {"running": True, "rate": 5}
    assert (await remote.post("/life", {"running": False}))["running"] is False


# The command line


@pytest.mark.timeout(240)
async def test_the_command_line() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulators",
        "tencent-cloud",
        "--tls",
        "--still",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = json.loads(await asyncio.wait_for(process.stdout.readline(), 90))
        assert line["simulator"] == "tencent-cloud" and line["products"]["NVR0SIM002"] == "Recorder"
        context = ssl.create_default_context(cadata=line["authority"])
        async with aiohttp.ClientSession() as session:
            async with session.post(line["endpoint"] + "/", json={}, ssl=context) as response:
                assert (await response.json())["Response"]["Error"]["Code"] == "MissingParameter"
            async with session.get(line["control"] + "/state") as response:
                assert (await response.json())["life"]["running"] is False
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0


@pytest.mark.parametrize("option", ["--port=x", "--rtt=-1", "--secret-key="])
def test_wrong_options(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli_main([option])
    assert stopped.value.code == 2 and "tencent-cloud" in capsys.readouterr().err


async def test_a_port_that_is_taken(client: Client) -> None:
    other = TencentCloudSimulator(demo_products(), demo_devices(), port=client.cloud.port)
    with pytest.raises(OSError):
        await other.start()
    assert not other.running


def test_it_is_in_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulators_main([]) == 0
    assert "tencent-cloud" in capsys.readouterr().out
