"""Thing models (tencent_iot_video.md, section 4): short ways to write their definitions, and the check of values against them.

As the page has it, every number in a definition is a text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

type Json = dict[str, Any]

_OFF_ON = {"0": "off", "1": "on"}


def boolean(names: Mapping[str, str] = _OFF_ON) -> Json:
    """Define a bool: 0 or 1."""
    return {"type": "bool", "mapping": dict(names)}


def integer(lowest: int, highest: int, unit: str = "", *, step: int = 1, kind: str = "int") -> Json:
    """Define a number without fraction."""
    return {
        "type": kind,
        "min": str(lowest),
        "max": str(highest),
        "start": str(lowest),
        "step": str(step),
        "unit": unit,
    }


def decimal(lowest: float, highest: float, unit: str = "", *, step: float = 0.1) -> Json:
    """Define a number with fraction."""
    return {"type": "float", "min": f"{lowest:g}", "max": f"{highest:g}", "start": f"{lowest:g}", "step": f"{step:g}", "unit": unit}  # fmt: skip


def choice(*names: str, first: int = 0) -> Json:
    """Define an enum: numbers from `first` on, with names."""
    return {"type": "enum", "mapping": {str(number): name for number, name in enumerate(names, first)}}


def string_choice(names: Mapping[str, str]) -> Json:
    """Define a stringenum: texts with names."""
    return {"type": "stringenum", "mapping": dict(names)}


def string(longest: int = 64) -> Json:
    """Define a text."""
    return {"type": "string", "min": "0", "max": str(longest)}


def timestamp() -> Json:
    """Define a time, in seconds since 1970."""
    return {"type": "timestamp"}


def struct(*specs: Json) -> Json:
    """Define a struct of what `spec` makes."""
    return {"type": "struct", "specs": list(specs)}


def spec(identifier: str, name: str, define: Json) -> Json:
    """Define a member of a struct: there, the definition is called dataType."""
    return {"id": identifier, "name": name, "dataType": define}


def array(define: Json) -> Json:
    """Define a list."""
    return {"type": "array", "arrayInfo": define}


def property_(identifier: str, name: str, define: Json, mode: str = "r", desc: str = "") -> Json:
    """Define a property; mode "r" or "rw"."""
    return {"id": identifier, "name": name, "desc": desc, "mode": mode, "required": False, "define": define}


def param(identifier: str, name: str, define: Json) -> Json:
    """Define a parameter of an event, or an input or output of an action."""
    return {"id": identifier, "name": name, "define": define}


def event(identifier: str, name: str, *params: Json, kind: str = "info", desc: str = "") -> Json:
    """Define an event; kind "info", "alert" or "fault"."""
    return {"id": identifier, "name": name, "desc": desc, "type": kind, "params": list(params), "required": False}


def action(identifier: str, name: str, inputs: Sequence[Json] = (), outputs: Sequence[Json] = (), desc: str = "") -> Json:  # fmt: skip
    """Define an action."""
    return {"id": identifier, "name": name, "desc": desc, "input": list(inputs), "output": list(outputs), "required": False}  # fmt: skip


def model(product_id: str, category_id: int, *parts: Json) -> Json:
    """Put properties, events and actions together."""
    return {
        "version": "1.0",
        "profile": {"ProductId": product_id, "CategoryId": str(category_id)},
        "properties": [part for part in parts if "define" in part],
        "events": [part for part in parts if "params" in part],
        "actions": [part for part in parts if "input" in part],
    }


def initial(define: Mapping[str, Any]) -> Any:
    """Return a value that fits a definition."""
    match define["type"]:
        case "bool" | "timestamp":
            return 0
        case "int":
            return int(define["min"])
        case "float":
            return float(define["min"])
        case "enum":
            return int(next(iter(define["mapping"])))
        case "stringenum":
            return next(iter(define["mapping"]))
        case "struct":
            return {one["id"]: initial(one["dataType"]) for one in define["specs"]}
        case "array":
            return []
        case _:
            return ""


def complaint(define: Mapping[str, Any], value: object) -> str:
    """Say what is wrong with a value; empty: nothing."""
    kind = define["type"]
    match kind:
        case "bool":
            good = isinstance(value, int) and value in (0, 1)
        case "int":
            good = _is_int(value) and int(define["min"]) <= value <= int(define["max"])  # type: ignore[operator]
        case "float":
            good = (_is_int(value) or isinstance(value, float)) and (
                float(define["min"]) <= value <= float(define["max"])  # type: ignore[operator]
            )
        case "enum":
            good = _is_int(value) and str(value) in define["mapping"]
        case "stringenum":
            good = isinstance(value, str) and value in define["mapping"]
        case "string":
            good = isinstance(value, str) and int(define["min"]) <= len(value.encode()) <= int(define["max"])
        case "timestamp":
            good = _is_int(value) and value >= 0  # type: ignore[operator]
        case "struct":
            return _struct_complaint(define["specs"], value)
        case "array":
            good = isinstance(value, list) and not any(complaint(define["arrayInfo"], one) for one in value)
        case _:
            good = True
    return "" if good else f"{value!r} is no {kind} of this definition"


def inputs_complaint(definitions: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> str:
    """Say what is wrong with the parameters of an event or the inputs of an action; empty: nothing."""
    known = {one["id"]: one["define"] for one in definitions}
    if unknown := values.keys() - known.keys():
        return f"there is no {', '.join(sorted(unknown))}"
    if missing := known.keys() - values.keys():
        return f"{', '.join(sorted(missing))} is missing"
    return next((text for name, value in values.items() if (text := complaint(known[name], value))), "")


def _struct_complaint(specs: Sequence[Mapping[str, Any]], value: object) -> str:
    if not isinstance(value, Mapping) or set(value) != {one["id"] for one in specs}:
        return "a struct is sent with all of its members"
    return next((text for one in specs if (text := complaint(one["dataType"], value[one["id"]]))), "")


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
