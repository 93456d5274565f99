"""The recordings of cameras that take pictures only: motion JPEG and AAC, made an MP4 that browsers play.

Such clips have ten seconds at most (tencent_iot_video.md, section 1.5). PyAV is a part of Home Assistant's stream integration,
and imported only here and then.
"""

from contextlib import ExitStack
from fractions import Fraction
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import av

_LOGGER = logging.getLogger(__name__)

_FPS_MOST: Final = 30
_BASE: Final = Fraction(1, 90000)
_AAC_FRAME: Final = 1024


class FilmUnreadable(Exception):
    """The pictures cannot be made a film."""


def make_film(pictures: Path, sound: Path | None, target: Path, seconds: float) -> None:
    """Write the MP4; `seconds` is how long the event took. Runs long, so not in the event loop. Raises FilmUnreadable.

    H.264, or the pictures as they are where this PyAV makes none. They are spread over the time of the sound, as nothing tells
    when each was taken.
    """
    import av

    try:
        with ExitStack() as stack:
            source = stack.enter_context(av.open(str(pictures), format="mjpeg"))
            packets = [packet for packet in source.demux(video=0) if packet.size]
            if not packets:
                raise FilmUnreadable("There are no pictures")
            heard: list[av.Packet[Any]] = []
            audio = None if sound is None else stack.enter_context(av.open(str(sound), format="aac"))
            if audio is not None:
                heard = [packet for packet in audio.demux(audio=0) if packet.size]
                if rate := audio.streams.audio[0].rate:
                    seconds = len(heard) * _AAC_FRAME / rate or seconds
            step = max(int(seconds / len(packets) / _BASE), int(Fraction(1, _FPS_MOST) / _BASE))
            output = stack.enter_context(av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}))
            # All streams are there before the first packet of any
            video = _Pictures(output, source.streams.video[0], packets, step)
            track = output.add_stream_from_template(audio.streams.audio[0]) if audio is not None and heard else None
            video.write()
            for packet in heard if track is not None else ():
                packet.stream = track
                output.mux(packet)
    except (av.FFmpegError, ValueError, OSError) as err:
        raise FilmUnreadable(f"The pictures cannot be read: {type(err).__name__}") from err


class _Pictures:
    """The film's track of pictures."""

    def __init__(
        self, output: av.container.OutputContainer, source: av.VideoStream, packets: list[av.Packet[Any]], step: int
    ) -> None:
        import av

        self._output = output
        self._packets = packets
        self._step = step
        self._encodes = "libx264" in av.codec.codecs_available
        if not self._encodes:
            _LOGGER.debug("There is no encoder of H.264 here, the pictures are left as they are")
            self._stream: av.VideoStream = output.add_stream_from_template(source)
            return
        rate = max(1, round(1 / (step * _BASE)))
        self._stream = output.add_stream("libx264", rate=rate, options={"preset": "veryfast"})
        # H.264 of 4:2:0 has even sides
        self._stream.width, self._stream.height = source.width & ~1, source.height & ~1
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = _BASE

    def write(self) -> None:
        """Write all pictures."""
        for number, packet in enumerate(self._packets):
            if not self._encodes:
                packet.stream = self._stream
                packet.pts = packet.dts = number * self._step
                packet.time_base = _BASE
                self._output.mux(packet)
                continue
            for frame in packet.decode():
                picture = frame.reformat(width=self._stream.width, height=self._stream.height, format="yuv420p")
                picture.pts, picture.time_base = number * self._step, _BASE
                self._output.mux(self._stream.encode(picture))
        if self._encodes:
            self._output.mux(self._stream.encode(None))
