"""Lists that come in pages: by offset (products, devices) and by a context that the cloud hands out (histories, events).

A page may hold fewer entries than were asked for, also none, without being the last one (protocol page 1.4).
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Final

from .api import TencentApi
from .loose import as_flag, as_integer, as_text

_PAGE_SIZE: Final = 100
_MOST_PAGES: Final = 100
"""A list that has no end is none."""
_MOST_EMPTY: Final = 3
"""So many empty pages in a row end a list, whatever the cloud says."""


async def pages_by_offset(
    api: TencentApi, action: str, params: Mapping[str, Any], name: str
) -> AsyncIterator[Iterable[Any]]:
    """Yield the lists `name` of one page after the other, until `TotalCount` is reached; raises TencentError."""
    offset = 0
    for _ in range(_MOST_PAGES):
        answer = await api.call(action, {**params, "Offset": offset, "Limit": _PAGE_SIZE})
        page = _list(answer.get(name))
        yield page
        offset += len(page)
        total = as_integer(answer.get("TotalCount"))
        if not page or (offset >= total if total is not None else len(page) < _PAGE_SIZE):
            return


async def pages_by_context(
    api: TencentApi,
    action: str,
    params: Mapping[str, Any],
    name: str,
    *,
    most: int,
    note: Callable[[Mapping[str, Any]], None] | None = None,
) -> list[Any]:
    """Return the entries of the lists `name`, at most `most`; raises TencentError.

    `note` gets each answer as it came. The list is over where the cloud says so (`Listover`), hands out no new context, or has brought nothing a few times.
    """
    found: list[Any] = []
    context = ""
    empty = 0
    for _ in range(_MOST_PAGES):
        answer = await api.call(action, {**params, "Context": context or None})
        page = _list(answer.get(name))
        found += page
        if note is not None:
            note(answer)
        empty = 0 if page else empty + 1
        following = as_text(answer.get("Context"))
        over = as_flag(answer.get("Listover"))
        if over or not following or following == context or len(found) >= most or empty >= _MOST_EMPTY:
            break
        context = following
    return found[:most]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
