"""A stand-in for Tencent's cloud that says what a test tells it to, and an API that talks to it without waiting."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
import json
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDictProxy

from custom_components.iot_gateway.clients.tencent_video.api import TencentApi

SECRET_ID = "AKIDfakefakefakefakefake00000001"
SECRET_KEY = "fakesecretkey0000000000000000001"
PRODUCT = "UFTL8PSPBW"
DEVICE = "1_54063850_1"

type Reply = Any
"""What an action answers: a dict, a Refusal, a Raw, or a function of the parameters that returns one of these."""


@dataclass(frozen=True)
class Refusal:
    """An answer with an Error in it."""

    code: str
    message: str = "refused"


@dataclass(frozen=True)
class Raw:
    """An answer that is not the cloud's own."""

    body: bytes
    status: int = 200


@dataclass(frozen=True)
class Seen:
    """A request, as it came in."""

    action: str
    headers: CIMultiDictProxy[str]
    body: bytes
    path: str

    @property
    def params(self) -> dict[str, Any]:
        """The body, decoded."""
        params: dict[str, Any] = json.loads(self.body)
        return params


@dataclass
class Clock:
    """Clocks that go only when a test says so; `wall` in seconds since the epoch."""

    wall: float = 1_790_000_000.0
    mono: float = 1000.0

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.mono += seconds


@dataclass
class FakeCloud:
    """The stand-in. `replies` by action; a list is used up one by one, its last entry stays."""

    clock: Clock = field(default_factory=Clock)
    ahead: float = 0.0
    """Seconds that the cloud's clock is ahead of ours."""
    skew: float | None = None
    """Seconds that a request's time may be off, None for any."""
    with_date: bool = True
    replies: dict[str, Reply] = field(default_factory=dict)
    requests: list[Seen] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    gate: asyncio.Event | None = None
    """Answers wait for it where there is one."""

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request."""
        seen = Seen(request.headers.get("X-TC-Action", ""), request.headers, await request.read(), request.raw_path)
        self.requests.append(seen)
        if self.gate is not None:
            await self.gate.wait()
        reply = self._reply(seen)
        headers = {"Date": formatdate(self.clock.wall + self.ahead, usegmt=True) if self.with_date else "never"}
        if isinstance(reply, Raw):
            return web.Response(body=reply.body, status=reply.status, headers=headers)
        if isinstance(reply, Refusal):
            reply = {"Error": {"Code": reply.code, "Message": reply.message}}
        answer = {"Response": {**reply, "RequestId": "r-1"}}
        return web.json_response(answer, headers=headers)

    def _reply(self, seen: Seen) -> Reply:
        cloud_time = self.clock.wall + self.ahead
        if self.skew is not None and abs(int(seen.headers["X-TC-Timestamp"]) - cloud_time) > self.skew:
            return Refusal("AuthFailure.SignatureExpire", "expired")
        reply = self.replies.get(seen.action, Refusal("InvalidAction"))
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        return reply(seen.params) if isinstance(reply, Callable) else reply  # type: ignore[arg-type]

    @property
    def actions(self) -> list[str]:
        """The actions that were called, in order."""
        return [seen.action for seen in self.requests]

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the last request."""
        return self.requests[-1].params


@asynccontextmanager
async def running(**options: Any) -> AsyncGenerator[tuple[FakeCloud, TencentApi]]:
    """Run a fake, and have an API that talks to it and whose waits pass at once."""
    cloud = FakeCloud(**options)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", cloud.handle)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        yield cloud, make_api(cloud, session, str(server.make_url("/")))


def make_api(cloud: FakeCloud, session: aiohttp.ClientSession, endpoint: str, **options: Any) -> TencentApi:
    """Return an API that goes by the clock of a fake, and whose pauses are as long as they may be."""

    async def sleep(seconds: float) -> None:
        cloud.slept.append(seconds)
        cloud.clock.pass_(seconds)

    return TencentApi(
        session,
        endpoint,
        "ap-guangzhou",
        SECRET_ID,
        SECRET_KEY,
        now=lambda: cloud.clock.wall,
        monotonic=lambda: cloud.clock.mono,
        jitter=lambda low, high: high,
        sleep=sleep,
        **options,
    )
