"""The pictures of a camera's events."""

import asyncio
from datetime import UTC, datetime
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..clients.tuya_cloud import CloudError, EventPicture, PictureUnreadable, fetch_event_picture, parse_event_picture

if TYPE_CHECKING:
    from .live_camera import LiveCamera
    from .live_view import LiveView

_LOGGER = logging.getLogger(__name__)

_PICTURE_PATIENCE: Final = 5.0
"""Seconds that somebody who wants a picture waits for it; Home Assistant itself gives up after 10."""
_PICTURE_RETRY_FIRST: Final = 5.0
"""Seconds until a picture is asked for again that could not be had: cameras tell of an event before its picture is there."""
_PICTURE_RETRY_MOST: Final = 600.0
_CLOCK_NEVER_SET: Final = 1_400_000_000.0
"""Seconds since the epoch, in 2014: a camera that says an earlier time has not been told the time since its start."""


class EventPictures:
    """The picture of a camera's last event: fetched when somebody wants to see it, then kept in memory.

    The camera itself is never asked, so that none wakes for it; an event that nobody looks at costs no call.
    """

    def __init__(self, live_view: LiveView, camera: LiveCamera) -> None:
        """Begin without one."""
        self._live_view = live_view
        self._camera = camera
        self._seen: dict[str, str] = {}
        self._event: EventPicture | None = None
        self._event_code = ""
        self._event_time = 0.0
        self._picture: bytes | None = None
        self._picture_of: EventPicture | None = None
        self._task: asyncio.Task[bytes | None] | None = None
        self._not_before = 0.0
        self._wait = _PICTURE_RETRY_FIRST
        self._fetched = 0
        self._failed = 0

    @property
    def last_event(self) -> datetime | None:
        """When the last event with a picture was, None where there was none."""
        return datetime.fromtimestamp(self._event_time, UTC) if self._event is not None else None

    @callback
    def note(self, code: str, value: object, reported_at: float | None) -> None:
        """Take in the value of a data point that tells of events; `reported_at` in seconds since the epoch."""
        if not isinstance(value, str) or self._seen.get(code) == value:
            return
        self._seen[code] = value
        event = parse_event_picture(value, local_key=self._camera.device.local_key)
        if event is None:
            return
        when = self._time_of(event, reported_at)
        # Of two values of one data point the later is the later event, whatever the camera's clock says
        # Cameras tell whole seconds
        if self._event is not None and code != self._event_code and when < int(self._event_time):
            return
        self._event, self._event_code, self._event_time = event, code, when
        self._not_before, self._wait = 0.0, _PICTURE_RETRY_FIRST
        self._camera.changed()

    async def last(self) -> bytes | None:
        """Return the picture of the last event, None where there is none or it cannot be had now."""
        if self._event is None:
            return None
        if self._picture_of is self._event:
            return self._picture
        if await self._fetch() and self._picture_of is self._event:
            return self._picture
        return None

    async def latest(self) -> bytes | None:
        """Return the newest picture that can be had, if need be of an earlier event."""
        return await self.last() or self._picture

    def diagnostics(self) -> dict[str, Any]:
        """Return what a bug report needs, without secrets."""
        return {
            "event": None if self._event is None else self._event.event,
            "version": None if self._event is None else self._event.version,
            "have_it": self._picture_of is self._event and self._picture is not None,
            "fetched": self._fetched,
            "failed": self._failed,
        }

    @staticmethod
    def _time_of(event: EventPicture, reported_at: float | None) -> float:
        """Return when an event was: as its camera says, unless that is not possible."""
        now = time.time()
        if event.time is None or event.time < _CLOCK_NEVER_SET:
            return reported_at or now
        return min(event.time, now)

    async def _fetch(self) -> bool:
        """Fetch the picture of the last event, for all who want it at once; return whether it is here."""
        if self._task is None:
            if asyncio.get_running_loop().time() < self._not_before or self._event is None:
                return False
            self._task = self._live_view.spawn(self._load(self._event), "event picture")
            self._task.add_done_callback(self._loaded)
        task = self._task
        # Whoever leaves, the picture is for the next one
        _ = await asyncio.wait((task,), timeout=_PICTURE_PATIENCE)
        return task.done() and not task.cancelled() and task.result() is not None

    async def _load(self, event: EventPicture) -> bytes | None:
        device = self._camera.device
        try:
            picture = await fetch_event_picture(
                self._live_view.api,
                async_get_clientsession(self._live_view.hass),
                device.id,
                event,
                local_key=device.local_key,
            )
        except Exception as err:
            if isinstance(err, CloudError):
                _LOGGER.debug("The picture of an event of %s could not be had: %s", device.id, err)
            else:
                # Cards ask every few seconds: whatever it is, it must not cost a call each time
                _LOGGER.exception("Unexpected error while fetching the picture of an event of %s", device.id)
            self._failed += 1
            if event is self._event:
                # What is there but cannot be read won't be otherwise later
                wait = float("inf") if isinstance(err, PictureUnreadable) else self._wait
                self._not_before = asyncio.get_running_loop().time() + wait
                self._wait = min(2 * self._wait, _PICTURE_RETRY_MOST)
            return None
        self._fetched += 1
        self._picture, self._picture_of = picture, event
        return picture

    def _loaded(self, task: asyncio.Task[bytes | None]) -> None:
        if self._task is task:
            self._task = None
