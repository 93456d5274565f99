"""Tuya's schema, as the gateway's `get_schema` and the cloud's "device specifications" have it, into the model.

An entry is `{"code", "type", "values"}`; `function` lists what may be set, `status` what is reported, `values` is a
JSON text (seed 001; https://developer.tuya.com/en/docs/iot/datatypedescription?id=K9i5ql2jo7j1k). Whatever of it
cannot be understood costs the limits or the type, never the data point: that becomes a String and is shown as text.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
import json
import math
from typing import Any

from .data_point import MAXIMUM_SCALE, Access, DataPoint, DataType
from .schema import DeviceSchema

_TYPES = {
    "boolean": DataType.BOOLEAN,
    "bool": DataType.BOOLEAN,
    "integer": DataType.INTEGER,
    "int": DataType.INTEGER,
    "value": DataType.INTEGER,
    "float": DataType.FLOAT,
    "double": DataType.FLOAT,
    "enum": DataType.ENUM,
    "string": DataType.STRING,
    "json": DataType.JSON,
    "object": DataType.JSON,
    "array": DataType.JSON,
    "raw": DataType.RAW,
    "bitmap": DataType.BITMAP,
    "fault": DataType.BITMAP,
    "date": DataType.TIMESTAMP,
    "timestamp": DataType.TIMESTAMP,
    "struct": DataType.STRUCT,
}

_cache: OrderedDict[str, DeviceSchema] = OrderedDict()
_CACHE_SIZE = 512


def parse_tuya_schema(
    category: str, function: Iterable[Mapping[str, Any]], status: Iterable[Mapping[str, Any]]
) -> DeviceSchema:
    """Return the schema of a device; the same object for the same content."""
    function, status = list(function), list(status)
    content = json.dumps([category, function, status], sort_keys=True, default=str)
    if (schema := _cache.get(content)) is not None:
        _cache.move_to_end(content)
        return schema
    settable = _parse_entries(function, Access.WRITE)
    reported = _parse_entries(status, Access.READ)
    schema = DeviceSchema(
        category,
        {code: _merge(settable.get(code), reported.get(code)) for code in settable | reported},
    )
    _cache[content] = schema
    if len(_cache) > _CACHE_SIZE:
        _cache.popitem(last=False)
    return schema


def _parse_entries(entries: Iterable[Mapping[str, Any]], access: Access) -> dict[str, DataPoint]:
    """Return the data points of one list by code; an entry without a code is none."""
    return {code: _parse_entry(code, entry, access) for entry in entries if (code := str(entry.get("code") or ""))}


def _merge(settable: DataPoint | None, reported: DataPoint | None) -> DataPoint:
    """Return one data point of what may be set and what is reported under the same code.

    Where they differ, what may be set comes from `function`, and what may be reported is the wider of both.
    """
    if settable is None:
        assert reported is not None
        return reported
    if reported is None:
        return settable
    if settable.type is not reported.type:
        # Seen: colour_data as Json to set and String to report. The more telling type serves for both.
        telling = settable if reported.type is DataType.STRING else reported
        return replace(telling, access=Access.READ_WRITE)
    return replace(
        settable,
        access=Access.READ_WRITE,
        unit=settable.unit or reported.unit,
        lowest=_widest(min, settable.lowest, reported.lowest),
        highest=_widest(max, settable.highest, reported.highest),
        known=settable.known + tuple(option for option in reported.known if option not in settable.known)
        if settable.known and reported.known
        else (),
        labels=settable.labels or reported.labels,
    )


def _widest(pick: Any, first: float | None, second: float | None) -> float | None:
    """Return the wider of two limits; no limit is the widest."""
    return None if first is None or second is None else pick(first, second)


def _parse_entry(code: str, entry: Mapping[str, Any], access: Access) -> DataPoint:
    """Return one data point; what is not understood is left out."""
    values = entry.get("values")
    spec = values if isinstance(values, str) else json.dumps(values) if values is not None else ""
    limits = _as_mapping(values)
    named = str(entry.get("type", "")).lower()
    data_type = _TYPES.get(named, DataType.STRING)
    point = DataPoint(code=code, type=data_type, access=access, spec=spec)
    if data_type in (DataType.INTEGER, DataType.FLOAT):
        minimum, maximum = _as_number(limits.get("min")), _as_number(limits.get("max"))
        if minimum is not None and maximum is not None and minimum >= maximum:
            # Seen: min and max both 0, or the wrong way round. Such limits say nothing.
            minimum = maximum = None
        step = _as_number(limits.get("step"))
        return replace(
            point,
            unit=str(limits.get("unit") or "").strip(),
            minimum=minimum,
            maximum=maximum,
            lowest=minimum,
            highest=maximum,
            scale=min(max(int(_as_number(limits.get("scale")) or 0), 0), MAXIMUM_SCALE),
            # Tuya's pages disagree on the unit of `step`; Home Assistant's own integration takes it as raw, at least 1
            step=max(step or 1, 1),
        )
    if data_type is DataType.ENUM:
        options = _as_texts(limits.get("range"))
        return replace(point, options=options, known=options)
    if data_type is DataType.BITMAP:
        return replace(point, labels=_as_texts(limits.get("label")))
    if data_type is DataType.STRING and (maxlen := _as_number(limits.get("maxlen"))):
        return replace(point, maxlen=int(maxlen))
    return point


def _as_mapping(values: object) -> Mapping[str, Any]:
    """Return `values` as an object; it comes as JSON text, as an object, or as something else."""
    if isinstance(values, str):
        try:
            values = json.loads(values)
        except ValueError:
            return {}
    return values if isinstance(values, Mapping) else {}


def _as_number(value: object) -> float | None:
    """Return a limit as a number, None where it is none."""
    if isinstance(value, str):
        try:
            value = float(value) if "." in value else int(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _as_texts(value: object) -> tuple[str, ...]:
    """Return a list of names without the ones that repeat."""
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(item if isinstance(item, str) else json.dumps(item) for item in value))
