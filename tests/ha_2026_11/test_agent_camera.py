"""Cameras behind an X-P2P agent in Home Assistant 2026.11: its stream plays them, and its media browser finds their recordings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import io
import re
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
import av
from homeassistant.components.camera import async_request_stream
from homeassistant.components.media_source import async_browse_media, async_resolve_media
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component

from simulators.tencent_cloud import TencentCloudSimulator, demo_devices, demo_products
from simulators.xp2p_agent import Xp2pAgentSimulator
from simulators.xp2p_agent.beside_cloud import agent_beside

from .test_camera import DOMAIN, home, set_up, wait_until

__all__ = ["home"]

PRODUCT = "CAM0SIM001"
YARD = f"{PRODUCT}/yard_camera"


@asynccontextmanager
async def with_yard(hass: HomeAssistant) -> AsyncIterator[tuple[Xp2pAgentSimulator, Any]]:
    """Have the demo's camera in the yard, behind the simulated agent."""
    for component in ("stream", "media_source"):
        assert await async_setup_component(hass, component, {})
    async with TencentCloudSimulator(demo_products(), demo_devices()) as cloud, agent_beside(cloud) as agent:
        entry = await set_up(
            hass,
            "Video",
            connection="tencent_video",
            endpoint=cloud.endpoint,
            region="ap-guangzhou",
            secret_id=cloud.secret_id,
            secret_key=cloud.secret_key,
            product_ids=[PRODUCT],
            agent_url=agent.base_url,
        )
        try:
            yield agent, entry
        finally:
            assert await hass.config_entries.async_unload(entry.entry_id)


async def fetch(client: TestClient[Any, Any], folder: str, playlist: str) -> bytes:
    """Return the beginning and the first part of what a playlist leads to."""
    first = re.search(r"^(?:\./)?((?:segment/)?\d+\.(?:m4s|ts))$", playlist, re.MULTILINE)
    assert first is not None, playlist
    begin = b""
    if (found := re.search(r'EXT-X-MAP:URI="(?:\./)?([^"]+)"', playlist)) is not None:
        begin = await (await client.get(f"{folder}/{found[1]}")).read()
    return begin + await (await client.get(f"{folder}/{first[1]}")).read()


async def test_live(home: HomeAssistant) -> None:
    """Home Assistant's stream plays it."""
    async with with_yard(home) as (agent, _):
        entity_id = er.async_get(home).async_get_entity_id("camera", DOMAIN, f"{YARD}_camera")
        assert entity_id is not None
        master = await async_request_stream(home, entity_id, "hls")
        folder = master.rsplit("/", 1)[0]
        async with TestClient(TestServer(home.http.app, host="127.0.0.1")) as client:
            async with asyncio.timeout(120):
                while (response := await client.get(f"{folder}/playlist.m3u8")).status != 200:
                    await asyncio.sleep(0.2)
            film = await fetch(client, folder, await response.text())
        with av.open(io.BytesIO(film), "r") as container:
            assert {stream.codec_context.name for stream in container.streams} == {"h264", "aac"}
            assert sum(1 for _ in container.decode(video=0)) > 10
        assert len(agent.devices.get(YARD).streams) == 1
        await home.services.async_call(
            DOMAIN, "ptz", {"entity_id": entity_id, "direction": "left", "duration": 0.3}, blocking=True
        )
        ptz = agent.devices.get(YARD).cameras[0].ptz
        assert ptz is not None
        assert [(move.direction, move.released) for move in ptz.moves] == [("left", True)]


async def test_recordings(home: HomeAssistant) -> None:
    """The media browser leads to recordings on the card and in the cloud, and both play."""
    async with with_yard(home) as (_, entry):
        view = entry.runtime_data.connection.agent_view
        await wait_until(lambda: view.cameras(YARD)[0].stored)
        found = []
        for place in ("card", "cloud"):
            content_id = f"media-source://{DOMAIN}/months|{entry.entry_id}|{YARD}|{place}"
            for _ in range(3):
                folder = await async_browse_media(home, content_id)
                assert folder.children
                content_id = folder.children[0].media_content_id or ""
            found.append(await async_resolve_media(home, content_id, None))
        async with TestClient(TestServer(home.http.app, host="127.0.0.1")) as client:
            for media in found:
                assert media.mime_type == "application/x-mpegURL"
                response = await client.get(media.url)
                assert response.status == 200
                film = await fetch(client, media.url.rsplit("/", 1)[0], await response.text())
                with av.open(io.BytesIO(film), "r") as container:
                    assert sum(1 for _ in container.decode(video=0)) > 10
