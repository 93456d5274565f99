"""A client of the gateway's protocol in as few lines as it takes, written from the protocol's page.

It shares no line with the simulator nor with the integration's client: it is what the simulator is checked with.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import hashlib
import hmac
import json
import os
from typing import Any, Self

import aiohttp
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulators.tuya_gateway import TuyaGatewaySimulator

TIMEOUT = 20


def key_bytes(text: str, form: str) -> bytes:
    """Return the 16 bytes that the text of a key stands for."""
    match form:
        case "hex":
            return bytes.fromhex(text)
        case "base64":
            return base64.b64decode(text)
    return text.encode()


def aes(key: bytes, data: bytes, *, decrypt: bool = False) -> bytes:
    """AES-128-ECB with PKCS#7."""
    cipher = Cipher(algorithms.AES(key), modes.ECB())
    if decrypt:
        context = cipher.decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        return unpadder.update(context.update(data) + context.finalize()) + unpadder.finalize()
    context = cipher.encryptor()
    padder = padding.PKCS7(128).padder()
    return context.update(padder.update(data) + padder.finalize()) + context.finalize()


def sign(key: bytes, nonce: bytes) -> bytes:
    """Return the HMAC-SHA256 over a nonce."""
    return hmac.new(key, nonce, hashlib.sha256).digest()


class RawClient:
    """One WebSocket to a simulator."""

    def __init__(self, simulator: TuyaGatewaySimulator, websocket: aiohttp.ClientWebSocketResponse) -> None:
        codec = simulator.codec
        self.websocket = websocket
        self.framing = codec.framing
        self.encoding = codec.encoding
        self.key = key_bytes(simulator.device_key, codec.key_form)
        self.session_key = b""
        self.events: list[dict[str, Any]] = []
        self._ids = iter(range(1, 1 << 20))

    # Frames

    async def send(self, message: object, key: bytes | None = None) -> None:
        sealed = aes(key or self.session_key, json.dumps(message).encode())
        text = {"base64": base64.b64encode(sealed).decode(), "hex": sealed.hex()}.get(self.encoding)
        if self.framing == "text":
            assert text is not None
            await self.websocket.send_str(text)
        else:
            await self.websocket.send_bytes(sealed if text is None else text.encode())

    async def receive_payload(self) -> bytes:
        async with asyncio.timeout(TIMEOUT):
            frame = await self.websocket.receive()
        expected = aiohttp.WSMsgType.TEXT if self.framing == "text" else aiohttp.WSMsgType.BINARY
        if frame.type is not expected:
            raise ConnectionError(f"{frame.type.name} {frame.data}")
        return frame.data.encode() if isinstance(frame.data, str) else frame.data

    async def receive(self, key: bytes | None = None) -> dict[str, Any]:
        payload = await self.receive_payload()
        match self.encoding:
            case "base64":
                payload = base64.b64decode(payload, validate=True)
            case "hex":
                payload = bytes.fromhex(payload.decode())
        message = json.loads(aes(key or self.session_key, payload, decrypt=True))
        assert isinstance(message, dict)
        return message

    # Authentication

    async def receive_nonce(self) -> bytes:
        message = await self.receive(self.key)
        assert message["type"] == "auth_required"
        return base64.b64decode(message["data"]["nonce"])

    async def send_auth(self, nonce_c: bytes, proof: bytes) -> None:
        data = {"nonce": base64.b64encode(nonce_c).decode(), "hmac": base64.b64encode(proof).decode()}
        await self.send({"type": "auth", "data": data}, self.key)

    async def authenticate(self, nonce_c: bytes | None = None) -> Self:
        nonce_s = await self.receive_nonce()
        nonce_c = nonce_c or os.urandom(16)
        await self.send_auth(nonce_c, sign(self.key, nonce_s))
        answer = await self.receive(self.key)
        assert answer["type"] == "auth_ok"
        assert base64.b64decode(answer["data"]["hmac"]) == sign(self.key, nonce_c)
        self.session_key = bytes(a ^ b for a, b in zip(nonce_s, nonce_c, strict=True))
        return self

    # Requests and events

    async def request(self, type_: str, data: object = None) -> dict[str, Any]:
        """Return the whole result; events that come before it are kept in `events`."""
        message_id = next(self._ids)
        await self.send({"id": message_id, "type": type_, **({} if data is None else {"data": data})})
        while True:
            message = await self.receive()
            if message["type"] == "result":
                assert message["id"] == message_id
                return message
            self.events.append(message)

    async def set(self, devid: str, **values: object) -> dict[str, Any]:
        return await self.request(
            "set_value", [{"devid": devid, "value": [{"k": code, "v": value} for code, value in values.items()]}]
        )

    async def event(self) -> dict[str, Any]:
        """Return the next event."""
        if self.events:
            return self.events.pop(0)
        message = await self.receive()
        assert message["type"] == "event"
        return message

    async def event_until(self, matches: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not matches(event := await self.event()):
            pass
        return event


@asynccontextmanager
async def opened(simulator: TuyaGatewaySimulator, **options: Any) -> AsyncIterator[RawClient]:
    """Open a WebSocket, without authenticating."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://127.0.0.1:{simulator.port}{simulator.path}", **options) as websocket,
    ):
        yield RawClient(simulator, websocket)


@asynccontextmanager
async def joined(simulator: TuyaGatewaySimulator, **options: Any) -> AsyncIterator[RawClient]:
    """Open a WebSocket and authenticate."""
    async with opened(simulator, **options) as client:
        yield await client.authenticate()
