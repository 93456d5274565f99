"""The camera's connection to the broker, which it makes again and again."""

import asyncio
from collections.abc import Awaitable, Callable
import contextlib
import logging
import socket
import ssl
from urllib.parse import unquote, urlsplit

import aiomqtt

_LOGGER = logging.getLogger(__name__)

_FIRST_DELAY = 0.1
_LONGEST_DELAY = 5.0
_PORTS = {"mqtt": 1883, "mqtts": 8883}
# By itself TCP keeps a small message back until the one before is acknowledged, which on loopback takes up to 40 ms.
_NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
QOS = 1


class BadBroker(ValueError):
    """A broker's URL can't be used; the text says why, without its password."""


class BrokerLink:
    """Subscribes to topics and publishes to others for as long as it's started."""

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        received: Callable[[str, bytes], Awaitable[None]],
        changed: Callable[[], None],
        ca_file: str | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """Use the broker at mqtt[s]://[user:password@]host[:port]; raises BadBroker.

        `received` gets the topic and the payload of each message, one after the other; `changed` is called when the
        connection is there and when it's lost. With mqtts, `ca_file` has the certificates to trust, instead of the system's;
        or `tls_context` says all of it.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as err:
            message = "the broker's port is no number from 0 to 65535"
            raise BadBroker(message) from err
        if parts.scheme not in _PORTS or not parts.hostname:
            message = "a broker is mqtt://host or mqtts://host"
            raise BadBroker(message)
        self.host = parts.hostname
        self.port = port or _PORTS[parts.scheme]
        self.topics: list[str] = []
        self.connections = 0
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._secure = parts.scheme == "mqtts"
        self._ca_file = ca_file
        self._context = tls_context
        self._client_id = client_id
        self._received = received
        self._changed = changed
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._trouble = ""

    @property
    def connected(self) -> bool:
        """Tell whether it's connected and has subscribed to everything."""
        return self._client is not None

    @property
    def trouble(self) -> str:
        """Return why it isn't connected, in the MQTT library's words."""
        return self._trouble

    def start(self) -> None:
        """Connect, now and whenever the connection is lost."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Disconnect."""
        task, self._task = self._task, None
        if task is not None:
            if self._sending:
                await asyncio.wait(self._sending, timeout=1.0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for sending in self._sending:
            sending.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def set_topics(self, topics: list[str]) -> None:
        """Subscribe to these topics instead of those before."""
        old, self.topics = self.topics, topics
        if (client := self._client) is not None:
            with contextlib.suppress(aiomqtt.MqttError):  # The next connection has the new ones.
                for topic in topics:
                    await client.subscribe(topic, qos=QOS)
                for topic in set(old) - set(topics):
                    await client.unsubscribe(topic)

    def publish(self, topic: str, payload: bytes) -> bool:
        """Send a message, in the order of the calls, without waiting for anything; False if there is no connection."""
        if (client := self._client) is None:
            return False
        task = asyncio.create_task(self._publish(client, topic, payload))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return True

    async def _publish(self, client: aiomqtt.Client, topic: str, payload: bytes) -> None:
        try:
            await client.publish(topic, payload, qos=QOS)
        except aiomqtt.MqttError as err:
            _LOGGER.debug("A message was lost: %s", err)

    def _lost(self) -> None:
        if self._client is not None:
            self._client = None
            self._changed()

    async def _run(self) -> None:
        delay = _FIRST_DELAY
        if self._secure and self._context is None:
            self._context = await asyncio.to_thread(ssl.create_default_context, cafile=self._ca_file)
        while True:
            try:
                async with aiomqtt.Client(
                    self.host,
                    self.port,
                    username=self._username,
                    password=self._password,
                    identifier=self._client_id,
                    tls_context=self._context if self._secure else None,
                    socket_options=(_NO_DELAY,),
                ) as client:
                    # Negotiations make bursts of messages, which is nothing to warn of.
                    client.pending_calls_threshold = 1000
                    for topic in self.topics:
                        await client.subscribe(topic, qos=QOS)
                    self._client, self._trouble, delay = client, "", _FIRST_DELAY
                    self.connections += 1
                    self._changed()
                    async for message in client.messages:
                        await self._received(message.topic.value, message.payload)
            except aiomqtt.MqttError as err:
                self._trouble = str(err)
                _LOGGER.debug("No connection to the broker: %s", err)
            finally:
                self._lost()
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)
