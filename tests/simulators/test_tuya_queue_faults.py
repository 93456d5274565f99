"""What the simulated queue does wrong on request: each fault is to be seen by a client, and ends when it is turned off."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
import json
import time
from typing import Any

import aiohttp
import pytest

from simulators.tuya_queue import GARBAGE, BadFault, Faults, Garbage, TuyaQueueSimulator
from tests.loop_time import leap

from .queue_client import QueueClient, consumer_url, consuming, content_of, envelope_of, headers_of, signature_is_right

pytestmark = pytest.mark.usefixtures("socket_enabled")

DEVICE = "bf0123456789abcdef01"


@pytest.fixture
async def queue() -> AsyncIterator[TuyaQueueSimulator]:
    async with TuyaQueueSimulator(least_ack_timeout_ms=10, nack_delay=0.05) as simulator:
        yield simulator


@pytest.fixture
async def client(queue: TuyaQueueSimulator) -> AsyncIterator[QueueClient]:
    async with consuming(queue) as running:
        await queue.wait_for_connections()
        yield running


async def refused_with(queue: TuyaQueueSimulator) -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with consuming(queue):
            pass
    return raised.value.status


# The handshake


@pytest.mark.parametrize("status", [401, 404, 409, 429, 500, 503, 504])
async def test_handshake_status(queue: TuyaQueueSimulator, status: int) -> None:
    queue.faults.update({"handshake_status": status, "handshake_count": 2})
    assert [await refused_with(queue), await refused_with(queue)] == [status, status]
    async with consuming(queue):
        await queue.wait_for_connections()
    assert queue.handshakes == {status: 2, 101: 1}
    queue.faults.update({"handshake_count": None})
    assert await refused_with(queue) == status
    queue.faults.reset()
    async with consuming(queue):
        pass


async def test_handshake_that_takes_its_time(queue: TuyaQueueSimulator) -> None:
    queue.faults.handshake_delay = 0.2
    began = time.monotonic()
    async with consuming(queue):
        assert time.monotonic() - began > 0.19


async def test_handshake_that_is_never_answered(queue: TuyaQueueSimulator) -> None:
    queue.faults.handshake_silent = True
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), consuming(queue):
            pass
    assert not queue.handshakes
    queue.faults.handshake_silent = False
    async with consuming(queue):
        pass


# The socket


async def test_no_pong(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, autoping=False) as client:
        queue.faults.no_pong = True
        await client.socket.ping()
        # The answer to what comes after it is there, its own isn't.
        await client.nothing()
        queue.faults.no_pong = False
        await client.socket.ping()
        assert (await client.socket.receive(20)).type is aiohttp.WSMsgType.PONG


async def test_heartbeat_finds_that_there_is_no_pong(queue: TuyaQueueSimulator) -> None:
    queue.faults.no_pong = True
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            consumer_url(queue, {"subscriptionType": "Failover"}), headers=headers_of(queue), heartbeat=0.2
        ) as socket,
    ):
        message = await socket.receive(20)
        assert message.type is aiohttp.WSMsgType.ERROR
        assert isinstance(message.data, aiohttp.ServerTimeoutError)


async def test_frozen(queue: TuyaQueueSimulator) -> None:
    """Nothing comes, nothing counts, not even a close is answered; all of it comes with the next connection."""
    async with (
        consuming(queue, autoping=False, close_within=1.0) as client,
        consuming(queue, subscription="other", close_within=1.0) as other,
    ):
        first = queue.publish({}, device_id=DEVICE)
        assert await client.ids(1) == await other.ids(1) == [first]
        queue.faults.frozen = True
        second = queue.publish({}, device_id=DEVICE)
        await client.ack(first)
        await client.socket.ping()
        with pytest.raises(TimeoutError):
            await client.socket.receive(0.2)
        began = time.monotonic()
        await other.socket.close()
        assert time.monotonic() - began > 0.9
        assert queue.acked == []
    queue.faults.frozen = False
    async with consuming(queue) as client:
        assert await client.ids(2) == [first, second]


async def test_drop_and_close(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client, consuming(queue, subscription="other") as other:
        await queue.wait_for_connections(2)
        assert queue.drop() == 2
        assert (await client.close_code(), await other.close_code()) == (1006, 1006)
    await queue.wait_for_connections(0)
    async with consuming(queue) as client:
        await queue.wait_for_connections()
        receiving = asyncio.create_task(client.close_code())
        assert await queue.close(1001) == 1
        assert await receiving == 1001


async def test_killed_after_some_messages(queue: TuyaQueueSimulator) -> None:
    queue.faults.kill_after = 2
    async with consuming(queue) as client:
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(4)]
        assert await client.ids(2) == ids[:2]
        assert await client.close_code() == 1006
    await queue.wait_for_connections(0)
    async with consuming(queue) as client:
        # It's each connection's own count.
        assert await client.ids(2) == ids[:2]
        assert await client.close_code() == 1006
    await queue.wait_for_connections(0)
    queue.faults.kill_after = None
    async with consuming(queue) as client:
        assert await client.ids(4) == ids


async def test_latency(client: QueueClient) -> None:
    client.simulator.faults.latency = 60
    ids = [client.simulator.publish({}, device_id=DEVICE) for _ in range(3)]
    leap(50)
    with pytest.raises(TimeoutError):
        await client.socket.receive(0.1)
    # All are on their way at once.
    leap(10)
    assert await client.ids(3) == ids


async def test_close_as_jetty_does_it(queue: TuyaQueueSimulator) -> None:
    queue.faults.bare_close = True
    async with consuming(queue) as client:
        await client.socket.send_str("no JSON")
        message = await client.socket.receive(20)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 0)
        await queue.wait_for(lambda: queue.closures == [(3, "Failed to de-serialize from JSON")])


# Delivery


async def test_smaller_receiver_queue(client: QueueClient) -> None:
    client.simulator.faults.receiver_queue_size = 2
    ids = [client.simulator.publish({}, device_id=DEVICE) for _ in range(3)]
    assert await client.ids(2) == ids[:2]
    await client.nothing()
    await client.ack(ids[0])
    assert await client.ids(1) == ids[2:]


async def test_duplicates(client: QueueClient) -> None:
    queue = client.simulator
    queue.faults.duplicate_frames = True
    message_id = queue.publish({}, device_id=DEVICE)
    assert await client.ids(2) == [message_id] * 2
    queue.faults.update({"duplicate_frames": False, "duplicate_messages": True})
    message_id = queue.publish({"dataId": "d"}, device_id=DEVICE)
    first, second = await client.frames(2)
    assert first["messageId"] == message_id != second["messageId"]
    assert content_of(first, queue.access_secret) == content_of(second, queue.access_secret)
    assert queue.published[-2:] == [first["messageId"], second["messageId"]]


@pytest.mark.parametrize(("counted", "expected"), [("counted", 1), ("zero", 0), ("missing", None)])
async def test_redelivery_count(client: QueueClient, counted: str, expected: int | None) -> None:
    client.simulator.faults.update({"redelivery_count": counted})
    client.simulator.publish({}, device_id=DEVICE)
    await client.frame()
    client.simulator.redeliver()
    assert (await client.frame()).get("redeliveryCount") == expected


# Acknowledgements


async def test_lost_acknowledgements(queue: TuyaQueueSimulator) -> None:
    """What was lost comes again, what wasn't doesn't."""
    async with consuming(queue) as client:
        queue.faults.lose_acks = 1
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(2)]
        assert await client.acked(2) == ids
        await queue.wait_for(lambda: queue.acked == ids[1:])
        leap(30)
        frame = await client.frame()
        assert (frame["messageId"], frame["redeliveryCount"]) == (ids[0], 1)
        await client.ack(ids[0])
        await queue.wait_for(lambda: queue.acked == [ids[1], ids[0]])
        assert queue.faults.lose_acks == 0


async def test_late_redelivery(queue: TuyaQueueSimulator) -> None:
    """The client acknowledges at once, and everything comes again nevertheless."""
    async with consuming(queue) as client:
        queue.faults.ack_delay = 45
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(3)]
        assert await client.acked(3) == ids
        await client.nothing()
        leap(30)
        assert await client.acked(3) == ids
        queue.faults.ack_delay = 0.0
        leap(15)
        await queue.wait_for(lambda: queue.acked == ids)
        await client.nothing()
        assert queue.redelivered == ids


async def test_nack_of_old_servers(client: QueueClient) -> None:
    queue = client.simulator
    queue.faults.old_nack = True
    message_id = queue.publish({}, device_id=DEVICE)
    await client.ids(1)
    await client.send(type="negativeAcknowledge", messageId=message_id)
    await queue.wait_for(lambda: queue.acked == [message_id])


# What is published


async def test_no_rule(client: QueueClient) -> None:
    queue = client.simulator
    queue.faults.no_rule = True
    assert queue.report(DEVICE, {"switch_1": True}) == [""]
    await client.nothing()
    assert queue.published == []
    queue.faults.no_rule = False
    queue.report(DEVICE, {"switch_1": True})
    await client.content()


async def test_damage_of_every_second(client: QueueClient) -> None:
    queue = client.simulator
    queue.faults.update({"damage": "wrong_signature", "damage_every": 2})
    for _ in range(4):
        queue.report(DEVICE, {"switch_1": True})
    right = [signature_is_right(envelope_of(frame), queue.access_secret) for frame in await client.frames(4)]
    assert right == [True, False, True, False]
    # One that is asked for counts, and isn't one of them.
    queue.publish({}, device_id=DEVICE, damage="not_json")
    frame = await client.frame()
    with pytest.raises(ValueError, match="delimiter"):
        json.loads(b64decode(frame["payload"]))


async def test_poison_comes_until_it_is_acknowledged(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, ackTimeoutMillis="100") as client:
        poison = queue.publish({}, device_id=DEVICE, damage="wrong_key")
        assert await client.ids(3) == [poison] * 3
        await client.ack(poison)
        await queue.wait_for(lambda: queue.acked == [poison])


@pytest.mark.parametrize("kind", GARBAGE)
async def test_garbage(client: QueueClient, kind: Garbage) -> None:
    """It comes between messages, and nothing else is wrong with them."""
    queue = client.simulator
    first = queue.publish({}, device_id=DEVICE)
    assert queue.garbage(kind, 2) == 1
    second = queue.publish({}, device_id=DEVICE)
    assert await client.ids(1) == [first]
    for _ in range(2):
        message = await client.socket.receive(20)
        if kind == "binary":
            assert message.type is aiohttp.WSMsgType.BINARY
            continue
        assert message.type is aiohttp.WSMsgType.TEXT
        try:
            frame = json.loads(message.data)
        except ValueError:
            assert kind == "no_json"
            continue
        assert kind == {list: "no_object"}.get(type(frame), kind)
        if isinstance(frame, dict):
            assert ("messageId" in frame) is (kind not in ("empty", "no_message_id"))
            assert ("payload" in frame) is (kind not in ("empty", "no_payload"))
            assert (frame.get("payload") == "%") is (kind == "bad_payload")
    assert await client.ids(1) == [second]


# How they are set


def test_all_can_be_set_and_told() -> None:
    faults = Faults()
    told = faults.as_json()
    assert set(told) == set(Faults.PARSERS)
    faults.update(told)
    assert faults == Faults()
    faults.update({"lose_acks": 3, "latency": 1, "damage": "truncated"})
    assert (faults.lose_acks, faults.latency, faults.damage) == (3, 1.0, "truncated")
    assert faults.loses_ack() and faults.lose_acks == 2
    faults.reset()
    assert faults == Faults()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"unknown": 1}, "no fault is called 'unknown'"),
        ({"handshake_status": 200}, "handshake_status is an integer from 400 to 599"),
        ({"handshake_count": True}, "an integer from 0"),
        ({"no_pong": 1}, "no_pong is true or false"),
        ({"latency": -1}, "latency is a number of seconds from 0 to 3600"),
        ({"kill_after": 0}, "an integer from 1"),
        ({"damage": "some"}, "damage is one of wrong_signature, "),
        ({"redelivery_count": None}, "redelivery_count is one of counted, zero, missing"),
        ({"frozen": True, "damage_every": 0}, "damage_every"),
    ],
)
def test_faults_that_cannot_be(changes: dict[str, Any], words: str) -> None:
    faults = Faults()
    with pytest.raises(BadFault, match=words):
        faults.update(changes)
    assert faults == Faults()
