"""ICE candidates, between what browsers say and what cameras say.

A browser's `RTCIceCandidateInit.candidate` is `candidate:…` and "" for the end of candidates; a camera sends and wants
`a=candidate:…`, ends its lines with CRLF or CR or not at all, leaves the `a=` out now and then, and says the end by "" too
(protocols page, section 4).
"""

import re
from typing import Final

_PREFIX: Final = "candidate:"
_FORM: Final = re.compile(
    r"candidate:\S{1,64} \d{1,5} (?:udp|tcp|ssltcp) \d{1,10} \S+ \d{1,5} typ (?:host|srflx|prflx|relay)(?: .*)?",
    re.IGNORECASE,
)
_UFRAG: Final = re.compile(r" ufrag (\S+)")


def normalized(candidate: str) -> str:
    """Return a candidate in the browsers' form: neither `a=` nor line ends, one blank between words."""
    words = candidate.strip().removeprefix("a=").split()
    return " ".join(words)


def to_camera(candidate: str) -> str:
    """Return the browser's candidate as a camera wants it: `a=candidate:…`, or "" for the end of candidates."""
    text = normalized(candidate)
    return f"a={text}" if text.startswith(_PREFIX) else ""


def from_camera(candidate: str) -> str | None:
    """Return the camera's candidate as a browser takes it, or None for the end of candidates.

    What is no candidate at all is an end of nothing either: it raises ValueError.
    """
    text = normalized(candidate)
    if text in ("", "end-of-candidates"):
        return None
    if not text.startswith(_PREFIX):
        # Some cameras send what follows the name alone
        text = _PREFIX + text
    if not is_candidate(text):
        raise ValueError("not an ICE candidate")
    return text


def is_candidate(text: str) -> bool:
    """Tell whether a text in the browsers' form is a candidate that every browser's parser takes."""
    return _FORM.fullmatch(text) is not None


def is_mdns(candidate: str) -> bool:
    """Tell whether the address of a candidate is a browser's disguise, `….local`.

    No camera resolves it; the connection then comes about by peer reflexive candidates or a relay (5.1, 6).
    """
    words = normalized(candidate).split(" ")
    return len(words) > 4 and words[4].lower().endswith(".local")


def ufrag_of(candidate: str) -> str | None:
    """Return the ICE user name fragment that a candidate belongs to, None where it doesn't say."""
    found = _UFRAG.search(normalized(candidate))
    return found[1] if found else None
