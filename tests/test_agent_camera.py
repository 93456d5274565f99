"""Cameras behind an X-P2P agent: live over Home Assistant's own stream, moved, spoken to and called."""

import asyncio
from collections.abc import AsyncGenerator
import hashlib
import io
import json
from pathlib import Path
import re
from typing import Any
from unittest.mock import patch
import wave

import av
from homeassistant.components.camera import async_request_stream
from homeassistant.components.camera.const import DATA_COMPONENT
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import numpy as np
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iot_gateway.agent_camera import AgentCameraEntity
from custom_components.iot_gateway.agent_view import AgentView
from custom_components.iot_gateway.const import DOMAIN
from simulators.tencent_cloud import TencentCloudSimulator, demo_devices, demo_products
from tests.agent_view.small_agent import SIZE, SmallAgent, running_agent
from tests.agent_view_helpers import DOORBELL, RECORDER, YARD, entity_of, settled, with_cameras
from tests.helpers import state_of, wait_until

pytestmark = [
    pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default"),
    # Of Home Assistant's outputs, which end by themselves
    pytest.mark.parametrize("expected_lingering_timers", [True]),
]

CAMERA = [Platform.CAMERA]


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant) -> None:
    """Have what cameras of Home Assistant need."""
    assert await async_setup_component(hass, "http", {})
    assert await async_setup_component(hass, "stream", {})


@pytest.fixture
async def agent(socket_enabled: None) -> AsyncGenerator[SmallAgent]:
    """Return a running agent."""
    async with running_agent() as running:
        yield running


def entity(hass: HomeAssistant, entity_id: str) -> AgentCameraEntity:
    """Return the entity itself."""
    found = hass.data[DATA_COMPONENT].get_entity(entity_id)
    assert isinstance(found, AgentCameraEntity)
    return found


async def hls(hass_client: ClientSessionGenerator, master_url: str, seconds: float) -> bytes:
    """Return the beginning of what a browser gets of a stream: so many seconds of it, as one MP4."""
    client = await hass_client()
    master = await (await client.get(master_url)).text()
    folder = master_url.rsplit("/", 1)[0]
    playlist_url = f"{folder}/{next(line for line in master.splitlines() if line and not line.startswith('#'))}"
    received: dict[str, bytes] = {}
    init = b""
    async with asyncio.timeout(30):
        while sum(len(one) for one in received.values()) == 0 or len(received) < seconds / 6:
            response = await client.get(playlist_url)
            if response.status != 200:
                await asyncio.sleep(0.1)
                continue
            playlist = await response.text()
            if not init:
                init = await (await client.get(f"{folder}/init.mp4")).read()
            for name in re.findall(r"^\.?/?(segment/\d+\.m4s)$", playlist, re.MULTILINE):
                if name not in received:
                    received[name] = await (await client.get(f"{folder}/{name}")).read()
            await asyncio.sleep(0.1)
    return init + b"".join(received.values())


async def test_live(hass: HomeAssistant, agent: SmallAgent, hass_client: ClientSessionGenerator) -> None:
    """The agent's FLV plays as HLS, picture and sound; the browser learns nothing of the agent."""
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (cloud, _hub, view):
        await settled(view)
        (camera,) = view.cameras(YARD)
        entity_id = entity_of(hass, Platform.CAMERA, camera, "camera")
        assert state_of(hass, entity_id) == "idle"
        url = await async_request_stream(hass, entity_id, "hls")
        assert agent.base_url not in url
        film = await hls(hass_client, url, 6)
        with av.open(io.BytesIO(film), "r") as container:
            assert {stream.codec_context.name for stream in container.streams} == {"h264", "aac"}
            pictures = [frame.to_ndarray(format="gray").mean() for frame in container.decode(video=0)]
        assert len(pictures) >= 20
        # It moves
        assert max(pictures) - min(pictures) > 50
        with av.open(io.BytesIO(film), "r") as container:
            assert (container.streams.video[0].width, container.streams.video[0].height) == SIZE
        assert agent.base_url.encode() not in film
        assert [one["action"] for one in agent.streams] == ["live"]
        assert agent.streams[0]["quality"] == "high"
        assert agent.sessions == [(YARD, cloud.account.devices[YARD].p2p_info)]
        await wait_until(lambda: state_of(hass, entity_id) == "streaming")

        # A second viewer shares the stream
        assert await async_request_stream(hass, entity_id, "hls") == url
        assert len(agent.streams) == 1
    await wait_until(lambda: agent.open == 0)


async def test_ended_stream(hass: HomeAssistant, agent: SmallAgent) -> None:
    """Pictures that end are looked for anew, by what the device says of itself by then; so is a stream nobody watched."""
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (cloud, _hub, view):
        await settled(view)
        (camera,) = view.cameras(YARD)
        entity_id = entity_of(hass, Platform.CAMERA, camera, "camera")
        await async_request_stream(hass, entity_id, "hls")
        await wait_until(lambda: agent.open == 1, timeout=20)
        cloud.account.restart(YARD)
        assert camera.device.link is not None
        camera.device.link._looked_at = float("-inf")
        agent.stop.set()
        await wait_until(lambda: len(agent.sessions) == 2, timeout=30)
        assert agent.sessions[1] == (YARD, cloud.account.devices[YARD].p2p_info)
        assert agent.sessions[0] != agent.sessions[1]
        # The entity stays: it is the stream that ended, not the camera
        assert state_of(hass, entity_id) != "unavailable"

        # and so is the device, which may sleep
        await wait_until(lambda: agent.cmds("inner_define").count("get_device_st") == 2, timeout=20)
        stream = entity(hass, entity_id).stream
        assert stream is not None
        await stream.stop()
        asked = len(agent.cmds("inner_define"))
        agent.stop.clear()
        await async_request_stream(hass, entity_id, "hls")
        assert agent.cmds("inner_define")[asked:] == ["get_device_st"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ((405, "viewer_limit"), "serves as many viewers as it can"),
        ((503, "offline"), "is offline"),
        ((423, ""), "sleeps to save its battery"),
        ((500, ""), "declines"),
    ],
    ids=["viewers", "offline", "asleep", "refused"],
)
async def test_told_in_words(
    hass: HomeAssistant, agent: SmallAgent, error: tuple[int, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever cannot watch is told why, and no stream is opened."""
    monkeypatch.setattr("custom_components.iot_gateway.agent_view.device_link._WAKING", 0.1)
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (_, _, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        agent.error = error
        with pytest.raises(HomeAssistantError, match=told) as raised:
            await async_request_stream(hass, entity_id, "hls")
        assert "Yard" in str(raised.value) or "yard" in str(raised.value)
        assert agent.streams == []


async def test_device_says_too_many(hass: HomeAssistant, agent: SmallAgent) -> None:
    """The device itself may say that it has enough viewers; while one of them are we, nobody else is kept away."""
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (_, _, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        agent.answers["get_device_st"] = [{"status": "405", "appConnectNum": "4"}]
        with pytest.raises(HomeAssistantError, match="as many viewers"):
            await async_request_stream(hass, entity_id, "hls")
        agent.answers["get_device_st"] = [{"status": "0"}]
        await async_request_stream(hass, entity_id, "hls")
        await wait_until(lambda: state_of(hass, entity_id) == "streaming", timeout=20)
        agent.answers["get_device_st"] = [{"status": "405", "appConnectNum": "4"}]
        assert (await entity(hass, entity_id).stream_source() or "").startswith(agent.base_url)


async def test_agent_forgot(hass: HomeAssistant, agent: SmallAgent) -> None:
    """An agent that was restarted is told again how the device is reached."""
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (_, _, view):
        await settled(view)
        agent.sessions.clear()
        assert agent.base_url in await view.cameras(YARD)[0].live_url()
        assert [key for key, _ in agent.sessions] == [YARD]


async def test_sleeper_is_woken_for_viewers_only(hass: HomeAssistant, agent: SmallAgent) -> None:
    """A doorbell on a battery is woken for somebody who looks, not for a question of ours; it counts as there."""

    def answer(_: dict[str, str]) -> object:
        return [{"status": "0"}]

    agent.error = (423, "asleep")
    async with with_cameras(hass, agent, DOORBELL, platforms=CAMERA) as (cloud, _, view):
        await settled(view)
        (camera,) = view.cameras(DOORBELL)
        assert cloud.calls["WakeUpDevice"] == 0
        assert camera.sleeps
        entity_id = entity_of(hass, Platform.CAMERA, camera, "camera")
        assert state_of(hass, entity_id) == "idle"

        async def wake_soon() -> None:
            await wait_until(lambda: cloud.calls["WakeUpDevice"] == 1)
            agent.error = None

        agent.answers["get_device_st"] = answer
        waker = asyncio.create_task(wake_soon())
        assert await async_request_stream(hass, entity_id, "hls")
        await waker
        await wait_until(lambda: agent.open == 1, timeout=20)


async def test_sleeper_is_woken_for_who_watches_already(hass: HomeAssistant, agent: SmallAgent) -> None:
    """A doorbell that falls asleep under a viewer is woken; where it cannot be, whoever comes then is told why."""
    async with with_cameras(hass, agent, DOORBELL, platforms=CAMERA) as (cloud, _, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(DOORBELL)[0], "camera")
        await async_request_stream(hass, entity_id, "hls")
        await wait_until(lambda: agent.open == 1, timeout=20)
        woken = cloud.calls["WakeUpDevice"]
        agent.error = (423, "asleep")
        agent.stop.set()
        await wait_until(lambda: cloud.calls["WakeUpDevice"] > woken, timeout=30)

        agent.error = (503, "offline")
        stream = entity(hass, entity_id).stream
        assert stream is not None
        await wait_until(lambda: not stream.available)
        with (
            patch("custom_components.iot_gateway.agent_view.device_link._WAKING", 0.1),
            pytest.raises(HomeAssistantError, match="is offline"),
        ):
            await async_request_stream(hass, entity_id, "hls")
        await stream.stop()


async def test_recorder(hass: HomeAssistant, agent: SmallAgent) -> None:
    """Each channel of a recorder is a camera, also after a restart while the agent is away."""
    agent.answers["get_nvr_list"] = [
        {"DeviceName": "Gate", "Channel": "0", "Online": "1"},
        {"DeviceName": "", "Channel": 2, "Online": 1},
    ]
    async with with_cameras(hass, agent, RECORDER, platforms=CAMERA) as (_, hub, view):
        await settled(view)
        cameras = view.cameras(RECORDER)
        assert [camera.number for camera in cameras] == [0, 2]
        ids = [entity_of(hass, Platform.CAMERA, camera, "camera") for camera in cameras]
        registry = er.async_get(hass)
        assert [registry.entities[one].original_name for one in ids] == ["Gate", "Channel 2"]
        assert [registry.entities[one].unique_id for one in ids] == [f"{RECORDER}_camera_0", f"{RECORDER}_camera_2"]
        await async_request_stream(hass, ids[1], "hls")
        await wait_until(lambda: bool(agent.streams), timeout=20)
        assert agent.streams[0]["channel"] == "2"

        agent.error = (503, "")
        assert await hass.config_entries.async_reload(hub.entry.entry_id)
        await hass.async_block_till_done()
        assert [state_of(hass, one) for one in ids] == ["idle", "idle"]

        # A channel that went takes its entity along
        agent.error = None
        agent.answers["get_nvr_list"] = [{"DeviceName": "Gate", "Channel": "0", "Online": "1"}]
        assert await hass.config_entries.async_reload(hub.entry.entry_id)
        await wait_until(lambda: len(hub_view(hass).cameras(RECORDER)) == 1, timeout=20)
        await hass.async_block_till_done()
        await wait_until(lambda: getattr(hass.states.get(ids[1]), "state", "unavailable") == "unavailable")
        assert state_of(hass, ids[0]) == "idle"


def hub_view(hass: HomeAssistant) -> AgentView:
    """Return the view of the one entry, as it is loaded now."""
    (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
    found = entry.runtime_data.connection.agent_view
    assert isinstance(found, AgentView)
    return found


async def test_quality(hass: HomeAssistant, agent: SmallAgent) -> None:
    """By the option, then by an action, which those who watch see at once; Tuya's words do too."""
    async with with_cameras(hass, agent, YARD, platforms=CAMERA, options={"stream_quality": "super"}) as (_, _, view):
        await settled(view)
        (camera,) = view.cameras(YARD)
        entity_id = entity_of(hass, Platform.CAMERA, camera, "camera")
        await async_request_stream(hass, entity_id, "hls")
        await wait_until(lambda: bool(agent.streams), timeout=20)
        assert agent.streams[0]["quality"] == "super"
        await act(hass, "set_stream_quality", entity_id, quality="sd")
        await wait_until(lambda: agent.streams[-1]["quality"] == "standard", timeout=30)
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.attributes["stream_quality"] == "standard"
        await wait_until(lambda: agent.open == 1, timeout=30)


async def act(hass: HomeAssistant, service: str, entity_id: str, **data: object) -> dict[str, Any]:
    """Call one of our actions; return what it answers for the entity."""
    wanted = service in {"send_signal", "list_files", "download_recording"}
    answer = await hass.services.async_call(
        DOMAIN, service, {ATTR_ENTITY_ID: entity_id, **data}, blocking=True, return_response=wanted
    )
    found = (answer or {}).get(entity_id, {})
    assert isinstance(found, dict)
    return found


def told(command: str) -> str:
    """Return what a command of the standard panel tells the camera, any other as it is."""
    return str(json.loads(command)["data"]["cmd"]) if command.startswith("{") else command


async def test_movement(hass: HomeAssistant, agent: SmallAgent) -> None:
    """Buttons and the action move and always release; where the camera looks then are sensors, also after a restart."""
    agent.user_answers = lambda cmd: '{"current_x": "120", "min_x": "0", "max_x": "350", "current_y": 8, "apex": "no"}'
    platforms = [Platform.CAMERA, Platform.BUTTON, Platform.SENSOR]
    async with with_cameras(hass, agent, YARD, platforms=platforms) as (_, hub, view):
        await settled(view)
        (camera,) = view.cameras(YARD)
        button = entity_of(hass, Platform.BUTTON, camera, "move_left")
        await hass.services.async_call("button", "press", {ATTR_ENTITY_ID: button}, blocking=True)
        assert [told(cmd) for cmd in agent.cmds()] == ["ptz_left_press", "ptz_release_pre"]
        await hass.async_block_till_done()
        assert state_of(hass, entity_of(hass, Platform.SENSOR, camera, "pan_position")) == "120.0"
        assert state_of(hass, entity_of(hass, Platform.SENSOR, camera, "tilt_position")) == "8.0"

        entity_id = entity_of(hass, Platform.CAMERA, camera, "camera")
        with pytest.raises(ServiceValidationError, match="left, right, up, down"):
            await act(hass, "ptz", entity_id, direction="up_left")
        await act(hass, "ptz", entity_id, direction="up", duration=0.2)
        assert [told(cmd) for cmd in agent.cmds()][2:] == ["ptz_up_press", "ptz_release_pre"]

        # Another movement ends the one before
        long = asyncio.create_task(act(hass, "ptz", entity_id, direction="up", duration=30))
        await wait_until(lambda: len(agent.cmds()) == 5)
        await act(hass, "ptz", entity_id, direction="down", duration=0.1)
        await asyncio.wait_for(long, 20)
        assert [told(cmd) for cmd in agent.cmds()][4:] == [
            "ptz_up_press",
            "ptz_release_pre",
            "ptz_down_press",
            "ptz_release_pre",
        ]

        # and so does the end of the entry
        long = asyncio.create_task(act(hass, "ptz", entity_id, direction="left", duration=30))
        await wait_until(lambda: len(agent.cmds()) == 9)
        assert await hass.config_entries.async_reload(hub.entry.entry_id)
        assert [told(cmd) for cmd in agent.cmds()][8:] == ["ptz_left_press", "ptz_release_pre"]
        await asyncio.wait((long,), timeout=20)
        await hass.async_block_till_done()
        assert state_of(hass, entity_of(hass, Platform.SENSOR, camera, "pan_position")) == "120.0"


async def test_end_of_an_axis(hass: HomeAssistant, agent: SmallAgent) -> None:
    """The camera tells of its head as a whole that it goes no further; which axis that is, its limits say."""
    agent.user_answers = lambda cmd: (
        '{"current_x": -180, "min_x": -180, "max_x": 180, "current_y": 30, "min_y": -45, "max_y": 45, "apex": "yes"}'
    )
    async with with_cameras(hass, agent, YARD, platforms=[Platform.CAMERA, Platform.SENSOR]) as (_, _, view):
        await settled(view)
        (camera,) = view.cameras(YARD)
        await camera.move("left", 0.1)
        await hass.async_block_till_done()
        for key, at_limit in (("pan_position", True), ("tilt_position", False)):
            state = hass.states.get(entity_of(hass, Platform.SENSOR, camera, key))
            assert state is not None
            assert state.attributes["at_limit"] is at_limit


async def test_dialect(hass: HomeAssistant, agent: SmallAgent) -> None:
    """The option says in which words cameras are told to move; a camera that refuses is told of."""
    options = {"ptz_dialect": "text_with_speed"}
    async with with_cameras(hass, agent, YARD, platforms=CAMERA, options=options) as (_, _, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        await act(hass, "ptz", entity_id, direction="right")
        assert agent.cmds() == ["ptz_right_speed_1"]
        agent.user_answers = lambda cmd: '{"result": 1}'
        with pytest.raises(HomeAssistantError, match="does not move"):
            await act(hass, "ptz", entity_id, direction="right")


def tone(path: Path, frequency: float, seconds: float) -> None:
    """Write a WAV of one tone."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        times = np.arange(int(44100 * seconds)) / 44100
        mono = (np.sin(2 * np.pi * frequency * times) * 20000).astype("<i2")
        file.writeframes(np.repeat(mono, 2).tobytes())


async def test_talk(hass: HomeAssistant, agent: SmallAgent, tmp_path: Path) -> None:
    """A file of the media library is heard: as FLV with AAC, at the pace in which it is heard."""
    hass.config.media_dirs = {"local": str(tmp_path)}
    assert await async_setup_component(hass, "media_source", {})
    await hass.async_add_executor_job(tone, tmp_path / "tone.wav", 440.0, 1.5)
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (_, _, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        began = hass.loop.time()
        await act(hass, "talk", entity_id, media={"media_content_id": "media-source://media_source/local/tone.wav"})
        assert hass.loop.time() - began > 1
        (heard,) = agent.heard
        assert agent.commands[-1]["type"] == "voice"
        with av.open(io.BytesIO(heard), "r") as container:
            assert container.format.name == "flv"
            (stream,) = container.streams.audio
            assert (stream.codec_context.name, stream.codec_context.channels) == ("aac", 1)
            rate = stream.rate or 0
            sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream)])
        assert 1.4 < len(sound) / rate < 1.8
        middle = sound[rate // 4 : rate]
        assert np.argmax(np.abs(np.fft.rfft(middle))) * rate / len(middle) == pytest.approx(440, abs=5)

        (tmp_path / "text.wav").write_text("nothing to hear")
        with pytest.raises(HomeAssistantError, match="cannot be played"):
            await act(hass, "talk", entity_id, media="media-source://media_source/local/text.wav")
        agent.answers["get_device_st"] = [{"status": "1"}]
        with pytest.raises(HomeAssistantError, match="declines"):
            await act(hass, "talk", entity_id, media="media-source://media_source/local/tone.wav")
        assert len(agent.heard) == 1


async def test_calls_and_signals(hass: HomeAssistant, agent: SmallAgent) -> None:
    """What becomes of a call, texts and objects of the maker's own, and what cannot be sent."""
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (_, _, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        agent.answers["call_hang_up"] = [{"status": "0"}]
        await act(hass, "call", entity_id, signal="hang_up")
        with pytest.raises(HomeAssistantError, match="declines"):
            await act(hass, "call", entity_id, signal="busy")
        assert agent.cmds("inner_define")[-2:] == ["call_hang_up", "call_busy"]

        agent.user_answers = lambda cmd: '{"got": 1}' if cmd.startswith("{") else "ok"
        assert await act(hass, "send_signal", entity_id, signal={"light": True}) == {"reply": {"got": 1}}
        assert await act(hass, "send_signal", entity_id, signal="light on") == {"reply": "ok"}
        assert agent.cmds() == ['{"light":true}', "light on"]
        for wrong in ("a&b", "x" * 1025):
            with pytest.raises(HomeAssistantError, match="cannot be sent"):
                await act(hass, "send_signal", entity_id, signal=wrong)
        assert len(agent.cmds()) == 2


async def test_playback_control(hass: HomeAssistant, agent: SmallAgent) -> None:
    """Pause, seek and speed reach the camera."""
    for cmd in ("playback_pause", "playback_resume", "playback_seek", "playback_speed", "playback_ff"):
        agent.answers[cmd] = [{"status": "0"}]
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (_, _, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        await act(hass, "playback", entity_id, command="pause")
        await act(hass, "playback", entity_id, command="resume")
        await act(hass, "playback", entity_id, command="seek", position=90)
        await act(hass, "playback", entity_id, command="speed", speed=2)
        sent = [
            {name: one[name] for name in one if name in {"cmd", "progress", "speed"}} for one in agent.commands[-4:]
        ]
        assert sent == [
            {"cmd": "playback_pause"},
            {"cmd": "playback_resume"},
            {"cmd": "playback_seek", "progress": "90000"},
            {"cmd": "playback_speed", "speed": "20"},
        ]
        with pytest.raises(ServiceValidationError, match="position"):
            await act(hass, "playback", entity_id, command="seek")

        # What is played is known now: Tencent's own app sends the time instead
        _ = await view.cameras(YARD)[0].card_url(1_760_000_000, 1_760_000_600)
        await act(hass, "playback", entity_id, command="seek", position=90)
        assert (agent.commands[-1]["progress"], agent.commands[-1]["time"]) == ("90000", "1760000090")


async def test_download(hass: HomeAssistant, agent: SmallAgent, tmp_path: Path) -> None:
    """Files are listed and downloaded to where Home Assistant may write; what breaks off goes on from there."""
    content = bytes(range(256)) * 2000
    agent.files["day1.mp4"] = content
    agent.answers["get_file_list"] = {
        "file_list": [
            {
                "file_type": "video",
                "file_name": "day1.mp4",
                "file_size": str(len(content)),
                "start_time": "1700000000",
                "end_time": 1700000060,
            }
        ]
    }
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (_, _, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        (listed,) = (await act(hass, "list_files", entity_id))["files"]
        assert (listed["file_name"], listed["size"], listed["type"]) == ("day1.mp4", len(content), "video")
        target = tmp_path / "films" / "one.mp4"
        with pytest.raises(ServiceValidationError, match="may not write"):
            await act(hass, "download_recording", entity_id, file_name="day1.mp4", path=str(target))
        hass.config.allowlist_external_dirs = {str(tmp_path)}
        agent.breaks_off = 100_000
        answer = await act(hass, "download_recording", entity_id, file_name="day1.mp4", path=str(target))
        assert answer == {"path": str(target), "size": len(content)}
        assert target.read_bytes() == content
        assert agent.asked[0] == "0"
        assert int(agent.asked[1]) > 0

        # Broken off by the user, and called again
        (target.parent / "two.mp4.part").write_bytes(b"of another")
        about = hashlib.sha256(f"{YARD}\nday1.mp4".encode()).hexdigest()[:8]
        (target.parent / f"two.mp4.{about}.part").write_bytes(content[:300_000])
        agent.asked.clear()
        await act(hass, "download_recording", entity_id, file_name="day1.mp4", path=str(target.parent / "two.mp4"))
        assert agent.asked == ["300000"]
        assert (target.parent / "two.mp4").read_bytes() == content
        assert [one.name for one in tmp_path.rglob("*.part")] == ["two.mp4.part"]


async def test_pictures(hass: HomeAssistant, agent: SmallAgent, hass_client: ClientSessionGenerator) -> None:
    """Stills and the image are the last event's picture in the cloud, asked for rarely; no stream is opened for them."""
    async with with_cameras(hass, agent, YARD, platforms=[Platform.CAMERA, Platform.IMAGE]) as (cloud, _, view):
        await settled(view)
        (camera,) = view.cameras(YARD)
        await hass.async_block_till_done()
        image = entity_of(hass, Platform.IMAGE, camera, "event_image")
        await wait_until(lambda: state_of(hass, image) not in {"unknown", "unavailable"}, timeout=20)
        entity_id = entity_of(hass, Platform.CAMERA, camera, "camera")
        client = await hass_client()
        picture = b""
        for _ in range(3):
            response = await client.get(f"/api/camera_proxy/{entity_id}")
            assert response.status == 200
            picture = await response.read()
            assert picture.startswith(b"\xff\xd8")
            assert await (await client.get(f"/api/image_proxy/{image}")).read() == picture
        assert cloud.calls["DescribeCloudStorageEvents"] == 1
        assert cloud.calls["DescribeCloudStorageThumbnail"] == 1
        assert agent.streams == []
        assert picture != view.no_picture


async def test_pictures_within_budget(
    hass: HomeAssistant, agent: SmallAgent, hass_client: ClientSessionGenerator
) -> None:
    """A dashboard that is open costs no call once the day's are used up."""
    async with with_cameras(hass, agent, YARD, platforms=CAMERA, options={"call_budget": 1}) as (cloud, _, view):
        (camera,) = view.cameras(YARD)
        before = dict(cloud.calls)
        client = await hass_client()
        response = await client.get(f"/api/camera_proxy/{entity_of(hass, Platform.CAMERA, camera, 'camera')}")
        assert await response.read() == view.no_picture
        assert dict(cloud.calls) == before
        assert before.get("DescribeP2PInfo", 0) == before.get("DescribeCloudStorage", 0) == 0


async def test_without_pictures(hass: HomeAssistant, agent: SmallAgent, hass_client: ClientSessionGenerator) -> None:
    """A camera without a storage plan has no image, and shows that there is no picture."""
    cloud = TencentCloudSimulator(demo_products(), demo_devices())
    cloud.account.devices[YARD].storage.clear()
    platforms = [Platform.CAMERA, Platform.IMAGE]
    async with with_cameras(hass, agent, YARD, platforms=platforms, cloud=cloud) as (_, _, view):
        await settled(view)
        (camera,) = view.cameras(YARD)
        response = await (await hass_client()).get(
            f"/api/camera_proxy/{entity_of(hass, Platform.CAMERA, camera, 'camera')}"
        )
        assert await response.read() == view.no_picture
        assert hass.states.async_entity_ids("image") == []


async def test_no_agent(hass: HomeAssistant) -> None:
    """Without an agent there is no camera entity to watch, and nothing is asked of one."""
    async with with_cameras(hass, None, YARD) as (_, _, view):
        await settled(view)
        (camera,) = view.cameras(YARD)
        assert not camera.live
        assert hass.states.async_entity_ids("camera") == []
        assert not [one for one in hass.states.async_entity_ids("button") if "move" in one]


async def test_no_secrets(hass: HomeAssistant, agent: SmallAgent, caplog: pytest.LogCaptureFixture) -> None:
    """Neither logs nor diagnostics nor states have what opens a connection to a device."""
    caplog.set_level("DEBUG", logger="custom_components.iot_gateway")
    async with with_cameras(hass, agent, YARD) as (cloud, hub, view):
        await settled(view)
        await view.cameras(YARD)[0].live_url()
        agent.error = (409, "")
        with pytest.raises(HomeAssistantError):
            await view.cameras(YARD)[0].live_url()
        info = cloud.account.devices[YARD].p2p_info
        seen = [caplog.text, json.dumps(hub.connection.diagnostics(), default=str)]
        seen += [str(state.as_dict()) for state in hass.states.async_all()]
        assert all(info not in text and agent.base_url not in text for text in seen)
        agent.error = None


async def test_home_assistant_stops(hass: HomeAssistant, agent: SmallAgent) -> None:
    """A camera that moves is told to stop before Home Assistant does."""
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (_, _, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        long = asyncio.create_task(act(hass, "ptz", entity_id, direction="left", duration=30))
        await wait_until(lambda: len(agent.cmds()) == 1)
        hass.bus.async_fire("homeassistant_stop")
        await wait_until(lambda: len(agent.cmds()) == 2, timeout=20)
        assert told(agent.cmds()[-1]) == "ptz_release_pre"
        await asyncio.wait((long,), timeout=20)


async def test_cloud_is_away(hass: HomeAssistant, agent: SmallAgent) -> None:
    """Once the agent knows the way, the cloud is not needed to watch."""
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (cloud, hub, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        await cloud.stop()
        hub.set_connected(False)
        await hass.async_block_till_done()
        assert state_of(hass, entity_id) == "idle"
        assert await async_request_stream(hass, entity_id, "hls")
        await wait_until(lambda: agent.open == 1, timeout=20)
        await cloud.start()


async def test_what_is_kept(hass: HomeAssistant, agent: SmallAgent, hass_storage: dict[str, Any]) -> None:
    """Quality and sleep last over a restart; what cannot be read does no harm, and all of it goes with the entry."""
    async with with_cameras(hass, agent, YARD, platforms=CAMERA) as (_, hub, view):
        await settled(view)
        entity_id = entity_of(hass, Platform.CAMERA, view.cameras(YARD)[0], "camera")
        await act(hass, "set_stream_quality", entity_id, quality="standard")
        assert await hass.config_entries.async_reload(hub.entry.entry_id)
        assert hub_view(hass).cameras(YARD)[0].quality == "standard"
        # Until another is chosen for all
        hass.config_entries.async_update_entry(hub.entry, options={**hub.entry.options, "stream_quality": "super"})
        assert await hass.config_entries.async_reload(hub.entry.entry_id)
        assert hub_view(hass).cameras(YARD)[0].quality == "super"
        # Nor does what was chosen come back with the option
        hass.config_entries.async_update_entry(hub.entry, options={**hub.entry.options, "stream_quality": "high"})
        assert await hass.config_entries.async_reload(hub.entry.entry_id)
        assert hub_view(hass).cameras(YARD)[0].quality == "high"
        await act(hass, "set_stream_quality", entity_id, quality="standard")

        key = f"{DOMAIN}.agent_view.{hub.entry.entry_id}"
        assert await hass.config_entries.async_unload(hub.entry.entry_id)
        assert hass_storage[key]["data"]["qualities"] == {YARD: "standard"}
        hass_storage[key]["data"] = {"channels": {YARD: [{"nonsense": 1}]}}
        assert await hass.config_entries.async_setup(hub.entry.entry_id)
        await settled(hub_view(hass))
        assert state_of(hass, entity_id) == "idle"
    await hass.config_entries.async_remove(hub.entry.entry_id)
    assert key not in hass_storage


async def test_device_that_goes(hass: HomeAssistant, agent: SmallAgent) -> None:
    """Nothing is kept of a camera that is gone for good."""
    async with with_cameras(hass, agent, YARD, platforms=[]) as (_, _, view):
        await settled(view)
        view.keep_quality(YARD, "standard")
        assert view.stored(YARD)
        view.remove_device(YARD)
        kept = view._kept
        assert not (kept.channels or kept.qualities or kept.positions or kept.sleepers or kept.stored)
