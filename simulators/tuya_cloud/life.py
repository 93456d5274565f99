"""Lets the devices of a simulated cloud live: those of every kind as behind a gateway, cameras by whoever simulates them."""

from collections.abc import Callable, Mapping
import math
from random import Random
from typing import Any, override

from simulators.tuya_gateway.behaviours import Behaviour
from simulators.tuya_gateway.device import SimulatedDevice
from simulators.tuya_gateway.life import Life

from .devices import CloudDevice
from .server import TuyaCloudSimulator

_SEEN = "movement_detect_pic"
_SEEN_EVERY = 150.0
"""Seconds, in the middle."""


class _Home:
    """A cloud as a home that lives."""

    def __init__(self, cloud: TuyaCloudSimulator) -> None:
        self._cloud = cloud
        self.command_listeners: list[Callable[[SimulatedDevice, Mapping[str, Any]], None]] = []
        cloud.command_listeners.append(self._commanded)

    @property
    def devices(self) -> Mapping[str, SimulatedDevice]:
        """What the cloud has."""
        return self._cloud.devices

    async def report(self, devid: str, values: Mapping[str, Any]) -> None:
        """Let a device report."""
        self._cloud.report(devid, values)

    def _commanded(self, device: CloudDevice, values: Mapping[str, Any]) -> None:
        for listener in self.command_listeners:
            listener(device, values)


class CloudLife(Life):
    """The life of a cloud's devices, and of whoever is in its `life_listeners`."""

    def __init__(self, cloud: TuyaCloudSimulator, *, seed: int = 0, rate: float = 1.0) -> None:
        """Look after the devices of a cloud, also those that join later."""
        self._cloud = cloud
        self._chance = Random(f"{seed}:pictures")
        super().__init__(_Home(cloud), seed=seed, rate=rate)

    @override
    async def step(self, seconds: float) -> int:
        reports = await super().step(seconds) + self._see(seconds)
        return reports + sum(listener(seconds) for listener in list(self._cloud.life_listeners))

    @override
    def behaviours_of(self, device: SimulatedDevice, rng: Random) -> list[Behaviour]:
        if isinstance(device, CloudDevice) and device.camera is not None:
            return []  # what they see comes with pictures
        return super().behaviours_of(device, rng)

    def _see(self, seconds: float) -> int:
        """Let cameras that nobody can watch, and therefore nobody simulates, see somebody; return how many did."""
        watching = [
            device
            for device in self._cloud.devices.values()
            if device.camera is not None and not device.camera.supports_webrtc and device.online
            # As long as they are to look
            if device.value.get("motion_switch") is not False and device.value.get("basic_private") is not True
            if device.reports(_SEEN)
        ]
        seen = [device for device in watching if self._chance.random() < -math.expm1(-seconds / _SEEN_EVERY)]
        for device in seen:
            self._cloud.picture_event(device.id, _SEEN)
        return len(seen)
