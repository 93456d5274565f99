"""The simulators' broker: a real mosquitto, who may do what in it, and what ends a connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import os
from pathlib import Path
import shutil
import signal
import socket
import ssl
import sys

import aiomqtt
import pytest

from simulators import mqtt_broker
from simulators.mqtt_broker import (
    BrokerFailed,
    BrokerUser,
    MosquittoBroker,
    MosquittoMissing,
    camera_user,
    cloud_user,
    find_mosquitto,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

ANNA = cloud_user("cloud_anna", "annas password")
BEN = cloud_user("cloud_ben", "bens password")
CAMERA = camera_user("bf01", "the camera's password")


def client(broker: MosquittoBroker, user: BrokerUser, client_id: str | None = None) -> aiomqtt.Client:
    return aiomqtt.Client(
        broker.host,
        broker.port,
        identifier=client_id or user.username,
        username=user.username,
        password=user.password,
        tls_context=broker.client_context(),
        timeout=5,
    )


@pytest.fixture
async def broker() -> AsyncIterator[MosquittoBroker]:
    async with MosquittoBroker(users=[ANNA, BEN, CAMERA]) as running:
        yield running


async def receive(connection: aiomqtt.Client) -> tuple[str, bytes]:
    async with asyncio.timeout(20):
        message = await anext(aiter(connection.messages))
    assert isinstance(message.payload, bytes)
    return str(message.topic), message.payload


@asynccontextmanager
async def subscribed(
    broker: MosquittoBroker, user: BrokerUser, *topics: str, client_id: str | None = None
) -> AsyncIterator[aiomqtt.Client]:
    async with client(broker, user, client_id) as connection:
        for topic in topics:
            await connection.subscribe(topic, qos=1)
        yield connection


async def ends(broker: MosquittoBroker, user: BrokerUser, until: asyncio.Event, client_id: str | None = None) -> None:
    """Be connected until the broker ends it."""
    with pytest.raises(aiomqtt.MqttError, match="Disconnected"):  # noqa: PT012 - also how it is left
        async with client(broker, user, client_id) as connection:
            until.set()
            async for _ in connection.messages:
                pass


@asynccontextmanager
async def losing(broker: MosquittoBroker, user: BrokerUser, client_id: str | None = None) -> AsyncIterator[None]:
    """Expect that a connection of a user ends meanwhile."""
    up = asyncio.Event()
    task = asyncio.create_task(ends(broker, user, up, client_id))
    try:
        async with asyncio.timeout(20):
            await up.wait()
        yield
        async with asyncio.timeout(20):
            await task
    finally:
        task.cancel()


# Who may do what


async def test_signalling_goes_both_ways(broker: MosquittoBroker) -> None:
    async with (
        subscribed(broker, CAMERA, "/av/moto/+/u/bf01", "m/w/bf01") as camera,
        subscribed(broker, ANNA, "/av/u/anna") as anna,
    ):
        await anna.publish("/av/moto/moto_1/u/bf01", b"offer", qos=1)
        assert await receive(camera) == ("/av/moto/moto_1/u/bf01", b"offer")
        await camera.publish("/av/u/anna", b"answer", qos=1)
        assert await receive(anna) == ("/av/u/anna", b"answer")
        await anna.publish("m/w/bf01", b"\x01\x02\x03\x04", qos=1)
        assert await receive(camera) == ("m/w/bf01", b"\x01\x02\x03\x04")
    assert broker.received == {"/av/moto/moto_1/u/bf01": 1, "/av/u/anna": 1, "m/w/bf01": 1}
    assert broker.denied == []
    assert broker.connections == 2
    await broker.wait_for(lambda: not broker.clients)


async def test_what_the_acl_keeps_apart(broker: MosquittoBroker) -> None:
    """Subscriptions to what isn't one's own bring nothing, publications reach nobody; both without an error."""
    async with (
        subscribed(broker, BEN, "#", "/av/u/anna") as ben,
        subscribed(broker, CAMERA, "#") as camera,
        subscribed(broker, ANNA, "/av/u/anna") as anna,
    ):
        await ben.publish("/av/u/anna", b"from another user", qos=1)
        await camera.publish("/av/moto/moto_1/u/bf01", b"to itself", qos=1)
        await camera.publish("m/w/bf01", b"wake up", qos=1)
        await anna.publish("elsewhere", b"x", qos=1)
        await broker.wait_for(lambda: len(broker.denied) == 4)
        assert sorted(broker.denied) == [
            ("bf01", "/av/moto/moto_1/u/bf01"),
            ("bf01", "m/w/bf01"),
            ("cloud_anna", "elsewhere"),
            ("cloud_ben", "/av/u/anna"),
        ]
        # What comes first is what was allowed, so nothing else came.
        await camera.publish("/av/u/anna", b"1", qos=1)
        await camera.publish("/av/u/ben", b"2", qos=1)
        await anna.publish("/av/moto/m/u/bf02", b"another camera", qos=1)
        await anna.publish("/av/moto/m/u/bf01", b"3", qos=1)
        assert await receive(anna) == ("/av/u/anna", b"1")
        assert await receive(ben) == ("/av/u/ben", b"2")
        assert await receive(camera) == ("/av/moto/m/u/bf01", b"3")


@pytest.mark.parametrize(
    "user", [BrokerUser(username="cloud_anna", password="wrong"), BrokerUser(username="nobody", password="x")]
)
async def test_login_refused(broker: MosquittoBroker, user: BrokerUser) -> None:
    with pytest.raises(aiomqtt.MqttError, match="[Nn]ot authori[sz]ed"):
        async with client(broker, user):
            pass
    await broker.wait_for(lambda: broker.refused == 1)
    assert broker.clients == {}


async def test_nobody_without_a_name(broker: MosquittoBroker) -> None:
    with pytest.raises(aiomqtt.MqttError, match="[Nn]ot authori[sz]ed"):
        async with aiomqtt.Client(broker.host, broker.port):
            pass


async def test_publish_as_nobody(broker: MosquittoBroker) -> None:
    large = bytes(range(256)) * 800
    async with subscribed(broker, CAMERA, "m/w/bf01") as camera:
        await broker.publish("m/w/bf01", b"1234")
        assert await receive(camera) == ("m/w/bf01", b"1234")
        await broker.publish("m/w/bf01", large)
        assert await receive(camera) == ("m/w/bf01", large)
        assert broker.clients == {"bf01": "bf01"}


# Users come and go


async def test_add_and_remove(broker: MosquittoBroker) -> None:
    carl = cloud_user("cloud_carl", "c")
    with pytest.raises(aiomqtt.MqttError):
        async with client(broker, carl):
            pass
    async with subscribed(broker, ANNA, "/av/u/anna") as anna:
        await broker.add_user(carl)
        async with losing(broker, carl):
            await broker.wait_for_client("cloud_carl")
            await broker.remove_user("cloud_carl")
            assert broker.clients == {"cloud_anna": "cloud_anna"}
        with pytest.raises(aiomqtt.MqttError):
            async with client(broker, carl):
                pass
        await broker.remove_user("cloud_carl")
        # Nobody else has noticed.
        await broker.publish("/av/u/anna", b"still there")
        assert await receive(anna) == ("/av/u/anna", b"still there")


async def test_another_password_ends_the_connection(broker: MosquittoBroker) -> None:
    async with losing(broker, ANNA):
        await broker.add_user(cloud_user("cloud_anna", "another"))
    async with client(broker, cloud_user("cloud_anna", "another")):
        pass


async def test_users_that_come_while_it_is_stopped(broker: MosquittoBroker) -> None:
    await broker.stop()
    await broker.stop()
    carl = cloud_user("cloud_carl", "c")
    await broker.add_user(carl)
    await broker.remove_user("cloud_ben")
    await broker.start()
    await broker.start()
    async with client(broker, carl):
        pass
    with pytest.raises(aiomqtt.MqttError):
        async with client(broker, BEN):
            pass


async def test_many_users_at_once(broker: MosquittoBroker) -> None:
    users = [cloud_user(f"cloud_{number}", str(number)) for number in range(8)]
    await asyncio.gather(*map(broker.add_user, users))
    for user in users:
        async with client(broker, user):
            pass


# What ends a connection


async def test_kick(broker: MosquittoBroker) -> None:
    async with subscribed(broker, BEN, "/av/u/ben") as ben, losing(broker, ANNA, "one"), losing(broker, ANNA, "two"):
        await broker.wait_for(lambda: len(broker.clients) == 3)
        await broker.kick("cloud_anna")
        async with client(broker, ANNA):
            pass
        await broker.publish("/av/u/ben", b"x")
        assert await receive(ben) == ("/av/u/ben", b"x")


async def test_kick_one_client_of_a_user(broker: MosquittoBroker) -> None:
    async with subscribed(broker, ANNA, "/av/u/anna", client_id="two") as two:
        async with losing(broker, ANNA, "one"):
            await broker.wait_for(lambda: len(broker.clients) == 2)
            await broker.kick_client("one")
        await broker.publish("/av/u/anna", b"x")
        assert await receive(two) == ("/av/u/anna", b"x")
        await broker.kick_client("nobody")
        assert broker.clients == {"two": "cloud_anna"}
        assert not broker.takeovers


async def test_takeover(broker: MosquittoBroker) -> None:
    """A second connection with a client id ends the first, as the cloud's broker does."""
    async with losing(broker, ANNA, "same"), client(broker, ANNA, "same"):
        await broker.wait_for(lambda: broker.takeovers == {"same": 1})
        await broker.wait_for(lambda: broker.clients == {"same": "cloud_anna"})


async def test_restart_on_the_same_port(broker: MosquittoBroker) -> None:
    port = broker.port
    async with losing(broker, ANNA):
        await broker.restart()
        assert broker.clients == {}
    assert broker.port == port
    assert broker.running
    async with client(broker, ANNA):
        pass


async def test_stopped(broker: MosquittoBroker) -> None:
    async with losing(broker, ANNA):
        await broker.stop()
    assert not broker.running
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(broker.host, broker.port)
    with pytest.raises(BrokerFailed, match="doesn't run"):
        broker.freeze()


async def test_freeze_and_thaw(broker: MosquittoBroker) -> None:
    async with subscribed(broker, ANNA, "/av/u/anna") as anna, subscribed(broker, CAMERA) as camera:
        broker.freeze()
        with pytest.raises(aiomqtt.MqttError, match="timed out"):
            await camera.publish("/av/u/anna", b"late", qos=1, timeout=0.1)
        broker.thaw()
        assert await receive(anna) == ("/av/u/anna", b"late")


async def test_stop_while_frozen(broker: MosquittoBroker) -> None:
    broker.freeze()
    await broker.stop()
    assert not broker.running


async def test_end_by_itself(broker: MosquittoBroker) -> None:
    assert broker._process is not None
    waiting = asyncio.create_task(broker.wait_for_client("cloud_anna"))
    await asyncio.sleep(0)
    broker._process.send_signal(signal.SIGKILL)
    with pytest.raises(BrokerFailed, match="mosquitto ended: "):
        await waiting
    carl = cloud_user("cloud_carl", "c")
    with pytest.raises(BrokerFailed):
        await broker.add_user(carl)
    await broker.start()
    async with client(broker, carl):
        pass


# How it is reached


async def test_tls() -> None:
    async with MosquittoBroker(tls=True, users=[ANNA]) as broker:
        assert broker.tls
        assert broker.url == f"ssl://127.0.0.1:{broker.port}"
        async with subscribed(broker, ANNA, "/av/u/anna") as anna:
            await broker.publish("/av/u/anna", b"x")
            assert await receive(anna) == ("/av/u/anna", b"x")
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection(broker.host, broker.port, ssl=ssl.create_default_context())
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection(
                broker.host, broker.port, ssl=broker.client_context(), server_hostname="other.example"
            )


async def test_url_without_tls(broker: MosquittoBroker) -> None:
    assert not broker.tls
    assert broker.url == f"tcp://127.0.0.1:{broker.port}"
    assert broker.client_context() is None


@pytest.mark.parametrize("tls", [False, True])
async def test_round_trip_time(tls: bool) -> None:
    """Connecting takes a round trip for TCP, one for MQTT and with TLS at least one more; a publication takes one."""
    loop = asyncio.get_running_loop()
    async with MosquittoBroker(tls=tls, users=[ANNA, CAMERA], rtt=0.1) as broker:
        started = loop.time()
        async with client(broker, ANNA) as anna:
            assert loop.time() - started >= (0.3 if tls else 0.2)
            started = loop.time()
            await anna.publish("m/w/bf01", b"x", qos=1)
            assert loop.time() - started >= 0.1
            broker.rtt = 0.0
            assert broker.rtt == 0
            took = []
            for number in range(50):
                started = loop.time()
                await anna.publish("m/w/bf01", str(number), qos=1)
                took.append(loop.time() - started)
            # Not each of them is held up by a busy machine
            assert min(took) < 0.1
        # The broker's own time isn't the link's.
        started = loop.time()
        broker.rtt = 30.0
        await broker.publish("m/w/bf01", b"x")
        assert loop.time() - started < 20


async def test_slow_link_keeps_the_order_and_ends_with_the_broker() -> None:
    async with MosquittoBroker(users=[ANNA, CAMERA], rtt=0.02) as broker:
        port = broker.port
        async with subscribed(broker, ANNA, "/av/u/anna") as anna, client(broker, CAMERA) as camera:
            for number in range(100):
                await camera.publish("/av/u/anna", str(number), qos=0)
                broker.rtt = 0.02 if number % 2 else 0.0
            received = [(await receive(anna))[1] for _ in range(100)]
            assert received == [str(number).encode() for number in range(100)]
        async with losing(broker, ANNA):
            await broker.restart()
        assert broker.port == port
        async with client(broker, ANNA):
            pass
        await broker.stop()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(broker.host, broker.port)


async def test_no_slow_link(broker: MosquittoBroker) -> None:
    assert broker.rtt is None
    with pytest.raises(ValueError, match="no slow link"):
        broker.rtt = 1.0


# What can be wrong with the machine


async def test_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(mqtt_broker, "_MORE_PATHS", "/nonexistent/sbin")
    with pytest.raises(MosquittoMissing, match="there is no mosquitto, neither on the PATH nor in /nonexistent/sbin"):
        await MosquittoBroker().start()


def test_found_where_a_user_has_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = find_mosquitto()
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(mqtt_broker, "_MORE_PATHS", expected.rpartition("/")[0])
    assert find_mosquitto() == expected


async def test_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        broker = MosquittoBroker(port=port)
        with pytest.raises(BrokerFailed, match="Address already in use"):
            await broker.start()
        assert not broker.running
        slow = MosquittoBroker(port=port, rtt=0.01)
        with pytest.raises(OSError, match="in use"):
            await slow.start()
        assert not slow.running


async def test_port_that_somebody_was_quicker_to_take(monkeypatch: pytest.MonkeyPatch) -> None:
    real = mqtt_broker._free_port
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = iter([taken.getsockname()[1], real("127.0.0.1")])
        monkeypatch.setattr(mqtt_broker, "_free_port", lambda _: next(ports))
        async with MosquittoBroker(users=[ANNA]) as broker, client(broker, ANNA):
            assert broker.port != taken.getsockname()[1]


def test_passwords_are_in_no_text(caplog: pytest.LogCaptureFixture) -> None:
    assert "annas password" not in repr(ANNA)
    assert "KEY" not in repr(MosquittoBroker(tls=True).certificate)


async def test_log_has_no_passwords(broker: MosquittoBroker) -> None:
    async with client(broker, ANNA):
        pass
    assert broker.log
    assert not any("password" in line for line in broker.log)


@pytest.mark.timeout(240)
async def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """Also when that is killed and can't clear away."""
    if shutil.which("setpriv") is None:
        pytest.skip("nothing here ties a process to another")
    script = (
        "import asyncio\nfrom simulators.mqtt_broker import MosquittoBroker\n"
        "async def main():\n    async with MosquittoBroker() as broker:\n"
        "        print(broker.port, flush=True)\n        await asyncio.Event().wait()\nasyncio.run(main())"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script),
        cwd=Path(__file__).parents[2],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        port = int(await process.stdout.readline())
        process.kill()
        await process.wait()
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                break
            writer.close()
            await asyncio.sleep(0.01)


async def test_publish_while_frozen(broker: MosquittoBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_broker, "_ANSWER_TIMEOUT", 0.05)
    broker.freeze()
    with pytest.raises(TimeoutError):
        await broker.publish("m/w/bf01", b"x")
