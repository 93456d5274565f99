"""Calling the owner of a link back: whatever becomes of it, the connection lives on."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
import logging
from typing import Any

from ..errors import LinkError
from ..statistics import LinkStatistics

_LOGGER = logging.getLogger(__name__)

type Callback[*A] = Callable[[*A], Awaitable[None] | None]
"""A plain or an async function of the owner."""


class CallbackRunner:
    """Runs what the owner does about something, the async part of it in tasks of its own.

    Attributes:
        tasks: those that run.

    Args:
        statistics: to count what fails in.
    """

    def __init__(self, statistics: LinkStatistics) -> None:
        """Begin with nothing to run."""
        self.tasks: set[asyncio.Task[None]] = set()
        self._statistics = statistics

    def tell[*A](self, callback: Callback[*A] | None, *arguments: *A) -> None:
        """Call the owner back; its errors are its own and end no connection."""
        if callback is None:
            return
        try:
            result = callback(*arguments)
        except Exception:
            self._statistics.handler_errors += 1
            _LOGGER.exception("A callback of TuyaLink failed")
            return
        if result is not None:
            self.start(self._await(result))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that raises nothing, up to its first wait here and now: so it begins in the order in which it came."""
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True, name="tuyalink callback")
        if not task.done():
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def cancel(self) -> None:
        """Cancel all that runs; it stays in `tasks` until it has ended."""
        for task in tuple(self.tasks):
            task.cancel()

    async def _await(self, result: Awaitable[None]) -> None:
        try:
            await result
        except LinkError as err:
            _LOGGER.debug("A callback of TuyaLink was interrupted: %s", err)
        except Exception:
            self._statistics.handler_errors += 1
            _LOGGER.exception("A callback of TuyaLink failed")
