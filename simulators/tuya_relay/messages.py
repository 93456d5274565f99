"""RTSP's messages (RFC 2326, sections 4, 6, 7 and 10.12)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
import struct

STATUS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    406: "Not Acceptable",
    451: "Parameter Not Understood",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport",
    501: "Not Implemented",
    505: "RTSP Version Not Supported",
    551: "Option not supported",
}
_MOST_BODY = 4096
_HEAD = struct.Struct("!cBH")
_DATA = b"$"


class BadMessage(ValueError):
    """What came is no message of RTSP."""


class Refused(Exception):
    """A request is answered with an error; `args` are the status and the headers that go with it."""

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Answer with a status."""
        super().__init__(status)
        self.status = status
        self.headers = headers or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks for; the names of headers are in lower case."""

    method: str
    url: str
    version: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What it is told; its status is 200."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


async def read_message(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request, or None for a packet between requests, which is not looked at.

    Raises BadMessage, and EOFError and ConnectionError at the connection's end.
    """
    first = await reader.readexactly(1)
    while first in (b"\r", b"\n"):
        first = await reader.readexactly(1)
    if first == _DATA:
        _, _, size = _HEAD.unpack(first + await reader.readexactly(_HEAD.size - 1))
        await reader.readexactly(size)
        return None
    try:
        head = first + await reader.readuntil(b"\r\n\r\n")
        start, *lines = head.decode().strip("\r\n").split("\r\n")
        method, url, version = start.split(" ")
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadMessage(line)
            headers[name.strip().lower()] = value.strip()
        size = int(headers.get("content-length", "0"))
    except (asyncio.LimitOverrunError, ValueError) as err:
        raise BadMessage(*err.args) from err
    if not 0 <= size <= _MOST_BODY:
        raise BadMessage(size)
    return Request(method=method, url=url, version=version, headers=headers, body=await reader.readexactly(size))


def write_answer(status: int, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return an answer's bytes."""
    if body:
        headers = {**headers, "Content-Length": str(len(body))}
    lines = [f"RTSP/1.0 {status} {STATUS[status]}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def interleaved(channel: int, packet: bytes) -> bytes:
    """Return a packet as it goes between the answers."""
    return _HEAD.pack(_DATA, channel, len(packet)) + packet
