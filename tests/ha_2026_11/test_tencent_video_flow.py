"""The flows of a Tencent IoT Video account in Home Assistant 2026.11: adding, push with the check of its address, a push."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
import importlib
from pathlib import Path
import shutil
from unittest.mock import patch

from aiohttp.test_utils import TestServer
from homeassistant.auth import auth_manager_from_config
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
import pytest

from simulators.tencent_cloud import TencentCloudSimulator, demo_devices, demo_products
from simulators.tencent_cloud.demo import PLUG_PRODUCT, SENSOR_PRODUCT

ROOT = Path(__file__).parents[2]
DOMAIN = "iot_gateway"


async def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; raises TimeoutError."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def home(hass: HomeAssistant) -> AsyncIterator[HomeAssistant]:
    """Return a Home Assistant that has this checkout's integration, and is to be reached on the loopback."""
    shutil.copytree(
        ROOT / "custom_components" / DOMAIN,
        hass.config.path(f"custom_components/{DOMAIN}"),
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    hass.auth = await auth_manager_from_config(hass, [], [])
    with patch("homeassistant.components.http.server.HomeAssistantHTTP.async_bind"):
        # Its own port would be open to the network
        assert await async_setup_component(hass, "webhook", {})
    integration = await async_get_integration(hass, DOMAIN)
    await integration.async_get_component()
    discovery = importlib.import_module(f"{integration.pkg_path}.discovery")
    async with TestServer(hass.http.app) as server:
        hass.config.external_url = f"http://127.0.0.1:{server.port}"
        with (
            patch.object(discovery, "DEFAULT_DISCOVERY_PORTS", (0,)),
            patch.object(discovery, "AnnouncementListener", partial(discovery.AnnouncementListener, host="127.0.0.1")),
        ):
            yield hass
            for entry in hass.config_entries.async_loaded_entries(DOMAIN):
                assert await hass.config_entries.async_unload(entry.entry_id)


async def test_add_and_push(home: HomeAssistant) -> None:
    """An account is added through its forms, the cloud is told where to push to, and what it pushes is shown."""
    flows, options = home.config_entries.flow, home.config_entries.options
    async with TencentCloudSimulator(demo_products(), demo_devices()) as cloud:
        result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
        result = await flows.async_configure(result["flow_id"], {"next_step_id": "tencent_video"})
        typed = {
            "region": "ap-guangzhou",
            "secret_id": cloud.secret_id,
            "secret_key": cloud.secret_key,
            "server": {"endpoint": cloud.endpoint},
        }
        result = await flows.async_configure(result["flow_id"], typed)
        assert result["step_id"] == "tencent_products"
        result = await flows.async_configure(result["flow_id"], {"product_ids": [SENSOR_PRODUCT, PLUG_PRODUCT]})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await home.async_block_till_done()
        entry = result["result"]
        assert entry.state is ConfigEntryState.LOADED

        result = await options.async_init(entry.entry_id)
        chosen = {
            "show_all": True,
            "stream_quality": "high",
            "ptz_dialect": "panel",
            "poll_interval": 5,
            "call_budget": 10_000,
            "push": {"enabled": True},
        }
        result = await options.async_configure(result["flow_id"], chosen)
        assert result["step_id"] == "tencent_push", result
        result = await options.async_configure(result["flow_id"], {"set_up": [SENSOR_PRODUCT]})
        assert result["type"] is FlowResultType.CREATE_ENTRY, result
        await home.async_block_till_done()

        sensor = er.async_get(home).async_get_entity_id("sensor", DOMAIN, f"{SENSOR_PRODUCT}/cellar_sensor_temperature")
        assert sensor is not None, list(er.async_get(home).entities)
        cloud.account.report(f"{SENSOR_PRODUCT}/cellar_sensor", {"temperature": 33.5})
        await wait_until(lambda: (state := home.states.get(sensor)) is not None and state.state == "33.5")
        # The state is there before the answer to the push is
        await cloud.pusher.drained()
        assert [push.status for push in cloud.pusher.pushes] == [200]
        assert await home.config_entries.async_unload(entry.entry_id)
