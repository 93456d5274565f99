"""A gateway that does what a test's script says, right or wrong.

Written by hand from the protocol's page with the primitives alone: nothing of the client nor of the simulator is in it.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable
import contextlib
import hashlib
import hmac
import json
import os
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import WSMsgType, web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from custom_components.iot_gateway.clients.tuya_gateway import GatewayAddress

KEY = b"0123456789abcdeF"
KEY_TEXT = KEY.decode()

type Framing = Literal["binary", "text"]
type Encoding = Literal["raw", "base64", "hex"]
type Script = Callable[[Peer], Awaitable[None]]


def seal(
    plain: str | bytes, key: bytes = KEY, *, encoding: Encoding = "raw", padding: Literal["pkcs7", "zeros"] = "pkcs7"
) -> bytes:
    """Return plain text as the payload of a frame."""
    data = plain.encode() if isinstance(plain, str) else plain
    missing = 16 - len(data) % 16
    data += bytes([missing]) * missing if padding == "pkcs7" else bytes(missing % 16)
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    sealed = encryptor.update(data) + encryptor.finalize()
    return {"raw": sealed, "base64": base64.b64encode(sealed), "hex": sealed.hex().encode()}[encoding]


def unseal(payload: bytes, key: bytes = KEY, *, encoding: Encoding = "raw") -> bytes:
    """Return the padded plain bytes of a frame's payload."""
    match encoding:
        case "base64":
            payload = base64.b64decode(payload, validate=True)
        case "hex":
            payload = bytes.fromhex(payload.decode())
    decryptor = Cipher(algorithms.AES(key), modes.ECB()).decryptor()
    return decryptor.update(payload) + decryptor.finalize()


def sign(nonce: bytes, key: bytes = KEY) -> bytes:
    """Return a proof."""
    return hmac.new(key, nonce, hashlib.sha256).digest()


def text(data: bytes) -> str:
    """Return base64."""
    return base64.b64encode(data).decode()


def auth_required(nonce: bytes) -> dict[str, Any]:
    """Return the gateway's first message."""
    return {"type": "auth_required", "data": {"nonce": text(nonce)}}


class Peer:
    """The gateway's end of one connection."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, gateway: FakeGateway) -> None:
        self.socket = socket
        self.request = request
        self.gateway = gateway
        self.key = gateway.key
        self.nonce_s = os.urandom(16)
        self.nonce_c = b""
        self.proof_c = b""

    async def put(self, payload: bytes, framing: Framing | None = None) -> None:
        """Send a payload as it is, also bytes that are no text in a text frame."""
        opcode = WSMsgType.TEXT if (framing or self.gateway.framing) == "text" else WSMsgType.BINARY
        await self.socket.send_frame(payload, opcode)

    async def say(self, plain: str) -> None:
        """Send text, encrypted with the key of the moment."""
        gateway = self.gateway
        await self.put(seal(plain, self.key, encoding=gateway.encoding, padding=gateway.padding))

    async def send(self, message: Any) -> None:
        """Send a message, encrypted with the key of the moment."""
        await self.say(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        """Receive a message; fail if it is in another form than this gateway's."""
        frame = await self.socket.receive(20)
        assert frame.type is (WSMsgType.TEXT if self.gateway.framing == "text" else WSMsgType.BINARY), frame.type
        assert isinstance(frame.data, bytes)
        plain = unseal(frame.data, self.key, encoding=self.gateway.encoding)
        if self.gateway.padding == "pkcs7":
            assert 1 <= plain[-1] <= 16 and plain.endswith(bytes([plain[-1]]) * plain[-1])
            plain = plain[: -plain[-1]]
        else:
            assert plain.rstrip(b"\0").endswith(b"}")
            plain = plain.rstrip(b"\0")
        message: dict[str, Any] = json.loads(plain)
        return message

    async def challenge(self, nonce: bytes | None = None) -> None:
        """Send auth_required, receive and verify auth."""
        self.nonce_s = self.nonce_s if nonce is None else nonce
        await self.send(auth_required(self.nonce_s))
        auth = await self.receive()
        assert set(auth) == {"type", "data"} and auth["type"] == "auth"
        assert set(auth["data"]) == {"nonce", "hmac"}
        self.nonce_c = base64.b64decode(auth["data"]["nonce"], validate=True)
        self.proof_c = base64.b64decode(auth["data"]["hmac"], validate=True)
        assert len(self.nonce_c) == 16
        assert self.proof_c == sign(self.nonce_s, self.gateway.key)

    def start_session(self) -> None:
        """Use the session key from now on."""
        self.key = bytes(s ^ c for s, c in zip(self.nonce_s, self.nonce_c, strict=True))

    async def authenticate(self) -> None:
        """Do all of it as it should be."""
        await self.challenge()
        await self.send({"type": "auth_ok", "data": {"hmac": text(sign(self.nonce_c, self.gateway.key))}})
        self.start_session()

    async def answer(self, request: dict[str, Any], result: Any = None, **more: Any) -> None:
        """Answer a request with success."""
        await self.send({"id": request["id"], "type": "result", "success": True, "result": result, **more})

    async def event(self, event_type: str, **data: Any) -> None:
        """Send an event; its id is its own and could be a request's."""
        await self.send({"id": 1, "type": "event", "event_type": event_type, "data": data})

    async def until_closed(self) -> int | None:
        """Read until the client has gone; return the code that it says, None where it says none.

        `close_code` is another where the client no longer hears our answer.
        """
        while (frame := await self.socket.receive(20)).type in (WSMsgType.BINARY, WSMsgType.TEXT):
            pass
        return frame.data if frame.type is WSMsgType.CLOSE else None

    def abort(self) -> None:
        """Cut the connection."""
        assert self.request.transport is not None
        self.request.transport.abort()


class FakeGateway:
    """Listens on a port of its own and runs a script for each connection; errors of the script fail the test."""

    def __init__(
        self,
        script: Script,
        *,
        key: bytes = KEY,
        framing: Framing = "binary",
        encoding: Encoding = "raw",
        padding: Literal["pkcs7", "zeros"] = "pkcs7",
    ) -> None:
        self.script = script
        self.key = key
        self.framing = framing
        self.encoding = encoding
        self.padding = padding
        self.connections = 0
        self.port = 0
        self._errors: list[BaseException] = []
        self._runner: web.AppRunner | None = None

    @property
    def address(self) -> GatewayAddress:
        return GatewayAddress(host="127.0.0.1", port=self.port)

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(decode_text=False, timeout=0.2)
        await socket.prepare(request)
        self.connections += 1
        try:
            await self.script(Peer(socket, request, self))
        except ConnectionError, asyncio.CancelledError:
            raise
        except BaseException as err:
            self._errors.append(err)
            raise
        with contextlib.suppress(ConnectionError):
            await socket.close()
        return socket

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        app = web.Application()
        app.router.add_get("/", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and end all connections."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if self._errors and kind is None:
            raise self._errors[0]
