"""The simulated camera's surroundings: the control API, the command line, the cloud beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import signal
import socket
import sys
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
from aiohttp import web
import pytest

from simulators.__main__ import main as simulators_main
from simulators.ipc_camera import IpcCameraSimulator, SleepTimes
from simulators.ipc_camera.beside_cloud import cameras_beside, companion
from simulators.ipc_camera.cli import Reporter, main as cli_main
from simulators.ipc_camera.control import ControlServer
from simulators.mqtt_broker import MosquittoBroker
from simulators.tuya_cloud import H265, Camera, CloudDevice, TuyaCloudSimulator, make_skill
from simulators.tuya_gateway.schema import boolean, enum, raw

from .broker_fixture import Broker
from .ipc_viewer import TIMEOUT, Stage, account, stage, viewing
from .test_ipc_camera_live import BROWSER_OFFER

pytestmark = pytest.mark.usefixtures("socket_enabled")

ROOT = Path(__file__).parents[2]


class Remote:
    """What a test in another process would use."""

    def __init__(self, on: Stage, url: str, session: aiohttp.ClientSession) -> None:
        self.on = on
        self.url = url
        self.session = session

    async def get(self, path: str, status: int = 200) -> Any:
        async with self.session.get(self.url + path) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        sent = {} if body is None else {"json": body}
        async with self.session.post(self.url + path, **sent) as response:
            assert response.status == status, await response.text()
            return await response.json()


@asynccontextmanager
async def controlled(**options: Any) -> AsyncIterator[Remote]:
    async with stage(**options) as on:
        control = ControlServer(on.camera)
        await control.start()
        try:
            async with aiohttp.ClientSession() as session:
                yield Remote(on, control.url, session)
        finally:
            await control.stop()
            await control.stop()


# The control API


async def test_state_tells_of_sessions_and_no_secrets() -> None:
    async with controlled() as remote:
        camera = remote.on.camera
        await remote.on.application.send("s", "offer", sdp=BROWSER_OFFER, auth=camera.auth, stream_type=0)
        await remote.on.application.expect("s", "answer")
        state = await remote.get("/state")
        assert (state["device_id"], state["online"], state["sleep"]) == (camera.device_id, True, "awake")
        assert state["slots"] == {"total": 2, "in_use": 1, "jammed": False}
        assert [(one["id"], one["stream"], one["talk"]) for one in state["sessions"]] == [("s", 0, False)]
        assert state["statistics"]["answers"] == 1
        assert state["faults"]["quirks"] == []
        assert state["values"]["basic_private"] is False
        text = json.dumps(state)
        assert camera.local_key not in text
        assert camera.auth not in text


async def test_faults_slots_and_ends() -> None:
    async with controlled() as remote:
        on = remote.on
        assert (await remote.post("/faults", {"quirks": ["lf_only"]}))["quirks"] == ["lf_only"]
        assert await remote.post("/slots", {"total": 1}) == {"total": 1}
        async with on.viewing() as viewer:
            answer = await viewer.connect()
            assert "\r" not in answer
            await remote.post("/silence", {"session": viewer.session_id})
            assert (await remote.get("/state"))["sessions"][0]["state"] == "silent"
            await remote.post("/disconnect", {"session": viewer.session_id, "close_reason": 4})
            assert (await on.application.expect(viewer.session_id, "disconnect"))["close_reason"] == 4
        await remote.post("/disconnect")
        await remote.post("/silence")
        await remote.post("/reset")
        assert (await remote.get("/state"))["statistics"]["answers"] == 0


async def test_power_and_moto() -> None:
    async with controlled() as remote:
        await remote.post("/power", {"on": False})
        assert (await remote.get("/state"))["online"] is False
        await remote.post("/power", {"on": True})
        await remote.post("/moto", {"moto_id": "signaling14901"})
        state = await remote.get("/state")
        assert (state["online"], state["moto_id"]) == (True, "signaling14901")
        await remote.on.broker.stop()
        await remote.post("/power", {"on": False})


async def test_power_without_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.ipc_camera.camera._START_TIMEOUT", 0.1)
    async with controlled() as remote:
        await remote.post("/power", {"on": False})
        await remote.on.broker.stop()
        assert "no connection" in (await remote.post("/power", {"on": True}, 409))["error"]


async def test_sleep_and_wake() -> None:
    async with controlled(sleep=SleepTimes(boot=60)) as remote:
        assert await remote.post("/wake") == {"sleep": "booting"}
        assert await remote.post("/sleep") == {"sleep": "asleep"}


async def test_commands_reports_and_events() -> None:
    async with controlled() as remote:
        await remote.post("/command", {"values": {"ptz_control": "2"}})
        assert (await remote.get("/state"))["ptz"]["moving"] == "right"
        await remote.post("/command", {"values": {"ptz_stop": True}})
        state = await remote.get("/state")
        assert state["ptz"]["moving"] is None
        assert [move["direction"] for move in state["ptz"]["moves"]] == ["right"]
        await remote.post("/report", {"values": {"sd_status": 2}})
        event = await remote.post("/event", {"kind": "doorbell"})
        assert event["code"] == "doorbell_pic"
        reports = (await remote.get("/reports?after=2"))["reports"]
        assert [(one["number"], one["values"]) for one in reports] == [
            (3, {"sd_status": 2}),
            (4, {"doorbell_pic": event["value"]}),
        ]
        async with remote.session.get(remote.url + "/picture", params={"path": event["path"]}) as response:
            assert await response.read() == remote.on.camera.picture(event["path"])
        await remote.get("/picture?path=/nowhere", 404)


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/faults", {"gravity": 1}, 400, "no fault is called"),
        ("/slots", {"total": -1}, 400, "total is an integer from 0"),
        ("/slots", {"total": True}, 400, "total is an integer from 0"),
        ("/disconnect", {"session": "nobody"}, 404, "no such session"),
        ("/disconnect", {"close_reason": "x"}, 400, "close_reason is an integer"),
        ("/silence", {"session": []}, 404, "no such session"),
        ("/power", {}, 400, "on is true or false"),
        ("/moto", {"moto_id": "a/b"}, 400, "level of a topic"),
        ("/moto", {"moto_id": 5}, 400, "moto_id is text"),
        ("/command", {}, 400, "values is an object"),
        ("/report", {"values": {}}, 400, "values is an object"),
        ("/event", {"kind": "flood"}, 400, "kind is one of motion"),
        ("/event", {"kind": "motion", "form": "png"}, 400, "form is one of encrypted"),
        ("/reset", [1], 400, "the body is a JSON object"),
        ("/nowhere", {}, 404, "Not Found"),
        ("/state", {}, 405, "Method Not Allowed"),
    ],
)
async def test_bad_input(path: str, body: Any, status: int, words: str) -> None:
    control = ControlServer(IpcCameraSimulator("mqtt://127.0.0.1"))
    await control.start()
    try:
        async with aiohttp.ClientSession() as session:
            remote = Remote(cast(Stage, None), control.url, session)
            assert words in (await remote.post(path, body, status))["error"]
            assert "after is a number" in (await remote.get("/reports?after=x", 400))["error"]
            async with session.post(
                f"{control.url}/reset", data="{", headers={"Content-Type": "application/json"}
            ) as one:
                assert "is no JSON" in (await one.json())["error"]
            async with session.post(f"{control.url}/reset", data="{}", headers={"Content-Type": "text/plain"}) as one:
                assert "is application/json" in (await one.json())["error"]
        second = ControlServer(IpcCameraSimulator("mqtt://127.0.0.1"), port=control.port)
        with pytest.raises(OSError, match="in use"):
            await second.start()
    finally:
        await control.stop()


# The command line


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulators_main([]) == 0
    assert "ipc-camera" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: --broker"),
        (["--broker", "http://127.0.0.1"], "a broker is mqtt://host or mqtts://host"),
        (["--broker", "mqtt://u:geheim@127.0.0.1:x"], "the broker's port"),
        (["--broker", "mqtt://127.0.0.1", "--quirk", "nice"], "invalid choice"),
        (["--broker", "mqtt://127.0.0.1", "--slots", "-1"], "is no number from 0"),
        (["--broker", "mqtt://127.0.0.1", "--boot", "soon"], "is no number above 0"),
        (["--broker", "mqtt://127.0.0.1", "--device-id", "a/b"], "is no level of an MQTT topic"),
        (["--broker", "mqtt://127.0.0.1", "--moto-id", ""], "is no level of an MQTT topic"),
    ],
)
def test_arguments_that_cannot_be(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        cli_main(arguments)
    assert raised.value.code == 2
    error = capsys.readouterr().err
    assert words in error
    assert "geheim" not in error


def test_no_broker_on_the_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("simulators.ipc_camera.camera._START_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert cli_main(["--broker", f"mqtt://127.0.0.1:{port}", "--clip", "0.2"]) == 1
    assert "no connection to the broker" in capsys.readouterr().err


@pytest.mark.timeout(240)
async def test_command_line() -> None:
    """It prints what a cloud must know of it, can be watched with that, and ends at a signal."""
    async with Broker() as broker:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulators", "ipc-camera", "--broker", broker.url, "--device-id", "dev-1",
            "--moto-id", "moto_x", "--local-key", "0123456789abcdef", "--title", "GATE", "--clip", "0.5", "--quirk", "lf_only",
            cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            async with asyncio.timeout(90):
                line = json.loads(await process.stdout.readline())
            assert {key: line[key] for key in ("simulator", "device_id", "moto_id", "local_key", "title")} == {
                "simulator": "ipc-camera",
                "device_id": "dev-1",
                "moto_id": "moto_x",
                "local_key": "0123456789abcdef",
                "title": "GATE",
            }
            assert line["webrtc_config"]["auth"] == line["auth"]
            assert "ptz_control" in {entry["code"] for entry in line["functions"]}
            far = SimpleNamespace(device_id="dev-1", moto_id="moto_x", auth=line["auth"])
            async with (
                account(cast(IpcCameraSimulator, far), broker.port) as application,
                viewing(application) as viewer,
                aiohttp.ClientSession() as session,
            ):
                assert "\r" not in await viewer.connect()
                assert (await viewer.picture()).width == 640
                async with session.get(f"{line['control']}/state") as response:
                    assert (await response.json())["statistics"]["connected"] == 1
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(TIMEOUT):
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def test_reporter() -> None:
    """What the camera reports is posted, in its order; what can't be, is lost, and what follows isn't."""
    posted: asyncio.Queue[Any] = asyncio.Queue()
    statuses = [500, 200, 200]

    async def take(request: web.Request) -> web.Response:
        posted.put_nowait(await request.json())
        return web.Response(status=statuses.pop(0))

    app = web.Application()
    app.router.add_post("/report", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session, asyncio.timeout(TIMEOUT):
        camera = IpcCameraSimulator("mqtt://127.0.0.1", device_id="dev-1")
        reporter = Reporter(session, f"http://127.0.0.1:{port}/report")
        camera.report_listeners.append(reporter.report)
        for value in (1, 2, 3):
            camera.report({"sd_status": value})
        assert [await posted.get() for _ in range(3)] == [
            {"devid": "dev-1", "values": {"sd_status": value}} for value in (1, 2, 3)
        ]
        await runner.cleanup()
        camera.report({"sd_status": 4})
        await reporter.stop()


# Beside a cloud


def cloud_camera(name: str, **options: Any) -> CloudDevice:
    status = [boolean("basic_flip"), raw("movement_detect_pic"), boolean("wireless_awake")]
    return CloudDevice(
        id=f"id_{name}",
        category="sp",
        name=name,
        function=[boolean("basic_flip"), enum("ptz_control", "0", "2"), boolean("ptz_stop")],
        status=status,
        value={"basic_flip": False},
        **options,
    )


@pytest.mark.parametrize("tls", [False, True])
async def test_beside_a_cloud(tls: bool) -> None:
    """Each camera of a cloud that has WebRTC is there, with its keys; commands go down, reports and pictures up."""
    devices = [
        cloud_camera("gate", camera=Camera()),
        cloud_camera("bell", camera=Camera(low_power=True, call_mode=(1,), moto_id="moto_bell")),
        cloud_camera("attic", camera=Camera(skill=make_skill(main=(2560, 1440, H265)))),
        cloud_camera("old", camera=Camera(supports_webrtc=False)),
        cloud_camera("deaf", camera=Camera(moto_id=None)),
        cloud_camera("channel", camera=Camera(skill=None), gateway_id="nvr", node_id="channel_2"),
        cloud_camera("plug"),
    ]
    async with (
        MosquittoBroker(tls=tls) as broker,
        TuyaCloudSimulator(devices, broker=broker) as cloud,
        cameras_beside(cloud, broker, clip_seconds=0.5) as cameras,
    ):
        assert list(cameras) == ["id_gate", "id_bell", "id_attic", "id_channel"]
        gate, bell, attic, channel = cameras.values()
        assert all(camera.online for camera in cameras.values())
        assert {gate.formats[0].codec, attic.formats[0].codec} == {"h264", "h265"}
        assert (bell.sleep_state, bell.two_way, bell.moto_id) == ("asleep", False, "moto_bell")
        assert (channel.sub_dev_id, channel.skill) == ("channel_2", 0)

        gate.report({"basic_flip": True, "unknown_here": 1})
        assert devices[0].value == {"basic_flip": True}
        event = gate.trigger("motion")
        assert devices[0].value["movement_detect_pic"] == event.value
        assert cloud.files.stored["id_gate", event.bucket, event.path] == event.blob

        for listener in cloud.command_listeners:
            listener(devices[0], {"ptz_control": "2"})
            listener(devices[6], {"basic_flip": True})
        assert gate.ptz.moving == "right"
        gate.move("STOP")
        gate.move("LEFT_UP")
        assert [move.direction for move in gate.ptz.moves] == ["right"]
        with pytest.raises(KeyError):
            gate.move("SIDEWAYS")

        cloud.move_moto("id_gate", "moto_b")
        cloud.move_moto("id_old", "moto_b")
        await gate.wait_for(lambda: gate.moto_id == "moto_b")
        # The wake packet is the cloud's own; here it's enough that the camera heard it.
        await broker.publish("m/w/id_bell", b"nonsense")
        await bell.wait_for(lambda: bell.statistics.bad_wakes == 1)
        cloud.remove_device("id_gate")
        gate.report({"basic_flip": False})


async def test_companion_of_the_cloud() -> None:
    """What the cloud's command line prints of its cameras."""
    devices = [cloud_camera("gate", camera=Camera())]
    async with (
        MosquittoBroker() as broker,
        TuyaCloudSimulator(devices, broker=broker) as cloud,
        companion(cloud, broker) as line,
        aiohttp.ClientSession() as session,
    ):
        (camera,) = line["cameras"]
        assert (camera["device_id"], camera["title"]) == ("id_gate", "gate")
        async with session.get(f"{camera['control']}/state") as response:
            assert (await response.json())["online"] is True
    async with companion(cloud, None) as line:
        assert line == {"cameras": []}
