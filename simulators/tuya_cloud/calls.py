"""A call of the API as its handlers see it, and what a handler belongs to."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .devices import CloudDevice
from .errors import PARAM_EMPTY, PARAM_ILLEGAL, PERMISSION_DENY, ApiError

type Handler = Callable[[Call], Awaitable[Any]]

BATCH_MOST = 20


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A kind of call: the name by which it is counted and made to fail, its method, the forms of its path, what does it."""

    name: str
    method: str
    paths: tuple[str, ...]
    handler: Handler
    business: bool = True
    """It needs a token."""


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked for: the variables of the path, the query, the JSON body ({} without one)."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any] = field(repr=False)

    def text(self, name: str) -> str:
        """Return a text of the query or the body; raises ApiError for none, an empty one and something else."""
        value = self.body.get(name, self.query.get(name))
        if value is None or value == "":
            raise ApiError(PARAM_EMPTY)
        # The page says that link_id is an Int, and shows a text.
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise ApiError(PARAM_ILLEGAL)
        return value

    def ids(self) -> list[str]:
        """Return the device ids of a batch call; raises ApiError for none and for more than 20."""
        ids = self.text("device_ids").split(",")
        if len(ids) > BATCH_MOST:
            raise ApiError(PARAM_ILLEGAL)
        return ids

    def count(self, name: str, default: int, most: int) -> int:
        """Return a number of the query from 1 to `most`; raises ApiError."""
        text = self.query.get(name, "") or str(default)
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= most:
            raise ApiError(PARAM_ILLEGAL)
        return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call that came in, answered or not."""

    endpoint: str
    """Empty: there is none at that path."""
    method: str
    path: str
    query: Mapping[str, str]
    body: object = field(repr=False)
    code: int | None
    """Of the error that was the answer; None: it was done. HTTP errors and none at all count as 0."""


def permitted(devices: Mapping[str, CloudDevice], call: Call) -> CloudDevice:
    """Return the device that the path names; ApiError 1106 for none, or one that isn't the path's user's."""
    device = devices.get(call.path["device_id"])
    if device is None or call.path.get("uid", device.uid) != device.uid:
        raise ApiError(PERMISSION_DENY)
    return device
