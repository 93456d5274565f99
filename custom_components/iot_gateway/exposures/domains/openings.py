"""Covers and valves: what opens, closes and stops, and how far it is open in percent."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from homeassistant.components.cover import (
    ATTR_CURRENT_POSITION,
    ATTR_CURRENT_TILT_POSITION,
    ATTR_POSITION,
    ATTR_TILT_POSITION,
    CoverDeviceClass,
)
from homeassistant.components.cover.const import CoverEntityFeature, CoverState
from homeassistant.components.valve.const import ValveEntityFeature
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES
from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Call, Domain, enum_facet
from .traits import Traits, as_number, texts, traits_of

# Cover's and valve's own words for them are the same
_STATES: Final = (CoverState.OPEN, CoverState.OPENING, CoverState.CLOSED, CoverState.CLOSING)
_ENTRANCES: Final = frozenset({CoverDeviceClass.DOOR, CoverDeviceClass.GARAGE, CoverDeviceClass.GATE})

_DOES: Final = {
    CoverState.OPENING: "open",
    CoverState.CLOSING: "close",
    CoverState.OPEN: "open",
    CoverState.CLOSED: "close",
}


def _facets(traits: Traits, *, controls: dict[str, int], position: int, tilt: int, sensitive: bool) -> Iterable[Facet]:
    able = [control for control, feature in controls.items() if traits.features & feature]
    if able:
        yield from enum_facet("control", able, settable=True, sensitive=sensitive)
    settable = {"open", "close"} <= set(able)
    yield Facet(key="open", kind=FacetKind.BOOLEAN, settable=settable, sensitive=sensitive and settable)
    for key, feature, attribute in (
        ("position", position, ATTR_CURRENT_POSITION),
        ("tilt", tilt, ATTR_CURRENT_TILT_POSITION),
    ):
        able_to_set = bool(traits.features & feature)
        if able_to_set or (feature and traits.has(attribute)):
            yield Facet(
                key=key,
                kind=FacetKind.NUMBER,
                unit="%",
                minimum=0,
                maximum=100,
                step=1,
                settable=able_to_set,
                sensitive=sensitive and able_to_set,
            )
    yield from enum_facet("state", _STATES)


def _cover_facets(traits: Traits) -> Iterable[Facet]:
    return _facets(
        traits,
        controls={
            "open": CoverEntityFeature.OPEN,
            "stop": CoverEntityFeature.STOP,
            "close": CoverEntityFeature.CLOSE,
        },
        position=CoverEntityFeature.SET_POSITION,
        tilt=CoverEntityFeature.SET_TILT_POSITION,
        sensitive=_lets_in(traits, set()),
    )


def _lets_in(traits: Traits, seen: set[str]) -> bool:
    """Whether a cover is an entrance, or a group that has one in it."""
    if traits.device_class in _ENTRANCES:
        return True
    seen.add(traits.entity_id)
    return any(
        name not in seen and (member := traits_of(traits.hass, name)) is not None and _lets_in(member, seen)
        for name in texts(traits.attributes.get(ATTR_ENTITY_ID))
    )


def _valve_facets(traits: Traits) -> Iterable[Facet]:
    # Water and gas: what is let in where nobody is at home does its harm as well
    return _facets(
        traits,
        controls={
            "open": ValveEntityFeature.OPEN,
            "stop": ValveEntityFeature.STOP,
            "close": ValveEntityFeature.CLOSE,
        },
        position=ValveEntityFeature.SET_POSITION,
        tilt=0,
        sensitive=True,
    )


def _read(state: State, key: str) -> Value | None:
    match key:
        case "control":
            return _control(state)
        case "open":
            return state.state != CoverState.CLOSED if state.state in _STATES else None
        case "position":
            return as_number(state.attributes.get(ATTR_CURRENT_POSITION))
        case "tilt":
            return as_number(state.attributes.get(ATTR_CURRENT_TILT_POSITION))
        case "state":
            return state.state if state.state in _STATES else None
        case _:
            return None


def _control(state: State) -> str | None:
    """Return what it does, or has done where it cannot be told to stop; what stands still has been stopped."""
    stops = ValveEntityFeature.STOP if state.domain == "valve" else CoverEntityFeature.STOP
    if state.state in {CoverState.OPEN, CoverState.CLOSED} and state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & stops:
        return "stop"
    return next((does for known, does in _DOES.items() if state.state == known), None)


def _calls(kind: str) -> Callable[[State, str, Any], Call | None]:
    def call(_state: State, key: str, value: Any) -> Call | None:
        match key:
            case "control" if value in {"open", "close", "stop"}:
                return f"{value}_{kind}", {}
            case "open":
                return f"{'open' if value else 'close'}_{kind}", {}
            case "position":
                return f"set_{kind}_position", {ATTR_POSITION: round(value)}
            case "tilt" if kind == "cover":
                return "set_cover_tilt_position", {ATTR_TILT_POSITION: round(value)}
            case _:
                return None

    return call


COVER = Domain(facets=_cover_facets, read=_read, call=_calls("cover"))
VALVE = Domain(facets=_valve_facets, read=_read, call=_calls("valve"))
