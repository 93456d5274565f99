"""The sign of life, with a clock that stands still while there is anything to do."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue.heartbeat import Heartbeat
from tests.loop_time import StillTime, still_time

INTERVAL = 30.0


@pytest.fixture(autouse=True)
async def clock() -> AsyncIterator[StillTime]:
    """Let no test depend on how fast a machine is: an answer would be late on one that has much else to do."""
    with still_time() as clock:
        yield clock


class Socket:
    """Counts pings; `error` is raised by them, `held` holds them up."""

    def __init__(self) -> None:
        self.pings: list[float] = []
        self.error: Exception | None = None
        self.held = False

    async def ping(self) -> None:
        self.pings.append(asyncio.get_running_loop().time())
        if self.error is not None:
            raise self.error
        if self.held:
            await asyncio.Event().wait()


def heartbeat_of(socket: Any, limit: asyncio.Timeout) -> Heartbeat:
    return Heartbeat(socket, limit, INTERVAL)


async def silence(socket: Socket) -> float:
    """Return the seconds after which nothing at all is a loss."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    limit = asyncio.timeout(None)

    async def wait() -> None:
        async with limit:
            with heartbeat_of(socket, limit):
                await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await wait()
    assert limit.expired()
    return loop.time() - begun


async def test_silence_is_asked_and_then_ended() -> None:
    socket = Socket()
    assert await silence(socket) == pytest.approx(1.5 * INTERVAL)
    assert len(socket.pings) == 1


@pytest.mark.parametrize("error", [aiohttp.ClientConnectionResetError("x"), BrokenPipeError()])
async def test_a_ping_that_cannot_be_sent(error: Exception) -> None:
    socket = Socket()
    socket.error = error
    assert await silence(socket) == pytest.approx(1.5 * INTERVAL)


async def test_a_ping_that_is_held_up() -> None:
    socket = Socket()
    socket.held = True
    assert await silence(socket) == pytest.approx(1.5 * INTERVAL)
    await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if "ping" in task.get_name()]


async def test_frames_are_signs_of_life() -> None:
    socket = Socket()
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:
        with heartbeat_of(socket, limit) as heartbeat:
            begun = loop.time()
            while loop.time() < begun + 4 * INTERVAL:
                heartbeat.note(loop.time())
                await asyncio.sleep(0.9 * INTERVAL)
            assert socket.pings == []
            # An answer to each ping is enough
            while len(socket.pings) < 3:
                asked = len(socket.pings)
                await asyncio.sleep(INTERVAL / 50)
                if len(socket.pings) > asked:
                    heartbeat.note(loop.time())
    assert socket.pings[2] - socket.pings[0] >= 2 * INTERVAL


async def test_a_loop_that_was_held_does_not_end_a_connection(clock: StillTime) -> None:
    """The answer has its time from the ping on, however late that was."""
    socket = Socket()
    async with asyncio.timeout(None) as limit:
        with heartbeat_of(socket, limit) as heartbeat:
            clock.pass_(3 * INTERVAL)
            while not socket.pings:
                await asyncio.sleep(0)
            await asyncio.sleep(0.4 * INTERVAL)
            heartbeat.note(asyncio.get_running_loop().time())
            await asyncio.sleep(0.8 * INTERVAL)
            assert len(socket.pings) == 1


async def test_nothing_is_left_behind() -> None:
    """The harness looks for timers and tasks."""
    socket = Socket()
    async with asyncio.timeout(None) as limit:
        with heartbeat_of(socket, limit):
            await asyncio.sleep(0)
    assert limit.when() is None


async def test_an_answer_has_half_of_the_interval() -> None:
    socket = Socket()
    async with asyncio.timeout(None) as limit:
        with heartbeat_of(socket, limit) as heartbeat:
            while not socket.pings:
                await asyncio.sleep(INTERVAL / 50)
            assert heartbeat._timer is not None
            # The timer was set before the ping was sent
            assert heartbeat._timer.when() <= socket.pings[0] + INTERVAL / 2
