"""A cloud project's message queue: what its devices do is drawn at once, and it is turned on in the entry's options."""

import asyncio
from functools import partial
import itertools

import pytest

pytest.importorskip("playwright", reason="playwright is not installed; scripts/setup browser installs it")

from playwright.async_api import Page, expect

from demo.dashboard import URL_PATH
from demo.household import entities
from demo.simulations import RunningSimulator
from demo.stage import Stage

from .conftest import NO_BROKER
from .pages import EntryRow, seconds_until_shown, tile
from .test_tuya_cloud import Project, project

__all__ = ["project"]

pytestmark = pytest.mark.skipif(NO_BROKER is not None, reason=f"no cloud: {NO_BROKER}")


async def _state(stage: Stage, unique_id: str) -> str | None:
    """Return the state of an entity, None while there is none."""
    found = [one["entity_id"] for one in await entities(stage.api) if one["unique_id"] == unique_id]
    return (await stage.api.states())[found[0]]["state"] if found else None


async def _until(stage: Stage, unique_id: str, state: str, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while await _state(stage, unique_id) != state:
            await asyncio.sleep(0.1)


async def test_change_to_screen(page: Page, cloud: RunningSimulator) -> None:
    """From the report of a device of the cloud to the drawn page."""
    plug = await cloud.device_id("Garage plug")
    await page.goto(f"/{URL_PATH}/cameras")
    await tile(page, "Garage power").wait_for()
    shown = tile(page, "Garage power")
    for raw, text in ((1234, "123.4 W"), (567, "56.7 W"), (921, "92.1 W")):
        report = partial(cloud.do, "report", devid=plug, values={"cur_power": raw})
        seconds = await seconds_until_shown(shown, text, report)
        assert seconds < 1.0


async def test_turn_on(page: Page, stage: Stage, project: Project) -> None:
    """The option in its section; once a device was heard, its next change is there at once."""
    queue = project.cloud.announced["queue"]
    connected = f"{project.entry_id}_measure_message_queue"
    assert await _state(stage, connected) is None
    row = EntryRow(page, project.title)
    await row.open()
    dialog = await row.configure()
    section = dialog.flow.locator("ha-form-expandable").filter(has_text="Message queue")
    await section.get_by_text("Message queue", exact=True).first.click()
    await section.locator("ha-selector-boolean ha-switch").click()
    await dialog.submit()
    # A project of none of Tuya's data centers: nobody knows where its queue is
    await expect(dialog.error).to_contain_text("No queue is known for this data center")
    await section.locator("input[name=queue_url]").fill(queue)
    await dialog.submit()
    await expect(dialog.flow.locator("step-flow-form")).to_have_count(0)
    await project.wait_until_loaded()
    await _until(stage, connected, "on")
    plug = await project.cloud.device_id("Garage plug")
    powers = itertools.cycle((1111, 2222))
    for raw in itertools.islice(powers, 3):
        await project.cloud.do("report", devid=plug, values={"cur_power": raw})
        await _until(stage, f"{plug}_cur_power", f"{raw / 10:g}", 2)
