"""What the simulated cloud does wrong on request, and how calls are counted."""

import asyncio
from collections.abc import AsyncIterator
import json
from typing import Any

import aiohttp
import pytest

from simulators.tuya_cloud import ENDPOINTS, GROUPS, BadFault, Faults, TuyaCloudSimulator, demo_cloud
from simulators.tuya_cloud.errors import MESSAGES
from tests.loop_time import leap

from .cloud_client import CloudClient, calling

pytestmark = pytest.mark.usefixtures("socket_enabled")

DEVICES = "/v1.0/iot-01/associated-users/devices"
# Section 1.6
EVERY_CODE = (
    *(1004, 1010, 1011, 1012, 1013, 1100, 1102, 1106, 1108, 1109, 1110, 1111, 1114, 2007, 2008, 2406),
    *(28841001, 28841002, 28841004, 28841101, 28841105, 28841106, 28841107, -9999999),
)


@pytest.fixture
async def client() -> AsyncIterator[CloudClient]:
    async with TuyaCloudSimulator(demo_cloud()) as simulator, calling(simulator) as running:
        yield running


@pytest.mark.parametrize("code", EVERY_CODE)
async def test_every_code(client: CloudClient, code: int) -> None:
    client.simulator.faults.fail("devices", code, count=2)
    for _ in range(2):
        answer = await client.answer("GET", DEVICES)
        assert (answer["success"], answer["code"], answer["msg"]) == (False, code, MESSAGES[code])
        assert "result" not in answer
    assert await client.get(DEVICES)
    assert client.simulator.errors == {("devices", code): 2}
    assert [request.code for request in client.simulator.requests if request.endpoint == "devices"] == [
        code,
        code,
        None,
    ]


async def test_failures_by_endpoint_and_device(client: CloudClient) -> None:
    faults = client.simulator.faults
    first, second = list(client.simulator.devices)[:2]
    faults.fail("device", 1106, device_id=second)
    faults.fail("token", 1111, after=1, count=1, msg="not now")
    assert await client.get(f"/v1.0/devices/{first}")
    assert await client.code("GET", f"/v1.0/devices/{second}") == 1106
    assert await client.log_in()
    answer = await client.answer("GET", "/v1.0/token", {"grant_type": "1"})
    assert (answer["code"], answer["msg"]) == (1111, "not now")
    assert await client.log_in()


async def test_groups(client: CloudClient) -> None:
    faults = client.simulator.faults
    camera = next(device for device in client.simulator.devices.values() if device.camera)
    ipc = f"/v1.0/devices/{camera.id}/webrtc-configs"
    no_subscription = faults.fail("ipc", 28841106)
    assert await client.code("GET", ipc) == 28841106
    assert await client.get(DEVICES)
    faults.failures.remove(no_subscription)
    assert await client.get(ipc)
    faults.fail("business", 28841002)
    assert await client.code("GET", ipc) == 28841002
    assert await client.code("GET", DEVICES) == 28841002
    assert await client.log_in()
    faults.failures.clear()
    faults.fail("*", 1114)
    assert await client.code("GET", DEVICES) == 1114
    assert await client.code("GET", "/v1.0/token", {"grant_type": "1"}) == 1114


async def test_the_first_that_fits_counts_and_then_the_next(client: CloudClient) -> None:
    faults = client.simulator.faults
    faults.fail("devices", 1010, count=1)
    faults.fail("devices", 1110, count=1)
    assert [await client.code("GET", DEVICES) for _ in range(2)] == [1010, 1110]
    assert await client.get(DEVICES)


async def test_a_bad_signature_is_seen_before_what_is_injected(client: CloudClient) -> None:
    client.simulator.faults.fail("devices", 1106)
    client.secret = "wrong"
    assert await client.code("GET", DEVICES) == 1004


async def test_http_status(client: CloudClient) -> None:
    client.simulator.faults.fail("devices", kind="http", status=502, count=1)
    url = client.simulator.endpoint + DEVICES
    async with client.session.get(url, headers=client.headers("GET", DEVICES, {}, b"")) as response:
        assert response.status == 502
        assert response.content_type == "text/html"
    assert client.simulator.errors == {("devices", 0): 1}
    assert await client.get(DEVICES)


async def test_connection_that_ends(client: CloudClient) -> None:
    # Two, as aiohttp itself asks again where an older connection ends.
    client.simulator.faults.fail("devices", kind="drop", count=2)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.get(DEVICES)
    assert client.simulator.errors == {("devices", 0): 2}
    assert await client.get(DEVICES)


async def test_silence(client: CloudClient) -> None:
    client.simulator.faults.fail("devices", kind="silent")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await client.get(DEVICES)
    # The simulator doesn't wait for those who have gone.
    await client.simulator.wait_for(lambda: client.simulator.errors[("devices", 0)] == 1)


async def test_what_is_no_answer(client: CloudClient) -> None:
    faults = client.simulator.faults
    faults.fail("devices", kind="garbage", count=1)
    with pytest.raises(aiohttp.ContentTypeError):
        await client.get(DEVICES)
    faults.fail("devices", kind="no_object", count=1)
    assert await client.answer("GET", DEVICES) == []
    faults.fail("devices", kind="no_result", count=1)
    answer = await client.answer("GET", DEVICES)
    assert answer["success"] is True
    assert "result" not in answer
    faults.no_t = True
    assert "t" not in await client.answer("GET", DEVICES)


async def test_latency(client: CloudClient) -> None:
    faults = client.simulator.faults
    faults.latency, faults.latencies = 60, {"token": 0.0}
    await client.log_in()
    waiting = asyncio.gather(*(client.get(DEVICES) for _ in range(5)))
    await client.simulator.wait_for(lambda: client.simulator.calls["devices"] == 5)
    assert not waiting.done()
    # All of them wait at once
    leap(60)
    await waiting


async def test_latency_of_a_new_connection() -> None:
    async with TuyaCloudSimulator(faults=Faults(connect_latency=60)) as simulator, aiohttp.ClientSession() as session:
        client = CloudClient(simulator, session)
        waiting = asyncio.create_task(client.log_in())
        await simulator.wait_for(lambda: simulator.calls["token"] == 1)
        assert not waiting.done()
        leap(60)
        await waiting
        async with asyncio.timeout(30):
            await client.log_in()


async def test_quota(client: CloudClient) -> None:
    client.simulator.faults.quota = 2
    assert await client.get(DEVICES)
    assert await client.get(DEVICES)
    assert await client.code("GET", DEVICES) == 28841004
    # Tokens cost nothing.
    assert await client.log_in()
    client.simulator.faults.quota = None
    assert await client.get(DEVICES)


async def test_paths_that_are_missing(client: CloudClient) -> None:
    camera = next(device for device in client.simulator.devices.values() if device.camera)
    client.simulator.faults.missing_paths = {"/v1.0/devices/{device_id}/webrtc-configs"}
    assert await client.code("GET", f"/v1.0/devices/{camera.id}/webrtc-configs") == 1108
    assert await client.get(f"/v1.0/users/{camera.uid}/devices/{camera.id}/webrtc-configs")


async def test_unknown_paths(client: CloudClient) -> None:
    assert await client.code("GET", "/v9.0/nothing") == 1108
    assert await client.code("POST", DEVICES, body={}) == 1108
    assert client.simulator.calls[""] == 2
    assert client.simulator.business_calls == 0


async def test_counters(client: CloudClient) -> None:
    simulator = client.simulator
    device_id = next(iter(simulator.devices))
    await client.get(DEVICES, size="3")
    await client.get(f"/v1.0/devices/{device_id}/status")
    await client.code("GET", "/v1.0/devices/nobody/status")
    assert simulator.calls == {"token": 1, "devices": 1, "status": 2}
    assert simulator.business_calls == 3
    assert simulator.requests[1].query == {"size": "3"}
    assert [(request.endpoint, request.method, request.path, request.code) for request in simulator.requests] == [
        ("token", "GET", "/v1.0/token", None),
        ("devices", "GET", DEVICES, None),
        ("status", "GET", f"/v1.0/devices/{device_id}/status", None),
        ("status", "GET", "/v1.0/devices/nobody/status", 1106),
    ]


async def test_waiting_for_calls(client: CloudClient) -> None:
    simulator = client.simulator
    await simulator.wait_for_call("token")
    waiting = asyncio.create_task(simulator.wait_for_call("devices"))
    await client.get(DEVICES)
    await waiting
    with pytest.raises(TimeoutError):
        await simulator.wait_for_call("devices", timeout=0.01)


# From JSON


def test_update_and_back() -> None:
    faults = Faults()
    changes: dict[str, Any] = {
        "failures": [{"endpoint": "ipc", "code": 28841106, "count": 2}, {"endpoint": "token", "kind": "silent"}],
        "latency": 0.3,
        "latencies": {"token": 1},
        "connect_latency": 0.6,
        "clock_offset": -400,
        "no_t": True,
        "quota": 10,
        "missing_paths": ["/a"],
        "page_size": 3,
        "one_token": True,
        "strict_link_id": True,
        "odd_ices": True,
    }
    faults.update(changes)
    assert set(changes) == set(faults.as_json())
    assert faults.take("webrtc_configs") is faults.failures[0]
    assert faults.failures[0].count == 1
    text = json.dumps(faults.as_json())
    again = Faults()
    again.update(json.loads(text))
    assert again == faults
    faults.update({"quota": None})
    assert faults.quota is None
    faults.reset()
    assert faults == Faults()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gravity": 1}, "no fault is called 'gravity'; there are clock_offset"),
        ({"latency": -1}, "latency is a number of seconds from 0 to 3600"),
        ({"latency": True}, "latency is a number"),
        ({"latencies": []}, "latencies is an object"),
        ({"latencies": {"teapot": 1}}, "no endpoint 'teapot'"),
        ({"quota": -1}, "quota is an integer from 0"),
        ({"page_size": 0}, "page_size is an integer from 1 to 100"),
        ({"missing_paths": ["a"]}, "missing_paths is a list of paths"),
        ({"no_t": 1}, "no_t is true or false"),
        ({"failures": {}}, "failures is a list"),
        ({"failures": [{}]}, "failures is a list of objects with endpoint"),
        ({"failures": [{"endpoint": "teapot"}]}, "no endpoint 'teapot'"),
        ({"failures": [{"endpoint": "ipc", "kind": "rude"}]}, "one of error, http"),
        ({"failures": [{"endpoint": "ipc", "code": "x"}]}, "failures is an integer"),
        ({"failures": [{"endpoint": "ipc", "msg": 5}]}, "failures is text"),
        ({"failures": [{"endpoint": "ipc", "colour": 5}]}, "with endpoint, and any of"),
    ],
)
def test_bad_faults(changes: dict[str, Any], words: str) -> None:
    faults = Faults()
    with pytest.raises(BadFault) as raised:
        faults.update({"no_t": True} | changes)
    assert words in str(raised.value)
    assert faults == Faults()


def test_fail_knows_its_endpoints() -> None:
    with pytest.raises(BadFault, match="no endpoint 'teapot'"):
        Faults().fail("teapot")
    for names in GROUPS.values():
        assert names <= set(ENDPOINTS)
