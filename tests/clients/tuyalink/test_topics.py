"""Topics, against table B2 as the page writes it."""

import pytest

from custom_components.iot_gateway.clients.tuyalink import topics
from custom_components.iot_gateway.clients.tuyalink.errors import MessageInvalid
from custom_components.iot_gateway.clients.tuyalink.topics import DOWNLINKS, Topic, parse_topic

from .cloud import UPLINKS

_TABLE = """
    thing/model/get | thing/model/get_response
    thing/property/report | thing/property/report_response
    thing/property/set_response | thing/property/set
    thing/property/desired/get | thing/property/desired/get_response
    thing/property/desired/delete | thing/property/desired/delete_response
    thing/data/batch_report | thing/data/batch_report_response
    thing/data/history_report | thing/data/history_report_response
    thing/event/trigger | thing/event/trigger_response
    thing/action/execute_response | thing/action/execute
    device/sub/login | -
    device/sub/logout | -
    device/sub/bind | device/sub/bind_response
    device/topo/add | device/topo/add_response
    device/topo/delete | device/topo/delete_response
    device/topo/get | device/topo/get_response
    - | device/topo/change
    ota/firmware/report | -
    ota/get | ota/get_response
    ota/progress/report | -
    - | ota/issue
    - | ota/firmware/issue
    ext/time/request | ext/time/response
    ext/file/upload/request | ext/file/upload/response
    ext/file/download/request | ext/file/download/response
    ext/config/get | ext/config/get_response
    channel/raw/up | channel/raw/down
    - | channel/downlink/auto_subscribe
"""
_ROWS = {
    tuple(None if cell.strip() == "-" else cell.strip() for cell in line.split("|"))
    for line in _TABLE.strip().splitlines()
}


def test_every_row_of_the_table_is_a_topic() -> None:
    known = {(topic.up, topic.down) for topic in vars(topics).values() if isinstance(topic, Topic)}
    assert known == _ROWS


def test_all_downlinks_of_the_table_are_heard_by_a_gateway() -> None:
    downs = {down for _, down in _ROWS if down} - {"channel/downlink/auto_subscribe"}
    assert set(DOWNLINKS["gateway"]) == downs
    assert set(DOWNLINKS["device"]) == {down for down in downs if not down.startswith("device/")}
    assert set(DOWNLINKS["sub_device"]) == {
        down
        for down in downs
        if (down.startswith("thing/") and "/data/" not in down) or down in {"ota/issue", "ota/firmware/issue"}
    }


def test_answers_are_told_from_commands() -> None:
    assert {down for down in DOWNLINKS["gateway"] if down not in topics.ANSWERS} == {
        "thing/property/set",
        "thing/action/execute",
        "device/topo/change",
        "ota/issue",
        "ota/firmware/issue",
        "channel/raw/down",
    }
    assert {back for back in UPLINKS.values() if back} <= topics.ANSWERS


def test_a_topic_belongs_to_a_device() -> None:
    assert topics.PROPERTY_REPORT.publish_to("6c82") == "tylink/6c82/thing/property/report"
    assert topics.PROPERTY_SET.subscribe_to("6c82") == "tylink/6c82/thing/property/set"


@pytest.mark.parametrize("device_id", ["", "a/b", "+", "#", "a\0", "a?b", "x" * 129])
def test_an_id_that_would_reach_other_topics_is_none(device_id: str) -> None:
    assert not topics.is_device_id(device_id)
    with pytest.raises(MessageInvalid):
        _ = topics.PROPERTY_REPORT.publish_to(device_id)
    with pytest.raises(MessageInvalid):
        _ = topics.PROPERTY_SET.subscribe_to(device_id)


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("tylink/6c82/thing/property/set", ("6c82", "thing/property/set")),
        ("tylink/6c82/ota/issue", ("6c82", "ota/issue")),
        ("tylink/6c82/thing/model/get/?a=1", ("6c82", "thing/model/get")),
        ("tylink/6c82", None),
        ("tylink/6c82/", None),
        ("tylink//thing/property/set", None),
        ("other/6c82/thing/property/set", None),
        ("", None),
    ],
)
def test_parsing(topic: str, expected: tuple[str, str] | None) -> None:
    assert parse_topic(topic) == expected


def test_every_topic_parses_back() -> None:
    for functions in DOWNLINKS.values():
        for function in functions:
            assert parse_topic(topics.topic_of("6c82", function)) == ("6c82", function)
