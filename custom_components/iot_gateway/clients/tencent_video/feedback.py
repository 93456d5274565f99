"""Messages from a device, which the agent passes on to a webhook (seed 002, "发送信令", `/feedback`)."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import Any, Final

from .calls import CallSignal
from .loose import as_text, from_json

MAX_FEEDBACK_BYTES: Final = 16 * 1024
"""What the document advises a message to have at most."""
_PRIVATE: Final = "iv_private_cmd"


class FeedbackInvalid(Exception):
    """A request that no device's message is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFeedback:
    """A device says something about a call."""

    product_id: str
    device_name: str
    signal: CallSignal


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFeedback:
    """A device says something in its maker's own form."""

    product_id: str
    device_name: str
    message: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherFeedback:
    """A device says something of the platform's that is unknown here."""

    product_id: str
    device_name: str
    command: str


def parse_feedback(query: Mapping[str, str], body: bytes | str) -> CallFeedback | MessageFeedback | OtherFeedback:
    """Return what a device says; raises FeedbackInvalid. `query` is the request's, which names the device."""
    product_id, device_name = as_text(query.get("product_id")), as_text(query.get("device_name"))
    if not (product_id and device_name):
        raise FeedbackInvalid("The message names no device")
    if len(body.encode() if isinstance(body, str) else body) > MAX_FEEDBACK_BYTES:
        raise FeedbackInvalid("The message is too long")
    message = from_json(body)
    if not isinstance(message, dict):
        raise FeedbackInvalid("The message is not a JSON object")
    if _PRIVATE not in message:
        return MessageFeedback(product_id=product_id, device_name=device_name, message=message)
    command = as_text(message[_PRIVATE])
    try:
        return CallFeedback(product_id=product_id, device_name=device_name, signal=CallSignal(command))
    except ValueError:
        return OtherFeedback(product_id=product_id, device_name=device_name, command=command)


def feedback_reply(status: int = 0) -> str:
    """Return what answers a message; 0 says that it was taken."""
    return json.dumps({"status": str(status)})
