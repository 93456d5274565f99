"""What people do: they move, press buttons, open doors and ring bells."""

from dataclasses import dataclass
from random import Random
from typing import Any, override

from ..device import SimulatedDevice
from ..schema import limits
from .base import Behaviour, Values


@dataclass(frozen=True, slots=True)
class Habit:
    """A code that goes to `active` every `every` seconds or so, and back to `idle` after `lasting` or so."""

    category: str
    code: str
    active: Any
    idle: Any
    every: float
    lasting: float


HABITS = (
    Habit("pir", "pir", "pir", "none", 90.0, 20.0),
    Habit("hps", "presence_state", "presence", "none", 240.0, 600.0),
    Habit("mcs", "doorcontact_state", True, False, 400.0, 60.0),
    Habit("zd", "shock_state", "vibration", "normal", 900.0, 5.0),
    Habit("ms", "doorbell", True, False, 1800.0, 5.0),
    Habit("qtxyz", "lid_closed", False, True, 600.0, 30.0),
)

_PRESS_EVERY = 120.0
_UNLOCK_EVERY = 900.0
_RING_EVERY = 1800.0
_STAY_OPEN = 8.0
# Seconds that something lasts at least, so that a person in front of the page sees it.
_SHORTEST = 3.0


class TwoStates(Behaviour):
    """A habit, with chance in when it begins and how long it lasts."""

    def __init__(self, device: SimulatedDevice, rng: Random, habit: Habit) -> None:
        """Begin in the state that the device is in."""
        super().__init__(device, rng)
        self._habit = habit
        before = device.value[habit.code]
        # Devices have words of their own for nothing going on ("nopir").
        self._idle = habit.idle if before == habit.active else before
        self._left = self._duration()

    @override
    def step(self, seconds: float) -> Values:
        habit = self._habit
        if self.device.value.get(habit.code) == habit.active:
            self._left -= seconds
            if self._left > 0:
                return {}
            self._left = self._duration()
            return {habit.code: self._idle}
        return {habit.code: habit.active} if self.happens(seconds, habit.every) else {}

    def _duration(self) -> float:
        return max(_SHORTEST, self.rng.gauss(self._habit.lasting, self._habit.lasting / 4))


class Buttons(Behaviour):
    """A wireless switch whose buttons are pressed; a press is a report, also of the same value again."""

    @override
    def step(self, seconds: float) -> Values:
        if not self.happens(seconds, _PRESS_EVERY):
            return {}
        press = self.rng.choices(("click", "double_click", "press"), (6, 2, 1))[0]
        return {self.rng.choice(_buttons(self.device)): press}


class Doorbell(Behaviour):
    """A doorbell that somebody rings; it tells the time of it as text."""

    _rung = 1_763_700_000

    @override
    def step(self, seconds: float) -> Values:
        if not self.happens(seconds, _RING_EVERY):
            return {}
        self._rung += 1
        return {"doorbell_active": str(self._rung)}


class Unlocking(Behaviour):
    """A lock that a known finger opens; the door closes again after a while."""

    _open_for = 0.0

    @override
    def step(self, seconds: float) -> Values:
        if self.device.value.get("closed_opened") == "open":
            self._open_for -= seconds
            return {} if self._open_for > 0 else {"closed_opened": "closed", "lock_motor_state": False}
        if not self.happens(seconds, _UNLOCK_EVERY):
            return {}
        self._open_for = _STAY_OPEN
        return {"unlock_fingerprint": self.rng.randint(1, 4), "closed_opened": "open", "lock_motor_state": True}


def _can_be(device: SimulatedDevice, habit: Habit) -> bool:
    entry = device.entry(habit.code)
    options = limits(entry).get("range") if entry else None
    return options is None or habit.active in options


def _buttons(device: SimulatedDevice) -> list[str]:
    return [code for code in device.value if code.startswith("switch_mode") and code[11:].isdecimal()]


def people(device: SimulatedDevice, rng: Random) -> list[Behaviour]:
    """Return what a device does of this module."""
    behaviours: list[Behaviour] = [
        TwoStates(device, rng, habit)
        for habit in HABITS
        if habit.category == device.category and habit.code in device.value and _can_be(device, habit)
    ]
    if _buttons(device):
        behaviours.append(Buttons(device, rng))
    if "doorbell_active" in device.value:
        behaviours.append(Doorbell(device, rng))
    if "unlock_fingerprint" in device.value and "closed_opened" in device.value:
        behaviours.append(Unlocking(device, rng))
    return behaviours
