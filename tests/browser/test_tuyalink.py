"""Entities in the Tuya app, the other way round: exposed through the UI's own dialogs, and switched from the cloud."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

pytest.importorskip("playwright", reason="playwright is not installed; scripts/setup browser installs it")

from playwright.async_api import Page, expect

from demo.household import DOMAIN, entities
from demo.simulations import RunningSimulator, add_tuyalink
from demo.stage import Stage

from .conftest import NO_BROKER, Picture, StartLink
from .pages import AddDialog, EntryRow, FlowDialog, open_dashboard, tile

pytestmark = pytest.mark.skipif(NO_BROKER is not None, reason=f"no cloud: {NO_BROKER}")

_SECONDS = 120.0


async def _values(link: RunningSimulator, devid: str) -> dict[str, Any]:
    """Return what the cloud knows of a device."""
    values: dict[str, Any] = (await link.devices())[devid]["values"]
    return values


async def _until_known(link: RunningSimulator, devid: str, code: str, value: Any) -> None:
    async with asyncio.timeout(_SECONDS):
        while (await _values(link, devid)).get(code) != value:
            await asyncio.sleep(0.1)


async def _lamp(link: RunningSimulator) -> str:
    """Return the id of the only sub-device, which the lamp of the living room is."""
    [devid] = [devid for devid, device in (await link.devices()).items() if device["sub_device"]]
    return devid


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def further(stage: Stage, start_link: StartLink) -> AsyncIterator[tuple[RunningSimulator, str]]:
    """A further cloud, and the title of the entry of it."""
    link = await start_link()
    added = await stage.api.run_flow(DOMAIN, add_tuyalink(link.announced))
    yield link, added["result"]["title"]
    await stage.api.delete(f"/api/config/config_entries/entry/{added['result']['entry_id']}")


async def test_switched_from_the_cloud(page: Page, link: RunningSimulator) -> None:
    """What the app does is done in the house, and drawn; what is done in the house is known to the app."""
    lamp = await _lamp(link)
    await open_dashboard(page)
    shown = tile(page, "Ceiling light")
    on = (await link.do("set", devid=lamp, values={"switch_led": True, "bright_value_v2": 1000}))["code"] == 0
    assert on
    await expect(shown).to_contain_text("100%")
    assert (await link.do("set", devid=lamp, values={"switch_led": False}))["code"] == 0
    await expect(shown).to_contain_text("Off")
    await _until_known(link, lamp, "switch_led", False)

    await shown.locator("ha-tile-icon").click()
    await expect(shown).to_contain_text("100%")
    await _until_known(link, lamp, "switch_led", True)
    assert (await link.look("state"))["violations"] == []


async def test_nothing_else_is_reached(stage: Stage, link: RunningSimulator) -> None:
    """What nobody has exposed is refused, and nothing in the house changes."""
    ours = {entity["entity_id"] for entity in await entities(stage.api)}

    async def states() -> dict[str, str]:
        return {one: state["state"] for one, state in (await stage.api.states()).items() if one in ours}

    before = await states()
    for code, value in (("switch_1", True), ("lock_motor_state", True), ("factory_reset", True), ("nothing", 1)):
        assert (await link.do("set", values={code: value}, checked=False))["code"] != 0
    assert (await link.do("action", code="open_for", inputs={"minutes": 1}))["code"] != 0
    after = await states()
    assert {one: after.get(one) for one, state in before.items() if one.startswith(("lock.", "switch."))} == {
        one: state for one, state in before.items() if one.startswith(("lock.", "switch."))
    }


async def test_add(page: Page, stage: Stage, start_link: StartLink) -> None:
    """Menu, data center, a wrong secret and what the page says to it, the right one."""
    link = await start_link()
    dialog = AddDialog(page)
    await dialog.open("IoT Gateway")
    await dialog.choose("Show my entities in the Tuya app (TuyaLink)")
    await dialog.type_own(f"{link.announced['host']}:{link.announced['port']}")
    await dialog.fill(
        product_id=link.announced["product_id"], device_id=link.announced["device_id"], device_secret="0123"
    )
    section = dialog.flow.locator("ha-form-expandable")
    await section.locator("ha-expansion-panel").first.click()
    await section.locator("ha-switch, ha-selector-boolean ha-switch").first.click()
    await dialog.submit()
    await expect(dialog.error).to_be_visible()
    await dialog.fill(device_secret=link.announced["device_secret"])
    await dialog.submit()
    await expect(dialog.flow.locator("step-flow-create-entry")).to_be_visible()
    await (
        dialog.flow.get_by_role("button", name="Skip and finish")
        .or_(dialog.flow.get_by_role("button", name="Finish"))
        .first.click()
    )
    await expect(dialog.flow.locator("step-flow-create-entry")).to_have_count(0)
    [entry] = [
        entry
        for entry in await stage.api.command("config_entries/get", domain=DOMAIN)
        if entry["title"].endswith(link.announced["device_id"][-4:])
    ]
    assert entry["state"] == "loaded"
    await stage.api.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")


async def test_expose_a_garage_door(
    page: Page, gateway: RunningSimulator, further: tuple[RunningSimulator, str], picture: Picture
) -> None:
    """An entity by the dialogs: what fits is filled in, and what lets people in asks once more; without a yes it's shown only."""
    link, title = further
    ours = link.announced["device_id"]
    row = EntryRow(page, title)

    async def go(*, allow: bool) -> None:
        dialog = await row.choose("Expose an entity")
        await dialog.pick_entity("Garage door", "Door", "Cover")
        await dialog.go_on()
        await expect(dialog.flow).to_contain_text("Cover (control)")
        if allow:
            await picture(page, "tuyalink_functions")
        await dialog.go_on()
        await expect(dialog.flow).to_contain_text("May the app open this?")
        if allow:
            await picture(page, "tuyalink_confirm")
            await dialog.flow.locator("ha-switch").click()
        await dialog.go_on()
        await expect(dialog.flow.locator("step-flow-form")).to_have_count(0)
        await _finish(dialog)

    async def order(command: str) -> int:
        return (await link.do("set", values={"control": command}))["code"]  # type: ignore[no-any-return]

    await row.open()
    await go(allow=False)
    async with asyncio.timeout(_SECONDS):
        while (await _values(link, ours)).get("control") is None:
            await asyncio.sleep(0.1)
    assert await order("open") != 0

    await row.remove_subentry("Door")
    await go(allow=True)
    async with asyncio.timeout(_SECONDS):
        while await order("open") != 0:
            await asyncio.sleep(0.1)
    garage = await gateway.device_id("Garage door")
    assert (await gateway.look("commands"))["commands"][-1] == [
        {"devid": garage, "value": [{"k": "switch_1", "v": True}]}
    ]
    await gateway.do("report", devid=garage, values={"doorcontact_state": True})
    await _until_known(link, ours, "control", "open")
    await gateway.do("report", devid=garage, values={"doorcontact_state": False})
    await _until_known(link, ours, "control", "close")


async def _finish(dialog: FlowDialog) -> None:
    done = dialog.flow.get_by_role("button", name="Finish")
    await done.first.click()
    await expect(dialog.flow.locator("step-flow-create-entry")).to_have_count(0)
