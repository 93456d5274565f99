"""The picture of a camera's last event, out of the cloud storage: no camera is woken, and no stream opened, for a picture."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
import logging
from typing import Any, Final

import aiohttp
from homeassistant.core import callback

from ..clients.tencent_video import TencentError
from .cloud_recordings import CloudRecordings
from .recordings import StoredRecording

_LOGGER = logging.getLogger(__name__)

_PATIENCE: Final = 5.0
"""Seconds that somebody who wants a picture waits for it; Home Assistant itself gives up after 10."""
_AGE_MOST: Final = 300.0
"""Seconds after which somebody's look has the cloud asked for another event."""
_AGE_AFTER_EVENT: Final = 10.0
"""The same once the device told of an event: its picture is there soon."""
_LEAST_AGE: Final = 60.0
_PAUSE_AFTER_FAILURE: Final = 600.0
_MOST: Final = 5 * 1024 * 1024
_TIMEOUT: Final = aiohttp.ClientTimeout(total=20, connect=10)


class LastEventPicture:
    """The newest picture of one camera: looked for when somebody looks, then kept in memory."""

    def __init__(
        self,
        recordings: CloudRecordings,
        session: aiohttp.ClientSession,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        changed: Callable[[], None],
        may_ask: Callable[[], bool],
    ) -> None:
        """Begin without one; `changed` is called when there is another, `may_ask` says whether calls are left of today's."""
        self._recordings = recordings
        self._session = session
        self._spawn = spawn
        self._changed = changed
        self._may_ask = may_ask
        self._event: StoredRecording | None = None
        self._picture: bytes | None = None
        self._not_before = float("-inf")
        self._looked_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._soon: asyncio.Task[None] | None = None

    @property
    def when(self) -> datetime | None:
        """When the event was whose picture is here."""
        return None if self._event is None else datetime.fromtimestamp(self._event.start, UTC)

    @callback
    def event_happened(self, *, look: bool = False) -> None:
        """The device told of an event: there may be another picture soon, which is looked for also unasked where `look` says so.

        Of events that follow each other closely the first has one look, so that a busy street costs no call a second.
        """
        now = asyncio.get_running_loop().time()
        self._not_before = min(self._not_before, max(now, self._looked_at + _LEAST_AGE) + _AGE_AFTER_EVENT)
        if look:
            self.look()

    async def _look_soon(self) -> None:
        await asyncio.sleep(max(0.0, self._not_before - asyncio.get_running_loop().time()))
        _ = await self.get()

    @callback
    def look(self) -> None:
        """Look for a picture, in the background."""
        if self._soon is None or self._soon.done():
            self._soon = self._spawn(self._look_soon())

    async def get(self) -> bytes | None:
        """Return the newest picture, None where there is none; one that cannot be had now leaves the one before."""
        if self._task is None and asyncio.get_running_loop().time() >= self._not_before:
            self._task = self._spawn(self._look())
            self._task.add_done_callback(self._looked)
        if (task := self._task) is not None:
            # Whoever leaves, the picture is for the next one
            _ = await asyncio.wait((task,), timeout=_PATIENCE)
        return self._picture

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._looked_at = loop.time()
        if not self._may_ask():
            # A dashboard that is open all day is no reason to go beyond
            self._not_before = loop.time() + _PAUSE_AFTER_FAILURE
            return
        try:
            event = await self._recordings.last_event()
            if event is not None and (self._event is None or event.thumbnail != self._event.thumbnail):
                url = await self._recordings.thumbnail(event.thumbnail)
                self._picture = await fetch_picture(self._session, url.url)
                self._event = event
                self._changed()
            self._not_before = loop.time() + _AGE_MOST
        except (TencentError, PictureUnavailable) as err:
            _LOGGER.debug("The picture of the last event cannot be had: %s", err)
            self._not_before = loop.time() + _PAUSE_AFTER_FAILURE

    def _looked(self, task: asyncio.Task[None]) -> None:
        if self._task is task:
            self._task = None


class PictureUnavailable(Exception):
    """A picture cannot be fetched; the text has no address."""


async def fetch_picture(session: aiohttp.ClientSession, url: str) -> bytes:
    """Return a JPEG of the cloud's; raises PictureUnavailable."""
    try:
        async with session.get(url, timeout=_TIMEOUT) as response:
            if response.status != 200:
                raise PictureUnavailable(f"HTTP status {response.status}")
            picture = bytearray()
            async for chunk in response.content.iter_chunked(64 * 1024):
                picture += chunk
                if len(picture) > _MOST:
                    raise PictureUnavailable("It is too large")
    except TimeoutError as err:
        raise PictureUnavailable("No answer in time") from err
    except (aiohttp.ClientError, ValueError) as err:
        # Its text may have the address, and that the signature
        raise PictureUnavailable(type(err).__name__) from None
    if not picture.startswith(b"\xff\xd8"):
        raise PictureUnavailable("It is no JPEG")
    return bytes(picture)
