"""Firmware over the air (protocols page B3): our version is reported, and an issued firmware honestly declined."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from . import topics
from .errors import MessageInvalid
from .messages import Message, to_integer

if TYPE_CHECKING:
    from .link import TuyaLink

MAIN_CHANNEL: Final = 0
"""The channel of the main module's firmware."""
UNKNOWN_ERROR: Final = 40
"""The documented codes are 40 unknown, 41 and 46 battery, 42 storage, 43 and 47 memory, 44 download time, 45 verification, 48
version, 49 hmac, 50 gateway busy; none says that there is no such thing as an update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareIssued:
    """A firmware that a device is told to install. Its addresses are left out: nobody downloads it."""

    device_id: str
    channel: int
    version: str
    ct_id: str = ""
    upgrade_type: int | None = None
    size: int | None = None


def parse_firmware_issued(device_id: str, message: Message) -> FirmwareIssued:
    """Return what a message on `ota/issue` says; raises MessageInvalid."""
    data = message.data
    if not isinstance(data, dict):
        raise MessageInvalid("An issued firmware has no data")
    return FirmwareIssued(
        device_id=device_id,
        channel=to_integer(data.get("channel")) or MAIN_CHANNEL,
        version=_text(data.get("version")),
        ct_id=_text(data.get("ctId")),
        upgrade_type=to_integer(data.get("upgradeType")),
        size=to_integer(data.get("size")),
    )


async def report_version(
    link: TuyaLink,
    version: str,
    *,
    device_id: str | None = None,
    product_id: str | None = None,
    channel: int = MAIN_CHANNEL,
) -> None:
    """Report the version that runs; raises LinkLost. The cloud doesn't answer.

    Args:
        link: that carries it.
        version: such as 1.1.6.
        device_id: of the device, ours by default.
        product_id: of that device, which the documents' sample has.
        channel: of the firmware. The `firmwareKey` of the sample belongs to module firmware, and is left out.
    """
    data: dict[str, Any] = {"bizType": "INIT"}
    if product_id is not None:
        data["pid"] = product_id
    data["otaChannel"] = [{"channel": channel, "version": version}]
    await link.publish(topics.FIRMWARE_REPORT, data, device_id=device_id)


async def answer_not_supported(link: TuyaLink, issued: FirmwareIssued) -> None:
    """Say that an issued firmware will not be installed; raises LinkLost."""
    data = {
        "channel": issued.channel,
        "progress": 0,
        "errorCode": UNKNOWN_ERROR,
        "errorMsg": "This device cannot be updated from the cloud",
    }
    await link.publish(topics.FIRMWARE_PROGRESS, data, device_id=issued.device_id)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
