"""Recordings in the cloud: the plan, days, timeline, events, thumbnails, signed URLs, picture streams (protocol page 1.5).

Times are seconds since the epoch. Days are those of China (UTC+8), wherever the camera is: the documentation does not say so,
but its servers count like that. URLs that show a recording are secrets as long as they are valid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Final
from urllib.parse import unquote

from .api import TencentApi
from .errors import UnknownTencentError
from .loose import as_integer, as_mapping, as_text, entries, from_json
from .paging import pages_by_context

CHINA: Final = timezone(timedelta(hours=8), "CST")
_MOST_EVENTS: Final = 1000


class PlanType(StrEnum):
    """What a plan records."""

    FULL_TIME = "full_time"
    EVENT = "event"


class UploadStatus(StrEnum):
    """How far the recording of an event has come."""

    FINISHED = "Finished"
    PARTIAL = "Partial"
    FAILED = "Failed"
    UNKNOWN = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoragePlan:
    """The storage plan of a device; a device has one at most. `kept` is for how many seconds recordings stay."""

    active: bool
    type: PlanType | None = None
    expires: int | None = None
    kept: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeSpan:
    """A recording without a gap."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """The recordings of a day, in order; `video_url` is what `playback_url` makes URLs of."""

    video_url: str = field(default="", repr=False)
    spans: tuple[TimeSpan, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageEvent:
    """An event whose recording is kept; `end` is None while it lasts. `thumbnail` is a file's name, not a URL."""

    event_id: str
    start: int
    end: int | None = None
    thumbnail: str = ""
    upload: UploadStatus = UploadStatus.UNKNOWN
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageEvents:
    """Events, the newest as the cloud has it, and what `playback_url` makes URLs of."""

    events: tuple[StorageEvent, ...] = ()
    video_url: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedUrl:
    """A URL that shows something until `expires`."""

    url: str = field(repr=False)
    expires: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureStream:
    """The recording of an event of a camera that takes pictures only: motion JPEG, and AAC where it has sound."""

    video_url: str = field(repr=False)
    audio_url: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredCamera:
    """Whose recordings are meant. `channel` is that of an NVR, `user_id` the app user's of a shared plan; None for neither."""

    product_id: str
    device_name: str
    channel: int | None = None
    user_id: str | None = None

    @property
    def device(self) -> dict[str, Any]:
        """Return the parameters that name the device."""
        return {"ProductId": self.product_id, "DeviceName": self.device_name}

    @property
    def params(self) -> dict[str, Any]:
        """Return the parameters that name the device, the channel and the user."""
        return {**self.device, "UserId": self.user_id, "ChannelId": self.channel}


def china_date(timestamp: float) -> date:
    """Return the day that the cloud counts a time to."""
    return datetime.fromtimestamp(timestamp, CHINA).date()


def china_day(day: date) -> tuple[int, int]:
    """Return the begin of a day of the cloud's, and its last second."""
    start = int(datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp())
    return start, start + 86399


async def get_plan(api: TencentApi, camera: StoredCamera) -> StoragePlan:
    """Return the storage plan of a camera; raises TencentError."""
    answer = await api.call("DescribeCloudStorage", camera.params)
    return StoragePlan(
        active=as_integer(answer.get("Status")) == 1,
        type={1: PlanType.FULL_TIME, 2: PlanType.EVENT}.get(as_integer(answer.get("Type")) or 0),
        expires=as_integer(answer.get("ExpireTime")) or None,
        kept=as_integer(answer.get("ShiftDuration")) or None,
    )


async def list_days(api: TencentApi, camera: StoredCamera) -> list[date]:
    """Return the days that have recordings, in order; raises TencentError."""
    answer = await api.call("DescribeCloudStorageDate", camera.params)
    days = set()
    data = answer.get("Data")
    for entry in data if isinstance(data, list) else []:
        try:
            days.add(date.fromisoformat(as_text(entry)))
        except ValueError:
            continue
    return sorted(days)


async def get_timeline(
    api: TencentApi, camera: StoredCamera, day: date, *, start: int | None = None, end: int | None = None
) -> Timeline:
    """Return the recordings of a day, or of a part of it; raises TencentError."""
    answer = await api.call(
        "DescribeCloudStorageTime",
        {**camera.params, "Date": day.isoformat(), "StartTime": start, "EndTime": end},
    )
    data = as_mapping(answer.get("Data"))
    spans = {
        TimeSpan(start=begin, end=finish)
        for entry in entries(data.get("TimeList"))
        if (begin := as_integer(entry.get("StartTime"))) is not None
        and (finish := as_integer(entry.get("EndTime"))) is not None
        and finish > begin
    }
    return Timeline(
        video_url=as_text(data.get("VideoURL")), spans=tuple(sorted(spans, key=lambda span: (span.start, span.end)))
    )


async def list_events(
    api: TencentApi,
    camera: StoredCamera,
    start: int,
    end: int,
    *,
    event_id: str | None = None,
    most: int = _MOST_EVENTS,
) -> StorageEvents:
    """Return the events between two times; raises TencentError."""
    video_url = ""

    def note(answer: Mapping[str, Any]) -> None:
        nonlocal video_url
        video_url = video_url or as_text(answer.get("VideoURL"))

    found = await pages_by_context(
        api,
        "DescribeCloudStorageEvents",
        {**camera.params, "StartTime": start, "EndTime": end, "Size": 100, "EventId": event_id},
        "Events",
        most=most,
        note=note,
    )
    return StorageEvents(
        events=tuple(
            StorageEvent(
                event_id=as_text(entry.get("EventId")),
                start=begin,
                end=as_integer(entry.get("EndTime")) or None,
                thumbnail=as_text(entry.get("Thumbnail")),
                upload=_upload(entry.get("UploadStatus")),
                data=as_mapping(from_json(entry.get("Data"))),
            )
            for entry in entries(found)
            if (begin := as_integer(entry.get("StartTime"))) is not None
        ),
        video_url=video_url,
    )


async def get_thumbnail(api: TencentApi, camera: StoredCamera, thumbnail: str) -> SignedUrl:
    """Return where the picture of an event is; raises TencentError."""
    answer = await api.call("DescribeCloudStorageThumbnail", {**camera.device, "Thumbnail": thumbnail})
    if not (url := as_text(answer.get("ThumbnailURL"))):
        raise UnknownTencentError("the cloud has no such picture")
    return SignedUrl(url=_plain(url), expires=as_integer(answer.get("ExpireTime")) or None)


async def get_thumbnails(api: TencentApi, camera: StoredCamera, thumbnails: Iterable[str]) -> list[SignedUrl | None]:
    """Return where the pictures of events are, in the order asked, None where there is none; raises TencentError."""
    wanted = list(thumbnails)
    if not wanted:
        return []
    answer = await api.call("DescribeCloudStorageThumbnailList", {**camera.device, "ThumbnailList": wanted})
    found: list[SignedUrl | None] = [
        SignedUrl(url=_plain(url), expires=as_integer(entry.get("ExpireTime")) or None)
        if (url := as_text(entry.get("ThumbnailURL")))
        else None
        for entry in entries(answer.get("ThumbnailURLInfoList"))
    ]
    return (found + [None] * len(wanted))[: len(wanted)]


def playback_url(video_url: str, start: int, end: int) -> str:
    """Return the URL of the playlist between two times, which has to be signed yet."""
    separator = "&" if "?" in video_url else "?"
    return f"{video_url}{separator}starttime_epoch={start}&endtime_epoch={end}"


async def sign_url(api: TencentApi, url: str, expires: int, *, channel: int | None = None) -> SignedUrl:
    """Return a URL of `playback_url` with a signature that holds until `expires`; raises TencentError."""
    answer = await api.call("GenerateSignedVideoURL", {"VideoURL": url, "ExpireTime": expires, "ChannelId": channel})
    if not (signed := as_text(answer.get("SignedVideoURL"))):
        raise UnknownTencentError("the cloud did not sign the URL")
    return SignedUrl(url=_plain(signed), expires=expires)


async def get_picture_stream(api: TencentApi, camera: StoredCamera, start: int) -> PictureStream:
    """Return where the recording of the event that began at `start` is; raises TencentError."""
    answer = await api.call("DescribeCloudStorageStreamData", {**camera.device, "StartTime": start})
    if not (video := as_text(answer.get("VideoStream"))):
        raise UnknownTencentError("the cloud has no pictures of this event")
    audio = as_text(answer.get("AudioStream"))
    return PictureStream(video_url=_plain(video), audio_url=_plain(audio) if audio else "")


def _plain(url: str) -> str:
    """Return a URL that may have come percent-encoded as a whole."""
    return url if url.lower().startswith(("http://", "https://")) else unquote(url)


def _upload(value: Any) -> UploadStatus:
    try:
        return UploadStatus(as_text(value).capitalize())
    except ValueError:
        return UploadStatus.UNKNOWN
