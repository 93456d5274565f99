"""Cameras of the simulated cloud behind its simulated agent, in Home Assistant: neither simulator knows the client."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
import io
from pathlib import Path

import av
from homeassistant.components.camera import async_request_stream
from homeassistant.components.media_source import async_browse_media, async_resolve_media
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.iot_gateway.agent_view import AgentView
from custom_components.iot_gateway.const import DOMAIN
from simulators.tencent_cloud import TencentCloudSimulator, demo_devices, demo_products
from simulators.xp2p_agent import Record, Xp2pAgentSimulator
from simulators.xp2p_agent.beside_cloud import agent_beside
from tests.agent_view_helpers import DOORBELL, FEEDER, RECORDER, YARD, entity_of, settled, with_cameras
from tests.helpers import state_of, wait_until
from tests.test_agent_camera import act, hls, tone
from tests.test_media_source import fetch_hls, go, titles

pytestmark = [
    pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default"),
    pytest.mark.parametrize("expected_lingering_timers", [True]),
]

PLATFORMS = [Platform.CAMERA, Platform.BUTTON, Platform.SENSOR]


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant, tmp_path: Path) -> None:
    """Have what cameras of Home Assistant need."""
    hass.config.media_dirs = {"local": str(tmp_path)}
    for part in ("http", "stream", "media_source"):
        assert await async_setup_component(hass, part, {})
    await hass.config.async_set_time_zone("Asia/Shanghai")


async def left(hass: HomeAssistant, url: str) -> None:
    """Wait until Home Assistant knows that the connections that it keeps to a server have ended: it would use one again."""
    connector = async_get_clientsession(hass).connector
    assert connector is not None
    port = URL(url).port
    await wait_until(
        lambda: (
            not any(
                protocol.is_connected()
                for key, kept in connector._conns.items()
                for protocol, _ in kept
                if key.port == port
            )
        )
    )


@asynccontextmanager
async def simulated(
    hass: HomeAssistant, *keys: str
) -> AsyncGenerator[tuple[TencentCloudSimulator, Xp2pAgentSimulator, AgentView]]:
    """Have these devices of the demo, and the agent that reaches them."""
    cloud = TencentCloudSimulator(demo_products(), demo_devices())
    async with (
        cloud,
        agent_beside(cloud) as agent,
        with_cameras(hass, agent.base_url, *keys, platforms=PLATFORMS, cloud=cloud) as (_, _, view),
    ):
        await settled(view)
        yield cloud, agent, view


async def test_live_and_moved(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """The picture plays with its sound, and another part of the world is seen once the camera has moved."""
    async with simulated(hass, YARD) as (_, agent, view):
        (camera,) = view.cameras(YARD)
        entity_id = entity_of(hass, Platform.CAMERA, camera, "camera")
        film = await hls(hass_client, await async_request_stream(hass, entity_id, "hls"), 4)
        with av.open(io.BytesIO(film), "r") as container:
            assert {stream.codec_context.name for stream in container.streams} == {"h264", "aac"}
            assert sum(1 for _ in container.decode(video=0)) > 20
        await act(hass, "ptz", entity_id, direction="left", duration=1)
        device = agent.devices.get(YARD)
        ptz = device.cameras[0].ptz
        assert ptz is not None
        assert not ptz.pressed
        assert [(move.direction, move.released) for move in ptz.moves] == [("left", True)]
        await hass.async_block_till_done()
        pan = float(state_of(hass, entity_of(hass, Platform.SENSOR, camera, "pan_position")))
        assert pan < -30
        await hass.services.async_call(
            "button", "press", {ATTR_ENTITY_ID: entity_of(hass, Platform.BUTTON, camera, "move_right")}, blocking=True
        )
        await hass.async_block_till_done()
        assert float(state_of(hass, entity_of(hass, Platform.SENSOR, camera, "pan_position"))) > pan


async def test_restarts(hass: HomeAssistant) -> None:
    """Neither a restart of the device nor one of the agent keeps a viewer away."""
    async with simulated(hass, YARD) as (cloud, agent, view):
        (camera,) = view.cameras(YARD)
        assert await camera.live_url()
        cloud.account.restart(YARD)
        assert camera.device.link is not None
        camera.device.link._looked_at = float("-inf")
        assert await camera.live_url()
        assert agent.sessions[YARD] == cloud.account.devices[YARD].p2p_info
        await agent.stop()
        await left(hass, agent.base_url)
        await agent.start()
        assert await camera.live_url()


async def test_talk(hass: HomeAssistant, tmp_path: Path) -> None:
    """The camera hears all of it."""
    await hass.async_add_executor_job(tone, tmp_path / "tone.wav", 440.0, 2.0)
    async with simulated(hass, YARD) as (_, agent, view):
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        await act(hass, "talk", entity_id, media="media-source://media_source/local/tone.wav")
        (voice,) = agent.devices.get(YARD).voices
        assert (voice.codec, voice.error, voice.gaps, voice.ended) == ("aac", "", 0, True)
        assert 1.9 < voice.seconds < 2.3
        assert voice.level > 0.3


async def test_card(hass: HomeAssistant, hass_client: ClientSessionGenerator, tmp_path: Path) -> None:
    """A recording on the card is found by its day and plays to its end; a file is downloaded."""
    async with simulated(hass, YARD) as (cloud, agent, view):
        card = agent.devices.get(YARD).card
        assert card is not None
        now = int(cloud.now())
        start = now - 3 * 86400
        card.clear()
        card.add(0, Record(start=start, end=start + 8))
        (camera,) = view.cameras(YARD)
        day = datetime.fromtimestamp(start, card.zone).date()
        folder = await go(hass, camera.name, "SD card", f"{day:%Y-%m}", day.isoformat())
        assert len(titles(folder)) == 1
        media = await async_resolve_media(hass, (folder.children or [])[0].media_content_id or "", None)
        client = await hass_client()
        async with asyncio.timeout(40):
            while True:
                playlist, film = await fetch_hls(client, media.url)
                if playlist.rstrip().endswith("#EXT-X-ENDLIST"):
                    break
                await asyncio.sleep(0.2)
        with av.open(io.BytesIO(film), "r") as container:
            times = [float(frame.time or 0) for frame in container.decode(video=0)]
        assert max(times) - min(times) == pytest.approx(8, abs=1)

        entity_id = entity_of(hass, Platform.CAMERA, camera, "camera")
        files = (await act(hass, "list_files", entity_id))["files"]
        assert files
        hass.config.allowlist_external_dirs = {str(tmp_path)}
        target = tmp_path / "film.bin"
        answer = await act(hass, "download_recording", entity_id, file_name=files[0]["file_name"], path=str(target))
        assert answer["size"] == files[0]["size"] == target.stat().st_size


async def test_recorder_and_sleeper(hass: HomeAssistant) -> None:
    """The channels of a recorder are cameras; a doorbell that sleeps is woken by who watches."""
    async with simulated(hass, RECORDER, DOORBELL) as (cloud, agent, view):
        assert len(view.cameras(RECORDER)) == 3
        for camera in view.cameras(RECORDER):
            assert await camera.live_url()
        (bell,) = view.cameras(DOORBELL)
        entity_id = entity_of(hass, Platform.CAMERA, bell, "camera")
        assert state_of(hass, entity_id) == "idle"
        assert cloud.calls["WakeUpDevice"] == 0
        assert await async_request_stream(hass, entity_id, "hls")
        assert cloud.calls["WakeUpDevice"] == 1
        await wait_until(lambda: bool(agent.devices.get(DOORBELL).streams), timeout=30)


async def test_slots(hass: HomeAssistant) -> None:
    """What takes the four places of a device is told of in words."""
    async with simulated(hass, YARD) as (_, agent, view):
        agent.faults.device_status["live"] = "405"
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        with pytest.raises(Exception, match="as many viewers"):
            await async_request_stream(hass, entity_id, "hls")


async def test_browse_all(hass: HomeAssistant) -> None:
    """Every camera of the demo is in the media browser."""
    async with simulated(hass, YARD, RECORDER, DOORBELL) as (_, _, view):
        root = await async_browse_media(hass, f"media-source://{DOMAIN}")
        cameras = [camera for key in (YARD, RECORDER, DOORBELL) for camera in view.cameras(key)]
        assert [child.title for child in root.children or ()] == sorted(camera.name for camera in cameras)


async def test_pictures_only(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """A camera that takes pictures only is watched as a series of them; while it is, stills are the latest."""
    async with simulated(hass, FEEDER) as (_, agent, view):
        (camera,) = view.cameras(FEEDER)
        entity_id = entity_of(hass, Platform.CAMERA, camera, "camera")
        client = await hass_client()
        async with client.get(f"/api/camera_proxy_stream/{entity_id}") as response:
            assert response.content_type == "multipart/x-mixed-replace"
            pictures: list[bytes] = []
            async with asyncio.timeout(30):
                while len(pictures) < 3:
                    while not (await response.content.readline()).startswith(b"Content-Length"):
                        pass
                    await response.content.readline()
                    # The size is not known to the reader of lines: up to the next boundary
                    pictures.append(await response.content.readuntil(b"\r\n--picture"))
            assert all(one.startswith(b"\xff\xd8") for one in pictures)
            assert len(set(pictures)) > 1
            assert state_of(hass, entity_id) == "streaming"
            still = await (await client.get(f"/api/camera_proxy/{entity_id}")).read()
            with av.open(io.BytesIO(still), "r") as container:
                assert container.streams.video[0].codec_context.name == "mjpeg"
        await wait_until(lambda: state_of(hass, entity_id) == "idle", timeout=20)
        await wait_until(lambda: not agent.devices.get(FEEDER).streams, timeout=20)


async def test_pictures_end_with_entry(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """Who watches pictures when the entry is unloaded keeps none of the camera's places."""
    async with simulated(hass, FEEDER) as (_, agent, view):
        (camera,) = view.cameras(FEEDER)
        entity_id = entity_of(hass, Platform.CAMERA, camera, "camera")
        client = await hass_client()
        async with client.get(f"/api/camera_proxy_stream/{entity_id}") as response:
            await response.content.readuntil(b"\r\n--picture")
            assert agent.devices.get(FEEDER).streams
            assert await hass.config_entries.async_unload(view.entry.entry_id)
            await wait_until(lambda: not agent.devices.get(FEEDER).streams, timeout=30)


async def test_quality_that_is_not_there(hass: HomeAssistant) -> None:
    """A recorder has no finest quality; what is next below is shown."""
    async with simulated(hass, RECORDER) as (_, _, view):
        camera = view.cameras(RECORDER)[0]
        camera.set_quality("super")
        assert "quality=high" in await camera.live_url()
