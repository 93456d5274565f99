"""The robot vacuum."""

from collections.abc import Mapping
from random import Random
from typing import Any, override

from ..device import SimulatedDevice
from .base import Behaviour, Timer, Values

_WAY_HOME = 20.0
_REPORT_EVERY = 60.0
_CLEANING = ("smart_clean", "spot_clean")


class Robot(Behaviour):
    """A robot that cleans, pauses and finds its dock when told to; the battery drains and fills meanwhile.

    It tells each minute how long and how much it has cleaned, half a square metre a minute, and goes home by itself at 15 %.
    """

    def __init__(self, device: SimulatedDevice, rng: Random) -> None:
        """Begin where the device says."""
        super().__init__(device, rng)
        self._timer = Timer(_REPORT_EVERY)
        self._minutes = 0
        self._way = 0.0
        self._status: str | None = None

    @override
    def commanded(self, values: Mapping[str, Any]) -> None:
        if values.get("switch_charge") is True or values.get("mode") == "chargego":
            self._status = "goto_charge"
            self._way = _WAY_HOME
        elif values.get("pause") is True or values.get("power_go") is False:
            self._status = "paused" if values.get("pause") is True else "standby"
        elif values.get("power_go") is True or values.get("pause") is False:
            if self.device.value["status"] != "paused":
                self._minutes = 0
            self._status = "spot_clean" if self.device.value.get("mode") == "spiral" else "smart_clean"

    @override
    def step(self, seconds: float) -> Values:
        values: Values = {}
        status = self.device.value["status"]
        if self._status is not None:
            values["status"] = status = self._status
            self._status = None
            values["power_go"] = status in _CLEANING
            values["pause"] = status == "paused"
        if self.device.value.get("seek") is True:
            values["seek"] = False
        if status == "goto_charge":
            self._way -= seconds
            if self._way <= 0:
                values |= {"status": "charging", "switch_charge": False}
        elif self._timer.due(seconds):
            values |= self._minute(status)
        return {code: value for code, value in values.items() if value != self.device.value[code]}

    def _minute(self, status: str) -> Values:
        """Return what a minute of cleaning or charging changes."""
        left = int(self.device.value["electricity_left"])
        if status in _CLEANING:
            self._minutes += 1
            values: Values = {
                "electricity_left": max(0, left - 1),
                "clean_time": self._minutes,
                "clean_area": self._minutes // 2,
            }
            if left <= 15:
                values |= {"status": "goto_charge", "power_go": False}
                self._way = _WAY_HOME
            return values
        if status == "charging":
            return {"electricity_left": left + 2} if left < 98 else {"electricity_left": 100, "status": "charge_done"}
        return {}


def cleaning(device: SimulatedDevice, rng: Random) -> list[Behaviour]:
    """Return what a device does of this module."""
    codes = ("status", "power_go", "pause", "switch_charge", "electricity_left", "clean_time", "clean_area")
    return [Robot(device, rng)] if device.category == "sd" and all(code in device.value for code in codes) else []
