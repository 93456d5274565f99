"""Parts of the simulated TuyaLink cloud that need no broker."""

import asyncio
from typing import Any

import pytest

from simulators.tuyalink_cloud import (
    BadModel,
    Refused,
    ThingModel,
    demo_products,
    make_model,
    mqtt_packets as mqtt,
    sub_device_id,
)
from simulators.tuyalink_cloud.demo import prop
from simulators.tuyalink_cloud.thing_model import what_is_wrong
from simulators.tuyalink_cloud.topics import DOWNLINKS, RESPONSES, UPLINKS, parse_topic, readable, topic, writable

ARRAY = {"type": "array", "maxSize": 2, "elementTypeSpec": {"type": "value", "min": 0, "max": 9}}
STRUCT = {"type": "struct", "properties": {"a": {"type": "bool"}, "name": {"type": "string", "maxlen": 2}}}


@pytest.mark.parametrize(
    ("spec", "value", "wrong"),
    [
        ({"type": "value"}, 10**9, ""),
        ({"type": "float", "min": 0, "max": 1}, float("nan"), "is no number"),
        ({"type": "double"}, -1e300, ""),
        ({"type": "raw"}, "AQI=", ""),
        ({"type": "raw"}, "A?", "is no Base64"),
        ({"type": "raw", "maxlen": 1}, "AQI=", "is longer than 1 bytes"),
        ({"type": "raw"}, b"", "is no text"),
        ({"type": "bitmap", "maxlen": 2}, 3, ""),
        ({"type": "bitmap", "maxlen": 2}, -1, "is no integer of 2 bits"),
        ({"type": "date"}, 1626197189, ""),
        ({"type": "date"}, 162619718, "is no time of 10 or 13 digits"),
        (ARRAY, [0, 9], ""),
        (ARRAY, [0, 1, 2], "has more than 2 elements"),
        (ARRAY, [10], "has an element that is not from 0 to 9"),
        (ARRAY, "01", "is no array"),
        (STRUCT, {"a": True, "name": "ok"}, ""),
        (STRUCT, {"b": 1}, "has no members b"),
        (STRUCT, {"name": "long"}, "has a name that is longer than 2"),
        (STRUCT, [], "is no object"),
        ({"type": "colour"}, 1, "has a type that there isn't"),
    ],
)
def test_types(spec: dict[str, Any], value: Any, wrong: str) -> None:
    assert what_is_wrong(spec, value) == wrong


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"modelId": "1"},
        {"modelId": "1", "services": [{"properties": [{"code": ""}]}]},
        {"modelId": "1", "services": [{"actions": [{"code": "a"}]}, {"actions": [{"code": "a"}]}]},
        {
            "modelId": "1",
            "services": [{"properties": [{"code": "a", "accessMode": "r", "typeSpec": {"type": "bool"}}]}],
        },
        {
            "modelId": "1",
            "services": [{"properties": [{"code": "a", "accessMode": "ro", "typeSpec": {"type": "int"}}]}],
        },
    ],
)
def test_models_that_cannot_be(document: dict[str, Any]) -> None:
    with pytest.raises(BadModel):
        ThingModel(document)


def test_a_struct_may_have_a_name() -> None:
    model = make_model("m", [prop(1, "who", "rw", STRUCT)])
    simple = model.as_json(complete=False)["services"][0]["properties"][0]
    assert simple == {"abilityId": 1, "code": "who", "accessMode": "rw", "typeSpec": STRUCT}
    model.check_reported("who", {"name": "me"})
    with pytest.raises(Refused, match="2006: who has a name that"):
        model.check_sent("who", {"name": "you"})


def test_demo_products() -> None:
    products = demo_products()
    assert len({one.id for one in products}) == len(products)
    assert [one.gateway for one in products] == [True] + [False] * 6
    kinds = set()
    for product in products:
        assert product.model is not None
        kinds |= {one["typeSpec"]["type"] for one in product.model.properties.values()}
        assert len({one["abilityId"] for one in product.model.properties.values()}) == len(product.model.properties)
    assert kinds == {"bool", "value", "float", "double", "enum", "string", "bitmap", "date"}
    assert demo_products()[0] is not products[0]


def test_ids() -> None:
    assert sub_device_id("p", "c") == sub_device_id("p", "c")
    assert len({sub_device_id("p", "c"), sub_device_id("p", "d"), sub_device_id("q", "c")}) == 3
    assert len(sub_device_id("p", "c")) == 22


def test_topics() -> None:
    assert parse_topic(topic("6c", "thing/model/get")) == ("6c", "thing/model/get")
    for text in ("", "tylink", "tylink/6c", "tylink//thing", "other/6c/thing", "tylink/6c/"):
        assert parse_topic(text) is None
    assert set(RESPONSES) <= UPLINKS
    assert set(RESPONSES.values()) <= DOWNLINKS
    assert not UPLINKS & DOWNLINKS
    assert set(readable("6c", gateway=True)) == {topic("6c", one) for one in DOWNLINKS}
    assert set(writable("6c", gateway=True)) == {topic("6c", one) for one in UPLINKS}
    assert not any("/device/" in one for one in (*readable("6c", gateway=False), *writable("6c", gateway=False)))


# MQTT


async def read(data: bytes, most: int = 1 << 20) -> mqtt.Packet:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await mqtt.read_packet(reader, most)


async def test_packets() -> None:
    for length in (0, 127, 128, 16_383, 16_384, 70_000):
        packet = await read(mqtt.Packet(first=0x32, body=b"x" * length).encode())
        assert (packet.kind, packet.qos, len(packet.body)) == (mqtt.PUBLISH, 1, length)
    for qos, extra in ((0, 0), (1, 2), (2, 2)):
        body = b"\x00\x03a/b" + b"\x00\x01"[:extra] + b"payload"
        assert mqtt.Packet(first=0x30 | qos << 1, body=body).payload_size() == 7
    with pytest.raises(mqtt.Malformed):
        mqtt.Packet(first=0x30, body=b"").payload_size()
    with pytest.raises(mqtt.Malformed, match="5 bytes"):
        await read(mqtt.Packet(first=0x30, body=b"12345").encode(), 4)
    with pytest.raises(asyncio.IncompleteReadError):
        await read(b"\x30\x02a")


async def test_connect_packets() -> None:
    connect = mqtt.Connect(
        level=4,
        client_id="me",
        user_name="ü",
        password="secret",
        clean_session=True,
        keepalive=60,
        will=b"\x00\x01t\x00\x01m",
        will_bits=0x2C,
    )
    packet = await read(connect.encode())
    assert packet.kind == mqtt.CONNECT
    assert mqtt.Connect.parse(packet.body) == connect
    assert "secret" not in repr(connect)
    bare = mqtt.Connect.parse(b"\x00\x04MQTT\x04\x00\x00\x1e\x00\x00")
    assert (bare.user_name, bare.password, bare.keepalive, bare.clean_session) == (None, None, 30, False)
    assert not mqtt.Connect.parse(b"\x00\x04MQTT\x05").is_3_1_1
    assert not mqtt.Connect.parse(b"\x00\x06MQIsdp\x03").is_3_1_1
