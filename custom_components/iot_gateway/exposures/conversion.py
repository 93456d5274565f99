"""Whether and how a facet's values become those of a property, and back (protocols page B3, typeSpec).

Two words are kept apart: a *value* is a facet's (`facet.Value`), a *raw* what goes over the wire. A number of type `value` is
raw = shown × 10^scale; float and double go as they are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..clients.tuyalink import Property
from .codecs import Codec, codec_for, type_choices
from .errors import Unconvertible
from .facet import Facet, FacetKind, Value
from .remarks import Note, Obstacle

__all__ = ["Conversion", "Note", "Obstacle", "conversion", "type_choices"]

_SETTABLE = frozenset({"rw", "wr"})
_REPORTED = frozenset({"rw", "ro"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How a facet's values become a property's and back.

    `settable`: the app may set it. `reported`: its value is reported. `choices` are the choices in force by options, empty where
    none are needed. `notes` are what the user ought to know.
    """

    facet: Facet
    property: Property
    settable: bool
    reported: bool
    choices: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    codec: Codec = field(repr=False)

    def to_tuya(self, value: Value) -> Any:
        """Return the raw of a value; raises Unconvertible."""
        try:
            return self.codec.encode(value)
        except ArithmeticError:
            # A light of 0 K, or what a range that is none makes of a number
            raise Unconvertible("not_a_number", {"value": str(value)}) from None

    def from_tuya(self, raw: Any) -> Value:
        """Return the value of a raw; raises Unconvertible."""
        try:
            return self.codec.decode(raw)
        except ArithmeticError:
            raise Unconvertible("not_a_number", {"value": str(raw)[:60]}) from None


def conversion(facet: Facet, prop: Property, choices: Mapping[str, str] | None = None) -> Conversion | Obstacle:
    """Return how a facet is converted to a property, or why it is not.

    `choices` are the property's choices by the facet's options (`Facet.choosable`); without them they are found by name.
    """
    about = {"facet": facet.key, "code": prop.code, "type": prop.type.kind}
    if facet.kind is FacetKind.EVENT:
        return Obstacle(key="event_only", placeholders=about)
    if prop.access == "ro" and not facet.readable:
        return Obstacle(key="not_readable", placeholders=about)
    if prop.access == "wr" and not facet.settable:
        return Obstacle(key="not_settable", placeholders=about)
    found = codec_for(facet, prop.code, prop.type, choices)
    if isinstance(found, Obstacle):
        return Obstacle(key=found.key, placeholders={**about, **found.placeholders})
    settable = facet.settable and prop.access in _SETTABLE
    notes = [Note(key=note.key, placeholders={**about, **note.placeholders}) for note in found.notes]
    if prop.access == "rw" and not facet.settable:
        notes.append(Note(key="report_only", placeholders=about))
    return Conversion(
        facet=facet,
        property=prop,
        settable=settable,
        reported=facet.readable and prop.access in _REPORTED,
        choices=found.choices,
        notes=tuple(notes),
        codec=found.codec,
    )
