"""Calling the actions of a thing model (CallDeviceActionSync, CallDeviceActionAsync).

The cloud tells that a device is away not as an error but in the answer's `Status` (protocol page 1.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from typing import Any, Final

from .api import TencentApi
from .errors import ActionFailed, DeviceOffline
from .loose import as_mapping, as_text, from_json

_DONE: Final = frozenset({"", "success", "succeed", "ok", "sent", "0"})
_AWAY: Final = ("offline", "unreachable", "not online")


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionResult:
    """What became of an action. `outputs` are the device's parameters by id, empty where it gave none or was not waited for.

    `client_token` is the id by which the device's later answer is pushed.
    """

    client_token: str
    status: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


async def call_action_sync(
    api: TencentApi, product_id: str, device_name: str, action_id: str, inputs: Mapping[str, Any] | None = None
) -> ActionResult:
    """Call an action and wait for the device's answer; raises DeviceOffline, ActionFailed or another TencentError."""
    return await _call(api, "CallDeviceActionSync", product_id, device_name, action_id, inputs)


async def call_action_async(
    api: TencentApi, product_id: str, device_name: str, action_id: str, inputs: Mapping[str, Any] | None = None
) -> ActionResult:
    """Call an action and do not wait for the device; raises DeviceOffline, ActionFailed or another TencentError."""
    return await _call(api, "CallDeviceActionAsync", product_id, device_name, action_id, inputs)


async def _call(
    api: TencentApi,
    action: str,
    product_id: str,
    device_name: str,
    action_id: str,
    inputs: Mapping[str, Any] | None,
) -> ActionResult:
    answer = await api.call(
        action,
        {
            "ProductId": product_id,
            "DeviceName": device_name,
            "ActionId": action_id,
            "InputParams": json.dumps(dict(inputs), ensure_ascii=False, separators=(",", ":")) if inputs else None,
        },
    )
    status = as_text(answer.get("Status"))
    if any(word in status.lower() for word in _AWAY):
        raise DeviceOffline("The device is offline")
    if status.lower() not in _DONE:
        raise ActionFailed(f"The device did not do it: {status[:80]}", status=status)
    return ActionResult(
        client_token=as_text(answer.get("ClientToken")),
        status=status,
        outputs=as_mapping(from_json(answer.get("OutputParams"))),
    )
