"""What a meter says of a phase in one data point: `phase_a` and the like.

As Raw it is big-endian: bytes 0-1 tenths of a volt, 2-4 milliamperes, 5-7 watts; meters that measure more go on with
bytes 8-10 volt-amperes reactive, 11-13 volt-amperes, 14 hundredths of the power factor
(protocols/tuya_gateway_lan.md, section 8). As Json it is an object of the same quantities in volts, amperes,
kilowatts, kilovars and kilovolt-amperes.
"""

from collections.abc import Callable, Mapping

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

QUANTITIES = tuple(_LAYOUT)
"""The names of the quantities: the keys of the Json form in lower case."""


def phase_part(quantity: str) -> Callable[[Value], float | None]:
    """Return a function that takes a quantity (one of `QUANTITIES`) from the value of a phase, None where it is not there.

    Volts, amperes, kilowatts, kilovars, kilovolt-amperes; the power factor from 0 to 1.
    """
    first, end, divisor = _LAYOUT[quantity]

    def part(value: Value) -> float | None:
        if isinstance(value, bytes):
            return int.from_bytes(value[first:end]) / divisor if len(value) >= end else None
        if isinstance(value, Mapping):
            found = {str(name).lower(): number for name, number in value.items()}.get(quantity)
            return found if isinstance(found, int | float) and not isinstance(found, bool) else None
        return None

    return part
