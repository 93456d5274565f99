"""What the tests of the consumer use."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Self, override

import aiohttp
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import consumer as consumer_module
from custom_components.iot_gateway.clients.tuya_cloud.message_queue.heartbeat import Heartbeat
from tests.loop_time import leap

from .owner import Owner
from .peer import until


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


class Life:
    """The heartbeats of a test's consumers, which go by leaps of the clock: no answer is late on a busy machine."""

    def __init__(self) -> None:
        self.heartbeats: list[Heartbeat] = []

    async def ask(self, pings: Callable[[], int]) -> None:
        """Let so much time pass that the queue is asked for a sign of life, and take its answer; `pings`: how many it got."""
        before = pings()
        heartbeat = self.heartbeats[-1]
        leap(heartbeat._interval)
        await until(lambda: pings() > before)
        await until(lambda: not heartbeat._pinged)

    async def wait_in_vain(self, owner: Owner) -> None:
        """Let time pass until the connection is lost for want of a sign of life."""
        while not owner.lost:
            leap(self.heartbeats[-1]._interval / 2)
            await asyncio.sleep(0.002)


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> Life:
    life = Life()

    class Noted(Heartbeat):
        @override
        def __enter__(self) -> Self:
            life.heartbeats.append(self)
            return super().__enter__()

    monkeypatch.setattr(consumer_module, "Heartbeat", Noted)
    return life
