"""A plugin of pytest that brings what sockets and threads have to say late, at random: for tests that depend on how fast a machine is.

`scripts/test tests/test_hub.py -p tests.late` loads it. What fails with it and not without waits for the wrong thing, or not long
enough; unless its subject is speed itself. The same seed brings about the same delays, as far as the rest of the machine lets it.

`LATE_SEED`  a number, 1 by default
`LATE_SHARE` of what is read, and of what threads do; 0.2 by default
`LATE_MOST`  seconds, 0.06 by default
"""

import asyncio.selector_events as transports
from concurrent.futures import Future, ThreadPoolExecutor
import os
import random
import time
from typing import Any, Final

_RANDOM: Final = random.Random(int(os.environ.get("LATE_SEED", "1")))
_SHARE: Final = float(os.environ.get("LATE_SHARE", "0.2"))
_MOST: Final = float(os.environ.get("LATE_MOST", "0.06"))
_TURN: Final = 0.0005
"""Seconds between two looks at a socket that has something to read, which the loop would otherwise do without a pause."""


def _read_late(transport: Any) -> None:
    """Have sockets of this kind read some of what they get a while after it came; it stays with the system until then."""
    read = transport._read_ready

    def read_ready(self: Any) -> None:
        until = self.__dict__.get("_late_until", 0.0)
        if not until and _RANDOM.random() < _SHARE:
            self._late_until = until = time.monotonic() + _RANDOM.random() * _MOST
        if time.monotonic() < until:
            time.sleep(_TURN)
            return
        self._late_until = 0.0
        read(self)

    transport._read_ready = read_ready


def _work_late() -> None:
    """Have threads begin some of their work a while after they were given it."""
    submit = ThreadPoolExecutor.submit

    def submit_late(self: ThreadPoolExecutor, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        pause = _RANDOM.random() * _MOST if _RANDOM.random() < _SHARE else 0.0

        def work(*args: Any, **kwargs: Any) -> Any:
            time.sleep(pause)
            return fn(*args, **kwargs)

        return submit(self, work if pause else fn, *args, **kwargs)

    ThreadPoolExecutor.submit = submit_late  # type: ignore[method-assign, assignment]


_read_late(transports._SelectorSocketTransport)  # type: ignore[attr-defined]
_read_late(transports._SelectorDatagramTransport)  # type: ignore[attr-defined]
_work_late()
