"""The simulated TuyaLink cloud's surroundings: the control API and the command line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import signal
import socket
import ssl
import sys
from typing import Any

import aiohttp
import aiomqtt
import pytest

from simulators import mqtt_broker
from simulators.__main__ import main as simulators_main
from simulators.tuyalink_cloud import DEMO_DEVICE_ID, DEMO_DEVICE_SECRET, LIGHT_PRODUCT, TuyaLinkCloudSimulator
from simulators.tuyalink_cloud.cli import main as cli_main
from simulators.tuyalink_cloud.control import ControlServer

from .link_device import RawDevice, connected, credentials, ms

pytestmark = pytest.mark.usefixtures("socket_enabled")

ROOT = Path(__file__).parents[2]


class Remote:
    """What a test in another process would use."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def get(self, path: str, status: int = 200) -> Any:
        async with self.session.get(self.url + path) as response:
            assert response.status == status
            return await response.json()

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        async with self.session.post(self.url + path, json={} if body is None else body) as response:
            assert response.status == status, await response.text()
            return await response.json()


@pytest.fixture
async def cloud() -> AsyncIterator[TuyaLinkCloudSimulator]:
    async with TuyaLinkCloudSimulator() as simulator:
        yield simulator


@pytest.fixture
async def remote(cloud: TuyaLinkCloudSimulator) -> AsyncIterator[Remote]:
    control = ControlServer(cloud)
    await control.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Remote(control.url, session)
    finally:
        await control.stop()
        await control.stop()


@pytest.fixture
async def device(cloud: TuyaLinkCloudSimulator) -> AsyncIterator[RawDevice]:
    async with connected(cloud) as raw:
        yield raw


async def test_state(cloud: TuyaLinkCloudSimulator, remote: Remote, device: RawDevice) -> None:
    light = await device.bind(LIGHT_PRODUCT)
    await cloud.wait_for_device(light)
    assert await device.report({"switch_led": True, "bright_value_v2": 10}, device_id=light) == 0
    assert await device.report({"nothing": True}) == 2003
    await remote.post("/desire", {"devid": light, "values": {"switch_led": False}})
    state = await remote.get("/state")
    assert (state["host"], state["port"], state["running"], state["connects"]) == ("127.0.0.1", cloud.port, True, 1)
    assert state["calls"] == {"device/sub/bind": 1, "device/sub/login": 1, "thing/property/report": 2}
    assert {"function": "thing/property/report", "code": 2003, "count": 1} in state["answers"]
    assert len(state["violations"]) == 1
    assert state["devices"][1] == {
        "devid": light,
        "product_id": LIGHT_PRODUCT,
        "client_id": "a",
        "gateway": DEMO_DEVICE_ID,
        "sub_device": True,
        "online": True,
        "values": {"switch_led": True, "bright_value_v2": 10},
        "reports": 2,
        "history": 0,
        "events": [],
        "desired": {"switch_led": {"value": False, "version": 1}},
        "versions": {},
        "progress": [],
    }
    assert {"id": LIGHT_PRODUCT, "name": "Light", "gateway": False, "sub_device": True} in state["products"]
    assert DEMO_DEVICE_SECRET not in json.dumps(state)
    received = await remote.get("/received?after=2")
    assert received["count"] == 4
    assert [one["function"] for one in received["messages"]] == ["thing/property/report"] * 2
    assert received["messages"][0]["data"]["switch_led"]["value"] is True
    assert "after is a number" in (await remote.get("/received?after=x", 400))["error"]


async def test_commands(cloud: TuyaLinkCloudSimulator, remote: Remote, device: RawDevice) -> None:
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(remote.post("/set", {"values": {"switch_1": True}}))
        assert (await device.answer_set())["data"] == {"switch_1": True}
    assert answer.result() == {"code": 0, "data": None, "seconds": answer.result()["seconds"]}
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(remote.post("/action", {"code": "run_scene", "inputs": {"name": "x"}}))
        command = await device.receive("thing/action/execute")
        data = {"actionCode": "run_scene", "outputParams": {"started": True}}
        await device.send("thing/action/execute_response", data, msgId=command["msgId"], code=0)
    assert (answer.result()["code"], answer.result()["data"]) == (0, data)
    error = await remote.post("/set", {"values": {"x": 1}, "checked": False, "ack": False, "timeout": 0.05}, 504)
    assert "hasn't answered in 0.05 s" in error["error"]
    assert (await device.receive("thing/property/set")).get("sys") is None
    issued = await remote.post("/firmware", {"version": "7", "channel": 9})
    assert (issued["version"], issued["channel"]) == ("7", 9)
    assert (await device.receive("ota/issue"))["data"] == issued
    await remote.post("/raw", {"data": "AQ=="})
    assert (await device.receive("channel/raw/down"))["data"] == "AQ=="
    sent = await remote.post("/publish", {"function": "device/topo/change", "body": {"data": 5}})
    assert (await device.receive("device/topo/change")).items() >= {"data": 5, **sent}.items()
    await remote.post("/malformed", {"kind": "no_object", "function": "thing/action/execute"})
    assert await device.receive_payload("thing/action/execute") == b"[1, 2]"


async def test_sub_devices(cloud: TuyaLinkCloudSimulator, remote: Remote, device: RawDevice) -> None:
    light = await device.bind(LIGHT_PRODUCT)
    await remote.post("/unbind", {"devid": light})
    assert (await device.receive("device/topo/change"))["data"] == {"delDevIds": [light]}
    assert "isn't bound" in (await remote.post("/unbind", {"devid": light}, 400))["error"]
    await remote.post("/bind", {"devid": light})
    assert (await device.receive("device/topo/change"))["data"] == {"addDevIds": [light]}
    assert cloud.devices[light].gateway_id == DEMO_DEVICE_ID
    await remote.post("/topology", {"added": ["x"]})
    assert (await device.receive("device/topo/change"))["data"] == {"addDevIds": ["x"]}


async def test_connections(cloud: TuyaLinkCloudSimulator, remote: Remote) -> None:
    assert await remote.post("/kick") == {"kicked": False}
    async with connected(cloud):
        assert await remote.post("/kick") == {"kicked": True}
        await cloud.wait_for_device(DEMO_DEVICE_ID, online=False)
    assert await remote.post("/rival", {"present": True, "persistent": True, "delay": 0.1}) == {"connections": 1}
    await cloud.wait_for_device(DEMO_DEVICE_ID)
    assert await remote.post("/rival", {"present": False}) == {"connections": 0}
    await cloud.wait_for_device(DEMO_DEVICE_ID, online=False)
    await remote.post("/secret", {"secret": "another"})
    assert cloud.gateway.secret == "another"
    faults = await remote.post("/faults", {"latency": 1, "deaf": ["*"]})
    assert (faults["latency"], faults["deaf"]) == (1.0, ["*"])
    await remote.post("/stop")
    assert (await remote.get("/state"))["running"] is False
    assert "stopped" in (await remote.post("/topology", {}, 409))["error"]
    assert await remote.post("/start") == {"port": cloud.port}
    await remote.post("/stop")
    with socket.create_server(("127.0.0.1", cloud.port)):
        assert "in use" in (await remote.post("/start", status=409))["error"]


BAD: list[tuple[str, Any, int, str]] = [
    ("/set", {"devid": "nobody", "values": {"a": 1}}, 404, "no such device: nobody"),
    ("/set", {"devid": 5, "values": {"a": 1}}, 400, "devid is text"),
    ("/set", {"values": {}}, 400, "not empty"),
    ("/set", {"values": [1]}, 400, "values is an object"),
    ("/set", {"values": {"nothing": 1}}, 400, "2003: no property"),
    ("/set", {"values": {"switch_1": True}}, 409, "is offline"),
    ("/set", {"values": {"switch_1": True}, "ack": 1}, 400, "ack is true or false"),
    ("/set", {"values": {"switch_1": True}, "timeout": -1}, 400, "timeout is a number"),
    ("/action", {}, 400, "code is text"),
    ("/action", {"code": "restart", "inputs": []}, 400, "inputs is an object"),
    ("/firmware", {"version": 1}, 400, "version is text"),
    ("/firmware", {"channel": -1}, 400, "channel is a number"),
    ("/bind", {"devid": "nobody"}, 404, "no such device"),
    ("/topology", {"added": "x"}, 400, "added is a list of texts"),
    ("/raw", {"data": "?"}, 400, "data is Base64"),
    ("/publish", {"function": "thing/property/report", "body": {}}, 400, "function is one of"),
    ("/publish", {"function": "thing/property/set"}, 400, "body is an object"),
    ("/malformed", {"kind": "odd"}, 400, "kind is one of"),
    ("/secret", {}, 400, "secret is text"),
    ("/rival", {}, 400, "present is true or false"),
    ("/faults", {"gravity": 1}, 400, "no fault is called"),
    ("/nowhere", {}, 404, "Not Found"),
    ("/state", {}, 405, "Method Not Allowed"),
    ("/kick", [1], 400, "the body is a JSON object"),
]


async def test_bad_input(remote: Remote) -> None:
    for path, body, status, words in BAD:
        assert words in (await remote.post(path, body, status))["error"], path


async def test_control_port_that_is_taken(cloud: TuyaLinkCloudSimulator, remote: Remote) -> None:
    second = ControlServer(cloud, port=int(remote.url.rpartition(":")[2]))
    with pytest.raises(OSError, match="address already in use"):
        await second.start()


# The command line


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulators_main([]) == 0
    assert "tuyalink-cloud Tuya's cloud for TuyaLink devices" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "70000"], "'70000' is no port"),
        (["--device-secret", ""], "it is empty"),
        (["--device-id", "a/b"], "other characters than letters and digits"),
        (["--most-payload", "10"], "'10' is no number from 1024"),
        (["--timestamp-tolerance", "nan"], "is no number from 0"),
    ],
)
def test_arguments_that_cannot_be(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        cli_main(arguments)
    assert raised.value.code == 2
    assert words in capsys.readouterr().err


def test_ports_that_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for option in (["--port", port], ["--control-port", port]):
            assert cli_main(option) == 1
            assert "in use" in capsys.readouterr().err


def test_no_mosquitto(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(mqtt_broker, "_MORE_PATHS", "/nonexistent")
    assert cli_main([]) == 1
    assert "there is no mosquitto" in capsys.readouterr().err


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """Run the command line in a process of its own; give what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators", "tuyalink-cloud", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(90):
            line = await process.stdout.readline()
        yield process, json.loads(line)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(60):
            await process.wait()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("tls", [False, True])
async def test_a_process_of_its_own(tls: bool) -> None:
    arguments = ["--device-id", "6cown", "--device-secret", "own", "--timestamp-tolerance", "600"]
    async with running(*arguments, *(["--tls"] if tls else [])) as (process, line):
        assert (line["simulator"], line["tls"]) == ("tuyalink-cloud", tls)
        assert (line["device_id"], line["device_secret"], line["product_id"]) == ("6cown", "own", "gwdemo0000000001")
        assert line["sub_products"]["Light"] == LIGHT_PRODUCT
        assert (line["authority"] is not None) is tls
        context = ssl.create_default_context(cadata=line["authority"]) if tls else None
        async with (
            aiohttp.ClientSession() as session,
            aiomqtt.Client(
                line["host"], line["port"], tls_context=context, **credentials("6cown", "own", ms())
            ) as client,
        ):
            device = RawDevice(client, "6cown")
            await device.subscribe(device.id)
            assert (await device.ask("thing/model/get", {}))["code"] == 0
            remote = Remote(line["control"], session)
            async with asyncio.TaskGroup() as group:
                answer = group.create_task(remote.post("/set", {"values": {"switch_1": True}}))
                await device.answer_set()
            assert answer.result()["code"] == 0
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
