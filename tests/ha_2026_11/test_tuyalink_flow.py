"""The flows of a TuyaLink device in Home Assistant 2026.11: adding, a sub-device that the cloud then switches, an action, a new secret."""

from collections.abc import AsyncIterator
from functools import partial
import importlib
from pathlib import Path
import shutil
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
import pytest

from simulators.tuyalink_cloud import (
    DEMO_DEVICE_ID,
    DEMO_DEVICE_SECRET,
    GATEWAY_PRODUCT,
    LIGHT_PRODUCT,
    TuyaLinkCloudSimulator,
)

ROOT = Path(__file__).parents[2]
DOMAIN = "iot_gateway"
LAMP = "input_boolean.lamp"


@pytest.fixture
async def home(hass: HomeAssistant) -> AsyncIterator[HomeAssistant]:
    """Return a Home Assistant that has this checkout's integration, and a lamp."""
    shutil.copytree(
        ROOT / "custom_components" / DOMAIN,
        hass.config.path(f"custom_components/{DOMAIN}"),
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"lamp": {"name": "Lamp"}}})
    integration = await async_get_integration(hass, DOMAIN)
    await integration.async_get_component()
    discovery = importlib.import_module(f"{integration.pkg_path}.discovery")
    with (
        patch.object(discovery, "DEFAULT_DISCOVERY_PORTS", (0,)),
        patch.object(discovery, "AnnouncementListener", partial(discovery.AnnouncementListener, host="127.0.0.1")),
    ):
        yield hass
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            assert await hass.config_entries.async_unload(entry.entry_id)


async def expose(home: HomeAssistant, entry: ConfigEntry, kind: str, *inputs: dict[str, Any]) -> None:
    """Go through the flow of a subentry."""
    subentries = home.config_entries.subentries
    result = await subentries.async_init((entry.entry_id, kind), context={"source": SOURCE_USER})
    for user_input in inputs:
        assert result["type"] is FlowResultType.FORM, result
        result = await subentries.async_configure(result["flow_id"], user_input)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result


async def test_add_and_expose(home: HomeAssistant) -> None:
    """A device is added through its form, a lamp and an action are exposed, and both answer to the cloud."""
    flows = home.config_entries.flow
    async with TuyaLinkCloudSimulator() as cloud:
        result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
        result = await flows.async_configure(result["flow_id"], {"next_step_id": "tuyalink"})
        typed = {
            "host": f"{cloud.host}:{cloud.port}",
            "product_id": GATEWAY_PRODUCT,
            "device_id": DEMO_DEVICE_ID,
            "device_secret": DEMO_DEVICE_SECRET,
            "server": {"port": 8883, "tls": False},
        }
        result = await flows.async_configure(result["flow_id"], typed)
        assert result["type"] is FlowResultType.CREATE_ENTRY, result
        await home.async_block_till_done()
        entry = result["result"]
        assert entry.state is ConfigEntryState.LOADED

        await expose(home, entry, "sub_device", {"product_id": LIGHT_PRODUCT, "entities": [LAMP]}, {"on": "switch_led"})
        turn_off = [{"action": "input_boolean.turn_off", "target": {"entity_id": LAMP}}]
        await expose(home, entry, "action", {"device": "this_device"}, {"code": "restart"}, {"sequence": turn_off})
        lamp, restart = entry.subentries.values()
        device_id = lamp.data["device_id"]
        await cloud.wait_for_device(device_id, timeout=60)
        await cloud.wait_for(lambda: "switch_led" in cloud.device(device_id).values, timeout=60)
        answer = await cloud.set_property(device_id, {"switch_led": True}, timeout=60)
        assert answer.code == 0
        assert (state := home.states.get(LAMP)) is not None
        assert state.state == "on"
        answer = await cloud.execute_action(DEMO_DEVICE_ID, "restart", timeout=60)
        assert answer.code == 0
        assert (state := home.states.get(LAMP)) is not None
        assert state.state == "off"

        # Changed while the connection stands
        subentries = home.config_entries.subentries
        changing = await subentries.async_init(
            (entry.entry_id, "action"), context={"source": SOURCE_RECONFIGURE, "subentry_id": restart.subentry_id}
        )
        turn_on = [{"action": "input_boolean.turn_on", "target": {"entity_id": LAMP}}]
        changing = await subentries.async_configure(changing["flow_id"], {"sequence": turn_on})
        assert changing["reason"] == "reconfigure_successful"
        await home.async_block_till_done()
        assert (await cloud.execute_action(DEMO_DEVICE_ID, "restart", timeout=60)).code == 0
        assert (state := home.states.get(LAMP)) is not None
        assert state.state == "on"

        # A new secret is taken by the connection itself, which watches its entry
        await cloud.reset_secret(DEMO_DEVICE_ID, "0123456789abcdef")
        result = await flows.async_init(
            DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}, data=entry.data
        )
        given = {"host": cloud.host, "device_secret": "0123456789abcdef", "server": {"port": cloud.port, "tls": False}}
        result = await flows.async_configure(result["flow_id"], given)
        assert result["reason"] == "reconfigure_successful", result
        await home.async_block_till_done()
        await cloud.wait_for_device(DEMO_DEVICE_ID, timeout=60)
        assert cloud.violations == []
        # Before the cloud stops
        assert await home.config_entries.async_unload(entry.entry_id)
