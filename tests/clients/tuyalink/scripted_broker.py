"""A broker that does as it is told, for what mosquitto never does: refuse a subscription, be silent, end at a given point."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from tests.clients.mosquitto import HOST

CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 8, 10, 12, 14


@dataclass(slots=True)
class Connected:
    """One connection: the packets that came, by type, and what of it is open."""

    writer: asyncio.StreamWriter
    client_id: str = ""
    user: str = ""
    password: str = ""
    keepalive: int = 0
    clean: bool = False
    level: int = 0
    packets: list[int] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    qos: set[int] = field(default_factory=set)
    filters_at_once: int = 0

    def send(self, topic: str, payload: bytes, *, packet_id: int = 1, again: bool = False) -> None:
        """Publish with QoS 1."""
        name = topic.encode()
        body = len(name).to_bytes(2) + name + packet_id.to_bytes(2) + payload
        self.writer.write(bytes([0x3A if again else 0x32]) + _length(len(body)) + body)


class ScriptedBroker:
    """Answers each packet unless told otherwise."""

    def __init__(self) -> None:
        self.connections: list[Connected] = []
        self.published: list[str] = []
        self.connack: int | None = 0
        """The code of CONNACK; None: none comes."""
        self.suback: Callable[[str], int] | None = lambda _: 1
        """The code of a subscription; None: no SUBACK comes."""
        self.puback = True
        self.pingresp = True
        self.end_at: int | None = None
        """The type of packet at which it ends the connection."""
        self.end_after: int | None = None
        """The type of packet after whose answer it ends the connection: for SUBSCRIBE, the last of those sent at once."""
        self.topics_until_end = 0
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def started(cls) -> AsyncIterator[Self]:
        broker = cls()
        server = await asyncio.start_server(broker._serve, HOST, 0)
        broker.port = server.sockets[0].getsockname()[1]
        try:
            yield broker
        finally:
            server.close()
            broker.drop_all()
            await server.wait_closed()

    def drop_all(self) -> None:
        for connection in self.connections:
            connection.writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connected(writer)
        self.connections.append(connection)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first = (await reader.readexactly(1))[0]
                length = shift = 0
                while True:
                    byte = (await reader.readexactly(1))[0]
                    length |= (byte & 0x7F) << shift
                    shift += 7
                    if not byte & 0x80:
                        break
                kind = first >> 4
                connection.packets.append(kind)
                body = await reader.readexactly(length)
                if kind in {self.end_at, DISCONNECT}:
                    break
                self._answer(connection, kind, first, body)
                if kind == self.end_after and len(connection.topics) >= self.topics_until_end:
                    break
        writer.close()

    def _answer(self, connection: Connected, kind: int, first: int, body: bytes) -> None:
        writer = connection.writer
        match kind:
            case 1:
                connection.level = body[6]
                connection.clean = bool(body[7] & 2)
                connection.keepalive = int.from_bytes(body[8:10])
                texts = list(_texts(body[10:]))
                connection.client_id, connection.user, connection.password = texts
                if self.connack is not None:
                    writer.write(bytes([0x20, 2, 0, self.connack]))
            case 8:
                filters = list(_filters(body[2:]))
                connection.topics += [topic for topic, _ in filters]
                connection.filters_at_once = max(connection.filters_at_once, len(filters))
                connection.qos |= {qos for _, qos in filters}
                if self.suback is not None:
                    codes = bytes(self.suback(topic) for topic, _ in filters)
                    writer.write(bytes([0x90]) + _length(2 + len(codes)) + body[:2] + codes)
            case 10:
                for topic in _texts(body[2:]):
                    connection.topics.remove(topic)
                writer.write(bytes([0xB0, 2]) + body[:2])
            case 3:
                size = int.from_bytes(body[:2])
                self.published.append(body[2 : 2 + size].decode())
                if self.puback and first & 6:
                    writer.write(bytes([0x40, 2]) + body[2 + size : 4 + size])
            case 12 if self.pingresp:
                writer.write(bytes([0xD0, 0]))


def _length(size: int) -> bytes:
    encoded = bytearray()
    while True:
        size, byte = size >> 7, size & 0x7F
        encoded.append(byte | (0x80 if size else 0))
        if not size:
            return bytes(encoded)


def _texts(body: bytes) -> list[str]:
    texts = []
    while body:
        size = int.from_bytes(body[:2])
        texts.append(body[2 : 2 + size].decode())
        body = body[2 + size :]
    return texts


def _filters(body: bytes) -> list[tuple[str, int]]:
    filters = []
    while body:
        size = int.from_bytes(body[:2])
        filters.append((body[2 : 2 + size].decode(), body[2 + size]))
        body = body[3 + size :]
    return filters
