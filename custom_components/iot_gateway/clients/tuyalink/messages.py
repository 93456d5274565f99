"""The envelope of every message (protocols page B3): JSON with `msgId`, `time`, and `data`, `sys.ack` or `code`."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
import math
from typing import Any, Final
import uuid

from .errors import MessageInvalid, MessageTooLarge

MOST_BYTES: Final = 10_000
"""The longest payload that we send. Reported is a limit of 10 KB for any message; the documents name 64 KB for two of them. The
smaller one, in its smaller reading, fits both."""

_LONGEST_RECEIVED: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that came.

    `msg_id` is empty where there is none, `time` the sender's in milliseconds or 0, `code` None where there is none (which
    means success in an answer), `ack` whether an answer is asked for, `raw` all of it.
    """

    msg_id: str
    time: int
    data: Any
    code: int | None
    ack: bool
    raw: Mapping[str, Any]


def message_id() -> str:
    """Return a new id: 32 characters, the most that are allowed."""
    return uuid.uuid4().hex


def encode(value: Any) -> bytes:
    """Return JSON as it goes out, as short as it gets; raises MessageInvalid for what JSON does not know."""
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as err:
        # Their texts may hold the value
        raise MessageInvalid(f"A value cannot be written as JSON ({type(err).__name__})") from None


def milliseconds(seconds: float) -> int:
    """Return a time in seconds since the epoch as the protocol has it: 13 digits."""
    return round(seconds * 1000)


def build(
    data: Any = None, *, now: float, msg_id: str | None = None, ack: bool | None = None, code: int | None = None
) -> bytes:
    """Return the payload of a message.

    Args:
        data: of the message, left out if None.
        now: seconds since the epoch.
        msg_id: of the message that is answered; a new one otherwise.
        ack: whether an answer is asked for; nothing is said about that if None, which means no.
        code: of an answer.

    Raises:
        MessageInvalid: the data cannot be written as JSON.
        MessageTooLarge: the payload has more than MOST_BYTES.
    """
    message: dict[str, Any] = {"msgId": msg_id or message_id(), "time": milliseconds(now)}
    if ack is not None:
        # A number in the documents and in Tuya's own clients
        message["sys"] = {"ack": int(ack)}
    if code is not None:
        message["code"] = code
    if data is not None:
        message["data"] = data
    payload = encode(message)
    if len(payload) > MOST_BYTES:
        raise MessageTooLarge(f"A message of {len(payload)} bytes is too large; {MOST_BYTES} are allowed")
    return payload


def parse(payload: Any) -> Message:
    """Return what a payload says; raises MessageInvalid.

    Lenient where it does no harm: numbers may be text, `sys.ack` may be a boolean, and what is missing has its default.
    """
    if not isinstance(payload, (bytes, bytearray, str)):
        raise MessageInvalid("A message has no text")
    if len(payload) > _LONGEST_RECEIVED:
        raise MessageInvalid("A message is too large")
    try:
        raw = json.loads(payload, parse_constant=_refuse_constant)
    except ValueError, RecursionError:
        raise MessageInvalid("A message is not JSON") from None
    if not isinstance(raw, dict):
        raise MessageInvalid("A message is not a JSON object")
    msg_id = raw.get("msgId", "")
    if isinstance(msg_id, int) and not isinstance(msg_id, bool):
        msg_id = str(msg_id)
    if not isinstance(msg_id, str):
        raise MessageInvalid("The id of a message is no text")
    sys = raw.get("sys")
    code = raw.get("code")
    return Message(
        msg_id=msg_id,
        time=to_milliseconds(raw.get("time")),
        data=raw.get("data"),
        code=None if code is None else _required_integer(code),
        ack=bool(to_integer(sys.get("ack"))) if isinstance(sys, dict) else False,
        raw=raw,
    )


def to_integer(value: Any) -> int | None:
    """Return an integer that came as a number, as text or as a boolean; None for anything else."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value == int(value) else None
    return int(value) if isinstance(value, int) else None


def to_milliseconds(value: Any) -> int:
    """Return a time that came in seconds (10 digits) or milliseconds (13 digits) in milliseconds, 0 for anything else."""
    time = to_integer(value)
    if time is None or time < 0:
        return 0
    return time * 1000 if time < 100_000_000_000 else time


def _required_integer(value: Any) -> int:
    if (number := to_integer(value)) is None or isinstance(value, bool):
        raise MessageInvalid("The code of a message is no number")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
