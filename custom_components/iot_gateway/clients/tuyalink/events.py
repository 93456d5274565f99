"""What happens at a device (protocols page B3, `thing/event/trigger`)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import topics

if TYPE_CHECKING:
    from .link import TuyaLink


async def trigger_event(
    link: TuyaLink,
    device_id: str,
    code: str,
    outputs: Mapping[str, Any],
    time: int,
    *,
    ack: bool = True,
    timeout: float = 10.0,
) -> None:
    """Report an event.

    Args:
        link: that carries it.
        device_id: of the device, ours or a sub-device's.
        code: of the event in the model.
        outputs: its output parameters by code.
        time: of the event, milliseconds since the epoch.
        ack: wait for the cloud's answer; without, for the broker's confirmation only.
        timeout: seconds that the answer may take.

    Raises:
        LinkLost, MessageTooLarge, MessageInvalid; with `ack` also CloudRefused and AnswerTimeout.
    """
    data = {"eventCode": code, "eventTime": time, "outputParams": dict(outputs)}
    if ack:
        await link.request(topics.EVENT_TRIGGER, data, device_id=device_id, timeout=timeout)
    else:
        await link.publish(topics.EVENT_TRIGGER, data, device_id=device_id)
