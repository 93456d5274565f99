"""The thing model of a product: its properties, events and actions (protocol page 4).

All numbers of a definition may be texts. What is unknown is kept: a type that has no meaning here under its own name, and every
definition as it came. Nothing of a model is dropped silently; entries that have not even an id are counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .loose import as_flag, as_mapping, as_number, as_text, from_json

SYSTEM_PREFIX: Final = "_sys_"
"""What the ids of the platform's own properties begin with."""
_DEEPEST: Final = 8
_ALIASES: Final[Mapping[str, str]] = {"boolean": "bool", "integer": "int", "double": "float", "text": "string"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Define:
    """What values something may have.

    `type` is bool, int, float, enum, stringenum, string, timestamp, struct, array, or what else the model says; empty where it
    says none. `minimum` and `maximum` are those of a number, or of a string's length; `start` is the default. `choices` are
    names by value, as text, in the model's order: of "0" and "1" for bool. `members` are those of a struct, `element` is the
    type of an array's items. `raw` is the definition as it came.
    """

    type: str
    minimum: float | None = None
    maximum: float | None = None
    start: float | None = None
    step: float | None = None
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    members: tuple[Param, ...] = ()
    element: Define | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A member of a struct, what an event brings, or what an action takes or gives."""

    id: str
    name: str
    define: Define


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A state; `mode` is r (reported only) or rw. `is_system` tells the platform's own ones."""

    id: str
    name: str
    mode: str
    define: Define
    description: str = ""
    required: bool = False

    @property
    def is_system(self) -> bool:
        """Whether it is the platform's and not the maker's."""
        return self.id.startswith(SYSTEM_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happens; `type` is info, alert or fault, or the model's own word."""

    id: str
    name: str
    type: str
    params: tuple[Param, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What can be asked for."""

    id: str
    name: str
    inputs: tuple[Param, ...] = ()
    outputs: tuple[Param, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingModel:
    """The model of a product. `unreadable` counts entries that have no id."""

    properties: tuple[Property, ...] = ()
    events: tuple[Event, ...] = ()
    actions: tuple[Action, ...] = ()
    unreadable: int = 0


def parse_thing_model(definition: Any) -> ThingModel:
    """Return what a definition says: a JSON object, as `ModelDefinition.merged` is, or its text.

    What is none at all gives an empty model.
    """
    found = as_mapping(from_json(definition))
    reader = _Reader()
    return ThingModel(
        properties=tuple(
            Property(
                id=id_,
                name=as_text(entry.get("name")),
                # What nobody may set is the safe reading
                mode="rw" if "w" in as_text(entry.get("mode")).lower() else "r",
                define=reader.define(entry),
                description=as_text(entry.get("desc")),
                required=as_flag(entry.get("required")),
            )
            for id_, entry in reader.entries(found.get("properties"))
        ),
        events=tuple(
            Event(
                id=id_,
                name=as_text(entry.get("name")),
                type=as_text(entry.get("type")),
                params=reader.params(entry.get("params")),
                description=as_text(entry.get("desc")),
            )
            for id_, entry in reader.entries(found.get("events"))
        ),
        actions=tuple(
            Action(
                id=id_,
                name=as_text(entry.get("name")),
                inputs=reader.params(entry.get("input")),
                outputs=reader.params(entry.get("output")),
                description=as_text(entry.get("desc")),
            )
            for id_, entry in reader.entries(found.get("actions"))
        ),
        unreadable=reader.unreadable,
    )


class _Reader:
    """Reads entries, and counts those that cannot be read."""

    def __init__(self) -> None:
        self.unreadable = 0

    def entries(self, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the entries of a list with their ids; the first where an id comes twice."""
        if not isinstance(value, list):
            self.unreadable += bool(value)
            return
        seen = set()
        for entry in value:
            id_ = as_text(as_mapping(entry).get("id"))
            if not id_ or id_ in seen:
                self.unreadable += 1
                continue
            seen.add(id_)
            yield id_, entry

    def params(self, value: Any, depth: int = 0) -> tuple[Param, ...]:
        """Return the parameters or members in a list."""
        return tuple(
            Param(id=id_, name=as_text(entry.get("name")), define=self.define(entry, depth))
            for id_, entry in self.entries(value)
        )

    def define(self, entry: Mapping[str, Any], depth: int = 0) -> Define:
        """Return the type of an entry: `define`, or in a struct `dataType`."""
        return self._define(as_mapping(entry.get("define") or entry.get("dataType")), depth)

    def _define(self, raw: Mapping[str, Any], depth: int) -> Define:
        type_ = as_text(raw.get("type"))
        type_ = _ALIASES.get(type_.lower(), type_.lower())
        element = as_mapping(raw.get("arrayInfo"))
        return Define(
            type=type_,
            minimum=as_number(raw.get("min")),
            maximum=as_number(raw.get("max")),
            start=as_number(raw.get("start")),
            step=as_number(raw.get("step")),
            unit=as_text(raw.get("unit")),
            choices={str(value): as_text(name) for value, name in as_mapping(raw.get("mapping")).items()},
            members=self.params(raw.get("specs"), depth + 1) if depth < _DEEPEST else (),
            element=self._define(element, depth + 1) if element and depth < _DEEPEST else None,
            raw=raw,
        )
