"""The rows of entities that stand for several data points at once: a light, a thermostat, a vacuum cleaner."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import ClassVar

from homeassistant.components.alarm_control_panel import AlarmControlPanelEntityDescription
from homeassistant.components.climate import ClimateEntityDescription
from homeassistant.components.cover import CoverEntityDescription
from homeassistant.components.fan import FanEntityDescription
from homeassistant.components.humidifier import HumidifierEntityDescription
from homeassistant.components.light import LightEntityDescription
from homeassistant.components.lock import LockEntityDescription
from homeassistant.components.siren import SirenEntityDescription
from homeassistant.components.vacuum import StateVacuumEntityDescription
from homeassistant.components.valve.entity import ValveEntityDescription
from homeassistant.components.water_heater import WaterHeaterEntityDescription

from ..model import DataPoint, DataType
from .rows import Row

type Codes = tuple[str, ...]
"""The codes that a role may have, best first: a device has the role under the first that it has in a fitting form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """What one data point is to a composite entity.

    It must be of one of `types`, and settable where `settable`. One that the entity `claims` gets no entity of its
    own; one that it doesn't is shown twice, as a measured temperature is.
    """

    types: tuple[DataType, ...]
    settable: bool = True
    claims: bool = True


@dataclass(frozen=True, kw_only=True)
class CompositeRow(Row):
    """What an entity of several data points is: a field for each role, with the codes that it may have.

    `KEY_ROLE` is the role of the data point that the key (or `code`) names; a row of a kind without one stands for
    the whole device. Of each set in `NEEDS` a device must have one role, and one of `requires` where a row names any.
    """

    ROLES: ClassVar[Mapping[str, Role]] = {}
    NEEDS: ClassVar[tuple[frozenset[str], ...]] = ()
    KEY_ROLE: ClassVar[str | None] = None

    requires: frozenset[str] = frozenset()

    def resolve(self, points: Mapping[str, DataPoint], taken: Container[str]) -> dict[str, str] | None:
        """Return the code of each role that the device has, None where what it has makes no such entity.

        A code that is `taken` can only have a role that doesn't claim it.
        """
        roles: dict[str, str] = {}
        for name, role in self.ROLES.items():
            candidates: Codes = (self.data_point,) if name == self.KEY_ROLE else getattr(self, name)
            for code in candidates:
                point = points.get(code)
                if (
                    point is not None
                    and point.type in role.types
                    and (point.writable if role.settable else point.reported)
                    and not (role.claims and code in taken)
                ):
                    roles[name] = code
                    break
        needs = (*self.NEEDS, self.requires) if self.requires else self.NEEDS
        return roles if all(need & roles.keys() for need in needs) else None

    def claimed(self, roles: Mapping[str, str]) -> frozenset[str]:
        """Return the codes, of those that have the roles, that get no entity of their own."""
        return frozenset(code for name, code in roles.items() if self.ROLES[name].claims)


_BOOLEAN = (DataType.BOOLEAN,)
_ENUM = (DataType.ENUM,)
_NUMBER = (DataType.INTEGER, DataType.FLOAT)
_TEXT = (DataType.JSON, DataType.STRING, DataType.RAW)


@dataclass(frozen=True, kw_only=True)
class LightRow(CompositeRow, LightEntityDescription):
    """A light; its key is the data point that switches it."""

    KEY_ROLE = "switch"
    NEEDS = (frozenset({"switch"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "work_mode": Role(types=_ENUM),
        "brightness": Role(types=_NUMBER),
        "brightness_min": Role(types=_NUMBER, claims=False),
        "brightness_max": Role(types=_NUMBER, claims=False),
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


@dataclass(frozen=True, kw_only=True)
class CoverRow(CompositeRow, CoverEntityDescription):
    """A cover; its key is the data point that opens, stops and closes it, or that switches it."""

    KEY_ROLE = "control"
    NEEDS = (frozenset({"control"}),)
    ROLES: ClassVar = {
        "control": Role(types=(DataType.ENUM, DataType.BOOLEAN)),
        "position": Role(types=_NUMBER, settable=False),
        "set_position": Role(types=_NUMBER),
        "state": Role(types=(DataType.ENUM, DataType.BOOLEAN, DataType.STRING), settable=False, claims=False),
        "motion": Role(types=_ENUM, settable=False, claims=False),
        "tilt": Role(types=_NUMBER),
        "motor_direction": Role(types=(DataType.ENUM, DataType.BOOLEAN), settable=False, claims=False),
    }
    position: Codes = ()
    set_position: Codes = ()
    state: Codes = ()
    motion: Codes = ()
    tilt: Codes = ()
    motor_direction: Codes = ()


@dataclass(frozen=True, kw_only=True)
class ClimateRow(CompositeRow, ClimateEntityDescription):
    """A thermostat, a radiator valve, an air conditioner or a heater."""

    key: str = "climate"
    NEEDS = (frozenset({"target_temperature", "target_temperature_f", "switch", "mode", "current_temperature"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "mode": Role(types=_ENUM),
        "preset": Role(types=_ENUM),
        "target_temperature": Role(types=_NUMBER),
        "target_temperature_f": Role(types=_NUMBER),
        "current_temperature": Role(types=_NUMBER, settable=False, claims=False),
        "current_temperature_f": Role(types=_NUMBER, settable=False, claims=False),
        "temperature_unit": Role(types=_ENUM, settable=False, claims=False),
        "target_humidity": Role(types=_NUMBER),
        "current_humidity": Role(types=_NUMBER, settable=False, claims=False),
        "fan_mode": Role(types=_ENUM),
        "swing": Role(types=(DataType.BOOLEAN, DataType.ENUM)),
        "swing_horizontal": Role(types=_BOOLEAN),
        "swing_vertical": Role(types=_BOOLEAN),
        "action": Role(types=(DataType.ENUM, DataType.BOOLEAN), settable=False, claims=False),
    }
    switch: Codes = ()
    mode: Codes = ()
    preset: Codes = ()
    target_temperature: Codes = ()
    target_temperature_f: Codes = ()
    current_temperature: Codes = ()
    current_temperature_f: Codes = ()
    temperature_unit: Codes = ()
    target_humidity: Codes = ()
    current_humidity: Codes = ()
    fan_mode: Codes = ()
    swing: Codes = ()
    swing_horizontal: Codes = ()
    swing_vertical: Codes = ()
    action: Codes = ()


@dataclass(frozen=True, kw_only=True)
class FanRow(CompositeRow, FanEntityDescription):
    """A fan, or what blows air: a purifier, a dehumidifier."""

    key: str = "fan"
    NEEDS = (frozenset({"switch", "speed", "oscillation", "direction"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "speed": Role(types=(DataType.INTEGER, DataType.FLOAT, DataType.ENUM)),
        "preset": Role(types=_ENUM),
        "oscillation": Role(types=_BOOLEAN),
        "direction": Role(types=(DataType.ENUM,)),
    }
    switch: Codes = ()
    speed: Codes = ()
    preset: Codes = ()
    oscillation: Codes = ()
    direction: Codes = ()


@dataclass(frozen=True, kw_only=True)
class HumidifierRow(CompositeRow, HumidifierEntityDescription):
    """A humidifier or dehumidifier; its key is the data point that switches it."""

    KEY_ROLE = "switch"
    NEEDS = (frozenset({"switch"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "target_humidity": Role(types=_NUMBER),
        "current_humidity": Role(types=_NUMBER, settable=False, claims=False),
        "mode": Role(types=_ENUM),
    }
    target_humidity: Codes = ()
    current_humidity: Codes = ()
    mode: Codes = ()


@dataclass(frozen=True, kw_only=True)
class VacuumRow(CompositeRow, StateVacuumEntityDescription):
    """A vacuum cleaner."""

    key: str = "vacuum"
    NEEDS = (frozenset({"power", "start", "mode", "charge"}),)
    ROLES: ClassVar = {
        "power": Role(types=_BOOLEAN),
        "start": Role(types=_BOOLEAN),
        "pause": Role(types=_BOOLEAN),
        "charge": Role(types=_BOOLEAN),
        "locate": Role(types=_BOOLEAN),
        "mode": Role(types=_ENUM, claims=False),
        "fan_speed": Role(types=_ENUM, claims=False),
        "status": Role(types=(DataType.ENUM, DataType.STRING), settable=False, claims=False),
        "fault": Role(types=(DataType.BITMAP,), settable=False, claims=False),
    }
    power: Codes = ()
    start: Codes = ()
    pause: Codes = ()
    charge: Codes = ()
    locate: Codes = ()
    mode: Codes = ()
    fan_speed: Codes = ()
    status: Codes = ()
    fault: Codes = ()


@dataclass(frozen=True, kw_only=True)
class ValveRow(CompositeRow, ValveEntityDescription):
    """A valve; its key is the data point that opens it."""

    KEY_ROLE = "switch"
    NEEDS = (frozenset({"switch"}),)
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "position": Role(types=_NUMBER),
    }
    position: Codes = ()


@dataclass(frozen=True, kw_only=True)
class SirenRow(CompositeRow, SirenEntityDescription):
    """A siren; its key is the data point that sounds it."""

    KEY_ROLE = "switch"
    NEEDS = (frozenset({"switch"}),)
    ROLES: ClassVar = {
        "switch": Role(types=(DataType.BOOLEAN, DataType.ENUM)),
        "volume": Role(types=(DataType.ENUM, DataType.INTEGER), claims=False),
        "duration": Role(types=_NUMBER, claims=False),
        "tone": Role(types=_ENUM, claims=False),
    }
    volume: Codes = ()
    duration: Codes = ()
    tone: Codes = ()


@dataclass(frozen=True, kw_only=True)
class AlarmControlPanelRow(CompositeRow, AlarmControlPanelEntityDescription):
    """An alarm panel; its key is the data point that arms it."""

    KEY_ROLE = "mode"
    NEEDS = (frozenset({"mode"}),)
    ROLES: ClassVar = {
        "mode": Role(types=_ENUM),
        "state": Role(types=_ENUM, settable=False, claims=False),
        "message": Role(types=_TEXT, settable=False, claims=False),
    }
    state: Codes = ()
    message: Codes = ()


@dataclass(frozen=True, kw_only=True)
class LockRow(CompositeRow, LockEntityDescription):
    """A lock."""

    key: str = "lock"
    ROLES: ClassVar = {
        "state": Role(types=(DataType.BOOLEAN, DataType.ENUM), settable=False),
        "lock": Role(types=(DataType.BOOLEAN, DataType.ENUM)),
    }
    NEEDS = (frozenset({"lock"}),)
    state: Codes = ()
    lock: Codes = ()


@dataclass(frozen=True, kw_only=True)
class WaterHeaterRow(CompositeRow, WaterHeaterEntityDescription):
    """A water heater or a kettle."""

    key: str = "water_heater"
    NEEDS = (frozenset({"target_temperature", "target_temperature_f"}), frozenset({"switch", "mode"}))
    ROLES: ClassVar = {
        "switch": Role(types=_BOOLEAN),
        "mode": Role(types=_ENUM),
        "target_temperature": Role(types=_NUMBER),
        "target_temperature_f": Role(types=_NUMBER),
        "current_temperature": Role(types=_NUMBER, settable=False, claims=False),
        "current_temperature_f": Role(types=_NUMBER, settable=False, claims=False),
        "temperature_unit": Role(types=_ENUM, settable=False, claims=False),
    }
    switch: Codes = ()
    mode: Codes = ()
    target_temperature: Codes = ()
    target_temperature_f: Codes = ()
    current_temperature: Codes = ()
    current_temperature_f: Codes = ()
    temperature_unit: Codes = ()
