"""The messages between a viewer and the camera, and the checks that come before their content.

{"protocol", "pv", "t", "data": {"header": {...}, "msg": {...}}} as JSON, tuya_ipc_webrtc.md, section 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
import re
import time
from typing import Any, Literal

from .sdp import RejectedOffer

MAX_PAYLOAD = 8192
PROTOCOL_SESSION = 302
PROTOCOL_CONTROL = 312
LONGEST_SESSION_ID = 64

type CandidateForm = Literal["crlf", "cr", "bare"]
"""How a candidate of the camera begins and ends: "a=candidate:…\r\n", the same with "\r" only, "candidate:…"."""

_CANDIDATE = re.compile(r"a=candidate:\S+ \d+ (udp|tcp) \d+ \S+ \d+ typ \w+.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of a viewer."""

    protocol: int
    type: str
    sender: str
    to: str
    sub_dev_id: str
    session_id: str
    moto_id: str
    body: Mapping[str, Any] = field(repr=False)


def read_message(payload: bytes) -> Message:
    """Return the message; raises RejectedOffer with too_large, malformed, protocol or bad_session."""
    if len(payload) > MAX_PAYLOAD:
        raise RejectedOffer("too_large")
    try:
        envelope = json.loads(payload)
        header, body = envelope["data"]["header"], envelope["data"]["msg"]
        protocol = envelope["protocol"]
        if not isinstance(body, dict):
            raise RejectedOffer("malformed")
        texts = {key: header.get(key, "") for key in ("type", "from", "to", "sub_dev_id", "sessionid", "moto_id")}
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise RejectedOffer("malformed") from err
    if protocol not in (PROTOCOL_SESSION, PROTOCOL_CONTROL):
        raise RejectedOffer("protocol")
    session_id = texts.pop("sessionid")
    if not all(isinstance(value, str) for value in texts.values()) or not texts["from"] or not texts["type"]:
        raise RejectedOffer("malformed")
    if not isinstance(session_id, str) or not 0 < len(session_id) <= LONGEST_SESSION_ID:
        raise RejectedOffer("bad_session")
    return Message(
        protocol=protocol,
        type=texts["type"],
        sender=texts["from"],
        to=texts["to"],
        sub_dev_id=texts["sub_dev_id"],
        session_id=session_id,
        moto_id=texts["moto_id"],
        body=body,
    )


def write_message(
    protocol: int, type_: str, *, device_id: str, to: str, sub_dev_id: str, session_id: str, moto_id: str, **body: Any
) -> bytes:
    """Return a message of the camera."""
    header = {
        "type": type_,
        "from": device_id,
        "to": to,
        "sub_dev_id": sub_dev_id,
        "sessionid": session_id,
        "moto_id": moto_id,
        "tid": "",
    }
    envelope = {
        "protocol": protocol,
        "pv": "2.2",
        "t": int(time.time()),
        "data": {"header": header, "msg": {"mode": "webrtc", **body}},
    }
    return json.dumps(envelope, separators=(",", ":")).encode()


def read_candidate(value: object) -> str | None:
    """Return a viewer's candidate without "a="; None for the empty one at the end. Raises ValueError for anything else."""
    if value == "":
        return None
    if not isinstance(value, str) or not _CANDIDATE.fullmatch(text := value.rstrip("\r\n")):
        message = "a candidate begins with a=candidate:"
        raise ValueError(message)
    return text.removeprefix("a=")


def write_candidate(candidate: str, form: CandidateForm) -> str:
    """Return one of the camera's candidates ("candidate:…") as it sends it."""
    match form:
        case "crlf":
            return f"a={candidate}\r\n"
        case "cr":
            return f"a={candidate}\r"
        case "bare":
            return candidate
