"""Reading what devices last reported, one call for each."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
import logging
from typing import Any, Final

from ..clients.tencent_video import PermissionDenied, TencentApi, TencentError, get_device_data
from ..model import Raw
from ..model.tencent_schema import without_system
from .tencent_video_catalogue import ListedDevice
from .tencent_video_errors import OF_COMMAND

_LOGGER = logging.getLogger(__name__)

AT_ONCE: Final = 5
"""Devices that are read at the same time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What was read of a device, without the platform's own properties; `times` are in milliseconds since the epoch.

    `asked_at` is in seconds since the epoch, all by the cloud's clock.
    """

    asked_at: float
    values: Mapping[str, Raw]
    times: Mapping[str, int | None]


class DeviceReader:
    """Reads devices. `note` is told why one could not be read that is no trouble of the others."""

    def __init__(self, api: TencentApi, *, note: Callable[[TencentError], None]) -> None:
        """Be ready to read."""
        self._api = api
        self._note = note

    async def read(self, listed: ListedDevice) -> Reading | None:
        """Return what a device last reported, None where that is not to be had of this one.

        Raises TencentError where none can be read.
        """
        asked_at = self._api.cloud_time
        try:
            data = await get_device_data(self._api, listed.device.product_id, listed.device.name)
        except (*OF_COMMAND, PermissionDenied) as err:
            _LOGGER.debug("%s is not to be read: %s", listed.id, err)
            self._note(err)
            return None
        found = without_system(data)
        return Reading(
            asked_at=asked_at,
            values={code: raw for code, (raw, _) in found.items()},
            times={code: when for code, (_, when) in found.items()},
        )

    async def all_of(self, work: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Do all of some work, and raise one of its errors after that; one that is no TencentError goes before the others."""
        outcomes = await asyncio.gather(*work, return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failures:
            raise next((one for one in failures if not isinstance(one, TencentError)), failures[0])
