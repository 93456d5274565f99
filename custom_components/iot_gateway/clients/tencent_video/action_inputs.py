"""Values for the inputs of actions, checked against the thing model, in the form in which they travel (protocol page 4)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .loose import as_flag, as_integer, as_number, from_json
from .thing_model import Define, Param

_STEP_TOLERANCE: Final = 1e-6
_BOOLEANS: Final = frozenset({"0", "1", "true", "false", "on", "off", "yes", "no"})


class InputInvalid(ValueError):
    """An input that the model does not allow; `id` names it, with dots for members of structs. `allowed` says what would do."""

    def __init__(self, id_: str, allowed: str) -> None:
        """Keep what a translated error needs; the value itself is not repeated."""
        super().__init__(f"{id_} is not {allowed}")
        self.id = id_
        self.allowed = allowed


def encode_inputs(params: Iterable[Param], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` by id as an action takes them; raises InputInvalid, also for one that is missing or unknown."""
    by_id = {param.id: param for param in params}
    for id_ in values:
        if id_ not in by_id:
            raise InputInvalid(id_, "an input of this action")
    for id_ in by_id:
        if id_ not in values:
            raise InputInvalid(id_, "given")
    return {id_: _encode(param.define, values[id_], id_) for id_, param in by_id.items()}


def _encode(define: Define, value: Any, id_: str) -> Any:
    match define.type:
        case "bool":
            if not isinstance(value, bool) and str(value).strip().lower() not in _BOOLEANS:
                raise InputInvalid(id_, "on or off")
            return int(as_flag(value))
        case "int":
            return _in_range(define, as_integer(value), id_, "a whole number")
        case "float":
            return _in_range(define, as_number(value), id_, "a number")
        case "enum" | "stringenum":
            return _choice(define, value, id_)
        case "string":
            if not isinstance(value, str):
                raise InputInvalid(id_, "a text")
            if len(value) < (define.minimum or 0) or (define.maximum is not None and len(value) > define.maximum):
                raise InputInvalid(id_, f"a text of {_range(define)} characters")
            return value
        case "timestamp":
            if (number := as_integer(value)) is None or number < 0:
                raise InputInvalid(id_, "a time in seconds since the epoch")
            return number
        case "struct":
            return _members(define, from_json(value), id_)
        case "array":
            items = from_json(value)
            if not isinstance(items, list):
                raise InputInvalid(id_, "a list")
            element = define.element
            return [_encode(element, item, f"{id_}.{n}") for n, item in enumerate(items)] if element else items
        case _:
            # A type that is unknown here; the device is to judge
            return value


def _in_range[N: (int, float)](define: Define, number: N | None, id_: str, what: str) -> N:
    """Return a number that is in the range and on a step."""
    low, high = define.minimum, define.maximum
    if number is None:
        raise InputInvalid(id_, what)
    if (low is not None and number < low) or (high is not None and number > high):
        raise InputInvalid(id_, f"{what} of {_range(define)}")
    if define.step:
        steps = (number - (low or 0)) / define.step
        if abs(steps - round(steps)) > _STEP_TOLERANCE * max(1.0, abs(steps)):
            raise InputInvalid(id_, f"{what} in steps of {define.step:g}")
    return number


def _choice(define: Define, value: Any, id_: str) -> Any:
    """Return a choice that is named by its value or by its name."""
    text = str(value).strip()
    key = text if text in define.choices else next((key for key, name in define.choices.items() if name == text), None)
    if key is None:
        raise InputInvalid(id_, f"one of {', '.join(define.choices)}")
    number = as_integer(key) if define.type == "enum" else None
    return key if number is None else number


def _members(define: Define, value: Any, id_: str) -> dict[str, Any]:
    """Return a struct, which has to be whole."""
    if not isinstance(value, dict):
        raise InputInvalid(id_, "an object")
    try:
        return encode_inputs(define.members, value) if define.members else value
    except InputInvalid as err:
        raise InputInvalid(f"{id_}.{err.id}", err.allowed) from None


def _range(define: Define) -> str:
    low = "…" if define.minimum is None else f"{define.minimum:g}"
    high = "…" if define.maximum is None else f"{define.maximum:g}"
    return f"{low} to {high}"
