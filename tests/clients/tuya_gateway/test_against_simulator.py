"""The client and the simulator, each written from the protocol's page alone, check each other."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
import contextlib
import json
import logging
from typing import Any, cast

import aiohttp
import pytest

from custom_components.iot_gateway.clients.tuya_gateway import (
    Announcement,
    AnnouncementListener,
    AuthenticationRefused,
    CannotConnect,
    CommandRejected,
    ConnectionLost,
    GatewayAddress,
    GatewayClient,
    GatewayError,
    GatewayEvent,
    GatewayLink,
    NotTuyaGateway,
    OnlineUpdated,
    RegistryUpdated,
    RequestTimeout,
    StateChanged,
    WrongDeviceKey,
    WrongProof,
)
from simulators.tuya_gateway import (
    PREDICTED_NONCE,
    Codec,
    SimulatedDevice,
    TuyaGatewaySimulator,
    all_codecs,
    demo_home,
    synthetic_home,
)
from simulators.tuya_gateway.announce import ANNOUNCEMENTS, Announcer
from simulators.tuya_gateway.faults import SLIPS
from simulators.tuya_gateway.link import GARBAGE_KINDS, Garbage
from tests.loop_time import leap

from .test_client import Events, ignore

pytestmark = pytest.mark.usefixtures("socket_enabled")

ZERO_PADDED = [Codec(one.framing, one.encoding, one.key_form, "zero") for one in all_codecs()]


def address(simulator: TuyaGatewaySimulator) -> GatewayAddress:
    return GatewayAddress(host="127.0.0.1", port=simulator.port)


async def connect(
    session: aiohttp.ClientSession,
    simulator: TuyaGatewaySimulator,
    on_event: Callable[[GatewayEvent], None] = ignore,
    **arguments: Any,
) -> GatewayClient:
    arguments = {"connect_timeout": 20, "request_timeout": 20} | arguments
    return await GatewayClient.connect(
        session, address(simulator), simulator.device_key, on_event=on_event, **arguments
    )


@contextlib.asynccontextmanager
async def connected(
    session: aiohttp.ClientSession,
    simulator: TuyaGatewaySimulator,
    on_event: Callable[[GatewayEvent], None] = ignore,
    **arguments: Any,
) -> AsyncIterator[GatewayClient]:
    client = await connect(session, simulator, on_event, **arguments)
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
async def home(socket_enabled: None) -> AsyncIterator[TuyaGatewaySimulator]:
    async with TuyaGatewaySimulator(demo_home()) as simulator:
        yield simulator


def lamp(home: TuyaGatewaySimulator) -> SimulatedDevice:
    return next(device for device in home.devices.values() if device.writable("switch_led"))


@pytest.mark.parametrize("codec", all_codecs() + ZERO_PADDED, ids=str)
async def test_every_codec(session: aiohttp.ClientSession, codec: Codec) -> None:
    events = Events()
    async with (
        TuyaGatewaySimulator(demo_home(), codec=codec) as simulator,
        connected(session, simulator, events) as client,
    ):
        assert client.codec.framing == codec.framing
        assert client.codec.encoding == codec.encoding
        assert client.codec.key_form == codec.key_form
        assert client.codec.padding == {"pkcs7": "pkcs7", "zero": "zeros"}[codec.padding]
        ids = await client.get_devices()
        assert ids == list(simulator.devices)
        schema, status = await client.get_schema(ids), await client.get_status(ids)
        for device in simulator.devices.values():
            assert schema[device.id].category == device.category
            assert list(schema[device.id].function) == device.function
            assert list(schema[device.id].status) == device.status
            assert status[device.id].online == device.online
            assert status[device.id].values == device.value
        device = lamp(simulator)
        value = not device.value["switch_led"]
        await client.set_value({device.id: {"switch_led": value}})
        assert device.value["switch_led"] is value
        await events.wait(1)
        assert events == [StateChanged(id=device.id, values={"switch_led": value})]
        assert simulator.malformed_frames == client.statistics.malformed_frames == 0


@pytest.mark.parametrize("codec", all_codecs(), ids=str)
async def test_a_wrong_key_in_every_codec(session: aiohttp.ClientSession, codec: Codec) -> None:
    async with TuyaGatewaySimulator([], codec=codec) as simulator:
        for key in ("another-16-chars", "5a" * 16, base64.b64encode(b"another-16-bytes").decode()):
            with pytest.raises(WrongDeviceKey):
                await GatewayClient.connect(session, address(simulator), key, on_event=ignore)
        assert simulator.connections == 0


@pytest.mark.parametrize(
    ("faults", "error", "said"),
    [
        ({"http_status": 503}, NotTuyaGateway, "HTTP status 503"),
        ({"silent": True}, NotTuyaGateway, "says nothing"),
        ({"plain_auth": True}, NotTuyaGateway, "plain JSON"),
        ({"garbage_auth": True}, NotTuyaGateway, "37 bytes"),
        ({"short_nonce": True}, NotTuyaGateway, "nonce of 8 bytes"),
        ({"reflect_nonce": True}, WrongProof, "our own nonce"),
        ({"wrong_proof": True}, WrongProof, "is wrong"),
        ({"reflect_proof": True}, WrongProof, "our own proof"),
        ({"refuse_auth": True}, AuthenticationRefused, "closed the connection"),
        ({"silent_auth": True}, AuthenticationRefused, "did not answer"),
        ({"auth_answer": "auth_failed"}, AuthenticationRefused, "something else"),
    ],
)
async def test_faults_of_the_handshake(
    session: aiohttp.ClientSession,
    home: TuyaGatewaySimulator,
    faults: dict[str, Any],
    error: type[GatewayError],
    said: str,
) -> None:
    home.faults.update(faults)
    with pytest.raises(GatewayError, match=said) as caught:
        await connect(session, home, connect_timeout=1.5 if "silent" in str(faults) else 20)
    assert type(caught.value) is error
    # Nothing but the fault stood in the way
    home.faults.reset()
    async with connected(session, home) as client:
        assert await client.get_devices()


async def test_a_zero_session_key(
    session: aiohttp.ClientSession, home: TuyaGatewaySimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.faults.zero_session_key = True
    module = "custom_components.iot_gateway.clients.tuya_gateway.handshake.secrets"
    monkeypatch.setattr(f"{module}.token_bytes", lambda size: PREDICTED_NONCE)
    with pytest.raises(WrongProof, match="zero"):
        await connect(session, home)


async def test_noise_in_text_frames(session: aiohttp.ClientSession) -> None:
    async with TuyaGatewaySimulator([], codec=Codec("text", "base64")) as simulator:
        simulator.faults.garbage_auth = True
        with pytest.raises(NotTuyaGateway, match="plain text"):
            await connect(session, simulator)


async def test_faults_of_requests(session: aiohttp.ClientSession, home: TuyaGatewaySimulator) -> None:
    device = lamp(home)
    async with connected(session, home) as client:
        home.faults.reject = {"set_value", "get_devices"}
        with pytest.raises(CommandRejected, match=r"refused \(code 1\)") as caught:
            await client.set_value({device.id: {"switch_led": True}})
        assert caught.value.code == 1
        home.faults.error = None
        with pytest.raises(CommandRejected, match="rejected get_devices"):
            await client.get_devices()
        home.faults.reset()

        with pytest.raises(CommandRejected):
            await client.set_value({"unknown": {"switch_led": True}})

        home.faults.no_answer = {"get_status"}
        client._request_timeout = 0.05
        with pytest.raises(RequestTimeout):
            await client.get_status([device.id])
        client._request_timeout = 600
        home.faults.reset()

        # Slow answers do not hold up quick ones
        home.faults.delays = {"get_schema": 60}
        slow = asyncio.create_task(client.get_schema([device.id]))
        await home.wait_for_request("get_schema")
        assert await client.get_status([device.id])
        assert not slow.done()
        leap(60)
        assert set(await slow) == {device.id}
        home.faults.reset()
        assert await client.get_schema(["unknown"]) == {}
        assert client.statistics.unmatched_results == 0


async def test_a_late_answer(session: aiohttp.ClientSession, home: TuyaGatewaySimulator) -> None:
    async with connected(session, home, request_timeout=0.05) as client:
        home.faults.delays = {"get_status": 0.1}
        with pytest.raises(RequestTimeout):
            await client.get_status([lamp(home).id])
        async with asyncio.timeout(20):
            while not client.statistics.unmatched_results:
                await asyncio.sleep(0.005)
        client._request_timeout = 20
        assert await client.get_devices()


async def test_one_frame_for_many_lamps(session: aiohttp.ClientSession) -> None:
    async with TuyaGatewaySimulator(synthetic_home(50)) as simulator, connected(session, simulator) as client:
        values = {
            device.id: {entry["code"]: entry["type"] == "Boolean"}
            for device in simulator.devices.values()
            for entry in device.function[:1]
        }
        assert len(values) == 50
        sent = client.statistics.frames_sent
        with contextlib.suppress(CommandRejected):
            await client.set_value(values)
        assert client.statistics.frames_sent == sent + 1
        assert [len(command) for command in simulator.commands] == [50]


async def test_a_thousand_devices(session: aiohttp.ClientSession) -> None:
    async with TuyaGatewaySimulator(synthetic_home(1000)) as simulator, connected(session, simulator) as client:
        ids = await client.get_devices()
        assert len(ids) == 1000
        schema, status = await asyncio.gather(client.get_schema(ids), client.get_status(ids))
        assert set(schema) == set(status) == set(ids)
        assert len(simulator.requests) == 1 + 20 + 20


async def test_events(session: aiohttp.ClientSession, home: TuyaGatewaySimulator) -> None:
    events = Events()
    device = lamp(home)
    async with connected(session, home, events) as client:
        await home.report(device.id, {"switch_led": True, "bright_value_v2": 500})
        await home.set_online(device.id, False)
        await home.set_online(device.id, True)
        await home.remove_device(device.id)
        await home.add_device(device)
        await home.push_event("weather", {"sun": True})
        await home.send_raw('{"type": "greeting"}')
        await home.push_event("state_changed", {"devid": device.id, "value": [{"k": "a", "v": None}]})
        await events.wait(6)
        assert events == [
            StateChanged(id=device.id, values={"switch_led": True, "bright_value_v2": 500}),
            OnlineUpdated(id=device.id, online=False, values={}),
            OnlineUpdated(id=device.id, online=True, values={}),
            RegistryUpdated(id=device.id, state=0),
            RegistryUpdated(id=device.id, state=1),
            StateChanged(id=device.id, values={"a": None}),
        ]
        assert client.statistics.unknown_events == client.statistics.unknown_messages == 1
        assert client.statistics.malformed_frames == 0


@pytest.mark.parametrize("slips", [{slip} for slip in SLIPS] + [set(SLIPS)], ids=lambda slips: "+".join(sorted(slips)))
async def test_slips(session: aiohttp.ClientSession, home: TuyaGatewaySimulator, slips: set[Any]) -> None:
    plain_events, events = Events(), Events()
    device = lamp(home)
    async with connected(session, home, plain_events) as client:
        ids = await client.get_devices()
        plain_schema, plain_status = await client.get_schema(ids), await client.get_status(ids)
    home.faults.slips = slips
    async with connected(session, home, events) as client:
        assert await client.get_devices() == ids
        schema, status = await client.get_schema(ids), await client.get_status(ids)
        await home.report(device.id, {"switch_led": False})
        await home.set_online(device.id, False)
        await events.wait(2)
        assert client.statistics.malformed_entries == 0
    assert set(schema) == set(plain_schema)
    for device_id, description in schema.items():
        plain = plain_schema[device_id]
        for entries, plain_entries in (
            (description.function, plain.function),
            (description.status, plain.status),
        ):
            assert [entry["code"] for entry in entries] == [entry["code"] for entry in plain_entries]
            assert [entry["type"] for entry in entries] == [entry["type"] for entry in plain_entries]
        assert status[device_id].online == plain_status[device_id].online
        if "value_missing" in slips:
            assert status[device_id].values == {}
        else:
            values = status[device_id].values
            assert values.keys() == plain_status[device_id].values.keys()
            assert {code: _decoded(value) for code, value in values.items()} == {
                code: _decoded(value) for code, value in plain_status[device_id].values.items()
            }
    assert events[0] == StateChanged(id=device.id, values={"switch_led": False})
    online = cast(OnlineUpdated, events[1])
    assert (online.id, online.online, bool(online.values)) == (device.id, False, "online_value" in slips)


def _decoded(value: Any) -> Any:
    """Return a value that may have come as an object or as JSON text."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        return json.loads(value)
    return value


@pytest.mark.parametrize("kind", GARBAGE_KINDS)
@pytest.mark.parametrize("codec", [Codec(), Codec("text", "base64"), Codec("text", "hex")], ids=str)
async def test_garbage(
    session: aiohttp.ClientSession, codec: Codec, kind: Garbage, caplog: pytest.LogCaptureFixture
) -> None:
    events = Events()
    async with TuyaGatewaySimulator(demo_home(), codec=codec) as simulator:
        device = lamp(simulator)
        async with connected(session, simulator, events) as client:
            for number in range(3):
                await simulator.send_garbage(2, kind)
                await simulator.report(device.id, {"bright_value_v2": 100 + number})
            await events.wait(3)
            assert not client.closed
            assert client.statistics.malformed_frames == 6
            await simulator.send_garbage(3, kind)
            async with asyncio.timeout(20):
                reason = await client.wait_closed()
            assert isinstance(reason, ConnectionLost)
            assert "3 malformed frames in a row" in str(reason)
            assert client.statistics.malformed_frames == 9
    # The event loop has a word to say of a busy machine, too
    ours = [one for one in caplog.records if one.name.startswith("custom_components.")]
    assert sum(record.levelno == logging.WARNING for record in ours) == 1


async def test_drop_and_stop(session: aiohttp.ClientSession, home: TuyaGatewaySimulator) -> None:
    client = await connect(session, home)
    await home.drop()
    async with asyncio.timeout(20):
        assert isinstance(await client.wait_closed(), ConnectionLost)
    client = await connect(session, home)
    await home.stop()
    async with asyncio.timeout(20):
        assert isinstance(await client.wait_closed(), ConnectionLost)
    with pytest.raises(CannotConnect):
        await connect(session, home)
    await home.start()
    async with connected(session, home) as client:
        assert await client.get_devices()


async def test_a_flood(session: aiohttp.ClientSession, home: TuyaGatewaySimulator) -> None:
    events = Events()
    async with connected(session, home, events) as client:
        number = await home.flood(2000)
        assert number == 2000
        await events.wait(number)
        assert len(events) == number
        assert all(isinstance(event, StateChanged) for event in events)
        assert client.statistics.malformed_entries == client.statistics.malformed_frames == 0


async def test_the_link_rejoins_and_reads_all_again(session: aiohttp.ClientSession, home: TuyaGatewaySimulator) -> None:
    device = lamp(home)
    state: dict[str, Any] = {}
    told: list[str] = []
    changed = asyncio.Event()

    async def read(client: GatewayClient) -> None:
        status = await client.get_status(await client.get_devices())
        # While this is under way the device reports something newer
        await home.report(device.id, {"bright_value_v2": 300 + link.statistics.connections})
        await client.get_devices()
        state.update(status[device.id].values)
        tell("connected")

    def tell(what: str) -> None:
        told.append(what)
        changed.set()

    def take(event: GatewayEvent) -> None:
        assert isinstance(event, StateChanged)
        state.update(event.values)
        tell("event")

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                changed.clear()
                await changed.wait()

    link = GatewayLink(
        session,
        address(home),
        home.device_key,
        on_connected=read,
        on_lost=lambda err: tell("lost"),
        on_failed=lambda err, attempts: tell(f"failed {attempts}"),
        on_event=take,
        idle_interval=0.05,
        backoff_first=0.01,
        request_timeout=2.0,
    )
    await link.open()
    assert state["bright_value_v2"] == 301
    running = asyncio.create_task(link.run())
    # No pong is no loss as long as requests are answered
    home.faults.no_pong = True
    await home.wait_for(lambda: sum(request["type"] == "get_devices" for request in home.requests) > 4)
    assert told == ["connected", "event"]
    # Deaf is
    home.faults.reset()
    home.faults.deaf = True
    await wait(lambda: "lost" in told)
    home.faults.reset()
    device.value["switch_led"] = "changed meanwhile"
    await wait(lambda: told.count("event") == 2)
    assert told.count("lost") == 1
    assert state["bright_value_v2"] == 302
    assert state["switch_led"] == "changed meanwhile"
    await home.stop()
    await wait(lambda: "failed 2" in told)
    await home.start()
    await wait(lambda: told.count("event") == 3)
    assert state["bright_value_v2"] == 303 == device.value["bright_value_v2"]
    assert link.statistics.reconnects == 2
    running.cancel()
    await asyncio.wait([running])
    await home.wait_for_disconnection()


@pytest.mark.parametrize("form", ANNOUNCEMENTS)
async def test_announcements(home: TuyaGatewaySimulator, form: Any) -> None:
    heard: asyncio.Queue[Announcement] = asyncio.Queue()
    listener = AnnouncementListener([0], heard.put_nowait, host="127.0.0.1")
    await listener.start()
    async with (
        Announcer(home, [("127.0.0.1", listener.ports_open[0])], form=form),
        asyncio.timeout(20),
    ):
        assert await heard.get() == Announcement(uuid=home.uuid, host="127.0.0.1", port=home.port)
    listener.close()
    await asyncio.sleep(0)
