"""Binary sensors."""

from collections.abc import Iterable

from homeassistant.const import STATE_ON
from homeassistant.core import State

from ..facet import Facet, FacetKind
from .making import Domain, nothing_settable
from .traits import Traits


def _facets(traits: Traits) -> Iterable[Facet]:
    return (Facet(key="active", kind=FacetKind.BOOLEAN, device_class=traits.device_class),)


def _read(state: State, key: str) -> bool | None:
    return state.state == STATE_ON if key == "active" else None


BINARY_SENSOR = Domain(facets=_facets, read=_read, call=nothing_settable)
