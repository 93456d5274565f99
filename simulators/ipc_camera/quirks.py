"""What real cameras do to an answer, so that a browser doesn't take it: all rows of tuya_ipc_webrtc.md, section 5.2."""

from collections.abc import Callable, Collection
import re
from typing import Literal, get_args

from .sdp import Answer

type Quirk = Literal[
    # What Chromium refuses
    "sendrecv",  # audio and video both
    "recvonly",
    "no_direction",
    "no_trailing_crlf",
    "doubled_crlf",
    "mline_order",  # video before audio
    "setup_actpass",
    "no_rtcp_mux",
    "audio_rejected",  # m=audio 0, and its mid still in the BUNDLE group
    "h264_undescribed",  # a payload type without rtpmap and fmtp
    "h264_unknown",  # a payload type that the offer doesn't have; what is sent has the offered one all the same
    # What Chromium takes, and others perhaps not
    "lowercase_fingerprint",
    "lf_only",
    "no_mid",
    "no_bundle",
    "no_setup",
    "profile_640028",
    "no_fmtp",
]
QUIRKS: tuple[Quirk, ...] = get_args(Quirk.__value__)

_DIRECTION = re.compile(r"a=(sendrecv|sendonly|recvonly|inactive)")


def answer_text(answer: Answer, quirks: Collection[Quirk], offered_types: Collection[str]) -> str:
    """Return the answer's text with all of some quirks; `offered_types` are the payload types of the offer's video."""
    for quirk, change in _CHANGES.items():
        if quirk in quirks:
            answer = change(answer)
    if "h264_unknown" in quirks:
        answer = _unknown_type(answer, offered_types)
    lines = [*answer.session, *(line for section in answer.sections for line in section)]
    end = "\n" if "lf_only" in quirks else "\r\n"
    text = "".join(line + end for line in lines)
    if "doubled_crlf" in quirks:
        text = text.replace(end, end * 2)
    return text.rstrip() if "no_trailing_crlf" in quirks else text


def _each(change: Callable[[str], str | None]) -> Callable[[Answer], Answer]:
    def apply(answer: Answer) -> Answer:
        def changed(lines: list[str]) -> list[str]:
            return [new for line in lines if (new := change(line)) is not None]

        return Answer(changed(answer.session), [changed(section) for section in answer.sections])

    return apply


def _with_direction(direction: str) -> Callable[[Answer], Answer]:
    return _each(lambda line: f"a={direction}" if _DIRECTION.fullmatch(line) else line)


def _without(*beginnings: str) -> Callable[[Answer], Answer]:
    return _each(lambda line: None if line.startswith(beginnings) else line)


def _unknown_type(answer: Answer, offered: Collection[str]) -> Answer:
    unknown = next(str(number) for number in range(96, 128) if str(number) not in offered)
    sections = []
    for section in answer.sections:
        if section[0].startswith("m=video"):
            old = section[0].rpartition(" ")[2]
            pattern = re.compile(rf"^(m=video .* |a=(?:rtpmap|fmtp|rtcp-fb):){old}\b")
            section = [pattern.sub(rf"\g<1>{unknown}", line) for line in section]
        sections.append(section)
    return Answer(answer.session, sections)


def _undescribed(answer: Answer) -> Answer:
    bare = ("a=rtpmap:", "a=fmtp:", "a=rtcp-fb:")
    return Answer(
        answer.session,
        [
            [line for line in section if not (section[0].startswith("m=video") and line.startswith(bare))]
            for section in answer.sections
        ],
    )


_CHANGES: dict[Quirk, Callable[[Answer], Answer]] = {
    "sendrecv": _with_direction("sendrecv"),
    "recvonly": _with_direction("recvonly"),
    "no_direction": _each(lambda line: None if _DIRECTION.fullmatch(line) else line),
    "mline_order": lambda answer: Answer(
        answer.session, [answer.sections[1], answer.sections[0], *answer.sections[2:]]
    ),
    "setup_actpass": _each(lambda line: "a=setup:actpass" if line.startswith("a=setup:") else line),
    "no_rtcp_mux": _without("a=rtcp-mux"),
    "audio_rejected": _each(lambda line: re.sub(r"^m=audio 9 ", "m=audio 0 ", line)),
    "h264_undescribed": _undescribed,
    "lowercase_fingerprint": _each(
        lambda line: line.lower() if line.startswith("a=fingerprint:") else line,
    ),
    "no_mid": _without("a=mid:"),
    "no_bundle": _without("a=group:BUNDLE"),
    "no_setup": _without("a=setup:"),
    "profile_640028": _each(lambda line: re.sub(r"(profile-level-id=)[0-9A-Fa-f]{6}", r"\g<1>640028", line)),
    "no_fmtp": _without("a=fmtp:"),
}
