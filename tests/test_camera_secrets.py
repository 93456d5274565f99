"""What lets one watch a camera, or tells where it is, is in no log, no error, no state and no diagnostics."""

from base64 import b64decode
import json
import logging

from homeassistant.components.image import async_get_image
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_cloud import Camera, make_device
from simulators.tuya_cloud.devices import camera_auth
from simulators.tuya_gateway.demo.points import ro
from simulators.tuya_gateway.schema import raw
from tests.clients.tuya_cloud.sdp_samples import ANSWER, CHROMIUM_OFFER
from tests.live_view_helpers import Player, ScriptedSignalling, live_entity, prepared, watched

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

PLATFORMS = [Platform.CAMERA, Platform.EVENT, Platform.IMAGE]
HOST = "candidate:1 1 udp 2122260223 192.168.0.227 50828 typ host generation 0 ufrag Q93I network-id 1"


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant) -> None:
    """Have what cameras of Home Assistant need."""
    assert await async_setup_component(hass, "diagnostics", {})


def of_sdp(sdp: str) -> set[str]:
    """Return what of an offer or an answer is nobody's business."""
    lines = [line.strip() for line in sdp.splitlines()]
    marks = ("a=fingerprint:", "a=ice-pwd:")
    return {line.partition(":")[2].removeprefix("sha-256 ") for line in lines if line.startswith(marks)}


async def test_secrets(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever happens in a view, also one that fails."""
    caplog.set_level(logging.DEBUG)
    device = make_device("Hall", "sp", ro(raw("movement_detect_pic"), ""), camera=Camera())
    assert device.camera is not None
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        live_view = await prepared(hub)
        (broker,) = ScriptedSignalling.all
        entity = live_entity(hass, Platform.CAMERA, device, "camera")
        viewer = Player(await hass_ws_client(hass), entity)
        config = await viewer.call("camera/webrtc/get_client_config")
        turn = [one for one in config["result"]["configuration"]["iceServers"] if "credential" in one]
        assert turn
        await viewer.offer(CHROMIUM_OFFER)
        assert [(await viewer.event())["type"] for _ in range(2)] == ["answer", "candidate"]
        await viewer.candidate(HOST)
        ((session_id, _),) = broker.kinds("offer")
        broker.say(session_id, "answer", sdp="nothing that is one")
        broker.say(session_id, "candidate", candidate="a=candidate:4 1 udp 1 10.0.0.7 41234 typ nonsense")
        broker.say(session_id, "disconnect", close_reason=12)
        assert (await viewer.event())["type"] == "error"
        picture = cloud.picture_event(device.id)
        hub.report(device.id, dict(cloud.device(device.id).value))
        assert picture
        cloud.faults.fail("movement_configs", 1106, msg=device.ip)
        with pytest.raises(HomeAssistantError):
            await async_get_image(hass, live_entity(hass, Platform.IMAGE, device, "event_image"))
        await hass.async_block_till_done()
        registered = hub.registry_id(device.id)
        entry = dr.async_get(hass).async_get(registered)
        assert isinstance(entry, dr.DeviceEntry)
        diagnostics = [
            json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, hub.entry)),
            json.dumps(await get_diagnostics_for_device(hass, hass_client, hub.entry, entry)),
        ]
        states = json.dumps([state.as_dict() for state in hass.states.async_all()], default=str)
        credentials = broker.credentials
        assert credentials is not None
        hidden = {
            camera_auth(device),
            device.local_key,
            device.camera.p2p_password,
            device.ip,
            device.uid,
            cloud.access_secret,
            cloud.access_id,
            credentials.password,
            "192.168.0.227",
            "10.0.0.7",
            *(server["credential"] for server in turn),
            *(server["username"] for server in turn),
            *of_sdp(CHROMIUM_OFFER),
            *of_sdp(ANSWER),
        }
        file = json.loads(message_of(cloud.device(device.id).value["movement_detect_pic"]))["files"][0]
        hidden |= {part for part in file if part} | {cloud.device(device.id).value["movement_detect_pic"]}
        reprs = repr(live_view.get(device.id)) + repr(live_view.configs.as_dict()) + repr(credentials)
        ours = [
            f"{record.getMessage()} {record.exc_text}"
            for record in caplog.records
            if record.name.startswith("custom_components")
        ]
        assert ours
        assert f"{DOMAIN}" in diagnostics[0]
        for text in (*diagnostics, states, reprs, *ours):
            found = [secret for secret in hidden if secret in text]
            assert not found, f"{found} in: {text}"


def message_of(value: object) -> str:
    """Return the text in a data point's value."""
    return b64decode(str(value)).decode()
