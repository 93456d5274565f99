"""A real mosquitto on a loopback port, for the tests of what talks to one."""

import asyncio
import contextlib
from pathlib import Path
import shutil
import socket
import tempfile
from typing import Self

TIMEOUT = 20


class Broker:
    """A broker whose clients need no password; it can be stopped and started again on the same port."""

    def __init__(self) -> None:
        self.port = 0
        self._directory = tempfile.TemporaryDirectory()
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    async def start(self) -> None:
        # The system's choice of a port may be another's a moment later; then another one is tried.
        for _ in range(5):
            if await self._start(self.port or _free_port()):
                return
        raise ConnectionError("mosquitto doesn't start")

    async def _start(self, port: int) -> bool:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        assert program is not None, "mosquitto isn't installed"
        config = Path(self._directory.name, "mosquitto.conf")
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            "log_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\nlog_type information\n",
            encoding="utf-8",
        )
        self._process = await asyncio.create_subprocess_exec(
            program, "-c", str(config), stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
        )
        assert self._process.stderr is not None
        async with asyncio.timeout(TIMEOUT):
            while line := await self._process.stderr.readline():
                if line.rstrip().endswith(b"running"):
                    self.port = port
                    self._drain = asyncio.create_task(_read_all(self._process.stderr))
                    return True
        await self.stop()
        return False

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                # Asked nicely right after its start, mosquitto 2.0.11 sometimes doesn't hear it.
                process.kill()
            async with asyncio.timeout(TIMEOUT):
                await process.wait()
        if self._drain is not None:
            await self._drain
            self._drain = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._directory.cleanup()


async def _read_all(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
