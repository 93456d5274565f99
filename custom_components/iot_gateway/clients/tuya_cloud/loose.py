"""Values of answers and messages whose senders do not keep to a form: what is odd is taken as if it was left out."""

from collections.abc import Mapping
from typing import Any


def as_text(value: Any) -> str:
    """Return a text without blanks around it, "" where it is none."""
    return value.strip() if isinstance(value, str) else ""


def as_number(value: Any) -> float | None:
    """Return a number, also one that is written as text; None where it is none."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except TypeError, ValueError, OverflowError:
        return None


def as_integer(value: Any) -> int | None:
    """Return a whole number; None where it is none."""
    number = as_number(value)
    return int(number) if number is not None and number.is_integer() else None


def as_integers(value: Any) -> set[int]:
    """Return the numbers of a list, or the only one: the documentation has the one, the cloud sends the other."""
    return {
        number for entry in (value if isinstance(value, list) else [value]) if (number := as_integer(entry)) is not None
    }


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return an object, an empty one where it is none."""
    return value if isinstance(value, dict) else {}
