"""Messages to a device over MQTT, in a form of the maker's own (action PublishMessage; seed 002, "设备透传指令控制")."""

from base64 import b64encode
from typing import Final, Literal

from .api import TencentApi
from .errors import MessageTooLong

MAX_MESSAGE_BYTES: Final = 16 * 1024
"""What the platform's MQTT takes as one message."""


async def publish_message(
    api: TencentApi,
    product_id: str,
    device_name: str,
    payload: str | bytes,
    *,
    topic: str | None = None,
    qos: Literal[0, 1] = 0,
) -> None:
    """Send a message to a device, by default to its topic `{product}/{device}/data`.

    Bytes go as base64, which the cloud undoes; a text goes as it is. Raises MessageTooLong or another TencentError.
    """
    size = len(payload.encode() if isinstance(payload, str) else payload)
    if size > MAX_MESSAGE_BYTES:
        raise MessageTooLong(f"The message has {size} bytes, {MAX_MESSAGE_BYTES} are the most")
    await api.call(
        "PublishMessage",
        {
            "ProductId": product_id,
            "DeviceName": device_name,
            "Topic": topic or f"{product_id}/{device_name}/data",
            "Payload": payload if isinstance(payload, str) else b64encode(payload).decode(),
            "Qos": qos,
            "PayloadEncoding": None if isinstance(payload, str) else "base64",
        },
    )
