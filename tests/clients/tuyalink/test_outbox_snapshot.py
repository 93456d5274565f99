"""What of an outbox outlives a restart."""

import json
from typing import Any, Final

import pytest

from .cloud import until
from .kept_outbox import Kept, joined

_LAMP: Final = "lamp"


async def test_a_snapshot_outlives_a_restart() -> None:
    old = Kept()
    async with old.running(up=False) as outbox:
        for value in range(4):
            _ = outbox.offer(_LAMP, "level", value, 1000)
            outbox.happened(_LAMP, "pressed", {"n": value}, 1000)
        written = json.loads(json.dumps(outbox.snapshot()))
    new = Kept()
    assert new.outbox.restore(written) == 0
    assert new.outbox.snapshot() == written
    async with new.running(up=False) as outbox:
        # What it says after the restart is what it said before: no change
        assert not outbox.offer(_LAMP, "level", 3, 2000)
        assert outbox.offer(_LAMP, "level", 7, 2000)
        outbox.link_up()
        await joined(outbox)
    assert [told for told in new.receiver.history if isinstance(told, int)] == [0, 1, 2, 3]
    assert [told["n"] for told in new.receiver.history if isinstance(told, dict)] == [0, 1, 2, 3]
    assert new.receiver.news == [7, 7]


async def test_a_snapshot_knows_what_has_to_be_told_behind_the_history() -> None:
    old = Kept(rate=0.001, burst=1)
    async with old.running(up=False) as outbox:
        for value in range(3):
            _ = outbox.offer(_LAMP, "level", value, value)
        outbox.link_up()
        await until(lambda: old.receiver.news == [2])
        await until(lambda: outbox.waiting == 2)
        written = json.loads(json.dumps(outbox.snapshot()))
    new = Kept()
    assert new.outbox.restore(written) == 0
    async with new.running() as outbox:
        assert not outbox.offer(_LAMP, "level", 2)
        await joined(outbox)
    assert new.receiver.history == [0, 1]
    assert new.receiver.news == [2]


async def test_a_snapshot_holds_what_is_under_way() -> None:
    kept = Kept()
    async with kept.running() as outbox:
        kept.receiver.gate.clear()
        _ = outbox.offer(_LAMP, "level", 1, 1)
        outbox.happened(_LAMP, "pressed", {"n": 1}, 1)
        await until(lambda: kept.receiver.deliveries)
        _ = outbox.offer(_LAMP, "color", "red", 2)
        during = outbox.snapshot()
        _ = outbox.offer(_LAMP, "level", 2, 3)
        later = outbox.snapshot()
        # Ended by Home Assistant, which asks afterwards
    ended = outbox.snapshot()
    assert {entry[3] for entry in during["pending"]} == {"red", 1}
    assert [entry[3] for entry in during["history"]] == [{"n": 1}]
    assert {entry[3] for entry in later["pending"]} == {"red", 2}
    assert [entry[3] for entry in later["history"]] == [1, {"n": 1}]
    assert {entry[3] for entry in ended["pending"]} == {"red", 2}
    assert {str(entry[3]) for entry in ended["history"] if entry[0] == "event"} == {"{'n': 1}"}
    kept.receiver.gate.set()


async def test_a_snapshot_holds_an_echo_under_way() -> None:
    kept = Kept()
    async with kept.running() as outbox:
        kept.receiver.gate.clear()
        outbox.echo(_LAMP, "level", 1)
        await until(lambda: kept.receiver.deliveries)
        written = outbox.snapshot()
    assert [entry[3] for entry in written["pending"]] == [1]
    kept.receiver.gate.set()


@pytest.mark.parametrize("data", [None, [], {}, {"version": 99, "pending": [["property", "a", "b", 1, 1]]}, "x"])
def test_a_snapshot_of_another_kind_is_left_alone(data: Any) -> None:
    kept = Kept()
    assert kept.outbox.restore(data) == 0
    assert kept.outbox.waiting == 0


def test_what_cannot_be_read_of_a_snapshot_is_counted() -> None:
    kept = Kept(history_limit=2)
    good = ["property", _LAMP, "level", 1, 1]
    bad: list[Any] = [
        None,
        [],
        ["property", 1, "a", 1, 1],
        ["event", "a", "b", 1, 1],
        ["property", "a", "b", "x" * 10_000, 1],
    ]
    assert kept.outbox.restore({"version": 1, "pending": [*bad, good], "history": [*bad, good, good, good]}) == 10
    assert kept.outbox.waiting == 3
    assert kept.statistics["dropped"] == 1
