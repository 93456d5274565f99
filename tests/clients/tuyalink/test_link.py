"""The connection, against a real broker, and against a scripted one where no real broker behaves like that."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import gc
import ipaddress
import logging
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

from custom_components.iot_gateway.clients.tuyalink import topics
from custom_components.iot_gateway.clients.tuyalink.commands import PropertySet, answer_set
from custom_components.iot_gateway.clients.tuyalink.errors import (
    AnswerTimeout,
    CannotConnect,
    CloudRefused,
    CredentialsRefused,
    LinkError,
    LinkLost,
    MessageInvalid,
    MessageTooLarge,
    TakenOver,
)
from custom_components.iot_gateway.clients.tuyalink.link import LinkTimings, TuyaLink
from custom_components.iot_gateway.clients.tuyalink.mqtt import MqttClient
from custom_components.iot_gateway.clients.tuyalink.tls import tls_context
from custom_components.iot_gateway.clients.tuyalink.topics import DOWNLINKS
from tests.clients.mosquitto import HOST, TIMEOUT, needs_broker

from .broker import DEVICE, NOW, OTHER_SUB_DEVICE, SECRET, SUB_DEVICE, Broker, credentials
from .cloud import TIMINGS, Cloud, Owner, Uplink, until
from .scripted_broker import CONNECT, PUBLISH, SUBSCRIBE, ScriptedBroker

pytestmark = [pytest.mark.usefixtures("socket_enabled"), needs_broker]

_VALUES: Final = {"color": {"value": "red", "time": 1626197189638}}


@pytest.fixture
async def scripted(socket_enabled: None) -> AsyncIterator[ScriptedBroker]:
    async with ScriptedBroker.started() as broker:
        yield broker


# Connecting


async def test_how_it_connects(scripted: ScriptedBroker) -> None:
    async with Owner(scripted.port).running() as owner:
        (connection,) = scripted.connections
        name, password = credentials(DEVICE, SECRET, int(NOW))
        assert (connection.client_id, connection.user, connection.password) == (f"tuyalink_{DEVICE}", name, password)
        # MQTT 3.1.1, clean session, 60 s, and QoS 1 for all that is heard
        assert (connection.level, connection.clean, connection.keepalive, connection.qos) == (4, True, 60, {1})
        assert sorted(connection.topics) == sorted(f"tylink/{DEVICE}/{down}" for down in DOWNLINKS["gateway"])
        assert owner.log == ["connected"]
        assert owner.link.connected


async def test_a_device_that_is_no_gateway_hears_no_topology(scripted: ScriptedBroker) -> None:
    async with Owner(scripted.port, gateway=False).running():
        (connection,) = scripted.connections
        assert sorted(connection.topics) == sorted(f"tylink/{DEVICE}/{down}" for down in DOWNLINKS["device"])


async def test_each_connection_is_signed_anew(scripted: ScriptedBroker) -> None:
    times = iter(range(int(NOW), int(NOW) + 1000))
    async with Owner(scripted.port, now=lambda: next(times)).running() as owner:
        scripted.drop_all()
        await until(lambda: owner.statistics["connections"] == 2)
    first, second = scripted.connections
    assert (first.user, first.password) != (second.user, second.password)
    assert second.password == credentials(DEVICE, SECRET, int(second.user.split("timestamp=")[1].split(",")[0]))[1]


async def test_the_seeds_vector_logs_in_at_a_real_broker(tmp_path: Path) -> None:
    async with (
        Broker(tmp_path, timestamps=[1607635284]) as broker,
        Owner(broker.port, now=lambda: 1607635284.9).running() as owner,
    ):
        assert owner.link.connected


async def test_tls_is_verified_and_at_most_1_2(tmp_path: Path) -> None:
    certificate, key, authority = _certificate(tmp_path)
    async with Broker(tmp_path, tls=(certificate, key)) as broker:
        context = await asyncio.to_thread(tls_context, authority=authority)
        async with Owner(broker.port, tls=context).running() as owner:
            assert owner.link.connected
            client = owner.link._session
            assert client is not None
            sock = client.client._client.socket()
            assert isinstance(sock, ssl.SSLSocket)
            assert sock.version() == "TLSv1.2"

        strange = Owner(broker.port, tls=await asyncio.to_thread(tls_context))
        async with strange.running(connected=False):
            await until(lambda: strange.errors)
        (err, *_) = strange.errors
        assert isinstance(err, CannotConnect)
        assert err.certificate_invalid
        owner.errors.clear()
        strange.errors.clear()
        del err
        # A socket that paho left open would say so here
        _ = gc.collect()


def test_contexts_that_do_not_verify_are_refused() -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="verify"):
        _ = tls_context(context)
    ready = ssl.create_default_context()
    assert tls_context(ready) is ready
    assert ready.maximum_version is ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        _ = tls_context(authority="no certificate")


def test_a_device_id_that_makes_no_topic_is_refused_at_once() -> None:
    with pytest.raises(MessageInvalid):
        _ = TuyaLink(host=HOST, port=1, device_id="#", device_secret=SECRET, tls=None)


async def test_one_run_at_a_time(broker: Broker) -> None:
    async with Owner(broker.port).running() as owner:
        with pytest.raises(RuntimeError):
            await owner.link.run()
        assert owner.link.connected


async def test_running_again_after_the_end(broker: Broker) -> None:
    owner = Owner(broker.port)
    for _ in range(2):
        async with owner.running():
            assert owner.link.connected
        assert not owner.link.connected
    assert owner.log == ["connected", "connected"]


# Not connecting


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind((HOST, 0))
        owner = Owner(unused.getsockname()[1])
        async with owner.running(connected=False):
            await until(lambda: owner.statistics["failed_attempts"] >= 3)
    assert all(isinstance(err, CannotConnect) for err in owner.errors)
    assert owner.log == []


async def test_waits_grow_up_to_the_most_and_are_spread() -> None:
    waits: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        waits.append((low, high))
        return 0.0

    with socket.socket() as unused:
        unused.bind((HOST, 0))
        owner = Owner(unused.getsockname()[1], timings=LinkTimings(), uniform=uniform)
        async with owner.running(connected=False):
            await until(lambda: len(waits) >= 8)
    assert waits[:8] == [(0.5, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (30, 60), (30, 60)]


@pytest.mark.parametrize("code", [1, 2, 3])
async def test_a_refusal_that_is_not_for_the_credentials(scripted: ScriptedBroker, code: int) -> None:
    scripted.connack = code
    owner = Owner(scripted.port)
    async with owner.running(connected=False):
        await until(lambda: owner.errors)
        assert isinstance(owner.errors[0], CannotConnect)
        assert owner.statistics["refused"] == 0
        scripted.connack = 0
        async with asyncio.timeout(TIMEOUT):
            await owner.link.wait_connected()


@pytest.mark.parametrize("code", [4, 5])
async def test_a_refused_secret_is_told_once_and_tried_slowly(scripted: ScriptedBroker, code: int) -> None:
    scripted.connack = code
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return 0.01

    owner = Owner(scripted.port, timings=LinkTimings(), uniform=uniform)
    async with owner.running(connected=False):
        await until(lambda: owner.statistics["refused"] >= 7)
        assert owner.log == ["CredentialsRefused"]
        # From a minute to half an hour
        assert drawn[:7] == [(low, 1.2 * low) for low in (60, 120, 240, 480, 960, 1800, 1800)]
        scripted.connack = 0
        async with asyncio.timeout(TIMEOUT):
            await owner.link.wait_connected()
        assert owner.log == ["CredentialsRefused", "connected"]
        # The next refusal is news again, and begins at the first wait
        scripted.connack = code
        drawn.clear()
        scripted.drop_all()
        await until(lambda: owner.log[2:] == ["LinkLost", "CredentialsRefused"])
        await until(lambda: (60, 72) in drawn)


async def test_a_real_broker_refuses_a_wrong_secret(broker: Broker) -> None:
    owner = Owner(broker.port, device_secret="0123456789abcdef")
    async with owner.running(connected=False):
        await until(lambda: owner.log == ["CredentialsRefused"])
        assert isinstance(owner.link.last_error, CredentialsRefused)


async def test_a_secret_that_is_changed_meanwhile(broker: Broker) -> None:
    async with Owner(broker.port).running() as owner:
        broker.set_secret("0123456789abcdef")
        await until(lambda: "CredentialsRefused" in owner.log)
        assert owner.log == ["connected", "LinkLost", "CredentialsRefused"]
        broker.set_secret(SECRET)
        async with asyncio.timeout(TIMEOUT):
            await owner.link.wait_connected()


async def test_no_subscription_at_all_is_no_connection(scripted: ScriptedBroker) -> None:
    scripted.suback = lambda _: 0x80
    owner = Owner(scripted.port)
    async with owner.running(connected=False):
        await until(lambda: owner.errors)
        assert isinstance(owner.errors[0], CannotConnect)
        assert owner.log == []


async def test_a_refused_subscription_is_said_once(scripted: ScriptedBroker, caplog: pytest.LogCaptureFixture) -> None:
    scripted.suback = lambda topic: 0x80 if topic.endswith("ota/firmware/issue") else 1
    async with Owner(scripted.port).running() as owner:
        scripted.drop_all()
        await until(lambda: owner.statistics["connections"] == 2)
        assert owner.statistics["refused_subscriptions"] == 2
    assert len([record for record in caplog.records if "subscriptions" in record.message]) == 1


@pytest.mark.parametrize(
    ("ask", "answer"), [("subscribe", b"\x90\x03\x00\x01\x01"), ("unsubscribe", b"\xb0\x02\x00\x01")]
)
async def test_an_answer_that_nobody_waits_for(caplog: pytest.LogCaptureFixture, ask: str, answer: bytes) -> None:
    """As when an entry is loaded again while its link subscribes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _ = await reader.read(1000)
        writer.write(b"\x20\x02\x00\x00")
        _ = await reader.read(1000)
        # Within one turn of the event loop: the answer is there, and is read after the end was told
        writer.write(answer)
        asking.cancel()
        while await reader.read(1000):
            pass
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    logger = logging.getLogger(__name__)
    async with server, MqttClient(HOST, server.sockets[0].getsockname()[1], logger=logger) as client:
        asking = asyncio.create_task(getattr(client, ask)("a/topic"))
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


# Loss in every state


@pytest.mark.parametrize("at", [CONNECT, SUBSCRIBE])
async def test_lost_before_it_is_up(scripted: ScriptedBroker, at: int) -> None:
    scripted.end_at = at
    owner = Owner(scripted.port)
    async with owner.running(connected=False):
        await until(lambda: owner.statistics["failed_attempts"] >= 3)
        assert owner.log == []
        assert owner.statistics["losses"] == owner.statistics["connections"] == 0
        scripted.end_at = None
        async with asyncio.timeout(TIMEOUT):
            await owner.link.wait_connected()
        assert owner.log == ["connected"]


async def test_lost_with_the_very_answer_to_the_last_subscription(scripted: ScriptedBroker) -> None:
    scripted.end_after = SUBSCRIBE
    scripted.topics_until_end = len(DOWNLINKS["gateway"])
    owner = Owner(scripted.port)
    async with owner.running(connected=False):
        await until(lambda: len(scripted.connections) >= 10)
        # Whichever came first, nobody is left with a connection that is none
        await until(lambda: not owner.link.connected)
        assert owner.log.count("connected") == len(owner.log) - owner.log.count("connected")
        scripted.end_after = None
        await until(lambda: owner.log and owner.log[-1] == "connected")
        await owner.link.publish(topics.PROPERTY_REPORT, _VALUES)


@pytest.mark.parametrize("silent", ["connack", "suback"])
async def test_silence_before_it_is_up(scripted: ScriptedBroker, silent: str) -> None:
    setattr(scripted, silent, None)
    owner = Owner(scripted.port, timings=replace(TIMINGS, connect_within=0.1))
    async with owner.running(connected=False):
        await until(lambda: owner.statistics["failed_attempts"] >= 2)
        assert owner.log == []
        # No connection is left behind, which would take over the next one once it is answered
        await until(lambda: all(one.writer.is_closing() for one in scripted.connections[:2]))


async def test_lost_while_it_is_up(scripted: ScriptedBroker) -> None:
    async with Owner(scripted.port).running() as owner:
        scripted.drop_all()
        await until(lambda: owner.log == ["connected", "LinkLost", "connected"])
        assert owner.statistics["losses"] == 1
        assert isinstance(owner.errors[0], LinkLost)


async def test_lost_while_a_message_is_unconfirmed(scripted: ScriptedBroker) -> None:
    scripted.puback = False
    async with Owner(scripted.port).running() as owner:
        publishing = asyncio.create_task(owner.link.publish(topics.PROPERTY_REPORT, _VALUES))
        await until(lambda: scripted.published)
        scripted.drop_all()
        with pytest.raises(LinkLost):
            async with asyncio.timeout(TIMEOUT):
                await publishing
        assert owner.statistics["unconfirmed"] == 1


async def test_lost_at_the_very_message(scripted: ScriptedBroker) -> None:
    scripted.end_at = PUBLISH
    async with Owner(scripted.port).running() as owner:
        with pytest.raises(LinkLost):
            async with asyncio.timeout(TIMEOUT):
                await owner.link.publish(topics.PROPERTY_REPORT, _VALUES)
        with pytest.raises(LinkLost):
            async with asyncio.timeout(TIMEOUT):
                await owner.link.publish(topics.PROPERTY_REPORT, _VALUES)


async def test_lost_while_an_answer_is_awaited(scripted: ScriptedBroker) -> None:
    async with Owner(scripted.port).running() as owner:
        asking = asyncio.create_task(owner.link.request(topics.MODEL_GET, {"format": "simple"}))
        await until(lambda: owner.statistics["confirmed"] == 1)
        scripted.drop_all()
        with pytest.raises(LinkLost):
            async with asyncio.timeout(TIMEOUT):
                await asking


async def test_a_message_that_is_never_confirmed_ends_the_connection(scripted: ScriptedBroker) -> None:
    scripted.puback = False
    async with Owner(scripted.port, timings=replace(TIMINGS, confirm_within=0.1)).running() as owner:
        with pytest.raises(LinkLost):
            async with asyncio.timeout(TIMEOUT):
                await owner.link.publish(topics.PROPERTY_REPORT, _VALUES)
        await until(lambda: owner.statistics["connections"] == 2)
        assert owner.log == ["connected", "LinkLost", "connected"]
        # We ended it, so nobody has taken us over however often that happens
        for _ in range(4):
            async with asyncio.timeout(TIMEOUT):
                await owner.link.wait_connected()
                with pytest.raises(LinkLost):
                    await owner.link.publish(topics.PROPERTY_REPORT, _VALUES)
        assert owner.statistics["losses"] == 5
        assert "TakenOver" not in owner.log


async def test_a_frozen_broker_is_noticed_and_left(broker: Broker) -> None:
    owner = Owner(broker.port, timings=replace(TIMINGS, confirm_within=1.0, connect_within=1.0))
    async with owner.running():
        broker.freeze()
        with pytest.raises(LinkLost):
            async with asyncio.timeout(TIMEOUT):
                await owner.link.publish(topics.PROPERTY_REPORT, _VALUES)
        assert not owner.link.connected
        await until(lambda: owner.statistics["failed_attempts"] >= 1)
        broker.thaw()
        async with asyncio.timeout(TIMEOUT):
            await owner.link.wait_connected()
        # It stays: what was begun while it froze doesn't take it over
        await owner.link.publish(topics.PROPERTY_REPORT, _VALUES)
        connections = owner.statistics["connections"]
        await asyncio.sleep(1.2)
        assert owner.statistics["connections"] == connections
        assert owner.link.connected


async def test_a_dead_link_is_no_silent_cloud(scripted: ScriptedBroker) -> None:
    """What the broker never confirmed has not arrived there, so that is what it says, whichever time is up first."""
    scripted.puback = False
    async with Owner(scripted.port, timings=replace(TIMINGS, confirm_within=0.2)).running() as owner:
        for timeout in (0.1, 0.2):
            async with asyncio.timeout(TIMEOUT):
                await owner.link.wait_connected()
                with pytest.raises(LinkLost):
                    _ = await owner.link.request(topics.PROPERTY_REPORT, _VALUES, timeout=timeout)
        assert owner.statistics["timeouts"] == 0


async def test_silence_is_noticed_by_the_keepalive(scripted: ScriptedBroker) -> None:
    scripted.pingresp = False
    async with Owner(scripted.port, keepalive=1).running() as owner:
        await until(lambda: owner.log[:3] == ["connected", "LinkLost", "connected"])


@pytest.mark.parametrize("kill", [False, True])
async def test_the_broker_restarts(broker: Broker, kill: bool) -> None:
    async with Owner(broker.port).running() as owner:
        await broker.stop(kill=kill)
        await until(lambda: not owner.link.connected)
        with pytest.raises(LinkLost):
            await owner.link.publish(topics.PROPERTY_REPORT, _VALUES)
        with pytest.raises(LinkLost):
            _ = await owner.link.request(topics.MODEL_GET, None)
        await broker.start()
        async with asyncio.timeout(TIMEOUT):
            await owner.link.wait_connected()
        assert owner.log == ["connected", "LinkLost", "connected"]
        async with Cloud.at(broker) as cloud:
            await cloud.send("thing/property/set", {"msgId": "1", "time": 1626197189, "data": {"color": "green"}})
            await until(lambda: owner.sets)


async def test_the_end_of_run_leaves_nothing_behind(scripted: ScriptedBroker) -> None:
    before = asyncio.all_tasks()
    async with Owner(scripted.port).running() as owner:
        asking = asyncio.create_task(owner.link.request(topics.MODEL_GET, None))
        await until(lambda: owner.statistics["confirmed"] == 1)
    with pytest.raises(LinkLost):
        await asking
    # It says good-bye, so that the cloud knows at once
    await until(lambda: 14 in scripted.connections[0].packets)
    await until(lambda: {task for task in asyncio.all_tasks() - before if "serve" not in repr(task)} == set())


async def test_cancelled_while_it_connects(scripted: ScriptedBroker) -> None:
    scripted.connack = None
    owner = Owner(scripted.port)
    async with owner.running(connected=False):
        await until(lambda: len(scripted.connections) == 1)
    await until(scripted.connections[0].writer.is_closing)


# Another client with the same certificate


async def test_one_takeover_is_a_loss_like_any_other(broker: Broker) -> None:
    async with Owner(broker.port).running() as owner:
        async with broker.second_client():
            pass
        await until(lambda: owner.log[:3] == ["connected", "LinkLost", "connected"])
        assert not owner.link.taken_over


async def test_taken_over_again_and_again(broker: Broker) -> None:
    waits: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        waits.append((low, high))
        return low

    # So long that no busy machine has us left alone in between
    owner = Owner(broker.port, uniform=uniform, timings=replace(TIMINGS, takeover_within=3.0))
    reconnects = 0

    async def rival() -> None:
        """Reconnect at once whenever the broker has ended the connection."""
        nonlocal reconnects
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with broker.second_client() as client:
                    reconnects += 1
                    async for _ in client.messages:
                        pass

    async with owner.running():
        task = asyncio.create_task(rival())
        await until(lambda: owner.link.taken_over)
        told = [entry for entry in owner.log if entry == "TakenOver"]
        assert told == ["TakenOver"]
        assert owner.statistics["takeovers"] == 1
        assert isinstance(owner.link.last_error, TakenOver)
        # It comes back slowly, which nobody is told of: neither of the connection nor of its end
        log = list(owner.log)
        attempts = len(waits)
        fights, begun = reconnects, time.monotonic()
        await until(lambda: len(waits) >= attempts + 5)
        assert owner.log == log
        # One fight for each of our attempts, of which the first two come after 0.2 and the others after 0.4 seconds
        assert reconnects - fights <= 2 + (time.monotonic() - begun) / 0.4 + 1
        assert waits[-3:] == [(0.4, 0.4 * 1.2)] * 3
        # The other one gives up: told once we have been left alone for a while
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await until(lambda: owner.log[-1] == "connected")
        assert owner.log == [*log, "connected"]
        assert not owner.link.taken_over
        assert owner.link.last_error is None


async def test_the_slow_retry_is_five_to_thirty_minutes(scripted: ScriptedBroker) -> None:
    waits: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        waits.append((low, high))
        return 0.0

    owner = Owner(scripted.port, timings=LinkTimings(), uniform=uniform)
    async with owner.running():
        for count in range(1, 8):
            await until(lambda count=count: owner.statistics["connections"] == count)  # type: ignore[misc]
            scripted.drop_all()
        await until(lambda: len(waits) >= 7)
    assert owner.log.count("TakenOver") == 1
    assert waits[:2] == [(0.5, 1), (1, 2)]
    assert waits[2:7] == [(low, 1.2 * low) for low in (300, 600, 1200, 1800, 1800)]


async def test_two_of_us_settle_it_without_ping_pong(broker: Broker) -> None:
    timings = replace(TIMINGS, takeover_within=5.0)
    first, second = Owner(broker.port, timings=timings), Owner(broker.port, timings=timings)
    async with first.running(), second.running():
        await until(lambda: first.link.taken_over or second.link.taken_over)
        counted = first.statistics["connections"] + second.statistics["connections"]
        begun = time.monotonic()
        await asyncio.sleep(1.0)
        more = first.statistics["connections"] + second.statistics["connections"] - counted
        # Each slow retry costs the other one a connection; they come every 0.2 to 0.4 seconds here
        assert more <= 4 * (time.monotonic() - begun) / 0.2
        assert first.log.count("TakenOver") + second.log.count("TakenOver") <= 2


async def test_a_broker_that_flaps_is_not_taken_for_another_client(broker: Broker) -> None:
    async with Owner(broker.port).running() as owner:
        for _ in range(4):
            await broker.stop()
            await until(lambda: not owner.link.connected and owner.statistics["failed_attempts"] > 0)
            failed = owner.statistics["failed_attempts"]
            await until(lambda failed=failed: owner.statistics["failed_attempts"] > failed)  # type: ignore[misc]
            await broker.start()
            async with asyncio.timeout(TIMEOUT):
                await owner.link.wait_connected()
        assert "TakenOver" not in owner.log


# A few questions


async def test_opened_for_a_few_questions(broker: Broker, cloud: Cloud) -> None:
    cloud.answer("thing/model/get", data={"modelId": "1", "services": []})
    link = Owner(broker.port).link
    async with link.opened() as opened:
        assert opened is link
        assert (await link.request(topics.MODEL_GET, None))["modelId"] == "1"
    assert not link.connected


@pytest.mark.parametrize(("code", "expected"), [(3, CannotConnect), (4, CredentialsRefused), (5, CredentialsRefused)])
async def test_opening_says_what_is_wrong(scripted: ScriptedBroker, code: int, expected: type[LinkError]) -> None:
    scripted.connack = code
    with pytest.raises(expected):
        async with Owner(scripted.port).link.opened():
            pytest.fail("it was not opened")


async def test_opening_takes_no_longer_than_it_may(scripted: ScriptedBroker) -> None:
    scripted.connack = None
    with pytest.raises(CannotConnect):
        async with Owner(scripted.port).link.opened(timeout=0.1):
            pytest.fail("it was not opened")


# Requests


async def test_a_request_and_its_answer(owner: Owner, cloud: Cloud) -> None:
    cloud.answer("thing/model/get", data={"modelId": "1"})
    assert await owner.link.request(topics.MODEL_GET, {"format": "simple"}) == {"modelId": "1"}
    uplink = await cloud.one("thing/model/get")
    assert uplink.device_id == DEVICE
    assert uplink.body == {
        "msgId": uplink.body["msgId"],
        "time": 1626197189638,
        "sys": {"ack": 1},
        "data": {"format": "simple"},
    }
    assert len(uplink.body["msgId"]) <= 32
    assert owner.statistics["requests"] == owner.statistics["answers"] == 1
    assert owner.statistics["confirmed_in"] >= 0


async def test_an_answer_without_code_is_a_success(owner: Owner, cloud: Cloud) -> None:
    cloud.answers["ext/config/get"] = lambda _: {"data": {"url": "x"}}
    assert await owner.link.request(topics.CONFIG_GET, None) == {"url": "x"}


async def test_answers_find_their_requests_in_any_order(owner: Owner, cloud: Cloud) -> None:
    asked: list[Uplink] = []

    def keep(uplink: Uplink) -> None:
        asked.append(uplink)

    cloud.answers["thing/model/get"] = keep
    requests = [asyncio.create_task(owner.link.request(topics.MODEL_GET, {"n": index})) for index in range(20)]
    await until(lambda: len(asked) == 20)
    for uplink in reversed(asked):
        await cloud.send(
            "thing/model/get_response",
            {"msgId": uplink.body["msgId"], "time": 1, "code": 0, "data": uplink.body["data"]["n"]},
        )
    assert await asyncio.gather(*requests) == list(range(20))


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (1001, "service_error"),
        (1002, "invalid_parameter"),
        (1003, "data_format"),
        (1004, "device_not_found"),
        (2001, "device_offline"),
        (2002, "model_not_defined"),
        (2003, "property_not_defined"),
        (2004, "event_not_defined"),
        (2006, "data_check"),
        (2121, "partly_refused"),
        (2122, "all_refused"),
        (2123, "too_many_sub_devices"),
        (2124, "too_much_history"),
        (-7, "unknown"),
    ],
)
async def test_the_clouds_codes_are_errors(owner: Owner, cloud: Cloud, code: int, key: str) -> None:
    cloud.answer("thing/property/report", code=code)
    with pytest.raises(CloudRefused) as raised:
        _ = await owner.link.request(topics.PROPERTY_REPORT, _VALUES)
    assert (raised.value.code, raised.value.key) == (code, key)
    assert raised.value.what == "thing/property/report"
    assert str(code) in str(raised.value)
    assert owner.statistics["refusals"] == {str(code): 1}


async def test_no_answer(owner: Owner, cloud: Cloud) -> None:
    with pytest.raises(AnswerTimeout):
        _ = await owner.link.request(topics.MODEL_GET, None, timeout=0.1)
    assert owner.statistics["requests"] == owner.statistics["timeouts"] == 1
    # What comes too late belongs to nobody, and the connection stays
    uplink = await cloud.one("thing/model/get")
    await cloud.send("thing/model/get_response", {"msgId": uplink.body["msgId"], "code": 0})
    await until(lambda: owner.statistics["unmatched"] == 1)
    assert owner.log == ["connected"]


@pytest.mark.parametrize("wrong", ["id", "topic", "device"])
async def test_an_answer_to_something_else_is_none(owner: Owner, cloud: Cloud, wrong: str) -> None:
    await owner.link.add_sub_devices([SUB_DEVICE])
    asking = asyncio.create_task(owner.link.request(topics.MODEL_GET, None))
    msg_id = (await cloud.one("thing/model/get")).body["msgId"]
    function = "thing/event/trigger_response" if wrong == "topic" else "thing/model/get_response"
    await cloud.send(
        function,
        {"msgId": "0" if wrong == "id" else msg_id, "code": 0, "data": "wrong"},
        SUB_DEVICE if wrong == "device" else DEVICE,
    )
    await until(lambda: owner.statistics["unmatched"] == 1)
    await cloud.send("thing/model/get_response", {"msgId": msg_id, "code": 0, "data": "right"})
    assert await asking == "right"
    # Once more is too much
    await cloud.send("thing/model/get_response", {"msgId": msg_id, "code": 0, "data": "right"})
    await until(lambda: owner.statistics["unmatched"] == 2)


async def test_a_message_that_is_too_large_is_not_sent(owner: Owner, cloud: Cloud) -> None:
    with pytest.raises(MessageTooLarge):
        await owner.link.publish(topics.PROPERTY_REPORT, {"a": {"value": "x" * 10_000}})
    with pytest.raises(MessageTooLarge):
        _ = await owner.link.request(topics.PROPERTY_REPORT, {"a": {"value": "x" * 10_000}})
    assert owner.statistics["sent"] == 0


async def test_a_cancelled_request_leaves_nothing_behind(owner: Owner, cloud: Cloud) -> None:
    asking = asyncio.create_task(owner.link.request(topics.MODEL_GET, None))
    _ = await cloud.one("thing/model/get")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert owner.link._answers._awaited == {}
    assert owner.link.connected


async def test_messages_go_out_in_their_order(owner: Owner, cloud: Cloud) -> None:
    await asyncio.gather(*(owner.link.publish(topics.PROPERTY_REPORT, {"n": index}) for index in range(300)))
    await until(lambda: len(cloud.of("thing/property/report")) == 300)
    assert [uplink.body["data"]["n"] for uplink in cloud.of("thing/property/report")] == list(range(300))


async def test_publishing_with_ack_counts_a_refusal(owner: Owner, cloud: Cloud) -> None:
    cloud.answer("thing/property/report", code=2003)
    await owner.link.publish(topics.PROPERTY_REPORT, _VALUES, ack=True)
    await until(lambda: owner.statistics["refusals"] == {"2003": 1})
    assert (await cloud.one("thing/property/report")).body["sys"] == {"ack": 1}


async def test_an_answer_does_not_wait_for_the_network(owner: Owner, cloud: Cloud) -> None:
    took: list[float] = []

    async def handle(command: PropertySet) -> None:
        await answer_set(owner.link, command)

    owner.link.on_property_set = handle
    for index in range(200):
        begun = time.perf_counter()
        await cloud.send("thing/property/set", {"msgId": str(index), "data": {"on": True}})
        await until(lambda index=index: len(cloud.of("thing/property/set_response")) == index + 1)  # type: ignore[misc]
        took.append(time.perf_counter() - begun)
        if index >= 30 and min(took) < 0.03:
            break
    # With Nagle's algorithm, each takes the 40 ms of a delayed acknowledgement
    assert min(took) < 0.03
    session = owner.link._session
    assert session is not None
    sock = session.client._client.socket()
    assert isinstance(sock, socket.socket)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


# Sub-devices


async def test_sub_devices_are_heard_and_after_a_rejoin_again(broker: Broker, owner: Owner, cloud: Cloud) -> None:
    command = {"msgId": "1", "time": 1626197189, "data": {"color": "green"}}
    await cloud.send("thing/property/set", command, SUB_DEVICE)
    await owner.link.add_sub_devices([SUB_DEVICE, OTHER_SUB_DEVICE, SUB_DEVICE])
    assert list(owner.link.sub_devices) == [SUB_DEVICE, OTHER_SUB_DEVICE]
    await cloud.send("thing/property/set", command, SUB_DEVICE)
    await until(lambda: len(owner.sets) == 1)
    async with broker.second_client():
        pass
    await until(lambda: owner.statistics["connections"] == 2 and owner.link.connected)
    await cloud.send("thing/property/set", command | {"msgId": "2"}, OTHER_SUB_DEVICE)
    await until(lambda: len(owner.sets) == 2)
    assert [one.device_id for one in owner.sets] == [SUB_DEVICE, OTHER_SUB_DEVICE]
    await owner.link.remove_sub_devices([SUB_DEVICE, "unknown"])
    assert list(owner.link.sub_devices) == [OTHER_SUB_DEVICE]
    await cloud.send("thing/property/set", command | {"msgId": "3"}, SUB_DEVICE)
    await cloud.send("thing/property/set", command | {"msgId": "4"}, OTHER_SUB_DEVICE)
    await until(lambda: len(owner.sets) == 3)
    assert owner.sets[-1].msg_id == "4"


async def test_many_sub_devices_in_small_packets(scripted: ScriptedBroker) -> None:
    devices = [f"sub{index:03}" for index in range(200)]
    async with Owner(scripted.port).running() as owner:
        await owner.link.add_sub_devices(devices)
        (connection,) = scripted.connections
        assert connection.filters_at_once <= 8
        expected = {f"tylink/{device}/{down}" for device in devices for down in DOWNLINKS["sub_device"]}
        assert expected <= set(connection.topics)
        scripted.drop_all()
        await until(lambda: owner.statistics["connections"] == 2)
        # All of them before the owner is told
        assert expected <= set(scripted.connections[1].topics)


async def test_a_sub_device_that_comes_while_the_link_subscribes(scripted: ScriptedBroker) -> None:
    owner = Owner(scripted.port)
    adding: list[asyncio.Task[None]] = []

    def suback(_: str) -> int:
        if not adding:
            adding.append(asyncio.create_task(owner.link.add_sub_devices([SUB_DEVICE])))
        return 1

    scripted.suback = suback
    async with owner.running():
        await adding[0]
        # Whoever adds it again does not wait: it is heard
        await owner.link.add_sub_devices([SUB_DEVICE])
        expected = {f"tylink/{SUB_DEVICE}/{down}" for down in DOWNLINKS["sub_device"]}
        assert expected <= set(scripted.connections[0].topics)


async def test_an_id_with_a_wildcard_is_no_sub_device(owner: Owner) -> None:
    for device_id in ("#", "+", "a/b", ""):
        with pytest.raises(MessageInvalid):
            await owner.link.add_sub_devices([device_id])
    assert owner.link.sub_devices == ()


async def test_lost_while_sub_devices_are_subscribed(scripted: ScriptedBroker) -> None:
    async with Owner(scripted.port).running() as owner:
        scripted.end_at = SUBSCRIBE
        with pytest.raises(LinkLost):
            async with asyncio.timeout(TIMEOUT):
                await owner.link.add_sub_devices([SUB_DEVICE])
        scripted.end_at = None
        async with asyncio.timeout(TIMEOUT):
            await owner.link.wait_connected()
        assert f"tylink/{SUB_DEVICE}/thing/property/set" in scripted.connections[-1].topics


# What comes


async def test_malformed_messages_are_said_once_and_counted(
    owner: Owner, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    for payload in (b"", b"no json", b"[]", b'{"msgId":["x"]}', b"\xff"):
        await cloud.send("device/topo/change", payload)
        await cloud.send("thing/model/get_response", payload)
    await until(lambda: owner.statistics["malformed"] == 10)
    assert len([record for record in caplog.records if "cannot be read" in record.message]) == 2
    assert owner.log == ["connected"]
    await cloud.send("device/topo/change", {"data": {"delDevIds": [SUB_DEVICE]}})
    await until(lambda: owner.changes)


async def test_messages_for_nobody_are_counted(owner: Owner, cloud: Cloud) -> None:
    await cloud.send("channel/raw/down", {"msgId": "1"})
    await until(lambda: owner.statistics["unmatched"] == 1)
    assert owner.statistics["commands"] == 0


async def test_commands_for_others_are_not_ours(scripted: ScriptedBroker) -> None:
    async with Owner(scripted.port).running() as owner:
        (connection,) = scripted.connections
        payload = b'{"msgId":"1","data":{"actionCode":"toggle"}}'
        connection.send(f"tylink/{SUB_DEVICE}/thing/action/execute", payload, packet_id=1)
        connection.send(f"tylink/{SUB_DEVICE}/device/topo/change", b'{"data":{}}', packet_id=2)
        connection.send("another/topic", payload, packet_id=3)
        connection.send("tylink/+/thing/action/execute".replace("+", "a\0b"), payload, packet_id=4)
        await until(lambda: owner.statistics["unmatched"] >= 3)
        assert not owner.calls
        assert not owner.changes
        assert owner.statistics["commands"] == 0


async def test_a_command_that_comes_twice_is_run_once(scripted: ScriptedBroker) -> None:
    async with Owner(scripted.port).running() as owner:
        (connection,) = scripted.connections
        topic = f"tylink/{DEVICE}/thing/action/execute"
        payload = b'{"msgId":"1","data":{"actionCode":"toggle"}}'
        connection.send(topic, payload, packet_id=1)
        connection.send(topic, payload, packet_id=1, again=True)
        connection.send(topic, payload.replace(b'"1"', b'"2"'), packet_id=2)
        await until(lambda: len(owner.calls) == 2)
        assert [call.msg_id for call in owner.calls] == ["1", "2"]
        assert owner.statistics["duplicates"] == 1


async def test_commands_begin_in_their_order_and_do_not_wait_for_each_other(owner: Owner, cloud: Cloud) -> None:
    begun: list[int] = []
    gate = asyncio.Event()

    async def handle(command: Any) -> None:
        begun.append(command.values["n"])
        if command.values["n"] == 0:
            await gate.wait()

    owner.link.on_property_set = handle
    for index in range(20):
        await cloud.send("thing/property/set", {"msgId": str(index), "data": {"n": index}})
    await until(lambda: len(begun) == 20)
    assert begun == list(range(20))
    gate.set()


@pytest.mark.parametrize("function", ["thing/property/set", "thing/action/execute"])
async def test_a_handler_that_fails_is_answered_for(
    owner: Owner, cloud: Cloud, caplog: pytest.LogCaptureFixture, function: str
) -> None:
    async def fail(_: Any) -> None:
        raise ValueError("a defect")

    owner.link.on_property_set = owner.link.on_action = fail
    await cloud.send(function, {"msgId": "1", "data": {"actionCode": "a", "color": "red"}})
    answer = await cloud.one(function + "_response")
    assert (answer.body["msgId"], answer.body["code"]) == ("1", 1001)
    assert owner.statistics["handler_errors"] == 1
    assert "a defect" in caplog.text
    assert owner.link.connected


@pytest.mark.parametrize("function", ["thing/property/set", "thing/action/execute"])
async def test_a_command_that_nobody_handles_is_answered(owner: Owner, cloud: Cloud, function: str) -> None:
    owner.link.on_property_set = owner.link.on_action = None
    await cloud.send(function, {"msgId": "1", "data": {"actionCode": "a", "color": "red"}})
    assert (await cloud.one(function + "_response")).body["code"] == 1001


@pytest.mark.parametrize(
    ("function", "data"),
    [
        ("thing/property/set", None),
        ("thing/property/set", {}),
        ("thing/property/set", [1]),
        ("thing/action/execute", None),
        ("thing/action/execute", {"actionCode": ""}),
        ("thing/action/execute", {"actionCode": 7}),
        ("thing/action/execute", {"actionCode": "a", "inputParams": [1]}),
    ],
)
async def test_a_command_that_cannot_be_read_is_answered(owner: Owner, cloud: Cloud, function: str, data: Any) -> None:
    await cloud.send(function, {"msgId": "1", "data": data})
    answer = await cloud.one(function + "_response")
    assert (answer.body["msgId"], answer.body["code"]) == ("1", 1003)
    assert owner.statistics["malformed"] == 1
    assert not owner.sets
    assert not owner.calls


async def test_a_callback_that_fails_ends_no_connection(
    owner: Owner, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Any) -> None:
        raise ValueError("a defect")

    async def fail_later(_: Any) -> None:
        raise ValueError("another defect")

    owner.link.on_topology_change = fail
    owner.link.on_firmware_issued = fail_later
    await cloud.send("device/topo/change", {"data": {}})
    await cloud.send("ota/issue", {"data": {"channel": 0}})
    await until(lambda: owner.statistics["handler_errors"] == 2)
    assert "a defect" in caplog.text
    assert "another defect" in caplog.text
    assert owner.log == ["connected"]


async def test_on_connected_may_ask(broker: Broker, cloud: Cloud) -> None:
    cloud.answer("thing/model/get", data={"modelId": "1"})
    owner = Owner(broker.port)
    answers: list[Any] = []

    async def ask() -> None:
        answers.append(await owner.link.request(topics.MODEL_GET, None))

    owner.link.on_connected = ask
    async with owner.running():
        await until(lambda: answers == [{"modelId": "1"}])


# Secrets


async def test_no_secret_is_told(broker: Broker, cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Owner(broker.port).running() as owner:
        broker.set_secret("0123456789abcdef")
        await until(lambda: "CredentialsRefused" in owner.log)
        told = f"{owner.link!r} {owner.link.statistics!r} {owner.errors} {owner.link.last_error} {caplog.text}"
    password = credentials(DEVICE, SECRET, int(NOW))[1]
    assert SECRET not in told
    assert password not in told
    assert "signMethod" not in told
    assert f"tuyalink_{DEVICE}" not in told


async def test_values_are_not_in_the_repr_of_commands(owner: Owner, cloud: Cloud) -> None:
    await cloud.send("thing/property/set", {"msgId": "1", "data": {"code": "1234"}})
    await cloud.send(
        "thing/action/execute", {"msgId": "2", "data": {"actionCode": "unlock", "inputParams": {"p": "1234"}}}
    )
    await until(lambda: owner.sets and owner.calls)
    assert "1234" not in f"{owner.sets!r} {owner.calls!r}"


async def test_nothing_is_left_unawaited(broker: Broker, cloud: Cloud) -> None:
    """Exceptions that nobody retrieves would be told at garbage collection."""
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    async with Owner(broker.port).running() as owner:
        asking = asyncio.create_task(owner.link.request(topics.MODEL_GET, None))
        _ = await cloud.one("thing/model/get")
        await broker.stop(kill=True)
        with pytest.raises(LinkLost):
            await asking
        await until(lambda: owner.statistics["failed_attempts"] >= 1)
    _ = gc.collect()
    await asyncio.sleep(0)
    assert told == []


def _certificate(directory: Path) -> tuple[Path, Path, str]:
    """Write a certificate for the loopback interface, and return its path, its key's, and itself as an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (directory / "cert.pem").write_bytes(pem)
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return directory / "cert.pem", directory / "key.pem", pem.decode()
