"""A picture of the dashboard, once there is something to see in its graphs. Named to run after what needs a home at rest."""

import asyncio
import time

import pytest

pytest.importorskip("playwright", reason="playwright is not installed; scripts/setup browser installs it")

from playwright.async_api import Page

from demo.simulations import RunningSimulator
from demo.stage import Stage

from .conftest import Picture
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
