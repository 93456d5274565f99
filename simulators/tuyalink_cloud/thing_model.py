"""Thing models of products, as `thing/model/get` answers them, and what of a device's data agrees with them.

The page has the form of the model (tuya_message_queue_and_tuyalink.md, B3). It gives type, min, max, step, scale and unit of a
value, and no other type in full; our choice, after the other clouds of Tuya: enum has "range" (texts), string and raw "maxlen",
bitmap "maxlen" and "label", array "maxSize" and "elementTypeSpec", struct "properties" (type specifications by code).
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
import math
from typing import Any

from .codes import BAD_DATA, NO_EVENT, NO_PROPERTY, Refused

type Json = dict[str, Any]

# For people only: not in the simple format.
_DESCRIPTIVE = frozenset({"name", "description"})
REPORTED = frozenset({"ro", "rw"})
"""Access modes of what a device reports."""
SENT = frozenset({"wr", "rw"})
"""Access modes of what the cloud sends."""


class BadModel(ValueError):
    """A thing model can't be like that."""


@dataclass(frozen=True, slots=True)
class ThingModel:
    """A product's properties, events and actions; `document` is the complete format."""

    document: Json
    properties: dict[str, Json] = field(init=False, default_factory=dict)
    events: dict[str, Json] = field(init=False, default_factory=dict)
    actions: dict[str, Json] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Find everything by its code, in all services; raises BadModel."""
        services = self.document.get("services")
        if not isinstance(self.document.get("modelId"), str) or not isinstance(services, list):
            message = "a thing model has a modelId and services"
            raise BadModel(message)
        for service in services:
            for kind, found in (("properties", self.properties), ("events", self.events), ("actions", self.actions)):
                for one in service.get(kind, ()):
                    code = one.get("code")
                    if not isinstance(code, str) or not code or code in found:
                        message = f"{code!r} is no code of {kind}, or one that is taken"
                        raise BadModel(message)
                    found[code] = one
        for code, one in self.properties.items():
            if one.get("accessMode") not in REPORTED | SENT or one.get("typeSpec", {}).get("type") not in _CHECKS:
                message = f"the property {code} has no access mode or type that there is"
                raise BadModel(message)

    def as_json(self, *, complete: bool) -> Json:
        """Return the complete format, or the simple one without what is for people."""
        return self.document if complete else _without_descriptions(self.document)

    def check_reported(self, code: str, value: object) -> None:
        """Raise Refused unless a device may report this."""
        self._check_property(code, value, REPORTED)

    def check_sent(self, code: str, value: object) -> None:
        """Raise Refused unless the cloud may send this."""
        self._check_property(code, value, SENT)

    def check_event(self, code: str, outputs: Mapping[str, object]) -> None:
        """Raise Refused unless a device may trigger this."""
        if (event := self.events.get(code)) is None:
            raise Refused(NO_EVENT, f"no event is called {code!r}")
        _check_parameters(event.get("outputParams", ()), outputs, f"of the event {code}")

    def check_inputs(self, code: str, inputs: Mapping[str, object]) -> None:
        """Raise Refused unless the cloud may execute this."""
        _check_parameters(self._action(code).get("inputParams", ()), inputs, f"of the action {code}")

    def check_outputs(self, code: str, outputs: Mapping[str, object]) -> None:
        """Raise Refused unless a device may answer an action with this."""
        _check_parameters(self._action(code).get("outputParams", ()), outputs, f"of the action {code}")

    def _action(self, code: str) -> Json:
        if (action := self.actions.get(code)) is None:
            # The codes have none of its own for actions.
            raise Refused(BAD_DATA, f"no action is called {code!r}")
        return action

    def _check_property(self, code: str, value: object, modes: frozenset[str]) -> None:
        if (one := self.properties.get(code)) is None:
            raise Refused(NO_PROPERTY, f"no property is called {code!r}")
        if one["accessMode"] not in modes:
            raise Refused(BAD_DATA, f"{code} is {one['accessMode']}")
        if wrong := what_is_wrong(one["typeSpec"], value):
            raise Refused(BAD_DATA, f"{code} {wrong}")


def what_is_wrong(spec: Mapping[str, Any], value: object) -> str:
    """Return why a value doesn't agree with a type specification; "" if it does."""
    check = _CHECKS.get(spec.get("type", ""))
    return "has a type that there isn't" if check is None else check(spec, value)


def _check_parameters(specs: Sequence[Json], values: Mapping[str, object], whose: str) -> None:
    known = {one["code"]: one["typeSpec"] for one in specs}
    for code, value in values.items():
        if code not in known:
            raise Refused(BAD_DATA, f"no parameter {whose} is called {code!r}")
        if wrong := what_is_wrong(known[code], value):
            raise Refused(BAD_DATA, f"the parameter {code} {whose} {wrong}")
    if missing := sorted(set(known) - set(values)):
        raise Refused(BAD_DATA, f"parameters {whose} are missing: {', '.join(missing)}")


def _without_descriptions(value: Any) -> Any:
    if isinstance(value, dict):
        # Only of what has a code: a member of a struct may be called like that, too.
        dropped = _DESCRIPTIVE if "code" in value else frozenset()
        return {key: _without_descriptions(one) for key, one in value.items() if key not in dropped}
    if isinstance(value, list):
        return [_without_descriptions(one) for one in value]
    return value


# Types


def _bool(_: Mapping[str, Any], value: object) -> str:
    return "" if isinstance(value, bool) else "is neither true nor false"


def _integer(spec: Mapping[str, Any], value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return "is no integer"
    return _within(spec, value)


def _number(spec: Mapping[str, Any], value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return "is no number"
    return _within(spec, value)


def _within(spec: Mapping[str, Any], value: float) -> str:
    least, most = spec.get("min", -math.inf), spec.get("max", math.inf)
    return "" if least <= value <= most else f"is not from {least} to {most}"


def _enum(spec: Mapping[str, Any], value: object) -> str:
    return "" if isinstance(value, str) and value in spec.get("range", ()) else "is none of its range"


def _string(spec: Mapping[str, Any], value: object) -> str:
    if not isinstance(value, str):
        return "is no text"
    most = spec.get("maxlen", 255)
    return "" if len(value) <= most else f"is longer than {most}"


def _raw(spec: Mapping[str, Any], value: object) -> str:
    if not isinstance(value, str):
        return "is no text"
    try:
        data = base64.b64decode(value, validate=True)
    except binascii.Error:
        return "is no Base64"
    most = spec.get("maxlen", 128)
    return "" if len(data) <= most else f"is longer than {most} bytes"


def _date(_: Mapping[str, Any], value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or len(str(value)) not in (10, 13):
        return "is no time of 10 or 13 digits"
    return ""


def _bitmap(spec: Mapping[str, Any], value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << spec.get("maxlen", 32):
        return f"is no integer of {spec.get('maxlen', 32)} bits"
    return ""


def _array(spec: Mapping[str, Any], value: object) -> str:
    if not isinstance(value, list):
        return "is no array"
    if len(value) > spec.get("maxSize", math.inf):
        return f"has more than {spec['maxSize']} elements"
    return next(
        (f"has an element that {wrong}" for one in value if (wrong := what_is_wrong(spec["elementTypeSpec"], one))), ""
    )


def _struct(spec: Mapping[str, Any], value: object) -> str:
    if not isinstance(value, dict):
        return "is no object"
    members = spec.get("properties", {})
    if unknown := sorted(set(value) - set(members)):
        return f"has no members {', '.join(unknown)}"
    return next(
        (f"has a {code} that {wrong}" for code, one in value.items() if (wrong := what_is_wrong(members[code], one))),
        "",
    )


_CHECKS: dict[str, Callable[[Mapping[str, Any], object], str]] = {
    "bool": _bool,
    "value": _integer,
    "float": _number,
    "double": _number,
    "enum": _enum,
    "string": _string,
    "raw": _raw,
    "date": _date,
    "bitmap": _bitmap,
    "array": _array,
    "struct": _struct,
}
