"""One WebSocket of the simulated gateway, from the opening over the authentication to its end.

A model of the documented protocol, not of a real gateway (docs: "Connect gateway to third-party system", Authentication).
"""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Coroutine, Iterable
import secrets
from typing import Any, Literal, Never, get_args

from aiohttp import WSMsgType, web

from .codec import Codec, dump_json
from .crypto import NONCE_LENGTH, PROOF_LENGTH, BlockCipher, FrameError, combine, decode_base64, prove, same_proof
from .faults import PREDICTED_NONCE, Faults

type Garbage = Literal["malformed", "undecryptable", "no_json", "no_object"]
GARBAGE_KINDS: tuple[Garbage, ...] = get_args(Garbage.__value__)

AUTH_TIMEOUT = 10.0
_POLICY_VIOLATION = 1008
_CLOSING = {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}
# Bytes that may wait in the socket's buffer before a flood stops to let the other side read.
_HIGH_WATER = 1 << 20


class LinkEnded(Exception):
    """The peer has gone."""


class Refusal(Exception):
    """The gateway ends the link, for a reason that it doesn't tell the peer."""


class Link:
    """One application's WebSocket."""

    def __init__(
        self,
        request: web.Request,
        websocket: web.WebSocketResponse,
        codec: Codec,
        device_key: bytes,
        faults: Faults,
    ) -> None:
        """Wrap a WebSocket that has been prepared."""
        self.authenticated = False
        self.malformed_frames = 0
        self._request = request
        self._websocket = websocket
        self._codec = codec
        self._device_key = device_key
        self._faults = faults
        self._cipher: BlockCipher | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # Life of the link

    async def run(
        self,
        on_authenticated: Callable[[], None],
        on_message: Callable[[Link, dict[str, Any]], Awaitable[None]],
        on_refused: Callable[[str], None],
    ) -> None:
        """Authenticate, then hand over each message until the end.

        `on_refused` is told why the gateway ends the link, if it does, before the peer can know of it.
        """
        try:
            await self._authenticate()
            on_authenticated()
            await self._read(on_message)
        except LinkEnded:
            pass
        except Refusal as refusal:
            on_refused(str(refusal))
            await self._websocket.close(code=_POLICY_VIOLATION)
        finally:
            self.authenticated = False
            for task in self._tasks:
                task.cancel()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that ends with the link at the latest."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def abort(self) -> None:
        """Cut the connection, without any farewell."""
        self.authenticated = False
        if (transport := self._request.transport) is not None:
            transport.abort()

    async def close(self) -> None:
        """Close the WebSocket as a gateway that shuts down does."""
        self.authenticated = False
        await self._websocket.close(code=1001)

    # Sending

    def seal(self, text: str) -> str | bytes:
        """Return the payload that carries a text to this application; only after authentication."""
        if self._cipher is None:
            message = "the link has no key yet"
            raise RuntimeError(message)
        return self._codec.seal(self._cipher, text.encode())

    async def send(self, text: str) -> None:
        """Send a text, encrypted; nothing happens if the link is gone or deaf."""
        if self.authenticated and not self._faults.deaf:
            await self._put(self.seal(text))

    async def send_payloads(self, payloads: Iterable[str | bytes]) -> None:
        """Send payloads that were sealed before, in as few writes as the socket takes.

        The frames are put together here and not by the WebSocket's writer, since a flood should cost the receiver time and
        not the sender.
        """
        transport = self._request.transport
        if not self.authenticated or transport is None:
            return
        transport.write(b"".join(map(_frame, payloads)))
        while not transport.is_closing() and transport.get_write_buffer_size() > _HIGH_WATER:
            await asyncio.sleep(0.001)

    async def send_garbage(self, kind: Garbage) -> None:
        """Send one frame that no application can make use of."""
        if not self.authenticated or self._cipher is None:
            return
        match kind:
            case "malformed":
                await self._put(_noise(self._codec))
            case "undecryptable":
                stranger = self._codec.cipher(secrets.token_bytes(NONCE_LENGTH))
                await self._put(self._codec.seal(stranger, b'{"id":1,"type":"event"}'))
            case "no_json":
                await self._put(self._codec.seal(self._cipher, b"this is no JSON"))
            case "no_object":
                await self._put(self._codec.seal(self._cipher, b'["a","list"]'))

    async def _put(self, payload: str | bytes) -> None:
        try:
            if isinstance(payload, str):
                await self._websocket.send_str(payload)
            else:
                await self._websocket.send_bytes(payload)
        except ConnectionError:
            # Whoever reads from the link sees its end too, and that is where it's dealt with.
            self.authenticated = False

    # Receiving

    async def _receive(self) -> str | bytes:
        while True:
            message = await self._websocket.receive()
            if message.type in _CLOSING:
                raise LinkEnded
            if message.type is WSMsgType.PING:
                if not (self._faults.no_pong or self._faults.deaf):
                    await self._websocket.pong(message.data)
            elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                payload: str | bytes = message.data
                return payload

    async def _read(self, on_message: Callable[[Link, dict[str, Any]], Awaitable[None]]) -> Never:
        while True:
            payload = await self._receive()
            if self._faults.deaf or self._cipher is None:
                continue
            try:
                message = self._codec.open(self._cipher, payload)
            except FrameError:
                self.malformed_frames += 1
                continue
            await on_message(self, message)

    async def _wait_for_end(self) -> Never:
        while True:
            await self._receive()

    # Authentication

    async def _authenticate(self) -> None:
        faults = self._faults
        if faults.silent:
            await self._wait_for_end()
        cipher = self._codec.cipher(self._device_key)
        nonce_s = self._choose_nonce()
        await self._send_auth_required(cipher, nonce_s)
        nonce_c, proof = await self._receive_auth(cipher, nonce_s)

        if faults.refuse_auth:
            message = "asked to refuse"
            raise Refusal(message)
        if faults.silent_auth:
            await self._wait_for_end()
        own_proof = prove(self._device_key, nonce_c)
        if faults.reflect_nonce:
            nonce_s = nonce_c
            await self._send_auth_required(cipher, nonce_s)
            nonce_c, own_proof = await self._receive_auth(cipher, nonce_s)
        if faults.wrong_proof:
            own_proof = secrets.token_bytes(PROOF_LENGTH)
        elif faults.reflect_proof:
            own_proof = proof
        if len(nonce_s) != NONCE_LENGTH:
            message = "the application accepted a nonce of a wrong length"
            raise Refusal(message)

        answer = {"type": faults.auth_answer, "data": {"hmac": b64encode(own_proof).decode()}}
        await self._put(self._codec.seal(cipher, dump_json(answer).encode()))
        if faults.auth_answer != "auth_ok":
            await self._wait_for_end()
        self._cipher = self._codec.cipher(combine(nonce_s, nonce_c))
        self.authenticated = True

    def _choose_nonce(self) -> bytes:
        if self._faults.nonce is not None:
            return self._faults.nonce
        if self._faults.zero_session_key:
            return PREDICTED_NONCE
        return secrets.token_bytes(NONCE_LENGTH // 2 if self._faults.short_nonce else NONCE_LENGTH)

    async def _send_auth_required(self, cipher: BlockCipher, nonce: bytes) -> None:
        text = dump_json({"type": "auth_required", "data": {"nonce": b64encode(nonce).decode()}})
        if self._faults.garbage_auth:
            await self._put(_noise(self._codec))
        elif self._faults.plain_auth:
            await self._put(text if self._codec.framing == "text" else text.encode())
        else:
            await self._put(self._codec.seal(cipher, text.encode()))

    async def _receive_auth(self, cipher: BlockCipher, nonce_s: bytes) -> tuple[bytes, bytes]:
        """Return the application's nonce and proof, the latter verified."""
        try:
            async with asyncio.timeout(AUTH_TIMEOUT):
                message = self._codec.open(cipher, await self._receive())
        except TimeoutError as err:
            reason = "no auth in time"
            raise Refusal(reason) from err
        except FrameError as err:
            raise Refusal(str(err)) from err
        data = message.get("data")
        if message.get("type") != "auth" or not isinstance(data, dict):
            reason = "the first message is no auth"
            raise Refusal(reason)
        nonce_c = decode_base64(data.get("nonce"), NONCE_LENGTH)
        proof = decode_base64(data.get("hmac"), PROOF_LENGTH)
        if nonce_c is None or proof is None:
            reason = "auth has no nonce of 16 bytes or no hmac of 32"
            raise Refusal(reason)
        if not same_proof(proof, prove(self._device_key, nonce_s)):
            reason = "the application's proof is wrong"
            raise Refusal(reason)
        return nonce_c, proof


def _noise(codec: Codec) -> str | bytes:
    """Return a payload that is no ciphertext in any encoding: neither whole blocks nor base64 nor hex."""
    return "%% this is noise %%" if codec.framing == "text" else b"\xff" + secrets.token_bytes(36)


def _frame(payload: str | bytes) -> bytes:
    """Return a whole, unmasked WebSocket frame (RFC 6455, section 5.2)."""
    opcode = b"\x81" if isinstance(payload, str) else b"\x82"
    data = payload.encode() if isinstance(payload, str) else payload
    size = len(data)
    if size < 126:
        return opcode + bytes((size,)) + data
    if size < 1 << 16:
        return opcode + b"\x7e" + size.to_bytes(2) + data
    return opcode + b"\x7f" + size.to_bytes(8) + data
