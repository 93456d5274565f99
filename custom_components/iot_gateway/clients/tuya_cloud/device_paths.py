"""Calls about a device, by whichever of its two paths the project has (protocols page, 1.4 and 1.6)."""

from collections.abc import Mapping
from typing import Any

from .api import TuyaCloudApi
from .errors import NO_SUCH_PATH, CloudError, RequestInvalid


async def call_device(
    api: TuyaCloudApi,
    method: str,
    uid: str,
    device_id: str,
    action: str,
    *,
    name: str,
    body: Mapping[str, Any] | None = None,
    also_after: tuple[type[CloudError], ...] = (),
) -> Any:
    """Call the user's path of a device, and the device's own where the project lacks that one (1108) or we lack the user.

    `also_after` are refusals after which the second path is tried too: a device that was given to another user of the
    project is still the project's.
    """
    if uid:
        try:
            return await api.call(method, f"/v1.0/users/{uid}/devices/{device_id}/{action}", body=body, name=name)
        except RequestInvalid as err:
            if err.code != NO_SUCH_PATH:
                raise
        except CloudError as err:
            if not isinstance(err, also_after):
                raise
    return await api.call(method, f"/v1.0/devices/{device_id}/{action}", body=body, name=name)
