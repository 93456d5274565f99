"""Entries of a device's schema ({"code", "type", "values"}, values as JSON text), and whether a value suits one.

A model of the documented protocol, not of a real gateway. The types and their `values` are those of Tuya's "Data types"
page; Raw, Bitmap and Float are from devices, which have them though the page doesn't.
"""

from base64 import b64decode
import binascii
import json
from typing import Any

type Entry = dict[str, Any]


def entry(code: str, kind: str, values: object) -> Entry:
    """Return one entry as get_schema carries it."""
    return {"code": code, "type": kind, "values": json.dumps(values, separators=(",", ":"), ensure_ascii=False)}


def boolean(code: str) -> Entry:
    """Return a Boolean: true or false."""
    return entry(code, "Boolean", {})


def integer(code: str, minimum: int, maximum: int, unit: str = "", *, scale: int = 0, step: int = 1) -> Entry:
    """Return an Integer: what is shown is raw / 10^scale; minimum, maximum and step are raw."""
    return entry(code, "Integer", {"unit": unit, "min": minimum, "max": maximum, "scale": scale, "step": step})


def floating(code: str, minimum: float, maximum: float, unit: str = "") -> Entry:
    """Return a Float, a type that no page lists."""
    return entry(code, "Float", {"unit": unit, "min": minimum, "max": maximum})


def enum(code: str, *options: str) -> Entry:
    """Return an Enum over `options`."""
    return entry(code, "Enum", {"range": list(options)})


def string(code: str, maxlen: int = 255) -> Entry:
    """Return a String of at most `maxlen` characters."""
    return entry(code, "String", {"maxlen": maxlen})


def json_text(code: str, values: dict[str, Any] | None = None) -> Entry:
    """Return a Json: JSON text whose members `values` describes."""
    return entry(code, "Json", values or {})


def raw(code: str, maxlen: int | None = None) -> Entry:
    """Return a Raw: the base64 of at most `maxlen` bytes."""
    return entry(code, "Raw", {} if maxlen is None else {"maxlen": maxlen})


def bitmap(code: str, *labels: str) -> Entry:
    """Return a Bitmap: an integer whose bit i means labels[i]."""
    return entry(code, "Bitmap", {"label": list(labels)})


def limits(schema_entry: Entry) -> dict[str, Any]:
    """Return the parsed `values` of an entry, {} where there are none that can be read."""
    values = schema_entry.get("values")
    if isinstance(values, str):
        try:
            values = json.loads(values)
        except ValueError:
            return {}
    return values if isinstance(values, dict) else {}


class WrongType(ValueError):
    """A value is not of its data point's type."""


class OutOfRange(ValueError):
    """A value is of the right type and not one that the data point can have."""


def check_value(schema_entry: Entry, value: object) -> None:
    """Raise WrongType or OutOfRange if a data point can't have a value; an unknown type takes anything."""
    code = schema_entry["code"]
    kind = str(schema_entry.get("type", "")).lower()
    spec = limits(schema_entry)
    match kind:
        case "boolean":
            _require(isinstance(value, bool), code, "true or false")
        case "integer":
            if isinstance(value, bool) or not isinstance(value, int):
                raise WrongType(_words(code, "an integer"))
            _check_bounds(code, value, spec)
        case "float":
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise WrongType(_words(code, "a number"))
            _check_bounds(code, value, spec)
        case "enum":
            _require(isinstance(value, str), code, "text")
            options = spec.get("range")
            if isinstance(options, list) and value not in options:
                raise OutOfRange(_words(code, f"one of {', '.join(map(str, options))}"))
        case "string":
            if not isinstance(value, str):
                raise WrongType(_words(code, "text"))
            if len(value) > spec.get("maxlen", len(value)):
                raise OutOfRange(_words(code, f"at most {spec['maxlen']} characters"))
        case "json":
            _require(isinstance(value, (dict, list)) or is_json(value), code, "an object, a list or JSON text")
        case "raw":
            size = _raw_size(value)
            if size is None:
                raise WrongType(_words(code, "base64 text"))
            if size > spec.get("maxlen", size):
                raise OutOfRange(_words(code, f"at most {spec['maxlen']} bytes"))
        case "bitmap":
            if isinstance(value, bool) or not isinstance(value, int):
                raise WrongType(_words(code, "an integer"))
            labels = spec.get("label")
            if value < 0 or (isinstance(labels, list) and value >> len(labels)):
                raise OutOfRange(_words(code, "a sum of its bits"))


def is_json(value: object) -> bool:
    """Tell whether a value is text that holds JSON."""
    if not isinstance(value, str):
        return False
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _words(code: str, wanted: str) -> str:
    return f"{code} takes {wanted}"


def _require(condition: bool, code: str, wanted: str) -> None:
    if not condition:
        raise WrongType(_words(code, wanted))


def _check_bounds(code: str, value: float, spec: dict[str, Any]) -> None:
    minimum, maximum = spec.get("min", value), spec.get("max", value)
    if not minimum <= value <= maximum:
        raise OutOfRange(_words(code, f"{minimum} to {maximum}"))


def _raw_size(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return len(b64decode(value, validate=True))
    except binascii.Error, ValueError:
        return None
