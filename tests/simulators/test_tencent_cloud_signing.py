"""Who may call the simulated Tencent cloud: the published vectors, and everything that can be wrong with a call."""

from collections.abc import AsyncIterator
import json
import time
from typing import Any

import aiohttp
import pytest

from simulators.tencent_cloud.signing import canonical_request, forward_signature, parse_authorization, sign

from .tencent_client import CAMERA, SENSOR, Client, tencent_cloud

pytestmark = pytest.mark.usefixtures("socket_enabled")
PAGE = {"Limit": 100, "Offset": 0}


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with tencent_cloud() as running:
        yield running


def test_published_vector() -> None:
    """The official documents' own example (section 1.2)."""
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    headers = {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"}
    signature = sign(
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", 1551113065, "cvm", canonical_request("POST", "/", "", headers, body)
    )
    assert signature == "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"


def test_published_vector_of_pushes() -> None:
    """The official documents' own example (section 3)."""
    assert forward_signature("aaa", "1604458421", "IkOaKMDalrAzUTxC") == "c259ed29ec13ba7c649fe0893007401a36e70453"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Basic abc",
        "TC3-HMAC-SHA256 Credential=a/2021-01-01/iotvideo/tc3_request, SignedHeaders=host, Signature=12",
        "TC3-HMAC-SHA256 Credential=a/iotvideo/tc3_request, SignedHeaders=content-type;host, Signature=" + "0" * 64,
    ],
)
def test_authorization_of_another_form(text: str) -> None:
    assert parse_authorization(text) is None


async def test_a_good_call(client: Client) -> None:
    answer = await client.call("DescribeProducts", PAGE)
    assert answer["TotalCount"] == 6
    assert client.cloud.calls == {"DescribeProducts": 1}
    assert not client.cloud.errors


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": "another"}, "AuthFailure.SignatureFailure"),
        ({"id": "AKIDanother"}, "AuthFailure.SecretIdNotFound"),
        ({"ahead": -900}, "AuthFailure.SignatureExpire"),
        ({"ahead": 900}, "AuthFailure.SignatureExpire"),
        ({"date": "2019-02-25"}, "AuthFailure.SignatureFailure"),
        ({"service": "cvm"}, "AuthFailure.InvalidAuthorization"),
        ({"version": "2020-12-15"}, "NoSuchVersion"),
        ({"region": "mars-1"}, "UnsupportedRegion"),
        ({"region": ""}, "MissingParameter"),
        ({"type": "text/plain"}, "UnsupportedProtocol"),
    ],
)
async def test_what_is_wrong_with_a_call(client: Client, changes: dict[str, Any], code: str) -> None:
    # Not of when the tests were gathered, which is a while ago
    if "ahead" in changes:
        changes = {"time": int(time.time()) + changes["ahead"]}
    assert await client.code("DescribeProducts", PAGE, **changes) == code
    assert client.cloud.errors == {("DescribeProducts", code): 1}


async def test_body_and_type_are_signed(client: Client) -> None:
    """Another body than that which was signed, and another Content-Type."""
    headers = client.headers("DescribeProducts", json.dumps(PAGE).encode())
    for changed, body in (
        (headers, b'{"Limit": 1, "Offset": 0}'),
        (headers | {"Content-Type": "application/json; charset=utf-8"}, json.dumps(PAGE).encode()),
    ):
        async with client.session.post(client.cloud.endpoint + "/", data=body, headers=changed) as response:
            assert (await response.json())["Response"]["Error"]["Code"] == "AuthFailure.SignatureFailure"


async def test_temporary_keys_need_their_token(client: Client) -> None:
    client.cloud.gate.token = "temporary"
    assert await client.code("DescribeProducts", PAGE) == "AuthFailure.TokenFailure"


async def test_the_clock_is_told(client: Client) -> None:
    client.cloud.faults.clock_offset = 3600
    assert await client.code("DescribeProducts", PAGE) == "AuthFailure.SignatureExpire"
    async with client.session.get(client.cloud.endpoint + "/") as response:
        told = aiohttp.helpers.parse_http_date(response.headers["Date"])
    assert told is not None and 3590 < told.timestamp() - time.time() < 3610
    assert await client.code("DescribeProducts", PAGE, time=int(told.timestamp())) == ""


@pytest.mark.parametrize(
    ("action", "params", "code"),
    [
        ("DescribeNothing", {}, "InvalidAction"),
        ("DescribeProducts", {"Limit": 10}, "MissingParameter"),
        ("DescribeProducts", {"Limit": "10", "Offset": 0}, "InvalidParameter"),
        ("DescribeProducts", {"Limit": True, "Offset": 0}, "InvalidParameter"),
        ("DescribeProducts", {"Limit": 101, "Offset": 0}, "InvalidParameterValue"),
        ("DescribeProducts", {"Limit": 10, "Offset": 0, "More": 1}, "UnknownParameter"),
        ("DescribeDevices", {"ProductId": "NONE", **PAGE}, "ResourceNotFound"),
        ("DescribeDeviceData", {"ProductId": "CAM0SIM001", "DeviceName": "none"}, "ResourceNotFound"),
        ("DescribeDeviceDataHistory", {**CAMERA, "MinTime": 0, "MaxTime": 1, "FieldName": "volume", "Limit": 5}, "InvalidParameter"),
        ("DescribeP2PInfo", SENSOR, "ResourceNotFound"),
        ("WakeUpDevice", CAMERA, "UnsupportedOperation"),
    ],
)  # fmt: skip
async def test_parameters_are_checked(client: Client, action: str, params: dict[str, Any], code: str) -> None:
    assert await client.code(action, params) == code


async def test_permissions_by_action(client: Client) -> None:
    client.cloud.faults.update(
        {
            "policy": {
                "statement": [
                    {"effect": "allow", "action": ["name/iotvideo:Describe*"], "resource": ["*"]},
                    {"effect": "deny", "action": "iotvideo:DescribeP2PInfo"},
                ]
            }
        }
    )
    assert await client.code("DescribeProducts", PAGE) == ""
    assert await client.code("DescribeP2PInfo", CAMERA) == "UnauthorizedOperation"
    assert await client.code("ControlDeviceData", {**CAMERA, "Data": "{}"}) == "UnauthorizedOperation"
    client.cloud.faults.update({"policy": None})
    assert await client.code("DescribeP2PInfo", CAMERA) == ""


async def test_rates_are_kept_by_action() -> None:
    clock = [time.time()]
    async with tencent_cloud(now=lambda: clock[0]) as client:
        codes = [await client.code("DescribeDevice", CAMERA) for _ in range(22)]
        assert codes == [""] * 20 + ["RequestLimitExceeded"] * 2
        assert [await client.code("DescribeDeviceData", CAMERA) for _ in range(30)] == [""] * 30
        clock[0] += 1
        assert await client.code("DescribeDevice", CAMERA) == ""
        client.cloud.faults.rates = {"DescribeDevice": 1}
        assert await client.code("DescribeDevice", CAMERA) == "RequestLimitExceeded"
