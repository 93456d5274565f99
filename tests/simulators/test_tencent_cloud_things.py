"""Products, values, controls, actions and messages of the simulated Tencent cloud."""

import asyncio
import base64
from collections.abc import AsyncIterator
import json
from typing import Any

import pytest

from simulators.tencent_cloud import BadReport, TencentCloudSimulator, UnknownDevice, demo_devices, demo_products

from .tencent_client import CAMERA, DOORBELL, PLUG, SENSOR, Client, key_of, tencent_cloud

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with tencent_cloud() as running:
        yield running


async def value(client: Client, device: dict[str, str], name: str) -> Any:
    return json.loads((await client.call("DescribeDeviceData", device))["Data"])[name]["Value"]


async def test_pages_of_devices(client: Client) -> None:
    client.cloud.faults.page_size = 3
    pages = [
        await client.call("DescribeDevices", {"ProductId": "CAM0SIM001", "Offset": offset, "Limit": 100})
        for offset in (0, 3, 4)
    ]
    assert [[device["DeviceName"] for device in page["Devices"]] for page in pages] == [
        ["yard_camera", "garage_camera", "attic_camera"],
        ["boxed_camera"],
        [],
    ]
    assert {page["TotalCount"] for page in pages} == {4}


async def test_models_are_texts_in_three_parts(client: Client) -> None:
    model = (await client.call("DescribeModelDefinition", {"ProductId": "CAM0SIM001"}))["Model"]
    own, category, net = (json.loads(model[name]) for name in ("ModelDefine", "CategoryModel", "NetTypeModel"))
    assert [event["type"] for event in own["events"]] == ["alert", "fault", "info"]
    assert own["properties"][4]["define"] == {"type": "int", "min": "0", "max": "100", "start": "0", "step": "1", "unit": "%"}  # fmt: skip
    assert "_sys_xp2p_info" in [one["id"] for one in category["properties"]]
    assert [one["id"] for one in net["properties"]] == ["signal"]
    client.cloud.faults.empty_models = True
    assert (await client.call("DescribeModelDefinition", {"ProductId": "CAM0SIM001"}))["Model"]["NetTypeModel"] == "{}"


@pytest.mark.parametrize(
    ("data", "good"),
    [
        ({"power_on": 0}, True),
        ({"power_on": 2}, False),
        ({"plan_mode": "comfort"}, True),
        ({"plan_mode": "party"}, False),
        ({"timer": {"start": 1, "enabled": 1}}, True),
        ({"timer": {"start": 1}}, False),
        ({"power": 10}, False),  # read-only
        ({"nothing": 1}, False),
    ],
)
async def test_controls_are_checked_against_the_model(client: Client, data: dict[str, Any], good: bool) -> None:
    before = await value(client, PLUG, "power_on")
    code = await client.code("ControlDeviceData", {**PLUG, "Data": json.dumps(data)})
    assert code == ("" if good else "InvalidParameterValue")
    if good:
        assert [await value(client, PLUG, name) for name in data] == list(data.values())
    else:
        assert await value(client, PLUG, "power_on") == before


async def test_who_does_not_listen_gets_no_control(client: Client) -> None:
    told: list[Any] = []
    client.cloud.account.controlled.append(lambda device, values: told.append((device.key, dict(values))))
    params = {**PLUG, "Data": '{"power_on": 0}'}
    client.cloud.account.set_online(key_of(PLUG), online=False)
    assert json.loads((await client.call("ControlDeviceData", params))["Result"])["Sent"] == 0
    client.cloud.account.set_online(key_of(PLUG), online=True)
    client.cloud.account.device(key_of(PLUG)).subscribed = False
    assert json.loads((await client.call("ControlDeviceData", params))["Result"])["Sent"] == 0
    assert await value(client, PLUG, "power_on") == 1 and not told
    # As if the device had reported it, what is read-only too
    reported = {**PLUG, "Data": '{"power": 99.5}', "Method": "reported", "DataTimestamp": 1_700_000_000_123}
    await client.call("ControlDeviceData", reported)
    data = json.loads((await client.call("DescribeDeviceData", PLUG))["Data"])
    assert data["power"] == {"Value": 99.5, "LastUpdate": 1_700_000_000_123}


async def test_actions(client: Client) -> None:
    asked: list[Any] = []
    client.cloud.account.actions.append(
        lambda device, action, inputs: asked.append((device.name, action, dict(inputs)))
    )
    chime = {**DOORBELL, "ActionId": "chime", "InputParams": '{"tune": 3, "volume": 50}'}
    assert (await client.call("CallDeviceActionSync", chime))["Status"] == "offline"
    client.cloud.faults.offline_status = "FAIL"
    assert (await client.call("CallDeviceActionAsync", chime))["Status"] == "FAIL"
    assert not asked
    await client.call("WakeUpDevice", DOORBELL)
    assert (await client.call("CallDeviceActionAsync", chime))["Status"] == "Sent"
    assert asked == [("front_door", "chime", {"tune": 3, "volume": 50})]
    for inputs in ('{"tune": 9, "volume": 50}', '{"tune": 3}', '{"tune": 3, "volume": 5, "more": 1}', "[]", "{"):
        assert await client.code("CallDeviceActionSync", chime | {"InputParams": inputs}) == "InvalidParameterValue"
    assert await client.code("CallDeviceActionSync", {**CAMERA, "ActionId": "fly"}) == "InvalidParameterValue"
    located = await client.call("CallDeviceActionSync", {**CAMERA, "ActionId": "locate"})
    assert json.loads(located["OutputParams"]) == {"latitude": 48.2, "address": "Yard 1"}


async def test_waking_up_takes_its_time(client: Client) -> None:
    awake: list[bool] = []
    client.cloud.account.online_changed.append(lambda device: awake.append(bool(device.online)))
    told: list[str] = []
    client.cloud.account.woken.append(lambda device: told.append(device.name))
    client.cloud.faults.wake_delay = 0.1
    await client.call("WakeUpDevice", DOORBELL)
    assert (await client.call("DescribeDevice", DOORBELL))["Online"] == 0 and told == ["front_door"]
    async with asyncio.timeout(20):
        while not awake:
            await asyncio.sleep(0.01)
    assert (await client.call("DescribeDevice", DOORBELL))["Online"] == 1
    await client.call("WakeUpDevice", DOORBELL)
    assert (awake, told) == ([True], ["front_door", "front_door"])


async def test_messages(client: Client) -> None:
    topic = f"{key_of(CAMERA)}/data"
    params = {**CAMERA, "Topic": topic, "Payload": base64.b64encode(b"\0\xff").decode(), "PayloadEncoding": "base64"}
    await client.call("PublishMessage", params | {"Qos": 1})
    await client.call("PublishMessage", {**CAMERA, "Topic": topic, "Payload": "für dich"})
    got = client.cloud.account.device(key_of(CAMERA)).messages
    assert [(one.payload, one.qos) for one in got] == [(b"\0\xff", 1), ("für dich".encode(), 0)]
    for change in (
        {"Topic": f"{key_of(PLUG)}/data"},
        {"Qos": 2},
        {"Payload": "?"},
        {"Payload": base64.b64encode(bytes(20_000)).decode()},
        {"PayloadEncoding": "hex"},
    ):
        assert await client.code("PublishMessage", params | change) == "InvalidParameterValue", change


async def test_p2p_information_is_another_after_a_start(client: Client) -> None:
    first = await client.call("DescribeP2PInfo", CAMERA)
    assert first["P2PInfo"].startswith("XP2P") and first["P2PInfo"].endswith("==%2.4.19")
    assert await value(client, CAMERA, "_sys_xp2p_info") == first["P2PInfo"]
    client.cloud.account.restart(key_of(CAMERA))
    second = await client.call("DescribeP2PInfo", CAMERA)
    assert second["P2PInfo"] not in ("", first["P2PInfo"])


async def test_histories_come_in_pages(client: Client) -> None:
    account = client.cloud.account
    for number in range(20):
        account.report(key_of(SENSOR), {"humidity": number}, at=1000 + number)
        account.event(key_of(SENSOR), "leak_alarm", {"level": number / 10})
    seen: list[str] = []
    params: dict[str, Any] = {**SENSOR, "MinTime": 1000, "MaxTime": 1017, "FieldName": "humidity", "Limit": [10]}
    sizes = []
    while True:
        page = await client.call("DescribeDeviceDataHistory", params)
        sizes.append(len(page["Results"]))
        seen += [one["Value"] for one in page["Results"]]
        assert all(isinstance(one["Time"], str) for one in page["Results"])
        if page["Listover"]:
            break
        params["Context"] = page["Context"]
    assert seen == [str(number) for number in range(17, -1, -1)] and sizes == [7, 7, 4]
    events = await client.call("DescribeDeviceEventHistory", {**SENSOR, "Size": 10, "Type": "alert"})
    assert (len(events["EventHistory"]), events["Total"], events["Listover"]) == (7, 20, False)
    assert json.loads(events["EventHistory"][0]["Data"]) == {"level": 1.9}
    assert (await client.call("DescribeDeviceEventHistory", {**SENSOR, "Type": "fault"}))["EventHistory"] == []
    assert await client.code("DescribeDeviceEventHistory", {**SENSOR, "Context": "?"}) == "InvalidParameterValue"


async def test_status_log_in_words_and_numbers(client: Client) -> None:
    client.cloud.account.restart(key_of(SENSOR))
    params = {**SENSOR, "MinTime": 0, "MaxTime": 2**42}
    assert [one["Type"] for one in (await client.call("DescribeDeviceStatusLog", params))["Results"]] == ["Online", "Offline", "Online"]  # fmt: skip
    client.cloud.faults.status_numbers = True
    assert [one["Type"] for one in (await client.call("DescribeDeviceStatusLog", params))["Results"]] == ["1", "0", "1"]


def test_devices_report_only_what_their_model_has() -> None:
    account = TencentCloudSimulator(demo_products(), demo_devices()).account
    with pytest.raises(BadReport, match="no property"):
        account.report(key_of(SENSOR), {"pressure": 1})
    with pytest.raises(BadReport, match="is no float"):
        account.report(key_of(SENSOR), {"temperature": 1000})
    with pytest.raises(BadReport, match="missing"):
        account.event(key_of(SENSOR), "leak_alarm", {})
    with pytest.raises(BadReport, match="no active plan"):
        account.record("CAM0SIM001/garage_camera", "motion")
    with pytest.raises(UnknownDevice):
        account.report("CAM0SIM001/none", {})
