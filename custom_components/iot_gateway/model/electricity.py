"""What a meter says of a phase, or of one of its channels, in one data point: `phase_a`, `phase_s1` and the like.

As Raw it is big-endian: bytes 0-1 tenths of a volt, 2-4 milliamperes, 5-7 watts; meters that measure more go on with
bytes 8-10 volt-amperes reactive, 11-13 volt-amperes, 14 hundredths of the power factor
(protocols/tuya_gateway_lan.md, section 8). Newer meters put two bytes in front of all of it, a version and the length,
and those of version 2 one behind, whose bits say what is negative. The same comes as text in hexadecimal. As Json it is an
object of the same quantities in volts, amperes, kilowatts, kilovars and kilovolt-amperes.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping
import json

from .data_point import Value

_LAYOUT = {
    "voltage": (0, 2, 10),
    "electriccurrent": (2, 5, 1000),
    "power": (5, 8, 1000),
    "reactivepower": (8, 11, 1000),
    "apparentpower": (11, 14, 1000),
    "powerfactor": (14, 15, 100),
}
"""By quantity: first byte, the byte after the last, and what the whole number is divided by."""

_SIGN_BITS = {"electriccurrent": 0, "power": 1, "reactivepower": 2, "powerfactor": 3}
"""The bit of the last byte of version 2 that makes a quantity negative."""

_OTHER_NAMES = {"electriccurrent": "current", "power": "activepower"}
"""What some meters call a quantity in Json."""

QUANTITIES = tuple(_LAYOUT)
"""The names of the quantities: the keys of the Json form in lower case."""

_HEAD = 2
_LENGTH = 15
_SHORTEST = 8
"""Bytes that make a phase; fewer are a word that happens to be base64."""


def phase_part(quantity: str) -> Callable[[Value], float | None]:
    """Return a function that takes a quantity (one of `QUANTITIES`) from the value of a phase, None where it is not there.

    Volts, amperes, kilowatts, kilovars, kilovolt-amperes; the power factor from -1 to 1.
    """
    first, end, divisor = _LAYOUT[quantity]
    sign_bit = _SIGN_BITS.get(quantity)
    names = (quantity, _OTHER_NAMES.get(quantity, quantity))

    def part(value: Value) -> float | None:
        if isinstance(value, str):
            value = _from_text(value)
        if isinstance(value, bytes):
            data, signs = _unframed(value)
            if len(data) < end:
                return None
            number = int.from_bytes(data[first:end]) / divisor
            return -number if sign_bit is not None and signs >> sign_bit & 1 else number
        if isinstance(value, Mapping):
            by_name = {str(name).lower().replace("_", ""): number for name, number in value.items()}
            found = next((by_name[name] for name in names if name in by_name), None)
            return found if isinstance(found, int | float) and not isinstance(found, bool) else None
        return None

    return part


def _unframed(value: bytes) -> tuple[bytes, int]:
    """Return the quantities without what is around them, and the bits of those that are negative."""
    if len(value) >= _HEAD + _LENGTH and value[1] == _LENGTH:
        if value[0] == 1 and len(value) == _HEAD + _LENGTH:
            return value[_HEAD:], 0
        if value[0] == 2 and len(value) == _HEAD + _LENGTH + 1:
            return value[_HEAD:-1], value[-1]
    return value, 0


def _from_text(text: str) -> Value:
    """Return the bytes of hexadecimal or base64 text, or the object of JSON text; the text itself where it is none."""
    for decode in (bytes.fromhex, _from_base64):
        try:
            data = decode(text)
        except ValueError:
            continue
        if len(data) >= _SHORTEST:
            return data
    try:
        found: Value | None = json.loads(text)
    except ValueError:
        return text
    return text if found is None else found


def _from_base64(text: str) -> bytes:
    return b64decode(text, validate=True)
