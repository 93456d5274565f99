"""The devices of an account: what the list says of them, and those that it lacks."""

from collections.abc import Mapping
from dataclasses import dataclass
import time
from typing import Final

from homeassistant.core import callback

from ..hub import Hub
from .freshness import ONLINE, Freshness
from .missing import MissingDevices
from .tencent_video_catalogue import Catalogue, ListedDevice

_LOOKS_APART: Final = 3600.0
"""Seconds between two looks for the same device."""
_NEVER: Final = float("-inf")


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What a list has brought: the ids of devices that are there again, and of those that are gone for good."""

    came: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


class DeviceList:
    """Keeps the hub together with the list. `devices` are all that it has, by id, those included that another entry has."""

    def __init__(self, hub: Hub, catalogue: Catalogue, freshness: Freshness) -> None:
        """Know of none yet."""
        self._hub = hub
        self._catalogue = catalogue
        self._freshness = freshness
        self._missing = MissingDevices(hub)
        self._looked_for: dict[str, float] = {}
        self.devices: Mapping[str, ListedDevice] = {}

    @property
    def missing(self) -> frozenset[str]:
        """The devices that the list lacked the last time."""
        return self._missing.ids

    @callback
    def look_for(self, device_id: str) -> bool:
        """Return whether the list should be read for a device that it may have by now: not again and again, it may never."""
        now = time.time()
        product_id = device_id.partition("/")[0]
        looked = self._looked_for.get(device_id, _NEVER)
        if product_id not in self._catalogue.products or device_id in self.devices or now - looked < _LOOKS_APART:
            return False
        self._looked_for = {other: when for other, when in self._looked_for.items() if now - when < _LOOKS_APART}
        self._looked_for[device_id] = now
        return True

    @callback
    def take(self, listed: Mapping[str, ListedDevice], asked_at: float) -> Changes:
        """Take in what the cloud lists: who is there, what they are called, and who is not there any more.

        `asked_at` is when it was asked for, in seconds since the epoch by the cloud's clock.
        """
        if not listed:
            # Who lost a permission, or whose account was emptied by mistake, has not thrown all devices away
            for device_id in list(self._hub.devices):
                self._hub.set_online(device_id, online=False)
            return Changes()
        self.devices = listed
        came = set()
        for device_id, device in listed.items():
            if device_id not in self._hub.devices:
                continue
            called = device.description
            self._hub.describe(device_id, called.name, called.model, called.product_id, None)
            if ONLINE in self._freshness.note_reading(device_id, (ONLINE,), asked_at):
                if device.online and not self._hub.devices[device_id].online:
                    came.add(device_id)
                self._hub.set_online(device_id, online=device.online)
        return Changes(
            came=frozenset(came), gone=frozenset(self._missing.compare(listed, may_go=self._is_of_present_product))
        )

    def _is_of_present_product(self, device_id: str) -> bool:
        # Of a product that is gone the user is told, who then chooses others
        return device_id.partition("/")[0] not in self._catalogue.missing
