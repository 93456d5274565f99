"""Calls of the API: what is sent, clocks, refusals, the pace, and pauses that do not feed trouble."""

import asyncio
import hashlib
import hmac
import json
import logging
import socket
from typing import Any

import aiohttp
import pytest

from custom_components.iot_gateway.clients.tencent_video import api as api_module
from custom_components.iot_gateway.clients.tencent_video.api import Backend, TencentApi
from custom_components.iot_gateway.clients.tencent_video.errors import (
    CannotReachCloud,
    ClockWrong,
    CloudFailed,
    CredentialsRefused,
    NotFound,
    PermissionDenied,
    RateLimited,
    RequestInvalid,
    TencentError,
)
from custom_components.iot_gateway.clients.tencent_video.rate_limit import RateLimiter

from .fake_cloud import SECRET_ID, SECRET_KEY, FakeCloud, Raw, Refusal, Seen, make_api

THING = "DescribeDevice"


async def refused(api: TencentApi, kind: type[TencentError], action: str = THING) -> TencentError:
    with pytest.raises(TencentError) as info:
        await api.call(action)
    assert type(info.value) is kind
    return info.value


# The requests


def expected_authorization(seen: Seen) -> str:
    """Return what a request must have in its header `Authorization`, by a second reading of the page."""
    hashed = hashlib.sha256(seen.body).hexdigest()
    lines = ["POST", "/", "", f"content-type:{seen.headers['Content-Type']}", f"host:{seen.headers['Host']}", ""]
    request = hashlib.sha256("\n".join([*lines, "content-type;host", hashed]).encode()).hexdigest()
    scope = "2026-09-21/iotvideo/tc3_request"
    key = b"TC3" + SECRET_KEY.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"TC3-HMAC-SHA256\n{seen.headers['X-TC-Timestamp']}\n{scope}\n{request}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{scope}, SignedHeaders=content-type;host, Signature={signature}"


async def test_request(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies[THING] = {"Online": 1}
    assert await api.call(THING, {"DeviceName": "Küche", "Limit": 0, "Context": None}) == {"Online": 1}
    (seen,) = cloud.requests
    assert seen.params == {"DeviceName": "Küche", "Limit": 0}
    assert seen.path == "/"
    assert seen.headers["X-TC-Version"] == "2021-11-25"
    assert seen.headers["X-TC-Region"] == "ap-guangzhou"
    assert seen.headers["X-TC-Timestamp"] == str(int(cloud.clock.wall))
    assert seen.headers["Host"] == f"127.0.0.1:{api._endpoint.port}"
    assert "X-TC-Token" not in seen.headers
    assert seen.headers["Authorization"] == expected_authorization(seen)


async def test_temporary_keys_and_another_service(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies[THING] = {}
    async with aiohttp.ClientSession() as session:
        other = make_api(
            cloud,
            session,
            str(api._endpoint / "path"),
            token="sts",
            backend=Backend(service="iotexplorer", version="2019-04-23"),
        )
        assert await other.call(THING) == {}
    (seen,) = cloud.requests
    assert seen.headers["X-TC-Token"] == "sts"
    assert seen.headers["X-TC-Version"] == "2019-04-23"
    assert "/iotexplorer/tc3_request" in seen.headers["Authorization"]
    assert seen.path == "/"


# The clock


async def test_clock_of_the_cloud_is_used(cloud: FakeCloud, api: TencentApi) -> None:
    """A clock that is an hour off costs one call and no error."""
    cloud.ahead = 3600
    cloud.skew = 300
    cloud.replies[THING] = {"x": 1}
    assert await api.call(THING) == {"x": 1}
    assert len(cloud.requests) == 2
    assert api.clock_offset == pytest.approx(3600, abs=1)
    assert await api.call(THING) == {"x": 1}
    assert len(cloud.requests) == 3
    assert api.cloud_time == pytest.approx(cloud.clock.wall + 3600, abs=1)
    # Put right, as by NTP
    cloud.ahead = 1
    assert await api.call(THING) == {"x": 1}
    assert api.clock_offset == 0


async def test_clock_that_cannot_be_learnt(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.with_date = False
    cloud.ahead = -900
    cloud.skew = 300
    err = await refused(api, ClockWrong)
    assert isinstance(err, ClockWrong)
    assert err.offset == 0
    assert len(cloud.requests) == 2


async def test_clock_that_stays_wrong_tells_the_offset(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.ahead = -900
    cloud.replies[THING] = Refusal("AuthFailure.SignatureExpire")
    err = await refused(api, ClockWrong)
    assert isinstance(err, ClockWrong)
    assert err.offset == pytest.approx(-900, abs=1)


# Refusals


async def test_refusal(cloud: FakeCloud, api: TencentApi, caplog: pytest.LogCaptureFixture) -> None:
    cloud.replies[THING] = Refusal("UnauthorizedOperation.CamNoAuth", "not allowed")
    err = await refused(api, PermissionDenied)
    assert isinstance(err, PermissionDenied)
    assert (err.action, err.request_id) == (THING, "r-1")
    cloud.replies[THING] = Refusal("InvalidParameter")
    await refused(api, RequestInvalid)
    await refused(api, RequestInvalid)
    # A defect of ours is logged, and once
    assert [record.levelno for record in caplog.records if "does not take" in record.message] == [logging.WARNING]
    assert api.statistics.as_dict()["errors"] == {"UnauthorizedOperation.CamNoAuth": 1, "InvalidParameter": 2}


async def test_secrets_stay_out_of_logs(cloud: FakeCloud, api: TencentApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cloud.replies[THING] = Refusal("AuthFailure.SignatureFailure", f"{SECRET_ID} does not fit")
    err = await refused(api, CredentialsRefused)
    assert SECRET_ID not in str(err) + repr(err) + caplog.text
    assert SECRET_KEY not in str(err) + repr(err) + caplog.text + repr(api)


# Trouble


@pytest.mark.parametrize(
    "raw",
    [
        Raw(b"<html>", 502),
        Raw(b"", 200),
        Raw(b"[]", 200),
        Raw(b'{"Response": 1}', 200),
        Raw(b"[" * 200_000, 200),
        Raw(b"\xff", 200),
    ],
    ids=["502", "empty", "list", "number", "deep", "no text"],
)
async def test_answers_that_are_not_the_clouds(cloud: FakeCloud, api: TencentApi, raw: Raw) -> None:
    cloud.replies[THING] = raw
    err = await refused(api, CannotReachCloud)
    assert str(raw.status) in str(err)


async def test_error_with_a_status_is_still_the_clouds(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies[THING] = Raw(json.dumps({"Response": {"Error": {"Code": "ResourceNotFound"}}}).encode(), 404)
    await refused(api, NotFound)


async def test_error_without_a_form(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies[THING] = {"Error": "strange"}
    with pytest.raises(TencentError, match="without a reason"):
        await api.call(THING)


async def test_nobody_there(socket_enabled: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    async with aiohttp.ClientSession() as session:
        api = make_api(FakeCloud(), session, f"http://127.0.0.1:{port}")
        await refused(api, CannotReachCloud)
    await refused(api, CannotReachCloud)


async def test_answer_that_does_not_come(cloud: FakeCloud, api: TencentApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "_TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    over = asyncio.Event()
    cloud.gate = over
    assert "in time" in str(await refused(api, CannotReachCloud))
    over.set()


async def test_closed_session(cloud: FakeCloud, api: TencentApi) -> None:
    await api._session.close()
    assert "closed" in str(await refused(api, CannotReachCloud))


@pytest.mark.parametrize(
    ("reply", "kind", "of_all"),
    [
        (Raw(b"", 503), CannotReachCloud, True),
        (Refusal("AuthFailure.SecretIdNotFound"), CredentialsRefused, True),
        (Refusal("InternalError"), CloudFailed, False),
        (Refusal("RequestLimitExceeded"), RateLimited, False),
    ],
    ids=["unreachable", "credentials", "internal", "limit"],
)
async def test_pauses(cloud: FakeCloud, api: TencentApi, reply: Any, kind: type[TencentError], of_all: bool) -> None:
    """After a failure calls pause for 1, 2, 4 seconds…; a refusal is told again without a call."""
    cloud.replies |= {THING: reply, "Other": {}}
    for pause in (1, 2, 4, 8):
        before = len(cloud.requests)
        first = await refused(api, kind)
        second = await refused(api, kind)
        assert first is not second
        assert str(first) == str(second)
        assert len(cloud.requests) == before + 1
        cloud.clock.pass_(pause - 0.01)
        await refused(api, kind)
        assert len(cloud.requests) == before + 1
        cloud.clock.pass_(0.02)
    await refused(api, kind)
    if of_all:
        await refused(api, kind, "Other")
    else:
        assert await api.call("Other") == {}
    cloud.clock.pass_(16.1)
    cloud.replies[THING] = {}
    assert await api.call(THING) == {}
    # It begins anew
    cloud.replies[THING] = reply
    await refused(api, kind)
    cloud.clock.pass_(1.01)
    before = len(cloud.requests)
    await refused(api, kind)
    assert len(cloud.requests) == before + 1


async def test_pauses_end_somewhere(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies[THING] = Raw(b"", 503)
    for _ in range(12):
        await refused(api, CannotReachCloud)
        cloud.clock.pass_(60.1)
    assert len(cloud.requests) == 12


async def test_refusal_ends_the_pause_of_a_cloud_that_was_away(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies[THING] = Raw(b"", 503)
    await refused(api, CannotReachCloud)
    cloud.clock.pass_(1.01)
    cloud.replies[THING] = Refusal("ResourceNotFound")
    await refused(api, NotFound)
    await refused(api, NotFound)
    assert len(cloud.requests) == 3
    # The next pause is a first one again
    cloud.replies[THING] = Raw(b"", 503)
    await refused(api, CannotReachCloud)
    cloud.clock.pass_(1.01)
    await refused(api, CannotReachCloud)
    assert len(cloud.requests) == 5


async def test_failures_at_once_are_one_pause(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies[THING] = Raw(b"", 503)
    answers = await asyncio.gather(*(api.call(THING) for _ in range(8)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {CannotReachCloud}
    cloud.clock.pass_(1.01)
    cloud.replies[THING] = {}
    assert await api.call(THING) == {}


# The pace


def test_rate_limiter() -> None:
    """No second has more than the rate, wherever it begins."""
    limiter = RateLimiter(3)
    times = sorted(now + limiter.reserve(now) for now in [0.0, 0.1, 0.5, 0.5, 0.6, 0.7, 0.8, 3.0, 2.9])
    assert times == pytest.approx([0.0, 0.1, 0.5, 1.25, 1.35, 1.75, 2.5, 3.0, 3.0])


async def test_pace(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies |= {THING: {}, "DescribeDeviceData": {}}
    for _ in range(20):
        await api.call(THING)
    assert cloud.slept == []
    await api.call(THING)
    assert cloud.slept == [1.25]
    assert api.statistics.delayed == 1
    for _ in range(40):
        await api.call("DescribeDeviceData")
    assert len(cloud.slept) == 1


async def test_those_that_wait_hear_of_trouble(cloud: FakeCloud, api: TencentApi) -> None:
    """What waits for its turn does not run against a wall that others have found meanwhile."""
    cloud.replies[THING] = [*([{}] * 20), Refusal("RequestLimitExceeded")]
    for _ in range(20):
        await api.call(THING)
    turn = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await turn.wait()

    api._sleep = sleep
    waiting = asyncio.create_task(api.call(THING))
    await asyncio.sleep(0)
    api._limiters.clear()
    await refused(api, RateLimited)
    turn.set()
    with pytest.raises(RateLimited):
        await waiting
    assert len(cloud.requests) == 21


async def test_statistics(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies[THING] = {}
    await api.call(THING)
    cloud.clock.pass_(86400)
    await api.call(THING)
    assert api.statistics.as_dict() == {
        "calls": {THING: 2},
        "calls_today": {THING: 1},
        "errors": {},
        "delayed": 0,
    }
