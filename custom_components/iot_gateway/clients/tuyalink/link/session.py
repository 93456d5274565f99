"""One connection from its login to its end: what is subscribed on it, sent on it and heard on it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
import contextlib
import logging
from typing import Any, Final

import aiomqtt

from ..errors import CannotConnect, LinkError, LinkLost
from ..statistics import LinkStatistics
from .complaints import Complaints
from .connecting import Connector, error_of
from .tasks import end_task
from .timings import LinkTimings

_LOGGER = logging.getLogger(__name__)

_QOS: Final = 1
_FAILED_SUBSCRIPTION: Final = 128
_FILTERS_AT_ONCE: Final = 8
"""Topics in one SUBSCRIBE: a size that no known broker of a cloud refuses."""


class Session:
    """One connection and what is under way on it.

    Attributes:
        client: that connects.
        up: whether it was ready to send, and may be over by now.
        cause: why we ended it, None if we didn't.
        stopped: set by the owner who ends it without any cause.
        lived: seconds from its acceptance to its end, None before and if it was never accepted.
        error: why it came to nothing, None if that is not known or it did not.

    Args:
        connector: makes, connects and leaves its client.
        timings: how long what may take.
        statistics: to count in.
        complaints: for what the log shall get once, however many sessions there are.
        on_up: called with it when it is ready to send.
        on_message: called with topic and payload of what comes from then on; what came before follows `on_up` at once.
        on_end: called with it at once when it ends, also if it never was up.
    """

    def __init__(
        self,
        connector: Connector,
        timings: LinkTimings,
        statistics: LinkStatistics,
        complaints: Complaints,
        *,
        on_up: Callable[[Session], None],
        on_message: Callable[[str, Any], None],
        on_end: Callable[[Session], None],
    ) -> None:
        """Be ready to `run`, once."""
        self.client: Final = connector.make_client()
        self.up = False
        self.cause: str | None = None
        self.stopped = False
        self.lived: float | None = None
        self.error: LinkError | None = None
        self._connector = connector
        self._timings = timings
        self._statistics = statistics
        self._complaints = complaints
        self._on_up = on_up
        self._on_message = on_message
        self._on_end = on_end
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._accepted_at: float | None = None
        self._sends: set[asyncio.Task[None]] = set()
        self._early: list[aiomqtt.Message] = []
        """What came before all was subscribed."""

    async def run(self, filters: Callable[[], list[str]]) -> None:
        """Connect, subscribe and listen until the connection ends; `error` tells what went wrong.

        Args:
            filters: returns the topics to hear; asked once the broker has accepted us, and again until there are no more.
        """
        try:
            async with self._connector.entered(self.client) as client:
                self._accepted_at = asyncio.get_running_loop().time()
                # From the beginning, because it is what notices the end
                reader = asyncio.create_task(self._read(client), name="tuyalink listens")
                try:
                    granted = await self._subscribe_all(filters)
                    if self._over.done():
                        # With the very answer to the last subscription
                        await reader
                    if not granted:
                        self.cause = "The broker lets us hear nothing"
                        self.error = CannotConnect(self.cause)
                        return
                    self._is_up()
                    await reader
                finally:
                    await end_task(reader)
        except (aiomqtt.MqttError, OSError) as err:
            self.error = error_of(err)
        finally:
            self._has_ended()

    def kill(self, cause: str) -> None:
        """End a connection that doesn't work any more; does nothing where it isn't up or has ended."""
        if self.up and not self._over.done() and self.cause is None:
            self.cause = cause
            _LOGGER.debug("The connection to TuyaLink is given up: %s", cause)
            self._has_ended()
            # The reader notices, which ends the rest
            self.client.shut()

    async def subscribe(self, filters: list[str]) -> int:
        """Subscribe topics, many at a time; returns how many the broker grants. Raises MqttError, OSError."""

        async def subscribe(chunk: list[str]) -> Iterable[Any]:
            return await self.client.subscribe([(topic, _QOS) for topic in chunk], timeout=self._timings.connect_within)

        answers: list[Iterable[Any]] = await self._unless_over(asyncio.gather(*map(subscribe, _chunked(filters))))
        codes: list[int] = [code if isinstance(code, int) else code.value for answer in answers for code in answer]
        granted = sum(code < _FAILED_SUBSCRIPTION for code in codes)
        if granted < len(codes):
            self._statistics.refused_subscriptions += len(codes) - granted
            self._complaints.make("subscription", "The TuyaLink broker refuses some subscriptions")
        return granted

    async def unsubscribe(self, filters: list[str]) -> None:
        """Hear topics no more; what the broker says to that is of no interest."""
        with contextlib.suppress(aiomqtt.MqttError, OSError):
            for chunk in _chunked(filters):
                await self._unless_over(self.client.unsubscribe(chunk, timeout=self._timings.connect_within))

    async def send(self, topic: str, payload: bytes) -> None:
        """Send at once, after all that was sent before, and return when the broker has confirmed it; raises LinkLost."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        confirmed: asyncio.Future[bool] = loop.create_future()
        self._statistics.sent += 1
        # Run up to its first wait here and now: by then the message stands in the client's queue
        task = asyncio.Task(
            self.client.publish(topic, payload, qos=_QOS, timeout=self._timings.confirm_within),
            loop=loop,
            eager_start=True,
            name="tuyalink sends",
        )
        self._sends.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self._sends.discard(task)
            success = not task.cancelled() and task.exception() is None
            if success:
                self._statistics.confirmed += 1
                self._statistics.confirmed_in = loop.time() - begun
            else:
                self._statistics.unconfirmed += 1
                self.kill("The broker does not confirm messages")
            if not confirmed.done():
                confirmed.set_result(success)

        task.add_done_callback(done)
        if not await confirmed:
            raise LinkLost("The connection was lost before the message was confirmed")

    async def _subscribe_all(self, filters: Callable[[], list[str]]) -> int:
        """Subscribe all topics, those too that come meanwhile: nobody subscribes them while this isn't up."""
        granted = 0
        subscribed: set[str] = set()
        while new := [topic for topic in filters() if topic not in subscribed]:
            granted += await self.subscribe(new)
            subscribed.update(new)
        return granted

    async def _read(self, client: aiomqtt.Client) -> None:
        """Take what comes; ends with MqttError."""
        try:
            async for message in client.messages:
                if not self.up:
                    self._early.append(message)
                else:
                    self._on_message(message.topic.value, message.payload)
        finally:
            self._has_ended()

    def _is_up(self) -> None:
        self.up = True
        self._on_up(self)
        for message in self._early:
            self._on_message(message.topic.value, message.payload)
        self._early.clear()

    def _has_ended(self) -> None:
        """Take note of the end at once, and fail all that is under way."""
        if self._over.done():
            return
        self._over.set_result(None)
        if self._accepted_at is not None:
            self.lived = asyncio.get_running_loop().time() - self._accepted_at
        for task in tuple(self._sends):
            task.cancel()
        self._on_end(self)

    async def _unless_over[T](self, work: Awaitable[T]) -> T:
        """Return what comes of something, unless the connection is over before: MqttError then."""
        task = asyncio.ensure_future(work)
        try:
            _ = await asyncio.wait((task, self._over), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise aiomqtt.MqttError("The broker ended the connection")
            return task.result()
        finally:
            _ = task.cancel()
            # Whatever it still says is of no interest
            task.add_done_callback(lambda task: task.cancelled() or task.exception())


def _chunked(filters: list[str]) -> list[list[str]]:
    return [filters[index : index + _FILTERS_AT_ONCE] for index in range(0, len(filters), _FILTERS_AT_ONCE)]
