"""Calls of the API: tokens, clocks, refusals, trouble, and pauses that do not feed it."""

import asyncio
from collections.abc import AsyncIterator
import json
import logging
import socket
from typing import Any

import aiohttp
import pytest

from custom_components.iot_gateway.clients.tuya_cloud import errors
from custom_components.iot_gateway.clients.tuya_cloud.api import TuyaCloudApi
from custom_components.iot_gateway.clients.tuya_cloud.errors import (
    CannotReachCloud,
    ClockRefused,
    CloudBusy,
    CloudError,
    CredentialsRefused,
    DataCenterSuspended,
    DeviceOffline,
    IpNotAllowed,
    NotSubscribed,
    NotSupported,
    PermissionDenied,
    QuotaExhausted,
    RequestInvalid,
    SubscriptionExpired,
    TokenRefused,
    UnknownCloudError,
    WrongDataCenter,
    error_of,
)

from .fake_cloud import ACCESS_ID, SECRET, FakeCloud, Raw, Refusal, in_turn, make_api, running

pytestmark = pytest.mark.usefixtures("socket_enabled")

THING = "GET /v1.0/thing"
TOKEN = "GET /v1.0/token"


@pytest.fixture
async def both() -> AsyncIterator[tuple[FakeCloud, TuyaCloudApi]]:
    async with running() as pair:
        pair[0].replies[THING] = {"x": 1}
        yield pair


@pytest.fixture
def cloud(both: tuple[FakeCloud, TuyaCloudApi]) -> FakeCloud:
    return both[0]


@pytest.fixture
def api(both: tuple[FakeCloud, TuyaCloudApi]) -> TuyaCloudApi:
    return both[1]


async def call(api: TuyaCloudApi, **arguments: Any) -> Any:
    return await api.call("GET", "/v1.0/thing", **arguments)


async def refused(api: TuyaCloudApi, kind: type[CloudError], **arguments: Any) -> CloudError:
    with pytest.raises(CloudError) as info:
        await call(api, **arguments)
    assert type(info.value) is kind
    return info.value


# The requests


async def test_call(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    assert await call(api) == {"x": 1}
    token, thing = cloud.requests
    assert token.query == {"grant_type": "1"}
    assert "access_token" not in token.headers
    assert thing.headers["access_token"] == "token0"
    assert thing.headers["t"] == str(round(cloud.clock.wall * 1000))
    assert thing.headers["lang"] == "en"
    assert thing.body == b""


async def test_query_is_sorted_and_encoded_only_on_the_wire(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    query = {"size": "20", "file_path": "/a b/ü+&=%41.jpg", "device_ids": "one,two"}
    await call(api, query=query)
    assert cloud.requests[-1].query == query
    assert list(cloud.requests[-1].query) == ["device_ids", "file_path", "size"]
    assert " " not in cloud.requests[-1].raw_path


@pytest.mark.parametrize("body", [{}, {"commands": [{"code": "name", "value": "Küche\n"}]}], ids=["empty", "full"])
async def test_body(cloud: FakeCloud, api: TuyaCloudApi, body: dict[str, Any]) -> None:
    cloud.replies["POST /v1.0/thing"] = True
    assert await api.call("POST", "/v1.0/thing", body=body) is True
    assert cloud.requests[-1].json == body
    assert cloud.requests[-1].headers["Content-Type"] == "application/json"


async def test_endpoint_with_a_path(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """What stands behind the host is no part of it."""
    async with aiohttp.ClientSession() as session:
        other = make_api(cloud, session, str(api._endpoint / "v1.0" / ""))
        assert await call(other) == {"x": 1}


# Tokens


async def test_one_token_for_many_calls_at_once(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    await asyncio.gather(*(call(api) for _ in range(20)))
    assert cloud.calls == {TOKEN: 1, THING: 20}


async def test_token_is_replaced_before_its_end(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    await call(api)
    cloud.clock.pass_(7200 - 61)
    await call(api)
    assert cloud.calls[TOKEN] == 1
    cloud.clock.pass_(1.5)
    await call(api)
    assert cloud.calls[TOKEN] == 2
    assert cloud.requests[-1].headers["access_token"] == "token1"


async def test_token_of_a_short_life(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """One that is over before it is replaced is used for a moment all the same, not fetched for ever."""
    cloud.token_ttl = 30
    await call(api)
    await call(api)
    assert cloud.calls[TOKEN] == 1


@pytest.mark.parametrize("code", [1010, 1011, 1012])
async def test_token_that_is_refused(cloud: FakeCloud, api: TuyaCloudApi, code: int) -> None:
    """Another is fetched and the call made once more; that is not an error to anybody."""
    await call(api)
    cloud.replies[THING] = in_turn(Refusal(code), "fine")
    assert await call(api) == "fine"
    assert cloud.calls == {TOKEN: 2, THING: 3}
    assert cloud.requests[-1].headers["access_token"] == "token1"


async def test_all_tokens_refused(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """Once more, not for ever."""
    cloud.replies[THING] = Refusal(1010)
    assert (await refused(api, TokenRefused)).code == 1010
    assert cloud.calls == {TOKEN: 2, THING: 2}


async def test_many_calls_with_a_refused_token_fetch_one(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    await call(api)

    def reply(seen: Any) -> Any:
        return Refusal(1010) if seen.headers["access_token"] == "token0" else "fine"

    cloud.replies[THING] = reply
    assert await asyncio.gather(*(call(api) for _ in range(10))) == ["fine"] * 10
    assert cloud.calls[TOKEN] == 2


@pytest.mark.parametrize(("code", "kind"), [(1004, CredentialsRefused), (28841004, QuotaExhausted), (500, CloudBusy)])
async def test_many_calls_fail_with_one_token_call(
    cloud: FakeCloud, api: TuyaCloudApi, code: int, kind: type[CloudError]
) -> None:
    """Who waits for a token that cannot be had fails with the one who asked, each with an error of its own."""
    cloud.replies[TOKEN] = Refusal(code)
    cloud.gate = asyncio.Event()
    calls = [asyncio.create_task(call(api)) for _ in range(10)]
    await asyncio.sleep(0.02)
    cloud.gate.set()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {kind}
    assert len({id(outcome) for outcome in outcomes}) == 10
    assert cloud.calls == {TOKEN: 1}


async def test_token_after_a_failure(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """An attempt that failed is not held against the next."""
    cloud.replies[TOKEN] = Refusal(1004)
    await refused(api, CredentialsRefused)
    await refused(api, CredentialsRefused)
    assert cloud.calls == {TOKEN: 2}
    del cloud.replies[TOKEN]
    assert await call(api) == {"x": 1}


async def test_waiting_call_that_is_cancelled(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """The one that fetches the token may go away; the others get theirs."""
    cloud.gate = asyncio.Event()
    first, second = asyncio.create_task(call(api)), asyncio.create_task(call(api))
    await asyncio.sleep(0.02)
    first.cancel()
    cloud.gate.set()
    assert await second == {"x": 1}
    with pytest.raises(asyncio.CancelledError):
        await first


@pytest.mark.parametrize("result", [None, {}, {"access_token": "a"}, {"access_token": "a", "expire_time": "soon"}, []])
async def test_answer_without_a_token(cloud: FakeCloud, api: TuyaCloudApi, result: Any) -> None:
    cloud.replies[TOKEN] = result
    await refused(api, CannotReachCloud)


async def test_check(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """A check fetches a token though there is one."""
    await call(api)
    await api.check()
    assert cloud.calls[TOKEN] == 2
    cloud.replies[TOKEN] = Refusal(28841004)
    for _ in range(2):
        with pytest.raises(QuotaExhausted):
            await api.check()
    assert cloud.calls[TOKEN] == 3  # the second failed for the pause


async def test_wrong_secret(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    async with aiohttp.ClientSession() as session:
        wrong = make_api(cloud, session, str(api._endpoint), secret="f" * 32)
        err = await refused(wrong, CredentialsRefused)
    assert str(err) == "sign invalid (code 1004)"
    assert cloud.problems.pop() == "GET /v1.0/token?grant_type=1 is signed wrongly"


# The clock


@pytest.mark.parametrize("ahead", [-7200.0, 7200.0])
async def test_clock_that_is_off(cloud: FakeCloud, api: TuyaCloudApi, ahead: float) -> None:
    """Ours is put right by the first answer, and stays so."""
    cloud.ahead, cloud.skew = ahead, 5.0
    assert await call(api) == {"x": 1}
    assert cloud.calls == {TOKEN: 2, THING: 1}
    await call(api)
    assert cloud.calls == {TOKEN: 2, THING: 2}


async def test_clock_that_jumps(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """A call that is refused for it is made once more; the token is as good as before."""
    cloud.skew = 5.0
    await call(api)
    cloud.ahead = 3600.0
    assert await call(api) == {"x": 1}
    assert cloud.calls == {TOKEN: 1, THING: 3}


async def test_clock_that_cannot_be_put_right(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    cloud.ahead, cloud.skew, cloud.with_time = 3600.0, 5.0, False
    await refused(api, ClockRefused)
    assert cloud.calls[TOKEN] <= 4


# Refusals


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1004, CredentialsRefused),
        (1005, CredentialsRefused),
        (1106, PermissionDenied),
        (1114, IpNotAllowed),
        (2007, WrongDataCenter),
        (2001, DeviceOffline),
        (2008, NotSupported),
        (2406, NotSupported),
        (1100, RequestInvalid),
        (1108, RequestInvalid),
        (28841001, NotSubscribed),
        (28841101, NotSubscribed),
        (28841105, NotSubscribed),
        (28841106, NotSubscribed),
        (28841002, SubscriptionExpired),
        (28841107, DataCenterSuspended),
        (-9999999, UnknownCloudError),
        (4711, UnknownCloudError),
        ("1106", PermissionDenied),
        ("-9999999", UnknownCloudError),
        (None, RequestInvalid),
        ("E_X", RequestInvalid),
        (True, RequestInvalid),
    ],
)
async def test_refusal(cloud: FakeCloud, api: TuyaCloudApi, code: Any, kind: type[CloudError]) -> None:
    """Each code has its class; nobody is made to wait for these, since trying again does no harm."""
    cloud.replies[THING] = Refusal(code, "no way")
    err = await refused(api, kind)
    assert "no way" in str(err)
    cloud.replies[THING] = "fine"
    assert await call(api) == "fine"


def test_every_class_has_a_code() -> None:
    """But those that are no answer, or stand for all others."""
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CloudError)}
    by_code = {type(error_of(code, "")) for codes in errors._KINDS.values() for code in codes}
    assert kinds - by_code == {CloudError, CannotReachCloud, UnknownCloudError}


def test_codes_are_told_apart() -> None:
    """No code belongs to two classes."""
    codes = [code for codes in errors._KINDS.values() for code in codes]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("your ip(203.0.113.9) don't have access to this API", "your ip([address]) don't have access to this API"),
        ("your ip(2001:db8::9) is not allowed", "your ip([address]) is not allowed"),
        ("::1, 2001:db8:0:0:0:0:0:9", "[address], [address]"),
        ("at 12:30:15 o'clock, version 1.2.3", "at [address] o'clock, version 1.2.3"),
        ("sign invalid: a::b", "sign invalid: [address]"),
        ("no permission: device", "no permission: device"),
    ],
)
async def test_addresses_are_for_the_user_only(cloud: FakeCloud, api: TuyaCloudApi, said: str, logged: str) -> None:
    """The cloud names our address where its list lacks it: the user must see it, the log must not. Rather too much is left out."""
    cloud.replies[THING] = Refusal(28841004, said)
    for _ in range(2):
        err = await refused(api, QuotaExhausted)
        assert str(err) == f"{logged} (code 28841004)"
        assert err.told == f"{said} (code 28841004)"


@pytest.mark.parametrize(("code", "complaints"), [(1100, 1), (1102, 1), (1109, 1), (1108, 0), (1106, 0), (2008, 0)])
async def test_defects_of_ours_are_logged(
    cloud: FakeCloud, api: TuyaCloudApi, caplog: pytest.LogCaptureFixture, code: int, complaints: int
) -> None:
    """A request that the cloud does not understand is a bug, which somebody should hear of, once."""
    cloud.replies[THING] = Refusal(code, "param is empty")
    for _ in range(3):
        with pytest.raises(CloudError):
            await api.call("GET", "/v1.0/thing")
    assert caplog.text.count("does not understand a call of the kind /v1.0/thing: param is empty") == complaints


async def test_refusal_without_a_word(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    cloud.replies[THING] = Refusal(1106, "")
    assert str(await refused(api, PermissionDenied)) == "refused without a reason (code 1106)"


# Trouble on the way


@pytest.mark.parametrize(
    "reply",
    [
        Raw(b"<html>Bad gateway</html>", 502),
        Raw(b"", 200),
        Raw(b"[]", 200, "application/json"),
        Raw(b'{"result": 1}', 200, "application/json"),
        Raw(b"\xff\xfe\x00", 200, "application/json; charset=utf-8"),
        Raw(b"{}", 200, "application/json; charset=no-such-charset"),
        Raw(b"moved", 302),
    ],
    ids=["502", "empty", "list", "no success", "no text", "odd charset", "redirect"],
)
async def test_answer_of_something_else(cloud: FakeCloud, api: TuyaCloudApi, reply: Raw) -> None:
    cloud.replies[THING] = reply
    err = await refused(api, CannotReachCloud)
    assert str(reply.status) in str(err)
    assert err.code is None


async def test_error_answer_with_an_http_status(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """What counts is what the answer says."""
    content = json.dumps({"success": False, "code": 1106, "msg": "permission deny"}).encode()
    cloud.replies[THING] = Raw(content, 403, "application/json")
    await refused(api, PermissionDenied)


async def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with aiohttp.ClientSession() as session:
            api = TuyaCloudApi(session, f"http://127.0.0.1:{unused.getsockname()[1]}", ACCESS_ID, SECRET)
            err = await refused(api, CannotReachCloud)
    assert str(err).startswith("[address] is not reachable")
    assert err.told.startswith("127.0.0.1 is not reachable")


async def test_no_answer_in_time(cloud: FakeCloud, api: TuyaCloudApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "custom_components.iot_gateway.clients.tuya_cloud.api._TIMEOUT", aiohttp.ClientTimeout(total=0.05)
    )
    cloud.gate = asyncio.Event()
    err = await refused(api, CannotReachCloud)
    assert "in time" in str(err)
    cloud.gate.set()


async def test_closed_session(cloud: FakeCloud) -> None:
    """Whoever closes the session under a call gets an error, not a crash with a traceback of aiohttp."""
    session = aiohttp.ClientSession()
    api = make_api(cloud, session, "http://127.0.0.1:1")
    await session.close()
    await refused(api, CannotReachCloud)


# Pauses


async def test_pause_while_the_cloud_is_away(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """Calls of every kind wait 1 s, 2 s, 4 s … up to a minute, and no call is made meanwhile."""
    await call(api)
    cloud.replies[THING] = Raw(b"", 503)
    for expected in (1, 2, 4, 8, 16, 32, 60, 60):
        before = len(cloud.requests)
        await refused(api, CannotReachCloud)
        assert len(cloud.requests) == before + 1
        for waited, name in ((0.0, "thing"), (expected - 0.1, "another kind")):
            cloud.clock.pass_(waited)
            await refused(api, CannotReachCloud, name=name)
        assert len(cloud.requests) == before + 1
        cloud.clock.pass_(0.2)
    cloud.replies[THING] = "fine"
    assert await call(api) == "fine"
    # and it begins anew at a second
    cloud.replies[THING] = Raw(b"", 503)
    await refused(api, CannotReachCloud)
    cloud.clock.pass_(1.1)
    cloud.replies[THING] = "fine"
    assert await call(api) == "fine"


async def test_a_refusal_ends_the_pause_of_all_calls(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """A cloud that refuses is there: the next outage begins with a short pause."""
    for _ in range(5):
        cloud.replies[THING] = Raw(b"", 503)
        await refused(api, CannotReachCloud)
        cloud.clock.pass_(1.1)
        cloud.replies[THING] = Refusal(1106)
        await refused(api, PermissionDenied)


async def test_calls_under_way_lengthen_no_pause(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    await call(api)
    cloud.replies[THING] = Raw(b"", 503)
    await asyncio.gather(*(call(api) for _ in range(8)), return_exceptions=True)
    cloud.clock.pass_(1.1)
    cloud.replies[THING] = "fine"
    assert await call(api) == "fine"


async def test_pause_while_the_cloud_is_busy(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    for code in (1110, 1111):
        cloud.replies[THING] = Refusal(code)
        await refused(api, CloudBusy)
        await refused(api, CloudBusy, name="another kind")
        assert cloud.calls[THING] == 1
        cloud.clock.pass_(1.1)
        cloud.replies[THING] = "fine"
        await call(api)
        cloud.requests.clear()


async def test_pause_when_the_quota_is_used_up(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """A minute, two, … up to an hour, for the kind of call that met it; others find out for themselves."""
    cloud.replies |= {THING: Refusal(28841004), "GET /v1.0/other": "fine"}
    hours = 0.0
    while hours < 24:
        await refused(api, QuotaExhausted)
        cloud.clock.pass_(60)
        hours += 1 / 60
    assert cloud.calls[THING] <= 30
    assert await api.call("GET", "/v1.0/other") == "fine"
    cloud.clock.pass_(3600)
    cloud.replies[THING] = "fine"
    assert await call(api) == "fine"


async def test_pause_is_drawn(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """Many clients whose cloud was away should not come back at once."""
    drawn: list[tuple[float, float]] = []

    def jitter(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    api._jitter = jitter
    cloud.replies[THING] = Raw(b"", 503)
    await refused(api, CannotReachCloud)
    assert drawn == [(0.5, 1.0)]
    cloud.clock.pass_(0.6)
    cloud.replies[THING] = "fine"
    assert await call(api) == "fine"


# Statistics


async def test_statistics(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """Calls by name, today's on their own; errors by code."""
    await call(api, name="a thing")
    cloud.replies[THING] = in_turn(Refusal(1106), Raw(b"", 503))
    await refused(api, PermissionDenied, name="a thing")
    await refused(api, CannotReachCloud, name="a thing")
    await refused(api, CannotReachCloud, name="a thing")  # not made: no call
    assert api.statistics.as_dict() == {
        "calls": {"token": 1, "a thing": 3},
        "calls_today": {"token": 1, "a thing": 3},
        "errors": {"1106": 1, "CannotReachCloud": 1},
    }
    cloud.clock.pass_(86400)
    cloud.replies[THING] = "fine"
    await call(api, name="a thing")
    assert api.statistics.today == {"token": 1, "a thing": 1}
    assert api.statistics.calls == {"token": 2, "a thing": 4}


# Secrets


async def test_secrets_stay_inside(cloud: FakeCloud, api: TuyaCloudApi, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the log nor an error nor a repr has the secret, a token or a signature."""
    caplog.set_level(logging.DEBUG)
    await call(api)
    texts = []
    for reply in (Refusal(1106), Refusal(28841004), Raw(b"", 503)):
        cloud.replies[THING] = reply
        err = await refused(api, type(error_of(reply.code, "")) if isinstance(reply, Refusal) else CannotReachCloud)
        texts += [str(err), repr(err)]
        cloud.clock.pass_(7200)
    texts += [repr(api._token), repr(api), json.dumps(api.statistics.as_dict()), caplog.text]
    secrets = {SECRET, *cloud.tokens, *(seen.headers["sign"] for seen in cloud.requests)}
    assert not [secret for secret in secrets for text in texts if secret in text]


async def test_half_of_a_character(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """A name that was cut in the middle of one: Home Assistant could not store it."""
    cloud.replies[THING] = {"name": "Lamp \ud83d"}
    assert await api.call("GET", "/v1.0/thing") == {"name": "Lamp \ufffd"}


@pytest.mark.parametrize("step", [-86_400, 3600])
async def test_our_clock_is_set(cloud: FakeCloud, api: TuyaCloudApi, step: float) -> None:
    """What the cloud's clock says does not depend on ours, once it was told."""
    assert api.cloud_time == cloud.clock.wall
    cloud.ahead = 7.0
    await api.call("GET", "/v1.0/thing")
    cloud.clock.pass_(60)
    cloud.clock.wall += step
    cloud.ahead -= step
    assert api.cloud_time == pytest.approx(cloud.now)
    cloud.skew = 1.0
    await api.call("GET", "/v1.0/thing")
    assert cloud.requests[-1].headers["t"] == str(round(cloud.now * 1000))
    assert sum(cloud.calls.values()) == 3
