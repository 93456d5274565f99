"""What the tests of a project's message queue do."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.connections.tuya_cloud import TuyaCloudConnection
from custom_components.iot_gateway.connections.tuya_cloud_queue import CloudQueue
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_cloud import TuyaCloudSimulator
from simulators.tuya_queue import TuyaQueueSimulator
from tests.helpers import load, wait_until
from tests.tuya_cloud_helpers import cloud_entry

DAY = 86400.0


def queue_entry(cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, **options: object) -> MockConfigEntry:
    """Return the entry of a project whose queue is turned on."""
    return cloud_entry(cloud, message_queue=True, queue_url=queue.url, **options)


async def load_connected(hass: HomeAssistant, queue: TuyaQueueSimulator, entry: MockConfigEntry) -> None:
    """Load an entry, and wait until its queue is connected and the list has been read once more because of that."""
    await load(hass, entry)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    await wait_until(lambda: queue_of(entry).connected)
    await settled(entry)


async def settled(entry: MockConfigEntry) -> None:
    """Wait until no reading of the list is under way or due at once."""
    timer = connection_of(entry)._timer
    await wait_until(lambda: timer._cancel_look is None and timer._cancel_reading is not None)
    await entry.runtime_data.hass.async_block_till_done()


async def told(queue: TuyaQueueSimulator) -> None:
    """Wait until all that was published has been acknowledged, and so been taken."""
    await queue.wait_for(lambda: not queue.backlog())


def connection_of(entry: MockConfigEntry) -> TuyaCloudConnection:
    connection = entry.runtime_data.connection
    assert isinstance(connection, TuyaCloudConnection)
    return connection


def queue_of(entry: MockConfigEntry) -> CloudQueue:
    queue = connection_of(entry).queue
    assert queue is not None
    return queue


def issues(hass: HomeAssistant) -> set[str]:
    """Return the keys of the repairs that there are."""
    return {
        issue.translation_key or ""
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


def measure(hass: HomeAssistant, entry: MockConfigEntry, platform: Platform, key: str) -> str | None:
    """Return the id of the entity that shows a measure."""
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{entry.entry_id}_measure_{key}")


async def poll(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the list be read now."""
    timer = connection_of(entry)._timer
    assert timer._cancel_reading is not None
    timer._cancel_reading()
    timer._read_now(dt_util.utcnow())
    await wait_until(lambda: timer._cancel_reading is not None)
    await hass.async_block_till_done()
