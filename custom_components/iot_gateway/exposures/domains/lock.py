"""Locks. Setting one is sensitive in both ways: what locks may lock out."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.components.lock.const import LockEntityFeature, LockState
from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Call, Domain, enum_facet
from .traits import Traits

_STATES: Final = tuple(LockState)


def _facets(traits: Traits) -> Iterable[Facet]:
    yield Facet(key="locked", kind=FacetKind.BOOLEAN, settable=True, sensitive=True)
    if traits.features & LockEntityFeature.OPEN:
        yield Facet(key="unlatch", kind=FacetKind.PRESS, readable=False, settable=True, sensitive=True)
    yield from enum_facet("state", _STATES)


def _read(state: State, key: str) -> Value | None:
    match key:
        case "locked":
            # One that is jammed or still at it is not locked, as far as anybody may rely on it
            return state.state == LockState.LOCKED
        case "state":
            return state.state if state.state in _STATES else None
        case _:
            return None


def _call(_state: State, key: str, value: Any) -> Call | None:
    match key:
        case "locked":
            return ("lock" if value else "unlock"), {}
        case "unlatch":
            return "open", {}
        case _:
            return None


LOCK = Domain(facets=_facets, read=_read, call=_call)
