"""Real media for the cloud's storage, made by PyAV: segments of video with sound, thumbnails, and streams of pictures.

A segment is encoded once for a title and then comes again and again, put at its time in the playlist: as fragmented MP4 by
writing that time into it, as MPEG-TS by packing it anew. Both tracks of it are of the same length, so that nothing drifts.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
import io
import math
import struct

import av

from simulators.picture import DAY, NIGHT, Scene

from .storage import Codec, Container

FRAMES_PER_SECOND = 15
SEGMENT_SECONDS = 3.2
"""48 pictures, and 50 frames of AAC at 16 kHz."""
PICTURE_EVENT_SECONDS = 8
_PICTURES = 48
_SOUND_RATE = 16_000
_SOUND_FRAMES = 50
_SAMPLES = 1024
_WIDTH, _HEIGHT = 480, 270
_MJPEG_RATE = 5
_ENCODERS = {"h264": "libx264", "hevc": "libx265"}


@cache
def fragmented(title: str, codec: Codec) -> tuple[bytes, bytes]:
    """Return the initialization and the one segment, at time 0, of a fragmented MP4."""
    data = _encode(title, codec, "fmp4", 0)
    at = data.index(b"moof") - 4
    return data[:at], data[at : _end_of_media(data)]


def segment(title: str, codec: Codec, container: Container, number: int) -> bytes:
    """Return the segment that begins after `number` others."""
    if container == "ts":
        return _encode(title, codec, "ts", number)
    return _moved(*fragmented(title, codec), number)


def _moved(init: bytes, fragment: bytes, number: int) -> bytes:
    """Write where it begins into a fragment: the number of its moof, and in each of its tracks the decode time (tfdt)."""
    data = bytearray(fragment)
    struct.pack_into(">I", data, data.index(b"mfhd") + 8, number + 1)
    media = data.index(b"mdat")
    at, clock = data.find(b"tfdt", 0, media), init.find(b"mdhd")
    while at >= 0:
        # The tracks are in the same order in both.
        ticks = round(number * SEGMENT_SECONDS * struct.unpack_from(">I", init, clock + 16)[0])
        struct.pack_into(">Q" if data[at + 4] else ">I", data, at + 8, ticks)
        at, clock = data.find(b"tfdt", at + 4, media), init.find(b"mdhd", clock + 4)
    return bytes(data)


def _end_of_media(data: bytes) -> int:
    """Return where the index that follows the last fragment (mfra) begins."""
    at = data.rfind(b"mfra")
    return len(data) if at < 0 else at - 4


def _encode(title: str, codec: Codec, container: Container, number: int) -> bytes:
    """Pack a segment that begins after `number` others."""
    output = io.BytesIO()
    movflags = {"movflags": "frag_keyframe+empty_moov+default_base_moof+delay_moov"}
    with (
        av.open(io.BytesIO(_source(title, codec)), "r") as source,
        av.open(
            output,
            "w",
            format="mpegts" if container == "ts" else "mp4",
            options={} if container == "ts" else movflags,
        ) as target,
    ):
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is None or packet.pts is None or packet.time_base is None:
                continue  # the end of a stream
            # MPEG-TS has no edit list: what comes before the beginning would be out of order there, and be heard in MP4.
            if packet.pts < 0:
                continue
            shift = round(number * SEGMENT_SECONDS / packet.time_base) if container == "ts" else 0
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            packet.stream = streams[packet.stream.index]
            target.mux(packet)
    return output.getvalue()


@cache
def _source(title: str, codec: Codec) -> bytes:
    """Encode the pictures and the sound of a segment."""
    output = io.BytesIO()
    with av.open(output, "w", format="matroska") as container:
        video = container.add_stream(_ENCODERS[codec], rate=FRAMES_PER_SECOND)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        video.codec_context.thread_count = 1
        params = (
            ("x264-params", f"keyint={_PICTURES}:scenecut=0")
            if codec == "h264"
            else ("x265-params", f"keyint={_PICTURES}:scenecut=0:log-level=none:pools=1:frame-threads=1")
        )
        video.options = {"preset": "superfast", "tune": "zerolatency", "crf": "34", params[0]: params[1]}
        sound = container.add_stream("aac", rate=_SOUND_RATE)
        assert isinstance(sound, av.AudioStream)
        sound.layout = "mono"
        for frame in _pictures(title, codec, _PICTURES, FRAMES_PER_SECOND):
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for samples in _sound(_SOUND_FRAMES):
            container.mux(sound.encode(samples))
        container.mux(sound.encode(None))
    return output.getvalue()


def _pictures(title: str, codec: Codec, count: int, rate: int) -> Iterator[av.VideoFrame]:
    scene = Scene(_WIDTH, _HEIGHT, NIGHT if codec == "hevc" else DAY, title)
    for number in range(count):
        frame = scene.draw(number, number / rate, number / count).frame()
        frame.pts, frame.time_base = number, Fraction(1, rate)
        yield frame


def _sound(count: int) -> Iterator[av.AudioFrame]:
    """Make a tone, in frames of AAC's size."""
    for number in range(count):
        frame = av.AudioFrame(format="fltp", layout="mono", samples=_SAMPLES)
        frame.sample_rate, frame.pts, frame.time_base = _SOUND_RATE, number * _SAMPLES, Fraction(1, _SOUND_RATE)
        tone = (0.2 * math.sin(2 * math.pi * 440 * (number * _SAMPLES + at) / _SOUND_RATE) for at in range(_SAMPLES))
        samples = struct.pack(f"<{_SAMPLES}f", *tone)
        frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
        yield frame


@cache
def thumbnail(title: str, number: int) -> bytes:
    """Return a JPEG, another one for each number."""
    output = io.BytesIO()
    with av.open(output, "w", format="mjpeg") as container:
        _mux_jpegs(container, [Scene(_WIDTH, _HEIGHT, DAY, title).draw(number, number % 3600, 0.35).frame()], 1)
    return output.getvalue()


@cache
def picture_stream(title: str) -> bytes:
    """Return the pictures of an event as a .mjpg: JPEGs, one after the other."""
    output = io.BytesIO()
    with av.open(output, "w", format="mjpeg") as container:
        frames = _pictures(title, "h264", PICTURE_EVENT_SECONDS * _MJPEG_RATE, _MJPEG_RATE)
        _mux_jpegs(container, frames, _MJPEG_RATE)
    return output.getvalue()


@cache
def sound_stream() -> bytes:
    """Return the sound of an event as an .aac: AAC in ADTS."""
    output = io.BytesIO()
    with av.open(output, "w", format="adts") as container:
        sound = container.add_stream("aac", rate=_SOUND_RATE)
        assert isinstance(sound, av.AudioStream)
        sound.layout = "mono"
        for frame in _sound(PICTURE_EVENT_SECONDS * _SOUND_RATE // _SAMPLES):
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return output.getvalue()


def _mux_jpegs(container: av.container.OutputContainer, frames: Iterable[av.VideoFrame], rate: int) -> None:
    stream = container.add_stream("mjpeg", rate=rate)
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuvj420p"
    stream.codec_context.thread_count = 1
    for number, frame in enumerate(frames):
        picture = frame.reformat(format="yuvj420p")
        picture.pts, picture.time_base = number, Fraction(1, rate)
        container.mux(stream.encode(picture))
    container.mux(stream.encode(None))
