"""One authenticated WebSocket to a gateway, from connect to close."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
import contextlib
from itertools import batched, count
import logging
from typing import Any, Final, Self

import aiohttp

from .address import GatewayAddress
from .codec import FrameCipher, FrameCodec, Framing, MalformedFrame
from .detection import detect
from .device_key import DeviceKey
from .errors import (
    AuthenticationRefused,
    CannotConnect,
    CommandRejected,
    ConnectionLost,
    GatewayError,
    NotTuyaGateway,
    RequestTimeout,
)
from .handshake import Handshake, ProofVariant
from .messages import (
    DeviceDescription,
    DeviceStatus,
    GatewayEvent,
    command_data,
    parse_descriptions,
    parse_device_ids,
    parse_event,
    parse_statuses,
    result_id,
    take_result,
)
from .statistics import LinkStatistics

_LOGGER = logging.getLogger(__name__)

MAX_MESSAGE_SIZE: Final = 4 * 1024 * 1024
"""Bytes of one WebSocket message; a longer one ends the connection."""
CHUNK: Final = 50
"""Devices asked for in one request, so that an answer stays within some hundred kilobytes."""
CHUNKS_IN_FLIGHT: Final = 4
MALFORMED_IN_A_ROW: Final = 3
"""Malformed frames in a row that end the connection."""
SLICE: Final = 0.01
"""Seconds of work after which the reader lets others run: frames that wait already are received without a pause."""
CLOSE_TIMEOUT: Final = 2.0

_FRAMING: Mapping[aiohttp.WSMsgType, Framing] = {
    aiohttp.WSMsgType.BINARY: Framing.BINARY,
    aiohttp.WSMsgType.TEXT: Framing.TEXT,
}
_OPCODE: Mapping[Framing, aiohttp.WSMsgType] = {framing: opcode for opcode, framing in _FRAMING.items()}

type _WebSocket = aiohttp.ClientWebSocketResponse[bool]


class GatewayClient:
    """An authenticated connection; made by `connect`, over with `close` or when `wait_closed` returns.

    Whoever holds one awaits `wait_closed` to hear of its end.
    """

    def __init__(
        self,
        socket: _WebSocket,
        codec: FrameCodec,
        cipher: FrameCipher,
        *,
        on_event: Callable[[GatewayEvent], None],
        request_timeout: float,
        statistics: LinkStatistics,
    ) -> None:
        """Take over an authenticated WebSocket and begin to read."""
        self.codec: Final = codec
        self.statistics: Final = statistics
        self._socket = socket
        self._cipher = cipher
        self._opcode = _OPCODE[codec.framing]
        self.on_event = on_event
        self._request_timeout = request_timeout
        self._ids = count(1)
        self._pending: dict[int, asyncio.Future[dict[str, Any] | None]] = {}
        self._chunks = asyncio.Semaphore(CHUNKS_IN_FLIGHT)
        self._malformed_in_a_row = 0
        self._logged: set[str] = set()
        self._reason: GatewayError | None = None
        self._closed = asyncio.Event()
        peer = socket.get_extra_info("peername")
        self._peer_host = str(peer[0]) if peer else None
        self._loop = asyncio.get_running_loop()
        statistics.connections += 1
        statistics.last_received = statistics.connected_since = self._loop.time()
        self._reader = asyncio.create_task(self._read(), name="tuya_gateway reader")

    @classmethod
    async def connect(
        cls,
        session: aiohttp.ClientSession,
        address: GatewayAddress,
        device_key: str,
        *,
        on_event: Callable[[GatewayEvent], None],
        connect_timeout: float = 10.0,
        request_timeout: float = 10.0,
        statistics: LinkStatistics | None = None,
        proof_variant: ProofVariant = ProofVariant.RAW_NONCE,
    ) -> Self:
        """Connect to a gateway, authenticate each other and return the client.

        Args:
            session: whose connector is used; it stays the caller's.
            address: where the gateway is.
            device_key: as the app shows it: 16 characters, 32 hex digits or base64, white space allowed.
            on_event: called for each event, from the reader, in order and never within itself.
            connect_timeout: seconds for each of the three steps: WebSocket, first frame, authentication.
            request_timeout: seconds for each request's answer.
            statistics: counters to go on with; new ones if None.
            proof_variant: what of a nonce is signed, for gateways that differ from the default.

        Raises:
            CannotConnect, NotTuyaGateway, WrongDeviceKey, AuthenticationRefused, WrongProof: as each says.
        """
        key = DeviceKey.parse(device_key)
        socket = await _open(session, address, connect_timeout)
        try:
            codec, session_key = await _authenticate(socket, key, connect_timeout, proof_variant)
            return cls(
                socket,
                codec,
                FrameCipher(codec, session_key),
                on_event=on_event,
                request_timeout=request_timeout,
                statistics=LinkStatistics() if statistics is None else statistics,
            )
        except BaseException:
            await _close(socket)
            raise

    @property
    def peer_host(self) -> str | None:
        """The IP address of the other side."""
        return self._peer_host

    @property
    def closed(self) -> bool:
        """Whether the connection is over."""
        return self._reason is not None

    async def get_devices(self) -> list[str]:
        """Return the ids of the gateway's sub-devices (request get_devices).

        Raises:
            ConnectionLost, RequestTimeout, CommandRejected, UnexpectedAnswer: as each says.
        """
        result = await self._request("get_devices")
        with self._noting_problems() as problems:
            return parse_device_ids(result, problems)

    async def get_schema(self, ids: Iterable[str]) -> dict[str, DeviceDescription]:
        """Return what devices can do (request get_schema, 50 devices each, a few at a time).

        A device that the gateway does not describe is not in the result.

        Raises:
            ConnectionLost, RequestTimeout, CommandRejected, UnexpectedAnswer: as each says, of any of the requests.
        """
        return await self._of_devices("get_schema", ids, parse_descriptions)

    async def get_status(self, ids: Iterable[str]) -> dict[str, DeviceStatus]:
        """Return the state of devices (request get_status, 50 devices each, a few at a time).

        A device of which the gateway says nothing is not in the result.

        Raises:
            ConnectionLost, RequestTimeout, CommandRejected, UnexpectedAnswer: as each says, of any of the requests.
        """
        return await self._of_devices("get_status", ids, parse_statuses)

    async def set_value(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Set {device: {code: raw}} with one frame (request set_value); with nothing to set, none is sent.

        Raises:
            ConnectionLost, RequestTimeout, CommandRejected, UnexpectedAnswer: as each says.
            TypeError, ValueError: a value that JSON cannot say.
        """
        if data := command_data({device_id: codes for device_id, codes in values.items() if codes}):
            await self._request("set_value", data)

    async def ping(self) -> None:
        """Send a WebSocket ping. A lost connection is told by `wait_closed`, not here."""
        self.statistics.pings_sent += 1
        with contextlib.suppress(OSError, aiohttp.ClientError, TimeoutError):
            async with asyncio.timeout(self._request_timeout):
                await self._socket.ping()

    async def wait_closed(self) -> GatewayError:
        """Wait until the connection is over and return why."""
        await self._closed.wait()
        assert self._reason is not None
        return self._reason

    async def close(self) -> None:
        """Close the connection; requests in flight raise ConnectionLost. Calling it again does no harm."""
        await self.fail(ConnectionLost("closed by us"))

    async def fail(self, reason: GatewayError) -> None:
        """Close the connection for a reason, unless it is closed already."""
        self._finish(reason)
        self._reader.cancel()
        try:
            await asyncio.wait([self._reader])
        finally:
            await _close(self._socket)

    # Requests

    async def _of_devices[T: (DeviceDescription, DeviceStatus)](
        self, request_type: str, ids: Iterable[str], parse: Callable[[Any, list[str]], Iterator[T]]
    ) -> dict[str, T]:
        """Ask about devices in chunks; return what is said of those that were asked for."""
        wanted = dict.fromkeys(ids)
        found: dict[str, T] = {}

        async def ask(chunk: tuple[str, ...]) -> None:
            async with self._chunks:
                result = await self._request(request_type, chunk)
            with self._noting_problems() as problems:
                found.update((entry.id, entry) for entry in parse(result, problems) if entry.id in wanted)

        try:
            async with asyncio.TaskGroup() as group:
                for chunk in batched(wanted, CHUNK, strict=False):
                    group.create_task(ask(chunk))
        except* GatewayError as errors:
            # One of them says it; the others were mostly cancelled by it
            failure = errors.exceptions[0]
        else:
            return found
        raise failure

    async def _request(self, request_type: str, data: Any = None) -> Any:
        """Send a request and return its result."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "type": request_type}
        if data is not None:
            message["data"] = data
        payload = self._cipher.encode(message)
        future: asyncio.Future[dict[str, Any] | None] = self._loop.create_future()
        self._pending[number] = future
        self.statistics.requests += 1
        try:
            async with asyncio.timeout(self._request_timeout):
                await self._send(payload)
                answer = await future
        except TimeoutError:
            self.statistics.request_timeouts += 1
            raise RequestTimeout(
                f"the gateway did not answer {request_type} within {self._request_timeout:g} s"
            ) from None
        finally:
            del self._pending[number]
        if answer is None:
            raise self._lost()
        try:
            return take_result(answer, request_type)
        except CommandRejected:
            self.statistics.rejected_requests += 1
            raise

    async def _send(self, payload: bytes) -> None:
        if self._reason is not None:
            raise self._lost()
        try:
            await self._socket.send_frame(payload, self._opcode)
        except (OSError, aiohttp.ClientError) as err:
            # The reader comes to know of it too, and ends the connection
            raise ConnectionLost(f"the gateway could not be written to ({type(err).__name__})") from None
        self.statistics.frames_sent += 1

    def _lost(self) -> ConnectionLost:
        """Return why the connection is over, as an exception of its own for each that is told."""
        return ConnectionLost(str(self._reason))

    # Reading

    async def _read(self) -> None:
        """Receive until the connection ends."""
        reason = ConnectionLost("the reader was stopped")
        try:
            reason = await self._receive()
        except Exception as err:
            _LOGGER.exception("Reading from the gateway failed")
            reason = ConnectionLost(f"reading failed ({type(err).__name__})")
        finally:
            self._finish(reason)
        await _close(self._socket)

    async def _receive(self) -> ConnectionLost:
        """Handle frames; return why there are no more."""
        receive = self._socket.receive
        now = self._loop.time
        busy = 0.0
        while True:
            message = await receive()
            if (framing := _FRAMING.get(message.type)) is None:
                return _why_ended(self._socket, message)
            begun = now()
            self.statistics.frames_received += 1
            self.statistics.last_received = begun
            self._handle_frame(framing, message.data)
            if self._malformed_in_a_row >= MALFORMED_IN_A_ROW:
                return ConnectionLost(f"{MALFORMED_IN_A_ROW} malformed frames in a row")
            busy += now() - begun
            if busy >= SLICE:
                busy = 0.0
                await asyncio.sleep(0)

    def _handle_frame(self, framing: Framing, payload: bytes) -> None:
        try:
            if framing is not self.codec.framing:
                raise MalformedFrame(f"it is {framing}, the gateway began with {self.codec.framing}")  # noqa: TRY301
            message = self._cipher.decode(payload)
        except MalformedFrame as err:
            self.statistics.malformed_frames += 1
            self._malformed_in_a_row += 1
            self._log_once("frame", "Skipped a malformed frame of %s bytes: %s", len(payload), err)
            return
        self._malformed_in_a_row = 0
        match message.get("type"):
            case "event":
                self._handle_event(message)
            case "result":
                self._handle_result(message)
            case _:
                self.statistics.unknown_messages += 1
                self._log_once("message", "Skipped a message of a type that is not in the specification")

    def _handle_event(self, message: dict[str, Any]) -> None:
        problems: list[str] = []
        event = parse_event(message, problems)
        if problems:
            self._note(problems)
        if event is None:
            if not problems:
                self.statistics.unknown_events += 1
                self._log_once("event", "Skipped an event of a type that is not in the specification")
            return
        self.statistics.events += 1
        try:
            self.on_event(event)
        except Exception:
            _LOGGER.exception("Handling an event failed")

    def _handle_result(self, message: dict[str, Any]) -> None:
        number = result_id(message)
        future = None if number is None else self._pending.get(number)
        if future is None or future.done():
            self.statistics.unmatched_results += 1
            _LOGGER.debug("A result came too late or answers nothing that was asked")
            return
        future.set_result(message)

    def _finish(self, reason: GatewayError) -> None:
        """Say why the connection is over, to all who wait; the first reason counts."""
        if self._reason is not None:
            return
        self._reason = reason
        self.statistics.connected_since = None
        for future in self._pending.values():
            if not future.done():
                future.set_result(None)
        self._closed.set()

    @contextlib.contextmanager
    def _noting_problems(self) -> Iterator[list[str]]:
        problems: list[str] = []
        try:
            yield problems
        finally:
            if problems:
                self._note(problems)

    def _note(self, problems: list[str]) -> None:
        """Count what was skipped of a message."""
        self.statistics.malformed_entries += len(problems)
        self._log_once("entry", "Skipped malformed parts of a message, %s in all: %s", len(problems), problems[0])

    def _log_once(self, kind: str, text: str, *args: object) -> None:
        """Log the first of its kind on this connection as a warning; a gateway that errs does so all day."""
        level = logging.DEBUG if kind in self._logged else logging.WARNING
        self._logged.add(kind)
        _LOGGER.log(level, text, *args)


async def _open(session: aiohttp.ClientSession, address: GatewayAddress, limit: float) -> _WebSocket:
    """Open the WebSocket.

    Raises:
        CannotConnect: nothing answers there.
        NotTuyaGateway: something does, but with no WebSocket.
    """
    try:
        async with asyncio.timeout(limit):
            return await session.ws_connect(
                address.url,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_TIMEOUT),
                max_msg_size=MAX_MESSAGE_SIZE,
                # Text is bytes to us: ciphertext in a text message may be no UTF-8
                decode_text=False,
            )
    except TimeoutError:
        raise CannotConnect(f"{address.host} does not answer on port {address.port} within {limit:g} s") from None
    except aiohttp.InvalidURL:
        raise CannotConnect(f"{address.host} with port {address.port} is no address") from None
    except aiohttp.ClientConnectorDNSError:
        raise CannotConnect(f"the name {address.host} has no address") from None
    except aiohttp.ServerDisconnectedError:
        raise CannotConnect(f"{address.host} hangs up on port {address.port} without a word") from None
    except aiohttp.WSServerHandshakeError as err:
        raise NotTuyaGateway(f"it answers as a web server (HTTP status {err.status}), not with a WebSocket") from None
    except aiohttp.ClientResponseError, aiohttp.ClientPayloadError:
        raise NotTuyaGateway("it does not speak HTTP or WebSocket") from None
    except (OSError, aiohttp.ClientError) as err:
        raise CannotConnect(f"no connection to {address.host} on port {address.port} ({_system_error(err)})") from None
    except (ValueError, RuntimeError) as err:
        # A port out of range; a session that is closed
        raise CannotConnect(f"no connection to {address.host} on port {address.port} ({err})") from None


def _system_error(err: Exception) -> str:
    """Return what the operating system says of an error, else its name."""
    text = err.strerror if isinstance(err, OSError) else None
    return text or type(err).__name__


async def _authenticate(
    socket: _WebSocket, key: DeviceKey, limit: float, variant: ProofVariant
) -> tuple[FrameCodec, bytes]:
    """Authenticate each other; return the detected codec and the session key."""
    try:
        async with asyncio.timeout(limit):
            first = await socket.receive()
    except TimeoutError:
        raise NotTuyaGateway(f"it accepts a WebSocket but says nothing for {limit:g} s") from None
    if (framing := _FRAMING.get(first.type)) is None:
        if first.type is aiohttp.WSMsgType.ERROR:
            raise NotTuyaGateway("it accepts a WebSocket but breaks its protocol with the first message")
        raise NotTuyaGateway("it accepts a WebSocket but closes it without a message")
    # What is in it may be a secret; how long it is and how it came is what a bug report needs when it cannot be read
    _LOGGER.debug("The gateway's first message: %s, %s bytes; the device key: %s", framing, len(first.data), key.form)
    codec, auth_required = detect(framing, first.data, key)
    _LOGGER.debug("The gateway speaks in %s", codec)
    cipher = FrameCipher(codec, key.data)
    handshake = Handshake(key, variant=variant)
    auth = handshake.answer(auth_required)
    try:
        async with asyncio.timeout(limit):
            await socket.send_frame(cipher.encode(auth), _OPCODE[framing])
            answer = await socket.receive()
    except TimeoutError:
        raise AuthenticationRefused(f"the gateway did not answer our authentication within {limit:g} s") from None
    except OSError, aiohttp.ClientError:
        raise AuthenticationRefused("the gateway closed the connection while we authenticated") from None
    if answer.type not in _FRAMING:
        raise AuthenticationRefused("the gateway closed the connection after our authentication")
    try:
        message = cipher.decode(answer.data)
    except MalformedFrame:
        raise AuthenticationRefused("the gateway's answer to our authentication cannot be decrypted") from None
    return codec, handshake.finish(message)


async def _close(socket: _WebSocket) -> None:
    """Close a WebSocket; a peer that does not read cannot hold us up."""
    with contextlib.suppress(OSError, aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(2 * CLOSE_TIMEOUT):
            await socket.close()


def _why_ended(
    socket: _WebSocket, message: aiohttp.WSMessage | aiohttp.http_websocket.WSMessageTextBytes
) -> ConnectionLost:
    """Say why a WebSocket delivers no more."""
    if message.type is aiohttp.WSMsgType.ERROR:
        if isinstance(message.data, aiohttp.WebSocketError):
            if message.data.code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                return ConnectionLost(f"the gateway sent a message of more than {MAX_MESSAGE_SIZE} bytes")
            return ConnectionLost(f"the gateway broke the WebSocket protocol (close code {message.data.code})")
        return ConnectionLost(f"the connection broke ({type(message.data).__name__})")
    if socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE or socket.close_code is None:
        return ConnectionLost("the connection broke")
    return ConnectionLost(f"the gateway closed the connection (close code {socket.close_code})")
