"""What happens before the lens and at the button of a simulated camera, by chance, and to its battery and its card.

A model: how often somebody walks by is ours. Everything that happens by chance comes from one source, so that the same source
and the same steps make the same events.
"""

import math
from random import Random
import time

from .camera import IpcCameraSimulator

MOTION_EVERY = 150.0
RING_EVERY = 400.0
"""Seconds between two of them, in the middle; a doorbell that rings sees somebody, too."""
_DRAIN_EVERY = 900.0
"""Seconds of being awake in which a battery loses a percent."""


class CameraLife:
    """The life of one camera. One that is off, or whose privacy mode is on, sees nothing."""

    def __init__(self, camera: IpcCameraSimulator, rng: Random, *, doorbell: bool) -> None:
        """Belong to a camera; `doorbell`: it has a button."""
        self._camera = camera
        self._rng = rng
        self._doorbell = doorbell
        self._drained = 0.0

    def step(self, seconds: float) -> int:
        """Let time go by; return how many reports that made."""
        camera = self._camera
        if not camera.online:
            return 0
        reports = self._drain(seconds)
        if self._doorbell and self._happens(seconds, RING_EVERY):
            # A press is what wakes such a camera by itself
            camera.wake()
            camera.report({"doorbell_active": str(int(time.time()))})
            camera.trigger("doorbell")
            reports += 2
        elif self._sees and self._happens(seconds, MOTION_EVERY):
            camera.wake()
            camera.trigger("motion")
            reports += 1
        return reports

    @property
    def _sees(self) -> bool:
        values = self._camera.values
        return values.get("motion_switch") is not False and values.get("basic_private") is not True

    def _drain(self, seconds: float) -> int:
        camera = self._camera
        charge = camera.values.get("wireless_electricity")
        if not camera.battery or camera.sleep_state == "asleep" or not isinstance(charge, int):
            return 0
        self._drained += seconds
        percent, self._drained = divmod(self._drained, _DRAIN_EVERY)
        if not percent:
            return 0
        # Somebody charges it in time
        left = charge - int(percent)
        camera.report({"wireless_electricity": left if left > 0 else 100})
        return 1

    def _happens(self, seconds: float, mean: float) -> bool:
        return self._rng.random() < -math.expm1(-seconds / mean)
