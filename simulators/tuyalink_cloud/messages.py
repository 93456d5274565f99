"""The envelope of all messages: msgId, time, sys, data, code (tuya_message_queue_and_tuyalink.md, B3)."""

from dataclasses import dataclass
import json
import secrets
from typing import Any, TypeGuard

from .codes import BAD_FORMAT, Refused

MOST_ID = 32
"""Characters of a msgId."""


class NoMessage(ValueError):
    """A payload that nobody can answer: no JSON, or without a msgId."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message of a device."""

    msg_id: str
    time: Any
    data: Any
    code: Any
    ack: Any
    version: Any

    def check(self) -> None:
        """Raise Refused unless what every message has is in order."""
        if not is_time(self.time):
            raise Refused(BAD_FORMAT, "time is no number of 10 or 13 digits")
        # The page: an integer in docs and Java, true or false in nano.
        if self.ack not in (None, 0, 1):
            raise Refused(BAD_FORMAT, "sys.ack is neither 0 nor 1")
        if self.version not in (None, "1.0"):
            raise Refused(BAD_FORMAT, "version isn't 1.0")

    @property
    def wants_answer(self) -> bool:
        """Tell whether sys.ack is 1."""
        return bool(self.ack == 1)


def parse(payload: bytes) -> Message:
    """Read a payload; raises NoMessage."""
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError) as err:
        message = "no JSON"
        raise NoMessage(message) from err
    if not isinstance(body, dict):
        message = "no JSON object"
        raise NoMessage(message)
    msg_id = body.get("msgId")
    if not isinstance(msg_id, str) or not 1 <= len(msg_id) <= MOST_ID:
        message = f"no msgId of 1 to {MOST_ID} characters"
        raise NoMessage(message)
    sys = body.get("sys")
    return Message(
        msg_id=msg_id,
        time=body.get("time"),
        data=body.get("data"),
        code=body.get("code"),
        ack=sys.get("ack") if isinstance(sys, dict) else (None if sys is None else "no object"),
        version=body.get("version"),
    )


def new_id() -> str:
    """Return the msgId of a message from the cloud."""
    return secrets.token_hex(16)


def encode(body: object) -> bytes:
    """Return a message's payload."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def is_time(value: object) -> TypeGuard[int]:
    """Tell whether a value is a time of 10 or 13 digits."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0 and len(str(value)) in (10, 13)
