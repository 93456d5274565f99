"""Readings that wander or say the same in another unit, and batteries that run down."""

import math
from random import Random
from typing import override

from ..device import SimulatedDevice
from .base import Behaviour, Timer, Values, codes_that_are_only_read

# How far a reading is usually away from where it began, in its own unit.
SPREAD = {
    "bright_value": 600.0,
    "ch2o_value": 0.005,
    "co2_value": 150.0,
    "cur_voltage": 1.5,
    "gas_sensor_value": 0.2,
    "humidity": 4.0,
    "humidity_current": 4.0,
    "humidity_indoor": 4.0,
    "humidity_value": 4.0,
    "illuminance_value": 60.0,
    "leakage_current": 1.5,
    "pm1": 2.0,
    "pm10": 4.0,
    "pm25": 3.0,
    "pm25_value": 3.0,
    "salinity": 0.3,
    "smoke_sensor_value": 1.0,
    "supply_frequency": 0.02,
    "target_dis_closest": 40.0,
    "temp_current": 0.8,
    "temp_indoor": 0.8,
    "temp_value": 2.0,
    "va_humidity": 4.0,
    "va_temperature": 0.8,
    "voc_value": 0.03,
    "water_ph": 0.05,
}
# Something else of the device moves these when it has the code beside them.
_DRIVEN = {"temp_current": "temp_set", "humidity_current": "humidity_set", "humidity_indoor": "dehumidify_set_value"}

_RELAXATION = 900.0
_REPORT_EVERY = 10.0
_BATTERY_PERCENT = 6 * 3600.0


class Drift(Behaviour):
    """A reading that wanders around the value that it began with (an Ornstein-Uhlenbeck process).

    It is reported when the raw value has changed, at most every ten seconds.
    """

    def __init__(self, device: SimulatedDevice, rng: Random, code: str) -> None:
        """Wander around what the device reads now."""
        super().__init__(device, rng)
        self._code = code
        self._home = self._at = float(device.value[code])
        self._spread = SPREAD[code] * self.scale(code)
        self._timer = Timer(_REPORT_EVERY)
        self._is_float = isinstance(device.value[code], float)

    @override
    def step(self, seconds: float) -> Values:
        kept = math.exp(-seconds / _RELAXATION)
        noise = self._spread * math.sqrt(1 - kept * kept) * self.rng.gauss()
        self._at = self._home + (self._at - self._home) * kept + noise
        if not self._timer.due(seconds):
            return {}
        reading = round(max(0.0, self._at), 1) if self._is_float else self.bounded(self._code, self._at)
        return {} if reading == self.device.value.get(self._code) else {self._code: reading}


class Fahrenheit(Behaviour):
    """A temperature that the device tells, or is set to, in degrees Celsius and Fahrenheit: each follows the other."""

    def __init__(self, device: SimulatedDevice, rng: Random, code: str) -> None:
        """Join `code` and the one that ends in _f."""
        super().__init__(device, rng)
        self._celsius = code
        self._fahrenheit = f"{code}_f"
        self._seen = device.value[self._celsius], device.value[self._fahrenheit]

    @override
    def step(self, seconds: float) -> Values:
        celsius, fahrenheit = self.device.value[self._celsius], self.device.value[self._fahrenheit]
        if (celsius, fahrenheit) == self._seen:
            return {}
        if fahrenheit != self._seen[1]:
            degrees = (fahrenheit / self.scale(self._fahrenheit) - 32) / 1.8
            celsius = self.bounded(self._celsius, degrees * self.scale(self._celsius))
        else:
            degrees = celsius / self.scale(self._celsius) * 1.8 + 32
            fahrenheit = self.bounded(self._fahrenheit, degrees * self.scale(self._fahrenheit))
        self._seen = celsius, fahrenheit
        values = {self._celsius: celsius, self._fahrenheit: fahrenheit}
        return {code: value for code, value in values.items() if value != self.device.value[code]}


class Battery(Behaviour):
    """A battery that loses a percent now and then, unless it is charged; it never runs empty."""

    @override
    def step(self, seconds: float) -> Values:
        level = self.device.value["battery_percentage"]
        if level <= 1 or self.device.value.get("charge_state") is True:
            return {}
        return {"battery_percentage": level - 1} if self.happens(seconds, _BATTERY_PERCENT) else {}


def air(device: SimulatedDevice, rng: Random) -> list[Behaviour]:
    """Return what a device does of this module."""
    behaviours: list[Behaviour] = [
        Drift(device, rng, code)
        for code in codes_that_are_only_read(device, SPREAD)
        if _DRIVEN.get(code) not in device.value or code not in _DRIVEN
    ]
    behaviours.extend(
        Fahrenheit(device, rng, code)
        for code in ("temp_set", "temp_current")
        if isinstance(device.value.get(code), int) and isinstance(device.value.get(f"{code}_f"), int)
    )
    if codes_that_are_only_read(device, ["battery_percentage"]):
        behaviours.append(Battery(device, rng))
    return behaviours
