"""Cameras that a gateway and a cloud have: the gateway's devices, watched by way of the cloud."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from unittest.mock import patch

from homeassistant.components.camera import async_get_image
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.hub import Hub
from custom_components.iot_gateway.live_view import LiveCamera
from custom_components.iot_gateway.sharing import Sharing
from simulators.tuya_cloud import Camera, CloudDevice, TuyaCloudSimulator
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator
from simulators.tuya_gateway.demo.points import device as gateway_device, ro, rw
from simulators.tuya_gateway.schema import boolean, enum, raw
from tests.clients.tuya_cloud.sdp_samples import CHROMIUM_OFFER
from tests.helpers import load, loaded, make_entry, plug, state_of, wait_until
from tests.live_view_helpers import Player, ScriptedSignalling, live_entity, prepared, watched
from tests.tuya_cloud_helpers import after, copy_of, poll

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

_NUMBERS = count(1_000_000)

PLATFORMS = [Platform.BUTTON, Platform.CAMERA, Platform.IMAGE, Platform.SWITCH]


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant) -> None:
    """Have what cameras of Home Assistant need."""
    assert await async_setup_component(hass, "http", {})


@pytest.fixture
def local() -> SimulatedDevice:
    """Return a camera behind a gateway."""
    return gateway_device(
        "Porch",
        "sp",
        rw(boolean("basic_private"), False),
        rw(enum("ptz_control", "0", "2", "4", "6"), "0"),
        rw(boolean("ptz_stop"), False),
        ro(raw("movement_detect_pic"), ""),
    )


@pytest.fixture
def twin(local: SimulatedDevice) -> CloudDevice:
    """Return what the cloud has of it."""
    return copy_of(local, "Porch camera", camera=Camera())  # type: ignore[arg-type]


@asynccontextmanager
async def both(
    hass: HomeAssistant, local: SimulatedDevice, twin: CloudDevice, *, first: str
) -> AsyncGenerator[tuple[TuyaCloudSimulator, Hub, TuyaGatewaySimulator, MockConfigEntry]]:
    """Have a gateway's entry and a cloud's, one of them first; yield the cloud and its hub, the gateway and its entry."""
    with patch("custom_components.iot_gateway.PLATFORMS", PLATFORMS):
        async with TuyaGatewaySimulator([local]) as gateway:
            entry = make_entry(gateway)
            if first == "gateway":
                await load(hass, entry)
            async with watched(hass, twin, platforms=PLATFORMS) as (cloud, hub):
                if first == "cloud":
                    await prepared(hub)
                    await load(hass, entry)
                await wait_until(lambda: camera_of(hass, twin, entry))
                await prepared(hub)
                yield cloud, hub, gateway, entry
                await hass.async_block_till_done()
                if hass.config_entries.async_get_entry(entry.entry_id) is not None:
                    assert await hass.config_entries.async_unload(entry.entry_id)


def camera_of(hass: HomeAssistant, device: CloudDevice, entry: MockConfigEntry) -> str | None:
    """Return the entity id of a camera that an entry has and that is there, None where it has none such."""
    found = er.async_get(hass).async_get_entity_id(Platform.CAMERA, DOMAIN, f"{device.id}_camera")
    if found is None or er.async_get(hass).entities[found].config_entry_id != entry.entry_id:
        return None
    state = hass.states.get(found)
    return None if state is None or state.state == STATE_UNAVAILABLE else found


def cameras_of(hub: Hub) -> list[LiveCamera]:
    """Return the cameras that a cloud's entry watches, its own or others'."""
    assert hub.connection.live_view is not None
    return hub.connection.live_view.cameras


def an_offer() -> str:
    """Return the offer of another player than any before."""
    return CHROMIUM_OFFER.replace("4529163812828363188", str(next(_NUMBERS)))


async def play(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entity: str) -> None:
    """Watch, and leave."""
    (broker,) = [one for one in ScriptedSignalling.all if one.running]
    viewer = Player(await hass_ws_client(hass), entity)
    await viewer.offer(an_offer())
    event = await viewer.event()
    assert event["type"] == "answer", event
    assert len(broker.open) == 1
    await viewer.leave()
    assert not broker.open


@pytest.mark.parametrize("first", ["cloud", "gateway"])
async def test_watched_by_way_of_the_cloud(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, local: SimulatedDevice, twin: CloudDevice, first: str
) -> None:
    """The gateway's device has the camera and its picture, once; what is set of it goes to the gateway."""
    async with both(hass, local, twin, first=first) as (cloud, hub, gateway, entry):
        entity = camera_of(hass, twin, entry)
        assert entity is not None
        (device,) = dr.async_get(hass).async_get_devices(identifiers={(DOMAIN, twin.id)})
        assert device.config_entry_id == entry.entry_id
        await wait_until(lambda: (now := dr.async_get(hass).async_get(device.id)) and now.name == "Porch camera")
        assert not hub.devices
        registered = er.async_entries_for_device(er.async_get(hass), device.id)
        assert {one.config_entry_id for one in registered} == {entry.entry_id}
        assert {one.domain for one in registered} == set(PLATFORMS)
        assert len([one for one in er.async_get(hass).entities.values() if one.domain == "camera"]) == 1
        await play(hass, hass_ws_client, entity)

        picture = cloud.picture_event(twin.id)
        await gateway.report(local.id, dict(cloud.device(twin.id).value))
        image = live_entity(hass, Platform.IMAGE, twin, "event_image")
        await wait_until(lambda: state_of(hass, image) != "unknown")
        assert (await async_get_image(hass, entity)).content == picture

        target = {ATTR_ENTITY_ID: entity}
        await hass.services.async_call(DOMAIN, "ptz", {**target, "direction": "left", "duration": 0.1}, blocking=True)
        assert local.value["ptz_control"] == "6"
        await wait_until(lambda: local.value["ptz_stop"] is True)
        await hass.services.async_call("camera", "turn_off", target, blocking=True)
        assert local.value["basic_private"] is True
        assert not cloud.commands
        assert not cloud.ptz_moves
        # and nothing of it changes with the next look at the cloud
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        assert camera_of(hass, twin, entry) == entity


async def test_cloud_that_is_loaded_again(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, local: SimulatedDevice, twin: CloudDevice
) -> None:
    """The camera goes with the cloud's entry, ends its views, and comes back with it, under the same entity id."""
    async with both(hass, local, twin, first="gateway") as (_, hub, _gateway, entry):
        entity = camera_of(hass, twin, entry)
        assert entity is not None
        (broker,) = ScriptedSignalling.all
        viewer = Player(await hass_ws_client(hass), entity)
        await viewer.offer(an_offer())
        assert (await viewer.event())["type"] == "answer"
        assert await hass.config_entries.async_unload(hub.entry.entry_id)
        await hass.async_block_till_done()
        assert not broker.open
        assert state_of(hass, entity) == STATE_UNAVAILABLE
        assert state_of(hass, live_entity(hass, Platform.SWITCH, twin, "basic_private")) == "off"
        assert await hass.config_entries.async_setup(hub.entry.entry_id)
        await wait_until(lambda: camera_of(hass, twin, entry) == entity)
        await prepared(hub.entry.runtime_data)
        await play(hass, hass_ws_client, entity)
        # the gateway's entry can be loaded again as well
        assert await hass.config_entries.async_reload(entry.entry_id)
        await wait_until(lambda: camera_of(hass, twin, entry) == entity)
        await play(hass, hass_ws_client, entity)


@pytest.mark.parametrize("how", ["disabled", "removed"])
async def test_gateway_that_goes(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, local: SimulatedDevice, twin: CloudDevice, how: str
) -> None:
    """Then it is the cloud's camera, and the same one."""
    async with both(hass, local, twin, first="gateway") as (cloud, hub, _, entry):
        entity = camera_of(hass, twin, entry)
        assert entity is not None
        er.async_get(hass).async_update_entity(entity, new_entity_id="camera.mine")
        await hass.async_block_till_done()
        if how == "disabled":
            await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
        else:
            await hass.config_entries.async_remove(entry.entry_id)
        await wait_until(lambda: camera_of(hass, twin, hub.entry) is not None)  # type: ignore[arg-type]
        entity = camera_of(hass, twin, hub.entry)  # type: ignore[arg-type]
        assert entity == "camera.mine"
        await play(hass, hass_ws_client, entity)
        await hass.services.async_call("camera", "turn_off", {ATTR_ENTITY_ID: entity}, blocking=True)
        assert cloud.commands == [(twin.id, {"basic_private": True})]


async def test_gateway_that_is_lost(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, local: SimulatedDevice, twin: CloudDevice
) -> None:
    """What the cloud reaches can be watched all the same; of the rest nothing is known."""
    async with both(hass, local, twin, first="gateway") as (cloud, hub, gateway, entry):
        entity = camera_of(hass, twin, entry)
        assert entity is not None
        privacy = live_entity(hass, Platform.SWITCH, twin, "basic_private")
        await gateway.stop()
        await wait_until(lambda: state_of(hass, privacy) == STATE_UNAVAILABLE)
        assert camera_of(hass, twin, entry) == entity
        await play(hass, hass_ws_client, entity)
        cloud.set_online(twin.id, False)
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        await wait_until(lambda: state_of(hass, entity) == STATE_UNAVAILABLE)


async def test_camera_that_leaves_the_cloud(hass: HomeAssistant, local: SimulatedDevice, twin: CloudDevice) -> None:
    """It cannot be watched any more; what the gateway has of it stays."""
    async with both(hass, local, twin, first="gateway") as (cloud, hub, _, entry):
        entity = camera_of(hass, twin, entry)
        assert entity is not None
        cloud.remove_device(twin.id)
        cloud.add_device(copy_of(plug(), "Something else"))
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        assert camera_of(hass, twin, entry) == entity
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        await wait_until(lambda: camera_of(hass, twin, entry) is None)
        assert state_of(hass, live_entity(hass, Platform.SWITCH, twin, "basic_private")) == "off"


async def test_camera_that_joins_the_gateway(hass: HomeAssistant, local: SimulatedDevice, twin: CloudDevice) -> None:
    """A gateway without cameras needs nothing that cameras need, until one joins."""
    async with loaded(hass, plug(), platforms=[*PLATFORMS]) as gateway:
        (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
        assert "camera" not in hass.config.components
        async with watched(hass, twin, platforms=PLATFORMS) as (_, hub):
            await prepared(hub)
            assert Platform.CAMERA not in entry.runtime_data.platforms
            entity = live_entity(hass, Platform.CAMERA, twin, "camera")
            await gateway.add_device(local)
            await wait_until(lambda: camera_of(hass, twin, entry) == entity)  # type: ignore[arg-type]
            assert {Platform.CAMERA, Platform.IMAGE} <= entry.runtime_data.platforms


async def test_another_cloud_has_it(hass: HomeAssistant, twin: CloudDevice) -> None:
    """Of two projects of one account, only the one that has a camera asks for what watching it takes."""
    async with watched(hass, twin, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        async with TuyaCloudSimulator([twin], access_id="second00000000000000") as other:
            second = MockConfigEntry(
                domain=DOMAIN,
                title="Second",
                data={
                    "connection": "tuya_cloud",
                    "endpoint": other.endpoint,
                    "access_id": other.access_id,
                    "access_secret": other.access_secret,
                },
            )
            await load(hass, second)
            await poll(hass, second)
            assert other.calls["webrtc_configs"] == 0
            assert Sharing.of(hass).camera(twin.id) is hub.camera(twin.id)
            assert not cameras_of(second.runtime_data)
            await hass.config_entries.async_set_disabled_by(hub.entry.entry_id, ConfigEntryDisabler.USER)
            await wait_until(lambda: camera_of(hass, twin, second) is not None)
            await wait_until(lambda: other.calls["webrtc_configs"] == 1)
            # it has it now, also when the first one is back
            await hass.config_entries.async_set_disabled_by(hub.entry.entry_id, None)
            await hass.async_block_till_done()
            assert not cameras_of(hub.entry.runtime_data)
            assert cloud.calls["webrtc_configs"] == 1
            assert await hass.config_entries.async_unload(second.entry_id)
            await hass.async_block_till_done()
            after(hass, 61)
            await wait_until(lambda: camera_of(hass, twin, hub.entry) is not None)  # type: ignore[arg-type]


async def test_gateway_that_calls_it_offline(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, local: SimulatedDevice, twin: CloudDevice
) -> None:
    """A view goes on while the cloud still reaches the camera, and ends with a word when it does not either."""
    async with both(hass, local, twin, first="gateway") as (cloud, hub, gateway, entry):
        entity = camera_of(hass, twin, entry)
        assert entity is not None
        (broker,) = ScriptedSignalling.all
        viewer = Player(await hass_ws_client(hass), entity)
        await viewer.offer(an_offer())
        assert [(await viewer.event())["type"] for _ in range(2)] == ["answer", "candidate"]
        await gateway.set_online(local.id, False)
        privacy = live_entity(hass, Platform.SWITCH, twin, "basic_private")
        await wait_until(lambda: state_of(hass, privacy) == STATE_UNAVAILABLE)
        assert broker.open
        cloud.set_online(twin.id, False)
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        error = await viewer.event()
        assert error["type"] == "error"
        assert "Porch camera is offline" in error["message"]
        assert not broker.open
