"""What is pressed or run: buttons, scripts, scenes."""

from collections.abc import Callable, Iterable
from typing import Any

from homeassistant.const import STATE_ON
from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Call, Domain
from .traits import Traits


def _press(traits: Traits, *, sensitive: bool = False) -> Facet:
    return Facet(
        key="press",
        kind=FacetKind.PRESS,
        device_class=traits.device_class,
        readable=False,
        settable=True,
        sensitive=sensitive,
    )


def _button_facets(traits: Traits) -> Iterable[Facet]:
    yield _press(traits)


def _scene_facets(traits: Traits) -> Iterable[Facet]:
    # What it does cannot be seen from it: it may unlock a door
    yield _press(traits, sensitive=True)


def _script_facets(traits: Traits) -> Iterable[Facet]:
    yield _press(traits, sensitive=True)
    yield Facet(key="running", kind=FacetKind.BOOLEAN)


def _read_nothing(_state: State, _key: str) -> Value | None:
    return None


def _read_script(state: State, key: str) -> Value | None:
    return state.state == STATE_ON if key == "running" else None


def _presser(service: str) -> Callable[[State, str, Any], Call | None]:
    def call(_state: State, key: str, _value: Any) -> Call | None:
        return (service, {}) if key == "press" else None

    return call


BUTTON = Domain(facets=_button_facets, read=_read_nothing, call=_presser("press"))
SCENE = Domain(facets=_scene_facets, read=_read_nothing, call=_presser("turn_on"))
SCRIPT = Domain(facets=_script_facets, read=_read_script, call=_presser("turn_on"))
