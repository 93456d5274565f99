"""What the cloud asks of a device: to set properties and to run actions (protocols page B3).

Both have to be answered with what came of it, by `answer_set` and `answer_action`. By the documents a device answers a set only
where `sys.ack` asks for that (`PropertySet.ack`); the page's own flow always does, which tells the cloud more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from . import topics
from .errors import MessageInvalid
from .messages import Message

if TYPE_CHECKING:
    from .link import TuyaLink

DONE: Final = 0
"""Answer code: it was done."""
FAILED: Final = 1001
"""Answer code: it could not be done. The documents say no more than that anything but 0 is a failure; these are the cloud's."""
INVALID: Final = 1002
"""Answer code: a value or a parameter is not what the model says."""
UNREADABLE: Final = 1003
"""Answer code: the message is not what the protocol says."""
NO_DEVICE: Final = 1004
"""Answer code: we have no such device."""
OFFLINE: Final = 2001
"""Answer code: the device cannot be reached."""
NO_PROPERTY: Final = 2003
"""Answer code: the device has no such property."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertySet:
    """Properties to be set, as the cloud writes their values, by code; `time` is the cloud's, in milliseconds or 0."""

    device_id: str
    values: Mapping[str, Any] = field(repr=False)
    msg_id: str
    ack: bool = False
    time: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCall:
    """An action to be run, with its input parameters by code; `time` is the cloud's, in milliseconds or 0."""

    device_id: str
    code: str
    inputs: Mapping[str, Any] = field(repr=False)
    msg_id: str
    time: int = 0


def parse_property_set(device_id: str, message: Message) -> PropertySet:
    """Return what a message on `thing/property/set` says; raises MessageInvalid."""
    values = message.data
    if not message.msg_id or not isinstance(values, dict) or not values:
        raise MessageInvalid("A property set names no properties")
    return PropertySet(device_id=device_id, values=values, msg_id=message.msg_id, ack=message.ack, time=message.time)


def parse_action_call(device_id: str, message: Message) -> ActionCall:
    """Return what a message on `thing/action/execute` says; raises MessageInvalid."""
    match message.data:
        case {"actionCode": str(code), **rest} if code and message.msg_id:
            inputs = rest.get("inputParams") or {}
            if isinstance(inputs, dict):
                return ActionCall(
                    device_id=device_id, code=code, inputs=inputs, msg_id=message.msg_id, time=message.time
                )
    raise MessageInvalid("An action call names no action")


async def answer_set(link: TuyaLink, command: PropertySet, code: int = DONE) -> None:
    """Say what came of a property set; raises LinkLost."""
    await link.publish(topics.PROPERTY_SET, None, device_id=command.device_id, msg_id=command.msg_id, code=code)


async def answer_action(
    link: TuyaLink, call: ActionCall, code: int = DONE, outputs: Mapping[str, Any] | None = None
) -> None:
    """Say what came of an action, with its output parameters by code; raises LinkLost and, for the outputs, MessageTooLarge."""
    await link.publish(
        topics.ACTION_EXECUTE,
        {"actionCode": call.code, "outputParams": dict(outputs or {})},
        device_id=call.device_id,
        msg_id=call.msg_id,
        code=code,
    )
