"""What a person sees and does on the dashboard while the gateway lives."""

import asyncio
import re

import pytest

pytest.importorskip("playwright", reason="playwright is not installed; scripts/setup browser installs it")

from playwright.async_api import Page, expect

from demo.dashboard import URL_PATH
from demo.household import DOMAIN, registered
from demo.simulations import RunningSimulator, add_tuya_gateway
from demo.stage import Stage

from .conftest import Picture, StartGateway
from .pages import open_dashboard, shown_within_a_second, tile, toast, toggle

_JOINING = "a4c138000000002a7f"
_SECONDS = 60.0


async def test_the_address_opens_logged_in(page: Page, stage: Stage) -> None:
    """Whoever opens the address that the demo prints sees the home, with nothing missing."""
    await open_dashboard(page)
    assert page.url == f"{stage.url}/{URL_PATH}/home"
    assert stage.missing == []
    await expect(tile(page, "Attic")).to_contain_text("Unavailable")
    await expect(tile(page, "Meter reading")).to_contain_text("4,823.19 kWh")
    # No card says that its entity is not there, or that it can't be configured so
    await expect(page.locator("hui-warning, hui-error-card")).to_have_count(0)


async def test_toggle(page: Page, gateway: RunningSimulator) -> None:
    """A click switches the switch in the gateway."""
    kitchen = await gateway.device_id("Kitchen switch")
    await open_dashboard(page)
    await expect(tile(page, "Kitchen counter")).to_contain_text("Off")
    await toggle(page, "Kitchen counter")
    await expect(tile(page, "Kitchen counter")).to_contain_text("On")
    # What is drawn may be ahead of the gateway
    async with asyncio.timeout(_SECONDS):
        while (await gateway.devices())[kitchen]["values"]["switch_2"] is not True:
            await asyncio.sleep(0.1)
    commands = (await gateway.look("commands"))["commands"]
    assert commands[-1] == [{"devid": kitchen, "value": [{"k": "switch_2", "v": True}]}]


async def test_a_report_is_on_the_page_within_a_second(page: Page, gateway: RunningSimulator) -> None:
    """From the report of a device to the drawn page."""
    socket = await gateway.device_id("TV socket")
    await open_dashboard(page)
    values = {f"{raw / 10} W": raw for raw in range(1234, 2444, 110)}

    async def report(text: str) -> None:
        await gateway.do("report", devid=socket, values={"cur_power": values[text]})

    await shown_within_a_second(tile(page, "TV power"), values, report)


async def test_gateway_goes_and_comes_back(page: Page, gateway: RunningSimulator, picture: Picture) -> None:
    """All is unavailable while the gateway is away, and live again once it is back."""
    socket = await gateway.device_id("TV socket")
    await open_dashboard(page)
    await expect(tile(page, "TV socket")).to_contain_text("On")
    await gateway.do("stop")
    for name in ("TV socket", "TV power", "Kitchen counter", "Balcony"):
        await expect(tile(page, name)).to_contain_text("Unavailable")
    await picture(page, "gateway_away")

    # What happens meanwhile is seen too
    await gateway.do("report", devid=socket, values={"cur_power": 4321})
    await gateway.do("start")
    await expect(tile(page, "TV power")).to_contain_text("432.1 W")
    await expect(tile(page, "TV socket")).to_contain_text("On")
    await expect(tile(page, "Attic")).to_contain_text("Unavailable")
    await gateway.do("report", devid=socket, values={"cur_power": 1111})
    await expect(tile(page, "TV power")).to_contain_text("111.1 W")


async def test_refused_command(page: Page, gateway: RunningSimulator, picture: Picture) -> None:
    """A refusal is told on the page, and the switch stays as it was."""
    await open_dashboard(page)
    await expect(tile(page, "TV socket")).to_contain_text("On")
    await gateway.do("faults", reject=["set_value"])
    try:
        # It is shown for some seconds only, which a busy machine may miss
        refused = toast(page).filter(has_text=re.compile("Tuya gateway.* refused the command"))
        for patience in (5_000, 10_000, None):
            await toggle(page, "TV socket")
            try:
                await expect(refused.first).to_be_visible(timeout=patience)
            except AssertionError:
                if patience is None:
                    raise
            else:
                break
        await picture(page, "refused")
        await expect(tile(page, "TV socket")).to_contain_text("On")
    finally:
        await gateway.do("faults", reject=[])


async def test_device_goes_offline_alone(page: Page, gateway: RunningSimulator) -> None:
    """A device that is out of reach is unavailable, the others are not."""
    balcony = await gateway.device_id("Balcony climate")
    await open_dashboard(page)
    await gateway.do("online", devid=balcony, online=False)
    await expect(tile(page, "Balcony")).to_contain_text("Unavailable")
    await expect(tile(page, "Nursery")).to_contain_text("°C")
    await gateway.do("online", devid=balcony, online=True)
    await expect(tile(page, "Balcony")).to_contain_text("9.4 °C")


async def test_devices_join_and_leave(page: Page, stage: Stage, start_gateway: StartGateway) -> None:
    """A device that joins shows without a reload of anything; one that leaves goes."""
    gateway = await start_gateway()
    added = await stage.api.run_flow(DOMAIN, add_tuya_gateway(gateway.announced))
    entry_id = added["result"]["entry_id"]
    await page.goto(f"/config/devices/dashboard?historyBack=1&config_entry={entry_id}")
    rows = page.locator("ha-data-table .mdc-data-table__row:not(.empty-row)")
    before = len(await gateway.devices()) + 1  # the gateway itself
    await expect(rows).to_have_count(before)
    await page.evaluate("window.neverReloaded = true")

    await gateway.do(
        "add",
        devid=_JOINING,
        category="mcs",
        status=[{"code": "doorcontact_state", "type": "Boolean", "values": "{}"}],
        value={"doorcontact_state": True},
    )
    await expect(rows).to_have_count(before + 1)
    devices = await registered(stage.api)
    assert devices[_JOINING]["via_device_id"] == devices[gateway.announced["uuid"]]["id"]
    await page.locator("ha-data-table").get_by_text(devices[_JOINING]["name"], exact=True).first.wait_for()

    await gateway.do("remove", devid=_JOINING)
    await expect(rows).to_have_count(before)
    assert _JOINING not in await registered(stage.api)
    assert await page.evaluate("window.neverReloaded")


async def test_device_page(page: Page, stage: Stage, gateway: RunningSimulator, picture: Picture) -> None:
    """The page of a device shows its entities with their values."""
    air = (await registered(stage.api))[await gateway.device_id("Living room air quality")]
    await page.goto(f"/config/devices/device/{air['id']}")
    await expect(page.locator("ha-config-device-page")).to_contain_text("21.4 °C")
    await picture(page, "device")

    await page.goto("/config/entities?historyBack=1&domain=iot_gateway")
    await page.locator("ha-data-table").get_by_text("IoT Gateway").first.wait_for()
    await picture(page, "entities")
    await page.goto("/config/integrations/integration/iot_gateway")
    await page.get_by_text("Aquarium controller", exact=True).first.wait_for()
    await picture(page, "integration")
