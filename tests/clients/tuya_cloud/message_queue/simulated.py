"""The consumer with the simulated queue: each was written from the protocol's page alone, so they check each other."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import aiohttp

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import StateReported
from simulators.tuya_queue import TuyaQueueSimulator

from .owner import Owner
from .peer import until

NOW: Final = 1_790_000_000.0
"""The simulated queue's time, seconds since the epoch."""
NOW_MS: Final = 1_790_000_000_000
DEVICES: Final = [f"device{number}" for number in range(23)]
"""More than there are partitions, so that each has some."""


def simulated_queue(**arguments: Any) -> TuyaQueueSimulator:
    """Return a queue whose time stands still and which lets a test choose a short patience for acknowledgements."""
    usual: dict[str, Any] = {"now": lambda: NOW, "least_ack_timeout_ms": 1}
    return TuyaQueueSimulator(**usual | arguments)


def owner_of(session: aiohttp.ClientSession, queue: TuyaQueueSimulator, **arguments: Any) -> Owner:
    """Return the owner of a consumer of a simulated queue."""
    own = {"access_id": queue.access_id, "access_secret": queue.access_secret}
    return Owner(session, cast(Any, queue), **own | arguments)


@asynccontextmanager
async def consuming(
    session: aiohttp.ClientSession, queue: TuyaQueueSimulator, **arguments: Any
) -> AsyncGenerator[Owner]:
    """Consume a simulated queue; begins and ends when that has noticed, too."""
    owner = owner_of(session, queue, **arguments)
    before = queue.connections
    async with owner.running():
        await queue.wait_for_connections(before + 1)
        await until(lambda: owner.consumer.connected)
        yield owner
    await queue.wait_for(lambda: queue.connections <= before)


async def all_acked(queue: TuyaQueueSimulator, subscription: str | None = None) -> None:
    """Wait until a subscription has everything that was published, and nothing is on its way."""
    await queue.wait_for(lambda: not queue.backlog(subscription), 50)


def reported(owner: Owner) -> dict[str, list[int]]:
    """Return the numbers that each device reported, in the order in which they came."""
    numbers: dict[str, list[int]] = {}
    for message in owner.messages:
        assert isinstance(message, StateReported)
        numbers.setdefault(message.device_id, []).extend(value.value for value in message.values)
    return numbers


def burst(count: int) -> dict[str, list[int]]:
    """Return what a burst of so many reports of `DEVICES` comes to, none lost, none twice and in order."""
    return {device: list(range(place, count, len(DEVICES))) for place, device in enumerate(DEVICES) if place < count}
