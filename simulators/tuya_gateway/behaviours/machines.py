"""Covers that travel, rooms that warm up, air that is dried, countdowns, sirens that stop, valves."""

from base64 import b64encode
from collections.abc import Mapping
from random import Random
from typing import Any, override

from ..device import SimulatedDevice
from .base import Behaviour, Timer, Values

_REPORT_EVERY = 10.0
_TRAVEL = 20.0
_CHECK = 5.0
_BOLT = 2.0


class Cover(Behaviour):
    """A cover that takes its time to get where it is sent; `end` is what the codes of its motor end in ("" or "_2").

    Its percentages say how far it is closed, or, with control_back_mode "back" and of window openers (mc), how far it is
    open. `control` sends it to an end or stops it, `percent_control` anywhere. With percent_state it tells where it is on
    its way; without, only when it is there.
    """

    def __init__(self, device: SimulatedDevice, rng: Random, end: str = "") -> None:
        """Stand where the device says."""
        super().__init__(device, rng)
        self._end = end
        self._shown = self._code("percent_state") if self._has("percent_state") else self._code("percent_control")
        self._at = self._target = float(device.value[self._shown])
        self._moving = False

    @override
    def commanded(self, values: Mapping[str, Any]) -> None:
        control, percent = values.get(self._code("control")), values.get(self._code("percent_control"))
        if control is None and percent is None:
            return
        if percent is not None:
            self._target = float(percent)
        is_open = 100.0 if self._counts_open() else 0.0
        match control:
            case "open":
                self._target = is_open
            case "close":
                self._target = 100.0 - is_open
            case "stop":
                self._target = self._at
        self._moving = True

    @override
    def step(self, seconds: float) -> Values:
        if not self._moving:
            # Somebody else may have moved it: a test, or a person at the control API.
            self._at = self._target = float(self.device.value[self._shown])
            return {}
        way = self._target - self._at
        reach = 100.0 * seconds / self._travel_time()
        arrived = abs(way) <= reach
        self._at = self._target if arrived else self._at + (reach if way > 0 else -reach)
        values: Values = {}
        if self._has("percent_state"):
            values[self._code("percent_state")] = round(self._at)
        if self._has("work_state") and way:
            values[self._code("work_state")] = "opening" if (way > 0) == self._counts_open() else "closing"
        if arrived:
            self._moving = False
            values[self._code("percent_control")] = round(self._at)
            opened = (round(self._at) == 100) == self._counts_open()
            if self._has("situation_set") and round(self._at) in (0, 100):
                values[self._code("situation_set")] = "fully_open" if opened else "fully_close"
            if self.device.category == "mc" and "status" in self.device.value:
                values["status"] = "closed" if round(self._at) == 0 else "opened"
        return {code: value for code, value in values.items() if value != self.device.value.get(code)}

    def _code(self, name: str) -> str:
        return f"{name}{self._end}"

    def _has(self, name: str) -> bool:
        return self._code(name) in self.device.value

    def _counts_open(self) -> bool:
        """Whether the percentages say how far it is open."""
        return self.device.category == "mc" or self.device.value.get(self._code("control_back_mode")) == "back"

    def _travel_time(self) -> float:
        if milliseconds := self.device.value.get("time_total"):
            return float(milliseconds) / 1000
        return float(self.device.value.get(self._code("tr_timecon")) or _TRAVEL)


class GarageDoor(Behaviour):
    """A garage door whose contact follows the switch when the door has gone all the way."""

    _left: float | None = None

    @override
    def commanded(self, values: Mapping[str, Any]) -> None:
        if "switch_1" in values:
            self._left = float(self.device.value.get("tr_timecon", _TRAVEL))

    @override
    def step(self, seconds: float) -> Values:
        if self._left is None:
            return {}
        self._left -= seconds
        if self._left > 0:
            return {}
        self._left = None
        opened = self.device.value["switch_1"]
        return {} if opened == self.device.value["doorcontact_state"] else {"doorcontact_state": opened}


class Room(Behaviour):
    """A room with something that heats it, or cools it, toward temp_set; left alone it cools down to 16 °C.

    By 3 °C in ten minutes either way: faster than a real one, so that it can be watched.
    """

    _ambient = 16.0
    _speed = 3.0 / 600

    def __init__(self, device: SimulatedDevice, rng: Random) -> None:
        """Begin at the temperature that the device reads."""
        super().__init__(device, rng)
        self._at = device.value["temp_current"] / self.scale("temp_current")
        self._working = False
        self._timer = Timer(_REPORT_EVERY)
        self._ambient = 27.0 if device.category == "kt" else self._ambient

    @override
    def step(self, seconds: float) -> Values:
        target = self.device.value["temp_set"] / self.scale("temp_set")
        mode = self.device.value.get("mode")
        on = self.is_on("switch") and mode not in ("off", "wind", "wet")
        cools = mode == "cold"
        wanted = (self._at - target) if cools else (target - self._at)
        was_working = self._working
        self._working = on and wanted > (0.0 if was_working else 0.3)
        goal = target if self._working else self._ambient
        # A working one overshoots a little, otherwise it would creep up on its target for ever.
        goal += (-0.1 if cools else 0.1) if self._working else 0.0
        pace = self._speed if self._working else self._speed / 6
        way = goal - self._at
        self._at += max(-pace * seconds, min(pace * seconds, way))
        values: Values = {}
        if self._timer.due(seconds):
            values["temp_current"] = self.bounded("temp_current", self._at * self.scale("temp_current"))
        values |= self._valve()
        return {code: value for code, value in values.items() if value != self.device.value[code]}

    def _valve(self) -> Values:
        values: Values = {}
        if "valve_state" in self.device.value:
            values["valve_state"] = "open" if self._working else "close"
        if self.device.value.get("work_state") in ("opened", "closed"):
            values["work_state"] = "opened" if self._working else "closed"
        if self.device.value.get("work_state") in ("heating", "warming"):
            values["work_state"] = "heating" if self._working else "warming"
        if "valve_open_degree" in self.device.value:
            values["valve_open_degree"] = 40 if self._working else 0
        return values


class Moisture(Behaviour):
    """The humidity around a humidifier or dehumidifier that is on, toward what it is set to; left alone, back again."""

    _speed = 1.0 / 20

    def __init__(self, device: SimulatedDevice, rng: Random, reading: str, target: str) -> None:
        """Begin at what the device reads, which is also where it goes back to."""
        super().__init__(device, rng)
        self._reading = reading
        self._target = target
        self._at = self._ambient = float(device.value[reading])
        self._timer = Timer(_REPORT_EVERY)

    @override
    def step(self, seconds: float) -> Values:
        on = self.is_on("switch")
        goal = float(self.device.value[self._target]) if on else self._ambient
        pace = self._speed * seconds
        self._at += max(-pace, min(pace, goal - self._at))
        if not self._timer.due(seconds):
            return {}
        noisy = self.bounded(self._reading, self._at + self.rng.gauss(0, 0.3))
        return {} if noisy == self.device.value[self._reading] else {self._reading: noisy}


class Countdown(Behaviour):
    """A countdown that turns its switch over at the end; reported every ten seconds and at the end."""

    def __init__(self, device: SimulatedDevice, rng: Random, code: str, switch: str) -> None:
        """Count what the state holds."""
        super().__init__(device, rng)
        self._code = code
        self._switch = switch
        self._left = 0.0
        self._timer = Timer(_REPORT_EVERY)

    @override
    def commanded(self, values: Mapping[str, Any]) -> None:
        if self._code in values:
            self._left = float(values[self._code])
            self._timer = Timer(_REPORT_EVERY)

    @override
    def step(self, seconds: float) -> Values:
        if self._left <= 0:
            return {}
        self._left -= seconds
        if self._left <= 0:
            return {self._code: 0, self._switch: not self.device.value[self._switch]}
        return {self._code: round(self._left)} if self._timer.due(seconds) else {}


class Siren(Behaviour):
    """A siren that stops after alarm_time."""

    _left = 0.0

    @override
    def commanded(self, values: Mapping[str, Any]) -> None:
        if "alarm_state" in values:
            minutes = self.unit("alarm_time") == "min"
            self._left = float(self.device.value.get("alarm_time", 1)) * (60 if minutes else 1)

    @override
    def step(self, seconds: float) -> Values:
        if self.device.value["alarm_state"] == "normal" or self._left <= 0:
            return {}
        self._left -= seconds
        return {} if self._left > 0 else {"alarm_state": "normal"}


class SwitchedSiren(Behaviour):
    """A siren with a switch that stops after alarm_time."""

    _left = 0.0

    @override
    def commanded(self, values: Mapping[str, Any]) -> None:
        if values.get("alarm_switch") is True:
            minutes = self.unit("alarm_time") == "min"
            self._left = float(self.device.value.get("alarm_time", 1)) * (60 if minutes else 1)

    @override
    def step(self, seconds: float) -> Values:
        if not self.device.value["alarm_switch"] or self._left <= 0:
            return {}
        self._left -= seconds
        return {} if self._left > 0 else {"alarm_switch": False}


class AlarmPanel(Behaviour):
    """An alarm panel: SOS raises the alarm, any other mode ends it."""

    @override
    def step(self, seconds: float) -> Values:
        mode, state = self.device.value["master_mode"], self.device.value["master_state"]
        if mode == "sos" and state != "alarm":
            values = {"master_state": "alarm"}
            if "alarm_msg" in self.device.value:
                values["alarm_msg"] = b64encode("SOS".encode("utf-16be")).decode()
            return values
        return {"master_state": "normal"} if mode != "sos" and state == "alarm" else {}


class Bolt(Behaviour):
    """The bolt of a lock, which follows manual_lock."""

    _left: float | None = None

    @override
    def commanded(self, values: Mapping[str, Any]) -> None:
        if values.get("manual_lock") is True:
            self._left = _BOLT

    @override
    def step(self, seconds: float) -> Values:
        if self._left is None:
            return {}
        self._left -= seconds
        if self._left > 0:
            return {}
        self._left = None
        return {"lock_motor_state": False} if self.device.value["lock_motor_state"] else {}


class SelfCheck(Behaviour):
    """A detector that tests itself when told to."""

    _left = 0.0

    @override
    def commanded(self, values: Mapping[str, Any]) -> None:
        if values.get("self_checking") is True:
            self._left = _CHECK

    @override
    def step(self, seconds: float) -> Values:
        if self._left <= 0:
            return {}
        self._left -= seconds
        if self._left > 0:
            checking = {"checking_result": "checking"}
            return {} if self.device.value["checking_result"] == "checking" else checking
        return {"checking_result": "check_success", "self_checking": False}


class Irrigation(Behaviour):
    """A water valve that tells whether it runs, and for how long it did."""

    _open_for = 0.0

    @override
    def step(self, seconds: float) -> Values:
        on = any(self.device.value.get(code) for code in ("switch", "switch_1", "switch_2"))
        values: Values = {}
        state = "manual" if on else "idle"
        if on:
            self._open_for += seconds
        if state != self.device.value["work_state"]:
            values["work_state"] = state
            if not on and "use_time_one" in self.device.value:
                values["use_time_one"] = self.bounded("use_time_one", self._open_for)
                self._open_for = 0.0
        return values


def machines(device: SimulatedDevice, rng: Random) -> list[Behaviour]:
    """Return what a device does of this module."""
    value = device.value
    behaviours: list[Behaviour] = []
    behaviours.extend(
        Cover(device, rng, end) for end in ("", "_2", "_3", "_4") if isinstance(value.get(f"percent_control{end}"), int)
    )
    if isinstance(value.get("switch_1"), bool) and "doorcontact_state" in value:
        behaviours.append(GarageDoor(device, rng))
    if isinstance(value.get("temp_set"), int) and isinstance(value.get("temp_current"), int):
        behaviours.append(Room(device, rng))
    behaviours.extend(
        Moisture(device, rng, reading, target)
        for reading, target in (("humidity_current", "humidity_set"), ("humidity_indoor", "dehumidify_set_value"))
        if isinstance(value.get(reading), int) and isinstance(value.get(target), int)
    )
    behaviours.extend(
        Countdown(device, rng, code, switch)
        for code, switch in _countdowns(device)
        if isinstance(value.get(switch), bool) and isinstance(value.get(code), int)
    )
    if isinstance(value.get("alarm_state"), str) and device.writable("alarm_state"):
        behaviours.append(Siren(device, rng))
    if isinstance(value.get("alarm_switch"), bool) and "alarm_time" in value:
        behaviours.append(SwitchedSiren(device, rng))
    if "master_mode" in value and "master_state" in value:
        behaviours.append(AlarmPanel(device, rng))
    if "manual_lock" in value and "lock_motor_state" in value:
        behaviours.append(Bolt(device, rng))
    if "self_checking" in value and "checking_result" in value:
        behaviours.append(SelfCheck(device, rng))
    if device.category in ("sfkzq", "ggq") and "work_state" in value:
        behaviours.append(Irrigation(device, rng))
    return behaviours


def _countdowns(device: SimulatedDevice) -> list[tuple[str, str]]:
    """Return the countdowns of a device and what each switches; those in minutes are settings, not countdowns."""
    switches = {"countdown": ("switch",), "countdown_1": ("switch_1", "switch", "switch_led", "switch_led_1")}
    switches |= {f"countdown_{index}": (f"switch_{index}",) for index in range(2, 9)}
    return [
        (code, switch)
        for code, candidates in switches.items()
        if (entry := device.writable(code)) is not None and '"unit":"min"' not in str(entry.get("values"))
        for switch in [next((one for one in candidates if one in device.value), "")]
        if switch
    ]
