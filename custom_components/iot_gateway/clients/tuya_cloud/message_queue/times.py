"""Times of messages."""

from typing import Any, Final

_SECONDS: Final = range(10**9, 10**11)
_MILLISECONDS: Final = range(10**12, 10**14)


def milliseconds(value: Any) -> int | None:
    """Return a time in milliseconds since the epoch, None where it is none.

    Devices and older services give seconds; some of the documentation's own examples are neither and mean nothing.
    """
    match value:
        case bool():
            return None
        case int():
            number = value
        case float() if value.is_integer():
            number = int(value)
        case str() if len(value) <= 20 and (text := value.strip()).isascii() and text.isdigit():
            number = int(text)
        case _:
            return None
    if number in _MILLISECONDS:
        return number
    return number * 1000 if number in _SECONDS else None
