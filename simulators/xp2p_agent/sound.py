"""What a camera hears: a hum with a beep each second, coded once as eight seconds that fit to their own beginning."""

from dataclasses import dataclass
from functools import cache
import math
import struct
from typing import Literal

import av

LOOP_SECONDS = 8
_AAC = 0xAF
_AAC_CONFIGURATION = bytes([_AAC, 0])
_AAC_FRAME = bytes([_AAC, 1])
_G711_A = b"\x72"
_BEEP_SECONDS = 0.12

type SoundCodec = Literal["aac", "pcma", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Bodies of FLV's audio tags."""

    codec: SoundCodec
    configuration: bytes
    """Of the tag that goes before all others; empty: there is none."""
    frames: tuple[bytes, ...]
    frame_milliseconds: int


@cache
def make_sound(codec: SoundCodec) -> Sound | None:
    """Return the sound in a codec; takes a tenth of a second the first time."""
    match codec:
        case "aac":
            return _aac()
        case "pcma":
            return _pcma()
        case "none":
            return None


def _aac() -> Sound:
    rate, size = 16_000, 1024
    frames = LOOP_SECONDS * rate // size
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = rate, "mono", "fltp", 32_000
    samples = struct.unpack(f"<{frames * size}f", _wave(rate))
    packets: list[bytes] = []
    # Three times the same: in the middle, the encoder has heard what goes before, and what comes after is the same again.
    for number in range(3 * frames):
        frame = av.AudioFrame(format="fltp", layout="mono", samples=size)
        frame.sample_rate, frame.pts = rate, number * size
        at = number % frames * size
        data = struct.pack(f"<{size}f", *samples[at : at + size])
        frame.planes[0].update(data.ljust(frame.planes[0].buffer_size, b"\0"))
        packets.extend(map(bytes, encoder.encode(frame)))
    return Sound(
        codec="aac",
        configuration=_AAC_CONFIGURATION + bytes(encoder.extradata or b""),
        frames=tuple(_AAC_FRAME + packet for packet in packets[frames : 2 * frames]),
        frame_milliseconds=size * 1000 // rate,
    )


def _pcma() -> Sound:
    rate, size = 8_000, 320
    encoder = av.CodecContext.create("pcm_alaw", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = rate, "mono", "s16"
    samples = struct.unpack(f"<{LOOP_SECONDS * rate}f", _wave(rate))
    packets: list[bytes] = []
    for at in range(0, len(samples), size):
        frame = av.AudioFrame(format="s16", layout="mono", samples=size)
        frame.sample_rate = rate
        data = struct.pack(f"<{size}h", *(round(one * 32_000) for one in samples[at : at + size]))
        frame.planes[0].update(data.ljust(frame.planes[0].buffer_size, b"\0"))
        packets.extend(map(bytes, encoder.encode(frame)))
    frames = tuple(_G711_A + packet for packet in packets)
    return Sound(codec="pcma", configuration=b"", frames=frames, frame_milliseconds=size * 1000 // rate)


@cache
def _wave(rate: int) -> bytes:
    """Return the loop as floats from -1 to 1; all its tones fit into a second, so that it ends as it begins."""
    second = [
        0.04 * math.sin(2 * math.pi * 220 * at / rate)
        + (0.25 * math.sin(2 * math.pi * 880 * at / rate) if at < _BEEP_SECONDS * rate else 0.0)
        for at in range(rate)
    ]
    return struct.pack(f"<{rate}f", *second) * LOOP_SECONDS
