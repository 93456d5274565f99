"""A Tuya cloud project through the UI's own dialogs: adding it, mending it, and what Repairs says of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

pytest.importorskip("playwright", reason="playwright is not installed; scripts/setup browser installs it")

from playwright.async_api import Page, expect

from demo.household import DOMAIN, entities, registered
from demo.simulations import RunningSimulator
from demo.stage import Stage

from .conftest import FURTHER, NO_BROKER, Picture, StartCloud
from .pages import INTEGRATIONS, AddDialog, EntryRow, FlowDialog, RepairsPage

pytestmark = pytest.mark.skipif(NO_BROKER is not None, reason=f"no cameras: {NO_BROKER}")

_WRONG_SECRET = (
    "Tuya's cloud refuses the Access ID or the Access Secret: sign invalid (code 1004). "
    "Copy both again from the project's Overview"
)
_NO_FAULTS: dict[str, Any] = {"failures": [], "quota": None}
_UNSEEN = "{name} may not see your devices"
_NO_VIDEO = "{name} lacks the service for live pictures"
_REPAIRS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "{name} lacks the service IoT Core": (
        {"failures": [{"endpoint": "devices", "code": 28841101}]},
        ["This API is not subscribed. (code 28841101)", "Click Go to Authorize, select IoT Core"],
    ),
    "The subscription of {name} to IoT Core is over": (
        {"failures": [{"endpoint": "devices", "code": 28841002}]},
        ["has expired. (code 28841002)", "Click View Details at IoT Core, then Extend Trial Period"],
    ),
    "The calls of {name} are used up": (
        {"quota": 0},
        ["is used up.", "(code 28841004)", "Choose a larger plan there, or wait for the next month"],
    ),
    _UNSEEN: (
        {"failures": [{"endpoint": "devices", "code": 1106}]},
        ["permission deny (code 1106)", "Add App Account, and scan the code with the Tuya or Smart Life app"],
    ),
    _NO_VIDEO: (
        {"failures": [{"endpoint": "ipc", "code": 28841105}]},
        ["Cameras have no live picture; everything else works", "Go to Authorize, select IoT Video Live Stream"],
    ),
}
"""What goes wrong with a project, by the title of the repair, and what the repair says of it."""
_LONGEST_PAUSE = 240.0
"""Seconds, at most, until the cloud is asked again whose calls were used up."""


_SECONDS = 120.0


class Project:
    """A cloud project that is set up, and what a test wants of it."""

    def __init__(self, stage: Stage, cloud: RunningSimulator, entry_id: str) -> None:
        """Use `add` to make one."""
        self.cloud = cloud
        self.entry_id = entry_id
        self.title = cloud.title
        self._stage = stage

    @classmethod
    async def add(cls, stage: Stage, cloud: RunningSimulator) -> Project:
        """Set it up, and call it as the simulator is called."""
        assert cloud.simulation.add is not None
        added = await stage.api.run_flow(DOMAIN, cloud.simulation.add(cloud.announced))
        project = cls(stage, cloud, added["result"]["entry_id"])
        await stage.api.command("config_entries/update", entry_id=project.entry_id, title=project.title)
        return project

    async def reload(self) -> None:
        """As by the menu of the entry."""
        await self._stage.api.post(f"/api/config/config_entries/entry/{self.entry_id}/reload", {})

    async def remove(self) -> None:
        """As by the menu of the entry."""
        await self._stage.api.delete(f"/api/config/config_entries/entry/{self.entry_id}")

    async def wait_until_loaded(self) -> None:
        """Wait until it works."""
        async with asyncio.timeout(_SECONDS):
            while True:
                entries = await self._stage.api.command("config_entries/get", domain=DOMAIN)
                if any(entry["entry_id"] == self.entry_id and entry["state"] == "loaded" for entry in entries):
                    return
                await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def troubled(stage: Stage, start_cloud: StartCloud) -> AsyncIterator[dict[str, Project]]:
    """A project with each of the troubles, by the title of its repair."""
    async with AsyncExitStack() as stack:

        async def trouble(words: str, faults: dict[str, Any]) -> tuple[str, Project]:
            # Without its list of devices no project is added; what live pictures take is asked for once and kept
            later = words != _NO_VIDEO
            # That live pictures work again shows by the connection to the broker
            cloud = await start_cloud(broker=not later)
            if not later:
                await cloud.do("faults", **faults)
            project = await Project.add(stage, cloud)
            stack.push_async_callback(project.remove)
            if later:
                await cloud.do("faults", **faults)
                await project.reload()
            return words.format(name=project.title), project

        yield dict(await asyncio.gather(*(trouble(words, faults) for words, (faults, _) in _REPAIRS.items())))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def project(stage: Stage, start_cloud: StartCloud) -> AsyncIterator[Project]:
    """A project without trouble."""
    project = await Project.add(stage, await start_cloud())
    yield project
    await project.remove()


async def test_add(page: Page, stage: Stage, start_cloud: StartCloud, picture: Picture) -> None:
    """Menu, data centers, an endpoint that is typed, a wrong secret and what the page says to it, the right one, the devices."""
    cloud = await start_cloud()
    await page.set_viewport_size({"width": 1280, "height": 1000})
    dialog = AddDialog(page)
    await dialog.open("IoT Gateway")
    await dialog.choose("Tuya cloud project")
    # The demo home is in the Netherlands
    await expect(dialog.open_choice).to_contain_text("https://openapi.tuyaeu.com")
    await picture(page, "cloud_form")
    await (await dialog.unfold()).wait_for()
    for region in ("China", "Western America", "Eastern America", "Central Europe", "Western Europe", "India"):
        await expect(dialog.open_choice.get_by_text(region, exact=True)).to_be_visible()
    await page.keyboard.press("Escape")
    await dialog.type_own(cloud.announced["endpoint"])

    await dialog.fill(access_id=cloud.announced["access_id"], access_secret="0123")
    await dialog.submit()
    await expect(dialog.error).to_contain_text(_WRONG_SECRET)
    # What was typed is still there
    await expect(dialog.open_choice).to_contain_text(cloud.announced["endpoint"])
    await expect(dialog.flow.locator("input[name=access_id]")).to_have_value(cloud.announced["access_id"])

    await dialog.fill(access_secret=cloud.announced["access_secret"])
    await dialog.submit()
    # The project and its devices
    await expect(dialog.flow.locator("step-flow-create-entry .device")).to_have_count(1 + len(FURTHER))
    await picture(page, "cloud_added")
    await dialog.flow.get_by_role("button", name="Skip and finish").click()
    await expect(dialog.flow.locator("step-flow-create-entry")).to_have_count(0)

    devices = await registered(stage.api)
    ours = [devices[devid] for devid in await cloud.devices()]
    assert {device["name"] for device in ours} == set(FURTHER)
    await stage.api.delete(f"/api/config/config_entries/entry/{ours[0]['primary_config_entry']}")


async def test_repairs(page: Page, troubled: dict[str, Project], picture: Picture) -> None:
    """Each trouble that only the project's owner can mend is listed, with the steps. Early, see `test_mended`."""
    repairs = RepairsPage(page)
    await repairs.open()
    for title, (_, says) in zip(troubled, _REPAIRS.values(), strict=True):
        dialog = await repairs.read(title)
        for text in says:
            await expect(dialog).to_contain_text(text)
        if "used up" in title:
            await picture(page, "cloud_repair")
        await repairs.close()
    for project in troubled.values():
        await project.cloud.do("faults", **_NO_FAULTS)


async def test_new_secret(page: Page, project: Project) -> None:
    """A secret that was reset: Home Assistant asks for the new one by itself, and takes no other."""
    await project.cloud.do("secret", access_secret="0f" * 16)
    await project.reload()
    await page.goto(INTEGRATIONS)
    card = page.locator("ha-config-flow-card").filter(has_text=project.title)
    await card.get_by_role("button", name="Reconfigure").click()
    dialog = FlowDialog(page)
    await expect(dialog.flow).to_contain_text("The Access Secret is not accepted any more")
    await expect(dialog.flow).to_contain_text(project.title)
    await dialog.fill(access_secret=project.cloud.announced["access_secret"])
    await dialog.submit()
    await expect(dialog.error).to_contain_text(_WRONG_SECRET)

    await dialog.fill(access_secret="0f" * 16)
    await dialog.submit()
    await expect(dialog.flow).to_contain_text("Re-authentication was successful")
    await dialog.close()
    await project.wait_until_loaded()
    await expect(card).to_have_count(0)


async def test_options(page: Page, stage: Stage, project: Project) -> None:
    """The smaller picture of cameras: chosen by name, and the camera says that it has it."""
    camera = next(devid for devid, device in (await project.cloud.devices()).items() if device["category"] == "sp")

    async def quality(wanted: str) -> None:
        async with asyncio.timeout(_SECONDS):
            while True:
                states = await stage.api.states()
                for entity in await entities(stage.api):
                    state = states.get(entity["entity_id"], {"attributes": {}})
                    if (
                        entity["unique_id"] == f"{camera}_camera"
                        and state["attributes"].get("stream_quality") == wanted
                    ):
                        return
                await asyncio.sleep(0.1)

    await quality("hd")
    row = EntryRow(page, project.title)
    await row.open()
    dialog = await row.configure()
    await expect(dialog.flow).to_contain_text("Reading interval")
    await dialog.select("Picture of cameras", "The smaller one (SD)")
    await dialog.submit()
    await expect(dialog.flow.locator("step-flow-form")).to_have_count(0)
    await quality("sd")


async def test_another_data_center(page: Page, stage: Stage, project: Project, start_cloud: StartCloud) -> None:
    """Another project in another place, by the menu of the entry: what is wrong with it is said, then it takes over."""
    other = await start_cloud()
    row = EntryRow(page, project.title)
    await row.open()
    dialog = await row.choose("Reconfigure")
    await expect(dialog.open_choice).to_contain_text(project.cloud.announced["endpoint"])
    await dialog.type_own(other.announced["endpoint"])
    await dialog.fill(access_id=other.announced["access_id"])
    await dialog.submit()
    await expect(dialog.flow).to_contain_text("Another Access ID has an Access Secret of its own.")

    await dialog.fill(access_secret=other.announced["access_secret"])
    await dialog.submit()
    await expect(dialog.flow).to_contain_text("Reconfiguration was successful")
    await dialog.close()
    await project.wait_until_loaded()
    there = set(await other.devices())
    async with asyncio.timeout(_SECONDS):
        while not there <= (await registered(stage.api)).keys():
            await asyncio.sleep(0.1)


async def test_mended(page: Page, troubled: dict[str, Project]) -> None:
    """What was mended is listed no more; of a project whose account is unlinked now something else is.

    The last, as it takes up to a minute until the cloud is asked again whose calls were used up.
    """
    unlinked = next(project for title, project in troubled.items() if title == _UNSEEN.format(name=project.title))
    for devid in await unlinked.cloud.devices():
        await unlinked.cloud.do("remove", devid=devid)
    await unlinked.reload()
    repairs = RepairsPage(page)
    await repairs.open()
    await expect(repairs.issue(f"No device is linked to {unlinked.title}")).to_be_visible()
    for title, project in troubled.items():
        async with asyncio.timeout(_LONGEST_PAUSE):
            while await repairs.issue(title).count():
                await project.reload()
                await asyncio.sleep(1)
