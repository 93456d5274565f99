"""The simulated queue's WebSocket: handshake, frames, acknowledgements, redelivery, flow control, commands, closing."""

from base64 import b64decode
from collections.abc import AsyncIterator
import json
import re
import ssl
import time

import aiohttp
import pytest

from simulators.tuya_queue import BadSecret, MessageId, TuyaQueueSimulator
from tests.loop_time import leap

from .queue_client import QueueClient, consumer_url, consuming, content_of, envelope_of, headers_of

pytestmark = pytest.mark.usefixtures("socket_enabled")

DEVICE = "bf0123456789abcdef01"


@pytest.fixture
async def queue() -> AsyncIterator[TuyaQueueSimulator]:
    async with TuyaQueueSimulator(least_ack_timeout_ms=10, nack_delay=0.05) as simulator:
        yield simulator


@pytest.fixture
async def client(queue: TuyaQueueSimulator) -> AsyncIterator[QueueClient]:
    async with consuming(queue) as running:
        yield running


async def refused(queue: TuyaQueueSimulator, url: str, **headers: str) -> tuple[int, str, str]:
    """Return status, text and type of what a handshake is answered with."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.get(url.replace("ws://", "http://"), headers=headers_of(queue) | upgrade | headers) as response,
    ):
        return response.status, await response.text(), response.headers["x-protected-by"]


# The handshake


async def test_url_has_a_base_and_a_port() -> None:
    async with TuyaQueueSimulator() as queue:
        assert re.fullmatch(r"ws://127\.0\.0\.1:\d+/", queue.url)
        port = queue.port
        await queue.stop()
        await queue.stop()
        assert not queue.running
        await queue.start()
        await queue.start()
        assert (queue.port, queue.running) == (port, True)


@pytest.mark.parametrize(("access_id", "secret"), [(None, "f" * 32), ("somebody", None), ("", None)])
async def test_wrong_password_or_user(queue: TuyaQueueSimulator, access_id: str | None, secret: str | None) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with consuming(queue, access_id=access_id, secret=secret):
            pass
    assert raised.value.status == 401
    assert queue.handshakes == {401: 1}
    assert not queue.subscriptions


async def test_401_is_a_page(queue: TuyaQueueSimulator) -> None:
    status, text, protected = await refused(queue, consumer_url(queue, {}), password="wrong")
    assert (status, protected) == (401, "Tuya-Sec")
    assert "<html>" in text and "Authentication required" in text and "WebSocketConsumerServlet" in text
    assert queue.access_secret not in text


@pytest.mark.parametrize(("project", "asked"), [("event", "event-test"), ("event-test", "event"), ("event", "other")])
async def test_wrong_environment(project: str, asked: str) -> None:
    async with TuyaQueueSimulator(environment="event" if project == "event" else "event-test") as queue:
        assert (await refused(queue, consumer_url(queue, {}, topic=asked)))[0] == 500
        async with consuming(queue):
            pass


async def test_what_else_is_refused(queue: TuyaQueueSimulator) -> None:
    url = consumer_url(queue, {})
    assert (await refused(queue, url.replace(f"/{queue.access_id}/out", "/somebody/out")))[0] == 403
    assert (await refused(queue, url.replace("/out/", "/in/")))[0] == 500
    assert (await refused(queue, url.replace("/persistent/", "/non-persistent/")))[0] == 500
    assert (await refused(queue, url.replace("/persistent/", "/durable/")))[0] == 500
    assert (await refused(queue, url.replace("/ws/v2/consumer/", "/ws/v2/reader/")))[0] == 404
    assert (await refused(queue, url.replace("-sub?", "-sub/more?")))[0] == 400
    assert (await refused(queue, url, Upgrade="h2c"))[0] == 405
    # What can't be parsed is told before who may.
    status, text, _ = await refused(queue, consumer_url(queue, {"ackTimeoutMillis": "9"}), password="wrong")
    assert status == 400
    assert "Invalid query params: Ack timeout should be greater than 10 ms" in text
    text = (await refused(queue, consumer_url(queue, {"subscriptionType": "<b>"})))[1]
    assert "Invalid subscriptionType &lt;b&gt;" in text and "<b>" not in text
    assert not queue.subscriptions and queue.connections == 0


async def test_subscription_names_are_decoded(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, subscription="my%20own"):
        await queue.wait_for_connections()
        assert list(queue.subscriptions) == ["my own"]


async def test_tls() -> None:
    async with TuyaQueueSimulator(tls=True) as queue:
        assert queue.url.startswith("wss://") and queue.certificate is not None
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.ws_connect(consumer_url(queue, {}), headers=headers_of(queue))
            context = ssl.create_default_context(cadata=queue.certificate.authority)
            async with session.ws_connect(consumer_url(queue, {}), headers=headers_of(queue), ssl=context):
                await queue.wait_for_connections()


async def test_new_secret(queue: TuyaQueueSimulator) -> None:
    old, queue.access_secret = queue.access_secret, "another secret of 32 characters!"
    with pytest.raises(BadSecret):
        queue.access_secret = "short"
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with consuming(queue, secret=old):
            pass
    assert raised.value.status == 401
    async with consuming(queue, secret="another secret of 32 characters!") as client:
        queue.publish({"a": 1}, device_id=DEVICE)
        assert await client.content() == {"a": 1}


# Frames


async def test_frame(client: QueueClient) -> None:
    queue = client.simulator
    before = time.time()
    message_id = queue.publish({"hello": "Wörld"}, device_id=DEVICE, protocol=20)
    text = await client.text()
    frame = json.loads(text)
    assert list(frame) == ["messageId", "payload", "properties", "publishTime", "redeliveryCount", "key"]
    assert frame["messageId"] == message_id
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", frame["publishTime"])
    assert (frame["redeliveryCount"], frame["key"]) == (0, DEVICE)
    assert frame["properties"]["em"] == "aes_ecb"
    assert re.fullmatch("[0-9a-f]{32}", frame["properties"]["tid"])
    envelope = envelope_of(frame)
    assert (envelope["protocol"], envelope["pv"]) == (20, "2.0")
    assert before * 1000 - 1 <= envelope["t"] <= time.time() * 1000
    assert content_of(frame, queue.access_secret) == {"hello": "Wörld"}
    assert queue.published == [message_id] == queue.unacked


async def test_what_is_not_there_is_left_out(client: QueueClient) -> None:
    queue = client.simulator
    queue.faults.update({"properties": "missing", "no_key": True, "redelivery_count": "missing"})
    queue.publish({}, device_id=DEVICE)
    assert list(await client.frame()) == ["messageId", "payload", "publishTime"]
    queue.faults.update({"properties": "empty", "page_times": True})
    queue.publish({}, device_id=DEVICE, event_time=1_700_000_000.25)
    frame = await client.frame()
    assert frame["properties"] == {}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", frame["publishTime"])
    assert frame["eventTime"] == "2023-11-14 22:13:20.250"
    queue.faults.reset()
    queue.publish({}, device_id=DEVICE, properties={"em": "aes_gcm"}, event_time=1_700_000_000.0)
    frame = await client.frame()
    assert frame["properties"] == {"em": "aes_gcm"}
    assert frame["eventTime"] == "2023-11-14T22:13:20Z"


async def test_partition_is_in_the_id_and_the_device_chooses_it(client: QueueClient) -> None:
    queue = client.simulator
    devices = [f"device{number:03}" for number in range(40)]
    for device in [*devices, *devices]:
        queue.publish({}, device_id=device)
    frames = await client.frames(80)
    places = [MessageId.parse(frame["messageId"]) for frame in frames]
    assert {place.partition for place in places} == set(range(11))
    of_device: dict[str, set[int | None]] = {}
    for frame, place in zip(frames, places, strict=True):
        of_device.setdefault(frame["key"], set()).add(place.partition)
    assert all(len(partitions) == 1 for partitions in of_device.values())
    # In order within each partition
    for partition in range(11):
        entries = [place.entry for place in places if place.partition == partition]
        assert entries == list(range(len(entries)))
    assert len({frame["messageId"] for frame in frames}) == 80


async def test_event_test_has_no_partitions() -> None:
    async with TuyaQueueSimulator(environment="event-test") as queue, consuming(queue) as client:
        ids = [queue.publish({}, device_id=f"device{number}") for number in range(5)]
        assert await client.ids(5) == ids
        assert [MessageId.parse(one).partition for one in ids] == [None] * 5
        assert b64decode(ids[3]).endswith(b"\x10\x03")


# Acknowledgements


async def test_acknowledged_is_done_with(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client:
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(3)]
        assert await client.acked(3) == ids
        await queue.wait_for(lambda: queue.acked == ids)
        assert queue.unacked == []
        # Once more, and one that was never there, are fine.
        await client.ack(ids[0], MessageId(ledger=1, entry=1, partition=99).text())
        await client.nothing()
        assert queue.acked == ids
    async with consuming(queue) as client:
        await client.nothing()
    assert queue.redelivered == []


async def test_late_acknowledgement_brings_all_back(queue: TuyaQueueSimulator) -> None:
    """One that is late brings back everything that isn't acknowledged, of all partitions, also what was sent just now."""
    async with consuming(queue) as client:
        ids = [queue.publish({}, device_id=f"device{number}") for number in range(6)]
        assert await client.ids(6) == ids
        await client.ack(ids[2], ids[4])
        await queue.wait_for(lambda: len(queue.acked) == 2)
        leap(20)
        ids.append(queue.publish({}, device_id="device6"))
        frame = await client.frame()
        assert (frame["messageId"], frame["redeliveryCount"]) == (ids[6], 0)
        leap(10)
        again = await client.frames(5)
        assert {frame["messageId"] for frame in again} == set(ids) - {ids[2], ids[4]}
        assert [frame["redeliveryCount"] for frame in again] == [1] * 5
        assert sorted(queue.redelivered) == sorted(frame["messageId"] for frame in again)
        await client.ack(*(frame["messageId"] for frame in again))
        await queue.wait_for(lambda: len(queue.acked) == 7)
        await client.nothing()
        assert queue.frames == 12


async def test_what_comes_again_has_its_time_anew(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client:
        first = queue.publish({}, device_id=DEVICE)
        await client.ids(1)
        leap(15)
        second = queue.publish({}, device_id=DEVICE)
        await client.ids(1)
        leap(15)
        assert await client.ids(2) == [first, second]
        await client.ack(first)
        await client.nothing()
        # Not after 45 seconds, when it would have been late the first time
        leap(20)
        await client.nothing()
        leap(10)
        assert await client.ids(1) == [second]


async def test_redelivered_keeps_the_order_of_a_device(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client:
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(5)]
        assert await client.ids(5) == ids
        await client.ack(ids[1])
        await client.nothing()
        rest = [ids[0], *ids[2:]]
        leap(30)
        assert await client.ids(4) == rest
        leap(30)
        again = await client.frames(4)
        assert [frame["messageId"] for frame in again] == rest
        assert [frame["redeliveryCount"] for frame in again] == [2] * 4


async def test_no_timeout_without_a_wish(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, ackTimeoutMillis="0") as client:
        queue.publish({}, device_id=DEVICE)
        await client.ids(1)
        # Ten times what is usual, and less than a socket may be idle
        leap(290)
        await client.nothing()


async def test_shared_brings_back_only_what_is_late(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, subscriptionType="Shared") as client:
        first = queue.publish({}, device_id=DEVICE)
        assert await client.ids(1) == [first]
        leap(15)
        second = queue.publish({}, device_id=DEVICE)
        assert await client.ids(1) == [second]
        leap(15)
        frame = await client.frame()
        assert (frame["messageId"], frame["redeliveryCount"]) == (first, 1)
        await client.nothing()


async def test_what_was_not_acknowledged_comes_again_after_a_break(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client:
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(3)]
        await client.ids(3)
        await client.ack(ids[1])
        await queue.wait_for(lambda: len(queue.acked) == 1)
    await queue.wait_for_connections(0)
    await queue.wait_for(lambda: queue.unacked == [])
    assert queue.backlog() == 2
    ids.append(queue.publish({}, device_id=DEVICE))
    async with consuming(queue) as client:
        frames = await client.frames(3)
        assert [frame["messageId"] for frame in frames] == [ids[0], ids[2], ids[3]]
        assert [frame["redeliveryCount"] for frame in frames] == [1, 1, 0]


async def test_negative_acknowledgement(queue: TuyaQueueSimulator) -> None:
    """It brings back, after its delay, all of its partition that isn't acknowledged: single ones would break the order."""
    queue_of = {queue.topic.partition_of(f"device{number}"): f"device{number}" for number in range(40)}
    one, other = queue_of[0], queue_of[1]
    async with consuming(queue) as client:
        ids = [queue.publish({}, device_id=device) for device in (one, one, other)]
        assert await client.ids(3) == ids
        await client.send(type="negativeAcknowledge", messageId=ids[1])
        assert await client.ids(2) == ids[:2]
        await client.nothing()
        assert queue.sessions[0].nacks == 1
        await client.ack(*ids)
        await queue.wait_for(lambda: sorted(queue.acked) == sorted(ids))


async def test_negative_acknowledgement_with_a_wish(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, negativeAckRedeliveryDelay="300") as client:
        message_id = queue.publish({}, device_id=DEVICE)
        await client.ids(1)
        began = time.monotonic()
        await client.send(type="negativeAcknowledge", messageId=message_id)
        assert await client.ids(1) == [message_id]
        assert time.monotonic() - began > 0.25


# Flow control


async def test_receiver_queue(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, receiverQueueSize="3") as client:
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(6)]
        assert await client.ids(3) == ids[:3]
        await client.nothing()
        await client.ack(ids[0])
        assert await client.ids(1) == ids[3:4]
        await client.nothing()
        assert queue.sessions[0].consumer.pending == 3
        assert queue.backlog() == 5
        await client.ack(*ids[1:4])
        assert await client.ids(2) == ids[4:]
        # A negative acknowledgement makes room, too.
        await client.send(type="negativeAcknowledge", messageId=ids[4])
        await queue.wait_for(lambda: queue.sessions[0].consumer.pending == 1)


async def test_no_more_than_1000_ahead(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, receiverQueueSize="5000") as client:
        for number in range(1100):
            queue.publish({}, device_id=f"device{number}")
        await client.ids(1000)
        await client.nothing()


async def test_full_receiver_queue_does_not_get_what_is_late(queue: TuyaQueueSimulator) -> None:
    """Frames are counted, not messages: who acknowledges nothing gets nothing again, until there is room."""
    async with consuming(queue, receiverQueueSize="2") as client:
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(2)]
        await client.ids(2)
        leap(90)
        await client.nothing()
        await client.ack(ids[0])
        frame = await client.frame()
        assert (frame["messageId"], frame["redeliveryCount"]) == (ids[1], 1)


async def test_pull_mode(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, pullMode="true") as client:
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(5)]
        await client.nothing()
        await client.send(type="permit", permitMessages=2)
        assert await client.ids(2) == ids[:2]
        # Acknowledging makes no room.
        await client.ack(*ids[:2])
        await client.nothing()
        await client.send(type="permit", permitMessages=100)
        assert await client.ids(3) == ids[2:]
        # What is left of the permits is for what comes.
        assert await client.ids(0) == []
        later = queue.publish({}, device_id=DEVICE)
        assert await client.ids(1) == [later]
        assert queue.acked == ids[:2]


async def test_permits_mean_nothing_in_push_mode(client: QueueClient) -> None:
    await client.send(type="permit", permitMessages=100)
    await client.nothing()
    assert client.simulator.sessions[0].consumer.pending == 0


# What else a client may say


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        '{"messageId":',
        "[]",
        "3",
        '"text"',
        '{"messageId":"CAA="}',
        '{"type":"negativeAcknowledge","messageId":"CAA="}',
        '{"type":"permit"}',
        '{"type":"permit","permitMessages":"many"}',
    ],
)
async def test_text_that_cannot_be_parsed(queue: TuyaQueueSimulator, text: str) -> None:
    """It's told by Pulsar's own code, which RFC 6455 doesn't know: a client that knows the RFC takes it for an error."""
    async with consuming(queue) as client:
        await client.socket.send_str(text)
        message = await client.socket.receive(20)
        assert message.type is aiohttp.WSMsgType.ERROR
        assert str(message.data) == "Invalid close code: 3"
        await queue.wait_for_connections(0)
        assert queue.closures == [(3, "Failed to de-serialize from JSON")]


@pytest.mark.parametrize("text", ["{}", "null", '{"messageId":null}', '{"messageId":"no base64"}', '{"type":"later"}'])
async def test_text_that_breaks_the_server(queue: TuyaQueueSimulator, text: str) -> None:
    async with consuming(queue) as client:
        await client.socket.send_str(text)
        assert await client.close_code() == 1011
        await queue.wait_for(lambda: queue.closures == [(1011, "Server error")])


async def test_binary_and_long_text(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client:
        await client.socket.send_bytes(b"\x00")
        await client.nothing()
        await client.socket.send_str(" " * (1 << 20))
        assert await client.close_code() == 1009


async def test_unknown_types_and_keys_are_acknowledgements(client: QueueClient) -> None:
    message_id = client.simulator.publish({}, device_id=DEVICE)
    await client.ids(1)
    await client.send(type="ack", messageId=message_id, more=[1])
    await client.simulator.wait_for(lambda: client.simulator.acked == [message_id])


async def test_unsubscribe(queue: TuyaQueueSimulator) -> None:
    """It deletes the subscription with all that it has still to get; the socket stays and is silent."""
    async with consuming(queue) as client:
        queue.publish({}, device_id=DEVICE)
        await client.ids(1)
        await client.send(type="unsubscribe")
        await queue.wait_for(lambda: not queue.subscriptions)
        queue.publish({}, device_id=DEVICE)
        await client.nothing()
        assert queue.connections == 1
    async with consuming(queue) as client:
        await client.nothing()


async def test_unsubscribe_of_one_of_two(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client, consuming(queue) as other:
        await other.send(type="unsubscribe")
        await queue.wait_for(lambda: queue.closures == [(3, "Failed to de-serialize from JSON")])
        queue.publish({}, device_id=DEVICE)
        await client.ids(1)


async def test_ping_and_close(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, autoping=False) as client:
        await client.socket.ping(b"body")
        message = await client.socket.receive(20)
        assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, b"body")
        assert queue.sessions[0].pings == 1
        await client.socket.close()
        assert client.socket.close_code == 1000
    await queue.wait_for_connections(0)


async def test_servers_ping() -> None:
    async with (
        TuyaQueueSimulator(ping_interval=0.05) as queue,
        consuming(queue, autoping=False) as client,
    ):
        message = await client.socket.receive(20)
        assert (message.type, message.data) == (aiohttp.WSMsgType.PING, b"PING")


async def test_idle_socket_is_closed() -> None:
    async with TuyaQueueSimulator() as queue, consuming(queue) as client:
        for number in range(1, 6):
            leap(200)
            await client.socket.ping()
            await queue.wait_for(lambda number=number: queue.sessions[0].pings == number)  # type: ignore[misc]
        assert queue.connections == 1
        leap(300)
        assert await client.close_code() == 1001


async def test_stop_keeps_what_waits() -> None:
    async with TuyaQueueSimulator() as queue:
        async with consuming(queue) as client:
            message_id = queue.publish({}, device_id=DEVICE)
            await client.ids(1)
            await queue.stop()
            assert await client.close_code() == 1006
        assert queue.connections == 0
        later = queue.publish({}, device_id=DEVICE)
        await queue.start()
        async with consuming(queue) as client:
            assert await client.ids(2) == [message_id, later]
