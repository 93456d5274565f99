"""The viewer's offer, as a camera takes it apart, and the camera's answer, before anything is wrong with it.

A model of what is known of real cameras (tuya_ipc_webrtc.md, sections 4 and 5), not of one of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
import re
import secrets
from typing import Literal

from .media import AudioCodec

type RejectReason = Literal[
    "too_large",  # more than 8192 bytes
    "malformed",  # no JSON, or not the documented shape
    "protocol",  # a protocol number that cameras don't have
    "wrong_to",
    "wrong_moto",
    "wrong_sub_device",
    "bad_session",  # no sessionid, or one that is no short text
    "bad_auth",
    "mode",  # another mode than "webrtc"
    "object_candidate",  # a=[object RTCIceCandidate]
    "extmap",  # a=extmap, if that isn't accepted
    "no_media",
    "video_first",
    "no_video",
    "no_g711",
    "no_h264",
    "no_mid",
    "no_ice",
    "no_fingerprint",
    "unreadable",  # the SDP can't be applied for another reason
]

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_REVERSED = {"sendonly": "recvonly", "recvonly": "sendonly"}
_G711 = {"PCMU": "0", "PCMA": "8"}
# What aiortc negotiates: (constrained) baseline, and only as fragments.
_H264 = re.compile(
    r"packetization-mode=1\b.*profile-level-id=42|profile-level-id=42.*packetization-mode=1\b", re.IGNORECASE
)
_FEEDBACK = ("nack", "nack pli")
_OF_A_CODEC = ("rtpmap", "fmtp", "rtcp-fb")
_DROPPED = ("candidate", "end-of-candidates", "extmap", "extmap-allow-mixed", "ssrc-group", "rid", "simulcast")


class RejectedOffer(ValueError):
    """The camera doesn't take an offer; `reason` says why."""

    def __init__(self, reason: RejectReason) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason: RejectReason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of an SDP that begins with m=."""

    kind: str
    payload_types: tuple[str, ...]
    lines: tuple[str, ...]
    """All lines, without their ends; the first is the m-line."""

    def values(self, name: str) -> list[str]:
        """Return what follows "a=name:" (or "" after "a=name") in each such line."""
        return [value for key, value in map(_attribute, self.lines) if key == name]

    @property
    def mid(self) -> str:
        """Return the mid; "" if there is none."""
        return next(iter(self.values("mid")), "")

    @property
    def direction(self) -> str:
        """Return the direction, which is sendrecv if nothing else is said."""
        return next((one for one in _DIRECTIONS if f"a={one}" in self.lines), "sendrecv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer that the camera can answer."""

    sdp: str = field(repr=False)
    """What is applied: with one codec a medium, without candidates, header extensions and retransmission streams."""
    sections: tuple[Section, ...] = field(repr=False)
    """All of the offer, as it came."""
    audio_codec: AudioCodec
    video_payload_type: str
    candidates: tuple[str, ...] = field(repr=False)
    """The candidates in the offer, without "a="."""
    talk: bool
    """Whether the viewer wants to be heard: its audio is sendrecv or sendonly."""

    @property
    def has_data_channel(self) -> bool:
        """Tell whether a data channel is offered."""
        return any(one.kind == "application" for one in self.sections)


def read_offer(sdp: str, *, audio_codec: AudioCodec, accept_extmap: bool) -> Offer:
    """Take an offer apart; raises RejectedOffer.

    `audio_codec` is what the camera would like best.
    """
    if "a=[object" in sdp:
        raise RejectedOffer("object_candidate")
    session, sections = split(sdp)
    if not accept_extmap and any(_attribute(line)[0].startswith("extmap") for line in _all_lines(session, sections)):
        raise RejectedOffer("extmap")
    if not sections:
        raise RejectedOffer("no_media")
    if sections[0].kind != "audio":
        raise RejectedOffer("video_first")
    if len(sections) < 2 or sections[1].kind != "video":
        raise RejectedOffer("no_video")
    if len({one.mid for one in sections} - {""}) < len(sections):
        raise RejectedOffer("no_mid")
    for section in sections:
        if not all(_has(name, session, section) for name in ("ice-ufrag", "ice-pwd")):
            raise RejectedOffer("no_ice")
        if not _has("fingerprint", session, section):
            raise RejectedOffer("no_fingerprint")
    audio, video = sections[:2]
    codec, audio_type = _pick_g711(audio, audio_codec)
    video_type = _pick_h264(video)
    kept = [line for line in session if _attribute(line)[0] not in _DROPPED]
    for section in sections:
        payload_type = {"audio": audio_type, "video": video_type}.get(section.kind)
        kept.extend(section.lines if payload_type is None else _with_codec(section, payload_type))
    return Offer(
        sdp="".join(f"{line}\r\n" for line in kept if _attribute(line)[0] not in _DROPPED),
        sections=sections,
        audio_codec=codec,
        video_payload_type=video_type,
        candidates=tuple(f"candidate:{value}" for section in sections for value in section.values("candidate")),
        talk=audio.direction in {"sendrecv", "sendonly"},
    )


def split(sdp: str) -> tuple[list[str], tuple[Section, ...]]:
    """Return the lines before the first m-line, and the sections."""
    session: list[str] = []
    groups: list[list[str]] = []
    for line in filter(None, re.split(r"[\r\n]+", sdp)):
        if line.startswith("m="):
            groups.append([line])
        else:
            (groups[-1] if groups else session).append(line)
    return session, tuple(
        Section(
            kind=(words := group[0][2:].split())[0] if len(group[0]) > 2 else "",
            payload_types=tuple(words[3:]),
            lines=tuple(group),
        )
        for group in groups
        if len(group[0][2:].split()) > 3
    )


def _attribute(line: str) -> tuple[str, str]:
    name, _, value = line.removeprefix("a=").partition(":")
    return (name, value) if line.startswith("a=") else ("", "")


def _all_lines(session: list[str], sections: Iterable[Section]) -> Iterable[str]:
    yield from session
    for section in sections:
        yield from section.lines


def _has(name: str, session: list[str], section: Section) -> bool:
    return bool(section.values(name)) or any(_attribute(line)[0] == name for line in session)


def _pick_g711(audio: Section, preferred: AudioCodec) -> tuple[AudioCodec, str]:
    other: AudioCodec = "PCMA" if preferred == "PCMU" else "PCMU"
    for codec in (preferred, other):
        if _G711[codec] in audio.payload_types:
            return codec, _G711[codec]
    raise RejectedOffer("no_g711")


def _pick_h264(video: Section) -> str:
    formats = dict(value.partition(" ")[::2] for value in video.values("fmtp"))
    for value in video.values("rtpmap"):
        payload_type, _, encoding = value.partition(" ")
        if encoding.upper() == "H264/90000" and _H264.search(formats.get(payload_type, "")):
            return payload_type
    raise RejectedOffer("no_h264")


def _with_codec(section: Section, payload_type: str) -> list[str]:
    head = " ".join([*section.lines[0].split()[:3], payload_type])
    return [
        head,
        *(
            line
            for line in section.lines[1:]
            if (found := _attribute(line))[0] not in _OF_A_CODEC or found[1].split(" ")[0] == payload_type
        ),
    ]


@dataclass(slots=True)
class Answer:
    """The lines of an answer, to be changed as one likes before it becomes text."""

    session: list[str]
    sections: list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """What the camera's side of the connection is known by."""

    ufrag: str = field(repr=False)
    password: str = field(repr=False)
    fingerprint: str = field(repr=False)
    """SHA-256, upper case, with colons."""


def build_answer(offer: Offer, transport: Transport, ssrcs: Sequence[int]) -> Answer:
    """Return an answer without fault: one fingerprint, no candidates, `setup:active`, the offer's own payload types."""
    mids = [section.mid for section in offer.sections]
    number = secrets.randbits(62)
    answer = Answer(
        session=[
            "v=0",
            f"o=- {number} 1 IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            f"a=group:BUNDLE {' '.join(mids)}",
            "a=msid-semantic: WMS camera",
        ],
        sections=[],
    )
    streams = iter(ssrcs)
    for section in offer.sections:
        head = section.lines[0].split()
        payload_type = {"audio": _G711[offer.audio_codec], "video": offer.video_payload_type}.get(section.kind)
        lines = [
            f"m={section.kind} 9 {head[2]} {payload_type or ' '.join(section.payload_types)}",
            "c=IN IP4 0.0.0.0",
            *(["a=rtcp:9 IN IP4 0.0.0.0"] if payload_type else []),
            f"a=ice-ufrag:{transport.ufrag}",
            f"a=ice-pwd:{transport.password}",
            "a=ice-options:trickle",
            f"a=fingerprint:sha-256 {transport.fingerprint}",
            "a=setup:active",
            f"a=mid:{section.mid}",
        ]
        if payload_type is None:
            lines += ["a=sctp-port:5000", "a=max-message-size:65536"]
        else:
            lines += [f"a={_REVERSED.get(section.direction, section.direction)}", "a=rtcp-mux"]
            lines += _codec_lines(section, payload_type, offer.audio_codec)
            lines += [f"a=msid:camera {section.kind}", f"a=ssrc:{next(streams)} cname:camera"]
        answer.sections.append(lines)
    return answer


def _codec_lines(section: Section, payload_type: str, audio_codec: AudioCodec) -> list[str]:
    if section.kind == "audio":
        return [f"a=rtpmap:{payload_type} {audio_codec}/8000"]
    offered = section.values("rtcp-fb")
    feedback = [f"{payload_type} {one}" for one in _FEEDBACK]
    return [
        f"a=rtpmap:{payload_type} H264/90000",
        *(f"a=rtcp-fb:{one}" for one in feedback if one in offered),
        *(f"a=fmtp:{one}" for one in section.values("fmtp") if one.split(" ")[0] == payload_type),
    ]
