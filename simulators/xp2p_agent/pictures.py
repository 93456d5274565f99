"""Encoded pictures of a camera: each is made once and kept, so that what is shown again costs nothing.

Pictures come in groups of a second, of which the first is a key picture. While a camera moves, or somebody comes in the middle
of a group, each picture is a key picture of its own ("single"): whatever is sent, a player can go on.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
import io
import threading
from typing import Literal

import av
from av.codec.context import Flags
from av.video.frame import PictureType

from .flv import VIDEO, TagReader, VideoCodec, length_prefixed
from .panorama import LOOKS, Panorama, View

FRAMES_PER_SECOND = 15
GROUP = 15
"""Pictures in a group."""
_WALK_SECONDS = 12.0
_MOST_KEPT = 24 << 20
"""Bytes that are kept of a camera in a size."""
_ENCODERS = {"h264": "libx264", "hevc": "libx265"}
_CONFIGURATION_AT = 5
"""Where in the body of a tag the decoder's configuration begins."""

type Quality = Literal["standard", "high", "super"]
SIZES: dict[Quality, tuple[int, int]] = {"standard": (320, 180), "high": (640, 360), "super": (1280, 720)}
type Clock = Callable[[int], str]
"""Says what the clock in the picture of a number shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a stream looks like; `look` is one of LOOKS."""

    codec: VideoCodec
    width: int
    height: int
    look: str = "live"


@dataclass(frozen=True, slots=True)
class Picture:
    """A coded picture: NAL units, each after its length."""

    units: bytes
    key: bool


def form_of(codec: VideoCodec, quality: Quality, *, playback: bool = False) -> Form:
    """Return the form of a quality."""
    width, height = SIZES[quality]
    look = "playback" if playback else "night" if codec == "hevc" else "live"
    return Form(codec=codec, width=width, height=height, look=look)


class Pictures:
    """The pictures of one camera in one form; get it from `pictures_of`."""

    def __init__(self, form: Form, title: str) -> None:
        """Prepare; drawing and coding begin with the first picture, in threads."""
        self.form = form
        self._title = title
        self._panorama: Panorama | None = None
        self._grouping, self._single = _Encoder(form), _Encoder(form)
        self._kept: OrderedDict[Hashable, tuple[Picture, ...]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self.made = 0
        """How many pictures were drawn and coded."""

    async def group(self, first: int, clock: Clock, view: View) -> tuple[Picture, ...]:
        """Return the group whose first picture has this number."""
        return await self._get(self._grouping, first, GROUP, clock, view)

    async def single(self, number: int, clock: Clock, view: View) -> Picture:
        """Return a picture that needs no other."""
        return (await self._get(self._single, number, 1, clock, view))[0]

    async def _get(self, encoder: _Encoder, first: int, count: int, clock: Clock, view: View) -> tuple[Picture, ...]:
        key = first, count, clock(first), view
        with self._lock:
            if (pictures := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return pictures
        return await asyncio.to_thread(self._make, key, encoder, clock, view)

    def _make(
        self, key: tuple[int, int, str, View], encoder: _Encoder, clock: Clock, view: View
    ) -> tuple[Picture, ...]:
        first, count = key[:2]
        with encoder.lock:
            with self._lock:
                # Somebody else may have waited for the same.
                if (pictures := self._kept.get(key)) is not None:
                    return pictures
                if self._panorama is None:
                    self._panorama = Panorama(self.form.width, self.form.height, LOOKS[self.form.look], self._title)
                panorama = self._panorama
            numbers = range(first, first + count)
            walk = _WALK_SECONDS * FRAMES_PER_SECOND
            pictures = tuple(
                encoder.encode(
                    panorama.draw(number, clock(number), number % walk / walk, view).frame(), key=number == first
                )
                for number in numbers
            )
        with self._lock:
            self.made += count
            self._kept[key] = pictures
            self._size += sum(len(picture.units) for picture in pictures)
            while self._size > _MOST_KEPT:
                self._size -= sum(len(picture.units) for picture in self._kept.popitem(last=False)[1])
        return pictures


@lru_cache(maxsize=64)
def pictures_of(form: Form, title: str) -> Pictures:
    """Return the pictures of a camera; all that asks for them shares what was made."""
    return Pictures(form, title)


@cache
def configuration(form: Form) -> bytes:
    """Return the decoder's configuration for all pictures of a form: an avcC or hvcC. Takes some milliseconds."""
    output = io.BytesIO()
    with av.open(output, "w", format="flv") as container:
        stream = container.add_stream(_ENCODERS[form.codec], rate=FRAMES_PER_SECOND)
        assert isinstance(stream, av.VideoStream)
        _set_up(stream.codec_context, form)
        container.mux(
            stream.encode(Panorama(form.width, form.height, LOOKS[form.look], "").draw(0, "", 0, View()).frame())
        )
        container.mux(stream.encode(None))
    tags = TagReader().feed(output.getvalue())
    return next(tag.body[_CONFIGURATION_AT:] for tag in tags if tag.kind == VIDEO)


@lru_cache(maxsize=1024)
def live_jpeg(title: str, number: int, clock: str) -> bytes:
    """Return the picture of a number as a JPEG; takes some milliseconds."""
    width, height = SIZES["high"]
    walk = _WALK_SECONDS * FRAMES_PER_SECOND
    frame = _jpeg_panorama(title).draw(number, clock, number % walk / walk, View()).frame()
    output = io.BytesIO()
    with av.open(output, "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        stream.codec_context.thread_count = 1
        container.mux(stream.encode(frame.reformat(format="yuvj420p")))
        container.mux(stream.encode(None))
    return output.getvalue()


@lru_cache(maxsize=16)
def _jpeg_panorama(title: str) -> Panorama:
    return Panorama(*SIZES["high"], LOOKS["live"], title)


class _Encoder:
    """An encoder that makes a key picture when it is told to, and no other ones."""

    def __init__(self, form: Form) -> None:
        self.lock = threading.Lock()
        """Held by whoever uses it."""
        self._form = form
        self._context: av.VideoCodecContext | None = None
        self._next = 0

    def encode(self, frame: av.VideoFrame, *, key: bool) -> Picture:
        if self._context is None:
            context = av.CodecContext.create(_ENCODERS[self._form.codec], "w")
            assert isinstance(context, av.VideoCodecContext)
            _set_up(context, self._form)
            self._context = context
        frame.pts, self._next = self._next, self._next + 1
        frame.pict_type = PictureType.I if key else PictureType.NONE
        (packet,) = self._context.encode(frame)
        assert packet.is_keyframe is key
        return Picture(length_prefixed(bytes(packet)), key)


def _set_up(context: av.VideoCodecContext, form: Form) -> None:
    context.width, context.height, context.pix_fmt = form.width, form.height, "yuv420p"
    context.framerate, context.time_base = Fraction(FRAMES_PER_SECOND), Fraction(1, FRAMES_PER_SECOND)
    # One thread: a picture takes a millisecond or some, and other programs want the other cores.
    context.thread_count = 1
    context.flags |= Flags.global_header
    options = {"preset": "superfast", "tune": "zerolatency", "crf": "32", "forced-idr": "1"}
    if form.codec == "h264":
        context.profile = "Baseline"
        options |= {"level": "31", "x264-params": "keyint=infinite:scenecut=0"}
    else:
        options |= {"preset": "ultrafast"}
        options["x265-params"] = "keyint=-1:scenecut=0:open-gop=0:log-level=none:pools=1:frame-threads=1"
    context.options = options
