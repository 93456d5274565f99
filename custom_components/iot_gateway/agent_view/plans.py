"""The plans of cloud storage, each read once a day however many want to know of it."""

import asyncio
from collections.abc import Callable
import time
from typing import Final

from ..clients.tencent_video import StoragePlan, StoredCamera, TencentApi, get_plan

_AGE: Final = 86400.0


class KnownPlans:
    """The plans of the cameras of one entry."""

    def __init__(self, api: TencentApi, now: Callable[[], float] = time.time) -> None:
        """Know nothing yet; `now` gives seconds since the epoch."""
        self._api = api
        self._now = now
        self._plans: dict[StoredCamera, tuple[float, StoragePlan]] = {}
        self._locks: dict[StoredCamera, asyncio.Lock] = {}

    async def get(self, camera: StoredCamera) -> StoragePlan:
        """Return a camera's plan as it was at some time of the last day; raises TencentError."""
        async with self._locks.setdefault(camera, asyncio.Lock()):
            known = self._plans.get(camera)
            if known is None or self._now() - known[0] >= _AGE:
                known = self._plans[camera] = (self._now(), await get_plan(self._api, camera))
            return known[1]

    def drop(self, product_id: str, device_name: str) -> None:
        """Forget a device."""
        for camera in [one for one in self._locks if (one.product_id, one.device_name) == (product_id, device_name)]:
            del self._locks[camera]
            self._plans.pop(camera, None)
