"""Streams by way of the cloud: recordings, and cameras that browsers don't play, with Home Assistant's own stream worker."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from fractions import Fraction
from itertools import batched
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aiohttp import web
from aiohttp.test_utils import TestServer
import av
from homeassistant.components.camera import async_request_stream
from homeassistant.components.camera.const import DATA_COMPONENT
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import numpy as np
import pytest

from custom_components.iot_gateway.camera import TuyaCamera
from simulators.tuya_cloud import H264, H265, Camera, CloudDevice, TuyaCloudSimulator, make_device, make_skill
from tests.helpers import state_of, wait_until
from tests.live_view_helpers import live_entity, prepared, watched

pytestmark = [
    pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default"),
    # Of Home Assistant's outputs, which end by themselves
    pytest.mark.parametrize("expected_lingering_timers", [True]),
]

CAMERA = [Platform.CAMERA]
RENEWAL = "custom_components.iot_gateway.stream_renewal"
FPS = 10


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant) -> None:
    """Have what cameras of Home Assistant need."""
    assert await async_setup_component(hass, "http", {})
    assert await async_setup_component(hass, "stream", {})


@pytest.fixture(autouse=True)
def patient_worker() -> Iterator[None]:
    """Let Home Assistant wait less before it tries an address again."""
    with patch("homeassistant.components.stream.STREAM_RESTART_INCREMENT", 0.05):
        yield


def film(path: Path, seconds: float, kind: str = "mp4") -> str:
    """Write a film as what an address leads to, and return its path."""
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": str(FPS), "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(round(seconds * FPS)):
            picture = np.full((90, 160, 3), number * 7 % 256, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return str(path)


@pytest.fixture
def short(tmp_path: Path) -> str:
    """Return the address of a stream that ends soon."""
    return film(tmp_path / "short.mp4", 2)


@asynccontextmanager
async def live(path: Path) -> AsyncGenerator[str]:
    """Send a film of half a minute as it would be seen live; yield its address."""
    content = await asyncio.to_thread(lambda: Path(film(path, 30, "mpegts")).read_bytes())

    async def send(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            for part in batched(content, len(content) // 300, strict=False):
                await response.write(bytes(part))
                await asyncio.sleep(0.1)
        return response

    app = web.Application()
    app.router.add_get("/live", send)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/live"))


def camera(**said: Any) -> CloudDevice:
    """Return a camera on mains power."""
    return make_device("Hall", "sp", camera=Camera(**said))


def entity_of(hass: HomeAssistant, device: CloudDevice) -> TuyaCamera:
    """Return the entity itself."""
    entity = hass.data[DATA_COMPONENT].get_entity(live_entity(hass, Platform.CAMERA, device, "camera"))
    assert isinstance(entity, TuyaCamera)
    return entity


class Addresses:
    """What the cloud's addresses lead to, one after the other, the last again and again; `kinds` were asked for."""

    def __init__(self, cloud: TuyaCloudSimulator, *places: str) -> None:
        self.kinds: list[str] = []
        self._places = places
        cloud.ipc.stream_url = self._next

    def _next(self, device: CloudDevice, kind: str) -> str:
        self.kinds.append(kind)
        return self._places[min(len(self.kinds), len(self._places)) - 1]


async def test_recording(hass: HomeAssistant, tmp_path: Path) -> None:
    """A camera that is played live otherwise is recorded by way of the cloud; each recording opens an address of its own."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    device = camera()
    async with live(tmp_path / "live.ts") as address, watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        addresses = Addresses(cloud, address)
        entity = live_entity(hass, Platform.CAMERA, device, "camera")
        for number in (1, 2):
            target = tmp_path / f"recording{number}.mp4"
            await hass.services.async_call(
                "camera",
                "record",
                {ATTR_ENTITY_ID: entity, "filename": str(target), "duration": 1, "lookback": 0},
                blocking=True,
            )
            assert addresses.kinds == ["rtsp"] * number
            with await hass.async_add_executor_job(av.open, str(target)) as recorded:
                (video,) = recorded.streams.video
                assert (video.codec_context.name, video.width) == ("h264", 160)
                assert sum(1 for _ in recorded.decode(video)) >= FPS
        # and is native all the same
        assert entity_of(hass, device).camera_capabilities.frontend_stream_types == {"web_rtc"}


async def test_address_that_ends(hass: HomeAssistant, tmp_path: Path, short: str) -> None:
    """Where browsers need the stream, it goes on by another address when the first has ended."""
    device = camera(skill=make_skill(main=(2880, 1620, H265), sub=(640, 360, H265)))
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        longer = film(tmp_path / "longer.mp4", 30)
        addresses = Addresses(cloud, short, longer)
        entity = entity_of(hass, device)
        with patch(f"{RENEWAL}._WORKED", 0.0):
            assert (await async_request_stream(hass, entity.entity_id, "hls")).startswith("/api/hls/")
            assert entity.stream is not None
            await wait_until(lambda: entity.stream is not None and entity.stream.source == longer)
            # One segment every six seconds: the short film had none that was whole
            await wait_until(lambda: entity.stream is not None and len(entity.stream.outputs()["hls"].sequences) > 2)
        assert state_of(hass, entity.entity_id) == "idle"
        # Home Assistant may have tried the first address twice before it had the second
        opened = len(addresses.kinds)
        assert opened >= 2
        # The next viewer of what nobody watches any more begins anew
        await entity.stream.stop()
        await async_request_stream(hass, entity.entity_id, "hls")
        assert addresses.kinds == ["rtsp"] * (opened + 1)


async def test_address_that_never_works(hass: HomeAssistant, tmp_path: Path, short: str) -> None:
    """Then another kind is tried, and neither again and again; with nobody watching, nothing is."""
    device = camera(supports_webrtc=False, moto_id=None, skill=None)
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        nowhere = str(tmp_path / "nowhere.mp4")
        addresses = Addresses(cloud, nowhere)
        entity = entity_of(hass, device)
        await async_request_stream(hass, entity.entity_id, "hls")
        stream = entity.stream
        assert stream is not None
        await wait_until(lambda: addresses.kinds == ["rtsp", "hls"])
        starts = stream.get_diagnostics()["start_worker"]
        await wait_until(lambda: stream.get_diagnostics()["start_worker"] > starts + 2)
        assert addresses.kinds == ["rtsp", "hls"], "a call for each failure would use the quota up"
        # after a pause the first kind is tried again; a refusal changes nothing
        cloud.faults.fail("allocate", 1106, count=1)
        assert entity._renewal is not None
        entity._renewal._not_before = 0.0
        await wait_until(lambda: cloud.calls["allocate"] == 3)
        entity._renewal._not_before = 0.0
        await wait_until(lambda: addresses.kinds[2:] == ["hls"])
        await stream.stop()
        entity._renewal._not_before = 0.0
        entity._renewal.check()
        await hass.async_block_till_done()
        assert cloud.calls["allocate"] == 4


async def test_ends_with_the_entity(hass: HomeAssistant, short: str) -> None:
    """No worker goes on without the camera."""
    device = camera(skill=make_skill(main=(2880, 1620, H265), sub=(640, 360, H265)))
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        addresses = Addresses(cloud, short)
        entity = entity_of(hass, device)
        with patch(f"{RENEWAL}._WORKED", 0.0):
            await async_request_stream(hass, entity.entity_id, "hls")
            stream = entity.stream
            assert stream is not None
            assert await hass.config_entries.async_reload(hub.entry.entry_id)
            assert entity.stream is None
            assert not stream.outputs()
            asked = len(addresses.kinds)
            await asyncio.sleep(0)
            await hass.async_block_till_done()
            assert len(addresses.kinds) == asked


async def test_refused(hass: HomeAssistant, short: str) -> None:
    """A recording that cannot be had fails with the reason; for one that is offline the cloud is not asked at all."""
    device = camera(skill=make_skill(main=(1280, 720, H264), sub=(640, 360, H264)))
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        entity = live_entity(hass, Platform.CAMERA, device, "camera")
        cloud.faults.fail("allocate", 28841004)
        with pytest.raises(HomeAssistantError, match="used up"):
            await async_request_stream(hass, entity, "hls")
        asked = cloud.calls["allocate"]
        hub.set_online(device.id, False)
        with pytest.raises(HomeAssistantError, match="is offline"):
            await async_request_stream(hass, entity, "hls")
        assert cloud.calls["allocate"] == asked
