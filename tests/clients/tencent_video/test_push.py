"""Pushes: who may push, and what is read of what is pushed."""

from base64 import b64encode
import json
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tencent_video.push import (
    MAX_BODY,
    ActionPush,
    CustomPush,
    EventPush,
    ForwardGuard,
    ForwardRefused,
    OtherPush,
    PropertyPush,
    PushInvalid,
    RefusalReason,
    StatusPush,
    ThingEvent,
    forward_signature,
    parse_push,
)

from .fake_cloud import DEVICE, PRODUCT

TOKEN = "aaa"
TIME = "1604458421"
NONCE = "IkOaKMDalrAzUTxC"
SIGNATURE = "c259ed29ec13ba7c649fe0893007401a36e70453"


def test_published_example() -> None:
    assert forward_signature(TOKEN, TIME, NONCE) == SIGNATURE


def headers(**changes: str) -> dict[str, str]:
    return {"Signature": SIGNATURE, "Timestamp": TIME, "Nonce": NONCE, **changes}


def guard_at(offset: float = 0.0, token: str = TOKEN) -> ForwardGuard:
    return ForwardGuard(token, now=lambda: int(TIME) + offset)


@pytest.mark.parametrize("offset", [0, 299, -299, 300])
def test_good_headers(offset: float) -> None:
    guard_at(offset).check(headers())
    guard_at(offset).check({name.lower(): value for name, value in headers().items()})
    guard_at(offset).check(headers(Signature=SIGNATURE.upper()))
    assert guard_at(offset).echo({**headers(), "Echostr": "e c h o"}) == "e c h o"


@pytest.mark.parametrize(
    ("changes", "offset", "reason"),
    [
        ({"Signature": ""}, 0, RefusalReason.HEADERS),
        ({"Timestamp": ""}, 0, RefusalReason.HEADERS),
        ({"Nonce": ""}, 0, RefusalReason.HEADERS),
        ({"Timestamp": "now"}, 0, RefusalReason.HEADERS),
        ({"Timestamp": "-1604458421"}, 0, RefusalReason.HEADERS),
        ({"Timestamp": "٣"}, 0, RefusalReason.HEADERS),
        ({"Timestamp": "9" * 5000}, 0, RefusalReason.HEADERS),
        ({"Signature": SIGNATURE[:-1]}, 0, RefusalReason.SIGNATURE),
        ({"Signature": "ü"}, 0, RefusalReason.SIGNATURE),
        # Bytes that are no UTF-8, as aiohttp gives them
        ({"Signature": "\udcff"}, 0, RefusalReason.SIGNATURE),
        ({"Nonce": "\udcff"}, 0, RefusalReason.SIGNATURE),
        ({"Timestamp": "1604458422"}, 0, RefusalReason.SIGNATURE),
        ({"Nonce": "another"}, 0, RefusalReason.SIGNATURE),
        ({}, 301, RefusalReason.STALE),
        ({}, -301, RefusalReason.STALE),
    ],
)
def test_bad_headers(changes: dict[str, str], offset: float, reason: RefusalReason) -> None:
    with pytest.raises(ForwardRefused) as info:
        guard_at(offset).check(headers(**changes))
    assert info.value.reason is reason
    assert TOKEN not in str(info.value)
    assert SIGNATURE not in str(info.value)


def test_wrong_token() -> None:
    with pytest.raises(ForwardRefused) as info:
        guard_at(token="test").check(headers())
    assert info.value.reason is RefusalReason.SIGNATURE


def test_no_token() -> None:
    """The cloud does not sign then, and anybody could push."""
    with pytest.raises(ValueError, match="token"):
        ForwardGuard("")


def test_no_echo() -> None:
    with pytest.raises(ForwardRefused) as info:
        guard_at().echo(headers())
    assert info.value.reason is RefusalReason.HEADERS


def test_replay() -> None:
    """As long as the time would do, the nonce is known; a refused request does not use it up."""
    now = float(TIME)
    guard = ForwardGuard(TOKEN, now=lambda: now)
    with pytest.raises(ForwardRefused):
        guard.check(headers(Signature="0" * 40))
    guard.check(headers())
    for offset in (0, 100, 300):
        now = int(TIME) + offset
        with pytest.raises(ForwardRefused) as info:
            guard.check(headers())
        assert info.value.reason is RefusalReason.REPLAYED
    other = {"Signature": forward_signature(TOKEN, TIME, "other"), "Timestamp": TIME, "Nonce": "other"}
    guard.check(other)


def test_replay_in_other_pieces() -> None:
    """Time and nonce are signed without a border between them: the same text cut elsewhere is the same push."""
    guard = guard_at()
    signature = forward_signature(TOKEN, TIME, "00")
    assert signature == forward_signature(TOKEN, f"0{TIME}", "0")
    guard.check(headers(Signature=signature, Nonce="00"))
    with pytest.raises(ForwardRefused) as info:
        guard.check(headers(Signature=signature, Timestamp=f"0{TIME}", Nonce="0"))
    assert info.value.reason is RefusalReason.REPLAYED


def test_memory_of_nonces_is_bounded_by_the_window() -> None:
    now = float(TIME)
    guard = ForwardGuard(TOKEN, window=10, now=lambda: now)
    for n in range(100):
        now = int(TIME) + n
        time = str(int(now))
        guard.check({"Signature": forward_signature(TOKEN, time, "n"), "Timestamp": time, "Nonce": "n"})
    assert len(guard._seen) <= 11


# What is pushed: bodies as in the logs of the document, put together again

STATUS = {
    "payload": {
        "deviceName": DEVICE,
        "event": "EV_ONLINE",
        "productId": PRODUCT,
        "reason": "REASON_DEVICE_CONNECT",
        "timestamp": 1631876578,
        "topic": f"$state/report/{PRODUCT}/{DEVICE}",
    },
    "timeMillis": 1631876578145,
    "seq": 631412,
    "timestamp": 1631876578,
    "topic": f"$state/report/{PRODUCT}/{DEVICE}",
    "deviceName": DEVICE,
    "productId": PRODUCT,
}
REPORT = {
    "payload": {
        "clientToken": "UFTL8PSPBW-3",
        "method": "report",
        "params": {"dev_info": {"audio_codec": "AAC", "video_codec": "H264"}, "Record_Enable": 0},
    },
    "timeMillis": 1631876582517,
    "seq": 631581,
    "timestamp": 1631876582,
    "topic": f"$thing/up/property/{PRODUCT}/{DEVICE}",
    "deviceName": DEVICE,
    "productId": PRODUCT,
}


def lower_case(body: dict[str, Any]) -> dict[str, Any]:
    """Write a body as the rule engine does."""
    return {name.lower(): value for name, value in body.items() if name != "timeMillis"}


def flat(body: dict[str, Any]) -> dict[str, Any]:
    """Have everything at one level."""
    return {**body["payload"], **{name: value for name, value in body.items() if name != "payload"}}


def nested(body: dict[str, Any]) -> dict[str, Any]:
    """Have everything in the payload."""
    return {"payload": flat(body)}


def without_topic(body: dict[str, Any]) -> dict[str, Any]:
    payload = {name: value for name, value in body["payload"].items() if name != "topic"}
    return {**body, "topic": "", "payload": payload}


def text_payload(body: dict[str, Any]) -> dict[str, Any]:
    """Write the payload as a JSON text."""
    return {**body, "payload": json.dumps(body["payload"])}


def topic_only(body: dict[str, Any]) -> dict[str, Any]:
    """Name the device in the topic only."""
    payload = {name: value for name, value in body["payload"].items() if name not in {"deviceName", "productId"}}
    return {"payload": payload, "topic": body["topic"], "seq": body["seq"], "timeMillis": body["timeMillis"]}


def damaged_topic(body: dict[str, Any]) -> dict[str, Any]:
    """Write the topic as the document has it."""
    prefix, _, rest = body["topic"].partition(f"/{PRODUCT}/")
    return {**body, "topic": f"{prefix}/{PRODUCT}_{rest}"}


FORMS = [dict, lower_case, flat, nested, without_topic, text_payload, topic_only, damaged_topic]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("as_bytes", [True, False])
def test_status(form: Any, as_bytes: bool) -> None:
    body = form(STATUS)
    push = parse_push(json.dumps(body).encode() if as_bytes else body)
    assert isinstance(push, StatusPush)
    assert (push.product_id, push.device_name) == (PRODUCT, DEVICE)
    assert (push.online, push.event, push.reason) == (True, "EV_ONLINE", "REASON_DEVICE_CONNECT")
    assert push.time_ms in {1631876578145, 1631876578000}
    assert push.sequence == 631412


@pytest.mark.parametrize("form", FORMS)
def test_report(form: Any) -> None:
    push = parse_push(form(REPORT))
    assert isinstance(push, PropertyPush)
    assert (push.product_id, push.device_name) == (PRODUCT, DEVICE)
    assert push.values == {"dev_info": {"audio_codec": "AAC", "video_codec": "H264"}, "Record_Enable": 0}
    assert push.client_token == "UFTL8PSPBW-3"
    assert push.sequence == 631581


@pytest.mark.parametrize(("event", "online"), [("EV_OFFLINE", False), ("EV_SLEEP", None), ("ev_online", True)])
def test_other_statuses(event: str, online: bool | None) -> None:
    push = parse_push({**STATUS, "payload": {"event": event}})
    assert isinstance(push, StatusPush)
    assert (push.online, push.event, push.reason) == (online, event, "")


def pushed(kind: str, payload: Any) -> dict[str, Any]:
    return {"topic": f"$thing/up/{kind}/{PRODUCT}/{DEVICE}", "payload": payload, "seq": 1}


def test_event() -> None:
    payload = {
        "method": "event_post",
        "clientToken": "c",
        "version": "1.0",
        "eventId": "move",
        "type": "alert",
        "timestamp": 1631876578,
        "params": {"Zone": 1},
    }
    push = parse_push(pushed("event", payload))
    assert isinstance(push, EventPush)
    assert push.events == (ThingEvent(event_id="move", type="alert", params={"Zone": 1}, time_ms=1631876578000),)
    assert parse_push({**payload, "deviceName": DEVICE}).device_name == DEVICE


def test_events_together() -> None:
    entries = [{"eventId": "a", "type": "info", "timestamp": 1631876578123, "params": {}}, {"eventId": "b"}, {}, 5]
    push = parse_push(pushed("event", {"method": "events_post", "events": entries}))
    assert isinstance(push, EventPush)
    assert push.events == (
        ThingEvent(event_id="a", type="info", time_ms=1631876578123),
        ThingEvent(event_id="b"),
    )


def test_action() -> None:
    payload = {
        "method": "action_reply",
        "clientToken": "t:1",
        "code": 0,
        "status": "ok",
        "response": {"left": 5},
    }
    push = parse_push(pushed("action", payload))
    assert isinstance(push, ActionPush)
    assert (push.client_token, push.code, push.status, push.outputs) == ("t:1", 0, "ok", {"left": 5})


def test_custom() -> None:
    topic = f"{PRODUCT}/{DEVICE}/data"
    push = parse_push({"topic": topic, "payload": b64encode(b"\x00\xff").decode()})
    assert isinstance(push, CustomPush)
    assert (push.product_id, push.device_name, push.topic) == (PRODUCT, DEVICE, topic)
    assert push.data == b"\x00\xff"
    push = parse_push({"topic": topic, "payload": {"Hello": "world"}})
    assert isinstance(push, CustomPush)
    assert push.payload == {"Hello": "world"}
    assert push.data is None
    push = parse_push({"topic": topic, "payload": "no base64!"})
    assert isinstance(push, CustomPush)
    assert (push.payload, push.data) == ("no base64!", None)


@pytest.mark.parametrize(
    "body",
    [
        pushed("property", {"method": "report_info", "params": {"fw": "1"}}),
        pushed("property", {"method": "report", "params": "odd"}),
        pushed("event", {"method": "event_post"}),
        pushed("action", {"method": "action_reply"}),
        pushed("service", {"method": "x"}),
        {"topic": "$ota/report/P/D", "deviceName": DEVICE, "payload": {}},
        {"deviceName": DEVICE, "payload": {"method": "unheard_of"}},
        {**STATUS, "payload": {}},
    ],
)
def test_others_are_kept(body: dict[str, Any]) -> None:
    push = parse_push(body)
    assert isinstance(push, OtherPush)
    assert push.device_name == DEVICE
    assert push.payload == body["payload"]


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[]", b"{}", b"[" * 100_000, "5", {"payload": {}}, b'{"a":"' + b"x" * MAX_BODY + b'"}'],
    ids=["empty", "no text", "list", "no members", "deep", "number", "no device", "long"],
)
def test_bodies_that_are_none(body: Any) -> None:
    with pytest.raises(PushInvalid):
        parse_push(body)
