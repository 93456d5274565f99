"""Recordings as they are browsed: what there is, by day and time, on the camera's card and in the cloud.

Times are seconds since the epoch. Days are those of Home Assistant's time zone, in which the camera is taken to be; the cloud's
own days are China's, wherever the camera is (clients/tencent_video/cloud_storage.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from ..clients.tencent_video import StorageEvent, TimeSpan, UploadStatus, china_date, china_day

LONGEST: Final = 3600
"""Seconds of a recording that is offered as one; a longer one is offered in parts, by the hours of the clock."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRecording:
    """A recording that can be played. `event` is what the cloud calls the reason, empty without one.

    `thumbnail` is the name of a picture in the cloud, not a URL.
    """

    start: int
    end: int
    event: str = ""
    thumbnail: str = ""
    type: int = 0


def day_span(day: date, zone: tzinfo) -> tuple[int, int]:
    """Return the begin of a local day, and of the next one."""
    begin = datetime.combine(day, time.min, zone)
    end = datetime.combine(day + timedelta(days=1), time.min, zone)
    return int(begin.timestamp()), int(end.timestamp())


def local_days(days: Iterable[date], zone: tzinfo) -> list[date]:
    """Return the local days that have a part of some of the cloud's days, in order."""
    found = set()
    for day in days:
        start, end = china_day(day)
        found |= {datetime.fromtimestamp(start, zone).date(), datetime.fromtimestamp(end, zone).date()}
    return sorted(found)


def cloud_days_of(start: int, end: int) -> list[date]:
    """Return the cloud's days that the time from `start` up to `end` lies in, in order."""
    first, last = china_date(start), china_date(max(start, end - 1))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def in_parts(spans: Iterable[TimeSpan], start: int, end: int) -> list[StoredRecording]:
    """Return recordings as they are offered: cut to the time from `start` up to `end`, and into parts where they are long."""
    parts: set[tuple[int, int]] = set()
    for span in spans:
        begin, finish = max(span.start, start), min(span.end, end)
        if finish - begin <= LONGEST:
            if begin < finish:
                parts.add((begin, finish))
            continue
        while begin < finish:
            cut = min((begin // LONGEST + 1) * LONGEST, finish)
            parts.add((begin, cut))
            begin = cut
    return [StoredRecording(start=begin, end=finish) for begin, finish in sorted(parts)]


def of_events(events: Iterable[StorageEvent], now: int) -> list[StoredRecording]:
    """Return the events that have something to play, in order; one that lasts ends now."""
    return sorted(
        (
            StoredRecording(
                start=event.start,
                end=max(event.end or now, event.start + 1),
                event=event.event_id or "event",
                thumbnail=event.thumbnail,
            )
            for event in events
            if event.upload is not UploadStatus.FAILED
        ),
        key=lambda one: one.start,
    )
