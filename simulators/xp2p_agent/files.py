"""The files on a device's card: real MP4 and JPEG, made when they are fetched.

A video is the beginning of a fragmented MP4 and then the same fragment again and again, each put at its time, so its size is
known without making it, and any part of it can be made. A box at the end has its name: no two files are the same.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
import struct
from typing import Literal

from simulators.tencent_cloud.clips import SEGMENT_SECONDS, fragmented, segment, thumbnail

from .card import Card, Record

type FileType = Literal["video", "picture"]
type Codec = Literal["h264", "hevc"]
FILE_TYPES: tuple[FileType, ...] = ("video", "picture")
"""In the order of an app's numbers: 0 video, 1 picture (tencent_iot_video.md, section 2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFile:
    """A file; times in seconds since 1970."""

    type: FileType
    name: str
    size: int
    start: int
    end: int
    parts: Callable[[], Iterator[bytes]]
    """Gives its content, in parts of any size; takes time."""


def make_files(card: Card, channel: int, title: str, codec: Codec, records: list[Record]) -> list[CardFile]:
    """Return the files of some records: a video of each, and a picture of each that was recorded because of motion.

    Takes some milliseconds the first time for a title.
    """
    files: list[CardFile] = []
    for record in records:
        local = card.local(record.start)
        stem = f"record/{local:%Y-%m-%d}/{local:%H-%M-%S}_{channel}"
        files.append(_video(f"{stem}.mp4", record, title, codec))
        if record.type:
            files.append(_picture(f"{stem}.jpg", record, title))
    return files


async def read(file: CardFile, offset: int) -> bytes:
    """Return a file's content from an offset on; makes it in a thread."""
    return await asyncio.to_thread(lambda: b"".join(file.parts())[offset:])


def _video(name: str, record: Record, title: str, codec: Codec) -> CardFile:
    start, fragment = fragmented(title, codec)
    count = max(1, round(record.seconds / SEGMENT_SECONDS))
    # "free" is what a player takes no notice of.
    label = name.encode()
    end = struct.pack(">I4s", 8 + len(label), b"free") + label

    def parts() -> Iterator[bytes]:
        yield start
        for number in range(count):
            yield segment(title, codec, "fmp4", number)
        yield end

    size = len(start) + count * len(fragment) + len(end)
    return CardFile(type="video", name=name, size=size, start=record.start, end=record.end, parts=parts)


def _picture(name: str, record: Record, title: str) -> CardFile:
    data = thumbnail(title, record.start % 3600)
    return CardFile(
        type="picture", name=name, size=len(data), start=record.start, end=record.start, parts=lambda: iter([data])
    )
