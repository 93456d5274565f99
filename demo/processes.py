"""Child processes that end when the demo does."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Mapping, Sequence
import contextlib
import json
import os
from pathlib import Path
import signal
import sys
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

_LAST_LINES = 20


class DemoFailed(Exception):
    """The demo can't go on; the text says why, for people."""


class Child:
    """A Python program of this environment, run from the checkout; its output goes into a log file.

    It has a session of its own, so that Ctrl-C in the terminal reaches the demo alone, which then ends its children in order.
    """

    def __init__(
        self, name: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Prepare `python ARGUMENTS`; `name` is for messages."""
        self.name = name
        self.log = log
        self._arguments = arguments
        self._environment = environment or {}
        self._process: Process | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it; everything it says goes into the log."""
        with self.log.open("ab") as log:
            self._process = await self._spawn(log.fileno(), STDOUT)

    async def start_announced(self, timeout: float = 240.0) -> dict[str, Any]:
        """Start it and return the JSON object that it prints in its first line; raises DemoFailed."""
        with self.log.open("ab") as log:
            process = self._process = await self._spawn(PIPE, log.fileno())
        if process.stdout is None:  # cannot be: it was asked for
            raise DemoFailed(f"{self.name} has no output")
        try:
            line = await asyncio.wait_for(process.stdout.readline(), timeout)
            announced = json.loads(line)
        except (TimeoutError, ValueError) as err:
            await self.stop()
            raise DemoFailed(f"{self.name} did not start:\n{self.last_words()}") from err
        if not isinstance(announced, dict):
            raise DemoFailed(f"{self.name} says something unexpected first: {announced}")
        return announced

    async def stop(self, patience: float = 60.0) -> None:
        """End it: by request, and by force after `patience` seconds. Does nothing if it has ended."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def ended(self) -> int:
        """Wait until it ends, return its exit code."""
        if self._process is None:
            raise DemoFailed(f"{self.name} was not started")
        return await self._process.wait()

    def last_words(self) -> str:
        """Return the end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])

    async def _spawn(self, stdout: int, stderr: int) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *self._arguments,
            stdin=DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **self._environment},
            start_new_session=True,
        )
