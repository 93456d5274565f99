"""What the entities of each domain offer: their facets, how these are read from states, and the service calls that set them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State, split_entity_id

from ..errors import Unsettable
from ..facet import Facet, Value
from .alarm_control_panel import ALARM_CONTROL_PANEL
from .binary_sensor import BINARY_SENSOR
from .climate import CLIMATE
from .event import EVENT, happened
from .fan import FAN
from .humidifier import HUMIDIFIER
from .light import LIGHT
from .lock import LOCK
from .making import Domain
from .media_player import MEDIA_PLAYER
from .openings import COVER, VALVE
from .presence import PRESENCE
from .press import BUTTON, SCENE, SCRIPT
from .robots import LAWN_MOWER, VACUUM
from .sensor import SENSOR
from .switch import SIREN, SWITCH
from .traits import NOT_GIVEN, traits_of
from .update import UPDATE
from .values import COUNTER, DATE, DATETIME, INPUT_DATETIME, NUMBER, SELECT, TEXT, TIME
from .water_heater import WATER_HEATER
from .weather import WEATHER

__all__ = ["EXPOSABLE_DOMAINS", "Command", "command", "facets", "happened", "read"]

_DOMAINS: Final[Mapping[str, Domain]] = {
    "alarm_control_panel": ALARM_CONTROL_PANEL,
    "binary_sensor": BINARY_SENSOR,
    "button": BUTTON,
    "climate": CLIMATE,
    "counter": COUNTER,
    "cover": COVER,
    "date": DATE,
    "datetime": DATETIME,
    "device_tracker": PRESENCE,
    "event": EVENT,
    "fan": FAN,
    "humidifier": HUMIDIFIER,
    "input_boolean": SWITCH,
    "input_button": BUTTON,
    "input_datetime": INPUT_DATETIME,
    "input_number": NUMBER,
    "input_select": SELECT,
    "input_text": TEXT,
    "lawn_mower": LAWN_MOWER,
    "light": LIGHT,
    "lock": LOCK,
    "media_player": MEDIA_PLAYER,
    "number": NUMBER,
    "person": PRESENCE,
    "remote": SWITCH,
    "scene": SCENE,
    "schedule": BINARY_SENSOR,
    "script": SCRIPT,
    "select": SELECT,
    "sensor": SENSOR,
    "siren": SIREN,
    "switch": SWITCH,
    "text": TEXT,
    "time": TIME,
    "update": UPDATE,
    "vacuum": VACUUM,
    "valve": VALVE,
    "water_heater": WATER_HEATER,
    "weather": WEATHER,
}

EXPOSABLE_DOMAINS: Final = frozenset(_DOMAINS)
"""The domains whose entities can be exposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A service call to one entity; `data` has its `entity_id` and no other target.

    `carried` are the names in `data` that only say again what is so already.
    """

    domain: str
    service: str
    data: Mapping[str, Any]
    carried: frozenset[str] = frozenset()


def facets(hass: HomeAssistant, entity_id: str) -> tuple[Facet, ...]:
    """Return what an entity offers, nothing for one that is not there or cannot be exposed.

    Of an entity that is unavailable it is what the registry knows of it.
    """
    domain = _DOMAINS.get(split_entity_id(entity_id)[0])
    if domain is None or (traits := traits_of(hass, entity_id)) is None:
        return ()
    return tuple(domain.facets(traits))


def read(state: State, key: str) -> Value | None:
    """Return the value of a facet, None where it is unknown, unavailable or not given now (the brightness of a light that is off)."""
    domain = _DOMAINS.get(state.domain)
    if domain is None or state.state == STATE_UNAVAILABLE or (state.state in NOT_GIVEN and not domain.reads_unknown):
        return None
    return domain.read(state, key)


def command(state: State, key: str, value: Value) -> Command:
    """Return the service call that sets a facet; raises Unsettable.

    Home Assistant leaves out entities that are unavailable without a word, so that would be answered as done.
    """
    domain = _DOMAINS.get(state.domain)
    call = None if domain is None else domain.call(state, key, value)
    if domain is None or call is None:
        raise Unsettable("not_settable", {"facet": key, "entity": state.entity_id})
    if state.state == STATE_UNAVAILABLE:
        raise Unsettable("entity_unavailable", {"facet": key, "entity": state.entity_id})
    service, data = call
    # The target comes last: nothing else may take its place
    return Command(
        domain=state.domain,
        service=service,
        data={**data, ATTR_ENTITY_ID: state.entity_id},
        carried=domain.carried.get(key, frozenset()) & data.keys(),
    )
