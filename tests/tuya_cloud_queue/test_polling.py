"""What is read over the API beside the queue: nothing, as long as it delivers."""

import time
from unittest.mock import patch

from homeassistant.const import STATE_ON, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.iot_gateway.connections.tuya_cloud_queue_watch import KEPT_FOR
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator
from simulators.tuya_queue import TuyaQueueSimulator
from simulators.tuya_queue.beside_cloud import queue_beside
from tests.helpers import entity_id, load, state_of, stays, wait_until
from tests.tuya_cloud_helpers import after, cloud_entry, cloud_plug, next_poll
from tests.tuya_cloud_queue.helpers import DAY, connection_of, issues, poll, queue_of, settled, told

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default", "few_platforms", "unload")


async def test_no_polling(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    entry: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """The list is read once more after connecting, then polled until the queue proves itself, then once a day."""
    assert cloud.calls["devices"] == 2
    assert next_poll(entry) == pytest.approx(300, abs=2)
    cloud.calls.clear()
    cloud.report(the_plug.id, {"reading": 193, "relay": True})
    await told(queue)
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "19.3"
    assert state_of(hass, entity_id(hass, Platform.SWITCH, the_plug, "relay")) == STATE_ON
    assert next_poll(entry) == pytest.approx(DAY, abs=5)
    after(hass, 3600)
    await stays(lambda: not cloud.calls)
    after(hass, DAY + 5)
    await cloud.wait_for(lambda: cloud.calls["devices"] == 1)
    await settled(entry)
    assert next_poll(entry) == pytest.approx(DAY, abs=5)
    assert issues(hass) == set()


async def test_polling_while_lost(hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry) -> None:
    """A lost queue is what it was before it was there; back again, its backlog tells what happened."""
    await queue.stop()
    await wait_until(lambda: not queue_of(trusted).connected)
    assert next_poll(trusted) == pytest.approx(300, abs=2)
    await queue.start()
    await wait_until(lambda: queue_of(trusted).connected)
    assert next_poll(trusted) > 80_000


async def test_backlog_needs_no_reading(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    await queue.stop()
    await wait_until(lambda: not queue_of(trusted).connected)
    cloud.report(the_plug.id, {"reading": 187})
    await queue.start()
    await wait_until(lambda: queue_of(trusted).connected)
    await told(queue)
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "18.7"
    await stays(lambda: not cloud.calls)


@pytest.mark.parametrize("seconds", [KEPT_FOR, KEPT_FOR - 240])
async def test_two_hours_away(
    hass: HomeAssistant,
    seconds: float,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """The queue has dropped what happened: the list is read, once; also when the loss was noticed late."""
    await queue.stop()
    await wait_until(lambda: not queue_of(trusted).connected)
    lost_at = queue_of(trusted)._lost_at
    assert lost_at is not None
    queue_of(trusted)._lost_at = lost_at - seconds
    the_plug.value["reading"] = 187
    await queue.start()
    await cloud.wait_for(lambda: cloud.calls["devices"] == 1)
    await settled(trusted)
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "18.7"
    await stays(lambda: cloud.calls["devices"] == 1)
    assert not queue_of(trusted).watch.as_dict()["devices_missed"]


async def test_proof_is_kept(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """After a restart it is known that this queue delivers; of another one it is not."""
    assert await hass.config_entries.async_reload(trusted.entry_id)
    await wait_until(lambda: queue_of(trusted).connected)
    await settled(trusted)
    assert next_poll(trusted) > 80_000
    hass.config_entries.async_update_entry(trusted, options={**trusted.options, "queue_subscriptions": ["other"]})
    assert await hass.config_entries.async_reload(trusted.entry_id)
    await wait_until(lambda: queue_of(trusted).connected)
    await settled(trusted)
    assert next_poll(trusted) == pytest.approx(300, abs=2)


async def test_budget(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """Without a queue readings become rarer so that the calls last for the day; commands go out all the same."""
    entry = cloud_entry(cloud, call_budget=50, poll_interval=1)
    await load(hass, entry)
    connection = connection_of(entry)
    used = connection.usage.calls.today
    assert 0 < used < 10
    left = DAY - time.time() % DAY
    assert connection._next_reading() == pytest.approx(max(60, left / (50 - used)), abs=2)
    connection.usage.calls.restore(int(time.time() // DAY), 100)
    assert connection._next_reading() > left


async def test_two_hours_away_without_calls(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
) -> None:
    """With no call left today the list is read as soon as there are some, not only when a day is over."""
    connection = connection_of(trusted)
    await queue.stop()
    await wait_until(lambda: not queue_of(trusted).connected)
    lost_at = queue_of(trusted)._lost_at
    assert lost_at is not None
    queue_of(trusted)._lost_at = lost_at - KEPT_FOR
    connection.usage.calls.restore(int(time.time() // DAY), 1000)
    await queue.start()
    await wait_until(lambda: queue_of(trusted).connected)
    await settled(trusted)
    assert queue_of(trusted).trusted
    assert not cloud.calls
    assert next_poll(trusted) == pytest.approx(DAY - time.time() % DAY + 60, abs=60)
    connection.usage.calls._carried = 0
    await poll(hass, trusted)
    assert cloud.calls["devices"] == 1
    assert next_poll(trusted) > 80_000


async def test_no_call_beyond_the_budget(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """Commands go out, but what they led to is not read any more; nor is the list, whatever is said to be added."""
    connection = connection_of(entry)
    connection.usage.calls.restore(int(time.time() // DAY), 1000)
    cloud.calls.clear()
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": entity_id(hass, Platform.SWITCH, the_plug, "relay")}, blocking=True
    )
    connection._listed.expect_listed("new", listed=True)
    connection._states.doubt([the_plug.id], 0)
    await stays(lambda: cloud.calls == {"commands": 1}, 0.8)


async def test_cloud_that_cannot_be_asked(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """While the queue tells them, states are shown although the list cannot be read; without it they are not."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    failure = cloud.faults.fail("devices", 28841004)
    await poll(hass, trusted)
    assert issues(hass) == {"cloud_quota_exhausted"}
    cloud.report(the_plug.id, {"reading": 177})
    await told(queue)
    assert state_of(hass, sensor) == "17.7"
    clock = time.time() + 3601
    with patch("custom_components.iot_gateway.connections.tuya_cloud.time.time", lambda: clock):
        connection_of(trusted)._tick(None)  # type: ignore[arg-type]
        assert state_of(hass, sensor) == STATE_UNAVAILABLE
    connection_of(trusted)._tick(None)  # type: ignore[arg-type]
    assert state_of(hass, sensor) == "17.7"
    await queue.stop()
    await wait_until(lambda: state_of(hass, sensor) == STATE_UNAVAILABLE)
    await queue.start()
    await wait_until(lambda: state_of(hass, sensor) == "17.7")
    cloud.faults.failures.remove(failure)
    connection_of(trusted).api._pauses.clear()
    await poll(hass, trusted)
    assert issues(hass) == set()
    assert next_poll(trusted) > 80_000


async def test_missed_while_the_cloud_cannot_be_asked(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """What the queue has dropped nobody knows before the list is read: until then nothing is shown."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    failure = cloud.faults.fail("devices", 28841004)
    await queue.stop()
    await wait_until(lambda: not queue_of(trusted).connected)
    lost_at = queue_of(trusted)._lost_at
    assert lost_at is not None
    queue_of(trusted)._lost_at = lost_at - KEPT_FOR
    await queue.start()
    await wait_until(lambda: queue_of(trusted).connected)
    await wait_until(lambda: state_of(hass, sensor) == STATE_UNAVAILABLE)
    await settled(trusted)
    cloud.faults.failures.remove(failure)
    connection_of(trusted).api._pauses.clear()
    await poll(hass, trusted)
    assert state_of(hass, sensor) == "21.5"


async def test_what_cannot_be_read(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """Nobody knows what an unreadable message said: it is polled for an hour, while the others are taken."""
    queue.faults.damage = "wrong_key"
    cloud.report(the_plug.id, {"reading": 170})
    await told(queue)
    queue.faults.damage = None
    queue_of(trusted).check()
    assert next_poll(trusted) == pytest.approx(300, abs=2)
    cloud.report(the_plug.id, {"target": 33})
    await told(queue)
    assert trusted.runtime_data.devices[the_plug.id].state["target"] == 33
    assert next_poll(trusted) == pytest.approx(300, abs=2)
    await poll(hass, trusted)
    assert trusted.runtime_data.devices[the_plug.id].state["reading"] == 170
    clock = time.time() + 3601
    with patch.object(queue_of(trusted).watch, "_now", lambda: clock):
        queue_of(trusted).check()
        assert next_poll(trusted) > 80_000


async def test_message_that_we_fail_at(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """It is acknowledged, and what it said is read."""
    with patch.object(trusted.runtime_data, "report", side_effect=RuntimeError("a defect")):
        cloud.report(the_plug.id, {"reading": 171})
        await told(queue)
    await cloud.wait_for(lambda: cloud.calls["status_batch"] == 1)
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "17.1")


async def test_proof_of_another_project(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """Another project has another queue and a quota of its own, whatever the entry had before."""
    connection = connection_of(trusted)
    connection.usage.calls.restore(int(time.time() // DAY), 500)
    assert await hass.config_entries.async_unload(trusted.entry_id)
    await queue.stop()
    port = URL(trusted.options["queue_url"]).port
    async with (
        TuyaCloudSimulator([cloud_plug()], access_id="anotherprojectsid000") as other,
        queue_beside(other, port=port) as other_queue,
    ):
        data = {**trusted.data, "endpoint": other.endpoint, "access_id": other.access_id}
        hass.config_entries.async_update_entry(trusted, data=data)
        assert other_queue.url == trusted.options["queue_url"]
        assert await hass.config_entries.async_setup(trusted.entry_id)
        await wait_until(lambda: queue_of(trusted).connected)
        await settled(trusted)
        assert queue_of(trusted).watch.last_message is None
        assert next_poll(trusted) == pytest.approx(300, abs=2)
        assert connection_of(trusted).usage.calls.today < 50
        assert await hass.config_entries.async_unload(trusted.entry_id)
