"""The codecs of a description's media."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
import re
from typing import Final

from .description import Section

_RTPMAP: Final = re.compile(r"a=rtpmap:(\d+) ([^/\s]+)/(\d+)(?:/(\d+))?")
_FMTP: Final = re.compile(r"a=fmtp:(\d+) (\S.*)")
_FEEDBACK: Final = re.compile(r"a=rtcp-fb:(\d+|\*) (\S.*)")
_STATIC: Final = {"0": ("PCMU", "8000"), "8": ("PCMA", "8000"), "9": ("G722", "8000")}

CAMERA_AUDIO: Final = ("PCMU", "PCMA")
"""What cameras speak over RTP (section 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """A payload format: its number in the description, and what that stands for; `name` is "" where nothing says."""

    number: str
    name: str = ""
    clock: str = ""
    channels: str = "1"
    rtpmap: str = ""
    parameters: str = ""
    feedback: tuple[str, ...] = ()

    def parameter(self, name: str) -> str:
        """Return one of its parameters (`fmtp`), "" where it has none of that name."""
        for part in self.parameters.split(";"):
            key, _, value = part.partition("=")
            if key.strip().lower() == name:
                return value.strip()
        return ""

    @property
    def packetization(self) -> str:
        """The packetization mode of H.264."""
        return self.parameter("packetization-mode") or "0"

    @property
    def profile(self) -> str:
        """What H.264 decoders go by: profile and constraints, without the level."""
        return self.parameter("profile-level-id").lower()[:4]

    def is_like(self, other: Codec) -> bool:
        """Tell whether both are the same codec, whatever their numbers and parameters."""
        return (self.name, self.clock, self.channels) == (other.name, other.clock, other.channels)


def codecs_of(section: Section) -> dict[str, Codec]:
    """Return the formats of a section by their number, in its order."""
    codecs = {number: Codec(number=number) for number in section.formats if number.isdecimal()}
    for number, (name, clock) in _STATIC.items():
        if number in codecs:
            codecs[number] = Codec(number=number, name=name, clock=clock, rtpmap=f"{name}/{clock}")
    for line in section.lines:
        if (found := _RTPMAP.fullmatch(line)) and found[1] in codecs:
            codecs[found[1]] = replace(
                codecs[found[1]],
                name=found[2].upper(),
                clock=found[3],
                channels=found[4] or "1",
                rtpmap=line.partition(" ")[2],
            )
        elif (found := _FMTP.fullmatch(line)) and found[1] in codecs:
            codecs[found[1]] = replace(codecs[found[1]], parameters=found[2])
        elif found := _FEEDBACK.fullmatch(line):
            for number in codecs if found[1] == "*" else [found[1]]:
                if number in codecs:
                    codecs[number] = replace(codecs[number], feedback=(*codecs[number].feedback, found[2]))
    return codecs


def best_h264(codecs: Iterable[Codec], like: Codec | None = None) -> Codec | None:
    """Return the H.264 format that is most like another, or like what cameras send; None where there is none."""
    packetization, profile = (like.packetization, like.profile) if like else ("1", "42e0")
    return max(
        (codec for codec in codecs if codec.name == "H264"),
        key=lambda codec: (
            codec.packetization == packetization,
            codec.profile == profile,
            codec.packetization == "1",
            codec.profile == "42e0",
        ),
        default=None,
    )
