"""The viewers of `benchmarks.camera`, in a process of their own: what WebRTC costs them is not counted as anybody else's.

Reads one JSON object a line and answers each with another: first {"url", "token", "entity_id", "endpoint", "access_id",
"access_secret", "authority", "uid", "device_id"}, then any of {"do": "warm" or "serial", "media_rtt": seconds}, {"do": "glances",
"count": n}, and {"do": "stand_in", "camera": …} before those. Times are of the monotonic clock, which all processes share.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
import json
import os
from pathlib import Path
import re
import secrets
import ssl
import sys
from typing import Any

from benchmarks.camera_browser import Browser, browser
from benchmarks.camera_peer import Peer
from benchmarks.camera_stand_in import StandIn, stand_in
from benchmarks.serial_viewer import SerialViewer

_ROOT = Path(__file__).parent.parent
_LINE_LIMIT = 1 << 20
_VIEW_TIMEOUT = 30.0
_LEAVE_EVERY = 10
"""Which of many viewers doesn't wait for the answer."""


class Viewers:
    """The process, as seen from another."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Talk to it."""
        self._process = process

    async def ask(self, **question: Any) -> Any:
        """Have something done, and return what comes of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line:
            sys.exit("the viewers' process has ended")
        return json.loads(line)


@asynccontextmanager
async def viewers(**given: Any) -> AsyncGenerator[Viewers]:
    """Run the process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.camera_viewers"),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
    )
    try:
        ours = Viewers(process)
        await ours.ask(**given)
        yield ours
    finally:
        if process.returncode is None:
            assert process.stdin is not None
            process.stdin.close()
        await process.wait()


class _Work:
    """What the process does."""

    def __init__(self, stack: AsyncExitStack, browsing: Browser, serial: SerialViewer) -> None:
        self._stack = stack
        self._browser = browsing
        self._serial = serial
        self._camera: StandIn | None = None

    async def do(self, question: dict[str, Any]) -> Any:
        match question["do"]:
            case "warm":
                return await self._watch(self._browser, question["media_rtt"])
            case "serial":
                return await self._watch(self._serial, question["media_rtt"])
            case "stand_in":
                self._camera = await self._stack.enter_async_context(stand_in(question["camera"], self._serial.context))
                return {}
            case "glances":
                return await self._glance(question["count"])
        raise ValueError(question["do"])

    async def _watch(self, viewer: Browser | SerialViewer, media_rtt: float) -> dict[str, float]:
        peer = Peer(media_rtt=media_rtt)
        try:
            await peer.prepare()
            async with asyncio.timeout(_VIEW_TIMEOUT):
                return await viewer.watch(peer)
        finally:
            await peer.close()

    async def _glance(self, count: int) -> dict[str, Any]:
        """Make so many views, one after the other, without media; return how many offers came, and how many places are taken."""
        assert self._camera is not None
        peer = Peer()
        await peer.prepare()
        text = peer.offer
        await peer.close()
        for number in range(count):
            ufrag = secrets.token_hex(2)
            offer = re.sub(r"(?m)^o=- \S+", f"o=- {secrets.randbits(62)}", text)
            offer = re.sub(r"(?m)^a=ice-ufrag:\S+", f"a=ice-ufrag:{ufrag}", offer)
            offer = re.sub(r"(?m)^a=ice-pwd:\S+", f"a=ice-pwd:{secrets.token_hex(12)}", offer)
            await self._browser.glance(
                offer,
                f"candidate:9 1 udp 2122260223 127.0.0.1 50828 typ host generation 0 ufrag {ufrag}",
                patiently=number % _LEAVE_EVERY != _LEAVE_EVERY - 1,
            )
        async with asyncio.timeout(_VIEW_TIMEOUT):
            while self._camera.places:
                await asyncio.sleep(0.01)
        return {"offers": self._camera.offers}


async def _main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    given = json.loads(await reader.readline())
    serial = SerialViewer(
        context=ssl.create_default_context(cadata=given["authority"]),
        **{key: given[key] for key in ("endpoint", "access_id", "access_secret", "uid", "device_id")},
    )
    async with AsyncExitStack() as stack:
        browsing = await stack.enter_async_context(browser(given["url"], given["token"], given["entity_id"]))
        work = _Work(stack, browsing, serial)
        print("{}", flush=True)
        while line := await reader.readline():
            print(json.dumps(await work.do(json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
    # aiortc leaves threads behind that nobody waits for
    sys.stdout.flush()
    os._exit(0)
