"""The thing model of a product: its properties, events and actions (protocols page B3, `thing/model/get`).

Documented are the sample of that page and the types value, date, enum, string and bool in samples of Tuya's model API; how arrays
and structs are written is not, so several spellings are read. What is unknown is kept under its own name: nothing of a model is
dropped silently.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
import json
import math
from typing import TYPE_CHECKING, Any, Final

from . import topics
from .errors import MessageInvalid
from .messages import to_integer

if TYPE_CHECKING:
    from .link import TuyaLink

_ALIASES: Final[Mapping[str, str]] = {
    "boolean": "bool",
    "int": "value",
    "integer": "value",
    "text": "string",
    "fault": "bitmap",
}
_ARRAY: Final = "_array"
_ACCESS: Final[Mapping[str, str]] = {"ro": "ro", "r": "ro", "wr": "wr", "wo": "wr", "w": "wr", "rw": "rw"}
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSpec:
    """What values a property or a parameter may have.

    `kind` is bool, value, float, double, enum, string, date, bitmap, raw, array, struct, or what else the model says.
    `minimum`, `maximum` and `step` are as they go over the wire: the value shown is them divided by 10 to the power of `scale`.
    `choices` are the values of an enum, `labels` those of a bitmap from its lowest bit on, `max_length` the characters of a
    string, the bytes of raw data or the items of an array, `element` the type of these, `members` those of a struct by code.
    """

    kind: str
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    scale: int = 0
    unit: str = ""
    choices: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    max_length: int | None = None
    element: TypeSpec | None = None
    members: Mapping[str, TypeSpec] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A state: `access` is ro (reported only), wr (commanded only) or rw. `name` is empty in the simple format."""

    ability_id: int | None
    code: str
    name: str
    access: str
    type: TypeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """What an event brings, or what an action takes or gives."""

    code: str
    name: str
    type: TypeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happens; `kind` is the model's own word for it (info, alert, error), empty where it says none."""

    code: str
    name: str
    kind: str
    outputs: Mapping[str, Param]
    ability_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What can be asked for."""

    code: str
    name: str
    inputs: Mapping[str, Param]
    outputs: Mapping[str, Param]
    ability_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A part of a model; nearly all models have one, with an empty code."""

    code: str
    properties: Mapping[str, Property]
    events: Mapping[str, Event]
    actions: Mapping[str, Action]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingModel:
    """The model of a product. `unreadable` counts entries that have not even a code."""

    model_id: str
    services: tuple[Service, ...]
    unreadable: int = 0

    @property
    def properties(self) -> dict[str, Property]:
        """Return the properties of all services by code; where two services share one, the first's."""
        return _merged(service.properties for service in self.services)

    @property
    def events(self) -> dict[str, Event]:
        """Return the events of all services by code."""
        return _merged(service.events for service in self.services)

    @property
    def actions(self) -> dict[str, Action]:
        """Return the actions of all services by code."""
        return _merged(service.actions for service in self.services)


async def get_thing_model(
    link: TuyaLink, device_id: str | None = None, *, complete: bool = True, timeout: float = 10.0
) -> ThingModel:
    """Ask the cloud for the model of a device, of our own by default; raises LinkError.

    `complete` has the names in it; the simple format leaves out what a device does not need.
    """
    return parse_thing_model(await get_model_document(link, device_id, complete=complete, timeout=timeout))


async def get_model_document(
    link: TuyaLink, device_id: str | None = None, *, complete: bool = True, timeout: float = 10.0
) -> Any:
    """Ask as `get_thing_model` does, and return what `parse_thing_model` takes, fit for JSON, to be kept; raises LinkError."""
    data = {"format": "complete" if complete else "simple"}
    return await link.request(topics.MODEL_GET, data, device_id=device_id, timeout=timeout)


def parse_thing_model(data: Any) -> ThingModel:
    """Return what a model says, `data` of the answer or its JSON text; raises MessageInvalid where it is none at all."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError, RecursionError:
            raise MessageInvalid("The thing model is not JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get("services"), list):
        raise MessageInvalid("The thing model has no services")
    counter = _Unreadable()
    services = tuple(
        Service(
            code=_text(service.get("code")),
            properties={
                code: Property(
                    ability_id=to_integer(entry.get("abilityId")),
                    code=code,
                    name=_text(entry.get("name")),
                    # What nobody may set is the safe reading
                    access=_ACCESS.get(_text(entry.get("accessMode")).lower(), "ro"),
                    type=_parse_type(entry.get("typeSpec")),
                )
                for code, entry in _entries(service.get("properties"), counter)
            },
            events={
                code: Event(
                    code=code,
                    name=_text(entry.get("name")),
                    kind=_text(entry.get("eventType") or entry.get("type")),
                    outputs=_parse_params(entry.get("outputParams"), counter),
                    ability_id=to_integer(entry.get("abilityId")),
                )
                for code, entry in _entries(service.get("events"), counter)
            },
            actions={
                code: Action(
                    code=code,
                    name=_text(entry.get("name")),
                    inputs=_parse_params(entry.get("inputParams"), counter),
                    outputs=_parse_params(entry.get("outputParams"), counter),
                    ability_id=to_integer(entry.get("abilityId")),
                )
                for code, entry in _entries(service.get("actions"), counter)
            },
        )
        for service in data["services"]
        if isinstance(service, dict) or counter.count()
    )
    return ThingModel(model_id=_text(data.get("modelId")), services=services, unreadable=counter.total)


class _Unreadable:
    """Counts what could not be read."""

    def __init__(self) -> None:
        self.total = 0

    def count(self) -> bool:
        """Count one more; returns False, to be the end of a condition."""
        self.total += 1
        return False


def _entries(entries: Any, counter: _Unreadable) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the entries of a list that have a code, each code once."""
    seen = set()
    for entry in entries if isinstance(entries, list) else ():
        code = entry.get("code") if isinstance(entry, dict) else None
        if not isinstance(code, str) or not code or code in seen:
            _ = counter.count()
            continue
        seen.add(code)
        yield code, entry


def _parse_params(params: Any, counter: _Unreadable) -> dict[str, Param]:
    return {
        code: Param(code=code, name=_text(entry.get("name")), type=_parse_type(entry.get("typeSpec")))
        for code, entry in _entries(params, counter)
    }


def _parse_type(spec: Any, depth: int = 0) -> TypeSpec:
    """Return a type; one that says nothing is `unknown`."""
    if isinstance(spec, str):
        spec = {"type": spec}
    if not isinstance(spec, dict) or depth > _DEEPEST:
        return TypeSpec(kind="unknown")
    written = _text(spec.get("type")).lower()
    kind = _ALIASES.get(written, written) or "unknown"
    element = _first(spec, "elementTypeSpec", "itemTypeSpec", "arrayTypeSpec", "typeSpec", "items", "elementType")
    if kind.endswith(_ARRAY):
        # As one client spells them: value_array, string_array, ...
        element = {**spec, "type": kind.removesuffix(_ARRAY)} if element is None else element
        kind = "array"
    members = _first(spec, "members", "properties", "params", "fields") if kind == "struct" else None
    return TypeSpec(
        kind=kind,
        minimum=_number(spec.get("min")),
        maximum=_number(spec.get("max")),
        step=_number(spec.get("step")),
        scale=to_integer(spec.get("scale")) or 0,
        unit=_text(spec.get("unit")),
        choices=_texts(spec.get("range")) if kind == "enum" else (),
        labels=_texts(_first(spec, "label", "labels")),
        max_length=to_integer(_first(spec, "maxlen", "maxLength", "maxSize", "size")),
        element=_parse_type(element, depth + 1) if kind == "array" and element is not None else None,
        members=_parse_members(members, depth + 1),
    )


def _parse_members(members: Any, depth: int) -> dict[str, TypeSpec]:
    """Return the members of a struct, which come as a list of entries with a code, or by code."""
    if isinstance(members, dict):
        return {
            str(code): _parse_type(entry.get("typeSpec", entry) if isinstance(entry, dict) else entry, depth)
            for code, entry in members.items()
        }
    if not isinstance(members, list):
        return {}
    return {
        entry["code"]: _parse_type(entry.get("typeSpec", entry), depth)
        for entry in members
        if isinstance(entry, dict) and isinstance(entry.get("code"), str) and entry["code"]
    }


def _merged[T](parts: Iterator[Mapping[str, T]]) -> dict[str, T]:
    merged: dict[str, T] = {}
    for part in parts:
        for code, entry in part.items():
            _ = merged.setdefault(code, entry)
    return merged


def _first(spec: Mapping[str, Any], *names: str) -> Any:
    return next((spec[name] for name in names if spec.get(name) is not None), None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list; of names by value, the values."""
    if not isinstance(value, (list, tuple, dict)):
        return ()
    return tuple(item if isinstance(item, str) else json.dumps(item) for item in value)


def _number(value: Any) -> float | None:
    """Return a number that came as such or as text, an int where it is one."""
    if isinstance(value, bool):
        return None
    if (integer := to_integer(value)) is not None:
        return integer
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return value if isinstance(value, float) and math.isfinite(value) else None
