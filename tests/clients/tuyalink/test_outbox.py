"""The outbox: what it promises, one by one, and then all of it under random troubles."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
import contextlib
from contextlib import asynccontextmanager
from itertools import count
import json
import random
from typing import Any, Final

import pytest

from custom_components.iot_gateway.clients.tuyalink.errors import (
    AnswerTimeout,
    CloudRefused,
    LinkError,
    LinkLost,
    MessageInvalid,
    MessageTooLarge,
)
from custom_components.iot_gateway.clients.tuyalink.outbox import Delivery, Outbox, pace as pace_module, sender
from custom_components.iot_gateway.clients.tuyalink.records import PropertyRecord, Record
from tests.clients.mosquitto import HOST, TIMEOUT, needs_broker
from tests.loop_time import still_time

from .broker import DEVICE, Broker
from .cloud import Cloud, Owner, Uplink, until
from .kept_outbox import NOW, Kept, joined, said

_LAMP: Final = "lamp"


@pytest.fixture(autouse=True)
async def exact_waits(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Have all waits be as long as they are meant to be, where there is no broker: the pace goes by them."""
    with contextlib.nullcontext() if "broker" in request.fixturenames else still_time():
        yield


# While the link is up


async def test_only_changes_are_reported() -> None:
    kept = Kept()
    async with kept.running() as outbox:
        assert outbox.offer(_LAMP, "on", True)
        await joined(outbox)
        assert not outbox.offer(_LAMP, "on", True)
        # Another value on the wire, though Python takes them for equal
        assert outbox.offer(_LAMP, "on", 1)
        assert outbox.offer(_LAMP, "on", 1.0)
        assert outbox.offer("other", "on", True)
        assert outbox.offer(_LAMP, "off", True)
        await joined(outbox)
    assert sorted(map(str, kept.receiver.news)) == ["1.0", "True", "True", "True"]
    assert kept.statistics["unchanged"] == 1
    assert kept.receiver.records[0] == PropertyRecord(device_id=_LAMP, code="on", value=True, time=1626197189000)


async def test_changes_of_one_turn_are_one_message() -> None:
    kept = Kept()
    async with kept.running() as outbox:
        for index in range(20):
            _ = outbox.offer(f"device{index}", "on", True)
        await joined(outbox)
    assert len(kept.receiver.deliveries) == 1


async def test_a_message_is_filled_up_to_what_it_holds() -> None:
    kept = Kept()
    async with kept.running() as outbox:
        for index in range(90):
            _ = outbox.offer(f"device{index}", "on", True)
        for index in range(40):
            _ = outbox.offer(_LAMP, f"text{index}", "x" * 1000)
        await joined(outbox)
    for delivery in kept.receiver.deliveries:
        assert len({record.device_id for record in delivery.records}) <= 20
        assert sum(len(str(record)) for record in delivery.records) <= 20_000
    assert len(kept.receiver.records) == 130
    # Four of 20 devices; the last ten share a message with the first of the texts
    assert len(kept.receiver.deliveries) == 4 + 5


async def test_the_newest_wins_within_the_rate() -> None:
    kept = Kept(rate=20.0, burst=1)
    async with kept.running() as outbox:
        for value in range(100):
            _ = outbox.offer(_LAMP, "level", value)
            await asyncio.sleep(0.001)
        await joined(outbox)
    told = kept.receiver.news
    assert told == sorted(told)
    assert told[-1] == 99
    assert len(told) < 30
    assert kept.statistics["coalesced"] == 100 - len(told)
    assert kept.statistics["kept"] == 0


@pytest.mark.parametrize(("rate", "burst"), [(50.0, 1), (100.0, 8)])
async def test_the_rate_is_kept_in_every_window(rate: float, burst: int) -> None:
    kept = Kept(rate=rate, burst=burst)
    async with kept.running() as outbox:
        for value in range(300):
            for device in range(40):
                _ = outbox.offer(f"device{device}", "level", value)
            await asyncio.sleep(0.002)
    arrivals = kept.receiver.arrivals
    assert len(arrivals) > burst
    for first in range(len(arrivals)):
        for last in range(first, len(arrivals)):
            assert last - first + 1 <= burst + rate * (arrivals[last] - arrivals[first]) + 1.01


async def test_properties_take_turns_within_the_rate() -> None:
    kept = Kept(rate=100.0, burst=1)
    kept.outbox._most_news = 1
    async with kept.running() as outbox:
        for value in range(200):
            for code in "abcd":
                _ = outbox.offer(_LAMP, code, value)
            await asyncio.sleep(0.001)
        await joined(outbox)
    told: dict[str, int] = defaultdict(int)
    for record in kept.receiver.records:
        told[record.code] += 1
    assert max(told.values()) - min(told.values()) <= 2


async def test_an_echo_does_not_wait() -> None:
    kept = Kept(rate=0.001, burst=1)
    async with kept.running() as outbox:
        kept.receiver.gate.clear()
        _ = outbox.offer(_LAMP, "level", 1)
        await until(lambda: kept.receiver.deliveries)
        # One is under way, and the rate allows no other for a quarter of an hour
        _ = outbox.offer(_LAMP, "color", "red")
        outbox.echo(_LAMP, "level", 50)
        outbox.echo(_LAMP, "on", True)
        await until(lambda: len(kept.receiver.deliveries) == 2)
        assert [(record.code, said(record)) for record in kept.receiver.deliveries[1].records] == [
            ("level", 50),
            ("on", True),
        ]
        kept.receiver.gate.set()
        await asyncio.sleep(0.02)
        assert len(kept.receiver.deliveries) == 2
        assert outbox.waiting == 1


async def test_an_echo_is_told_though_nothing_has_changed() -> None:
    kept = Kept()
    async with kept.running() as outbox:
        _ = outbox.offer(_LAMP, "level", 50)
        await joined(outbox)
        outbox.echo(_LAMP, "level", 50)
        await joined(outbox)
        assert not outbox.offer(_LAMP, "level", 50)
    assert kept.receiver.news == [50, 50]
    assert kept.statistics["coalesced"] == 0


async def test_an_echo_hurries_what_waits_already() -> None:
    kept = Kept(rate=0.001, burst=1)
    async with kept.running() as outbox:
        _ = outbox.offer(_LAMP, "level", 1)
        await joined(outbox)
        _ = outbox.offer(_LAMP, "level", 50)
        outbox.echo(_LAMP, "level", 50)
        await joined(outbox)
    assert kept.receiver.news == [1, 50]
    assert kept.statistics["coalesced"] == 0


async def test_what_waits_can_be_hurried() -> None:
    """At a rate that would let it wait for a quarter of an hour; what was told already is not told again."""
    kept = Kept(rate=0.001, burst=1)
    async with kept.running() as outbox:
        _ = outbox.offer(_LAMP, "level", 1)
        await joined(outbox)
        outbox.hurry(_LAMP, "level")
        outbox.hurry(_LAMP, "unknown")
        _ = outbox.offer(_LAMP, "level", 50)
        _ = outbox.offer(_LAMP, "color", "red")
        outbox.hurry(_LAMP, "level")
        outbox.hurry(_LAMP, "level")
        await until(lambda: kept.receiver.news == [1, 50])
        await asyncio.sleep(0.02)
        assert kept.receiver.news == [1, 50]
        assert outbox.waiting == 1


async def test_what_is_known_can_be_forgotten() -> None:
    """All that `forget` could drop is known by device and code, wherever it is; offline, under way, as history."""
    kept = Kept()
    async with kept.running() as outbox:
        assert outbox.known() == set()
        _ = outbox.offer(_LAMP, "level", 1)
        outbox.happened(_LAMP, "pressed", {})
        assert outbox.known() == {(_LAMP, "level"), (_LAMP, "pressed")}
        await joined(outbox)
        outbox.link_down()
        _ = outbox.offer(_LAMP, "color", "red")
        outbox.happened(_LAMP, "held", {})
        assert outbox.known() == {(_LAMP, "level"), (_LAMP, "color"), (_LAMP, "held")}
        for device_id, code in outbox.known():
            outbox.forget(device_id, code)
        assert outbox.known() == set()
        assert outbox.waiting == 0


async def test_echoes_make_no_debt_without_end() -> None:
    kept = Kept(rate=200.0, burst=2)
    async with kept.running() as outbox:
        for value in range(50):
            outbox.echo(_LAMP, "level", value)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        _ = outbox.offer(_LAMP, "color", "red")
        begun = asyncio.get_running_loop().time()
        await joined(outbox)
        assert asyncio.get_running_loop().time() - begun < 1.0


async def test_events_are_told_all_and_in_their_order() -> None:
    kept = Kept()
    async with kept.running() as outbox:
        for index in range(5):
            outbox.happened(_LAMP, "pressed", {"n": index}, index)
        outbox.happened(_LAMP, "held", {"n": 9})
        await joined(outbox)
    assert [told["n"] for told in kept.receiver.news if told["n"] != 9] == [0, 1, 2, 3, 4]
    # A batch report has each code once
    for delivery in kept.receiver.deliveries:
        codes = [record.code for record in delivery.records]
        assert len(codes) == len(set(codes))
    assert kept.receiver.history == []


async def test_more_events_than_the_rate_allows_are_bounded() -> None:
    """A knob that is turned all day: what is too much goes as history, and the oldest of that is dropped and counted."""
    kept = Kept(rate=0.001, burst=2, history_limit=1000)
    async with kept.running() as outbox:
        for index in range(500):
            outbox.happened(_LAMP, "turned", {"n": index}, index)
        await until(lambda: len(kept.receiver.deliveries) == 2)
        assert outbox.waiting + len(kept.receiver.records) == 500
        for index in range(500, 5000):
            outbox.happened(_LAMP, "turned", {"n": index}, index)
        assert outbox.waiting <= 1100
        assert outbox.waiting + len(kept.receiver.records) + kept.statistics["dropped"] == 5000
    kept = Kept(burst=10)
    async with kept.running() as outbox:
        for index in range(1000):
            outbox.happened(_LAMP, "turned", {"n": index}, index)
        await joined(outbox)
    assert sorted(told["n"] for told in [*kept.receiver.news, *kept.receiver.history]) == list(range(1000))
    assert len(kept.receiver.deliveries) < 150


async def test_a_clock_that_is_set_back_makes_no_older_values() -> None:
    times = iter((2000.0, 1000.0, 3000.0))
    kept = Kept(now=lambda: next(times))
    async with kept.running() as outbox:
        for value in range(3):
            _ = outbox.offer(_LAMP, "level", value)
            await joined(outbox)
    assert [record.time for record in kept.receiver.records] == [2_000_000, 2_000_000, 3_000_000]


async def test_what_cannot_be_sent_is_said_when_it_is_offered() -> None:
    kept = Kept()
    outbox = kept.outbox
    for offer in (outbox.offer, outbox.echo):
        with pytest.raises(MessageTooLarge) as raised:
            _ = offer(_LAMP, "text", "x" * 10_000)
        assert raised.value.codes == ("text",)
        with pytest.raises(MessageInvalid):
            _ = offer(_LAMP, "text", object())
    with pytest.raises(MessageTooLarge):
        outbox.happened(_LAMP, "e", {"a": "x" * 10_000})
    assert outbox.waiting == 0
    assert kept.statistics["offered"] == 0


@pytest.mark.parametrize("arguments", [{"rate": 0}, {"burst": 0}, {"history_limit": -1}])
def test_limits_that_are_none(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="positive"):
        _ = Kept(**arguments)


# While the link is down


async def test_what_happens_while_the_link_is_down_is_history_and_the_newest_is_news() -> None:
    kept = Kept()
    clock = count(1000)
    async with kept.running(up=False) as outbox:
        for value in range(5):
            _ = outbox.offer(_LAMP, "level", value, next(clock))
            outbox.happened(_LAMP, "pressed", {"n": value}, next(clock))
        _ = outbox.offer(_LAMP, "on", True, next(clock))
        await asyncio.sleep(0.01)
        assert kept.receiver.deliveries == []
        outbox.link_up()
        await joined(outbox)
    first, second, *rest = kept.receiver.deliveries
    assert (first.history, second.history) == (False, True)
    assert {record.code: said(record) for record in first.records} == {"level": 4, "on": True}
    assert [said(record) for record in second.records] == [
        told for value in range(5) for told in ((value, {"n": value}) if value < 4 else ({"n": value},))
    ]
    assert [record.time for record in second.records] == sorted(record.time for record in second.records)
    # Once more behind the history, whose last value the cloud may take for the state
    assert [said(record) for one in rest for record in one.records] == [4]
    assert kept.statistics["restated"] == 1


async def test_a_property_that_changed_once_has_no_history() -> None:
    kept = Kept()
    async with kept.running(up=False) as outbox:
        _ = outbox.offer(_LAMP, "on", True, 1000)
        outbox.link_up()
        await joined(outbox)
    assert kept.receiver.news == [True]
    assert kept.receiver.history == []
    assert kept.receiver.records[0].time == 1000


async def test_the_oldest_history_is_dropped_and_counted() -> None:
    kept = Kept(history_limit=10)
    async with kept.running(up=False) as outbox:
        for value in range(100):
            _ = outbox.offer(_LAMP, "level", value, value)
        _ = outbox.offer(_LAMP, "on", True, 0)
        assert outbox.waiting == 12
        outbox.link_up()
        await joined(outbox)
    assert kept.receiver.history == list(range(89, 99))
    assert set(kept.receiver.news) == {99, True}
    assert kept.statistics["dropped"] == 89


async def test_no_history_at_all_still_tells_the_newest() -> None:
    kept = Kept(history_limit=0)
    async with kept.running(up=False) as outbox:
        for value in range(10):
            _ = outbox.offer(_LAMP, "level", value, value)
        outbox.link_up()
        await joined(outbox)
    assert kept.receiver.records == [PropertyRecord(device_id=_LAMP, code="level", value=9, time=9)]


async def test_what_waited_for_the_rate_is_kept_when_the_link_goes_down() -> None:
    kept = Kept(rate=0.001, burst=1)
    async with kept.running() as outbox:
        _ = outbox.offer(_LAMP, "level", 0)
        await joined(outbox)
        _ = outbox.offer(_LAMP, "level", 1)
        outbox.happened(_LAMP, "pressed", {"n": 1})
        outbox.link_down()
        _ = outbox.offer(_LAMP, "level", 2)
        written = outbox.snapshot()
    assert [entry[3] for entry in written["history"]] == [1, {"n": 1}]
    assert [entry[3] for entry in written["pending"]] == [2]


async def test_what_has_waited_in_vain_is_not_superseded_after_the_rejoin() -> None:
    kept = Kept(rate=0.001, burst=1)
    async with kept.running(up=False) as outbox:
        _ = outbox.offer(_LAMP, "level", 1)
        outbox.link_up()
        _ = outbox.offer(_LAMP, "level", 2)
        _ = outbox.offer(_LAMP, "level", 3)
        written = outbox.snapshot()
    # 1 is from before; 2 came and went while the link was up
    assert [entry[3] for entry in written["history"]] == [1]
    assert kept.statistics["coalesced"] == 1


async def test_lost_under_way() -> None:
    kept = Kept()
    async with kept.running() as outbox:
        kept.receiver.troubles = [LinkLost("gone")]
        kept.receiver.gate.clear()
        _ = outbox.offer(_LAMP, "level", 1, 1)
        outbox.happened(_LAMP, "pressed", {"n": 1}, 2)
        await until(lambda: kept.receiver.deliveries)
        _ = outbox.offer(_LAMP, "level", 2, 3)
        kept.receiver.gate.set()
        await joined(outbox)
        assert outbox.waiting == 3
        _ = outbox.offer(_LAMP, "level", 3, 4)
        kept.receiver.deliveries.clear()
        outbox.link_up()
        await joined(outbox)
    assert kept.receiver.news == [3, 3]
    assert kept.receiver.history == [1, {"n": 1}, 2]


async def test_what_came_and_went_on_a_dead_link() -> None:
    """Until a loss is noticed a value supersedes the other, and nobody hears of these: they are history as soon as it is."""
    kept = Kept()
    async with kept.running() as outbox:
        for value in range(3):
            _ = outbox.offer(_LAMP, "level", value, value)
        await joined(outbox)
        kept.receiver.troubles = [LinkLost("gone")]
        kept.receiver.gate.clear()
        for value in range(3, 8):
            _ = outbox.offer(_LAMP, "level", value, value)
            _ = outbox.offer("other", "level", value, value)
            await until(lambda: len(kept.receiver.deliveries) == 2)
        assert kept.statistics["coalesced"] > 2
        outbox.forget("other")
        kept.receiver.gate.set()
        await joined(outbox)
        kept.receiver.deliveries.clear()
        outbox.link_up()
        await joined(outbox)
    assert kept.receiver.history == [3, 4, 5, 6]
    assert kept.receiver.news == [7, 7]
    # 0 and 1 came and went while the link was alive, as it turned out, and three were forgotten
    assert kept.statistics["coalesced"] == 5


async def test_a_loss_that_is_noticed_after_the_rejoin() -> None:
    kept = Kept()
    async with kept.running() as outbox:
        kept.receiver.troubles = [LinkLost("gone")]
        kept.receiver.gate.clear()
        _ = outbox.offer(_LAMP, "level", 1)
        await until(lambda: kept.receiver.deliveries)
        outbox.link_down()
        outbox.link_up()
        kept.receiver.gate.set()
        await joined(outbox)
    # It goes on, since the new link is not the one that was lost
    assert kept.receiver.news == [1, 1]


async def test_history_that_is_lost_under_way_keeps_its_order() -> None:
    kept = Kept()
    kept.receiver.troubles = [None, LinkLost("gone")]
    async with kept.running(up=False) as outbox:
        for value in range(6):
            _ = outbox.offer(_LAMP, "level", value, 1000)
        outbox.link_up()
        await joined(outbox)
        assert kept.receiver.history == [0, 1, 2, 3, 4]
        kept.receiver.deliveries.clear()
        _ = outbox.offer(_LAMP, "level", 6, 1000)
        outbox.link_up()
        await joined(outbox)
    # 5 had been told before, as news
    assert kept.receiver.history == [0, 1, 2, 3, 4]
    assert kept.receiver.news == [6, 6]


async def test_news_and_history_take_turns() -> None:
    # There is always something new by the time that the next message may go out
    kept = Kept(rate=100.0, burst=1)
    kept.outbox._most_history = 1
    async with kept.running(up=False) as outbox:
        for value in range(20):
            _ = outbox.offer(_LAMP, "level", value, value)
        outbox.link_up()
        for value in range(1000):
            _ = outbox.offer(_LAMP, "busy", value)
            await asyncio.sleep(0.001)
            if len(kept.receiver.deliveries) >= 16:
                break
        turns = [delivery.history for delivery in kept.receiver.deliveries[:16]]
        assert turns == ([False] * 4 + [True]) * 3 + [False]


async def test_an_event_that_is_put_back_stays_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    kept.outbox._pace._hold = 0.01
    kept.receiver.troubles = [CloudRefused(1001, "a test")]
    async with kept.running() as outbox:
        for index in range(3):
            outbox.happened(_LAMP, "pressed", {"n": index})
        outbox.happened(_LAMP, "held", {"n": 3})
        await joined(outbox)
    assert [told["n"] for told in kept.receiver.news] == [0, 3, 0, 3, 1, 2]


async def test_what_is_only_told_again_becomes_no_history() -> None:
    kept = Kept()
    kept.receiver.troubles = [None, None, LinkLost("gone")]
    kept.receiver.held = {3: asyncio.Event()}
    async with kept.running(up=False) as outbox:
        for value in range(2):
            _ = outbox.offer(_LAMP, "level", value, value)
        outbox.link_up()
        await until(lambda: len(kept.receiver.deliveries) == 3)
        # 1 is told for the second time, is superseded meanwhile, and lost
        _ = outbox.offer(_LAMP, "level", 2, 2)
        kept.receiver.held[3].set()
        await joined(outbox)
        outbox.link_up()
        await joined(outbox)
    assert kept.receiver.history == [0]
    assert kept.receiver.news == [1, 1, 2]


async def test_what_is_told_again_never_comes_behind_something_newer() -> None:
    kept = Kept()
    kept.receiver.held = {2: asyncio.Event(), 3: asyncio.Event()}
    async with kept.running(up=False) as outbox:
        for value in range(2):
            _ = outbox.offer(_LAMP, "level", value, value)
        outbox.link_up()
        await until(lambda: len(kept.receiver.deliveries) == 2)
        # The history has arrived while the echo is under way
        outbox.echo(_LAMP, "level", 2, 2)
        await until(lambda: len(kept.receiver.deliveries) == 3)
        kept.receiver.held[2].set()
        await asyncio.sleep(0.02)
        kept.receiver.held[3].set()
        await joined(outbox)
    assert kept.receiver.history == [0]
    assert kept.receiver.news == [1, 2]


# Refusals and silence


async def test_one_record_that_the_cloud_does_not_take_costs_no_other() -> None:
    kept = Kept()
    kept.receiver.refuses = lambda record: record.code == "wrong7"
    async with kept.running() as outbox:
        for index in range(50):
            _ = outbox.offer(_LAMP, f"{'wrong' if index == 7 else 'right'}{index}", index)
        await joined(outbox)
    taken = [
        record
        for one in kept.receiver.deliveries
        for record in one.records
        if not any(map(kept.receiver.refuses, one.records))
    ]
    assert {record.code for record in taken} == {f"right{index}" for index in range(50) if index != 7}
    assert [(record.code, type(err)) for record, err in kept.refused] == [("wrong7", CloudRefused)]
    assert kept.statistics["refused"] == 1
    # Found by halves
    assert len(kept.receiver.deliveries) < 25
    assert kept.outbox._most_news > 25


async def test_one_record_of_history_that_the_cloud_does_not_take_costs_no_other() -> None:
    kept = Kept()
    kept.receiver.refuses = lambda record: said(record) == 33
    async with kept.running(up=False) as outbox:
        for value in range(100):
            _ = outbox.offer(_LAMP, "level", value, value)
        outbox.link_up()
        await joined(outbox)
    taken = [
        said(record)
        for one in kept.receiver.deliveries
        if one.history and not any(map(kept.receiver.refuses, one.records))
        for record in one.records
    ]
    assert taken == [value for value in range(99) if value != 33]
    assert kept.statistics["refused"] == 1
    assert kept.receiver.news[-1] == 99


async def test_a_partly_refused_message_is_not_sent_again() -> None:
    kept = Kept()
    kept.receiver.troubles = [CloudRefused(2121, "a test")]
    async with kept.running() as outbox:
        _ = outbox.offer(_LAMP, "a", 1)
        _ = outbox.offer(_LAMP, "b", 2)
        await joined(outbox)
    assert len(kept.receiver.deliveries) == 1
    assert kept.statistics["partly_refused"] == 1


async def test_a_service_error_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "_HOLD_FIRST", 0.05)
    kept = Kept()
    kept.receiver.troubles = [CloudRefused(1001, "a test"), CloudRefused(1001, "a test"), None]
    async with kept.running() as outbox:
        outbox._pace._hold = 0.05
        _ = outbox.offer(_LAMP, "a", 1)
        await joined(outbox)
    assert kept.receiver.news == [1, 1, 1]
    first, second, third = kept.receiver.arrivals
    assert second - first >= 0.05
    assert third - second >= 0.1
    assert kept.statistics["refused"] == 0
    assert outbox._pace._hold == 0.05


async def test_news_without_an_answer_are_taken_for_told() -> None:
    kept = Kept()
    kept.receiver.troubles = [AnswerTimeout("a test")]
    async with kept.running() as outbox:
        _ = outbox.offer(_LAMP, "a", 1)
        await joined(outbox)
    assert kept.receiver.news == [1]
    assert kept.statistics["unconfirmed"] == 1


async def test_history_without_an_answer_is_told_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "_HOLD_FIRST", 0.01)
    kept = Kept()
    kept.receiver.troubles = [None, *(AnswerTimeout("a test") for _ in range(3))]
    async with kept.running(up=False) as outbox:
        _ = outbox.offer(_LAMP, "a", 1)
        _ = outbox.offer(_LAMP, "a", 2)
        outbox.link_up()
        await joined(outbox)
    assert kept.receiver.history == [1, 1, 1]
    assert kept.statistics["unconfirmed"] == 1


@pytest.mark.parametrize("trouble", [MessageTooLarge("a test"), MessageInvalid("a test")])
async def test_what_the_link_cannot_send_is_given_up(trouble: LinkError) -> None:
    kept = Kept()
    kept.receiver.troubles = [trouble]
    async with kept.running() as outbox:
        _ = outbox.offer(_LAMP, "a", 1)
        await joined(outbox)
    assert kept.statistics["refused"] == 1
    assert kept.refused[0][1] is trouble


async def test_a_defect_of_the_sender_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    kept = Kept()
    kept.outbox._pace._hold = 0.01
    kept.receiver.troubles = [RuntimeError("a defect")]
    async with kept.running() as outbox:
        _ = outbox.offer(_LAMP, "a", 1)
        await joined(outbox)
    assert kept.receiver.news == [1, 1]
    assert "a defect" in caplog.text


async def test_a_callback_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Record, __: LinkError) -> None:
        raise RuntimeError("a defect")

    kept = Kept(on_refused=fail)
    kept.receiver.refuses = lambda record: record.code == "a"
    async with kept.running() as outbox:
        _ = outbox.offer(_LAMP, "a", 1)
        _ = outbox.offer(_LAMP, "b", 1)
        await joined(outbox)
    assert "a defect" in caplog.text
    assert kept.statistics["reported"] == 1


# What is forgotten, and what is not


async def test_forgetting() -> None:
    kept = Kept()
    async with kept.running(up=False) as outbox:
        for device in ("lamp", "fan"):
            for code in ("on", "level"):
                for value in range(3):
                    _ = outbox.offer(device, code, value)
            outbox.happened(device, "pressed", {"n": 1})
        outbox.forget("lamp", "on")
        outbox.forget("fan")
        outbox.link_up()
        await joined(outbox)
        assert {(record.device_id, record.code) for record in kept.receiver.records} == {
            ("lamp", "level"),
            ("lamp", "pressed"),
        }
        # Known no more, so the same value is news
        assert outbox.offer("lamp", "on", 2)
        assert not outbox.offer("lamp", "level", 2)


async def test_forgetting_what_is_under_way() -> None:
    kept = Kept()
    async with kept.running() as outbox:
        kept.receiver.gate.clear()
        kept.receiver.troubles = [LinkLost("gone")]
        _ = outbox.offer(_LAMP, "on", True)
        _ = outbox.offer("fan", "on", True)
        await until(lambda: kept.receiver.deliveries)
        outbox.forget(_LAMP)
        kept.receiver.gate.set()
        await joined(outbox)
        outbox.link_up()
        await joined(outbox)
    assert [record.device_id for record in kept.receiver.deliveries[1].records] == ["fan"]


# All of it at once


class _World:
    """A cloud that keeps what it hears, behind a link that may break before or after a message arrives."""

    def __init__(self, random_: random.Random) -> None:
        self.random = random_
        self.heard: list[tuple[str, str, Any, int, bool]] = []
        self.up = False
        self.lossy = True
        self.deliveries = 0

    async def send(self, delivery: Delivery) -> None:
        self.deliveries += 1
        await asyncio.sleep(0)
        if not self.up:
            raise LinkLost("down")
        fate = self.random.random() if self.lossy else 1.0
        if fate < 0.05:
            raise LinkLost("before it arrived")
        for record in delivery.records:
            self.heard.append((record.device_id, record.code, said(record), record.time, delivery.history))
        for _ in range(self.random.randrange(4)):
            await asyncio.sleep(0)
        if fate < 0.1:
            raise LinkLost("after it arrived")


@pytest.mark.parametrize("limit", [100_000, 15])
@pytest.mark.parametrize("seed", range(25))
async def test_nothing_is_lost_and_the_newest_wins(seed: int, limit: int) -> None:
    random_ = random.Random(seed)
    world = _World(random_)
    numbers = count()
    offered: dict[tuple[str, str], list[tuple[Any, int]]] = defaultdict(list)
    while_down: set[tuple[str, str, Any]] = set()
    events: list[int] = []
    box = Outbox(
        send=world.send,
        rate=5000.0,
        burst=random_.choice([1, 5, 50]),
        history_limit=limit,
        gather=0.0,
        now=lambda: NOW,
    )
    totals: dict[str, int] = defaultdict(int)
    task = asyncio.create_task(box.run())

    def change() -> None:
        key = random_.choice("abcd"), random_.choice("xyz")
        number = next(numbers)
        time_ms = 1000 + number // 3  # several in one millisecond
        kind = random_.random()
        if kind < 0.15:
            box.happened(*key, {"n": number}, time_ms)
            events.append(number)
            return
        if kind < 0.3:
            box.echo(*key, number, time_ms)
        else:
            assert box.offer(*key, number, time_ms)
        offered[key].append((number, time_ms))
        if not box._stock.online:
            while_down.add((*key, number))

    for _ in range(400):
        for _ in range(random_.randrange(3)):
            change()
        chance = random_.random()
        if chance < 0.06:
            world.up = not world.up
            if world.up:
                box.link_up()
            else:
                box.link_down()
        elif world.up and not box._stock.online and chance < 0.3:
            # It was lost in between, and is back
            box.link_up()
        elif chance > 0.985:
            # Home Assistant restarts
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            written = json.loads(json.dumps(box.snapshot()))
            for name, value in box.statistics.as_dict().items():
                totals[name] += value
            box = Outbox(send=world.send, rate=5000.0, burst=5, history_limit=limit, gather=0.0, now=lambda: NOW)
            assert box.restore(written) == 0
            world.up = False
            task = asyncio.create_task(box.run())
        for _ in range(random_.randrange(4)):
            await asyncio.sleep(0)

    world.lossy, world.up = False, True

    def is_done() -> bool:
        # A delivery of before may still find out that it was lost
        box.link_up()
        return not box.waiting and box._idle.is_set()

    await until(is_done)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    for name, value in box.statistics.as_dict().items():
        totals[name] += value

    heard = {(device, code, told) for device, code, told, _, _ in world.heard if not isinstance(told, dict)}
    truth = {(*key, value): time for key, values in offered.items() for value, time in values}
    # Nothing is heard that was not said, nor at another time
    for device, code, told, time, _ in world.heard:
        if not isinstance(told, dict):
            assert truth[device, code, told] == time
    # Whether the cloud takes the last or the newest of what it hears: it is the last that was said
    last: dict[tuple[str, str], Any] = {}
    newest: dict[tuple[str, str], tuple[int, int]] = {}
    for device, code, told, time, _ in world.heard:
        if not isinstance(told, dict):
            last[device, code] = told
            newest[device, code] = max(newest.get((device, code), (0, 0)), (time, told))
    for key, values in offered.items():
        assert last[key] == values[-1][0]
        assert newest[key] == (values[-1][1], values[-1][0])
    # Nothing is lost but what is counted
    missing = set(truth) - heard
    heard_events = {told["n"] for _, _, told, _, _ in world.heard if isinstance(told, dict)}
    missing_events = set(events) - heard_events
    assert totals["refused"] == 0
    assert len(missing) + len(missing_events) <= totals["coalesced"] + totals["dropped"]
    if limit > 1000:
        assert totals["dropped"] == 0
        assert missing_events == set()
        assert missing & while_down == set()
        assert len(missing) == totals["coalesced"] or len(missing) < totals["coalesced"]
    # Within a message, history ascends
    assert world.deliveries > 0


# Over a link


@needs_broker
async def test_a_full_delivery_is_one_message(broker: Broker, cloud: Cloud, owner: Owner) -> None:
    for function in ("thing/data/batch_report", "thing/data/history_report", "thing/property/report"):
        cloud.answer(function)
    box = Outbox(send=sender(owner.link), rate=1000.0, burst=100, history_limit=10_000, gather=0.0)
    for value in range(50):
        for device in range(30):
            _ = box.offer(f"sub-device-{device:03}", "brightness", value * 37, 1_626_197_189_000 + value)
    task = asyncio.create_task(box.run())
    box.link_up()
    async with asyncio.timeout(TIMEOUT):
        await box.join()
    task.cancel()
    assert len(cloud.uplinks) == box.statistics.deliveries
    assert all(uplink.size <= 10_000 for uplink in cloud.uplinks)
    # They are well filled, too
    sizes = [uplink.size for uplink in cloud.of("thing/data/history_report")]
    assert sorted(sizes)[len(sizes) // 2] > 8000


class _Relay:
    """What is between a device and its broker, and may be cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._writers: set[asyncio.StreamWriter] = set()
        self.open = True
        self.port = 0

    @asynccontextmanager
    async def started(self) -> AsyncIterator[_Relay]:
        server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            await server.wait_closed()

    def cut(self) -> None:
        self.open = False
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.open:
            writer.transport.abort()
            return
        other_reader, other_writer = await asyncio.open_connection(HOST, self._target)
        self._writers |= {writer, other_writer}
        await asyncio.gather(_pump(reader, other_writer), _pump(other_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@needs_broker
async def test_a_connection_that_is_cut_again_and_again_loses_nothing(broker: Broker, cloud: Cloud) -> None:
    """Our side in full, link, outbox and owner, with a cloud that keeps what it hears."""
    told: list[int] = []

    def hear_history(uplink: Uplink) -> dict[str, int]:
        told.extend(entry["level"]["value"] for entry in uplink.body["data"]["properties"])
        return {"code": 0}

    def hear_report(uplink: Uplink) -> dict[str, int]:
        told.append(uplink.body["data"]["level"]["value"])
        return {"code": 0}

    cloud.answers = {"thing/data/history_report": hear_history, "thing/property/report": hear_report}
    down: set[int] = set()
    values = count()
    async with _Relay(broker.port).started() as relay:
        owner = Owner(relay.port)
        box = Outbox(send=sender(owner.link), rate=1000.0, burst=100, history_limit=10_000, gather=0.0)
        owner.link.on_connected = box.link_up
        owner.link.on_lost = lambda _: box.link_down()
        async with owner.running():
            task = asyncio.create_task(box.run())
            for _ in range(4):
                for _ in range(40):
                    _ = box.offer(DEVICE, "level", next(values))
                    await asyncio.sleep(0.002)
                # In the midst of whatever is under way
                relay.cut()
                await until(lambda: not owner.link.connected)
                # Known at once, with nothing in between
                for _ in range(40):
                    value = next(values)
                    down.add(value)
                    _ = box.offer(DEVICE, "level", value)
                relay.open = True
                async with asyncio.timeout(TIMEOUT):
                    await owner.link.wait_connected()
                await until(lambda: box._stock.online)
            async with asyncio.timeout(TIMEOUT):
                await box.join()
            task.cancel()
    assert owner.statistics["losses"] >= 4
    assert down <= set(told)
    assert told[-1] == next(values) - 1
    assert box.statistics.dropped == 0
    # What is missing was superseded while the link was up
    assert next(values) - 1 - len(set(told)) <= box.statistics.coalesced
