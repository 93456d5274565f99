"""Calls of a simulated cloud that fail or take long, by endpoint or by group of endpoints."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import web

from .settable_faults import BadFault, Parser, SettableFaults


@dataclass(slots=True, kw_only=True)
class CallFailure:
    """Something that goes wrong for some calls of an endpoint or of a group of them; subclasses say what, and for what device."""

    endpoint: str
    status: int = 503
    """The HTTP status, if that is what goes wrong."""
    count: int | None = None
    """How many calls it still hits; None: all."""
    after: int = 0
    """How many calls it still lets go before."""

    @property
    def only_device(self) -> str:
        """Return the device whose calls it hits; empty: all."""
        raise NotImplementedError


@dataclass(slots=True, kw_only=True)
class FailingCalls[F: CallFailure](SettableFaults):
    """The faults of calls, to be set at any time."""

    GROUPS: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Names for several endpoints."""

    failures: list[F] = field(default_factory=list)
    """What goes wrong; the first that fits counts."""
    latency: float = 0.0
    """Seconds that every call takes: one round trip."""
    latencies: dict[str, float] = field(default_factory=dict)
    """The same by endpoint; counts instead of `latency`."""

    def take(self, endpoint: str, device: str = "") -> F | None:
        """Return what goes wrong with a call, and count it."""
        for failure in self.failures:
            if endpoint != failure.endpoint and endpoint not in self.GROUPS.get(failure.endpoint, ()):
                continue
            if failure.only_device not in ("", device) or failure.count == 0:
                continue
            if failure.after:
                failure.after -= 1
                continue
            if failure.count is not None:
                failure.count -= 1
            return failure
        return None

    def latency_of(self, endpoint: str) -> float:
        """Return the seconds that a call takes."""
        return self.latencies.get(endpoint, self.latency)


def page_of(words: object) -> str:
    """Return a page of HTML, which no client of an API expects."""
    return f"<html><body><h1>{words}</h1></body></html>"


async def misbehave(request: web.Request, kind: str, status: int) -> web.StreamResponse:
    """Answer with what isn't the cloud's own form of an error.

    The kinds: "http" is a page of HTML with an HTTP status, "garbage" one with 200, "silent" no answer for as long as the client
    waits; after any other the connection ends without an answer.
    """
    match kind:
        case "http":
            return web.Response(status=status, text=page_of(status), content_type="text/html")
        case "garbage":
            return web.Response(text=page_of("Please sign in"), content_type="text/html")
        case "silent":
            # Until the client has had enough, or this simulator stops.
            while request.transport is not None and not request.transport.is_closing():
                await asyncio.sleep(0.05)
    if request.transport is not None:
        request.transport.abort()
    # Nobody gets this.
    return web.Response(status=503)


# Parsers


def endpoint_of(known: Iterable[str], called: str) -> Parser[str]:
    """Take the name of an endpoint or of a group; what one is called is for the words of BadFault."""
    names = tuple(known)

    def parse(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            message = f"no {called} {value!r}; there are {', '.join(names)}"
            raise BadFault(message)
        return value

    return parse


def by_endpoint[T](endpoint: Parser[str], parse: Parser[T], words: str) -> Parser[dict[str, T]]:
    """Take an object by endpoint; `words` tell what such an object is."""

    def parse_all(value: object) -> dict[str, T]:
        if not isinstance(value, dict):
            raise BadFault(words)
        return {endpoint(name): parse(one) for name, one in value.items()}

    return parse_all


def failures_of[F: CallFailure](make: Callable[..., F], parsers: Mapping[str, Parser[Any]]) -> Parser[list[F]]:
    """Take a list of objects with an endpoint and any other of the fields that `parsers` has."""

    def parse(value: object) -> F:
        if not isinstance(value, dict) or "endpoint" not in value or not set(value) <= set(parsers):
            message = f"a list of objects with endpoint, and any of {', '.join(parsers)}"
            raise BadFault(message)
        return make(**{name: parsers[name](one) for name, one in value.items()})

    def parse_all(value: object) -> list[F]:
        if not isinstance(value, list):
            message = "a list of objects"
            raise BadFault(message)
        return [parse(one) for one in value]

    return parse_all
