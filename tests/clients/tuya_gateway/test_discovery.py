"""Announcements, in every form that Tuya is known to broadcast, made by hand."""

import asyncio
import binascii
import hashlib
import json
import logging
import socket
import struct
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
import pytest

from custom_components.iot_gateway.clients.tuya_gateway import (
    Announcement,
    AnnouncementListener,
    discovery,
    parse_announcement,
)

KEY = hashlib.md5(b"yGAdlopoPVldABfn").digest()
HOST = "192.0.2.7"
UUID = "0123456789abcdefghij"
GATEWAY = {"uuid": UUID, "port": 8765}
EXPECTED = Announcement(uuid=UUID, host=HOST, port=8765)
# As an ordinary device broadcasts it
ORDINARY = {
    "ip": "192.0.2.9",
    "gwId": "bf4dc6894851f0943d22qe",
    "active": 2,
    "ability": 0,
    "mode": 0,
    "encrypt": True,
    "productKey": "keyjup78v54myhan",
    "version": "3.3",
}


def dump(message: Any) -> bytes:
    return json.dumps(message).encode()


def ecb(plain: bytes) -> bytes:
    pad = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(KEY), modes.ECB()).encryptor()
    return encryptor.update(plain + bytes([pad]) * pad)


def frame_55aa(payload: bytes, *, retcode: bytes = b"", command: int = 0x13) -> bytes:
    """prefix, sequence, command, length of all that follows, [return code], payload, CRC-32, suffix."""
    body = retcode + payload
    head = bytes.fromhex("000055aa") + struct.pack(">III", 0, command, len(body) + 8) + body
    return head + struct.pack(">I", binascii.crc32(head)) + bytes.fromhex("0000aa55")


def frame_6699(plain: bytes, *, retcode: bytes = b"", key: bytes = KEY) -> bytes:
    """prefix, 0, sequence, command, length of IV, ciphertext and tag, these three, suffix."""
    plain = retcode + plain
    iv = b"123456789012"
    header = struct.pack(">HIII", 0, 7, 0x13, len(iv) + len(plain) + 16)
    return bytes.fromhex("00006699") + header + iv + AESGCM(key).encrypt(iv, plain, header) + bytes.fromhex("00009966")


RETCODE = bytes(4)
VERSION_31 = b"3.1"
VERSION_33 = b"3.3" + bytes(12)


def layouts(message: Any) -> dict[str, bytes]:
    """Return one message in every layout."""
    plain = dump(message)
    return {
        "plain": plain,
        "plain, ended by zero": plain + b"\0",
        "55AA, plain": frame_55aa(plain),
        "55AA, return code, plain": frame_55aa(plain, retcode=RETCODE),
        "55AA, encrypted": frame_55aa(ecb(plain)),
        "55AA, return code, encrypted": frame_55aa(ecb(plain), retcode=RETCODE),
        "55AA, 3.1, plain": frame_55aa(VERSION_31 + plain),
        "55AA, 3.3, encrypted": frame_55aa(VERSION_33 + ecb(plain)),
        "55AA, return code, 3.3, encrypted": frame_55aa(VERSION_33 + ecb(plain), retcode=RETCODE),
        "55AA, return code, encrypted, more behind": frame_55aa(ecb(plain), retcode=RETCODE) + b"more",
        "6699": frame_6699(plain),
        "6699, return code": frame_6699(plain, retcode=RETCODE),
    }


@pytest.mark.parametrize("layout", list(layouts(GATEWAY)))
def test_layouts(layout: str) -> None:
    # Of every length modulo 16
    for length in range(17):
        data = layouts(GATEWAY | {"x": "y" * length})[layout]
        assert parse_announcement(data, HOST) == EXPECTED


@pytest.mark.parametrize("layout", list(layouts(ORDINARY)))
def test_an_ordinary_device_is_no_gateway(layout: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert parse_announcement(layouts(ORDINARY)[layout], HOST) is None
    assert not [one for one in caplog.records if one.name.startswith("custom_components.")]


@pytest.mark.parametrize(
    "message",
    [
        {"uuid": UUID, "port": 8765},
        {"gwId": UUID, "wsPort": 8765},
        {"devId": UUID, "ws_port": "8765"},
        {"id": UUID, "websocket_port": 8765},
        {"dev_id": UUID, "websocketPort": 8765},
        {"device-id": UUID, "WebSocket-Port": 8765},
        {"UUID": f" {UUID} ", "webSocketPort": 8765, "more": [1]},
        {"data": {"uuid": UUID, "port": 8765}, "t": 1},
        {"data": {"port": 8765}, "uuid": UUID},
        {"data": {"uuid": UUID}, "wsPort": 8765},
        {"data": "text", "uuid": UUID, "port": 8765},
        {"id": "other", "gwId": "another", "uuid": UUID, "port": 80, "wsPort": 8765},
        {"uuid": "", "gwId": UUID, "wsPort": 0, "port": 8765},
    ],
)
def test_names(message: dict[str, Any]) -> None:
    assert parse_announcement(dump(message), HOST) == EXPECTED


@pytest.mark.parametrize(
    "message",
    [
        {"uuid": UUID},
        {"port": 8765},
        {"uuid": UUID, "port": 0},
        {"uuid": UUID, "port": 65536},
        {"uuid": UUID, "port": -1},
        {"uuid": UUID, "port": True},
        {"uuid": UUID, "port": 8765.0},
        {"uuid": UUID, "port": "8765x"},
        {"uuid": UUID, "port": "99999999999"},
        {"uuid": UUID, "port": None},
        {"uuid": 5, "port": 8765},
        {"uuid": "  ", "port": 8765},
        {"uuid": "x" * 65, "port": 8765},
        {"uuid": "a\nb", "port": 8765},
        [GATEWAY],
        "text",
        None,
    ],
)
def test_messages_that_announce_no_gateway(message: Any) -> None:
    assert parse_announcement(dump(message), HOST) is None


def broken() -> dict[str, bytes]:
    plain = dump(GATEWAY)
    whole = frame_55aa(ecb(plain), retcode=RETCODE)
    gcm = frame_6699(plain)
    return {
        "nothing": b"",
        "noise": b"\xff" * 40,
        "text": b"hello",
        "nested": b'{"uuid":' + b"[" * 2000,
        "55AA, wrong checksum": whole[:-8] + b"\0\0\0\0" + whole[-4:],
        "55AA, one bit": whole[:20] + bytes([whole[20] ^ 1]) + whole[21:],
        "55AA, wrong suffix": whole[:-1] + b"\0",
        "55AA, cut": whole[:-5],
        "55AA, only a prefix": whole[:4],
        "55AA, length too long": whole[:12] + struct.pack(">I", 5000) + whole[16:],
        "55AA, length too short": whole[:12] + struct.pack(">I", 3) + whole[16:],
        "55AA, empty": frame_55aa(b""),
        "55AA, other key": frame_55aa(bytes(32)),
        "55AA, version, then noise": frame_55aa(VERSION_33 + bytes(32)),
        "6699, one bit": gcm[:40] + bytes([gcm[40] ^ 1]) + gcm[41:],
        "6699, header": gcm[:10] + b"\x01" + gcm[11:],
        "6699, other key": frame_6699(plain, key=bytes(16)),
        "6699, wrong suffix": gcm[:-1] + b"\0",
        "6699, cut": gcm[:-10],
        "6699, only a prefix": gcm[:6],
        "6699, too short": gcm[:14] + struct.pack(">I", 28) + gcm[18:46] + gcm[-4:],
        "too long": dump(GATEWAY | {"x": "y" * 2048}),
    }


@pytest.mark.parametrize("kind", list(broken()))
def test_broken(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert parse_announcement(broken()[kind], HOST) is None
    assert not [one for one in caplog.records if one.name.startswith("custom_components.")]


def test_a_repeated_datagram_costs_nothing() -> None:
    """Ordinary devices repeat themselves for as long as they live."""
    data = frame_55aa(ecb(dump(ORDINARY | {"me": 1})), retcode=RETCODE)
    parse_announcement(data, HOST)
    before = discovery._parse.cache_info()
    for _ in range(10):
        assert parse_announcement(bytes(bytearray(data)), HOST) is None
    assert discovery._parse.cache_info().hits == before.hits + 10
    # The host is the sender's, each time
    data = dump(GATEWAY)
    assert parse_announcement(data, "192.0.2.1") == Announcement(uuid=UUID, host="192.0.2.1", port=8765)
    assert parse_announcement(data, "192.0.2.2") == Announcement(uuid=UUID, host="192.0.2.2", port=8765)


# The listener


class Heard(asyncio.Queue[Announcement]):
    async def next(self) -> Announcement:
        async with asyncio.timeout(20):
            return await self.get()


def sender() -> socket.socket:
    sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sending.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sending.bind(("127.0.0.1", 0))
    return sending


@pytest.mark.usefixtures("socket_enabled")
async def test_listens_on_several_ports() -> None:
    heard = Heard()
    listener = AnnouncementListener([0], heard.put_nowait, host="127.0.0.1")
    other = AnnouncementListener([0], heard.put_nowait, host="127.0.0.1")
    await listener.start()
    await other.start()
    (first,), (second,) = listener.ports_open, other.ports_open
    assert first != second
    with sender() as sending:
        sending.sendto(b"noise", ("127.0.0.1", first))
        sending.sendto(frame_55aa(ecb(dump(ORDINARY)), retcode=RETCODE), ("127.0.0.1", first))
        sending.sendto(dump(GATEWAY), ("127.0.0.1", first))
        assert await heard.next() == Announcement(uuid=UUID, host="127.0.0.1", port=8765)
        sending.sendto(frame_6699(dump(GATEWAY | {"uuid": "other"})), ("127.0.0.1", second))
        assert await heard.next() == Announcement(uuid="other", host="127.0.0.1", port=8765)
    assert heard.empty()
    listener.close()
    listener.close()
    other.close()
    assert listener.ports_open == ()
    await asyncio.sleep(0)


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("option", [socket.SO_REUSEADDR, socket.SO_REUSEPORT])
async def test_shares_its_port_with_others(option: int) -> None:
    """Whichever way the other shares it; a broadcast reaches every socket on the port: this is loopback's own."""
    broadcast = "127.255.255.255"
    heard = Heard()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, sender() as sending:
        other.setsockopt(socket.SOL_SOCKET, option, 1)
        other.bind((broadcast, 0))
        other.setblocking(False)
        port = other.getsockname()[1]
        listener = AnnouncementListener([port], heard.put_nowait, host=broadcast)
        await listener.start()
        assert listener.ports_open == (port,)
        sending.sendto(dump(GATEWAY), (broadcast, port))
        assert await heard.next() == Announcement(uuid=UUID, host="127.0.0.1", port=8765)
        async with asyncio.timeout(20):
            assert await asyncio.get_running_loop().sock_recv(other, 4096) == dump(GATEWAY)
        listener.close()
        await asyncio.sleep(0)


@pytest.mark.usefixtures("socket_enabled")
async def test_a_port_that_cannot_be_had_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as selfish:
        selfish.bind(("127.0.0.1", 0))
        taken = selfish.getsockname()[1]
        listener = AnnouncementListener([taken, 70000, 0, 0], heard.put_nowait, host="127.0.0.1")
        await listener.start()
        assert len(listener.ports_open) == 1
        assert taken not in listener.ports_open
        with sender() as sending:
            sending.sendto(dump(GATEWAY), ("127.0.0.1", listener.ports_open[0]))
            await heard.next()
        listener.close()
        await asyncio.sleep(0)
    ours = [one for one in caplog.records if one.name.startswith("custom_components.")]
    assert not [record for record in ours if record.levelno > logging.DEBUG]


@pytest.mark.usefixtures("socket_enabled")
async def test_closing_while_it_starts() -> None:
    listener = AnnouncementListener([0], lambda announcement: None, host="127.0.0.1")
    starting = asyncio.create_task(listener.start())
    await asyncio.sleep(0)
    listener.close()
    await starting
    assert listener.ports_open == ()
    await asyncio.sleep(0)


@pytest.mark.usefixtures("socket_enabled")
async def test_errors_of_the_owner_and_of_the_network(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()

    def fail_first(announcement: Announcement) -> None:
        heard.put_nowait(announcement)
        if announcement.uuid == UUID:
            raise KeyError("bug")

    listener = AnnouncementListener([0], fail_first, host="127.0.0.1")
    await listener.start()
    with sender() as sending:
        sending.sendto(dump(GATEWAY), ("127.0.0.1", listener.ports_open[0]))
        await heard.next()
        discovery._Receiver(fail_first).error_received(OSError("no route"))
        sending.sendto(dump(GATEWAY | {"uuid": "other"}), ("127.0.0.1", listener.ports_open[0]))
        assert (await heard.next()).uuid == "other"
    assert caplog.text.count("Handling an announcement failed") == 1
    listener.close()
    await asyncio.sleep(0)
