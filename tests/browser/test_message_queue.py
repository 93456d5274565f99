"""A cloud project's message queue: what its devices do is drawn at once, and it is turned on in the entry's options."""

import asyncio
import itertools

import pytest

pytest.importorskip("playwright", reason="playwright is not installed; scripts/setup browser installs it")

from playwright.async_api import Page, expect

from demo.dashboard import URL_PATH
from demo.household import entities
from demo.simulations import RunningSimulator
from demo.stage import Stage

from .conftest import NO_BROKER
from .pages import EntryRow, shown_within_a_second, tile
from .test_tuya_cloud import Project, project

__all__ = ["project"]

pytestmark = pytest.mark.skipif(NO_BROKER is not None, reason=f"no cloud: {NO_BROKER}")

_SECONDS = 60.0
"""Far less than the interval at which a project is read without its queue."""


async def _state(stage: Stage, unique_id: str) -> str | None:
    """Return the state of an entity, None while there is none."""
    found = [one["entity_id"] for one in await entities(stage.api) if one["unique_id"] == unique_id]
    state = (await stage.api.states()).get(found[0]) if found else None
    return state["state"] if state else None


async def _until(stage: Stage, unique_id: str, state: str) -> None:
    async with asyncio.timeout(_SECONDS):
        while await _state(stage, unique_id) != state:
            await asyncio.sleep(0.1)


async def test_change_to_screen(page: Page, cloud: RunningSimulator) -> None:
    """From the report of a device of the cloud to the drawn page."""
    plug = await cloud.device_id("Garage plug")
    await page.goto(f"/{URL_PATH}/cameras")
    values = {f"{raw / 10} W": raw for raw in range(1234, 2444, 110)}

    async def report(text: str) -> None:
        await cloud.do("report", devid=plug, values={"cur_power": values[text]})

    await shown_within_a_second(tile(page, "Garage power"), values, report)


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
        await _until(stage, f"{plug}_cur_power", f"{raw / 10:g}")
