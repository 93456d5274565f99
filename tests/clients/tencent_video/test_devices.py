"""Products, devices, their data, commands, and how they are reached."""

import json
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tencent_video.actions import call_action_async, call_action_sync
from custom_components.iot_gateway.clients.tencent_video.api import TencentApi
from custom_components.iot_gateway.clients.tencent_video.devices import (
    Device,
    Online,
    control_device_data,
    get_device,
    get_device_data,
    list_devices,
)
from custom_components.iot_gateway.clients.tencent_video.errors import (
    ActionFailed,
    DeviceOffline,
    MessageTooLong,
    NotFound,
    PermissionDenied,
)
from custom_components.iot_gateway.clients.tencent_video.messages import publish_message
from custom_components.iot_gateway.clients.tencent_video.model import get_model
from custom_components.iot_gateway.clients.tencent_video.p2p import get_p2p_info
from custom_components.iot_gateway.clients.tencent_video.products import Product, list_products
from custom_components.iot_gateway.clients.tencent_video.push_channel import (
    ChannelTaken,
    PushChannel,
    get_push_channel,
    set_forward,
)
from custom_components.iot_gateway.clients.tencent_video.wake import wake_up_device

from .fake_cloud import DEVICE, PRODUCT, FakeCloud, Refusal

PSK = "cHNrIHRoYXQgbm9ib2R5IG1heSBzZWU="
HERE = {"ProductId": PRODUCT, "DeviceName": DEVICE}


async def test_products(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["DescribeProducts"] = {
        "TotalCount": 2,
        "Data": [
            {
                "ProductId": PRODUCT,
                "ProductName": " Camera ",
                "DeviceType": 1,
                "NetType": "2",
                "CategoryId": 113,
                "Features": ["a", 5, None],
                "ProductDescription": "d",
            },
            {"ProductId": "B"},
            {"ProductName": "without an id"},
            "odd",
        ],
    }
    assert await list_products(api) == [
        Product(
            id=PRODUCT,
            name="Camera",
            device_type=1,
            net_type=2,
            category_id=113,
            features=("a", "5"),
            description="d",
        ),
        Product(id="B"),
    ]
    assert cloud.params == {"Offset": 0, "Limit": 100}


@pytest.mark.parametrize("page_size", [100, 7, 1])
async def test_pages_of_devices(cloud: FakeCloud, api: TencentApi, page_size: int) -> None:
    """Pages may be shorter than asked for."""
    names = [f"cam{n}" for n in range(15 if page_size < 100 else 230)]

    def page(params: dict[str, Any]) -> dict[str, Any]:
        assert params["ProductId"] == PRODUCT
        some = names[params["Offset"] : params["Offset"] + min(page_size, params["Limit"])]
        return {"TotalCount": len(names), "Devices": [{"DeviceName": name, "Online": 1} for name in some]}

    cloud.replies["DescribeDevices"] = page
    assert [device.name for device in await list_devices(api, PRODUCT)] == names


@pytest.mark.parametrize(
    ("reply", "calls"),
    [
        ({"TotalCount": 500, "Devices": []}, 1),
        ({"TotalCount": None, "Devices": None}, 1),
        ({"Devices": [{"DeviceName": "a"}]}, 1),
        ({"TotalCount": 10**9, "Devices": [{"DeviceName": "a"}]}, 100),
    ],
    ids=["too few", "nothing", "no count", "endless"],
)
async def test_odd_pages_come_to_an_end(cloud: FakeCloud, api: TencentApi, reply: Any, calls: int) -> None:
    cloud.replies["DescribeDevices"] = reply
    assert {device.name for device in await list_devices(api, PRODUCT)} <= {"a"}
    assert len(cloud.requests) == calls


async def test_devices(cloud: FakeCloud, api: TencentApi) -> None:
    entries = [
        {
            "DeviceName": DEVICE,
            "Online": 1,
            "LoginTime": 1631876578,
            "DevicePsk": PSK,
            "EnableState": 1,
            "ExpireTime": "1790000000",
            "LogLevel": 0,
        },
        {"DeviceName": "b", "Online": "0", "DevicePsk": PSK, "EnableState": 0, "ExpireTime": 0, "LoginTime": 0},
        {"DeviceName": "c", "Online": 2},
        {"DeviceName": "d", "Online": 3},
        {"DeviceName": "e", "Online": 17},
    ]
    cloud.replies["DescribeDevices"] = {"TotalCount": 5, "Devices": entries}
    found = await list_devices(api, PRODUCT)
    assert found[0] == Device(
        product_id=PRODUCT, name=DEVICE, online=Online.ONLINE, login_time=1631876578, expires=1790000000
    )
    assert found[1] == Device(product_id=PRODUCT, name="b", online=Online.OFFLINE, enabled=False)
    assert [device.online for device in found[2:]] == [Online.UNKNOWN, Online.NEVER_ACTIVATED, Online.UNKNOWN]
    assert PSK not in repr(found)
    assert "Psk" not in repr(found)


@pytest.mark.parametrize("wrapped", [True, False])
async def test_one_device(cloud: FakeCloud, api: TencentApi, wrapped: bool) -> None:
    entry = {"DeviceName": DEVICE, "Online": 1, "DevicePsk": PSK}
    cloud.replies["DescribeDevice"] = {"Device": entry} if wrapped else entry
    device = await get_device(api, PRODUCT, DEVICE)
    assert device == Device(product_id=PRODUCT, name=DEVICE, online=Online.ONLINE)
    assert cloud.params == HERE


async def test_data(cloud: FakeCloud, api: TencentApi) -> None:
    data = {"switch": {"Value": 1, "LastUpdate": 1631876582517}, "s": {"Value": {"a": 1}}, "bare": 5}
    cloud.replies["DescribeDeviceData"] = [{"Data": json.dumps(data)}, {"Data": ""}, {}]
    assert await get_device_data(api, PRODUCT, DEVICE) == {
        "switch": (1, 1631876582517),
        "s": ({"a": 1}, None),
        "bare": (5, None),
    }
    assert cloud.params == HERE
    assert await get_device_data(api, PRODUCT, DEVICE) == {}
    assert await get_device_data(api, PRODUCT, DEVICE) == {}


async def test_control(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["ControlDeviceData"] = [
        {"Data": "", "Result": '{"Sent":1,"pushResult":0}'},
        {"Data": "", "Result": '{"Sent":0}'},
        {},
    ]
    result = await control_device_data(api, PRODUCT, DEVICE, {"name": "Küche", "on": 1})
    assert result.sent is True
    assert result.result == {"Sent": 1, "pushResult": 0}
    assert cloud.params == {**HERE, "Data": '{"name":"Küche","on":1}', "Method": "desired"}
    result = await control_device_data(api, PRODUCT, DEVICE, {}, method="reported", timestamp=5)
    assert result.sent is False
    assert cloud.params == {**HERE, "Data": "{}", "Method": "reported", "DataTimestamp": 5}
    assert (await control_device_data(api, PRODUCT, DEVICE, {})).sent is False


# Actions


async def test_action(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["CallDeviceActionSync"] = {
        "ClientToken": "t:1",
        "OutputParams": '{"result":0}',
        "Status": "success",
    }
    result = await call_action_sync(api, PRODUCT, DEVICE, "feed", {"grams": 5})
    assert (result.client_token, result.status, result.outputs) == ("t:1", "success", {"result": 0})
    assert cloud.params == {**HERE, "ActionId": "feed", "InputParams": '{"grams":5}'}
    cloud.replies["CallDeviceActionAsync"] = {"ClientToken": "t:2", "Status": "Sent"}
    result = await call_action_async(api, PRODUCT, DEVICE, "feed")
    assert (result.client_token, result.outputs) == ("t:2", {})
    assert cloud.params == {**HERE, "ActionId": "feed"}


@pytest.mark.parametrize("status", ["offline", "Device Offline", "FailedOperation.DeviceOffline", "ActionUnreachable"])
@pytest.mark.parametrize("call", [call_action_sync, call_action_async])
async def test_action_of_a_device_that_is_away(cloud: FakeCloud, api: TencentApi, call: Any, status: str) -> None:
    """No error of the call: the answer tells it."""
    cloud.replies |= {action: {"Status": status} for action in ("CallDeviceActionSync", "CallDeviceActionAsync")}
    with pytest.raises(DeviceOffline):
        await call(api, PRODUCT, DEVICE, "feed")


async def test_action_that_failed(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["CallDeviceActionSync"] = {"Status": "timeout"}
    with pytest.raises(ActionFailed, match="timeout") as info:
        await call_action_sync(api, PRODUCT, DEVICE, "feed")
    assert info.value.status == "timeout"


# Messages


async def test_messages(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["PublishMessage"] = {}
    await publish_message(api, PRODUCT, DEVICE, "hello")
    assert cloud.params == {**HERE, "Topic": f"{PRODUCT}/{DEVICE}/data", "Payload": "hello", "Qos": 0}
    await publish_message(api, PRODUCT, DEVICE, b"\x00\xff", topic="P/D/control", qos=1)
    assert cloud.params == {
        **HERE,
        "Topic": "P/D/control",
        "Payload": "AP8=",
        "Qos": 1,
        "PayloadEncoding": "base64",
    }


@pytest.mark.parametrize("payload", ["ü" * 8192, b"\x00" * 16384], ids=["text", "bytes"])
async def test_long_messages(cloud: FakeCloud, api: TencentApi, payload: Any) -> None:
    cloud.replies["PublishMessage"] = {}
    await publish_message(api, PRODUCT, DEVICE, payload)
    with pytest.raises(MessageTooLong, match="16384"):
        await publish_message(api, PRODUCT, DEVICE, payload + payload[:1])
    assert len(cloud.requests) == 1


# The model


async def test_model(cloud: FakeCloud, api: TencentApi) -> None:
    own = {"version": "1.0", "properties": [{"id": "a", "name": "own"}, {"name": "no id"}], "events": [{"id": "e"}]}
    category = {"properties": [{"id": "a", "name": "category"}, {"id": "_sys_cs_type"}], "actions": [{"id": "x"}]}
    cloud.replies["DescribeModelDefinition"] = [
        {
            "Model": {
                "ModelDefine": json.dumps(own),
                "CategoryModel": json.dumps(category),
                "NetTypeModel": '{"properties":[{"id":"_sys_xp2p_info"}],"profile":{"x":1}}',
                "UpdateTime": 1631876582,
            }
        },
        {"Model": {"ModelDefine": "{}", "CategoryModel": "null", "NetTypeModel": "["}},
        {},
    ]
    definition = await get_model(api, PRODUCT)
    assert cloud.params == {"ProductId": PRODUCT}
    assert (definition.own, definition.category, definition.updated) == (own, category, 1631876582)
    assert definition.merged == {
        "version": "1.0",
        "profile": {"x": 1},
        "properties": [
            {"id": "a", "name": "own"},
            {"id": "_sys_cs_type"},
            {"id": "_sys_xp2p_info"},
            {"name": "no id"},
        ],
        "events": [{"id": "e"}],
        "actions": [{"id": "x"}],
    }
    empty: dict[str, Any] = {"properties": [], "events": [], "actions": []}
    assert (await get_model(api, PRODUCT)).merged == empty
    assert (await get_model(api, PRODUCT)).merged == empty


# P2P and waking up

INFO = "XP2PsNbQ2wzV0ZHUlJHBQ==%2.4.19"


async def test_p2p_info(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["DescribeP2PInfo"] = {"P2PInfo": INFO, "ReportTime": 1631876582}
    info = await get_p2p_info(api, PRODUCT, DEVICE)
    assert (info.text, info.reported) == (INFO, 1631876582)
    assert INFO not in repr(info)


@pytest.mark.parametrize("reply", [Refusal("UnsupportedOperation"), Refusal("ResourceNotFound"), {"P2PInfo": ""}])
async def test_p2p_info_of_the_properties(cloud: FakeCloud, api: TencentApi, reply: Any) -> None:
    data = {"_sys_xp2p_info": {"Value": INFO, "LastUpdate": 1631876582517}}
    cloud.replies |= {"DescribeP2PInfo": reply, "DescribeDeviceData": [{"Data": json.dumps(data)}, {"Data": "{}"}]}
    info = await get_p2p_info(api, PRODUCT, DEVICE)
    assert (info.text, info.reported) == (INFO, 1631876582)
    with pytest.raises(DeviceOffline):
        await get_p2p_info(api, PRODUCT, DEVICE)


async def test_p2p_info_that_is_not_allowed(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["DescribeP2PInfo"] = Refusal("UnauthorizedOperation")
    with pytest.raises(PermissionDenied):
        await get_p2p_info(api, PRODUCT, DEVICE)
    assert len(cloud.requests) == 1


async def test_wake(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["WakeUpDevice"] = [{}, Refusal("ResourceNotFound")]
    await wake_up_device(api, PRODUCT, DEVICE)
    assert cloud.params == HERE
    with pytest.raises(NotFound):
        await wake_up_device(api, PRODUCT, DEVICE)


# Push channels

ADDRESS = "https://home.example/api/webhook/secret"


async def test_push_channel(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["DescribePushChannel"] = {"Type": "forward", "ForwardAddress": ADDRESS, "ForwardKey": "tok"}
    channel = await get_push_channel(api, PRODUCT)
    assert channel == PushChannel(type="forward", address=ADDRESS, token="tok")
    assert "tok" not in repr(channel)
    assert ADDRESS not in repr(channel)


@pytest.mark.parametrize(
    "reply",
    [Refusal("ResourceNotFound"), {"Type": "forward", "ForwardAddress": ""}, {"Type": "", "CKafkaTopic": ""}, {}],
)
async def test_forward_is_set_where_there_is_no_channel(cloud: FakeCloud, api: TencentApi, reply: Any) -> None:
    cloud.replies |= {"DescribePushChannel": reply, "ModifyPushChannel": {}}
    await set_forward(api, PRODUCT, ADDRESS, "tok")
    assert cloud.params == {
        "ProductId": PRODUCT,
        "Type": "forward",
        "ForwardAddress": ADDRESS,
        "ForwardKey": "tok",
    }


@pytest.mark.parametrize(
    "reply",
    [
        {"Type": "forward", "ForwardAddress": "https://others.example/"},
        {"Type": "ckafka", "CKafkaTopic": "t"},
        # A queue of which the cloud does not tell more
        {"Type": "ckafka", "CKafkaTopic": ""},
        {"Type": "ckafka", "CKafkaInstance": "i", "ForwardAddress": ADDRESS},
    ],
)
async def test_channel_of_others_is_kept(cloud: FakeCloud, api: TencentApi, reply: Any) -> None:
    cloud.replies |= {"DescribePushChannel": reply, "ModifyPushChannel": {}}
    with pytest.raises(ChannelTaken):
        await set_forward(api, PRODUCT, ADDRESS, "tok")
    assert cloud.actions == ["DescribePushChannel"]


async def test_own_channel_gets_a_new_token(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies |= {
        "DescribePushChannel": {"Type": "forward", "ForwardAddress": ADDRESS, "ForwardKey": "old"},
        "ModifyPushChannel": {},
    }
    await set_forward(api, PRODUCT, ADDRESS, "new")
    assert cloud.params["ForwardKey"] == "new"
