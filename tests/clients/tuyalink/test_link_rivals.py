"""Whether another client takes us over."""

import pytest

from custom_components.iot_gateway.clients.tuyalink.link.rivals import RivalWatch


@pytest.fixture
def watch() -> RivalWatch:
    """One by whose broker a connection has worked."""
    watch = RivalWatch(within=20.0, count=3)
    watch.worked()
    return watch


def test_the_third_short_connection_in_a_row_is_it_and_the_next_are_nothing_new(watch: RivalWatch) -> None:
    assert [watch.ended(lived, by_us=False) for lived in (1.0, 19.9, 0.0)] == [False, False, True]
    assert watch.taken_over
    assert not watch.ended(1.0, by_us=False)
    assert not watch.ended(100.0, by_us=False)
    assert watch.taken_over
    watch.settled()
    # And all of it again, once a connection has lasted
    assert [watch.ended(1.0, by_us=False) for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(("lived", "by_us"), [(20.0, False), (None, False), (1.0, True)])
def test_what_explains_it_otherwise_begins_the_count_anew(watch: RivalWatch, lived: float | None, by_us: bool) -> None:
    assert not any(watch.ended(1.0, by_us=False) for _ in range(2))
    assert not watch.ended(lived, by_us=by_us)
    assert [watch.ended(1.0, by_us=False) for _ in range(3)] == [False, False, True]


def test_a_broker_by_which_none_has_worked_is_no_rival() -> None:
    watch = RivalWatch(within=20.0, count=3)
    assert not any(watch.ended(1.0, by_us=False) for _ in range(10))
    assert not watch.taken_over
