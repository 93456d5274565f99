"""What the modules of the domains are made of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .traits import Traits

type Call = tuple[str, Mapping[str, Any]]
"""A service of the entity's own domain, and its data without the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What a domain's entities offer.

    `read` gets states that are neither unavailable nor unknown, unless `reads_unknown`. `call` returns None for what cannot be set.
    `carried` are, by facet, the parameters of its call that only say again what is so already: what the app sets goes before them.
    """

    facets: Callable[[Traits], Iterable[Facet]]
    read: Callable[[State, str], Value | None]
    call: Callable[[State, str, Any], Call | None]
    reads_unknown: bool = False
    carried: Mapping[str, frozenset[str]] = field(default_factory=dict)


def nothing_settable(_state: State, _key: str, _value: Any) -> Call | None:
    """Return that a facet cannot be set, whichever it is."""
    return None


def on_facet(*, settable: bool = True, sensitive: bool = False, device_class: str | None = None) -> Facet:
    """Return the facet of what is on or off."""
    return Facet(
        key="on", kind=FacetKind.BOOLEAN, settable=settable, sensitive=sensitive and settable, device_class=device_class
    )


def percent_facet(key: str, *, minimum: float = 0, step: float | None = 1, settable: bool = False) -> Facet:
    """Return a facet in percent."""
    return Facet(key=key, kind=FacetKind.NUMBER, unit="%", minimum=minimum, maximum=100, step=step, settable=settable)


def enum_facet(key: str, options: Iterable[str], *, settable: bool = False, **more: Any) -> Iterable[Facet]:
    """Yield a facet of options, none where there are no options."""
    if given := tuple(dict.fromkeys(str(option) for option in options)):
        yield Facet(key=key, kind=FacetKind.ENUM, options=given, settable=settable, **more)


def switched(value: bool) -> Call:
    """Return the service that most domains are switched with."""
    return ("turn_on" if value else "turn_off"), {}
