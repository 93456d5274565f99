"""Vacuum cleaners and lawn mowers."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.components.lawn_mower.const import LawnMowerActivity, LawnMowerEntityFeature
from homeassistant.components.vacuum import ATTR_FAN_SPEED_LIST
from homeassistant.components.vacuum.const import ATTR_FAN_SPEED, VacuumActivity, VacuumEntityFeature
from homeassistant.const import ATTR_SUPPORTED_FEATURES
from homeassistant.core import State

from ..errors import Unsettable
from ..facet import Facet, FacetKind, Value
from .making import Call, Domain, enum_facet
from .traits import Traits, as_text

# The services by their features; what ends the work is the first that there is
_CLEANER: Final = {
    "start": VacuumEntityFeature.START,
    "pause": VacuumEntityFeature.PAUSE,
    "stop": VacuumEntityFeature.STOP,
    "return_to_base": VacuumEntityFeature.RETURN_HOME,
    "clean_spot": VacuumEntityFeature.CLEAN_SPOT,
}
_ENDS_CLEANING: Final = ("stop", "pause", "return_to_base")
_CLEANER_DOES: Final = {
    VacuumActivity.CLEANING: "start",
    VacuumActivity.PAUSED: "pause",
    VacuumActivity.RETURNING: "return_to_base",
    VacuumActivity.IDLE: "stop",
}
_MOWER: Final = {
    "start_mowing": LawnMowerEntityFeature.START_MOWING,
    "pause": LawnMowerEntityFeature.PAUSE,
    "dock": LawnMowerEntityFeature.DOCK,
}
_ENDS_MOWING: Final = ("pause", "dock")
_MOWER_DOES: Final = {
    LawnMowerActivity.MOWING: "start_mowing",
    LawnMowerActivity.PAUSED: "pause",
    LawnMowerActivity.DOCKED: "dock",
}


def _vacuum_facets(traits: Traits) -> Iterable[Facet]:
    able = _able(traits.features, _CLEANER)
    yield Facet(key="cleaning", kind=FacetKind.BOOLEAN, settable="start" in able and bool({*_ENDS_CLEANING} & {*able}))
    yield from enum_facet("control", able, settable=True)
    yield from enum_facet("state", VacuumActivity)
    if traits.features & VacuumEntityFeature.FAN_SPEED:
        yield from enum_facet("fan_speed", traits.texts(ATTR_FAN_SPEED_LIST), settable=True)
    if traits.features & VacuumEntityFeature.LOCATE:
        yield Facet(key="locate", kind=FacetKind.PRESS, readable=False, settable=True)


def _mower_facets(traits: Traits) -> Iterable[Facet]:
    able = _able(traits.features, _MOWER)
    yield Facet(
        key="mowing", kind=FacetKind.BOOLEAN, settable="start_mowing" in able and bool({*_ENDS_MOWING} & {*able})
    )
    yield from enum_facet("control", able, settable=True)
    yield from enum_facet("state", LawnMowerActivity)


def _able(features: int, services: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(service for service, feature in services.items() if features & feature)


def _read_vacuum(state: State, key: str) -> Value | None:
    match key:
        case "cleaning":
            return state.state == VacuumActivity.CLEANING
        case "control":
            return _does(state, _CLEANER_DOES, _CLEANER)
        case "state":
            return state.state
        case "fan_speed":
            return as_text(state.attributes.get(ATTR_FAN_SPEED))
        case _:
            return None


def _read_mower(state: State, key: str) -> Value | None:
    match key:
        case "mowing":
            return state.state == LawnMowerActivity.MOWING
        case "control":
            return _does(state, _MOWER_DOES, _MOWER)
        case "state":
            return state.state
        case _:
            return None


def _call_vacuum(state: State, key: str, value: Any) -> Call | None:
    match key:
        case "cleaning":
            return ("start" if value else _end(state, key, _CLEANER, _ENDS_CLEANING)), {}
        case "control" if value in _CLEANER:
            return value, {}
        case "fan_speed":
            return "set_fan_speed", {ATTR_FAN_SPEED: value}
        case "locate":
            return "locate", {}
        case _:
            return None


def _call_mower(state: State, key: str, value: Any) -> Call | None:
    match key:
        case "mowing":
            return ("start_mowing" if value else _end(state, key, _MOWER, _ENDS_MOWING)), {}
        case "control" if value in _MOWER:
            return value, {}
        case _:
            return None


def _does(state: State, by_activity: Mapping[Any, str], services: Mapping[str, int]) -> str | None:
    """Return the control that its activity comes from, if it has that one."""
    able = _able(state.attributes.get(ATTR_SUPPORTED_FEATURES, 0), services)
    return next((does for activity, does in by_activity.items() if state.state == activity and does in able), None)


def _end(state: State, key: str, services: Mapping[str, int], ends: tuple[str, ...]) -> str:
    """Return the service that ends the work."""
    able = _able(state.attributes.get(ATTR_SUPPORTED_FEATURES, 0), services)
    if (service := next((end for end in ends if end in able), None)) is None:
        raise Unsettable("not_settable", {"facet": key, "entity": state.entity_id})
    return service


VACUUM = Domain(facets=_vacuum_facets, read=_read_vacuum, call=_call_vacuum)
LAWN_MOWER = Domain(facets=_mower_facets, read=_read_mower, call=_call_mower)
