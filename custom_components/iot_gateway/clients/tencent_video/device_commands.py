"""The inner commands of a device: its state, its channels, recordings on its card, and playing them.

Seed 002, "内部信令"; where Tencent's own apps do otherwise, both are read (protocol page 2.1). Replies are JSON, with numbers
that often are texts, and single objects that sometimes stand in a list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import Any, Final, Literal

from .agent import CameraChannel, Quality
from .errors import AgentError, DeviceDeclined, ViewerLimit
from .loose import as_flag, as_integer, as_mapping, as_text, entries, from_json

_ACCEPTED: Final = 0
_TOO_MANY: Final = 405


class ReplyInvalid(AgentError):
    """A reply that is not what the command is answered by."""


class FileKind(StrEnum):
    """What a file on the card is."""

    VIDEO = "video"
    PICTURE = "picture"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceStatus:
    """Whether a device would take one more viewer: `status` 0, or why not. Counts are None where it does not tell."""

    status: int
    viewers: int | None = None
    most_viewers: int | None = None

    def check(self) -> None:
        """Raise ViewerLimit, or DeviceDeclined, unless the device accepts."""
        if self.status == _TOO_MANY:
            raise ViewerLimit("The device has as many viewers as it takes")
        if self.status != _ACCEPTED:
            raise DeviceDeclined("The device declines", self.status)


@dataclass(frozen=True, kw_only=True, slots=True)
class NvrChannel:
    """A camera of a recorder; `name` is the device's, `channel` its number."""

    name: str
    channel: int
    online: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """A recording on the card, seconds since the epoch; what `type` means is the maker's."""

    start: int
    end: int
    type: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedFile:
    """A file on the card. Times are seconds since the epoch, None where they could not be read."""

    name: str
    kind: FileKind
    size: int | None = None
    start: int | None = None
    end: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


async def ask_device(camera: CameraChannel, cmd: str, params: Mapping[str, Any] | None = None) -> Any:
    """Send an inner command and return its reply, decoded; raises ReplyInvalid or another AgentError."""
    reply = from_json(await camera.ask("inner_define", cmd, params))
    if not isinstance(reply, dict | list):
        raise ReplyInvalid(f"The device does not answer {cmd} as documented")
    return reply


async def order_device(camera: CameraChannel, cmd: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Send an inner command that is answered by a status; raises DeviceDeclined where it is not 0, or another AgentError."""
    reply = _single(await ask_device(camera, cmd, params))
    if (status := as_integer(reply.get("status"))) is None:
        raise ReplyInvalid(f"The device does not tell what became of {cmd}")
    if status != _ACCEPTED:
        raise DeviceDeclined(f"The device declines {cmd}", status)
    return reply


# The device


async def get_device_st(
    camera: CameraChannel,
    type_: Literal["live", "voice", "playback"] = "live",
    quality: Quality | str = Quality.HIGH,
) -> DeviceStatus:
    """Ask a device whether it would take one more viewer, speaker or player; raises AgentError."""
    params = {"type": type_, **({"quality": Quality(quality).value} if type_ == "live" else {})}
    reply = _single(await ask_device(camera, "get_device_st", params))
    if (status := as_integer(reply.get("status"))) is None:
        raise ReplyInvalid("The device does not tell its state")
    return DeviceStatus(
        status=status,
        viewers=as_integer(reply.get("appConnectNum")),
        most_viewers=as_integer(reply.get("maxConnectNum")),
    )


async def get_nvr_list(camera: CameraChannel) -> list[NvrChannel]:
    """Return the cameras of a recorder, by channel; raises AgentError."""
    found = [
        NvrChannel(name=as_text(entry.get("DeviceName")), channel=channel, online=as_flag(entry.get("Online")))
        for entry in entries(await ask_device(camera, "get_nvr_list"))
        if (channel := as_integer(entry.get("Channel"))) is not None and channel >= 0
    ]
    return sorted(found, key=lambda entry: entry.channel)


# Recordings


async def get_month_record(camera: CameraChannel, year: int, month: int) -> list[date]:
    """Return the days of a month that have recordings, by the camera's own calendar; raises AgentError."""
    reply = _single(await ask_device(camera, "get_month_record", {"time": f"{year:04}{month:02}"}))
    mask = as_integer(reply.get("video_list"))
    if mask is None:
        raise ReplyInvalid("The device does not tell the days that have recordings")
    return [date(year, month, day) for day in range(1, _days_of(year, month) + 1) if mask >> (day - 1) & 1]


async def get_record_index(camera: CameraChannel, start: int, end: int) -> list[Recording]:
    """Return the recordings between two times (seconds since the epoch), in order; raises AgentError."""
    reply = _single(await ask_device(camera, "get_record_index", {"start_time": start, "end_time": end}))
    found = {
        Recording(start=begin, end=finish, type=as_integer(entry.get("type")) or 0)
        for entry in entries(reply.get("video_list"))
        if (begin := as_integer(entry.get("start_time"))) is not None
        and (finish := as_integer(entry.get("end_time"))) is not None
        and finish > begin
    }
    return sorted(found, key=lambda entry: (entry.start, entry.end, entry.type))


async def get_file_list(
    camera: CameraChannel,
    *,
    start: int | None = None,
    end: int | None = None,
    kind: FileKind | None = None,
    zone: tzinfo = UTC,
) -> list[RecordedFile]:
    """Return the files on the card, of some time and kind where the device heeds that; raises AgentError.

    `zone` is the camera's, for devices that write times as text.
    """
    params: dict[str, Any] = {
        "start_time": start,
        "end_time": end,
        "file_type": _FILE_TYPES.get(kind or FileKind.OTHER),
    }
    reply = await ask_device(
        camera, "get_file_list", {name: value for name, value in params.items() if value is not None}
    )
    found = [
        RecordedFile(
            name=name,
            kind=_file_kind(entry.get("file_type")),
            size=as_integer(entry.get("file_size")),
            start=_as_time(entry.get("start_time"), zone),
            end=_as_time(entry.get("end_time"), zone),
            extra=as_mapping(entry.get("extra_info")),
        )
        for entry in entries(_single(reply).get("file_list"))
        if (name := as_text(entry.get("file_name")))
    ]
    return [entry for entry in found if kind is None or entry.kind in {kind, FileKind.OTHER}]


# Playing


async def playback_pause(camera: CameraChannel) -> None:
    """Pause what is played back; raises AgentError."""
    await order_device(camera, "playback_pause")


async def playback_resume(camera: CameraChannel) -> None:
    """Go on with what is played back; raises AgentError."""
    await order_device(camera, "playback_resume")


async def playback_seek(camera: CameraChannel, position: int, *, at: int | None = None) -> None:
    """Go to `position`, milliseconds from the begin of the file; raises AgentError.

    Tencent's app sends the time of the recording instead: `at`, seconds since the epoch, is sent along for its devices.
    """
    await order_device(camera, "playback_seek", {"progress": position, **({} if at is None else {"time": at})})


async def playback_progress(camera: CameraChannel) -> int:
    """Return where in the file it is played, in milliseconds; raises AgentError."""
    reply = await order_device(camera, "playback_progress")
    if (position := as_integer(reply.get("progress"))) is None:
        raise ReplyInvalid("The device does not tell where it is")
    return position


async def playback_speed(camera: CameraChannel, factor: float, *, fps: float = 25.0) -> None:
    """Play `factor` times as fast as it was recorded at `fps` frames a second; raises AgentError.

    The device is told the milliseconds between two frames.
    """
    if factor <= 0 or fps <= 0:
        raise ValueError("Speed and frame rate are above 0")
    await order_device(camera, "playback_speed", {"speed": max(1, round(1000 / fps / factor))})


async def playback_fast_forward(camera: CameraChannel, every: int) -> None:
    """Show only key frames, of so many one; 0 is to play as before. Raises AgentError."""
    if every < 0:
        raise ValueError("A number of frames is not below 0")
    await order_device(camera, "playback_ff", {"value": every})


async def playback_rewind(camera: CameraChannel, end: int, start: int) -> None:
    """Play backwards from `start` to `end`, both milliseconds; the device calls the earlier one the start. Raises AgentError."""
    await order_device(camera, "playback_rewind", {"start_time": end, "end_time": start})


_FILE_TYPES: Final[Mapping[FileKind, int]] = {FileKind.VIDEO: 0, FileKind.PICTURE: 1}


def _single(reply: Any) -> Mapping[str, Any]:
    """Return an object, also the first of a list."""
    return next(entries(reply), {}) if isinstance(reply, list) else as_mapping(reply)


def _file_kind(value: Any) -> FileKind:
    text = as_text(value).lower()
    return {"0": FileKind.VIDEO, "video": FileKind.VIDEO, "1": FileKind.PICTURE, "picture": FileKind.PICTURE}.get(
        text, FileKind.OTHER
    )


def _as_time(value: Any, zone: tzinfo) -> int | None:
    """Return seconds since the epoch, also of a text as `2024-01-23_12-34-00`."""
    if (number := as_integer(value)) is not None:
        return number if number > 0 else None
    try:
        return int(datetime.strptime(as_text(value), "%Y-%m-%d_%H-%M-%S").replace(tzinfo=zone).timestamp())
    except ValueError, OverflowError:
        return None


def _days_of(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
