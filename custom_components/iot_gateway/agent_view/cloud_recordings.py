"""What a camera has in the cloud: its plan, days, recordings, events with their pictures, and the addresses to play them by."""

from collections.abc import Callable, Iterable
from datetime import date, tzinfo
import time
from typing import Final

from ..clients.tencent_video import (
    NotFound,
    NotSupported,
    PictureStream,
    SignedUrl,
    StorageEvents,
    StoragePlan,
    StoredCamera,
    TencentApi,
    TimeSpan,
    UnknownTencentError,
    get_picture_stream,
    get_thumbnail,
    get_thumbnails,
    get_timeline,
    list_days,
    list_events,
    playback_url,
    sign_url,
)
from .plans import KnownPlans
from .recordings import StoredRecording, cloud_days_of, day_span, in_parts, local_days, of_events

_MOST_URLS: Final = 1000
_MOST_AT_ONCE: Final = 100
"""Thumbnails whose addresses are asked for by one call."""
_SOON: Final = 60
"""Seconds before its end at which an address is taken to be over."""
_LOOKED_INTO: Final = 2 * 86400
"""Seconds from a recording's begin in which its video is looked for: its days are asked for one by one."""
_GOOD_FOR: Final = 6 * 3600
"""Seconds that somebody may take to watch a recording."""


class CloudRecordings:
    """The cloud storage of one camera; every method raises TencentError."""

    def __init__(
        self, api: TencentApi, camera: StoredCamera, plans: KnownPlans, *, now: Callable[[], float] = time.time
    ) -> None:
        """Ask about `camera`; nothing is asked yet."""
        self.camera = camera
        self._api = api
        self._now = now
        self._plans = plans
        self._thumbnails: dict[str, SignedUrl] = {}

    async def plan(self) -> StoragePlan:
        """Return the plan, as it was at some time of the last day."""
        return await self._plans.get(self.camera)

    async def days(self, zone: tzinfo) -> list[date]:
        """Return the local days that may have recordings, in order."""
        return local_days(await list_days(self._api, self.camera), zone)

    async def recordings(self, day: date, zone: tzinfo) -> list[StoredRecording]:
        """Return what there is of a local day, in order: the events, and what was recorded without one."""
        start, end = day_span(day, zone)
        events = (await list_events(self._api, self.camera, start, end - 1)).events
        spans: set[TimeSpan] = set()
        for cloud_day in cloud_days_of(start, end):
            spans |= set((await get_timeline(self._api, self.camera, cloud_day)).spans)
        found = of_events((one for one in events if start <= one.start < end), int(self._now()))
        if spans:
            # Of cameras that take videos there is nothing to play where there is none; those that take pictures have no spans
            found = [one for one in found if any(span.start < one.end and one.start < span.end for span in spans)]
        # An event-only plan records nothing else: there each span is the recording of an event
        others = [
            one
            for one in in_parts(spans, start, end)
            if not any(e.start <= one.start and one.end <= e.end for e in found)
        ]
        return sorted([*found, *others], key=lambda one: (one.start, one.end))

    async def last_event(self) -> StoredRecording | None:
        """Return the last event of the last week that has a picture, None where there is none."""
        now = int(self._now())
        found: StorageEvents = await list_events(self._api, self.camera, now - 7 * 86400, now, most=20)
        pictured = [one for one in of_events(found.events, now) if one.thumbnail]
        return pictured[-1] if pictured else None

    async def thumbnail(self, name: str) -> SignedUrl:
        """Return where a picture is, by an address that is good yet."""
        if (known := self._known(name)) is None:
            known = await get_thumbnail(self._api, self.camera, name)
            self._keep({name: known})
        return known

    async def prepare_thumbnails(self, names: Iterable[str]) -> None:
        """Ask for the addresses of many pictures at once, so that `thumbnail` knows them."""
        wanted = [name for name in dict.fromkeys(names) if name and self._known(name) is None]
        for first in range(0, len(wanted), _MOST_AT_ONCE):
            some = wanted[first : first + _MOST_AT_ONCE]
            found = await get_thumbnails(self._api, self.camera, some)
            self._keep({name: url for name, url in zip(some, found, strict=True) if url is not None})

    async def playlist(self, start: int, end: int) -> SignedUrl | None:
        """Return the signed address of a recording's playlist, None where there is no video of that time."""
        for day in cloud_days_of(start, min(end, start + _LOOKED_INTO)):
            timeline = await get_timeline(self._api, self.camera, day)
            if timeline.video_url and any(span.start < end and span.end > start for span in timeline.spans):
                url = playback_url(timeline.video_url, start, end)
                return await sign_url(self._api, url, int(self._now()) + _GOOD_FOR, channel=self.camera.channel)
        return None

    async def pictures(self, start: int) -> PictureStream | None:
        """Return where the pictures of the event that began at `start` are, None where the camera takes videos."""
        try:
            return await get_picture_stream(self._api, self.camera, start)
        except NotSupported, NotFound, UnknownTencentError:
            return None

    def _known(self, name: str) -> SignedUrl | None:
        known = self._thumbnails.get(name)
        return None if known is None or (known.expires is not None and known.expires - _SOON < self._now()) else known

    def _keep(self, urls: dict[str, SignedUrl]) -> None:
        self._thumbnails |= urls
        while len(self._thumbnails) > _MOST_URLS:
            del self._thumbnails[next(iter(self._thumbnails))]
