"""FLV: the container of what goes through an X-P2P agent (Adobe's "Video File Format Specification", version 10.1, annex E).

H264, AAC and G.711 are as the specification has them. HEVC comes in two forms that both occur: that of "Enhanced RTMP" (hvc1),
and that of older programs, with 12 for the codec.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import struct
from typing import Literal

AUDIO = 8
VIDEO = 9
SCRIPT = 18
_TAG_HEADER = 11
_MOST_TAG = 4 << 20

type VideoCodec = Literal["h264", "hevc"]
type HevcForm = Literal["enhanced", "legacy"]


class BadFlv(ValueError):
    """That is no FLV; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag: its kind (AUDIO, VIDEO, SCRIPT), its time in milliseconds, and what is in it."""

    kind: int
    time: int
    body: bytes


def file_header(*, sound: bool, pictures: bool = True) -> bytes:
    """Return the beginning of a file."""
    return b"FLV\x01" + bytes([4 * sound + pictures]) + struct.pack(">II", 9, 0)


def write_tag(kind: int, time: int, body: bytes) -> bytes:
    """Return a tag with its length behind it; of the time, in milliseconds, the lower 32 bits count."""
    time &= 0xFFFFFFFF
    header = struct.pack(">I", kind << 24 | len(body)) + struct.pack(">I", time << 8 & 0xFFFFFFFF | time >> 24)
    return header + b"\0\0\0" + body + struct.pack(">I", _TAG_HEADER + len(body))


def metadata(values: Mapping[str, float | bool | str]) -> bytes:
    """Return the body of the script tag "onMetaData"."""
    parts = [b"\x02", _text("onMetaData"), b"\x08", struct.pack(">I", len(values))]
    for name, value in values.items():
        parts.append(_text(name))
        if isinstance(value, bool):
            parts.append(b"\x01" + bytes([value]))
        elif isinstance(value, str):
            parts += [b"\x02", _text(value)]
        else:
            parts.append(b"\0" + struct.pack(">d", value))
    return b"".join(parts) + b"\0\0\x09"


def video_configuration(codec: VideoCodec, record: bytes, form: HevcForm) -> bytes:
    """Return the body of the tag with the decoder's configuration (avcC or hvcC)."""
    if codec == "h264":
        return b"\x17\0\0\0\0" + record
    return (b"\x90hvc1" if form == "enhanced" else b"\x1c\0\0\0\0") + record


def video_body(codec: VideoCodec, units: bytes, form: HevcForm, *, key: bool) -> bytes:
    """Return the body of the tag with a picture: NAL units, each after its length of 4 bytes; `key`: it needs no other."""
    kind = 0x10 if key else 0x20
    if codec == "h264":
        return bytes([kind | 7, 1, 0, 0, 0]) + units
    if form == "enhanced":
        return bytes([0x80 | kind | 1]) + b"hvc1\0\0\0" + units
    return bytes([kind | 12, 1, 0, 0, 0]) + units


def length_prefixed(units: bytes) -> bytes:
    """Return NAL units, which come with start codes (Annex B), with lengths instead."""
    # A unit never ends with a zero: those before a start code belong to that.
    return b"".join(
        struct.pack(">I", len(unit)) + unit for part in units.split(b"\0\0\1")[1:] if (unit := part.rstrip(b"\0"))
    )


class TagReader:
    """Reads an FLV that comes in pieces of any size."""

    def __init__(self) -> None:
        """Begin before the file's header."""
        self._data = bytearray()
        self._header = True

    @property
    def rest(self) -> int:
        """Return how many bytes of a tag that isn't complete are there."""
        return len(self._data)

    def feed(self, data: bytes) -> Iterator[Tag]:
        """Give the tags that are complete now; raises BadFlv."""
        self._data += data
        if self._header and not self._read_header():
            return
        while len(self._data) >= _TAG_HEADER:
            head, lower = struct.unpack_from(">II", self._data)
            kind, size = head >> 24, head & 0xFFFFFF
            if kind not in (AUDIO, VIDEO, SCRIPT) or size > _MOST_TAG:
                message = f"a tag of type {kind} with {size} bytes"
                raise BadFlv(message)
            end = _TAG_HEADER + size
            if len(self._data) < end + 4:
                return
            if struct.unpack_from(">I", self._data, end) != (end,):
                message = "the length behind a tag isn't that of the tag"
                raise BadFlv(message)
            body = bytes(self._data[_TAG_HEADER:end])
            del self._data[: end + 4]
            yield Tag(kind=kind, time=lower >> 8 | (lower & 0xFF) << 24, body=body)

    def _read_header(self) -> bool:
        if not b"FLV\x01".startswith(self._data[:4]):
            message = "it doesn't begin with FLV"
            raise BadFlv(message)
        if len(self._data) < 13:
            return False
        (offset,) = struct.unpack_from(">I", self._data, 5)
        if offset != 9:
            message = "the file's header isn't of 9 bytes"
            raise BadFlv(message)
        del self._data[: offset + 4]
        self._header = False
        return True


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack(">H", len(data)) + data
