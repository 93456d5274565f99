"""Gateways that announce themselves.

A gateway with LAN Control switched on broadcasts its uuid and WebSocket port by UDP every five seconds (specification,
"Communication model"). UDP port, layout and encryption are not documented (protocols page, 6), so all that Tuya is known
to broadcast is understood: JSON in the plain, in 55AA frames (plain or AES-ECB) and in 6699 frames (AES-GCM), with the
key that all of Tuya's announcements share. Nothing in an announcement is authenticated: it is a hint, never more.
"""

import asyncio
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
import hashlib
import json
import logging
import socket
import struct
from typing import Any, Final, override

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .codec import BLOCK, strip_padding

_LOGGER = logging.getLogger(__name__)

_UDP_KEY: Final = hashlib.md5(b"yGAdlopoPVldABfn", usedforsecurity=False).digest()
"""Public: it is in every Tuya app and in every library that listens for Tuya devices."""
_ECB: Final = Cipher(algorithms.AES128(_UDP_KEY), modes.ECB())
_GCM: Final = AESGCM(_UDP_KEY)

_HEADER_55AA: Final = struct.Struct(">IIII")  # prefix, sequence, command, length of what follows
_TRAILER_55AA: Final = struct.Struct(">II")  # CRC-32 of all before it, suffix
_HEADER_6699: Final = struct.Struct(">IHIII")  # prefix, reserved, sequence, command, length of iv + ciphertext + tag
_PREFIX_55AA: Final = b"\x00\x00\x55\xaa"
_SUFFIX_55AA: Final = 0x0000AA55
_PREFIX_6699: Final = b"\x00\x00\x66\x99"
_SUFFIX_6699: Final = b"\x00\x00\x99\x66"
_IV_SIZE: Final = 12
_TAG_SIZE: Final = 16
_VERSION_HEADER_SIZE: Final = 15
"""Bytes before the payload where a frame names its version: "3.3" and 12 bytes."""

_DATAGRAM_LIMIT: Final = 2048
_UUID_LIMIT: Final = 64
_UUID_NAMES: Final = ("uuid", "gwid", "devid", "deviceid", "id")
_PORT_NAMES: Final = ("wsport", "websocketport", "port")


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """A gateway says that it is there: its uuid, the address that the datagram came from, its WebSocket port."""

    uuid: str
    host: str
    port: int


def parse_announcement(data: bytes, host: str) -> Announcement | None:
    """Return what a datagram from `host` announces, None where it is no gateway's announcement.

    Tuya's ordinary devices broadcast on the same ports, in the same frames, without a WebSocket port.
    """
    found = _parse(bytes(data)) if len(data) <= _DATAGRAM_LIMIT else None
    return found and Announcement(uuid=found[0], host=host, port=found[1])


# A device broadcasts the same bytes every few seconds for as long as it lives
@lru_cache(maxsize=256)
def _parse(data: bytes) -> tuple[str, int] | None:
    """Return uuid and port of an announcement."""
    if data.startswith(_PREFIX_55AA):
        payload = _from_55aa(data)
    elif data.startswith(_PREFIX_6699):
        payload = _from_6699(data)
    else:
        payload = data
    if payload is None:
        return None
    try:
        message = json.loads(payload.strip(b"\0 \r\n\t").decode())
    except ValueError, RecursionError:
        return None
    if not isinstance(message, dict):
        return None
    fields = _fields(message)
    uuid = next((text for name in _UUID_NAMES if (text := _uuid(fields.get(name)))), None)
    port = next((number for name in _PORT_NAMES if (number := _port(fields.get(name)))), None)
    return (uuid, port) if uuid and port else None


def _from_55aa(data: bytes) -> bytes | None:
    """Return the JSON in a 55AA frame: prefix, sequence, command, length, [return code], payload, CRC-32, suffix."""
    if len(data) < _HEADER_55AA.size + _TRAILER_55AA.size:
        return None
    length = _HEADER_55AA.unpack_from(data)[3]
    if not _TRAILER_55AA.size <= length <= len(data) - _HEADER_55AA.size:
        return None
    end = _HEADER_55AA.size + length - _TRAILER_55AA.size
    crc, suffix = _TRAILER_55AA.unpack_from(data, end)
    if suffix != _SUFFIX_55AA or crc != binascii.crc32(data[:end]):
        _LOGGER.debug("A 55AA datagram of %s bytes has a wrong checksum or suffix", len(data))
        return None
    payload = data[_HEADER_55AA.size : end]
    # With or without a return code, with or without a version before the payload
    for body in (payload, payload[4:]):
        if body.startswith(b"3."):
            for version_size in (_VERSION_HEADER_SIZE, 3):
                if (found := _open_55aa(body[version_size:])) is not None:
                    return found
        elif (found := _open_55aa(body)) is not None:
            return found
    return None


def _open_55aa(body: bytes) -> bytes | None:
    """Return JSON that is there in the plain, or encrypted with AES-ECB."""
    if body.startswith(b"{"):
        return body
    if not body or len(body) % BLOCK:
        return None
    plain = strip_padding(_ECB.decryptor().update(body))
    return plain if plain.startswith(b"{") else None


def _from_6699(data: bytes) -> bytes | None:
    """Return the JSON in a 6699 frame: prefix, header, 12-byte IV, ciphertext, 16-byte tag, suffix.

    The header after the prefix is authenticated with it; the plain text may begin with a return code.
    """
    if len(data) < _HEADER_6699.size:
        return None
    length = _HEADER_6699.unpack_from(data)[4]
    body = data[_HEADER_6699.size : _HEADER_6699.size + length]
    suffix = data[_HEADER_6699.size + length :][:4]
    if len(body) != length or length <= _IV_SIZE + _TAG_SIZE or suffix != _SUFFIX_6699:
        return None
    try:
        plain = _GCM.decrypt(body[:_IV_SIZE], body[_IV_SIZE:], data[4 : _HEADER_6699.size])
    except InvalidTag:
        _LOGGER.debug("A 6699 datagram of %s bytes has a wrong tag", len(data))
        return None
    return plain if plain.startswith(b"{") else plain[4:]


def _fields(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an announcement and of its `data`, by name without case and separators."""
    fields: dict[str, Any] = {}
    nested = message.get("data")
    for part in (nested if isinstance(nested, dict) else {}, message):
        for name, value in part.items():
            fields.setdefault(name.replace("_", "").replace("-", "").lower(), value)
    return fields


def _uuid(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if text and len(text) <= _UUID_LIMIT and text.isprintable() else None


def _port(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 5:
        value = int(value)
    return value if type(value) is int and 0 < value < 65536 else None


class AnnouncementListener:
    """Listens for announcements on UDP ports, together with whoever else listens there.

    Args:
        ports: 0 lets the system pick one.
        on_announcement: called for each announcement, also for one that was heard before.
        host: the local address; broadcasts need the default.
    """

    def __init__(
        self, ports: Iterable[int], on_announcement: Callable[[Announcement], None], *, host: str = "0.0.0.0"
    ) -> None:
        """Be ready to start."""
        self._ports = tuple(dict.fromkeys(ports))
        self._on_announcement = on_announcement
        self._host = host
        self._transports: list[asyncio.DatagramTransport] = []
        self._ports_open: list[int] = []
        self._closed = False

    @property
    def ports_open(self) -> tuple[int, ...]:
        """The ports that are listened on; one that could not be bound is not among them."""
        return tuple(self._ports_open)

    async def start(self) -> None:
        """Listen; a port that cannot be bound is skipped."""
        loop = asyncio.get_running_loop()
        for port in self._ports:
            try:
                bound = _bind(self._host, port)
            except (OSError, OverflowError) as err:
                _LOGGER.debug("UDP port %s cannot be listened on: %s", port, err)
                continue
            transport, _ = await loop.create_datagram_endpoint(lambda: _Receiver(self._on_announcement), sock=bound)
            if self._closed:
                # Closed meanwhile
                transport.close()
                return
            self._transports.append(transport)
            self._ports_open.append(bound.getsockname()[1])

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        for transport in self._transports:
            transport.close()
        self._transports.clear()
        self._ports_open.clear()


def _bind(host: str, port: int) -> socket.socket:
    """Return a UDP socket on a port that others may listen on too."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


class _Receiver(asyncio.DatagramProtocol):
    """Hands on what datagrams announce."""

    def __init__(self, on_announcement: Callable[[Announcement], None]) -> None:
        self._on_announcement = on_announcement

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        announcement = parse_announcement(data, addr[0])
        if announcement is None:
            return
        try:
            self._on_announcement(announcement)
        except Exception:
            _LOGGER.exception("Handling an announcement failed")

    @override
    def error_received(self, exc: Exception) -> None:
        _LOGGER.debug("Listening for announcements: %s", exc)
