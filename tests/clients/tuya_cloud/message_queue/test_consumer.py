"""Reading the queue: what is delivered is handed over once and acknowledged at once (A2, A3)."""

import asyncio
import base64
import json
import logging
from typing import Any

import aiohttp
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import (
    DeviceOnline,
    OtherMessage,
    QueueConsumer,
    SeenMessages,
    StateReported,
    VoiceUnderstood,
)
from custom_components.iot_gateway.clients.tuya_cloud.message_queue.consumer import MAX_PAYLOAD_SIZE

from . import samples
from .owner import Owner
from .peer import Connection, Peer, deliver, frame_of, message_id, report, until
from .samples import ACCESS_ID, ACCESS_SECRET, KEY, PASSWORD, make_envelope, payload_of


def records(caplog: pytest.LogCaptureFixture, level: int | None = None) -> list[logging.LogRecord]:
    """Return what the consumer logged; the event loop has a word to say of a busy machine."""
    return [one for one in caplog.records if one.name.endswith(".consumer") and level in (None, one.levelno)]


async def test_the_request_is_that_of_tuyas_sdk(session: aiohttp.ClientSession) -> None:
    async with Peer() as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: owner.told == ["connected"])
            assert owner.consumer.connected
        (request,) = peer.requests
    assert request.path == f"/ws/v2/consumer/persistent/{ACCESS_ID}/out/event/{ACCESS_ID}-sub"
    assert dict(request.query) == {"ackTimeoutMillis": "30000", "subscriptionType": "Failover"}
    assert request.headers["username"] == ACCESS_ID
    assert request.headers["password"] == PASSWORD


async def test_the_test_environment_and_another_subscription(session: aiohttp.ClientSession) -> None:
    async with Peer() as peer:
        owner = Owner(session, peer, environment="event-test", subscription="second")
        async with owner.running():
            await until(lambda: owner.told == ["connected"])
        assert peer.requests[0].path == f"/ws/v2/consumer/persistent/{ACCESS_ID}/out/event-test/second"


@pytest.mark.parametrize("form", ["common", "gcm", "seed", "seed_hex"])
async def test_a_message_is_handed_over_and_acknowledged(session: aiohttp.ClientSession, form: samples.Form) -> None:
    async with Peer() as peer:
        peer.publish(frame_of(1, samples.SEED_ONLINE, form=form))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: peer.acknowledged == [message_id(1)])
            assert owner.messages == [DeviceOnline(device_id="02200434dc4f221axxxx", time=1589019224062, kind="online")]
            assert owner.redelivered == [False]
            assert owner.statistics["wrong_signatures"] == owner.statistics["unsigned"] == 0
            assert owner.statistics["acknowledged"] == 1


@pytest.mark.parametrize("vector", [samples.A_SEED_FORM, samples.B_COMMON_ECB, samples.C_COMMON_GCM])
async def test_the_vectors_without_properties(session: aiohttp.ClientSession, vector: dict[str, Any]) -> None:
    """As Tuya's own fixture, and older proxies, send it: an id, a payload and nothing else."""
    async with Peer() as peer:
        peer.publish({"messageId": message_id(1), "payload": payload_of(vector), "redeliveryCount": 0})

        async def send_bare(connection: Connection) -> None:
            frame = peer.backlog.popleft()
            del frame["redeliveryCount"]
            await connection.send(frame)
            await connection.until_closed()

        peer.scripts.appendleft(send_bare)
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: peer.acknowledged == [message_id(1)])
            (message,) = owner.messages
            assert isinstance(message, StateReported)
            assert (message.device_id, message.values[0].code) == ("dev0001", "switch_1")
            assert owner.statistics["wrong_signatures"] == 0


async def test_all_of_the_seed_in_order(session: aiohttp.ClientSession) -> None:
    bodies = [
        samples.SEED_BIND,
        samples.SEED_ONLINE,
        samples.SEED_REPORT,
        samples.SEED_RENAME,
        samples.SEED_VOICE,
        samples.SEED_OFFLINE,
        samples.SEED_UNBIND,
        samples.SEED_RESET,
    ]
    async with Peer() as peer:
        peer.publish(*(frame_of(number, body, form="seed") for number, body in enumerate(bodies)))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == len(bodies))
            kinds = [message.kind for message in owner.messages]
            assert kinds == "bind online dp_report name_update voice_nlu offline unbind reset".split()
            assert not [message for message in owner.messages if isinstance(message, OtherMessage)]
            assert owner.statistics["kinds"] == dict.fromkeys(kinds, 1)


async def test_an_acknowledgement_does_not_wait_for_the_next_message(session: aiohttp.ClientSession) -> None:
    """One at a time, as a proxy with a receiver's queue of one does."""

    async def script(connection: Connection) -> None:
        for number in range(20):
            await connection.send(frame_of(number, report(number)))
            assert await connection.ack() == message_id(number)
        await connection.until_closed()

    async with Peer(script) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 20)
            assert owner.numbers == list(range(20))


async def test_what_was_handed_over_is_not_acknowledged_before(session: aiohttp.ClientSession) -> None:
    acknowledged_before: list[int] = []
    async with Peer() as peer:
        peer.publish(*(frame_of(number, report(number)) for number in range(5)))
        owner = Owner(session, peer)
        owner.consumer._on_message = lambda message, redelivered: acknowledged_before.append(
            owner.consumer.statistics.acknowledged
        )
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 5)
    assert acknowledged_before == [0, 1, 2, 3, 4]


# At least once


async def test_a_redelivered_message_that_is_new_to_us(session: aiohttp.ClientSession) -> None:
    async with Peer() as peer:
        peer.publish(frame_of(1, report(1), redeliveryCount=3), frame_of(2, report(2)))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 2)
            assert owner.numbers == [1, 2]
            assert owner.redelivered == [True, False]
            assert owner.statistics["redeliveries"] == 1
            assert owner.statistics["duplicates"] == 0


async def test_the_same_message_again_is_acknowledged_and_not_handed_over(session: aiohttp.ClientSession) -> None:
    """As one late acknowledgement brings it: everything again, on the same connection."""

    async def script(connection: Connection) -> None:
        for count in range(3):
            for number in range(10):
                await connection.send(frame_of(number, report(number), redeliveryCount=count))
        await connection.until_closed()

    async with Peer(script) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 30)
            assert owner.numbers == list(range(10))
            assert peer.acknowledged == [message_id(number) for number in range(10)] * 3
            assert owner.statistics["messages"] == 10
            assert owner.statistics["duplicates"] == 20
            assert owner.statistics["redeliveries"] == 20


async def test_acknowledgements_that_were_lost_are_made_up_for(session: aiohttp.ClientSession) -> None:
    """The connection breaks with everything handed over and nothing acknowledged; all of it comes again."""

    async def deaf(connection: Connection) -> None:
        for number in range(50):
            frame = frame_of(number, report(number))
            peer.unacknowledged[frame["messageId"]] = frame
            await connection.send(frame)
        await until(lambda: len(owner.messages) == 50)
        connection.abort()

    async with Peer(deaf, deliver) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 50)
            peer.publish(frame_of(50, report(50)))
            await until(lambda: len(peer.acknowledged) == 51)
            assert owner.numbers == list(range(51))
            assert not peer.unacknowledged
            assert owner.statistics["duplicates"] == 50
            assert owner.statistics["losses"] == 1


async def test_a_connection_that_breaks_in_the_middle_loses_nothing(session: aiohttp.ClientSession) -> None:
    """Again and again, at another place each time."""
    count = 400

    async def fragile(connection: Connection) -> None:
        connection.cut_after = 37
        await deliver(connection)

    async with Peer(*[fragile] * 6, deliver) as peer:
        peer.publish(*(frame_of(number, report(number, device=f"dev{number % 7}")) for number in range(count)))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: not peer.backlog and not peer.unacknowledged)
            assert owner.numbers == list(range(count))
            assert owner.statistics["connects"] == 7
            assert peer.most_open == 1


async def test_what_an_earlier_consumer_handed_over_can_be_known(session: aiohttp.ClientSession) -> None:
    seen = SeenMessages()
    async with Peer() as peer:
        peer.publish(frame_of(1, report(1)))
        first = Owner(session, peer, seen=seen)
        async with first.running():
            await until(lambda: len(peer.acknowledged) == 1)
        peer.publish(frame_of(1, report(1)), frame_of(2, report(2)))
        second = Owner(session, peer, seen=seen)
        async with second.running():
            await until(lambda: len(peer.acknowledged) == 3)
            assert second.numbers == [2]


async def test_one_report_in_two_messages(session: aiohttp.ClientSession) -> None:
    core = {
        "bizCode": "devicePropertyMessage",
        "bizData": {
            "devId": "dev",
            "dataId": "x",
            "properties": [{"code": "counter", "value": 1, "time": 1790000000001}],
        },
    }
    async with Peer() as peer:
        peer.publish(frame_of(1, report(1)), frame_of(2, report(1)), frame_of(3, core, protocol=1000))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 3)
            assert len(owner.messages) == 1
            assert owner.statistics["messages"] == 3
            assert owner.statistics["repeats"] == 2
            assert owner.statistics["duplicates"] == 0


# What cannot be read


@pytest.mark.parametrize(
    "poison",
    [
        {"payload": "not base64!"},
        {"payload": None},
        {"payload": payload_of({"data": "AAAA"})},
        {"payload": payload_of(make_envelope({}, key=b"another key 1234"))},
        {
            "payload": payload_of(make_envelope({}, form="gcm", key=b"another key 1234")),
            "properties": {"em": "aes_gcm"},
        },
        {"payload": payload_of(make_envelope("no json"))},
        {"properties": {"em": "rot13"}},
        {"payload": "A" * (MAX_PAYLOAD_SIZE + 4)},
    ],
)
async def test_poison_is_acknowledged_and_does_not_block(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, poison: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components")
    async with Peer() as peer:
        peer.publish(
            frame_of(1, report(1)),
            {**frame_of(2, report(2)), **poison},
            frame_of(3, report(3)),
            {**frame_of(4, report(4)), **poison},
        )
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 4)
            assert owner.numbers == [1, 3]
            assert not peer.unacknowledged
            assert owner.statistics["undecodable"] == 2
            assert list(owner.statistics["undecodable_steps"].values()) == [2]
            assert owner.statistics["messages"] == 4
    # Once as a warning, then for those who look
    assert [one.levelno for one in records(caplog) if "Skipped a message" in one.getMessage()] == [30, 10]


async def test_poison_that_comes_again_is_not_read_again(session: aiohttp.ClientSession) -> None:
    async def script(connection: Connection) -> None:
        for _ in range(3):
            await connection.send({**frame_of(1, {}), "payload": "!"})
        await connection.until_closed()

    async with Peer(script) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 3)
            assert owner.statistics["undecodable"] == 1
            assert owner.statistics["duplicates"] == 2


async def test_frames_that_are_no_message_are_counted(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    garbage: list[str | bytes] = [
        "",
        "no json",
        "[1]",
        "null",
        "{}",
        '{"messageId":7}',
        '{"messageId":""}',
        '{"endOfTopic":"false"}',
        b"\xff\xfe",
        "[" * 10_000,
        '{"payload":"',
    ]

    async def script(connection: Connection) -> None:
        for text in garbage:
            await connection.put(text)
        await connection.send(frame_of(1, report(1)))
        await connection.until_closed()

    async with Peer(script) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: peer.acknowledged == [message_id(1)])
            assert owner.numbers == [1]
            assert owner.statistics["malformed_frames"] == len(garbage)
            assert owner.statistics["messages"] == 1
            assert owner.told == ["connected"]
    assert len(records(caplog, logging.WARNING)) == 1


async def test_a_broken_frame_that_shows_its_id_is_acknowledged(session: aiohttp.ClientSession) -> None:
    """Un-acknowledged it would bring everything again every 30 seconds."""

    async def script(connection: Connection) -> None:
        await connection.put(json.dumps(frame_of(1, report(1))).encode()[:-20] + b"\xff")
        await connection.send(frame_of(2, report(2)))
        await connection.until_closed()

    async with Peer(script) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: peer.acknowledged == [message_id(1), message_id(2)])
            assert owner.numbers == [2]
            assert owner.statistics["malformed_frames"] == 1


async def test_a_binary_frame_is_read_too(session: aiohttp.ClientSession) -> None:
    async def script(connection: Connection) -> None:
        await connection.socket.send_bytes(json.dumps(frame_of(1, report(1))).encode())
        await connection.until_closed()

    async with Peer(script) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 1)
            assert owner.numbers == [1]


async def test_an_id_is_echoed_whatever_it_is(session: aiohttp.ClientSession) -> None:
    strange = 'a"b\\c ü\n'

    async def script(connection: Connection) -> None:
        await connection.send({**frame_of(1, report(1)), "messageId": strange})
        await connection.until_closed()

    async with Peer(script) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: peer.acknowledged == [strange])


async def test_odd_parts_of_a_frame(session: aiohttp.ClientSession) -> None:
    more: list[dict[str, Any]] = [
        {"properties": None},
        {"properties": ["em"]},
        {"properties": {"em": 7, "tid": None}},
        {"redeliveryCount": None},
        {"redeliveryCount": "1"},
        {"redeliveryCount": -1},
        {"redeliveryCount": True},
        {"encryptionContext": {}, "new": 1, "key": None},
    ]

    async def script(connection: Connection) -> None:
        for number, change in enumerate(more):
            await connection.send({**frame_of(number, report(number)), **change})
        await connection.until_closed()

    async with Peer(script) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == len(more))
            assert owner.numbers == [0, 1, *range(3, len(more))]
            assert owner.statistics["undecodable_steps"] == {"the envelope names an unknown encryption": 1}
            assert not any(owner.redelivered)


async def test_a_wrong_signature_is_counted_and_the_message_taken(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with Peer() as peer:
        for number in range(3):
            envelope = {**make_envelope(report(number)), "sign": "0" * 32}
            peer.publish({**frame_of(number, {}), "payload": payload_of(envelope)})
        unsigned = make_envelope(report(3))
        del unsigned["sign"]
        peer.publish({**frame_of(3, {}), "payload": payload_of(unsigned)})
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 4)
            assert owner.numbers == [0, 1, 2, 3]
            assert owner.statistics["wrong_signatures"] == 3
            assert owner.statistics["unsigned"] == 1
    assert len(records(caplog, logging.WARNING)) == 1


async def test_unknown_kinds_are_handed_over_counted_and_acknowledged(session: aiohttp.ClientSession) -> None:
    async with Peer() as peer:
        for number in range(200):
            body = {"bizCode": f"kind{number}-{'x' * 100}", "bizData": {"devId": "d"}}
            peer.publish(frame_of(number, body, protocol=1099))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 200)
            assert all(isinstance(message, OtherMessage) for message in owner.messages)
            assert len(owner.messages) == 200
            counts = owner.statistics["unknown_kinds"]
            assert len(counts) == 51
            assert sum(counts.values()) == 200
            assert max(map(len, counts)) == 64
            assert owner.statistics["kinds"] == {}


async def test_a_taker_that_fails_is_logged_once_and_the_message_acknowledged(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with Peer() as peer:
        peer.publish(*(frame_of(number, report(number)) for number in range(5)))
        owner = Owner(session, peer)
        owner.on_message_error = LookupError("no such device")
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 5)
            assert owner.statistics["handler_errors"] == 5
            assert owner.numbers == [0, 1, 2, 3, 4]
            assert owner.told == ["connected"]
    assert len(records(caplog, logging.ERROR)) == 1


async def test_a_defect_of_our_own_does_not_block(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Peer() as peer:
        peer.publish(frame_of(1, report(1)), frame_of(2, report(2)))
        owner = Owner(session, peer)
        real, calls = owner.consumer._decode, 0

        def decode(frame: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise ZeroDivisionError
            return real(frame)

        monkeypatch.setattr(owner.consumer, "_decode", decode)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 2)
            assert owner.numbers == [2]
            assert owner.statistics["undecodable_steps"] == {"a defect of ours": 1}
    assert "ZeroDivisionError" in caplog.text


async def test_listeners_that_fail_do_no_harm(session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[str] = []

    def fail(*told: object) -> None:
        calls.append(repr(told))
        raise ZeroDivisionError

    async def cut(connection: Connection) -> None:
        connection.abort()
        await asyncio.sleep(0)

    async with Peer(503, cut, deliver) as peer:
        peer.publish(frame_of(1, report(1)))
        owner = Owner(session, peer, on_connected=fail, on_lost=fail)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 1)
            assert owner.numbers == [1]
            assert len(calls) == 4
    assert caplog.text.count("A listener of the message queue failed") == 4


# What is told of it


async def test_secrets_and_content_are_nowhere(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    async with Peer(401, deliver) as peer:
        peer.publish(frame_of(1, samples.SEED_VOICE, form="seed"), {**frame_of(2, {}), "payload": "secret!"})
        owner = Owner(session, peer, refused_first=0.01, refused_most=0.01)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 2)
            told = f"{owner.consumer!r} {owner.told!r} {owner.messages!r} {owner.statistics!r} {caplog.text}"
            assert isinstance(owner.messages[0], VoiceUnderstood)
    for secret in (ACCESS_SECRET, PASSWORD, KEY.decode(), "Pause the TV", "secret!"):
        assert secret not in told


async def test_the_counters_are_fit_for_json(session: aiohttp.ClientSession) -> None:
    wall = 1_790_000_000.0
    async with Peer() as peer:
        peer.publish(frame_of(1, report(1)))
        owner = Owner(session, peer, now=lambda: wall)
        before = owner.statistics
        assert before["last_message"] is before["connected_since"] is None
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 1)
            assert json.loads(json.dumps(owner.statistics)) == {
                **before,
                "messages": 1,
                "messages_today": 1,
                "kinds": {"statusReport": 1},
                "acknowledged": 1,
                "connects": 1,
                "last_message": wall,
                "connected_since": wall,
            }
        assert owner.statistics["connected_since"] is None


async def test_a_day_begins_at_midnight(session: aiohttp.ClientSession) -> None:
    wall = [86400.0 * 20000 - 1]
    async with Peer() as peer:
        owner = Owner(session, peer, now=lambda: wall[0])
        async with owner.running():
            for number in range(3):
                peer.publish(frame_of(number, report(number)))
            await until(lambda: len(peer.acknowledged) == 3)
            assert owner.consumer.statistics.messages_today == 3
            wall[0] += 2
            assert owner.consumer.statistics.messages_today == 0
            peer.publish(frame_of(3, report(3)))
            await until(lambda: len(peer.acknowledged) == 4)
            assert owner.consumer.statistics.messages_today == 1
            assert owner.consumer.statistics.messages == 4


@pytest.mark.parametrize(
    "arguments",
    [{"url": "nonsense://x"}, {"access_secret": "short"}, {"subscription": "a/b"}, {"environment": "production"}],
)
async def test_settings_that_cannot_be(session: aiohttp.ClientSession, arguments: dict[str, Any]) -> None:
    settings: dict[str, Any] = {
        "url": "ws://127.0.0.1:1/",
        "access_id": ACCESS_ID,
        "access_secret": ACCESS_SECRET,
        "on_message": print,
        "on_connected": print,
        "on_lost": print,
    }
    with pytest.raises(ValueError) as error:
        QueueConsumer(session, **{**settings, **arguments})
    assert "short" not in str(error.value)


async def test_the_largest_message_is_passed_over_quickly(session: aiohttp.ClientSession) -> None:
    """What a broker takes at most, 5 MiB, is neither decrypted nor the end of the connection."""
    async with Peer() as peer:
        payload = base64.b64encode(bytes(5 * 1024 * 1024)).decode()
        peer.publish({**frame_of(1, {}), "payload": payload}, frame_of(2, report(2)))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 2)
            assert owner.numbers == [2]
            assert owner.statistics["undecodable_steps"] == {"the payload is too large": 1}
            assert owner.statistics["connects"] == 1


async def test_halves_of_characters(session: aiohttp.ClientSession) -> None:
    """Neither an id nor a value with one ends the connection, or gets to who could not store it."""
    async with Peer() as peer:
        peer.publish({**frame_of(1, report(1)), "messageId": "\ud83d"})
        peer.publish(frame_of(2, report(2, "cut \ud83d")))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: message_id(2) in peer.acknowledged)
        assert owner.numbers == [1, "cut \ufffd"]
        assert owner.lost == []
