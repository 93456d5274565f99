"""Persons and device trackers: at home or not, and the zone. They are only read."""

from collections.abc import Iterable

from homeassistant.const import STATE_HOME
from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Domain, nothing_settable
from .traits import Traits


def _facets(_traits: Traits) -> Iterable[Facet]:
    yield Facet(key="home", kind=FacetKind.BOOLEAN)
    yield Facet(key="zone", kind=FacetKind.TEXT)


def _read(state: State, key: str) -> Value | None:
    match key:
        case "home":
            return state.state == STATE_HOME
        case "zone":
            return state.state
        case _:
            return None


PRESENCE = Domain(facets=_facets, read=_read, call=nothing_settable)
