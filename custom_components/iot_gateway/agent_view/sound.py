"""Sound for a camera's loudspeaker: any file that PyAV reads, as the FLV that `/voice` takes (tencent_iot_video.md, 2.1).

PyAV is a part of Home Assistant's stream integration and imported only here and then.
"""

from fractions import Fraction
import io
from typing import TYPE_CHECKING, Final

from ..clients.tencent_video import TimedTag, aac_tags
from ..clients.tencent_video.flv import alaw_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    import av

_RATE: Final = 16000
_ALAW_RATE: Final = 8000
LONGEST: Final = 300.0
"""Seconds of a file that are sent; a camera speaks no longer at a time."""


class SoundUnreadable(Exception):
    """A file has no sound, or none that can be read."""


def sound_tags(content: bytes, *, longest: float = LONGEST) -> list[TimedTag]:
    """Return a file's sound as the tags of an FLV; runs long, so not in the event loop. Raises SoundUnreadable.

    AAC, mono, 16000 samples a second; where this PyAV makes none, G.711 A-law.
    """
    import av

    try:
        with av.open(io.BytesIO(content), "r") as container:
            if not container.streams.audio:
                raise SoundUnreadable("The file has no sound")
            tags = (
                list(aac_tags(_adts(container, longest)))
                if "aac" in av.codec.codecs_available
                else list(alaw_tags(_alaw(container, longest)))
            )
    except (av.FFmpegError, ValueError, OSError) as err:
        raise SoundUnreadable(f"The file cannot be read: {type(err).__name__}") from err
    if not tags:
        raise SoundUnreadable("The file has no sound")
    return tags


def _samples(container: av.container.InputContainer, rate: int, longest: float) -> Iterator[av.AudioFrame]:
    """Yield the sound as mono samples of 16 bits."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    left = int(rate * longest)
    for frame in container.decode(audio=0):
        for resampled in resampler.resample(frame):
            yield resampled
            left -= resampled.samples
        if left <= 0:
            return
    yield from resampler.resample(None)


def _adts(container: av.container.InputContainer, longest: float) -> bytes:
    """Return the sound as AAC in ADTS frames."""
    import av

    written = io.BytesIO()
    with av.open(written, "w", format="adts") as output:
        stream = output.add_stream("aac", rate=_RATE, layout="mono")
        stream.bit_rate = 32000
        position = 0
        for frame in _samples(container, _RATE, longest):
            frame.pts, frame.time_base = position, Fraction(1, _RATE)
            position += frame.samples
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return written.getvalue()


def _alaw(container: av.container.InputContainer, longest: float) -> bytes:
    """Return the sound as G.711 A-law, a byte a sample."""
    import av

    codec = av.CodecContext.create("pcm_alaw", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = _ALAW_RATE, "mono", "s16"
    encoded = bytearray()
    for frame in _samples(container, _ALAW_RATE, longest):
        frame.pts = None
        for packet in codec.encode(frame):
            encoded += bytes(packet)
    return bytes(encoded)
