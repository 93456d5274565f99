"""A consumer's socket: frames out, commands in, pings, and what can be wrong with a socket."""

import asyncio
from collections import deque
from collections.abc import Callable
import contextlib
from datetime import UTC, datetime
import json
from typing import Any, Literal, get_args

from aiohttp import WSMsgType, web

from .consumer import CloseSession, Consumer
from .faults import Faults
from .options import ConsumerOptions
from .topic import StoredMessage, Subscription

MOST_TEXT = 1 << 20
_PING = b"PING"
_CLOSE_TIMEOUT = 1.0
_FROZEN_LOOK = 0.05

type Garbage = Literal[
    "no_json",  # text that is no JSON
    "no_object",  # a list
    "empty",  # {}
    "no_message_id",
    "no_payload",
    "bad_payload",  # a payload that is no Base64
    "binary",  # a binary frame
]
GARBAGE: tuple[Garbage, ...] = get_args(Garbage.__value__)
_GOOD_ID, _GOOD_PAYLOAD = "CAAQAw==", "e30="
_GARBAGE_TEXT: dict[Garbage, str] = {
    "no_json": '{"messageId":',
    "no_object": f'[{{"messageId":"{_GOOD_ID}","payload":"{_GOOD_PAYLOAD}"}}]',
    "empty": "{}",
    "no_message_id": f'{{"payload":"{_GOOD_PAYLOAD}","properties":{{}},"publishTime":"2026-01-01T00:00:00Z"}}',
    "no_payload": f'{{"messageId":"{_GOOD_ID}","properties":{{}},"publishTime":"2026-01-01T00:00:00Z"}}',
    "bad_payload": f'{{"messageId":"{_GOOD_ID}","payload":"%","properties":{{}},"publishTime":"2026-01-01T00:00:00Z"}}',
}


class Session:
    """One socket with its consumer; `changed` is called whenever there is something to see."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        options: ConsumerOptions,
        faults: Faults,
        *,
        idle_timeout: float | None,
        ping_interval: float | None,
        sent: Callable[[StoredMessage, int], None],
        acked: Callable[[str], None],
        unsubscribe: Callable[[Subscription], None],
        changed: Callable[[], None],
    ) -> None:
        """Prepare; `serve` runs it."""
        self.consumer = Consumer(
            options, faults, send=self._send_message, answer=self._send_text, acked=acked, unsubscribe=unsubscribe
        )
        self.closed_with: tuple[int, str] | None = None
        """The code and reason with which this side closed because of an error."""
        self.pings = 0
        """How many pings came."""
        self.nacks = 0
        """How many negative acknowledgements came."""
        self._socket = socket
        self._faults = faults
        self._idle_timeout = idle_timeout
        self._ping_interval = ping_interval
        self._sent = sent
        self._changed = changed
        self._outgoing: deque[tuple[float, str | bytes | None]] = deque()
        self._something = asyncio.Event()
        self._transport: asyncio.BaseTransport | None = None
        self._last = asyncio.get_running_loop().time()
        self._killed = False

    @property
    def name(self) -> str:
        """Return the consumer's name."""
        return self.consumer.options.name

    async def serve(self, request: web.Request, subscription: Subscription) -> None:
        """Send and take until the socket is closed, by whichever side."""
        self._transport = request.transport
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._write()), loop.create_task(self._watch_idleness())]
        if self._ping_interval is not None:
            tasks.append(loop.create_task(self._ping(self._ping_interval)))
        try:
            self.consumer.open(subscription)
            self._changed()
            await self._read()
        finally:
            self.consumer.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None and isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close in order."""
        await self._socket.close(code=code, message=reason.encode())

    def garbage(self, kind: Garbage) -> None:
        """Send something that is no message."""
        self._send_text(_GARBAGE_TEXT[kind] if kind != "binary" else b"\x00\xff")

    # In

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            self._last = asyncio.get_running_loop().time()
            if message.type in (WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR):
                return
            if self._faults.frozen:
                if message.type is WSMsgType.CLOSE:
                    await self._play_dead()
                    return
            elif message.type is WSMsgType.CLOSE:
                await self._socket.close()
                return
            elif message.type is WSMsgType.PING:
                self.pings += 1
                self._changed()
                if not self._faults.no_pong:
                    await self._socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                try:
                    if '"negativeAcknowledge"' in message.data:
                        self.nacks += 1
                    self.consumer.command(message.data)
                except CloseSession as err:
                    await self._close_because(err)
                    return
                self._changed()

    async def _close_because(self, error: CloseSession) -> None:
        self.closed_with = (error.code, error.reason)
        self._changed()
        if self._faults.bare_close and error.code < 1000:
            await self._socket.send_frame(b"", WSMsgType.CLOSE)
            with contextlib.suppress(TimeoutError):
                # What comes is the client's close.
                await self._socket.receive(timeout=_CLOSE_TIMEOUT)
            self.abort()
            return
        await self._socket.close(code=error.code, message=error.reason.encode())

    async def _play_dead(self) -> None:
        """Let the client wait for an answer to its close."""
        while self._faults.frozen and self._transport is not None and not self._transport.is_closing():
            await asyncio.sleep(_FROZEN_LOOK)

    # Out

    def _send_message(self, message: StoredMessage, times: int) -> None:
        if self._faults.kill_after is not None and self.consumer.sent > self._faults.kill_after:
            # What doesn't get out any more counts as sent, as it does when a connection breaks.
            if not self._killed:
                self._killed = True
                self._put(None)
            return
        self._send_text(as_frame(message, times, self._faults))
        self._sent(message, times)

    def _send_text(self, text: str | bytes) -> None:
        self._put(text)

    def _put(self, text: str | bytes | None) -> None:
        """Send after what is on its way; None cuts the connection then."""
        self._outgoing.append((asyncio.get_running_loop().time() + self._faults.latency, text))
        self._something.set()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if not self._outgoing:
                self._something.clear()
                await self._something.wait()
            due, text = self._outgoing[0]
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if text is None:
                self.abort()
                return
            if not self._faults.frozen:
                try:
                    if isinstance(text, bytes):
                        await self._socket.send_bytes(text)
                    else:
                        await self._socket.send_str(text)
                except ConnectionError:
                    # The reader hears of it, too, and ends the session.
                    return
                self._last = loop.time()
            self._outgoing.popleft()

    async def _ping(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            if not self._faults.frozen:
                await self._socket.ping(_PING)

    async def _watch_idleness(self) -> None:
        """Close when nothing went either way for too long, as Jetty does."""
        loop = asyncio.get_running_loop()
        while self._idle_timeout is not None:
            if (rest := self._last + self._idle_timeout - loop.time()) <= 0:
                await self._socket.close(code=1001, message=b"Idle Timeout")
                return
            await asyncio.sleep(rest)


def as_frame(message: StoredMessage, times: int, faults: Faults) -> str:
    """Return a message as it's sent; what it hasn't is left out."""
    frame: dict[str, Any] = {
        "messageId": message.id,
        "payload": message.payload,
        "properties": message.properties,
        "publishTime": _time(message.published, faults),
        "redeliveryCount": {"counted": times, "zero": 0, "missing": None}[faults.redelivery_count],
        "eventTime": None if message.event_time is None else _time(message.event_time, faults),
        "key": message.key,
    }
    return json.dumps({key: value for key, value in frame.items() if value is not None}, separators=(",", ":"))


def _time(seconds: float, faults: Faults) -> str:
    """Return a time as Java's ISO_OFFSET_DATE_TIME writes it, to the millisecond; or as the documentation's samples have it."""
    when = datetime.fromtimestamp(int(seconds * 1000) / 1000, UTC)
    milliseconds = f"{when.microsecond // 1000:03}"
    if faults.page_times:
        return f"{when:%Y-%m-%d %H:%M:%S}.{milliseconds}"
    fraction = milliseconds.rstrip("0")
    return f"{when:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"
