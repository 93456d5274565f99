"""One connection to the message broker of the cameras, from its subscription to its end."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
import contextlib
from contextlib import asynccontextmanager
import logging
import socket
import ssl
from typing import Any, Final, override

import aiomqtt

from .mqtt_access import MqttAccess

_LOGGER = logging.getLogger(__name__)
_MQTT_LOGGER = logging.getLogger(f"{__name__}.mqtt")
# At its debug level paho writes client ids and topics, whoever turned that on for the integration
_MQTT_LOGGER.setLevel(logging.WARNING)

_QOS: Final = 1
_REFUSED: Final = frozenset((4, 5, 133, 134, 135))
"""CONNACK codes that say that the credentials are no longer, or not yet, good (MQTT 3.1.1 and 5)."""
_FAILED_SUBSCRIPTION: Final = 128
_NO_DELAY: Final = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""By itself TCP keeps a message back until the one before is acknowledged: an offer after a goodbye, for a whole round trip."""


class _Client(aiomqtt.Client):
    """A client that may be left while it subscribes (aiomqtt 2.5.1 logs the answer as an error with a traceback then)."""

    @override
    def _on_subscribe(self, client: Any, userdata: Any, mid: int, reason_codes: Any, properties: Any = None) -> None:
        if mid in self._pending_subscribes:
            super()._on_subscribe(client, userdata, mid, reason_codes, properties)


class SubscriptionRefused(aiomqtt.MqttError):
    """The broker doesn't let us listen."""


class BrokerLink:
    """A connection; what ends it ends it for good.

    Args:
        access: where and as whom to connect.
        tls_context: for `ssl://` brokers; unused for others.
        keepalive: seconds, of MQTT.
        timeout: seconds that connecting and subscribing may take.
        on_message: called with the payload of each message.
        on_end: called once, when the connection has ended that had been opened.
        linger: begins what has to outlive this: a client cannot be disconnected before it is connected.
    """

    def __init__(
        self,
        access: MqttAccess,
        *,
        tls_context: ssl.SSLContext | None,
        keepalive: int,
        timeout: float,
        on_message: Callable[[Any], None],
        on_end: Callable[[BrokerLink], None],
        linger: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """Be ready to `open`."""
        self.access: Final = access
        self.begun: Final = asyncio.get_running_loop().time()
        self.error: str | None = None
        """What ended it, where that was not ourselves."""
        self.wakes = 0
        """How many wake packets were sent."""
        self.last_wake = 0.0
        """When the last of them was, by the loop's clock."""
        self.sends: set[asyncio.Task[None]] = set()
        """What waits for its confirmation."""
        self._on_message = on_message
        self._on_end = on_end
        self._linger = linger
        self._task: asyncio.Task[None] | None = None
        self._client = _Client(
            access.host,
            access.port,
            identifier=access.client_id,
            username=access.username,
            password=access.password,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            keepalive=keepalive,
            timeout=timeout,
            tls_context=tls_context,
            socket_options=(_NO_DELAY,),
            # Sent at once, whatever is not confirmed yet
            max_inflight_messages=0,
            logger=_MQTT_LOGGER,
        )
        self._client.pending_calls_threshold = 1000

    async def open(self) -> None:
        """Connect and listen; raises MqttError, TimeoutError and what the TLS context raises."""
        loop = asyncio.get_running_loop()
        opened = loop.create_future()
        self._task = loop.create_task(self._serve(opened), name="tuya_cloud signalling")
        try:
            _ = await asyncio.wait((self._task, opened), return_when=asyncio.FIRST_COMPLETED)
            if self._task.done():
                await self._task
        except BaseException:
            await self.close()
            raise

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._task is None or self._task.done()

    async def wait_over(self, timeout: float) -> bool:
        """Wait for the end, so many seconds at most; return whether it has come."""
        if not self.is_over:
            assert self._task is not None
            _ = await asyncio.wait((self._task,), timeout=timeout)
        return self.is_over

    def publish(self, topic: str, payload: bytes, *, timeout: float) -> asyncio.Task[None]:
        """Send a message within this turn of the event loop.

        Returns:
            What ends when the broker has confirmed it, with MqttError where that takes longer than `timeout` seconds, and
            cancelled where the connection ends before.
        """
        # Run up to its first wait here and now: by then the message stands in the client's queue
        task = asyncio.Task(
            self._client.publish(topic, payload, qos=_QOS, timeout=timeout),
            loop=asyncio.get_running_loop(),
            eager_start=True,
            name="tuya_cloud signalling sends",
        )
        self.sends.add(task)
        task.add_done_callback(self.sends.discard)
        return task

    async def flush(self, timeout: float) -> None:
        """Wait until what was sent is confirmed, so many seconds at most."""
        if self.sends:
            _ = await asyncio.wait(self.sends, timeout=timeout)

    def abort(self) -> None:
        """End it without waiting."""
        if self._task is not None:
            _ = self._task.cancel()

    async def close(self) -> None:
        """End it and wait for that."""
        if self._task is None:
            return
        _ = self._task.cancel()
        _ = await asyncio.wait((self._task,))
        if not self._task.cancelled() and (err := self._task.exception()) is not None:
            _LOGGER.debug("A connection to the message broker ended with %s", type(err).__name__)

    async def _serve(self, opened: asyncio.Future[None]) -> None:
        """Listen until the end; the task ends without an error once the connection was opened."""
        try:
            async with self._connected() as client:
                await _subscribe(client, self.access.source_topic)
                opened.set_result(None)
                async for message in client.messages:
                    self._on_message(message.payload)
        except aiomqtt.MqttError as err:
            if not opened.done():
                raise
            self.error = str(err)
        except Exception as err:
            if not opened.done():
                raise
            self.error = type(err).__name__
            _LOGGER.exception("The connection to the message broker failed")
        finally:
            for task in tuple(self.sends):
                _ = task.cancel()
            if opened.done():
                self._on_end(self)

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[aiomqtt.Client]:
        """Connect the client and disconnect it, also when cancelled while it connects in its executor."""
        entering = asyncio.create_task(_enter(self._client), name="tuya_cloud signalling connects")
        try:
            await asyncio.shield(entering)
        except asyncio.CancelledError:
            self._linger(_abandon(entering, self._client))
            raise
        try:
            yield self._client
        finally:
            await _leave(self._client)


def is_refusal(err: Exception) -> bool:
    """Tell whether the broker declined a connection for its credentials."""
    code = getattr(err, "rc", None)
    number = code if isinstance(code, int) else getattr(code, "value", None)
    return isinstance(err, SubscriptionRefused) or number in _REFUSED


async def _subscribe(client: aiomqtt.Client, topic: str) -> None:
    granted = await client.subscribe(topic, qos=_QOS)
    if any((code if isinstance(code, int) else code.value) >= _FAILED_SUBSCRIPTION for code in granted):
        raise SubscriptionRefused("The broker refuses the subscription")


async def _enter(client: aiomqtt.Client) -> None:
    _ = await client.__aenter__()


async def _leave(client: aiomqtt.Client) -> None:
    with contextlib.suppress(aiomqtt.MqttError, OSError):
        await client.__aexit__(None, None, None)


async def _abandon(entering: asyncio.Task[None], client: aiomqtt.Client) -> None:
    """Disconnect a client that nobody waits for any more, once it is connected."""
    _ = await asyncio.wait((entering,))
    if not entering.cancelled() and entering.exception() is None:
        await _leave(client)
