"""The devices of a product, what they last reported, and setting their properties.

Actions DescribeDevices, DescribeDevice, DescribeDeviceData, ControlDeviceData. **The cloud sends each device's DevicePsk in
clear**: it is dropped here and reaches nothing else of the program.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
import json
from typing import Any, Literal

from .api import TencentApi
from .loose import as_flag, as_integer, as_mapping, as_text, entries, from_json
from .paging import pages_by_offset


class Online(Enum):
    """Whether a device is connected, by the cloud's numbers."""

    OFFLINE = 0
    ONLINE = 1
    UNKNOWN = 2
    NEVER_ACTIVATED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A device as the cloud lists it. Times are seconds since the epoch, None where there are none.

    `expires` is when the licence of the device ends.
    """

    product_id: str
    name: str
    online: Online = Online.UNKNOWN
    login_time: int | None = None
    enabled: bool = True
    expires: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ControlResult:
    """What became of a command: `sent` says that the device is connected and was sent it.

    `result` is the cloud's whole answer to that, `data` what it wrote back; both empty where it told nothing.
    """

    sent: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    data: str = field(default="", repr=False)


async def list_devices(api: TencentApi, product_id: str) -> list[Device]:
    """Return all devices of a product; raises TencentError."""
    found: dict[str, Device] = {}
    async for page in pages_by_offset(api, "DescribeDevices", {"ProductId": product_id}, "Devices"):
        for entry in entries(page):
            if name := as_text(entry.get("DeviceName")):
                found[name] = _device(product_id, name, entry)
    return list(found.values())


async def get_device(api: TencentApi, product_id: str, device_name: str) -> Device:
    """Return one device; raises TencentError."""
    answer = await api.call("DescribeDevice", {"ProductId": product_id, "DeviceName": device_name})
    # Some versions of the API wrap it
    entry = answer["Device"] if isinstance(answer.get("Device"), dict) else answer
    return _device(product_id, device_name, entry)


async def get_device_data(api: TencentApi, product_id: str, device_name: str) -> dict[str, tuple[Any, int | None]]:
    """Return what a device last reported: value and time (milliseconds since the epoch), by the property's id.

    System properties are among them, also `_sys_xp2p_info`, which is a secret. Raises TencentError.
    """
    answer = await api.call("DescribeDeviceData", {"ProductId": product_id, "DeviceName": device_name})
    values = as_mapping(from_json(answer.get("Data")))
    return {
        id_: (entry.get("Value"), as_integer(entry.get("LastUpdate"))) if isinstance(entry, dict) else (entry, None)
        for id_, entry in values.items()
    }


async def control_device_data(
    api: TencentApi,
    product_id: str,
    device_name: str,
    values: Mapping[str, Any],
    *,
    method: Literal["desired", "reported"] = "desired",
    timestamp: int | None = None,
) -> ControlResult:
    """Set properties by their ids; returns once the cloud has taken them, raises TencentError.

    A device that is away gets them when it is back; `sent` of the result tells. A struct has to be written as a whole.
    `timestamp` is in milliseconds since the epoch.
    """
    answer = await api.call(
        "ControlDeviceData",
        {
            "ProductId": product_id,
            "DeviceName": device_name,
            "Data": json.dumps(dict(values), ensure_ascii=False, separators=(",", ":")),
            "Method": method,
            "DataTimestamp": timestamp,
        },
    )
    result = as_mapping(from_json(answer.get("Result")))
    return ControlResult(sent=as_flag(result.get("Sent")), result=result, data=as_text(answer.get("Data")))


def _device(product_id: str, name: str, entry: Mapping[str, Any]) -> Device:
    """Return the device that an entry of the list describes, without its key."""
    try:
        online = Online(as_integer(entry.get("Online")))
    except ValueError:
        online = Online.UNKNOWN
    enabled = as_integer(entry.get("EnableState"))
    return Device(
        product_id=product_id,
        name=name,
        online=online,
        login_time=as_integer(entry.get("LoginTime")) or None,
        enabled=enabled != 0,
        expires=as_integer(entry.get("ExpireTime")) or None,
    )
