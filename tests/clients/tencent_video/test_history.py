"""Histories: how they are asked for, how their pages go on and end, and what is read of them."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tencent_video.api import TencentApi
from custom_components.iot_gateway.clients.tencent_video.history import (
    HistoricAction,
    HistoricEvent,
    HistoricValue,
    StatusChange,
    get_action_history,
    get_data_history,
    get_event_history,
    get_status_log,
)

from .fake_cloud import DEVICE, PRODUCT, FakeCloud

HERE = {"ProductId": PRODUCT, "DeviceName": DEVICE}
FROM, TO = 1631876000.5, 1631877000.25


def in_pages(name: str, *pages: list[Any], last_has_context: bool = True) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Answer by pages, whose contexts are their numbers."""

    def reply(params: dict[str, Any]) -> dict[str, Any]:
        number = int(params.get("Context", "p0")[1:])
        over = number == len(pages) - 1
        context = "" if over and not last_has_context else f"p{number + 1}"
        return {name: pages[number], "Context": context, "Listover": over}

    return reply


async def test_values(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["DescribeDeviceDataHistory"] = in_pages(
        "Results",
        [{"Time": "1631876001000", "Value": "1"}],
        [],
        [{"Time": 1631876002000, "Value": 2}, {"Value": "no time"}, None],
    )
    assert await get_data_history(api, PRODUCT, DEVICE, "switch", FROM, TO) == [
        HistoricValue(time_ms=1631876001000, value="1"),
        HistoricValue(time_ms=1631876002000, value="2"),
    ]
    assert cloud.requests[0].params == {
        **HERE,
        "FieldName": "switch",
        "MinTime": 1631876000500,
        "MaxTime": 1631877000250,
    }
    assert [seen.params.get("Context") for seen in cloud.requests] == [None, "p1", "p2"]


async def test_events(cloud: FakeCloud, api: TencentApi) -> None:
    """The cloud may give fewer than the size that was asked for, and go on."""
    entry = {"TimeStamp": 1631876001000, "EventId": "move", "Type": "alert", "Data": '{"zone":2}'}
    cloud.replies["DescribeDeviceEventHistory"] = in_pages(
        "EventHistory", [entry] * 5, [entry | {"TimeStamp": 1631876002, "Data": "?"}], last_has_context=False
    )
    found = await get_event_history(api, PRODUCT, DEVICE, FROM, TO, type_="alert", event_id="move")
    assert found == [HistoricEvent(time_ms=1631876001000, event_id="move", type="alert", params={"zone": 2})] * 5 + [
        HistoricEvent(time_ms=1631876002000, event_id="move", type="alert")
    ]
    assert cloud.requests[0].params == {
        **HERE,
        "Type": "alert",
        "EventId": "move",
        "StartTime": 1631876000,
        "EndTime": 1631877000,
        "Size": 100,
    }


async def test_actions(cloud: FakeCloud, api: TencentApi) -> None:
    entry = {
        "DeviceName": DEVICE,
        "ActionId": "feed",
        "ActionName": "Feed",
        "ReqTime": 1631876001000,
        "RspTime": 0,
        "InputParams": '{"grams":5}',
        "OutputParams": "",
        "Calling": "cloud",
        "ClientToken": "t:1",
        "Status": "sent",
    }
    cloud.replies["DescribeDeviceActionHistory"] = in_pages(
        "ActionHistories", [entry], [entry | {"RspTime": 1631876002000, "OutputParams": '{"ok":1}'}, {}]
    )
    found = await get_action_history(api, PRODUCT, DEVICE, FROM, TO, action_id="feed", most=9)
    assert found[0] == HistoricAction(
        time_ms=1631876001000,
        action_id="feed",
        name="Feed",
        client_token="t:1",
        status="sent",
        inputs={"grams": 5},
    )
    assert (found[1].replied_ms, found[1].outputs) == (1631876002000, {"ok": 1})
    assert len(found) == 2
    assert cloud.requests[0].params["Limit"] == 9


async def test_statuses(cloud: FakeCloud, api: TencentApi) -> None:
    """The documentation has words, the official example numbers."""
    cloud.replies["DescribeDeviceStatusLog"] = in_pages(
        "Results",
        [
            {"Time": "1631876001000", "Type": "Online", "Data": "REASON_DEVICE_CONNECT"},
            {"Time": 1631876002, "Type": "1"},
            {"Time": 1631876003000, "Type": "offline"},
            {"Time": 1631876004000, "Type": "asleep"},
        ],
    )
    assert await get_status_log(api, PRODUCT, DEVICE, FROM, TO) == [
        StatusChange(time_ms=1631876001000, online=True, reason="REASON_DEVICE_CONNECT"),
        StatusChange(time_ms=1631876002000, online=True),
        StatusChange(time_ms=1631876003000, online=False),
        StatusChange(time_ms=1631876004000, online=None),
    ]


@pytest.mark.parametrize(
    ("reply", "calls"),
    [
        ({"Results": [{"Time": "1"}], "Context": "same", "Listover": False}, 2),
        ({"Results": [{"Time": "1"}], "Context": "", "Listover": False}, 1),
        ({"Results": [{"Time": "1"}], "Context": "x", "Listover": "true"}, 1),
        ({"Results": "odd", "Listover": 1}, 1),
        ({}, 1),
    ],
    ids=["same context", "no context", "over as text", "no list", "nothing"],
)
async def test_odd_pages_come_to_an_end(cloud: FakeCloud, api: TencentApi, reply: Any, calls: int) -> None:
    cloud.replies["DescribeDeviceStatusLog"] = reply
    await get_status_log(api, PRODUCT, DEVICE, FROM, TO)
    assert len(cloud.requests) == calls


async def test_most(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["DescribeDeviceStatusLog"] = in_pages("Results", *[[{"Time": "1"}] * 3] * 9)
    assert len(await get_status_log(api, PRODUCT, DEVICE, FROM, TO, most=5)) == 5
    assert len(cloud.requests) == 2


async def test_pages_without_end(cloud: FakeCloud, api: TencentApi) -> None:
    """A list whose pages stay empty is over, and one that never ends is cut."""
    cloud.replies["DescribeDeviceStatusLog"] = in_pages("Results", *[[]] * 9)
    assert await get_status_log(api, PRODUCT, DEVICE, FROM, TO) == []
    assert len(cloud.requests) == 3
    cloud.replies["DescribeDeviceStatusLog"] = in_pages("Results", *[[{"Time": "1"}]] * 200)
    assert len(await get_status_log(api, PRODUCT, DEVICE, FROM, TO)) == 100
