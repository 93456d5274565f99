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

_INCREMENTS = {"sum": True, "minux": False}
"""By how Tuya's statistics count a data point, which some of its answers tell: adding up, or by the difference."""

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
    settable, reported = _by_code(function), _by_code(status)
    schema = DeviceSchema(
        category,
        {code: _parse_point(code, settable.get(code), reported.get(code)) for code in settable | reported},
    )
    _cache[content] = schema
    if len(_cache) > _CACHE_SIZE:
        _cache.popitem(last=False)
    return schema


def _by_code(entries: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the entries of one list by code; one without a code is none."""
    return {code: entry for entry in entries if (code := str(entry.get("code") or ""))}


def _parse_point(code: str, settable: Mapping[str, Any] | None, reported: Mapping[str, Any] | None) -> DataPoint:
    """Return the data point that is described as what may be set, as what is reported, or as both."""
    if settable is None:
        return _parse_entry(code, reported or {}, Access.READ)
    if reported is None:
        return _parse_entry(code, settable, Access.WRITE)
    if settable == reported:
        return _parse_entry(code, settable, Access.READ_WRITE)
    return _merge(_parse_entry(code, settable, Access.WRITE), _parse_entry(code, reported, Access.READ))


def _merge(settable: DataPoint, reported: DataPoint) -> DataPoint:
    """Return one data point of what may be set and what is reported under the same code.

    Where they differ, what may be set comes from `function`, and what may be reported is the wider of both.
    """
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
        increments=settable.increments if reported.increments is None else reported.increments,
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
    if data_type in (DataType.INTEGER, DataType.FLOAT):
        minimum, maximum = _as_number(limits.get("min")), _as_number(limits.get("max"))
        if minimum is not None and maximum is not None and minimum >= maximum:
            # Seen: min and max both 0, or the wrong way round. Such limits say nothing.
            minimum = maximum = None
        step = _as_number(limits.get("step"))
        return DataPoint(
            code=code,
            type=data_type,
            access=access,
            spec=spec,
            unit=str(limits.get("unit") or "").strip(),
            unitless=limits.get("unit") == "",
            increments=_INCREMENTS.get(str(entry.get("report_type", "")).lower()),
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
        return DataPoint(code=code, type=data_type, access=access, spec=spec, options=options, known=options)
    if data_type is DataType.BITMAP:
        labels = _as_texts(limits.get("label"))
        return DataPoint(code=code, type=data_type, access=access, spec=spec, labels=labels)
    maxlen = _as_number(limits.get("maxlen")) if data_type is DataType.STRING else None
    return DataPoint(code=code, type=data_type, access=access, spec=spec, maxlen=int(maxlen) if maxlen else None)


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
