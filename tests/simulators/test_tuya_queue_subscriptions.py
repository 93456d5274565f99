"""The simulated queue's subscriptions: who gets what, what waits for how long, and who gets it after whom."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
import time

import aiohttp
import pytest

from simulators.tuya_queue import Busy, MessageId, TuyaQueueSimulator, UnknownSubscription
from tests.loop_time import leap

from .queue_client import QueueClient, consuming, envelope_of

pytestmark = pytest.mark.usefixtures("socket_enabled")

DEVICE = "bf0123456789abcdef01"
DEVICES = [f"device{number:03}" for number in range(40)]


@pytest.fixture
async def queue() -> AsyncIterator[TuyaQueueSimulator]:
    async with TuyaQueueSimulator() as simulator:
        yield simulator


def partition_of(message_id: str) -> int:
    partition = MessageId.parse(message_id).partition
    assert partition is not None
    return partition


def publish_to_all(queue: TuyaQueueSimulator) -> dict[int, set[str]]:
    """Publish for many devices; return the ids by partition."""
    ids: dict[int, set[str]] = {}
    for device in DEVICES:
        message_id = queue.publish({}, device_id=device)
        ids.setdefault(partition_of(message_id), set()).add(message_id)
    assert set(ids) == set(range(11))
    return ids


async def taken(client: QueueClient, count: int) -> set[str]:
    return set(await client.acked(count))


# When a subscription begins and what it keeps


async def test_subscription_begins_with_the_first_consumer(queue: TuyaQueueSimulator) -> None:
    queue.publish({}, device_id=DEVICE)
    async with consuming(queue) as client:
        await client.nothing()
        message_id = queue.publish({}, device_id=DEVICE)
        assert await client.ids(1) == [message_id]
    with pytest.raises(UnknownSubscription):
        queue.backlog("another")


async def test_backlog_comes_on_connect(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue):
        await queue.wait_for_connections()
    await queue.wait_for_connections(0)
    ids = [queue.publish({}, device_id=DEVICE) for _ in range(20)]
    assert queue.backlog() == 20
    assert queue.unacked == []
    async with consuming(queue) as client:
        assert await client.ids(20) == ids
        assert queue.unacked == ids


async def test_backlog_of_many_partitions_comes_by_turns(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue):
        await queue.wait_for_connections()
    await queue.wait_for_connections(0)
    ids = publish_to_all(queue)
    async with consuming(queue, receiverQueueSize="11") as client:
        first = await client.ids(11)
        assert {partition_of(one) for one in first} == set(range(11))
        await client.ack(*first)
        assert await taken(client, 29) == set.union(*ids.values()) - set(first)


async def test_kept_for_two_hours() -> None:
    clock = [time.time()]
    async with TuyaQueueSimulator(now=lambda: clock[0]) as queue:
        async with consuming(queue):
            await queue.wait_for_connections()
        await queue.wait_for_connections(0)
        queue.publish({}, device_id=DEVICE)
        clock[0] += 3600
        kept = queue.publish({}, device_id=DEVICE)
        # One that is as old as the first, but comes only now
        queue.publish({}, device_id=DEVICE, age=3600)
        assert queue.backlog() == 3
        clock[0] += 3601
        assert queue.backlog() == 1
        assert queue.topic.expired == 2
        async with consuming(queue) as client:
            assert await client.ids(1) == [kept]
            await client.nothing()


async def test_age_is_in_all_of_its_times(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client:
        queue.publish({}, device_id=DEVICE, age=3600)
        frame = await client.frame()
        published = datetime.fromisoformat(frame["publishTime"]).timestamp()
        assert abs(published - time.time() + 3600) < 5
        assert abs(envelope_of(frame)["t"] / 1000 - time.time() + 3600) < 5


async def test_each_subscription_gets_all(queue: TuyaQueueSimulator) -> None:
    async with (
        consuming(queue, subscription="one") as one,
        consuming(queue, subscription="two", subscriptionType="Exclusive") as two,
    ):
        message_id = queue.publish({}, device_id=DEVICE)
        assert await one.acked(1) == [message_id]
        await queue.wait_for(lambda: queue.acked == [message_id])
        assert queue.backlog("two") == 1
        assert await two.acked(1) == [message_id]
        await queue.wait_for(lambda: queue.acked == [message_id] * 2)


async def test_other_environment_and_notices_are_topics_of_their_own(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client, consuming(queue, topic="notice") as notices:
        queue.backlog_notice(1200)
        frame = await notices.frame()
        assert MessageId.parse(frame["messageId"]).partition is None
        queue.environment = "event-test"
        queue.publish({}, device_id=DEVICE)
        await client.nothing()
        queue.environment = "event"
        queue.publish({}, device_id=DEVICE)
        await client.ids(1)


async def test_subscription_that_is_not_durable(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, subscriptionMode="NonDurable"):
        await queue.wait_for_connections()
    await queue.wait_for(lambda: not queue.subscriptions)


async def test_unsubscribing_from_here(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client:
        queue.unsubscribe()
        assert await client.close_code() == 1006
        assert not queue.subscriptions
        with pytest.raises(UnknownSubscription):
            queue.unsubscribe()


# Two of a subscription


async def test_two_share_the_partitions(queue: TuyaQueueSimulator) -> None:
    """By turns of their names, whoever came first; when one goes, the other gets all again."""
    async with consuming(queue, consumerName="b") as b:
        await queue.wait_for_connections()
        assert queue.subscription().partitions_of(queue.sessions[0].consumer) == list(range(11))
        async with consuming(queue, consumerName="a") as a:
            await queue.wait_for_connections(2)
            ids = publish_to_all(queue)
            of_a = set.union(*(ids[partition] for partition in range(0, 11, 2)))
            of_b = set.union(*(ids[partition] for partition in range(1, 11, 2)))
            assert await taken(a, len(of_a)) == of_a
            assert await taken(b, len(of_b)) == of_b
            await a.nothing()
            await b.nothing()
        await queue.wait_for_connections(1)
        ids = publish_to_all(queue)
        assert await taken(b, 40) == set.union(*ids.values())


async def test_what_one_had_comes_to_the_other(queue: TuyaQueueSimulator) -> None:
    """A partition moves with what isn't acknowledged, and what its old owner acknowledges late still counts."""
    async with consuming(queue, consumerName="b") as b:
        ids = publish_to_all(queue)
        await b.ids(40)
        moved = set.union(*(ids[partition] for partition in range(0, 11, 2)))
        async with consuming(queue, consumerName="a") as a:
            frames = await a.frames(len(moved))
            assert {frame["messageId"] for frame in frames} == moved
            assert {frame["redeliveryCount"] for frame in frames} == {1}
            await b.ack(*moved)
            await queue.wait_for(lambda: set(queue.acked) == moved)
            await a.ack(*moved)
            await a.nothing()
            assert len(queue.acked) == len(moved)


async def test_priority_comes_first(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, priorityLevel="1") as later:
        await queue.wait_for_connections()
        async with consuming(queue, priorityLevel="0") as first:
            await queue.wait_for_connections(2)
            publish_to_all(queue)
            await first.acked(40)
            await later.nothing()


async def test_without_partitions_the_second_waits() -> None:
    async with (
        TuyaQueueSimulator(environment="event-test") as queue,
        consuming(queue, consumerName="b") as b,
        consuming(queue, consumerName="a") as a,
    ):
        await queue.wait_for_connections(2)
        first, second = (queue.publish({}, device_id=device) for device in DEVICES[:2])
        assert await b.ids(2) == [first, second]
        await b.ack(first)
        await a.nothing()
        await b.socket.close()
        assert await a.ids(1) == [second]


async def test_turn_comes_after_a_while() -> None:
    async with TuyaQueueSimulator(failover_delay=60) as queue:
        async with consuming(queue) as client:
            message_id = queue.publish({}, device_id=DEVICE)
            await client.nothing()
            leap(60)
            assert await client.ids(1) == [message_id]
            queue.publish({}, device_id=DEVICE)
            await client.ids(1)
        async with consuming(queue):
            await queue.wait_for_connections()
        # Nobody is there any more when the turn comes.
        await queue.wait_for_connections(0)
        leap(60)
        await asyncio.sleep(0)
        assert queue.backlog() == 2


async def test_exclusive_is_for_one(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, subscriptionType="Exclusive") as client:
        for other in ("Exclusive", "Failover"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
                async with consuming(queue, subscriptionType=other):
                    pass
            assert raised.value.status == 409
        queue.publish({}, device_id=DEVICE)
        await client.ids(1)
    await queue.wait_for_connections(0)
    # Another type is fine once nobody is there.
    async with consuming(queue, subscriptionType="Shared") as client:
        await client.ids(1)


async def test_failover_is_not_for_another_type(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue):
        with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
            async with consuming(queue, subscriptionType="Exclusive"):
                pass
        assert raised.value.status == 409
        assert queue.handshakes == {101: 1, 409: 1}


async def test_shared_goes_by_turns(queue: TuyaQueueSimulator) -> None:
    async with (
        consuming(queue, subscriptionType="Shared", receiverQueueSize="3") as one,
        consuming(queue, subscriptionType="Shared", receiverQueueSize="3") as two,
    ):
        await queue.wait_for_connections(2)
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(8)]
        got_one, got_two = await one.ids(3), await two.ids(3)
        assert sorted([*got_one, *got_two]) == sorted(ids[:6])
        await one.nothing()
        # What one had and didn't acknowledge, goes to the other before what is new.
        await two.ack(*got_two)
        rest = await two.ids(2)
        assert set(rest) == set(ids[6:])
        await one.socket.close()
        await two.ack(*rest)
        assert await two.ids(3) == got_one


async def test_shared_goes_to_who_has_room(queue: TuyaQueueSimulator) -> None:
    async with (
        consuming(queue, subscriptionType="Shared", receiverQueueSize="1") as small,
        consuming(queue, subscriptionType="Shared", receiverQueueSize="10") as large,
    ):
        await queue.wait_for_connections(2)
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(6)]
        assert {*await small.ids(1), *await large.ids(5)} == set(ids)


async def test_key_shared_goes_by_device(queue: TuyaQueueSimulator) -> None:
    async with (
        consuming(queue, subscriptionType="Key_Shared") as one,
        consuming(queue, subscriptionType="Key_Shared") as two,
    ):
        await queue.wait_for_connections(2)
        for device in [*DEVICES, *DEVICES]:
            queue.publish({}, device_id=device)
        counts = [session.consumer.sent for session in queue.sessions]
        assert sum(counts) == 80 and min(counts) > 10
        keys = [
            [frame["key"] for frame in await client.frames(count)]
            for client, count in zip((one, two), counts, strict=True)
        ]
        assert not set(keys[0]) & set(keys[1])


# What tests and the demo do to it


async def test_rival(queue: TuyaQueueSimulator) -> None:
    """Half of the devices don't update: another program consumes with the same subscription."""
    async with consuming(queue, consumerName="mine") as client:
        await queue.wait_for_connections()
        rival = queue.add_rival()
        ids = publish_to_all(queue)
        mine = set.union(*(ids[partition] for partition in range(0, 11, 2)))
        assert await taken(client, len(mine)) == mine
        assert set(rival.received) == set.union(*ids.values()) - mine
        queue.remove_rivals()
        queue.remove_rivals()
        assert queue.subscription().partitions_of(queue.sessions[0].consumer) == list(range(11))
        await queue.wait_for(lambda: set(queue.acked) == mine)


async def test_rival_has_to_suit(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue, subscriptionType="Exclusive"):
        await queue.wait_for_connections()
        with pytest.raises(Busy, match="different type"):
            queue.add_rival()


async def test_rival_alone_makes_a_subscription(queue: TuyaQueueSimulator) -> None:
    rival = queue.add_rival("of-its-own")
    message_id = queue.publish({}, device_id=DEVICE)
    assert rival.received == [message_id]
    assert queue.backlog("of-its-own") == 0


async def test_redeliver(queue: TuyaQueueSimulator) -> None:
    async with consuming(queue) as client:
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(3)]
        await client.ids(3)
        await client.ack(ids[0])
        await queue.wait_for(lambda: queue.acked == ids[:1])
        assert queue.redeliver() == 2
        assert [frame["redeliveryCount"] for frame in await client.frames(2)] == [1, 1]


async def test_replay(queue: TuyaQueueSimulator) -> None:
    """What was acknowledged comes as if it were new, with its old time; but what still waits isn't doubled."""
    async with consuming(queue) as client:
        ids = [queue.publish({}, device_id=DEVICE, age=60) for _ in range(4)]
        await client.ids(4)
        queue.redeliver()
        await client.ids(4)
        await client.ack(*ids[:3])
        await queue.wait_for(lambda: queue.acked == ids[:3])
        assert queue.replay(2) == 2
        again = await client.frames(2)
        assert [frame["messageId"] for frame in again] == ids[1:3]
        assert [frame["redeliveryCount"] for frame in again] == [0, 0]
        await client.ack(*ids)
        await queue.wait_for(lambda: queue.backlog() == 0)
        assert queue.replay(100) == 4
        assert await client.ids(4) == ids


async def test_replay_of_what_was_acknowledged_before_its_turn_came_again() -> None:
    async with TuyaQueueSimulator() as queue, consuming(queue, receiverQueueSize="2") as client:
        ids = [queue.publish({}, device_id=DEVICE) for _ in range(2)]
        await client.ids(2)
        # No room: both wait to be sent again, and are acknowledged meanwhile.
        queue.redeliver()
        await client.ack(ids[0])
        assert await client.ids(1) == [ids[1]]
        await client.ack(ids[1])
        await queue.wait_for(lambda: queue.acked == ids)
        queue.replay(2)
        await client.ack(ids[1])
        assert await client.ids(1) == [ids[0]]


async def test_burst(queue: TuyaQueueSimulator) -> None:
    """5000 messages at once are taken in order for each device, and nothing comes twice."""
    async with consuming(queue) as client:
        await queue.wait_for_connections()
        burst = asyncio.create_task(queue.burst(5000, device_ids=DEVICES))
        frames = []
        for _ in range(5000):
            frames.append(await client.frame())
            await client.ack(frames[-1]["messageId"])
        ids = await burst
        assert len(set(ids)) == 5000
        assert sorted(frame["messageId"] for frame in frames) == sorted(ids)
        for device in DEVICES:
            of_device = [frame["messageId"] for frame in frames if frame["key"] == device]
            assert of_device == [one for one in ids if one in set(of_device)]
        await queue.wait_for(lambda: len(queue.acked) == 5000)
        assert queue.redelivered == [] and queue.frames == 5000


async def test_burst_over_a_while(queue: TuyaQueueSimulator) -> None:
    began = time.monotonic()
    assert len(await queue.burst(10, device_ids=[DEVICE], seconds=0.2)) == 10
    assert time.monotonic() - began > 0.19
