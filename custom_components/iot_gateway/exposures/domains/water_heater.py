"""Water heaters."""

from collections.abc import Iterable
from typing import Any

from homeassistant.components.water_heater import (
    ATTR_CURRENT_TEMPERATURE,
    ATTR_MAX_TEMP,
    ATTR_MIN_TEMP,
    ATTR_OPERATION_LIST,
    ATTR_TARGET_TEMP_STEP,
)
from homeassistant.components.water_heater.const import ATTR_AWAY_MODE, ATTR_OPERATION_MODE, WaterHeaterEntityFeature
from homeassistant.const import ATTR_SUPPORTED_FEATURES, ATTR_TEMPERATURE, STATE_OFF, STATE_ON
from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Call, Domain, enum_facet, on_facet, switched
from .traits import Traits, as_number


def _facets(traits: Traits) -> Iterable[Facet]:
    modes = traits.texts(ATTR_OPERATION_LIST)
    by_itself = bool(traits.features & WaterHeaterEntityFeature.ON_OFF)
    if by_itself or STATE_OFF in modes:
        yield on_facet(settable=by_itself)
    if traits.features & WaterHeaterEntityFeature.OPERATION_MODE:
        yield from enum_facet("mode", (mode for mode in modes if mode != STATE_OFF or not by_itself), settable=True)
    if traits.features & WaterHeaterEntityFeature.TARGET_TEMPERATURE:
        yield Facet(
            key="target_temperature",
            kind=FacetKind.NUMBER,
            unit=traits.temperature_unit,
            device_class="temperature",
            minimum=traits.number(ATTR_MIN_TEMP),
            maximum=traits.number(ATTR_MAX_TEMP),
            step=traits.number(ATTR_TARGET_TEMP_STEP),
            settable=True,
        )
    if traits.attributes.get(ATTR_CURRENT_TEMPERATURE) is not None or not traits.available:
        yield Facet(
            key="current_temperature",
            kind=FacetKind.NUMBER,
            unit=traits.temperature_unit,
            device_class="temperature",
        )
    if traits.features & WaterHeaterEntityFeature.AWAY_MODE:
        yield Facet(key="away", kind=FacetKind.BOOLEAN, settable=True)


def _read(state: State, key: str) -> Value | None:
    match key:
        case "on":
            return state.state != STATE_OFF
        case "mode":
            by_itself = state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & WaterHeaterEntityFeature.ON_OFF
            return None if by_itself and state.state == STATE_OFF else state.state
        case "target_temperature":
            return as_number(state.attributes.get(ATTR_TEMPERATURE))
        case "current_temperature":
            return as_number(state.attributes.get(ATTR_CURRENT_TEMPERATURE))
        case "away":
            given = state.attributes.get(ATTR_AWAY_MODE)
            return None if given is None else given == STATE_ON
        case _:
            return None


def _call(_state: State, key: str, value: Any) -> Call | None:
    match key:
        case "on":
            return switched(value)
        case "mode":
            return "set_operation_mode", {ATTR_OPERATION_MODE: value}
        case "target_temperature":
            return "set_temperature", {ATTR_TEMPERATURE: value}
        case "away":
            return "set_away_mode", {ATTR_AWAY_MODE: value}
        case _:
            return None


WATER_HEATER = Domain(facets=_facets, read=_read, call=_call)
