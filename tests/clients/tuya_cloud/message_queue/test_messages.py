"""Every message of the seed and of the platform's two families, and what real projects make of them (A5)."""

import json
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import (
    ActionAnswered,
    DataPointRenamed,
    DeviceBound,
    DeviceEventFired,
    DeviceOffline,
    DeviceOnline,
    DeviceRenamed,
    DeviceUnbound,
    Encryption,
    Envelope,
    Message,
    OtherMessage,
    ReportedValue,
    Signature,
    StateReported,
    UpgradeProgress,
    VoiceRoomBound,
    VoiceUnderstood,
    parse_message,
)

from . import samples

SENT = 1790000000999


def parse(body: Any, *, protocol: int | None = None, time: int | None = SENT) -> Message:
    encryption: Encryption = "aes_ecb"
    return parse_message(
        Envelope(
            body=json.loads(body) if isinstance(body, str) else body,
            protocol=protocol,
            time=time,
            encryption=encryption,
            signature=Signature.VALID,
        )
    )


def value(
    code: str | None = "switch_1", raw: Any = True, time: int | None = 1790000000123, dp_id: str | None = None
) -> ReportedValue:
    return ReportedValue(code=code, dp_id=dp_id, value=raw, time=time)


def report(body: Any, protocol: int | None = None) -> StateReported:
    message = parse(body, protocol=protocol)
    assert isinstance(message, StateReported), message
    return message


# The seed


def test_seed_bind() -> None:
    assert parse(samples.SEED_BIND) == DeviceBound(
        device_id="02200434dc4f221axxxx",
        time=SENT,
        kind="bind",
        name="****socket****(wifi)_0",
        uid="bay1588324079695kFxx",
        product_id="qCY4YFq02AP0i1xx",
        parent_id=None,
    )


def test_seed_bind_behind_a_gateway() -> None:
    body = json.loads(samples.SEED_BIND)
    body["data"] |= {"gwId": "gw1", "sub": True}
    bound = parse(body)
    assert isinstance(bound, DeviceBound)
    assert bound.parent_id == "gw1"


def test_seed_unbind_and_reset() -> None:
    device_id = "02200434dc4f221xxxxx"
    assert parse(samples.SEED_UNBIND) == DeviceUnbound(device_id=device_id, time=SENT, kind="unbind", reset=False)
    assert parse(samples.SEED_RESET) == DeviceUnbound(device_id=device_id, time=SENT, kind="reset", reset=True)


def test_seed_online_and_offline() -> None:
    assert parse(samples.SEED_ONLINE) == DeviceOnline(
        device_id="02200434dc4f221axxxx", time=1589019224062, kind="online"
    )
    assert parse(samples.SEED_OFFLINE) == DeviceOffline(
        device_id="02200434dc4f221a6120", time=1589019224062, kind="offline"
    )


def test_seed_report() -> None:
    """The value stays the text that it is: the model knows the type."""
    assert parse(samples.SEED_REPORT) == StateReported(
        device_id="002dj00118fe34xxxxx",
        time=1589767589137,
        kind="dp_report",
        product_id="The product ID defined on the Tuya Developer Platform",
        data_id="145xxxxxxxxxxxxxxxxxxx",
        values=(value("switch_1", "true", 1589767589137),),
    )


def test_seed_name_update() -> None:
    assert parse(samples.SEED_RENAME) == DeviceRenamed(
        device_id="02200434dc4f221axxxx", time=SENT, kind="name_update", name="****socket****"
    )


def test_seed_voice() -> None:
    heard = parse(samples.SEED_VOICE)
    assert heard == VoiceUnderstood(
        device_id="6cd40b4ed084ac264bmcvu",
        time=SENT,
        kind="voice_nlu",
        nlu=(
            {
                "entities": [{"value": "TV", "entity": "deviceName"}],
                "domain": "mediaControl",
                "confidence": 1,
                "text": "Pause the TV",
                "intent": "pause",
            },
        ),
        uid="bay1588324079695kF7G",
        text="Pause the TV",
        intent="pause",
        domain="mediaControl",
    )
    assert "Pause" not in repr(heard)


def test_voice_as_a_list_and_without_an_interpretation() -> None:
    body = json.loads(samples.SEED_VOICE)
    as_text = parse(body)
    body["data"]["nlu"] = json.loads(body["data"]["nlu"])
    assert parse(body) == as_text
    body["data"]["nlu"] = ["nonsense"]
    empty = parse(body)
    assert isinstance(empty, VoiceUnderstood)
    assert (empty.nlu, empty.text, empty.intent, empty.domain) == ((), None, None, None)


@pytest.mark.parametrize("name", ["devId", "voiceId"])
def test_voice_room_bind(name: str) -> None:
    """Its body is not documented; public code reads `voiceId` from it."""
    data = {name: "speaker1", "namespace": "n", "room": {"id": 7}}
    assert parse({"bizCode": "voice", "eventType": "voice_room_bind", "data": data}) == VoiceRoomBound(
        device_id="speaker1", time=SENT, kind="voice_room_bind", data=data
    )


def test_seed_construction_is_other() -> None:
    data = {"taskId": "1", "taskStatus": "done"}
    assert parse({"bizCode": "construction", "eventType": "task_status_change", "data": data}) == OtherMessage(
        device_id=None, time=SENT, kind="task_status_change", data=data
    )


def test_data_may_be_the_text_of_json() -> None:
    """A public consumer of the seed's platform parses it as text."""
    body = json.loads(samples.SEED_REPORT)
    body["data"] = json.dumps(body["data"])
    assert parse(body) == parse(samples.SEED_REPORT)


# The IoT platform's older family


def test_protocol_4() -> None:
    """The documentation's example; it names no kind."""
    body = {
        "dataId": "AAXI3c1i6xxx***",
        "devId": "6c95a93fd9xxx***",
        "productKey": "awgmk9pixxx***",
        "status": [{"code": "switch_1", "value": False, "t": 1628229842692, "1": "false"}],
    }
    expected = StateReported(
        device_id="6c95a93fd9xxx***",
        time=1628229842692,
        kind="statusReport",
        product_id="awgmk9pixxx***",
        data_id="AAXI3c1i6xxx***",
        values=(value("switch_1", False, 1628229842692, dp_id="1"),),
    )
    assert parse(body, protocol=4) == expected
    assert parse({**body, "bizCode": "statusReport"}, protocol=4) == expected


@pytest.mark.parametrize("body", [samples.PLAIN_A, samples.PLAIN_B_AND_C])
def test_the_vectors(body: dict[str, Any]) -> None:
    (only,) = report(body, protocol=4).values
    assert (only.code, only.time) == ("switch_1", 1589767589137)


LEGACY = {"devId": "dev1", "productKey": "pk1", "ts": 1790000000456}


@pytest.mark.parametrize(
    ("biz_code", "biz_data", "expected"),
    [
        (
            "online",
            {"time": 1790000000111, "uid": "u"},
            DeviceOnline(device_id="dev1", time=1790000000111, kind="online"),
        ),
        ("offline", {}, DeviceOffline(device_id="dev1", time=1790000000456, kind="offline")),
        # The documentation's own example of a time has a digit too few to be one
        ("online", {"time": 146052438362}, DeviceOnline(device_id="dev1", time=1790000000456, kind="online")),
        (
            "nameUpdate",
            {"devId": "dev1", "uid": "u", "name": "Lamp"},
            DeviceRenamed(device_id="dev1", time=1790000000456, kind="nameUpdate", name="Lamp"),
        ),
        (
            "dpNameUpdate",
            {"devId": "dev1", "dpId": 1, "name": "Left"},
            DataPointRenamed(device_id="dev1", time=1790000000456, kind="dpNameUpdate", dp_id="1", name="Left"),
        ),
        (
            "bindUser",
            {"devId": "dev1", "uid": "u", "ownerId": "o", "uuid": "uu", "token": "secret-token"},
            DeviceBound(
                device_id="dev1",
                time=1790000000456,
                kind="bindUser",
                name=None,
                uid="u",
                product_id="pk1",
                parent_id=None,
            ),
        ),
        (
            "delete",
            {"devId": "dev1", "uid": "u", "ownerId": "o"},
            DeviceUnbound(device_id="dev1", time=1790000000456, kind="delete", reset=False),
        ),
        (
            "upgradeStatus",
            {"devId": "dev1", "upgradeStatus": "2", "moduleType": "wifi"},
            UpgradeProgress(
                device_id="dev1",
                time=1790000000456,
                kind="upgradeStatus",
                data={"devId": "dev1", "upgradeStatus": "2", "moduleType": "wifi"},
            ),
        ),
        (
            "deviceDpCommand",
            {"command": [{"dpId": 1, "value": True}]},
            OtherMessage(
                device_id="dev1",
                time=1790000000456,
                kind="deviceDpCommand",
                data={"command": [{"dpId": 1, "value": True}]},
            ),
        ),
        (
            "deviceSignal",
            {"reportData": [{"memory": 1, "rssi": -60, "t": 1}]},
            OtherMessage(
                device_id="dev1",
                time=1790000000456,
                kind="deviceSignal",
                data={"reportData": [{"memory": 1, "rssi": -60, "t": 1}]},
            ),
        ),
    ],
)
def test_protocol_20(biz_code: str, biz_data: dict[str, Any], expected: Message) -> None:
    parsed = parse({**LEGACY, "bizCode": biz_code, "bizData": biz_data}, protocol=20)
    assert parsed == expected
    assert "secret-token" not in repr(parsed)


@pytest.mark.parametrize(
    ("protocol", "body", "kind"),
    [
        (22, {"bizCode": "automationExternalAction", "automationId": "a", "bizData": {"code": "c", "value": 1}}, None),
        (
            25,
            {"bizCode": "sceneExecute", "gid": 1, "uid": "u", "actions": [], "bizData": {"id": "s", "name": "n"}},
            None,
        ),
        (21, {"bizCode": "userRegister", "bizData": {"uid": "u"}}, None),
        (34, {"bizCode": "roomNameUpdate", "bizData": {"homeId": 1, "roomId": 2, "name": "Kitchen"}}, None),
        (35, {"bizCode": "homeCreate", "bizData": {"homeId": 1, "homeName": "Home"}}, None),
        (40, {"bizData": {"alert": "storm"}}, "protocol 40"),
        (43, {"bizCode": "simSuspend", "bizData": {}}, None),
        (45, {"bizCode": "voicePrompt", "bizData": {"x": 1}}, None),
        (46, {"bizCode": "checkIn", "bizData": {"x": 1}}, None),
        (1010, {"bizCode": "spaceCreate", "bizData": {"spaceId": "1"}, "ts": 1790000000456}, None),
        (
            10000,
            {
                "bizCode": "HighPriorityNotice",
                "eventType": "pulsar_backlog_notice",
                "bizData": {"eventData": '{"dataCenter":"EU","backLogNum":5000}'},
            },
            None,
        ),
        (None, {"hello": 1}, "unnamed"),
        (None, {}, "unnamed"),
    ],
)
def test_what_is_of_no_device_is_other(protocol: int | None, body: dict[str, Any], kind: str | None) -> None:
    message = parse(body, protocol=protocol)
    assert isinstance(message, OtherMessage)
    assert message.kind == (kind or body["bizCode"])
    assert message.device_id is None
    assert message.time == body.get("ts", SENT)
    assert message.data == (body.get("bizData") or body)


# IoT Core


def test_protocol_1000_a_cameras_motion() -> None:
    """Captured by somebody from a real camera."""
    picture = "eyJ2IjoiMy4wIiwiYnVja2V0IjoidHktZXUtc3RvcmFnZTMwLXBpYyIsImZpbGVzIjpbXX0="
    body = {
        "bizCode": "devicePropertyMessage",
        "bizData": {
            "devId": "bf2794ae02e44431dfinq1",
            "dataId": "00065C52DC74B28295BBF8616A1F0033",
            "productId": "xjuuufndz8qezkud",
            "properties": [{"code": "movement_detect_pic", "dpId": 115, "time": 1790360815972, "value": picture}],
        },
        "ts": 1790360815972,
    }
    assert parse(body, protocol=1000) == StateReported(
        device_id="bf2794ae02e44431dfinq1",
        time=1790360815972,
        kind="devicePropertyMessage",
        product_id="xjuuufndz8qezkud",
        data_id="00065C52DC74B28295BBF8616A1F0033",
        values=(value("movement_detect_pic", picture, 1790360815972, dp_id="115"),),
    )


CORE = {"devId": "dev1", "uid": "u1", "productId": "p1"}


@pytest.mark.parametrize(
    ("protocol", "biz_code", "biz_data", "expected"),
    [
        (
            1000,
            "deviceQueryPropertyMessage",
            {"properties": [{"code": "switch_1", "dpId": "1", "time": 1790000000123, "value": True}]},
            StateReported(
                device_id="dev1",
                time=1790000000123,
                kind="deviceQueryPropertyMessage",
                product_id="p1",
                data_id=None,
                values=(value(dp_id="1"),),
            ),
        ),
        (
            1000,
            "deviceEventMessage",
            {"eventCode": "read_face", "eventTime": 1790000000222, "outputParams": {"sex": "man", "age": 23}},
            DeviceEventFired(
                device_id="dev1",
                time=1790000000222,
                kind="deviceEventMessage",
                event_code="read_face",
                params={"sex": "man", "age": 23},
            ),
        ),
        (
            1000,
            "deviceEventMessage",
            {"eventCode": "ring", "outputParams": [{"code": "pic", "value": "x"}, {"code": "n", "value": 0}, 7]},
            DeviceEventFired(
                device_id="dev1",
                time=1790000000456,
                kind="deviceEventMessage",
                event_code="ring",
                params={"pic": "x", "n": 0},
            ),
        ),
        (
            1000,
            "deviceEventMessage",
            {"eventCode": "ring"},
            DeviceEventFired(
                device_id="dev1", time=1790000000456, kind="deviceEventMessage", event_code="ring", params={}
            ),
        ),
        (
            1000,
            "deviceActionResponseMessage",
            {"actionCode": "call", "outputParams": {"result": 1}},
            ActionAnswered(
                device_id="dev1",
                time=1790000000456,
                kind="deviceActionResponseMessage",
                action_code="call",
                params={"result": 1},
            ),
        ),
        (
            1001,
            "deviceOnline",
            {"time": 1790000000},
            DeviceOnline(device_id="dev1", time=1790000000000, kind="deviceOnline"),
        ),
        (
            1001,
            "deviceOffline",
            {"time": 1790000000333},
            DeviceOffline(device_id="dev1", time=1790000000333, kind="deviceOffline"),
        ),
        (
            1001,
            "deviceBindSpace",
            {"spaceId": "s", "uuid": "uu", "token": "secret-token"},
            DeviceBound(
                device_id="dev1",
                time=1790000000456,
                kind="deviceBindSpace",
                name=None,
                uid="u1",
                product_id="p1",
                parent_id=None,
            ),
        ),
        (
            1001,
            "deviceUnbindSpace",
            {"spaceId": "s"},
            DeviceUnbound(device_id="dev1", time=1790000000456, kind="deviceUnbindSpace", reset=False),
        ),
        (
            1001,
            "deviceNameUpdate",
            {"name": "Hall"},
            DeviceRenamed(device_id="dev1", time=1790000000456, kind="deviceNameUpdate", name="Hall"),
        ),
        (
            1001,
            "deviceFreeze",
            {},
            OtherMessage(device_id="dev1", time=1790000000456, kind="deviceFreeze", data=CORE),
        ),
        (
            1002,
            "deviceOtaProgress",
            {"progress": 40},
            UpgradeProgress(
                device_id="dev1", time=1790000000456, kind="deviceOtaProgress", data={**CORE, "progress": 40}
            ),
        ),
    ],
)
def test_iot_core(protocol: int, biz_code: str, biz_data: dict[str, Any], expected: Message) -> None:
    body = {"bizCode": biz_code, "bizData": {**CORE, **biz_data}, "ts": 1790000000456}
    parsed = parse(body, protocol=protocol)
    assert parsed == expected
    assert "secret-token" not in repr(parsed)


# Wherever they stand


@pytest.mark.parametrize(
    "body",
    [
        {"devId": "d", "status": [{"code": "a", "value": 1}]},
        {"bizCode": "devicePropertyMessage", "bizData": {"devId": "d", "properties": [{"code": "a", "value": 1}]}},
        {"bizCode": "devicePropertyMessage", "devId": "d", "data": {"properties": [{"code": "a", "value": 1}]}},
        {"bizCode": "device", "eventType": "dp_report", "data": {"devId": "d", "status": [{"code": "a", "value": 1}]}},
        {"bizCode": "devicePropertyMessage", "bizData": {"deviceId": "d", "status": '[{"code": "a", "value": 1}]'}},
    ],
)
def test_where_ids_and_items_stand(body: dict[str, Any]) -> None:
    message = report(body)
    assert message.device_id == "d"
    assert message.values == (value("a", 1, None),)
    assert message.time == SENT


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"code": "a", "value": 1, "t": 1790000000123}, value("a", 1)),
        ({"code": "a", "value": 1, "time": "1790000000123"}, value("a", 1)),
        ({"code": "a", "value": 1, "t": 1790000000}, value("a", 1, 1790000000000)),
        ({"code": "a", "value": 1, "t": 1790000000.0}, value("a", 1, 1790000000000)),
        ({"code": "a", "value": 1, "t": True}, value("a", 1, None)),
        ({"code": "a", "value": 1, "t": 5}, value("a", 1, None)),
        ({"code": "a", "value": None}, value("a", None, None)),
        ({"dpId": 7, "value": 1}, value(None, 1, None, dp_id="7")),
        ({"dpId": "7", "code": "", "value": 1}, value(None, 1, None, dp_id="7")),
        ({"code": "a", "101": "5"}, value("a", "5", None, dp_id="101")),
        ({"code": "a", "value": 5, "101": "5", "new": 1}, value("a", 5, None, dp_id="101")),
        # The oldest form
        ({"switch_1": True, "t": 1790000000123}, value("switch_1", True)),
        ({"101": "5", "t": 1790000000123}, value(None, "5", dp_id="101")),
    ],
)
def test_items(item: dict[str, Any], expected: ReportedValue) -> None:
    assert report({"devId": "d", "status": [item]}).values == (expected,)


def test_items_that_are_none_are_left_out() -> None:
    items: list[Any] = [7, None, {}, {"code": "a"}, {"value": 1}, {"dpId": 1, "name": "x"}, {"code": "b", "value": 2}]
    assert report({"devId": "d", "status": items}).values == (value("b", 2, None),)


def test_the_time_of_a_report_is_its_latest() -> None:
    items = [
        {"code": code, "value": 1, "t": t} for code, t in (("a", 1790000000001), ("b", 1790000000003), ("c", None))
    ]
    message = report({"devId": "d", "status": items})
    assert message.time == 1790000000003
    assert [one.time for one in message.values] == [1790000000001, 1790000000003, None]


@pytest.mark.parametrize(
    "body",
    [
        {"bizCode": "devicePropertyMessage", "bizData": {"properties": []}},
        {"bizCode": "devicePropertyMessage", "bizData": {"devId": "", "properties": []}},
        {"bizCode": "devicePropertyMessage", "bizData": {"devId": "d"}},
        {"bizCode": "devicePropertyMessage", "bizData": {"devId": "d", "properties": {"a": 1}}},
        {"bizCode": "devicePropertyMessage", "bizData": {"devId": "d", "properties": [1, 2]}},
        {"bizCode": "devicePropertyMessage", "bizData": {"devId": "d", "properties": "[broken"}},
        {"bizCode": "devicePropertyMessage", "bizData": [1]},
        {"bizCode": "devicePropertyMessage", "bizData": "{broken"},
        {"bizCode": "devicePropertyMessage"},
        {"bizCode": "deviceEventMessage", "bizData": {"devId": "d"}},
        {"bizCode": "deviceActionResponseMessage", "bizData": {"devId": "d"}},
        {"bizCode": "nameUpdate", "devId": "d", "bizData": {"name": ""}},
        {"bizCode": "dpNameUpdate", "devId": "d", "bizData": {"name": "x"}},
        {"bizCode": "dpNameUpdate", "devId": "d", "bizData": {"dpId": 1}},
        {"bizCode": "voice", "eventType": "voice_nlu", "data": {"devId": "d", "nlu": "{broken"}},
        {"bizCode": "device", "eventType": "dp_report", "data": {}},
        {"bizCode": "device", "data": {"devId": "d"}},
        {"bizCode": ["online"], "devId": "d"},
        {"bizCode": None, "eventType": None, "data": None, "status": None},
        {"devId": "d", "status": [{"code": 1.5, "value": 1}]},
    ],
)
def test_what_lacks_its_parts_is_other_and_never_an_error(body: dict[str, Any]) -> None:
    message = parse(body, protocol=4)
    assert isinstance(message, OtherMessage)
    assert message.kind


def test_an_empty_report_is_one() -> None:
    assert report({"devId": "d", "status": []}).values == ()


def test_no_time_at_all() -> None:
    assert parse({"bizCode": "online", "devId": "d"}, time=None).time is None
