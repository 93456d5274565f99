"""Finding out that a peer is gone without a word."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

import aiohttp


class Heartbeat:
    """Asks for a sign of life after `interval` seconds without a frame, and half of that later ends `limit`.

    aiohttp's own would do, but it sets its timer anew for what arrives while a connection is being closed, and leaves it
    behind. Ending `limit` also ends a write that a peer who does not read holds up.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool], limit: asyncio.Timeout, interval: float) -> None:
        """Watch a WebSocket, whose frames `note` is told of, within `with`."""
        self._socket = socket
        self._limit = limit
        self._interval = interval
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._pinged = False
        self._timer: asyncio.TimerHandle | None = None
        self._ping: asyncio.Task[None] | None = None

    def note(self, time: float) -> None:
        """Note that a frame came, at a time of the loop's clock."""
        self._last = time
        self._pinged = False

    def __enter__(self) -> Self:
        self._timer = self._loop.call_at(self._last + self._interval, self._check)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._ping is not None:
            self._ping.cancel()

    def _check(self) -> None:
        now = self._loop.time()
        patience = self._interval * (1.5 if self._pinged else 1.0)
        if now < self._last + patience:
            # Frames came since the timer was set; to set it for each would cost more than they do
            self._timer = self._loop.call_at(self._last + patience, self._check)
            return
        if self._pinged:
            self._timer = None
            self._limit.reschedule(now)
            return
        self._pinged = True
        self._ping = self._loop.create_task(self._send(), name="tuya_cloud message queue ping")
        # From now on: where the loop was held, the answer has its time all the same
        self._timer = self._loop.call_at(now + self._interval / 2, self._check)

    async def _send(self) -> None:
        # Where it cannot be written, the reader comes to know of it too
        with contextlib.suppress(OSError, aiohttp.ClientError):
            await self._socket.ping()
