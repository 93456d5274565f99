"""What the simulated gateway does wrong on request."""

import asyncio
import base64
from collections.abc import AsyncIterator
import json
import os
from typing import Any

import aiohttp
import pytest

from simulators.tuya_gateway import (
    PREDICTED_NONCE,
    BadFault,
    Codec,
    Faults,
    SimulatedDevice,
    TuyaGatewaySimulator,
    demo_home,
    synthetic_home,
)
from simulators.tuya_gateway.faults import SLIPS
from simulators.tuya_gateway.flood import changing_reports
from simulators.tuya_gateway.link import GARBAGE_KINDS, Garbage
from simulators.tuya_gateway.schema import boolean, check_value, integer, json_text

from .raw_client import RawClient, joined, opened, sign

pytestmark = pytest.mark.usefixtures("socket_enabled")

LAMP = "a4c138e72a0fb5a9"


def lamp() -> SimulatedDevice:
    entries = [boolean("switch_led"), json_text("colour_data_v2"), integer("bright_value_v2", 10, 1000)]
    state = {"switch_led": False, "colour_data_v2": '{"h":1}', "bright_value_v2": 10}
    return SimulatedDevice(LAMP, "dj", entries, list(entries), state)


@pytest.fixture
async def simulator() -> AsyncIterator[TuyaGatewaySimulator]:
    async with TuyaGatewaySimulator([lamp()]) as running:
        yield running


async def nothing(client: RawClient) -> None:
    """Expect nothing in the link, though it stays open."""
    with pytest.raises(TimeoutError):
        await client.websocket.receive(0.05)
    assert not client.websocket.closed


async def answer_auth(client: RawClient) -> tuple[bytes, bytes]:
    """Do the application's part; return its nonce and its proof."""
    nonce_c = os.urandom(16)
    proof = sign(client.key, await client.receive_nonce())
    await client.send_auth(nonce_c, proof)
    return nonce_c, proof


# The opening and the authentication


async def test_http_status(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.http_status = 503
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with opened(simulator):
            pass
    assert raised.value.status == 503


async def test_silent(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.silent = True
    async with opened(simulator) as client:
        await nothing(client)


@pytest.mark.parametrize("framing", ["binary", "text"])
async def test_plain_auth(framing: Any) -> None:
    codec = Codec(framing, "base64")
    async with (
        TuyaGatewaySimulator(codec=codec, faults=Faults(plain_auth=True)) as simulator,
        opened(simulator) as client,
    ):
        assert (await client.receive_payload()).startswith(b'{"type":"auth_required","data":{"nonce":"')


@pytest.mark.parametrize("framing", ["binary", "text"])
async def test_garbage_auth(framing: Any) -> None:
    codec = Codec(framing, "base64")
    async with (
        TuyaGatewaySimulator(codec=codec, faults=Faults(garbage_auth=True)) as simulator,
        opened(simulator) as client,
    ):
        payload = await client.receive_payload()
        assert len(payload) % 16
        with pytest.raises(ValueError):
            base64.b64decode(payload, validate=True)
        with pytest.raises(ValueError):
            bytes.fromhex(payload.decode())


async def test_short_nonce(simulator: TuyaGatewaySimulator) -> None:
    """An application that takes it is refused and told on."""
    simulator.faults.short_nonce = True
    async with opened(simulator) as client:
        nonce_s = await client.receive_nonce()
        assert len(nonce_s) == 8
        await client.send_auth(os.urandom(16), sign(client.key, nonce_s))
        with pytest.raises(ConnectionError):
            await client.receive(client.key)
    assert simulator.refusals == ["the application accepted a nonce of a wrong length"]


async def test_zero_session_key(simulator: TuyaGatewaySimulator) -> None:
    """The key is zero for an application whose chance was predicted."""
    simulator.faults.zero_session_key = True
    async with opened(simulator) as client:
        await client.authenticate(PREDICTED_NONCE)
        assert client.session_key == bytes(16)
        assert (await client.request("get_devices"))["success"]


async def test_reflect_nonce(simulator: TuyaGatewaySimulator) -> None:
    """An application that signs its own nonce has made the gateway's proof itself."""
    simulator.faults.reflect_nonce = True
    async with opened(simulator) as client:
        nonce_c, _ = await answer_auth(client)
        assert await client.receive_nonce() == nonce_c
        await client.send_auth(os.urandom(16), sign(client.key, nonce_c))
        answer = await client.receive(client.key)
        assert base64.b64decode(answer["data"]["hmac"]) == sign(client.key, nonce_c)


async def test_wrong_proof(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.wrong_proof = True
    async with opened(simulator) as client:
        nonce_c, proof = await answer_auth(client)
        answer = await client.receive(client.key)
        assert answer["type"] == "auth_ok"
        assert len(wrong := base64.b64decode(answer["data"]["hmac"])) == 32
        assert wrong not in (sign(client.key, nonce_c), proof)


async def test_reflect_proof(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.reflect_proof = True
    async with opened(simulator) as client:
        _, proof = await answer_auth(client)
        assert base64.b64decode((await client.receive(client.key))["data"]["hmac"]) == proof


async def test_refuse_auth(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.refuse_auth = True
    async with opened(simulator) as client:
        await answer_auth(client)
        with pytest.raises(ConnectionError, match="CLOSE"):
            await client.receive(client.key)
    assert simulator.refusals == ["asked to refuse"]


async def test_silent_auth(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.silent_auth = True
    async with opened(simulator) as client:
        await answer_auth(client)
        await nothing(client)
    assert simulator.connections == 0


async def test_another_answer_to_auth(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.auth_answer = "auth_invalid"
    async with opened(simulator) as client:
        await answer_auth(client)
        assert (await client.receive(client.key))["type"] == "auth_invalid"
        await nothing(client)


# Requests


async def test_no_answer(simulator: TuyaGatewaySimulator) -> None:
    """What isn't answered isn't done either; the rest goes on."""
    simulator.faults.no_answer = {"set_value"}
    async with joined(simulator) as client:
        await client.send(
            {"id": 77, "type": "set_value", "data": [{"devid": LAMP, "value": [{"k": "switch_led", "v": True}]}]}
        )
        await simulator.wait_for_request("set_value")
        assert (await client.request("get_devices"))["success"]
        assert client.events == []
    assert simulator.devices[LAMP].value["switch_led"] is False


@pytest.mark.parametrize("error", [{"code": 7, "msg": "busy"}, None])
async def test_reject(simulator: TuyaGatewaySimulator, error: dict[str, Any] | None) -> None:
    simulator.faults.reject = {"set_value"}
    simulator.faults.error = error
    async with joined(simulator) as client:
        expected = {"id": 1, "type": "result", "success": False} | ({"error": error} if error else {})
        assert await client.set(LAMP, switch_led=True) == expected
    assert simulator.devices[LAMP].value["switch_led"] is False


async def test_delays_let_answers_overtake(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.delay = 0.05
    simulator.faults.delays = {"get_devices": 0.0}
    async with joined(simulator) as client:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await client.send({"id": 1, "type": "get_status", "data": []})
        await client.send({"id": 2, "type": "get_devices"})
        assert [(await client.receive())["id"] for _ in range(2)] == [2, 1]
        assert loop.time() - started >= 0.045


# Commands


async def test_event_before_result(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.event_before_result = True
    async with joined(simulator) as client:
        await client.set(LAMP, switch_led=True)
        assert [event["event_type"] for event in client.events] == ["state_changed"]


async def test_stale_report(simulator: TuyaGatewaySimulator) -> None:
    """The old value comes once more, then the new one, which the state holds only then."""
    simulator.faults.stale_report = True
    simulator.faults.report_delay = 0.03
    async with joined(simulator) as client:
        await client.set(LAMP, switch_led=True)
        stale = await client.event()
        assert simulator.devices[LAMP].value["switch_led"] is False
        fresh = await client.event()
    assert [event["data"]["value"] for event in (stale, fresh)] == [
        [{"k": "switch_led", "v": value}] for value in (False, True)
    ]


async def test_delayed_report_outlives_the_link(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.report_delay = 0.03
    async with joined(simulator) as watching:
        async with joined(simulator) as client:
            await client.set(LAMP, switch_led=True)
        assert (await watching.event())["data"]["value"] == [{"k": "switch_led", "v": True}]


async def test_no_report(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.no_report = True
    async with joined(simulator) as client:
        assert (await client.set(LAMP, switch_led=True))["success"]
        assert (await client.request("get_status", [LAMP]))["result"][0]["value"][0] == {"k": "switch_led", "v": True}
        assert client.events == []


# The link


async def test_no_pong(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.no_pong = True
    async with joined(simulator) as client:
        client.websocket._autoping = False
        await client.websocket.ping()
        assert (await client.request("get_devices"))["success"]


async def test_deaf(simulator: TuyaGatewaySimulator) -> None:
    async with joined(simulator) as client:
        simulator.faults.deaf = True
        client.websocket._autoping = False
        await client.websocket.ping()
        await client.send({"id": 1, "type": "get_devices"})
        await simulator.report(LAMP, {"switch_led": True})
        await nothing(client)
        simulator.faults.deaf = False
        assert (await client.request("get_devices"))["success"]


async def test_drop(simulator: TuyaGatewaySimulator) -> None:
    async with joined(simulator) as client, opened(simulator) as half_open:
        await half_open.receive_nonce()
        await simulator.drop()
        assert simulator.connections == 0
        for one in (client, half_open):
            frame = await one.websocket.receive(20)
            assert frame.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    async with joined(simulator):
        await simulator.wait_for_connection()


@pytest.mark.parametrize("codec", [Codec(), Codec("text", "base64"), Codec("text", "hex"), Codec("binary", "hex")])
@pytest.mark.parametrize("kind", GARBAGE_KINDS)
async def test_garbage(codec: Codec, kind: Garbage) -> None:
    """Each kind fails at its own step of reading, and the link goes on."""
    async with TuyaGatewaySimulator([lamp()], codec=codec) as simulator, joined(simulator) as client:
        await simulator.wait_for_connection()
        await simulator.send_garbage(2, kind)
        for _ in range(2):
            with pytest.raises((ValueError, AssertionError)):
                await client.receive()
        assert (await client.request("get_devices"))["success"]


async def test_send_raw(simulator: TuyaGatewaySimulator) -> None:
    async with joined(simulator) as client:
        await simulator.wait_for_connection()
        await simulator.send_raw('{"type":"event","id":1,"event_type":"weather"}')
        assert (await client.event())["event_type"] == "weather"
        await simulator.push_event("mood", {"good": True})
        assert (await client.event())["data"] == {"good": True}


# Slips


@pytest.mark.parametrize(
    ("slip", "schema", "status"),
    [
        ("device", {"device": LAMP}, {"device": LAMP}),
        ("functions", {"functions": lamp().function}, {}),
        ("values_missing", {"function": [{"code": one["code"], "type": one["type"]} for one in lamp().function]}, {}),
        ("values_as_object", {"status": [{**one, "values": json.loads(one["values"])} for one in lamp().status]}, {}),
        (
            "v_as_object",
            {},
            {"value": [{"k": k, "v": {"h": 1} if k[0] == "c" else v} for k, v in lamp().value.items()]},
        ),
        ("v_as_text", {}, {"value": [{"k": k, "v": v} for k, v in lamp().value.items()]}),
    ],
)
async def test_slips(
    simulator: TuyaGatewaySimulator, slip: Any, schema: dict[str, Any], status: dict[str, Any]
) -> None:
    simulator.faults.slips = {slip}
    async with joined(simulator) as client:
        one = (await client.request("get_schema", [LAMP]))["result"][0]
        assert {key: one[key] for key in schema} == schema
        assert ("devid" in one) is (slip != "device")
        assert ("function" in one) is (slip != "functions")
        one = (await client.request("get_status", [LAMP]))["result"][0]
        assert {key: one[key] for key in status} == status


async def test_json_values_as_text(simulator: TuyaGatewaySimulator) -> None:
    """Also those that came as objects."""
    simulator.faults.slips = {"v_as_text"}
    async with joined(simulator) as client:
        await client.set(LAMP, colour_data_v2={"h": 5})
        assert (await client.event())["data"]["value"] == [{"k": "colour_data_v2", "v": '{"h":5}'}]
        simulator.faults.slips = {"v_as_object"}
        await simulator.report(LAMP, {"colour_data_v2": "{no json", "switch_led": True})
        assert [pair["v"] for pair in (await client.event())["data"]["value"]] == ["{no json", True]


async def test_slips_of_events(simulator: TuyaGatewaySimulator) -> None:
    simulator.faults.slips = {"device", "online_value", "extra_keys", "value_missing"}
    async with joined(simulator) as client:
        await simulator.set_online(LAMP, True)
        data = (await client.event())["data"]
        assert (data["device"], data["state"], "t" in data) == (LAMP, True, True)
        assert [pair["k"] for pair in data["value"]] == list(lamp().value)
        status = (await client.request("get_status", [LAMP]))["result"][0]
        assert "value" not in status
        assert "x_vendor" in (await client.request("get_schema", [LAMP]))["result"][0]["status"][0]
        await simulator.remove_device(LAMP)
        assert (await client.event())["data"]["device"] == LAMP


# Flood


async def test_flood_as_fast_as_possible(simulator: TuyaGatewaySimulator) -> None:
    for device in synthetic_home(10):
        await simulator.add_device(device)
    async with joined(simulator) as client, joined(simulator) as other:
        await simulator.wait_for_connection(count=2)
        sending = asyncio.create_task(simulator.flood(3000))
        received = {one: [await one.event() for _ in range(3000)] for one in (client, other)}
        assert await sending == 3000
        assert received[client] == received[other]
        last: dict[str, dict[str, Any]] = {}
        for event in received[client]:
            pair = event["data"]["value"][0]
            known = last.setdefault(event["data"]["devid"], {})
            assert known.get(pair["k"]) != pair["v"]
            known[pair["k"]] = pair["v"]
        for devid, values in last.items():
            assert values.items() <= simulator.devices[devid].value.items()


async def test_flood_over_time(simulator: TuyaGatewaySimulator) -> None:
    loop = asyncio.get_running_loop()
    async with joined(simulator) as client:
        await simulator.wait_for_connection()
        started = loop.time()
        sending = asyncio.create_task(simulator.flood(40, 0.2))
        times = []
        for _ in range(40):
            await client.event()
            times.append(loop.time() - started)
        await sending
    assert times[-1] >= 0.19
    assert times[19] >= 0.08


async def test_flood_of_given_reports(simulator: TuyaGatewaySimulator) -> None:
    async with joined(simulator) as client:
        await simulator.wait_for_connection()
        long = "x" * 70_000
        await simulator.flood(3, reports=[(LAMP, {"switch_led": True}), (LAMP, {"note": long})])
        values = [(await client.event())["data"]["value"][0]["v"] for _ in range(3)]
    assert values == [True, long, True]


async def test_flood_of_nothing() -> None:
    async with TuyaGatewaySimulator() as simulator:
        assert await simulator.flood(5) == 0
        assert await simulator.flood(5, reports=[]) == 0


def test_changing_reports_stay_in_the_schema() -> None:
    home = demo_home()
    by_id = {device.id: device for device in home}
    reports = changing_reports(home, 5000)
    assert len(reports) == 5000
    for devid, values in reports:
        for code, value in values.items():
            entry = by_id[devid].entry(code)
            assert entry is not None
            check_value(entry, value)
    assert not {devid for devid, _ in reports if not by_id[devid].online}


# The knobs themselves


def test_faults_from_json() -> None:
    faults = Faults()
    faults.update(
        {
            "wrong_proof": True,
            "no_answer": ["get_status"],
            "delays": {"set_value": 2},
            "error": None,
            "http_status": 503,
            "slips": ["functions"],
            "auth_answer": "no",
        }
    )
    assert faults == Faults(
        wrong_proof=True,
        no_answer={"get_status"},
        delays={"set_value": 2.0},
        error=None,
        http_status=503,
        slips={"functions"},
        auth_answer="no",
    )
    assert faults.as_json()["no_answer"] == ["get_status"]
    copy = Faults()
    copy.update(faults.as_json())
    assert copy == faults
    faults.reset()
    assert faults == Faults()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gravity": True}, "no fault is called 'gravity'"),
        ({"nonce": "AAAA"}, "no fault is called 'nonce'"),
        ({"silent": 1}, "silent is true or false"),
        ({"delay": -1}, "delay is a number of seconds"),
        ({"delay": True}, "delay is a number of seconds"),
        ({"delays": {"get_weather": 1}}, "delays is an object"),
        ({"delays": {"get_status": "long"}}, "delays is a number of seconds"),
        ({"no_answer": "get_status"}, "no_answer is a list out of"),
        ({"reject": ["get_weather"]}, "reject is a list out of"),
        ({"reject": [["get_status"]]}, "reject is a list out of"),
        ({"slips": ["tongue"]}, "slips is a list out of device"),
        ({"http_status": 200}, "http_status is null or"),
        ({"error": "bad"}, "error is null or"),
        ({"auth_answer": None}, "auth_answer is text"),
    ],
)
def test_faults_that_cannot_be(changes: dict[str, Any], words: str) -> None:
    """A bad one leaves the good ones beside it undone."""
    faults = Faults()
    with pytest.raises(BadFault, match=words):
        faults.update({"deaf": True, **changes})
    assert faults == Faults()


def test_every_slip_is_tested() -> None:
    """A new slip needs a test above."""
    assert set(SLIPS) == {
        "device", "functions", "v_as_text", "v_as_object", "values_missing", "values_as_object", "value_missing",
        "online_value", "extra_keys",
    }  # fmt: skip
