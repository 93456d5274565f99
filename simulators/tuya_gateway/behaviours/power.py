"""Consumption and the counting of it."""

from base64 import b64decode, b64encode
import binascii
from random import Random
from typing import override

from ..device import SimulatedDevice
from .base import Behaviour, Timer, Values

_REPORT_EVERY = 5.0
_SECONDS_PER_KWH = 3_600_000.0
# A meter tells of its energy when another 0.01 kWh has come together.
_ENERGY_STEP = 0.01
_PHASE_LENGTH = 8


class SocketMeter(Behaviour):
    """The meter of a socket or breaker: power while it's on, and add_ele.

    add_ele is no total: each report of it is what has been used since the report before, so an equal value again is as
    much energy again.
    """

    def __init__(self, device: SimulatedDevice, rng: Random) -> None:
        """Take the power that the device reports now as what it usually takes."""
        super().__init__(device, rng)
        self._usual = device.value["cur_power"] / self.scale("cur_power")
        self._watts = self._usual
        self._energy = 0.0
        self._timer = Timer(_REPORT_EVERY)

    @override
    def step(self, seconds: float) -> Values:
        on = self.is_on("switch_1", "switch")
        self._energy += (self._watts if on else 0.0) * seconds / _SECONDS_PER_KWH
        values: Values = {}
        if self._timer.due(seconds):
            self._watts = max(0.0, self._usual * self.rng.gauss(1.0, 0.05))
            values |= self._reading(self._watts if on else 0.0)
        elif not on and self.device.value["cur_power"]:
            # Switching off shows at once.
            values |= self._reading(0.0)
        if "add_ele" in self.device.value and self._energy >= _ENERGY_STEP:
            increment = int(self._energy * self.scale("add_ele"))
            self._energy -= increment / self.scale("add_ele")
            values["add_ele"] = self.bounded("add_ele", increment)
        return values

    def _reading(self, watts: float) -> Values:
        readings = {"cur_power": self.bounded("cur_power", watts * self.scale("cur_power"))}
        if "cur_current" in self.device.value:
            volts = 230.0
            if "cur_voltage" in self.device.value:
                volts = max(1.0, self.device.value["cur_voltage"] / self.scale("cur_voltage"))
            units = 1000.0 if self.unit("cur_current").lower() == "ma" else 1.0
            readings["cur_current"] = self.bounded("cur_current", watts / volts * units * self.scale("cur_current"))
        return {code: value for code, value in readings.items() if value != self.device.value[code]}


class PhaseMeter(Behaviour):
    """A meter with phases as Raw (2 bytes of 0.1 V, 3 of mA, 3 of W, big-endian) and a total in kWh."""

    def __init__(self, device: SimulatedDevice, rng: Random) -> None:
        """Take what the phases read now as what they usually read."""
        super().__init__(device, rng)
        self._usual = {code: phase for code in _PHASES if (phase := parse_phase(device.value.get(code)))}
        self._watts = sum(watts for _, _, watts in self._usual.values())
        self._energy = 0.0
        self._timer = Timer(_REPORT_EVERY)

    @override
    def step(self, seconds: float) -> Values:
        self._energy += self._watts * seconds / _SECONDS_PER_KWH
        if not self._timer.due(seconds):
            return {}
        values: Values = {}
        self._watts = 0.0
        for code, (volts, _, usual) in self._usual.items():
            watts = max(0.0, usual * self.rng.gauss(1.0, 0.1))
            self._watts += watts
            values[code] = word_phase(self.rng.gauss(volts, 0.8), watts)
        increment = int(self._energy * self.scale(_TOTAL))
        if increment:
            self._energy -= increment / self.scale(_TOTAL)
            values[_TOTAL] = self.bounded(_TOTAL, self.device.value[_TOTAL] + increment)
        return values


class Counter(Behaviour):
    """A flow, of energy or of water, that varies, and the totals that it makes grow."""

    def __init__(self, device: SimulatedDevice, rng: Random, flow: str, totals: tuple[str, ...]) -> None:
        """Take what flows now as what usually does."""
        super().__init__(device, rng)
        self._code = flow
        self._usual = device.value[flow] / self.scale(flow)
        self._flow = self._usual
        self._totals = {code: 0.0 for code in totals if isinstance(device.value.get(code), int)}
        self._timer = Timer(_REPORT_EVERY)

    @override
    def step(self, seconds: float) -> Values:
        for code in self._totals:
            self._totals[code] += self._flow * seconds / _SECONDS_PER[self.unit(self._code)]
        if not self._timer.due(seconds):
            return {}
        self._flow = max(0.0, self._usual * self.rng.gauss(1.0, 0.08))
        values: Values = {self._code: self.bounded(self._code, self._flow * self.scale(self._code))}
        for code, grown in self._totals.items():
            increment = int(grown * self.scale(code))
            if increment:
                self._totals[code] -= increment / self.scale(code)
                values[code] = self.bounded(code, self.device.value[code] + increment)
        return {code: value for code, value in values.items() if value != self.device.value[code]}


_SECONDS_PER = {"W": _SECONDS_PER_KWH, "kW": _SECONDS_PER_KWH / 1000, "L/min": 60.0}
"""Seconds in which one of a unit makes one of what its total counts: kWh, litres."""
_FLOWS = {
    "power_total": ("forward_energy_total", "charge_energy_once"),
    "pv_power_total": ("cumulative_energy_generated_pv",),
    "flow_velocity": ("water_use_data",),
}

_TOTAL = "forward_energy_total"
_PHASES = ("phase_a", "phase_b", "phase_c")


def parse_phase(value: object) -> tuple[float, float, float] | None:
    """Return volts, amperes and watts of a phase's base64, None if it isn't one."""
    if not isinstance(value, str):
        return None
    try:
        data = b64decode(value, validate=True)
    except binascii.Error:
        return None
    if len(data) != _PHASE_LENGTH:
        return None
    return (
        int.from_bytes(data[:2]) / 10,
        int.from_bytes(data[2:5]) / 1000,
        float(int.from_bytes(data[5:])),
    )


def word_phase(volts: float, watts: float) -> str:
    """Return the base64 of a phase."""
    current = round(watts / volts * 1000)
    return b64encode(round(volts * 10).to_bytes(2) + current.to_bytes(3) + round(watts).to_bytes(3)).decode()


def power(device: SimulatedDevice, rng: Random) -> list[Behaviour]:
    """Return what a device does of this module."""
    behaviours: list[Behaviour] = []
    if isinstance(device.value.get("cur_power"), int):
        behaviours.append(SocketMeter(device, rng))
    if isinstance(device.value.get(_TOTAL), int) and any(parse_phase(device.value.get(code)) for code in _PHASES):
        behaviours.append(PhaseMeter(device, rng))
    behaviours += (
        Counter(device, rng, flow, totals)
        for flow, totals in _FLOWS.items()
        if isinstance(device.value.get(flow), int) and device.value[flow] > 0
    )
    return behaviours
