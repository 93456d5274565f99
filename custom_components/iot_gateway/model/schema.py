"""The schema of a device: its category and its data points."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
import json

from .data_point import Access, DataPoint, DataType, Raw

EVENT_PREFIX = "event:"
"""Before the code of an event of a device's model."""
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
    """

    category: str
    points: Mapping[str, DataPoint] = field(repr=False)
    quirks: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict, repr=False)
    hidden: frozenset[str] = frozenset()
    entity_changes: Mapping[str, EntityChange] = field(default_factory=dict, repr=False)

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

    def received(self, values: Mapping[str, Raw]) -> Mapping[str, Raw]:
        """Return what a device says under the codes that it is known by here."""
        renamed = self.renamed
        return {renamed.get(code, code): raw for code, raw in values.items()} if renamed else values

    def sent(self, values: Mapping[str, Raw]) -> Mapping[str, Raw]:
        """Return what a device is told under its own codes."""
        codes = self.device_codes
        return {codes.get(code, code): raw for code, raw in values.items()} if codes else values

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
