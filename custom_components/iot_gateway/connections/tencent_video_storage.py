"""The plans of cloud storage: read once a day of each camera, shown as diagnostics, and told of where one has ended."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
import logging
import time
from typing import Final

from ..agent_view import KnownPlans
from ..clients.tencent_video import NotFound, NotSupported, PermissionDenied, RequestInvalid, StoragePlan, StoredCamera
from ..hub import Hub
from ..model import Raw
from ..model.tencent_schema import STORAGE_EXPIRES, STORAGE_PLAN
from .call_budget import DAY
from .tencent_video_catalogue import ListedDevice
from .tencent_video_troubles import TencentTroubles

_LOGGER = logging.getLogger(__name__)

_RECORDER: Final = "nvr"
"""A feature of products."""
_RETRY: Final = 3600.0
_EXPIRED_FOR: Final = 30 * DAY
"""Seconds for which the user is told of a plan that has ended. Whoever has not renewed it by then does not want to."""


class StoragePlans:
    """Reads the plans, one a time, so that a start is not slowed by them."""

    def __init__(
        self, hub: Hub, plans: KnownPlans, troubles: TencentTroubles, now: Callable[[], float] = time.time
    ) -> None:
        """Know nothing yet."""
        self._hub = hub
        self._known = plans
        self._troubles = troubles
        self._now = now
        self._due: dict[str, float] = {}
        self._plans: dict[str, StoragePlan] = {}

    def due(self, listed: Iterable[ListedDevice]) -> list[ListedDevice]:
        """Return the devices whose plans are to be read now."""
        now = self._now()
        return [device for device in listed if self._has_plan(device) and self._due.get(device.id, 0.0) <= now]

    def next(self, listed: Iterable[ListedDevice]) -> float | None:
        """Return when the next plan is to be read, in seconds since the epoch; None where there is none."""
        return min((self._due.get(device.id, 0.0) for device in listed if self._has_plan(device)), default=None)

    def postpone(self, listed: Iterable[ListedDevice], wait: float = _RETRY) -> None:
        """Read plans after so many seconds, and not before."""
        self._due |= {device.id: self._now() + wait for device in listed}

    def _has_plan(self, device: ListedDevice) -> bool:
        return device.known.has_storage and device.activated and device.id in self._hub.devices

    async def read_all(self, devices: Collection[ListedDevice]) -> None:
        """Read the plans of devices, later those that may not be read; raises TencentError, PermissionDenied among them."""
        for device in devices:
            try:
                await self._read(device)
            except PermissionDenied:
                self.postpone(devices)
                raise
        self.tell()

    async def _read(self, device: ListedDevice) -> None:
        """Read the plan of a device; raises TencentError where that may be of all devices."""
        # Until it is known otherwise, so that trouble is not fed with calls
        self.postpone([device])
        plan = await self._plan_of(device)
        self.postpone([device], DAY)
        self._plans[device.id] = plan
        if device.id in self._hub.devices:
            self._hub.take(device.id, _values(plan))
        self.tell()

    async def _plan_of(self, device: ListedDevice) -> StoragePlan:
        camera = StoredCamera(product_id=device.device.product_id, device_name=device.device.name)
        # A recorder has a plan for each channel, of which the first stands for all
        recorder = _RECORDER in device.known.product.features
        for one in (replace(camera, channel=0), camera) if recorder else (camera,):
            try:
                plan = await self._known.get(one)
            except (NotFound, NotSupported, RequestInvalid) as err:
                _LOGGER.debug("%s has no plan of cloud storage: %s", device.id, err)
                continue
            if plan.active or plan.type is not None:
                return plan
        return StoragePlan(active=False)

    def tell(self) -> None:
        """Raise or clear the repair of plans that have ended, and have shown what has ended since the plan was read."""
        now = self._now()
        expired = []
        for device_id, plan in self._plans.items():
            if (device := self._hub.devices.get(device_id)) is None:
                continue
            if plan.expires is not None and plan.expires <= now:
                self._hub.take(device_id, {STORAGE_PLAN: "none"})
                if now - plan.expires < _EXPIRED_FOR:
                    expired.append(self._hub.name_of(device))
        self._troubles.storage_expired(expired)

    def drop(self, device_id: str) -> None:
        """Forget a device."""
        self._due.pop(device_id, None)
        self._plans.pop(device_id, None)


def _values(plan: StoragePlan) -> dict[str, Raw]:
    shown = plan.type.value if plan.active and plan.type is not None else "none"
    return {STORAGE_PLAN: shown, STORAGE_EXPIRES: plan.expires}
