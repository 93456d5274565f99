"""The relay of a simulated cloud, in the cloud's own process: what its stream allocation gives out as rtsp leads there.

`companion` is one of simulators.tuya_cloud.cli's, `relay_beside` is for tests. The other kinds still lead nowhere. All cameras
are seen in their sub-stream's size, and in H.264, whatever they send by themselves: our choice.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from simulators.ipc_camera.media import SD, Clip, make_clip
from simulators.mqtt_broker import MosquittoBroker
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator

from .addresses import Source
from .relay import Relay

_CLIP_SECONDS = 6.0
"""As long as the cameras' own: what they have encoded already needs not be encoded again."""


@asynccontextmanager
async def relay_beside(
    cloud: TuyaCloudSimulator, *, clip_seconds: float = _CLIP_SECONDS, **options: Any
) -> AsyncGenerator[Relay]:
    """Run the relay of a cloud; the options are those of Relay. `cloud.ipc.stream_url` may be replaced meanwhile."""
    one_at_a_time = asyncio.Lock()
    elsewhere = cloud.ipc.stream_url

    def source(device: CloudDevice) -> Source:
        async def clip() -> Clip:
            # The second viewer of a camera finds what was encoded for the first
            async with one_at_a_time:
                return await asyncio.to_thread(make_clip, SD, device.name, clip_seconds)

        return Source(
            title=device.name, clip=clip, alive=lambda: device.online and cloud.devices.get(device.id) is device
        )

    async with Relay(**{"host": cloud.host, **options}) as relay:

        def stream_url(device: CloudDevice, kind: str) -> str:
            return relay.allocate(device.id, source(device)) if kind == "rtsp" else elsewhere(device, kind)

        cloud.ipc.stream_url = stream_url
        try:
            yield relay
        finally:
            cloud.ipc.stream_url = elsewhere


@asynccontextmanager
async def companion(cloud: TuyaCloudSimulator, _: MosquittoBroker | None) -> AsyncGenerator[Mapping[str, Any]]:
    """Run the relay of a cloud; give what its command line prints of it."""
    async with relay_beside(cloud) as relay:
        yield {"relay": relay.url}
