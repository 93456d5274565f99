"""The signalling's connection, against a real broker."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import gc
import ipaddress
import json
import logging
import math
from pathlib import Path
import socket
import ssl
import time
from typing import Any, Final

import aiomqtt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.broker_link import BrokerLink
from custom_components.iot_gateway.clients.tuya_cloud.camera_sessions import CameraSessions
from custom_components.iot_gateway.clients.tuya_cloud.config_cache import WebRtcConfigCache
from custom_components.iot_gateway.clients.tuya_cloud.errors import CannotReachCloud, CloudError, error_of
from custom_components.iot_gateway.clients.tuya_cloud.mqtt_access import MqttAccess
from custom_components.iot_gateway.clients.tuya_cloud.session import ViewedCamera
from custom_components.iot_gateway.clients.tuya_cloud.signalling import IpcSignalling
from custom_components.iot_gateway.clients.tuya_cloud.signals import CONTROL, Signal, SignallingDown, SignalTarget
from custom_components.iot_gateway.clients.tuya_cloud.wake import wake_payload
from custom_components.iot_gateway.clients.tuya_cloud.webrtc_config import WebRtcConfig
from tests.clients.mosquitto import HOST, needs_broker

from .broker import CAMERA, Broker
from .chromium import check_strictly
from .sdp_samples import ANSWER, CHROMIUM_OFFER

pytestmark = [pytest.mark.usefixtures("socket_enabled"), needs_broker]

DEVICE: Final = "6c9a943f2ea6929675ymcq"
TARGET: Final = SignalTarget(device_id=DEVICE, moto_id="moto_1")
_CANDIDATE: Final = "candidate:1 1 udp 2122260223 192.168.0.227 50828 typ host"
TOPIC: Final = f"/av/moto/moto_1/u/{DEVICE}"
USERS: Final = {"cloud_alpha": "password-alpha", "cloud_beta": "password-beta"}
_TIMEOUT: Final = 20.0


@pytest.fixture
async def broker(tmp_path: Path, socket_enabled: None) -> AsyncIterator[Broker]:
    async with Broker(tmp_path, users=USERS) as broker:
        yield broker


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition that something in the background brings about."""
    async with asyncio.timeout(_TIMEOUT):
        while not condition():
            await asyncio.sleep(0.005)


class Cloud:
    """Grants accesses, those of two users in turn."""

    def __init__(self, url: str, *users: str, lifetime: float = 7200.0) -> None:
        self.url = url
        self.users = users or ("alpha", "beta")
        self.lifetime = lifetime
        self.first_lifetime: float | None = None
        """Seconds that the first access lives, if it is another time."""
        self.passwords = {user.removeprefix("cloud_"): password for user, password in USERS.items()}
        self.errors: list[Exception] = []
        self.granted: list[str] = []

    async def __call__(self) -> MqttAccess:
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop(0)
        user = self.users[len(self.granted) % len(self.users)]
        lifetime = self.lifetime if self.granted or self.first_lifetime is None else self.first_lifetime
        self.granted.append(user)
        return MqttAccess(
            url=self.url,
            client_id=f"id-{user}-{len(self.granted) % 2}",
            username=f"cloud_{user}",
            password=self.passwords[user],
            source_topic=f"/av/u/{user}",
            sink_topic="/av/moto/moto_id/u/{device_id}",
            expires_at=time.time() + lifetime,
        )


class Owner:
    """Whoever keeps a signalling: notes what it is told."""

    def __init__(self, cloud: Cloud, **arguments: Any) -> None:
        self.cloud = cloud
        self.waits: list[tuple[float, float]] = []
        self.pause: float | None = None
        """Seconds of every wait from now on, which `retry_soon` then ends."""
        self.ups: list[bool] = []
        self.errors: list[CloudError] = []
        self.signals: list[Signal] = []
        options: dict[str, Any] = {
            "backoff_first": 0.01,
            "backoff_most": 0.1,
            "timeout": 5.0,
            "uniform": self._uniform,
            "on_error": self.errors.append,
        }
        self.signalling = IpcSignalling(cloud, **(options | arguments))
        _ = self.signalling.add_listener(self.ups.append)

    def hold_renewals(self) -> asyncio.Event:
        """Have all accesses but the first wait for what this returns to be set."""
        gate = asyncio.Event()

        async def access() -> MqttAccess:
            if self.cloud.granted:
                await gate.wait()
            return await self.cloud()

        self.signalling._fetch_access = access
        return gate

    def _uniform(self, low: float, high: float) -> float:
        self.waits.append((low, high))
        return low if self.pause is None else self.pause

    @property
    def statistics(self) -> dict[str, Any]:
        return self.signalling.statistics.as_dict()

    @property
    def is_up(self) -> bool:
        return self.signalling.connected

    @property
    def trouble(self) -> str | None:
        return self.signalling.last_error

    async def lost(self, number: int) -> None:
        """Wait until so many connections were lost."""
        await until(lambda: self.signalling.statistics.losses == number)

    def listen(self, session_id: str) -> Callable[[], None]:
        return self.signalling.register(session_id, self.signals.append)

    @asynccontextmanager
    async def running(self, *, connected: bool = True) -> AsyncIterator[IpcSignalling]:
        """Run the signalling; in the end nothing of it is left."""
        task = asyncio.create_task(self.signalling.run())
        try:
            if connected:
                async with asyncio.timeout(_TIMEOUT):
                    await self.signalling.wait_connected()
            yield self.signalling
        finally:
            task.cancel()
            async with asyncio.timeout(_TIMEOUT):
                await asyncio.wait([task])
            assert task.cancelled()
            assert not self.signalling.connected
            await until(lambda: not [task for task in asyncio.all_tasks() if "signalling" in task.get_name()])


@asynccontextmanager
async def camera(broker: Broker, topic: str = "/av/moto/+/u/#") -> AsyncIterator[Camera]:
    async with broker.client(CAMERA) as client:
        await client.subscribe(topic, qos=1)
        yield Camera(client)


class Camera:
    """Whatever listens on the topics of cameras."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def next(self) -> aiomqtt.Message:
        async with asyncio.timeout(_TIMEOUT):
            return await anext(aiter(self._client.messages))

    async def next_json(self) -> Any:
        payload = (await self.next()).payload
        assert isinstance(payload, bytes)
        return json.loads(payload)

    async def say(self, session_id: str, kind: str = "answer", *, to: str = "alpha", **msg: Any) -> None:
        header = {"type": kind, "from": DEVICE, "to": to, "sessionid": session_id, "moto_id": "moto_1"}
        await self.say_raw(json.dumps({"protocol": 302, "t": 1, "data": {"header": header, "msg": msg}}), to=to)

    async def say_raw(self, payload: str | bytes, *, to: str = "alpha") -> None:
        await self._client.publish(f"/av/u/{to}", payload, qos=1)


# Messages


async def test_offer_and_answer(broker: Broker) -> None:
    """The message as the page has it (section 4), by QoS 1, on the camera's topic; the answer to whoever registered."""
    owner = Owner(Cloud(broker.url), now=lambda: 1600820048.9)
    owner.cloud.lifetime = 1e10
    async with camera(broker) as cam, owner.running() as signalling:
        unregister = owner.listen("session-1")
        confirmed = signalling.publish(TARGET, "session-1", "offer", {"sdp": "v=0\r\n", "stream_type": 1, "auth": "a="})
        message = await cam.next()
        assert (str(message.topic), message.qos, message.retain) == (TOPIC, 1, False)
        assert isinstance(message.payload, bytes)
        assert json.loads(message.payload) == {
            "protocol": 302,
            "pv": "2.2",
            "t": 1600820048,
            "data": {
                "header": {
                    "type": "offer",
                    "from": "alpha",
                    "to": DEVICE,
                    "sub_dev_id": "",
                    "sessionid": "session-1",
                    "moto_id": "moto_1",
                    "tid": "",
                },
                "msg": {"mode": "webrtc", "sdp": "v=0\r\n", "stream_type": 1, "auth": "a="},
            },
        }
        assert await confirmed is True
        await cam.say("session-1", sdp="answer")
        await until(lambda: bool(owner.signals))
        assert owner.signals == [
            Signal(protocol=302, kind="answer", session_id="session-1", sender=DEVICE, msg={"sdp": "answer"})
        ]
        unregister()
        unregister()
        await cam.say("session-1", "candidate")
        await until(lambda: owner.statistics["unmatched"] == 1)
        assert len(owner.signals) == 1
        assert owner.statistics["confirmed_in"] < _TIMEOUT


async def test_control_message_to_a_sub_device(broker: Broker) -> None:
    owner = Owner(Cloud(broker.url))
    target = SignalTarget(device_id=DEVICE, moto_id="moto_9", sub_dev_id="0102")
    async with camera(broker) as cam, owner.running() as signalling:
        _ = signalling.publish(target, "s", "resolution", {"cmdValue": 0}, protocol=CONTROL)
        message = await cam.next_json()
    assert message["protocol"] == 312
    assert message["data"]["header"]["sub_dev_id"] == "0102"
    assert message["data"]["header"]["moto_id"] == "moto_9"
    assert message["data"]["msg"] == {"mode": "webrtc", "cmdValue": 0}


async def test_what_cameras_send_is_not_lost(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The subscription is by QoS 1 too."""
    subscribed: list[tuple[Any, int]] = []
    subscribe = aiomqtt.Client.subscribe

    async def noted(self: aiomqtt.Client, topic: Any, qos: int = 0) -> Any:
        subscribed.append((topic, qos))
        return await subscribe(self, topic, qos)

    monkeypatch.setattr(aiomqtt.Client, "subscribe", noted)
    owner = Owner(Cloud(broker.url))
    async with owner.running():
        assert subscribed == [("/av/u/alpha", 1)]


async def test_no_message_waits_for_another(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """TCP itself would keep a viewer's offer back until the goodbye before it is acknowledged, from a continent away."""
    clients: list[aiomqtt.Client] = []
    enter = aiomqtt.Client.__aenter__

    async def entering(client: aiomqtt.Client) -> aiomqtt.Client:
        clients.append(client)
        return await enter(client)

    monkeypatch.setattr(aiomqtt.Client, "__aenter__", entering)
    async with Owner(Cloud(broker.url)).running():
        (client,) = clients
        connection = client._client.socket()
        assert isinstance(connection, socket.socket)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_order(broker: Broker) -> None:
    """Nobody waits for confirmations, and everything arrives in its order."""
    owner = Owner(Cloud(broker.url))
    async with camera(broker) as cam, owner.running() as signalling:
        futures = [signalling.publish(TARGET, "s", "candidate", {"candidate": str(number)}) for number in range(250)]
        got = [(await cam.next_json())["data"]["msg"]["candidate"] for _ in range(250)]
        assert got == [str(number) for number in range(250)]
        assert await asyncio.gather(*futures) == [True] * 250
    assert owner.statistics["confirmed"] == owner.statistics["sent"] == 250


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"nonsense",
        b"[]",
        b"null",
        b"{}",
        b'{"protocol":302}',
        b"[" * 100_000,
        b'{"protocol":"302","data":{"header":{"type":"answer","sessionid":"s"},"msg":{}}}',
        b'{"protocol":302,"data":{"header":{"type":"answer"},"msg":{}}}',
        b'{"protocol":302,"data":{"header":{"type":1,"sessionid":"s"},"msg":{}}}',
        b'{"protocol":302,"data":{"header":{"type":"answer","sessionid":"s"},"msg":"text"}}',
        b'{"protocol":302,"data":{"header":{"type":"answer","sessionid":"s","from":1},"msg":{}}}',
    ],
)
async def test_malformed_messages(broker: Broker, payload: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """They are counted, said once, and end nothing."""
    owner = Owner(Cloud(broker.url))
    async with camera(broker) as cam, owner.running():
        _ = owner.listen("s")
        for _ in range(3):
            await cam.say_raw(payload)
        await cam.say("s")
        await until(lambda: bool(owner.signals))
    assert owner.statistics["malformed"] == 3
    assert caplog.text.count("cannot be read") == 1


async def test_message_without_msg(broker: Broker) -> None:
    """A disconnect may come without a body."""
    owner = Owner(Cloud(broker.url))
    async with camera(broker) as cam, owner.running():
        _ = owner.listen("s")
        await cam.say_raw(b'{"protocol":302,"data":{"header":{"type":"disconnect","sessionid":"s"}}}')
        await until(lambda: bool(owner.signals))
    assert owner.signals == [Signal(protocol=302, kind="disconnect", session_id="s", sender="", msg={})]


async def test_defect_while_listening(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that a defect of ours ended is made anew, and the defect told."""
    owner = Owner(Cloud(broker.url))

    def fail(_: object) -> None:
        raise RuntimeError("defect")

    async with camera(broker) as cam, owner.running() as signalling:
        receive = signalling._receive
        assert signalling._link is not None
        monkeypatch.setattr(signalling._link, "_on_message", fail)
        await cam.say("s")
        await until(lambda: owner.ups == [True, False, True])
        assert signalling._receive == receive
    assert caplog.text.count("The connection to the message broker failed") == 1


async def test_failing_handler(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("handler")

    owner = Owner(Cloud(broker.url))
    _ = owner.signalling.add_listener(fail)
    async with camera(broker) as cam, owner.running() as signalling:
        _ = signalling.register("bad", fail)
        _ = owner.listen("good")
        await cam.say("bad")
        await cam.say("good")
        await until(lambda: bool(owner.signals))
    assert owner.statistics["handler_errors"] == 1
    assert "could not be handled" in caplog.text
    assert "A callback of the signalling failed" in caplog.text


async def test_ids_that_make_no_topic(broker: Broker) -> None:
    owner = Owner(Cloud(broker.url))
    async with owner.running() as signalling:
        with pytest.raises(ValueError, match="topic"):
            _ = signalling.publish(SignalTarget(device_id="#", moto_id="m"), "s", "offer", {})
        assert owner.is_up


async def test_wake(broker: Broker) -> None:
    """The packet of section 7, by QoS 1."""
    owner = Owner(Cloud(broker.url))
    async with camera(broker, "m/w/#") as cam, owner.running() as signalling:
        assert not signalling.wake(DEVICE, "")
        assert signalling.wake(DEVICE, "0123456789abcdef")
        message = await cam.next()
        assert (str(message.topic), message.qos) == (f"m/w/{DEVICE}", 1)
        assert message.payload == wake_payload("0123456789abcdef")
    assert not owner.signalling.wake(DEVICE, "0123456789abcdef")
    assert owner.statistics["wakes"] == 1


async def test_losses_that_have_nothing_to_do_with_waking(broker: Broker) -> None:
    """A connection that has carried several wake packets did not end over the last of them."""
    owner = Owner(Cloud(broker.url, "alpha"))
    async with owner.running() as signalling:
        for number in range(3):
            for _ in range(4):
                assert signalling.wake(DEVICE, "key")
            await signalling.flush()
            await broker.kick("id-alpha-1")
            await owner.lost(number + 1)
            await until(lambda: owner.signalling.connected)
        assert signalling.wake(DEVICE, "key")


async def test_broker_that_punishes_waking(broker: Broker) -> None:
    """Twice the connection ended over a wake packet: that was the last one."""
    owner = Owner(Cloud(broker.url, "alpha"))
    async with owner.running() as signalling:
        for number in range(2):
            assert signalling.wake(DEVICE, "key")
            await signalling.flush()
            await broker.kick("id-alpha-1")
            await owner.lost(number + 1)
            await until(lambda: owner.signalling.connected)
        assert not signalling.wake(DEVICE, "key")
        assert owner.is_up


# The connection


async def test_before_the_first_connection() -> None:
    """There is nobody to tell anything, not even later."""
    owner = Owner(Cloud("tcp://127.0.0.1:1"))
    with pytest.raises(SignallingDown):
        _ = owner.signalling.publish(TARGET, "s", "offer", {})
    with pytest.raises(SignallingDown):
        _ = owner.signalling.publish(TARGET, "s", "disconnect", {}, keep=True)
    assert not owner.signalling.wake(DEVICE, "key")
    await owner.signalling.flush()


async def test_broker_restarts(broker: Broker) -> None:
    """The connection is made again with the same access, sessions are as they were, and what was kept goes out."""
    owner = Owner(Cloud(broker.url))
    async with owner.running() as signalling:
        _ = owner.listen("s")
        await broker.stop()
        await until(lambda: owner.ups == [True, False])
        assert not owner.is_up
        with pytest.raises(SignallingDown):
            _ = signalling.publish(TARGET, "s", "offer", {})
        kept = [signalling.publish(TARGET, "s", "disconnect", {"n": n}, keep=True) for n in range(3)]
        assert await asyncio.gather(*kept) == [False] * 3
        await until(lambda: owner.statistics["failed_attempts"] >= 2)
        await until(lambda: owner.trouble is not None)
        owner.pause = 3600.0
        before = owner.statistics["failed_attempts"]
        await until(lambda: owner.statistics["failed_attempts"] > before)
        await broker.start()
        async with camera(broker) as cam:
            assert not owner.is_up
            signalling.retry_soon()
            assert [(await cam.next_json())["data"]["msg"]["n"] for _ in range(3)] == [0, 1, 2]
            await until(lambda: owner.ups == [True, False, True])
            await until(lambda: owner.trouble is None)
            await cam.say("s")
            await until(lambda: bool(owner.signals))
    assert owner.cloud.granted == ["alpha"]
    assert owner.ups == [True, False, True]
    assert owner.statistics["losses"] == 1
    assert owner.statistics["connections"] == 2


async def test_connection_ends_before_the_confirmation(broker: Broker) -> None:
    """What nobody confirmed may not have arrived: what has to arrive is sent again."""
    owner = Owner(Cloud(broker.url))
    async with owner.running() as signalling:
        broker.freeze()
        offer = signalling.publish(TARGET, "s", "offer", {})
        disconnect = signalling.publish(TARGET, "s", "disconnect", {}, keep=True)
        await asyncio.sleep(0)
        owner.pause = 3600.0
        await broker.stop(kill=True)
        assert await offer is False
        assert await disconnect is False
        assert owner.statistics["unconfirmed"] == 2
        await broker.start()
        async with camera(broker) as cam:
            signalling.retry_soon()
            assert (await cam.next_json())["data"]["header"]["type"] == "disconnect"
            await until(lambda: owner.statistics["confirmed"] == 1)


async def test_connection_that_died_silently(broker: Broker) -> None:
    """A viewer's message that nobody confirms shows it, long before the keep-alive does."""
    owner = Owner(Cloud(broker.url), confirm_within=1.0, timeout=2.0)
    async with owner.running() as signalling:
        broker.freeze()
        assert signalling.wake(DEVICE, "key")
        await asyncio.sleep(1.2)
        assert owner.is_up
        assert await signalling.publish(TARGET, "s", "offer", {}) is False
        await until(lambda: owner.ups == [True, False])
        assert signalling.last_error is not None
        broker.thaw()
        await until(lambda: owner.ups == [True, False, True])
        assert await signalling.publish(TARGET, "s", "offer", {}) is True


async def test_broker_that_confirms_nothing() -> None:
    """It is not connected anew for each message."""
    async with Peer(_CONNACK, _SUBACK).running() as peer:
        owner = Owner(Cloud(f"tcp://{HOST}:{peer.port}"), confirm_within=0.02)
        async with owner.running() as signalling:
            for number in range(1, 8):
                await until(lambda: owner.is_up)
                assert await signalling.publish(TARGET, "s", "candidate", {}) is False
                await owner.lost(min(number, 3))
            assert owner.is_up
            before = peer.received
            for _ in range(500):
                _ = signalling.publish(TARGET, "s", "candidate", {"candidate": "x" * 100})
            await until(lambda: peer.received - before > 500 * 100)


async def test_old_messages_are_not_kept_for_ever(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten minutes a camera has freed the place by itself."""
    monkeypatch.setattr("custom_components.iot_gateway.clients.tuya_cloud.outbox._SECONDS", 0.05)
    owner = Owner(Cloud(broker.url))
    async with owner.running() as signalling:
        owner.pause = 3600.0
        await broker.stop()
        await until(lambda: not signalling.connected)
        _ = signalling.publish(TARGET, "s", "disconnect", {"n": "old"}, keep=True)
        await asyncio.sleep(0.1)
        monkeypatch.setattr("custom_components.iot_gateway.clients.tuya_cloud.outbox._SECONDS", 600.0)
        _ = signalling.publish(TARGET, "s", "disconnect", {"n": "new"}, keep=True)
        await broker.start()
        async with camera(broker) as cam:
            signalling.retry_soon()
            assert (await cam.next_json())["data"]["msg"]["n"] == "new"


async def test_attempts(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come less and less often, until somebody wants to watch; and then not more than one at a time."""
    await broker.stop()
    owner = Owner(Cloud(broker.url), backoff_first=0.01, backoff_most=0.08)
    async with owner.running(connected=False) as signalling:
        await until(lambda: owner.statistics["failed_attempts"] >= 5)
        assert owner.waits[:5] == [(0.005, 0.01), (0.01, 0.02), (0.02, 0.04), (0.04, 0.08), (0.04, 0.08)]
        assert owner.cloud.granted == ["alpha"]
        owner.pause = 3600.0
        before = owner.statistics["failed_attempts"]
        await until(lambda: owner.statistics["failed_attempts"] > before)
        begun = asyncio.get_running_loop().time()
        for _ in range(5):
            signalling.retry_soon()
        await until(lambda: owner.statistics["failed_attempts"] > before + 1)
        await asyncio.sleep(0.05)
        assert owner.statistics["failed_attempts"] == before + 2
        assert asyncio.get_running_loop().time() - begun < 60
    assert owner.ups == []


async def test_hurry_keeps_a_distance(broker: Broker) -> None:
    """However often somebody wants to watch, there is a least time between two attempts."""
    await broker.stop()
    owner = Owner(Cloud(broker.url), backoff_first=0.2, backoff_most=0.2)
    owner.pause = 3600.0
    begun = asyncio.get_running_loop().time()
    async with owner.running(connected=False) as signalling:
        while owner.statistics["failed_attempts"] < 4:
            signalling.retry_soon()
            await asyncio.sleep(0.001)
        assert asyncio.get_running_loop().time() - begun > 0.55


async def test_cloud_does_not_grant_access(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """The owner is told of the cloud's errors; whatever it is, the attempts go on."""
    owner = Owner(Cloud(broker.url))
    errors = [CannotReachCloud("no way"), CannotReachCloud("still not")]
    owner.cloud.errors = [errors[0], RuntimeError("a defect"), errors[1]]
    async with owner.running() as signalling:
        assert owner.errors == errors
        assert owner.statistics["failed_attempts"] == 3
        assert signalling.last_error is None
    assert "Connecting to the message broker failed" in caplog.text


@pytest.mark.parametrize("code", [1106, 28841002, 28841004, 28841106, 1114, -1])
async def test_cloud_refuses_access(broker: Broker, code: int) -> None:
    """A call that only its owner can mend is counted all the same: attempts become as rare as one an hour."""
    owner = Owner(Cloud(broker.url), backoff_first=0.001, backoff_most=0.002)
    owner.cloud.errors = [error_of(code, "no") for _ in range(9)]
    async with owner.running():
        assert owner.statistics["accesses"] == 10
    assert max(high for low, high in owner.waits if low) == pytest.approx(0.001 * 2**9)


@pytest.mark.parametrize("error", [CannotReachCloud("no way"), error_of(1110, "busy")])
async def test_cloud_is_away(broker: Broker, error: CloudError) -> None:
    """What passes by itself is not waited for that long."""
    owner = Owner(Cloud(broker.url), backoff_first=0.001, backoff_most=0.002)
    owner.cloud.errors = [error for _ in range(9)]
    async with owner.running():
        assert max(high for low, high in owner.waits if low) <= 0.002


async def test_credentials_are_refused(broker: Broker) -> None:
    """They may have ended, or have been replaced: others are asked for, under the other link id."""
    owner = Owner(Cloud(broker.url))
    owner.cloud.passwords["alpha"] = "of yesterday"
    async with owner.running():
        assert owner.cloud.granted == ["alpha", "beta"]
        assert owner.statistics["refused"] == 1
        assert owner.statistics["accesses"] == 2


async def test_credentials_are_always_refused(broker: Broker) -> None:
    """Each attempt costs a call of the cloud then, so they become rare."""
    owner = Owner(Cloud(broker.url), backoff_first=0.001, backoff_most=0.002)
    owner.cloud.passwords = {"alpha": "wrong", "beta": "wrong"}
    async with owner.running(connected=False):
        await until(lambda: owner.statistics["refused"] >= 7)
    longest = [high for _, high in owner.waits]
    assert max(longest) >= 0.064
    assert owner.ups == []


async def test_credentials_end_while_connected(broker: Broker) -> None:
    """The broker drops who is connected; the same credentials are tried once, then new ones are fetched."""
    owner = Owner(Cloud(broker.url))
    async with owner.running():
        broker.set_password("cloud_alpha", "another")
        await until(lambda: owner.ups == [True, False, True])
        assert owner.is_up
    assert owner.cloud.granted == ["alpha", "beta"]


async def test_access_that_has_ended_is_not_tried(broker: Broker) -> None:
    owner = Owner(Cloud(broker.url))
    async with owner.running() as signalling:
        await broker.stop()
        await until(lambda: not signalling.connected)
        access = signalling._access
        assert access is not None
        object.__setattr__(access, "expires_at", time.time() + 5)
        await until(lambda: len(owner.cloud.granted) == 2)
        await broker.start()
        await until(lambda: signalling.connected)


async def test_two_with_one_client_id(broker: Broker) -> None:
    """Whoever is thrown out again and again comes back less and less often."""
    # What lasts for ten times the first wait is a success, however short it is on a busy machine
    owner = Owner(Cloud(broker.url, "alpha"), backoff_first=0.4, backoff_most=10.0)
    async with owner.running():
        owner.waits.clear()
        for number in range(4):
            await until(lambda: owner.signalling.connected)
            await broker.kick("id-alpha-1")
            await owner.lost(number + 1)
        assert len(owner.cloud.granted) == 1
        backoffs = [high for low, high in owner.waits if low == high / 2]
        assert backoffs[:4] == [0.4, 0.8, 1.6, 3.2]


# Renewal


async def test_renewal(broker: Broker) -> None:
    """The next connection is made before the end of this one's credentials; for a while both listen, and nobody notices."""
    owner = Owner(Cloud(broker.url), drain=0.6)
    owner.cloud.first_lifetime = 0.8
    gate = owner.hold_renewals()
    async with camera(broker) as cam, owner.running() as signalling:
        _ = owner.listen("old")
        _ = signalling.publish(TARGET, "old", "offer", {})
        assert (await cam.next_json())["data"]["header"]["from"] == "alpha"
        gate.set()
        await until(lambda: owner.statistics["renewals"] == 1)
        assert owner.cloud.granted == ["alpha", "beta"]
        # Sessions stay who they are, new ones are the new connection's
        _ = owner.listen("new")
        for session_id, sender in (("old", "alpha"), ("new", "beta")):
            _ = signalling.publish(TARGET, session_id, "candidate", {})
            assert (await cam.next_json())["data"]["header"]["from"] == sender
        # Both topics are listened to
        await cam.say("old", to="alpha")
        await cam.say("new", to="beta")
        await until(lambda: len(owner.signals) == 2)
        # The old connection stays while a session needs its topic, and goes with it
        await asyncio.sleep(1.3)
        await cam.say("old", to="alpha")
        await until(lambda: len(owner.signals) == 3)
        signalling._handlers.pop("old")
        signalling._senders.pop("old")
        await until(lambda: not signalling._retiring)
        await cam.say("new", to="alpha")
        await cam.say("new", to="beta")
        await until(lambda: len(owner.signals) == 4)
    assert owner.ups == [True]
    assert owner.statistics["losses"] == 0
    assert owner.statistics["connections"] == 2


@pytest.mark.parametrize(
    ("users", "renewals"), [(("alpha",), 5), (("alpha", "beta"), 1)], ids=["one topic", "a topic each"]
)
async def test_nothing_is_lost_in_a_renewal(broker: Broker, users: tuple[str, ...], renewals: int) -> None:
    """While one connection replaces another again and again, both sides get all that the other says; cameras in its order."""
    owner = Owner(Cloud(broker.url, *users, lifetime=0.4), drain=0.05)
    sent = 0
    said = 0
    async with camera(broker) as cam, owner.running() as signalling:
        _ = owner.listen("s")

        async def say() -> None:
            nonlocal said
            while True:
                said += 1
                await cam.say("s", "candidate", n=said)
                await asyncio.sleep(0.005)

        saying = asyncio.create_task(say())
        try:
            while owner.statistics["renewals"] < renewals:
                sent += 1
                if owner.statistics["renewals"] == renewals - 1:
                    owner.cloud.lifetime = 7200.0
                _ = signalling.publish(TARGET, "s", "candidate", {"n": sent})
                await asyncio.sleep(0.005)
        finally:
            saying.cancel()
            _ = await asyncio.wait([saying])
        got = [(await cam.next_json())["data"]["msg"]["n"] for _ in range(sent)]
        assert got == list(range(1, sent + 1))
        await until(lambda: any(signal.msg["n"] >= said - 1 for signal in owner.signals))
        # What is said while two listen may be heard twice, and one may be ahead of the other: sessions know that
        heard = {signal.msg["n"] for signal in owner.signals}
        assert heard >= set(range(1, said))
    assert owner.ups == [True]
    assert owner.statistics["losses"] == 0
    assert owner.statistics["unconfirmed"] == 0


async def test_view_while_two_connections_listen(broker: Broker) -> None:
    """A viewer is told everything once."""

    async def fetch(_device_id: str) -> WebRtcConfig:
        return WebRtcConfig(auth="auth", moto_id="moto_1", supports_webrtc=True)

    owner = Owner(Cloud(broker.url, "alpha", lifetime=0.4), drain=60.0)
    told: list[str] = []
    errors: list[Exception] = []
    async with camera(broker) as cam, owner.running() as signalling:
        await until(lambda: bool(signalling._retiring))
        owner.cloud.lifetime = 7200.0
        await until(lambda: signalling._link is not None and signalling._link.access.expires_at > time.time() + 60)
        sessions = CameraSessions(ViewedCamera(device_id=DEVICE), signalling, WebRtcConfigCache(fetch))
        _ = sessions.open(
            "viewer", CHROMIUM_OFFER, on_answer=told.append, on_candidate=told.append, on_error=errors.append
        )
        session_id = (await cam.next_json())["data"]["header"]["sessionid"]
        before = owner.statistics["received"]
        # Two, or more where a machine is so slow that the credentials ended once more
        listening = 1 + len(signalling._retiring)
        assert listening >= 2
        await cam.say(session_id, "candidate", candidate=f"a={_CANDIDATE}\r\n")
        await cam.say(session_id, "answer", sdp=ANSWER)
        await cam.say(session_id, "candidate", candidate=f"a={_CANDIDATE}\r\n".replace("50828", "50829"))
        await until(lambda: owner.statistics["received"] - before >= 3 * listening)
        assert (told[0][:3], told[1:]) == ("v=0", [_CANDIDATE, _CANDIDATE.replace("50828", "50829")])
        await cam.say(session_id, "disconnect")
        await until(lambda: owner.statistics["received"] - before >= 4 * listening)
        assert len(errors) == 1
        assert len(told) == 3


async def test_renewal_waits_for_what_is_under_way(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes out by the new connection must not overtake what the old one has not delivered."""
    owner = Owner(Cloud(broker.url, lifetime=0.4))
    gate = asyncio.Event()
    publish = aiomqtt.Client.publish

    async def slow(self: aiomqtt.Client, *args: Any, **kwargs: Any) -> None:
        await publish(self, *args, **kwargs)
        await gate.wait()

    async with owner.running() as signalling:
        monkeypatch.setattr(aiomqtt.Client, "publish", slow)
        first = signalling.publish(TARGET, "s", "offer", {})
        owner.cloud.lifetime = 7200.0
        await until(lambda: owner.statistics["connections"] == 2)
        old = signalling._link
        assert owner.statistics["renewals"] == 0
        second = signalling.publish(TARGET, "s", "candidate", {})
        assert signalling._link is old
        gate.set()
        assert await first
        assert await second
        await until(lambda: owner.statistics["renewals"] == 1)
        assert signalling._link is not old


async def test_end_during_a_renewal(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that was just made, and not yet used, is ended too."""
    owner = Owner(Cloud(broker.url, lifetime=0.4))

    async def silent(self: aiomqtt.Client, *args: Any, **kwargs: Any) -> None:
        await asyncio.Event().wait()

    async with owner.running() as signalling:
        monkeypatch.setattr(aiomqtt.Client, "publish", silent)
        _ = signalling.publish(TARGET, "s", "offer", {})
        await until(lambda: owner.statistics["connections"] == 2)
    assert owner.statistics["renewals"] == 0


async def test_renewal_with_one_topic(broker: Broker) -> None:
    """Where all connections of a user have one topic, the old one ends after the drain whatever sessions there are."""
    owner = Owner(Cloud(broker.url, "alpha", lifetime=0.4), drain=0.1)
    async with camera(broker) as cam, owner.running() as signalling:
        _ = owner.listen("s")
        _ = signalling.publish(TARGET, "s", "offer", {})
        owner.cloud.lifetime = 7200.0
        await until(lambda: owner.statistics["renewals"] == 1)
        assert signalling._retiring
        await until(lambda: not signalling._retiring)
        await cam.say("s")
        await until(lambda: bool(owner.signals))
        assert len(owner.signals) == 1
    assert owner.ups == [True]


async def test_renewal_fails_at_first(broker: Broker) -> None:
    """As long as the old connection stands there is time."""
    owner = Owner(Cloud(broker.url, lifetime=1.0))
    async with owner.running():
        owner.cloud.errors = [CannotReachCloud("no way")] * 3
        owner.cloud.lifetime = 7200.0
        await until(lambda: owner.statistics["renewals"] == 1)
        assert owner.statistics["failed_attempts"] == 3
        assert len(owner.errors) == 3
    assert owner.ups == [True]


async def test_connection_lost_during_the_renewal(broker: Broker) -> None:
    """The new one takes over."""
    owner = Owner(Cloud(broker.url, lifetime=0.4))
    gate = owner.hold_renewals()
    async with owner.running() as signalling:
        await until(lambda: owner.statistics["accesses"] == 2)
        broker.set_password("cloud_alpha", None)
        await until(lambda: not signalling.connected)
        owner.cloud.lifetime = 7200.0
        gate.set()
        await until(lambda: signalling.connected)
    assert owner.ups == [True, False, True]
    assert owner.statistics["renewals"] == 1


@pytest.mark.parametrize("lifetime", [-100.0, 0.0, 0.05])
async def test_credentials_that_seem_to_be_over(broker: Broker, lifetime: float) -> None:
    """Where a clock is wrong, the broker knows better: each renewal would cost a call, one after the other without an end."""
    owner = Owner(Cloud(broker.url, lifetime=lifetime), backoff_first=0.1)
    begun = asyncio.get_running_loop().time()
    async with owner.running() as signalling:
        await asyncio.sleep(2.0)
        await until(lambda: len(owner.cloud.granted) >= 6)
        assert signalling.connected
        # A few at once, then after 0.2, 0.4, 0.8 and 1.6 s, and so on
        passed = asyncio.get_running_loop().time() - begun
        assert len(owner.cloud.granted) <= 6 + math.log2(passed / 0.2 + 1)
        owner.cloud.lifetime = 7200.0
        await until(lambda: not signalling._short_accesses)
    assert owner.ups == [True]


@pytest.mark.parametrize(("lifetime", "margin"), [(7200.0, 300.0), (600.0, 150.0), (0.0, 0.0)])
def test_time_of_renewal(lifetime: float, margin: float) -> None:
    """Five minutes before the end, or a quarter of the time where that is short; with some jitter before."""
    owner = Owner.__new__(Owner)
    owner.waits, owner.pause = [], None
    now = 1000.0
    signalling = IpcSignalling(Cloud("tcp://x"), now=lambda: now, uniform=owner._uniform)
    access = MqttAccess(
        url="", client_id="", username="", password="", source_topic="", sink_topic="", expires_at=now + lifetime
    )
    assert signalling._renewal_of(access) == now + lifetime - margin
    assert owner.waits == [(0.0, margin / 10)]


# With sessions


async def test_view_over_a_broker(broker: Broker) -> None:
    """Sessions, their configuration and the signalling together, as the integration has them; the last word arrives."""
    asked: list[str] = []
    told: list[tuple[str, Any]] = []
    session_id = ""

    async def fetch(device_id: str) -> WebRtcConfig:
        asked.append(device_id)
        return WebRtcConfig(auth="auth", moto_id="moto_1", supports_webrtc=True)

    configs = WebRtcConfigCache(fetch)
    owner = Owner(Cloud(broker.url))
    async with camera(broker) as cam:
        async with owner.running() as signalling:
            sessions = CameraSessions(ViewedCamera(device_id=DEVICE), signalling, configs)
            for number in range(3):
                told.clear()
                _ = sessions.open(
                    f"viewer-{number}",
                    CHROMIUM_OFFER,
                    on_answer=lambda sdp: told.append(("answer", sdp)),
                    on_candidate=lambda candidate: told.append(("candidate", candidate)),
                    on_error=lambda error: told.append(("error", error)),
                )
                sessions.add_candidate(f"viewer-{number}", _CANDIDATE)
                messages = [(await cam.next_json())["data"] for _ in range(2)]
                assert [message["header"]["type"] for message in messages] == ["offer", "candidate"]
                session_id = messages[0]["header"]["sessionid"]
                await cam.say(session_id, "candidate", candidate=f"a={_CANDIDATE}\r\n")
                await cam.say(session_id, "answer", sdp=ANSWER)
                await until(lambda: len(told) == 2)
                assert told[1] == ("candidate", _CANDIDATE)
                _ = check_strictly(CHROMIUM_OFFER, told[0][1])
                if number < 2:
                    sessions.close(f"viewer-{number}")
                    assert (await cam.next_json())["data"]["header"]["type"] == "disconnect"
            sessions.close_all()
        last = (await cam.next_json())["data"]["header"]
        assert (last["type"], last["sessionid"]) == ("disconnect", session_id)
    assert asked == [DEVICE]
    assert owner.statistics["malformed"] == 0


async def test_nothing_grows(broker: Broker) -> None:
    """However many views there were, what is kept of them is the history of the last few."""

    async def fetch(_device_id: str) -> WebRtcConfig:
        return WebRtcConfig(auth="auth", moto_id="moto_1", supports_webrtc=True)

    owner = Owner(Cloud(broker.url))
    told: list[str] = []
    errors: list[Exception] = []
    counts: list[int] = []
    async with camera(broker) as cam, owner.running() as signalling:
        sessions = CameraSessions(ViewedCamera(device_id=DEVICE), signalling, WebRtcConfigCache(fetch))

        async def view(name: str) -> None:
            told.clear()
            _ = sessions.open(
                name, CHROMIUM_OFFER, on_answer=told.append, on_candidate=told.append, on_error=errors.append
            )
            sessions.add_candidate(name, _CANDIDATE)
            session_id = (await cam.next_json())["data"]["header"]["sessionid"]
            await cam.say(session_id, "candidate", candidate=f"a={_CANDIDATE}\r\n")
            await cam.say(session_id, "answer", sdp=ANSWER)
            await until(lambda: len(told) == 2)
            sessions.close(name)
            assert [(await cam.next_json())["data"]["header"]["type"] for _ in range(2)] == ["candidate", "disconnect"]

        for number in range(90):
            await view(str(number))
            if number in (29, 59, 89):
                await signalling.flush()
                _ = gc.collect()
                ours = ("custom_components.", "aiomqtt.", "paho.")
                counts.append(sum(type(one).__module__.startswith(ours) for one in gc.get_objects()))
        assert errors == []
        link = signalling._link
        assert link is not None
        assert not link.sends
        assert not list(link._client._pending_calls)
        assert not link._client._client._out_messages
        for kept in (signalling._handlers, signalling._senders, signalling._outbox, signalling._retiring):
            assert not kept
        # Only the list that was registered by this test's owner
        assert signalling._listeners == [owner.ups.append]
    assert counts[2] <= counts[1] <= counts[0]
    assert len(sessions.as_dict()["ended"]) == 20


# The end


async def test_goodbye(broker: Broker) -> None:
    """What was sent last arrives, however soon the end comes."""
    owner = Owner(Cloud(broker.url))
    async with camera(broker) as cam:
        async with owner.running() as signalling:
            for _ in range(50):
                _ = signalling.publish(TARGET, "s", "disconnect", {}, keep=True)
        for _ in range(50):
            assert (await cam.next_json())["data"]["header"]["type"] == "disconnect"
    # The end that the owner makes is no news to it
    assert owner.ups == [True]


async def test_end_without_broker(broker: Broker) -> None:
    """A broker that doesn't answer any more doesn't hold us."""
    owner = Owner(Cloud(broker.url))
    async with owner.running() as signalling:
        broker.freeze()
        _ = signalling.publish(TARGET, "s", "disconnect", {}, keep=True)
        begun = asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            await signalling.flush(0.05)
        assert 0.04 < asyncio.get_running_loop().time() - begun < 15.0


class Peer:
    """A broker that is told what to answer, or answers nothing."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = answers
        self.connections = 0
        self.received = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        for answer in self._answers:
            _ = await reader.read(1000)
            writer.write(answer)
        while some := await reader.read(1000):
            self.received += len(some)
        self.open.discard(writer)
        writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Peer]:
        server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
            await until(lambda: not self.open)


_CONNACK: Final = b"\x20\x02\x00\x00"
_SUBACK: Final = b"\x90\x03\x00\x01\x01"
_SUBACK_REFUSED: Final = b"\x90\x03\x00\x01\x80"


async def test_subscription_is_refused() -> None:
    """A connection that hears nothing is none."""
    async with Peer(_CONNACK, _SUBACK_REFUSED).running() as peer:
        owner = Owner(Cloud(f"tcp://{HOST}:{peer.port}"))
        async with owner.running(connected=False):
            await until(lambda: owner.statistics["refused"] >= 2)
        assert owner.ups == []
        assert owner.statistics["connections"] == 0
        assert len(owner.cloud.granted) >= 2


async def test_left_while_it_subscribes(caplog: pytest.LogCaptureFixture) -> None:
    """The broker's answer comes when nobody waits for it any more, as when an entry is loaded again at that moment."""
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _ = await reader.read(1000)
        writer.write(_CONNACK)
        _ = await reader.read(1000)
        # Within one turn of the event loop: the answer is there, and is read after the end was told
        writer.write(_SUBACK)
        link.abort()
        while await reader.read(1000):
            pass
        writer.close()
        left.set()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        cloud = Cloud(f"tcp://{HOST}:{server.sockets[0].getsockname()[1]}")
        link = BrokerLink(
            await cloud(),
            tls_context=None,
            keepalive=60,
            timeout=_TIMEOUT,
            on_message=lambda _: None,
            on_end=lambda _: None,
            linger=lambda coroutine: coroutine.close(),
        )
        with pytest.raises(asyncio.CancelledError):
            await link.open()
        async with asyncio.timeout(_TIMEOUT):
            await left.wait()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_broker_that_never_answers() -> None:
    async with Peer(b"").running() as peer:
        owner = Owner(Cloud(f"tcp://{HOST}:{peer.port}"), timeout=0.1)
        async with owner.running(connected=False):
            await until(lambda: owner.statistics["failed_attempts"] >= 1)
            assert owner.signalling.last_error == "Operation timed out"
            for writer in tuple(peer.open):
                writer.transport.abort()
                peer.open.discard(writer)


async def test_end_while_connecting() -> None:
    """A client that is just being connected is disconnected when that is done."""
    async with Peer(b"").running() as peer:
        owner = Owner(Cloud(f"tcp://{HOST}:{peer.port}"), timeout=0.2)
        async with owner.running(connected=False):
            await until(lambda: peer.connections >= 1)
        for writer in tuple(peer.open):
            writer.transport.abort()
            peer.open.discard(writer)


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make a certificate for the loopback address, and its key."""
    directory = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker of a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "cert.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.fixture
async def tls_broker(tmp_path: Path, certificate: tuple[Path, Path], socket_enabled: None) -> AsyncIterator[Broker]:
    broker = Broker(tmp_path, users=USERS, tls=certificate)
    async with broker:
        yield broker


async def test_tls(tls_broker: Broker, certificate: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(cafile=str(certificate[0]))
    owner = Owner(Cloud(tls_broker.url), tls_context=context)
    async with owner.running() as signalling:
        assert await signalling.publish(TARGET, "s", "offer", {}) is True


# paho leaves the socket of a handshake that failed to the garbage collector
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored while finalizing socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("trust", ["nobody", "the system"])
async def test_tls_that_nobody_vouches_for(tls_broker: Broker, trust: str) -> None:
    """A broker with a certificate of its own gets no password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if trust == "nobody" else None
    owner = Owner(Cloud(tls_broker.url), tls_context=context)
    async with owner.running(connected=False):
        await until(lambda: owner.statistics["failed_attempts"] >= 2)
    assert "CERTIFICATE_VERIFY_FAILED" in (owner.signalling.last_error or "")
    assert owner.statistics["refused"] == 0
    assert len(owner.cloud.granted) == 1
    _ = gc.collect()


# Secrets


async def test_nothing_secret_is_logged(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """Not even by the libraries, at their most talkative."""
    caplog.set_level(logging.DEBUG)
    owner = Owner(Cloud(broker.url))
    async with camera(broker) as cam, owner.running() as signalling:
        _ = owner.listen("s")
        _ = signalling.publish(TARGET, "s", "offer", {"sdp": "the-sdp", "auth": "the-auth"})
        _ = signalling.wake(DEVICE, "the-local-key")
        await cam.say("s", sdp="the-answer")
        await until(lambda: bool(owner.signals))
        broker.set_password("cloud_alpha", "other")
        await until(lambda: owner.ups == [True, False, True])
    shown = caplog.text + repr(owner.signals) + repr(signalling.last_error) + json.dumps(owner.statistics)
    for secret in (
        "password",
        "id-alpha",
        "cloud_alpha",
        "/av/u",
        "the-sdp",
        "the-auth",
        "the-local-key",
        "the-answer",
    ):
        assert secret not in shown
