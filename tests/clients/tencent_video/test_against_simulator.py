"""The client against the simulated cloud: they were written by different hands from the same page, so each checks the other."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
import time
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.iot_gateway.clients.tencent_video import (
    ActionFailed,
    ActionPush,
    AnyPush,
    CannotReachCloud,
    ChannelTaken,
    ClockWrong,
    CloudFailed,
    CredentialsRefused,
    CustomPush,
    DeviceOffline,
    EventPush,
    ForwardGuard,
    ForwardRefused,
    NotFound,
    NotSupported,
    Online,
    PermissionDenied,
    PlanType,
    PropertyPush,
    RateLimited,
    RegionInvalid,
    RequestInvalid,
    StatusPush,
    StoredCamera,
    TencentApi,
    TencentError,
    UploadStatus,
    call_action_async,
    call_action_sync,
    china_date,
    china_day,
    control_device_data,
    encode_inputs,
    get_action_history,
    get_data_history,
    get_device,
    get_device_data,
    get_event_history,
    get_model,
    get_p2p_info,
    get_picture_stream,
    get_plan,
    get_push_channel,
    get_status_log,
    get_thumbnail,
    get_thumbnails,
    get_timeline,
    list_days,
    list_devices,
    list_events,
    list_products,
    parse_push,
    parse_thing_model,
    playback_url,
    publish_message,
    set_forward,
    sign_url,
    wake_up_device,
)
from simulators.tencent_cloud import ONLINE, Policy, TencentCloudSimulator, demo_devices, demo_products
from simulators.tencent_cloud.demo import (
    CAMERA_PRODUCT,
    DOORBELL_PRODUCT,
    NVR_PRODUCT,
    PICTURE_PRODUCT,
    PLUG_PRODUCT,
    SENSOR_PRODUCT,
)

YARD = (CAMERA_PRODUCT, "yard_camera")
PLUG = (PLUG_PRODUCT, "desk_plug")
DOOR = (DOORBELL_PRODUCT, "front_door")
HOUR = 3600


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncIterator[TencentCloudSimulator]:
    """Run the demo's account."""
    async with TencentCloudSimulator(demo_products(), demo_devices()) as simulator:
        yield simulator


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session."""
    async with aiohttp.ClientSession() as found:
        yield found


@pytest.fixture
def api(cloud: TencentCloudSimulator, session: aiohttp.ClientSession) -> TencentApi:
    """Return an API of the account."""
    return make_api(cloud, session)


def make_api(cloud: TencentCloudSimulator, session: aiohttp.ClientSession, **changes: str) -> TencentApi:
    """Return an API of the account, with what is wrong."""
    given = {"region": "ap-guangzhou", "secret_id": cloud.secret_id, "secret_key": cloud.secret_key} | changes
    return TencentApi(session, cloud.endpoint, given["region"], given["secret_id"], given["secret_key"])


# Things


@pytest.mark.parametrize("page_size", [None, 2])
async def test_products_and_devices(cloud: TencentCloudSimulator, api: TencentApi, page_size: int | None) -> None:
    """All are listed, whatever the pages; no device brings its key."""
    cloud.faults.page_size = page_size
    products = {product.id: product for product in await list_products(api)}
    assert set(products) == set(cloud.account.products)
    assert products[CAMERA_PRODUCT].category_id == 113
    assert products[NVR_PRODUCT].features == ("nvr", "p2p", "cloud_storage")
    devices = {device.name: device for device in await list_devices(api, CAMERA_PRODUCT)}
    assert set(devices) == {"yard_camera", "garage_camera", "attic_camera", "boxed_camera"}
    assert devices["yard_camera"].online is Online.ONLINE
    assert devices["attic_camera"].online is Online.OFFLINE
    assert devices["boxed_camera"].online is Online.NEVER_ACTIVATED
    assert await get_device(api, *YARD) == devices["yard_camera"]
    assert cloud.account.device("/".join(YARD)).psk not in repr(devices)


async def test_models(cloud: TencentCloudSimulator, api: TencentApi) -> None:
    """Every model is read as a whole: the maker's, the category's and the net type's."""
    for product in cloud.account.products.values():
        model = parse_thing_model((await get_model(api, product.id)).merged)
        parts = (product.model, product.category_model, product.net_type_model)
        wanted = {one["id"] for part in parts for one in part.get("properties", ())}
        assert {one.id for one in model.properties} == wanted
        assert {one.id for one in model.events} == {one["id"] for part in parts for one in part.get("events", ())}
        assert {one.id for one in model.actions} == {one["id"] for part in parts for one in part.get("actions", ())}
        assert not model.unreadable
    cloud.faults.empty_models = True
    model = parse_thing_model((await get_model(api, CAMERA_PRODUCT)).merged)
    assert not [one for one in model.properties if one.is_system]


async def test_data(cloud: TencentCloudSimulator, api: TencentApi) -> None:
    """What devices reported is read with its time."""
    cloud.account.report("/".join(PLUG), {"power_on": 0, "timer": {"start": 5, "enabled": 1}}, at=1_760_000_000_123)
    data = await get_device_data(api, *PLUG)
    assert data["power_on"] == (0, 1_760_000_000_123)
    assert data["timer"][0] == {"start": 5, "enabled": 1}


async def test_control(cloud: TencentCloudSimulator, api: TencentApi) -> None:
    """Properties are set, of a device that gets it."""
    device = cloud.account.device("/".join(PLUG))
    assert (await control_device_data(api, *PLUG, {"power_on": 0, "plan_mode": "comfort"})).sent
    assert (device.data["power_on"][0], device.data["plan_mode"][0]) == (0, "comfort")
    device.subscribed = False
    assert not (await control_device_data(api, *PLUG, {"power_on": 1})).sent
    for wrong in ({"power": 1}, {"power_on": 7}, {"nothing": 1}):
        with pytest.raises(RequestInvalid):
            await control_device_data(api, *PLUG, wrong)


async def test_actions(cloud: TencentCloudSimulator, api: TencentApi) -> None:
    """Actions are called with checked inputs, and answer; of a device that is away the status tells."""
    model = parse_thing_model((await get_model(api, CAMERA_PRODUCT)).merged)
    inputs = encode_inputs(next(one.inputs for one in model.actions if one.id == "format_sd_card"), {"quick": True})
    result = await call_action_sync(api, *YARD, "format_sd_card", inputs)
    assert result.outputs == {"result": 0}
    later = await call_action_async(api, *YARD, "restart")
    device = cloud.account.device("/".join(YARD))
    assert [(one.id, dict(one.inputs)) for one in device.actions] == [("format_sd_card", {"quick": 1}), ("restart", {})]
    assert later.client_token == device.actions[1].token
    cloud.account.set_online("/".join(YARD), online=False)
    with pytest.raises(DeviceOffline):
        await call_action_sync(api, *YARD, "restart")
    with pytest.raises(DeviceOffline):
        await call_action_async(api, *YARD, "restart")
    cloud.faults.offline_status = "reply timeout"
    with pytest.raises(ActionFailed):
        await call_action_sync(api, *YARD, "restart")


async def test_messages_waking_and_ways(cloud: TencentCloudSimulator, api: TencentApi) -> None:
    """Texts and bytes arrive as they were; what sleeps wakes up; each start has another way to the device."""
    device = cloud.account.device("/".join(YARD))
    await publish_message(api, *YARD, "hello")
    await publish_message(api, *YARD, b"\x00\xff", qos=1)
    assert [(one.payload, one.qos) for one in device.messages] == [(b"hello", 0), (b"\x00\xff", 1)]
    assert device.messages[0].topic == "/".join((*YARD, "data"))
    info = await get_p2p_info(api, *YARD)
    assert info.text == device.p2p_info
    cloud.account.restart("/".join(YARD))
    assert (await get_p2p_info(api, *YARD)).text != info.text
    await wake_up_device(api, *DOOR)
    assert cloud.account.device("/".join(DOOR)).online == ONLINE
    with pytest.raises(NotSupported):
        await wake_up_device(api, *YARD)
    # Where there is no such call for it, the system's property has it
    cloud.faults.fail("DescribeP2PInfo", "ResourceNotFound", count=1)
    assert (await get_p2p_info(api, *YARD)).text == device.p2p_info


async def test_histories(cloud: TencentCloudSimulator, api: TencentApi) -> None:
    """What happened is found again, whatever the pages, with times in milliseconds."""
    cloud.faults.page_size = 3
    key = "/".join(YARD)
    for level in range(10):
        cloud.account.report(key, {"volume": level})
        cloud.account.event(key, "motion", {"zone": level % 9, "kind": 1})
    cloud.account.set_online(key, online=False)
    cloud.account.set_online(key, online=True)
    await call_action_sync(api, *YARD, "restart")
    now = time.time()
    values = await get_data_history(api, *YARD, "volume", now - HOUR, now + HOUR)
    assert {one.value for one in values} >= {str(level) for level in range(10)}
    events = await get_event_history(api, *YARD, now - HOUR, now + HOUR, event_id="motion")
    assert len(events) == 10
    assert {one.params["zone"] for one in events} == {level % 9 for level in range(10)}
    times = [*(one.time_ms for one in values), *(one.time_ms for one in events)]
    assert all(abs(time_ms / 1000 - now) < HOUR for time_ms in times)
    assert [one.action_id for one in await get_action_history(api, *YARD, now - HOUR, now + HOUR)] == ["restart"]
    for numbers in (False, True):
        cloud.faults.status_numbers = numbers
        log = await get_status_log(api, *YARD, now - HOUR, now + HOUR)
        assert {one.online for one in log} == {True, False}


# Cloud storage


async def test_plans(api: TencentApi) -> None:
    """A plan is told, also one that is over, and none."""
    now = time.time()
    yard = await get_plan(api, StoredCamera(product_id=YARD[0], device_name=YARD[1]))
    assert (yard.active, yard.type) == (True, PlanType.FULL_TIME)
    assert yard.expires is not None
    assert yard.expires > now
    over = await get_plan(api, StoredCamera(product_id=CAMERA_PRODUCT, device_name="garage_camera"))
    assert not over.active
    assert over.expires is not None
    assert over.expires < now
    channel = await get_plan(api, StoredCamera(product_id=NVR_PRODUCT, device_name="hall_recorder", channel=1))
    assert (channel.active, channel.type) == (True, PlanType.EVENT)


@pytest.mark.parametrize("encoded", [False, True])
async def test_recording(
    cloud: TencentCloudSimulator, api: TencentApi, session: aiohttp.ClientSession, encoded: bool
) -> None:
    """From the days to a playlist that is played; without its signature it is not."""
    cloud.faults.encoded_urls = encoded
    camera = StoredCamera(product_id=YARD[0], device_name=YARD[1])
    days = await list_days(api, camera)
    assert len(days) >= 3
    assert days == sorted(days)
    assert china_date(time.time()) - days[-1] <= timedelta(days=1)
    timeline = await get_timeline(api, camera, days[1])
    begin, end = china_day(days[1])
    assert timeline.spans
    assert all(begin - HOUR <= span.start < span.end <= end + HOUR for span in timeline.spans)
    span = timeline.spans[0]
    url = playback_url(timeline.video_url, span.start, span.start + 20)
    signed = await sign_url(api, url, int(time.time()) + HOUR)
    async with session.get(signed.url) as response:
        assert response.status == 200
        assert (await response.text()).startswith("#EXTM3U")
    async with session.get(url) as response:
        assert response.status == 403
    assert signed.url not in repr(signed)


async def test_events_and_thumbnails(api: TencentApi, session: aiohttp.ClientSession) -> None:
    """Events have pictures, one by one or several at once."""
    camera = StoredCamera(product_id=YARD[0], device_name=YARD[1])
    now = int(time.time())
    found = await list_events(api, camera, now - 86_400 * 4, now)
    assert len(found.events) == 40
    assert {event.upload for event in found.events} == {
        UploadStatus.FINISHED,
        UploadStatus.PARTIAL,
        UploadStatus.FAILED,
    }
    assert found.video_url
    names = [event.thumbnail for event in found.events[:3]]
    urls = await get_thumbnails(api, camera, names)
    one = await get_thumbnail(api, camera, names[0])
    for url in (*urls, one):
        assert url is not None
        async with session.get(url.url) as response:
            assert response.status == 200
            assert (await response.read())[:2] == b"\xff\xd8"


async def test_channels_are_apart(api: TencentApi) -> None:
    """Each channel of a recorder has its own recordings."""
    now = int(time.time())
    found = []
    for channel in range(3):
        camera = StoredCamera(product_id=NVR_PRODUCT, device_name="hall_recorder", channel=channel)
        events = (await list_events(api, camera, now - 86_400 * 4, now)).events
        found.append({event.thumbnail for event in events})
    assert all(found)
    assert not found[0] & found[1]


async def test_picture_stream(api: TencentApi, session: aiohttp.ClientSession) -> None:
    """A camera that takes pictures only has two streams of each event."""
    camera = StoredCamera(product_id=PICTURE_PRODUCT, device_name="bird_feeder")
    now = int(time.time())
    events = (await list_events(api, camera, now - 86_400 * 4, now)).events
    event = next(event for event in events if event.upload is UploadStatus.FINISHED)
    stream = await get_picture_stream(api, camera, event.start)
    assert stream.audio_url
    for url in (stream.video_url, stream.audio_url):
        async with session.get(url) as response:
            assert response.status == 200
            assert await response.read()


# Trouble


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"secret_key": "another"}, CredentialsRefused),
        ({"secret_id": "AKIDnobody"}, CredentialsRefused),
        ({"region": "ap-nowhere"}, RegionInvalid),
    ],
)
async def test_wrong_access(
    cloud: TencentCloudSimulator,
    session: aiohttp.ClientSession,
    changes: dict[str, str],
    error: type[TencentError],
) -> None:
    """What is wrong of the account is told apart, and no key is in the text."""
    with pytest.raises(error) as raised:
        await list_products(make_api(cloud, session, **changes))
    assert cloud.secret_key not in str(raised.value)
    assert "AKID" not in str(raised.value)


async def test_permission(cloud: TencentCloudSimulator, api: TencentApi) -> None:
    """An action that the policy lacks is named, until it is allowed."""
    cloud.faults.policy = Policy(deny=("iotvideo:DescribeDevices",))
    with pytest.raises(PermissionDenied) as raised:
        await list_devices(api, CAMERA_PRODUCT)
    assert raised.value.action == "DescribeDevices"
    assert await list_products(api)
    assert api.denied == {"DescribeDevices"}
    cloud.faults.policy = Policy()
    assert await list_devices(api, CAMERA_PRODUCT)
    assert not api.denied


@pytest.mark.parametrize("offset", [-4000.0, 4000.0])
async def test_clock(cloud: TencentCloudSimulator, api: TencentApi, offset: float) -> None:
    """A clock that is off is put right by the cloud's own; where that tells no time it is no wrong key."""
    cloud.faults.clock_offset = offset
    assert await list_products(api)
    assert abs(api.clock_offset - offset) < 30
    cloud.faults.clock_offset = -2 * offset
    cloud.faults.no_date = True
    with pytest.raises(ClockWrong):
        await list_products(api)


@pytest.mark.parametrize(
    ("kind", "code", "error"),
    [
        ("error", "InternalError", CloudFailed),
        ("error", "InternalError.DBOperationError", CloudFailed),
        ("error", "ResourceNotFound", NotFound),
        ("error", "UnsupportedOperation", NotSupported),
        ("error", "UnknownParameter", RequestInvalid),
        ("error", "FailedOperation.PermissionDenied", PermissionDenied),
        ("error", "RequestLimitExceeded", RateLimited),
        ("http", "", CannotReachCloud),
        ("drop", "", CannotReachCloud),
        ("garbage", "", CannotReachCloud),
        ("no_object", "", CannotReachCloud),
    ],
)
async def test_failures(
    cloud: TencentCloudSimulator, api: TencentApi, kind: Any, code: str, error: type[TencentError]
) -> None:
    """Whatever the cloud does wrong ends in the class that it is."""
    cloud.faults.fail("DescribeProducts", code, kind=kind, count=1)
    with pytest.raises(error):
        await list_products(api)


async def test_rates_are_kept(cloud: TencentCloudSimulator, api: TencentApi) -> None:
    """As many calls as one likes are made at the pace that the cloud allows, and none is refused."""
    # With connections that stand, and some more than the limit for what a busy machine does to the pace
    cloud.faults.rates["DescribeDevice"] = 22
    await asyncio.gather(*(get_device_data(api, *YARD) for _ in range(20)))
    devices = await asyncio.gather(*(get_device(api, *YARD) for _ in range(45)))
    assert len(devices) == 45
    assert not cloud.errors
    assert api.statistics.delayed >= 25


# Pushes


class Receiver:
    """Something that is pushed to, as Home Assistant's webhook is."""

    def __init__(self, token: str) -> None:
        self.guard = ForwardGuard(token)
        self.pushes: list[AnyPush] = []
        self.address = ""

    async def handle(self, request: web.Request) -> web.Response:
        """Answer as the documentation has it."""
        try:
            if request.method == "GET":
                return web.Response(text=self.guard.echo(request.headers))
            self.guard.check(request.headers)
        except ForwardRefused:
            return web.Response(status=401)
        self.pushes.append(parse_push(await request.read()))
        return web.Response()


@pytest.fixture
async def receiver(socket_enabled: None) -> AsyncIterator[Receiver]:
    """Run one."""
    found = Receiver("a token")
    app = web.Application()
    app.router.add_route("*", "/hook", found.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.address = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield found
    await runner.cleanup()


@pytest.mark.parametrize("form", ["iotvideo", "rule_engine", "flat"])
async def test_pushes(cloud: TencentCloudSimulator, api: TencentApi, receiver: Receiver, form: Any) -> None:
    """What is pushed is believed and understood, in all forms."""
    cloud.faults.push_form = form
    await set_forward(api, CAMERA_PRODUCT, receiver.address, "a token")
    key = "/".join(YARD)
    cloud.account.report(key, {"volume": 7})
    cloud.account.event(key, "motion", {"zone": 3, "kind": 1})
    cloud.account.set_online(key, online=False)
    cloud.account.set_online(key, online=True)
    cloud.account.custom(key, {"mine": 1})
    await call_action_async(api, *YARD, "restart")
    await cloud.pusher.drained()
    assert {push.status for push in cloud.pusher.pushes} == {200}
    report, event, gone, back, custom, reply = receiver.pushes
    assert all((push.product_id, push.device_name) == YARD for push in receiver.pushes)
    assert isinstance(report, PropertyPush)
    assert report.values == {"volume": 7}
    assert isinstance(event, EventPush)
    assert [(one.event_id, one.params) for one in event.events] == [("motion", {"zone": 3, "kind": 1})]
    assert isinstance(gone, StatusPush)
    assert isinstance(back, StatusPush)
    assert (gone.online, back.online) == (False, True)
    assert isinstance(custom, CustomPush)
    assert custom.payload["mine"] == 1
    assert isinstance(reply, ActionPush)
    assert all(push.time_ms is not None and abs(push.time_ms / 1000 - time.time()) < 60 for push in receiver.pushes)


async def test_pushes_that_are_not_believed(cloud: TencentCloudSimulator, api: TencentApi, receiver: Receiver) -> None:
    """Another token, no signature, an old time, the same again."""
    await set_forward(api, SENSOR_PRODUCT, receiver.address, "a token")
    key = f"{SENSOR_PRODUCT}/cellar_sensor"
    for fault in ("push_wrong_token", "push_unsigned"):
        setattr(cloud.faults, fault, True)
        cloud.account.report(key, {"humidity": 1})
        await cloud.pusher.drained()
        setattr(cloud.faults, fault, False)
    cloud.faults.push_age = 600
    cloud.account.report(key, {"humidity": 1})
    await cloud.pusher.drained()
    cloud.faults.push_age = 0
    assert [push.status for push in cloud.pusher.pushes] == [401, 401, 401]
    cloud.faults.push_replayed = True
    cloud.account.report(key, {"humidity": 2})
    await cloud.pusher.drained()
    assert [push.status for push in cloud.pusher.pushes[3:]] == [200, 401]


async def test_channels(cloud: TencentCloudSimulator, api: TencentApi, receiver: Receiver) -> None:
    """A channel is read; one of somebody else's is left as it is."""
    assert await get_push_channel(api, CAMERA_PRODUCT) is None
    await set_forward(api, CAMERA_PRODUCT, receiver.address, "a token")
    channel = await get_push_channel(api, CAMERA_PRODUCT)
    assert channel is not None
    assert (channel.type, channel.address, channel.token) == ("forward", receiver.address, "a token")
    with pytest.raises(ChannelTaken):
        await set_forward(api, CAMERA_PRODUCT, f"{receiver.address}/else", "a token")
    # An address that does not answer the check is not taken
    with pytest.raises(TencentError):
        await set_forward(api, SENSOR_PRODUCT, receiver.address, "another token")
    assert SENSOR_PRODUCT not in cloud.pusher.channels
