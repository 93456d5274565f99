"""Event entities: what happens has a type and attributes, and its moment is the state."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.components.event import ATTR_EVENT_TYPE, ATTR_EVENT_TYPES
from homeassistant.core import State
from homeassistant.util import dt as dt_util

from ..facet import Facet, FacetKind, Value
from .making import Domain, nothing_settable
from .traits import NOT_GIVEN, Traits

KEY: Final = "event"

# What every entity has, and is no part of what happened
_STANDARD: Final = frozenset(
    {
        ATTR_EVENT_TYPE,
        ATTR_EVENT_TYPES,
        "assumed_state",
        "attribution",
        "device_class",
        "entity_picture",
        "friendly_name",
        "icon",
        "restored",
        "supported_features",
    }
)
_RESOLUTION: Final = timedelta(milliseconds=1)
"""Of the moment in the state."""


def _facets(traits: Traits) -> Iterable[Facet]:
    if types := traits.texts(ATTR_EVENT_TYPES):
        yield Facet(key=KEY, kind=FacetKind.EVENT, device_class=traits.device_class, options=types)


def _read(_state: State, _key: str) -> Value | None:
    return None


def happened(old: State | None, new: State) -> tuple[str, Mapping[str, Any]] | None:
    """Return the type and the attributes of what happened between two states of an event entity, None where nothing did.

    What comes with a start of Home Assistant or with an entity that is available again is the event of before, unless its
    moment is later than the entity's going.
    """
    if old is None or new.state in NOT_GIVEN or new.state == old.state:
        return None
    kind = new.attributes.get(ATTR_EVENT_TYPE)
    moment = dt_util.parse_datetime(new.state)
    if not isinstance(kind, str) or moment is None:
        return None
    if (before := dt_util.parse_datetime(old.state)) is None:
        # It was unavailable or unknown since then
        if moment < old.last_updated - _RESOLUTION:
            return None
    elif moment <= before:
        return None
    return kind, {name: value for name, value in new.attributes.items() if name not in _STANDARD}


EVENT = Domain(facets=_facets, read=_read, call=nothing_settable)
