"""Updates: whether there is one, and the versions. Installing one is nothing to start from an app."""

from collections.abc import Iterable
from typing import Final

from homeassistant.components.update import ATTR_INSTALLED_VERSION, ATTR_LATEST_VERSION
from homeassistant.const import STATE_ON
from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Domain, nothing_settable
from .traits import Traits, as_text

_VERSIONS: Final = {"installed_version": ATTR_INSTALLED_VERSION, "latest_version": ATTR_LATEST_VERSION}


def _facets(_traits: Traits) -> Iterable[Facet]:
    yield Facet(key="update_available", kind=FacetKind.BOOLEAN)
    for key in _VERSIONS:
        yield Facet(key=key, kind=FacetKind.TEXT)


def _read(state: State, key: str) -> Value | None:
    if key == "update_available":
        return state.state == STATE_ON
    return as_text(state.attributes.get(_VERSIONS[key])) if key in _VERSIONS else None


UPDATE = Domain(facets=_facets, read=_read, call=nothing_settable)
