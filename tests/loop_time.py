"""The event loop's clock in a test's own hand: what waits for a time then depends on no machine's speed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def leap(seconds: float) -> None:
    """Set the running loop's clock forward: what was to happen in this time happens in the loop's next turns.

    Beside real sockets: what takes a while on a busy machine still has all of its time, which begins after the leap.
    A limit that was set before it, such as of `asyncio.timeout`, comes nearer.
    """
    loop = asyncio.get_running_loop()
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]


_TURN = 1e-6
"""Seconds that a turn of the loop takes where time is not real: what waits for the rest of a rounding would wait for ever."""


class StillTime:
    """The clock of a loop that hardly moves, see `still_time`."""

    def __init__(self, now: float) -> None:
        """Begin at a time."""
        self.now = now

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def pass_(self, seconds: float) -> None:
        """Let time pass in which the loop has no turn."""
        self.now += seconds


@contextmanager
def still_time() -> Iterator[StillTime]:
    """Have the running loop's clock hardly move while there is anything to do, and otherwise be set to what comes next.

    Waits take no time then, and are exact. Not for what waits for sockets, processes or threads beside the clock.
    """
    loop: Any = asyncio.get_running_loop()
    selector, usual = loop._selector, loop.time
    clock = StillTime(usual())
    select = selector.select

    def until_something(timeout: float | None = None) -> Any:
        clock.pass_(_TURN)
        if timeout is None or timeout <= 0:
            return select(timeout)
        if not (events := select(0)):
            clock.pass_(timeout)
        return events

    loop.time, selector.select = clock, until_something
    try:
        yield clock
    finally:
        loop.time, selector.select = usual, select
