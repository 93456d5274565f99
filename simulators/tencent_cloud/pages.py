"""Lists in pages: by Offset and Limit, or by a Context that says where to go on."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import INVALID_VALUE, CloudError


@dataclass(frozen=True, slots=True)
class Page[T]:
    """A part of a list; `context` is where the next one begins, "" after the last."""

    items: Sequence[T]
    context: str

    @property
    def over(self) -> bool:
        """Tell whether it is the last one."""
        return not self.context


def by_offset[T](items: Sequence[T], offset: int, limit: int, page_size: int | None) -> Sequence[T]:
    """Return a page; raises CloudError for a limit that isn't 1 to 100, and an offset below 0."""
    if not 1 <= limit <= 100 or offset < 0:
        raise CloudError(INVALID_VALUE, "Limit is from 1 to 100, Offset from 0 on.")
    return items[offset : offset + min(limit, page_size or limit)]


def by_context[T](items: Sequence[T], context: str, size: int, most: int, page_size: int | None) -> Page[T]:
    """Return a page, which has fewer items than were asked for unless that were 5 at most; raises CloudError.

    The documents: "for Size=10, the number N of those that are returned is 5 <= N <= 10".
    """
    if not 1 <= size <= most:
        raise CloudError(INVALID_VALUE, f"The size of a page is from 1 to {most}.")
    count = min(size, page_size) if page_size else max(min(size, 5), size - size // 3)
    start = _read(context) if context else 0
    end = start + count
    return Page(items[start:end], _write(end) if end < len(items) else "")


def _write(position: int) -> str:
    return base64.urlsafe_b64encode(f"p{position}".encode()).decode()


def _read(context: str) -> int:
    try:
        text = base64.urlsafe_b64decode(context.encode()).decode()
    except (binascii.Error, UnicodeError) as err:
        raise CloudError(INVALID_VALUE, "The Context is invalid.") from err
    if not text.startswith("p") or not text[1:].isdecimal():
        raise CloudError(INVALID_VALUE, "The Context is invalid.")
    return int(text[1:])
