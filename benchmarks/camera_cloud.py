"""A simulated cloud project with its broker and one camera, in a process of its own, as far away as one likes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from simulators.tuya_cloud import Camera, make_device
from simulators.tuya_gateway.demo.points import rw
from simulators.tuya_gateway.schema import boolean

_START_TIMEOUT = 60.0
_ROOT = Path(__file__).parent.parent
_LINE_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCloud:
    """The running project; `line` is what its command line printed, with the keys of its project and its authority."""

    line: Mapping[str, Any]
    uid: str
    device_id: str
    session: aiohttp.ClientSession

    async def set_round_trip(self, seconds: float) -> None:
        """Have everything take its time from now on: calls, TCP's and TLS's handshakes, each packet to and from the broker."""
        control = self.line["control"]
        # What HTTP over TLS needs before the first call: one round trip of TCP, one of TLS 1.3
        await self._post(control, "faults", {"latency": seconds, "connect_latency": 2 * seconds})
        await self._post(control, "rtt", {"seconds": seconds})

    async def calls(self) -> int:
        """Return how many calls the cloud has had; those of the remote control are none."""
        return sum((await self._get(self.line["control"], "state"))["calls"].values())

    async def viewers(self) -> int:
        """Return how many places of the camera are taken."""
        return int((await self._get(self._camera_control, "state"))["slots"]["in_use"])

    async def silence_camera(self) -> dict[str, Any]:
        """Let the camera take no notice of offers from now on; return what another needs to answer in its place."""
        await self._post(self._camera_control, "faults", {"silent": True})
        credentials: dict[str, Any] = await self._post(self.line["control"], "camera", {"devid": self.device_id})
        return credentials

    @property
    def _camera_control(self) -> str:
        (camera,) = self.line["cameras"]
        return str(camera["control"])

    async def _get(self, control: str, path: str) -> Any:
        async with self.session.get(f"{control}/{path}") as response:
            response.raise_for_status()
            return await response.json()

    async def _post(self, control: str, path: str, body: Mapping[str, Any]) -> Any:
        async with self.session.post(f"{control}/{path}", json=body) as response:
            response.raise_for_status()
            return await response.json()


@asynccontextmanager
async def simulated_cloud() -> AsyncGenerator[SimulatedCloud]:
    """Run a cloud with one camera on mains power, API and broker over TLS, with no round trip time yet."""
    camera = make_device(
        "Hall camera",
        "sp",
        rw(boolean("basic_private"), False),
        rw(boolean("record_switch"), False),
        rw(boolean("motion_switch"), True),
        camera=Camera(),
    )
    with TemporaryDirectory(prefix="benchmark-") as directory:
        home = Path(directory) / "home.json"
        home.write_text(json.dumps([camera.as_dump() | {"camera": {}}]), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            # The smallest round trip time there is: only then the broker is behind a link whose own can be set later
            *("-m", "simulators", "tuya-cloud", "--tls", "--rtt", "0.000001", "--home", str(home)),
            cwd=_ROOT,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(_START_TIMEOUT):
                line = await process.stdout.readline()
            if not line:
                sys.exit("the simulated cloud did not start")
            async with aiohttp.ClientSession() as session:
                yield SimulatedCloud(line=json.loads(line), uid=camera.uid, device_id=camera.id, session=session)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
