"""What the user is told of a queue that does not do what it should."""

import time
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.connections.tuya_cloud_queue_watch import KEPT_FOR
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator
from simulators.tuya_queue import TuyaQueueSimulator
from simulators.tuya_queue.beside_cloud import queue_beside
from tests.helpers import entity_id, load, state_of, wait_until
from tests.tuya_cloud_helpers import after, cloud_entry, cloud_plug, next_poll
from tests.tuya_cloud_queue.helpers import (
    connection_of,
    issues,
    load_connected,
    measure,
    poll,
    queue_entry,
    queue_of,
    settled,
    told,
)

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default", "few_platforms", "unload")


@pytest.mark.parametrize(
    ("status", "issue"),
    [(401, "queue_key_refused"), (500, "queue_wrong_environment"), (403, "queue_unavailable"), (503, None)],
)
async def test_refused(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, status: int, issue: str | None
) -> None:
    """The user is told at once of what only they can mend, and of the rest after two hours; it works as without a queue."""
    queue.faults.handshake_status = status
    entry = queue_entry(cloud, queue)
    await load(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    await queue.wait_for(lambda: queue.handshakes[status] >= 1)
    await wait_until(lambda: bool(queue_of(entry).diagnostics()["last_error"]))
    assert issues(hass) == ({issue} if issue else set())
    assert next_poll(entry) == pytest.approx(300, abs=2)
    after(hass, KEPT_FOR)
    await hass.async_block_till_done()
    assert issues(hass) == {issue or "queue_unavailable"}
    queue.faults.handshake_status = None
    assert await hass.config_entries.async_reload(entry.entry_id)
    await wait_until(lambda: queue_of(entry).connected)
    assert issues(hass) == set()


async def test_wrong_environment(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """A project whose rule is in the test environment is read with the option that says so."""
    async with queue_beside(cloud, environment="event-test") as queue:
        entry = queue_entry(cloud, queue)
        await load(hass, entry)
        await wait_until(lambda: issues(hass) == {"queue_wrong_environment"})
        hass.config_entries.async_update_entry(entry, options={**entry.options, "queue_environment": "event-test"})
        assert await hass.config_entries.async_reload(entry.entry_id)
        await wait_until(lambda: queue_of(entry).connected)
        assert issues(hass) == set()
        await settled(entry)
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_silent(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    entry: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """Connected, and no rule: devices are read all along, and after a day the user is told."""
    queue.faults.no_rule = True
    clock = time.time()
    watch = queue_of(entry).watch
    with patch.object(watch, "_now", lambda: clock):
        for hour in range(26):
            clock += 3600
            cloud.report(the_plug.id, {"reading": 100 + hour})
            await poll(hass, entry)
            queue_of(entry).check()
            assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == str(10 + hour / 10)
            assert issues(hass) == (set() if hour < 23 else {"queue_silent"}), hour
        assert next_poll(entry) == pytest.approx(300, abs=2)
        queue.faults.no_rule = False
        cloud.report(the_plug.id, {"reading": 150})
        await told(queue)
        assert issues(hass) == set()
        assert next_poll(entry) > 80_000


async def test_no_more_silent(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, the_plug: CloudDevice
) -> None:
    """The first message ends what is told of a silent queue, and no other program is blamed for what was missed before."""
    more = [cloud_plug(f"Plug {number}") for number in range(4)]
    for device in more:
        cloud.add_device(device)
    queue.faults.no_rule = True
    entry = queue_entry(cloud, queue)
    await load_connected(hass, queue, entry)
    clock = time.time()
    watch = queue_of(entry).watch
    with patch.object(watch, "_now", lambda: clock):
        for reading in (100, 101):
            clock += 13 * 3600
            for device in (the_plug, *more):
                cloud.report(device.id, {"reading": reading})
            await poll(hass, entry)
        clock += 61
        queue_of(entry).check()
        assert issues(hass) == {"queue_silent"}
        queue.faults.no_rule = False
        cloud.report(the_plug.id, {"reading": 150})
        await told(queue)
        clock += 61
        queue_of(entry).check()
        assert issues(hass) == set()
        assert not queue_of(entry).trusted
        for device in more:
            cloud.report(device.id, {"reading": 150})
        await told(queue)
        assert queue_of(entry).trusted


async def test_shared(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
) -> None:
    """Another program takes the messages of some devices: they are read instead, and the user is told."""
    more = [cloud_plug(f"Plug {number}") for number in range(30)]
    for device in more:
        cloud.add_device(device)
    await wait_until(lambda: len(trusted.runtime_data.devices) == 31)
    await settled(trusted)
    _ = queue.add_rival()
    clock = time.time()
    watch = queue_of(trusted).watch
    with patch.object(watch, "_now", lambda: clock):
        for round_ in range(2):
            clock += 3600
            for device in more:
                cloud.report(device.id, {"reading": 100 + round_})
            await queue.wait_for(lambda: not queue.unacked)
            await poll(hass, trusted)
            for device in more:
                assert trusted.runtime_data.devices[device.id].state["reading"] == 100 + round_
        clock += 61
        queue_of(trusted).check()
        assert issues(hass) == {"queue_shared"}
        assert 2 <= len(watch.as_dict()["devices_missed"]) < 30
        assert next_poll(trusted) == pytest.approx(300, abs=2)
        queue.remove_rivals()
        for device in more:
            cloud.report(device.id, {"reading": 150})
        await wait_until(lambda: queue_of(trusted).trusted)
        assert issues(hass) == set()


async def test_turned_off(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, entry: MockConfigEntry
) -> None:
    """Without the option nothing connects, and what showed the queue is gone."""
    assert measure(hass, entry, Platform.BINARY_SENSOR, "message_queue") is not None
    assert measure(hass, entry, Platform.SENSOR, "messages_today") is not None
    handshakes = queue.handshakes.total()
    hass.config_entries.async_update_entry(entry, options={})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert connection_of(entry).queue is None
    assert measure(hass, entry, Platform.BINARY_SENSOR, "message_queue") is None
    assert measure(hass, entry, Platform.SENSOR, "messages_today") is None
    assert measure(hass, entry, Platform.SENSOR, "calls_today") is not None
    await queue.wait_for_connections(0)
    assert queue.handshakes.total() == handshakes


async def test_off_by_default(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    entry = cloud_entry(cloud)
    await load(hass, entry)
    assert connection_of(entry).queue is None
