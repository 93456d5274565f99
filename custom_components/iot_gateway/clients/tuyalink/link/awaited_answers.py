"""The answers that requests wait for, paired with them by `msgId`."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from ..messages import Message


@dataclass(frozen=True, slots=True)
class _Awaited:
    """An answer that is to come; its future gets None when the connection is lost."""

    device_id: str
    function: str
    answer: asyncio.Future[Message | None]


class AwaitedAnswers:
    """Who waits for which answer."""

    def __init__(self) -> None:
        """Begin with nobody who waits."""
        self._awaited: dict[str, _Awaited] = {}

    @contextmanager
    def expect(self, msg_id: str, device_id: str, function: str) -> Generator[asyncio.Future[Message | None]]:
        """Await an answer for as long as the block lasts.

        Args:
            msg_id: of the request.
            device_id: of the device that asks.
            function: on which the answer comes.

        Yields what becomes the answer, or None when the connection is lost.
        """
        awaited = _Awaited(device_id, function, asyncio.get_running_loop().create_future())
        self._awaited[msg_id] = awaited
        try:
            yield awaited.answer
        finally:
            del self._awaited[msg_id]

    def take(self, device_id: str, function: str, message: Message) -> bool:
        """Hand out an answer, and return whether somebody waits for it."""
        awaited = self._awaited.get(message.msg_id)
        if awaited is None or awaited.answer.done() or awaited.function != function or awaited.device_id != device_id:
            return False
        awaited.answer.set_result(message)
        return True

    def lost(self) -> None:
        """Tell all who wait that the connection is lost."""
        for awaited in self._awaited.values():
            if not awaited.answer.done():
                awaited.answer.set_result(None)
