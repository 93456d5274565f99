"""Records that are played from the card: a finite FLV that can be paused, sped up, run back, and sought in (seed document 5)."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
import math
import time
from typing import TYPE_CHECKING, Any

from .card import Card
from .panorama import View
from .pictures import FRAMES_PER_SECOND, GROUP, Form, Picture, pictures_of

if TYPE_CHECKING:
    from .streams import FlvWriter

NORMAL = 1000 / FRAMES_PER_SECOND
"""Milliseconds from a picture to the next."""
KEYS_ONLY = 250
"""The same, when only key pictures are shown."""
_FASTEST, _SLOWEST = 4, 2000


class Playback:
    """What of some records lies between two times, played one after the other; positions are in milliseconds of that."""

    def __init__(self, card: Card, channel: int, start: int, end: int) -> None:
        """Take the records; there are none if `seconds` is 0."""
        self._card = card
        self._pieces = [(max(one.start, start), min(one.end, end)) for one in card.between(channel, start, end)]
        self._next = 0
        """The number of the next picture."""
        self._interval = NORMAL
        self._fast = 0
        self._back_to: int | None = None
        self._running = asyncio.Event()
        self._running.set()

    @property
    def seconds(self) -> int:
        """Return how much there is to play."""
        return sum(end - start for start, end in self._pieces)

    @property
    def progress(self) -> int:
        """Return the position."""
        return round(self._next * NORMAL)

    # Commands; each returns whether that can be done.

    def pause(self) -> bool:
        """Stand still."""
        self._running.clear()
        return True

    def resume(self) -> bool:
        """Go on."""
        self._running.set()
        return True

    def seek(self, milliseconds: int) -> bool:
        """Go on from a position, or rather from the key picture before it."""
        if not 0 <= milliseconds < self.seconds * 1000:
            return False
        self._next = _key_before(milliseconds)
        self._back_to = None
        return True

    def seek_time(self, at: int) -> bool:
        """Go on from a time, in seconds since 1970; from the next record if there is nothing then."""
        passed = 0
        for start, end in self._pieces:
            if at < end:
                return self.seek((passed + max(at - start, 0)) * 1000)
            passed += end - start
        return False

    def speed(self, interval: int) -> bool:
        """Show a picture every so many milliseconds."""
        if not _FASTEST <= interval <= _SLOWEST:
            return False
        # What is said in whole milliseconds may mean the usual.
        self._interval = NORMAL if interval in (math.floor(NORMAL), math.ceil(NORMAL)) else interval
        return True

    def fast_forward(self, every: int) -> bool:
        """Show only every so many key pictures; 0: all pictures again."""
        if every < 0:
            return False
        self._fast, self._back_to = every, None
        if every:
            self._next = self._next // GROUP * GROUP
        return True

    def rewind(self, start: int, end: int) -> bool:
        """Show key pictures from `end` back to `start`, then go on from there as usual."""
        if not 0 <= start < end <= self.seconds * 1000:
            return False
        self._fast = 0
        self._back_to = _key_before(start)
        self._next = _key_before(end - 1)
        return True

    def as_json(self) -> dict[str, Any]:
        """Return what a person wants to know of it."""
        return {
            "seconds": self.seconds,
            "progress": self.progress,
            "paused": not self._running.is_set(),
            "interval": round(self._interval, 1),
            "fast_forward": self._fast,
            "rewinding": self._back_to is not None,
        }

    # Playing

    async def send(self, writer: FlvWriter, form: Form, title: str) -> None:
        """Send all of it, as it is told meanwhile; the time in the FLV goes on whatever is sought."""
        await writer.begin()
        pictures = pictures_of(form, title)
        group: tuple[int, tuple[Picture, ...]] = -1, ()
        total = self.seconds * FRAMES_PER_SECOND
        at, began = 0.0, time.monotonic()
        while True:
            if not self._running.is_set():
                paused = time.monotonic()
                await self._running.wait()
                began += time.monotonic() - paused
            number = self._next
            if number >= total:
                break
            first = number // GROUP * GROUP
            if group[0] != first:
                group = first, await pictures.group(first, self._clock, View())
            # A command that came meanwhile counts.
            if self._next != number:
                continue
            usual = not self._fast and self._back_to is None
            await asyncio.sleep(max(0.0, began + at / 1000 - time.monotonic()))
            if self._next != number or not self._running.is_set():
                continue
            if not usual or self._interval != NORMAL:
                writer.skip_sound(at)
            await writer.send(at, group[1][number - first])
            at += self._interval if usual else KEYS_ONLY
            self._go_on(number, total)
        await asyncio.sleep(max(0.0, began + at / 1000 - time.monotonic()))

    def _go_on(self, number: int, total: int) -> None:
        if self._back_to is not None:
            if number - GROUP < self._back_to:
                self._back_to = None
            else:
                self._next = number - GROUP
        elif self._fast:
            self._next = min(number + GROUP * self._fast, total)
        else:
            self._next = number + 1

    def _clock(self, number: int) -> str:
        """Return what the device's clock showed in a picture."""
        return f"{self._local(number):%Y-%m-%d %H:%M:%S}"

    def _local(self, number: int) -> datetime:
        return self._card.local(_time_of(self._pieces, number // FRAMES_PER_SECOND))


def _key_before(milliseconds: int) -> int:
    """Return the number of the last key picture up to a position."""
    return milliseconds * FRAMES_PER_SECOND // 1000 // GROUP * GROUP


def _time_of(pieces: Iterable[tuple[int, int]], seconds: int) -> int:
    """Return the time of a position, in seconds since 1970."""
    at = 0
    for start, end in pieces:
        at = start + seconds
        if at < end:
            return at
        seconds -= end - start
    return at
