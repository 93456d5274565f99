"""When the next message may go out."""

import pytest

from custom_components.iot_gateway.clients.tuyalink.outbox.pace import Pace


def test_a_burst_and_then_the_rate() -> None:
    pace = Pace(rate=0.5, burst=3, gather=0.0)
    for _ in range(3):
        assert pace.delay(100.0) <= 0
        pace.spend(100.0)
    assert pace.delay(100.0) == pytest.approx(2.0)
    assert pace.delay(101.5) == pytest.approx(0.5)
    assert pace.delay(102.0) <= 0
    pace.spend(102.0)
    # Nothing is saved up but the burst
    for _ in range(3):
        assert pace.delay(1000.0) <= 0
        pace.spend(1000.0)
    assert pace.delay(1000.0) == pytest.approx(2.0)


def test_a_debt_is_one_burst_at_most() -> None:
    pace = Pace(rate=1.0, burst=2, gather=0.0)
    for _ in range(50):
        pace.spend(100.0)
    assert pace.delay(100.0) == pytest.approx(3.0)


def test_changes_gather_from_the_first_on() -> None:
    pace = Pace(rate=1.0, burst=2, gather=0.5)
    pace.begin_to_gather(100.0)
    pace.begin_to_gather(100.3)
    assert pace.delay(100.3) == pytest.approx(0.2)
    assert pace.delay(100.5) <= 0
    pace.has_gathered()
    pace.begin_to_gather(101.0)
    assert pace.delay(101.0) == pytest.approx(0.5)


def test_troubles_hold_it_back_for_five_seconds_to_five_minutes() -> None:
    pace = Pace(rate=1.0, burst=2, gather=0.0)
    waits = []
    for _ in range(8):
        pace.hold_back(100.0)
        waits.append(pace.delay(100.0))
    assert waits == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]
    pace.delivered()
    pace.hold_back(100.0)
    assert pace.delay(100.0) == 5.0
