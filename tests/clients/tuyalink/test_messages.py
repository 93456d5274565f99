"""The envelope of messages."""

import json
import math
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tuyalink.errors import MessageInvalid, MessageTooLarge
from custom_components.iot_gateway.clients.tuyalink.messages import (
    MOST_BYTES,
    build,
    message_id,
    parse,
    to_integer,
    to_milliseconds,
)
from custom_components.iot_gateway.clients.tuyalink.packing import ROOM, pack

_NOW = 1626197189.638


def test_ids_are_new_and_short_enough() -> None:
    ids = {message_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) <= 32 and one.isalnum() for one in ids)


def test_what_is_not_said_is_left_out() -> None:
    message = json.loads(build(now=_NOW))
    assert message.keys() == {"msgId", "time"}
    assert message["time"] == 1626197189638


def test_all_that_can_be_said() -> None:
    payload = build({"color": "green"}, now=_NOW, msg_id="45lkj3551234***", ack=True, code=2003)
    assert json.loads(payload) == {
        "msgId": "45lkj3551234***",
        "time": 1626197189638,
        "sys": {"ack": 1},
        "code": 2003,
        "data": {"color": "green"},
    }
    # A number, where a boolean would be equal in Python
    assert b'"ack":1' in payload
    assert b'"ack":0' in build(now=_NOW, ack=False)


def test_the_limit_is_one_of_bytes() -> None:
    frame = len(build({"a": ""}, now=_NOW))
    assert len(build({"a": "x" * (MOST_BYTES - frame)}, now=_NOW)) == MOST_BYTES
    with pytest.raises(MessageTooLarge):
        _ = build({"a": "x" * (MOST_BYTES - frame + 1)}, now=_NOW)
    # Three bytes each
    with pytest.raises(MessageTooLarge):
        _ = build({"a": "温" * (MOST_BYTES // 3)}, now=_NOW)


def test_the_envelope_leaves_the_room_that_packing_counts_on() -> None:
    envelope = build({"subDevices": [{}]}, now=_NOW, ack=True, code=2121)
    assert len(envelope) + ROOM <= MOST_BYTES + len('{"subDevices":[{}]}')


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {1, 2}, b"raw", "\ud800"])
def test_what_json_does_not_know_is_refused(value: Any) -> None:
    with pytest.raises(MessageInvalid) as raised:
        _ = build({"secret": value}, now=_NOW)
    assert "secret" not in str(raised.value)


def test_deep_values_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(MessageInvalid):
        _ = build(deep, now=_NOW)


def test_parsing_what_was_built() -> None:
    message = parse(build({"color": "green"}, now=_NOW, msg_id="45lkj3551234***", ack=True, code=0))
    assert message.msg_id == "45lkj3551234***"
    assert message.time == 1626197189638
    assert message.data == {"color": "green"}
    assert message.code == 0
    assert message.ack is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"msgId":"1","time":1626197189}', ("1", 1626197189000, None, None, False)),
        ('{"msgId":17,"time":"1626197189638","code":"0"}', ("17", 1626197189638, None, 0, False)),
        ('{"msgId":"1","sys":{"ack":true},"code":2003.0}', ("1", 0, None, 2003, True)),
        ('{"msgId":"1","sys":{"ack":"1"},"data":[1]}', ("1", 0, [1], None, True)),
        ('{"msgId":"1","sys":{"ack":0},"time":-5}', ("1", 0, None, None, False)),
        ('{"msgId":"1","sys":7,"time":true}', ("1", 1000, None, None, False)),
        ("{}", ("", 0, None, None, False)),
    ],
)
def test_parsing_is_lenient_where_it_does_no_harm(text: str, expected: tuple[Any, ...]) -> None:
    message = parse(text.encode())
    assert (message.msg_id, message.time, message.data, message.code, message.ack) == expected
    assert message.raw == json.loads(text)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        b"",
        b"not json",
        b"[]",
        b"17",
        b"null",
        b'{"msgId":["a"]}',
        b'{"msgId":null}',
        b'{"msgId":"1","code":"no"}',
        b'{"msgId":"1","code":true}',
        b'{"msgId":"1","code":[0]}',
        b'{"msgId":"1","data":NaN}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"msgId":"1","data":"' + b"x" * (1 << 20) + b'"}',
    ],
)
def test_what_cannot_be_read_is_refused(payload: Any) -> None:
    with pytest.raises(MessageInvalid):
        _ = parse(payload)


def test_numbers() -> None:
    assert [to_integer(value) for value in (1, "2", 3.0, "4.0", True)] == [1, 2, 3, 4, 1]
    others: list[Any] = [1.5, "x", None, [], "inf", "nan"]
    assert [to_integer(value) for value in others] == [None] * 6
    assert to_milliseconds(1626197189) == 1626197189000
    assert to_milliseconds(1626197189638) == 1626197189638


def test_packing_keeps_order_and_both_limits() -> None:
    items = [(index, size) for index, size in enumerate([3, 3, 3, 9, 1, 1, 1, 12, 1])]
    packed = list(pack(items, room=9, most=3))
    assert [one for chunk in packed for one in chunk] == list(range(9))
    assert packed == [[0, 1, 2], [3], [4, 5, 6], [7], [8]]
    assert list(pack([], room=9, most=3)) == []
