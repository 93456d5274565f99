"""Tencent's thing model, as the client of the cloud reads it, into the model (tencent_iot_video.md section 4).

Nothing of a model is dropped: a type that is unknown becomes a String and is shown as text, the platform's own properties
(`_sys_…`) are there but hidden, and a Struct has a data point for each of its members beside its own.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
import json
from typing import Any, Final, Protocol

from .data_point import Access, DataPoint, DataType, Raw
from .device_action import ActionParam, DeviceAction
from .schema import EVENT_PREFIX, DeviceSchema, member_code

STORAGE_PLAN: Final = "_storage_plan"
"""The data point of a camera's cloud storage: what its plan records, or that it has none."""
STORAGE_EXPIRES: Final = "_storage_expires"
"""The data point of when that plan ends."""
STORAGE_PLANS: Final = ("none", "event", "full_time")
FEEDBACK_EVENT: Final = "feedback"
"""The event that a device said something in its maker's own form."""
CALL_EVENT: Final = "call"
"""The event that a device said something about a call."""

CAMERA_SCHEMA: Final = "tencent_camera"
"""The category of cameras."""
OTHER_SCHEMA: Final = "tencent_thing"
"""The category of anything else."""

_SYSTEM_PREFIX: Final = "_sys_"
_CACHE_SIZE: Final = 512


class Define(Protocol):
    """What values something may have; see `clients/tencent_video/thing_model.py`."""

    @property
    def type(self) -> str:
        """The model's word for it."""

    @property
    def minimum(self) -> float | None:
        """Of a number, or of a text's length."""

    @property
    def maximum(self) -> float | None:
        """Of a number, or of a text's length."""

    @property
    def step(self) -> float | None:
        """Of a number."""

    @property
    def unit(self) -> str:
        """Of a number."""

    @property
    def choices(self) -> Mapping[str, str]:
        """Names by value, as text."""

    @property
    def members(self) -> tuple[Param, ...]:
        """Of a struct."""

    @property
    def raw(self) -> Mapping[str, Any]:
        """The definition as it came."""


class Param(Protocol):
    """A member of a struct, or what an event brings or an action takes or gives."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """The maker's name."""

    @property
    def define(self) -> Define:
        """What it may be."""


class Property(Param, Protocol):
    """A state."""

    @property
    def mode(self) -> str:
        """Whether it is reported only (r) or can be set too (rw)."""

    @property
    def is_system(self) -> bool:
        """Whether it is the platform's."""


class Event(Protocol):
    """What happens."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """The maker's name."""

    @property
    def type(self) -> str:
        """The model's word for its weight: info, alert or fault."""

    @property
    def params(self) -> tuple[Param, ...]:
        """What it brings."""


class Action(Protocol):
    """What can be asked for."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """The maker's name."""

    @property
    def description(self) -> str:
        """The maker's words."""

    @property
    def inputs(self) -> tuple[Param, ...]:
        """What it takes."""

    @property
    def outputs(self) -> tuple[Param, ...]:
        """What it gives."""


class ThingModel(Protocol):
    """The model of a product."""

    @property
    def properties(self) -> tuple[Property, ...]:
        """Its states."""

    @property
    def events(self) -> tuple[Event, ...]:
        """What happens to it."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """What it does."""


_TYPES: Final[Mapping[str, DataType]] = {
    "bool": DataType.BOOLEAN,
    "int": DataType.INTEGER,
    "float": DataType.FLOAT,
    "enum": DataType.ENUM,
    "stringenum": DataType.ENUM,
    "string": DataType.STRING,
    "timestamp": DataType.TIMESTAMP,
    "struct": DataType.STRUCT,
    "array": DataType.JSON,
}

_cache: OrderedDict[tuple[str, bool, str], DeviceSchema] = OrderedDict()


def parse_tencent_schema(category: str, model: ThingModel, *, storage: bool = False) -> DeviceSchema:
    """Return the schema of a product's devices; the same object for the same content.

    With `storage` they also have the data points of cloud storage, `STORAGE_PLAN` and `STORAGE_EXPIRES`.
    """
    # All of a model is in its repr but the definitions as they came, which the rest is read from
    content = (category, storage, repr(model))
    if (schema := _cache.get(content)) is not None:
        _cache.move_to_end(content)
        return schema
    points: dict[str, DataPoint] = {}
    hidden: set[str] = set()
    for property_ in model.properties:
        point = _parse_property(property_)
        points[point.code] = point
        if property_.is_system:
            hidden.add(point.code)
            continue
        if point.members:
            # Its members are what is shown of it
            hidden.add(point.code)
            for member in _members_of(point):
                points.setdefault(member.code, member)
    points |= {point.code: point for point in map(_parse_event, model.events)}
    if storage:
        points |= _STORAGE
    schema = DeviceSchema(
        category,
        points,
        hidden=frozenset(hidden),
        described=True,
        actions={action.id: _parse_action(action) for action in model.actions},
    )
    _cache[content] = schema
    if len(_cache) > _CACHE_SIZE:
        _cache.popitem(last=False)
    return schema


def without_system(values: Mapping[str, Raw]) -> dict[str, Raw]:
    """Return values without the platform's own, among which are secrets: how a device is reached, who called it."""
    return {code: raw for code, raw in values.items() if not code.startswith(_SYSTEM_PREFIX)}


def _parse_property(property_: Property) -> DataPoint:
    access = Access.READ_WRITE if "w" in property_.mode else Access.READ
    return _parse_define(property_.id, property_.name, access, property_.define)


def _parse_define(code: str, name: str, access: Access, define: Define) -> DataPoint:
    """Return the data point of a definition."""
    data_type = _TYPES.get(define.type, DataType.STRING)
    point = DataPoint(
        code=code,
        type=data_type,
        access=access,
        name=name,
        direct=True,
        spec=json.dumps(dict(define.raw), ensure_ascii=False),
    )
    if data_type in (DataType.INTEGER, DataType.FLOAT):
        return _with_limits(point, define)
    if data_type is DataType.ENUM:
        choices = tuple(_choices(define))
        names = tuple(name for _, name in choices)
        return replace(point, choices=choices, options=names, known=names)
    if data_type is DataType.STRUCT:
        members = tuple(_parse_define(member.id, member.name, access, member.define) for member in define.members)
        return replace(point, members=members)
    if data_type is DataType.STRING and define.type in ("string", "") and define.maximum:
        return replace(point, maxlen=int(define.maximum))
    return point


def _with_limits(point: DataPoint, define: Define) -> DataPoint:
    minimum, maximum = define.minimum, define.maximum
    if minimum is not None and maximum is not None and minimum >= maximum:
        # Such limits say nothing
        minimum = maximum = None
    if point.type is DataType.INTEGER:
        minimum, maximum = (_whole(limit) for limit in (minimum, maximum))
    usual = 1 if point.type is DataType.INTEGER else 0.1
    return replace(
        point,
        unit=define.unit,
        minimum=minimum,
        maximum=maximum,
        # Limits are those of what may be set. A reading beyond them is a reading all the same
        step=define.step if define.step and define.step > 0 else usual,
    )


def _whole(limit: float | None) -> float | None:
    return int(limit) if limit is not None and limit == int(limit) else limit


def _choices(define: Define) -> Iterator[tuple[Raw, str]]:
    """Yield the raws of an Enum with what they are called, each name once: one that comes again has its raw beside it."""
    taken: set[str] = set()
    for key, name in define.choices.items():
        raw: Raw = key
        if define.type == "enum":
            with suppress(ValueError):
                raw = int(key)
        shown = name or key
        if shown in taken:
            shown = f"{shown} ({key})"
        taken.add(shown)
        yield raw, shown


def _members_of(struct: DataPoint) -> Iterable[DataPoint]:
    """Return the data points of a Struct's members, named after both."""
    return (
        replace(
            member,
            code=member_code(struct.code, member.code),
            name=" ".join(filter(None, (struct.name or struct.code, member.name or member.code))),
        )
        for member in struct.members
    )


def _parse_event(event: Event) -> DataPoint:
    return DataPoint(
        code=f"{EVENT_PREFIX}{event.id}",
        type=DataType.JSON,
        access=Access.READ,
        event=True,
        name=event.name,
        direct=True,
        spec=json.dumps(
            {"type": event.type, "params": {param.id: dict(param.define.raw) for param in event.params}},
            ensure_ascii=False,
        ),
    )


def _parse_action(action: Action) -> DeviceAction:
    return DeviceAction(
        id=action.id,
        name=action.name,
        inputs=tuple(map(_parse_param, action.inputs)),
        outputs=tuple(map(_parse_param, action.outputs)),
        description=action.description,
    )


def _parse_param(param: Param) -> ActionParam:
    point = _parse_define(param.id, param.name, Access.WRITE, param.define)
    return ActionParam(id=param.id, name=param.name, kind=param.define.type, allowed=point.describe_allowed())


_STORAGE: Final[Mapping[str, DataPoint]] = {
    STORAGE_PLAN: DataPoint(code=STORAGE_PLAN, type=DataType.ENUM, access=Access.READ, known=STORAGE_PLANS),
    STORAGE_EXPIRES: DataPoint(code=STORAGE_EXPIRES, type=DataType.TIMESTAMP, access=Access.READ),
}
