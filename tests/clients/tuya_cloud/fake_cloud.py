"""A stand-in for Tuya's cloud that says what a test tells it to; it checks signatures by its own reading of the page."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import hashlib
import hmac
import json
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from custom_components.iot_gateway.clients.tuya_cloud.api import TuyaCloudApi

ACCESS_ID = "fakeaccessid00000001"
SECRET = "fakesecret0000000000000000000001"

type Reply = Any
"""What a path answers: a result, a Refusal, a Raw, or a function of the request that returns one of these."""


@dataclass(frozen=True)
class Refusal:
    """An answer with `success: false`."""

    code: Any
    msg: str = "refused"


@dataclass(frozen=True)
class Raw:
    """An answer that is not the cloud's own."""

    body: bytes
    status: int = 200
    content_type: str = "text/html"


@dataclass(frozen=True)
class Seen:
    """A request, as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    raw_path: str

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


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
    """The stand-in. `replies` by "METHOD /path"; a list is used up one by one, its last entry stays."""

    clock: Clock = field(default_factory=Clock)
    ahead: float = 0.0
    """Seconds that the cloud's clock is ahead of ours."""
    skew: float | None = None
    """Seconds that a request's time may be off, None for any."""
    token_ttl: float = 7200.0
    replies: dict[str, Reply] = field(default_factory=dict)
    requests: list[Seen] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None
    """Answers wait for it where there is one."""
    with_time: bool = True
    tokens: list[str] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)

    @property
    def calls(self) -> Counter[str]:
        """How often each "METHOD /path" was asked for."""
        return Counter(f"{seen.method} {seen.path}" for seen in self.requests)

    @property
    def now(self) -> float:
        """The cloud's own time."""
        return self.clock.wall + self.ahead

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request."""
        seen = Seen(
            request.method, request.path, dict(request.query), request.headers, await request.read(), request.raw_path
        )
        self.requests.append(seen)
        if self.gate is not None:
            await self.gate.wait()
        refusal = self._check(seen)
        reply: Reply = refusal or self._reply(seen)
        if isinstance(reply, Raw):
            return web.Response(body=reply.body, status=reply.status, headers={"Content-Type": reply.content_type})
        answer: dict[str, Any] = {"tid": "0"}
        if self.with_time:
            answer["t"] = round(self.now * 1000)
        if isinstance(reply, Refusal):
            answer |= {"success": False, "msg": reply.msg}
            if reply.code is not None:
                answer["code"] = reply.code
        else:
            answer |= {"success": True, "result": reply}
        return web.json_response(answer)

    def _check(self, seen: Seen) -> Refusal | None:
        """Check what every request must have."""
        if self.skew is not None and abs(int(seen.headers["t"]) / 1000 - self.now) > self.skew:
            return Refusal(1013, "request time is invalid")
        is_token = seen.path == "/v1.0/token"
        token = seen.headers.get("access_token", "")
        if is_token == bool(token):
            self.problems.append(f"{seen.path} has {'a' if token else 'no'} token")
        expected = self._signature(seen, "" if is_token else token)
        if seen.headers["sign"] != expected:
            self.problems.append(f"{seen.method} {seen.raw_path} is signed wrongly")
            return Refusal(1004, "sign invalid")
        if (nonce := seen.headers["nonce"]) in self.nonces:
            self.problems.append("a nonce was used twice")
        self.nonces.add(nonce)
        if seen.headers["client_id"] != ACCESS_ID or seen.headers["sign_method"] != "HMAC-SHA256":
            self.problems.append("a header is wrong")
        return None

    @staticmethod
    def _signature(seen: Seen, token: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in sorted(seen.query.items()))
        url = seen.path + (f"?{query}" if query else "")
        text = "\n".join([seen.method, hashlib.sha256(seen.body).hexdigest(), "", url])
        message = ACCESS_ID + token + seen.headers["t"] + seen.headers["nonce"] + text
        return hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest().upper()

    def _reply(self, seen: Seen) -> Reply:
        key = f"{seen.method} {seen.path}"
        if key not in self.replies:
            if seen.path == "/v1.0/token":
                self.tokens.append(f"token{len(self.tokens)}")
                return {
                    "access_token": self.tokens[-1],
                    "expire_time": self.token_ttl,
                    "uid": "bay1",
                    "refresh_token": "r",
                }
            return Refusal(1108, "uri path invalid")
        reply = self.replies[key]
        if isinstance(reply, list) and reply and isinstance(reply[0], One):
            reply = (reply.pop(0) if len(reply) > 1 else reply[0]).reply
        return reply(seen) if isinstance(reply, Callable) else reply  # type: ignore[arg-type]


@dataclass(frozen=True)
class One:
    """One of several answers in turn."""

    reply: Reply


def in_turn(*replies: Reply) -> list[One]:
    """Answer by these, one after the other; the last one for good."""
    return [One(reply) for reply in replies]


@asynccontextmanager
async def running(**options: Any) -> AsyncGenerator[tuple[FakeCloud, TuyaCloudApi]]:
    """Run a fake, and have an API that talks to it; afterwards nothing must have been wrong with any request."""
    cloud = FakeCloud(**options)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", cloud.handle)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        yield cloud, make_api(cloud, session, str(server.make_url("/")))
    assert cloud.problems == []


def make_api(cloud: FakeCloud, session: aiohttp.ClientSession, endpoint: str, secret: str = SECRET) -> TuyaCloudApi:
    """Return an API that goes by the clock of a fake, and whose pauses are as long as they may be."""
    return TuyaCloudApi(
        session,
        endpoint,
        ACCESS_ID,
        secret,
        now=lambda: cloud.clock.wall,
        monotonic=lambda: cloud.clock.mono,
        jitter=lambda low, high: high,
    )
