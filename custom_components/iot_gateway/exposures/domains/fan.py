"""Fans."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.components.fan.const import (
    ATTR_DIRECTION,
    ATTR_OSCILLATING,
    ATTR_PERCENTAGE,
    ATTR_PERCENTAGE_STEP,
    ATTR_PRESET_MODE,
    ATTR_PRESET_MODES,
    DIRECTION_FORWARD,
    DIRECTION_REVERSE,
    FanEntityFeature,
)
from homeassistant.const import STATE_ON
from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Call, Domain, enum_facet, on_facet, percent_facet, switched
from .traits import Traits, as_number, as_text

_SWITCHED: Final = FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF


def _facets(traits: Traits) -> Iterable[Facet]:
    yield on_facet(settable=traits.features & _SWITCHED == _SWITCHED)
    if traits.features & FanEntityFeature.SET_SPEED:
        step = traits.number(ATTR_PERCENTAGE_STEP) or 1
        # 0 would be off, which is said by another facet
        yield percent_facet("percentage", minimum=step, step=step, settable=True)
    if traits.features & FanEntityFeature.PRESET_MODE:
        yield from enum_facet("preset", traits.texts(ATTR_PRESET_MODES), settable=True)
    if traits.features & FanEntityFeature.OSCILLATE:
        yield Facet(key="oscillating", kind=FacetKind.BOOLEAN, settable=True)
    if traits.features & FanEntityFeature.DIRECTION:
        yield from enum_facet("direction", (DIRECTION_FORWARD, DIRECTION_REVERSE), settable=True)


def _read(state: State, key: str) -> Value | None:
    match key:
        case "on":
            return state.state == STATE_ON
        case "percentage" if state.state == STATE_ON:
            return as_number(state.attributes.get(ATTR_PERCENTAGE)) or None
        case "preset":
            return as_text(state.attributes.get(ATTR_PRESET_MODE))
        case "oscillating":
            given = state.attributes.get(ATTR_OSCILLATING)
            return given if isinstance(given, bool) else None
        case "direction":
            return as_text(state.attributes.get(ATTR_DIRECTION))
        case _:
            return None


def _call(_state: State, key: str, value: Any) -> Call | None:
    match key:
        case "on":
            return switched(value)
        case "percentage":
            return "set_percentage", {ATTR_PERCENTAGE: max(1, min(100, round(value)))}
        case "preset":
            return "set_preset_mode", {ATTR_PRESET_MODE: value}
        case "oscillating":
            return "oscillate", {ATTR_OSCILLATING: value}
        case "direction":
            return "set_direction", {ATTR_DIRECTION: value}
        case _:
            return None


FAN = Domain(facets=_facets, read=_read, call=_call)
