"""The cameras of a simulated cloud, in the cloud's own process: one for each that can be reached by WebRTC.

`companion` is one of simulators.tuya_cloud.cli's, `main` is that command line with it, `cameras_beside` is for tests. Commands of
the cloud reach the camera, the camera's reports and the pictures of its events reach the cloud, and a camera that moves to
another moto follows. The cloud has no listener for PTZ calls of its API: IpcCameraSimulator.move does what they say.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
import json
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

from simulators.mqtt_broker import MosquittoBroker
from simulators.tuya_cloud import H265, CloudDevice, TuyaCloudSimulator
from simulators.tuya_cloud.cli import main as cloud_main
from simulators.tuya_queue.beside_cloud import companion as queue_companion
from simulators.tuya_relay.beside_cloud import companion as relay_companion

from .camera import IpcCameraSimulator
from .control import ControlServer
from .life import CameraLife
from .session import HD_STREAM, SD_STREAM
from .sleep import SleepTimes

_CLIP_SECONDS = 6.0
_STREAMS = {2: HD_STREAM, 4: SD_STREAM}
_TWO_WAY = 2


def main(arguments: Sequence[str]) -> int:
    """Run a cloud with its cameras, its message queue and its relay until SIGTERM or SIGINT; return the exit status."""
    return cloud_main(arguments, [companion, queue_companion, relay_companion])


@asynccontextmanager
async def cameras_beside(
    cloud: TuyaCloudSimulator, broker: MosquittoBroker, *, clip_seconds: float = _CLIP_SECONDS, **options: Any
) -> AsyncGenerator[dict[str, IpcCameraSimulator]]:
    """Run the cameras of a cloud; give them by device id. The options are those of IpcCameraSimulator, for all of them."""
    async with AsyncExitStack() as stack:
        cameras: dict[str, IpcCameraSimulator] = {}
        for device in cloud.devices.values():
            if device.camera is None or not device.camera.supports_webrtc or device.camera.moto_id is None:
                continue
            user = await cloud.camera_user(device.id)
            parts = urlsplit(broker.url)
            scheme = "mqtts" if broker.tls else "mqtt"
            url = f"{scheme}://{quote(user.username, safe='')}:{quote(user.password, safe='')}@{parts.hostname}:{parts.port}"
            camera = _camera(url, device, broker, {"clip_seconds": clip_seconds, **options})
            await stack.enter_async_context(camera)
            cameras[device.id] = camera
        moves: set[asyncio.Task[None]] = set()

        def obey(device: CloudDevice, values: Mapping[str, Any]) -> None:
            if (camera := cameras.get(device.id)) is not None:
                camera.obey(values)

        def follow(device: CloudDevice) -> None:
            if (camera := cameras.get(device.id)) is not None and device.camera and device.camera.moto_id:
                task = asyncio.create_task(camera.move_to(device.camera.moto_id))
                moves.add(task)
                task.add_done_callback(moves.discard)

        def tell(camera: IpcCameraSimulator, values: Mapping[str, Any]) -> None:
            device = cloud.devices.get(camera.device_id)
            if device is None:
                return
            for event in camera.events:
                cloud.files.stored[camera.device_id, event.bucket, event.path] = event.blob
            if known := {code: value for code, value in values.items() if device.reports(code)}:
                cloud.report(camera.device_id, known)

        lives = [
            CameraLife(camera, Random(device_id), doorbell=cloud.devices[device_id].reports("doorbell_pic"))
            for device_id, camera in cameras.items()
        ]

        def live(seconds: float) -> int:
            return sum(life.step(seconds) for life in lives)

        cloud.command_listeners.append(obey)
        cloud.moto_listeners.append(follow)
        cloud.life_listeners.append(live)
        for camera in cameras.values():
            camera.report_listeners.append(tell)
        try:
            yield cameras
        finally:
            cloud.command_listeners.remove(obey)
            cloud.moto_listeners.remove(follow)
            cloud.life_listeners.remove(live)
            await asyncio.gather(*moves)


@asynccontextmanager
async def companion(cloud: TuyaCloudSimulator, broker: MosquittoBroker | None) -> AsyncGenerator[Mapping[str, Any]]:
    """Run the cameras of a cloud with their control APIs; give what its command line prints of them."""
    if broker is None:
        yield {"cameras": []}
        return
    async with AsyncExitStack() as stack:
        cameras = await stack.enter_async_context(cameras_beside(cloud, broker))
        line = []
        for camera in cameras.values():
            control = ControlServer(camera)
            stack.push_async_callback(control.stop)
            await control.start()
            line.append({"device_id": camera.device_id, "title": camera.title, "control": control.url})
        yield {"cameras": line}


def _camera(url: str, device: CloudDevice, broker: MosquittoBroker, options: Mapping[str, Any]) -> IpcCameraSimulator:
    camera = device.camera
    assert camera is not None and camera.moto_id is not None
    skill: dict[str, Any] = json.loads(camera.skill_text() or "{}")
    hevc = {
        _STREAMS[video["streamType"]] for video in skill.get("videos", ()) if video["codecType"] == H265
    }  # What is not said of a stream, is H264.
    given: dict[str, Any] = {
        "device_id": device.id,
        "moto_id": camera.moto_id,
        "local_key": device.local_key,
        "p2p_password": camera.p2p_password,
        "sub_dev_id": device.node_id,
        "title": device.name,
        "hevc": hevc,
        "skill": skill.get("webrtc", 0),
        "two_way": _TWO_WAY in camera.call_mode,
        "sleep": SleepTimes() if camera.low_power else None,
        "tls_context": broker.client_context(),
    }
    simulator = IpcCameraSimulator(url, **given | dict(options))
    simulator.values |= device.value
    return simulator
