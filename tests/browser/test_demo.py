"""`scripts/demo` as a person runs it, and runs it again."""

import asyncio
from asyncio.subprocess import PIPE, Process
from pathlib import Path
import re
import signal
import sys

import aiohttp
import pytest

from demo.processes import ROOT
from demo.simulations import free_port


async def _demo(*options: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "demo", *options, cwd=ROOT, stdout=PIPE, stderr=PIPE, env={"PYTHONUNBUFFERED": "1"}
    )


async def _said(demo: Process, last: str) -> str:
    """Return what the demo prints up to the line that contains `last`."""
    assert demo.stdout is not None
    text = ""
    while last not in text:
        line = (await demo.stdout.readline()).decode()
        assert line, text
        text += line
    return text


async def test_check_then_again_then_ctrl_c(tmp_path: Path) -> None:
    """--check finds all there; the same directory starts again without setting up anew; Ctrl-C ends all of it."""
    options = ("--dir", str(tmp_path), "--port", str(free_port()))
    demo = await _demo("--check", *options)
    output, errors = await asyncio.wait_for(demo.communicate(), 100)
    assert demo.returncode == 0, output.decode() + errors.decode()
    assert "adding Tuya gateway" in output.decode()

    demo = await _demo(*options)
    text = await asyncio.wait_for(_said(demo, "Ctrl-C"), 100)
    assert "adding" not in text
    controls = re.findall(r"control +(http\S+)", text)
    page = re.search(r"Home Assistant +(http\S+)", text)
    assert len(controls) == 2
    assert page is not None
    async with aiohttp.ClientSession() as session:
        async with session.get(page[1]) as response:
            assert "<home-assistant" in await response.text()
        demo.send_signal(signal.SIGINT)
        await asyncio.wait_for(demo.communicate(), 60)
        assert demo.returncode == 0
        for url in (page[1], *(f"{control}/state" for control in controls)):
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(url)


async def test_only_the_simulators() -> None:
    """Without Home Assistant it is quick, and needs nothing of it."""
    demo = await _demo("--check", "--no-home-assistant")
    output, errors = await asyncio.wait_for(demo.communicate(), 60)
    assert demo.returncode == 0, errors.decode()
    assert "the simulators answer" in output.decode()
    assert "Home Assistant" not in output.decode()
