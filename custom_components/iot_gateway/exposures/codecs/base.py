"""What a codec is, and what several of them do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import Unconvertible
from ..facet import Value
from ..remarks import Note

_LONGEST_SHOWN = 60
_LARGEST = 1e30
"""Beyond all that is counted; an integer may be larger than any float."""


class Codec(Protocol):
    """Makes raws of values and values of raws; both raise Unconvertible."""

    def encode(self, value: Value) -> Any:
        """Return the raw of a value."""

    def decode(self, raw: Any) -> Value:
        """Return the value of a raw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A codec, the choices that are in force in it by options, and what the user ought to know."""

    codec: Codec
    choices: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def number(raw: Any) -> float:
    """Return a finite number that is one or spells one; raises Unconvertible. A bool is none."""
    if isinstance(raw, str):
        try:
            raw = float(raw)
        except ValueError:
            raise Unconvertible("not_a_number", {"value": shown(raw)}) from None
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not -_LARGEST < raw < _LARGEST:
        raise Unconvertible("not_a_number", {"value": shown(raw)})
    return raw


def tidy(value: float) -> float:
    """Return a number without the noise of floating point, an int where it is whole."""
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def shown(value: Any) -> str:
    """Return a value as it goes into a message: cut where it is long."""
    text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
