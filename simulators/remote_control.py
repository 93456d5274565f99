"""What the remote controls of all simulators have in common: JSON in, JSON out, errors in words.

A simulator's control server is a subclass of `RemoteControl` that gives what can be looked at and what can be done, and says
in `ERRORS` what its simulator's own exceptions are. What requests ask for is taken apart by `text`, `flag`, `integer`, ... .
This is no part of any protocol.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Protocol

from aiohttp import web

from .listening import listen
from .settable_faults import BadFault, SettableFaults

type Body = Mapping[str, Any]
type Look = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Answers a GET."""
type Action = Callable[[Body], Awaitable[Body]]
"""Does what a POST's body asks for and returns the answer's body; may raise BadRequest, BadFault and OSError."""
type Errors = Mapping[type[Exception], int | tuple[int, str]]
"""The HTTP status of exceptions; with a text, that is said instead of the exception's own, and its "{0}" stands for the
exception's first argument."""


class BadRequest(ValueError):
    """What was sent can't be done; the text says why."""


class RemoteControl:
    """Serves a remote control: HTTP with JSON, on loopback, also while the simulator itself is stopped.

    What is wrong with a request is told as {"error": text}: 400 for BadRequest and BadFault, 409 for an OSError, such as of a
    port that is taken, 404 for an unknown path, and what `ERRORS` says.
    """

    ERRORS: ClassVar[Errors] = {}
    """What the simulator's own exceptions are; it counts before what is common."""

    def __init__(self, *, looks: Mapping[str, Look], actions: Mapping[str, Action], port: int = 0) -> None:
        """Answer GET with `looks` and POST with `actions`, both by path; `port` 0 lets the system pick one."""
        self.host = "127.0.0.1"
        self.port = port
        self._looks = looks
        self._actions = actions
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return where it is."""
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """Listen; OSError if the port is taken."""
        app = web.Application(middlewares=[self._errors_as_json])
        for path, look in self._looks.items():
            app.router.add_get(path, look)
        for path, action in self._actions.items():
            app.router.add_post(path, with_body(action))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        self.port = await listen(runner, self.host, self.port)
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @web.middleware
    async def _errors_as_json(self, request: web.Request, handler: Look) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as err:
            return error(err.status, err.reason)
        except Exception as err:
            if (answer := self._answer_to(err)) is None:
                raise
            return answer

    def _answer_to(self, err: Exception) -> web.Response | None:
        for kind, status in self.ERRORS.items():
            if isinstance(err, kind):
                if isinstance(status, int):
                    return error(status, str(err))
                return error(status[0], status[1].format(*err.args))
        if isinstance(err, (BadRequest, BadFault)):
            return error(400, str(err))
        return error(409, err.strerror or str(err)) if isinstance(err, OSError) else None


class Controllable(Protocol):
    """A simulator that can be stopped and started again, and has faults."""

    @property
    def port(self) -> int:
        """Where it listens."""

    @property
    def faults(self) -> SettableFaults:
        """What it does wrong."""

    async def start(self) -> None:
        """Listen; OSError if the port is taken."""

    async def stop(self) -> None:
        """Stop listening."""


def common_actions(simulator: Controllable) -> dict[str, Action]:
    """Return `/faults {name: value, ...}`, which tells all of them, `/stop`, and `/start`, which tells the port."""

    async def set_faults(body: Body) -> Body:
        simulator.faults.update(body)
        return simulator.faults.as_json()

    async def stop(_: Body) -> Body:
        await simulator.stop()
        return {}

    async def start(_: Body) -> Body:
        await simulator.start()
        return {"port": simulator.port}

    return {"/faults": set_faults, "/stop": stop, "/start": start}


class ControllableLife(Protocol):
    """What devices do by themselves, while it runs."""

    rate: float

    @property
    def running(self) -> bool:
        """Tell whether time goes by."""

    def start(self) -> None:
        """Let time go by."""

    async def stop(self) -> None:
        """Let time stand still."""


async def set_life(life: ControllableLife, body: Body, highest_rate: float) -> Body:
    """Do `/life {running, rate}`: let time go by or stand still, and how fast; what is not said stays. Raises BadRequest."""
    rate = number(body, "rate", highest_rate, default=life.rate)
    running = flag(body, "running", default=life.running)
    life.rate = rate
    if running:
        life.start()
    else:
        await life.stop()
    return {"running": running, "rate": rate}


def with_body(action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
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


def error(status: int, words: str) -> web.Response:
    """Return the answer to a request that failed."""
    return web.json_response({"error": words}, status=status)


# What is asked for, checked; with a default, a key may be missing.


def flag(body: Body, key: str, *, default: bool | None = None) -> bool:
    """Return what is true or false; raises BadRequest."""
    if not isinstance(value := body.get(key, default), bool):
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


def integer(body: Body, key: str, most: int, *, least: int = 0, default: int | None = None) -> int:
    """Return an integer from `least` to `most`; raises BadRequest."""
    value = body.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        message = f"{key} is an integer from {least} to {most}"
        raise BadRequest(message)
    return value


def text(body: Body, key: str, *, default: str | None = None, empty: bool = False) -> str:
    """Return a text; unless it may be `empty`, there is something in it. Raises BadRequest."""
    if default is not None and key not in body:
        return default
    value = body.get(key)
    if not isinstance(value, str) or not (value or empty):
        message = f"{key} is text"
        raise BadRequest(message)
    return value


def one_of[T: str](body: Body, key: str, known: tuple[T, ...], default: T | None = None) -> T:
    """Return one of the known texts; raises BadRequest."""
    value = body.get(key, default)
    for one in known:
        if one == value:
            return one
    message = f"{key} is one of {', '.join(known)}"
    raise BadRequest(message)


def json_object(body: Body, key: str, default: Body | None = None) -> dict[str, Any]:
    """Return a JSON object; raises BadRequest."""
    value = body.get(key, default)
    if not isinstance(value, dict):
        message = f"{key} is an object"
        raise BadRequest(message)
    return value


def raw_values(body: Body) -> dict[str, Any]:
    """Return a device's raw values by code, at least one, from `values`; raises BadRequest."""
    values = body.get("values")
    if not isinstance(values, dict) or not values:
        message = "values is an object with raw values by code, and not empty"
        raise BadRequest(message)
    return values


def after(request: web.Request) -> int:
    """Return how many entries of a list a GET's `after` leaves out, 0 without it; raises BadRequest."""
    value = request.query.get("after", "0")
    if not value.isascii() or not value.isdecimal():
        message = "after is a number"
        raise BadRequest(message)
    return int(value)
