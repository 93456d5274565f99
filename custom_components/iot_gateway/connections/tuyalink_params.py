"""The parameters of actions: from the wire to what a sequence of Home Assistant works with, and back (protocols page B3, typeSpec).

A number of type `value` is shown divided by 10^scale; a date is ISO 8601 text in UTC; everything else is what it is.
"""

from collections.abc import Mapping
from datetime import datetime
import math
from typing import Any, Final

from homeassistant.util import dt as dt_util

from ..clients.tuyalink import Param, TypeSpec

_NUMBERS: Final = frozenset({"value", "float", "double"})
_TEXTS: Final = frozenset({"string", "raw"})
_MILLISECONDS_FROM: Final = 100_000_000_000
"""Dates below that are in seconds."""


class BadParameter(Exception):
    """A parameter that the model does not have, or a value that its type does not allow; the text has no value in it."""


def decode_inputs(params: Mapping[str, Param], raws: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of an action as they are shown, by code; raises BadParameter."""
    if unknown := sorted(raws.keys() - params.keys()):
        raise BadParameter(f"unknown: {', '.join(unknown)}")
    if missing := sorted(params.keys() - raws.keys()):
        raise BadParameter(f"missing: {', '.join(missing)}")
    return {code: _decode(code, params[code].type, raw) for code, raw in raws.items()}


def encode_outputs(params: Mapping[str, Param], values: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the outputs of an action as they go over the wire, by code, and what is wrong with those that are left out."""
    outputs: dict[str, Any] = {}
    problems: dict[str, str] = {}
    given = values if isinstance(values, Mapping) else {}
    for code, param in params.items():
        if code not in given:
            problems[code] = "the sequence does not return it"
            continue
        try:
            outputs[code] = _encode(code, param.type, given[code])
        except BadParameter as err:
            problems[code] = str(err)
    return outputs, problems


def _decode(code: str, spec: TypeSpec, raw: Any) -> Any:
    match spec.kind:
        case "value":
            number = _within(code, spec, _number(code, raw))
            return number if not spec.scale else number / 10**spec.scale
        case "date":
            number = _number(code, raw)
            seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
            try:
                return dt_util.utc_from_timestamp(seconds).isoformat()
            except OverflowError, ValueError, OSError:
                raise BadParameter(f"{code} is no date") from None
        case "array":
            if not isinstance(raw, list):
                raise BadParameter(f"{code} is no array")
            _check_length(code, spec, raw)
            return [raw_item if spec.element is None else _decode(code, spec.element, raw_item) for raw_item in raw]
        case "struct" if spec.members:
            if not isinstance(raw, dict):
                raise BadParameter(f"{code} is no object")
            if unknown := sorted(raw.keys() - spec.members.keys()):
                raise BadParameter(f"{code} has unknown members: {', '.join(unknown)}")
            return {name: _decode(f"{code}.{name}", spec.members[name], item) for name, item in raw.items()}
    return _checked(code, spec, raw)


def _encode(code: str, spec: TypeSpec, value: Any) -> Any:
    match spec.kind:
        case "value":
            return _within(code, spec, round(_number(code, value) * 10**spec.scale))
        case "date":
            if isinstance(value, str):
                value = dt_util.parse_datetime(value)
            if isinstance(value, datetime):
                return round(dt_util.as_utc(value).timestamp() * 1000)
            number = _number(code, value)
            return round(number if abs(number) >= _MILLISECONDS_FROM else number * 1000)
        case "array":
            if not isinstance(value, (list, tuple)):
                raise BadParameter(f"{code} is no array")
            _check_length(code, spec, value)
            return [item if spec.element is None else _encode(code, spec.element, item) for item in value]
        case "struct" if spec.members:
            if not isinstance(value, Mapping):
                raise BadParameter(f"{code} is no object")
            return {
                name: _encode(f"{code}.{name}", member, value[name])
                for name, member in spec.members.items()
                if name in value
            }
    return _checked(code, spec, value)


def _checked(code: str, spec: TypeSpec, value: Any) -> Any:
    """Return what is the same on both sides."""
    if spec.kind == "bool":
        if not isinstance(value, bool):
            raise BadParameter(f"{code} is neither true nor false")
    elif spec.kind in _NUMBERS:
        return _within(code, spec, _number(code, value))
    elif spec.kind == "enum":
        if not isinstance(value, str) or value not in spec.choices:
            raise BadParameter(f"{code} is none of its choices")
    elif spec.kind in _TEXTS:
        if not isinstance(value, str):
            raise BadParameter(f"{code} is no text")
        if spec.kind == "string":
            _check_length(code, spec, value)
    elif spec.kind == "bitmap":
        number = _number(code, value)
        if number != int(number) or not 0 <= number < 1 << (spec.max_length or len(spec.labels) or 32):
            raise BadParameter(f"{code} is no bitmap")
        return int(number)
    return value


def _number(code: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise BadParameter(f"{code} is no number")
    return value


def _within(code: str, spec: TypeSpec, number: float) -> float:
    least = -math.inf if spec.minimum is None else spec.minimum
    most = math.inf if spec.maximum is None else spec.maximum
    if not least <= number <= most:
        raise BadParameter(f"{code} is not from {least} to {most}")
    return number


def _check_length(code: str, spec: TypeSpec, value: Any) -> None:
    if spec.max_length is not None and len(value) > spec.max_length:
        raise BadParameter(f"{code} is longer than {spec.max_length}")
