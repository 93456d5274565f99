"""Quirks: what is known of a kind of device and not, or wrongly, said by its own schema.

A quirk matches devices and changes their schema. All that match apply, in their order; where two say something of the
same thing, the later one has the last word. Data points are named by the codes that the device itself uses.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
import logging
from typing import Any
from weakref import WeakKeyDictionary

from .data_point import Access, DataPoint, DataType, Raw, raw_text
from .quirked_point import QuirkedDataPoint
from .schema import DeviceSchema, EntityChange

_LOGGER = logging.getLogger(__name__)

_NUMBERS = (DataType.INTEGER, DataType.FLOAT)


@dataclass(frozen=True, kw_only=True, slots=True)
class SpecMatch:
    """What a data point's own specification must say: each field one of the values named, any where none is.

    Limits are raw. `options` are those of an Enum, or the labels of a Bitmap, in any order.
    """

    type: tuple[DataType, ...] = ()
    access: tuple[Access, ...] = ()
    unit: tuple[str, ...] = ()
    minimum: tuple[float, ...] = ()
    maximum: tuple[float, ...] = ()
    scale: tuple[int, ...] = ()
    step: tuple[float, ...] = ()
    options: tuple[str, ...] = ()

    def fits(self, point: DataPoint) -> bool:
        """Whether a data point is as described."""
        if self.options and set(self.options) != set(point.options or point.labels):
            return False
        return all(
            not allowed or getattr(point, name) in allowed
            for name in ("type", "access", "unit", "minimum", "maximum", "scale", "step")
            if (allowed := getattr(self, name)) is not None
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """Which devices a quirk is for: those that fit all that is named, one of several where several are.

    `has` are codes that the device must have, all of them, in its schema or in what it reports.
    """

    category: frozenset[str] = frozenset()
    product_id: frozenset[str] = frozenset()
    device_id: frozenset[str] = frozenset()
    has: frozenset[str] = frozenset()
    spec: Mapping[str, SpecMatch] = field(default_factory=dict)

    def fits(self, schema: DeviceSchema, device_id: str, product_id: str, reported: Collection[str]) -> bool:
        """Whether a device is one of those."""
        return (
            (not self.category or schema.category in self.category)
            and (not self.product_id or product_id in self.product_id)
            and (not self.device_id or device_id in self.device_id)
            and all(code in schema.points or code in reported for code in self.has)
            and all(code in schema.points and spec.fits(schema.points[code]) for code, spec in self.spec.items())
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PointChange:
    """What a quirk changes of a data point; None leaves it as it is.

    Limits and `options` correct the specification and are raw, as that is. `names` then gives raws of the device
    other ones, from which their type reads the value; `invert` turns the values round, `factor` multiplies them.
    """

    rename: str | None = None
    type: DataType | None = None
    access: Access | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    scale: int | None = None
    step: float | None = None
    factor: float | None = None
    options: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    maxlen: int | None = None
    names: tuple[tuple[Raw, Raw], ...] | None = None
    invert: bool | None = None
    hide: bool | None = None
    add: bool | None = None
    entity: EntityChange | None = None

    @property
    def corrects(self) -> bool:
        """Whether it changes what the data point holds, which takes one that is described."""
        rest = {"rename", "hide", "add", "entity"}
        return any(getattr(self, one.name) is not None for one in fields(self) if one.name not in rest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quirk:
    """One quirk. `name` says where it is written and what it is about; it is what diagnostics and the log name."""

    name: str
    match: Match
    category: str | None = None
    points: Mapping[str, PointChange] = field(default_factory=dict)


class Quirks:
    """All quirks that are known; what they make of a schema is made once."""

    def __init__(self, quirks: Iterable[Quirk] = ()) -> None:
        """Know these, the later ones having the last word."""
        self.all = tuple(quirks)
        self._changed: WeakKeyDictionary[DeviceSchema, dict[tuple[str, ...], DeviceSchema]] = WeakKeyDictionary()

    def apply(
        self, schema: DeviceSchema, *, device_id: str, product_id: str = "", reported: Collection[str] = ()
    ) -> DeviceSchema:
        """Return the schema of a device as the quirks that match it have it, itself where none does.

        Devices with the same schema and the same quirks share the result. `reported` are codes that the device
        reports, whether or not its schema has them.
        """
        matching = tuple(quirk for quirk in self.all if quirk.match.fits(schema, device_id, product_id, reported))
        if not matching:
            return schema
        known = self._changed.setdefault(schema, {})
        key = tuple(quirk.name for quirk in matching)
        if key not in known:
            known[key] = _changed(schema, matching, key)
        return known[key]


def _changed(schema: DeviceSchema, quirks: tuple[Quirk, ...], names: tuple[str, ...]) -> DeviceSchema:
    """Return a schema as quirks have it; log what they ask for that cannot be done."""
    changes: dict[str, PointChange] = {}
    for quirk in quirks:
        for code, change in quirk.points.items():
            if change.add and code in schema.points:
                # Only for devices that lack it: this one describes it itself
                continue
            changes[code] = _merged(changes[code], change) if code in changes else change
    problems: list[str] = []
    renamed = _renamed(schema, changes, problems)
    points = {}
    for code, point in schema.points.items():
        known_as = renamed.get(code, code)
        points[known_as] = _point(point, changes[code], known_as, problems) if code in changes else point
    for code, change in changes.items():
        if code in schema.points:
            continue
        known_as = renamed.get(code, code)
        if change.add and change.type is not None:
            access = change.access or Access.READ
            added = DataPoint(code=known_as, type=change.type, access=access)
            points[known_as] = _point(added, change, known_as, problems)
        elif change.corrects:
            problems.append(f"it has no data point {code} to change; with `add: true` and a type it gets one")
    for problem in problems:
        _LOGGER.warning("Quirk %s, on a device of category %s: %s", ", ".join(names), schema.category or "-", problem)
    return replace(
        schema,
        category=next((quirk.category for quirk in reversed(quirks) if quirk.category), schema.category),
        points=points,
        quirks=names,
        renamed=renamed,
        # What the model itself hides is shown only by a quirk that says so
        hidden=frozenset(
            renamed.get(code, code)
            for code in schema.hidden | changes.keys()
            if (code in schema.hidden if code not in changes or changes[code].hide is None else changes[code].hide)
        ),
        entity_changes={
            renamed.get(code, code): change.entity for code, change in changes.items() if change.entity is not None
        },
    )


def _merged[C: (PointChange, EntityChange)](first: C, then: C) -> C:
    """Return two changes of the same thing as one; where both say something, the latter counts."""
    said: dict[str, Any] = {one.name: value for one in fields(then) if (value := getattr(then, one.name)) is not None}
    entity: EntityChange | None = getattr(first, "entity", None)
    if entity is not None and "entity" in said:
        said["entity"] = _merged(entity, said["entity"])
    return replace(first, **said)


def _renamed(schema: DeviceSchema, changes: Mapping[str, PointChange], problems: list[str]) -> dict[str, str]:
    """Return the new codes by those of the device, without those that another data point has."""
    renamed = {code: change.rename for code, change in changes.items() if change.rename not in (None, code)}
    result: dict[str, str] = {}
    for code, new in renamed.items():
        assert new is not None
        if (new in schema.points and new not in renamed) or new in result.values():
            problems.append(f"{code} is not renamed, as there is another {new}; rename that one too")
        else:
            result[code] = new
    return result


def _point(point: DataPoint, change: PointChange, code: str, problems: list[str]) -> DataPoint:
    """Return a data point as a change has it."""
    said: dict[str, Any] = {
        "type": change.type,
        "access": change.access,
        "unit": change.unit,
        "minimum": change.minimum,
        "maximum": change.maximum,
        "lowest": change.minimum,
        "highest": change.maximum,
        "scale": change.scale,
        "step": change.step,
        "options": change.options,
        "known": change.options,
        "labels": change.labels,
        "maxlen": change.maxlen,
    }
    corrected = replace(point, code=code, **{name: value for name, value in said.items() if value is not None})
    values = _Values(corrected, change, problems)
    if values.plain and corrected.type is point.type:
        return corrected
    return values.point(declared=point.type)


class _Values:
    """The ways that a changed data point's values go."""

    def __init__(self, point: DataPoint, change: PointChange, problems: list[str]) -> None:
        """Work out what `change` does to the values of `point`, whose specification is right already."""
        self._point = point
        self._factor = 1 if change.factor is None or point.type not in _NUMBERS else change.factor
        self._mirror: float | None = None
        self._negated = False
        self._names: dict[str, Raw] = {}
        self._own: dict[str, Raw] = {}
        for raw, other in change.names or ():
            other = raw_text(other) if point.type is DataType.ENUM else other
            self._names[raw_text(raw)] = other
            # Of several that mean the same, the first is what is sent
            self._own.setdefault(raw_text(other), raw)
        self._rename_options()
        if change.invert:
            self._invert(problems)

    @property
    def plain(self) -> bool:
        """Whether the values go straight."""
        return self._factor == 1 and self._mirror is None and not self._negated and not self._names

    def point(self, declared: DataType) -> QuirkedDataPoint:
        """Return the data point whose values go these ways."""
        inherited = {one.name: getattr(self._point, one.name) for one in fields(DataPoint)}
        return QuirkedDataPoint(
            **inherited,
            declared=declared,
            names=self._names,
            own=self._own,
            mirror=self._mirror,
            negated=self._negated,
            factor=self._factor,
        )

    def _rename_options(self) -> None:
        """Offer an Enum's options under the names that its values get."""
        if self._names and self._point.type is DataType.ENUM:
            shown = tuple(dict.fromkeys(self._names.values()))
            self._point = replace(
                self._point, options=self._shown(self._point.options) or shown, known=self._shown(self._point.known)
            )

    def _shown(self, options: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._names.get(option, option) for option in options))

    def _invert(self, problems: list[str]) -> None:
        """Turn the values round: true is false, the least is the most, the first option the last."""
        point = self._point
        if point.type is DataType.BOOLEAN:
            self._negated = True
        elif point.type in _NUMBERS and point.minimum is not None and point.maximum is not None:
            self._mirror = point.minimum + point.maximum
        elif point.type is DataType.ENUM and point.options:
            other = dict(zip(point.options, reversed(point.options), strict=True))
            own = {option: self._own.get(option, option) for option in point.options}
            self._names |= {raw_text(own[option]): other[option] for option in point.options}
            self._own = {other[option]: own[option] for option in point.options}
        else:
            problems.append(f"{point.code} cannot be inverted: give it `min` and `max`, or `options`")
