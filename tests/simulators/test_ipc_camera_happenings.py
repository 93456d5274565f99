"""What happens to simulated cameras by themselves."""

import base64
import json
from random import Random

import pytest

from simulators.ipc_camera.beside_cloud import cameras_beside
from simulators.ipc_camera.life import MOTION_EVERY, RING_EVERY, CameraLife
from simulators.mqtt_broker import MosquittoBroker
from simulators.tuya_cloud import Camera, CloudDevice, TuyaCloudSimulator
from simulators.tuya_cloud.life import CloudLife
from simulators.tuya_gateway.schema import boolean, enum, integer, raw, string

from .ipc_viewer import stage

pytestmark = pytest.mark.usefixtures("socket_enabled")

DAY = 86400


async def test_events_of_cameras_reach_the_cloud() -> None:
    """Somebody walks by and rings, and the cloud has the pictures; after the cameras have gone nothing happens any more."""
    bell = CloudDevice(
        id="bell",
        category="dghsxj",
        name="Bell",
        status=[
            raw("doorbell_pic"),
            raw("movement_detect_pic"),
            string("doorbell_active"),
            integer("wireless_electricity", 0, 100, "%"),
            enum("wireless_powermode", "0", "1"),
            boolean("wireless_awake"),
        ],
        value={"wireless_electricity": 42, "doorbell_active": "", "doorbell_pic": "", "movement_detect_pic": ""},
        camera=Camera(low_power=True),
    )
    async with MosquittoBroker() as broker, TuyaCloudSimulator([bell], broker=broker) as cloud:
        life = CloudLife(cloud)
        async with cameras_beside(cloud, broker, clip_seconds=0.2) as cameras:
            assert cameras["bell"].values["wireless_electricity"] == 42
            reports = 0
            for _ in range(int(6 * RING_EVERY / 10)):
                reports += await life.step(10)
            kinds = [event.kind for event in cameras["bell"].events]
            drained = 42 - cameras["bell"].values["wireless_electricity"]
            assert drained > 0
            assert reports == 2 * kinds.count("doorbell") + kinds.count("motion") + drained
            assert bell.value["wireless_electricity"] == 42 - drained
        message = json.loads(base64.b64decode(bell.value["doorbell_pic"]))
        assert (message["cmd"], message["type"]) == ("ipc_doorbell", "image")
        assert str(bell.value["doorbell_active"]).isdecimal()
        ((path, _),) = message["files"]
        assert cloud.files.stored["bell", message["bucket"], path]
        assert await life.step(DAY) == 0


async def test_what_a_camera_sees() -> None:
    """Motion about as often as is said; nothing while it looks away, in privacy mode, or without power."""
    async with stage() as on:
        life = CameraLife(on.camera, Random(1), doorbell=False)

        def events(steps: int) -> int:
            before = len(on.camera.events)
            for _ in range(steps):
                life.step(MOTION_EVERY / 10)
            return len(on.camera.events) - before

        assert 12 <= events(200) <= 30
        assert {event.kind for event in on.camera.events} == {"motion"}
        for values in ({"motion_switch": False}, {"motion_switch": True, "basic_private": True}):
            on.camera.report(values)
            assert events(100) == 0
        on.camera.report({"basic_private": False})
        await on.camera.power_off()
        assert events(100) == 0
