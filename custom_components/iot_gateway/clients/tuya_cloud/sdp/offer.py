"""Offers, as cameras take them (protocols page, 5.1)."""

from dataclasses import dataclass, field
import json
import re
from typing import Final

from .. import candidates
from .codecs import CAMERA_AUDIO, best_h264, codecs_of
from .description import DIRECTIONS, SdpError, Section, parse, write

_ENVELOPE: Final = 560
"""Bytes of an offer's message beside its SDP: header, auth and punctuation, with some to spare (5.1, 3)."""
_MOST: Final = 8192
"""Bytes of a message that cameras take."""
_NEEDED: Final = (
    "a=ice-ufrag:",
    "a=ice-pwd:",
    "a=fingerprint:",
    "a=setup:",
    "a=mid:",
    "a=rtcp-mux",
    "a=rtpmap:",
    "a=fmtp:",
    "a=rtcp-fb:",
    "a=sctp",
    *(f"a={direction}" for direction in DIRECTIONS),
)
"""What attributes of a medium begin with without which there is no connection or no picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOffer:
    """An offer that a camera takes, and what was in it that goes another way.

    Attributes:
        sdp: to send; lines end with CRLF.
        candidates: the candidates that stood in it, in the browsers' form, to be sent by themselves.
        talk: the browser sends sound, the microphone is on.
        peer: who offers (`o=` without its version, and the certificate's fingerprint, as some browsers' `o=` are not their
            own): offers of one peer connection have the same. "" where that is not known.
        ufrags: the ICE user name fragments that candidates of this offer name.
    """

    sdp: str = field(repr=False)
    candidates: tuple[str, ...] = field(repr=False)
    talk: bool
    peer: str = field(repr=False)
    ufrags: frozenset[str] = field(default=frozenset(), repr=False)


def prepare_offer(sdp: str, *, limit: int = 7500) -> PreparedOffer:
    """Make a browser's offer one that a camera takes.

    Args:
        sdp: as the browser, or Home Assistant's frontend, sent it.
        limit: bytes that the whole message may have; cameras take 8,192. Above it, codecs go that no camera has.

    Raises:
        SdpError: it describes no media, or none that a camera has, or cannot be made small enough.
    """
    offer = parse(sdp)
    videos = [section for section in offer.sections if section.kind == "video" and not section.rejected]
    if videos and not any(codec.name == "H264" for section in videos for codec in codecs_of(section).values()):
        raise SdpError("this browser plays no H.264, and cameras send nothing else")
    lifted: dict[str, None] = {}
    for lines in (offer.session, *(section.lines for section in offer.sections)):
        for line in lines:
            if line.startswith("a=candidate:") and candidates.is_candidate(text := candidates.normalized(line)):
                lifted[text] = None
        lines[:] = _without_what_cameras_choke_on(lines)
    for section in offer.sections:
        if not section.rejected and section.port == "0":
            # Cameras know nothing of `bundle-only` and would take the medium for declined
            head = section.lines[0].split()
            section.lines[:] = [" ".join((head[0], "9", *head[2:])), *section.lines[1:]]
            section.lines.remove("a=bundle-only")
    # Cameras answer in a mess unless sound comes first (5.1, 1)
    sections = sorted(offer.sections, key=lambda section: {"audio": 0, "video": 1}.get(section.kind, 2))
    session = [line for line in offer.session if not line.startswith("a=group:BUNDLE")]
    if bundled := offer.bundled:
        mids = [section.mid for section in sections if section.mid in bundled]
        position = next((n for n, line in enumerate(session) if line.startswith("a=")), len(session))
        session.insert(position, f"a=group:BUNDLE {' '.join(mids)}")
    text = write(session, sections)
    for shrink in (_with_camera_codecs, _with_least_codecs, _with_least_attributes):
        if _size_of(text) <= limit:
            break
        sections = [shrink(section) for section in sections]
        text = write(session, sections)
    if _size_of(text) > _MOST:
        raise SdpError("it is too large for a camera")
    return PreparedOffer(
        sdp=text,
        candidates=tuple(lifted),
        talk=any(
            section.kind == "audio"
            and not section.rejected
            and offer.direction(section) in ("sendrecv", "sendonly", None)
            for section in sections
        ),
        peer=_peer(session, sections),
        ufrags=frozenset(
            line.removeprefix("a=ice-ufrag:")
            for lines in (session, *(section.lines for section in sections))
            for line in lines
            if line.startswith("a=ice-ufrag:")
        ),
    )


def _peer(session: list[str], sections: list[Section]) -> str:
    """Return who a description is from, "" where it doesn't tell."""
    origin = next((line.removeprefix("o=").split() for line in session if line.startswith("o=")), [])
    lines = (line for lines in (session, *(section.lines for section in sections)) for line in lines)
    fingerprint = next((line for line in lines if line.startswith("a=fingerprint:")), "")
    return " ".join((*origin[:2], *origin[3:], fingerprint)) if len(origin) == 6 and fingerprint else ""


def _without_what_cameras_choke_on(lines: list[str]) -> list[str]:
    """Return the lines without what is long and of no use to a camera, or no SDP at all (5.1, 2 and 6)."""
    modern = any(line.startswith("a=fingerprint:sha-256 ") for line in lines)
    return [
        line
        for line in lines
        if not line.startswith(("a=extmap", "a=[", "a=candidate:", "a=end-of-candidates"))
        and not (modern and line.startswith("a=fingerprint:") and not line.startswith("a=fingerprint:sha-256 "))
    ]


def _with_camera_codecs(section: Section) -> Section:
    """Return a section of an offer with the codecs that cameras have, or as it was where it has none of them."""
    codecs = codecs_of(section)
    match section.kind:
        case "audio":
            kept = {number for number, codec in codecs.items() if codec.name in CAMERA_AUDIO}
        case "video":
            kept = {number for number, codec in codecs.items() if codec.name == "H264"}
            kept |= {
                number for number, codec in codecs.items() if codec.name == "RTX" and codec.parameter("apt") in kept
            }
        case _:
            return section
    return _with_formats(section, kept)


def _with_least_codecs(section: Section) -> Section:
    """Return a section of an offer with one video codec and no retransmission."""
    if section.kind != "video" or (best := best_h264(codecs_of(section).values())) is None:
        return section
    return _with_formats(section, {best.number})


def _with_least_attributes(section: Section) -> Section:
    """Return a section of an offer with nothing that a camera can do without."""
    return Section([line for line in section.lines if not line.startswith("a=") or line.startswith(_NEEDED)])


def _size_of(sdp: str) -> int:
    """Return how many bytes the message with this description has."""
    return len(json.dumps(sdp)) + _ENVELOPE


def _with_formats(section: Section, kept: set[str]) -> Section:
    if not kept:
        return section
    head = section.lines[0].split()
    formats = [number for number in section.formats if number in kept]
    return Section(
        [
            " ".join((*head[:3], *formats)),
            *(
                line
                for line in section.lines[1:]
                if not (found := re.match(r"a=(?:rtpmap|fmtp|rtcp-fb):(\d+) ", line)) or found[1] in kept
            ),
        ]
    )
