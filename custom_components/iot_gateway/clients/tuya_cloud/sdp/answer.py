"""Answers, as browsers take them (protocols page, 5.2 and 5.3)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
import re
from typing import Final

from .. import candidates
from .codecs import CAMERA_AUDIO, Codec, best_h264, codecs_of
from .description import Description, SdpError, Section, parse, value_of

_ORIGIN: Final = re.compile(r"o=\S+ \d+ \d+ IN IP[46] \S+")
_CONNECTION: Final = re.compile(r"c=IN IP[46] \S+")
_FINGERPRINT: Final = re.compile(r"a=fingerprint:(\S+) ([0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})+)")
_TALK_PTIME: Final = 30
"""Milliseconds of audio in a packet to the camera: 20 cost up to 4 s of delay, 40 and more don't work (5.3)."""
_KEPT: Final = (
    re.compile(r"a=rtcp:\d+(?: IN IP[46] \S+)?"),
    re.compile(r"a=ice-options:\S.*"),
    re.compile(r"a=rtcp-rsize"),
    re.compile(r"a=msid:\S+(?: \S+)?"),
    re.compile(r"a=ssrc-group:\S+(?: \d+)+"),
    re.compile(r"a=ssrc:\d+ [^\s:]+(?::\S.*)?"),
)
"""Attributes of an answer that are kept as they are, where they are well-formed."""


def repair_answer(answer: str, offer_sdp: str, *, talk: bool) -> str:
    """Make a camera's answer one that every browser takes.

    Args:
        answer: as the camera sent it.
        offer_sdp: the browser's offer as the browser knows it: its sections, their order and names are what counts.
        talk: as `PreparedOffer.talk` says; the browser is then asked for packets of a size that cameras play soon.

    Returns:
        The answer, lines ending with CRLF.

    Raises:
        SdpError: it is no description at all, or one without a way to connect.
    """
    offered, answered = parse(offer_sdp), parse(answer)
    transport = _Transport.of(answered)
    accepted: list[tuple[Section, _Transport]] = []
    written: list[list[str]] = []
    for section, match in _matches(offered.sections, answered.sections):
        described = None if match is None or match.rejected else _describe(section, match)
        if match is None or described is None:
            written.append(_rejected(section))
            continue
        own = transport.overridden_by(match.lines)
        accepted.append((section, own))
        written.append(_answer_section(offered, section, answered, match, described, own, talk=talk))
    if accepted and offered.bundled:
        # One transport for all, unless the camera opened several
        ufrag = accepted[0][1].ufrag
        group = [section.mid for section, own in accepted if own.ufrag == ufrag and section.mid in offered.bundled]
    else:
        group = []
    head = _session_head(answered.session)
    if group:
        head.append(f"a=group:BUNDLE {' '.join(group)}")
    head += [line for line in answered.session if line == "a=ice-lite" or line.startswith("a=msid-semantic:")]
    return "".join(f"{line}\r\n" for lines in (head, *written) for line in lines)


def has_video(sdp: str) -> bool:
    """Tell whether a description has video that isn't rejected."""
    return any(section.kind == "video" and not section.rejected for section in parse(sdp).sections)


def candidate_target(answer: str) -> tuple[str, int]:
    """Return `sdpMid` and `sdpMLineIndex` that candidates for an answer belong to: its first section that isn't rejected.

    With BUNDLE all media goes there; a browser drops candidates for a section that was rejected.
    """
    for index, section in enumerate(parse(answer).sections):
        if not section.rejected:
            return section.mid, index
    return "0", 0


def _describe(offered: Section, answered: Section) -> list[Codec] | None:
    """Return the formats of an answer as the offer numbers and describes them, None where none of them was offered."""
    if offered.kind not in ("audio", "video"):
        return []
    ours, theirs = codecs_of(offered), codecs_of(answered)
    chosen: dict[str, Codec] = {}
    numbers: dict[str, str] = {}
    for number, codec in theirs.items():
        if codec.name == "RTX":
            continue
        match = _offered_codec(ours, codec, offered.kind)
        if match is None or match.number in chosen:
            continue
        numbers[number] = match.number
        parameters = match.parameters
        if sets := codec.parameter("sprop-parameter-sets"):
            # A camera may send these nowhere else
            parameters = f"{parameters};sprop-parameter-sets={sets}".removeprefix(";")
        chosen[match.number] = replace(
            match,
            parameters=parameters,
            feedback=tuple(feedback for feedback in match.feedback if feedback in codec.feedback),
        )
    if not chosen and any(not codec.name for codec in theirs.values()):
        # Numbers and not a word of what they are: cameras have but one video codec, and G.711
        fallback = (
            best_h264(ours.values())
            if offered.kind == "video"
            else next((codec for codec in ours.values() if codec.name in CAMERA_AUDIO), None)
        )
        if fallback is not None:
            chosen[fallback.number] = replace(fallback, feedback=())
    for codec in theirs.values():
        if codec.name == "RTX" and (media := numbers.get(codec.parameter("apt"))):
            for match in ours.values():
                if match.name == "RTX" and match.parameter("apt") == media:
                    chosen.setdefault(match.number, replace(match, feedback=()))
    return list(chosen.values()) or None


def _offered_codec(ours: Mapping[str, Codec], theirs: Codec, kind: str) -> Codec | None:
    """Return what of our formats a format of the answer is, None where it is none of them."""
    same = ours.get(theirs.number)
    if theirs.name:
        if same is not None and same.is_like(theirs):
            return same
        if theirs.name == "H264":
            return best_h264(ours.values(), theirs)
        return next((codec for codec in ours.values() if codec.is_like(theirs)), None)
    # Undescribed, but a number of ours: what it stands for there, if a camera has that at all
    return same if same is not None and (same.name == "H264" or kind == "audio") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transport:
    """How a section connects."""

    ufrag: str
    password: str = field(repr=False)
    fingerprint: str = field(repr=False)
    setup: str = ""

    @classmethod
    def of(cls, description: Description) -> _Transport:
        """Return what sections have that say nothing of it: what the session says, or else the first that does.

        With BUNDLE cameras may describe the first section alone.
        """
        everything = [
            *description.session,
            *(line for section in description.sections if not section.rejected for line in section.lines),
        ]
        found = cls(
            ufrag=value_of(everything, "ice-ufrag") or "",
            password=value_of(everything, "ice-pwd") or "",
            fingerprint=_fingerprint(everything) or "",
            setup=value_of(everything, "setup") or "",
        )
        if any(not section.rejected for section in description.sections) and not (
            found.ufrag and found.password and found.fingerprint
        ):
            raise SdpError("an answer without ICE credentials or fingerprint")
        return found

    def overridden_by(self, lines: list[str]) -> _Transport:
        """Return it with what a section's own lines say."""
        ufrag, password = value_of(lines, "ice-ufrag"), value_of(lines, "ice-pwd")
        return _Transport(
            # They only make sense together
            ufrag=ufrag if ufrag and password else self.ufrag,
            password=password if ufrag and password else self.password,
            fingerprint=_fingerprint(lines) or self.fingerprint,
            setup=value_of(lines, "setup") or self.setup,
        )


def _fingerprint(lines: Iterable[str]) -> str | None:
    """Return a certificate's fingerprint as the standard writes it, SHA-256 where there are several."""
    found = [match for line in lines if (match := _FINGERPRINT.fullmatch(line))]
    best = next((match for match in found if match[1].lower() == "sha-256"), found[0] if found else None)
    return f"{best[1].lower()} {best[2].upper()}" if best else None


def _matches(offered: list[Section], answered: list[Section]) -> Iterator[tuple[Section, Section | None]]:
    """Yield each section of the offer with the one that answers it: the same name and kind, or else the next of the kind."""
    left = list(answered)
    by_name: dict[int, Section] = {}
    for index, section in enumerate(offered):
        for match in left:
            if match.kind == section.kind and match.mid and match.mid == section.mid:
                by_name[index] = match
                left.remove(match)
                break
    for index, section in enumerate(offered):
        if (match_by_name := by_name.get(index)) is not None:
            yield section, match_by_name
            continue
        next_one = next((match for match in left if match.kind == section.kind), None)
        if next_one is not None:
            left.remove(next_one)
        yield section, next_one


def _answer_section(
    offer: Description,
    offered: Section,
    answer: Description,
    answered: Section,
    codecs: list[Codec],
    transport: _Transport,
    *,
    talk: bool,
) -> list[str]:
    """Return the lines that answer a section."""
    media = offered.kind in ("audio", "video")
    formats = [codec.number for codec in codecs] if media else offered.formats
    port = answered.port if answered.port.isdecimal() else "9"
    connection = next(
        (line for lines in (answered.lines, answer.session) for line in lines if _CONNECTION.fullmatch(line)),
        "c=IN IP4 0.0.0.0",
    )
    lines = [
        f"m={offered.kind} {port} {offered.protocol} {' '.join(formats)}",
        connection,
        f"a=ice-ufrag:{transport.ufrag}",
        f"a=ice-pwd:{transport.password}",
        f"a=fingerprint:{transport.fingerprint}",
        f"a=setup:{_setup(value_of(offered.lines, 'setup') or value_of(offer.session, 'setup'), transport.setup)}",
        f"a=mid:{offered.mid}",
    ]
    kept = [line for line in answered.lines if any(form.fullmatch(line) for form in _KEPT)]
    if not media:
        replaced = ("a=ice-", "a=fingerprint:", "a=setup:", "a=mid:", "a=candidate:", "a=end-of-candidates", "a=extmap")
        lines += [line for line in answered.lines if line.startswith("a=") and not line.startswith(replaced)]
        return [*lines, *_candidates(answered)]
    direction = _direction(offer.direction(offered), answer.direction(answered))
    lines.append(f"a={direction}")
    if "a=rtcp-mux" in offered.lines or "a=rtcp-mux" in answered.lines:
        lines.append("a=rtcp-mux")
    lines += kept
    for codec in codecs:
        lines.append(f"a=rtpmap:{codec.number} {codec.rtpmap}")
        lines += [f"a=rtcp-fb:{codec.number} {feedback}" for feedback in codec.feedback]
        if codec.parameters:
            lines.append(f"a=fmtp:{codec.number} {codec.parameters}")
    if talk and offered.kind == "audio" and direction in ("sendrecv", "recvonly"):
        lines.append(f"a=ptime:{_TALK_PTIME}")
    return [*lines, *_candidates(answered)]


def _rejected(offered: Section) -> list[str]:
    """Return the lines that decline a section; it is no part of the BUNDLE group then."""
    number = offered.formats[0]
    codec = codecs_of(offered).get(number)
    return [
        f"m={offered.kind} 0 {offered.protocol} {number}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{offered.mid}",
        "a=inactive",
        *([f"a=rtpmap:{number} {codec.rtpmap}"] if codec and codec.rtpmap else []),
    ]


def _direction(offered: str | None, answered: str | None) -> str:
    """Return which way media goes in the answer: a side that doesn't send cannot be received from."""
    match offered or "sendrecv":
        case "recvonly":
            return "inactive" if answered == "inactive" else "sendonly"
        case "sendonly":
            return "inactive" if answered == "inactive" else "recvonly"
        case "inactive":
            return "inactive"
    return answered or "sendrecv"


def _setup(offered: str | None, answered: str) -> str:
    """Return the camera's part in the DTLS handshake: the one that begins, unless it says otherwise and may."""
    if offered == "active":
        return "passive"
    if offered == "passive":
        return "active"
    return answered if answered in ("active", "passive") else "active"


def _candidates(section: Section) -> list[str]:
    """Return the candidates that stand in an answer, those that a browser can read."""
    found = (candidates.normalized(line) for line in section.lines if line.startswith("a=candidate:"))
    return [f"a={text}" for text in found if candidates.is_candidate(text)]


def _session_head(session: list[str]) -> list[str]:
    """Return the lines that every description begins with; cameras forget some."""
    origin = next((line for line in session if _ORIGIN.fullmatch(line)), "o=- 1 1 IN IP4 0.0.0.0")
    name = next((line for line in session if line.startswith("s=")), "s=-")
    return ["v=0", origin, name, "t=0 0"]
