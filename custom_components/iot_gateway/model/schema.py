"""The schema of a device: its category and its data points."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
import json

from .data_point import Access, DataPoint, DataType, Raw
from .device_action import DeviceAction

EVENT_PREFIX = "event:"
"""Before the code of an event of a device's model."""
MEMBER_SEPARATOR = "."
"""Between the code of a Struct and the id of a member of it."""
VOICE_EVENT = "voice_nlu"
"""The event that a speaker understood a sentence; Tuya's name of the message that tells it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityChange:
    """What a quirk says of a data point's entity, in Home Assistant's words; None leaves it as it is, "" takes it away."""

    name: str | None = None
    device_class: str | None = None
    state_class: str | None = None
    category: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True, eq=False)
class DeviceSchema:
    """A category and the data points that a device of it has, by code.

    Schemas are compared by identity: `parse_tuya_schema` returns the same object for the same content, so that 500
    lamps of one kind share one schema and everything that is derived from it.

    What follows is empty unless quirks changed the schema (see `quirk`): `quirks` names them, `renamed` has the codes
    by those that the device itself uses, `hidden` codes get no entity, `entity_changes` are by code.

    `described` says that the model itself names and describes all that a device has, in its maker's own codes: then no table
    of Tuya's codes applies. `actions` are by id.

    The members of a Struct are data points too, see `member_code`. They are reported and set with the Struct, which travels as a
    whole: `received` and `sent` see to that.
    """

    category: str
    points: Mapping[str, DataPoint] = field(repr=False)
    quirks: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict, repr=False)
    hidden: frozenset[str] = frozenset()
    entity_changes: Mapping[str, EntityChange] = field(default_factory=dict, repr=False)
    described: bool = False
    actions: Mapping[str, DeviceAction] = field(default_factory=dict, repr=False)

    @cached_property
    def visible(self) -> Mapping[str, DataPoint]:
        """The data points that may have entities."""
        if not self.hidden:
            return self.points
        return {code: point for code, point in self.points.items() if code not in self.hidden}

    @cached_property
    def device_codes(self) -> Mapping[str, str]:
        """The codes that the device itself uses, by those that it is known by here, where they differ."""
        return {code: own for own, code in self.renamed.items()}

    @cached_property
    def structs(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the members of each Struct whose members are known, by the code that the device itself uses."""
        return {
            self.device_codes.get(code, code): tuple(member.code for member in point.members)
            for code, point in self.points.items()
            if point.members
        }

    def received(self, values: Mapping[str, Raw]) -> Mapping[str, Raw]:
        """Return what a device says under the codes that it is known by here, Structs also member by member."""
        renamed = self.renamed
        if self.structs:
            values = dict(self._with_members(values))
        return {renamed.get(code, code): raw for code, raw in values.items()} if renamed else values

    def sent(self, values: Mapping[str, Raw], state: Mapping[str, Raw] | None = None) -> Mapping[str, Raw]:
        """Return what a device is told under its own codes, members in the Struct that they are of.

        `state`, under the codes that are known here, has the other members. Without it they are left out.
        """
        codes = self.device_codes
        own = {codes.get(code, code): raw for code, raw in values.items()} if codes else values
        if not self.structs:
            return own
        whole: dict[str, Raw] = {}
        for code, raw in own.items():
            struct, _, member = code.rpartition(MEMBER_SEPARATOR)
            if member in self.structs.get(struct, ()):
                known: Raw = whole.get(struct) or own.get(struct) or self._struct_state(struct, state or {})
                whole[struct] = {**known, member: raw}
            elif code not in whole:
                whole[code] = raw
        return whole

    def _with_members(self, values: Mapping[str, Raw]) -> Iterator[tuple[str, Raw]]:
        for code, raw in values.items():
            yield code, raw
            if isinstance(raw, dict):
                for member in self.structs.get(code, ()):
                    if member in raw:
                        yield member_code(code, member), raw[member]

    def _struct_state(self, struct: str, state: Mapping[str, Raw]) -> dict[str, Raw]:
        """Return the members of a Struct as they are known, the Struct by the device's own code."""
        renamed = self.renamed
        raw = state.get(renamed.get(struct, struct))
        known = dict(raw) if isinstance(raw, dict) else {}
        for member in self.structs[struct]:
            code = member_code(struct, member)
            if (code := renamed.get(code, code)) in state:
                known[member] = state[code]
        return known

    def with_inferred(self, values: Mapping[str, Raw]) -> DeviceSchema:
        """Return a schema that also has the codes of `values`, typed by what they hold.

        Devices report data points that their schema leaves out. They become read-only points of the type that
        their first value shows, so that nothing is lost; what may be set cannot be known.
        """
        found = {code: _infer(code, raw) for code, raw in values.items() if code not in self.points}
        return replace(self, points={**self.points, **found}) if found else self

    def with_event(self, code: str) -> DeviceSchema:
        """Return a schema that also has an event of the device's model, by its own code.

        Events and data points may have the same code, so events have `EVENT_PREFIX` before theirs.
        """
        if (known := f"{EVENT_PREFIX}{code}") in self.points:
            return self
        point = DataPoint(
            code=known, type=DataType.JSON, access=Access.READ, inferred=True, event=True, spec=json.dumps({})
        )
        return replace(self, points={**self.points, known: point})


def member_code(struct: str, member: str) -> str:
    """Return the code of the data point that a member of a Struct is."""
    return f"{struct}{MEMBER_SEPARATOR}{member}"


def _infer(code: str, raw: Raw) -> DataPoint:
    """Return the data point that one reported value hints at."""
    if isinstance(raw, bool):
        inferred = DataType.BOOLEAN
    elif isinstance(raw, int):
        inferred = DataType.INTEGER
    elif isinstance(raw, float):
        inferred = DataType.FLOAT
    elif isinstance(raw, dict | list):
        inferred = DataType.JSON
    else:
        inferred = DataType.STRING
    return DataPoint(code=code, type=inferred, access=Access.READ, inferred=True, spec=json.dumps({}))
