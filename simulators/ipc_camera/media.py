"""What the simulated camera sends: pictures and a tone, encoded once and then sent over and over.

Encoding live would cost more than all the rest together. Each picture is a whole one (an IDR), so that a viewer sees
something at once, whenever it comes, and a change of the stream shows with the very next picture.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
import io
import math
import struct
import time
from typing import Any, Literal, override

from aiortc import MediaStreamTrack
import av

from simulators.pace import Pace
from simulators.picture import DAY, DUSK, NIGHT, Look, Scene

FRAMES_PER_SECOND = 15
VIDEO_CLOCK = 90_000
AUDIO_CLOCK = 8_000
TONE_PACKET = 320
"""Samples, and bytes, of a packet of sound: 40 ms, half as many packets as of the usual 20 ms."""
_TONE_HERTZ = 440
_TONE_AMPLITUDE = 6000

type Codec = Literal["h264", "h265"]
type AudioCodec = Literal["PCMU", "PCMA"]

_ENCODERS = {"h264": "libx264", "h265": "libx265"}
_AUDIO_ENCODERS = {"PCMU": "pcm_mulaw", "PCMA": "pcm_alaw"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Pictures that follow each other in a circle."""

    codec: Codec
    width: int
    height: int
    pictures: tuple[bytes, ...]
    """One access unit each, as an Annex B byte stream with its parameter sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFormat:
    """What a stream looks like."""

    codec: Codec
    width: int
    height: int


HD = StreamFormat(codec="h264", width=1280, height=720)
SD = StreamFormat(codec="h264", width=640, height=360)
HEVC = StreamFormat(codec="h265", width=640, height=360)
"""Smaller than what such a camera promises: encoding H265 is slow, and no browser's player shows it anyway."""


@cache
def make_clip(form: StreamFormat, title: str, seconds: float) -> Clip:
    """Encode a clip; takes some milliseconds a picture of computing time, but only the first time for the same arguments."""
    count = max(2, round(seconds * FRAMES_PER_SECOND) // 2 * 2)
    scene = Scene(form.width, form.height, _look(form), f"{title} {form.width}X{form.height}")
    canvases = (scene.draw(number, number / FRAMES_PER_SECOND, number / count) for number in range(count))
    pictures = tuple(_encode(form, (canvas.frame() for canvas in canvases)))
    return Clip(codec=form.codec, width=form.width, height=form.height, pictures=pictures)


def _look(form: StreamFormat) -> Look:
    if form.codec == "h265":
        return NIGHT
    return DAY if form.height >= 720 else DUSK


def _encode(form: StreamFormat, frames: Iterator[av.VideoFrame]) -> Iterator[bytes]:
    encoder = av.CodecContext.create(_ENCODERS[form.codec], "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = form.width, form.height, "yuv420p"
    encoder.framerate = Fraction(FRAMES_PER_SECOND)
    encoder.time_base = Fraction(1, FRAMES_PER_SECOND)
    # One thread: it's done before anybody waits for it, and other programs want the second core.
    encoder.thread_count = 1
    options = {"preset": "superfast", "tune": "zerolatency", "crf": "36"}
    if form.codec == "h264":
        encoder.profile = "Baseline"
        options |= {"level": "31", "x264-params": "keyint=1:scenecut=0"}
    else:
        options["x265-params"] = "keyint=1:log-level=none:pools=1:frame-threads=1:repeat-headers=1:annexb=1"
    encoder.options = options
    for number, frame in enumerate(frames):
        frame.pts = number
        yield from map(bytes, encoder.encode(frame))
    yield from map(bytes, encoder.encode(None))


@cache
def make_tone(codec: AudioCodec) -> tuple[bytes, ...]:
    """Return one second of a tone, in packets of TONE_PACKET bytes."""
    encoder = av.CodecContext.create(_AUDIO_ENCODERS[codec], "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = AUDIO_CLOCK, "mono", "s16"
    packets: list[bytes] = []
    for start in range(0, AUDIO_CLOCK, TONE_PACKET):
        frame = av.AudioFrame(format="s16", layout="mono", samples=TONE_PACKET)
        frame.sample_rate = AUDIO_CLOCK
        values = (
            round(_TONE_AMPLITUDE * math.sin(2 * math.pi * _TONE_HERTZ * (start + at) / AUDIO_CLOCK))
            for at in range(TONE_PACKET)
        )
        samples = struct.pack(f"<{TONE_PACKET}h", *values)
        frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
        packets.extend(map(bytes, encoder.encode(frame)))
    return tuple(packets)


def make_jpeg(form: StreamFormat, title: str) -> bytes:
    """Return a still picture, as an event has one."""
    scene = Scene(form.width, form.height, _look(form), title)
    frame = scene.draw(0, time.time() % 3600, 0.35).frame()
    output = io.BytesIO()
    with av.open(output, "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = form.width, form.height, "yuvj420p"
        container.mux(stream.encode(frame.reformat(format="yuvj420p")))
        container.mux(stream.encode(None))
    return output.getvalue()


class ClipTrack(MediaStreamTrack):
    """A video track that sends a clip's pictures; which clip is asked for each of them, so it can change at any time."""

    kind = "video"

    def __init__(self, clip: Callable[[], Clip | None], sent: Callable[[], None]) -> None:
        """Send from what `clip` returns; None is nothing for now. `sent` is called for each picture."""
        super().__init__()
        self._clip = clip
        self._sent = sent
        self._pace = Pace(FRAMES_PER_SECOND)
        self._first: int | None = None

    @override
    async def recv(self) -> av.Packet[av.VideoStream]:
        """Return the next picture, when it's due."""
        while True:
            number = await self._pace.tick()
            if (clip := self._clip()) is not None:
                break
        if self._first is None:
            self._first = number
        packet: av.Packet[Any] = av.Packet(clip.pictures[number % len(clip.pictures)])
        packet.pts = (number - self._first) * VIDEO_CLOCK // FRAMES_PER_SECOND
        packet.time_base = Fraction(1, VIDEO_CLOCK)
        self._sent()
        return packet


class ToneTrack(MediaStreamTrack):
    """An audio track that sends the tone."""

    kind = "audio"

    def __init__(self, packets: Sequence[bytes]) -> None:
        """Send packets of TONE_PACKET bytes, over and over."""
        super().__init__()
        self._packets = packets
        self._pace = Pace(AUDIO_CLOCK / TONE_PACKET)
        self._first: int | None = None

    @override
    async def recv(self) -> av.Packet[av.AudioStream]:
        """Return the next packet, when it's due."""
        number = await self._pace.tick()
        if self._first is None:
            self._first = number
        packet: av.Packet[Any] = av.Packet(self._packets[number % len(self._packets)])
        packet.pts = (number - self._first) * TONE_PACKET
        packet.time_base = Fraction(1, AUDIO_CLOCK)
        return packet
