"""How a link carries deliveries."""

from typing import Any

import pytest

from custom_components.iot_gateway.clients.tuyalink import topics
from custom_components.iot_gateway.clients.tuyalink.errors import AnswerTimeout
from custom_components.iot_gateway.clients.tuyalink.outbox import Delivery, sender
from custom_components.iot_gateway.clients.tuyalink.records import EventRecord, PropertyRecord, Record

from .broker import DEVICE, OTHER_SUB_DEVICE, SUB_DEVICE


class _Link:
    """What the sender needs of a link."""

    device_id = DEVICE

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any, bool]] = []
        self.silent = False

    async def request(self, topic: topics.Topic, data: Any, *, timeout: float, device_id: str) -> None:
        self.sent.append((topic.up or "", device_id, data, True))
        if self.silent:
            raise AnswerTimeout("a test")

    async def publish(self, topic: topics.Topic, data: Any, *, device_id: str) -> None:
        self.sent.append((topic.up or "", device_id, data, False))


def _value(device_id: str, code: str = "on") -> PropertyRecord:
    return PropertyRecord(device_id=device_id, code=code, value=True, time=1)


def _event(device_id: str, code: str = "pressed") -> EventRecord:
    return EventRecord(device_id=device_id, code=code, outputs={}, time=1)


@pytest.mark.parametrize(
    ("records", "batch", "expected"),
    [
        ((_value(DEVICE), _value(DEVICE, "level")), True, [("thing/property/report", DEVICE)]),
        ((_value(SUB_DEVICE),), True, [("thing/property/report", SUB_DEVICE)]),
        ((_event(SUB_DEVICE),), True, [("thing/event/trigger", SUB_DEVICE)]),
        ((_value(SUB_DEVICE), _value(OTHER_SUB_DEVICE)), True, [("thing/data/batch_report", DEVICE)]),
        ((_value(SUB_DEVICE), _event(SUB_DEVICE)), True, [("thing/data/batch_report", DEVICE)]),
        (
            (_value(SUB_DEVICE), _value(OTHER_SUB_DEVICE), _event(DEVICE)),
            False,
            [
                ("thing/property/report", SUB_DEVICE),
                ("thing/property/report", OTHER_SUB_DEVICE),
                ("thing/event/trigger", DEVICE),
            ],
        ),
    ],
)
async def test_the_sender_picks_the_plainest_message(
    records: tuple[Record, ...], batch: bool, expected: list[tuple[str, str]]
) -> None:
    link = _Link()
    send = sender(link, batch=batch)  # type: ignore[arg-type]
    await send(Delivery(records=records))
    assert [(function, device_id) for function, device_id, _, _ in link.sent] == expected
    await send(Delivery(records=records, history=True))
    assert link.sent[-1][:2] == ("thing/data/history_report", DEVICE)


async def test_the_sender_asks_a_silent_cloud_no_longer() -> None:
    link = _Link()
    link.silent = True
    send = sender(link)  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(AnswerTimeout):
            await send(Delivery(records=(_value(DEVICE),)))
    await send(Delivery(records=(_value(DEVICE),)))
    assert [asked for _, _, _, asked in link.sent] == [True, True, True, False]
    quiet = _Link()
    await sender(quiet, ack=False)(Delivery(records=(_value(DEVICE),)))  # type: ignore[arg-type]
    assert quiet.sent[0][3] is False
