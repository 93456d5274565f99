"""The image platform: pictures of events."""

from base64 import b64encode
from datetime import UTC, datetime
from http import HTTPStatus
import json
import time
from typing import Literal

from homeassistant.components.image import async_get_image
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iot_gateway.clients.tuya_cloud import EventPicture
from simulators.tuya_cloud import Camera, CloudDevice, make_device
from simulators.tuya_gateway.demo.points import Point, device as gateway_device, ro
from simulators.tuya_gateway.schema import raw, string
from tests.helpers import loaded, state_of
from tests.live_view_helpers import live_entity, prepared, watched

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

IMAGE = [Platform.IMAGE]


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant) -> None:
    """Have what images of Home Assistant need."""
    assert await async_setup_component(hass, "http", {})


def doorbell(*points: Point) -> CloudDevice:
    """Return a doorbell that has told of nothing yet."""
    usual = (
        ro(raw("movement_detect_pic"), ""),
        ro(raw("doorbell_pic"), ""),
        ro(string("initiative_message", 40_000), ""),
    )
    return make_device("Door", "dghsxj", *(points or usual), camera=Camera())


@pytest.mark.parametrize("version", ["url", "3.0", "4.0"])
async def test_event(hass: HomeAssistant, version: Literal["url", "3.0", "4.0"]) -> None:
    """The image is the event's picture, and its state the event's time; it is fetched when somebody looks, once."""
    device = doorbell()
    async with watched(hass, device, platforms=IMAGE) as (cloud, hub):
        await prepared(hub)
        entity = live_entity(hass, Platform.IMAGE, device, "event_image")
        assert state_of(hass, entity) == "unknown"
        with pytest.raises(HomeAssistantError):
            await async_get_image(hass, entity)
        before = datetime.now(UTC).replace(microsecond=0)
        picture = cloud.picture_event(device.id, "initiative_message", version=version)
        hub.report(device.id, cloud.device(device.id).value)
        assert before <= datetime.fromisoformat(state_of(hass, entity)) <= datetime.now(UTC)
        calls = cloud.calls.total()
        for _ in range(2):
            assert (await async_get_image(hass, entity)).content == picture
        assert cloud.calls.total() == calls + {"url": 1, "3.0": 2, "4.0": 0}[version]


async def test_the_last_of_several(hass: HomeAssistant) -> None:
    """Whichever data point told of it."""
    device = doorbell()
    async with watched(hass, device, platforms=IMAGE) as (cloud, hub):
        await prepared(hub)
        entity = live_entity(hass, Platform.IMAGE, device, "event_image")
        for code, cmd in (
            ("movement_detect_pic", "ipc_motion"),
            ("doorbell_pic", "ipc_doorbell"),
            ("movement_detect_pic", "ipc_motion"),
        ):
            picture = cloud.picture_event(device.id, code, cmd=cmd)
            hub.report(device.id, {code: cloud.device(device.id).value[code]})
            assert (await async_get_image(hass, entity)).content == picture


@pytest.mark.parametrize("wrong_by", [365 * 86400.0, -7200.0, -1.7e9], ids=["ahead", "behind", "never set"])
async def test_camera_whose_clock_is_wrong(hass: HomeAssistant, wrong_by: float) -> None:
    """Its next event is shown all the same, and none that was in the future."""
    device = doorbell()
    async with watched(hass, device, platforms=IMAGE) as (_, hub):
        live_view = await prepared(hub)
        entity = live_entity(hass, Platform.IMAGE, device, "event_image")
        camera = live_view.get(device.id)
        assert camera is not None
        begun = time.time()

        def happens(path: str, when: float, code: str = "movement_detect_pic") -> EventPicture:
            event = {"v": "3.0", "bucket": "b", "files": [[path, ""]], "cmd": "ipc_motion", "time": round(when)}
            hub.report(device.id, {code: b64encode(json.dumps(event).encode()).decode()})
            assert datetime.fromisoformat(state_of(hass, entity)) <= datetime.now(UTC)
            shown = camera.pictures._event
            assert shown is not None
            return shown

        assert happens("/right", begun - 60).files[0].path == "/right"
        assert happens("/wrong", begun + wrong_by).files[0].path == "/wrong"
        if wrong_by < -86400:
            assert datetime.fromisoformat(state_of(hass, entity)).timestamp() >= begun - 1
        assert happens("/right again", time.time()).files[0].path == "/right again"
        assert happens("/ring", time.time() + 1, "doorbell_pic").files[0].path == "/ring"


async def test_known_at_the_start(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """What the cloud still knows of the last event is there after a start, for browsers too."""
    device = doorbell()
    async with watched(hass, device, platforms=IMAGE) as (cloud, hub):
        await prepared(hub)
        picture = cloud.picture_event(device.id)
        await hass.config_entries.async_reload(hub.entry.entry_id)
        await hass.async_block_till_done()
        entity = live_entity(hass, Platform.IMAGE, device, "event_image")
        assert state_of(hass, entity) != "unknown"
        response = await (await hass_client()).get(f"/api/image_proxy/{entity}")
        assert response.status == HTTPStatus.OK
        assert response.content_type == "image/jpeg"
        assert await response.read() == picture


async def test_not_to_be_had(hass: HomeAssistant) -> None:
    """No picture is shown for an event whose picture cannot be had, and the cloud is not asked for it again at once."""
    device = doorbell()
    async with watched(hass, device, platforms=IMAGE) as (cloud, hub):
        await prepared(hub)
        entity = live_entity(hass, Platform.IMAGE, device, "event_image")
        _ = cloud.picture_event(device.id)
        hub.report(device.id, cloud.device(device.id).value)
        assert (await async_get_image(hass, entity)).content
        cloud.faults.fail("movement_configs", 1106)
        _ = cloud.picture_event(device.id)
        hub.report(device.id, cloud.device(device.id).value)
        calls = cloud.calls["movement_configs"]
        for _ in range(3):
            with pytest.raises(HomeAssistantError):
                await async_get_image(hass, entity)
        assert cloud.calls["movement_configs"] == calls + 1


async def test_text_that_no_call_takes(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """A path that cannot be asked for keeps no picture from being asked for later, and is told of once."""
    device = doorbell()
    async with watched(hass, device, platforms=IMAGE) as (cloud, hub):
        await prepared(hub)
        entity = live_entity(hass, Platform.IMAGE, device, "event_image")
        event = b64encode(b'{"v": "3.0", "bucket": "b", "files": [["/\\ud800", ""]], "cmd": "ipc_motion"}').decode()
        hub.report(device.id, {"initiative_message": event})
        for _ in range(3):
            with pytest.raises(HomeAssistantError):
                await async_get_image(hass, entity)
        assert caplog.text.count("Unexpected error while fetching the picture") == 1
        picture = cloud.picture_event(device.id)
        hub.report(device.id, dict(cloud.device(device.id).value))
        assert (await async_get_image(hass, entity)).content == picture


async def test_messages_without_a_picture(hass: HomeAssistant) -> None:
    """What tells of no picture changes nothing."""
    device = doorbell()
    async with watched(hass, device, platforms=IMAGE) as (_, hub):
        await prepared(hub)
        entity = live_entity(hass, Platform.IMAGE, device, "event_image")
        for value in ("", "e30=", "not base64", "eyJjbWQiOiJpcGNfbW90aW9uIn0="):
            hub.report(device.id, {"initiative_message": value})
            assert state_of(hass, entity) == "unknown"


async def test_which_have_one(hass: HomeAssistant) -> None:
    """Cameras that tell of events; not those of a gateway, which cannot be watched."""
    async with loaded(hass, gateway_device("Camera", "sp", ro(raw("movement_detect_pic"), "")), platforms=IMAGE):
        assert hass.states.async_entity_ids("image") == []
    silent = make_device("Silent", "sp", camera=Camera())
    device = doorbell()
    async with watched(hass, device, silent, platforms=IMAGE) as (_, hub):
        await prepared(hub)
        assert len(hass.states.async_entity_ids("image")) == 1
        hub.set_online(device.id, False)
        assert state_of(hass, live_entity(hass, Platform.IMAGE, device, "event_image")) == "unavailable"
