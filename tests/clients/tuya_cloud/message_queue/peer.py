"""A Pulsar WebSocket proxy of a few dozen lines, by the page (A1, A2): what is un-acknowledged is delivered again.

It is not the simulator: it has one topic with one partition, and every fault is a test's own script.
"""

import asyncio
import base64
from collections import deque
from collections.abc import Awaitable, Callable
import json
import socket as sockets
import struct
import time
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import WSMessage, WSMsgType, web

from .samples import ACCESS_ID, PASSWORD, Form, make_envelope, payload_of

PATH: Final = "/ws/v2/consumer/persistent/{tenant}/out/{topic}/{subscription}"
RECEIVER_QUEUE_SIZE: Final = 1000
_SLICE: Final = 50
_TIMEOUT: Final = 30.0


async def until(condition: Callable[[], bool], seconds: float = _TIMEOUT) -> None:
    """Wait for a condition that something in the background brings about; raises TimeoutError.

    Its limit goes by a clock that no test sets forward.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        await asyncio.sleep(0.002)


def message_id(number: int) -> str:
    """Return an id as the proxy writes them: base64 of something that only it understands."""
    return base64.b64encode(struct.pack(">BQB", 8, number, 0x30)).decode()


def frame_of(number: int, body: Any, *, form: Form = "common", **more: Any) -> dict[str, Any]:
    """Return a frame around a body."""
    protocol = more.pop("protocol", 4)
    properties = {"em": "aes_gcm" if form == "gcm" else "aes_ecb"}
    return {
        "messageId": message_id(number),
        "payload": payload_of(make_envelope(body, form=form, protocol=protocol)),
        "properties": properties,
        "publishTime": "2026-11-21T10:00:00.000Z",
        "redeliveryCount": 0,
        "key": "dev",
        **more,
    }


def report(number: int, value: Any = None, device: str = "dev") -> dict[str, Any]:
    """Return a report's body, each number another."""
    return {
        "dataId": f"data-{number}",
        "devId": device,
        "productKey": "pk",
        "status": [{"code": "counter", "value": number if value is None else value, "t": 1790000000000 + number}],
    }


class Connection:
    """The proxy's end of one connection."""

    def __init__(self, peer: Peer, request: web.Request, socket: web.WebSocketResponse) -> None:
        self.peer = peer
        self.request = request
        self.socket = socket
        self.acknowledged: list[str] = []
        self.sent = 0
        self.cut_after: int | None = None
        self.goodbye: int | None = None
        self.wake = asyncio.Event()

    async def put(self, text: str | bytes) -> None:
        """Send a text frame as it is."""
        data = text if isinstance(text, bytes) else text.encode()
        await self.socket.send_frame(data, WSMsgType.TEXT)
        self.sent += 1

    async def send(self, frame: dict[str, Any]) -> None:
        """Send a frame."""
        await self.put(json.dumps(frame))

    async def ack(self) -> str:
        """Receive one acknowledgement."""
        message = await self.socket.receive(_TIMEOUT)
        return self.note(message)

    def note(self, message: WSMessage) -> str:
        """Take an acknowledgement; fail if it is anything else."""
        assert message.type is WSMsgType.TEXT, message
        told = json.loads(message.data)
        assert set(told) == {"messageId"}, told
        self.acknowledged.append(told["messageId"])
        self.peer.acknowledged.append(told["messageId"])
        self.peer.unacknowledged.pop(told["messageId"], None)
        self.wake.set()
        if len(self.acknowledged) == self.cut_after:
            self.abort()
            raise ConnectionResetError("cut, with whatever else had arrived")
        return str(told["messageId"])

    async def until_closed(self) -> None:
        """Take acknowledgements until the client has gone."""
        while (message := await self.socket.receive()).type is WSMsgType.TEXT:
            self.note(message)
        if message.type is WSMsgType.CLOSE:
            self.goodbye = message.data

    def abort(self) -> None:
        """Cut the connection."""
        assert self.request.transport is not None
        self.request.transport.abort()


type Script = Callable[[Connection], Awaitable[None]]


async def deliver(connection: Connection) -> None:
    """Do as Pulsar: what is un-acknowledged again, then the backlog, no more than the receiver's queue un-acknowledged."""
    peer = connection.peer
    outgoing = deque(peer.unacknowledged)
    for one in outgoing:
        frame = peer.unacknowledged[one]
        peer.unacknowledged[one] = {**frame, "redeliveryCount": frame["redeliveryCount"] + 1}

    async def push() -> None:
        in_flight = 0
        while True:
            while outgoing or peer.backlog:
                if in_flight - len(connection.acknowledged) >= RECEIVER_QUEUE_SIZE:
                    break
                if outgoing:
                    frame = peer.unacknowledged[outgoing.popleft()]
                else:
                    frame = peer.backlog.popleft()
                    peer.unacknowledged[frame["messageId"]] = frame
                await connection.send(frame)
                in_flight += 1
                if in_flight % _SLICE == 0:
                    await asyncio.sleep(0)
            connection.wake.clear()
            await connection.wake.wait()

    pusher = asyncio.create_task(push())
    try:
        await connection.until_closed()
    finally:
        pusher.cancel()
        await asyncio.wait([pusher])


class Peer:
    """A proxy on a port of its own; `scripts` says what each connection does, the last one does for all that follow.

    A script that is a number is the HTTP status of a refused handshake; a pair is that and its headers.
    """

    def __init__(self, *scripts: Script | int | tuple[int, dict[str, str]]) -> None:
        self.scripts: deque[Script | int | tuple[int, dict[str, str]]] = deque(scripts or (deliver,))
        self.requests: list[web.Request] = []
        self.connections: list[Connection] = []
        self.open = 0
        self.most_open = 0
        self.pings = 0
        self.backlog: deque[dict[str, Any]] = deque()
        self.unacknowledged: dict[str, dict[str, Any]] = {}
        self.acknowledged: list[str] = []
        self.errors: list[BaseException] = []
        self.autoping = True
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The queue's address."""
        return f"ws://127.0.0.1:{self.port}/"

    def publish(self, *frames: dict[str, Any]) -> None:
        """Add to the backlog."""
        self.backlog.extend(frames)
        for connection in self.connections:
            connection.wake.set()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        listener = sockets.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        await web.SockSite(self._runner, listener).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for connection in self.connections:
            if connection.request.transport is not None:
                connection.abort()
        assert self._runner is not None
        await self._runner.cleanup()
        if kind is None:
            assert not self.errors, self.errors

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        script = self.scripts.popleft() if len(self.scripts) > 1 else self.scripts[0]
        if isinstance(script, int):
            script = (script, {})
        if isinstance(script, tuple):
            status, headers = script
            return web.Response(status=status, text="<html><body>refused</body></html>", headers=headers)
        if request.headers.get("username") != ACCESS_ID or request.headers.get("password") != PASSWORD:
            return web.Response(status=401, text="<html>Authentication required</html>")
        socket = web.WebSocketResponse(autoping=self.autoping, max_msg_size=64 * 1024, timeout=0.5)
        await socket.prepare(request)
        connection = Connection(self, request, socket)
        self.connections.append(connection)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await script(connection)
        except AssertionError as err:
            self.errors.append(err)
        except ConnectionError:
            # The client has gone
            pass
        finally:
            self.open -= 1
        return socket
