"""The camera platform."""

import asyncio
from typing import Any, override
from unittest.mock import patch

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp
from homeassistant.components.camera import Camera as CameraEntity, async_get_image, async_get_stream_source
from homeassistant.components.camera.webrtc import (
    CameraWebRTCProvider,
    WebRTCAnswer,
    WebRTCSendMessage,
    async_register_webrtc_provider,
)
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from webrtc_models import RTCIceCandidateInit

from custom_components.iot_gateway.clients.tuya_cloud import NotSubscribed, SessionError, SessionReason
from custom_components.iot_gateway.const import DOMAIN
from simulators.ipc_camera import IpcCameraSimulator
from simulators.mqtt_broker import MosquittoBroker
from simulators.tuya_cloud import (
    H264,
    H265,
    Camera,
    CloudDevice,
    TuyaCloudSimulator,
    demo_cloud,
    make_device,
    make_skill,
)
from simulators.tuya_gateway.demo.points import Point, device as gateway_device, ro, rw
from simulators.tuya_gateway.schema import boolean, raw
from tests.clients.tuya_cloud.sdp_samples import CHROMIUM_OFFER
from tests.helpers import loaded, state_of, wait_until
from tests.live_view_helpers import Player, ScriptedSignalling, live_entity, prepared, watched
from tests.tuya_cloud_helpers import held, poll

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

CAMERA = [Platform.CAMERA]
HOST = "candidate:1 1 udp 2122260223 192.168.0.227 50828 typ host generation 0 ufrag Q93I network-id 1"
OTHER_OFFER = CHROMIUM_OFFER.replace("4529163812828363188", "1111111111111111111").replace("Q93I", "zzzz")


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant) -> None:
    """Have what cameras of Home Assistant need."""
    assert await async_setup_component(hass, "http", {})


def camera(*points: Point, category: str = "sp", name: str = "Hall", online: bool = True, **said: Any) -> CloudDevice:
    """Return a camera on mains power."""
    basics = (
        rw(boolean("basic_private"), False),
        rw(boolean("record_switch"), False),
        rw(boolean("motion_switch"), True),
    )
    return make_device(name, category, *basics, *points, camera=Camera(**said), online=online)


async def player(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, device: CloudDevice) -> Player:
    """Return a browser that is about to watch."""
    return Player(await hass_ws_client(hass), live_entity(hass, Platform.CAMERA, device, "camera"))


async def test_watched(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Offer and candidates go to the camera, its answer comes before its candidates, and leaving frees its place."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        assert state_of(hass, viewer.entity_id) == "idle"
        calls = cloud.calls.total()

        capabilities = await viewer.call("camera/capabilities")
        assert capabilities["result"]["frontend_stream_types"] == ["web_rtc"]
        for _ in range(2):
            config = (await viewer.call("camera/webrtc/get_client_config"))["result"]["configuration"]
            stun, turn = [one for one in config["iceServers"] if "home-assistant" not in str(one["urls"])]
            assert stun == {"urls": "stun:127.0.0.1:3478"}
            assert turn["urls"] == "turn:127.0.0.1:3478"
            assert turn["username"]
            assert turn["credential"]

        await viewer.offer(CHROMIUM_OFFER)
        answer = await viewer.event()
        assert answer["type"] == "answer"
        assert "a=sendonly" in answer["answer"]
        candidate = await viewer.event()
        assert candidate["type"] == "candidate"
        assert candidate["candidate"]["candidate"] == "candidate:4 1 udp 2130706431 10.0.0.7 41234 typ host"
        assert candidate["candidate"]["sdpMid"] == "0"
        assert state_of(hass, viewer.entity_id) == "streaming"
        assert (await viewer.candidate(HOST))["success"]
        ((session_id, offer),) = broker.kinds("offer")
        assert offer["stream_type"] == 0
        assert "object RTCIceCandidate" not in offer["sdp"]
        assert [msg["candidate"].strip() for _, msg in broker.kinds("candidate")][-1].startswith("a=candidate:1 1")
        assert broker.open == {session_id}

        await viewer.leave()
        assert not broker.open
        assert state_of(hass, viewer.entity_id) == "idle"
        assert cloud.calls.total() == calls, "a warm view costs no call"
        assert (await viewer.candidate(HOST))["success"], "a candidate that comes late is no error"


async def test_left_while_offering(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Who leaves before the answer has the offer cancelled, and hears nothing more."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        broker.answers = False
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        ((session_id, _offer),) = broker.kinds("offer")
        await viewer.leave()
        assert not broker.open
        broker.answer(session_id)
        assert (await viewer.call("camera/capabilities"))["type"] == "result"


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_left_by_closing(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """A browser that just goes is as good."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        assert (await viewer.event())["type"] == "answer"
        await viewer.client.close()
        await wait_until(lambda: not broker.open)


async def test_candidates_before_the_configuration(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """What a browser says while the cloud is still being asked goes out after the offer."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        live_view = await prepared(hub)
        (broker,) = ScriptedSignalling.all
        live_view.configs.forget(device.id)
        viewer = await player(hass, hass_ws_client, device)
        with held(cloud, "webrtc_configs"):
            await viewer.offer(CHROMIUM_OFFER)
            assert (await viewer.candidate(HOST))["success"]
            assert not broker.sent
        assert (await viewer.event())["type"] == "answer"
        assert [kind for _, _, kind, _ in broker.sent][:2] == ["offer", "candidate"]


@pytest.mark.parametrize(
    ("close_reason", "words"), [(12, "serves as many viewers"), (3, "ended the view"), (None, "ended the view")]
)
async def test_ended_by_the_camera(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, close_reason: int | None, words: str
) -> None:
    """The player is told at once, in words."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        assert [(await viewer.event())["type"] for _ in range(2)] == ["answer", "candidate"]
        ((session_id, _offer),) = broker.kinds("offer")
        broker.say(session_id, "disconnect", **({} if close_reason is None else {"close_reason": close_reason}))
        error = await viewer.event()
        assert error["type"] == "error"
        assert error["code"] == "webrtc_session_ended"
        assert words in error["message"]
        assert "Hall" in error["message"]
        assert not broker.open
        assert state_of(hass, viewer.entity_id) == "idle"


async def test_camera_that_goes_without_a_word(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Its last picture would stand for ever; the player is told once the camera is known to be offline."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        assert [(await viewer.event())["type"] for _ in range(2)] == ["answer", "candidate"]
        hub.set_connected(False)
        # The picture needs no cloud
        assert broker.open
        hub.set_connected(True)
        hub.set_online(device.id, False)
        error = await viewer.event()
        assert (error["type"], error["code"]) == ("error", "webrtc_session_ended")
        assert error["message"] == "Hall is offline. Check its power or battery and its Wi-Fi."
        assert not broker.open


async def test_offered_again(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """A frontend that reconnects repeats its offer, for a peer connection that is done for: it is told so, and no place is taken."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        assert (await viewer.event())["type"] == "answer"
        await viewer.client.close()
        await wait_until(lambda: not broker.open)
        again = await player(hass, hass_ws_client, device)
        await again.offer(CHROMIUM_OFFER)
        error = await again.event()
        assert (error["type"], error["code"]) == ("error", "webrtc_offer_failed")
        assert (
            error["message"]
            == "The connection to Home Assistant was interrupted, and with it the view of Hall. Open it again."
        )
        assert len(broker.kinds("offer")) == 1
        # One that was not answered is as good as new
        broker.answers = False
        await again.offer(OTHER_OFFER)
        await wait_until(lambda: len(broker.kinds("offer")) == 2)
        await again.client.close()
        await wait_until(lambda: not broker.open)
        broker.answers = True
        once_more = await player(hass, hass_ws_client, device)
        await once_more.offer(OTHER_OFFER)
        assert (await once_more.event())["type"] == "answer"


async def test_camera_that_sleeps_is_not_gone(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """A battery camera may be listed as offline while it plays."""
    device = camera(category="dghsxj", low_power=True, skill=make_skill(low_power=1))
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        assert [(await viewer.event())["type"] for _ in range(2)] == ["answer", "candidate"]
        hub.set_online(device.id, False)
        assert broker.open


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (28841105, "IoT Video Live Stream"),
        (28841002, "subscription is over"),
        (28841004, "used up"),
        (1106, "Link the app account"),
        (1114, "IP allow list"),
        (2001, "is offline"),
        (2007, "another data center"),
        (9999, "does not let us watch"),
    ],
)
async def test_refused_by_the_cloud(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, code: int, words: str
) -> None:
    """What the cloud does not tell of a camera is said by its reason."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        live_view = await prepared(hub)
        live_view.configs.forget(device.id)
        cloud.faults.fail("webrtc_configs", code, msg="no way")
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        error = await viewer.event()
        assert (error["type"], error["code"]) == ("error", "webrtc_offer_failed")
        assert words in error["message"]


async def test_in_the_language_of_the_house(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """The player shows what it is told, so it is told in Home Assistant's language."""
    hass.config.language = "de"
    device = camera(online=True)
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer("this is no offer")
        assert "Das Angebot" in (await viewer.event())["message"]


async def test_no_broker(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Without a connection to the broker, the reason is the one that the cloud gave for it."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        live_view = await prepared(hub)
        (broker,) = ScriptedSignalling.all
        broker.set_connected(False)
        assert broker.on_error is not None
        seen: list[Any] = []
        live_view._on_error = seen.append
        broker.on_error(NotSubscribed("not subscribed", 28841105))
        assert seen
        watching = live_view.get(device.id)
        assert watching is not None
        error = watching._error_of(SessionError(SessionReason.NOT_CONNECTED))
        assert error.translation_key == "live_view_not_subscribed"
        broker.set_connected(True)
        error = watching._error_of(SessionError(SessionReason.NOT_CONNECTED))
        assert error.translation_key == "live_view_not_connected"


async def test_offline_and_bad_offers(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Neither costs an attempt."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer("this is no offer")
        assert "cannot be used" in (await viewer.event())["message"]
        hub.set_online(device.id, False)
        assert state_of(hass, viewer.entity_id) == "unavailable"
        await viewer.offer(CHROMIUM_OFFER)
        assert "offline" in (await viewer.event())["message"]
        assert not broker.sent


async def test_two_viewers(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Each has a session of its own; unloading ends both."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        one, other = [await player(hass, hass_ws_client, device) for _ in range(2)]
        await one.offer(CHROMIUM_OFFER)
        await other.offer(OTHER_OFFER)
        assert (await one.event())["type"] == (await other.event())["type"] == "answer"
        assert len(broker.open) == 2
        await one.leave()
        assert len(broker.open) == 1
        assert state_of(hass, one.entity_id) == "streaming"


async def test_ice_restart(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """A player that offers again for the same connection takes no second place."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        assert [(await viewer.event())["type"] for _ in range(2)] == ["answer", "candidate"]
        await viewer.offer(CHROMIUM_OFFER.replace("8363188 2 IN", "8363188 3 IN").replace("Q93I", "kX8u"))
        assert (await viewer.event())["type"] == "answer"
        assert len(broker.open) == 1
        assert len(broker.kinds("offer")) == 2


@pytest.mark.parametrize(
    ("main", "sub", "wanted", "stream"),
    [(H264, H264, None, 0), (H264, H264, "sd", 1), (H265, H264, None, 1), (H264, H265, "sd", 0)],
)
async def test_stream_choice(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, main: int, sub: int, wanted: str | None, stream: int
) -> None:
    """The option says which stream is shown; where browsers don't play that one, the other is, and an attribute says so."""
    device = camera(skill=make_skill(main=(2560, 1440, main), sub=(640, 360, sub)))
    options = {} if wanted is None else {"stream_quality": wanted}
    async with watched(hass, device, platforms=CAMERA, options=options) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        attributes = hass.states.get(viewer.entity_id).attributes  # type: ignore[union-attr]
        assert attributes["stream_quality"] == ("hd", "sd")[stream]
        assert attributes.get("unplayable_streams", []) == (["hd"] if main == H265 else ["sd"] if sub == H265 else [])
        await viewer.offer(CHROMIUM_OFFER)
        assert broker.kinds("offer")[0][1]["stream_type"] == stream


async def test_set_stream_quality(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, hass_storage: Any) -> None:
    """The action switches who is watching, and what later viewers see; it outlives a reload."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        assert (await viewer.event())["type"] == "answer"
        before = len(broker.kinds("resolution"))
        target = {ATTR_ENTITY_ID: viewer.entity_id}
        await hass.services.async_call(DOMAIN, "set_stream_quality", {**target, "quality": "sd"}, blocking=True)
        assert [msg["cmdValue"] for _, msg in broker.kinds("resolution")][before:] == [1]
        assert hass.states.get(viewer.entity_id).attributes["stream_quality"] == "sd"  # type: ignore[union-attr]
        await hass.config_entries.async_reload(hub.entry.entry_id)
        await hass.async_block_till_done()
        assert hass.states.get(viewer.entity_id).attributes["stream_quality"] == "sd"  # type: ignore[union-attr]


async def test_nothing_is_asked_for_after_a_restart(hass: HomeAssistant, hass_storage: Any) -> None:
    """What was kept does: no configuration is fetched, and the same two links are used."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        live_view = await prepared(hub)
        assert cloud.calls["webrtc_configs"] == 1
        links = live_view.link_ids
        await hass.config_entries.async_reload(hub.entry.entry_id)
        await hass.async_block_till_done()
        again = hub.entry.runtime_data.connection.live_view
        assert again is not None
        assert again is not live_view
        assert again.link_ids == links
        kept = again.get(device.id)
        assert kept is not None
        assert kept.two_way
        assert cloud.calls["webrtc_configs"] == 1
        assert any(server.credential for server in kept.ice_servers()), "the first view after a restart has TURN"
        await hass.async_block_till_done()
        assert cloud.calls["webrtc_configs"] == 1
        (stored,) = (name for name in hass_storage if ".live_view." in name)
        assert not any("credential" in str(content) for name, content in hass_storage.items() if name != stored)


async def test_privacy(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """In privacy mode a camera is off."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        viewer = await player(hass, hass_ws_client, device)
        target = {ATTR_ENTITY_ID: viewer.entity_id}
        await hass.services.async_call("camera", "turn_off", target, blocking=True)
        assert cloud.commands == [(device.id, {"basic_private": True})]
        with pytest.raises(HomeAssistantError, match="is off"):
            await async_get_image(hass, viewer.entity_id)
        assert not (await viewer.call("camera/webrtc/offer", offer=CHROMIUM_OFFER))["success"]
        await hass.services.async_call("camera", "turn_on", target, blocking=True)
        assert cloud.commands[-1] == (device.id, {"basic_private": False})
        await viewer.offer(CHROMIUM_OFFER)
        assert (await viewer.event())["type"] == "answer"


async def test_privacy_while_somebody_watches(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Every player is told why its picture ends, once, and the camera's places are free."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewers = [await player(hass, hass_ws_client, device) for _ in range(2)]
        for viewer, offer in zip(viewers, (CHROMIUM_OFFER, OTHER_OFFER), strict=True):
            await viewer.offer(offer)
            assert [(await viewer.event())["type"] for _ in range(2)] == ["answer", "candidate"]
        hub.report(device.id, {"basic_private": True})
        assert not broker.open
        for viewer in viewers:
            error = await viewer.event()
            assert (error["type"], error["code"]) == ("error", "webrtc_session_ended")
            assert error["message"] == "Privacy mode of Hall is on. Turn the camera on to watch."
            # and nothing more
            assert (await viewer.call("camera/capabilities"))["type"] == "result"
            assert not viewer._events


async def test_unloaded_while_somebody_watches(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """So it is when the entry is loaded again."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        assert [(await viewer.event())["type"] for _ in range(2)] == ["answer", "candidate"]
        assert await hass.config_entries.async_reload(hub.entry.entry_id)
        error = await viewer.event()
        assert error["message"].endswith("and with it the view of Hall. Open it again.")
        assert not any(broker.open for broker in ScriptedSignalling.all)


async def test_recording_and_motion_detection(hass: HomeAssistant) -> None:
    """A camera shows whether it records and whether it looks for movement, and can be told to do the latter."""
    device = camera()
    plain = make_device("Plain", "sp", camera=Camera())
    async with watched(hass, device, plain, platforms=CAMERA) as (cloud, hub):
        entity = live_entity(hass, Platform.CAMERA, device, "camera")
        target = {ATTR_ENTITY_ID: entity}
        assert hass.states.get(entity).attributes["motion_detection"] is True  # type: ignore[union-attr]
        await hass.services.async_call("camera", "disable_motion_detection", target, blocking=True)
        assert "motion_detection" not in hass.states.get(entity).attributes  # type: ignore[union-attr]
        await hass.services.async_call("camera", "enable_motion_detection", target, blocking=True)
        assert cloud.commands == [(device.id, {"motion_switch": False}), (device.id, {"motion_switch": True})]
        hub.report(device.id, {"record_switch": True})
        assert state_of(hass, entity) == "recording"
        # With privacy mode on there is nothing to record, whatever the switch for it says
        hub.report(device.id, {"basic_private": True})
        assert state_of(hass, entity) == "idle"
        with pytest.raises(HomeAssistantError, match="no motion detection"):
            await hass.services.async_call(
                "camera",
                "disable_motion_detection",
                {ATTR_ENTITY_ID: live_entity(hass, Platform.CAMERA, plain, "camera")},
                blocking=True,
            )
        hub.set_online(plain.id, False)
        assert state_of(hass, live_entity(hass, Platform.CAMERA, plain, "camera")) == "unavailable"


@pytest.mark.parametrize(
    "said",
    [
        {"supports_webrtc": False, "moto_id": None, "skill": None},
        {"skill": make_skill(main=(2880, 1620, H265), sub=(640, 360, H265))},
    ],
)
async def test_not_for_browsers(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, said: dict[str, Any]) -> None:
    """What browsers don't play goes by way of the cloud; finding out who could help opens no stream."""
    device = camera(**said)
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        await hass.async_block_till_done()
        viewer = await player(hass, hass_ws_client, device)
        assert (await viewer.call("camera/capabilities"))["result"]["frontend_stream_types"] == ["hls"]
        assert cloud.calls["allocate"] == 0
        assert (await viewer.call("camera/webrtc/offer", offer=CHROMIUM_OFFER))["success"] is False


class Provider(CameraWebRTCProvider):
    """Something like go2rtc."""

    def __init__(self) -> None:
        self.asked: list[str] = []

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


async def test_by_a_provider(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """What Home Assistant has for such cameras is used, and costs nothing before somebody watches."""
    device = camera(skill=make_skill(main=(2880, 1620, H265), sub=(640, 360, H265)))
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        provider = Provider()
        end = async_register_webrtc_provider(hass, provider)
        await hass.async_block_till_done()
        assert provider.asked == ["rtsps://"]
        viewer = await player(hass, hass_ws_client, device)
        types = (await viewer.call("camera/capabilities"))["result"]["frontend_stream_types"]
        assert set(types) == {"hls", "web_rtc"}
        assert cloud.calls["allocate"] == 0
        await viewer.offer("offer")
        assert (await viewer.event())["answer"].startswith("rtsp")
        assert cloud.calls["allocate"] == 1
        assert (await viewer.candidate(HOST))["success"]
        assert provider.asked[-1] == HOST
        end()
        await hass.async_block_till_done()


async def test_known_to_be_unplayable_later(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """What the cloud tells of a camera that is there already changes how it is watched."""
    device = camera(skill=make_skill(main=(2880, 1620, H265), sub=(640, 360, H265)))
    cloud = TuyaCloudSimulator([device])
    with held(cloud, "webrtc_configs") as release:
        async with watched(hass, cloud=cloud, platforms=CAMERA) as (_, hub):
            viewer = await player(hass, hass_ws_client, device)
            assert (await viewer.call("camera/capabilities"))["result"]["frontend_stream_types"] == ["web_rtc"]
            release()
            await prepared(hub)
            await hass.async_block_till_done()
            assert (await viewer.call("camera/capabilities"))["result"]["frontend_stream_types"] == ["hls"]


async def test_stream_source(hass: HomeAssistant) -> None:
    """Each use has an address of its own, RTSP's or else HLS's; a refusal is said in words."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (cloud, _hub):
        entity = live_entity(hass, Platform.CAMERA, device, "camera")
        one, other = [await async_get_stream_source(hass, entity) for _ in range(2)]
        assert one is not None
        assert other is not None
        assert one.startswith("rtsp")
        assert one != other
        assert cloud.calls["allocate"] == 2
        cloud.faults.fail("allocate", 2008, count=1)
        hls = await async_get_stream_source(hass, entity)
        assert hls is not None
        assert not hls.startswith("rtsp")
        cloud.faults.fail("allocate", 28841105)
        with pytest.raises(HomeAssistantError, match="IoT Video Live Stream"):
            await async_get_stream_source(hass, entity)


async def test_stills(hass: HomeAssistant) -> None:
    """A still is the picture of the last event, fetched once; before there is any, one that says so."""
    device = camera(ro(raw("movement_detect_pic"), ""))
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        entity = live_entity(hass, Platform.CAMERA, device, "camera")
        nothing = (await async_get_image(hass, entity)).content
        assert nothing.startswith(b"\xff\xd8")
        picture = cloud.picture_event(device.id)
        hub.report(device.id, cloud.device(device.id).value)
        for _ in range(3):
            assert (await async_get_image(hass, entity)).content == picture
        assert cloud.calls["movement_configs"] == 1
        # The next one cannot be had: the one before is better than none, and the cloud is not asked all the time
        cloud.faults.fail("movement_configs", 500)
        _ = cloud.picture_event(device.id)
        hub.report(device.id, cloud.device(device.id).value)
        for _ in range(3):
            assert (await async_get_image(hass, entity)).content == picture
        assert cloud.calls["movement_configs"] == 2
        assert cloud.calls["allocate"] == 0


async def test_stills_wake_nobody(hass: HomeAssistant) -> None:
    """Neither a still nor the start wakes a camera that sleeps."""
    device = make_device(
        "Door", "dghsxj", ro(raw("doorbell_pic"), ""), camera=Camera(low_power=True, skill=make_skill(low_power=1))
    )
    async with watched(hass, device, platforms=CAMERA) as (cloud, hub):
        woken: list[CloudDevice] = []
        cloud.wake_listeners.append(woken.append)
        await prepared(hub)
        assert (await async_get_image(hass, live_entity(hass, Platform.CAMERA, device, "camera"))).content
        assert not woken
        assert cloud.calls["allocate"] == 0


async def test_which_devices_are_cameras(hass: HomeAssistant) -> None:
    """Those of the categories, and what can be watched of the others; two accounts are two connections."""
    odd = make_device("Odd", "qtabc", ro(raw("movement_detect_pic"), ""), camera=Camera())
    not_one = make_device("Not one", "qtabd", ro(raw("movement_detect_pic"), ""))
    async with watched(hass, *demo_cloud(), odd, not_one, platforms=CAMERA) as (cloud, hub):
        live_view = hub.connection.live_view
        assert live_view is not None
        await wait_until(lambda: live_view.get(odd.id) is not None, timeout=20)
        await hass.async_block_till_done()
        cameras = {device.id for device in cloud.devices.values() if device.camera is not None}
        assert {camera.device.id for camera in live_view.cameras} == cameras
        assert len(hass.states.async_entity_ids("camera")) == len(cameras)
        assert len([one for one in ScriptedSignalling.all if one.running]) == 2
        diagnostics = str(live_view.diagnostics())
        for device in cloud.devices.values():
            assert device.local_key not in diagnostics


async def test_gateways_have_none(hass: HomeAssistant) -> None:
    """A gateway brings no way to watch, so its cameras are none; their data points are there all the same."""
    simulated = gateway_device("Camera", "sp", rw(boolean("basic_private"), False))
    async with loaded(hass, simulated, platforms=[*CAMERA, Platform.SWITCH]):
        assert hass.states.async_entity_ids("camera") == []
        assert len(hass.states.async_entity_ids("switch")) == 1


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_home_assistant_stops(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """A camera hears of the end while there is somebody to tell it."""
    device = camera()
    async with watched(hass, device, platforms=CAMERA) as (_, hub):
        await prepared(hub)
        (broker,) = ScriptedSignalling.all
        viewer = await player(hass, hass_ws_client, device)
        await viewer.offer(CHROMIUM_OFFER)
        assert (await viewer.event())["type"] == "answer"
        hass.bus.async_fire("homeassistant_stop")
        await asyncio.sleep(0)
        await hass.async_block_till_done()
        assert not broker.open
        assert broker.flushed


async def test_by_a_real_broker(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, hass_storage: Any) -> None:
    """With nothing scripted: a camera of its own make answers over mosquitto, and its pictures arrive."""
    device = camera()
    assert device.camera is not None
    async with MosquittoBroker() as broker:
        cloud = TuyaCloudSimulator([device], broker=broker)
        user = await cloud.camera_user(device.id)
        address = f"mqtt://{user.username}:{user.password}@{broker.host}:{broker.port}"
        async with (
            IpcCameraSimulator(
                address,
                device_id=device.id,
                moto_id=device.camera.moto_id or "",
                local_key=device.local_key,
                p2p_password=device.camera.p2p_password,
            ) as simulated,
            watched(hass, cloud=cloud, platforms=CAMERA, scripted=False) as (_, hub),
        ):
            live_view = await prepared(hub)
            await wait_until(lambda: live_view.diagnostics()["accounts"][0]["connected"])
            calls = cloud.calls.total()
            viewer = await player(hass, hass_ws_client, device)
            peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
            for kind in ("audio", "video"):
                peer.addTransceiver(kind, direction="recvonly")
            tracks: dict[str, Any] = {}
            peer.on("track", lambda track: tracks.setdefault(track.kind, track))
            with patch("aioice.ice.get_host_addresses", return_value=["127.0.0.1"]):
                # aiortc leaves the loopback out by itself
                await peer.setLocalDescription(await peer.createOffer())
            await viewer.offer(peer.localDescription.sdp)
            answer = await viewer.event()
            assert answer["type"] == "answer", answer
            await peer.setRemoteDescription(RTCSessionDescription(answer["answer"], "answer"))
            event = await viewer.event()
            assert event["type"] == "candidate"
            candidate = candidate_from_sdp(event["candidate"]["candidate"].removeprefix("candidate:"))
            candidate.sdpMid = event["candidate"]["sdpMid"]
            await peer.addIceCandidate(candidate)
            async with asyncio.timeout(40):
                frame = await tracks["video"].recv()
            assert frame.width == 1280
            assert cloud.calls.total() == calls, "a warm view costs no call"
            assert simulated.slots.in_use == 1
            await viewer.leave()
            await simulated.wait_for(lambda: simulated.slots.in_use == 0)
            await peer.close()


async def test_account_without_cameras(hass: HomeAssistant) -> None:
    """Its connection ends, after its last words; that of the other account stays. One that gets a camera has one again."""
    ours, theirs = camera(name="Ours"), camera(name="Theirs")
    theirs.uid = "eu1700000000002demo"
    async with watched(hass, ours, theirs, platforms=CAMERA) as (cloud, hub):
        await prepared(hub)
        one, other = ScriptedSignalling.all
        assert one.running
        assert other.running
        cloud.remove_device(theirs.id)
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        assert other.running, "an account of which nothing is listed may be linked again"
        hub.connection.live_view.remove_camera(theirs.id)  # type: ignore[union-attr]
        await wait_until(lambda: not other.running)
        assert other.flushed
        assert one.running
        ours.uid = theirs.uid
        await poll(hass, hub.entry)  # type: ignore[arg-type]
        await wait_until(lambda: not one.running)
        await wait_until(lambda: len(ScriptedSignalling.all) == 3 and ScriptedSignalling.all[2].running)
