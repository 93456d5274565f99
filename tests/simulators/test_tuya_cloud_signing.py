"""Who may call the simulated cloud: signatures, time, nonces and tokens."""

import asyncio
from collections.abc import AsyncIterator
import json
import time
from typing import Any

import aiohttp
from multidict import CIMultiDict
import pytest

from simulators.tuya_cloud import PROJECT_UID, TuyaCloudSimulator, demo_cloud
from simulators.tuya_cloud.errors import ApiError
from simulators.tuya_cloud.gate import Gate
from simulators.tuya_cloud.signing import canonical_url, sign, string_to_sign

from .cloud_client import CloudClient, calling, signed

# The samples of Tuya's page on the new signature algorithm.
CLIENT_ID = "1KAD46OrT9HafiKdsXeg"
SECRET = "4OHBOnWOqaEC1mWXOpVL3yV50s0qGSRC"
T = "1588925778000"
NONCE = "5138cc3a9033d69856923fd07b491173"
HEADERS = CIMultiDict(
    {
        "Signature-Headers": "area_id:call_id",
        "area_id": "29a33e8796834b1efa6",
        "call_id": "8afdb70ab2ed11eb85290242ac130003",
    }
)
TOKEN_SIGN = "9E48A3E93B302EEECC803C7241985D0A34EB944F40FB573C7B5C2A82158AF13E"
BUSINESS_SIGN = "AE4481C692AA80B25F3A7E12C3A5FD9BBF6251539DD78E565A1A72A508A88784"
BUSINESS_TOKEN = "3f4eda2bdec17232f67c0b188af3eec1"

DEVICES = "/v1.0/iot-01/associated-users/devices"


def test_official_vector_of_a_token_call() -> None:
    text = string_to_sign("GET", canonical_url("/v1.0/token", [("grant_type", "1")]), b"", HEADERS)
    assert text == (
        "GET\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
        "area_id:29a33e8796834b1efa6\ncall_id:8afdb70ab2ed11eb85290242ac130003\n\n/v1.0/token?grant_type=1"
    )
    assert sign(SECRET, CLIENT_ID, T, NONCE, text) == TOKEN_SIGN


def test_official_vector_of_a_business_call() -> None:
    url = canonical_url("/v2.0/apps/schema/users", [("page_size", "50"), ("page_no", "1")])
    assert url == "/v2.0/apps/schema/users?page_no=1&page_size=50"
    text = string_to_sign("GET", url, b"", HEADERS)
    assert sign(SECRET, CLIENT_ID, T, NONCE, text, access_token=BUSINESS_TOKEN) == BUSINESS_SIGN


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ([], "/x"),
        ([("b", "2"), ("a", "1")], "/x?a=1&b=2"),
        ([("last_row_key", ""), ("size", "100")], "/x?last_row_key=&size=100"),
        ([("file_path", "/a b/c+d&e.jpeg")], "/x?file_path=/a b/c+d&e.jpeg"),
        ([("B", "1"), ("a", "2"), ("A", "3")], "/x?A=3&B=1&a=2"),
    ],
)
def test_canonical_url(query: list[tuple[str, str]], url: str) -> None:
    assert canonical_url("/x", query) == url


def gate_at(now: float) -> Gate:
    return Gate(CLIENT_ID, SECRET, now=lambda: now)


def official_headers(**changed: str) -> CIMultiDict[str]:
    headers = HEADERS.copy()
    headers.update(client_id=CLIENT_ID, t=T, nonce=NONCE, sign_method="HMAC-SHA256", sign=TOKEN_SIGN)
    headers.update(changed)
    return headers


def test_gate_takes_the_official_vector_once() -> None:
    gate = gate_at(1588925778.5)
    gate.check("GET", "/v1.0/token?grant_type=1", b"", official_headers(), business=False)
    with pytest.raises(ApiError, match="1004: sign invalid"):
        gate.check("GET", "/v1.0/token?grant_type=1", b"", official_headers(), business=False)
    assert gate.replays == 1


@pytest.mark.parametrize(
    ("method", "url", "body", "changed", "code"),
    [
        ("POST", "/v1.0/token?grant_type=1", b"", {}, 1004),
        ("GET", "/v1.0/token?grant_type=2", b"", {}, 1004),
        ("GET", "/v1.0/token?grant_type=1", b" ", {}, 1004),
        ("GET", "/v1.0/token?grant_type=1", b"", {"area_id": "other"}, 1004),
        ("GET", "/v1.0/token?grant_type=1", b"", {"Signature-Headers": "call_id:area_id"}, 1004),
        ("GET", "/v1.0/token?grant_type=1", b"", {"nonce": "other"}, 1004),
        ("GET", "/v1.0/token?grant_type=1", b"", {"t": "1588925778001"}, 1004),
        ("GET", "/v1.0/token?grant_type=1", b"", {"sign": TOKEN_SIGN.lower()}, 1004),
        ("GET", "/v1.0/token?grant_type=1", b"", {"sign": "ü"}, 1004),
        ("GET", "/v1.0/token?grant_type=1", b"", {"sign_method": "MD5"}, 1004),
        ("GET", "/v1.0/token?grant_type=1", b"", {"client_id": "other"}, 1005),
        ("GET", "/v1.0/token?grant_type=1", b"", {"t": "1588925778"}, 1013),
        ("GET", "/v1.0/token?grant_type=1", b"", {"t": "now"}, 1013),
        ("GET", "/v1.0/token?grant_type=1", b"", {"sign": ""}, 1105),
    ],
)
def test_gate_takes_nothing_else(method: str, url: str, body: bytes, changed: dict[str, str], code: int) -> None:
    gate = gate_at(1588925778.0)
    with pytest.raises(ApiError) as raised:
        gate.check(method, url, body, official_headers(**changed), business=False)
    assert raised.value.code == code
    assert gate.replays == 0
    # What was refused hasn't used the nonce up.
    gate.check("GET", "/v1.0/token?grant_type=1", b"", official_headers(), business=False)


@pytest.mark.parametrize(("ahead", "good"), [(299.9, True), (-299.9, True), (300.1, False), (-300.1, False)])
def test_gate_and_time(ahead: float, good: bool) -> None:
    gate = gate_at(int(T) / 1000 + ahead)
    if good:
        gate.check("GET", "/v1.0/token?grant_type=1", b"", official_headers(), business=False)
        return
    with pytest.raises(ApiError, match="1013: request time is invalid"):
        gate.check("GET", "/v1.0/token?grant_type=1", b"", official_headers(), business=False)


# Over HTTP


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncIterator[TuyaCloudSimulator]:
    async with TuyaCloudSimulator(demo_cloud()) as running:
        yield running


async def test_token(simulator: TuyaCloudSimulator) -> None:
    async with calling(simulator, log_in=False) as client:
        before = time.time()
        answer = await client.answer("GET", "/v1.0/token", {"grant_type": "1"})
        result = client.result(answer)
        assert before - 0.001 <= answer["t"] / 1000 <= time.time()
        assert result["expire_time"] == 7200
        assert result["uid"] == PROJECT_UID
        assert PROJECT_UID.startswith("bay")
        assert len({result["access_token"], result["refresh_token"]}) == 2
        for grant_type in ("2", "", "x"):
            assert await client.code("GET", "/v1.0/token", {"grant_type": grant_type}) == 1003
        assert await client.code("GET", "/v1.0/token") == 1003
    assert simulator.calls == {"token": 5}
    assert simulator.errors == {("token", 1003): 4}


async def test_business_call_needs_a_token(simulator: TuyaCloudSimulator) -> None:
    async with calling(simulator, log_in=False) as client:
        assert await client.code("GET", DEVICES) == 1002
        client.token = "f" * 32
        assert await client.code("GET", DEVICES) == 1011
        await client.log_in()
        assert (await client.get(DEVICES))["devices"]
        # Signed with a token that isn't sent, and the other way round.
        assert (await client.answer("GET", DEVICES, access_token=None))["code"] == 1004
        good, client.token = client.token, ""
        assert (await client.answer("GET", DEVICES, access_token=good))["code"] == 1004


async def test_a_token_stays_good_beside_a_newer_one(simulator: TuyaCloudSimulator) -> None:
    async with calling(simulator) as client:
        first = client.token
        await client.log_in()
        assert client.token != first
        assert await client.get(DEVICES)
        client.token = first
        assert await client.get(DEVICES)


async def test_one_token_at_a_time(simulator: TuyaCloudSimulator) -> None:
    simulator.faults.one_token = True
    async with calling(simulator) as client:
        first = client.token
        await client.log_in()
        assert await client.get(DEVICES)
        client.token = first
        assert await client.code("GET", DEVICES) == 1012


async def test_refresh(simulator: TuyaCloudSimulator) -> None:
    async with calling(simulator) as client:
        token = await client.log_in()
        fresh = await client.get(f"/v1.0/token/{token['refresh_token']}")
        assert fresh["expire_time"] == 7200
        assert await client.code("GET", DEVICES) == 1011
        client.token = fresh["access_token"]
        assert await client.get(DEVICES)
        assert await client.code("GET", f"/v1.0/token/{token['refresh_token']}") == 1011
    assert simulator.calls["token_refresh"] == 2


@pytest.mark.parametrize(("state", "code"), [("expired", 1010), ("invalid", 1011), ("bad_status", 1012)])
async def test_tokens_that_are_spoilt(simulator: TuyaCloudSimulator, state: Any, code: int) -> None:
    async with calling(simulator) as client:
        simulator.expire_tokens(state)
        assert await client.code("GET", DEVICES) == code
        assert simulator.errors == {("devices", code): 1}
        await client.log_in()
        assert await client.get(DEVICES)


async def test_a_token_ends_by_itself(socket_enabled: None) -> None:
    now = time.time()
    async with (
        TuyaCloudSimulator(demo_cloud(), token_ttl=100, now=lambda: now) as simulator,
        calling(simulator) as client,
    ):
        client.clock = now - time.time()
        assert (await client.log_in())["expire_time"] == 100
        now += 99
        client.clock = now - time.time()
        assert await client.get(DEVICES)
        now += 1.5
        assert await client.code("GET", DEVICES) == 1010
        await client.log_in()
        assert await client.get(DEVICES)


async def test_clocks_that_differ(simulator: TuyaCloudSimulator) -> None:
    async with calling(simulator) as client:
        client.clock = 1000
        assert await client.code("GET", DEVICES) == 1013
        simulator.faults.clock_offset = 1000
        assert await client.get(DEVICES)
        client.clock = 0
        answer = await client.answer("GET", DEVICES)
        assert answer["code"] == 1013
        # The answer tells the time that the cloud goes by.
        assert answer["t"] / 1000 == pytest.approx(time.time() + 1000, abs=5)


async def test_wrong_id_and_secret(simulator: TuyaCloudSimulator) -> None:
    async with calling(simulator, log_in=False) as client:
        client.secret = "f" * 32
        assert await client.code("GET", "/v1.0/token", {"grant_type": "1"}) == 1004
        client.secret, client.access_id = simulator.access_secret, "other"
        assert await client.code("GET", "/v1.0/token", {"grant_type": "1"}) == 1005


async def test_secret_that_is_changed(simulator: TuyaCloudSimulator) -> None:
    async with calling(simulator) as client:
        simulator.access_secret = "e" * 32
        assert await client.code("GET", DEVICES) == 1004
        client.secret = "e" * 32
        assert await client.get(DEVICES)


async def test_replay(simulator: TuyaCloudSimulator) -> None:
    async with calling(simulator) as client:
        assert (await client.answer("GET", DEVICES, nonce="n"))["success"]
        assert (await client.answer("GET", DEVICES, nonce="n"))["code"] == 1004
        assert simulator.gate.replays == 1
        # Without a nonce it can't be told.
        for _ in range(2):
            assert (await client.answer("GET", DEVICES, nonce=""))["success"]


@pytest.mark.parametrize("header", ["client_id", "sign", "t", "sign_method"])
async def test_header_that_is_missing(simulator: TuyaCloudSimulator, header: str) -> None:
    async with calling(simulator) as client:
        assert (await client.answer("GET", DEVICES, **{header: None}))["code"] == 1105


async def test_query_is_signed_as_it_was_before_url_encoding(simulator: TuyaCloudSimulator) -> None:
    camera = next(device for device in simulator.devices.values() if device.camera)
    path = f"/v1.0/devices/{camera.id}/movement-configs"
    async with calling(simulator) as client:
        # 1000: it was let in, and there is no such file.
        assert await client.code("GET", path, {"bucket": "a b", "file_path": "/ä/b+c&d=e/%20.jpeg"}) == 1000


async def test_body_is_signed_as_it_is(simulator: TuyaCloudSimulator) -> None:
    lamp = next(device for device in simulator.devices.values() if device.name == "Desk lamp")
    path = f"/v1.0/devices/{lamp.id}/commands"
    body = {"commands": [{"code": "switch_led", "value": False}]}
    async with calling(simulator) as client:
        headers = client.headers("POST", path, {}, json.dumps(body).encode())
        answers = []
        for text in (json.dumps(body), json.dumps(body, separators=(",", ":"))):
            async with client.session.post(simulator.endpoint + path, data=text, headers=headers) as response:
                answers.append(await response.json())
        assert answers[0]["success"] is True
        assert answers[1]["code"] == 1004


async def test_pre_2021_signature_is_refused(simulator: TuyaCloudSimulator) -> None:
    async with calling(simulator, log_in=False) as client:
        headers = client.headers("GET", "/v1.0/token", {"grant_type": "1"}, b"")
        headers["sign"] = signed(client.secret, client.access_id, headers["t"])
        async with client.session.get(f"{simulator.endpoint}/v1.0/token?grant_type=1", headers=headers) as response:
            assert (await response.json())["code"] == 1004


async def test_stop_and_start(simulator: TuyaCloudSimulator) -> None:
    async with calling(simulator) as client:
        port = simulator.port
        await simulator.stop()
        await simulator.stop()
        assert not simulator.running
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get(DEVICES)
        async with TuyaCloudSimulator(port=port):
            with pytest.raises(OSError, match="in use"):
                await simulator.start()
        await simulator.start()
        await simulator.start()
        assert simulator.port == port
        # Tokens outlive it.
        assert await client.get(DEVICES)


async def test_stop_ends_calls_under_way(simulator: TuyaCloudSimulator) -> None:
    simulator.faults.latency = 60
    async with calling(simulator, log_in=False) as client:
        call = asyncio.create_task(client.log_in())
        await simulator.wait_for(lambda: simulator.calls["token"] == 1)
        async with asyncio.timeout(20):
            await simulator.stop()
            with pytest.raises(aiohttp.ClientError):
                await call


async def test_tls(socket_enabled: None) -> None:
    async with TuyaCloudSimulator(demo_cloud(), tls=True) as simulator:
        assert simulator.endpoint.startswith("https://127.0.0.1:")
        assert simulator.certificate is not None
        connector = aiohttp.TCPConnector(ssl=simulator.certificate.client_context())
        async with aiohttp.ClientSession(connector=connector) as session:
            client = CloudClient(simulator, session)
            await client.log_in()
            assert await client.get(DEVICES)
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await CloudClient(simulator, session).log_in()
