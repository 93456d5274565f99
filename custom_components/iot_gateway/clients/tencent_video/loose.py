"""Values of answers whose senders do not keep to a form: numbers as text, JSON in texts; what is odd is as if left out."""

from collections.abc import Iterator, Mapping
import json
import math
from typing import Any


def as_text(value: Any) -> str:
    """Return a text without blanks around it, a number as text, "" where it is neither."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def as_number(value: Any) -> float | None:
    """Return a finite number, also one that is written as text; None where it is none."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except TypeError, ValueError, OverflowError:
        return None
    return number if math.isfinite(number) else None


def as_integer(value: Any) -> int | None:
    """Return a whole number, also one that is written as text; None where it is none.

    A text of digits is read as such: milliseconds and ids may have more digits than a float holds.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and (text := value.strip().removeprefix("+")).removeprefix("-").isdecimal():
        # Python itself refuses texts of thousands of digits
        return int(text) if len(text) <= 40 else None
    number = as_number(value)
    return int(number) if number is not None and number.is_integer() else None


def as_flag(value: Any) -> bool:
    """Return whether a value says yes: true, 1, "1", "true", "yes"."""
    if isinstance(value, str):
        return value.strip().lower() in {"1", "true", "yes", "on"}
    return value is True or value == 1


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return an object, an empty one where it is none."""
    return value if isinstance(value, Mapping) else {}


def entries(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; anything else is none."""
    if isinstance(value, list | tuple):
        yield from (entry for entry in value if isinstance(entry, Mapping))


def from_json(value: Any) -> Any:
    """Return what a JSON text holds; what is no text as it is, and None where the text is no JSON."""
    if not isinstance(value, str | bytes):
        return value
    try:
        return json.loads(value)
    except ValueError, RecursionError:
        return None
