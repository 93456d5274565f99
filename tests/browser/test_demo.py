"""`scripts/demo` as a person runs it, and runs it again."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
import json
from pathlib import Path
import re
import signal
import socket
import sys

import aiohttp
import pytest

from demo.processes import ROOT
from demo.simulations import free_port, tuya_cloud, tuya_gateway
from demo.stage import Stage

from .conftest import NO_BROKER

_START_SECONDS = 400.0
"""A quarter of a minute on a machine with nothing else to do, a minute and a half on one with much."""
_STOP_SECONDS = 180.0


@asynccontextmanager
async def _demo(*options: str) -> AsyncIterator[Process]:
    """Run it; it ends with the test, and its children with it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "demo", *options, cwd=ROOT, stdout=PIPE, stderr=PIPE, env={"PYTHONUNBUFFERED": "1"}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.communicate(), _STOP_SECONDS)


async def _said(demo: Process, last: str) -> str:
    """Return what the demo prints up to the line that contains `last`."""
    assert demo.stdout is not None
    text = ""
    while last not in text:
        line = (await demo.stdout.readline()).decode()
        assert line, text
        text += line
    return text


@pytest.mark.timeout(3 * _START_SECONDS)
async def test_check_then_again_then_ctrl_c(tmp_path: Path) -> None:
    """--check finds all there; the same directory starts again without setting up anew; Ctrl-C ends all of it.

    The gateway is where it was, then; the cloud is not, as somebody else has its port.
    """
    options = ("--dir", str(tmp_path), "--port", str(free_port()))
    async with _demo("--check", *options) as demo:
        output, errors = await asyncio.wait_for(demo.communicate(), _START_SECONDS)
    assert demo.returncode == 0, output.decode() + errors.decode()
    assert "adding Tuya gateway" in output.decode()
    assert ("adding Tuya cloud project" in output.decode()) == (NO_BROKER is None)
    known = json.loads((tmp_path / "demo.json").read_text(encoding="utf-8"))["simulators"]

    async with AsyncExitStack() as stack:
        if not NO_BROKER:
            port = known["tuya_cloud"]["announced"]["port"]
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
        demo = await stack.enter_async_context(_demo(*options))
        text = await asyncio.wait_for(_said(demo, "Ctrl-C"), _START_SECONDS)
        assert "adding" not in text
        assert "where Tuya gateway is now" not in text
        assert ("telling Home Assistant where Tuya cloud project is now" in text) == (NO_BROKER is None)
        controls = re.findall(r"(?:control|its camera) +(http\S+)", text)
        assert len(controls) == (3 if NO_BROKER else 5 + 6)
        page = re.search(r"Home Assistant +(http\S+)", text)
        assert page is not None
        session = await stack.enter_async_context(aiohttp.ClientSession())
        async with session.get(page[1]) as response:
            assert "<home-assistant" in await response.text()
        demo.send_signal(signal.SIGINT)
        await asyncio.wait_for(demo.communicate(), _STOP_SECONDS)
        assert demo.returncode == 0
        for url in (page[1], *(f"{control}/state" for control in controls)):
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(url)


async def test_only_the_simulators() -> None:
    """Without Home Assistant it is quick, and needs nothing of it."""
    async with _demo("--check", "--no-home-assistant") as demo:
        output, errors = await asyncio.wait_for(demo.communicate(), _START_SECONDS)
    assert demo.returncode == 0, errors.decode()
    assert "the simulators answer" in output.decode()
    assert "Home Assistant" not in output.decode()


async def test_what_this_machine_lacks(tmp_path: Path) -> None:
    """A simulated system that cannot be here is left out, and the demo says why."""
    said: list[str] = []
    simulations = [tuya_gateway(living=False), replace(tuya_cloud(), lacking=lambda: "there is no mosquitto")]
    async with Stage(tmp_path, port=0, simulations=simulations, home_assistant=False, say=said.append) as stage:
        assert list(stage.simulators) == ["tuya_gateway"]
    assert "Tuya cloud project is left out: there is no mosquitto" in said
