"""What a device has in the cloud's storage: when it recorded, and its events (tencent_iot_video.md, sections 1.4 and 1.5).

Days are those of UTC+8, our choice: the documents don't say.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal
import uuid

CHINA = timezone(timedelta(hours=8))
FULL_TIME = 1
EVENT_ONLY = 2

type UploadStatus = Literal["Finished", "Partial", "Failed"]
type Container = Literal["fmp4", "ts"]
type Codec = Literal["h264", "hevc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event with its recording; times in seconds since 1970."""

    start: int
    end: int
    id: str
    thumbnail: str
    status: UploadStatus = "Finished"
    data: str = ""


@dataclass(slots=True, kw_only=True)
class CloudStorage:
    """The storage of a device or of a channel of it.

    `pictures`: it stores streams of pictures, a .mjpg and an .aac for each event, and no video. `expires` 0: it has no plan.
    """

    plan: int = FULL_TIME
    expires: int = 0
    shift_duration: int = 7 * 86400
    user_id: str = ""
    pictures: bool = False
    container: Container = "fmp4"
    codec: Codec = "h264"
    title: str = ""
    pieces: list[tuple[int, int]] = field(default_factory=list)
    """When it has video: from, to, in seconds since 1970, oldest first."""
    events: list[StoredEvent] = field(default_factory=list)
    """Oldest first."""
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def active(self, now: float) -> bool:
        """Tell whether there is a plan that hasn't ended."""
        return self.expires > now

    def dates(self) -> list[str]:
        """Return the days with recordings, as 2021-01-14."""
        spans = [*self.pieces, *((event.start, event.end) for event in self.events)]
        days: set[str] = set()
        for start, end in spans:
            days |= {day_of(at) for at in range(start, end, 86400)} | {day_of(max(start, end - 1))}
        return sorted(days)

    def between(self, start: float, end: float) -> list[tuple[int, int]]:
        """Return the pieces of video from `start` to `end`, cut to it."""
        return [
            (max(first, int(start)), min(last, int(end))) for first, last in self.pieces if first < end and last > start
        ]

    def add(self, event: StoredEvent) -> None:
        """Store an event with its video, if there was none at that time; of a partial one it is the first half."""
        self.events.append(event)
        self.events.sort(key=lambda one: one.start)
        if not self.pictures and event.status != "Failed" and not self.between(event.start, event.end):
            end = event.end if event.status == "Finished" else (event.start + event.end) // 2
            self.pieces.append((event.start, end))
            self.pieces.sort()

    def as_json(self) -> dict[str, Any]:
        """Return what a person wants to know of it."""
        return {
            "plan": self.plan,
            "expires": self.expires,
            "pictures": self.pictures,
            "pieces": len(self.pieces),
            "events": len(self.events),
        }


def day_of(seconds: float) -> str:
    """Return the day of a time."""
    return datetime.fromtimestamp(seconds, CHINA).strftime("%Y-%m-%d")


def span_of(date: str) -> tuple[int, int]:
    """Return when a day begins and ends, in seconds since 1970; ValueError for something else than 2021-01-14."""
    day = datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=CHINA)
    return int(day.timestamp()), int((day + timedelta(days=1)).timestamp())
