"""Bringing the devices of a cloud's list to the hub: each needs its specification, which costs a call and so is kept."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import batched
import logging
from typing import Final, Protocol

from ..clients.tuya_cloud.api import TuyaCloudApi
from ..clients.tuya_cloud.devices import CloudDevice, Specification, get_specification
from ..clients.tuya_cloud.errors import CloudError
from ..hub import Hub
from ..model import Device, parse_tuya_schema
from ..sharing import Sharing
from .tuya_cloud_kept import KeptDevices
from .tuya_cloud_list import describe

_LOGGER = logging.getLogger(__name__)

_AT_ONCE: Final = 5
_RENEWED: Final = 5
"""How many old specifications are read again at a time."""


class Listed(Protocol):
    """Who has the list."""

    devices: dict[str, CloudDevice]


class DeviceBringer:
    """Brings listed devices to the hub. `note` is told what kept it from that."""

    def __init__(
        self, hub: Hub, api: TuyaCloudApi, kept: KeptDevices, listed: Listed, *, note: Callable[[CloudError], None]
    ) -> None:
        """Have brought nothing yet."""
        self._hub = hub
        self._api = api
        self._kept = kept
        self._listed = listed
        self._note = note
        self._sharing = Sharing.of(hub.hass)
        self._bringing = asyncio.Lock()

    async def bring_missing(self) -> bool:
        """Bring the listed devices that no entry has; return whether all specifications could be had, the others come later."""
        async with self._bringing:
            listed = self._listed.devices
            taken = self._sharing.taken(self._hub, listed)
            wanted = [
                device
                for device_id, device in listed.items()
                if device_id not in self._hub.devices and device_id not in taken
            ]
            known = {device.id: kept for device in wanted if (kept := self._kept.specification(device)) is not None}
            await self._add(known)
            unknown = (device for device in wanted if device.id not in known)
            for some in batched(unknown, _AT_ONCE, strict=False):
                found, failure = await self._read_specifications(some)
                await self._add(found)
                if failure is not None:
                    self._note(failure)
                    _LOGGER.debug("%s did not tell what its devices can: %s", self._hub.entry.title, failure)
                    return False
            return True

    async def renew(self) -> None:
        """Read a few specifications again that are old; a device whose own has changed is set up anew."""
        stale = [
            device
            for device_id, device in self._listed.devices.items()
            if device_id in self._hub.devices and self._kept.is_stale(device_id)
        ][:_RENEWED]
        before = {device.id: self._kept.specification(device) for device in stale}
        found, failure = await self._read_specifications(stale)
        if failure is not None:
            _LOGGER.debug("%s did not tell again what its devices can: %s", self._hub.entry.title, failure)
        await self._add(
            {
                device_id: specification
                for device_id, specification in found.items()
                if specification != before[device_id] and device_id in self._hub.devices
            }
        )

    async def _read_specifications(
        self, devices: Sequence[CloudDevice]
    ) -> tuple[dict[str, Specification], CloudError | None]:
        """Read specifications at the same time; return and keep those that could be had, and why others could not."""
        outcomes = await asyncio.gather(
            *(get_specification(self._api, device.id) for device in devices), return_exceptions=True
        )
        found = {}
        failure: CloudError | None = None
        for device, outcome in zip(devices, outcomes, strict=True):
            if isinstance(outcome, CloudError):
                failure = outcome
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                self._kept.keep(device, outcome)
                found[device.id] = outcome
        return found, failure

    async def _add(self, specifications: Mapping[str, Specification]) -> None:
        """Hand devices to the hub, unless another entry has them by now or they are gone."""
        await self._hub.take_over(specifications.keys() - self._sharing.taken(self._hub, specifications))
        taken = self._sharing.taken(self._hub, specifications)
        listed = self._listed.devices
        self._hub.add_devices(
            self._make_device(listed[device_id], specification)
            for device_id, specification in specifications.items()
            if device_id in listed and device_id not in taken
        )

    def _make_device(self, listed: CloudDevice, specification: Specification) -> Device:
        """Return the device that the hub gets."""
        called = describe(listed)
        schema = self._hub.quirks.apply(
            parse_tuya_schema(specification.category or listed.category, specification.functions, specification.status),
            device_id=listed.id,
            product_id=listed.product_id,
            reported=listed.status,
        )
        for event in self._kept.events(listed.id):
            schema = schema.with_event(event)
        present = self._hub.devices.get(listed.id)
        status = listed.status
        if present is not None:
            # Messages have told more than the list
            status = {**status, **present.schema.sent(present.state)}
        device = Device(
            id=listed.id,
            schema=schema,
            name=called.name,
            model=called.model,
            product_id=called.product_id,
            parent=listed.gateway_id or None,
            online=listed.online if present is None else present.online,
        )
        device.apply(schema.received(status))
        return device
