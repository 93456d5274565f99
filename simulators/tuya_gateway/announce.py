"""The gateway's UDP announcement: every five seconds, its UUID and the port of its WebSocket.

A model of the documented protocol, not of a real gateway. The page says when it is sent and what is in it; the UDP port, the
layout and whether it is encrypted are open. JSON with "uuid" and "port" is our choice, and so is that it might come inside
the frames in which Tuya's ordinary devices announce themselves: 55AA with AES-ECB, or 6699 with AES-GCM, both under the
key that all of these devices share.
"""

import asyncio
from collections.abc import Sequence
import contextlib
import hashlib
import logging
import secrets
import socket
import struct
from typing import Literal, Self, get_args
import zlib

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .codec import dump_json
from .crypto import BlockCipher
from .server import TuyaGatewaySimulator

_LOGGER = logging.getLogger(__name__)

type Announcement = Literal["plain", "55aa", "6699"]
ANNOUNCEMENTS: tuple[Announcement, ...] = get_args(Announcement.__value__)

INTERVAL = 5.0
# Public: it is in every device and every library that listens to them.
UDP_KEY = hashlib.md5(b"yGAdlopoPVldABfn").digest()
_COMMAND = 0x13
_RETURN_CODE = bytes(4)


def announcement(uuid: str, port: int, form: Announcement, sequence: int = 0) -> bytes:
    """Return the datagram.

    plain: the JSON. 55aa: prefix, sequence, command and length (4 bytes each, the length counts what follows it), return code,
    ciphertext, CRC32 of all before it, suffix. 6699: prefix, 2 bytes 0, sequence, command, length (of iv, ciphertext and tag),
    iv, ciphertext (of return code and JSON), tag, suffix; what is between prefix and iv is authenticated too.
    """
    payload = dump_json({"uuid": uuid, "port": port}).encode()
    match form:
        case "plain":
            return payload
        case "55aa":
            body = _RETURN_CODE + BlockCipher(UDP_KEY).encrypt(payload)
            frame = struct.pack(">IIII", 0x55AA, sequence, _COMMAND, len(body) + 8) + body
            return frame + struct.pack(">II", zlib.crc32(frame), 0xAA55)
        case "6699":
            iv = secrets.token_bytes(12)
            plain = _RETURN_CODE + payload
            header = struct.pack(">HIII", 0, sequence, _COMMAND, len(iv) + len(plain) + 16)
            sealed = AESGCM(UDP_KEY).encrypt(iv, plain, header)
            return struct.pack(">I", 0x6699) + header + iv + sealed + struct.pack(">I", 0x9966)


class Announcer:
    """Announces a simulator to some addresses for as long as it listens."""

    def __init__(
        self,
        simulator: TuyaGatewaySimulator,
        targets: Sequence[tuple[str, int]],
        *,
        form: Announcement = "plain",
        interval: float = INTERVAL,
    ) -> None:
        """Announce to `targets`, pairs of host and port; a host may be a broadcast address."""
        self.form: Announcement = form
        self.sent = 0
        self._simulator = simulator
        self._targets = list(targets)
        self._interval = interval
        self._transport: asyncio.DatagramTransport | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Announce at once, and then again and again; does nothing if it does so already."""
        if self._transport is not None:
            return
        # From the address where the WebSocket is: the receiver takes the host from the datagram's sender.
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(self._simulator.host, 0), family=socket.AF_INET, allow_broadcast=True
        )
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Fall silent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    def announce(self) -> None:
        """Announce once; nothing happens while the simulator doesn't listen or this hasn't been started."""
        if self._transport is None or not self._simulator.running:
            return
        data = announcement(self._simulator.uuid, self._simulator.port, self.form, self.sent)
        self.sent += 1
        for target in self._targets:
            try:
                self._transport.sendto(data, target)
            except OSError as err:
                _LOGGER.warning("Cannot announce to %s:%s: %s", *target, err)

    async def _run(self) -> None:
        while True:
            self.announce()
            await asyncio.sleep(self._interval)
