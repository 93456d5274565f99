"""Every payload of B3, with the page's and the documents' own samples, over a real broker."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest

from custom_components.iot_gateway.clients.tuyalink import properties as properties_module
from custom_components.iot_gateway.clients.tuyalink.commands import (
    DONE,
    FAILED,
    ActionCall,
    PropertySet,
    answer_action,
    answer_set,
)
from custom_components.iot_gateway.clients.tuyalink.errors import (
    BindRefused,
    CloudRefused,
    LinkLost,
    MessageInvalid,
    MessageTooLarge,
)
from custom_components.iot_gateway.clients.tuyalink.events import trigger_event
from custom_components.iot_gateway.clients.tuyalink.firmware import FirmwareIssued, answer_not_supported, report_version
from custom_components.iot_gateway.clients.tuyalink.properties import (
    DesiredProperty,
    SubDeviceData,
    delete_desired,
    get_desired,
    report,
    report_batch,
    report_history,
)
from custom_components.iot_gateway.clients.tuyalink.records import EventRecord, PropertyRecord
from custom_components.iot_gateway.clients.tuyalink.subdevices import (
    SubDevice,
    TopologyChange,
    bind,
    delete_topology,
    get_topology,
    login,
    logout,
)
from custom_components.iot_gateway.clients.tuyalink.thing_model import get_thing_model
from custom_components.iot_gateway.clients.tuyalink.time_config import CloudTime, ConfigFile, ask_time, get_config
from tests.clients.mosquitto import needs_broker

from .broker import DEVICE, OTHER_SUB_DEVICE, SUB_DEVICE
from .cloud import Cloud, Owner, Uplink, until
from .test_thing_model import SAMPLE

pytestmark = [pytest.mark.usefixtures("socket_enabled"), needs_broker]

_TIME: Final = 1626197189638
_ID: Final = "45lkj3551234***"
_OUTPUTS: Final = {"outputParam1": "value1", "outputParam2": "value2"}


def _data(uplink: Uplink) -> Any:
    """Return what a message says, after its envelope has been checked."""
    body = dict(uplink.body)
    data = body.pop("data", None)
    assert len(body.pop("msgId")) <= 32
    assert body.pop("time") == _TIME
    assert body.pop("sys", {"ack": 1}) == {"ack": 1}
    assert body == {}
    assert uplink.size <= 10_000
    return data


# Properties


@pytest.mark.parametrize("ack", [False, True])
async def test_report(owner: Owner, cloud: Cloud, ack: bool) -> None:
    cloud.answer("thing/property/report")
    await report(owner.link, DEVICE, {"color": ("red", _TIME), "brightness": (80, _TIME)}, ack=ack)
    uplink = await cloud.one("thing/property/report")
    assert uplink.device_id == DEVICE
    assert _data(uplink) == {"color": {"value": "red", "time": _TIME}, "brightness": {"value": 80, "time": _TIME}}
    assert ("sys" in uplink.body) is ack


async def test_report_of_a_sub_device_has_its_topic(owner: Owner, cloud: Cloud) -> None:
    await owner.link.add_sub_devices([SUB_DEVICE])
    cloud.answer("thing/property/report")
    await report(owner.link, SUB_DEVICE, {"color": ("red", _TIME)}, ack=True)
    assert (await cloud.one("thing/property/report")).device_id == SUB_DEVICE


async def test_a_refused_report(owner: Owner, cloud: Cloud) -> None:
    cloud.answer("thing/property/report", code=2003)
    with pytest.raises(CloudRefused) as raised:
        await report(owner.link, DEVICE, {"color": ("red", _TIME)}, ack=True)
    assert raised.value.key == "property_not_defined"


async def test_property_set(owner: Owner, cloud: Cloud) -> None:
    await cloud.send("thing/property/set", {"msgId": _ID, "time": _TIME, "data": {"color": "green", "brightness": 50}})
    await until(lambda: owner.sets)
    (command,) = owner.sets
    assert command == PropertySet(
        device_id=DEVICE, values={"color": "green", "brightness": 50}, msg_id=_ID, ack=False, time=_TIME
    )
    await answer_set(owner.link, command)
    uplink = await cloud.one("thing/property/set_response")
    assert uplink.body == {"msgId": _ID, "time": _TIME, "code": 0}


async def test_property_set_that_asks_for_an_answer_and_fails(owner: Owner, cloud: Cloud) -> None:
    await cloud.send("thing/property/set", {"msgId": _ID, "time": 1626197189, "sys": {"ack": 1}, "data": {"a": 1}})
    await until(lambda: owner.sets)
    (command,) = owner.sets
    assert command.ack
    assert command.time == 1626197189000
    await answer_set(owner.link, command, FAILED)
    assert (await cloud.one("thing/property/set_response")).body["code"] == 1001


async def test_desired_properties(owner: Owner, cloud: Cloud) -> None:
    cloud.answer(
        "thing/property/desired/get",
        data={
            "properties": {
                "color": {"version": "1", "value": "red"},
                "brightness": {"version": 2, "value": 80},
                "broken": 17,
                "without": {"version": "3"},
            }
        },
    )
    assert await get_desired(owner.link, DEVICE, ["color", "brightness"]) == {
        "color": DesiredProperty(code="color", value="red", version="1"),
        "brightness": DesiredProperty(code="brightness", value=80, version="2"),
    }
    assert _data(await cloud.one("thing/property/desired/get")) == {"properties": ["color", "brightness"]}
    cloud.answer("thing/property/desired/delete")
    await delete_desired(owner.link, DEVICE, {"color": "1", "brightness": "1"})
    assert _data(await cloud.one("thing/property/desired/delete")) == {
        "properties": {"color": {"version": "1"}, "brightness": {"version": "1"}}
    }


@pytest.mark.parametrize("data", [None, {}, {"properties": []}, {"properties": {}}, []])
async def test_no_desired_properties(owner: Owner, cloud: Cloud, data: Any) -> None:
    cloud.answer("thing/property/desired/get", data=data)
    assert await get_desired(owner.link, DEVICE, ["color"]) == {}


async def test_batch_report(owner: Owner, cloud: Cloud) -> None:
    cloud.answer("thing/data/batch_report")
    await report_batch(
        owner.link,
        DEVICE,
        {"color": ("red", _TIME)},
        {"event1": (_OUTPUTS, 1626197189001), "event2": (_OUTPUTS, 1626197189001)},
        {
            "asd453452***": SubDeviceData(
                properties={"color": ("red", _TIME), "brightness": (80, _TIME)},
                events={"event1": (_OUTPUTS, 1626197189001)},
            )
        },
        ack=True,
    )
    # "Report data in bulk"
    assert _data(await cloud.one("thing/data/batch_report")) == {
        "properties": {"color": {"value": "red", "time": _TIME}},
        "events": {
            "event1": {"outputParams": _OUTPUTS, "eventTime": 1626197189001},
            "event2": {"outputParams": _OUTPUTS, "eventTime": 1626197189001},
        },
        "subDevices": [
            {
                "deviceId": "asd453452***",
                "properties": {
                    "color": {"value": "red", "time": _TIME},
                    "brightness": {"value": 80, "time": _TIME},
                },
                "events": {"event1": {"outputParams": _OUTPUTS, "eventTime": 1626197189001}},
            }
        ],
    }


async def test_batch_report_of_sub_devices_only(owner: Owner, cloud: Cloud) -> None:
    await report_batch(
        owner.link, DEVICE, sub_devices={SUB_DEVICE: SubDeviceData(properties={"color": ("red", _TIME)})}
    )
    uplink = await cloud.one("thing/data/batch_report")
    assert _data(uplink) == {
        "subDevices": [{"deviceId": SUB_DEVICE, "properties": {"color": {"value": "red", "time": _TIME}}}]
    }
    assert "sys" not in uplink.body


async def test_history_report(owner: Owner, cloud: Cloud) -> None:
    cloud.answer("thing/data/history_report")
    early, late = 1626197189000, 1626197190000
    records = [
        record
        for device_id in (DEVICE, "asd453452444")
        for record in (
            PropertyRecord(device_id=device_id, code="color", value="blue", time=early),
            EventRecord(device_id=device_id, code="event1", outputs={"outputParam1": "value10"}, time=early),
            PropertyRecord(device_id=device_id, code="color", value="red", time=late),
            EventRecord(device_id=device_id, code="event1", outputs={"outputParam1": "value11"}, time=late),
        )
    ]
    await report_history(owner.link, DEVICE, records)
    own = {
        "properties": [{"color": {"value": "blue", "time": early}}, {"color": {"value": "red", "time": late}}],
        "events": [
            {"event1": {"outputParams": {"outputParam1": "value10"}, "eventTime": early}},
            {"event1": {"outputParams": {"outputParam1": "value11"}, "eventTime": late}},
        ],
    }
    # "Report historical data", the array in the order of time
    assert _data(await cloud.one("thing/data/history_report")) == {
        **own,
        "subDevices": [{"deviceId": "asd453452444", **own}],
    }


async def test_reports_are_split_by_size(owner: Owner, cloud: Cloud) -> None:
    values = {f"text{index}": ("温" * 300, _TIME) for index in range(50)}
    await report(owner.link, DEVICE, values)
    sub_devices = {f"sub{index}": SubDeviceData(properties={"text": ("x" * 700, _TIME)}) for index in range(30)}
    await report_batch(owner.link, DEVICE, sub_devices=sub_devices)
    await until(lambda: sum(len(one.body["data"]) for one in cloud.of("thing/property/report")) == 50)
    reports = cloud.of("thing/property/report")
    assert len(reports) == 5
    told: dict[str, Any] = {}
    for uplink in reports:
        told |= _data(uplink)
    assert told == {code: {"value": value, "time": time} for code, (value, time) in values.items()}
    await until(lambda: sum(len(one.body["data"]["subDevices"]) for one in cloud.of("thing/data/batch_report")) == 30)
    batches = [_data(uplink)["subDevices"] for uplink in cloud.of("thing/data/batch_report")]
    assert [one["deviceId"] for batch in batches for one in batch] == list(sub_devices)
    assert len(batches) == 3


async def test_batches_are_split_at_20_sub_devices(owner: Owner, cloud: Cloud) -> None:
    sub_devices = {f"sub{index}": SubDeviceData(properties={"on": (True, _TIME)}) for index in range(45)}
    await report_batch(owner.link, DEVICE, {"on": (True, _TIME)}, None, sub_devices)
    await until(lambda: len(cloud.of("thing/data/batch_report")) == 3)
    batches = [_data(uplink) for uplink in cloud.of("thing/data/batch_report")]
    assert [len(batch["subDevices"]) for batch in batches] == [20, 20, 5]
    assert ["properties" in batch for batch in batches] == [True, False, False]


async def test_history_is_split_by_size_and_below_500_entries(
    owner: Owner, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.answer("thing/data/history_report")
    records = [PropertyRecord(device_id=DEVICE, code="a", value=1, time=index) for index in range(1200)]
    await report_history(owner.link, DEVICE, records)
    reports = [_data(uplink)["properties"] for uplink in cloud.of("thing/data/history_report")]
    assert [entry["a"]["time"] for one in reports for entry in one] == list(range(1200))
    # 10 KB are less than 500 of the smallest entries, so the limit of the cloud is not met unless that limit is raised
    assert max(map(len, reports)) < properties_module.MOST_HISTORY < 500
    monkeypatch.setattr(properties_module, "MOST_HISTORY", 7)
    cloud.uplinks.clear()
    await report_history(owner.link, DEVICE, records[:20])
    assert [len(_data(uplink)["properties"]) for uplink in cloud.uplinks] == [7, 7, 6]


@pytest.mark.parametrize("how", ["report", "batch", "history"])
async def test_a_value_that_fits_into_no_message_costs_no_other(owner: Owner, cloud: Cloud, how: str) -> None:
    cloud.answer("thing/data/history_report")
    values = {"a": (1, _TIME), "long": ("x" * 10_000, _TIME), "b": (2, _TIME)}
    records = [
        PropertyRecord(device_id=DEVICE, code=code, value=value, time=time) for code, (value, time) in values.items()
    ]
    reporting = {
        "report": lambda: report(owner.link, DEVICE, values),
        "batch": lambda: report_batch(owner.link, DEVICE, values),
        "history": lambda: report_history(owner.link, DEVICE, records),
    }
    with pytest.raises(MessageTooLarge) as raised:
        await reporting[how]()
    assert raised.value.codes == ("long",)
    assert "xxx" not in str(raised.value)
    await until(lambda: cloud.uplinks)
    (uplink,) = cloud.uplinks
    assert uplink.size < 300


async def test_a_sub_device_without_a_proper_id(owner: Owner, cloud: Cloud) -> None:
    with pytest.raises(MessageInvalid):
        await report_batch(owner.link, DEVICE, sub_devices={"#": SubDeviceData(properties={"a": (1, _TIME)})})


# Events and actions


@pytest.mark.parametrize("ack", [False, True])
async def test_event(owner: Owner, cloud: Cloud, ack: bool) -> None:
    cloud.answer("thing/event/trigger")
    await trigger_event(owner.link, DEVICE, "testEvent", _OUTPUTS, 1626197189630, ack=ack)
    uplink = await cloud.one("thing/event/trigger")
    assert _data(uplink) == {"eventCode": "testEvent", "eventTime": 1626197189630, "outputParams": _OUTPUTS}
    assert ("sys" in uplink.body) is ack


async def test_an_event_that_the_model_does_not_know(owner: Owner, cloud: Cloud) -> None:
    cloud.answer("thing/event/trigger", code=2004)
    with pytest.raises(CloudRefused, match="event_not_defined"):
        await trigger_event(owner.link, DEVICE, "testEvent", {}, _TIME)


async def test_action(owner: Owner, cloud: Cloud) -> None:
    inputs = {"inputParam1": "value1", "inputParam2": "value2"}
    await cloud.send(
        "thing/action/execute",
        {"msgId": _ID, "time": _TIME, "data": {"actionCode": "testAction", "inputParams": inputs}},
    )
    await until(lambda: owner.calls)
    (call,) = owner.calls
    assert call == ActionCall(device_id=DEVICE, code="testAction", inputs=inputs, msg_id=_ID, time=_TIME)
    await answer_action(owner.link, call, DONE, _OUTPUTS)
    assert (await cloud.one("thing/action/execute_response")).body == {
        "msgId": _ID,
        "time": _TIME,
        "code": 0,
        "data": {"actionCode": "testAction", "outputParams": _OUTPUTS},
    }


async def test_an_action_without_parameters_of_a_sub_device(owner: Owner, cloud: Cloud) -> None:
    await owner.link.add_sub_devices([SUB_DEVICE])
    await cloud.send("thing/action/execute", {"msgId": 17, "data": {"actionCode": "feed"}}, SUB_DEVICE)
    await until(lambda: owner.calls)
    (call,) = owner.calls
    assert (call.device_id, call.inputs, call.msg_id) == (SUB_DEVICE, {}, "17")
    await answer_action(owner.link, call, FAILED)
    uplink = await cloud.one("thing/action/execute_response")
    assert uplink.device_id == SUB_DEVICE
    assert uplink.body["data"] == {"actionCode": "feed", "outputParams": {}}
    assert (uplink.body["msgId"], uplink.body["code"]) == ("17", 1001)


# The model


@pytest.mark.parametrize(("complete", "format_"), [(True, "complete"), (False, "simple")])
async def test_model(owner: Owner, cloud: Cloud, complete: bool, format_: str) -> None:
    cloud.answer("thing/model/get", data=SAMPLE)
    model = await get_thing_model(owner.link, complete=complete)
    assert list(model.properties) == ["foodRemaining"]
    assert _data(await cloud.one("thing/model/get")) == {"format": format_}


async def test_model_of_a_sub_device(owner: Owner, cloud: Cloud) -> None:
    await owner.link.add_sub_devices([SUB_DEVICE])
    cloud.answer("thing/model/get", data=SAMPLE)
    model = await get_thing_model(owner.link, SUB_DEVICE)
    assert model.model_id == "0000001***"
    assert (await cloud.one("thing/model/get")).device_id == SUB_DEVICE


async def test_an_answer_that_is_no_model(owner: Owner, cloud: Cloud) -> None:
    cloud.answer("thing/model/get")
    with pytest.raises(MessageInvalid):
        _ = await get_thing_model(owner.link)


# Sub-devices


def _bound(uplink: Uplink) -> dict[str, Any]:
    return {
        "code": 0,
        "data": [
            {"productId": item["productId"], "clientId": item["clientId"], "deviceId": f"dev-{item['clientId']}"}
            for item in uplink.body["data"]
        ],
    }


async def test_bind(owner: Owner, cloud: Cloud) -> None:
    cloud.answers["device/sub/bind"] = _bound
    items = [("a123b456****", "123455asdf****", None), ("a123b457****", "453455asdf****", "A lamp")]
    assert await bind(owner.link, items) == {
        ("a123b456****", "123455asdf****"): "dev-123455asdf****",
        ("a123b457****", "453455asdf****"): "dev-453455asdf****",
    }
    assert _data(await cloud.one("device/sub/bind")) == [
        {"productId": "a123b456****", "clientId": "123455asdf****"},
        {"productId": "a123b457****", "clientId": "453455asdf****", "deviceName": "A lamp"},
    ]


async def test_bind_many(owner: Owner, cloud: Cloud) -> None:
    cloud.answers["device/sub/bind"] = _bound
    bound = await bind(owner.link, [("product", f"client{index}", "n" * 200) for index in range(250)])
    assert len(bound) == 250
    uplinks = cloud.of("device/sub/bind")
    assert all(uplink.size <= 10_000 and len(uplink.body["data"]) <= 100 for uplink in uplinks)
    short = await bind(owner.link, [("product", f"client{index}", None) for index in range(250)])
    assert len(short) == 250
    assert [len(uplink.body["data"]) for uplink in cloud.of("device/sub/bind")[len(uplinks) :]] == [100, 100, 50]


@pytest.mark.parametrize(
    "data",
    [None, [], {}, [{"productId": "p", "clientId": "c"}], [{"productId": "p", "clientId": "c", "deviceId": "a/#"}]],
)
async def test_a_bind_that_succeeds_and_binds_nothing(owner: Owner, cloud: Cloud, data: Any) -> None:
    cloud.answer("device/sub/bind", data=data)
    with pytest.raises(BindRefused) as raised:
        _ = await bind(owner.link, [("p", "c", None)])
    assert (raised.value.code, raised.value.key, raised.value.bound) == (0, "not_bound", {})
    assert "licence" in str(raised.value)


async def test_a_bind_that_leaves_some_out(owner: Owner, cloud: Cloud) -> None:
    cloud.answer("device/sub/bind", data=[{"productId": "p", "clientId": "b", "deviceId": "d"}])
    assert await bind(owner.link, [("p", "a", None), ("p", "b", None)]) == {("p", "b"): "d"}


async def test_binding_nothing(owner: Owner, cloud: Cloud) -> None:
    assert await bind(owner.link, []) == {}
    assert cloud.uplinks == []


async def test_a_service_error_of_bind_is_tried_once_more(owner: Owner, cloud: Cloud) -> None:
    def first_fails(uplink: Uplink) -> dict[str, Any]:
        return _bound(uplink) if len(cloud.of("device/sub/bind")) > 1 else {"code": 1001}

    cloud.answers["device/sub/bind"] = first_fails
    assert await bind(owner.link, [("p", "c", None)]) == {("p", "c"): "dev-c"}
    cloud.answer("device/sub/bind", code=1001)
    with pytest.raises(BindRefused, match="1001"):
        _ = await bind(owner.link, [("p", "c", None)])
    assert len(cloud.of("device/sub/bind")) == 4


async def test_a_refused_bind_keeps_what_was_bound_before(owner: Owner, cloud: Cloud) -> None:
    def second_fails(uplink: Uplink) -> dict[str, Any]:
        return _bound(uplink) if len(cloud.of("device/sub/bind")) == 1 else {"code": 1002}

    cloud.answers["device/sub/bind"] = second_fails
    with pytest.raises(BindRefused) as raised:
        _ = await bind(owner.link, [("p", f"c{index}", None) for index in range(101)])
    assert raised.value.key == "invalid_parameter"
    assert len(raised.value.bound) == 100


async def test_login_and_logout(owner: Owner, cloud: Cloud) -> None:
    await login(owner.link, [SUB_DEVICE, OTHER_SUB_DEVICE, SUB_DEVICE])
    assert _data(await cloud.one("device/sub/login")) == [SUB_DEVICE, OTHER_SUB_DEVICE]
    assert owner.link.sub_devices == (SUB_DEVICE, OTHER_SUB_DEVICE)
    await logout(owner.link, [SUB_DEVICE])
    uplink = await cloud.one("device/sub/logout")
    assert uplink.device_id == DEVICE
    assert _data(uplink) == [SUB_DEVICE]
    await logout(owner.link, [])
    assert len(cloud.of("device/sub/logout")) == 1


async def test_login_of_many(owner: Owner, cloud: Cloud) -> None:
    ids = [f"sub{index:03}" for index in range(250)]
    await login(owner.link, ids)
    await until(lambda: len(cloud.of("device/sub/login")) == 3)
    assert [one for uplink in cloud.of("device/sub/login") for one in _data(uplink)] == ids


def _topology(count: int, *, inclusive: bool) -> Callable[[Uplink], dict[str, Any]]:
    devices = [
        {"clientId": f"c{index}", "deviceId": f"d{index}", "productId": "p", "indexId": 100 + 7 * index}
        for index in range(count)
    ]

    def answer(uplink: Uplink) -> dict[str, Any]:
        wanted = uplink.body["data"]
        start = wanted.get("startId", -1)
        page = [one for one in devices if one["indexId"] > start or (inclusive and one["indexId"] == start)]
        return {"code": 0, "data": page[: wanted["pageSize"]]}

    return answer


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("count", [0, 1, 4, 5, 10, 11])
async def test_topology_by_pages(owner: Owner, cloud: Cloud, inclusive: bool, count: int) -> None:
    cloud.answers["device/topo/get"] = _topology(count, inclusive=inclusive)
    found = await get_topology(owner.link, page_size=5)
    assert found == [
        SubDevice(device_id=f"d{index}", product_id="p", client_id=f"c{index}", index_id=100 + 7 * index)
        for index in range(count)
    ]
    assert _data(cloud.of("device/topo/get")[0]) == {"pageSize": 5}
    assert all(uplink.body["data"].get("startId", 0) is not None for uplink in cloud.of("device/topo/get"))


@pytest.mark.parametrize(
    "data",
    [None, {}, "none", [None, 17, {}, {"deviceId": "a/b"}], [{"deviceId": ""}]],
)
async def test_a_topology_that_cannot_be_read_is_empty(owner: Owner, cloud: Cloud, data: Any) -> None:
    cloud.answer("device/topo/get", data=data)
    assert await get_topology(owner.link) == []


async def test_a_cloud_that_sends_the_same_page_for_ever(owner: Owner, cloud: Cloud) -> None:
    page = [{"clientId": "c", "deviceId": f"d{index}", "productId": "p", "indexId": "7"} for index in range(2)]
    cloud.answer("device/topo/get", data=page)
    assert len(await get_topology(owner.link, page_size=2)) == 2
    assert len(cloud.of("device/topo/get")) == 2


async def test_topology_delete(owner: Owner, cloud: Cloud) -> None:
    await owner.link.add_sub_devices([SUB_DEVICE, OTHER_SUB_DEVICE])
    cloud.answer("device/topo/delete")
    await delete_topology(owner.link, [SUB_DEVICE])
    assert _data(await cloud.one("device/topo/delete")) == [SUB_DEVICE]
    assert owner.link.sub_devices == (OTHER_SUB_DEVICE,)


async def test_a_refused_topology_delete_leaves_all_as_it_is(owner: Owner, cloud: Cloud) -> None:
    await owner.link.add_sub_devices([SUB_DEVICE])
    cloud.answer("device/topo/delete", code=1002)
    with pytest.raises(CloudRefused):
        await delete_topology(owner.link, [SUB_DEVICE])
    assert owner.link.sub_devices == (SUB_DEVICE,)


@pytest.mark.parametrize(
    ("data", "added", "deleted"),
    [
        ({"delDevIds": ["a", "b"]}, (), ("a", "b")),
        ({"addDevIds": ["c"], "delDevIds": [{"deviceId": "a"}, {"deviceId": 7}, None, "b/#"]}, ("c",), ("a",)),
        ({"addDevIds": None}, (), ()),
        ({}, (), ()),
    ],
)
async def test_topology_change(
    owner: Owner, cloud: Cloud, data: Any, added: tuple[str, ...], deleted: tuple[str, ...]
) -> None:
    await cloud.send("device/topo/change", {"msgId": _ID, "time": _TIME, "data": data})
    await until(lambda: owner.changes)
    assert owner.changes == [TopologyChange(added=added, deleted=deleted)]


# Firmware, time and configuration


async def test_firmware_version(owner: Owner, cloud: Cloud) -> None:
    await report_version(owner.link, "1.1.6", product_id="5k8h97qska6pf***")
    assert _data(await cloud.one("ota/firmware/report")) == {
        "bizType": "INIT",
        "pid": "5k8h97qska6pf***",
        "otaChannel": [{"channel": 0, "version": "1.1.6"}],
    }


@pytest.mark.parametrize("function", ["ota/issue", "ota/firmware/issue"])
async def test_an_issued_firmware_is_declined(owner: Owner, cloud: Cloud, function: str) -> None:
    await cloud.send(
        function,
        {
            "msgId": _ID,
            "time": _TIME,
            "data": {
                "ctId": "bee8d56c2868302ec4d094d652325***",
                "channel": 0,
                "version": "1.3.13",
                "url": "http://firmware/1.3***.bin",
                "cdnUrl": "https://firmware/1.3***.bin",
                "size": "1306707",
                "md5": "e7471fe76cecc562f93d57745acac***",
                "hmac": "952C262E4F40D25B2DF2D3923485AE4EBD8B194F77D41BED2B67B1A335022***",
                "httpsUrl": "https://firmware:1443/1.3***.bin",
                "upgradeType": 1,
                "execTime": 0,
            },
        },
    )
    await until(lambda: owner.issued)
    (issued,) = owner.issued
    assert issued == FirmwareIssued(
        device_id=DEVICE,
        channel=0,
        version="1.3.13",
        ct_id="bee8d56c2868302ec4d094d652325***",
        upgrade_type=1,
        size=1306707,
    )
    await answer_not_supported(owner.link, issued)
    data = _data(await cloud.one("ota/progress/report"))
    assert data.keys() == {"channel", "progress", "errorCode", "errorMsg"}
    assert (data["channel"], data["progress"], data["errorCode"]) == (0, 0, 40)
    assert data["errorMsg"]


async def test_a_firmware_for_a_sub_device_is_declined_by_it(owner: Owner, cloud: Cloud) -> None:
    await owner.link.add_sub_devices([SUB_DEVICE])
    await cloud.send("ota/issue", {"msgId": _ID, "data": {"channel": 9, "version": "2"}}, SUB_DEVICE)
    await until(lambda: owner.issued)
    await answer_not_supported(owner.link, owner.issued[0])
    uplink = await cloud.one("ota/progress/report")
    assert (uplink.device_id, uplink.body["data"]["channel"]) == (SUB_DEVICE, 9)


async def test_time(owner: Owner, cloud: Cloud) -> None:
    times = iter((1655957399.000, 1655957399.400))
    cloud.answers["ext/time/request"] = lambda uplink: {
        # The documents' sample has no code
        "data": {"bizType": "NTP", "dst": uplink.body["data"]["dst"], "srt": 1655957402100, "sst": 1655957402200}
    }
    answer = await ask_time(owner.link, now=lambda: next(times))
    # 400 ms under way, of which 100 ms in the cloud: 150 ms back from there
    assert answer == CloudTime(time=1655957402350, offset=2950)
    assert _data(await cloud.one("ext/time/request")) == {"bizType": "NTP", "dst": 1655957399000}


async def test_time_from_half_an_answer(owner: Owner, cloud: Cloud) -> None:
    times = iter((1655957399.000, 1655957399.400))
    cloud.answer("ext/time/request", data={"sst": 1655957399300})
    assert await ask_time(owner.link, now=lambda: next(times)) == CloudTime(time=1655957399500, offset=100)


@pytest.mark.parametrize("data", [None, {}, [], {"sst": "x"}])
async def test_no_time(owner: Owner, cloud: Cloud, data: Any) -> None:
    cloud.answer("ext/time/request", data=data)
    with pytest.raises(MessageInvalid):
        _ = await ask_time(owner.link)


async def test_config(owner: Owner, cloud: Cloud) -> None:
    cloud.answers["ext/config/get"] = lambda _: {
        "data": {
            "bizType": "PRODUCT_FILE",
            "pid": "5k8h97qska6p****",
            "fileName": "n2atcfaa_000004d6n7_0.0.8.json",
            "url": "https://files/x.png?sign=secret",
            "size": 5165,
            "sha256": "54081B1FD727F2F6533178B7FC18B144177A0E33201D1685BBF0B2E38AB9****",
        }
    }
    config = await get_config(owner.link)
    assert config == ConfigFile(
        file_name="n2atcfaa_000004d6n7_0.0.8.json",
        url="https://files/x.png?sign=secret",
        size=5165,
        sha256="54081b1fd727f2f6533178b7fc18b144177a0e33201d1685bbf0b2e38ab9****",
        product_id="5k8h97qska6p****",
    )
    assert "secret" not in repr(config)
    assert _data(await cloud.one("ext/config/get")) == {"bizType": "PRODUCT_FILE"}


@pytest.mark.parametrize("data", [None, {}, [], {"url": ""}])
async def test_no_config(owner: Owner, cloud: Cloud, data: Any) -> None:
    cloud.answer("ext/config/get", data=data)
    assert await get_config(owner.link) is None


# Without a connection


@pytest.mark.parametrize(
    "act",
    [
        lambda link: report(link, DEVICE, {"a": (1, _TIME)}),
        lambda link: report(link, DEVICE, {"a": (1, _TIME)}, ack=True),
        lambda link: get_desired(link, DEVICE, ["a"]),
        lambda link: delete_desired(link, DEVICE, {"a": "1"}),
        lambda link: report_batch(link, DEVICE, {"a": (1, _TIME)}),
        lambda link: report_history(link, DEVICE, [PropertyRecord(device_id=DEVICE, code="a", value=1, time=1)]),
        lambda link: trigger_event(link, DEVICE, "e", {}, _TIME),
        lambda link: answer_set(link, PropertySet(device_id=DEVICE, values={}, msg_id="1")),
        lambda link: answer_action(link, ActionCall(device_id=DEVICE, code="a", inputs={}, msg_id="1")),
        get_thing_model,
        lambda link: bind(link, [("p", "c", None)]),
        lambda link: login(link, [SUB_DEVICE]),
        lambda link: logout(link, [SUB_DEVICE]),
        get_topology,
        lambda link: delete_topology(link, [SUB_DEVICE]),
        lambda link: report_version(link, "1"),
        lambda link: answer_not_supported(link, FirmwareIssued(device_id=DEVICE, channel=0, version="1")),
        ask_time,
        get_config,
    ],
)
async def test_without_a_connection_nothing_is_kept_for_later(act: Callable[[Any], Awaitable[Any]]) -> None:
    owner = Owner(1)
    with pytest.raises(LinkLost):
        _ = await act(owner.link)
    assert owner.statistics["sent"] == 0
