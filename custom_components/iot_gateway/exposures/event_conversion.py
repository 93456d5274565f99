"""Whether and how what happens at an event entity becomes an event of a thing model (protocols page B3, event/trigger)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..clients.tuyalink import Event, TypeSpec
from .choices import normalized, propose_choices
from .codecs import Codec, codec_for
from .errors import Unconvertible
from .facet import Facet, FacetKind
from .remarks import CHOICES_MISSING, Note, Obstacle

_TYPE_NAMES = ("event_type", "type", "kind", "action", "event", "status", "state", "value", "key", "button", "press")
"""What an output that takes the event's type is called, the likeliest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventConversion:
    """How what happens becomes an event of a model.

    `parameter` is the output that takes the type of what happened; without one, every type among `choices` (all, where these are
    empty) is the same event. Other outputs take the attributes of the same names.
    """

    facet: Facet
    event: Event
    parameter: str | None
    choices: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    codec: Codec | None = field(default=None, repr=False)

    def outputs(self, kind: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs of an event that happened; raises Unconvertible for a type that is tied to none.

        Attributes that are not given, or not of their output's type, are left out.
        """
        if self.choices and kind not in self.choices:
            raise Unconvertible("option_untied", {"value": kind})
        outputs: dict[str, Any] = {}
        if self.parameter is not None and self.codec is not None:
            outputs[self.parameter] = self.codec.encode(kind)
        given = {normalized(name): value for name, value in attributes.items()}
        for code, param in self.event.outputs.items():
            if code not in outputs and (value := given.get(normalized(code))) is not None:
                try:
                    outputs[code] = raw_of(value, param.type)
                except Unconvertible:
                    continue
        return outputs


def event_conversion(
    facet: Facet, event: Event, choices: Mapping[str, str] | None = None, parameter: str | None = None
) -> EventConversion | Obstacle:
    """Return how an event entity becomes an event of a model, or why it does not.

    Without a parameter it is the output whose choices fit the entity's types best, or that is named like one that takes a type; where
    no choice fits, the user has to say which is which.
    """
    about = {"facet": facet.key, "code": event.code, "type": "event"}
    if facet.kind is not FacetKind.EVENT:
        return Obstacle(key="property_only", placeholders=about)
    if parameter is not None:
        if parameter not in event.outputs:
            return Obstacle(key="parameter_unknown", placeholders={**about, "parameter": parameter})
        return _with_parameter(facet, event, parameter, choices, about)
    tried = {name: _with_parameter(facet, event, name, choices, about) for name in type_parameters(facet, event)}
    if found := [conversion for conversion in tried.values() if isinstance(conversion, EventConversion)]:
        return max(found, key=lambda conversion: len(conversion.choices) or len(facet.options))
    for name, obstacle in tried.items():
        # It is for the type, and the cloud takes no event without it
        if isinstance(obstacle, Obstacle) and obstacle.fixable and normalized(name) in _TYPE_NAMES:
            return obstacle
    notes = (Note(key="type_not_told", placeholders=about),) if len(facet.options) > 1 else ()
    # Here the choices only say which types count
    return EventConversion(
        facet=facet,
        event=event,
        parameter=None,
        choices=dict(choices or {}),
        notes=(*notes, *_notes_on_others(event, None, about)),
    )


def type_parameters(facet: Facet, event: Event) -> tuple[str, ...]:
    """Return the outputs that can take an event's type, the likeliest first."""

    def likelihood(code: str) -> tuple[int, int]:
        spec = event.outputs[code].type
        fitting = len(propose_choices(facet.options, spec.choices)) if spec.kind == "enum" else 0
        name = normalized(code)
        return -fitting, _TYPE_NAMES.index(name) if name in _TYPE_NAMES else len(_TYPE_NAMES)

    able = [
        code
        for code, param in event.outputs.items()
        if param.type.kind == "enum" or (param.type.kind == "string" and normalized(code) in _TYPE_NAMES)
    ]
    return tuple(sorted(able, key=likelihood))


def raw_of(value: Any, spec: TypeSpec) -> Any:
    """Return what Python has as a raw of a type, without a unit; raises Unconvertible. For attributes of events and outputs of actions."""
    match value:
        case bool():
            facet = Facet(key="value", kind=FacetKind.BOOLEAN)
        case int() | float():
            facet = Facet(key="value", kind=FacetKind.NUMBER)
        case str() if spec.kind in {"enum", "bool"}:
            facet = Facet(key="value", kind=FacetKind.ENUM, options=(value,))
        case str() if spec.kind in {"value", "float", "double"}:
            facet = Facet(key="value", kind=FacetKind.NUMBER)
        case str():
            facet = Facet(key="value", kind=FacetKind.TEXT)
        case _:
            raise Unconvertible("kind", {"value": type(value).__name__, "type": spec.kind})
    if isinstance(value, str) and spec.kind in {"enum", "bool"}:
        choices = spec.choices if spec.kind == "enum" else ("true", "false")
        tied = propose_choices((value,), choices)
        if value not in tied:
            raise Unconvertible("option_untied", {"value": value})
        return tied[value] == "true" if spec.kind == "bool" else tied[value]
    found = codec_for(facet, "", spec)
    if isinstance(found, Obstacle):
        raise Unconvertible("kind", {"value": type(value).__name__, "type": spec.kind})
    return found.codec.encode(value)


def _with_parameter(
    facet: Facet, event: Event, parameter: str, choices: Mapping[str, str] | None, about: Mapping[str, str]
) -> EventConversion | Obstacle:
    # An event's types are options like any other's
    options = Facet(key=facet.key, kind=FacetKind.ENUM, options=facet.options)
    spec = event.outputs[parameter].type
    found = codec_for(options, parameter, spec, choices)
    if isinstance(found, Obstacle):
        key = found.key if found.key in {CHOICES_MISSING, "choices_unknown", "length"} else "parameter_type"
        return Obstacle(key=key, placeholders={**about, "parameter": parameter, **found.placeholders})
    notes = tuple(Note(key=note.key, placeholders={**about, **note.placeholders}) for note in found.notes)
    return EventConversion(
        facet=facet,
        event=event,
        parameter=parameter,
        choices=found.choices,
        notes=(*notes, *_notes_on_others(event, parameter, about)),
        codec=found.codec,
    )


def _notes_on_others(event: Event, parameter: str | None, about: Mapping[str, str]) -> tuple[Note, ...]:
    """Say which outputs are there only as far as what happens brings them: nobody knows that before it does."""
    if not (others := [code for code in event.outputs if code != parameter]):
        return ()
    return (Note(key="outputs_by_attributes", placeholders={**about, "outputs": ", ".join(others)}),)
