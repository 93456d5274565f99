"""The rows of entities that stand for several data points at once: a light, a thermostat, a vacuum cleaner."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, override

from homeassistant.components.alarm_control_panel import AlarmControlPanelEntityDescription
from homeassistant.components.alarm_control_panel.const import AlarmControlPanelState
from homeassistant.components.climate import ClimateEntityDescription
from homeassistant.components.climate.const import HVACMode
from homeassistant.components.cover import CoverEntityDescription
from homeassistant.components.fan import FanEntityDescription
from homeassistant.components.humidifier import HumidifierEntityDescription
from homeassistant.components.image import ImageEntityDescription
from homeassistant.components.light import LightEntityDescription
from homeassistant.components.lock import LockEntityDescription
from homeassistant.components.siren import SirenEntityDescription
from homeassistant.components.vacuum import StateVacuumEntityDescription
from homeassistant.components.vacuum.const import VacuumActivity
from homeassistant.components.valve.entity import ValveEntityDescription
from homeassistant.components.water_heater import WaterHeaterEntityDescription

from ..model import DataPoint, DataType
from ..model.light_scene import COLOR_MODES, SCENE_MODE, WHITE_MODES
from .rows import Row

type Codes = tuple[str, ...]
"""The codes that a role may have, best first: a device has the role under the first that it has in a fitting form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """What one data point is to a composite entity.

    It must be of one of `types`, and settable where `settable`; an Enum must have all options that are `among` its own.
    One that the entity `claims` gets no entity of its own; one that it doesn't is shown twice, as a measured
    temperature is.
    """

    types: tuple[DataType, ...]
    settable: bool = True
    claims: bool = True
    among: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class CompositeRow(Row):
    """What an entity of several data points is: a field for each role, with the codes that it may have.

    `KEY_ROLE` is the role of the data point that the key (or `code`) names; a row of a kind without one stands for
    the whole device. Of each set in `NEEDS` a device must have one role, one of `requires` where a row names any, and
    all of `requires_all`. What has a role in `shared` gets an entity of its own besides, in this row too.
    """

    ROLES: ClassVar[Mapping[str, Role]] = {}
    NEEDS: ClassVar[tuple[frozenset[str], ...]] = ()
    KEY_ROLE: ClassVar[str | None] = None

    requires: frozenset[str] = frozenset()
    requires_all: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()

    def resolve(self, points: Mapping[str, DataPoint], taken: Container[str]) -> dict[str, str] | None:
        """Return the code of each role that the device has, None where what it has makes no such entity.

        A code that is `taken` can only have a role that doesn't claim it.
        """
        roles: dict[str, str] = {}
        for name, role in self.ROLES.items():
            candidates: Codes = getattr(self, name, ())
            if name == self.KEY_ROLE:
                candidates = (self.data_point, *candidates)
            for code in candidates:
                point = points.get(code)
                if (
                    point is not None
                    and point.type in role.types
                    and (point.writable if role.settable else point.reported)
                    and role.among.issubset(point.options)
                    and not (self.claims(name) and code in taken)
                ):
                    roles[name] = code
                    break
        needs = (*self.NEEDS, self.requires) if self.requires else self.NEEDS
        has_all = self.requires_all <= roles.keys() and all(need & roles.keys() for need in needs)
        return roles if has_all else None

    def claims(self, role: str) -> bool:
        """Whether what has this role gets no entity of its own."""
        return self.ROLES[role].claims and role not in self.shared

    def claimed(self, roles: Mapping[str, str]) -> frozenset[str]:
        """Return the codes, of those that have the roles, that get no entity of their own."""
        return frozenset(code for name, code in roles.items() if self.claims(name))


_BOOLEAN = (DataType.BOOLEAN,)
_ENUM = (DataType.ENUM,)
_NUMBER = (DataType.INTEGER, DataType.FLOAT)
_TEXT = (DataType.JSON, DataType.STRING, DataType.RAW)
_LIGHT_MODES = frozenset({*WHITE_MODES, *COLOR_MODES, SCENE_MODE, "music"})


@dataclass(frozen=True, kw_only=True)
class LightRow(CompositeRow, LightEntityDescription):
    """A light; its key is the data point that switches it.

    `counts_to_1000` says that saturation, value and scenes do so where neither its schema nor its other data points
    tell; else they go to 255.
    """

    KEY_ROLE = "switch"
    NEEDS = (frozenset({"switch"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "work_mode": Role(types=_ENUM),
        "brightness": Role(types=_NUMBER),
        "brightness_min": Role(types=_NUMBER, settable=False, claims=False),
        "brightness_max": Role(types=_NUMBER, settable=False, claims=False),
        "color_temp": Role(types=_NUMBER),
        "color": Role(types=_TEXT),
        "scene": Role(types=_TEXT),
    }
    work_mode: Codes = ()
    brightness: Codes = ()
    brightness_min: Codes = ()
    brightness_max: Codes = ()
    color_temp: Codes = ()
    color: Codes = ()
    scene: Codes = ()
    counts_to_1000: bool = False

    @override
    def resolve(self, points: Mapping[str, DataPoint], taken: Container[str]) -> dict[str, str] | None:
        """Return the code of each role; what only bears the name of a light's data point has none."""
        if (roles := super().resolve(points, taken)) is None:
            return None
        modes = points[roles["work_mode"]].options if "work_mode" in roles else ()
        if not _LIGHT_MODES.intersection(modes):
            # The mode of something else: a fan, a humidifier
            roles.pop("work_mode", None)
        if SCENE_MODE not in modes:
            roles.pop("scene", None)
        if "color_temp" in roles and points[roles["color_temp"]].unit.endswith(("℃", "℉", "°C", "°F")):
            del roles["color_temp"]
        return roles


@dataclass(frozen=True, kw_only=True, slots=True)
class CoverCommands:
    """What a control takes: the value that opens, the one that closes, and the one that stops where there is one."""

    open: str | bool
    close: str | bool
    stop: str | None = None

    def swapped(self) -> CoverCommands:
        """Return the commands of a motor that runs the other way."""
        return CoverCommands(open=self.close, close=self.open, stop=self.stop)


OPEN_CLOSE = CoverCommands(open="open", close="close", stop="stop")
"""What the standard sets have."""

BOOLEAN_COMMANDS = CoverCommands(open=True, close=False)
"""What a Boolean takes."""

COVER_COMMANDS = (
    OPEN_CLOSE,
    BOOLEAN_COMMANDS,
    CoverCommands(open="FZ", close="ZZ", stop="STOP"),
    CoverCommands(open="fz", close="zz", stop="stop"),
    CoverCommands(open="on", close="off", stop="stop"),
    CoverCommands(open="up", close="down", stop="stop"),
    CoverCommands(open="1", close="2", stop="3"),
)
"""All that is known of controls of covers: ZZ and FZ are a motor's two directions in legacy sets."""


@dataclass(frozen=True, kw_only=True)
class CoverRow(CompositeRow, CoverEntityDescription):
    """A cover; its key is the data point that opens, stops and closes it, else the one that sets its position.

    `commands` are what may open and close it; a control that takes others only makes no cover.
    Percentages say how far it is closed, unless `percent_open`, or while `motor_direction` (named by rows of
    devices whose percentages turn round with it) is `open_direction`. The other fields are the words of the state.
    """

    KEY_ROLE = "control"
    NEEDS = (frozenset({"control", "set_position"}),)
    ROLES: ClassVar = {
        "control": Role(types=(DataType.ENUM, DataType.BOOLEAN)),
        "position": Role(types=_NUMBER, settable=False),
        "set_position": Role(types=_NUMBER),
        "state": Role(types=(DataType.ENUM, DataType.BOOLEAN), settable=False, claims=False),
        "motion": Role(types=_ENUM, settable=False, claims=False),
        "tilt": Role(types=_NUMBER),
        "motor_direction": Role(types=_ENUM, settable=False, claims=False),
    }
    position: Codes = ()
    set_position: Codes = ()
    state: Codes = ()
    motion: Codes = ()
    tilt: Codes = ()
    motor_direction: Codes = ()

    commands: tuple[CoverCommands, ...] = COVER_COMMANDS
    percent_open: bool = False
    open_direction: str = "back"
    opened: frozenset[str] = frozenset({"open", "opened", "fully_open"})
    closed: frozenset[str] = frozenset({"close", "closed", "fully_close"})
    opening: str = "opening"
    closing: str = "closing"

    @override
    def resolve(self, points: Mapping[str, DataPoint], taken: Container[str]) -> dict[str, str] | None:
        """Return the code of each role, None where nothing under the row's own code moves the cover."""
        roles = super().resolve(points, taken)
        if roles is None or self.data_point not in (roles.get("control"), roles.get("set_position")):
            return None
        return roles if "control" not in roles or self.commands_of(points[roles["control"]]) else None

    def commands_of(self, control: DataPoint) -> CoverCommands | None:
        """Return what a control takes, None where it takes nothing that opens and closes a cover."""
        if control.type is DataType.BOOLEAN:
            return BOOLEAN_COMMANDS if BOOLEAN_COMMANDS in self.commands else None
        for known in self.commands:
            if {known.open, known.close} <= set(control.options):
                return known if known.stop in control.options else replace(known, stop=None)
        return None


_TEMPERATURES: Mapping[str, Role] = {
    "target_temperature": Role(types=_NUMBER),
    "target_temperature_f": Role(types=_NUMBER),
    "current_temperature": Role(types=_NUMBER, settable=False, claims=False),
    "current_temperature_f": Role(types=_NUMBER, settable=False, claims=False),
}


@dataclass(frozen=True, kw_only=True)
class TemperaturesRow(CompositeRow):
    """What has a target and a measured temperature, each in degrees Celsius, Fahrenheit or both."""

    target_temperature: Codes = ("temp_set",)
    target_temperature_f: Codes = ("temp_set_f",)
    current_temperature: Codes = ("temp_current",)
    current_temperature_f: Codes = ("temp_current_f",)


@dataclass(frozen=True, kw_only=True)
class ClimateRow(TemperaturesRow, ClimateEntityDescription):
    """A thermostat, a radiator valve, an air conditioner or a heater.

    `base_mode` is what it does where it is on and no mode says what.
    """

    key: str = "climate"
    translation_key: str | None = "climate"
    main: bool = True
    NEEDS = (frozenset({"target_temperature", "target_temperature_f", "switch", "mode", "current_temperature"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "mode": Role(types=_ENUM),
        **_TEMPERATURES,
        "target_humidity": Role(types=_NUMBER),
        "current_humidity": Role(types=_NUMBER, settable=False, claims=False),
        "fan_mode": Role(types=_ENUM),
        "swing": Role(types=_BOOLEAN),
        "swing_horizontal": Role(types=_BOOLEAN),
        "swing_vertical": Role(types=_BOOLEAN),
        "swing_mode": Role(types=_ENUM, claims=False),
        "action": Role(types=(DataType.ENUM, DataType.BOOLEAN, *_NUMBER), settable=False, claims=False),
    }
    base_mode: HVACMode
    switch: Codes = ("switch", "power_switch")
    mode: Codes = ("mode",)
    target_humidity: Codes = ("humidity_set",)
    current_humidity: Codes = ("humidity_current", "humidity_value", "humidity", "humidity_indoor")
    fan_mode: Codes = ("fan_speed_enum", "windspeed", "fan_speed", "fan_mode")
    swing: Codes = ("swing", "shake")
    swing_horizontal: Codes = ("switch_horizontal",)
    swing_vertical: Codes = ("switch_vertical",)
    swing_mode: Codes = ("windshake",)
    action: Codes = ("work_state", "work_status", "valve_state", "valve_open_degree")


@dataclass(frozen=True, kw_only=True)
class FanRow(CompositeRow, FanEntityDescription):
    """A fan, or what blows air: a purifier, a dehumidifier."""

    key: str = "fan"
    translation_key: str | None = "fan"
    main: bool = True
    NEEDS = (frozenset({"switch", "speed", "oscillation", "direction"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "speed": Role(types=(*_NUMBER, DataType.ENUM)),
        "preset": Role(types=_ENUM),
        "oscillation": Role(types=_BOOLEAN),
        "direction": Role(types=_ENUM, among=frozenset({"forward", "reverse"})),
    }
    switch: Codes = ("switch_fan", "fan_switch", "switch")
    speed: Codes = ("fan_speed_percent", "fan_speed", "speed", "fan_speed_enum")
    preset: Codes = ("fan_mode", "mode")
    oscillation: Codes = ("switch_horizontal", "switch_vertical")
    direction: Codes = ("fan_direction",)


@dataclass(frozen=True, kw_only=True)
class HumidifierRow(CompositeRow, HumidifierEntityDescription):
    """A humidifier or dehumidifier; its key is the data point that switches it, or would if others didn't."""

    key: str = "switch"
    translation_key: str | None = "humidifier"
    main: bool = True
    KEY_ROLE = "switch"
    NEEDS = (frozenset({"switch"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "target_humidity": Role(types=_NUMBER),
        "current_humidity": Role(types=_NUMBER, settable=False, claims=False),
        "mode": Role(types=_ENUM),
    }
    switch: Codes = ("switch_spray",)
    target_humidity: Codes = ()
    current_humidity: Codes = ()
    mode: Codes = ("mode",)


@dataclass(frozen=True, kw_only=True)
class VacuumRow(CompositeRow, StateVacuumEntityDescription):
    """A vacuum cleaner.

    `activities` says what each `status` means. Where a device has no Boolean for an order, one of the modes in
    `start_modes`, `stop_modes` or `home_modes` gives it; one of `spot_modes` cleans the spot.
    """

    key: str = "vacuum"
    NEEDS = (frozenset({"start", "pause", "charge", "locate", "mode", "fan_speed", "status"}),)
    ROLES: ClassVar = {
        "start": Role(types=_BOOLEAN),
        "pause": Role(types=_BOOLEAN),
        "charge": Role(types=_BOOLEAN),
        "locate": Role(types=_BOOLEAN),
        "mode": Role(types=_ENUM, claims=False),
        "fan_speed": Role(types=_ENUM),
        "status": Role(types=(DataType.ENUM, DataType.STRING), settable=False, claims=False),
        "fault": Role(types=(DataType.BITMAP,), settable=False, claims=False),
    }
    start: Codes = ()
    pause: Codes = ()
    charge: Codes = ()
    locate: Codes = ()
    mode: Codes = ()
    fan_speed: Codes = ()
    status: Codes = ()
    fault: Codes = ()
    activities: Mapping[str, VacuumActivity] = field(default_factory=dict)
    start_modes: tuple[str, ...] = ()
    stop_modes: tuple[str, ...] = ()
    home_modes: tuple[str, ...] = ()
    spot_modes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ValveRow(CompositeRow, ValveEntityDescription):
    """A valve; its key is the data point that opens it, `set_position` sets how far it does."""

    KEY_ROLE = "switch"
    NEEDS = (frozenset({"switch"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "position": Role(types=_NUMBER, settable=False, claims=False),
        "set_position": Role(types=_NUMBER),
    }
    position: Codes = ()
    set_position: Codes = ()


@dataclass(frozen=True, kw_only=True)
class SirenRow(CompositeRow, SirenEntityDescription):
    """A siren; its key is the data point that sounds it: a switch, or else a mode, one of whose options is silence.

    A device that has one of `unless` is another row's. `sounding` are the options of a mode that sound it, best
    first; `volumes` those of a volume, from the lowest up. What sets how it sounds stays to be set without sounding it.
    """

    KEY_ROLE = "switch"
    NEEDS = (frozenset({"switch", "mode"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "mode": Role(types=_ENUM, claims=False),
        "volume": Role(types=(DataType.ENUM, DataType.INTEGER), claims=False),
        "duration": Role(types=_NUMBER, claims=False),
        "tone": Role(types=_ENUM, claims=False),
    }
    mode: Codes = ()
    volume: Codes = ()
    duration: Codes = ()
    tone: Codes = ()

    unless: Codes = ()
    sounding: Codes = ("alarm_sound_light", "alarm_sound")
    silence: str = "normal"
    volumes: Codes = ("mute", "low", "middle", "high")

    @override
    def resolve(self, points: Mapping[str, DataPoint], taken: Container[str]) -> dict[str, str] | None:
        """Return the code of each role, None where another row has the siren or where it could not be silenced."""
        roles = super().resolve(points, taken)
        if roles is None or any(code in points for code in self.unless):
            return None
        if "mode" in roles:
            options = points[roles["mode"]].options
            if self.silence not in options or not set(self.sounding) & set(options):
                return None
        return roles


@dataclass(frozen=True, kw_only=True)
class AlarmControlPanelRow(CompositeRow, AlarmControlPanelEntityDescription):
    """An alarm panel; its key is the data point that arms it.

    `modes` gives the panel's state by the option of that data point; while `state` is `alarm` it is triggered, unless
    the message names one of `harmless`.
    """

    KEY_ROLE = "mode"
    NEEDS = (frozenset({"mode"}),)
    ROLES: ClassVar = {
        "mode": Role(types=_ENUM),
        "state": Role(types=_ENUM, settable=False, claims=False),
        "message": Role(types=_TEXT, settable=False, claims=False),
    }
    state: Codes = ()
    message: Codes = ()

    modes: Mapping[str, AlarmControlPanelState] = field(
        default_factory=lambda: {
            "disarmed": AlarmControlPanelState.DISARMED,
            "arm": AlarmControlPanelState.ARMED_AWAY,
            "home": AlarmControlPanelState.ARMED_HOME,
            "sos": AlarmControlPanelState.TRIGGERED,
        }
    )
    alarm: str = "alarm"
    harmless: Codes = ("Sensor Low Battery",)

    @override
    def resolve(self, points: Mapping[str, DataPoint], taken: Container[str]) -> dict[str, str] | None:
        """Return the code of each role, None where what could be a panel has no mode that is known."""
        roles = super().resolve(points, taken)
        return roles if roles is not None and self.modes.keys() & set(points[roles["mode"]].options) else None


@dataclass(frozen=True, kw_only=True)
class LockRow(CompositeRow, LockEntityDescription):
    """A lock, where something can be set that locks or unlocks it.

    `lock` is True while it is locked, `motor` while it is not. `lock_order` and `unlock_order` are orders, given by
    setting True, that tell nothing of the state.
    """

    key: str = "lock"
    ROLES: ClassVar = {
        "lock": Role(types=_BOOLEAN),
        "set_motor": Role(types=_BOOLEAN),
        "motor": Role(types=_BOOLEAN, settable=False),
        "lock_order": Role(types=_BOOLEAN),
        "unlock_order": Role(types=_BOOLEAN),
    }
    NEEDS = (frozenset({"lock", "set_motor", "lock_order", "unlock_order"}),)
    lock: Codes = ()
    set_motor: Codes = ()
    motor: Codes = ()
    lock_order: Codes = ()
    unlock_order: Codes = ()


@dataclass(frozen=True, kw_only=True)
class WaterHeaterRow(TemperaturesRow, WaterHeaterEntityDescription):
    """A water heater, by gas, electricity or heat pump."""

    key: str = "water_heater"
    translation_key: str | None = "water_heater"
    main: bool = True
    NEEDS = (frozenset({"target_temperature", "target_temperature_f"}), frozenset({"switch", "mode"}))
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "mode": Role(types=_ENUM),
        **_TEMPERATURES,
    }
    switch: Codes = ("switch",)
    mode: Codes = ("mode",)


@dataclass(frozen=True, kw_only=True)
class CameraRow(CompositeRow):
    """A camera; what can be set of it stays to be set by entities of its own.

    Home Assistant's own description of cameras adds nothing, and importing it takes packages that only cameras need.
    """

    ROLES: ClassVar = {
        "privacy": Role(types=_BOOLEAN, claims=False),
        "recording": Role(types=_BOOLEAN, settable=False, claims=False),
        "motion_detection": Role(types=_BOOLEAN, claims=False),
    }
    privacy: Codes = ()
    recording: Codes = ()
    motion_detection: Codes = ()


@dataclass(frozen=True, kw_only=True)
class EventImageRow(CompositeRow, ImageEntityDescription):
    """The picture of the last of all events that a camera tells of, each of which is an event of its own, too."""

    NEEDS = (frozenset({"movement", "doorbell", "detection", "alarm"}),)
    ROLES: ClassVar = {
        "movement": Role(types=_TEXT, settable=False, claims=False),
        "doorbell": Role(types=_TEXT, settable=False, claims=False),
        "detection": Role(types=_TEXT, settable=False, claims=False),
        "alarm": Role(types=_TEXT, settable=False, claims=False),
    }
    movement: Codes = ()
    doorbell: Codes = ()
    detection: Codes = ()
    alarm: Codes = ()

    @property
    def codes(self) -> frozenset[str]:
        """All data points that may tell of a picture."""
        return frozenset(code for role in self.ROLES for code in getattr(self, role))
