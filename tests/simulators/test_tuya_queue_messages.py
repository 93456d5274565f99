"""What the simulated queue's messages say, in all families, against the samples of the pages."""

from collections.abc import AsyncIterator
import json
import time
from typing import Any

import pytest

from simulators.tuya_queue import FAMILIES, Family, Subject, TuyaQueueSimulator
from simulators.tuya_queue.bodies import dp_id_of

from .queue_client import QueueClient, consuming, content_of, envelope_of

pytestmark = pytest.mark.usefixtures("socket_enabled")

SUBJECT = Subject(
    device_id="02200434dc4f221a1234",
    time=1_589_767_589_137,
    product_id="qCY4YFq02AP0i1xx",
    uid="bay1588324079695kF7G",
    uuid="02200434dc4f221a",
    parent_id="gateway0000000000001",
)
ID, PRODUCT, UID, UUID, TIME = SUBJECT.device_id, SUBJECT.product_id, SUBJECT.uid, SUBJECT.uuid, SUBJECT.time


@pytest.fixture
async def client() -> AsyncIterator[QueueClient]:
    async with TuyaQueueSimulator() as queue, consuming(queue) as running:
        await queue.wait_for_connections()
        yield running


async def seed(client: QueueClient) -> tuple[str, str, dict[str, Any]]:
    """Return the next message of the seed's form: its two names, and what it says."""
    frame = await client.frame()
    assert {"encryptPayload", "encryptType", "v", "t", "sign"} == set(envelope_of(frame))
    content = content_of(frame, client.simulator.access_secret)
    assert set(content) == {"bizCode", "eventType", "data"}
    data = content["data"]
    assert data.pop("namespace")
    assert data.pop("devId") == ID == frame["key"]
    return content["bizCode"], content["eventType"], data


async def common(client: QueueClient) -> tuple[int, dict[str, Any]]:
    """Return the next message of the common form: its protocol and its body."""
    frame = await client.frame()
    envelope = envelope_of(frame)
    assert {"data", "protocol", "pv", "t", "sign"} == set(envelope)
    assert frame["key"] == ID
    return envelope["protocol"], content_of(frame, client.simulator.access_secret)


async def core(client: QueueClient) -> tuple[int, str, dict[str, Any]]:
    """Return the next message of IoT Core: its protocol, its name and what it says."""
    protocol, content = await common(client)
    assert content["ts"] == TIME
    assert set(content) == {"bizCode", "bizData", "ts"}
    assert content["bizData"].pop("devId") == ID
    return protocol, content["bizCode"], content["bizData"]


async def legacy(client: QueueClient) -> tuple[str, dict[str, Any]]:
    """Return the next message of the older platform's protocol 20: its name and what it says."""
    protocol, content = await common(client)
    assert protocol == 20
    assert (content["devId"], content["productKey"], content["uuid"]) == (ID, PRODUCT, UUID)
    return content["bizCode"], content["bizData"]


# The seed's


async def test_seed_report(client: QueueClient) -> None:
    values = {"switch_1": True, "cur_power": 921, "work_mode": "white", "scene": {"n": [1]}, "off": False}
    client.simulator.report(SUBJECT, values, family="seed", data_id="AAX1")
    biz_code, event_type, data = await seed(client)
    assert (biz_code, event_type) == ("device", "dp_report")
    texts = {"switch_1": "true", "cur_power": "921", "work_mode": "white", "scene": '{"n":[1]}', "off": "false"}
    assert data == {
        "productId": PRODUCT,
        "dataId": "AAX1",
        "status": [{"code": code, "value": text, "time": TIME} for code, text in texts.items()],
    }


async def test_seed_bind(client: QueueClient) -> None:
    client.simulator.bind(SUBJECT, name="Socket", family="seed")
    biz_code, event_type, data = await seed(client)
    assert (biz_code, event_type) == ("device", "bind")
    # All keys of the sample, besides the two that every message has
    assert set(data) == {
        *("deviceName", "gwId", "location", "ownerId", "position", "productId", "sub", "uid", "uuid"),
    }
    assert (data["deviceName"], data["gwId"], data["sub"]) == ("Socket", SUBJECT.parent_id, True)
    assert (data["productId"], data["uid"], data["uuid"]) == (PRODUCT, UID, UUID)
    assert set(data["location"]) == {"child", "id", "name"}


async def test_seed_rest(client: QueueClient) -> None:
    queue = client.simulator
    queue.unbind(SUBJECT, family="seed")
    queue.reset(SUBJECT, family="seed")
    queue.online(SUBJECT, family="seed")
    queue.offline(SUBJECT, family="seed")
    queue.rename(SUBJECT, "Küche", family="seed")
    assert [await seed(client) for _ in range(5)] == [
        ("device", "unbind", {}),
        ("device", "reset", {}),
        ("device", "online", {"time": TIME}),
        ("device", "offline", {"time": TIME}),
        ("device", "name_update", {"deviceName": "Küche"}),
    ]


@pytest.mark.parametrize("family", FAMILIES)
async def test_voice_is_the_seeds_in_all_families(client: QueueClient, family: Family) -> None:
    client.simulator.voice(SUBJECT, "Pause the TV", family=family)
    biz_code, event_type, data = await seed(client)
    assert (biz_code, event_type) == ("voice", "voice_nlu")
    assert json.loads(data.pop("nlu")) == [
        {
            "entities": [{"value": "TV", "entity": "deviceName"}],
            "domain": "mediaControl",
            "confidence": 1,
            "text": "Pause the TV",
            "intent": "pause",
        }
    ]
    assert data == {"productId": PRODUCT, "uid": UID, "uuid": UUID}


async def test_voice_of_another_kind(client: QueueClient) -> None:
    client.simulator.voice(SUBJECT, nlu=[{"text": "one"}, {"text": "two"}])
    assert json.loads((await seed(client))[2]["nlu"]) == [{"text": "one"}, {"text": "two"}]
    client.simulator.voice_room(SUBJECT, "17", "Bath")
    biz_code, event_type, data = await seed(client)
    assert (biz_code, event_type) == ("voice", "voice_room_bind")
    assert data == {"roomId": "17", "roomName": "Bath", "uid": UID}


# The older platform's


async def test_legacy_report(client: QueueClient) -> None:
    client.simulator.report(
        SUBJECT, {"switch_1": False, "cur_power": 921}, family="legacy", data_id="AAX2", dp_ids={"switch_1": 1}
    )
    other = str(dp_id_of("cur_power"))
    assert await common(client) == (
        4,
        {
            "dataId": "AAX2",
            "devId": ID,
            "productKey": PRODUCT,
            "status": [
                {"code": "switch_1", "value": False, "t": TIME, "1": "false"},
                {"code": "cur_power", "value": 921, "t": TIME, other: "921"},
            ],
        },
    )


async def test_legacy_device(client: QueueClient) -> None:
    queue = client.simulator
    queue.online(SUBJECT, family="legacy")
    queue.offline(SUBJECT, family="legacy")
    queue.rename(SUBJECT, "Küche", family="legacy")
    queue.rename_data_point(SUBJECT, 1, "Left")
    queue.unbind(SUBJECT, family="legacy")
    queue.reset(SUBJECT, family="legacy")
    queue.upgrade(SUBJECT, 100, family="legacy")
    assert [await legacy(client) for _ in range(7)] == [
        ("online", {"time": TIME, "uid": UID}),
        ("offline", {"time": TIME, "uid": UID}),
        ("nameUpdate", {"devId": ID, "uid": UID, "name": "Küche"}),
        ("dpNameUpdate", {"devId": ID, "dpId": "1", "name": "Left"}),
        ("delete", {"devId": ID, "uid": UID, "ownerId": "13996001"}),
        ("delete", {"devId": ID, "uid": UID, "ownerId": "13996001"}),
        ("upgradeStatus", {"devId": ID, "upgradeStatus": "success", "description": "", "moduleType": 0}),
    ]
    queue.bind(SUBJECT, family="legacy")
    biz_code, data = await legacy(client)
    assert biz_code == "bindUser"
    assert set(data) == {"devId", "uid", "ownerId", "uuid", "token"}


async def test_scene_is_about_no_device(client: QueueClient) -> None:
    client.simulator.scene("rule1", [ID])
    frame = await client.frame()
    assert envelope_of(frame)["protocol"] == 25
    content = content_of(frame, client.simulator.access_secret)
    assert content["bizCode"] == "sceneExecute" and "devId" not in content
    assert content["bizData"]["actions"][0]["entityId"] == ID


# IoT Core's


async def test_core_report(client: QueueClient) -> None:
    client.simulator.report(
        SUBJECT,
        {"movement_detect_pic": "eyJ2IjoiMy4wIn0=", "switch_1": True},
        family="core",
        data_id="AAX3",
        dp_ids={"switch_1": 1},
    )
    assert await core(client) == (
        1000,
        "devicePropertyMessage",
        {
            "dataId": "AAX3",
            "productId": PRODUCT,
            "properties": [
                {"code": "movement_detect_pic", "dpId": 115, "time": TIME, "value": "eyJ2IjoiMy4wIn0="},
                {"code": "switch_1", "dpId": 1, "time": TIME, "value": True},
            ],
        },
    )


async def test_core_device(client: QueueClient) -> None:
    queue = client.simulator
    queue.online(SUBJECT, family="core")
    queue.offline(SUBJECT)
    queue.rename(SUBJECT, "Küche")
    queue.unbind(SUBJECT)
    queue.reset(SUBJECT)
    queue.event(SUBJECT, "doorbell", {"who": 1})
    queue.action_answer(SUBJECT, "unlock", {"done": True})
    queue.upgrade(SUBJECT, 40)
    who = {"uid": UID, "productId": PRODUCT, "time": TIME}
    space = {"spaceId": "182736455", "uid": UID}
    assert [await core(client) for _ in range(8)] == [
        (1001, "deviceOnline", who),
        (1001, "deviceOffline", who),
        (1001, "deviceNameUpdate", {"uid": UID, "name": "Küche"}),
        (1001, "deviceUnbindSpace", space),
        (1001, "deviceUnbindSpace", space),
        (
            1000,
            "deviceEventMessage",
            {"productId": PRODUCT, "eventCode": "doorbell", "outputParams": {"who": 1}, "time": TIME},
        ),
        (
            1000,
            "deviceActionResponseMessage",
            {"productId": PRODUCT, "actionCode": "unlock", "outputParams": {"done": True}, "time": TIME},
        ),
        (1002, "deviceOtaProgress", {"progress": 40, "channel": 0, "time": TIME}),
    ]
    queue.bind(SUBJECT)
    protocol, biz_code, data = await core(client)
    assert (protocol, biz_code) == (1001, "deviceBindSpace")
    assert set(data) == {"spaceId", "productId", "uid", "uuid", "token"}


async def test_notice() -> None:
    async with TuyaQueueSimulator() as queue, consuming(queue, topic="notice") as client:
        queue.backlog_notice(1200)
        frame = await client.frame()
        assert envelope_of(frame)["protocol"] == 10000
        content = content_of(frame, queue.access_secret)
        assert (content["bizCode"], content["bizData"]["eventType"]) == ("HighPriorityNotice", "pulsar_backlog_notice")
        told = json.loads(content["bizData"]["eventData"])
        assert (told["subscription"], told["backLogNum"]) == (f"{queue.access_id}-sub", 1200)


# Families and forms


async def test_both_families_tell_the_same_twice(client: QueueClient) -> None:
    queue = client.simulator
    queue.families = ("legacy", "core")
    assert len(queue.report(SUBJECT, {"switch_1": True})) == 2
    _, old = await common(client)
    _, new = await common(client)
    assert old["dataId"] == new["bizData"]["dataId"]
    assert old["status"][0]["t"] == new["bizData"]["properties"][0]["time"] == TIME
    queue.faults.new_data_ids = True
    queue.report(SUBJECT, {"switch_1": True})
    _, old = await common(client)
    _, new = await common(client)
    assert old["dataId"] != new["bizData"]["dataId"]
    for tell in (queue.online, queue.offline, queue.unbind, queue.reset, queue.bind):
        assert len(set(tell(SUBJECT))) == 2
    assert len(queue.rename(SUBJECT, "x")) == 2


async def test_data_ids_are_all_different(client: QueueClient) -> None:
    for _ in range(3):
        client.simulator.report(SUBJECT, {"switch_1": True})
    ids = [(await core(client))[2]["dataId"] for _ in range(3)]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("family", FAMILIES)
async def test_gcm_project(family: Family) -> None:
    async with TuyaQueueSimulator(gcm=True, families=[family]) as queue, consuming(queue) as client:
        queue.report("device", {"switch_1": True})
        frame = await client.frame()
        envelope = envelope_of(frame)
        assert frame["properties"]["em"] == "aes_gcm"
        assert (envelope.get("encryptVersion"), envelope.get("encryptType")) == (
            (None, "aes_gcm") if family == "seed" else ("v2", None)
        )
        assert "switch_1" in json.dumps(content_of(frame, queue.access_secret))


async def test_form_that_is_asked_for(client: QueueClient) -> None:
    client.simulator.publish({"any": 1}, device_id=ID, form="seed_hex")
    frame = await client.frame()
    text = envelope_of(frame)["encryptPayload"]
    assert len(text) % 32 == 0 and set(text) <= set("0123456789ABCDEF")
    assert content_of(frame, client.simulator.access_secret) == {"any": 1}


async def test_age_is_when_it_happened(client: QueueClient) -> None:
    queue = client.simulator
    queue.report("device", {"switch_1": True}, age=3600)
    content = await client.content()
    assert abs(content["bizData"]["properties"][0]["time"] / 1000 - time.time() + 3600) < 5
    # Something old, told only now: a stale report
    queue.report(queue.subject("device", age=60), {"switch_1": True})
    frame = await client.frame()
    content = content_of(frame, queue.access_secret)
    assert abs(content["ts"] / 1000 - time.time() + 60) < 5
    assert abs(envelope_of(frame)["t"] / 1000 - time.time()) < 5


def test_made_up_data_point_ids_are_always_the_same() -> None:
    assert dp_id_of("initiative_message") == 212
    assert dp_id_of("switch_1") == dp_id_of("switch_1")
    assert all(1 <= dp_id_of(f"code_{number}") <= 100 for number in range(500))
