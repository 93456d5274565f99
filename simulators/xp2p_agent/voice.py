"""What an app says to a device: an FLV with sound, taken apart, decoded and counted."""

from dataclasses import dataclass, field
import struct
import time
from typing import Any, Literal

import av

from .flv import AUDIO, BadFlv, Tag, TagReader

type VoiceCodec = Literal["aac", "pcma", "pcmu"]
_CODECS: dict[int, VoiceCodec] = {7: "pcma", 8: "pcmu", 10: "aac"}
_G711_RATE = 8_000
_DECODERS = {"pcma": "pcm_alaw", "pcmu": "pcm_mulaw"}


@dataclass(slots=True, kw_only=True)
class Voice:
    """A conversation's sound, as far as it came."""

    device: str
    channel: int
    codec: VoiceCodec | None = None
    size: int = 0
    """Of the whole FLV, in bytes."""
    packets: int = 0
    """Of sound."""
    seconds: float = 0.0
    """Of sound that could be decoded."""
    level: float = 0.0
    """The loudest sample, of 1."""
    gaps: int = 0
    """How often the time of a packet was before the one before it."""
    lasted: float = 0.0
    """Seconds from its beginning to the last packet, by the clock."""
    ended: bool = False
    error: str = ""
    _reader: TagReader = field(default_factory=TagReader, repr=False)
    _decoder: av.AudioCodecContext | None = field(default=None, repr=False)
    _began: float = field(default_factory=time.monotonic, repr=False)
    _last: int = 0

    def feed(self, data: bytes) -> None:
        """Take what came; raises BadFlv."""
        self.size += len(data)
        try:
            for tag in self._reader.feed(data):
                if tag.kind == AUDIO:
                    self._take(tag)
        except (BadFlv, av.FFmpegError) as err:
            self.error = str(err)
            raise BadFlv(self.error) from err

    def end(self) -> None:
        """Nothing more comes; raises BadFlv if there is no sound in it, or half a tag at its end."""
        self.ended = True
        if self.error:
            return
        if not self.packets:
            self.error = "there is no sound in it"
        elif self._reader.rest not in (0, 4):
            self.error = "the last tag isn't complete"
        if self.error:
            raise BadFlv(self.error)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        names = ("device", "channel", "codec", "packets", "gaps", "ended", "error")
        values = {name: getattr(self, name) for name in names}
        return {**values, "bytes": self.size} | {
            name: round(getattr(self, name), 3) for name in ("seconds", "level", "lasted")
        }

    def _take(self, tag: Tag) -> None:
        if len(tag.body) < 2 or (codec := _CODECS.get(tag.body[0] >> 4)) is None:
            message = "sound of a codec that isn't AAC or G.711"
            raise BadFlv(message)
        if self.codec not in (None, codec):
            message = "sound of two codecs"
            raise BadFlv(message)
        self.codec = codec
        self.gaps += tag.time < self._last
        self._last = tag.time
        if codec != "aac":
            self._decode(tag.body[1:])
        elif tag.body[1] == 0:
            self._decoder = _decoder("aac", tag.body[2:])
        elif self._decoder is None:
            message = "AAC without its configuration"
            raise BadFlv(message)
        else:
            self._decode(tag.body[2:])

    def _decode(self, data: bytes) -> None:
        if self._decoder is None:
            assert self.codec is not None
            self._decoder = _decoder(_DECODERS[self.codec], b"")
        self.packets += 1
        self.lasted = time.monotonic() - self._began
        for frame in self._decoder.decode(av.Packet(data)):
            self.seconds += frame.samples / frame.sample_rate
            self.level = max(self.level, _loudest(frame))


def _decoder(name: str, configuration: bytes) -> av.AudioCodecContext:
    decoder = av.CodecContext.create(name, "r")
    assert isinstance(decoder, av.AudioCodecContext)
    if configuration:
        decoder.extradata = configuration
    else:
        decoder.sample_rate, decoder.layout = _G711_RATE, "mono"
    return decoder


def _loudest(frame: av.AudioFrame) -> float:
    """Return the loudest sample of the first channel (of all, if they come in turn), of 1."""
    data = bytes(frame.planes[0])
    if frame.format.name.startswith("flt"):
        count = min(frame.samples, len(data) // 4)
        return max(map(abs, struct.unpack_from(f"<{count}f", data)), default=0.0)
    count = min(frame.samples, len(data) // 2)
    return max(map(abs, struct.unpack_from(f"<{count}h", data)), default=0) / 32768
