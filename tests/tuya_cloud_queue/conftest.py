"""A Tuya cloud project with its message queue."""

from collections.abc import AsyncGenerator, Generator
from unittest.mock import patch

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.connections import tuya_cloud, tuya_cloud_timer
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator
from simulators.tuya_queue import TuyaQueueSimulator
from simulators.tuya_queue.beside_cloud import queue_beside
from tests.tuya_cloud_helpers import SMALL, cloud_plug, readings_noted
from tests.tuya_cloud_queue.helpers import load_connected, queue_entry, queue_of, told


@pytest.fixture
def few_platforms() -> Generator[None]:
    """Set few platforms up, which is faster, and look at the list soon."""
    with (
        patch("custom_components.iot_gateway.PLATFORMS", [*SMALL, Platform.EVENT]),
        patch.object(tuya_cloud_timer, "_LOOK_AFTER", 0.05),
        patch.object(tuya_cloud, "_ASK_AFTER", 0.05),
        patch.object(tuya_cloud, "_RESULT_AFTER", 0.3),
        readings_noted(),
    ):
        yield


@pytest.fixture
async def unload(hass: HomeAssistant, socket_enabled: None, few_platforms: None) -> AsyncGenerator[None]:
    """Unload afterwards what a test has set up, which must always work."""
    yield
    await hass.async_block_till_done()
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
def the_plug() -> CloudDevice:
    """Return the device that the simulated project has."""
    return cloud_plug()


@pytest.fixture
async def cloud(socket_enabled: None, the_plug: CloudDevice) -> AsyncGenerator[TuyaCloudSimulator]:
    """Return a running project with one device."""
    async with TuyaCloudSimulator([the_plug]) as running:
        yield running


@pytest.fixture
async def queue(cloud: TuyaCloudSimulator) -> AsyncGenerator[TuyaQueueSimulator]:
    """Return the project's queue, which tells of whatever its devices do."""
    async with queue_beside(cloud) as running:
        yield running


@pytest.fixture
async def entry(hass: HomeAssistant, queue: TuyaQueueSimulator, cloud: TuyaCloudSimulator) -> MockConfigEntry:
    """Return a loaded entry whose queue is connected."""
    mock_entry = queue_entry(cloud, queue)
    await load_connected(hass, queue, mock_entry)
    return mock_entry


@pytest.fixture
async def trusted(
    hass: HomeAssistant, entry: MockConfigEntry, queue: TuyaQueueSimulator, cloud: TuyaCloudSimulator
) -> MockConfigEntry:
    """Return a loaded entry whose queue has proved itself."""
    queue.online(next(iter(cloud.devices)))
    await told(queue)
    assert queue_of(entry).trusted
    cloud.calls.clear()
    return entry
