"""One data point (DP) of a device: what it may hold, and how its values are read and written.

Types and their `values` follow Tuya's page "Data types"
(https://developer.tuya.com/en/docs/iot/datatypedescription?id=K9i5ql2jo7j1k) and, for Raw and Bitmap, what real
devices report. Two words are kept apart everywhere: **raw** is what travels on the wire, **value** is what a person
means by it (an Integer 235 with scale 1 is raw 235 and value 23.5).
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
import json
import math
import re
from typing import Any

type Raw = Any
"""A value as it travels: bool, int, float, str, or a JSON object or array."""

type Value = bool | int | float | str | bytes | datetime | dict[str, Any] | list[Any]
"""A value as it is meant; which of these, its DataType says."""

_MILLISECONDS_FROM = 100_000_000_000
"""Timestamps at or above this count milliseconds; in seconds it would be the year 5138."""


class DataType(StrEnum):
    """The type of a data point, by Tuya's and Tencent's names."""

    BOOLEAN = "Boolean"
    INTEGER = "Integer"
    FLOAT = "Float"
    ENUM = "Enum"
    STRING = "String"
    JSON = "Json"
    RAW = "Raw"
    BITMAP = "Bitmap"
    TIMESTAMP = "Timestamp"
    STRUCT = "Struct"


class Access(StrEnum):
    """What may be done with a data point, by Tuya's abbreviations."""

    READ = "ro"
    WRITE = "wr"
    READ_WRITE = "rw"


_SECRET = re.compile(r"(^|_)(key|keys|password|passwd|pwd|pin|pincode|secret|token|psk)(_|$|\d)", re.IGNORECASE)


def is_secret(code: str) -> bool:
    """Whether a data point holds what opens or signs something: a lock's key, a password, a PIN.

    Judged by the words of its code, as Tuya's locks spell them (`remote_no_dp_key`, `temporary_password_creat`). Such
    values stay out of logs, errors and diagnostics.
    """
    return _SECRET.search(code) is not None


class InvalidValue(ValueError):
    """A value that its data point does not allow, read or written; a secret one is not named.

    `reason` is a key: "type", "range", "option", "length" or "read_only". `allowed` says in words what would do.
    """

    def __init__(self, code: str, value: object, reason: str, allowed: str) -> None:
        """Keep what a translated error needs; values are no secrets, but long ones are cut."""
        text = "that value" if is_secret(code) else str(value)
        self.code = code
        self.value = text if len(text) <= 60 else f"{text[:57]}..."
        self.reason = reason
        self.allowed = allowed
        super().__init__(f"{code}: {self.value} is not {allowed}")


@dataclass(frozen=True, kw_only=True, slots=True)
class DataPoint:
    """What one data point may hold; parsed once from a schema, then only read.

    `minimum`, `maximum` and `step` are raw and say what may be **set**; `lowest` and `highest` say what may be
    **reported** (some devices report more than they accept). None means: no limit is known. `options` are the
    settable values of an Enum, `known` all that may be reported. `labels` name the bits of a Bitmap, bit 0 first.
    `maxlen` counts characters. `unitless` says that the schema has a unit which is empty, `increments` whether each report
    says what came since the one before, None where the schema does not tell. `event` says that it is no state but happens: an event of the
    device's model, with its parameters as an object. `name` is the maker's, empty where there is none. `choices` are the raws of an
    Enum whose values are called otherwise than they travel, each with what it is called, in the order of `known`. `members` are
    those of a Struct, with their own ids as codes. `direct` says that values go out as JSON has them: a Boolean as 0 or 1 and an
    object as itself (Tencent), not as a text (Tuya). `spec` is the text of `values` as the device sent it, kept for diagnostics.
    """

    code: str
    type: DataType
    access: Access
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    lowest: float | None = None
    highest: float | None = None
    scale: int = 0
    step: float = 1
    options: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    maxlen: int | None = None
    unitless: bool = False
    increments: bool | None = None
    inferred: bool = False
    event: bool = False
    name: str = ""
    choices: tuple[tuple[Raw, str], ...] = ()
    members: tuple[DataPoint, ...] = ()
    direct: bool = False
    spec: str = ""

    @property
    def writable(self) -> bool:
        """Whether it may be set."""
        return self.access is not Access.READ

    @property
    def reported(self) -> bool:
        """Whether the device says its value."""
        return self.access is not Access.WRITE

    def shown(self, raw: float) -> float:
        """Return a raw number in its unit: raw / 10^scale, an int where there is no scale."""
        return raw / _POWERS[self.scale] if self.scale else raw

    def decode(self, raw: Raw) -> Value:
        """Return the value that `raw` stands for; raises InvalidValue where it stands for none."""
        return _DECODERS[self.type](self, raw)

    def typed(self, raw: Raw) -> Raw:
        """Return a raw that came as a text in the form that the type has, "true" of a Boolean as True; others as they are.

        Tuya's message queue writes any value as a text now and then (seed 004, `dp_report`), the cloud's own API does not:
        the same value has to be the same raw, whichever way it came.
        """
        if isinstance(raw, str) and (read := _TEXT_READERS.get(self.type)) is not None:
            return read(raw)
        return raw

    def encode(self, value: Any, like: Raw = None) -> Raw:
        """Return the raw form of `value`; raises InvalidValue where the data point does not allow it.

        `like` is the last raw that the device reported: a Json value goes out in the form, object or text, that
        the device itself uses (text where that is not known, as Tuya's standard has it).
        """
        if not self.writable:
            raise InvalidValue(self.code, value, "read_only", "writable")
        return _ENCODERS[self.type](self, value, like)

    def faults(self, value: int) -> tuple[str, ...]:
        """Return the labels of the bits that are set in a Bitmap's value; bits without a label are `bit_<n>`."""
        return tuple(
            self.labels[bit] if bit < len(self.labels) else f"bit_{bit}"
            for bit in range(value.bit_length())
            if value >> bit & 1
        )

    def describe_allowed(self) -> str:
        """Return in words what may be set, for errors."""
        if self.type in (DataType.INTEGER, DataType.FLOAT):
            low = "-∞" if self.minimum is None else f"{self.shown(self.minimum):g}"
            high = "∞" if self.maximum is None else f"{self.shown(self.maximum):g}"
            return f"a number from {low} to {high}{f' {self.unit}' if self.unit else ''}"
        if self.type is DataType.ENUM:
            return f"one of {', '.join(self.options)}" if self.options else "a text"
        if self.type is DataType.STRING and self.maxlen is not None:
            return f"a text of at most {self.maxlen} characters"
        if self.members:
            return f"an object with {', '.join(member.code for member in self.members)}"
        return _NAMES[self.type]


_POWERS = tuple(10**scale for scale in range(20))
MAXIMUM_SCALE = len(_POWERS) - 1

_NAMES = {
    DataType.BOOLEAN: "true or false",
    DataType.STRING: "a text",
    DataType.JSON: "a JSON object or text",
    DataType.STRUCT: "a JSON object or text",
    DataType.RAW: "bytes in base64",
    DataType.BITMAP: "a whole number of bits",
    DataType.TIMESTAMP: "a time",
}


def _number(point: DataPoint, raw: Raw) -> float:
    """Return a raw as a number; devices send numbers as text too."""
    if isinstance(raw, bool):
        raise InvalidValue(point.code, raw, "type", "a number")
    if isinstance(raw, str):
        try:
            raw = float(raw) if "." in raw or "e" in raw.lower() else int(raw)
        except ValueError:
            raise InvalidValue(point.code, raw, "type", "a number") from None
    if not isinstance(raw, int | float) or not math.isfinite(raw):
        raise InvalidValue(point.code, raw, "type", "a number")
    return raw


_BOOLEANS = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


def _decode_boolean(point: DataPoint, raw: Raw) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str):
        raw = _BOOLEANS.get(raw.lower(), raw)
    if raw in (0, 1):
        return bool(raw)
    raise InvalidValue(point.code, raw, "type", _NAMES[DataType.BOOLEAN])


def _decode_number(point: DataPoint, raw: Raw) -> float:
    number = _number(point, raw)
    if (point.lowest is not None and number < point.lowest) or (point.highest is not None and number > point.highest):
        raise InvalidValue(point.code, raw, "range", f"from {point.lowest} to {point.highest}")
    if point.type is DataType.INTEGER and not point.scale:
        return int(number) if number == int(number) else number
    return point.shown(number)


def _decode_enum(point: DataPoint, raw: Raw) -> str:
    text = raw if isinstance(raw, str) else json.dumps(raw)
    if point.choices:
        for known, name in point.choices:
            if str(known) == text:
                return name
        raise InvalidValue(point.code, raw, "option", f"one of {', '.join(str(known) for known, _ in point.choices)}")
    if point.known and text not in point.known:
        raise InvalidValue(point.code, raw, "option", f"one of {', '.join(point.known)}")
    return text


def raw_text(raw: Raw) -> str:
    """Return a raw as the text that it came as, or as JSON where it is none."""
    return raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)


def _decode_text(_point: DataPoint, raw: Raw) -> str:
    return raw_text(raw)


def _decode_json(_point: DataPoint, raw: Raw) -> Value:
    if not isinstance(raw, str):
        value: Value = raw
        return value
    try:
        parsed: Value | None = json.loads(raw)
    except ValueError:
        return raw
    return raw if parsed is None else parsed


def _decode_raw(point: DataPoint, raw: Raw) -> bytes:
    try:
        return b64decode(raw, validate=True)
    except Base64Error, ValueError, TypeError:
        raise InvalidValue(point.code, raw, "type", _NAMES[DataType.RAW]) from None


def _decode_bitmap(point: DataPoint, raw: Raw) -> int:
    number = _number(point, raw)
    if number < 0 or number != int(number):
        raise InvalidValue(point.code, raw, "range", _NAMES[DataType.BITMAP])
    return int(number)


def _decode_timestamp(point: DataPoint, raw: Raw) -> datetime:
    number = _number(point, raw)
    try:
        return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS_FROM else number, UTC)
    except OverflowError, OSError, ValueError:
        raise InvalidValue(point.code, raw, "range", _NAMES[DataType.TIMESTAMP]) from None


_DECODERS: dict[DataType, Callable[[DataPoint, Raw], Value]] = {
    DataType.BOOLEAN: _decode_boolean,
    DataType.INTEGER: _decode_number,
    DataType.FLOAT: _decode_number,
    DataType.ENUM: _decode_enum,
    DataType.STRING: _decode_text,
    DataType.JSON: _decode_json,
    DataType.RAW: _decode_raw,
    DataType.BITMAP: _decode_bitmap,
    DataType.TIMESTAMP: _decode_timestamp,
    DataType.STRUCT: _decode_json,
}


def _encode_boolean(point: DataPoint, value: Any, _like: Raw) -> bool | int:
    decoded = _decode_boolean(point, value)
    return int(decoded) if point.direct else decoded


def _encode_number(point: DataPoint, value: Any, _like: Raw) -> float:
    try:
        number: float = _number(point, value) * _POWERS[point.scale]
    except InvalidValue:
        raise InvalidValue(point.code, value, "type", point.describe_allowed()) from None
    if point.type is DataType.INTEGER:
        number = round(number)
    if (point.minimum is not None and number < point.minimum) or (point.maximum is not None and number > point.maximum):
        raise InvalidValue(point.code, value, "range", point.describe_allowed())
    return number


def _encode_enum(point: DataPoint, value: Any, _like: Raw) -> Raw:
    text = value if isinstance(value, str) else json.dumps(value)
    if point.choices:
        # By its name or, where that is nobody's name, as it travels
        for named in (True, False):
            for known, name in point.choices:
                if text == (name if named else str(known)):
                    return known
        raise InvalidValue(point.code, value, "option", point.describe_allowed())
    if point.options and text not in point.options:
        raise InvalidValue(point.code, value, "option", point.describe_allowed())
    return text


def _encode_text(point: DataPoint, value: Any, _like: Raw) -> str:
    text = raw_text(value)
    if point.maxlen is not None and len(text) > point.maxlen:
        raise InvalidValue(point.code, value, "length", point.describe_allowed())
    return text


def _encode_json(point: DataPoint, value: Any, like: Raw) -> Raw:
    if point.direct:
        return _as_object(point, value)
    if isinstance(value, str):
        return value
    return value if isinstance(like, dict | list) else json.dumps(value, separators=(",", ":"))


def _as_object(point: DataPoint, value: Any) -> Raw:
    """Return a value that may be written as JSON text as the object or list that it is."""
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        parsed = None
    if isinstance(parsed, dict if point.type is DataType.STRUCT else dict | list):
        return parsed
    raise InvalidValue(point.code, value, "type", point.describe_allowed())


def _encode_struct(point: DataPoint, value: Any, like: Raw) -> Raw:
    """Return a Struct as a whole: members that `value` does not have keep what they are."""
    if not point.members:
        return _encode_json(point, value, like)
    given = _as_object(point, value)
    known = _decode_json(point, like) if like is not None else {}
    before = known if isinstance(known, dict) else {}
    ids = {member.code for member in point.members}
    if not given.keys() <= ids:
        raise InvalidValue(point.code, value, "type", point.describe_allowed())
    encoded = {}
    for member in point.members:
        if member.code in given:
            try:
                encoded[member.code] = replace(member, access=Access.WRITE).encode(
                    given[member.code], before.get(member.code)
                )
            except InvalidValue as err:
                raise InvalidValue(f"{point.code}.{err.code}", given[member.code], err.reason, err.allowed) from None
        elif member.code in before:
            encoded[member.code] = before[member.code]
        else:
            raise InvalidValue(point.code, value, "type", point.describe_allowed())
    return encoded


def _encode_raw(point: DataPoint, value: Any, _like: Raw) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    _decode_raw(point, value)
    return str(value)


def _encode_bitmap(point: DataPoint, value: Any, _like: Raw) -> int:
    return _decode_bitmap(point, value)


def _encode_timestamp(point: DataPoint, value: Any, like: Raw) -> int:
    if isinstance(value, datetime):
        seconds = value.timestamp()
        milliseconds = isinstance(like, int | float) and like >= _MILLISECONDS_FROM
        return round(seconds * 1000) if milliseconds else round(seconds)
    return round(_number(point, value))


def _read_boolean(text: str) -> Raw:
    return _BOOLEANS.get(text.strip().lower(), text)


def _read_number(text: str) -> Raw:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


_TEXT_READERS: dict[DataType, Callable[[str], Raw]] = {
    DataType.BOOLEAN: _read_boolean,
    DataType.INTEGER: _read_number,
    DataType.FLOAT: _read_number,
    DataType.BITMAP: _read_number,
    DataType.TIMESTAMP: _read_number,
}

_ENCODERS: dict[DataType, Callable[[DataPoint, Any, Raw], Raw]] = {
    DataType.BOOLEAN: _encode_boolean,
    DataType.INTEGER: _encode_number,
    DataType.FLOAT: _encode_number,
    DataType.ENUM: _encode_enum,
    DataType.STRING: _encode_text,
    DataType.JSON: _encode_json,
    DataType.RAW: _encode_raw,
    DataType.BITMAP: _encode_bitmap,
    DataType.TIMESTAMP: _encode_timestamp,
    DataType.STRUCT: _encode_struct,
}
