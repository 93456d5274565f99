"""What a quirk file may say: its keys, their values, and in words what would do where one is wrong."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
import math
from typing import Any

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory
import voluptuous as vol

from .mapping.change import DEVICE_CLASSES
from .mapping.units import resolve_sensor_unit
from .model.data_point import MAXIMUM_SCALE, Access, DataType

type Check = Callable[[Any], Any]

NONE = "none"
"""What takes a device class, a state class or an entity category away."""


def quirk_list(value: Any) -> Any:
    """Check the content of a file: one quirk or a list of them; raises vol.Invalid, each error with its path."""
    if value is None:
        raise vol.Invalid("the file is empty; a quirk has `match`, and `category` or `data_points`")
    return vol.Schema([_QUIRK])(value) if isinstance(value, list) else _QUIRK(value)


def _mapping(keys: Mapping[Any, Check]) -> Check:
    """Return the check of a mapping with these keys; a wrong one is told with those that would do."""
    schema = vol.Schema(dict(keys))
    names = [str(key.schema) for key in keys]

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise vol.Invalid(f"it takes keys and values; the keys are {_listed(names)}")
        wrong = [vol.Invalid(f"there is no such key{_instead(key, names)}", [key]) for key in value if key not in names]
        if wrong:
            raise vol.MultipleInvalid(wrong)
        return schema(value)

    return check


def _by_code(check: Check) -> Check:
    """Return the check of a mapping of data points' codes to something."""

    def codes(value: Any) -> Any:
        if not isinstance(value, dict) or not value:
            raise vol.Invalid("it takes codes of data points, and under each what is said of it")
        return vol.Schema({str: check})(value)

    return codes


def _text(value: Any) -> str:
    if isinstance(value, int | float) or value is None:
        raise vol.Invalid('it takes a text; put quotes around it: "…"')
    if not isinstance(value, str) or not value.strip():
        raise vol.Invalid("it takes a text")
    return value.strip()


def _texts(value: Any) -> frozenset[str]:
    """Check one text or several."""
    return frozenset(vol.Schema([_text])(value)) if isinstance(value, list) and value else frozenset({_text(value)})


def _names(value: Any) -> tuple[str, ...]:
    """Check a list of options or labels; numbers are texts there too."""
    if not isinstance(value, list) or not value:
        raise vol.Invalid("it takes a list: [first, second]")
    for index, entry in enumerate(value):
        if isinstance(entry, list | dict) or entry is None or entry == "":
            raise vol.Invalid("it takes a list of texts", [index])
    names = tuple(str(entry).lower() if isinstance(entry, bool) else str(entry) for entry in value)
    if len(set(names)) < len(names):
        raise vol.Invalid(f"{next(name for name in names if names.count(name) > 1)} is there twice")
    return names


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise vol.Invalid("it takes a number")
    return value


def _positive(value: Any) -> float:
    if _number(value) <= 0:
        raise vol.Invalid("it takes a number above 0")
    return _number(value)


def _whole(most: int, least: int = 0) -> Check:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise vol.Invalid(f"it takes a whole number from {least} to {most}")
        return value

    return check


def _truth(value: Any) -> bool:
    truth = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    if (text := str(value).lower()) not in truth:
        raise vol.Invalid("it takes true or false")
    return truth[text]


def _one_of[E: StrEnum](*kinds: type[E]) -> Callable[[Any], E]:
    """Return the check of a member of an enumeration, upper or lower case."""
    members = {member.value.lower(): member for kind in kinds for member in kind}

    def check(value: Any) -> E:
        if (member := members.get(str(value).lower())) is None:
            names = [member.value for member in members.values()]
            raise vol.Invalid(f"there is no {value} here{_instead(str(value), names)}")
        return member

    return check


def _class(*kinds: type[StrEnum]) -> Callable[[Any], str]:
    """Return the check of a device class or the like; `none` takes it away, which "" stands for."""
    check = _one_of(*kinds)
    return lambda value: "" if value is None or value == NONE else str(check(value))


def _any_of[T](check: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """Return the check of one value or a list of them, any of which will do."""

    def several(value: Any) -> tuple[T, ...]:
        return tuple(vol.Schema([check])(value)) if isinstance(value, list) and value else (check(value),)

    return several


def _map(value: Any) -> tuple[tuple[str, Any], ...]:
    """Check what raw values stand for."""
    if not isinstance(value, dict) or not value:
        raise vol.Invalid("it takes raw values, and under each what it stands for")
    for raw, meant in value.items():
        if not isinstance(meant, bool | int | float | str) or meant == "":
            raise vol.Invalid("it takes a text, a number, true or false", [raw])
    return tuple(value.items())


def _point(value: Any) -> Any:
    """Check what is said of one data point, key by key and then together."""
    said = _POINT(value)
    if not said:
        raise vol.Invalid(f"it says nothing; the keys are {_listed(str(key.schema) for key in _POINT_KEYS)}")
    wrong = []
    if "min" in said and "max" in said and said["min"] >= said["max"]:
        wrong.append(vol.Invalid(f"it must be above `min`, which is {said['min']}", ["max"]))
    if said.get("add") and "type" not in said:
        wrong.append(vol.Invalid(f"it needs a `type` too: {_listed(kind.value for kind in DataType)}", ["add"]))
    kind = said.get("type")
    for key, kinds in _ONLY_FOR.items():
        if key in said and kind is not None and kind not in kinds:
            wrong.append(vol.Invalid(f"it is for {_listed((one.value for one in kinds), ' or ')}, not {kind}", [key]))
    entity = said.get("entity", {})
    wrong += _class_and_unit(entity.get("device_class"), said.get("unit"))
    if wrong:
        raise vol.MultipleInvalid(wrong)
    return said


def _class_and_unit(device_class: str | None, unit: str | None) -> list[vol.Invalid]:
    """Check that a sensor's device class takes a unit; other platforms have classes of the same names."""
    if not device_class or unit is None or device_class not in set(SensorDeviceClass):
        return []
    if device_class in set(BinarySensorDeviceClass):
        return []
    if resolve_sensor_unit(SensorDeviceClass(device_class), unit, None)[0] is None:
        return [vol.Invalid(f"{device_class} does not take the unit {unit or '(none)'}", ["entity", "device_class"])]
    return []


def _quirk(value: Any) -> Any:
    said = _mapping(_QUIRK_KEYS)(value)
    if "category" not in said and "data_points" not in said:
        raise vol.Invalid("it changes nothing: say what in `data_points` or `category`")
    return said


def _match(value: Any) -> Any:
    said = _mapping(_MATCH_KEYS)(value)
    if not said:
        raise vol.Invalid(f"say which devices it is for: {_listed((str(key.schema) for key in _MATCH_KEYS), ' or ')}")
    return said


def _instead(wrong: str, names: Iterable[str]) -> str:
    """Return what somebody may have meant, or all that there is."""
    by_lower = {name.lower(): name for name in names}
    if close := get_close_matches(wrong.lower(), by_lower, 2, 0.7):
        return f"; did you mean {_listed((by_lower[name] for name in close), ' or ')}?"
    return f"; it may be {_listed(by_lower.values())}"


def _listed(names: Iterable[str], last: str = ", ") -> str:
    *most, end = names
    return f"{', '.join(most)}{last}{end}" if most else end


_ONLY_FOR = {
    "options": (DataType.ENUM,),
    "labels": (DataType.BITMAP,),
    "scale": (DataType.INTEGER, DataType.FLOAT),
    "factor": (DataType.INTEGER, DataType.FLOAT),
    "min": (DataType.INTEGER, DataType.FLOAT),
    "max": (DataType.INTEGER, DataType.FLOAT),
    "step": (DataType.INTEGER, DataType.FLOAT),
    "invert": (DataType.BOOLEAN, DataType.INTEGER, DataType.FLOAT, DataType.ENUM),
    "map": (DataType.BOOLEAN, DataType.INTEGER, DataType.FLOAT, DataType.ENUM, DataType.STRING),
    "maxlen": (DataType.STRING,),
}
_ENTITY_KEYS: dict[Any, Check] = {
    vol.Optional("name"): _text,
    vol.Optional("device_class"): _class(*DEVICE_CLASSES.values()),
    vol.Optional("state_class"): _class(SensorStateClass),
    vol.Optional("category"): _class(EntityCategory),
    vol.Optional("enabled"): _truth,
}
_ENTITY = _mapping(_ENTITY_KEYS)
_POINT_KEYS: dict[Any, Check] = {
    vol.Optional("rename"): _text,
    vol.Optional("type"): _one_of(DataType),
    vol.Optional("access"): _one_of(Access),
    vol.Optional("unit"): lambda value: "" if value in (None, "") else _text(value),
    vol.Optional("min"): _number,
    vol.Optional("max"): _number,
    vol.Optional("scale"): _whole(MAXIMUM_SCALE),
    vol.Optional("step"): _positive,
    vol.Optional("factor"): _positive,
    vol.Optional("options"): _names,
    vol.Optional("labels"): _names,
    vol.Optional("maxlen"): _whole(65535, 1),
    vol.Optional("map"): _map,
    vol.Optional("invert"): _truth,
    vol.Optional("hide"): _truth,
    vol.Optional("add"): _truth,
    vol.Optional("entity"): _ENTITY,
}
_POINT = _mapping(_POINT_KEYS)
_SPEC = _mapping(
    {
        vol.Optional("type"): _any_of(_one_of(DataType)),
        vol.Optional("access"): _any_of(_one_of(Access)),
        vol.Optional("unit"): _any_of(lambda value: "" if value in (None, "") else _text(value)),
        vol.Optional("min"): _any_of(_number),
        vol.Optional("max"): _any_of(_number),
        vol.Optional("scale"): _any_of(_whole(MAXIMUM_SCALE)),
        vol.Optional("step"): _any_of(_positive),
        vol.Optional("options"): _names,
    }
)
_MATCH_KEYS: dict[Any, Check] = {
    vol.Optional("category"): _texts,
    vol.Optional("product_id"): _texts,
    vol.Optional("device_id"): _texts,
    vol.Optional("has"): _texts,
    vol.Optional("spec"): _by_code(_SPEC),
}
_QUIRK_KEYS: dict[Any, Check] = {
    vol.Optional("name"): _text,
    vol.Required("match", msg="it is missing: say which devices the quirk is for"): _match,
    vol.Optional("category"): _text,
    vol.Optional("data_points"): _by_code(_point),
}
_QUIRK = _quirk
