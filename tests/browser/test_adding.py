"""Adding a gateway through the UI's own dialogs."""

import pytest

pytest.importorskip("playwright", reason="playwright is not installed; scripts/setup browser installs it")

from playwright.async_api import Page, expect

from demo.household import registered
from demo.simulations import RunningSimulator, workshop
from demo.stage import Stage

from .conftest import Picture, StartGateway
from .pages import INTEGRATIONS, AddDialog

_WRONG_KEY = (
    "The device key is wrong: the gateway's first message is encrypted with another key than this device key. Copy it"
)


async def test_add_by_hand(page: Page, stage: Stage, start_gateway: StartGateway, picture: Picture) -> None:
    """Menu, form, a wrong key and what the page says to it, the right key, the devices."""
    gateway = await start_gateway()
    # High enough for the whole form
    await page.set_viewport_size({"width": 1280, "height": 1000})
    dialog = AddDialog(page)
    await dialog.open("IoT Gateway")
    await picture(page, "add_menu")
    await dialog.choose("Tuya gateway on the local network")
    await dialog.fill(host=gateway.announced["host"], port=str(gateway.announced["port"]))
    await picture(page, "add_form")

    await dialog.fill(device_key="0123456789abcdef")
    await dialog.submit()
    await expect(dialog.error).to_contain_text(_WRONG_KEY)
    await picture(page, "wrong_key")
    # What was typed is still there
    await expect(dialog.flow.locator("input[name=host]")).to_have_value(gateway.announced["host"])

    await dialog.fill(device_key=gateway.announced["device_key"])
    await dialog.submit()
    await _finish(dialog, page, stage, gateway, picture)


async def test_add_discovered(page: Page, stage: Stage, start_gateway: StartGateway, picture: Picture) -> None:
    """A gateway that announces itself shows by itself, and needs its key only."""
    await page.goto(INTEGRATIONS)
    gateway = await start_gateway(announce=True)
    card = page.locator("ha-config-flow-card").filter(has_text="IoT Gateway").first
    await card.wait_for()
    await picture(page, "discovered")
    await card.get_by_role("button", name="Add").click()

    dialog = AddDialog(page)
    await expect(dialog.flow).to_contain_text(gateway.announced["uuid"])
    await dialog.fill(device_key=gateway.announced["device_key"])
    await picture(page, "discovered_form")
    await dialog.submit()
    await _finish(dialog, page, stage, gateway)


async def _finish(
    dialog: AddDialog, page: Page, stage: Stage, gateway: RunningSimulator, picture: Picture | None = None
) -> None:
    """See the new devices in the last dialog and on the integration's page."""
    # The gateway and what is behind it, each to be named; they come one by one, and the dialog grows with them
    await expect(dialog.flow.locator("step-flow-create-entry .device")).to_have_count(1 + len(workshop()))
    if picture:
        await picture(page, "added")
    await dialog.flow.get_by_role("button", name="Skip and finish").click()
    await expect(dialog.flow.locator("step-flow-create-entry")).to_have_count(0)

    devices = await registered(stage.api)
    ours = [devices[devid] for devid in await gateway.devices()]
    assert len(ours) == len(workshop())
    entry = next(
        entry
        for entry in await stage.api.command("config_entries/get", domain="iot_gateway")
        if entry["entry_id"] == ours[0]["primary_config_entry"]
    )
    await page.goto(f"/config/devices/dashboard?historyBack=1&config_entry={entry['entry_id']}")
    for device in ours:
        await page.get_by_text(device["name"], exact=True).first.wait_for()
