"""Connecting and losing: refusals to words, waits, half-open sockets, close codes, cancellation (A1, A2)."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from datetime import UTC, datetime, timedelta
import ipaddress
from pathlib import Path
import socket as sockets
import ssl
from types import ModuleType
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import (
    KeyRefused,
    QueueBusy,
    QueueError,
    QueueRequestInvalid,
    QueueUnavailable,
    WrongEnvironment,
    consumer as consumer_module,
)

from .conftest import Life
from .owner import Owner
from .peer import Connection, Peer, deliver, frame_of, message_id, report, until
from .samples import ACCESS_SECRET


class Waits:
    """Catches what is waited between attempts, and lets it pass."""

    def __init__(self, module: ModuleType) -> None:
        self.seconds: list[float] = []
        sleep = asyncio.sleep

        async def caught(seconds: float) -> None:
            if seconds:
                self.seconds.append(seconds)
            await sleep(0)

        module.__dict__["sleep"] = caught


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Let no wait of a consumer last; the helpers of the tests wait by means of their own."""
    module = ModuleType("asyncio_of_the_consumer")
    module.__dict__.update(asyncio.__dict__)
    monkeypatch.setattr(consumer_module, "asyncio", module)
    return Waits(module)


DEFAULTS: dict[str, Any] = {"backoff_first": 1.0, "backoff_most": 60.0, "uniform": lambda low, high: high}


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, QueueRequestInvalid, "finds the request invalid"),
        (401, KeyRefused, "refuses the access ID or its secret"),
        (403, QueueRequestInvalid, "may not read"),
        (404, WrongEnvironment, "in this environment"),
        (409, QueueBusy, "another consumer"),
        (429, QueueBusy, "too often"),
        (500, WrongEnvironment, "in this environment"),
        (502, QueueUnavailable, "out of order"),
        (503, QueueUnavailable, "out of order"),
        (504, QueueUnavailable, "out of order"),
        (200, QueueUnavailable, "no message queue"),
        (418, QueueUnavailable, "no message queue"),
    ],
)
async def test_refusals_to_words(
    session: aiohttp.ClientSession, waits: Waits, status: int, kind: type[QueueError], words: str
) -> None:
    async with Peer(status, deliver) as peer:
        owner = Owner(session, peer, **DEFAULTS)
        async with owner.running():
            await until(lambda: owner.told[-1:] == ["connected"])
        (lost,) = owner.lost
        assert type(lost) is kind
        assert words in str(lost) and str(status) in str(lost)
        assert owner.statistics["failed_attempts"] == 1
        assert owner.statistics["losses"] == 0


async def test_the_queue_itself_refuses_a_wrong_secret(session: aiohttp.ClientSession, waits: Waits) -> None:
    async with Peer() as peer:
        owner = Owner(session, peer, access_secret=ACCESS_SECRET[::-1])
        async with owner.running():
            await until(lambda: len(owner.lost) >= 2)
        assert {type(lost) for lost in owner.lost} == {KeyRefused}


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_a_refusal_that_settings_end_is_retried_slowly(
    session: aiohttp.ClientSession, waits: Waits, status: int
) -> None:
    """From 5 minutes to half an hour, whatever is drawn."""
    async with Peer(status) as peer:
        for uniform in (min, max):
            waits.seconds.clear()
            owner = Owner(session, peer, backoff_first=1.0, backoff_most=60.0, uniform=uniform)
            async with owner.running():
                await until(lambda: len(waits.seconds) >= 6)
            assert waits.seconds[0] in (300, 600)
            assert all(300 <= wait <= 1800 for wait in waits.seconds)
            assert waits.seconds[5] in (900, 1800)


@pytest.mark.parametrize("status", [400, 403, 429, 503])
async def test_other_refusals_are_retried_with_waits_that_double(
    session: aiohttp.ClientSession, waits: Waits, status: int
) -> None:
    async with Peer(status) as peer:
        owner = Owner(session, peer, **DEFAULTS)
        async with owner.running():
            await until(lambda: len(waits.seconds) >= 8)
        assert waits.seconds[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_500_of_a_queue_that_had_worked(session: aiohttp.ClientSession, waits: Waits) -> None:
    """A broker in trouble says it too: soon again at first, and slowly when it does not pass."""

    async def cut(connection: Connection) -> None:
        connection.abort()
        await asyncio.sleep(0)

    async with Peer(cut, 500) as peer:
        owner = Owner(session, peer, **DEFAULTS)
        async with owner.running():
            await until(lambda: len(waits.seconds) >= 8)
        assert waits.seconds[:8] == [1, 2, 4, 8, 16, 32, 600, 1200]
        assert {type(lost) for lost in owner.lost[1:]} == {WrongEnvironment}


async def test_500_counts_anew_after_a_success(session: aiohttp.ClientSession, waits: Waits) -> None:
    async def cut(connection: Connection) -> None:
        connection.abort()
        await asyncio.sleep(0)

    async with Peer(cut, *[500] * 4, cut, *[500] * 4, deliver) as peer:
        owner = Owner(session, peer, **DEFAULTS)
        async with owner.running():
            await until(lambda: owner.statistics["connects"] >= 3)
        assert max(waits.seconds) <= 60


async def test_slow_retries_begin_anew_after_a_success(session: aiohttp.ClientSession, waits: Waits) -> None:
    async def cut(connection: Connection) -> None:
        connection.abort()
        await asyncio.sleep(0)

    async with Peer(401, 401, cut, 401, deliver) as peer:
        owner = Owner(session, peer, **DEFAULTS)
        async with owner.running():
            await until(lambda: owner.statistics["connects"] >= 2)
        assert waits.seconds == [600, 1200, 1, 600]


@pytest.mark.parametrize(
    ("header", "wait"),
    [("90", 90), ("0", 1), ("99999", 1800), ("Wed, 21 Oct 2026 07:28:00 GMT", 1), ("-5", 1), ("", 1), ("9999999", 1)],
)
async def test_the_queue_may_say_how_long_to_wait(
    session: aiohttp.ClientSession, waits: Waits, header: str, wait: float
) -> None:
    async with Peer((429, {"Retry-After": header}), deliver) as peer:
        owner = Owner(session, peer, **DEFAULTS)
        async with owner.running():
            await until(lambda: owner.statistics["connects"] >= 1)
        assert waits.seconds == [wait]


async def test_connections_that_do_not_last_are_no_storm(session: aiohttp.ClientSession, waits: Waits) -> None:
    """As when the proxy takes every client and throws it out again."""

    async def close(connection: Connection) -> None:
        await connection.socket.close()

    async with Peer(close) as peer:
        owner = Owner(session, peer, **DEFAULTS)
        async with owner.running():
            await until(lambda: len(waits.seconds) >= 8)
        assert waits.seconds[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
        # One at a time; the peer may hear of the end of one after the next has begun
        assert set(owner.told[::2]) == {"connected"}
        assert owner.told[1::2] == owner.lost


async def test_waits_are_drawn(session: aiohttp.ClientSession, waits: Waits) -> None:
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return (low + high) / 2

    async with Peer(503) as peer:
        owner = Owner(session, peer, backoff_first=1.0, backoff_most=60.0, uniform=uniform)
        async with owner.running():
            await until(lambda: len(waits.seconds) >= 3)
    assert drawn[:3] == [(0.5, 1), (1, 2), (2, 4)]
    assert waits.seconds[:3] == [0.75, 1.5, 3]


# Nobody there


async def test_nobody_listens(session: aiohttp.ClientSession) -> None:
    async with Peer() as peer:
        pass
    owner = Owner(session, peer)
    async with owner.running():
        await until(lambda: len(owner.lost) >= 2)
    assert {type(lost) for lost in owner.lost} == {QueueUnavailable}
    assert "no connection to 127.0.0.1" in str(owner.lost[0])


async def test_a_name_without_an_address(session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(*args: object, **kwargs: object) -> None:
        raise OSError("no such name")

    assert session.connector is not None
    monkeypatch.setattr(session.connector, "_resolve_host", resolve)
    async with Peer() as peer:
        owner = Owner(session, peer, url="ws://queue.invalid:1/")
        async with owner.running():
            await until(lambda: bool(owner.lost))
    assert str(owner.lost[0]) == "the name queue.invalid has no address"


async def test_a_queue_that_does_not_answer(session: aiohttp.ClientSession) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while await reader.read(1000):
                pass
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Peer() as peer:
        owner = Owner(session, peer, url=f"ws://127.0.0.1:{port}/", connect_timeout=0.05)
        async with owner.running():
            await until(lambda: len(owner.lost) >= 2)
        assert str(owner.lost[0]) == f"127.0.0.1 on port {port} does not answer within 0.05 s"


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\n\r\n"])
async def test_what_does_not_speak_websocket(session: aiohttp.ClientSession, answer: bytes) -> None:
    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(odd, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Peer() as peer:
        owner = Owner(session, peer, url=f"ws://127.0.0.1:{port}/")
        async with owner.running():
            await until(lambda: len(owner.lost) >= 2)
        assert {type(lost) for lost in owner.lost} == {QueueUnavailable}


async def test_a_session_that_is_closed(session: aiohttp.ClientSession) -> None:
    async with Peer() as peer:
        owner = Owner(session, peer)
        await session.close()
        async with owner.running():
            await until(lambda: bool(owner.lost))
        assert type(owner.lost[0]) is QueueUnavailable


# TLS


@pytest.fixture
async def tls_port(tmp_path: Path, socket_enabled: None) -> AsyncIterator[tuple[int, Path]]:
    """Return the port of a WebSocket behind a certificate that nobody has signed, and the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path = tmp_path / "key.pem"
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path, key_path)

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listener = sockets.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener, ssl_context=context).start()
    yield listener.getsockname()[1], path
    await runner.cleanup()


async def test_a_certificate_is_verified_by_default(session: aiohttp.ClientSession, tls_port: tuple[int, Path]) -> None:
    port, certificate = tls_port
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with Peer() as peer:
        for context, connects in ((None, False), (True, False), (trusting, True), (False, True)):
            owner = Owner(session, peer, url=f"wss://127.0.0.1:{port}/", ssl=context)
            async with owner.running():
                await until(lambda owner=owner: bool(owner.told))  # type: ignore[misc]
            assert (owner.told == ["connected"]) is connects
            if not connects:
                assert str(owner.lost[0]) == "the certificate of 127.0.0.1 is not trusted"


async def test_tls_where_there_is_none(session: aiohttp.ClientSession) -> None:
    async with Peer() as peer:
        owner = Owner(session, peer, url=f"wss://127.0.0.1:{peer.port}/")
        async with owner.running():
            await until(lambda: bool(owner.lost))
        assert "TLS" in str(owner.lost[0])


# Losses


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        (1000, "", "(close code 1000)"),
        (1001, "Idle Timeout", "(close code 1001: Idle Timeout)"),
        (1003, "a\r\nb", "(close code 1003: a b)"),
        (1011, "x" * 123, f"(close code 1011: {'x' * 120})"),
        (1012, "", "(close code 1012)"),
        (3999, "", "(close code 3999)"),
    ],
)
async def test_close_codes(session: aiohttp.ClientSession, code: int, reason: str, words: str) -> None:
    async def close(connection: Connection) -> None:
        await connection.socket.close(code=code, message=reason.encode())

    async with Peer(close, deliver) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: owner.told[2:] == ["connected"])
        assert str(owner.lost[0]) == f"the message queue closed the connection {words}"
        assert type(owner.lost[0]) is QueueUnavailable
        assert owner.statistics["losses"] == 1


async def test_a_goodbye_that_is_not_waited_for(session: aiohttp.ClientSession) -> None:
    """The reason counts although the connection is cut before we could answer; a close without a code is one too."""

    async def close(connection: Connection) -> None:
        await connection.socket._writer.send_frame((1001).to_bytes(2) + b"Idle", WSMsgType.CLOSE)  # type: ignore[union-attr]
        connection.abort()

    async def close_without_code(connection: Connection) -> None:
        await connection.socket._writer.send_frame(b"", WSMsgType.CLOSE)  # type: ignore[union-attr]
        await connection.until_closed()

    async with Peer(close, close_without_code, deliver) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: owner.told[4:] == ["connected"])
        assert str(owner.lost[0]) == "the message queue closed the connection (close code 1001: Idle)"
        assert str(owner.lost[1]) == "the message queue closed the connection (without a code)"


@pytest.mark.parametrize("code", range(1, 9))
async def test_pulsars_own_close_codes(session: aiohttp.ClientSession, code: int) -> None:
    """They are none by the standard (A2)."""

    async def close(connection: Connection) -> None:
        await connection.socket._writer.send_frame(  # type: ignore[union-attr]
            code.to_bytes(2) + b"Failed to de-serialize from JSON", WSMsgType.CLOSE
        )
        await connection.until_closed()

    async with Peer(close, deliver) as peer:
        peer.publish(frame_of(1, report(1)))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: owner.numbers == [1])
        assert "a code of its own" in str(owner.lost[0])


async def test_a_cut_connection(session: aiohttp.ClientSession) -> None:
    async def cut(connection: Connection) -> None:
        await connection.send(frame_of(1, report(1)))
        await connection.ack()
        connection.abort()

    async with Peer(cut, deliver) as peer:
        peer.publish(frame_of(2, report(2)))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: owner.numbers == [1, 2])
        (lost,) = owner.lost
        assert str(lost).startswith("the connection broke")
        assert [told if isinstance(told, str) else "lost" for told in owner.told] == ["connected", "lost", "connected"]


async def test_a_connection_that_ends_without_a_word(session: aiohttp.ClientSession) -> None:
    async def end(connection: Connection) -> None:
        assert connection.request.transport is not None
        connection.request.transport.close()

    async with Peer(end, deliver) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: owner.told[2:] == ["connected"])
        assert type(owner.lost[0]) is QueueUnavailable


async def test_frames_that_break_the_protocol(session: aiohttp.ClientSession) -> None:
    async def break_it(connection: Connection) -> None:
        assert connection.request.transport is not None
        connection.request.transport.write(b"\xff\xff\xff\xff")
        await connection.until_closed()

    async with Peer(break_it, deliver) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: owner.told[2:] == ["connected"])
        assert "broke the WebSocket protocol" in str(owner.lost[0])


async def test_a_frame_beyond_all_measure(session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "MAX_FRAME_SIZE", 10_000)

    async def flood(connection: Connection) -> None:
        await connection.put("x" * 10_001)
        await connection.until_closed()

    async with Peer(flood, deliver) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: owner.told[2:] == ["connected"])
        assert str(owner.lost[0]) == "the message queue sent a frame of more than 10000 bytes"


async def test_a_half_open_socket_is_given_up(session: aiohttp.ClientSession, life: Life) -> None:
    """Nothing comes any more, not even a pong."""

    async def deaf(connection: Connection) -> None:
        await connection.send(frame_of(1, report(1)))
        await connection.ack()
        assert connection.request.transport is not None
        connection.request.transport.pause_reading()
        await until(lambda: len(peer.connections) > 1)

    async with Peer(deaf, deliver) as peer:
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: peer.acknowledged == [message_id(1)])
            await life.wait_in_vain(owner)
            await until(lambda: owner.told[2:] == ["connected"])
        assert [str(lost) for lost in owner.lost] == ["no sign of life from the message queue"]


async def test_a_peer_that_does_not_pong(session: aiohttp.ClientSession, life: Life) -> None:
    async with Peer() as peer:
        peer.autoping = False

        async def silent(connection: Connection) -> None:
            assert (await connection.socket.receive()).type is WSMsgType.PING
            await asyncio.wait([asyncio.ensure_future(connection.socket.receive())])

        peer.scripts.appendleft(silent)
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: owner.told == ["connected"])
            await life.wait_in_vain(owner)
            await until(lambda: owner.statistics["connects"] >= 2)
        assert str(owner.lost[0]) == "no sign of life from the message queue"


async def test_a_ping_of_the_queue_is_answered(session: aiohttp.ClientSession) -> None:
    """A proxy may be set up to ask too."""
    answers: list[bytes] = []

    async def ask(connection: Connection) -> None:
        for _ in range(2):
            await connection.socket.ping(b"PING")
            answer = await connection.socket.receive()
            assert answer.type is WSMsgType.PONG
            answers.append(answer.data)
        await connection.until_closed()

    async with Peer(ask) as peer:
        peer.autoping = False
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(answers) == 2)
    assert answers == [b"PING", b"PING"]


async def test_a_quiet_queue_that_pongs_is_no_loss(session: aiohttp.ClientSession, life: Life) -> None:
    pings = 0

    async def count_pings(connection: Connection) -> None:
        nonlocal pings
        while (message := await connection.socket.receive()).type is WSMsgType.PING:
            pings += 1
            await connection.socket.pong(message.data)

    async with Peer(count_pings) as peer:
        peer.autoping = False
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: owner.told == ["connected"])
            for _ in range(4):
                await life.ask(lambda: pings)
            assert owner.told == ["connected"]


async def test_a_peer_that_does_not_read_acknowledgements(session: aiohttp.ClientSession) -> None:
    """Our own writes are held up by it; the heartbeat ends that, and the next connection makes up for what was lost."""
    count = 40_000

    async def deaf(connection: Connection) -> None:
        transport = connection.request.transport
        assert transport is not None
        transport.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        transport.pause_reading()
        text = '{"messageId":"%s"}'
        for number in range(count):
            # What has no payload takes little work and its acknowledgement as much room as any
            await connection.put(text % f"{number:0>200}")
            if number % 100 == 0:
                await asyncio.sleep(0)

    async with Peer(deaf, deliver) as peer:
        peer.publish(frame_of(1, report(1)))
        owner = Owner(session, peer, heartbeat=0.2)
        async with owner.running():
            await until(lambda: owner.numbers == [1], 30)
        assert type(owner.lost[0]) is QueueUnavailable


async def test_our_own_defect_in_reading_ends_the_connection_only(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Peer() as peer:
        owner = Owner(session, peer)
        real = owner.consumer._handle_frame

        def fail(data: bytes) -> str | None:
            monkeypatch.setattr(owner.consumer, "_handle_frame", real)
            raise ZeroDivisionError

        monkeypatch.setattr(owner.consumer, "_handle_frame", fail)
        peer.publish(frame_of(1, report(1)))
        async with owner.running():
            await until(lambda: owner.numbers == [1])
            assert str(owner.lost[0]) == "reading failed (ZeroDivisionError)"
            assert owner.redelivered == [True]
    assert "ZeroDivisionError" in caplog.text


# Ending


async def test_cancelled_while_it_waits_for_messages(session: aiohttp.ClientSession) -> None:
    """It says goodbye, and nothing is told as a loss."""
    async with Peer() as peer:
        peer.publish(frame_of(1, report(1)))
        owner = Owner(session, peer)
        task = asyncio.create_task(owner.consumer.run())
        await until(lambda: len(peer.acknowledged) == 1)
        task.cancel()
        await asyncio.wait([task], timeout=30)
        assert task.cancelled()
        await until(lambda: peer.connections[0].goodbye == 1000)
        assert owner.told == ["connected"]
        assert not owner.consumer.connected
        assert owner.statistics["losses"] == 0


async def test_cancelled_in_the_middle_of_a_backlog(session: aiohttp.ClientSession) -> None:
    """What was handed over is acknowledged, what was not is left; the next run goes on where this one stopped."""
    count = 3000
    async with Peer() as peer:
        peer.publish(*(frame_of(number, report(number)) for number in range(count)))
        owner = Owner(session, peer)
        task = asyncio.create_task(owner.consumer.run())
        await until(lambda: len(owner.messages) > 100)
        task.cancel()
        await asyncio.wait([task], timeout=30)
        assert task.cancelled()
        await until(lambda: peer.open == 0)
        assert peer.connections[0].goodbye == 1000
        taken = len(owner.messages)
        assert 100 < taken < count
        assert len(peer.acknowledged) == taken
        async with owner.running():
            await until(lambda: not peer.backlog and not peer.unacknowledged)
            assert owner.numbers == list(range(count))
            assert owner.statistics["duplicates"] == 0


async def test_cancelled_while_it_waits_to_try_again(session: aiohttp.ClientSession) -> None:
    async with Peer(401) as peer:
        owner = Owner(session, peer)
        task = asyncio.create_task(owner.consumer.run())
        await until(lambda: bool(owner.lost))
        task.cancel()
        await asyncio.wait([task], timeout=30)
        assert task.cancelled()
        assert len(peer.requests) == 1


async def test_cancelled_while_it_connects(session: aiohttp.ClientSession) -> None:
    begun = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        begun.set()
        assert await reader.read() == b""
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Peer() as peer:
        owner = Owner(session, peer, url=f"ws://127.0.0.1:{port}/")
        task = asyncio.create_task(owner.consumer.run())
        async with asyncio.timeout(30):
            await begun.wait()
        task.cancel()
        await asyncio.wait([task], timeout=30)
        assert task.cancelled()
        assert owner.told == []


async def test_cancelled_before_a_peer_that_does_not_say_goodbye(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "CLOSE_TIMEOUT", 0.1)

    async def deaf(connection: Connection) -> None:
        assert connection.request.transport is not None
        connection.request.transport.pause_reading()
        await until(task.done)

    async with Peer(deaf) as peer:
        owner = Owner(session, peer)
        task = asyncio.create_task(owner.consumer.run())
        await until(lambda: owner.told == ["connected"])
        task.cancel()
        await asyncio.wait([task], timeout=30)
        assert task.cancelled()


async def test_it_runs_once_at_a_time_and_again_later(session: aiohttp.ClientSession) -> None:
    async with Peer() as peer:
        owner = Owner(session, peer)
        for connects in (1, 2):
            async with owner.running():
                await until(lambda connects=connects: owner.statistics["connects"] == connects)  # type: ignore[misc]
                with pytest.raises(RuntimeError, match="runs already"):
                    await owner.consumer.run()
        assert peer.most_open == 1
