"""The simulated gateway's protocol: codecs, authentication, requests, events."""

import asyncio
import base64
from collections.abc import AsyncIterator
import json
import os
from typing import Any

import aiohttp
import pytest

from simulators.tuya_gateway import Codec, SimulatedDevice, TuyaGatewaySimulator, all_codecs, demo_home
from simulators.tuya_gateway.crypto import FrameError, combine, parse_device_key, prove
from simulators.tuya_gateway.schema import boolean, integer

from .raw_client import RawClient, joined, opened, sign

pytestmark = pytest.mark.usefixtures("socket_enabled")

SWITCH = "000d6ffffe67e2ca"
COUNTDOWN_VALUES = '{"unit":"s","min":0,"max":43200,"scale":0,"step":1}'


def switch() -> SimulatedDevice:
    """Return the device of the page's samples."""
    entries = [
        {"code": "switch_1", "type": "Boolean", "values": "{}"},
        {"code": "countdown_1", "type": "Integer", "values": COUNTDOWN_VALUES},
    ]
    return SimulatedDevice(SWITCH, "kg", entries, list(entries), {"switch_1": False, "countdown_1": 0})


@pytest.fixture
async def simulator() -> AsyncIterator[TuyaGatewaySimulator]:
    async with TuyaGatewaySimulator([switch(), *demo_home()]) as running:
        yield running


@pytest.fixture
async def client(simulator: TuyaGatewaySimulator) -> AsyncIterator[RawClient]:
    async with joined(simulator) as authenticated:
        yield authenticated


# Codecs and authentication


@pytest.mark.parametrize("codec", all_codecs(), ids=lambda codec: f"{codec.framing}-{codec.encoding}-{codec.key_form}")
async def test_every_codec(codec: Codec) -> None:
    """The gateway speaks first and through each codec the whole way."""
    async with TuyaGatewaySimulator([switch()], codec=codec) as simulator, joined(simulator) as client:
        await simulator.wait_for_connection()
        assert simulator.connections == 1
        assert (await client.request("get_devices"))["result"] == [SWITCH]
        await simulator.report(SWITCH, {"switch_1": True})
        assert (await client.event())["data"] == {"devid": SWITCH, "value": [{"k": "switch_1", "v": True}]}


def test_all_codecs_are_fifteen() -> None:
    assert len(all_codecs()) == len(set(all_codecs())) == 15


@pytest.mark.parametrize(
    "arguments",
    [
        ("text", "raw"),
        ("binary", "rot13"),
        ("smoke", "raw"),
        ("binary", "raw", "octal"),
        ("binary", "raw", "hex", "no"),
    ],
)
def test_codecs_that_cannot_be(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="is one of|text frames"):
        Codec(*arguments)


async def test_zero_padding() -> None:
    """A gateway that pads with zeros reads PKCS#7 as well."""
    codec = Codec(padding="zero")
    async with TuyaGatewaySimulator([switch()], codec=codec) as simulator, opened(simulator) as client:
        payload = await client.receive_payload()
        plain = codec.cipher(client.key).decrypt(payload)
        nonce_s = base64.b64decode(json.loads(plain)["data"]["nonce"])
        await client.send_auth(os.urandom(16), sign(client.key, nonce_s))
        await simulator.wait_for_connection()


@pytest.mark.parametrize(
    ("text", "form"),
    [("short", "ascii"), ("sixteen lettérs!", "ascii"), ("0011", "hex"), ("zz" * 16, "hex"), ("AAAA", "base64")],
)
def test_device_keys_that_cannot_be(text: str, form: Any) -> None:
    """The error says what the form wants and doesn't repeat the key."""
    with pytest.raises(ValueError, match=f"of the form {form}") as raised:
        TuyaGatewaySimulator(device_key=text, codec=Codec(key_form=form))
    assert text not in str(raised.value)


def test_vectors() -> None:
    """HMAC-SHA256 and XOR, by RFC 4231's second test case and by hand."""
    assert prove(b"Jefe", b"what do ya want for nothing?").hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    assert combine(bytes(range(16)), bytes([0xFF] * 16)) == bytes(range(255, 239, -1))
    # FIPS-197, appendix C.1: the first block; the second is PKCS#7's.
    key = parse_device_key("000102030405060708090a0b0c0d0e0f", "hex")
    sealed = Codec().cipher(key).encrypt(bytes.fromhex("00112233445566778899aabbccddeeff"))
    assert sealed[:16].hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"
    assert len(sealed) == 32
    with pytest.raises(FrameError):
        Codec().cipher(key).decrypt(sealed[:-1])


async def test_the_page_s_nonces(simulator: TuyaGatewaySimulator) -> None:
    """The sample nonces work, and both proofs are 32 bytes in base64 as the samples are."""
    simulator.faults.nonce = base64.b64decode("VOHiQDnXJatfv4fBPyHvEw==")
    async with opened(simulator) as client:
        await client.authenticate(base64.b64decode("RIf328KU8EHKP1tH3XAtTw=="))
        assert client.session_key.hex() == "1066159bfb43d5ea9580dc86e251c25c"
        assert (await client.request("get_devices"))["success"] is True


async def test_nonces_differ(simulator: TuyaGatewaySimulator) -> None:
    async with opened(simulator) as one, opened(simulator) as other:
        nonces = {await one.receive_nonce(), await other.receive_nonce()}
    assert {len(nonce) for nonce in nonces} == {16}
    assert len(nonces) == 2


async def _refused(simulator: TuyaGatewaySimulator, client: RawClient, reason: str) -> None:
    with pytest.raises(ConnectionError, match="CLOSE 1008"):
        await client.receive(client.key)
    await simulator.wait_for(lambda: bool(simulator.refusals))
    assert reason in simulator.refusals[0]
    assert simulator.connections == 0


async def test_wrong_proof_of_the_application(simulator: TuyaGatewaySimulator) -> None:
    async with opened(simulator) as client:
        nonce_s = await client.receive_nonce()
        await client.send_auth(os.urandom(16), sign(b"another key 1234", nonce_s))
        await _refused(simulator, client, "proof is wrong")


async def test_proof_over_base64_text(simulator: TuyaGatewaySimulator) -> None:
    """What is signed is the raw nonce, not its base64."""
    async with opened(simulator) as client:
        nonce_s = await client.receive_nonce()
        await client.send_auth(os.urandom(16), sign(client.key, base64.b64encode(nonce_s)))
        await _refused(simulator, client, "proof is wrong")


async def test_wrong_key_of_the_application(simulator: TuyaGatewaySimulator) -> None:
    async with opened(simulator) as client:
        await client.receive_nonce()
        client.key = b"another key 1234"
        await client.send_auth(os.urandom(16), os.urandom(32))
        client.key = b"7Kq2v9RwLz0dXb4T"
        await _refused(simulator, client, "")


async def test_auth_in_the_other_opcode(simulator: TuyaGatewaySimulator) -> None:
    async with opened(simulator) as client:
        nonce_s = await client.receive_nonce()
        client.framing, client.encoding = "text", "base64"
        await client.send_auth(os.urandom(16), sign(client.key, nonce_s))
        client.framing, client.encoding = "binary", "raw"
        await _refused(simulator, client, "other opcode")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"id": 1, "type": "get_devices"}, "is no auth"),
        ({"type": "auth"}, "is no auth"),
        ({"type": "auth", "data": {"nonce": "AAAA", "hmac": "AAAA"}}, "no nonce of 16"),
        ({"type": "auth", "data": {"nonce": 7, "hmac": None}}, "no nonce of 16"),
    ],
)
async def test_first_message_that_is_no_auth(
    simulator: TuyaGatewaySimulator, message: dict[str, Any], reason: str
) -> None:
    async with opened(simulator) as client:
        await client.receive_nonce()
        await client.send(message, client.key)
        await _refused(simulator, client, reason)


async def test_auth_that_never_comes(simulator: TuyaGatewaySimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.tuya_gateway.link.AUTH_TIMEOUT", 0.02)
    async with opened(simulator) as client:
        await client.receive_nonce()
        await _refused(simulator, client, "no auth in time")


async def test_path() -> None:
    async with TuyaGatewaySimulator(path="/lan") as simulator, aiohttp.ClientSession() as session:
        async with opened(simulator) as client:
            await client.authenticate()
        with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
            await session.ws_connect(f"http://127.0.0.1:{simulator.port}/")
        assert raised.value.status == 404


# Requests that read


async def test_get_schema_is_the_page_s_sample(client: RawClient) -> None:
    entries = [
        {"code": "switch_1", "type": "Boolean", "values": "{}"},
        {"code": "countdown_1", "type": "Integer", "values": COUNTDOWN_VALUES},
    ]
    assert await client.request("get_schema", [SWITCH]) == {
        "id": 1,
        "type": "result",
        "success": True,
        "result": [{"devid": SWITCH, "category": "kg", "function": entries, "status": entries}],
    }


async def test_get_status_is_the_page_s_sample(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    simulator.devices[SWITCH].value = {"switch_1": True}
    assert await client.request("get_status", [SWITCH]) == {
        "id": 1,
        "type": "result",
        "success": True,
        "result": [{"devid": SWITCH, "online": True, "value": [{"k": "switch_1", "v": True}]}],
    }


async def test_get_devices_of_the_demo_home(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    answer = await client.request("get_devices")
    assert answer["result"] == list(simulator.devices)
    schemas = await client.request("get_schema", answer["result"])
    states = await client.request("get_status", answer["result"])
    assert [one["devid"] for one in schemas["result"]] == answer["result"]
    assert [one["devid"] for one in states["result"] if not one["online"]] == [
        device.id for device in simulator.devices.values() if not device.online
    ]


async def test_unknown_ids_have_no_element(client: RawClient) -> None:
    for request in ("get_schema", "get_status"):
        answer = await client.request(request, ["ffffffffffffffff", SWITCH])
        assert [one["devid"] for one in answer["result"]] == [SWITCH]


@pytest.mark.parametrize(("type_", "data"), [("get_schema", None), ("get_status", "all"), ("get_status", [1])])
async def test_bad_lists_of_ids(client: RawClient, type_: str, data: object) -> None:
    answer = await client.request(type_, data)
    assert (answer["success"], answer["error"]["code"]) == (False, 1000)


async def test_unknown_type(client: RawClient) -> None:
    answer = await client.request("get_weather")
    assert (answer["success"], answer["error"]["code"]) == (False, 1001)


async def test_id_that_is_no_integer(client: RawClient) -> None:
    await client.send({"id": "one", "type": "get_devices"})
    answer = await client.receive()
    assert (answer["id"], answer["success"], answer["error"]["code"]) == ("one", False, 1000)


async def test_frames_that_cannot_be_read_are_counted_and_skipped(
    simulator: TuyaGatewaySimulator, client: RawClient
) -> None:
    await client.websocket.send_bytes(b"not a whole block")
    await client.websocket.send_bytes(os.urandom(64))
    await client.websocket.send_str("hello")
    await client.send(["a", "list"])
    await client.websocket.send_bytes(b"")
    assert (await client.request("get_devices"))["success"]
    assert simulator.malformed_frames == 5
    await simulator.drop()
    assert simulator.malformed_frames == 5


@pytest.mark.parametrize("encoding", ["base64", "hex"])
async def test_frames_in_no_encoding(encoding: Any) -> None:
    """Text that is neither base64 nor hex, and valid encodings of what is no ciphertext or no JSON."""
    codec = Codec("text", encoding)
    async with TuyaGatewaySimulator([switch()], codec=codec) as simulator, joined(simulator) as client:
        await client.websocket.send_str("%% neither é")
        await client.websocket.send_str(str(codec.encode(b"no block")))
        await client.websocket.send_str(str(codec.encode(codec.cipher(client.session_key).encrypt(b"no JSON"))))
        assert (await client.request("get_devices"))["success"]
        assert simulator.malformed_frames == 3


async def test_pings_are_answered(client: RawClient) -> None:
    """A gateway answers WebSocket pings, whatever else it does."""
    client.websocket._autoping = False
    await client.websocket.ping(b"there?")
    frame = await client.websocket.receive(20)
    assert (frame.type, frame.data) == (aiohttp.WSMsgType.PONG, b"there?")


# Commands


async def test_set_value(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    """The result has the sample's form, the event follows and goes to everybody."""
    async with joined(simulator) as other:
        assert await client.set(SWITCH, switch_1=True) == {"id": 1, "type": "result", "success": True}
        assert client.events == []
        event = await client.event()
        assert event == {
            "id": 100,
            "type": "event",
            "event_type": "state_changed",
            "data": {"devid": SWITCH, "value": [{"k": "switch_1", "v": True}]},
        }
        assert await other.event() == event
    assert simulator.devices[SWITCH].value["switch_1"] is True
    assert simulator.commands == [[{"devid": SWITCH, "value": [{"k": "switch_1", "v": True}]}]]


async def test_set_value_of_several_devices_with_either_key(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    """The page's table says "device" where its sample says "devid"."""
    lamp = next(device for device in simulator.devices.values() if device.category == "dj")
    answer = await client.request(
        "set_value",
        [
            {"device": SWITCH, "value": [{"k": "countdown_1", "v": 60}, {"k": "switch_1", "v": True}]},
            {"devid": lamp.id, "value": [{"k": "colour_data_v2", "v": {"h": 1, "s": 2, "v": 3}}]},
        ],
    )
    assert answer["success"] is True
    assert [(await client.event())["data"] for _ in range(2)] == [
        {"devid": SWITCH, "value": [{"k": "countdown_1", "v": 60}, {"k": "switch_1", "v": True}]},
        {"devid": lamp.id, "value": [{"k": "colour_data_v2", "v": {"h": 1, "s": 2, "v": 3}}]},
    ]


async def test_code_that_is_only_written_is_not_reported(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    aquarium = next(device for device in simulator.devices.values() if device.category == "qtxyz")
    assert (await client.set(aquarium.id, feed_now=True))["success"] is True
    assert "feed_now" not in aquarium.value
    await client.set(aquarium.id, bubble_pump=False)
    assert (await client.event())["data"]["value"] == [{"k": "bubble_pump", "v": False}]


def _id_of(simulator: TuyaGatewaySimulator, name: str) -> str:
    return next(device.id for device in simulator.devices.values() if device.name == name)


@pytest.mark.parametrize(
    ("name", "code", "value", "error"),
    [
        ("Attic climate", "va_temperature", 1, 1003),
        ("Living room ceiling light", "warp", 1, 1004),
        ("TV socket", "cur_power", 1, 1005),
        ("TV socket", "switch_1", 1, 1006),
        ("TV socket", "countdown_1", True, 1006),
        ("TV socket", "countdown_1", 1.5, 1006),
        ("TV socket", "countdown_1", -1, 1007),
        ("TV socket", "countdown_1", 86401, 1007),
        ("TV socket", "relay_status", 1, 1006),
        ("TV socket", "relay_status", "sideways", 1007),
        ("Aquarium controller", "tank_label", 5, 1006),
        ("Aquarium controller", "tank_label", "x" * 33, 1007),
        ("Aquarium controller", "feed_plan", "{no json", 1006),
        ("Aquarium controller", "feed_plan", 5, 1006),
        ("Aquarium controller", "light_curve", "no base64!", 1006),
        ("Aquarium controller", "light_curve", 5, 1006),
        ("Aquarium controller", "light_curve", base64.b64encode(bytes(65)).decode(), 1007),
    ],
)
async def test_commands_that_are_refused(
    simulator: TuyaGatewaySimulator, client: RawClient, name: str, code: str, value: object, error: int
) -> None:
    """Nothing of a refused command is done, not even what would have been right."""
    answer = await client.request(
        "set_value",
        [
            {"devid": SWITCH, "value": [{"k": "switch_1", "v": True}]},
            {"devid": _id_of(simulator, name), "value": [{"k": code, "v": value}]},
        ],
    )
    assert (answer["success"], answer["error"]["code"]) == (False, error)
    assert answer["error"]["msg"]
    assert simulator.devices[SWITCH].value["switch_1"] is False
    assert len(simulator.commands) == 1


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (None, 1000),
        ([], 1000),
        (["x"], 1000),
        ([{"devid": SWITCH}], 1000),
        ([{"devid": SWITCH, "value": []}], 1000),
        ([{"devid": SWITCH, "value": [{"k": "switch_1"}]}], 1000),
        ([{"devid": "ffffffffffffffff", "value": [{"k": "switch_1", "v": True}]}], 1002),
        ([{"devid": 7, "value": [{"k": "switch_1", "v": True}]}], 1002),
    ],
)
async def test_commands_that_are_no_commands(client: RawClient, data: object, error: int) -> None:
    answer = await client.request("set_value", data)
    assert (answer["success"], answer["error"]["code"]) == (False, error)


async def test_limits_are_inclusive(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    for value in (0, 43200):
        assert (await client.set(SWITCH, countdown_1=value))["success"] is True
    assert simulator.devices[SWITCH].value["countdown_1"] == 43200


# Events


async def test_report_also_of_the_same_value(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    await simulator.report(SWITCH, {"switch_1": False})
    await simulator.report(SWITCH, {"switch_1": False})
    assert [(await client.event())["id"] for _ in range(2)] == [100, 101]


async def test_online_updated(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    await simulator.set_online(SWITCH, False)
    event = await client.event()
    assert (event["event_type"], event["data"]) == ("online_updated", {"devid": SWITCH, "state": False})
    assert (await client.request("get_status", [SWITCH]))["result"][0]["online"] is False
    assert (await client.set(SWITCH, switch_1=True))["error"]["code"] == 1003


async def test_registry_updated(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    device = SimulatedDevice("a4c1380bb1d2f0d5", "cz", [boolean("switch_1")], [boolean("switch_1"), integer("p", 0, 9)])
    await simulator.add_device(device)
    event = await client.event()
    assert (event["event_type"], event["data"]) == ("registry_updated", {"devid": device.id, "state": 1})
    assert device.id in (await client.request("get_devices"))["result"]
    await simulator.remove_device(device.id)
    assert (await client.event())["data"] == {"devid": device.id, "state": 0}
    assert device.id not in (await client.request("get_devices"))["result"]


async def test_unknown_devices_are_key_errors(simulator: TuyaGatewaySimulator) -> None:
    for call in (simulator.report("x", {}), simulator.set_online("x", True), simulator.remove_device("x")):
        with pytest.raises(KeyError):
            await call


async def test_event_ids_collide_with_request_ids(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    """Whoever matches results by id alone would take this event for one."""
    client._ids = iter(range(100, 200))
    await simulator.report(SWITCH, {"switch_1": True})
    answer = await client.request("get_devices")
    assert answer["id"] == client.events[0]["id"] == 100


# The Python API


async def test_wait_for_request_returns_each_once(simulator: TuyaGatewaySimulator, client: RawClient) -> None:
    await client.request("get_status", [SWITCH])
    await client.request("get_devices")
    first = await simulator.wait_for_request("get_status")
    assert first == {"type": "get_status", "id": 1, "data": [SWITCH]}
    with pytest.raises(TimeoutError):
        await simulator.wait_for_request("get_status", timeout=0.01)
    waiting = asyncio.create_task(simulator.wait_for_request("get_status"))
    await client.request("get_status", [])
    assert (await waiting)["data"] == []
    assert len(simulator.requests) == 3


async def test_stop_and_start_on_the_same_port(simulator: TuyaGatewaySimulator) -> None:
    port = simulator.port
    async with joined(simulator) as client:
        await simulator.stop()
        assert not simulator.running
        assert simulator.connections == 0
        with pytest.raises(ConnectionError, match="CLOSE 1001"):
            await client.receive()
    with pytest.raises(aiohttp.ClientConnectorError):
        async with opened(simulator):
            pass
    await simulator.stop()
    await simulator.start()
    await simulator.start()
    assert simulator.port == port
    async with joined(simulator):
        await simulator.wait_for_connection()


async def test_port_that_is_taken(simulator: TuyaGatewaySimulator) -> None:
    second = TuyaGatewaySimulator(port=simulator.port)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    assert not second.running


async def test_wait_for_connection_times_out(simulator: TuyaGatewaySimulator) -> None:
    with pytest.raises(TimeoutError):
        await simulator.wait_for_connection(timeout=0.01)
    async with joined(simulator), joined(simulator):
        await simulator.wait_for_connection(count=2)
        assert simulator.connections == 2
    await simulator.wait_for_disconnection()
    assert simulator.opened == 2


def test_secrets_stay_out_of_reprs() -> None:
    simulator = TuyaGatewaySimulator()
    simulator.faults.nonce = b"secret nonce 123"
    assert "secret" not in repr(simulator.faults)
    assert simulator.device_key not in repr(simulator)
