"""An outbox whose deliveries are noted, and fail as they are told to."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
from contextlib import asynccontextmanager
from typing import Any, Final

from custom_components.iot_gateway.clients.tuyalink.errors import CloudRefused, LinkError
from custom_components.iot_gateway.clients.tuyalink.outbox import Delivery, Outbox
from custom_components.iot_gateway.clients.tuyalink.records import PropertyRecord, Record
from tests.clients.mosquitto import TIMEOUT

NOW: Final = 1626197189.0
"""Seconds since the epoch, what the outboxes take for now."""


class Receiver:
    """Where deliveries go: `troubles` are raised one after the other, None meaning that all goes well."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.troubles: list[Exception | None] = []
        self.refuses: Callable[[Record], bool] = lambda _: False
        self.gate = asyncio.Event()
        self.gate.set()
        self.held: dict[int, asyncio.Event] = {}
        """What the first, second, ... delivery waits for."""
        self.arrivals: list[float] = []

    async def __call__(self, delivery: Delivery) -> None:
        self.arrivals.append(asyncio.get_running_loop().time())
        self.deliveries.append(delivery)
        await self.gate.wait()
        if (held := self.held.get(len(self.deliveries))) is not None:
            await held.wait()
        if self.troubles and (trouble := self.troubles.pop(0)) is not None:
            raise trouble
        if any(map(self.refuses, delivery.records)):
            raise CloudRefused(2003, "a test")

    @property
    def records(self) -> list[Record]:
        return [record for delivery in self.deliveries for record in delivery.records]

    @property
    def news(self) -> list[Any]:
        return [said(record) for one in self.deliveries if not one.history for record in one.records]

    @property
    def history(self) -> list[Any]:
        return [said(record) for one in self.deliveries if one.history for record in one.records]


def said(record: Record) -> Any:
    """Return what a record says."""
    return record.value if isinstance(record, PropertyRecord) else record.outputs


class Kept:
    """An outbox with its receiver, running or not."""

    def __init__(self, **arguments: Any) -> None:
        self.receiver = Receiver()
        self.refused: list[tuple[Record, LinkError]] = []
        options: dict[str, Any] = {
            "send": self.receiver,
            "rate": 10_000.0,
            "burst": 1000,
            "history_limit": 10_000,
            "now": lambda: NOW,
            "gather": 0.0,
            "on_refused": lambda record, err: self.refused.append((record, err)),
        }
        self.outbox = Outbox(**(options | arguments))

    @property
    def statistics(self) -> dict[str, int]:
        return self.outbox.statistics.as_dict()

    @asynccontextmanager
    async def running(self, *, up: bool = True) -> AsyncIterator[Outbox]:
        task = asyncio.create_task(self.outbox.run())
        if up:
            self.outbox.link_up()
        try:
            yield self.outbox
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def joined(outbox: Outbox) -> None:
    """Wait until the cloud has all."""
    async with asyncio.timeout(TIMEOUT):
        await outbox.join()
