"""The messages by which viewers and cameras come to terms, as they travel (protocols page, section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from typing import Any, Final

from .errors import CannotReachCloud
from .mqtt_access import MqttAccess

WEBRTC: Final = 302
"""Protocol number of offers, answers, candidates and disconnects."""
CONTROL: Final = 312
"""Protocol number of `resolution` and `speaker`."""

_VERSION: Final = "2.2"


class SignallingDown(CannotReachCloud):
    """There is no connection to the message broker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalTarget:
    """The camera that a message goes to; `sub_dev_id` is the node id behind a recorder, empty otherwise."""

    device_id: str
    moto_id: str
    sub_dev_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A message of a camera: its protocol number, type and session, and `msg` as it came."""

    protocol: int
    kind: str
    session_id: str
    sender: str
    msg: Mapping[str, Any] = field(repr=False)


def topic_of(access: MqttAccess, target: SignalTarget) -> str:
    """Return the topic that a camera listens to; raises ValueError where its ids make none."""
    topic = access.topic_of(target.moto_id, target.device_id)
    if any(character in topic for character in "+#\0"):
        raise ValueError("an id of the camera cannot be part of a topic")
    return topic


def encode_signal(
    target: SignalTarget, session_id: str, kind: str, msg: Mapping[str, Any], *, sender: str, protocol: int, t: int
) -> bytes:
    """Return a message to a camera; `sender` is who we are to it, `t` seconds since the epoch."""
    message = {
        "protocol": protocol,
        "pv": _VERSION,
        "t": t,
        "data": {
            "header": {
                "type": kind,
                "from": sender,
                "to": target.device_id,
                "sub_dev_id": target.sub_dev_id,
                "sessionid": session_id,
                "moto_id": target.moto_id,
                "tid": "",
            },
            "msg": {"mode": "webrtc", **msg},
        },
    }
    return json.dumps(message, separators=(",", ":")).encode()


def parse_signal(payload: Any) -> Signal | None:
    """Return what a message says, None where it cannot be read."""
    if not isinstance(payload, (bytes, bytearray, str)):
        return None
    try:
        message = json.loads(payload)
    except ValueError, RecursionError:
        return None
    match message:
        case {
            "protocol": int(protocol),
            "data": {"header": {"type": str(kind), "sessionid": str(session_id), **header}, **data},
        }:
            msg = data.get("msg", {})
            sender = header.get("from", "")
            if isinstance(msg, dict) and isinstance(sender, str):
                return Signal(protocol=protocol, kind=kind, session_id=session_id, sender=sender, msg=msg)
    return None
