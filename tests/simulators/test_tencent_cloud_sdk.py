"""The official Python SDK as a client of the simulated Tencent cloud: a second reading of the API, by its makers."""

import asyncio
from collections.abc import AsyncIterator
import json
import time
from typing import Any
import warnings

import pytest

from .tencent_client import CAMERA, PLUG, RECORDER, Client, tencent_cloud

pytestmark = pytest.mark.usefixtures("socket_enabled")

_API = "tencentcloud.iotvideo.v20211125"


def imported(name: str) -> Any:
    """Import a module of the SDK, which has no types, or skip all of this where it isn't installed."""
    with warnings.catch_warnings():
        # Its credential.py returns in a finally block.
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, reason="tencentcloud-sdk-python-iotvideo isn't installed")


Credential = imported("tencentcloud.common.credential").Credential
SdkError = imported("tencentcloud.common.exception.tencent_cloud_sdk_exception").TencentCloudSDKException
ClientProfile = imported("tencentcloud.common.profile.client_profile").ClientProfile
HttpProfile = imported("tencentcloud.common.profile.http_profile").HttpProfile
models = imported(f"{_API}.models")
IotvideoClient = imported(f"{_API}.iotvideo_client").IotvideoClient


def sdk(client: Client, secret_key: str | None = None) -> Any:
    host = client.cloud.endpoint.partition("//")[2]
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=host))
    credential = Credential(client.cloud.secret_id, secret_key or client.cloud.secret_key)
    return IotvideoClient(credential, "ap-guangzhou", profile)


async def ask(api: Any, action: str, **params: Any) -> Any:
    """Call by the SDK's own classes, beside the loop, as it blocks."""
    request = getattr(models, f"{action}Request")()
    request.from_json_string(json.dumps(params))
    return await asyncio.to_thread(getattr(api, action), request)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with tencent_cloud() as running:
        yield running


async def test_it_is_let_in_and_finds_all(client: Client) -> None:
    api = sdk(client)
    products = await ask(api, "DescribeProducts", Limit=100, Offset=0)
    assert [product.CategoryId for product in products.Data] == [113, 113, 595, 113, 0, 0]
    devices = await ask(api, "DescribeDevices", ProductId="CAM0SIM001", Limit=100, Offset=0)
    assert [(device.DeviceName, device.Online) for device in devices.Devices] == [
        ("yard_camera", 1),
        ("garage_camera", 1),
        ("attic_camera", 0),
        ("boxed_camera", 3),
    ]
    assert all(device.DevicePsk for device in devices.Devices)
    model = (await ask(api, "DescribeModelDefinition", ProductId="PLG0SIM006")).Model
    assert [one["id"] for one in json.loads(model.ModelDefine)["properties"]] == ["power_on", "power", "plan_mode", "timer"]  # fmt: skip
    assert json.loads(model.CategoryModel) == {}


async def test_it_controls_and_calls(client: Client) -> None:
    api = sdk(client)
    done = await ask(api, "ControlDeviceData", **PLUG, Data='{"power_on": 0}')
    assert json.loads(done.Result) == {"Sent": 1, "pushResult": 0}
    data = json.loads((await ask(api, "DescribeDeviceData", **PLUG)).Data)
    assert data["power_on"]["Value"] == 0 and abs(data["power_on"]["LastUpdate"] / 1000 - time.time()) < 60
    called = await ask(api, "CallDeviceActionSync", **CAMERA, ActionId="format_sd_card", InputParams='{"quick": 1}')
    assert (called.Status, json.loads(called.OutputParams)) == ("success", {"result": 0})
    history = await ask(
        api, "DescribeDeviceDataHistory", **PLUG, MinTime=0, MaxTime=2**42, FieldName="power_on", Limit=[10]
    )
    assert [one.Value for one in history.Results] == ["0", "1"] and history.Listover


async def test_it_finds_recordings(client: Client) -> None:
    api = sdk(client)
    plan = await ask(api, "DescribeCloudStorage", **RECORDER, ChannelId=1)
    assert (plan.Status, plan.Type) == (1, 2)
    events = await ask(api, "DescribeCloudStorageEvents", **RECORDER, ChannelId=1, StartTime=1, EndTime=0, Size=10)
    assert len(events.Events) == 7 and not events.Listover and events.Context
    date = (await ask(api, "DescribeCloudStorageDate", **RECORDER, ChannelId=1)).Data[-1]
    timeline = (await ask(api, "DescribeCloudStorageTime", **RECORDER, ChannelId=1, Date=date)).Data
    assert timeline.TimeList[-1].EndTime > timeline.TimeList[-1].StartTime
    signed = await ask(
        api, "GenerateSignedVideoURL", VideoURL=timeline.VideoURL, ExpireTime=int(time.time()) + 60, ChannelId=1
    )
    assert signed.SignedVideoURL.startswith(timeline.VideoURL + "?")


async def test_it_understands_errors(client: Client) -> None:
    for api, code in ((sdk(client, "another"), "AuthFailure.SignatureFailure"), (sdk(client), "ResourceNotFound")):
        with pytest.raises(SdkError) as caught:
            await ask(api, "DescribeDevice", ProductId="NONE", DeviceName="none")
        assert caught.value.get_code() == code
        assert caught.value.get_request_id()


async def test_every_answer_fits_its_class(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """No member of an answer is one that the SDK doesn't know: it warns of those."""
    api = sdk(client)
    day = {"MinTime": 0, "MaxTime": 2**42}
    client.cloud.account.event("CAM0SIM001/yard_camera", "started", {})
    await ask(api, "CallDeviceActionAsync", **CAMERA, ActionId="restart")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        events = await ask(api, "DescribeDeviceEventHistory", **CAMERA)
        actions = await ask(api, "DescribeDeviceActionHistory", **CAMERA, **day, Limit=500)
        statuses = await ask(api, "DescribeDeviceStatusLog", **CAMERA, **day)
        await ask(api, "DescribeDevice", **CAMERA)
        await ask(api, "DescribeP2PInfo", **CAMERA)
        await ask(api, "DescribePushChannel", ProductId="CAM0SIM001")
        await ask(api, "DescribeDataForwardList", ProductIds='["CAM0SIM001"]')
    assert [str(one.message) for one in caught if "useless" in str(one.message)] == []
    assert [event.EventId for event in events.EventHistory] == ["started"]
    assert [(action.ActionId, action.Calling) for action in actions.ActionHistories] == [("restart", "async")]
    assert [status.Type for status in statuses.Results] == ["Online"]
