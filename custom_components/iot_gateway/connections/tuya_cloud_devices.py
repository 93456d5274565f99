"""The devices of a project: what its list says of them, what messages say since, and what follows for those that it lacks."""

from collections.abc import Sequence
from dataclasses import replace
import logging
from typing import Any

from homeassistant.core import callback

from ..clients.tuya_cloud.devices import CloudDevice
from ..hub import Hub
from ..live_view import LiveView
from ..sharing import Sharing
from .freshness import Freshness
from .missing import MissingDevices
from .tuya_cloud_kept import KeptDevices
from .tuya_cloud_list import describe, is_news, without_old
from .tuya_cloud_queue_watch import QueueWatch
from .tuya_cloud_timer import ListTimer

_LOGGER = logging.getLogger(__name__)


class DeviceList:
    """Keeps hub and live view together with the list, which `timer` has read.

    `devices` are all that the cloud lists, by id, those included that another entry has. `watch` is to be set where there is
    a queue: it is told what the list says that no message told.
    """

    def __init__(
        self, hub: Hub, timer: ListTimer, *, kept: KeptDevices, freshness: Freshness, live_view: LiveView
    ) -> None:
        """Know of none yet."""
        self._hub = hub
        self._timer = timer
        self._kept = kept
        self._freshness = freshness
        self._live_view = live_view
        self._sharing = Sharing.of(hub.hass)
        self._missing = MissingDevices(hub)
        self._expected: dict[str, bool] = {}
        self._looked_for: set[str] = set()
        self.devices: dict[str, CloudDevice] = {}
        self.watch: QueueWatch | None = None

    @property
    def missing(self) -> frozenset[str]:
        """The devices that the list lacked the last time."""
        return self._missing.ids

    @property
    def is_settled(self) -> bool:
        """Whether the list says all that messages said of who is in it."""
        return not self._expected

    def known(self) -> dict[str, CloudDevice]:
        """Return the devices whose gateway need not be asked for again; it is when the specification is."""
        return {
            device_id: device
            for device_id, device in self.devices.items()
            if device_id not in self._hub.devices or not self._kept.is_stale(device_id)
        }

    # The list

    @callback
    def take(self, listed: Sequence[CloudDevice], asked_at: float) -> None:
        """Take in what the cloud lists: states, names, and what is not there any more.

        `asked_at` is when it was asked for, in seconds since the epoch by the cloud's clock.
        """
        if listed:
            self._take_some(listed, asked_at)
        else:
            self._take_none()
        self._check_expected()

    def _take_some(self, listed: Sequence[CloudDevice], asked_at: float) -> None:
        if self.watch is not None:
            self.watch.note_reading(
                device.id
                for device in listed
                if is_news(device, self._hub.devices.get(device.id), self._freshness, asked_at)
            )
        listed = [
            without_old(
                device, self.devices.get(device.id), self._hub.devices.get(device.id), self._freshness, asked_at
            )
            for device in listed
        ]
        self.devices = {device.id: device for device in listed}
        self._sharing.describe({device.id: describe(device) for device in listed})
        for device in listed:
            if device.id in self._hub.devices:
                self._describe(device)
                self._hub.take(device.id, device.status)
                self._hub.set_online(device.id, device.online)
        self.show_cameras()
        self._drop_gone()

    def _take_none(self) -> None:
        """Show all as away: their account is not linked any more, most likely, which is mended by linking it again."""
        for device_id, expected in self._expected.items():
            if not expected:
                self.devices.pop(device_id, None)
                self._drop(device_id)
        for device_id in self._hub.devices:
            self._hub.set_online(device_id, online=False)

    def _describe(self, device: CloudDevice) -> None:
        called = describe(device)
        self._hub.describe(device.id, called.name, called.model, called.product_id, device.gateway_id or None)

    def _drop_gone(self) -> None:
        """Remove the devices that two lists in a row lack.

        Not those of an account of which nothing is listed any more: it may be linked again.
        """
        accounts = {device.uid for device in self.devices.values()}

        def may_go(device_id: str) -> bool:
            uid = self._kept.uid(device_id)
            return not uid or uid in accounts

        gone = self._missing.compare(
            self.devices,
            may_go=may_go,
            also=[camera.device.id for camera in self._live_view.cameras],
            removed={device_id for device_id, expected in self._expected.items() if not expected},
        )
        for device_id in gone:
            self._drop(device_id)

    def _drop(self, device_id: str) -> None:
        """Remove a device that is gone for good, and all that is known of it."""
        _LOGGER.info("Device %s has left %s", device_id, self._hub.entry.title)
        self._drop_camera(device_id)
        self._hub.remove_device(device_id)
        self._kept.drop(device_id)
        self._freshness.drop(device_id)
        if self.watch is not None:
            self.watch.drop(device_id)

    # Cameras

    @callback
    def show_cameras(self) -> None:
        """Have all cameras watched that no other cloud brings, those included that a gateway has."""
        brought = self._sharing.taken(self._hub, self.devices, by_clouds=True)
        for device_id, device in self.devices.items():
            if device_id not in brought:
                self._live_view.add_camera(device)
            elif self._live_view.get(device_id) is not None:
                self._drop_camera(device_id)
        self._live_view.prepare_again()

    def _drop_camera(self, device_id: str) -> None:
        self._live_view.remove_camera(device_id)
        self._sharing.cameras_changed()

    # What messages say

    @callback
    def update_listed(self, device_id: str, **changes: Any) -> None:
        """Take in what is otherwise about a listed device than the list said."""
        if (listed := self.devices.get(device_id)) is None:
            return
        device = self.devices[device_id] = replace(listed, **changes)
        if "name" in changes:
            self._sharing.describe({device_id: describe(device)})
            if device_id in self._hub.devices:
                self._describe(device)
        if self._live_view.get(device_id) is not None:
            self._live_view.add_camera(device)

    @callback
    def keep_event(self, device_id: str, code: str) -> None:
        """Keep over restarts that a device has an event."""
        self._kept.keep_event(device_id, code)

    @callback
    def look_again(self) -> None:
        """Read the list, some time soon."""
        self._timer.look_later()

    @callback
    def expect_listed(self, device_id: str, *, listed: bool) -> None:
        """Look soon whether a device is in the list, or is not."""
        self._expected[device_id] = listed
        self._looked_for.discard(device_id)
        self._timer.look_soon()

    def _check_expected(self) -> None:
        """Look once more, later, where the list does not have what was said to be added, or has what was removed."""
        for device_id, listed in list(self._expected.items()):
            if (device_id in self.devices) is listed or device_id in self._looked_for:
                del self._expected[device_id]
                self._looked_for.discard(device_id)
            else:
                self._looked_for.add(device_id)
                self._timer.look_later()
