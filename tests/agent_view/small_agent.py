"""A small X-P2P agent for tests of what is made of it: what each device answers is the test's to say.

The simulator of an agent is simulators/xp2p_agent; this one has no device behind it, and can be told to answer anything.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from fractions import Fraction
import functools
import io
import json
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
import av
import numpy as np

FPS = 10
SIZE = (160, 96)


@functools.cache
def flv(seconds: int = 4) -> bytes:
    """Return an FLV with H.264 and AAC; the picture is brighter from frame to frame."""
    written = io.BytesIO()
    with av.open(written, "w", format="flv") as container:
        video = container.add_stream("libx264", rate=FPS, options={"g": str(FPS), "preset": "ultrafast", "bf": "0"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio = container.add_stream("aac", rate=16000, layout="mono")
        for number in range(seconds * FPS):
            picture = np.full((SIZE[1], SIZE[0], 3), number * 5 % 256, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
            samples = av.AudioFrame.from_ndarray(
                np.zeros((1, 16000 // FPS), dtype=np.int16), format="s16", layout="mono"
            )
            samples.sample_rate, samples.pts, samples.time_base = 16000, number * 16000 // FPS, Fraction(1, 16000)
            container.mux(audio.encode(samples))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return written.getvalue()


def tags_of(content: bytes) -> list[tuple[int, bytes]]:
    """Return the tags of an FLV with their times in milliseconds."""
    found = []
    at = 13
    while at + 11 <= len(content):
        size = int.from_bytes(content[at + 1 : at + 4])
        time = int.from_bytes(content[at + 4 : at + 7]) | content[at + 7] << 24
        found.append((time, content[at : at + 11 + size + 4]))
        at += 11 + size + 4
    return found


class SmallAgent:
    """Notes what it is asked for. `answers` has what a device says to a command, by its cmd; a callable is called with the query.

    `error` is what every request of devices is refused by: HTTP status and word.
    """

    def __init__(self) -> None:
        self.base_url = ""
        self.sessions: list[tuple[str, str]] = []
        """Product and device, P2PInfo."""
        self.commands: list[dict[str, str]] = []
        self.streams: list[dict[str, str]] = []
        self.open = 0
        """Streams that are open."""
        self.heard: list[bytes] = []
        self.error: tuple[int, str] | None = None
        self.needs_session = True
        self.files: dict[str, bytes] = {}
        self.breaks_off: int | None = None
        """After so many bytes the next download breaks off."""
        self.asked: list[str] = []
        """Offsets of downloads."""
        self.answers: dict[str, Any] = {
            "get_device_st": [{"status": "0", "appConnectNum": "1", "maxConnectNum": "4"}],
            "get_nvr_list": [],
        }
        self.user_answers: Callable[[str], str] = lambda _: "{}"
        self.stop = asyncio.Event()
        """Set: live streams end."""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/health", self._health)
        app.router.add_put("/v1/{product}/{device}/session", self._session)
        app.router.add_get("/v1/{product}/{device}/ipc.flv", self._flv)
        app.router.add_post("/v1/{product}/{device}/command", self._command)
        app.router.add_post("/v1/{product}/{device}/voice", self._voice)
        return app

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"version": "test"})

    async def _session(self, request: web.Request) -> web.Response:
        info = (await request.json())["p2p_info"]
        self.sessions.append((f"{request.match_info['product']}/{request.match_info['device']}", info))
        return web.Response(status=204)

    def _refusal(self, request: web.Request) -> web.Response | None:
        device = f"{request.match_info['product']}/{request.match_info['device']}"
        if self.error is not None:
            return web.json_response({"error": self.error[1]} if self.error[1] else {}, status=self.error[0])
        if self.needs_session and device not in [known for known, _ in self.sessions]:
            return web.json_response({}, status=409)
        return None

    async def _flv(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        query = dict(request.query)
        if query["action"] == "download":
            return await self._download(request)
        self.streams.append(query)
        response = web.StreamResponse(headers={"Content-Type": "video/x-flv"})
        await response.prepare(request)
        content = flv()
        loop = asyncio.get_running_loop()
        began, offset = loop.time(), 0
        self.open += 1
        try:
            await response.write(content[:13])
            with suppress(ConnectionError):
                while not self.stop.is_set():
                    for time, tag in tags_of(content):
                        if tag[0] == 18 or (offset and tag[12] != 1) or (tag[0] == 9 and tag[12] == 2):
                            # A stream has its codecs' headers once, and no end
                            continue
                        at = offset + time
                        wait = began + at / 1000 - 1 - loop.time()
                        if wait > 0:
                            with suppress(TimeoutError):
                                await asyncio.wait_for(self.stop.wait(), wait)
                        if self.stop.is_set():
                            break
                        await response.write(tag[:4] + (at & 0xFFFFFF).to_bytes(3) + (at >> 24).to_bytes(1) + tag[8:])
                    offset += 4000
                    if query["action"] == "playback" and offset >= 1000 * (
                        int(query["end_time"]) - int(query["start_time"]) - 1
                    ):
                        break
        finally:
            self.open -= 1
        return response

    async def _download(self, request: web.Request) -> web.StreamResponse:
        offset = int(request.query["offset"])
        self.asked.append(request.query["offset"])
        content = self.files[request.query["file_name"]][offset:]
        response = web.StreamResponse(headers={"Content-Length": str(len(content))})
        await response.prepare(request)
        if self.breaks_off is not None:
            cut, self.breaks_off = self.breaks_off, None
            await response.write(content[:cut])
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(content)
        return response

    async def _command(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        query = dict(request.query)
        self.commands.append(query)
        if query["action"] == "user_define":
            return web.Response(text=self.user_answers(query["cmd"]))
        answer = self.answers.get(query["cmd"], [{"status": "404"}])
        return web.Response(text=json.dumps(answer(query) if callable(answer) else answer))

    async def _voice(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        self.heard.append(await request.content.read())
        return web.Response(status=204)

    def cmds(self, action: str = "user_define") -> list[str]:
        """Return the commands that came in."""
        return [query["cmd"] for query in self.commands if query["action"] == action]


@asynccontextmanager
async def running_agent() -> AsyncGenerator[SmallAgent]:
    """Have an agent run."""
    agent = SmallAgent()
    async with TestServer(agent.app(), host="127.0.0.1") as server:
        agent.base_url = str(server.make_url("")).rstrip("/")
        try:
            yield agent
        finally:
            agent.stop.set()
