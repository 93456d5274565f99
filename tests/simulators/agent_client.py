"""A small client of the simulated X-P2P agent, for its tests: HTTP by docs/protocols/xp2p-agent.openapi.yaml, pictures by PyAV."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
import io
import json
from typing import Any

import aiohttp
import av

from simulators.picture import read_counter
from simulators.xp2p_agent import AgentDevice, Tag, TagReader, Xp2pAgentSimulator, demo_agent_devices

CAMERA = "CAM0SIM001/yard_camera"
OFFLINE = "CAM0SIM001/attic_camera"
RECORDER = "NVR0SIM002/hall_recorder"
DOORBELL = "BEL0SIM003/front_door"
FEEDER = "PIC0SIM004/bird_feeder"
TIMEOUT = 30.0


@dataclass
class Shown:
    """A decoded picture."""

    time: float
    counter: int
    width: int
    height: int
    luma: bytes


class AgentClient:
    """Asks the agent about one device."""

    def __init__(self, agent: Xp2pAgentSimulator, session: aiohttp.ClientSession, key: str = CAMERA) -> None:
        self.agent = agent
        self.http = session
        self.key = key

    @property
    def device(self) -> AgentDevice:
        return self.agent.devices.get(self.key)

    def of(self, key: str) -> AgentClient:
        return AgentClient(self.agent, self.http, key)

    def url(self, path: str) -> str:
        return f"{self.agent.base_url}/v1/{self.key}/{path}"

    async def open(self, info: str | None = None) -> int:
        """Put the session; return the status."""
        body = {"p2p_info": self.device.p2p_info if info is None else info}
        async with self.http.put(self.url("session"), json=body) as response:
            return response.status

    async def command(self, cmd: str, *, action: str = "inner_define", channel: int = 0, **more: Any) -> Any:
        """Send a command; return its reply, which is JSON."""
        query = {"action": action, "channel": channel, "cmd": cmd, **more}
        async with self.http.post(self.url("command"), params=query) as response:
            assert response.status == 200, await response.text()
            return json.loads(await response.read())

    async def own(self, cmd: str | dict[str, Any], **more: Any) -> Any:
        text = cmd if isinstance(cmd, str) else json.dumps(cmd)
        return await self.command(text, action="user_define", **more)

    async def refused(
        self, method: str, path: str, query: dict[str, Any] | None = None, data: Any = None
    ) -> tuple[int, str]:
        """Return the status of an answer and, if it has one, its error."""
        async with self.http.request(method, self.url(path), params=query, data=data) as response:
            try:
                return response.status, json.loads(await response.read())["error"]
            except ValueError:
                return response.status, ""

    def live(self, quality: str = "high", channel: int = 0, action: str = "live") -> str:
        return self.url(f"ipc.flv?action={action}&channel={channel}&quality={quality}")

    def playback(self, start: int, end: int, channel: int = 0) -> str:
        return self.url(f"ipc.flv?action=playback&channel={channel}&start_time={start}&end_time={end}")

    async def watch(self, url: str, until: Callable[[list[Tag]], bool] | None = None) -> tuple[bytes, list[Tag]]:
        """Fetch an FLV until a condition over its tags holds, or to its end; return its bytes up to then, and its tags."""
        data, tags, reader = bytearray(), list[Tag](), TagReader()
        async with asyncio.timeout(TIMEOUT), self.http.get(url) as response:
            assert response.status == 200, await response.text()
            async for part in response.content.iter_any():
                data += part
                tags += reader.feed(part)
                if until is not None and until(tags):
                    break
        return bytes(data), tags

    async def seconds(self, url: str, count: float) -> tuple[bytes, list[Tag]]:
        """Fetch some seconds of an FLV."""
        return await self.watch(url, lambda tags: bool(tags) and tags[-1].time >= count * 1000)


def show(data: bytes) -> list[Shown]:
    """Decode all pictures of an FLV."""
    shown = []
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(video=0):
            plane = frame.reformat(format="yuv420p").planes[0]
            assert frame.time is not None
            shown.append(Shown(frame.time, read_counter(frame), frame.width, frame.height, bytes(plane)))
    return shown


@asynccontextmanager
async def xp2p_agent(**options: Any) -> AsyncIterator[AgentClient]:
    """Run the demo's agent with a session to its camera; give a client of that."""
    async with (
        Xp2pAgentSimulator(demo_agent_devices(), **{"loop_seconds": 2} | options) as agent,
        aiohttp.ClientSession() as session,
    ):
        client = AgentClient(agent, session)
        assert await client.open() == 204
        yield client
