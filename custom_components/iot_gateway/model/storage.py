"""The memory card of a camera, as it reports it."""

from collections.abc import Callable

from .data_point import Value

STORAGE_STATES = ("normal", "fault", "full", "formatting", "missing")
"""What the numbers 1 to 5 of `sd_status` mean."""


def storage_state(value: Value) -> str | None:
    """Return the state of a card; some schemas give the number a scale that it does not have."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = round(value if value >= 1 else value * 10)
    return STORAGE_STATES[number - 1] if 1 <= number <= len(STORAGE_STATES) else None


def storage_part(index: int) -> Callable[[Value], int | None]:
    """Return what takes one number, in kilobytes, from the text "total|used|free" of `sd_storge`."""

    def part(value: Value) -> int | None:
        numbers = value.split("|") if isinstance(value, str) else []
        return int(numbers[index]) if len(numbers) == 3 and numbers[index].isdecimal() else None

    return part
