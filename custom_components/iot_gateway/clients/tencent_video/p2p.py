"""What an X-P2P agent needs to reach a device: its P2PInfo, which changes whenever the device restarts (protocol page 2.1)."""

from dataclasses import dataclass, field
from typing import Final

from .api import TencentApi
from .devices import get_device_data
from .errors import DeviceOffline, NotFound, NotSupported, UnknownTencentError
from .loose import as_integer, as_text

XP2P_PROPERTY: Final = "_sys_xp2p_info"


@dataclass(frozen=True, kw_only=True, slots=True)
class P2pInfo:
    """The text that opens connections to a device, a secret; `reported` is when it told it, in seconds since the epoch."""

    text: str = field(repr=False)
    reported: int | None = None


async def get_p2p_info(api: TencentApi, product_id: str, device_name: str) -> P2pInfo:
    """Return how a device is reached; raises DeviceOffline where it has never told it, or another TencentError.

    Where the call is not for this product, the system's property says the same.
    """
    try:
        answer = await api.call("DescribeP2PInfo", {"ProductId": product_id, "DeviceName": device_name})
    except NotFound, NotSupported, UnknownTencentError:
        text, reported = "", None
    else:
        text, reported = as_text(answer.get("P2PInfo")), as_integer(answer.get("ReportTime"))
    if not text:
        value, reported = (await get_device_data(api, product_id, device_name)).get(XP2P_PROPERTY, ("", None))
        text, reported = as_text(value), reported // 1000 if reported else None
    if not text:
        raise DeviceOffline("The device has not told how it is reached; it has not been online yet")
    return P2pInfo(text=text, reported=reported or None)
