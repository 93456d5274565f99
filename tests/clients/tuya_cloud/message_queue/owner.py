"""Who owns a consumer: it notes what it is told, and runs it."""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import (
    Message,
    QueueConsumer,
    QueueError,
    StateReported,
)

from .peer import Peer
from .samples import ACCESS_ID, ACCESS_SECRET


class Owner:
    """Notes messages and what becomes of the connection."""

    def __init__(self, session: aiohttp.ClientSession, peer: Peer, **arguments: Any) -> None:
        self.messages: list[Message] = []
        self.redelivered: list[bool] = []
        self.told: list[str | QueueError] = []
        self.on_message_error: Exception | None = None
        self.consumer = QueueConsumer(
            session,
            **{
                "url": peer.url,
                "access_id": ACCESS_ID,
                "access_secret": ACCESS_SECRET,
                "on_message": self._on_message,
                "on_connected": lambda: self.told.append("connected"),
                "on_lost": self.told.append,
                "backoff_first": 0.005,
                "backoff_most": 0.02,
                **arguments,
            },
        )

    @property
    def statistics(self) -> dict[str, Any]:
        """The consumer's counters."""
        return self.consumer.statistics.as_dict()

    @property
    def numbers(self) -> list[int]:
        """The numbers of the reports that came, see `peer.report`."""
        return [message.values[0].value for message in self.messages if isinstance(message, StateReported)]

    @property
    def lost(self) -> list[QueueError]:
        """The reasons that were told."""
        return [told for told in self.told if isinstance(told, QueueError)]

    def _on_message(self, message: Message, redelivered: bool) -> None:
        self.messages.append(message)
        self.redelivered.append(redelivered)
        if self.on_message_error is not None:
            raise self.on_message_error

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[asyncio.Task[None]]:
        """Run the consumer; in the end it is cancelled, and must not have ended by itself."""
        task = asyncio.create_task(self.consumer.run())
        try:
            yield task
            assert not task.done(), task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            assert not self.consumer.connected
