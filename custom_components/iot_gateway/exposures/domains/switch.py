"""Switches, and what is switched like them: input booleans, sirens, remote controls."""

from collections.abc import Iterable
from typing import Any

from homeassistant.components.siren.const import SirenEntityFeature
from homeassistant.const import STATE_ON
from homeassistant.core import State

from ..facet import Facet
from .making import Call, Domain, on_facet, switched
from .traits import Traits

_SIREN = SirenEntityFeature.TURN_ON | SirenEntityFeature.TURN_OFF


def _facets(traits: Traits) -> Iterable[Facet]:
    return (on_facet(device_class=traits.device_class),)


def _siren_facets(traits: Traits) -> Iterable[Facet]:
    # One that cannot be silenced from here is not switched from here
    return (on_facet(settable=traits.features & _SIREN == _SIREN),)


def _read(state: State, key: str) -> bool | None:
    return state.state == STATE_ON if key == "on" else None


def _call(_state: State, key: str, value: Any) -> Call | None:
    return switched(value) if key == "on" else None


SWITCH = Domain(facets=_facets, read=_read, call=_call)
SIREN = Domain(facets=_siren_facets, read=_read, call=_call)
