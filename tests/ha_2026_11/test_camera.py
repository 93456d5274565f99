"""Cameras in Home Assistant 2026.11: what it asks of a camera, and what 2026.10 does not know yet."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
import importlib
from pathlib import Path
import shutil
from types import MappingProxyType
from typing import Any, override
from unittest.mock import patch

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp
from homeassistant.auth import auth_manager_from_config
from homeassistant.components.camera import (
    Camera as CameraEntity,
    CameraWebRTCProvider,
    WebRTCAnswer,
    WebRTCCandidate,
    WebRTCError,
    WebRTCMessage,
    WebRTCSendMessage,
    async_get_image,
    async_register_webrtc_provider,
)
from homeassistant.components.camera.const import DATA_COMPONENT
from homeassistant.components.labs import async_update_preview_feature
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
import pytest
from webrtc_models import RTCIceCandidateInit

from simulators.ipc_camera import IpcCameraSimulator
from simulators.mqtt_broker import MosquittoBroker
from simulators.tuya_cloud import H265, Camera, CloudDevice, TuyaCloudSimulator, make_device, make_skill
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator
from simulators.tuya_gateway.demo.points import device as gateway_device, rw
from simulators.tuya_gateway.schema import boolean

ROOT = Path(__file__).parents[2]
DOMAIN = "iot_gateway"
HEVC = make_skill(main=(2880, 1620, H265), sub=(640, 360, H265))


async def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; raises TimeoutError."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def home(hass: HomeAssistant) -> AsyncIterator[HomeAssistant]:
    """Return a Home Assistant that has this checkout's integration, which keeps to the loopback."""
    shutil.copytree(
        ROOT / "custom_components" / DOMAIN,
        hass.config.path(f"custom_components/{DOMAIN}"),
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    hass.auth = await auth_manager_from_config(hass, [], [])
    with patch("homeassistant.components.http.server.HomeAssistantHTTP.async_bind"):
        # Nobody comes by HTTP here, and its port would be open to the network
        for component in ("http", "labs", "camera"):
            assert await async_setup_component(hass, component, {})
    integration = await async_get_integration(hass, DOMAIN)
    await integration.async_get_component()
    discovery = importlib.import_module(f"{integration.pkg_path}.discovery")
    with (
        patch.object(discovery, "DEFAULT_DISCOVERY_PORTS", (0,)),
        patch.object(discovery, "AnnouncementListener", partial(discovery.AnnouncementListener, host="127.0.0.1")),
    ):
        yield hass
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            assert await hass.config_entries.async_unload(entry.entry_id)


async def set_up(hass: HomeAssistant, title: str, **data: Any) -> ConfigEntry[Any]:
    """Add an entry, as the flow would."""
    entry: ConfigEntry[Any] = ConfigEntry(
        data=data,
        discovery_keys=MappingProxyType({}),
        domain=DOMAIN,
        minor_version=1,
        options={"discovery_ports": [0]},
        source="user",
        subentries_data=None,
        title=title,
        unique_id=None,
        version=1,
    )
    await hass.config_entries.async_add(entry)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    return entry


async def set_up_cloud(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> ConfigEntry[Any]:
    """Add the entry of a cloud, and wait until it knows its cameras."""
    entry = await set_up(
        hass,
        "Cloud",
        connection="tuya_cloud",
        endpoint=cloud.endpoint,
        access_id=cloud.access_id,
        access_secret=cloud.access_secret,
    )
    configurations = entry.runtime_data.connection.live_view.configs
    await wait_until(lambda: all(one["known"] for one in configurations.as_dict()["cameras"].values()))
    await hass.async_block_till_done(wait_background_tasks=False)
    return entry


def camera(name: str, **said: Any) -> CloudDevice:
    """Return a camera."""
    return make_device(name, "sp", rw(boolean("basic_private"), False), camera=Camera(**said))


def entity(hass: HomeAssistant, device: CloudDevice | SimulatedDevice) -> CameraEntity:
    """Return the entity of a camera."""
    entity_id = er.async_get(hass).async_get_entity_id("camera", DOMAIN, f"{device.id}_camera")
    assert entity_id is not None
    found = hass.data[DATA_COMPONENT].get_entity(entity_id)
    assert found is not None
    return found


async def test_two_way_audio(home: HomeAssistant) -> None:
    """One can talk through the cameras that have a speaker, once Home Assistant's preview feature is on."""
    intercom, silent, not_for_browsers = camera("Door"), camera("Attic", call_mode=(1,)), camera("Yard", skill=HEVC)
    async with TuyaCloudSimulator([intercom, silent, not_for_browsers]) as cloud:
        await set_up_cloud(home, cloud)
        devices = (intercom, silent, not_for_browsers)
        assert [entity(home, one).camera_capabilities.two_way_audio for one in devices] == [False, False, False]
        await async_update_preview_feature(home, "camera", "two_way_audio", True)
        assert [entity(home, one).camera_capabilities.two_way_audio for one in devices] == [True, False, False]
        assert await home.config_entries.async_unload(home.config_entries.async_loaded_entries(DOMAIN)[0].entry_id)


class Provider(CameraWebRTCProvider):
    """Something like go2rtc."""

    asked: list[str]

    @property
    @override
    def domain(self) -> str:
        return "some_provider"

    @callback
    @override
    def async_is_supported(self, stream_source: str) -> bool:
        self.asked.append(stream_source)
        return stream_source.startswith("rtsps:")

    @override
    async def async_handle_async_webrtc_offer(
        self, camera: CameraEntity, offer_sdp: str, session_id: str, send_message: WebRTCSendMessage
    ) -> None:
        send_message(WebRTCAnswer(f"{await camera.stream_source()}"))

    @override
    async def async_on_webrtc_candidate(self, session_id: str, candidate: RTCIceCandidateInit) -> None:
        self.asked.append(candidate.candidate)


async def test_not_for_browsers(home: HomeAssistant) -> None:
    """What sends H.265 only is left to Home Assistant's own ways; none costs a call before somebody watches."""
    device = camera("Yard", skill=HEVC)
    native = camera("Hall")
    async with TuyaCloudSimulator([device, native]) as cloud:
        await set_up_cloud(home, cloud)
        yard = entity(home, device)
        assert entity(home, native).camera_capabilities.frontend_stream_types == {"web_rtc"}
        assert yard.camera_capabilities.frontend_stream_types == {"hls"}
        provider = Provider()
        provider.asked = []
        end = async_register_webrtc_provider(home, provider)
        await home.async_block_till_done()
        assert provider.asked == ["rtsps://"]
        assert yard.camera_capabilities.frontend_stream_types == {"hls", "web_rtc"}
        assert entity(home, native).webrtc_provider is None
        assert (await async_get_image(home, yard.entity_id)).content
        assert cloud.calls["allocate"] == 0
        said: list[WebRTCMessage] = []
        await yard.async_handle_async_webrtc_offer("offer", "session", said.append)
        assert isinstance(said[0], WebRTCAnswer)
        assert said[0].answer.startswith("rtsp")
        assert cloud.calls["allocate"] == 1
        await yard.async_on_webrtc_candidate("session", RTCIceCandidateInit("candidate:1"))
        assert provider.asked[-1] == "candidate:1"
        yard.close_webrtc_session("session")
        end()


async def test_client_configuration(home: HomeAssistant) -> None:
    """Home Assistant adds its own servers to what it gets, which does not pile up."""
    device = camera("Hall")
    async with TuyaCloudSimulator([device]) as cloud:
        await set_up_cloud(home, cloud)
        hall = entity(home, device)
        first = hall.async_get_webrtc_client_configuration().to_frontend_dict()
        for _ in range(5):
            assert hall.async_get_webrtc_client_configuration().to_frontend_dict() == first
        urls = [str(server["urls"]) for server in first["configuration"]["iceServers"]]
        assert not [url for url in urls if "nat:" in url]
        assert [url for url in urls if "turn:127.0.0.1" in url]


@asynccontextmanager
async def lively(device: CloudDevice) -> AsyncIterator[tuple[TuyaCloudSimulator, IpcCameraSimulator]]:
    """Have a cloud with a broker, and a camera that answers to it."""
    assert device.camera is not None
    async with MosquittoBroker() as broker:
        cloud = TuyaCloudSimulator([device], broker=broker)
        user = await cloud.camera_user(device.id)
        async with (
            cloud,
            IpcCameraSimulator(
                f"mqtt://{user.username}:{user.password}@{broker.host}:{broker.port}",
                device_id=device.id,
                moto_id=device.camera.moto_id or "",
                local_key=device.local_key,
                p2p_password=device.camera.p2p_password,
            ) as simulated,
        ):
            yield cloud, simulated


async def test_live(home: HomeAssistant) -> None:
    """A camera answers over a real broker, its pictures arrive, and leaving frees its place."""
    device = camera("Hall")
    async with lively(device) as (cloud, simulated):
        entry = await set_up_cloud(home, cloud)
        live_view = entry.runtime_data.connection.live_view
        await wait_until(lambda: live_view.diagnostics()["accounts"][0]["connected"])
        hall = entity(home, device)
        calls = cloud.calls.total()
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        for kind in ("audio", "video"):
            peer.addTransceiver(kind, direction="recvonly")
        tracks: dict[str, Any] = {}
        peer.on("track", lambda track: tracks.setdefault(track.kind, track))
        with patch("aioice.ice.get_host_addresses", return_value=["127.0.0.1"]):
            # aiortc leaves the loopback out by itself
            await peer.setLocalDescription(await peer.createOffer())
        said: list[WebRTCMessage] = []
        await hall.async_handle_async_webrtc_offer(peer.localDescription.sdp, "session", said.append)
        await wait_until(lambda: len(said) > 1)
        answer, candidate = said[:2]
        assert isinstance(answer, WebRTCAnswer)
        assert isinstance(candidate, WebRTCCandidate)
        await peer.setRemoteDescription(RTCSessionDescription(answer.answer, "answer"))
        init = candidate.candidate
        assert isinstance(init, RTCIceCandidateInit)
        found = candidate_from_sdp(init.candidate.removeprefix("candidate:"))
        found.sdpMid = init.sdp_mid
        await peer.addIceCandidate(found)
        async with asyncio.timeout(60):
            frame = await tracks["video"].recv()
        assert frame.width == 1280
        assert cloud.calls.total() == calls, "a warm view costs no call"
        assert simulated.slots.in_use == 1
        hall.close_webrtc_session("session")
        await simulated.wait_for(lambda: simulated.slots.in_use == 0, 60)
        await peer.close()
        # in words, where it cannot be
        await hall.async_turn_off()
        await hall.async_handle_async_webrtc_offer("v=0", "other", said.append)
        assert isinstance(said[-1], WebRTCError)
        assert "Privacy mode" in said[-1].message


async def test_behind_a_gateway(home: HomeAssistant) -> None:
    """The platforms of cameras are set up late for a gateway one of whose devices turns out to be a camera, and unloaded."""
    local = gateway_device("Porch", "sp", rw(boolean("basic_private"), False))
    twin = CloudDevice(
        id=local.id,
        category="sp",
        function=local.function,
        status=local.status,
        value=dict(local.value),
        name="Porch camera",
        camera=Camera(),
    )
    async with TuyaGatewaySimulator([local]) as gateway, TuyaCloudSimulator([twin]) as cloud:
        entry = await set_up(
            home,
            "Gateway",
            connection="tuya_gateway",
            host=gateway.host,
            port=gateway.port,
            path=gateway.path,
            uuid=gateway.uuid,
            device_key=gateway.device_key,
        )
        assert er.async_get(home).async_get_entity_id("camera", DOMAIN, f"{local.id}_camera") is None
        cloud_entry = await set_up_cloud(home, cloud)
        await wait_until(lambda: er.async_get(home).async_get_entity_id("camera", DOMAIN, f"{local.id}_camera"))
        await home.async_block_till_done()
        porch = entity(home, local)
        assert porch.registry_entry is not None
        assert porch.registry_entry.config_entry_id == entry.entry_id
        assert porch.camera_capabilities.frontend_stream_types == {"web_rtc"}
        assert await home.config_entries.async_unload(cloud_entry.entry_id)
        await home.async_block_till_done()
        state = home.states.get(porch.entity_id)
        assert state is not None
        assert state.state == "unavailable"
        assert await home.config_entries.async_setup(cloud_entry.entry_id)
        await wait_until(lambda: (now := home.states.get(porch.entity_id)) and now.state == "idle")
        assert await home.config_entries.async_unload(entry.entry_id)
