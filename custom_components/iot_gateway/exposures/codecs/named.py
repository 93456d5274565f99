"""Codecs of values that are a few: yes and no, options, presses."""

from collections.abc import Mapping
from typing import Any, Final, override

from ...clients.tuyalink import TypeSpec
from ..choices import propose_choices
from ..errors import Unconvertible
from ..facet import OFF, ON, PRESSED, Facet, Value
from ..remarks import CHOICES_MISSING, Note, Obstacle
from .base import Codec, Found, shown

BOOLS = ("true", "false")
"""What the two raws of a bool are called as choices."""

# What on and off are called of these; an open lock is no lock that is on
_WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("away", ON): "away",
    ("away", OFF): "home",
    ("cleaning", ON): "start",
    ("cleaning", OFF): "stop",
    ("home", ON): "home",
    ("home", OFF): "not_home",
    ("locked", ON): "locked",
    ("locked", OFF): "unlocked",
    ("mowing", ON): "start",
    ("mowing", OFF): "stop",
    ("open", ON): "open",
    ("open", OFF): "close",
}

KIND = Obstacle(key="kind")


class NamedCodec(Codec):
    """Values by their names. A text stands for the bool that it spells, in both ways: the cloud writes any value as text at times."""

    def __init__(self, raws: Mapping[Value, Any], options: Mapping[Value, str] | None = None) -> None:
        """Take the raw of each value; where several have one, the raw stands for the first of them."""
        self._raws = dict(raws)
        self._values: dict[str, Value] = {}
        for value, raw in raws.items():
            _ = self._values.setdefault(_name(raw), value)
        self._options = options or {}

    @override
    def encode(self, value: Value) -> Any:
        if (raw := self._raws.get(value)) is None:
            raise Unconvertible("option_untied", {"value": shown(self._options.get(value, value))})
        return raw

    @override
    def decode(self, raw: Any) -> Value:
        if (value := self._values.get(_name(raw))) is None:
            raise Unconvertible("choice_untied", {"value": shown(raw)})
        return value


class PressCodec(Codec):
    """One raw presses; what a press is never reported as is the raw of its being over."""

    def __init__(self, pressed: Any, released: Any) -> None:
        """Take the raw that presses, and the one after it or None."""
        self._pressed = _name(pressed)
        self._released = released

    @override
    def encode(self, value: Value) -> Any:
        """Return the raw of what is not pressed any more."""
        if self._released is None:
            raise Unconvertible("not_reported", {"value": PRESSED})
        return self._released

    @override
    def decode(self, raw: Any) -> Value:
        if _name(raw) != self._pressed:
            raise Unconvertible("press_only", {"value": shown(raw), "pressed": self._pressed})
        return True


class BitCodec(Codec):
    """Yes or no as one bit of a bitmap; the others are not set."""

    def __init__(self, bit: int) -> None:
        """Take the number of the bit."""
        self._mask = 1 << bit

    @override
    def encode(self, value: Value) -> Any:
        return self._mask if value else 0

    @override
    def decode(self, raw: Any) -> Value:
        if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
            raise Unconvertible("not_a_number", {"value": shown(raw)})
        return bool(raw & self._mask)


def type_choices(spec: TypeSpec) -> tuple[str, ...]:
    """Return what options can be tied to: an enum's choices, the labels of a bitmap, "true" and "false" of a bool."""
    match spec.kind:
        case "enum":
            return spec.choices
        case "bool":
            return BOOLS
        case "bitmap":
            return spec.labels
        case _:
            return ()


def boolean_codec(facet: Facet, spec: TypeSpec, choices: Mapping[str, str] | None) -> Found | Obstacle:
    """Return the codec of a boolean facet."""
    match spec.kind:
        case "bool" if not choices:
            return Found(codec=NamedCodec({True: True, False: False}))
        case "bool" | "enum":
            tied = _tied(facet, spec, choices)
            if isinstance(tied, Obstacle):
                return tied
            if len(set(tied.values())) < 2:
                return _missing(facet, spec)
            raws: dict[Value, Any] = {option == ON: _raw(spec, choice) for option, choice in tied.items()}
            return Found(codec=NamedCodec(raws, {True: ON, False: OFF}), choices=tied)
        case "value" | "float" | "double":
            low, high = spec.minimum, spec.maximum
            one = 10**spec.scale if spec.kind == "value" else 1
            if (low is not None and low > 0) or (high is not None and high < one):
                return KIND
            return Found(codec=NamedCodec({True: one, False: 0}))
        case "string":
            return Found(codec=NamedCodec({True: "true", False: "false"}))
        case "bitmap":
            labels = spec.labels
            label = (choices or {}).get(ON) if len(labels) != 1 else labels[0]
            if label not in labels:
                return _missing(facet, spec)
            return Found(codec=BitCodec(labels.index(label)), choices={ON: label})
        case _:
            return KIND


def enum_codec(facet: Facet, spec: TypeSpec, choices: Mapping[str, str] | None) -> Found | Obstacle:
    """Return the codec of a facet of options."""
    match spec.kind:
        case "enum" | "bool":
            tied = _tied(facet, spec, choices)
            if isinstance(tied, Obstacle):
                return tied
            if not tied or (spec.kind == "bool" and len(set(tied.values())) < 2):
                return _missing(facet, spec)
            return Found(
                codec=NamedCodec({option: _raw(spec, choice) for option, choice in tied.items()}),
                choices=tied,
                notes=(*_untied("options_untied", facet.options, tied), *_untied_choices(facet, spec, tied)),
            )
        case "string":
            longest = max(facet.options, key=len, default="")
            if spec.max_length is not None and len(longest) > spec.max_length:
                return Obstacle(key="length", placeholders={"length": str(len(longest)), "most": str(spec.max_length)})
            return Found(codec=NamedCodec({option: option for option in facet.options}))
        case _:
            return KIND


def press_codec(facet: Facet, spec: TypeSpec, choices: Mapping[str, str] | None) -> Found | Obstacle:
    """Return the codec of what is pressed."""
    match spec.kind:
        case "bool":
            return Found(codec=PressCodec(True, False))
        case "enum":
            if not choices and len(spec.choices) == 1:
                choices = {PRESSED: spec.choices[0]}
            tied = _tied(facet, spec, choices)
            if isinstance(tied, Obstacle):
                return tied
            if PRESSED not in tied:
                return _missing(facet, spec)
            return Found(codec=PressCodec(tied[PRESSED], None), choices=tied)
        case _:
            return KIND


def _tied(facet: Facet, spec: TypeSpec, choices: Mapping[str, str] | None) -> dict[str, str] | Obstacle:
    """Return the choices by the options that the facet has; those that the user chose, else those of the same names.

    An option that the entity has no more is left out, a choice that the model has no more is an obstacle.
    """
    known = type_choices(spec)
    if not choices:
        words = {_WORDS.get((facet.key, option), option): option for option in facet.choosable}
        return {words[word]: choice for word, choice in propose_choices(words, known).items()}
    if unknown := [choice for choice in choices.values() if choice not in known]:
        return Obstacle(
            key="choices_unknown", placeholders={"unknown": ", ".join(unknown), "choices": ", ".join(known) or "-"}
        )
    return {option: choices[option] for option in facet.choosable if option in choices}


def _missing(facet: Facet, spec: TypeSpec) -> Obstacle:
    return Obstacle(
        key=CHOICES_MISSING,
        placeholders={"options": ", ".join(facet.choosable), "choices": ", ".join(type_choices(spec)) or "-"},
    )


def _untied(key: str, names: tuple[str, ...], tied: Any) -> tuple[Note, ...]:
    left = [name for name in names if name not in tied]
    return (Note(key=key, placeholders={"left": ", ".join(left)}),) if left else ()


def _untied_choices(facet: Facet, spec: TypeSpec, tied: Mapping[str, str]) -> tuple[Note, ...]:
    """Return what the app could choose to no effect."""
    return _untied("choices_untied", type_choices(spec), set(tied.values())) if facet.settable else ()


def _raw(spec: TypeSpec, choice: str) -> Any:
    return choice == BOOLS[0] if spec.kind == "bool" else choice


def _name(raw: Any) -> str:
    """Return what a raw is called; a number and a bool by their texts, which are no names of each other."""
    if isinstance(raw, bool):
        return str(raw).lower()
    return str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw)
