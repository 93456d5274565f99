"""How long between attempts."""

import random

import pytest

from custom_components.iot_gateway.clients.tuya_gateway.backoff import Backoff


def test_doubles_up_to_the_most() -> None:
    backoff = Backoff(uniform=lambda low, high: high)
    assert [backoff.after_failure() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_jitter_is_between_half_and_whole() -> None:
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    backoff = Backoff(uniform=uniform)
    assert [backoff.after_failure() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert all(low == high / 2 for low, high in drawn)


@pytest.mark.parametrize("seed", range(20))
def test_bounds(seed: int) -> None:
    backoff = Backoff(first=1, most=60, uniform=random.Random(seed).uniform)
    waits = [backoff.after_failure() for _ in range(50)]
    assert all(0.5 <= wait <= 60 for wait in waits)
    assert len(set(waits)) == 50


def test_a_link_that_worked_is_tried_anew_at_once() -> None:
    backoff = Backoff(uniform=lambda low, high: high)
    for _ in range(5):
        backoff.after_failure()
    assert backoff.after_loss(10) == 1
    assert backoff.after_failure() == 1
    backoff = Backoff(uniform=lambda low, high: low)
    assert backoff.after_loss(3600) == 0


def test_a_link_that_ends_at_once_is_no_success() -> None:
    backoff = Backoff(uniform=lambda low, high: high)
    assert [backoff.after_loss(0.1) for _ in range(4)] == [1, 2, 4, 8]


def test_most_below_first() -> None:
    backoff = Backoff(first=5, most=2, uniform=lambda low, high: high)
    assert [backoff.after_failure(), backoff.after_loss(1000)] == [2, 2]
