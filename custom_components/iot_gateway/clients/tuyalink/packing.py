"""Filling messages up to what one may hold."""

from collections.abc import Iterable, Iterator
from typing import Final

from .messages import MOST_BYTES

ROOM: Final = MOST_BYTES - 128
"""Bytes for the data of a message; the envelope takes the rest."""


def pack[T](items: Iterable[tuple[T, int]], *, room: int, most: int) -> Iterator[list[T]]:
    """Yield lists of items in their order, each of at most `most` and of at most `room` bytes in all.

    Args:
        items: each with its bytes. One that is larger than `room` gets a list of its own.
        room: bytes.
        most: items.
    """
    packed: list[T] = []
    used = 0
    for item, size in items:
        if packed and (used + size > room or len(packed) >= most):
            yield packed
            packed, used = [], 0
        packed.append(item)
        used += size
    if packed:
        yield packed
