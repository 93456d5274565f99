"""One connection, against a gateway that does what each test says."""

import asyncio
from collections.abc import Awaitable, Callable
import itertools
import json
import logging
import socket
import time
from typing import Any, override

import aiohttp
from aiohttp import WSMsgType
import pytest

from custom_components.iot_gateway.clients.tuya_gateway import (
    AuthenticationRefused,
    CannotConnect,
    CommandRejected,
    ConnectionLost,
    DeviceStatus,
    GatewayAddress,
    GatewayClient,
    GatewayError,
    GatewayEvent,
    LinkStatistics,
    NotTuyaGateway,
    OnlineUpdated,
    ProofVariant,
    RegistryUpdated,
    RequestTimeout,
    StateChanged,
    UnexpectedAnswer,
    WrongDeviceKey,
    WrongProof,
    client as client_module,
)

from . import seed
from .fake_gateway import KEY_TEXT, Encoding, FakeGateway, Framing, Peer, Script, auth_required, seal, sign, text

pytestmark = pytest.mark.usefixtures("socket_enabled")


def ignore(event: GatewayEvent) -> None:
    """Take an event for nothing."""


class Events(list[GatewayEvent]):
    """Collects events and wakes who waits for a number of them."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Event()

    def __call__(self, event: GatewayEvent) -> None:
        self.append(event)
        self._changed.set()

    async def wait(self, number: int) -> None:
        async with asyncio.timeout(20):
            while len(self) < number:
                self._changed.clear()
                await self._changed.wait()


async def connect(
    session: aiohttp.ClientSession,
    gateway: FakeGateway,
    on_event: Callable[[GatewayEvent], None] = ignore,
    **arguments: Any,
) -> GatewayClient:
    arguments = {"connect_timeout": 20, "request_timeout": 20} | arguments
    return await GatewayClient.connect(session, gateway.address, KEY_TEXT, on_event=on_event, **arguments)


def after_auth(script: Script) -> Script:
    """Let a script begin after a good authentication, and wait for the client to go in the end."""

    async def whole(peer: Peer) -> None:
        await peer.authenticate()
        await script(peer)
        await peer.until_closed()

    return whole


@after_auth
async def nothing_more(peer: Peer) -> None:
    """Only wait."""


async def reason_of(client: GatewayClient) -> GatewayError:
    async with asyncio.timeout(20):
        return await client.wait_closed()


# Connecting


@pytest.mark.parametrize("framing", ["binary", "text"])
@pytest.mark.parametrize("encoding", ["raw", "base64", "hex"])
@pytest.mark.parametrize("padding", ["pkcs7", "zeros"])
async def test_answers_in_kind(
    session: aiohttp.ClientSession, framing: Framing, encoding: Encoding, padding: Any
) -> None:
    """Also raw bytes in text frames, which break RFC 6455 and are easily sent by mistake."""

    @after_auth
    async def script(peer: Peer) -> None:
        await peer.answer(await peer.receive(), ["a"])
        await peer.event("state_changed", devid="a", value=[{"k": "x", "v": "ü"}])

    events = Events()
    async with FakeGateway(script, framing=framing, encoding=encoding, padding=padding) as gateway:
        client = await connect(session, gateway, events)
        assert await client.get_devices() == ["a"]
        await events.wait(1)
        assert events == [StateChanged(id="a", values={"x": "ü"})]
        assert str(client.codec).startswith(f"{framing} frames, {encoding}")
        assert client.peer_host == "127.0.0.1"
        await client.close()


async def test_nothing_listens(session: aiohttp.ClientSession) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = GatewayAddress(host="127.0.0.1", port=unused.getsockname()[1])
        with pytest.raises(CannotConnect, match="no connection to 127.0.0.1"):
            await GatewayClient.connect(session, address, KEY_TEXT, on_event=ignore)


async def test_nothing_answers(session: aiohttp.ClientSession) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = GatewayAddress(host="127.0.0.1", port=server.getsockname()[1])
        with pytest.raises(CannotConnect, match=r"within 0\.05 s"):
            await GatewayClient.connect(session, address, KEY_TEXT, on_event=ignore, connect_timeout=0.05)


class _NoNames(aiohttp.abc.AbstractResolver):
    @override
    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> Any:
        raise OSError(None, "no such name")

    @override
    async def close(self) -> None:
        """There is nothing to close."""


async def test_a_name_without_address(socket_enabled: None) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=_NoNames())) as session:
        with pytest.raises(CannotConnect, match=r"the name gateway\.invalid has no address"):
            await GatewayClient.connect(
                session, GatewayAddress(host="gateway.invalid", port=1), KEY_TEXT, on_event=ignore
            )


@pytest.mark.parametrize("address", [GatewayAddress(host="a b", port=1), GatewayAddress(host="127.0.0.1", port=70000)])
async def test_an_impossible_address(session: aiohttp.ClientSession, address: GatewayAddress) -> None:
    with pytest.raises(CannotConnect):
        await GatewayClient.connect(session, address, KEY_TEXT, on_event=ignore)


async def test_a_closed_session(session: aiohttp.ClientSession) -> None:
    await session.close()
    with pytest.raises(CannotConnect, match="Session is closed"):
        await GatewayClient.connect(session, GatewayAddress(host="127.0.0.1", port=9), KEY_TEXT, on_event=ignore)


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", NotTuyaGateway, "HTTP status 404"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", NotTuyaGateway, "HTTP status 200"),
        (b"SSH-2.0-OpenSSH_10.0\r\n", NotTuyaGateway, "does not speak HTTP"),
        (b"", CannotConnect, "without a word"),
    ],
)
async def test_another_server(
    session: aiohttp.ClientSession, answer: bytes, error: type[GatewayError], said: str
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        address = GatewayAddress(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
        with pytest.raises(error, match=said):
            await GatewayClient.connect(session, address, KEY_TEXT, on_event=ignore)


async def test_an_impossible_key_is_told_before_anything_is_sent(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(nothing_more) as gateway:
        with pytest.raises(WrongDeviceKey):
            await GatewayClient.connect(session, gateway.address, "short", on_event=ignore)
        assert gateway.connections == 0


async def _silent(peer: Peer) -> None:
    await peer.until_closed()


async def _closes(peer: Peer) -> None:
    await peer.socket.close()


async def _breaks_websocket(peer: Peer) -> None:
    assert peer.request.transport is not None
    peer.request.transport.write(b"\x83\x00")  # an opcode that does not exist


async def _plain(peer: Peer) -> None:
    await peer.put(seed.AUTH_REQUIRED.encode())
    await peer.until_closed()


async def _html(peer: Peer) -> None:
    await peer.put(b"<html>Hello</html>", "text")
    await peer.until_closed()


async def _other_key(peer: Peer) -> None:
    await peer.put(seal(json.dumps(auth_required(bytes(16))), b"another 16 bytes"))
    await peer.until_closed()


async def _short_nonce(peer: Peer) -> None:
    await peer.send(auth_required(bytes(8)))
    await peer.until_closed()


async def _closes_after_auth(peer: Peer) -> None:
    await peer.challenge()


async def _aborts_after_auth(peer: Peer) -> None:
    await peer.challenge()
    peer.abort()


async def _silent_after_auth(peer: Peer) -> None:
    await peer.challenge()
    await peer.until_closed()


async def _garbage_after_auth(peer: Peer) -> None:
    await peer.challenge()
    await peer.put(b"what?")
    await peer.until_closed()


async def _session_key_too_early(peer: Peer) -> None:
    await peer.challenge()
    peer.start_session()
    await peer.send({"type": "auth_ok", "data": {"hmac": text(sign(peer.nonce_c))}})
    await peer.until_closed()


async def _event_before_auth_ok(peer: Peer) -> None:
    await peer.challenge()
    await peer.send(json.loads(seed.STATE_CHANGED))
    await peer.until_closed()


async def _auth_ok_of_the_seed(peer: Peer) -> None:
    """With its trailing comma it is no JSON."""
    await peer.challenge()
    await peer.say(seed.AUTH_OK)
    await peer.until_closed()


async def _wrong_proof(peer: Peer) -> None:
    await peer.challenge()
    await peer.send({"type": "auth_ok", "data": {"hmac": text(bytes(32))}})
    await peer.until_closed()


async def _reflects_proof(peer: Peer) -> None:
    await peer.challenge()
    await peer.send({"type": "auth_ok", "data": {"hmac": text(peer.proof_c)}})
    await peer.until_closed()


async def _reflects_nonce(peer: Peer) -> None:
    await peer.challenge()
    await peer.send(auth_required(peer.nonce_c))
    await peer.until_closed()


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        (_silent, NotTuyaGateway, "says nothing for 1.5 s"),
        (_closes, NotTuyaGateway, "closes it without a message"),
        (_breaks_websocket, NotTuyaGateway, "breaks its protocol"),
        (_plain, NotTuyaGateway, "plain JSON"),
        (_html, NotTuyaGateway, "HTML"),
        (_other_key, WrongDeviceKey, "another key"),
        (_short_nonce, NotTuyaGateway, "nonce of 8 bytes"),
        (_closes_after_auth, AuthenticationRefused, "closed the connection"),
        (_aborts_after_auth, AuthenticationRefused, "closed the connection"),
        (_silent_after_auth, AuthenticationRefused, "did not answer our authentication within 1.5 s"),
        (_garbage_after_auth, AuthenticationRefused, "cannot be decrypted"),
        (_session_key_too_early, AuthenticationRefused, "cannot be decrypted"),
        (_auth_ok_of_the_seed, AuthenticationRefused, "cannot be decrypted"),
        (_event_before_auth_ok, AuthenticationRefused, "something else"),
        (_wrong_proof, WrongProof, "wrong"),
        (_reflects_proof, WrongProof, "our own proof"),
        (_reflects_nonce, WrongProof, "our own nonce"),
    ],
)
async def test_refuses(session: aiohttp.ClientSession, script: Script, error: type[GatewayError], said: str) -> None:
    """Leaves with the right reason, and leaves nothing open (each script waits for that)."""
    async with FakeGateway(script) as gateway:
        with pytest.raises(GatewayError, match=said) as caught:
            await connect(session, gateway, connect_timeout=1.5 if "1.5 s" in said else 20)
        assert type(caught.value) is error
        assert caught.value.__cause__ is None


async def test_a_socket_that_breaks_as_auth_is_sent(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: Any) -> None:
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    monkeypatch.setattr(aiohttp.ClientWebSocketResponse, "send_frame", broken)

    async def script(peer: Peer) -> None:
        await peer.send(auth_required(peer.nonce_s))
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        with pytest.raises(AuthenticationRefused, match="while we authenticated"):
            await connect(session, gateway)


async def test_two_connections_are_not_played_off_against_each_other(session: aiohttp.ClientSession) -> None:
    """A stranger in the middle has the one connection sign what the other waits for: not with us."""
    nonces: asyncio.Queue[bytes] = asyncio.Queue()

    async def script(peer: Peer) -> None:
        if peer.gateway.connections == 1:
            await peer.challenge()
            nonces.put_nowait(peer.nonce_c)
        else:
            await peer.send(auth_required(await nonces.get()))
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        first = asyncio.create_task(connect(session, gateway, connect_timeout=1))
        async with asyncio.timeout(20):
            while nonces.empty():
                await asyncio.sleep(0.001)
        with pytest.raises(WrongProof, match="our own nonce"):
            await connect(session, gateway)
        first.cancel()
        await asyncio.wait([first])


async def test_the_other_proof(session: aiohttp.ClientSession) -> None:
    """A gateway that signs the raw nonce is refused by a client that was told otherwise."""

    async def script(peer: Peer) -> None:
        await peer.send(auth_required(peer.nonce_s))
        data = (await peer.receive())["data"]
        assert data["hmac"] == text(sign(text(peer.nonce_s).encode()))
        await peer.send({"type": "auth_ok", "data": {"hmac": text(sign(data["nonce"].encode()))}})
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway, proof_variant=ProofVariant.BASE64_NONCE)
        await client.close()


async def test_cancelling_while_connecting_leaves_nothing_open(session: aiohttp.ClientSession) -> None:
    asked = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.challenge()
        asked.set()
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        task = asyncio.create_task(connect(session, gateway))
        async with asyncio.timeout(20):
            await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


# Requests


async def test_requests_and_results(session: aiohttp.ClientSession) -> None:
    requests: list[dict[str, Any]] = []

    @after_auth
    async def script(peer: Peer) -> None:
        results = {
            "get_devices": ["a", 5],
            "get_schema": json.loads(seed.GET_SCHEMA_RESULT)["result"],
            "get_status": [{"devid": "a", "online": False, "value": []}, {"device": 5}, {"devid": "unasked"}],
            "set_value": None,
        }
        for _ in range(4):
            requests.append(request := await peer.receive())
            await peer.answer(request, results[request["type"]])

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        assert await client.get_devices() == ["a", "5"]
        schema = await client.get_schema(["000d6ffffe67e2ca", "omitted", "000d6ffffe67e2ca"])
        assert list(schema) == ["000d6ffffe67e2ca"]
        assert await client.get_status(iter(["a", "5"])) == {
            "a": DeviceStatus(id="a", online=False, values={}),
            "5": DeviceStatus(id="5", online=True, values={}),
        }
        await client.set_value({"a": {"x": True, "y": {"h": 1}}, "b": {"z": "é"}, "c": {}})
        assert requests == [
            {"id": 1, "type": "get_devices"},
            {"id": 2, "type": "get_schema", "data": ["000d6ffffe67e2ca", "omitted"]},
            {"id": 3, "type": "get_status", "data": ["a", "5"]},
            {
                "id": 4,
                "type": "set_value",
                "data": [
                    {"devid": "a", "value": [{"k": "x", "v": True}, {"k": "y", "v": {"h": 1}}]},
                    {"devid": "b", "value": [{"k": "z", "v": "é"}]},
                ],
            },
        ]
        await client.set_value({})
        await client.set_value({"a": {}})
        assert await client.get_schema([]) == {}
        assert client.statistics.requests == client.statistics.frames_sent == 4
        await client.close()


async def test_many_requests_in_flight_are_told_apart(session: aiohttp.ClientSession) -> None:
    @after_auth
    async def script(peer: Peer) -> None:
        requests = [await peer.receive() for _ in range(30)]
        for request in reversed(requests):
            (wanted,) = request["data"]
            await peer.answer(request, [{"devid": wanted, "online": True, "value": [{"k": "me", "v": wanted}]}])

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        client._chunks = asyncio.Semaphore(30)
        found = await asyncio.gather(*(client.get_status([str(number)]) for number in range(30)))
        assert [status[str(n)].values for n, status in enumerate(found)] == [{"me": str(n)} for n in range(30)]
        await client.close()


async def test_a_thousand_devices_in_chunks(session: aiohttp.ClientSession) -> None:
    """50 ids a request, four requests in flight, in any order of answers."""
    ids = [f"{number:016x}" for number in range(1001)]
    sizes: list[int] = []
    most = 0

    @after_auth
    async def script(peer: Peer) -> None:
        nonlocal most
        waiting: list[dict[str, Any]] = []
        while sum(sizes) < len(ids):
            # As long as there is more to come, hold back four before any is answered, the newest first
            while len(waiting) < min(4, 21 - len(sizes)):
                waiting.append(await peer.receive())
            with pytest.raises(TimeoutError):
                await peer.socket.receive(0.01)
            most = max(most, len(waiting))
            request = waiting.pop()
            sizes.append(len(request["data"]))
            await peer.answer(request, [{"devid": wanted, "category": "kg"} for wanted in request["data"]])

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        schema = await client.get_schema(ids)
        assert set(schema) == set(ids)
        assert len(sizes) == 21
        assert sorted(sizes) == [1, *[50] * 20]
        assert most == 4
        await client.close()


async def test_one_failing_chunk_fails_the_whole(session: aiohttp.ClientSession) -> None:
    @after_auth
    async def script(peer: Peer) -> None:
        first = await peer.receive()
        await peer.receive()
        await peer.send({"id": first["id"], "type": "result", "success": False, "error": {"code": 3}})

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        with pytest.raises(CommandRejected) as caught:
            await client.get_status([str(number) for number in range(60)])
        assert caught.value.code == 3
        assert client.statistics.rejected_requests == 1
        assert not client._pending
        await client.close()


async def test_a_bug_while_parsing_is_not_hidden(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(result: Any, problems: list[str]) -> Any:
        raise KeyError("bug")

    monkeypatch.setattr(client_module, "parse_statuses", broken)

    @after_auth
    async def script(peer: Peer) -> None:
        await peer.answer(await peer.receive(), [])

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        with pytest.raises(ExceptionGroup) as caught:
            await client.get_status(["a"])
        assert isinstance(caught.value.exceptions[0], KeyError)
        await client.close()


async def test_timeout_and_late_result(session: aiohttp.ClientSession) -> None:
    @after_auth
    async def script(peer: Peer) -> None:
        late = await peer.receive()
        second = await peer.receive()
        await peer.answer(late, ["late"])
        await peer.answer({"id": 99}, ["unknown"])
        await peer.answer({"id": None}, ["nothing"])
        await peer.answer({"id": [1]}, ["odd"])
        await peer.answer({"id": str(second["id"])}, ["right"])
        await peer.answer(second, ["twice"])
        await peer.answer(await peer.receive(), ["end"])

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway, request_timeout=0.1)
        with pytest.raises(RequestTimeout, match=r"get_devices within 0\.1 s"):
            await client.get_devices()
        client._request_timeout = 20
        assert await client.get_devices() == ["right"]
        assert await client.get_devices() == ["end"]
        assert client.statistics.unmatched_results == 5
        assert client.statistics.request_timeouts == 1
        await client.close()


async def test_results_are_matched_by_type_first(session: aiohttp.ClientSession) -> None:
    """An event's id, and any other message's, may equal that of a request in flight."""

    @after_auth
    async def script(peer: Peer) -> None:
        request = await peer.receive()
        assert request["id"] == 1
        await peer.event("state_changed", devid="a", value=[])
        await peer.send({"id": 1, "type": "greeting", "success": True, "result": ["wrong"]})
        await peer.send({"id": 1, "success": True, "result": ["wrong"]})
        await peer.send({"id": 1, "type": "event", "event_type": "weather", "success": True, "result": ["wrong"]})
        await peer.answer(request, ["right"])

    events = Events()
    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway, events)
        assert await client.get_devices() == ["right"]
        assert events == [StateChanged(id="a", values={})]
        assert client.statistics.unknown_messages == 2
        assert client.statistics.unknown_events == 1
        await client.close()


async def test_rejection(session: aiohttp.ClientSession) -> None:
    @after_auth
    async def script(peer: Peer) -> None:
        request = await peer.receive()
        error = {"code": 2007, "msg": "device offline"}
        await peer.send({"id": request["id"], "type": "result", "success": False, "error": error})

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        with pytest.raises(CommandRejected, match=r"device offline \(code 2007\)") as caught:
            await client.set_value({"a": {"x": 1}})
        assert caught.value.error == {"code": 2007, "msg": "device offline"}
        await client.close()


@pytest.mark.parametrize("result", [None, "a", {"a": 1}, [{}]])
async def test_an_answer_of_another_shape(session: aiohttp.ClientSession, result: Any) -> None:
    @after_auth
    async def script(peer: Peer) -> None:
        await peer.answer(await peer.receive(), result)

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        with pytest.raises(UnexpectedAnswer):
            await client.get_devices()
        await client.close()


async def test_what_json_cannot_say_is_sent_nowhere(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(nothing_more) as gateway:
        client = await connect(session, gateway)
        with pytest.raises(ValueError):
            await client.set_value({"a": {"x": float("nan")}})
        assert client.statistics.frames_sent == 0
        assert not client._pending
        await client.close()


# Events


async def test_events_arrive_in_order(session: aiohttp.ClientSession) -> None:
    @after_auth
    async def script(peer: Peer) -> None:
        for sample in (seed.STATE_CHANGED, seed.ONLINE_UPDATED, seed.REGISTRY_UPDATED):
            await peer.say(sample)

    events = Events()
    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway, events)
        await events.wait(3)
        device = "000d6ffffe67e2ca"
        assert events == [
            StateChanged(id=device, values={"switch_1": True}),
            OnlineUpdated(id=device, online=True, values={}),
            RegistryUpdated(id=device, state=1),
        ]
        assert client.statistics.events == 3
        await client.close()


async def test_an_error_in_the_callback_is_logged_and_not_fatal(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    events = Events()

    def fail_first(event: GatewayEvent) -> None:
        events(event)
        if len(events) == 1:
            raise KeyError("bug")

    @after_auth
    async def script(peer: Peer) -> None:
        await peer.event("state_changed", devid="a")
        await peer.event("state_changed", devid="b")

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway, fail_first)
        await events.wait(2)
        assert not client.closed
        await client.close()
    assert caplog.text.count("Handling an event failed") == 1


async def test_malformed_parts_are_skipped_and_told_once(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    @after_auth
    async def script(peer: Peer) -> None:
        await peer.answer(await peer.receive(), [{"devid": "a", "value": [{"k": "x"}, {"k": "y", "v": 1}, 5]}])
        await peer.event("state_changed", devid="a", value=[{"secret": "hidden"}, {"k": "z", "v": 2}])
        for _ in range(4):
            # JSON all the same: nothing to end a connection for
            await peer.event("state_changed")
        await peer.event("weather")
        await peer.event("weather")
        await peer.event("registry_updated")

    events = Events()
    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway, events)
        assert (await client.get_status(["a"]))["a"].values == {"y": 1}
        await events.wait(2)
        assert events == [StateChanged(id="a", values={"z": 2}), RegistryUpdated(id=None, state=None)]
        assert client.statistics.malformed_entries == 2 + 1 + 4
        assert client.statistics.unknown_events == 2
        assert client.statistics.malformed_frames == 0
        await client.close()
    ours = [one for one in caplog.records if one.name.startswith("custom_components.")]
    warnings = [record.getMessage() for record in ours if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert warnings[0].startswith("Skipped malformed parts of a message, ")
    assert "Skipped an event of a type" in warnings[1]
    assert "hidden" not in caplog.text


# Malformed frames


async def test_malformed_frames_are_told_once_and_skipped(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """Two in a row are survived as often as it takes."""

    @after_auth
    async def script(peer: Peer) -> None:
        for number in range(3):
            await peer.put(b"noise")
            await peer.say(seed.GET_DEVICES_RESULT)
            await peer.event("registry_updated", devid=str(number))
        # Good ciphertext under the other opcode
        await peer.put(seal(seed.STATE_CHANGED, peer.key), "text")
        await peer.event("registry_updated", devid="end")

    events = Events()
    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway, events)
        await events.wait(4)
        assert [event.id for event in events] == ["0", "1", "2", "end"]
        assert client.statistics.malformed_frames == 7
        assert client.statistics.frames_received == 11
        assert not client.closed
        await client.close()
    ours = [one for one in caplog.records if one.name.startswith("custom_components.")]
    warnings = [record.getMessage() for record in ours if record.levelno == logging.WARNING]
    assert warnings == ["Skipped a malformed frame of 5 bytes: it has no whole number of cipher blocks"]


@pytest.mark.parametrize(
    "frames",
    [
        [b"noise"] * 3,
        [seal(seed.STATE_CHANGED)] * 3,  # with the device key, long after authentication
        [b"", seal(b"no JSON"), bytes(64)],
    ],
)
async def test_three_malformed_frames_in_a_row_end_it(session: aiohttp.ClientSession, frames: list[bytes]) -> None:
    @after_auth
    async def script(peer: Peer) -> None:
        await peer.receive()
        for frame in frames:
            await peer.put(frame)

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        with pytest.raises(ConnectionLost, match="3 malformed frames in a row"):
            await client.get_devices()
        reason = await reason_of(client)
        assert isinstance(reason, ConnectionLost)
        assert client.closed
        assert client.statistics.malformed_frames == 3
        await client.close()


# The end


async def test_the_gateway_closes(session: aiohttp.ClientSession) -> None:
    async def script(peer: Peer) -> None:
        await peer.authenticate()
        await peer.receive()
        await peer.socket.close(code=1001)

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        with pytest.raises(ConnectionLost, match="close code 1001"):
            await client.get_devices()
        assert str(await reason_of(client)) == "the gateway closed the connection (close code 1001)"
        with pytest.raises(ConnectionLost, match="close code 1001"):
            await client.set_value({"a": {"x": 1}})
        await client.ping()
        await client.close()
        assert "1001" in str(await client.wait_closed())


async def test_the_connection_breaks(session: aiohttp.ClientSession) -> None:
    async def script(peer: Peer) -> None:
        await peer.authenticate()
        await peer.receive()
        peer.abort()

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        with pytest.raises(ConnectionLost, match="the connection broke"):
            await client.get_devices()
        assert isinstance(await reason_of(client), ConnectionLost)
        assert client.statistics.connected_since is None


@pytest.mark.parametrize(
    ("frame", "said"),
    [(b"\x82\x7f" + (5 << 20).to_bytes(8), "more than 4194304 bytes"), (b"\x83\x00", "broke the WebSocket protocol")],
)
async def test_the_gateway_breaks_the_rules(session: aiohttp.ClientSession, frame: bytes, said: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.authenticate()
        assert peer.request.transport is not None
        peer.request.transport.write(frame)
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        assert said in str(await reason_of(client))


async def test_a_large_message_is_no_problem(session: aiohttp.ClientSession) -> None:
    @after_auth
    async def script(peer: Peer) -> None:
        await peer.event("state_changed", devid="a", value=[{"k": "x", "v": "y" * 4_000_000}])

    events = Events()
    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway, events)
        await events.wait(1)
        await client.close()


async def test_errors_of_the_socket_and_of_our_own_end_it(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeGateway(nothing_more) as gateway:
        broken = aiohttp.WSMessage(WSMsgType.ERROR, OSError("secret text"), None)
        monkeypatch.setattr(aiohttp.ClientWebSocketResponse, "receive", _answer_with(broken, after=2))
        client = await connect(session, gateway)
        assert str(await reason_of(client)) == "the connection broke (OSError)"

        monkeypatch.setattr(GatewayClient, "_handle_frame", _raise_key_error)
        monkeypatch.undo()
        monkeypatch.setattr(GatewayClient, "_receive", _raise_key_error)
        client = await connect(session, gateway)
        assert str(await reason_of(client)) == "reading failed (KeyError)"
    assert "Reading from the gateway failed" in caplog.text


def _answer_with(message: aiohttp.WSMessage, *, after: int) -> Callable[..., Awaitable[Any]]:
    original = aiohttp.ClientWebSocketResponse.receive
    count = 0

    async def receive(self: Any, timeout: float | None = None) -> Any:
        nonlocal count
        count += 1
        return await original(self, timeout) if count <= after else message

    return receive


async def _raise_key_error(*args: Any) -> Any:
    raise KeyError("bug")


async def test_a_send_that_fails(session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeGateway(nothing_more) as gateway:
        client = await connect(session, gateway)

        async def broken(*args: Any) -> None:
            raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

        monkeypatch.setattr(aiohttp.ClientWebSocketResponse, "send_frame", broken)
        with pytest.raises(ConnectionLost, match="could not be written to"):
            await client.get_devices()
        assert not client._pending
        await client.close()


async def test_close_ends_what_waits(session: aiohttp.ClientSession) -> None:
    asked = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.authenticate()
        await peer.receive()
        asked.set()
        assert await peer.until_closed() == 1000

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        request = asyncio.create_task(client.get_devices())
        waiting = asyncio.create_task(client.wait_closed())
        async with asyncio.timeout(20):
            await asked.wait()
        await asyncio.gather(client.close(), client.close())
        with pytest.raises(ConnectionLost, match="closed by us"):
            await request
        assert str(await waiting) == "closed by us"
        with pytest.raises(ConnectionLost):
            await client.get_devices()
        await client.close()


async def test_the_session_stays_the_callers(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(nothing_more) as gateway:
        for _ in range(3):
            client = await connect(session, gateway)
            await client.close()
        assert not session.closed
        assert session.connector is not None
        assert not session.connector._acquired


# Pings, floods, secrets


async def test_pings_both_ways(session: aiohttp.ClientSession) -> None:
    done = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.authenticate()
        peer.socket._autoping = False
        frame = await peer.socket.receive(20)
        assert frame.type is WSMsgType.PING
        await peer.socket.ping(b"hello")
        frame = await peer.socket.receive(20)
        assert (frame.type, frame.data) == (WSMsgType.PONG, b"hello")
        done.set()
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway)
        await client.ping()
        async with asyncio.timeout(20):
            await done.wait()
        assert client.statistics.pings_sent == 1
        await client.close()


async def test_the_loop_runs_on_during_a_flood(session: aiohttp.ClientSession) -> None:
    """Frames that are all there already are received without a pause, unless the reader makes one."""
    number = 3000
    go = asyncio.Event()

    @after_auth
    async def script(peer: Peer) -> None:
        await go.wait()
        payload = seal(seed.STATE_CHANGED, peer.key)
        frame = b"\x82\x7e" + len(payload).to_bytes(2) + payload
        assert peer.request.transport is not None
        peer.request.transport.write(frame * number)

    events = Events()

    def slow(event: GatewayEvent) -> None:
        begun = time.perf_counter()
        while time.perf_counter() - begun < 0.0001:
            pass
        events(event)

    async with FakeGateway(script) as gateway:
        client = await connect(session, gateway, slow)
        counted: list[int] = []
        go.set()
        async with asyncio.timeout(30):
            while len(events) < number:
                counted.append(len(events))
                await asyncio.sleep(0)
        # 10 ms of work are 100 events at most, and some more for the frames' own cost and a busy machine's pauses
        steps = [after - before for before, after in itertools.pairwise(counted)]
        assert max(steps) <= 110
        await client.close()


async def test_secrets_are_nowhere(session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.authenticate()
        for data in (peer.nonce_s, peer.nonce_c, peer.proof_c, peer.key, peer.gateway.key):
            seen.extend((repr(data), text(data), data.hex()))
        for _ in range(3):
            await peer.say(f'{{"{peer.key.hex()}"')
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        statistics = LinkStatistics()
        client = await connect(session, gateway, statistics=statistics)
        reason = await reason_of(client)
        said = f"{client!r} {client.codec} {client.codec!r} {reason!r} {reason} {statistics.as_dict()} {vars(client)} {caplog.text}"
        assert len(seen) == 15
        assert not [secret for secret in [*seen, KEY_TEXT] if secret in said]


def test_addresses() -> None:
    assert GatewayAddress(host="192.0.2.1", port=80).url == "ws://192.0.2.1:80/"
    assert GatewayAddress(host="fe80::1", port=80, path="ws").url == "ws://[fe80::1]:80/ws"
    assert GatewayAddress(host="[::1]", port=80, path="/a/b").url == "ws://[::1]:80/a/b"
    assert GatewayAddress(host="gateway.local", port=80, path="").url == "ws://gateway.local:80/"
