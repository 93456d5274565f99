"""Pictures of the dashboard, once there is something to see on it. Named to run after what needs a home at rest."""

import asyncio
import re
import time

import pytest

pytest.importorskip("playwright", reason="playwright is not installed; scripts/setup browser installs it")

from playwright.async_api import Page, expect

from demo.dashboard import CAMERAS, URL_PATH
from demo.simulations import RunningSimulator
from demo.stage import Stage

from .conftest import Picture
from .live_player import LivePlayer
from .pages import open_dashboard

_SECONDS = 300
_DRAWN = "canvas => canvas.toDataURL()"


@pytest.mark.timeout(_SECONDS + 60)
async def test_living_home(
    page: Page, stage: Stage, gateway: RunningSimulator, picture: Picture, request: pytest.FixtureRequest
) -> None:
    """The home lives for some minutes."""
    if not request.config.getoption("--update-screenshots"):
        pytest.skip("only with --update-screenshots: it takes minutes")
    await gateway.do("life", running=True, rate=10)
    state = (await stage.api.states())["sensor.living_room_air_quality_temperature"]
    since = time.monotonic()
    changed: set[str] = set()
    while time.monotonic() - since < _SECONDS:
        state = (await stage.api.states())[state["entity_id"]]
        changed.add(state["state"])
        await asyncio.sleep(5)
    assert len(changed) > 1
    await page.set_viewport_size({"width": 1280, "height": 1180})
    await open_dashboard(page)
    # The graphs draw themselves from left to right: until they stand still
    await gateway.do("life", running=False)
    graph = page.locator("hui-history-graph-card canvas").first
    before, now = "", await graph.evaluate(_DRAWN)
    while before != now:
        await asyncio.sleep(2)
        before, now = now, await graph.evaluate(_DRAWN)
    await picture(page, "dashboard")


async def test_cameras(
    page: Page, stage: Stage, cloud: RunningSimulator, picture: Picture, request: pytest.FixtureRequest
) -> None:
    """Those that are shown live play, all at once; the others show what they saw last."""
    for camera in cloud.announced["cameras"]:
        await cloud.camera(camera["title"]).do("event", kind="motion")
    # It has no camera that could be watched
    await cloud.do("picture", devid=await cloud.device_id("Garage camera"))
    entry_id = stage.memory["simulators"]["tuya_cloud"]["entry_id"]
    await stage.api.post(f"/api/config/config_entries/entry/{entry_id}/reload", {})
    await page.set_viewport_size({"width": 1280, "height": 1260})
    await page.goto(f"/{URL_PATH}/cameras")
    cameras = [camera for section in CAMERAS for camera in section.cameras]
    cards = page.locator("hui-picture-entity-card")
    await expect(cards).to_have_count(len(cameras))
    await expect(page.locator("hui-warning, hui-error-card")).to_have_count(0)
    for camera in cameras:
        card = cards.filter(has_text=camera.name or camera.device)
        if camera.live:
            await LivePlayer(card).plays()
        else:
            # The card shows it behind what it says, so that the element itself cannot be seen
            still = card.locator("hui-image img")
            await still.wait_for(state="attached")
            await expect(still).to_have_js_property("complete", True)
            assert await still.evaluate("picture => picture.naturalWidth") > 0
    for shown in await page.locator("hui-tile-card").filter(has_text="Last event").all():
        await expect(shown).to_contain_text(re.compile(r"\b(ago|now)\b"))
    if request.config.getoption("--update-screenshots"):
        # Somebody walks through all pictures at the same time: until he is half the way
        player = LivePlayer(cards.first)
        while not 30 < (await player.frames(1))[0].number < 45:
            pass
    await picture(page, "live_dashboard")
