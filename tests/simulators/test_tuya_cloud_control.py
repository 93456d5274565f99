"""The simulated cloud's surroundings: the control API and the command line."""

import asyncio
from collections.abc import AsyncIterator, Mapping
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
from simulators.mqtt_broker import MosquittoBroker
from simulators.tuya_cloud import TuyaCloudSimulator, camera_auth, demo_cameras, demo_cloud
from simulators.tuya_cloud.cli import main as cli_main
from simulators.tuya_cloud.control import ControlServer

from .cloud_client import CloudClient, calling

pytestmark = pytest.mark.usefixtures("socket_enabled")

ROOT = Path(__file__).parents[2]
DEVICES = "/v1.0/iot-01/associated-users/devices"


class Remote:
    """What a test in another process would use."""

    def __init__(self, simulator: TuyaCloudSimulator, url: str, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.url = url
        self.session = session

    def id_of(self, name: str) -> str:
        return next(device.id for device in self.simulator.devices.values() if device.name == name)

    async def get(self, path: str) -> Any:
        async with self.session.get(self.url + path) as response:
            assert response.status == 200
            return await response.json()

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        async with self.session.post(self.url + path, json={} if body is None else body) as response:
            assert response.status == status, await response.text()
            return await response.json()


@asynccontextmanager
async def controlled(simulator: TuyaCloudSimulator) -> AsyncIterator[Remote]:
    control = ControlServer(simulator)
    await control.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Remote(simulator, control.url, session)
    finally:
        await control.stop()
        await control.stop()


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    async with TuyaCloudSimulator(demo_cloud()) as simulator, controlled(simulator) as running:
        yield running


@pytest.fixture
async def with_broker() -> AsyncIterator[Remote]:
    async with (
        MosquittoBroker(rtt=0.0) as broker,
        TuyaCloudSimulator(demo_cloud(), broker=broker) as simulator,
        controlled(simulator) as running,
    ):
        yield running


async def test_state(remote: Remote) -> None:
    async with calling(remote.simulator) as client:
        await client.get(DEVICES)
        await client.code("GET", "/v1.0/devices/nobody")
    state = await remote.get("/state")
    assert state["endpoint"] == remote.simulator.endpoint
    assert state["running"] is True
    assert state["calls"] == {"token": 1, "devices": 1, "device": 1}
    assert state["business_calls"] == 2
    assert state["errors"] == [{"endpoint": "device", "code": 1106, "count": 1}]
    assert (state["tokens"], state["replays"], state["access"]) == (1, 0, {"granted": 0, "valid": 0})
    assert state["broker"] is None
    assert [device["devid"] for device in state["devices"]] == list(remote.simulator.devices)
    assert state["devices"][0]["camera"] == {"moto_id": "moto_eupre001", "low_power": False}
    assert state["devices"][-1]["camera"] is None
    text = json.dumps(state)
    assert remote.simulator.access_secret not in text
    assert not any(device.local_key in text for device in remote.simulator.devices.values())


async def test_devices(remote: Remote) -> None:
    lamp = remote.id_of("Desk lamp")
    await remote.post("/report", {"devid": lamp, "values": {"bright_value_v2": 12}})
    assert remote.simulator.devices[lamp].value["bright_value_v2"] == 12
    await remote.post("/online", {"devid": lamp, "online": False})
    assert remote.simulator.devices[lamp].online is False
    dump = remote.simulator.devices[lamp].as_dump()
    await remote.post("/remove", {"devid": lamp})
    assert lamp not in remote.simulator.devices
    assert await remote.post("/add", dump) == {"devid": lamp}
    assert remote.simulator.devices[lamp].name == "Desk lamp"
    camera = remote.id_of("Living room camera")
    await remote.post("/moto", {"devid": camera, "moto_id": "elsewhere"})
    assert (await remote.get("/state"))["devices"][0]["camera"]["moto_id"] == "elsewhere"
    await remote.post("/moto", {"devid": camera})
    assert (await remote.get("/state"))["devices"][0]["camera"]["moto_id"] is None
    picture = await remote.post("/picture", {"devid": camera})
    assert picture["size"] > 100
    assert remote.simulator.devices[camera].value["movement_detect_pic"]
    door = remote.id_of("Front door")
    await remote.post("/picture", {"devid": door, "code": "doorbell_pic", "version": "url", "cmd": "ipc_doorbell"})
    assert remote.simulator.devices[door].value["doorbell_pic"]


async def test_commands_and_requests(remote: Remote) -> None:
    lamp = remote.id_of("Desk lamp")
    camera = remote.id_of("Living room camera")
    async with calling(remote.simulator) as client:
        await client.post(f"/v1.0/devices/{lamp}/commands", commands=[{"code": "switch_led", "value": False}])
        await client.post(f"/v1.0/cameras/{camera}/configs/ptz", value="UP")
    assert await remote.get("/commands") == {"commands": [{"devid": lamp, "values": {"switch_led": False}}]}
    assert (await remote.get("/state"))["ptz_moves"] == [{"devid": camera, "direction": "UP"}]
    requests = (await remote.get("/requests"))["requests"]
    assert requests[1] == {
        "endpoint": "commands",
        "method": "POST",
        "path": f"/v1.0/devices/{lamp}/commands",
        "query": {},
        "body": {"commands": [{"code": "switch_led", "value": False}]},
        "code": None,
    }


async def test_faults_and_tokens(remote: Remote) -> None:
    async with calling(remote.simulator) as client:
        faults = await remote.post("/faults", {"failures": [{"endpoint": "devices", "code": 28841004, "count": 1}]})
        assert faults["failures"][0]["code"] == 28841004
        assert await client.code("GET", DEVICES) == 28841004
        assert await client.get(DEVICES)
        await remote.post("/tokens")
        assert await client.code("GET", DEVICES) == 1010
        await client.log_in()
        await remote.post("/tokens", {"state": "invalid"})
        assert await client.code("GET", DEVICES) == 1011


async def test_stop_and_start(remote: Remote) -> None:
    port = remote.simulator.port
    await remote.post("/stop")
    assert (await remote.get("/state"))["running"] is False
    async with TuyaCloudSimulator(port=port):
        assert "in use" in (await remote.post("/start", status=409))["error"]
    assert await remote.post("/start") == {"port": port}


async def test_camera_in_another_process(with_broker: Remote) -> None:
    remote = with_broker
    device = remote.simulator.devices[remote.id_of("Driveway camera")]
    camera = await remote.post("/camera", {"devid": device.id})
    assert camera == {
        "devid": device.id,
        "node_id": "channel_2",
        "local_key": device.local_key,
        "auth": camera_auth(device),
        "moto_id": "moto_eupre001",
        "skill": camera["skill"],
        "low_power": False,
        "url": remote.simulator.broker.url if remote.simulator.broker else "",
        "username": device.id,
        "password": camera["password"],
    }
    assert json.loads(camera["skill"])["webrtc"] == 3
    assert await remote.post("/camera", {"devid": device.id}) == camera
    assert "no such device" in (await remote.post("/camera", {"devid": remote.id_of("Desk lamp")}, 404))["error"]
    broker = remote.simulator.broker
    assert broker is not None
    async with aiomqtt.Client(broker.host, broker.port, username=camera["username"], password=camera["password"]):
        state = (await remote.get("/state"))["broker"]
        assert list(state["clients"].values()) == [device.id]
        assert camera["password"] not in json.dumps(state)


async def test_broker(with_broker: Remote) -> None:
    remote = with_broker
    broker = remote.simulator.broker
    assert broker is not None
    assert (await remote.post("/broker", {"do": "stop"}))["running"] is False
    assert (await remote.post("/broker", {"do": "start"}))["url"] == broker.url
    assert (await remote.post("/broker", {"do": "restart"}))["running"] is True
    await remote.post("/broker", {"do": "freeze"})
    await remote.post("/broker", {"do": "thaw"})
    await remote.post("/rtt", {"seconds": 0.5})
    assert broker.rtt == 0.5
    await remote.post("/rtt", {"seconds": 0})
    user = await remote.simulator.camera_user(remote.id_of("Front door"))
    for kick in ({"username": user.username}, {"client_id": "camera"}):
        async with (
            aiomqtt.Client(
                broker.host, broker.port, identifier="camera", username=user.username, password=user.password
            ) as camera,
            asyncio.timeout(20),
        ):
            await remote.post("/kick", kick)
            with pytest.raises(aiomqtt.MqttError, match="Disconnected"):
                await anext(aiter(camera.messages))
    async with calling(remote.simulator) as client:
        await client.post(
            "/v1.0/open-hub/access/config", uid=demo_cloud()[0].uid, link_id="one", link_type="mqtt", topics="ipc"
        )
    assert await remote.post("/access", {"link_id": "two"}) == {"ended": 0}
    assert await remote.post("/access") == {"ended": 1}
    await broker.stop()
    assert "doesn't run" in (await remote.post("/broker", {"do": "freeze"}, 409))["error"]


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/report", {"devid": "nobody", "values": {"a": 1}}, 404, "no such device"),
        ("/report", {"devid": 5, "values": {"a": 1}}, 400, "devid is text"),
        ("/report", {"devid": "x", "values": {}}, 400, "not empty"),
        ("/online", {"devid": "x", "online": "no"}, 400, "online is true or false"),
        ("/remove", {}, 400, "devid is text"),
        ("/add", {"devid": ""}, 400, "devid is text and not empty"),
        ("/faults", {"gravity": 1}, 400, "no fault is called"),
        ("/tokens", {"state": "old"}, 400, "state is one of expired"),
        ("/access", {"link_id": 1}, 400, "link_id is text"),
        ("/moto", {"devid": "x", "moto_id": 1}, 400, "moto_id is text"),
        ("/moto", {"devid": "x", "moto_id": "m"}, 404, "no such device"),
        ("/picture", {"devid": "x"}, 404, "no such device"),
        ("/picture", {"devid": "x", "version": "9"}, 400, "version is one of url"),
        ("/camera", {"devid": "x"}, 404, "no such device"),
        ("/broker", {"do": "stop"}, 400, "there is no broker"),
        ("/kick", {"client_id": "x"}, 400, "there is no broker"),
        ("/rtt", {"seconds": "x"}, 400, "seconds is a number"),
        ("/rtt", {"seconds": 1}, 400, "there is no broker"),
        ("/nowhere", {}, 404, "Not Found"),
        ("/life", {"rate": "fast"}, 400, "rate is a number"),
        ("/step", {}, 400, "seconds is a number"),
        ("/secret", {}, 400, "access_secret is text"),
        ("/state", {}, 405, "Method Not Allowed"),
        ("/remove", [1], 400, "the body is a JSON object"),
    ],
)
async def test_bad_input(remote: Remote, path: str, body: Any, status: int, words: str) -> None:
    assert words in (await remote.post(path, body, status))["error"]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/broker", {"do": "dance"}, "do is one of stop"),
        ("/kick", {"username": "nobody"}, "there is no such user"),
        ("/kick", {}, "client_id is text"),
        ("/rtt", {"seconds": 61}, "seconds is a number from 0 to 60"),
    ],
)
async def test_bad_input_about_the_broker(with_broker: Remote, path: str, body: Any, words: str) -> None:
    assert words in (await with_broker.post(path, body, 400))["error"]


async def test_no_slow_link() -> None:
    async with (
        MosquittoBroker() as broker,
        TuyaCloudSimulator(broker=broker) as simulator,
        controlled(simulator) as remote,
    ):
        assert "no slow link" in (await remote.post("/rtt", {"seconds": 1}, 400))["error"]


@pytest.mark.parametrize(
    ("data", "content_type", "words"),
    [("{", "application/json", "is no JSON"), ('{"devid":"x"}', "text/plain", "is application/json")],
)
async def test_bad_bodies(remote: Remote, data: str, content_type: str, words: str) -> None:
    headers = {"Content-Type": content_type}
    async with remote.session.post(f"{remote.url}/remove", data=data, headers=headers) as response:
        assert response.status == 400
        assert words in (await response.json())["error"]


async def test_life_and_step(remote: Remote) -> None:
    assert await remote.post("/life", {"rate": 60}) == {"running": False, "rate": 60.0}
    assert await remote.post("/life", {"running": True}) == {"running": True, "rate": 60.0}
    assert (await remote.get("/state"))["life"] == {"running": True, "rate": 60.0}
    assert (await remote.post("/life", {"running": False}))["running"] is False
    assert (await remote.post("/step", {"seconds": 600}))["reports"] > 0


async def test_another_secret(remote: Remote) -> None:
    """As after a reset in the console: neither the old secret nor its tokens are good any more."""
    async with calling(remote.simulator) as client:
        await client.get(DEVICES)
        old = remote.simulator.access_secret
        await remote.post("/secret", {"access_secret": "another"})
        assert remote.simulator.access_secret == "another"
        assert await client.code("GET", DEVICES) == 1004
        await remote.post("/secret", {"access_secret": old})
        assert await client.code("GET", DEVICES) == 1011


async def test_control_port_that_is_taken(remote: Remote) -> None:
    second = ControlServer(remote.simulator, port=int(remote.url.rpartition(":")[2]))
    with pytest.raises(OSError, match="address already in use"):
        await second.start()


# The command line


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulators_main([]) == 0
    assert "tuya-cloud a Tuya cloud project" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "70000"], "'70000' is no port"),
        (["--mqtt-port", "-1"], "'-1' is no port"),
        (["--access-id", ""], "it is empty"),
        (["--rtt", "nan"], "is no number from 0"),
        (["--token-ttl", "soon"], "is no number from 0"),
        (["--username-per", "house"], "invalid choice"),
        (["--home", "/nonexistent.json"], "/nonexistent.json: No such file"),
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
        for option in (["--port", port], ["--mqtt-port", port], ["--no-broker", "--control-port", port]):
            assert cli_main(option) == 1
            assert "in use" in capsys.readouterr().err


def test_no_mosquitto(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(mqtt_broker, "_MORE_PATHS", "/nonexistent")
    assert cli_main([]) == 1
    assert "there is no mosquitto" in capsys.readouterr().err


def test_companions(capsys: pytest.CaptureFixture[str]) -> None:
    """What else runs beside it has the simulator and the broker, and a word in the line."""
    seen: list[str] = []

    @asynccontextmanager
    async def cameras(
        simulator: TuyaCloudSimulator, broker: MosquittoBroker | None
    ) -> AsyncIterator[Mapping[str, Any]]:
        assert simulator.running
        assert broker is not None and broker.running
        seen.append("started")
        asyncio.get_running_loop().call_later(0.01, signal.raise_signal, signal.SIGTERM)
        yield {"cameras": 3}
        assert simulator.running
        seen.append("stopped")

    assert cli_main([], [cameras]) == 0
    assert json.loads(capsys.readouterr().out)["cameras"] == 3
    assert seen == ["started", "stopped"]


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """Run the command line in a process of its own; give what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators", "tuya-cloud", *arguments),
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
        # Not killed: it has a mosquitto and a directory to clear away.
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(60):
            await process.wait()


class Announced(TuyaCloudSimulator):
    """What a client has to know of a simulator in another process."""

    def __init__(self, line: dict[str, Any]) -> None:
        super().__init__(host=line["host"], port=line["port"], access_id=line["access_id"])
        self.access_secret = line["access_secret"]
        assert line["endpoint"].endswith(self.endpoint.partition("://")[2])


@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_command_line(number: signal.Signals) -> None:
    """It prints where it is, can be used with what it prints, and ends at a signal with its mosquitto."""
    async with (
        running("--access-id", "the-id", "--access-secret", "the secret", "--rtt", "0.01") as (process, line),
        aiohttp.ClientSession() as session,
    ):
        assert line == {
            "simulator": "tuya-cloud",
            "host": "127.0.0.1",
            "port": line["port"],
            "endpoint": f"http://127.0.0.1:{line['port']}",
            "access_id": "the-id",
            "access_secret": "the secret",
            "mqtt": f"tcp://127.0.0.1:{line['mqtt_port']}",
            "mqtt_port": line["mqtt_port"],
            "authority": None,
            "control": line["control"],
            "cameras": line["cameras"],
            # The secret is too short for a key of messages to be in it
            "queue": None,
            "queue_control": None,
            "relay": line["relay"],
        }
        assert {camera["title"] for camera in line["cameras"]} == {
            device.name for device in demo_cameras() if device.camera is not None and device.camera.supports_webrtc
        }
        client = CloudClient(Announced(line), session)
        await client.log_in()
        devices = (await client.get(DEVICES, size="100"))["devices"]
        assert [device["id"] for device in devices] == [device.id for device in demo_cloud()]
        access = await client.post(
            "/v1.0/open-hub/access/config", uid=devices[0]["uid"], link_id="x", link_type="mqtt", topics="ipc"
        )
        assert access["url"] == line["mqtt"]
        async with aiomqtt.Client(
            "127.0.0.1", line["mqtt_port"], username=access["username"], password=access["password"]
        ):
            pass
        process.send_signal(number)
        assert await process.wait() == 0
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", line["mqtt_port"])


@pytest.mark.timeout(240)
async def test_command_line_with_tls_and_files(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(demo_cloud()[0].as_dump()), encoding="utf-8")
    async with running("--tls", "--home", str(tmp_path), "--token-ttl", "60") as (_, line):
        assert line["endpoint"].startswith("https://")
        assert line["mqtt"].startswith("ssl://")
        context = ssl.create_default_context(cadata=line["authority"])
        _, writer = await asyncio.open_connection("127.0.0.1", line["mqtt_port"], ssl=context)
        writer.close()
        await writer.wait_closed()
        connector = aiohttp.TCPConnector(ssl=context)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(f"{line['endpoint']}/v1.0/token?grant_type=1") as response,
        ):
            assert (await response.json())["code"] == 1105
        async with aiohttp.ClientSession() as session, session.get(f"{line['control']}/state") as response:
            assert [device["name"] for device in (await response.json())["devices"]] == ["Living room camera"]


@pytest.mark.timeout(240)
async def test_command_line_without_broker() -> None:
    async with running("--no-broker") as (_, line):
        assert (line["mqtt"], line["mqtt_port"], line["cameras"]) == (None, None, [])
