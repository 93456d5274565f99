"""The parts of a cloud project's message queue that need no Home Assistant: budget, totals, freshness, evidence."""

import pytest

from custom_components.iot_gateway.connections.call_budget import DAY, seconds_until_reading
from custom_components.iot_gateway.connections.day_totals import DayTotal
from custom_components.iot_gateway.connections.freshness import NAME, Freshness
from custom_components.iot_gateway.connections.tuya_cloud_queue import check_queue, queue_base
from custom_components.iot_gateway.connections.tuya_cloud_queue_watch import KEPT_FOR, QueueWatch, Verdict
from custom_components.iot_gateway.const import TUYA_REGIONS

NOON = 20_000.5 * DAY


@pytest.mark.parametrize(
    ("wished", "budget", "used", "cost", "seconds"),
    [
        (300, 1500, 200, 1, 300),
        # 12 hours for 100 calls
        (300, 300, 200, 1, 432),
        # or for 50 readings of two pages
        (300, 300, 200, 2, 864),
        (300, 300, 299, 1, DAY / 2),
        # Used up: tomorrow
        (300, 300, 300, 1, DAY / 2 + 60),
        (300, 300, 299, 2, DAY / 2 + 60),
        (300, 300, 900, 1, DAY / 2 + 60),
        (DAY, 300, 300, 1, DAY),
        (300, 300, 0, 0, 300),
    ],
)
def test_budget(wished: float, budget: int, used: int, cost: int, seconds: float) -> None:
    assert seconds_until_reading(wished=wished, budget=budget, used=used, cost=cost, now=NOON) == pytest.approx(seconds)


@pytest.mark.parametrize("others", [0, 1, 3])
def test_budget_lasts(others: int) -> None:
    """Whoever reads as told never needs more than the budget, whatever else draws on it meanwhile, as far as it gives way."""
    now, used, readings = 20_000 * DAY + 0.0, 0, 0
    while True:
        now += seconds_until_reading(wished=60, budget=200, used=used, cost=1, now=now)
        if now >= 20_001 * DAY:
            break
        used += 1
        readings += 1
        if readings < 30:
            used += others
    assert used <= 200
    assert used >= 195
    assert now - 20_001 * DAY < 600


def test_day_total() -> None:
    """It goes on with another source, begins anew at midnight, and takes in only what was counted today."""
    now = NOON
    total = DayTotal(lambda: now)
    count = 5
    total.begin(lambda: count)
    assert total.today == 5
    total.restore(20_000, 100)
    total.restore(19_999, 1000)
    assert total.today == 105
    second = 0
    total.begin(lambda: second)
    count = 50
    second = 2
    assert total.today == 107
    total.begin(None)
    assert total.today == 107
    now += DAY
    assert total.today == 0
    total.restore(20_000, 7)
    assert total.today == 0


def test_freshness() -> None:
    freshness = Freshness()
    assert freshness.note_report("lamp", "switch", 100)
    assert not freshness.note_report("lamp", "switch", 99)
    assert freshness.note_report("lamp", "switch", 100)
    assert freshness.note_report("lamp", "bright", 50)
    assert freshness.note_report("other", "switch", 1)
    # A reading that was asked for at 80 knows less of the switch, and more of the rest
    assert freshness.note_reading("lamp", ["switch", "bright", NAME], 80) == {"bright", NAME}
    assert not freshness.note_report("lamp", "bright", 79)
    assert not freshness.note_report("lamp", NAME, 79)
    assert freshness.note_report("lamp", "bright", 81)
    assert freshness.is_older("lamp", "switch", 100)
    assert not freshness.is_older("lamp", "switch", 99)
    freshness.drop("lamp")
    assert freshness.note_report("lamp", "switch", 1)


def trusted(watch: QueueWatch) -> bool:
    """Return what is so by now; the type checker takes an attribute for what it was a line above."""
    return watch.trusted


def verdict(watch: QueueWatch) -> Verdict:
    return watch.verdict


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        """Begin at noon."""
        self.now = NOON

    def __call__(self) -> float:
        """Return them."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_trust(clock: Clock) -> None:
    """A connection is not enough, a message is; an old one of before counts for a week."""
    watch = QueueWatch(now=clock)
    watch.heard("lamp")
    assert not trusted(watch)
    watch = QueueWatch(now=clock)
    watch.connected()
    assert not trusted(watch)
    watch.heard("lamp")
    assert trusted(watch)
    watch.lost()
    assert not trusted(watch)
    for days, proven in ((6, True), (8, False)):
        kept = QueueWatch(last_message=NOON - days * DAY, now=clock)
        kept.connected()
        assert trusted(kept) is proven


def test_first_reading_proves_nothing(clock: Clock) -> None:
    """What changed before there was a connection nobody could have told."""
    watch = QueueWatch(now=clock)
    watch.note_reading(["lamp"])
    watch.connected()
    watch.heard("other")
    watch.note_reading(["lamp"])
    assert trusted(watch)
    clock.now += 3600
    watch.note_reading(["lamp"])
    assert not trusted(watch)
    watch.lost()
    watch.connected()
    watch.heard("lamp")
    watch.note_reading(["lamp", "other"])
    assert trusted(watch)


def test_heard_devices_are_not_missed(clock: Clock) -> None:
    """A device that was heard since the reading before has only a value that nobody tells."""
    watch = QueueWatch(now=clock)
    watch.connected()
    watch.note_reading([])
    clock.now += 3600
    watch.heard("lamp")
    clock.now += 3600
    watch.note_reading(["lamp"])
    assert trusted(watch)
    clock.now += 1
    watch.missed("lamp", since=clock.now)
    assert not trusted(watch)
    watch.heard("lamp")
    assert trusted(watch)


def test_silent(clock: Clock) -> None:
    """A day connected, a day without a message, and a change."""
    watch = QueueWatch(last_message=NOON - 7200, now=clock)
    watch.connected()
    watch.note_reading([])
    clock.now += 3600
    watch.note_reading(["lamp"])
    clock.now += DAY - 3601
    assert verdict(watch) is Verdict.FINE
    clock.now += 1
    assert verdict(watch) is Verdict.SILENT
    watch.heard("lamp")
    assert verdict(watch) is Verdict.FINE


def test_silent_is_not_shared(clock: Clock) -> None:
    """Once the rule is there, what was missed before has nothing to do with another program; what is missed after that may."""
    for hours in (2, 30):
        watch = QueueWatch(now=clock)
        watch.connected()
        watch.note_reading([])
        for _ in range(hours):
            clock.now += 3600
            watch.note_reading(["first", "second", "third"])
        assert verdict(watch) is (Verdict.SILENT if hours > 24 else Verdict.FINE)
        watch.heard("first")
        clock.now += 120
        assert verdict(watch) is Verdict.FINE
        # Nobody has shown that their messages come
        assert not trusted(watch)
        watch.note_reading(["second", "third"])
        clock.now += 60
        assert verdict(watch) is Verdict.SHARED
        watch.heard("second")
        watch.heard("third")
        assert trusted(watch)


def test_quiet_home(clock: Clock) -> None:
    """Nothing is said where nothing changes."""
    watch = QueueWatch(last_message=NOON, now=clock)
    watch.connected()
    for _ in range(5):
        clock.now += DAY
        watch.note_reading([])
        assert verdict(watch) is Verdict.FINE
        assert trusted(watch)


def test_shared(clock: Clock) -> None:
    """Some are heard, two others are not, for longer than a message takes."""
    watch = QueueWatch(now=clock)
    watch.connected()
    watch.note_reading([])
    clock.now += 3600
    watch.heard("first")
    watch.note_reading(["second"])
    clock.now += 3600
    watch.heard("first")
    assert verdict(watch) is Verdict.FINE
    watch.note_reading(["second", "third"])
    clock.now += 59
    assert verdict(watch) is Verdict.FINE
    clock.now += 1
    assert verdict(watch) is Verdict.SHARED
    watch.drop("third")
    assert verdict(watch) is Verdict.FINE


def test_queue_base() -> None:
    """Each data center of Tuya's has a queue; another one's has to be given."""
    bases = {queue_base(endpoint, "") for endpoint in TUYA_REGIONS.values()}
    assert None not in bases
    assert len(bases) == 5
    assert queue_base("https://other.example", "") is None
    assert queue_base("https://other.example", "ws://x") == "ws://x"
    assert check_queue({"endpoint": TUYA_REGIONS["eu"], "access_id": "id"}, {}) is None


def test_silent_with_short_pauses(clock: Clock) -> None:
    """Connections break every few hours, and Home Assistant is restarted: the queue keeps what is told meanwhile."""
    watched: tuple[float, float] | None = None
    for hour in range(24):
        watch = QueueWatch(watched=watched, now=clock)
        assert watch.watched == watched
        watch.connected()
        watch.note_reading([])
        clock.now += 1800
        watch.lost()
        clock.now += 60
        watch.connected()
        watch.note_reading([])
        clock.now += 1600
        watch.note_reading(["lamp"])
        clock.now += 80
        assert verdict(watch) is Verdict.FINE, hour
        watched = watch.watched
        clock.now += 60
    watch = QueueWatch(watched=watched, now=clock)
    watch.connected()
    watch.note_reading([])
    clock.now += 600
    watch.note_reading(["lamp"])
    clock.now += 60
    assert verdict(watch) is Verdict.SILENT


def test_long_pause_begins_anew(clock: Clock) -> None:
    watch = QueueWatch(watched=(NOON - 2 * DAY, NOON - KEPT_FOR), now=clock)
    watch.connected()
    assert watch.watched == (NOON, NOON)


def test_read_about() -> None:
    """A reading may not have what was reported a moment before; a newer report has nothing to do with that."""
    freshness = Freshness()
    assert not freshness.was_read_about("lamp", "switch", 100, 60)
    _ = freshness.note_reading("lamp", ["switch"], 100)
    assert freshness.was_read_about("lamp", "switch", 40, 60)
    assert not freshness.was_read_about("lamp", "switch", 39, 60)
    assert freshness.note_report("lamp", "switch", 101)
    assert not freshness.was_read_about("lamp", "switch", 100, 60)
