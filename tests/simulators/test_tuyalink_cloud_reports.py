"""What devices report to the simulated TuyaLink cloud, and what that says to it."""

from collections.abc import AsyncIterator
import json
from typing import Any

import pytest

from simulators.tuyalink_cloud import (
    LIGHT_PRODUCT,
    SENSOR_PRODUCT,
    Event,
    HistoryEntry,
    LinkDevice,
    Product,
    Reported,
    TuyaLinkCloudSimulator,
)

from .link_device import RawDevice, connected, ms

pytestmark = pytest.mark.usefixtures("socket_enabled")

T = 1_626_197_189_638
ACK: dict[str, Any] = {"sys": {"ack": 1}}


@pytest.fixture
async def cloud() -> AsyncIterator[TuyaLinkCloudSimulator]:
    async with TuyaLinkCloudSimulator() as simulator:
        yield simulator


@pytest.fixture
async def device(cloud: TuyaLinkCloudSimulator) -> AsyncIterator[RawDevice]:
    async with connected(cloud) as raw:
        yield raw


async def test_report(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    data: dict[str, dict[str, Any]] = {
        "switch_1": {"value": True, "time": T},
        "temp_current": {"value": -55, "time": 1_626_197_189},
        "work_mode": {"value": "scene", "time": T},
        "illuminance": {"value": 12.5, "time": T},
        "air_pressure": {"value": 1013, "time": T},
        "display_text": {"value": "Grüße", "time": T},
        "fault": {"value": 0b101, "time": T},
        "last_seen": {"value": T, "time": T},
    }
    answer = await device.ask("thing/property/report", data, **ACK, version="1.0")
    assert answer == {"msgId": answer["msgId"], "time": answer["time"], "code": 0}
    assert abs(answer["time"] - ms()) < 60_000
    assert cloud.gateway.values == {
        code: Reported(value=one["value"], time=1_626_197_189_000 if code == "temp_current" else T)
        for code, one in data.items()
    }
    assert cloud.gateway.reports == 8
    assert cloud.gateway.value("nothing") is None
    assert cloud.violations == []


async def test_what_is_older_does_not_count(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    assert await device.report({"switch_1": True}, when=T) == 0
    assert await device.report({"switch_1": False}, when=T - 1) == 0
    assert cloud.gateway.value("switch_1") is True
    assert await device.report({"switch_1": False}, when=T) == 0
    assert cloud.gateway.value("switch_1") is False


async def test_no_answer_without_ack(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    for sys in (None, {}, {"ack": 0}, {"ack": False}):
        await device.send("thing/property/report", {"switch_1": {"value": True, "time": T}}, sys=sys)
    await device.send("thing/event/trigger", {"eventCode": "doorbell", "eventTime": T, "outputParams": {}})
    # The next answer is that to this, so there was none before it.
    answer = await device.ask("thing/property/report", {"switch_2": {"value": True, "time": T}}, sys={"ack": True})
    assert answer["code"] == 0
    assert (cloud.gateway.reports, len(cloud.gateway.events)) == (5, 1)
    assert cloud.answers == {("thing/property/report", 0): 1}


BAD_REPORTS: list[tuple[Any, int]] = [
    ({"nothing": {"value": 1, "time": T}}, 2003),
    ({"factory_reset": {"value": True, "time": T}}, 2006),
    ({"switch_1": {"value": 1, "time": T}}, 2006),
    ({"switch_1": {"value": "true", "time": T}}, 2006),
    ({"bright_value": {"value": 9, "time": T}}, 2006),
    ({"bright_value": {"value": 1001, "time": T}}, 2006),
    ({"bright_value": {"value": 10.0, "time": T}}, 2006),
    ({"bright_value": {"value": True, "time": T}}, 2006),
    ({"work_mode": {"value": "disco", "time": T}}, 2006),
    ({"illuminance": {"value": "12", "time": T}}, 2006),
    ({"illuminance": {"value": -0.1, "time": T}}, 2006),
    ({"display_text": {"value": "x" * 65, "time": T}}, 2006),
    ({"display_text": {"value": None, "time": T}}, 2006),
    ({"fault": {"value": 8, "time": T}}, 2006),
    ({"last_seen": {"value": "now", "time": T}}, 2006),
    ({"switch_1": True}, 1003),
    ({"switch_1": {"time": T}}, 1003),
    ({"switch_1": {"value": True}}, 1003),
    ({"switch_1": {"value": True, "time": 12}}, 1003),
    ({"switch_1": {"value": True, "time": str(T)}}, 1003),
    ({}, 1003),
    ([], 1003),
    (None, 1003),
]


async def test_bad_reports(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    for data, code in BAD_REPORTS:
        cloud.violations.clear()
        whole = {"switch_2": {"value": True, "time": T}, **data} if isinstance(data, dict) and data else data
        assert (await device.ask("thing/property/report", whole, **ACK))["code"] == code, data
        # Nothing of it is taken.
        assert cloud.gateway.values == {}
        assert len(cloud.violations) == 1
        assert str(code) in cloud.violations[0]


ENVELOPES: list[tuple[dict[str, Any], int]] = [
    ({"time": 5}, 1003),
    ({"time": None}, 1003),
    ({"time": True}, 1003),
    ({"time": 1_626_197_189}, 0),
    ({"version": "2.0"}, 1003),
    ({"sys": {"ack": 2}}, 1003),
]


async def test_envelopes(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    cloud.faults.always_answer = True
    for more, code in ENVELOPES:
        answer = await device.ask("thing/property/report", {"switch_1": {"value": True, "time": T}}, **more)
        assert answer["code"] == code, more


NO_MESSAGES = [
    b"",
    b"{",
    b"\xff",
    b"[]",
    b"7",
    b"{}",
    b'{"msgId":7}',
    b'{"msgId":""}',
    json.dumps({"msgId": "x" * 33}).encode(),
    b"[" * 5000,
]


async def test_what_cannot_be_answered(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    for payload in NO_MESSAGES:
        cloud.violations.clear()
        cloud.received.clear()
        await device.publish("thing/property/report", payload)
        assert await device.report({"switch_1": True}) == 0
        assert len(cloud.violations) == 1
        assert cloud.received[0].message is None
        assert cloud.received[0].payload == payload


async def test_events(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    outputs = {"zone": "hall", "level": 2, "time": T}
    data = {"eventCode": "alarm", "eventTime": 1_626_197_189, "outputParams": outputs}
    answer = await device.ask("thing/event/trigger", data, **ACK)
    assert set(answer) == {"msgId", "time", "code"}
    assert answer["code"] == 0
    assert cloud.gateway.events == [Event(code="alarm", outputs=outputs, time=1_626_197_189_000)]


BAD_EVENTS: list[tuple[Any, int]] = [
    ({"eventCode": "nothing", "eventTime": T, "outputParams": {}}, 2004),
    ({"eventCode": "button_pressed", "eventTime": T, "outputParams": {"kind": "triple"}}, 2006),
    ({"eventCode": "button_pressed", "eventTime": T, "outputParams": {"kind": "single", "more": 1}}, 2006),
    ({"eventCode": "button_pressed", "eventTime": T, "outputParams": {}}, 2006),
    ({"eventCode": "button_pressed", "eventTime": T, "outputParams": []}, 1003),
    ({"eventCode": "button_pressed", "outputParams": {"kind": "single"}}, 1003),
    ({"eventTime": T, "outputParams": {}}, 1003),
    ("button_pressed", 1003),
]


async def test_bad_events(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    for data, code in BAD_EVENTS:
        assert (await device.ask("thing/event/trigger", data, **ACK))["code"] == code, data
    assert cloud.gateway.events == []


async def test_a_product_without_a_model() -> None:
    bare = LinkDevice(id="6cbare", product=Product(id="bare", name="Bare", model=None), secret="s")
    async with TuyaLinkCloudSimulator([bare]) as cloud, connected(cloud) as device:
        assert (await device.ask("thing/model/get", {}))["code"] == 2002
        assert await device.report({"switch_1": True}) == 2002


# Batches


def event(code: str, outputs: dict[str, Any], when: int = T) -> dict[str, Any]:
    return {code: {"outputParams": outputs, "eventTime": when}}


async def test_batch(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    light = await device.bind(LIGHT_PRODUCT, "l")
    sensor = await device.bind(SENSOR_PRODUCT, "s")
    data = {
        "properties": {"switch_1": {"value": True, "time": T}},
        "events": event("button_pressed", {"kind": "long"}) | event("doorbell", {}),
        "subDevices": [
            {"deviceId": light, "properties": {"switch_led": {"value": False, "time": T}}},
            {"deviceId": sensor, "properties": {}, "events": event("moved", {"strength": 1.5})},
        ],
    }
    assert (await device.ask("thing/data/batch_report", data, **ACK))["code"] == 0
    assert cloud.gateway.value("switch_1") is True
    assert [one.code for one in cloud.gateway.events] == ["button_pressed", "doorbell"]
    assert cloud.devices[light].value("switch_led") is False
    assert cloud.devices[sensor].events == [Event(code="moved", outputs={"strength": 1.5}, time=T)]
    assert cloud.violations == []


BAD_BATCHES: list[tuple[Any, int, int]] = [
    ({"properties": {"switch_1": {"value": True, "time": T}, "nothing": {"value": 1, "time": T}}}, 2121, 1),
    ({"properties": {"switch_1": {"value": True, "time": T}}, "events": event("nothing", {})}, 2121, 1),
    ({"properties": {"switch_1": {"value": True, "time": T}}, "subDevices": [{"deviceId": "nobody"}]}, 2121, 1),
    ({"properties": {"switch_1": {"value": 1, "time": T}}, "events": event("nothing", {})}, 2122, 0),
    ({"subDevices": [{"deviceId": "nobody", "properties": {"switch_1": {"value": True, "time": T}}}]}, 2122, 0),
    ({"subDevices": [{"deviceId": f"6c{number}"} for number in range(21)]}, 2123, 0),
    ({"properties": []}, 1003, 0),
    ({"subDevices": {}}, 1003, 0),
    ({"devices": []}, 1003, 0),
    ([], 1003, 0),
]


async def test_batches_with_something_wrong(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    for data, code, taken in BAD_BATCHES:
        cloud.violations.clear()
        cloud.gateway.values.clear()
        assert (await device.ask("thing/data/batch_report", data, **ACK))["code"] == code, data
        assert len(cloud.gateway.values) == taken
        assert cloud.violations


async def test_history(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    light = await device.bind(LIGHT_PRODUCT)
    data = {
        "properties": [
            {"switch_1": {"value": True, "time": T}, "bright_value": {"value": 80, "time": T}},
            {"switch_1": {"value": False, "time": T - 1000}},
            {"switch_2": {"value": True}},
        ],
        "events": [event("doorbell", {}), {"button_pressed": {"outputParams": {"kind": "single"}, "time": T}}],
        "subDevices": [
            {
                "deviceId": light,
                "properties": [
                    {"switch_led": {"value": True, "time": T}},
                    {"switch_led": {"value": False, "time": T + 1}},
                ],
                "events": [],
            }
        ],
    }
    assert (await device.ask("thing/data/history_report", data, **ACK))["code"] == 0
    assert cloud.gateway.history == [
        HistoryEntry(code="switch_1", value=True, time=T),
        HistoryEntry(code="bright_value", value=80, time=T),
        HistoryEntry(code="switch_1", value=False, time=T - 1000),
        HistoryEntry(code="switch_2", value=True, time=None),
        HistoryEntry(code="doorbell", value={}, time=T, event=True),
        HistoryEntry(code="button_pressed", value={"kind": "single"}, time=T, event=True),
    ]
    # The newest counts, whatever the order; history's events are no events of now.
    assert cloud.gateway.value("switch_1") is True
    assert cloud.gateway.events == []
    assert cloud.devices[light].value("switch_led") is False
    assert (cloud.gateway.reports, cloud.devices[light].reports) == (6, 2)
    assert cloud.violations == []


BAD_HISTORIES: list[tuple[Any, int]] = [
    ({"properties": [{"switch_1": {"value": 1, "time": T}}]}, 2122),
    ({"properties": [{"switch_1": {"time": T}}]}, 2122),
    ({"properties": [{"switch_1": {"value": True, "time": "x"}}]}, 2122),
    ({"properties": [{"switch_1": {"value": True}}], "events": [event("nothing", {})]}, 2121),
    ({"properties": [{}] * 499 + [{"switch_1": {"value": True, "time": T}}]}, 0),
    ({"properties": [{}] * 500, "events": [{}]}, 2124),
    ({"properties": {"switch_1": {"value": True, "time": T}}}, 1003),
    ({"properties": [1]}, 1003),
]


async def test_history_with_something_wrong(device: RawDevice) -> None:
    for data, code in BAD_HISTORIES:
        assert (await device.ask("thing/data/history_report", data, **ACK))["code"] == code, data


# What devices should be


async def test_desired(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    await cloud.desire(device.id, {"switch_1": True, "bright_value": 100})
    await cloud.desire(device.id, {"switch_1": False})
    wanted = {"properties": ["switch_1", "bright_value", "work_mode"]}
    answer = await device.ask("thing/property/desired/get", wanted)
    assert answer["code"] == 0
    assert answer["data"] == {
        "properties": {"switch_1": {"version": "2", "value": False}, "bright_value": {"version": "1", "value": 100}}
    }
    # The first is of a version that isn't the newest one.
    versions = {"switch_1": {"version": "1"}, "bright_value": {"version": "1"}, "work_mode": {"version": "9"}}
    answer = await device.ask("thing/property/desired/delete", {"properties": versions})
    assert answer["code"] == 0
    assert set(cloud.gateway.desired) == {"switch_1"}
    assert (await device.ask("thing/property/desired/delete", {"properties": {"switch_1": {"version": 2}}}))[
        "code"
    ] == 0
    assert (await device.ask("thing/property/desired/get", wanted))["data"] == {"properties": {}}


BAD_QUESTIONS: list[tuple[str, Any]] = [
    ("thing/property/desired/get", {}),
    ("thing/property/desired/get", {"properties": {"switch_1": {}}}),
    ("thing/property/desired/delete", {"properties": ["switch_1"]}),
    ("thing/property/desired/delete", {"properties": {"switch_1": "1"}}),
]


async def test_bad_questions_about_what_is_desired(device: RawDevice) -> None:
    for function, data in BAD_QUESTIONS:
        assert (await device.ask(function, data))["code"] == 1003, data
