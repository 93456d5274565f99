"""Tencent's cameras: live by way of the agent, turned from the dashboard, and what they recorded in the media browser."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
import re
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import pytest_asyncio

pytest.importorskip("playwright", reason="playwright is not installed; scripts/setup browser installs it")

from playwright.async_api import Locator, Page, expect

from demo.dashboard import URL_PATH
from demo.simulations import RunningSimulator, Simulation

from .conftest import Picture
from .live_player import LivePlayer
from .pages import AddDialog

_YARD = "CAM0SIM001/yard_camera"
_HOME = ZoneInfo("Europe/Amsterdam")
"""The demo home's."""
_SECONDS = 120.0
_MONTH = re.compile(r"^\s*\d{4}-\d\d\s*$")
_DAY = re.compile(r"^\s*\d{4}-\d\d-\d\d\s*$")
_TIMES = re.compile(r"\d\d:\d\d:\d\d – \d\d:\d\d:\d\d")


def _card(page: Page, name: str) -> Locator:
    return page.locator("hui-picture-entity-card").filter(has_text=name)


async def _agent_device(tencent: RunningSimulator, device: str) -> Mapping[str, Any]:
    """Return what the agent knows of a device."""
    [found] = [one for one in (await tencent.agent.look("state"))["devices"] if one["device"] == device]
    return found  # type: ignore[no-any-return]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def further(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSimulator]:
    """An account with another key, and an agent."""
    arguments = ("tencent-cloud", "--still", "--secret-id", "AKIDfurtherOfTheBrowserTests")
    simulation = Simulation(name="further_tencent", title="Further account", arguments=arguments)
    async with aiohttp.ClientSession() as session:
        log = tmp_path_factory.mktemp("tencent") / "further.log"
        running = await RunningSimulator.start(simulation, session, log)
        yield running
        await running.stop()


async def test_add(page: Page, further: RunningSimulator) -> None:
    """Menu, region, a wrong key and what the page says to it; then the products, and an agent that isn't there."""
    dialog = AddDialog(page)
    await dialog.open("IoT Gateway")
    await dialog.choose("Tencent IoT Video account")
    await dialog.fill(secret_id=further.announced["secret_id"], secret_key="0123")
    server = dialog.flow.locator("ha-form-expandable")
    await server.locator("ha-expansion-panel").first.click()
    await server.locator("input[name=endpoint]").fill(further.announced["endpoint"])
    await dialog.go_on()
    await expect(dialog.error).to_contain_text("SecretKey")
    await dialog.fill(secret_key=further.announced["secret_key"])
    await dialog.go_on()
    for name in further.announced["products"].values():
        await expect(dialog.flow).to_contain_text(name)
    await dialog.fill(agent_url="127.0.0.1:9")
    await dialog.go_on()
    # All of them are chosen already, so only that is wrong
    await expect(dialog.flow).to_contain_text("agent")
    await expect(
        dialog.flow.locator("ha-alert, .error, ha-input-helper-text[invalid], [invalid]").first
    ).to_be_visible()
    await expect(dialog.flow.locator("step-flow-form")).to_be_visible()


async def test_live(page: Page, tencent: RunningSimulator, picture: Picture) -> None:
    """A card plays, in the quality of the options; nobody watches any more once the page is closed."""
    await page.set_viewport_size({"width": 1280, "height": 1180})
    await page.goto(f"/{URL_PATH}/tencent")
    player = LivePlayer(_card(page, "Yard camera"), hls=True)
    frame = await player.plays(seconds=_SECONDS)
    assert (frame.width, frame.height) == (640, 360)
    await expect(page.locator("hui-warning, hui-error-card")).to_have_count(0)
    await picture(page, "tencent_dashboard")
    # One that was lost and opened again is still there for a moment
    async with asyncio.timeout(_SECONDS):
        while len(streams := (await _agent_device(tencent, _YARD))["streams"]) != 1:
            await asyncio.sleep(0.1)
    [stream] = streams
    assert (stream["kind"], stream["quality"]) == ("live", "high")


async def test_turn(page: Page, tencent: RunningSimulator) -> None:
    """A button turns the camera a bit, and it's released: the picture stands still again."""
    await page.goto(f"/{URL_PATH}/tencent")

    async def head() -> Mapping[str, Any]:
        return (await _agent_device(tencent, _YARD))["channels"]["0"]["ptz"]  # type: ignore[no-any-return]

    before = (await head())["x"]
    # Left, up, down, right: all of them are there before they are counted
    buttons = page.locator("hui-button-card").filter(has=page.locator("ha-state-icon, ha-icon"))
    await expect(buttons).to_have_count(4)
    await buttons.nth(3).click()
    async with asyncio.timeout(_SECONDS):
        while (await head())["x"] == before:
            await asyncio.sleep(0.1)
        while (await head())["moving"] is not None or (await head())["pressed"]:
            await asyncio.sleep(0.1)
    assert (await head())["x"] > before


def _yesterday() -> tuple[int, int]:
    """Return where yesterday stands in the lists of months and of days; in its first minutes, today has no recording yet."""
    return (1, 0) if datetime.now(_HOME).day == 1 else (0, 1)


async def test_recording(page: Page, tencent: RunningSimulator, picture: Picture) -> None:
    """What is on the card of a camera is found by month, day and time, and plays."""
    await page.goto("/media-browser")
    items = page.locator("ha-media-player-browse .child .title")
    for name in ("IoT Gateway", "Yard camera", "SD card"):
        await items.filter(has_text=name).first.click()
    for shown, place in zip((_MONTH, _DAY), _yesterday(), strict=True):
        await items.filter(has_text=shown).nth(place).click()
    recording = items.filter(has_text=_TIMES).first
    await recording.wait_for()
    await picture(page, "tencent_recordings")
    await recording.click()
    player = LivePlayer(page, hls=True)
    await player.plays(seconds=_SECONDS)
    playbacks = (await _agent_device(tencent, _YARD))["playbacks"]
    assert playbacks


async def test_recording_of_the_cloud(page: Page, picture: Picture) -> None:
    """What the cloud stores is listed with its pictures, and plays; no signature is in anything that the page asks for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto("/media-browser")
    items = page.locator("ha-media-player-browse .child .title")
    for name in ("IoT Gateway", "Yard camera", "Cloud"):
        await items.filter(has_text=name).first.click()
    for shown, place in zip((_MONTH, _DAY), _yesterday(), strict=True):
        await items.filter(has_text=shown).nth(place).click()
    recording = items.filter(has_text=_TIMES).first
    await recording.wait_for()
    await recording.click()
    await LivePlayer(page, hls=True).plays(seconds=_SECONDS)
    own = page.url.split("/media-browser")[0]
    assert all(url.startswith((own, "data:", "blob:")) for url in asked), asked
    await picture(page, "tencent_recording")
