"""Whatever the simulated queue does to its deliveries: no report is lost, none is taken twice, each device's stay in order."""

from typing import Any

import aiohttp
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import QueueUnavailable, SeenMessages, StateReported
from simulators.tuya_queue import PARTITIONS

from .peer import until
from .simulated import DEVICES, all_acked, burst, consuming, owner_of, reported, simulated_queue

COUNT = 600
COUNTED = ["counted", "zero", "missing"]


async def test_what_is_asked_of_the_queue(session: aiohttp.ClientSession) -> None:
    """Failover, and the patience of 30 seconds; never a negative acknowledgement."""
    async with simulated_queue() as queue, consuming(session, queue):
        await queue.burst(50, device_ids=DEVICES)
        await all_acked(queue)
        assert queue.queries == [{"ackTimeoutMillis": "30000", "subscriptionType": "Failover"}]
        assert queue.sessions[0].nacks == 0
        assert queue.closures == []


async def test_backlog_from_before_the_connection(session: aiohttp.ClientSession) -> None:
    """What came while nobody was there, in all partitions; and nothing from before there was a subscription."""
    async with simulated_queue() as queue:
        queue.report(DEVICES[0], {"counter": -1})
        async with consuming(session, queue):
            pass
        await queue.burst(COUNT, device_ids=DEVICES)
        assert queue.backlog() == COUNT
        async with consuming(session, queue) as owner:
            await all_acked(queue)
            assert reported(owner) == burst(COUNT)
            assert not any(owner.redelivered)


@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"latency": 0.02},
        {"receiver_queue_size": 1},
        {"receiver_queue_size": 7, "latency": 0.001},
        {"no_key": True, "page_times": True, "properties": "missing"},
        {"duplicate_frames": True},
        {"duplicate_frames": True, "receiver_queue_size": 2},
        {"duplicate_messages": True},
        {"old_nack": True},
    ],
    ids=str,
)
async def test_burst(session: aiohttp.ClientSession, faults: dict[str, Any]) -> None:
    async with simulated_queue() as queue:
        queue.faults.update(faults)
        async with consuming(session, queue) as owner:
            await queue.burst(COUNT, device_ids=DEVICES)
            await all_acked(queue)
            # A second delivery of the last one may be on its way
            doubled = COUNT if "duplicate_frames" in faults else 0
            await until(lambda: owner.statistics["duplicates"] == doubled)
            assert reported(owner) == burst(COUNT)
            assert owner.statistics["repeats"] == (COUNT if "duplicate_messages" in faults else 0)
            assert owner.statistics["connects"] == 1
        assert queue.redelivered == []
        assert sorted(queue.acked) == sorted(queue.published)


@pytest.mark.parametrize("partitions", [1, PARTITIONS])
@pytest.mark.parametrize("counted", COUNTED)
async def test_killed_again_and_again(session: aiohttp.ClientSession, counted: str, partitions: int) -> None:
    """What had been sent comes again; that it does is known by its id alone, since Failover's count may be 0 (A2).

    No more than a few are sent ahead: a connection that is cut takes with it what nobody has read yet, all 90 otherwise.
    """
    async with simulated_queue(partitions=partitions) as queue:
        queue.faults.update({"kill_after": 90, "redelivery_count": counted, "receiver_queue_size": 20})
        async with consuming(session, queue) as owner:
            await queue.burst(COUNT, device_ids=DEVICES)
            await all_acked(queue)
            assert reported(owner) == burst(COUNT)
            statistics = owner.statistics
            assert statistics["connects"] >= COUNT // 90
            assert statistics["messages"] == COUNT
            if counted != "counted":
                assert statistics["redeliveries"] == 0
                assert not any(owner.redelivered)
            elif queue.redelivered:
                assert statistics["redeliveries"] > 0


@pytest.mark.parametrize("counted", COUNTED)
async def test_lost_acknowledgements(session: aiohttp.ClientSession, counted: str) -> None:
    """After the queue's patience everything comes again, is known, and acknowledged again."""
    async with simulated_queue() as queue:
        queue.faults.update({"lose_acks": 5, "redelivery_count": counted})
        async with consuming(session, queue, ack_timeout=0.1) as owner:
            await queue.burst(50, device_ids=DEVICES)
            await all_acked(queue)
            assert reported(owner) == burst(50)
            statistics = owner.statistics
            assert statistics["duplicates"] >= 5
            assert statistics["redeliveries"] == (statistics["duplicates"] if counted == "counted" else 0)
            assert statistics["connects"] == 1
            assert set(queue.redelivered) <= set(queue.acked)


@pytest.mark.parametrize("counted", COUNTED)
async def test_late_acknowledgements(session: aiohttp.ClientSession, counted: str) -> None:
    """One that is late brings everything again that waits: as often as it takes, and nothing of it is taken twice."""
    async with simulated_queue() as queue:
        queue.faults.update({"ack_delay": 0.15, "redelivery_count": counted})
        async with consuming(session, queue, ack_timeout=0.1) as owner:
            await queue.burst(100, device_ids=DEVICES)
            await queue.wait_for(lambda: len(queue.redelivered) >= 100)
            # New ones meanwhile, which come between the old
            before = burst(100)
            queue.report(DEVICES[0], {"counter": 100})
            before[DEVICES[0]].append(100)
            queue.faults.ack_delay = 0.0
            await all_acked(queue)
            # The late acknowledgements of the first may have come before the second were read here
            await until(lambda: owner.statistics["duplicates"] >= 100)
            assert reported(owner) == before
            assert owner.statistics["connects"] == 1


async def test_redelivered_and_replayed(session: aiohttp.ClientSession) -> None:
    async with simulated_queue() as queue, consuming(session, queue) as owner:
        queue.faults.lose_acks = 10
        await queue.burst(40, device_ids=DEVICES)
        await queue.wait_for(lambda: len(queue.acked) == 30)
        await until(lambda: owner.statistics["messages"] == 40)
        assert queue.redeliver() == 10
        await all_acked(queue)
        # As after a reset of the cursor: as if they were new
        assert queue.replay(25) == 25
        await all_acked(queue)
        assert reported(owner) == burst(40)
        assert owner.statistics["duplicates"] == 35


async def test_stopped_and_started_with_a_backlog(session: aiohttp.ClientSession) -> None:
    async with simulated_queue() as queue, consuming(session, queue) as owner:
        await queue.burst(100, device_ids=DEVICES)
        await queue.stop()
        await until(lambda: owner.statistics["failed_attempts"] >= 2)
        assert {type(error) for error in owner.lost} == {QueueUnavailable}
        # Who is there to receive them doesn't matter to those who publish
        for number in range(100, 300):
            queue.report(DEVICES[number % len(DEVICES)], {"counter": number})
        await queue.start()
        await queue.wait_for_connections()
        await all_acked(queue)
        assert reported(owner) == burst(300)


async def test_a_restart_of_ours_begins_with_what_was_not_acknowledged(session: aiohttp.ClientSession) -> None:
    """A new consumer knows nothing of the old: the un-acknowledged comes once more, and nothing else does."""
    async with simulated_queue() as queue:
        async with consuming(session, queue) as first:
            queue.faults.lose_acks = 20
            await queue.burst(60, device_ids=DEVICES)
            await queue.wait_for(lambda: len(queue.acked) == 40)
            await until(lambda: first.statistics["messages"] == 60)
        assert queue.backlog() == 20
        seen = SeenMessages()
        async with consuming(session, queue, seen=seen) as second:
            await all_acked(queue)
            # The first twenty acknowledgements were lost, whichever messages they were for
            assert sum(map(len, reported(second).values())) == 20
            assert all(second.redelivered)
            assert len({value for values in reported(second).values() for value in values}) == 20
        queue.faults.lose_acks = 20
        async with consuming(session, queue, seen=seen) as third:
            await queue.burst(20, device_ids=DEVICES)
            await until(lambda: third.statistics["messages"] == 20)
        # With what the one before had seen, it is known
        async with consuming(session, queue, seen=seen) as fourth:
            await all_acked(queue)
            assert fourth.messages == []
            assert fourth.statistics["duplicates"] == 20


async def test_another_program_on_the_same_subscription(session: aiohttp.ClientSession) -> None:
    """It gets its share of the partitions: half of the devices are silent here. When it leaves, all are back."""
    async with simulated_queue() as queue, consuming(session, queue) as owner:
        rival = queue.add_rival()
        await queue.burst(230, device_ids=DEVICES)
        await all_acked(queue)
        ours = reported(owner)
        assert 0 < len(ours) < len(DEVICES)
        assert sum(map(len, ours.values())) + len(rival.received) == 230
        assert all(values == burst(230)[device] for device, values in ours.items())
        queue.remove_rivals()
        for number in range(230, 460):
            queue.report(DEVICES[number % len(DEVICES)], {"counter": number})
        await all_acked(queue)
        assert reported(owner).keys() == set(DEVICES)
        assert all(values[-10:] == burst(460)[device][-10:] for device, values in reported(owner).items())
        assert not queue.redelivered
        assert owner.statistics["duplicates"] == 0


async def test_two_of_ours_on_the_same_subscription_take_over_from_each_other(session: aiohttp.ClientSession) -> None:
    async with simulated_queue() as queue, consuming(session, queue) as first:
        async with consuming(session, queue) as second:
            await queue.burst(230, device_ids=DEVICES)
            await all_acked(queue)
            both = reported(first), reported(second)
            assert all(both)
            # What both had been sent when the second came would be in both
            assert both[0].keys().isdisjoint(both[1].keys())
            assert both[0] | both[1] == burst(230)
        await queue.wait_for_connections(1)
        for number in range(230, 300):
            queue.report(DEVICES[number % len(DEVICES)], {"counter": number})
        await all_acked(queue)
        assert sum(map(len, reported(first).values())) + sum(map(len, both[1].values())) == 300


async def test_two_subscriptions_get_everything_each(session: aiohttp.ClientSession) -> None:
    async with (
        simulated_queue() as queue,
        consuming(session, queue) as first,
        consuming(session, queue, subscription="garage-sub") as second,
    ):
        await queue.burst(230, device_ids=DEVICES)
        await all_acked(queue)
        await all_acked(queue, "garage-sub")
        assert reported(first) == reported(second) == burst(230)


async def test_one_household_with_two_subscriptions_takes_everything_once(session: aiohttp.ClientSession) -> None:
    """As Home Assistant's side does with several names: what one has taken the others drop."""
    seen = SeenMessages()
    async with (
        simulated_queue() as queue,
        consuming(session, queue, seen=seen) as first,
        consuming(session, queue, subscription="garage-sub", seen=seen) as second,
    ):
        await queue.burst(230, device_ids=DEVICES)
        await all_acked(queue)
        await all_acked(queue, "garage-sub")
        taken = sorted(
            message.values[0].value
            for message in first.messages + second.messages
            if isinstance(message, StateReported)
        )
        assert taken == list(range(230))


async def test_a_forgotten_subscription_begins_anew(session: aiohttp.ClientSession) -> None:
    async with simulated_queue() as queue, consuming(session, queue) as owner:
        queue.report("lamp", {"counter": 0})
        await all_acked(queue)
        queue.unsubscribe()
        queue.report("lamp", {"counter": 1})
        await until(lambda: owner.statistics["connects"] == 2)
        queue.report("lamp", {"counter": 2})
        await all_acked(queue)
        assert reported(owner) == {"lamp": [0, 2]}


async def test_after_the_two_hours_of_the_queue_the_rest_is_gone(session: aiohttp.ClientSession) -> None:
    hour = 3600.0
    clock = [1_790_000_000.0]
    async with simulated_queue(now=lambda: clock[0]) as queue:
        async with consuming(session, queue):
            pass
        queue.report("lamp", {"counter": 0})
        clock[0] += 1.5 * hour
        queue.report("lamp", {"counter": 1})
        clock[0] += hour
        async with consuming(session, queue) as owner:
            await all_acked(queue)
            assert reported(owner) == {"lamp": [1]}


async def test_a_failing_taker_holds_nothing_up(session: aiohttp.ClientSession) -> None:
    async with simulated_queue() as queue:
        owner = owner_of(session, queue)
        owner.on_message_error = RuntimeError("no")
        async with owner.running():
            await queue.wait_for_connections()
            await queue.burst(46, device_ids=DEVICES)
            await all_acked(queue)
            assert reported(owner) == burst(46)
            assert owner.statistics["handler_errors"] == 46
        assert queue.redelivered == []
