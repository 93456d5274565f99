"""The simulated gateway's surroundings: UDP announcements, the control API, the command line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import hashlib
import json
from pathlib import Path
import signal
import socket
import struct
import sys
from typing import Any, override
import zlib

import aiohttp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
import pytest

from simulators.__main__ import main as simulators_main
from simulators.tuya_gateway import TuyaGatewaySimulator, demo_home
from simulators.tuya_gateway.announce import Announcement, Announcer, announcement
from simulators.tuya_gateway.cli import main as cli_main
from simulators.tuya_gateway.control import ControlServer
from simulators.tuya_gateway.life import Life

from .raw_client import aes, joined

pytestmark = pytest.mark.usefixtures("socket_enabled")

ROOT = Path(__file__).parents[2]
UDP_KEY = bytes.fromhex("6c1ec8e2bb9bb59ab50b0daf649b410a")
EXPECTED = {"uuid": "abc", "port": 4711}


# Announcements


def test_udp_key() -> None:
    assert hashlib.md5(b"yGAdlopoPVldABfn").digest() == UDP_KEY


def test_plain_announcement() -> None:
    assert json.loads(announcement("abc", 4711, "plain")) == EXPECTED


def test_55aa_announcement() -> None:
    data = announcement("abc", 4711, "55aa", 7)
    prefix, sequence, command, length = struct.unpack(">IIII", data[:16])
    assert (prefix, sequence, command, length) == (0x55AA, 7, 0x13, len(data) - 16)
    assert struct.unpack(">II", data[-8:]) == (zlib.crc32(data[:-8]), 0xAA55)
    assert data[16:20] == bytes(4)
    assert json.loads(aes(UDP_KEY, data[20:-8], decrypt=True)) == EXPECTED


def test_6699_announcement() -> None:
    data = announcement("abc", 4711, "6699", 7)
    prefix, zero, sequence, command, length = struct.unpack(">IHIII", data[:18])
    assert (prefix, zero, sequence, command, length) == (0x6699, 0, 7, 0x13, len(data) - 18 - 4)
    assert data[-4:] == bytes.fromhex("00009966")
    plain = AESGCM(UDP_KEY).decrypt(data[18:30], data[30:-4], data[4:18])
    assert plain[:4] == bytes(4)
    assert json.loads(plain[4:]) == EXPECTED
    with pytest.raises(InvalidTag):
        AESGCM(UDP_KEY).decrypt(data[18:30], data[30:-4], data[:18])


class Listener(asyncio.DatagramProtocol):
    """Keeps the datagrams that come."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.received.put_nowait((data, addr))


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Listener, int]]:
    transport, listener = await asyncio.get_running_loop().create_datagram_endpoint(
        Listener, local_addr=("127.0.0.1", 0)
    )
    try:
        yield listener, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@pytest.mark.parametrize("form", ["plain", "55aa", "6699"])
async def test_announcer_goes_on_and_on(form: Announcement) -> None:
    async with listening() as (one, one_port), listening() as (other, other_port), TuyaGatewaySimulator() as simulator:
        targets = [("127.0.0.1", one_port), ("127.0.0.1", other_port)]
        async with Announcer(simulator, targets, form=form, interval=0.01), asyncio.timeout(20):
            for listener in (one, other):
                datagrams = [await listener.received.get() for _ in range(3)]
                assert {addr[0] for _, addr in datagrams} == {"127.0.0.1"}
                if form == "plain":
                    assert json.loads(datagrams[2][0]) == {"uuid": simulator.uuid, "port": simulator.port}


async def test_announcer_is_silent_while_the_gateway_is_off() -> None:
    async with listening() as (listener, port), TuyaGatewaySimulator() as simulator:
        announcer = Announcer(simulator, [("127.0.0.1", port)], interval=3600)
        announcer.announce()  # not started: nothing
        async with announcer:
            await announcer.start()
            async with asyncio.timeout(20):
                await listener.received.get()
            await simulator.stop()
            announcer.announce()
            assert announcer.sent == 1


# The control API


class Remote:
    """What a test in another process would use."""

    def __init__(self, simulator: TuyaGatewaySimulator, url: str, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.url = url
        self.session = session

    async def get(self, path: str) -> Any:
        async with self.session.get(self.url + path) as response:
            assert response.status == 200
            return await response.json()

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        async with (
            self.session.post(self.url + path, json=body)
            if body is not None
            else self.session.post(self.url + path) as response
        ):
            assert response.status == status, await response.text()
            return await response.json()


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    async with TuyaGatewaySimulator(demo_home()) as simulator:
        life = Life(simulator)
        control = ControlServer(simulator, life=life)
        await control.start()
        async with aiohttp.ClientSession() as session:
            yield Remote(simulator, control.url, session)
        await life.stop()
        await control.stop()
        await control.stop()


async def test_state(remote: Remote) -> None:
    state = await remote.get("/state")
    assert (state["uuid"], state["port"], state["running"]) == (remote.simulator.uuid, remote.simulator.port, True)
    assert [device["devid"] for device in state["devices"]] == list(remote.simulator.devices)
    assert state["devices"][0]["values"] == demo_home()[0].value
    assert state["faults"]["slips"] == []
    assert remote.simulator.device_key not in json.dumps(state)


async def test_report_online_add_remove(remote: Remote) -> None:
    device = next(iter(remote.simulator.devices.values()))
    async with joined(remote.simulator) as client:
        await remote.simulator.wait_for_connection()
        await remote.post("/report", {"devid": device.id, "values": {"switch_led": False}})
        assert (await client.event())["data"] == {"devid": device.id, "value": [{"k": "switch_led", "v": False}]}
        await remote.post("/online", {"devid": device.id, "online": False})
        assert (await client.event())["data"] == {"devid": device.id, "state": False}
        await remote.post("/remove", {"devid": device.id})
        assert (await client.event())["data"] == {"devid": device.id, "state": 0}
        assert await remote.post("/add", device.as_dump()) == {"devid": device.id}
        assert (await client.event())["data"] == {"devid": device.id, "state": 1}
        assert remote.simulator.devices[device.id] == device
        await remote.post("/raw", {"text": '{"type":"event","event_type":"x"}'})
        assert (await client.event())["event_type"] == "x"
        await client.set(device.id, switch_led=True)
        assert await remote.get("/commands") == {
            "commands": [[{"devid": device.id, "value": [{"k": "switch_led", "v": True}]}]]
        }
        assert [one["type"] for one in (await remote.get("/requests"))["requests"]] == ["set_value"]


async def test_faults_garbage_flood_drop(remote: Remote) -> None:
    assert (await remote.post("/faults", {"no_answer": ["get_devices"]}))["no_answer"] == ["get_devices"]
    assert remote.simulator.faults.no_answer == {"get_devices"}
    async with joined(remote.simulator) as client:
        await remote.simulator.wait_for_connection()
        await remote.post("/garbage", {"count": 1, "kind": "no_json"})
        with pytest.raises(ValueError, match="Expecting value"):
            await client.receive()
        assert await remote.post("/flood", {"count": 7, "seconds": 0}) == {"sent": 7}
        assert [(await client.event())["event_type"] for _ in range(7)] == ["state_changed"] * 7
        await remote.post("/drop")
        assert remote.simulator.connections == 0


async def test_stop_and_start(remote: Remote) -> None:
    port = remote.simulator.port
    await remote.post("/stop")
    assert (await remote.get("/state"))["running"] is False
    async with TuyaGatewaySimulator(port=port):
        assert "in use" in (await remote.post("/start", status=409))["error"]
    assert await remote.post("/start", {}) == {"port": port}
    async with joined(remote.simulator):
        await remote.simulator.wait_for_connection()


async def test_life_and_step(remote: Remote) -> None:
    assert await remote.post("/life", {"rate": 60}) == {"running": False, "rate": 60.0}
    assert await remote.post("/life", {"running": True}) == {"running": True, "rate": 60.0}
    assert (await remote.get("/state"))["life"] == {"running": True, "rate": 60.0}
    assert (await remote.post("/life", {"running": False}))["running"] is False
    assert (await remote.post("/step", {"seconds": 60}))["reports"] > 0


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/report", {"devid": "nobody", "values": {"a": 1}}, 404, "no such device"),
        ("/report", {"devid": 5, "values": {"a": 1}}, 400, "devid is text"),
        ("/report", {"devid": "x", "values": []}, 400, "values is an object"),
        ("/report", {"devid": "x", "values": {}}, 400, "not empty"),
        ("/online", {"devid": "x", "online": "no"}, 400, "online is true or false"),
        ("/online", {"devid": "x", "online": True}, 404, "no such device"),
        ("/remove", {}, 400, "devid is text"),
        ("/add", {"devid": ""}, 400, "devid is text and not empty"),
        ("/faults", {"gravity": 1}, 400, "no fault is called"),
        ("/garbage", {"count": 0}, 400, "count is an integer from 1"),
        ("/garbage", {"count": True}, 400, "count is an integer from 1"),
        ("/garbage", {"kind": "nice"}, 400, "kind is one of malformed"),
        ("/flood", {}, 400, "count is an integer"),
        ("/flood", {"count": 5, "seconds": -1}, 400, "seconds is a number"),
        ("/raw", {"text": 5}, 400, "text is text"),
        ("/life", {"rate": "fast"}, 400, "rate is a number"),
        ("/life", {"running": 1}, 400, "running is true or false"),
        ("/step", {}, 400, "seconds is a number"),
        ("/report", [1], 400, "the body is a JSON object"),
        ("/nowhere", {}, 404, "Not Found"),
        ("/state", {}, 405, "Method Not Allowed"),
    ],
)
async def test_bad_input(remote: Remote, path: str, body: Any, status: int, words: str) -> None:
    assert words in (await remote.post(path, body, status))["error"]


@pytest.mark.parametrize(
    ("data", "content_type", "words"),
    [("{", "application/json", "is no JSON"), ('{"devid":"x"}', "text/plain", "is application/json")],
)
async def test_bad_bodies(remote: Remote, data: str, content_type: str, words: str) -> None:
    headers = {"Content-Type": content_type}
    async with remote.session.post(f"{remote.url}/remove", data=data, headers=headers) as response:
        assert response.status == 400
        assert words in (await response.json())["error"]


async def test_control_port_that_is_taken(remote: Remote) -> None:
    second = ControlServer(remote.simulator, port=int(remote.url.rpartition(":")[2]))
    with pytest.raises(OSError, match="address already in use"):
        await second.start()


# The command line


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--help"]):
        assert simulators_main(arguments) == 0
        assert "tuya-gateway a Tuya gateway" in " ".join(capsys.readouterr().out.split())


def test_unknown_simulator(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulators_main(["teapot"]) == 2
    assert "there is no simulator 'teapot'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "70000"], "'70000' is no port"),
        (["--port", "-1"], "'-1' is no port"),
        (["--broadcast", "nowhere"], "is not HOST:PORT"),
        (["--broadcast", "127.0.0.1:0"], "'0' is no port"),
        (["--path", "lan"], "doesn't begin with /"),
        (["--uuid", ""], "it is empty"),
        (["--device-key", "short"], "a device key of the form ascii is 16 ASCII characters"),
        (["--device-key", ""], "a device key of the form ascii is 16 ASCII characters"),
        (["--framing", "text", "--encoding", "raw"], "text frames carry base64 or hex"),
        (["--devices", "0"], "is no number from 1"),
        (["--devices", "3", "--home", "x.json"], "not allowed with"),
        (["--rate", "nan"], "is no number above 0"),
        (["--announce-interval", "soon"], "is no number above 0"),
        (["--home", "/nonexistent.json"], "/nonexistent.json: No such file"),
        (["--announce", "loudly"], "invalid choice"),
    ],
)
def test_arguments_that_cannot_be(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        cli_main(arguments)
    assert raised.value.code == 2
    assert words in capsys.readouterr().err


def test_port_that_is_taken_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert cli_main(["--port", str(taken.getsockname()[1])]) == 1
    assert "in use" in capsys.readouterr().err


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """Run the command line in a process of its own; give what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", "tuya-gateway", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(90):
            line = await process.stdout.readline()
        yield process, json.loads(line)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_command_line(number: signal.Signals) -> None:
    """It prints where it is, can be joined with what it prints, announces itself, and ends at a signal."""
    async with (
        listening() as (listener, port),
        running(
            "--framing", "text", "--key-form", "hex", "--device-key", "00112233445566778899aabbccddeeff", "--path", "/lan",
            "--uuid", "u-1", "--devices", "3", "--data-points", "4", "--broadcast", f"127.0.0.1:{port}", "--still",
        ) as (process, line),
        aiohttp.ClientSession() as session,
    ):  # fmt: skip
        assert line == {
            "simulator": "tuya-gateway",
            "host": "127.0.0.1",
            "port": line["port"],
            "path": "/lan",
            "uuid": "u-1",
            "device_key": "00112233445566778899aabbccddeeff",
            "control": line["control"],
        }
        data, _ = await listener.received.get()
        assert json.loads(data) == {"uuid": "u-1", "port": line["port"]}
        async with session.get(f"{line['control']}/state") as response:
            state = await response.json()
        assert [len(device["values"]) for device in state["devices"]] == [4, 4, 4]
        assert state["life"]["running"] is False
        async with session.ws_connect(f"http://127.0.0.1:{line['port']}/lan") as websocket:
            frame = await websocket.receive(20)
            assert frame.type is aiohttp.WSMsgType.TEXT
        process.send_signal(number)
        assert await process.wait() == 0


@pytest.mark.timeout(240)
async def test_command_line_with_files(tmp_path: Path) -> None:
    """A home from files, which lives."""
    (tmp_path / "one.json").write_text(json.dumps(demo_home()[0].as_dump()), encoding="utf-8")
    async with (
        running("--home", str(tmp_path)) as (_, line),
        aiohttp.ClientSession() as session,
        session.get(f"{line['control']}/state") as response,
    ):
        state = await response.json()
    assert [device["name"] for device in state["devices"]] == ["Living room ceiling light"]
    assert state["life"]["running"] is True
