"""MQTT 3.1.1's packets, as little of them as a gate between a client and a broker has to understand."""

import asyncio
from dataclasses import dataclass, field
import struct
from typing import Self

CONNECT = 1
PUBLISH = 3

# Return codes of CONNACK
ACCEPTED = 0
BAD_PROTOCOL_VERSION = 1
BAD_CLIENT_ID = 2
SERVER_UNAVAILABLE = 3
BAD_CREDENTIALS = 4
NOT_AUTHORIZED = 5

_LEVEL_3_1_1 = 4
_CLEAN_SESSION, _WILL, _WILL_BITS, _PASSWORD, _USER_NAME = 0x02, 0x04, 0x3C, 0x40, 0x80


class Malformed(ValueError):
    """These bytes are no packet, or none of MQTT 3.1.1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Packet:
    """A control packet."""

    first: int
    """Type and flags."""
    body: bytes

    @property
    def kind(self) -> int:
        """Return its type."""
        return self.first >> 4

    @property
    def qos(self) -> int:
        """Return the QoS of a PUBLISH."""
        return (self.first >> 1) & 3

    def encode(self) -> bytes:
        """Return its bytes."""
        return bytes((self.first,)) + _length(len(self.body)) + self.body

    def payload_size(self) -> int:
        """Return the bytes of a PUBLISH's payload; raises Malformed."""
        if len(self.body) < 2:
            message = "a PUBLISH without a topic"
            raise Malformed(message)
        return len(self.body) - 2 - int(struct.unpack_from(">H", self.body)[0]) - (2 if self.qos else 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Connect:
    """A CONNECT."""

    level: int
    client_id: str
    user_name: str | None
    password: str | None = field(repr=False)
    clean_session: bool
    keepalive: int
    """Seconds."""
    will: bytes = field(default=b"", repr=False)
    """Topic and message of the will, as they are in the packet."""
    will_bits: int = 0

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of a CONNECT; raises Malformed. Of another protocol version only that version is right."""
        reader = _Reader(body)
        name = reader.blob()
        level = reader.byte()
        if name not in (b"MQTT", b"MQIsdp"):
            message = "a CONNECT of another protocol"
            raise Malformed(message)
        if name != b"MQTT" or level != _LEVEL_3_1_1:
            return cls(level=level, client_id="", user_name=None, password=None, clean_session=True, keepalive=0)
        flags = reader.byte()
        keepalive = reader.number()
        client_id = reader.text()
        start = reader.position
        if flags & _WILL:
            reader.blob()
            reader.blob()
        will = body[start : reader.position]
        user_name = reader.text() if flags & _USER_NAME else None
        password = reader.text() if flags & _PASSWORD else None
        return cls(
            level=level,
            client_id=client_id,
            user_name=user_name,
            password=password,
            clean_session=bool(flags & _CLEAN_SESSION),
            keepalive=keepalive,
            will=will,
            will_bits=flags & _WILL_BITS,
        )

    @property
    def is_3_1_1(self) -> bool:
        """Tell whether it is of MQTT 3.1.1."""
        return self.level == _LEVEL_3_1_1

    def encode(self) -> bytes:
        """Return the whole packet; it has to have a user name and a password."""
        flags = self.will_bits | _USER_NAME | _PASSWORD | (_CLEAN_SESSION if self.clean_session else 0)
        body = b"".join(
            (
                _blob(b"MQTT"),
                bytes((_LEVEL_3_1_1, flags)),
                struct.pack(">H", self.keepalive),
                _blob(self.client_id.encode()),
                self.will,
                _blob((self.user_name or "").encode()),
                _blob((self.password or "").encode()),
            )
        )
        return Packet(first=CONNECT << 4, body=body).encode()


async def read_packet(reader: asyncio.StreamReader, most: int = 1 << 20) -> Packet:
    """Read one packet; raises Malformed, and asyncio.IncompleteReadError at the end. `most`: bytes of its body."""
    first = (await reader.readexactly(1))[0]
    length = 0
    for shift in (0, 7, 14, 21):
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 0x7F) << shift
        if not digit & 0x80:
            break
    else:
        message = "a packet whose length has no end"
        raise Malformed(message)
    if length > most:
        message = f"a packet of {length} bytes"
        raise Malformed(message)
    return Packet(first=first, body=await reader.readexactly(length))


def connack(code: int) -> bytes:
    """Return the CONNACK with a return code."""
    return bytes((0x20, 2, 0, code))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def byte(self) -> int:
        return self._take(1)[0]

    def number(self) -> int:
        value: int = struct.unpack(">H", self._take(2))[0]
        return value

    def blob(self) -> bytes:
        return self._take(self.number())

    def text(self) -> str:
        try:
            return self.blob().decode()
        except UnicodeDecodeError as err:
            message = "a text that is no UTF-8"
            raise Malformed(message) from err

    def _take(self, count: int) -> bytes:
        taken = self._data[self.position : self.position + count]
        if len(taken) < count:
            message = "a packet that ends too early"
            raise Malformed(message)
        self.position += count
        return taken


def _blob(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data


def _length(value: int) -> bytes:
    encoded = bytearray()
    while True:
        value, digit = divmod(value, 128)
        encoded.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(encoded)
