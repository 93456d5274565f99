"""Which facet goes to which property or event: what is proposed to the user, and what else there is to choose from."""

from collections.abc import Iterable, Iterator, Mapping, Set as AbstractSet
from dataclasses import dataclass, field
import re
from typing import Final

from ..clients.tuyalink import Event, Property, ThingModel
from .conversion import Conversion, conversion
from .event_conversion import EventConversion, event_conversion
from .exposure import EVENT, PROPERTY
from .facet import Facet, FacetKind
from .remarks import Obstacle
from .standard_codes import INVERTED, SAYS_OPENING, SWITCHES, standard_codes
from .units import is_percent

_ENOUGH: Final = 20
_NUMBERED: Final = re.compile(r"(_v\d+|_?\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A proposed pair. `reason` is "code", "unit", "name" or "type": what it was found by, the best first."""

    facet: str
    code: str
    kind: str
    choices: Mapping[str, str] = field(default_factory=dict)
    parameter: str | None = None
    score: int = 0
    reason: str = "type"


def propose(facets: Iterable[Facet], model: ThingModel, taken: AbstractSet[str] = frozenset()) -> tuple[Proposed, ...]:
    """Return the pairs that fit best, the best first; no property twice and none of those `taken`, and no facet twice.

    Only what is likely is proposed: that the types would do is not enough.
    """
    found = [
        proposed
        for position, facet in enumerate(facets)
        for proposed in _proposals(facet, model, taken, position)
        if proposed.score >= _ENOUGH
    ]
    best: list[Proposed] = []
    facets_done: set[str] = set()
    codes_done: set[tuple[str, str]] = set()
    for proposed in sorted(found, key=lambda proposed: -proposed.score):
        if proposed.facet not in facets_done and (proposed.kind, proposed.code) not in codes_done:
            facets_done.add(proposed.facet)
            codes_done.add((proposed.kind, proposed.code))
            best.append(proposed)
    return tuple(best)


def candidates(facet: Facet, model: ThingModel) -> tuple[tuple[str, Conversion | EventConversion | Obstacle], ...]:
    """Return what a facet could be tied to, by code.

    First what converts, then what does once the user has said which option is which choice, then what does not, with the reason;
    each in the model's order.

    Of event entities these are the model's events, of all others its properties.
    """
    found: list[tuple[str, Conversion | EventConversion | Obstacle]] = (
        [(code, event_conversion(facet, event)) for code, event in model.events.items()]
        if facet.kind is FacetKind.EVENT
        else [(code, conversion(facet, prop)) for code, prop in model.properties.items()]
    )
    return tuple(sorted(found, key=lambda item: (1 if item[1].fixable else 2) if isinstance(item[1], Obstacle) else 0))


def _proposals(facet: Facet, model: ThingModel, taken: AbstractSet[str], position: int) -> Iterator[Proposed]:
    if facet.kind is FacetKind.EVENT:
        for code, event in model.events.items():
            if code not in taken and isinstance(to_event := event_conversion(facet, event), EventConversion):
                yield _of_event(to_event, event)
        return
    codes = standard_codes(facet)
    if facet.key == "open" and not _opens_something(model):
        # A wall switch's and a garage door's are called the same
        codes = {code: rank for code, rank in codes.items() if code not in SWITCHES}
    for code, prop in model.properties.items():
        if code in taken or (_is_switch(prop) and not facet.settable):
            continue
        inverted = INVERTED.get((facet.key, code))
        found = conversion(facet, prop, inverted if prop.type.kind == "bool" else None)
        if isinstance(found, Conversion):
            yield _of_property(found, codes, position)


def _is_switch(prop: Property) -> bool:
    """Whether a property turns something on and off, so that the app would show a switch that does nothing."""
    plain = _NUMBERED.sub("", prop.code)
    return prop.type.kind == "bool" and prop.access != "ro" and not SWITCHES.isdisjoint({prop.code, plain})


def _opens_something(model: ThingModel) -> bool:
    """Whether a product is of one thing that opens and closes, as far as its properties tell."""
    if sum(map(_is_switch, model.properties.values())) > 1:
        return False
    words = {word for prop in model.properties.values() for word in _words(f"{prop.code} {prop.name}")}
    return any(said in word and word != "gateway" for said in SAYS_OPENING for word in words)


def _of_property(found: Conversion, codes: Mapping[str, int], position: int) -> Proposed:
    facet, prop = found.facet, found.property
    score, reason = _by_code(prop.code, codes)
    spelt = prop.type.unit
    alike = facet.unit and spelt and is_percent(facet.unit) is is_percent(spelt)
    if alike and all(note.key != "unit_assumed" for note in found.notes):
        # Nearly everything may be in percent; a white from warm to cold can be told so too, which is no likeness
        score += 5 if facet.unit == "%" else 20
        reason = reason or ("unit" if facet.unit != "%" else "")
    if _names_alike(facet, prop):
        score += 20
        reason = reason or "name"
    # What is a little better decides between equals
    score += 3 if facet.settable == (prop.access != "ro") else -3
    score += 2 if _natural(facet, prop) else -4
    score -= sum(note.key in {"options_untied", "range_partial", "unit_assumed"} for note in found.notes)
    return Proposed(
        facet=facet.key,
        code=prop.code,
        kind=PROPERTY,
        choices=found.choices,
        # The first facets of an entity are what it is about
        score=score * 10 - position if score > 2 * _ENOUGH else score,
        reason=reason or "type",
    )


def _by_code(code: str, codes: Mapping[str, int]) -> tuple[int, str]:
    """Return how well a code is one of the usual ones, the first of which is the likeliest."""
    if (rank := codes.get(code)) is not None:
        return 100 - min(rank, 40), "code"
    plain = _NUMBERED.sub("", code)
    if (rank := codes.get(plain)) is not None:
        return 55 - min(rank, 30), "code"
    return 0, ""


def _names_alike(facet: Facet, prop: Property) -> bool:
    """Whether what a facet is called is what a property is called, in its code or name."""
    name = f"{prop.code} {prop.name}".lower().replace("_", " ")
    if facet.device_class and facet.device_class.replace("_", " ") in name:
        return True
    words = facet.key.split("_")
    return facet.key not in _TOO_GENERAL and all(word in name for word in words)


_TOO_GENERAL: Final = frozenset({"on", "active", "value", "state", "open", "press", "event", "option", "text", "home"})


def _natural(facet: Facet, prop: Property) -> bool:
    """Whether a property has the type that such a facet would have there."""
    kinds = {
        FacetKind.BOOLEAN: {"bool"},
        FacetKind.NUMBER: {"value", "float", "double", "date"},
        FacetKind.ENUM: {"enum"},
        FacetKind.TEXT: {"string", "struct"},
        FacetKind.PRESS: {"bool", "enum"},
    }
    return prop.type.kind in kinds.get(facet.kind, set())


def _of_event(found: EventConversion, event: Event) -> Proposed:
    fitting = len(found.choices) if found.parameter is not None else 0
    named = _words(found.facet.device_class or "") & _words(f"{event.code} {event.name}")
    score = 30 + 10 * min(fitting, 5) + (20 if named else 0) + (5 if found.parameter is not None else 0)
    return Proposed(
        facet=found.facet.key,
        code=event.code,
        kind=EVENT,
        choices=found.choices,
        parameter=found.parameter,
        score=score,
        reason="name" if named else "type",
    )


def _words(text: str) -> set[str]:
    return {word for word in re.split(r"[^a-z0-9]+", text.lower()) if word}
