"""Humidifiers and dehumidifiers."""

from collections.abc import Iterable
from typing import Any

from homeassistant.components.humidifier.const import (
    ATTR_ACTION,
    ATTR_AVAILABLE_MODES,
    ATTR_CURRENT_HUMIDITY,
    ATTR_HUMIDITY,
    ATTR_MAX_HUMIDITY,
    ATTR_MIN_HUMIDITY,
    HumidifierAction,
    HumidifierEntityFeature,
)
from homeassistant.const import ATTR_MODE, STATE_ON
from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Call, Domain, enum_facet, on_facet, percent_facet, switched
from .traits import Traits, as_number, as_text


def _facets(traits: Traits) -> Iterable[Facet]:
    yield on_facet()
    yield Facet(
        key="target_humidity",
        kind=FacetKind.NUMBER,
        unit="%",
        minimum=traits.number(ATTR_MIN_HUMIDITY),
        maximum=traits.number(ATTR_MAX_HUMIDITY),
        step=traits.number("target_humidity_step") or 1,
        settable=True,
    )
    if traits.has(ATTR_CURRENT_HUMIDITY):
        yield percent_facet("current_humidity", step=None)
    if traits.features & HumidifierEntityFeature.MODES:
        yield from enum_facet("mode", traits.texts(ATTR_AVAILABLE_MODES), settable=True)
    if traits.has(ATTR_ACTION):
        yield from enum_facet("action", HumidifierAction)


def _read(state: State, key: str) -> Value | None:
    match key:
        case "on":
            return state.state == STATE_ON
        case "target_humidity":
            return as_number(state.attributes.get(ATTR_HUMIDITY))
        case "current_humidity":
            return as_number(state.attributes.get(ATTR_CURRENT_HUMIDITY))
        case "mode":
            return as_text(state.attributes.get(ATTR_MODE))
        case "action":
            return as_text(state.attributes.get(ATTR_ACTION))
        case _:
            return None


def _call(_state: State, key: str, value: Any) -> Call | None:
    match key:
        case "on":
            return switched(value)
        case "target_humidity":
            return "set_humidity", {ATTR_HUMIDITY: round(value)}
        case "mode":
            return "set_mode", {ATTR_MODE: value}
        case _:
            return None


HUMIDIFIER = Domain(facets=_facets, read=_read, call=_call)
