"""Waking up devices that sleep to spare their battery (action WakeUpDevice)."""

from .api import TencentApi


async def wake_up_device(api: TencentApi, product_id: str, device_name: str) -> None:
    """Ask a sleeping device to wake up; returns when the cloud has passed it on, raises TencentError."""
    await api.call("WakeUpDevice", {"ProductId": product_id, "DeviceName": device_name})
