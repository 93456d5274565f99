"""What simulators send in real time goes by the ticks of a clock."""

import asyncio
import math
import time


class Pace:
    """Numbers the ticks of a rate by the wall clock, so that what is sent at the same time is the same for all."""

    def __init__(self, rate: float) -> None:
        """Begin with the tick of now."""
        self._rate = rate
        self._offset = time.time() - time.monotonic()
        self._next: int | None = None

    async def tick(self) -> int:
        """Wait for the next tick's time and return its number; the first is now, and those that were missed are left out."""
        now = (time.monotonic() + self._offset) * self._rate
        current = math.floor(now)
        if self._next is None or self._next < current:
            self._next = current
        elif self._next > current:
            await asyncio.sleep((self._next - now) / self._rate)
        self._next += 1
        return self._next - 1
