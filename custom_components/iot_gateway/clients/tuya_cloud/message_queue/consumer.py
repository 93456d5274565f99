"""The consumer of a project's message queue, over Pulsar's WebSocket API (protocols page, A1 to A3).

At least once, here: a message is acknowledged in the same breath in which it was handed over, before anything else is
read. Should the connection be lost between the two, or the acknowledgement on its way, the queue delivers the message
again; it is known by its id then, acknowledged and dropped. After a restart of ours nothing is known any more, and what was
not acknowledged is handed over once more: whoever takes it goes by the times in it. What was handed over and not yet carried
out when we crash is acknowledged and lost; state is read anew at the start, which repairs that.

What cannot be read is acknowledged too. Nobody else will read it, and un-acknowledged it would come again every 30 seconds,
together with all that came after it.
"""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
import logging
import random
import re
import ssl as ssl_module
import time
from typing import Any, Final

import aiohttp
import orjson

from ..backoff import Backoff
from ..lenient_json import loads_object
from .address import Environment, queue_url
from .authentication import queue_password
from .duplicates import SeenMessages
from .envelope import EnvelopeOpener, Signature
from .errors import (
    KeyRefused,
    QueueBusy,
    QueueError,
    QueueUnavailable,
    UndecodableMessage,
    WrongEnvironment,
    handshake_error,
)
from .heartbeat import Heartbeat
from .messages import Message, OtherMessage, parse_message
from .statistics import QueueStatistics

_LOGGER = logging.getLogger(__name__)

SLICE: Final = 0.01
"""Seconds of work after which others may run: messages that wait already are received without a pause."""
CLOSE_TIMEOUT: Final = 2.0
MAX_FRAME_SIZE: Final = 16 * 1024 * 1024
"""Bytes of a frame. A longer one would end the connection each time it is delivered, so this is more than a broker takes
(5 MiB, in base64)."""
MAX_PAYLOAD_SIZE: Final = 1024 * 1024
"""Characters of a payload that is decrypted: no message of a device comes near it, and the loop must not be held."""

_HEARTBEAT: Final = 30.0
_ACK_TIMEOUT: Final = 30.0
_CONNECT_TIMEOUT: Final = 30.0
_REFUSED_FIRST: Final = 600.0
_REFUSED_MOST: Final = 1800.0
"""Of what is drawn from the upper half: so from 5 minutes to half an hour."""
_QUICK_ATTEMPTS: Final = 5
"""Attempts at the usual pace after a status that a queue in trouble gives too, where the same one had worked before."""
_DATA: Final = frozenset((aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY))
_LONGEST_REASON: Final = 120
_MESSAGE_ID: Final = re.compile(rb'"messageId"\s*:\s*"([A-Za-z0-9+/=_-]{1,500})"')
"""The id in a frame that is no JSON; the proxy writes it first."""

type _WebSocket = aiohttp.ClientWebSocketResponse[bool]


class QueueConsumer:
    """Reads the queue of one project for as long as `run` runs, over one connection at a time.

    Args:
        session: whose connector is used; it stays the caller's.
        url: the queue's address, see `address.parse_base`.
        access_id: of the project.
        access_secret: of the project.
        environment: `event`, or `event-test` for the console's test environment.
        subscription: a name other than the one that each project has, `{access_id}-sub`. Consumers of one subscription
            share its messages between them.
        on_message: called with each message that is new, in the order of delivery, which is the order of a device's
            messages; and with whether the queue says that this is not the first delivery. It must not block.
        on_connected: called when a connection was made; that says nothing about whether messages will come (A1).
        on_lost: called with the reason when a connection was lost, and after each attempt that failed.
        ssl: as aiohttp takes it; None verifies the certificate.
        seen: what an earlier consumer of the same queue has handed over.
        heartbeat: seconds without a frame after which the queue is asked for a sign of life; half of them later the
            connection is given up.
        connect_timeout: seconds of an attempt.
        ack_timeout: seconds that the queue waits for an acknowledgement.
        backoff_first, backoff_most: seconds of the first and of the longest wait between attempts.
        refused_first, refused_most: the same after a refusal that only a change of the settings ends. What is waited is
            drawn between the half and the whole of each.
        now: seconds since the epoch.
        uniform: draws the jitter.

    Raises:
        ValueError: one of the strings has not the form that it must have; the text is fit for a user.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        url: str,
        access_id: str,
        access_secret: str,
        environment: Environment = "event",
        subscription: str | None = None,
        on_message: Callable[[Message, bool], None],
        on_connected: Callable[[], None],
        on_lost: Callable[[QueueError], None],
        ssl: ssl_module.SSLContext | bool | None = None,
        seen: SeenMessages | None = None,
        heartbeat: float = _HEARTBEAT,
        connect_timeout: float = _CONNECT_TIMEOUT,
        ack_timeout: float = _ACK_TIMEOUT,
        backoff_first: float = 1.0,
        backoff_most: float = 60.0,
        refused_first: float = _REFUSED_FIRST,
        refused_most: float = _REFUSED_MOST,
        now: Callable[[], float] = time.time,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Be ready to `run`."""
        self.statistics: Final = QueueStatistics(now=now)
        self.seen: Final = SeenMessages() if seen is None else seen
        self._session = session
        self._url = queue_url(
            url, access_id=access_id, environment=environment, subscription=subscription, ack_timeout=ack_timeout
        )
        self._headers: Mapping[str, str] = {
            "username": access_id,
            "password": queue_password(access_id, access_secret),
        }
        self._opener = EnvelopeOpener(access_secret)
        self._on_message = on_message
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._ssl: ssl_module.SSLContext | bool = True if ssl is None else ssl
        self._heartbeat = heartbeat
        self._connect_timeout = connect_timeout
        self._now = now
        self._uniform = uniform
        self._refused_waits = (refused_first, refused_most)
        self._backoff = Backoff(first=backoff_first, most=backoff_most, uniform=uniform)
        self._refused_backoff = self._new_refused_backoff()
        self._doubtful_failures = 0
        self._running = False
        self._logged: set[str] = set()

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self.statistics.connected_since is not None

    async def run(self) -> None:
        """Connect, read, and connect again after a loss, until cancelled.

        Raises:
            RuntimeError: it runs already; two connections would share the messages between them.
        """
        if self._running:
            raise RuntimeError("this consumer runs already")
        self._running = True
        try:
            while True:
                await asyncio.sleep(await self._consume())
        finally:
            self._running = False

    # The connection

    async def _consume(self) -> float:
        """Connect and read until the connection is lost; return the seconds until the next attempt."""
        try:
            socket = await self._open()
        except QueueError as err:
            self.statistics.failed_attempts += 1
            _LOGGER.debug("No connection to the message queue: %s", err)
            self._call(self._on_lost, err)
            return self._wait_after_failure(err)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            self._note_connected()
            try:
                reason = await self._read(socket)
            except Exception as err:
                _LOGGER.exception("Reading from the message queue failed")
                reason = QueueUnavailable(f"reading failed ({type(err).__name__})")
            self.statistics.losses += 1
            self.statistics.connected_since = None
            _LOGGER.debug("The connection to the message queue is lost: %s", reason)
            self._call(self._on_lost, reason)
        finally:
            self.statistics.connected_since = None
            await _close(socket)
        return self._backoff.after_loss(loop.time() - begun)

    def _note_connected(self) -> None:
        self.statistics.connects += 1
        self.statistics.connected_since = self._now()
        self._refused_backoff = self._new_refused_backoff()
        self._doubtful_failures = 0
        self._logged.clear()
        self._call(self._on_connected)

    def _new_refused_backoff(self) -> Backoff:
        first, most = self._refused_waits
        return Backoff(first=first, most=most, uniform=self._uniform)

    def _wait_after_failure(self, err: QueueError) -> float:
        """Return the seconds until the next attempt."""
        match err:
            case KeyRefused():
                return self._refused_backoff.after_failure()
            case WrongEnvironment():
                # It is 500, which a broker in trouble says as well
                self._doubtful_failures += 1
                if not self.statistics.connects or self._doubtful_failures > _QUICK_ATTEMPTS:
                    return self._refused_backoff.after_failure()
            case QueueBusy() if err.retry_after is not None:
                return max(self._backoff.after_failure(), min(err.retry_after, self._refused_waits[1]))
        return self._backoff.after_failure()

    async def _open(self) -> _WebSocket:
        """Open the WebSocket.

        Raises:
            QueueError: it could not be; says why. What aiohttp raises holds the password, so it goes no further.
        """
        url = self._url
        where = f"{url.host} on port {url.port}"
        try:
            async with asyncio.timeout(self._connect_timeout):
                return await self._session.ws_connect(
                    url,
                    headers=self._headers,
                    ssl=self._ssl,
                    # Both are `Heartbeat`'s
                    heartbeat=None,
                    autoping=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_TIMEOUT),
                    max_msg_size=MAX_FRAME_SIZE,
                    # The parser of JSON takes bytes; text that is no UTF-8 is then a malformed frame, not a lost connection
                    decode_text=False,
                )
        except TimeoutError:
            raise QueueUnavailable(f"{where} does not answer within {self._connect_timeout:g} s") from None
        except aiohttp.WSServerHandshakeError as err:
            retry_after = err.headers.get("Retry-After") if err.headers else None
            raise handshake_error(err.status, retry_after) from None
        except aiohttp.ClientConnectorCertificateError:
            raise QueueUnavailable(f"the certificate of {url.host} is not trusted") from None
        except aiohttp.ClientSSLError:
            raise QueueUnavailable(f"{where} does not speak TLS as we do") from None
        except aiohttp.ClientConnectorDNSError:
            raise QueueUnavailable(f"the name {url.host} has no address") from None
        except (OSError, aiohttp.ClientError) as err:
            raise QueueUnavailable(f"no connection to {where} ({_system_error(err)})") from None
        except Exception as err:  # noqa: BLE001 - such as of a session that is closed; its text may hold what was sent
            raise QueueUnavailable(f"no connection to {where} ({type(err).__name__})") from None

    # Reading

    async def _read(self, socket: _WebSocket) -> QueueUnavailable:
        """Handle frames until there are no more; return why."""
        try:
            async with asyncio.timeout(None) as limit:
                with Heartbeat(socket, limit, self._heartbeat) as heartbeat:
                    return await self._receive(socket, heartbeat)
        except TimeoutError:
            return QueueUnavailable("no sign of life from the message queue")
        except (OSError, aiohttp.ClientError) as err:
            # Of writing: reading tells of it by a frame
            return QueueUnavailable(f"the connection broke ({type(err).__name__})")

    async def _receive(self, socket: _WebSocket, heartbeat: Heartbeat) -> QueueUnavailable:
        """Handle frames; return why there are no more."""
        loop_time = asyncio.get_running_loop().time
        busy = 0.0
        while True:
            frame = await socket.receive()
            begun = loop_time()
            heartbeat.note(begun)
            if frame.type in _DATA:
                if (message_id := self._handle_frame(frame.data)) is not None:
                    await socket.send_frame(orjson.dumps({"messageId": message_id}), aiohttp.WSMsgType.TEXT)
                    self.statistics.acknowledged += 1
            elif frame.type is aiohttp.WSMsgType.PING:
                await socket.pong(frame.data)
            elif frame.type is not aiohttp.WSMsgType.PONG:
                return _why_ended(socket, frame)
            # That others get their turn is not aiohttp's doing: it hands out what it has without a pause
            busy += loop_time() - begun
            if busy >= SLICE:
                busy = 0.0
                await asyncio.sleep(0)

    def _handle_frame(self, data: bytes) -> str | None:
        """Take a frame; return the id to acknowledge, None where it has none."""
        try:
            frame = loads_object(data)
            message_id = frame.get("messageId")
            if type(message_id) is not str or not message_id:
                raise ValueError("it has no message id")  # noqa: TRY301 - one way out
        except ValueError as err:
            self.statistics.malformed_frames += 1
            self._log_once("frame", "Skipped a frame of %s bytes of the message queue: %s", len(data), err)
            found = _MESSAGE_ID.search(data, 0, 1024)
            return None if found is None else found[1].decode()
        redelivered = _is_redelivery(frame)
        if redelivered:
            self.statistics.redeliveries += 1
        if not self.seen.note_message(message_id):
            self.statistics.duplicates += 1
            return message_id
        self.statistics.count_message()
        try:
            message = self._decode(frame)
        except UndecodableMessage as err:
            self.statistics.count_undecodable(err.step)
            self._log_once("payload", "Skipped a message of the message queue: %s", err)
            return message_id
        except Exception:
            self.statistics.count_undecodable("a defect of ours")
            _LOGGER.exception("Reading a message of the message queue failed")
            return message_id
        self.statistics.count_kind(message.kind, known=not isinstance(message, OtherMessage))
        if (new := self.seen.only_new(message)) is None:
            self.statistics.repeats += 1
        else:
            self._hand_over(new, redelivered)
        return message_id

    def _decode(self, frame: Mapping[str, Any]) -> Message:
        """Return the message in a frame.

        Raises:
            UndecodableMessage: there is none.
        """
        payload = frame.get("payload")
        properties = frame.get("properties")
        if type(payload) is not str:
            raise UndecodableMessage("the frame has no payload")
        if len(payload) > MAX_PAYLOAD_SIZE:
            raise UndecodableMessage("the payload is too large")
        envelope = self._opener.open(payload, properties if type(properties) is dict else {})
        if envelope.signature is Signature.WRONG:
            self.statistics.wrong_signatures += 1
            self._log_once("signature", "A message of the message queue has another signature than ours would be")
        elif envelope.signature is Signature.ABSENT:
            self.statistics.unsigned += 1
        return parse_message(envelope)

    def _hand_over(self, message: Message, redelivered: bool) -> None:
        try:
            self._on_message(message, redelivered)
        except Exception as err:
            self.statistics.handler_errors += 1
            if "handler" in self._logged:
                _LOGGER.debug("Taking a message of the message queue failed again (%s)", type(err).__name__)
            else:
                self._logged.add("handler")
                _LOGGER.exception("Taking a message of the message queue failed")

    def _call[**P](self, listener: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            listener(*args, **kwargs)
        except Exception:
            _LOGGER.exception("A listener of the message queue failed")

    def _log_once(self, kind: str, text: str, *args: object) -> None:
        """Log the first of its kind on this connection as a warning: what is wrong once is wrong all day."""
        level = logging.DEBUG if kind in self._logged else logging.WARNING
        self._logged.add(kind)
        _LOGGER.log(level, text, *args)


def _is_redelivery(frame: Mapping[str, Any]) -> bool:
    """Tell whether the queue says that it delivered this before; older servers don't say."""
    count = frame.get("redeliveryCount")
    return type(count) is int and count > 0


async def _close(socket: _WebSocket) -> None:
    """Close a WebSocket; a peer that does not answer cannot hold us up."""
    with contextlib.suppress(OSError, aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(2 * CLOSE_TIMEOUT):
            await socket.close()


def _system_error(err: Exception) -> str:
    """Return what the operating system says of an error, else its name."""
    text = err.strerror if isinstance(err, OSError) else None
    return text or type(err).__name__


def _why_ended(
    socket: _WebSocket, frame: aiohttp.WSMessage | aiohttp.http_websocket.WSMessageTextBytes
) -> QueueUnavailable:
    """Say why a WebSocket delivers no more."""
    if frame.type is aiohttp.WSMsgType.CLOSE:
        # What the frame says, not the socket: that it may have been cut before our own goodbye changes nothing
        said = " ".join(str(frame.extra or "").split())[:_LONGEST_REASON]
        # Jetty leaves out a code of Pulsar's own: it is 0 then
        told = (f"close code {int(frame.data)}" if frame.data else "without a code") + (f": {said}" if said else "")
        return QueueUnavailable(f"the message queue closed the connection ({told})")
    error = frame.data if frame.type is aiohttp.WSMsgType.ERROR else socket.exception()
    if isinstance(error, aiohttp.WebSocketError):
        if error.code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
            return QueueUnavailable(f"the message queue sent a frame of more than {MAX_FRAME_SIZE} bytes")
        # Pulsar's own close codes, 1 to 8, are none by the standard, so they arrive here too
        return QueueUnavailable("the message queue broke the WebSocket protocol, or closed with a code of its own")
    if isinstance(error, BaseException):
        return QueueUnavailable(f"the connection broke ({type(error).__name__})")
    return QueueUnavailable("the connection broke")
