"""From a device's schema to its entities: tables by category first, then common rows, then the generic rule."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from homeassistant.const import Platform

from ..model import DataPoint, DataType, DeviceSchema
from . import (
    alarm_control_panel,
    binary_sensor,
    button,
    camera,
    climate,
    cover,
    event,
    fan,
    humidifier,
    image,
    light,
    lock,
    number,
    select,
    sensor,
    siren,
    switch,
    text,
    vacuum,
    valve,
    water_heater,
)
from .change import changed
from .composite import CompositeRow
from .described import described_rows
from .generic import generic_row
from .naming import readable_name
from .rows import BinarySensorRow, ButtonRow, EventRow, Row, SensorRow, Table


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityPlan:
    """One entity that a device gets: its platform, its row, the data points it shows or sets, and its gang.

    `roles` says which data point is what to a composite entity. `gang` is None on a device that has no second gang;
    `generic` says that no table knows the data point, and no quirk whether it shall be enabled.
    """

    platform: Platform
    row: Row
    codes: tuple[str, ...]
    roles: Mapping[str, str] = field(default_factory=dict)
    gang: int | None = None
    generic: bool = False

    @property
    def key(self) -> str:
        """What ends the entity's unique id."""
        return self.row.key

    def unique_id(self, device_id: str) -> str:
        """Return the entity's unique id on a device."""
        return f"{device_id}_{self.key}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _PlatformTable:
    """The rows of one platform, and which data points it can show or set; composite rows see to that themselves."""

    platform: Platform
    by_category: Table[Row]
    common: tuple[Row, ...]
    fits: Callable[[DataPoint], bool] = lambda point: True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Match:
    """A row that a device has what it takes for, and the data point of each of a composite's roles."""

    platform: Platform
    row: Row
    roles: Mapping[str, str] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[str, ...]:
        """The data points that the entity shows or sets."""
        if isinstance(self.row, CompositeRow):
            return tuple(dict.fromkeys(self.roles.values()))
        return (self.row.data_point,)

    @property
    def covers(self) -> frozenset[str]:
        """The data points that need no other entity; a row of one bit of a Bitmap leaves the other bits to others."""
        if isinstance(self.row, CompositeRow):
            return self.row.claimed(self.roles)
        return frozenset() if getattr(self.row, "label", None) is not None else frozenset({self.row.data_point})


_NUMBERS = (DataType.INTEGER, DataType.FLOAT)
_TEXTS = (DataType.STRING, DataType.JSON, DataType.RAW, DataType.STRUCT)

_COMPOSITES = (
    _PlatformTable(
        platform=Platform.ALARM_CONTROL_PANEL,
        by_category=alarm_control_panel.ALARM_CONTROL_PANELS,
        common=alarm_control_panel.COMMON_ALARM_CONTROL_PANELS,
    ),
    _PlatformTable(platform=Platform.CLIMATE, by_category=climate.CLIMATES, common=climate.COMMON_CLIMATES),
    _PlatformTable(platform=Platform.COVER, by_category=cover.COVERS, common=cover.COMMON_COVERS),
    _PlatformTable(platform=Platform.FAN, by_category=fan.FANS, common=fan.COMMON_FANS),
    _PlatformTable(
        platform=Platform.HUMIDIFIER, by_category=humidifier.HUMIDIFIERS, common=humidifier.COMMON_HUMIDIFIERS
    ),
    _PlatformTable(platform=Platform.LIGHT, by_category=light.LIGHTS, common=light.COMMON_LIGHTS),
    _PlatformTable(platform=Platform.LOCK, by_category=lock.LOCKS, common=lock.COMMON_LOCKS),
    _PlatformTable(platform=Platform.SIREN, by_category=siren.SIRENS, common=siren.COMMON_SIRENS),
    _PlatformTable(platform=Platform.VACUUM, by_category=vacuum.VACUUMS, common=vacuum.COMMON_VACUUMS),
    _PlatformTable(platform=Platform.VALVE, by_category=valve.VALVES, common=valve.COMMON_VALVES),
    _PlatformTable(
        platform=Platform.WATER_HEATER,
        by_category=water_heater.WATER_HEATERS,
        common=water_heater.COMMON_WATER_HEATERS,
    ),
)

# Platforms that set come before those that only show: see `_plan`
_TABLES = (
    *_COMPOSITES,
    _PlatformTable(
        platform=Platform.BUTTON,
        by_category=button.BUTTONS,
        common=button.COMMON_BUTTONS,
        fits=lambda point: point.writable and point.type in (DataType.BOOLEAN, DataType.ENUM),
    ),
    _PlatformTable(
        platform=Platform.EVENT,
        by_category=event.EVENTS,
        common=event.COMMON_EVENTS,
        fits=lambda point: point.reported,
    ),
    _PlatformTable(
        platform=Platform.SWITCH,
        by_category=switch.SWITCHES,
        common=switch.COMMON_SWITCHES,
        fits=lambda point: point.writable and point.type is DataType.BOOLEAN,
    ),
    _PlatformTable(
        platform=Platform.NUMBER,
        by_category=number.NUMBERS,
        common=number.COMMON_NUMBERS,
        fits=lambda point: point.writable and point.type in _NUMBERS,
    ),
    _PlatformTable(
        platform=Platform.SELECT,
        by_category=select.SELECTS,
        common=select.COMMON_SELECTS,
        fits=lambda point: point.writable and point.type is DataType.ENUM and bool(point.options),
    ),
    _PlatformTable(
        platform=Platform.TEXT,
        by_category=text.TEXTS,
        common=text.COMMON_TEXTS,
        fits=lambda point: point.writable and point.type in _TEXTS,
    ),
    _PlatformTable(
        platform=Platform.BINARY_SENSOR,
        by_category=binary_sensor.BINARY_SENSORS,
        common=binary_sensor.COMMON_BINARY_SENSORS,
        fits=lambda point: point.reported,
    ),
    _PlatformTable(
        platform=Platform.SENSOR,
        by_category=sensor.SENSORS,
        common=sensor.COMMON_SENSORS,
        fits=lambda point: point.reported,
    ),
)

_common_by_code: dict[Platform, dict[str, list[tuple[int, Row]]]] = {}
"""The common rows of the platforms without composites by data point, each with its place in the table."""
for _table in _TABLES[len(_COMPOSITES) :]:
    _by_code = _common_by_code[_table.platform] = {}
    for _place, _row in enumerate(_table.common):
        _by_code.setdefault(_row.data_point, []).append((_place, _row))

_OF_GANGS = (Platform.SWITCH, Platform.LIGHT, Platform.COVER, Platform.VALVE)
"""Platforms whose entities are a gang themselves; what the others say of a gang needs one of these."""

_plans: WeakKeyDictionary[DeviceSchema, tuple[EntityPlan, ...]] = WeakKeyDictionary()


def plan_entities(schema: DeviceSchema) -> tuple[EntityPlan, ...]:
    """Return the entities that a device with this schema gets; every data point that is not hidden is in at least one."""
    if (plans := _plans.get(schema)) is None:
        plans = _plans[schema] = tuple((_plan_described if schema.described else _plan)(schema))
    return plans


_LIVE_VIEW: tuple[tuple[Platform, CompositeRow], ...] = (
    (Platform.CAMERA, camera.CAMERA),
    (Platform.IMAGE, image.EVENT_IMAGE),
)


def plan_live_view(schema: DeviceSchema) -> tuple[EntityPlan, ...]:
    """Return the entities that a device gets besides where it can be watched; none of its data points is theirs alone."""
    return tuple(
        EntityPlan(platform=platform, row=row, codes=tuple(dict.fromkeys(roles.values())), roles=roles)
        for platform, row in _LIVE_VIEW
        if (roles := row.resolve(schema.visible, ())) is not None
    )


def _plan(schema: DeviceSchema) -> Iterator[EntityPlan]:
    matches: list[_Match] = []
    claimed: frozenset[str] = frozenset()
    for table in _TABLES:
        found = _matching(table, table.by_category.get(schema.category, ()), schema.visible, claimed)
        matches += found
        if table is _COMPOSITES[-1]:
            # What a light is made of is no switch and no number too; two composites may share the device's main switch
            claimed = _covered(matches)
    covered = claimed | _covered(matches)
    for table in _TABLES:
        # What a common row of an earlier platform took is taken: a writable countdown is a number, a reported one a sensor
        found = _matching(table, _possible(table, schema.visible), schema.visible, covered)
        matches += found
        covered |= _covered(found)
    # A device with one gang is that gang: only from two on do they stand for themselves
    gangs = {match.row.gang for match in matches if match.platform in _OF_GANGS and match.row.gang is not None}
    named: set[tuple[Platform, int | None, object]] = set()
    for match in matches:
        row = match.row
        gang = row.gang if len(gangs) > 1 and row.gang in gangs else None
        if (name := (match.platform, gang, _named_by(row))) in named:
            row = replace(row, main=False, translation_key=None, name=readable_name(row.key))
        named.add(name)
        row = changed(match.platform, row, schema)
        yield EntityPlan(platform=match.platform, row=row, codes=match.codes, roles=match.roles, gang=gang)
    for code, point in schema.visible.items():
        if code not in covered:
            platform, row = generic_row(point)
            change = schema.entity_changes.get(code)
            yield EntityPlan(
                platform=platform,
                row=changed(platform, row, schema),
                codes=(code,),
                generic=change is None or change.enabled is None,
            )


def _plan_described(schema: DeviceSchema) -> Iterator[EntityPlan]:
    """Yield the entities of a device whose model describes itself."""
    for found in described_rows(schema):
        change = schema.entity_changes.get(found.code)
        yield EntityPlan(
            platform=found.platform,
            row=changed(found.platform, found.row, schema),
            codes=(found.code,),
            generic=found.rare and (change is None or change.enabled is None),
        )


def _possible(table: _PlatformTable, points: Mapping[str, DataPoint]) -> Iterable[Row]:
    """Return the common rows of a table that a device with these data points may match, in the table's order.

    There are hundreds of them, of which a device has the data points of a few.
    """
    if (by_code := _common_by_code.get(table.platform)) is None:
        return table.common
    return [row for _, row in sorted(found for code in points for found in by_code.get(code, ()))]


def _named_by(row: Row) -> object:
    """Return what gives an entity its name: two that share it would bear the same one."""
    if row.main:
        return None
    if row.translation_key is None:
        return row.device_class
    return row.translation_key, *(row.translation_placeholders or {}).values()


def _covered(matches: list[_Match]) -> frozenset[str]:
    """Return the data points that need no other entity than these."""
    return frozenset().union(*(match.covers for match in matches))


def _matching(
    table: _PlatformTable, rows: Iterable[Row], points: Mapping[str, DataPoint], covered: frozenset[str]
) -> list[_Match]:
    """Return the rows whose data point the device has, in a form that the platform can show or set; one a key."""
    found: dict[str, _Match] = {}
    for row in rows:
        if row.key in found:
            continue
        if isinstance(row, CompositeRow):
            if (roles := row.resolve(points, covered)) is not None:
                found[row.key] = _Match(platform=table.platform, row=row, roles=roles)
                covered |= found[row.key].covers
            continue
        point = points.get(row.data_point)
        if point is not None and row.data_point not in covered and table.fits(point) and _suits(row, point):
            found[row.key] = _Match(platform=table.platform, row=row)
    return list(found.values())


def _suits(row: Row, point: DataPoint) -> bool:
    """Whether the data point holds what the row makes of it: a text is no temperature, a yes or no no state."""
    if isinstance(row, SensorRow):
        if row.reported_only and point.writable:
            return False
        if row.types:
            return point.type in row.types
        if row.part is not None:
            return point.type in _TEXTS
        if row.state_class is not None or row.native_unit_of_measurement is not None:
            return point.type in _NUMBERS
        return point.type not in (DataType.BOOLEAN, DataType.BITMAP)
    if isinstance(row, ButtonRow) and row.options:
        return not set(row.options).isdisjoint(point.options)
    if isinstance(row, EventRow) and row.events and row.about is None:
        return point.type in (DataType.ENUM, DataType.STRING)
    if isinstance(row, BinarySensorRow):
        if row.label is not None:
            return row.label in point.labels
        if point.type in (DataType.ENUM, DataType.STRING, DataType.RAW):
            return any(isinstance(value, str) for value in row.on)
        if point.type in _NUMBERS:
            return True in row.on and point.maximum == 1
        return point.type in (DataType.BOOLEAN, DataType.BITMAP) and True in row.on
    return True
