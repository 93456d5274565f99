"""A stand-in for an X-P2P agent that says what a test tells it to."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from custom_components.iot_gateway.clients.tencent_video.agent import CameraChannel, Xp2pAgent

from .fake_cloud import DEVICE, PRODUCT

PREFIX = f"/agent/v1/{PRODUCT}/{DEVICE}"

type Answer = Any
"""What is answered: a web.Response, text, or what becomes JSON; or a function of the request that returns one of these."""


@dataclass(frozen=True)
class Asked:
    """A request, as it came in."""

    method: str
    path: str
    query: dict[str, str]
    raw_query: str
    body: bytes
    content_type: str


@dataclass
class FakeAgent:
    """The stand-in. `answers` by command for commands, by the last part of the path for the rest; lists are used up."""

    answers: dict[str, Answer] = field(default_factory=dict)
    any_command: Callable[[str], web.Response] | None = None
    """Answers all commands, where it is there."""
    asked: list[Asked] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        asked = Asked(
            request.method,
            request.path,
            dict(request.query),
            request.raw_path.partition("?")[2],
            await request.read(),
            request.content_type,
        )
        self.asked.append(asked)
        name = request.path.rpartition("/")[2]
        answer = self.answers.get(asked.query["cmd"] if name == "command" else name, web.Response(status=404))
        if name == "command" and self.any_command is not None:
            answer = self.any_command(asked.query["cmd"])
        if isinstance(answer, list) and answer and isinstance(answer[0], One):
            answer = (answer.pop(0) if len(answer) > 1 else answer[0]).answer
        if isinstance(answer, Callable):  # type: ignore[arg-type]
            answer = await answer(request)
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.Response(text=answer if isinstance(answer, str) else json.dumps(answer))

    @property
    def commands(self) -> list[dict[str, str]]:
        """What the commands had, in order."""
        return [asked.query for asked in self.asked if asked.path.endswith("/command")]


@dataclass(frozen=True)
class One:
    """One of several answers in turn."""

    answer: Answer


def in_turn(*answers: Answer) -> list[One]:
    """Answer by these, one after the other; the last one for good."""
    return [One(answer) for answer in answers]


@asynccontextmanager
async def running() -> AsyncGenerator[tuple[FakeAgent, CameraChannel]]:
    """Run a fake, and have a camera behind it whose waits pass at once."""
    fake = FakeAgent()

    async def sleep(seconds: float) -> None:
        fake.slept.append(seconds)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        agent = Xp2pAgent(session, f"{server.make_url('/agent/')}?x=1", sleep=sleep)
        yield fake, CameraChannel(agent=agent, product_id=PRODUCT, device_name=DEVICE, channel=2)
