"""JSON as Tuya's cloud sends it: parsed fast, and with patience where it is not quite JSON."""

import json
import math
from typing import Any, Final

import orjson

_INTEGERS: Final = range(-(2**63), 2**64)


def _number(text: str) -> float | None:
    """Return a number as orjson does, a long one not exactly; None where it is none that can be reckoned with."""
    if len(text) <= 20 and text.removeprefix("-").isdigit() and (number := int(text)) in _INTEGERS:
        return number
    return long if math.isfinite(long := float(text)) else None


# JSON has no NaN; where a device's value is one all the same, it is unknown and the message's others are kept
_loads = json.JSONDecoder(parse_constant=lambda _name: None, parse_float=_number, parse_int=_number).decode


def loads(text: bytes | str) -> Any:
    """Return what JSON says. Its texts are whole: half of a character, as where a name was cut, becomes a replacement character.

    Home Assistant could store none of what holds such a half, be it all of its registry of devices.

    Raises:
        ValueError: it is none; str() holds nothing of it.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    try:
        return _whole(_loads(text.decode() if isinstance(text, bytes) else text))
    except ValueError, RecursionError:
        # The exceptions of both parsers hold the whole document
        raise ValueError("it is no JSON") from None


def _whole(value: Any) -> Any:
    """Return what was parsed without halves of surrogate pairs."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list) else value


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
