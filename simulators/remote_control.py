"""What the remote controls of all simulators have in common: JSON in, JSON out, errors in words."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

type Body = Mapping[str, Any]


class BadRequest(ValueError):
    """What was sent can't be done; the text says why."""


def with_body(action: Callable[[Body], Awaitable[Body]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of a request whose JSON body an action takes, and whose answer it makes."""

    async def handle(request: web.Request) -> web.Response:
        body: object = {}
        if await request.read():
            # A browser sends this type to another origin only after asking, so a web page can't play with a running demo.
            if request.content_type != "application/json":
                message = "the body is application/json"
                raise BadRequest(message)
            try:
                body = await request.json()
            except ValueError as err:
                message = f"the body is no JSON: {err}"
                raise BadRequest(message) from err
        if not isinstance(body, dict):
            message = "the body is a JSON object"
            raise BadRequest(message)
        return web.json_response(await action(body))

    return handle


def flag(body: Body, key: str) -> bool:
    """Return what is true or false; raises BadRequest."""
    if not isinstance(value := body.get(key), bool):
        message = f"{key} is true or false"
        raise BadRequest(message)
    return value


def number(body: Body, key: str, most: float, *, default: float | None = None) -> float:
    """Return a number from 0 on; raises BadRequest."""
    value = body.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        message = f"{key} is a number from 0 to {most:.0f}"
        raise BadRequest(message)
    return float(value)


def error(status: int, text: str) -> web.Response:
    """Return the answer to a request that failed."""
    return web.json_response({"error": text}, status=status)
