"""FLV, as far as sound to a device and a look into its stream need it, in pure Python.

Source: Adobe Flash Video File Format Specification 10.1, annex E; HEVC in the two forms that devices use: CodecID 12, and
enhanced RTMP's `hvc1`. All timestamps are in milliseconds.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
import struct
import time
from typing import Final

_SIGNATURE: Final = b"FLV"
_HEADER_SIZE: Final = 9
_TAG_HEADER_SIZE: Final = 11
_PEEKED: Final = 5
"""Bytes of a tag's body that tell its codec."""
_MOST_BUFFERED: Final = 64 * 1024
_AAC_FRAME: Final = 1024
_AAC_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_AUDIO_CODECS: Final = {3: "pcm", 7: "pcm_alaw", 8: "pcm_mulaw", 10: "aac"}
_VIDEO_CODECS: Final = {7: "h264", 12: "hevc"}
_ENHANCED: Final = {b"hvc1": "hevc", b"avc1": "h264", b"av01": "av1"}
_KEY_FRAME: Final = 1


class TagType(IntEnum):
    """What a tag holds."""

    AUDIO = 8
    VIDEO = 9
    SCRIPT = 18


class FlvInvalid(ValueError):
    """Bytes that are no FLV, or sound that FLV has no place for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FlvTag:
    """The header of a tag. `size` is its body's; `codec` is h264, hevc, av1, aac, pcm, pcm_alaw, pcm_mulaw or a number.

    `is_config` marks the headers of a codec, which have no picture and no sound; `is_key` key frames.
    """

    type: TagType
    timestamp: int
    size: int
    codec: str = ""
    is_key: bool = False
    is_config: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedTag:
    """A whole tag with the size that follows it, and when it is to be heard."""

    timestamp: int
    data: bytes


# Writing


def flv_header(*, audio: bool, video: bool) -> bytes:
    """Return what a file or a stream begins with: the header and the size of no tag before."""
    return _SIGNATURE + struct.pack(">BBII", 1, 4 * audio + video, _HEADER_SIZE, 0)


def flv_tag(type_: TagType, timestamp: int, body: bytes) -> bytes:
    """Return a tag and its size."""
    if len(body) >= 1 << 24:
        raise FlvInvalid("A tag holds less than 16 MiB")
    time_bytes = (timestamp & 0xFFFFFFFF).to_bytes(4)
    # The lower 24 bits come first, then the upper 8
    header = struct.pack(">B3s3sB3x", type_, len(body).to_bytes(3), time_bytes[1:], time_bytes[0])
    return header + body + struct.pack(">I", len(header) + len(body))


def aac_tags(adts: bytes, *, start: int = 0) -> Iterator[TimedTag]:
    """Yield the tags of AAC in ADTS frames, from the time `start` on; raises FlvInvalid. A frame that is cut off is left out."""
    position = 0
    samples = 0
    config = b""
    while len(adts) - position >= 7:
        if adts[position] != 0xFF or adts[position + 1] & 0xF6 != 0xF0:
            raise FlvInvalid("The sound is not AAC in ADTS frames")
        head = int.from_bytes(adts[position + 2 : position + 6])
        profile, rate_index, channels = head >> 30, head >> 26 & 0xF, head >> 22 & 0x7
        size = head >> 5 & 0x1FFF
        header_size = 7 if adts[position + 1] & 1 else 9
        if rate_index >= len(_AAC_RATES) or size < header_size:
            raise FlvInvalid("The sound has a frame that no AAC has")
        if position + size > len(adts):
            return
        # AudioSpecificConfig: object type, rate and channels
        found = ((profile + 1) << 11 | rate_index << 7 | channels << 3).to_bytes(2)
        timestamp = start + samples * 1000 // _AAC_RATES[rate_index]
        if found != config:
            config = found
            yield _aac_tag(timestamp, b"\x00" + config)
        yield _aac_tag(timestamp, b"\x01" + adts[position + header_size : position + size])
        samples += _AAC_FRAME
        position += size


def pcm_tags(samples: bytes, rate: int, channels: int = 1, *, start: int = 0, frame: int = 40) -> Iterator[TimedTag]:
    """Yield the tags of 16-bit little-endian samples, `frame` milliseconds in each, from the time `start` on.

    FLV has 5512, 11025, 22050 and 44100 samples a second only; raises FlvInvalid for others.
    """
    try:
        rate_index = (5512, 11025, 22050, 44100).index(rate)
    except ValueError:
        raise FlvInvalid(f"FLV has no PCM of {rate} Hz") from None
    if channels not in {1, 2}:
        raise FlvInvalid("FLV has one channel or two")
    flags = 3 << 4 | rate_index << 2 | 1 << 1 | (channels - 1)
    yield from _raw_tags(samples, flags, 2 * channels, rate, start, frame)


def alaw_tags(samples: bytes, *, start: int = 0, frame: int = 40) -> Iterator[TimedTag]:
    """Yield the tags of G.711 A-law, 8000 samples a second, `frame` milliseconds in each, from the time `start` on."""
    yield from _raw_tags(samples, 7 << 4 | 1 << 1, 1, 8000, start, frame)


async def paced(
    tags: Iterable[TimedTag],
    *,
    ahead: float = 0.2,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncGenerator[bytes]:
    """Yield a stream of sound, each tag `ahead` seconds before it is to be heard: devices keep little of it."""
    yield flv_header(audio=True, video=False)
    began: float | None = None
    first = 0
    for tag in tags:
        now = monotonic()
        if began is None:
            began, first = now, tag.timestamp
        wait = began + (tag.timestamp - first) / 1000 - ahead - now
        if wait > 0:
            await sleep(wait)
        yield tag.data


def _aac_tag(timestamp: int, body: bytes) -> TimedTag:
    # Always marked as 44 kHz stereo; the truth is in the AudioSpecificConfig
    return TimedTag(timestamp=timestamp, data=flv_tag(TagType.AUDIO, timestamp, b"\xaf" + body))


def _raw_tags(samples: bytes, flags: int, width: int, rate: int, start: int, frame: int) -> Iterator[TimedTag]:
    per_tag = max(1, rate * frame // 1000)
    whole = len(samples) // width
    for first in range(0, whole, per_tag):
        timestamp = start + first * 1000 // rate
        piece = samples[first * width : min(first + per_tag, whole) * width]
        yield TimedTag(timestamp=timestamp, data=flv_tag(TagType.AUDIO, timestamp, bytes([flags]) + piece))


# Reading


class FlvReader:
    """Finds the tags of a stream that comes in pieces; their bodies are passed over."""

    def __init__(self) -> None:
        """Begin before the header."""
        self._buffer = bytearray()
        self._skip = 0
        self._began = False
        self.has_audio = False
        self.has_video = False

    def feed(self, data: bytes) -> list[FlvTag]:
        """Return the tags whose headers are complete with these bytes; raises FlvInvalid."""
        self._buffer += data
        found: list[FlvTag] = []
        while True:
            passed = min(self._skip, len(self._buffer))
            del self._buffer[:passed]
            self._skip -= passed
            if self._skip or not (self._begin() if not self._began else self._take(found)):
                return found

    def _begin(self) -> bool:
        """Read the header; return whether it was there."""
        if not _SIGNATURE.startswith(self._buffer[:3]):
            raise FlvInvalid("This is not FLV")
        if len(self._buffer) < _HEADER_SIZE:
            return False
        flags, size = struct.unpack_from(">BI", self._buffer, 4)
        if not _HEADER_SIZE <= size <= _MOST_BUFFERED:
            raise FlvInvalid("The header of this FLV has a size that none has")
        self.has_audio, self.has_video = bool(flags & 4), bool(flags & 1)
        self._began = True
        self._skip = size + 4
        return True

    def _take(self, found: list[FlvTag]) -> bool:
        """Read the header of a tag; return whether it was there, with what tells its codec."""
        if len(self._buffer) < _TAG_HEADER_SIZE:
            return False
        size = int.from_bytes(self._buffer[1:4])
        if len(self._buffer) < _TAG_HEADER_SIZE + min(size, _PEEKED):
            return False
        try:
            type_ = TagType(self._buffer[0] & 0x1F)
        except ValueError:
            raise FlvInvalid("This FLV has a tag that none has") from None
        timestamp = int.from_bytes(self._buffer[4:7]) | self._buffer[7] << 24
        peeked = bytes(self._buffer[_TAG_HEADER_SIZE : _TAG_HEADER_SIZE + min(size, _PEEKED)])
        found.append(_tag(type_, timestamp, size, peeked))
        self._skip = _TAG_HEADER_SIZE + size + 4
        return True


def _tag(type_: TagType, timestamp: int, size: int, body: bytes) -> FlvTag:
    if type_ is TagType.SCRIPT or not body:
        return FlvTag(type=type_, timestamp=timestamp, size=size)
    first = body[0]
    if type_ is TagType.AUDIO:
        number = first >> 4
        codec = _AUDIO_CODECS.get(number, str(number))
        return FlvTag(
            type=type_, timestamp=timestamp, size=size, codec=codec, is_config=codec == "aac" and body[1:2] == b"\x00"
        )
    if first & 0x80:
        # Enhanced: frame type, packet type, FourCC
        codec = _ENHANCED.get(body[1:5], body[1:5].decode("ascii", "replace"))
        is_config = first & 0xF == 0
        is_key = first >> 4 & 0x7 == _KEY_FRAME
    else:
        codec = _VIDEO_CODECS.get(first & 0xF, str(first & 0xF))
        is_config = codec in {"h264", "hevc"} and body[1:2] == b"\x00"
        is_key = first >> 4 == _KEY_FRAME
    return FlvTag(
        type=type_,
        timestamp=timestamp,
        size=size,
        codec=codec,
        is_key=is_key and not is_config,
        is_config=is_config,
    )
