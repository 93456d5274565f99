"""Message queues of the simulated Tencent cloud: their settings, the check of addresses, and what is forwarded by HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
import hashlib
import json
from typing import Any

from aiohttp import web
import pytest

from .tencent_client import CAMERA, PLUG, SENSOR, Client, key_of, tencent_cloud

pytestmark = pytest.mark.usefixtures("socket_enabled")
TOKEN = "forward-token"
PRODUCT = "SEN0SIM005"


@dataclass
class Receiver:
    """A server that messages are forwarded to."""

    url: str = ""
    echo: str | None = None
    checks: list[web.Request] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    async def get(self, request: web.Request) -> web.Response:
        self.checks.append(request)
        return web.Response(text=request.headers["Echostr"] if self.echo is None else self.echo)

    async def post(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        self.bodies.append(await request.json())
        return web.Response()

    def good(self, headers: dict[str, str], token: str = TOKEN) -> bool:
        """Tell whether headers have a signature of the token: the algorithm of the documents, once more."""
        parts = sorted([token, headers["Timestamp"], headers["Nonce"]])
        return headers["Signature"] == hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_get("/hook", receiver.get, allow_head=False)
    app.router.add_post("/hook", receiver.post)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with tencent_cloud() as running:
        yield running


@pytest.fixture
async def forwarding(client: Client, receiver: Receiver) -> Client:
    params = {"ProductId": PRODUCT, "Type": "forward", "ForwardAddress": receiver.url, "ForwardKey": TOKEN}
    await client.call("ModifyPushChannel", params)
    return client


async def test_an_address_is_checked(forwarding: Client, receiver: Receiver) -> None:
    (check,) = receiver.checks
    assert receiver.good(dict(check.headers))
    assert (check.method, check.headers["User-Agent"]) == ("GET", "Go-http-client/1.1")
    told = await forwarding.call("DescribePushChannel", {"ProductId": PRODUCT})
    assert (told["Type"], told["ForwardAddress"], told["ForwardKey"]) == ("forward", receiver.url, TOKEN)


async def test_an_address_that_does_not_answer(client: Client, receiver: Receiver) -> None:
    receiver.echo = "another"
    params = {"ProductId": PRODUCT, "Type": "forward", "ForwardKey": TOKEN}
    assert await client.code("ModifyPushChannel", params | {"ForwardAddress": receiver.url}) == "FailedOperation"
    assert await client.code("ModifyPushChannel", params | {"ForwardAddress": "hook"}) == "InvalidParameterValue"
    assert (await client.call("DescribePushChannel", {"ProductId": PRODUCT}))["Type"] == ""
    client.cloud.faults.no_echo_check = True
    assert await client.code("ModifyPushChannel", params | {"ForwardAddress": receiver.url}) == ""


async def test_a_channel_is_overwritten(forwarding: Client) -> None:
    """As the real one does: whoever wants to keep it has to look first."""
    kafka = {"CKafkaRegion": "ap-guangzhou", "CKafkaInstance": "ckafka-1", "CKafkaTopic": "things"}
    assert (
        await forwarding.code("ModifyPushChannel", {"ProductId": PRODUCT, "Type": "ckafka"}) == "InvalidParameterValue"
    )
    await forwarding.call("ModifyPushChannel", {"ProductId": PRODUCT, "Type": "ckafka", **kafka})
    told = await forwarding.call("DescribePushChannel", {"ProductId": PRODUCT})
    assert told == {"Type": "ckafka", "ForwardAddress": "", "ForwardKey": "", **kafka}


async def test_what_is_pushed(forwarding: Client, receiver: Receiver) -> None:
    account = forwarding.cloud.account
    sensor = key_of(SENSOR)
    account.report(sensor, {"humidity": 70})
    account.event(sensor, "leak_alarm", {"level": 1.5})
    account.set_online(sensor, online=False)
    account.custom(sensor, {"hello": "world"})
    account.report(key_of(PLUG), {"power": 1.0})  # another product, without a channel
    await forwarding.cloud.pusher.drained()
    assert [body["topic"] for body in receiver.bodies] == [
        f"$thing/up/property/{sensor}",
        f"$thing/up/event/{sensor}",
        f"$state/report/{sensor}",
        f"{sensor}/data",
    ]
    report, event, state, custom = (body["payload"] for body in receiver.bodies)
    assert (report["method"], report["params"]) == ("report", {"humidity": 70})
    assert (event["eventId"], event["type"], event["params"]) == ("leak_alarm", "alert", {"level": 1.5})
    assert (state["event"], custom) == ("EV_OFFLINE", {"hello": "world"})
    head = receiver.bodies[0]
    assert (head["productId"], head["deviceName"]) == (PRODUCT, "cellar_sensor")
    assert head["timeMillis"] // 1000 == head["timestamp"]
    assert all(receiver.good(headers) for headers in receiver.headers)
    assert len({headers["Nonce"] for headers in receiver.headers}) == 4
    assert [push.status for push in forwarding.cloud.pusher.pushes] == [200] * 4


async def test_other_forms(forwarding: Client, receiver: Receiver) -> None:
    faults, account = forwarding.cloud.faults, forwarding.cloud.account
    for form in ("rule_engine", "flat"):
        faults.update({"push_form": form})
        account.report(key_of(SENSOR), {"leak": 1})
        await forwarding.cloud.pusher.drained()
    lower, flat = receiver.bodies
    assert set(lower) == {"devicename", "payload", "productid", "seq", "timestamp", "topic"}
    assert (flat["method"], flat["params"], flat["deviceName"]) == ("report", {"leak": 1}, "cellar_sensor")


async def test_bad_pushes(forwarding: Client, receiver: Receiver) -> None:
    async def push(**faults: Any) -> list[dict[str, str]]:
        receiver.headers.clear()
        forwarding.cloud.faults.reset()
        forwarding.cloud.faults.update(faults)
        forwarding.cloud.account.report(key_of(SENSOR), {"leak": 1})
        await forwarding.cloud.pusher.drained()
        return list(receiver.headers)

    assert await push(push_lost=True) == []
    (unsigned,) = await push(push_unsigned=True)
    assert "Signature" not in unsigned
    (wrong,) = await push(push_wrong_token=True)
    assert not receiver.good(wrong)
    (fresh,), (old,) = await push(), await push(push_age=900)
    assert receiver.good(old) and int(fresh["Timestamp"]) - int(old["Timestamp"]) >= 890
    first, second = await push(push_replayed=True)
    assert first["Nonce"] == second["Nonce"]
    first, second = await push(push_twice=True)
    assert first["Nonce"] != second["Nonce"]


async def test_a_receiver_that_is_away_stops_nothing(forwarding: Client, receiver: Receiver) -> None:
    channel = forwarding.cloud.pusher.channels[PRODUCT]
    forwarding.cloud.pusher.channels[PRODUCT] = type(channel)(type="forward", address="http://127.0.0.1:9/")
    forwarding.cloud.account.report(key_of(SENSOR), {"leak": 1})
    forwarding.cloud.pusher.channels[PRODUCT] = channel
    forwarding.cloud.account.report(key_of(SENSOR), {"leak": 0})
    await forwarding.cloud.pusher.drained()
    assert [push.status for push in forwarding.cloud.pusher.pushes] == [0, 200]
    assert [body["payload"]["params"] for body in receiver.bodies] == [{"leak": 0}]


async def test_the_older_form_of_forwarding(client: Client, receiver: Receiver) -> None:
    address = json.dumps([{"forward": {"api": receiver.url, "token": TOKEN}}])
    params = {"ProductId": "CAM0SIM001", "ForwardAddr": address, "DataChose": 2}
    assert await client.code("ModifyDataForward", params) == "ResourceNotFound"
    assert await client.code("CreateDataForward", params | {"ForwardAddr": "[]"}) == "InvalidParameterValue"
    await client.call("CreateDataForward", params)
    assert await client.code("CreateDataForward", params) == "FailedOperation"
    client.cloud.account.restart(key_of(CAMERA))  # it isn't on yet
    await client.call("ModifyDataForwardStatus", {"ProductId": "CAM0SIM001", "Status": 1})
    (told,) = (await client.call("DescribeDataForwardList", {"ProductIds": '["CAM0SIM001", "NVR0SIM002"]'}))["DataForwardList"]  # fmt: skip
    assert (told["Status"], told["DataChose"], json.loads(told["ForwardAddr"])) == (1, 2, json.loads(address))
    client.cloud.account.report(key_of(CAMERA), {"volume": 5})
    client.cloud.account.set_online(key_of(CAMERA), online=False)
    await client.cloud.pusher.drained()
    assert [body["payload"].get("event") for body in receiver.bodies] == ["EV_OFFLINE"]
    assert len(receiver.checks) == 2
