"""JSON as the queue sends it: parsed fast, and with patience where it is not quite JSON."""

import json
from typing import Any

import orjson

# JSON has no NaN; where a device's value is one all the same, it is unknown and the message's others are kept
_loads = json.JSONDecoder(parse_constant=lambda _name: None).decode


def loads(text: bytes | str) -> Any:
    """Return what JSON says.

    Raises:
        ValueError: it is none; str() holds nothing of it.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    try:
        return _loads(text.decode() if isinstance(text, bytes) else text)
    except ValueError, RecursionError:
        # The exceptions of both parsers hold the whole document
        raise ValueError("it is no JSON") from None


def loads_object(text: bytes | str) -> dict[str, Any]:
    """Return the object that JSON says.

    Raises:
        ValueError: it is no JSON, or no object.
    """
    parsed = loads(text)
    if type(parsed) is not dict:
        raise ValueError("it is JSON, but no object")
    return parsed


def canonical(value: Any) -> str:
    """Return a value as text that is the same for true and "true", 7 and "7": the families differ in that."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else json.dumps(value, sort_keys=True, separators=(",", ":"))
