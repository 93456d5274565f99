"""What live pictures ask of the user in Tuya's console: told as soon as it is known, and taken back when it is done."""

from collections.abc import Iterator
from unittest.mock import patch

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.iot_gateway.clients.tuya_cloud import NotSubscribed, SubscriptionExpired
from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.hub import Hub
from simulators.tuya_cloud import Camera, CloudDevice, TuyaCloudSimulator, make_device
from tests.helpers import wait_until
from tests.live_view_helpers import ScriptedSignalling, live_entity, prepared, watched
from tests.tuya_cloud_helpers import poll

pytestmark = pytest.mark.usefixtures("socket_enabled")

CAMERA = [Platform.CAMERA]


@pytest.fixture(autouse=True)
def in_a_hurry() -> Iterator[None]:
    """Leave no second between the calls for two cameras."""
    with patch("custom_components.iot_gateway.clients.tuya_cloud.config_cache._SPACING", 0.02):
        yield


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant) -> None:
    """Have what cameras of Home Assistant need."""
    assert await async_setup_component(hass, "http", {})


def camera(name: str = "Hall") -> CloudDevice:
    """Return a camera."""
    return make_device(name, "sp", camera=Camera())


def issues(hass: HomeAssistant) -> set[str]:
    """Return the keys of the texts of all our repairs."""
    return {issue.translation_key or "" for (domain, _), issue in ir.async_get(hass).issues.items() if domain == DOMAIN}


async def patience_is_over(hub: Hub) -> None:
    """Let the pauses end that a refusal is followed by, once it has been taken in."""
    assert hub.connection.live_view is not None
    preparing = hub.connection.live_view._preparing
    assert preparing is not None
    await wait_until(preparing.done)
    for known in hub.connection.live_view.configs._entries.values():
        known.not_before = 0.0
    hub.connection.live_view.api._pauses.clear()


@pytest.mark.parametrize(
    ("code", "issue"),
    [
        (28841101, "cloud_video_not_subscribed"),
        (28841105, "cloud_video_not_subscribed"),
        (28841106, "cloud_video_not_subscribed"),
        (28841002, "cloud_video_subscription_expired"),
    ],
)
async def test_service_that_is_lacking(hass: HomeAssistant, code: int, issue: str) -> None:
    """The user hears of it before anybody watches, and does what it says; nobody has to watch for the message to go."""
    devices = [camera(f"Camera {number}") for number in range(3)]
    cloud = TuyaCloudSimulator(devices)
    cloud.faults.fail("webrtc_configs", code)
    async with watched(hass, cloud=cloud, platforms=CAMERA) as (_, hub):
        await wait_until(lambda: issues(hass) == {issue})
        (known,) = [one for (domain, _), one in ir.async_get(hass).issues.items() if domain == DOMAIN]
        assert known.severity is ir.IssueSeverity.WARNING
        assert known.translation_placeholders is not None
        assert str(code) in known.translation_placeholders["error"]
        await wait_until(lambda: cloud.calls["webrtc_configs"] >= 3)
        # The broker that lets us in has nothing to do with it
        await wait_until(lambda: all(one.connected for one in ScriptedSignalling.all))
        assert issues(hass) == {issue}
        # A look at the list asks again, but not before its time, and for one camera only
        asked = cloud.calls["webrtc_configs"]
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        assert cloud.calls["webrtc_configs"] == asked
        await patience_is_over(hub)
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        await wait_until(lambda: cloud.calls["webrtc_configs"] == asked + 1)
        await hass.async_block_till_done(wait_background_tasks=False)
        assert cloud.calls["webrtc_configs"] == asked + 1
        assert issues(hass) == {issue}
        cloud.faults.failures.clear()
        await patience_is_over(hub)
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        await wait_until(lambda: not issues(hass))
        _ = await prepared(hub)


@pytest.mark.parametrize("endpoint", ["webrtc_configs", "access_config"])
async def test_cameras_that_leave(hass: HomeAssistant, endpoint: str) -> None:
    """Where no camera is left, none lacks anything: the message would stay for good, as none can be reached either."""
    lamp = make_device("Lamp", "dj")
    device = camera()
    simulator = TuyaCloudSimulator([device, lamp])
    simulator.faults.fail(endpoint, 28841106)
    async with watched(hass, cloud=simulator, platforms=CAMERA) as (cloud, hub):
        await wait_until(lambda: issues(hass) == {"cloud_video_not_subscribed"})
        cloud.remove_device(device.id)
        for _ in range(2):
            await poll(hass, hub.entry)  # type: ignore[arg-type]
        assert issues(hass) == set()


async def test_signalling_that_is_refused(hass: HomeAssistant) -> None:
    """What the broker's credentials lack is told apart from what cameras lack; both must be mended."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        assert broker.on_error is not None
        broker.on_error(NotSubscribed("no", 28841105))
        assert issues(hass) == {"cloud_video_not_subscribed"}
        live_view = hub.connection.live_view
        assert live_view is not None
        live_view.configs.forget(device.id)
        await live_view.configs.fetch(device.id)
        assert issues(hass) == {"cloud_video_not_subscribed"}, "a camera's configuration says nothing of the broker"
        broker.on_error(SubscriptionExpired("over", 28841002))
        assert issues(hass) == {"cloud_video_subscription_expired"}
        broker.set_connected(True)
        assert not issues(hass)
        assert cloud.calls["webrtc_configs"] == 2


async def test_stream_that_is_refused(hass: HomeAssistant) -> None:
    """So is what a recording met; the next one that works takes it back."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        live_view = await prepared(hub)
        watching = live_view.get(device.id)
        assert watching is not None
        cloud.faults.fail("allocate", 28841106, count=1)
        with pytest.raises(HomeAssistantError, match="IoT Video Live Stream"):
            await watching.allocate_stream()
        assert issues(hass) == {"cloud_video_not_subscribed"}
        assert await watching.allocate_stream()
        assert not issues(hass)


async def test_calls_that_are_used_up(hass: HomeAssistant) -> None:
    """That is about all calls, whichever met it: the message goes with the next look at the list that works."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        live_view = await prepared(hub)
        live_view.configs.forget(device.id)
        cloud.faults.fail("webrtc_configs", 28841004, count=1)
        await patience_is_over(hub)
        watching = live_view.get(device.id)
        assert watching is not None
        with pytest.raises(Exception, match="28841004|used up|quota"):
            await live_view.configs.fetch(device.id)
        assert issues(hass) == {"cloud_quota_exhausted"}
        await patience_is_over(hub)
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        assert not issues(hass)


async def test_one_camera_may_not_be_watched(hass: HomeAssistant) -> None:
    """A camera that somebody else lent to the account is no reason to call for a repair."""
    devices = [camera("Ours"), camera("Theirs")]
    cloud = TuyaCloudSimulator(devices)
    cloud.faults.fail("webrtc_configs", 1106, device_id=devices[1].id)
    async with watched(hass, cloud=cloud, platforms=CAMERA) as (_, hub):
        await wait_until(lambda: cloud.calls["webrtc_configs"] >= 2)
        await hass.async_block_till_done()
        assert not issues(hass)
        assert live_entity(hass, Platform.CAMERA, devices[1], "camera")
        assert hub.connected
