"""Which answers Chromium takes: the rules that section 5.2 of the protocols page measured with Chromium 156.

`check_answer` does for the tests what `RTCPeerConnection.setRemoteDescription` does, as far as those rules go. It reads the text by
itself, so that a defect in how the client reads descriptions doesn't hide here too.
"""

from dataclasses import dataclass
import re
from typing import Final


class Refused(Exception):
    """`setRemoteDescription` rejects; `name` is that of the DOMException."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name


PARSE: Final = "OperationError"
ACCESS: Final = "InvalidAccessError"

_COMPATIBLE: Final = {
    "sendrecv": {"sendrecv", "sendonly", "recvonly", "inactive"},
    "sendonly": {"recvonly", "inactive"},
    "recvonly": {"sendonly", "inactive"},
    "inactive": {"inactive"},
}

_PROFILE: Final = re.compile(r"profile-level-id=([0-9a-f]{4})")
"""Profile and constraints of H.264."""


@dataclass
class Media:
    kind: str
    port: int
    formats: list[str]
    attributes: list[str]

    def value(self, name: str) -> str | None:
        return next((line.partition(":")[2] for line in self.attributes if line.startswith(f"{name}:")), None)

    @property
    def direction(self) -> str:
        return next((line for line in self.attributes if line in _COMPATIBLE), "sendrecv")

    @property
    def codecs(self) -> dict[str, str]:
        """Codec names in upper case by payload type; the static ones need no description."""
        names = {"0": "PCMU", "8": "PCMA", "9": "G722"}
        for line in self.attributes:
            if found := re.fullmatch(r"rtpmap:(\d+) ([^/]+)/\d+(?:/\d+)?", line):
                names[found[1]] = found[2].upper()
        return {number: names[number] for number in self.formats if number in names}


@dataclass
class Session:
    attributes: list[str]
    media: list[Media]

    @property
    def bundle(self) -> list[str] | None:
        line = next((line for line in self.attributes if line.startswith("group:BUNDLE")), None)
        return None if line is None else line.split()[1:]


def parse(sdp: str) -> Session:
    """Read a description; lines end with CRLF or LF, the last one too."""
    if not sdp.endswith("\n"):
        raise Refused(PARSE, "the last line does not end")
    lines = [line.removesuffix("\r") for line in sdp[:-1].split("\n")]
    session = Session([], [])
    expected = ["v=0", "o=", "s=", "t="]
    for line in lines:
        if not re.fullmatch(r"[a-z]=.+", line):
            raise Refused(PARSE, f"no line: {line!r}")
        if expected:
            if not line.startswith(expected.pop(0)):
                raise Refused(PARSE, f"out of place: {line!r}")
        elif line.startswith("m="):
            kind, port, _, *formats = line[2:].split()
            session.media.append(Media(kind, int(port), formats, []))
        elif line.startswith("a="):
            (session.media[-1].attributes if session.media else session.attributes).append(line[2:])
    if expected:
        raise Refused(PARSE, "the head is incomplete")
    return session


def check_answer(offer_sdp: str, answer_sdp: str) -> Session:
    """Raise Refused where Chromium 156 rejects the answer to the offer."""
    offer, answer = parse(offer_sdp), parse(answer_sdp)
    if [media.kind for media in offer.media] != [media.kind for media in answer.media]:
        raise Refused(ACCESS, "the order of m-lines in the answer doesn't match the offer's")
    # Without names in the answer, media have those of the offer
    for number, (offered, answered) in enumerate(zip(offer.media, answer.media, strict=True)):
        mid = answered.value("mid") or offered.value("mid")
        if mid != offered.value("mid"):
            raise Refused(ACCESS, f"m-line {number} has another mid")
        if answered.port == 0:
            if mid in (answer.bundle or []):
                raise Refused(ACCESS, "a rejected m-line is in the BUNDLE group")
            continue
        if answered.direction not in _COMPATIBLE[offered.direction]:
            raise Refused(ACCESS, "incompatible send direction")
        if answered.value("setup") == "actpass":
            raise Refused(ACCESS, "an answer must be active or passive")
        if answer.bundle is not None and "rtcp-mux" not in answered.attributes:
            raise Refused(ACCESS, "rtcp-mux must be enabled with BUNDLE")
        if not (answered.value("ice-ufrag") and answered.value("ice-pwd")):
            raise Refused(ACCESS, "no ICE credentials")
        if not re.fullmatch(r"\S+ [0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+", answered.value("fingerprint") or ""):
            raise Refused(ACCESS, "no fingerprint")
        for payload_type in answered.formats:
            if payload_type not in answered.codecs:
                raise Refused(PARSE, f"payload type {payload_type} is not described")
            if offered.codecs.get(payload_type) != answered.codecs[payload_type]:
                raise Refused(PARSE, f"payload type {payload_type} was not offered as this")
    known = {media.value("mid") for media in offer.media}
    for mid in answer.bundle or []:
        if mid not in known or mid not in (offer.bundle or []):
            raise Refused(ACCESS, "the BUNDLE group names what is not there")
    return answer


def check_strictly(offer_sdp: str, answer_sdp: str) -> Session:
    """Raise Refused where another browser may reject what Chromium lets pass (section 5.2, the last row)."""
    answer = check_answer(offer_sdp, answer_sdp)
    if any(not line.endswith("\r") for line in answer_sdp[:-1].split("\n")[:-1]):
        raise Refused(PARSE, "a line ends without CR")
    accepted = [media for media in answer.media if media.port]
    for media in answer.media:
        if media.value("mid") is None:
            raise Refused(ACCESS, "no mid")
    for media in accepted:
        if (fingerprint := media.value("fingerprint") or "") != f"sha-256 {fingerprint[8:].upper()}":
            raise Refused(ACCESS, "a fingerprint in lower case")
        if media.value("setup") not in ("active", "passive"):
            raise Refused(ACCESS, "no setup")
        if "rtcp-mux" not in media.attributes:
            raise Refused(ACCESS, "no rtcp-mux")
        if not any(line in _COMPATIBLE for line in media.attributes):
            raise Refused(ACCESS, "no direction")
        for line in media.attributes:
            # As the high one, which Chromium on Debian does not offer
            if not set(_PROFILE.findall(line)) <= set(_PROFILE.findall(offer_sdp)):
                raise Refused(ACCESS, "a profile that was not offered")
    if accepted and answer.bundle != [media.value("mid") for media in accepted]:
        raise Refused(ACCESS, "no BUNDLE group of all media")
    return answer
