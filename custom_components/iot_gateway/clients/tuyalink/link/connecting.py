"""Connecting to the broker and leaving it: the login, the end of a client, and what errors of both mean.

Protocols page B1: who we are, keep-alive. A client that is left may not go on living: it would take over the next one.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
import contextlib
from contextlib import asynccontextmanager
import logging
import socket
import ssl
from typing import Final

import aiomqtt

from ..authentication import client_id, password, user_name
from ..errors import CannotConnect, CredentialsRefused, LinkError
from ..mqtt import MqttClient

_MQTT_LOGGER = logging.getLogger(f"{__name__}.mqtt")
# paho writes client ids and topics at its debug level, and an error for each lost connection, which are ours to tell
_MQTT_LOGGER.setLevel(logging.CRITICAL)

GOODBYE: Final = 2.0
"""Seconds that leaving may take."""
_REFUSED: Final = frozenset((4, 5, 134, 135))
"""CONNACK codes that say that user name and password are no good (MQTT 3.1.1, and as paho translates them)."""


class Connector:
    """Makes clients of the broker, connects and leaves them.

    Attributes:
        abandoned: the tasks that end clients for which nobody waits any more.

    Args:
        host, port: of the broker.
        device_id, device_secret: of the certificate.
        tls: None for plain MQTT.
        now: seconds since the epoch; it signs the login.
        keepalive: seconds, of MQTT.
        within: seconds that the TCP connection and the login may take each.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        device_id: str,
        device_secret: str,
        tls: ssl.SSLContext | None,
        now: Callable[[], float],
        keepalive: int,
        within: float,
    ) -> None:
        """Be ready to connect, as often as it takes."""
        self.abandoned: set[asyncio.Task[None]] = set()
        self._host = host
        self._port = port
        self._device_id = device_id
        self._device_secret = device_secret
        self._tls = tls
        self._now = now
        self._keepalive = keepalive
        self._within = within

    def make_client(self) -> MqttClient:
        """Return a client that is signed for now."""
        timestamp = int(self._now())
        client = MqttClient(
            self._host,
            self._port,
            identifier=client_id(self._device_id),
            username=user_name(self._device_id, timestamp),
            password=password(self._device_id, self._device_secret, timestamp),
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            keepalive=self._keepalive,
            timeout=self._within,
            tls_context=self._tls,
            max_inflight_messages=100,
            # An answer would wait behind the confirmation of what it answers, 40 ms each time
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
            logger=_MQTT_LOGGER,
        )
        client.pending_calls_threshold = 10_000
        return client

    @asynccontextmanager
    async def entered(self, client: MqttClient) -> AsyncGenerator[MqttClient]:
        """Connect a client and disconnect it, also when cancelled while it connects in its executor; raises MqttError, OSError."""
        entering = asyncio.create_task(_enter(client), name="tuyalink connects")
        try:
            # Not a shield, which complains when what it shields fails after nobody waits for it any more
            _ = await asyncio.wait((entering,))
        except asyncio.CancelledError:
            abandon = asyncio.create_task(_abandon(entering, client), name="tuyalink's abandoned connection")
            self.abandoned.add(abandon)
            abandon.add_done_callback(self.abandoned.discard)
            raise
        entering.result()
        try:
            yield client
        finally:
            await _leave(client)


def error_of(err: aiomqtt.MqttError | OSError) -> LinkError:
    """Return what an error of the connection means to us."""
    rc = getattr(err, "rc", None)
    code = rc if isinstance(rc, int) else getattr(rc, "value", None)
    if isinstance(err, aiomqtt.exceptions.MqttConnectError) and code in _REFUSED:
        return CredentialsRefused("The broker refuses device id and secret")
    # aiomqtt keeps the text of what the socket said, and the error itself only as context
    invalid = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in (err, err.__context__))
    return CannotConnect(str(err) or type(err).__name__, certificate_invalid=invalid)


async def _enter(client: MqttClient) -> None:
    try:
        _ = await client.__aenter__()
    except BaseException:
        # A login that the broker answers too late would go on living, and take over the next one
        client.shut()
        raise


async def _leave(client: MqttClient) -> None:
    with contextlib.suppress(aiomqtt.MqttError, OSError, TimeoutError):
        async with asyncio.timeout(GOODBYE):
            await client.__aexit__(None, None, None)
    client.shut()


async def _abandon(entering: asyncio.Task[None], client: MqttClient) -> None:
    """End a client that nobody waits for any more, as soon as it has a socket."""
    while not entering.done():
        client.shut()
        _ = await asyncio.wait((entering,), timeout=0.05)
    if not entering.cancelled() and entering.exception() is None:
        await _leave(client)
