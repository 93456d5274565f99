"""The weather. It is only read."""

from collections.abc import Iterable
from typing import Final

from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Domain, enum_facet, nothing_settable
from .traits import Traits, as_number, as_text

# By facet: the attribute, and that of its unit or the unit itself
_MEASURED: Final = {
    "temperature": ("temperature", "temperature_unit"),
    "humidity": ("humidity", "%"),
    "pressure": ("pressure", "pressure_unit"),
    "wind_speed": ("wind_speed", "wind_speed_unit"),
}
_CONDITIONS: Final = (
    "clear-night",
    "cloudy",
    "exceptional",
    "fog",
    "hail",
    "lightning",
    "lightning-rainy",
    "partlycloudy",
    "pouring",
    "rainy",
    "snowy",
    "snowy-rainy",
    "sunny",
    "windy",
    "windy-variant",
)


def _facets(traits: Traits) -> Iterable[Facet]:
    yield from enum_facet("condition", _CONDITIONS)
    for key, (attribute, unit) in _MEASURED.items():
        if attribute in traits.attributes:
            spelt = unit if unit == "%" else as_text(traits.attributes.get(unit))
            yield Facet(key=key, kind=FacetKind.NUMBER, unit=spelt, device_class=key)


def _read(state: State, key: str) -> Value | None:
    if key == "condition":
        return state.state
    return as_number(state.attributes.get(_MEASURED[key][0])) if key in _MEASURED else None


WEATHER = Domain(facets=_facets, read=_read, call=nothing_settable)
