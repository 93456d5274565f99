"""A consumer of the message queue, as little of one as will do; it decrypts by itself, from the page's A1, A2 and A4."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulators.tuya_queue import TuyaQueueSimulator

USUAL = {"ackTimeoutMillis": "30000", "subscriptionType": "Failover"}


def queue_password(access_id: str, access_secret: str) -> str:
    secret_hash = hashlib.md5(access_secret.encode()).hexdigest()
    return hashlib.md5(f"{access_id}{secret_hash}".encode()).hexdigest()[8:24]


def decrypted(cipher: bytes, secret: str, mode: str) -> bytes:
    key = secret.encode()[8:24]
    if mode == "aes_gcm":
        nonce, sealed, tag = cipher[:12], cipher[12:-16], cipher[-16:]
        opener = Cipher(algorithms.AES(key), modes.GCM(nonce, tag)).decryptor()
        return opener.update(sealed) + opener.finalize()
    decryptor = Cipher(algorithms.AES(key), modes.ECB()).decryptor()
    plain = decryptor.update(cipher) + decryptor.finalize()
    assert plain[-1:] * plain[-1] == plain[-plain[-1] :], "padding"
    return plain[: -plain[-1]]


def signature_is_right(envelope: dict[str, Any], secret: str) -> bool:
    pairs = sorted(f"{key}={value}" for key, value in envelope.items() if key != "sign" and value != "")
    signed = "||".join(pairs) + "||" + secret
    return bool(hashlib.md5(signed.encode()).hexdigest() == envelope["sign"])


def envelope_of(frame: dict[str, Any]) -> dict[str, Any]:
    envelope = json.loads(b64decode(frame["payload"], validate=True))
    assert isinstance(envelope, dict)
    return envelope


def content_of(frame: dict[str, Any], secret: str) -> dict[str, Any]:
    """Return the body of a message, whatever form its envelope has; its signature must be right."""
    envelope = envelope_of(frame)
    assert signature_is_right(envelope, secret)
    mode = frame.get("properties", {}).get("em") or ("aes_gcm" if envelope.get("encryptVersion") == "v2" else "aes_ecb")
    text = envelope.get("encryptPayload") or envelope["data"]
    hexadecimal = len(text) % 32 == 0 and set(text) <= set("0123456789ABCDEF")
    body = json.loads(decrypted(bytes.fromhex(text) if hexadecimal else b64decode(text, validate=True), secret, mode))
    assert isinstance(body, dict)
    return body


class QueueClient:
    """A socket of a consumer."""

    def __init__(self, simulator: TuyaQueueSimulator, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.simulator = simulator
        self.socket = socket

    async def text(self, timeout: float = 5.0) -> str:
        message = await self.socket.receive(timeout)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        text: str = message.data
        return text

    async def frame(self, timeout: float = 5.0) -> dict[str, Any]:
        """Return the next frame."""
        frame = json.loads(await self.text(timeout))
        assert isinstance(frame, dict)
        return frame

    async def frames(self, count: int) -> list[dict[str, Any]]:
        return [await self.frame() for _ in range(count)]

    async def ids(self, count: int) -> list[str]:
        return [frame["messageId"] for frame in await self.frames(count)]

    async def content(self) -> dict[str, Any]:
        """Return the body of the next message, and acknowledge it."""
        frame = await self.frame()
        await self.ack(frame["messageId"])
        return content_of(frame, self.simulator.access_secret)

    async def send(self, **command: Any) -> None:
        await self.socket.send_json(command)

    async def ack(self, *message_ids: str) -> None:
        for message_id in message_ids:
            await self.send(messageId=message_id)

    async def acked(self, count: int) -> list[str]:
        """Take so many messages and acknowledge each at once; return their ids."""
        ids = []
        for _ in range(count):
            ids.append((await self.frame())["messageId"])
            await self.ack(ids[-1])
        return ids

    async def nothing(self) -> None:
        """Check that no message waits: what is asked now is answered before any."""
        await self.send(type="isEndOfTopic")
        assert await self.text() == '{"endOfTopic":false}'

    async def close_code(self) -> int | None:
        """Wait for the end, and return its code: what the peer sent, or 1006 for a connection that broke."""
        async with asyncio.timeout(20):
            while (message := await self.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR), message
        return self.socket.close_code


def headers_of(
    simulator: TuyaQueueSimulator, *, access_id: str | None = None, secret: str | None = None
) -> dict[str, str]:
    """Return who a consumer says it is: whom the simulator lets in, unless it's told otherwise."""
    name = simulator.access_id if access_id is None else access_id
    return {
        "username": name,
        "password": queue_password(name, simulator.access_secret if secret is None else secret),
    }


def consumer_url(
    simulator: TuyaQueueSimulator, query: dict[str, str], *, topic: str | None = None, subscription: str | None = None
) -> str:
    name = f"{simulator.access_id}-sub" if subscription is None else subscription
    path = f"ws/v2/consumer/persistent/{simulator.access_id}/out/{topic or simulator.environment}/{name}"
    return f"{simulator.url}{path}?{urlencode(query)}"


@asynccontextmanager
async def consuming(
    simulator: TuyaQueueSimulator,
    *,
    topic: str | None = None,
    subscription: str | None = None,
    secret: str | None = None,
    access_id: str | None = None,
    autoping: bool = True,
    close_within: float = 20.0,
    **query: str,
) -> AsyncIterator[QueueClient]:
    """Have a consumer of a simulator; the query parameters go over the usual ones."""
    headers = headers_of(simulator, access_id=access_id, secret=secret)
    url = consumer_url(simulator, USUAL | query, topic=topic, subscription=subscription)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            url,
            headers=headers,
            autoping=autoping,
            timeout=aiohttp.ClientWSTimeout(ws_close=close_within),
        ) as socket,
    ):
        yield QueueClient(simulator, socket)
