"""Cameras behind an agent in Home Assistant: a simulated cloud and an agent."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_REGION, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.agent_view import AgentCamera, AgentView
from custom_components.iot_gateway.const import (
    CONF_AGENT_URL,
    CONF_CONNECTION,
    CONF_ENDPOINT,
    CONF_PRODUCT_IDS,
    CONF_SECRET_ID,
    CONF_SECRET_KEY,
    CONNECTION_TENCENT_VIDEO,
    DOMAIN,
    PLATFORMS,
)
from custom_components.iot_gateway.hub import Hub
from simulators.tencent_cloud import TencentCloudSimulator, demo_devices, demo_products
from tests.agent_view.small_agent import SmallAgent
from tests.helpers import load, wait_until

YARD = "CAM0SIM001/yard_camera"
RECORDER = "NVR0SIM002/hall_recorder"
DOORBELL = "BEL0SIM003/front_door"
FEEDER = "PIC0SIM004/bird_feeder"
ATTIC = "CAM0SIM001/attic_camera"


@asynccontextmanager
async def with_cameras(
    hass: HomeAssistant,
    agent: SmallAgent | str | None,
    *keys: str,
    platforms: list[Platform] | None = None,
    options: Mapping[str, object] | None = None,
    cloud: TencentCloudSimulator | None = None,
) -> AsyncGenerator[tuple[TencentCloudSimulator, Hub, AgentView]]:
    """Have a cloud with these of the demo's cameras set up, and unload it afterwards."""
    url = agent.base_url if isinstance(agent, SmallAgent) else agent
    async with cloud or TencentCloudSimulator(demo_products(), demo_devices()) as running:
        for other in [key for key in running.account.devices if key not in keys]:
            running.account.remove(other)
        with patch("custom_components.iot_gateway.PLATFORMS", PLATFORMS if platforms is None else platforms):
            entry = MockConfigEntry(
                domain=DOMAIN,
                title="Video",
                data={
                    CONF_CONNECTION: CONNECTION_TENCENT_VIDEO,
                    CONF_ENDPOINT: running.endpoint,
                    CONF_REGION: "ap-guangzhou",
                    CONF_SECRET_ID: running.secret_id,
                    CONF_SECRET_KEY: running.secret_key,
                    CONF_PRODUCT_IDS: sorted({key.partition("/")[0] for key in keys}),
                    **({CONF_AGENT_URL: url} if url else {}),
                },
                options=dict(options or {}),
            )
            await load(hass, entry)
            assert entry.state is ConfigEntryState.LOADED, entry.reason
            hub: Hub = entry.runtime_data
            view = hub.connection.agent_view
            assert view is not None
            try:
                yield running, hub, view
            finally:
                await hass.async_block_till_done()
                assert await hass.config_entries.async_unload(entry.entry_id)
                await hass.async_block_till_done()


async def settled(view: AgentView) -> None:
    """Wait until each device was asked for its channels and the cloud for its plan, and entities came of that.

    A recorder's first channel may be the entry's first camera: then the platforms of cameras are set up by it, in a task.
    """
    devices = view._devices.values()
    await wait_until(
        lambda: all((one.link is None or one.asked) and len(one.asked_plans) == len(one.cameras) for one in devices),
        timeout=20,
    )
    await view.hass.async_block_till_done()


def entity_of(hass: HomeAssistant, platform: Platform, camera: AgentCamera, key: str) -> str:
    """Return the entity id of an entity of a camera."""
    unique_id = f"{camera.device.id}_{key}" + ("" if camera.channel is None else f"_{camera.number}")
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)
    assert found is not None, f"{unique_id} is not there"
    return found
