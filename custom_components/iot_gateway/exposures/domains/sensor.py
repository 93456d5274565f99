"""Sensors: numbers, moments, options and texts."""

from collections.abc import Iterable

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.components.sensor.const import ATTR_OPTIONS
from homeassistant.core import State
from homeassistant.util import dt as dt_util

from ..facet import TIMESTAMP, Facet, FacetKind, Value
from .making import Domain, enum_facet, nothing_settable
from .traits import Traits, as_number

_MOMENTS = frozenset({SensorDeviceClass.TIMESTAMP, SensorDeviceClass.UPTIME})
_DATES = frozenset({SensorDeviceClass.DATE})


def _facets(traits: Traits) -> Iterable[Facet]:
    match traits.device_class:
        case moment if moment in _MOMENTS:
            yield Facet(key="value", kind=FacetKind.NUMBER, device_class=TIMESTAMP)
        case SensorDeviceClass.ENUM:
            yield from enum_facet("value", traits.texts(ATTR_OPTIONS), device_class=traits.device_class)
        case _ if _is_number(traits):
            yield Facet(key="value", kind=FacetKind.NUMBER, unit=traits.unit, device_class=traits.device_class)
        case _:
            yield Facet(key="value", kind=FacetKind.TEXT, device_class=traits.device_class)


def _is_number(traits: Traits) -> bool:
    """Whether a sensor gives numbers; Home Assistant itself goes by unit and state class."""
    if traits.device_class in _DATES:
        return False
    return traits.unit is not None or "state_class" in traits.attributes or traits.device_class is not None


def _read(state: State, key: str) -> Value | None:
    if key != "value":
        return None
    device_class = state.attributes.get("device_class")
    if device_class in _MOMENTS:
        moment = dt_util.parse_datetime(state.state)
        return None if moment is None else moment.timestamp()
    if device_class == SensorDeviceClass.ENUM or device_class in _DATES:
        return state.state
    if any(name in state.attributes for name in ("unit_of_measurement", "state_class", "device_class")):
        # A number is also one if the state says "unknown" in words of its own
        return as_number(state.state)
    return state.state


SENSOR = Domain(facets=_facets, read=_read, call=nothing_settable)
