"""What the messages say: the bodies of Smart Business, of the older IoT platform and of IoT Core (A5, and the seed's samples).

Families: "seed" (Smart Business: bizCode device or voice, eventType), "legacy" (protocol 4, 20, 25), "core" (protocol 1000, 1001,
1002). What a family has no message for is told by the nearest one it has, or by the seed's; each function says so. Bodies that
the page has no fields for are our choice and said to be so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
from typing import Any, Literal, get_args
from zlib import crc32

from .envelope import Form, as_json

type Family = Literal["seed", "legacy", "core"]
FAMILIES: tuple[Family, ...] = get_args(Family.__value__)

PROPERTY = 1000
DEVICE = 1001
UPGRADE = 1002
STATUS = 4
LEGACY_DEVICE = 20
SCENE = 25
NOTICE = 10000

NAMESPACE = "BgdBXzUhIg5x77770LL1OfpDsimul"
SPACE = "182736455"
KNOWN_DP_IDS = {"movement_detect_pic": 115, "initiative_message": 212}


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body, and how the family sends it."""

    content: dict[str, Any]
    protocol: int
    form: Form
    """The family's usual envelope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The device that a message is about, as far as messages tell; `time` in milliseconds is when it happened."""

    device_id: str
    time: int
    product_id: str = ""
    uid: str = ""
    uuid: str = ""
    parent_id: str = ""


def dp_id_of(code: str) -> int:
    """Return the id of a data point whose id isn't known: the page's for the two that it tells, else made up, always the same."""
    return KNOWN_DP_IDS.get(code) or 1 + crc32(code.encode()) % 100


def report(
    family: Family,
    subject: Subject,
    values: Mapping[str, Any],
    *,
    data_id: str,
    dp_ids: Mapping[str, int] | None = None,
    texts: bool = True,
) -> Body:
    """Return a report of raw values by code; `texts`: the seed's values are text, as in its sample."""
    ids = {code: (dp_ids or {}).get(code) or dp_id_of(code) for code in values}
    if family == "seed":
        status = [
            {"code": code, "value": _text(value) if texts else value, "time": subject.time}
            for code, value in values.items()
        ]
        return _seed("dp_report", subject, {"productId": subject.product_id, "dataId": data_id, "status": status})
    if family == "legacy":
        return _common(
            STATUS,
            {
                "dataId": data_id,
                "devId": subject.device_id,
                "productKey": subject.product_id,
                "status": [
                    {"code": code, "value": value, "t": subject.time, str(ids[code]): _text(value)}
                    for code, value in values.items()
                ],
            },
        )
    properties = [
        {"code": code, "dpId": ids[code], "time": subject.time, "value": value} for code, value in values.items()
    ]
    return _core(
        PROPERTY,
        "devicePropertyMessage",
        subject,
        {"dataId": data_id, "productId": subject.product_id, "properties": properties},
    )


def online(family: Family, subject: Subject, reachable: bool) -> Body:
    """Return the message that a device is reachable, or isn't."""
    if family == "seed":
        return _seed("online" if reachable else "offline", subject, {"time": subject.time})
    if family == "legacy":
        return _legacy("online" if reachable else "offline", subject, {"time": subject.time, "uid": subject.uid})
    more = {"uid": subject.uid, "productId": subject.product_id, "time": subject.time}
    return _core(DEVICE, "deviceOnline" if reachable else "deviceOffline", subject, more)


def bind(family: Family, subject: Subject, *, name: str) -> Body:
    """Return the message that a device was added."""
    if family == "seed":
        more = {
            "deviceName": name,
            "gwId": subject.parent_id,
            "location": {
                "child": {"id": "1256152666585710592", "name": "Room"},
                "id": "1256148753241358336",
                "name": "",
            },
            "ownerId": "13996001",
            "position": "Room",
            "productId": subject.product_id,
            "sub": bool(subject.parent_id),
            "uid": subject.uid,
            "uuid": subject.uuid,
        }
        return _seed("bind", subject, more)
    who = {"uid": subject.uid, "uuid": subject.uuid, "token": "AYsimul8"}
    if family == "legacy":
        return _legacy("bindUser", subject, {"devId": subject.device_id, "ownerId": "13996001", **who})
    return _core(DEVICE, "deviceBindSpace", subject, {"spaceId": SPACE, "productId": subject.product_id, **who})


def unbind(family: Family, subject: Subject, *, reset: bool = False) -> Body:
    """Return the message that a device was removed; only the seed has one of its own for a reset."""
    if family == "seed":
        return _seed("reset" if reset else "unbind", subject, {})
    if family == "legacy":
        more = {"devId": subject.device_id, "uid": subject.uid, "ownerId": "13996001"}
        return _legacy("delete", subject, more)
    return _core(DEVICE, "deviceUnbindSpace", subject, {"spaceId": SPACE, "uid": subject.uid})


def rename(family: Family, subject: Subject, name: str) -> Body:
    """Return the message that a device has another name."""
    if family == "seed":
        return _seed("name_update", subject, {"deviceName": name})
    if family == "legacy":
        more = {"devId": subject.device_id, "uid": subject.uid, "name": name}
        return _legacy("nameUpdate", subject, more)
    return _core(DEVICE, "deviceNameUpdate", subject, {"uid": subject.uid, "name": name})


def rename_data_point(subject: Subject, dp_id: int, name: str) -> Body:
    """Return the message that a data point has another name; only the older platform has it."""
    return _legacy("dpNameUpdate", subject, {"devId": subject.device_id, "dpId": str(dp_id), "name": name})


def voice(subject: Subject, nlu: Sequence[Mapping[str, Any]]) -> Body:
    """Return what a speaker understood; only the seed has it. `nlu` is sent as JSON text, as in its sample."""
    text = as_json([dict(one) for one in nlu])
    more = {"nlu": text, "productId": subject.product_id, "uid": subject.uid, "uuid": subject.uuid}
    return _seed("voice_nlu", subject, more, biz_code="voice")


def voice_room(subject: Subject, room_id: str, room_name: str) -> Body:
    """Return the message that a speaker is in a room; only the seed has it, and no page its fields: they are our choice."""
    more = {"roomId": room_id, "roomName": room_name, "uid": subject.uid}
    return _seed("voice_room_bind", subject, more, biz_code="voice")


def event(subject: Subject, event_code: str, params: Mapping[str, Any]) -> Body:
    """Return an event of the things data model; only IoT Core has it."""
    more = {
        "productId": subject.product_id,
        "eventCode": event_code,
        "outputParams": dict(params),
        "time": subject.time,
    }
    return _core(PROPERTY, "deviceEventMessage", subject, more)


def action_answer(subject: Subject, action_code: str, params: Mapping[str, Any]) -> Body:
    """Return the answer to an action of the things data model; only IoT Core has it, its fields are an event's by analogy."""
    more = {"productId": subject.product_id, "actionCode": action_code, "outputParams": dict(params)}
    return _core(PROPERTY, "deviceActionResponseMessage", subject, {**more, "time": subject.time})


def upgrade(family: Family, subject: Subject, progress: int) -> Body:
    """Return how far an upgrade of the firmware is, in percent; the seed has none and tells as IoT Core does.

    The page has IoT Core's bizCode without its fields: they are our choice.
    """
    if family == "legacy":
        status = "success" if progress >= 100 else "upgrading"
        more = {"devId": subject.device_id, "upgradeStatus": status, "description": "", "moduleType": 0}
        return _legacy("upgradeStatus", subject, more)
    return _core(UPGRADE, "deviceOtaProgress", subject, {"progress": progress, "channel": 0, "time": subject.time})


def scene(uid: str, rule_id: str, actions: Sequence[Mapping[str, Any]], *, time: int) -> Body:
    """Return the message that a scene ran, which is about no device in particular; only the older platform has it."""
    content = {
        "bizCode": "sceneExecute",
        "bizData": {
            "gid": "13996001",
            "uid": uid,
            "id": rule_id,
            "name": "Scene",
            "actions": [dict(a) for a in actions],
        },
        "ts": time,
    }
    return _common(SCENE, content)


def backlog_notice(topic: str, subscription: str, backlog: int, *, time: int) -> Body:
    """Return the notice that too much waits (A3); its event is JSON text in the JSON, as the page has it."""
    told = {"dataCenter": "simulated", "topic": topic, "subscription": subscription, "backLogNum": backlog}
    content = {
        "bizCode": "HighPriorityNotice",
        "bizData": {"eventType": "pulsar_backlog_notice", "eventData": as_json(told)},
        "ts": time,
    }
    return _common(NOTICE, content)


def _seed(event_type: str, subject: Subject, more: Mapping[str, Any], *, biz_code: str = "device") -> Body:
    data = {"devId": subject.device_id, "namespace": NAMESPACE, **more}
    content = {"data": data, "bizCode": biz_code, "eventType": event_type}
    # The seed's envelope has no number of a protocol.
    return Body(content=content, protocol=0, form="seed")


def _legacy(biz_code: str, subject: Subject, biz_data: Mapping[str, Any]) -> Body:
    content = {
        "bizCode": biz_code,
        "devId": subject.device_id,
        "productKey": subject.product_id,
        "uuid": subject.uuid,
        "ts": subject.time,
        "bizData": dict(biz_data),
    }
    return _common(LEGACY_DEVICE, {key: value for key, value in content.items() if value != ""})


def _core(protocol: int, biz_code: str, subject: Subject, more: Mapping[str, Any]) -> Body:
    # The device's id is inside bizData.
    content = {"bizCode": biz_code, "bizData": {"devId": subject.device_id, **more}, "ts": subject.time}
    return _common(protocol, content)


def _common(protocol: int, content: dict[str, Any]) -> Body:
    return Body(content=content, protocol=protocol, form="common")


def _text(value: object) -> str:
    """Return a value as the text of a data point: true, 12, or JSON of what has parts."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
