"""Session descriptions, between what browsers offer and take and what cameras take and answer.

Section 5 of the protocols page holds the rules: 5.1 for offers, 5.2 for answers (what Chromium 156 refuses, measured), 5.3
for the size of talkback packets. A description that a browser has refused spoils the connection for good, so an answer is
not mended in places but made anew: of everything in it that we understand, in the order of the offer, with what is missing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
import json
import re
from typing import Final

from . import candidates

_ENVELOPE: Final = 560
"""Bytes of an offer's message beside its SDP: header, auth and punctuation, with some to spare (5.1, 3)."""
_LINE: Final = re.compile(r"[a-z]=\S.*")
_ORIGIN: Final = re.compile(r"o=\S+ \d+ \d+ IN IP[46] \S+")
_CONNECTION: Final = re.compile(r"c=IN IP[46] \S+")
_RTPMAP: Final = re.compile(r"a=rtpmap:(\d+) ([^/\s]+)/(\d+)(?:/(\d+))?")
_FMTP: Final = re.compile(r"a=fmtp:(\d+) (\S.*)")
_FEEDBACK: Final = re.compile(r"a=rtcp-fb:(\d+|\*) (\S.*)")
_FINGERPRINT: Final = re.compile(r"a=fingerprint:(\S+) ([0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})+)")

_AUDIO_CODECS: Final = ("PCMU", "PCMA")
"""What cameras speak over RTP (section 6)."""
_DIRECTIONS: Final = ("sendrecv", "sendonly", "recvonly", "inactive")
_STATIC: Final = {"0": ("PCMU", "8000"), "8": ("PCMA", "8000"), "9": ("G722", "8000")}
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


class SdpError(ValueError):
    """What should be a session description is none, or lacks what no connection can do without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOffer:
    """An offer that a camera takes, and what was in it that goes another way.

    Attributes:
        sdp: to send; lines end with CRLF.
        candidates: the candidates that stood in it, in the browsers' form, to be sent by themselves.
        talk: the browser sends sound, the microphone is on.
        origin: who offers (`o=` without its version): offers of one peer connection have the same. "" where there is none.
        ufrags: the ICE user name fragments that candidates of this offer name.
    """

    sdp: str = field(repr=False)
    candidates: tuple[str, ...] = field(repr=False)
    talk: bool
    origin: str = field(repr=False)
    ufrags: frozenset[str] = field(default=frozenset(), repr=False)


def prepare_offer(sdp: str, *, limit: int = 7500) -> PreparedOffer:
    """Make a browser's offer one that a camera takes.

    Args:
        sdp: as the browser, or Home Assistant's frontend, sent it.
        limit: bytes that the whole message may have; cameras take 8,192. Above it, codecs go that no camera has.

    Raises:
        SdpError: it describes no media.
    """
    offer = _parse(sdp)
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
    text = _write(session, sections)
    for shrink in (_with_camera_codecs, _with_least_codecs):
        if len(json.dumps(text)) + _ENVELOPE <= limit:
            break
        sections = [shrink(section) for section in sections]
        text = _write(session, sections)
    return PreparedOffer(
        sdp=text,
        candidates=tuple(lifted),
        talk=any(
            section.kind == "audio"
            and not section.rejected
            and offer.direction(section) in ("sendrecv", "sendonly", None)
            for section in sections
        ),
        origin=_origin(session),
        ufrags=frozenset(
            line.removeprefix("a=ice-ufrag:")
            for lines in (session, *(section.lines for section in sections))
            for line in lines
            if line.startswith("a=ice-ufrag:")
        ),
    )


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
    offered, answered = _parse(offer_sdp), _parse(answer)
    transport = _Transport.of(answered)
    accepted: list[tuple[_Section, _Transport]] = []
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
    return any(section.kind == "video" and not section.rejected for section in _parse(sdp).sections)


def candidate_target(answer: str) -> tuple[str, int]:
    """Return `sdpMid` and `sdpMLineIndex` that candidates for an answer belong to: its first section that isn't rejected.

    With BUNDLE all media goes there; a browser drops candidates for a section that was rejected.
    """
    for index, section in enumerate(_parse(answer).sections):
        if not section.rejected:
            return section.mid, index
    return "0", 0


# Reading and writing


@dataclass(slots=True)
class _Section:
    """The lines of one medium, its `m=` first."""

    lines: list[str]

    @property
    def _words(self) -> list[str]:
        return self.lines[0].removeprefix("m=").split()

    @property
    def kind(self) -> str:
        return self._words[0]

    @property
    def port(self) -> str:
        return self._words[1].partition("/")[0]

    @property
    def protocol(self) -> str:
        return self._words[2]

    @property
    def formats(self) -> list[str]:
        return self._words[3:]

    @property
    def rejected(self) -> bool:
        return self.port == "0" and "a=bundle-only" not in self.lines

    @property
    def mid(self) -> str:
        return _value(self.lines, "mid") or ""


@dataclass(slots=True)
class _Description:
    """A session description: the lines before the first medium, and the media."""

    session: list[str]
    sections: list[_Section]

    @property
    def bundled(self) -> frozenset[str]:
        """The names of the sections that share a transport."""
        return frozenset((_value(self.session, "group") or "").removeprefix("BUNDLE").split())

    def direction(self, section: _Section) -> str | None:
        """Which way a section's media goes; None where neither it nor the session says, which means both ways."""
        return next(
            (line[2:] for lines in (section.lines, self.session) for line in lines if line[2:] in _DIRECTIONS), None
        )


def _parse(sdp: str) -> _Description:
    """Take a text apart, whatever ends its lines; what is no line of a description is left out."""
    session: list[str] = []
    sections: list[_Section] = []
    for line in map(str.strip, re.split(r"[\r\n]+", sdp)):
        if not _LINE.fullmatch(line):
            continue
        if line.startswith("m="):
            if len(line.split()) < 4:
                raise SdpError("a medium without formats")
            sections.append(_Section([line]))
        elif sections:
            sections[-1].lines.append(line)
        else:
            session.append(line)
    if not sections:
        raise SdpError("a description without media")
    return _Description(session, sections)


def _write(session: Iterable[str], sections: Iterable[_Section]) -> str:
    lines = [*session, *(line for section in sections for line in section.lines)]
    return "".join(f"{line}\r\n" for line in lines)


def _value(lines: Iterable[str], attribute: str) -> str | None:
    """Return the value of an attribute, the first where there are several."""
    prefix = f"a={attribute}:"
    return next((line.removeprefix(prefix).strip() for line in lines if line.startswith(prefix)), None)


def _origin(session: Iterable[str]) -> str:
    """Return who a description is from: `o=` without the version."""
    words = next((line.removeprefix("o=").split() for line in session if line.startswith("o=")), [])
    return " ".join((*words[:2], *words[3:])) if len(words) == 6 else ""


# Offers


def _without_what_cameras_choke_on(lines: list[str]) -> list[str]:
    """Return the lines without what is long and of no use to a camera, or no SDP at all (5.1, 2 and 6)."""
    modern = any(line.startswith("a=fingerprint:sha-256 ") for line in lines)
    return [
        line
        for line in lines
        if not line.startswith(("a=extmap", "a=[", "a=candidate:", "a=end-of-candidates"))
        and not (modern and line.startswith("a=fingerprint:") and not line.startswith("a=fingerprint:sha-256 "))
    ]


def _with_camera_codecs(section: _Section) -> _Section:
    """Return a section of an offer with the codecs that cameras have, or as it was where it has none of them."""
    codecs = _codecs_of(section)
    match section.kind:
        case "audio":
            kept = {number for number, codec in codecs.items() if codec.name in _AUDIO_CODECS}
        case "video":
            kept = {number for number, codec in codecs.items() if codec.name == "H264"}
            kept |= {
                number for number, codec in codecs.items() if codec.name == "RTX" and codec.parameter("apt") in kept
            }
        case _:
            return section
    return _with_formats(section, kept)


def _with_least_codecs(section: _Section) -> _Section:
    """Return a section of an offer with one video codec and no retransmission."""
    if section.kind != "video" or (best := _best_h264(_codecs_of(section).values())) is None:
        return section
    return _with_formats(section, {best.number})


def _with_formats(section: _Section, kept: set[str]) -> _Section:
    if not kept:
        return section
    head = section.lines[0].split()
    formats = [number for number in section.formats if number in kept]
    return _Section(
        [
            " ".join((*head[:3], *formats)),
            *(
                line
                for line in section.lines[1:]
                if not (found := re.match(r"a=(?:rtpmap|fmtp|rtcp-fb):(\d+) ", line)) or found[1] in kept
            ),
        ]
    )


# Codecs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Codec:
    """A payload format: its number in the description, and what that stands for; `name` is "" where nothing says."""

    number: str
    name: str = ""
    clock: str = ""
    channels: str = "1"
    rtpmap: str = ""
    parameters: str = ""
    feedback: tuple[str, ...] = ()

    def parameter(self, name: str) -> str:
        for part in self.parameters.split(";"):
            key, _, value = part.partition("=")
            if key.strip().lower() == name:
                return value.strip()
        return ""

    @property
    def packetization(self) -> str:
        return self.parameter("packetization-mode") or "0"

    @property
    def profile(self) -> str:
        """What H.264 decoders go by: profile and constraints, without the level."""
        return self.parameter("profile-level-id").lower()[:4]

    def is_like(self, other: _Codec) -> bool:
        return (self.name, self.clock, self.channels) == (other.name, other.clock, other.channels)


def _codecs_of(section: _Section) -> dict[str, _Codec]:
    """Return the formats of a section by their number, in its order."""
    codecs = {number: _Codec(number=number) for number in section.formats if number.isdecimal()}
    for number, (name, clock) in _STATIC.items():
        if number in codecs:
            codecs[number] = _Codec(number=number, name=name, clock=clock, rtpmap=f"{name}/{clock}")
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


def _best_h264(codecs: Iterable[_Codec], like: _Codec | None = None) -> _Codec | None:
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


def _describe(offered: _Section, answered: _Section) -> list[_Codec] | None:
    """Return the formats of an answer as the offer numbers and describes them, None where none of them was offered."""
    if offered.kind not in ("audio", "video"):
        return []
    ours, theirs = _codecs_of(offered), _codecs_of(answered)
    chosen: dict[str, _Codec] = {}
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
            _best_h264(ours.values())
            if offered.kind == "video"
            else next((codec for codec in ours.values() if codec.name in _AUDIO_CODECS), None)
        )
        if fallback is not None:
            chosen[fallback.number] = replace(fallback, feedback=())
    for codec in theirs.values():
        if codec.name == "RTX" and (media := numbers.get(codec.parameter("apt"))):
            for match in ours.values():
                if match.name == "RTX" and match.parameter("apt") == media:
                    chosen.setdefault(match.number, replace(match, feedback=()))
    return list(chosen.values()) or None


def _offered_codec(ours: Mapping[str, _Codec], theirs: _Codec, kind: str) -> _Codec | None:
    """Return what of our formats a format of the answer is, None where it is none of them."""
    same = ours.get(theirs.number)
    if theirs.name:
        if same is not None and same.is_like(theirs):
            return same
        if theirs.name == "H264":
            return _best_h264(ours.values(), theirs)
        return next((codec for codec in ours.values() if codec.is_like(theirs)), None)
    # Undescribed, but a number of ours: what it stands for there, if a camera has that at all
    return same if same is not None and (same.name == "H264" or kind == "audio") else None


# Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transport:
    """How a section connects."""

    ufrag: str
    password: str = field(repr=False)
    fingerprint: str = field(repr=False)
    setup: str = ""

    @classmethod
    def of(cls, description: _Description) -> _Transport:
        """Return what sections have that say nothing of it: what the session says, or else the first that does.

        With BUNDLE cameras may describe the first section alone.
        """
        everything = [
            *description.session,
            *(line for section in description.sections if not section.rejected for line in section.lines),
        ]
        found = cls(
            ufrag=_value(everything, "ice-ufrag") or "",
            password=_value(everything, "ice-pwd") or "",
            fingerprint=_fingerprint(everything) or "",
            setup=_value(everything, "setup") or "",
        )
        if any(not section.rejected for section in description.sections) and not (
            found.ufrag and found.password and found.fingerprint
        ):
            raise SdpError("an answer without ICE credentials or fingerprint")
        return found

    def overridden_by(self, lines: list[str]) -> _Transport:
        """Return it with what a section's own lines say."""
        ufrag, password = _value(lines, "ice-ufrag"), _value(lines, "ice-pwd")
        return _Transport(
            # They only make sense together
            ufrag=ufrag if ufrag and password else self.ufrag,
            password=password if ufrag and password else self.password,
            fingerprint=_fingerprint(lines) or self.fingerprint,
            setup=_value(lines, "setup") or self.setup,
        )


def _fingerprint(lines: Iterable[str]) -> str | None:
    """Return a certificate's fingerprint as the standard writes it, SHA-256 where there are several."""
    found = [match for line in lines if (match := _FINGERPRINT.fullmatch(line))]
    best = next((match for match in found if match[1].lower() == "sha-256"), found[0] if found else None)
    return f"{best[1].lower()} {best[2].upper()}" if best else None


def _matches(offered: list[_Section], answered: list[_Section]) -> Iterator[tuple[_Section, _Section | None]]:
    """Yield each section of the offer with the one that answers it: the same name and kind, or else the next of the kind."""
    left = list(answered)
    by_name: dict[int, _Section] = {}
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
    offer: _Description,
    offered: _Section,
    answer: _Description,
    answered: _Section,
    codecs: list[_Codec],
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
        f"a=setup:{_setup(_value(offered.lines, 'setup') or _value(offer.session, 'setup'), transport.setup)}",
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


def _rejected(offered: _Section) -> list[str]:
    """Return the lines that decline a section; it is no part of the BUNDLE group then."""
    number = offered.formats[0]
    codec = _codecs_of(offered).get(number)
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


def _candidates(section: _Section) -> list[str]:
    """Return the candidates that stand in an answer, those that a browser can read."""
    found = (candidates.normalized(line) for line in section.lines if line.startswith("a=candidate:"))
    return [f"a={text}" for text in found if candidates.is_candidate(text)]


def _session_head(session: list[str]) -> list[str]:
    """Return the lines that every description begins with; cameras forget some."""
    origin = next((line for line in session if _ORIGIN.fullmatch(line)), "o=- 1 1 IN IP4 0.0.0.0")
    name = next((line for line in session if line.startswith("s=")), "s=-")
    return ["v=0", origin, name, "t=0 0"]
