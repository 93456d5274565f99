"""From a device's schema to its entities: tables by category first, then common rows, then the generic rule."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from homeassistant.const import Platform

from ..model import DataPoint, DataType, DeviceSchema
from . import binary_sensor, button, event, number, select, sensor, switch, text
from .generic import generic_row
from .naming import readable_name
from .rows import BinarySensorRow, Row, SensorRow, Table


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityPlan:
    """One entity that a device gets: its platform, its row, the data points it shows or sets, and its gang.

    `gang` is None on a device that has no second gang; `generic` says that no table knows the data point.
    """

    platform: Platform
    row: Row
    codes: tuple[str, ...]
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
    """The rows of one platform, and which data points it can show or set."""

    platform: Platform
    by_category: Table[Row]
    common: tuple[Row, ...]
    fits: Callable[[DataPoint], bool]


_NUMBERS = (DataType.INTEGER, DataType.FLOAT)
_TEXTS = (DataType.STRING, DataType.JSON, DataType.RAW, DataType.STRUCT)

# Platforms that set come before those that only show: see `_plan`
_TABLES = (
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

_plans: WeakKeyDictionary[DeviceSchema, tuple[EntityPlan, ...]] = WeakKeyDictionary()


def plan_entities(schema: DeviceSchema) -> tuple[EntityPlan, ...]:
    """Return the entities that a device with this schema gets; every data point is in at least one of them."""
    if (plans := _plans.get(schema)) is None:
        plans = _plans[schema] = tuple(_plan(schema))
    return plans


def _plan(schema: DeviceSchema) -> Iterator[EntityPlan]:
    rows: list[tuple[Platform, Row]] = []
    for table in _TABLES:
        rows += _matching(table, table.by_category.get(schema.category, ()), schema.points, frozenset())
    covered = _covered(rows)
    for table in _TABLES:
        # What a common row of an earlier platform took is taken: a writable countdown is a number, a reported one a sensor
        found = _matching(table, table.common, schema.points, covered)
        rows += found
        covered |= _covered(found)
    # A device with one gang is that gang: only from two on do they stand for themselves
    gangs = {row.gang for platform, row in rows if platform is Platform.SWITCH and row.gang is not None}
    named: set[tuple[Platform, int | None, object]] = set()
    for platform, row in rows:
        gang = row.gang if len(gangs) > 1 and row.gang in gangs else None
        if (name := (platform, gang, _named_by(row))) in named:
            row = replace(row, main=False, translation_key=None, name=readable_name(row.key))
        named.add(name)
        yield EntityPlan(platform=platform, row=row, codes=(row.data_point,), gang=gang)
    for code, point in schema.points.items():
        if code not in covered:
            platform, row = generic_row(point)
            yield EntityPlan(platform=platform, row=row, codes=(code,), generic=True)


def _named_by(row: Row) -> object:
    """Return what gives an entity its name: two that share it would bear the same one."""
    if row.main:
        return None
    if row.translation_key is None:
        return row.device_class
    return row.translation_key, *(row.translation_placeholders or {}).values()


def _covered(rows: list[tuple[Platform, Row]]) -> frozenset[str]:
    """Return the data points that rows show whole; a row of one bit of a Bitmap leaves the other bits to others."""
    return frozenset(row.data_point for _, row in rows if getattr(row, "label", None) is None)


def _matching(
    table: _PlatformTable, rows: tuple[Row, ...], points: Mapping[str, DataPoint], covered: frozenset[str]
) -> list[tuple[Platform, Row]]:
    """Return the rows whose data point the device has, in a form that the platform can show or set; one a key."""
    found: dict[str, Row] = {}
    for row in rows:
        point = points.get(row.data_point)
        if point is None or row.data_point in covered or not table.fits(point):
            continue
        if _suits(row, point):
            found.setdefault(row.key, row)
    return [(table.platform, row) for row in found.values()]


def _suits(row: Row, point: DataPoint) -> bool:
    """Whether the data point holds what the row makes of it: a text is no temperature, a yes or no no state."""
    if isinstance(row, SensorRow):
        if row.part is not None:
            return point.type in _TEXTS
        if row.state_class is not None or row.native_unit_of_measurement is not None:
            return point.type in _NUMBERS
        return point.type not in (DataType.BOOLEAN, DataType.BITMAP)
    if isinstance(row, BinarySensorRow):
        if row.label is not None:
            return row.label in point.labels
        if point.type in (DataType.ENUM, DataType.STRING, DataType.RAW):
            return any(isinstance(value, str) for value in row.on)
        if point.type in _NUMBERS:
            return True in row.on and point.maximum == 1
        return point.type in (DataType.BOOLEAN, DataType.BITMAP) and True in row.on
    return True
