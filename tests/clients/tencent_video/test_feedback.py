"""Messages from devices."""

import json
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tencent_video.calls import CallSignal
from custom_components.iot_gateway.clients.tencent_video.feedback import (
    MAX_FEEDBACK_BYTES,
    CallFeedback,
    FeedbackInvalid,
    MessageFeedback,
    OtherFeedback,
    feedback_reply,
    parse_feedback,
)

from .fake_cloud import DEVICE, PRODUCT

QUERY = {"_token": "123456789", "product_id": PRODUCT, "device_name": DEVICE}
HERE = {"product_id": PRODUCT, "device_name": DEVICE}


@pytest.mark.parametrize("signal", list(CallSignal))
def test_calls(signal: CallSignal) -> None:
    body = json.dumps({"iv_private_cmd": signal.value}).encode()
    assert parse_feedback(QUERY, body) == CallFeedback(signal=signal, **HERE)


def test_documented_signals() -> None:
    for word in ("call_hang_up", "call_cancel", "recv_stop"):
        assert isinstance(parse_feedback(QUERY, f'{{"iv_private_cmd":"{word}"}}'), CallFeedback)


@pytest.mark.parametrize(("value", "command"), [("unheard_of", "unheard_of"), (5, "5"), (None, "")])
def test_unknown_signals(value: Any, command: str) -> None:
    body = json.dumps({"iv_private_cmd": value})
    assert parse_feedback(QUERY, body) == OtherFeedback(command=command, **HERE)


def test_messages() -> None:
    assert parse_feedback(QUERY, b'{"my_message": "hello world"}') == MessageFeedback(
        message={"my_message": "hello world"}, **HERE
    )
    frame = len('{"a":""}')
    largest = '{"a":"%s"}' % ("x" * (MAX_FEEDBACK_BYTES - frame))
    assert isinstance(parse_feedback(QUERY, largest), MessageFeedback)
    with pytest.raises(FeedbackInvalid, match="too long"):
        parse_feedback(QUERY, largest + " ")


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({}, b"{}"),
        ({"product_id": PRODUCT}, b"{}"),
        ({"product_id": PRODUCT, "device_name": " "}, b"{}"),
        (QUERY, b""),
        (QUERY, b"hello"),
        (QUERY, b"[]"),
        (QUERY, b"\xff"),
        (QUERY, b"[" * 10_000),
    ],
)
def test_requests_that_are_none(query: dict[str, str], body: bytes) -> None:
    with pytest.raises(FeedbackInvalid):
        parse_feedback(query, body)


def test_reply() -> None:
    assert json.loads(feedback_reply()) == {"status": "0"}
    assert json.loads(feedback_reply(3)) == {"status": "3"}
