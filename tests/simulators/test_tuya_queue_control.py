"""The simulated queue's surroundings: the control API, the command line, and the queue beside a simulated cloud."""

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
import pytest

from simulators.__main__ import main as simulators_main
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator, demo_cloud
from simulators.tuya_cloud.cli import main as cloud_main
from simulators.tuya_queue import TuyaQueueSimulator
from simulators.tuya_queue.beside_cloud import companion, dp_ids, queue_beside
from simulators.tuya_queue.cli import main as cli_main
from simulators.tuya_queue.control import ControlServer

from .cloud_client import calling
from .queue_client import QueueClient, consuming, content_of

pytestmark = pytest.mark.usefixtures("socket_enabled")

ROOT = Path(__file__).parents[2]
DEVICE = "bf0123456789abcdef01"


class Remote:
    """What a test in another process would use."""

    def __init__(self, simulator: TuyaQueueSimulator, url: str, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
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
async def remote() -> AsyncIterator[Remote]:
    async with TuyaQueueSimulator() as simulator:
        control = ControlServer(simulator)
        await control.start()
        try:
            async with aiohttp.ClientSession() as session:
                yield Remote(simulator, control.url, session)
        finally:
            await control.stop()
            await control.stop()


async def test_state(remote: Remote) -> None:
    queue = remote.simulator
    async with consuming(queue, consumerName="me") as client:
        ids = (await remote.post("/report", {"devid": DEVICE, "values": {"switch_1": True}}))["ids"]
        ids += (await remote.post("/report", {"devid": DEVICE, "values": {"switch_1": False}}))["ids"]
        assert await client.ids(2) == ids
        await client.ack(ids[0])
        await queue.wait_for(lambda: queue.acked == ids[:1])
        state = await remote.get("/state")
        assert state == {
            "url": queue.url,
            "running": True,
            "environment": "event",
            "families": ["core"],
            "gcm": False,
            "handshakes": {"101": 1},
            "published": 2,
            "frames": 2,
            "acked": 1,
            "redelivered": 0,
            "expired": 0,
            "closures": [],
            "rivals": [],
            "connections": [
                {
                    "subscription": f"{queue.access_id}-sub",
                    "consumer": "me",
                    "type": "Failover",
                    "partitions": list(range(11)),
                    "sent": 2,
                    "pending": 1,
                    "pings": 0,
                    "nacks": 0,
                }
            ],
            "subscriptions": [
                {
                    "name": f"{queue.access_id}-sub",
                    "type": "Failover",
                    "consumers": ["me"],
                    "backlog": 1,
                    "unacked": 1,
                }
            ],
            "faults": queue.faults.as_json(),
        }
        assert queue.access_secret not in json.dumps(state)
        assert await remote.get("/published") == {"count": 2, "ids": ids}
        assert await remote.get("/published?after=1") == {"count": 2, "ids": ids[1:]}
        assert await remote.get("/acked") == {"count": 1, "ids": ids[:1]}
        assert "after is a number" in (await remote.get("/acked?after=x", 400))["error"]
        await client.send(type="unsubscribe")
        await queue.wait_for(lambda: not queue.subscriptions)
        assert (await remote.get("/state"))["connections"][0]["subscription"] is None


async def test_what_devices_do(remote: Remote) -> None:
    about = {"devid": DEVICE, "uid": "someone", "product_id": "pid", "uuid": "u", "parent_id": "gw", "family": "seed"}
    content: dict[str, Any] = {}
    async with consuming(remote.simulator) as client:
        for path, more, event_type, key, value in (
            ("/report", {"values": {"switch_1": True}}, "dp_report", "productId", "pid"),
            ("/online", {"online": True}, "online", "namespace", "BgdBXzUhIg5x77770LL1OfpDsimul"),
            ("/online", {"online": False}, "offline", "devId", DEVICE),
            ("/bind", {"name": "Lamp"}, "bind", "deviceName", "Lamp"),
            ("/bind", {}, "bind", "deviceName", "Device"),
            ("/unbind", {}, "unbind", "devId", DEVICE),
            ("/reset", {}, "reset", "devId", DEVICE),
            ("/rename", {"name": "New"}, "name_update", "deviceName", "New"),
            ("/voice", {"text": "Open", "intent": "open", "domain": "home"}, "voice_nlu", "uid", "someone"),
        ):
            await remote.post(path, about | more)
            content = await client.content()
            assert (content["eventType"], content["data"][key]) == (event_type, value)
        assert json.loads(content["data"]["nlu"])[0]["intent"] == "open"
        await remote.post("/event", {"devid": DEVICE, "code": "ring", "params": {"a": 1}})
        assert (await client.content())["bizData"]["outputParams"] == {"a": 1}
        await remote.post("/upgrade", {"devid": DEVICE, "progress": 50})
        assert (await client.content())["bizData"]["progress"] == 50
        await remote.post("/families", {"families": ["legacy", "core"], "gcm": True})
        assert len((await remote.post("/online", {"devid": DEVICE, "online": True, "age": 60}))["ids"]) == 2
        assert (await client.content())["bizCode"] == "online"
        assert (await client.content())["bizCode"] == "deviceOnline"


async def test_publish_and_burst(remote: Remote) -> None:
    async with consuming(remote.simulator) as client:
        body = {
            "devid": DEVICE,
            "body": {"bizCode": "brandNew"},
            "protocol": 77,
            "form": "gcm",
            "properties": {"a": "b"},
        }
        ids = (await remote.post("/publish", body))["ids"]
        frame = await client.frame()
        assert ([frame["messageId"]], frame["properties"]) == (ids, {"a": "b"})
        assert content_of(frame, remote.simulator.access_secret) == {"bizCode": "brandNew"}
        await remote.post("/publish", {"devid": DEVICE, "body": {}, "damage": "not_object"})
        await client.frame()
        burst = {"devices": ["a", "b"], "count": 4, "code": "c", "seconds": 0.01}
        assert await remote.post("/burst", burst) == {"count": 4}
        values = [(await client.content())["bizData"]["properties"][0] for _ in range(4)]
        assert [(one["code"], one["value"]) for one in values] == [("c", 0), ("c", 1), ("c", 2), ("c", 3)]
        await remote.post("/faults", {"no_rule": True})
        assert await remote.post("/publish", {"devid": DEVICE, "body": {}}) == {"ids": []}


async def test_what_goes_wrong(remote: Remote) -> None:
    queue = remote.simulator
    async with consuming(queue) as client:
        await queue.wait_for_connections()
        assert (await remote.post("/faults", {"kill_after": 5}))["kill_after"] == 5
        assert await remote.post("/garbage", {"kind": "empty"}) == {"sent": 1}
        assert await client.text() == "{}"
        await remote.post("/report", {"devid": DEVICE, "values": {"a": 1}})
        (message_id,) = await client.ids(1)
        assert await remote.post("/redeliver") == {"count": 1}
        assert await client.acked(1) == [message_id]
        await queue.wait_for(lambda: queue.acked == [message_id])
        assert await remote.post("/replay", {"count": 9}) == {"count": 1}
        assert await client.acked(1) == [message_id]
        # Else it might be the rival's now.
        await queue.wait_for(lambda: queue.acked == [message_id] * 2)
        assert await remote.post("/rival", {"present": True}) == {"rivals": 1}
        assert (await remote.get("/state"))["rivals"] == [{"name": "rival", "received": 0}]
        assert await remote.post("/rival", {"present": False}) == {"rivals": 0}
        receiving = asyncio.create_task(client.close_code())
        assert await remote.post("/close", {"code": 1012}) == {"closed": 1}
        assert await receiving == 1012
    async with consuming(queue) as client:
        await queue.wait_for_connections()
        assert await remote.post("/drop") == {"dropped": 1}
        assert await client.close_code() == 1006
    await remote.post("/unsubscribe")
    assert not queue.subscriptions
    assert "no such subscription" in (await remote.post("/unsubscribe", {"subscription": "x"}, 404))["error"]


async def test_environment(remote: Remote) -> None:
    queue = remote.simulator
    async with consuming(queue) as client:
        await queue.wait_for_connections()
        answer = await remote.post("/environment", {"environment": "event-test"})
        assert answer == {"environment": "event-test", "dropped": 1}
        assert await client.close_code() == 1006
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with consuming(queue, topic="event"):
            pass
    assert raised.value.status == 500


async def test_gcm_alone(remote: Remote) -> None:
    assert await remote.post("/families", {"gcm": True}) == {"families": ["core"], "gcm": True}
    assert await remote.post("/families", {}) == {"families": ["core"], "gcm": True}


async def test_stop_and_start(remote: Remote) -> None:
    port = remote.simulator.port
    await remote.post("/stop")
    assert (await remote.get("/state"))["running"] is False
    async with TuyaQueueSimulator(port=port):
        assert "in use" in (await remote.post("/start", status=409))["error"]
    assert await remote.post("/start") == {"port": port}


async def test_rival_that_does_not_suit(remote: Remote) -> None:
    async with consuming(remote.simulator, subscriptionType="Shared"):
        await remote.simulator.wait_for_connections()
        assert "different type" in (await remote.post("/rival", {"present": True}, 409))["error"]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/report", {"devid": DEVICE}, "values is an object"),
        ("/report", {"devid": DEVICE, "values": {}}, "values is an object"),
        ("/report", {"values": {"a": 1}}, "devid is text"),
        ("/report", {"devid": "", "values": {"a": 1}}, "devid is text"),
        ("/report", {"devid": DEVICE, "values": {"a": 1}, "age": -1}, "age is a number"),
        ("/report", {"devid": DEVICE, "values": {"a": 1}, "family": "all"}, "family is one of seed, legacy, core"),
        ("/online", {"devid": DEVICE, "online": 1}, "online is true or false"),
        ("/rename", {"devid": DEVICE}, "name is text"),
        ("/event", {"devid": DEVICE, "code": "x", "params": []}, "params is an object"),
        ("/upgrade", {"devid": DEVICE, "progress": 101}, "progress is an integer from 0 to 100"),
        ("/publish", {"devid": DEVICE, "body": []}, "body is an object"),
        ("/publish", {"devid": DEVICE, "body": {}, "form": "own"}, "form is one of common"),
        ("/publish", {"devid": DEVICE, "body": {}, "damage": "own"}, "damage is one of"),
        ("/publish", {"devid": DEVICE, "body": {}, "properties": {"a": 1}}, "properties is an object with texts"),
        ("/burst", {"devices": [], "count": 1}, "devices is a list"),
        ("/burst", {"devices": ["a"], "count": 100_001}, "count is an integer"),
        ("/faults", {"unknown": 1}, "no fault is called"),
        ("/families", {"families": []}, "families is a list of seed, legacy, core"),
        ("/families", {"gcm": 1}, "gcm is true or false"),
        ("/environment", {"environment": "prod"}, "environment is one of event, event-test"),
        ("/garbage", {"kind": "other"}, "kind is one of no_json"),
        ("/replay", {}, "count is an integer"),
        ("/rival", {}, "present is true or false"),
    ],
)
async def test_bad_requests(remote: Remote, path: str, body: Any, words: str) -> None:
    assert words in (await remote.post(path, body, 400))["error"]
    assert remote.simulator.published == []


async def test_unknown_path_and_taken_port(remote: Remote) -> None:
    assert (await remote.get("/nothing", 404))["error"] == "Not Found"
    second = ControlServer(remote.simulator, port=int(remote.url.rpartition(":")[2]))
    with pytest.raises(OSError, match="address already in use"):
        await second.start()


# The command line


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulators_main([]) == 0
    assert "tuya-queue the message queue" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "70000"], "'70000' is no port"),
        (["--access-id", ""], "it is empty"),
        (["--access-secret", "short"], "at least 24 ASCII characters"),
        (["--partitions", "0"], "'0' is no number from 1 to 1000"),
        (["--environment", "prod"], "invalid choice"),
        (["--family", "both"], "invalid choice"),
        (["--retention", "nan"], "is no number from 0"),
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


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """Run the command line in a process of its own; give what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators", "tuya-queue", *arguments),
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


def announced(line: dict[str, Any]) -> TuyaQueueSimulator:
    """Return what a client has to know of a simulator in another process."""
    queue = TuyaQueueSimulator(
        host=line["host"],
        port=line["port"],
        access_id=line["access_id"],
        access_secret=line["access_secret"],
        environment=line["environment"],
    )
    assert line["url"] == queue.url
    return queue


@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_command_line(number: signal.Signals) -> None:
    """It prints where it is, can be used with what it prints, and ends at a signal."""
    secret = "another secret of 32 characters!"
    arguments = ("--access-id", "the-id", "--access-secret", secret, "--environment", "event-test", "--family", "seed")
    async with running(*arguments, "--failover-delay", "0") as (process, line), aiohttp.ClientSession() as session:
        assert line == {
            "simulator": "tuya-queue",
            "host": "127.0.0.1",
            "port": line["port"],
            "url": f"ws://127.0.0.1:{line['port']}/",
            "environment": "event-test",
            "access_id": "the-id",
            "access_secret": secret,
            "authority": None,
            "control": line["control"],
        }
        remote = Remote(announced(line), line["control"], session)
        async with consuming(remote.simulator) as client:
            await remote.post("/report", {"devid": DEVICE, "values": {"switch_1": True}})
            assert (await client.content())["eventType"] == "dp_report"
            process.send_signal(number)
            assert await client.close_code() == 1006
        assert await process.wait() == 0


@pytest.mark.timeout(240)
async def test_command_line_with_tls() -> None:
    async with running("--tls", "--gcm") as (_, line):
        context = ssl.create_default_context(cadata=line["authority"])
        assert line["url"].startswith("wss://")
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
                await session.ws_connect(
                    f"{line['url']}ws/v2/consumer/persistent/{line['access_id']}/out/event/x", ssl=context
                )
            assert raised.value.status == 401
            async with session.get(f"{line['control']}/state") as response:
                assert (await response.json())["gcm"] is True


# Beside a cloud


def named(cloud: TuyaCloudSimulator, name: str) -> CloudDevice:
    return next(device for device in cloud.devices.values() if device.name == name)


@pytest.fixture
async def beside() -> AsyncIterator[tuple[TuyaCloudSimulator, QueueClient]]:
    async with TuyaCloudSimulator(demo_cloud()) as cloud, queue_beside(cloud) as queue, consuming(queue) as client:
        await queue.wait_for_connections()
        yield cloud, client


async def test_what_the_clouds_devices_do(beside: tuple[TuyaCloudSimulator, QueueClient]) -> None:
    cloud, client = beside
    lamp = named(cloud, "Desk lamp")
    cloud.report(lamp.id, {"bright_value_v2": 12, "switch_led": False})
    content = await client.content()
    assert content["bizCode"] == "devicePropertyMessage"
    assert (content["bizData"]["devId"], content["bizData"]["productId"]) == (lamp.id, lamp.product_id)
    assert [(one["code"], one["dpId"], one["value"]) for one in content["bizData"]["properties"]] == [
        ("bright_value_v2", 3, 12),
        ("switch_led", 1, False),
    ]
    cloud.set_online(lamp.id, False)
    assert (await client.content())["bizCode"] == "deviceOffline"
    cloud.set_online(lamp.id, True)
    content = await client.content()
    assert (content["bizCode"], content["bizData"]["uid"]) == ("deviceOnline", lamp.uid)
    cloud.rename(lamp.id, "Küche")
    assert (await client.content())["bizData"]["name"] == "Küche"
    cloud.remove_device(lamp.id)
    content = await client.content()
    assert (content["bizCode"], content["bizData"]["devId"]) == ("deviceUnbindSpace", lamp.id)
    cloud.add_device(lamp)
    content = await client.content()
    assert (content["bizCode"], content["bizData"]["uuid"]) == ("deviceBindSpace", lamp.uuid)


async def test_commands_and_pictures_come_back_through_it(beside: tuple[TuyaCloudSimulator, QueueClient]) -> None:
    cloud, client = beside
    lamp = named(cloud, "Desk lamp")
    async with calling(cloud) as api:
        await api.post(f"/v1.0/devices/{lamp.id}/commands", commands=[{"code": "switch_led", "value": False}])
    assert (await client.content())["bizData"]["properties"][0]["value"] is False
    camera = named(cloud, "Front door")
    cloud.picture_event(camera.id)
    (picture,) = (await client.content())["bizData"]["properties"]
    assert (picture["code"], picture["dpId"]) == ("movement_detect_pic", 115)
    assert picture["value"] == camera.value["movement_detect_pic"]


async def test_it_has_the_clouds_clock_and_secret(beside: tuple[TuyaCloudSimulator, QueueClient]) -> None:
    cloud, client = beside
    queue = client.simulator
    cloud.faults.clock_offset = 3600.0
    lamp = named(cloud, "Desk lamp")
    cloud.report(lamp.id, {"switch_led": True})
    content = await client.content()
    assert abs(content["ts"] / 1000 - cloud.now()) < 5
    old = cloud.access_secret
    cloud.access_secret = "f" * 32
    cloud.report(lamp.id, {"switch_led": True})
    assert content_of(await client.frame(), "f" * 32)["bizData"]["devId"] == lamp.id
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with consuming(queue, secret=old):
            pass
    assert raised.value.status == 401
    # No key is in this one: the queue goes on with the last that had one.
    cloud.access_secret = "short"
    cloud.report(lamp.id, {"switch_led": True})
    assert content_of(await client.frame(), "f" * 32)


async def test_it_leaves_the_cloud_alone_afterwards() -> None:
    async with TuyaCloudSimulator(demo_cloud()) as cloud:
        async with queue_beside(cloud, families=("seed", "core")) as queue:
            cloud.set_online(named(cloud, "Desk lamp").id, False)
            assert len(queue.published) == 2
        lamp = named(cloud, "Desk lamp")
        cloud.report(lamp.id, {"switch_led": True})
        cloud.set_online(lamp.id, True)
        cloud.rename(lamp.id, "x")
        cloud.remove_device(lamp.id)
        cloud.add_device(lamp)
        assert len(queue.published) == 2


async def test_companion() -> None:
    async with TuyaCloudSimulator(demo_cloud(), tls=True) as cloud, companion(cloud, None) as line:
        assert set(line) == {"queue", "queue_control"}
        assert line["queue"].startswith("wss://127.0.0.1:")
        assert cloud.certificate is not None
        context = ssl.create_default_context(cadata=cloud.certificate.authority)
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
                await session.ws_connect(
                    f"{line['queue']}ws/v2/consumer/persistent/{cloud.access_id}/out/event/x", ssl=context
                )
            assert raised.value.status == 401
            async with session.get(f"{line['queue_control']}/state") as response:
                assert (await response.json())["handshakes"] == {"401": 1}


def test_companion_in_the_clouds_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @asynccontextmanager
    async def ending(*_: object) -> AsyncIterator[dict[str, Any]]:
        asyncio.get_running_loop().call_later(0.01, signal.raise_signal, signal.SIGTERM)
        yield {}

    monkeypatch.chdir(ROOT)
    assert cloud_main(["--no-broker"], [companion, ending]) == 0
    assert json.loads(capsys.readouterr().out)["queue"].startswith("ws://127.0.0.1:")
    assert cloud_main(["--no-broker", "--access-secret", "too short"], [companion, ending]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["queue"], line["queue_control"]) == (None, None)


def test_data_point_ids_of_a_device() -> None:
    camera = next(device for device in demo_cloud() if device.name == "Front door")
    ids = dp_ids(camera)
    assert ids["movement_detect_pic"] == 115
    assert ids["basic_indicator"] == 1
    assert len(set(ids.values())) == len(ids) == len(camera.value)
