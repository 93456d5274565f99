"""States that the queue tells, in all families of messages, newer and older ones."""

import asyncio
from dataclasses import replace
import time
from typing import Any
from unittest.mock import patch

from homeassistant.const import STATE_ON, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.clients.tuya_cloud.devices import list_devices
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator
from simulators.tuya_queue import TuyaQueueSimulator
from tests.helpers import entity_id, state_of, stays, wait_until
from tests.tuya_cloud_helpers import after
from tests.tuya_cloud_queue.helpers import connection_of, poll, queue_of, told

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default", "few_platforms", "unload")


@pytest.mark.parametrize("family", ["seed", "legacy", "core"])
async def test_state_of_all_families(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, the_plug: CloudDevice, family: Any
) -> None:
    """Values that come as texts are those of their data points."""
    texts = {"relay": "true", "target": "70", "reading": "187", "phase": "busy"}
    queue.report(the_plug.id, texts, family=family)
    await told(queue)
    assert state_of(hass, entity_id(hass, Platform.SWITCH, the_plug, "relay")) == STATE_ON
    assert state_of(hass, entity_id(hass, Platform.NUMBER, the_plug, "target")) == "70"
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "18.7"
    assert state_of(hass, entity_id(hass, Platform.SELECT, the_plug, "phase")) == "busy"
    state = trusted.runtime_data.devices[the_plug.id].state
    assert [type(state[code]) for code in ("relay", "target", "reading")] == [bool, int, int]


async def test_by_id(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """A value without a code has the code that came with its id before; one of an unknown id is read."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")

    def by_id(dp_id: int, value: object) -> None:
        item = {"dpId": dp_id, "value": value, "time": round(time.time() * 1000)}
        data = {"devId": the_plug.id, "dataId": str(time.time_ns()), "properties": [item]}
        queue.publish({"bizCode": "devicePropertyMessage", "bizData": data}, device_id=the_plug.id, protocol=1000)

    the_plug.value["reading"] = 201
    by_id(104, 201)
    await told(queue)
    await cloud.wait_for(lambda: cloud.calls["status_batch"] == 1)
    await wait_until(lambda: state_of(hass, sensor) == "20.1")
    queue.report(the_plug.id, {"reading": 202}, dp_ids={"reading": 104})
    by_id(104, 203)
    await told(queue)
    assert state_of(hass, sensor) == "20.3"


async def test_stale(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """An older report never overwrites a newer value, wherever that came from."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    queue.report(the_plug.id, {"reading": 190}, age=300)
    await told(queue)
    assert state_of(hass, sensor) == "21.5"
    queue.report(the_plug.id, {"reading": 191})
    queue.report(the_plug.id, {"reading": 192}, age=5)
    await told(queue)
    assert state_of(hass, sensor) == "19.1"
    assert queue_of(trusted).diagnostics()["taken"]["stale_values"] == 2


async def test_reading_that_was_overtaken(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """What is reported while the list is on its way is newer than the list."""
    connection = connection_of(trusted)
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    asked_at = connection.api.cloud_time - 1
    queue.report(the_plug.id, {"reading": 230})
    queue.offline(the_plug.id)
    queue.rename(the_plug.id, "Shed plug")
    await told(queue)
    listed = await list_devices(connection.api)
    assert listed[0].status["reading"] == 215
    connection._take_list(listed, asked_at)
    await hass.async_block_till_done()
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    assert trusted.runtime_data.devices[the_plug.id].state["reading"] == 230
    assert connection.devices[the_plug.id].name == "Shed plug"
    assert not queue_of(trusted).watch.as_dict()["devices_missed"]


async def test_online(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """Who is there is told, and an old message of it is nothing."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    queue.offline(the_plug.id)
    await told(queue)
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    queue.online(the_plug.id)
    queue.offline(the_plug.id, age=30)
    await told(queue)
    assert state_of(hass, sensor) == "21.5"


async def test_clock_of_a_device(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """A device whose clock is behind says something new with an old time: it is read."""
    queue_of(trusted)._taker.begin(catching_up=False)
    the_plug.value["reading"] = 188
    queue.report(the_plug.id, {"reading": 188}, age=600)
    await told(queue)
    await cloud.wait_for(lambda: cloud.calls["status_batch"] == 1)
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "18.8")


async def test_report_of_an_offline_device(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """Who reports is there, also where no message says so; what it reported before it went says nothing of now."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    queue.offline(the_plug.id)
    queue.report(the_plug.id, {"target": 60}, age=10)
    await told(queue)
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    queue.report(the_plug.id, {"reading": 188})
    await told(queue)
    assert state_of(hass, sensor) == "18.8"


async def test_wrong_clock_draws_on_the_budget_slowly(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """A device whose clock is behind is read, but not with each of its messages."""
    queue_of(trusted)._taker.begin(catching_up=False)
    for reading in range(180, 185):
        the_plug.value["reading"] = reading
        queue.report(the_plug.id, {"reading": reading}, age=600)
        await told(queue)
        await asyncio.sleep(0.1)
    await cloud.wait_for(lambda: cloud.calls["status_batch"] == 1)
    await stays(lambda: cloud.calls["status_batch"] == 1, 0.3)
    after(hass, 200)
    await cloud.wait_for(lambda: cloud.calls["status_batch"] == 2)
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "18.4")


async def test_doubts_of_the_backlog(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """A list that was read on connecting may not have had yet what is told as of a moment before: that is read after a while."""
    connection = connection_of(trusted)
    connection._take_list(await list_devices(connection.api), connection.api.cloud_time)
    cloud.calls.clear()
    taker = queue_of(trusted)._taker
    taker.begin(catching_up=True)
    the_plug.value["reading"] = 189
    queue.report(the_plug.id, {"reading": 180}, age=5000)
    await told(queue)
    taker.begin(catching_up=False)
    await stays(lambda: not cloud.calls, 0.2)
    taker.begin(catching_up=True)
    queue.report(the_plug.id, {"reading": 189}, age=5)
    await told(queue)
    await stays(lambda: not cloud.calls, 0.2)
    taker.begin(catching_up=False)
    await cloud.wait_for(lambda: cloud.calls["status_batch"] == 1)
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "18.9")


async def test_online_while_the_list_is_read(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """Where the list said otherwise than a message of the same time, it is read again."""
    connection = connection_of(trusted)
    listed = [replace(device, online=False) for device in await list_devices(connection.api)]
    connection._take_list(listed, connection.api.cloud_time)
    queue.online(the_plug.id, age=3)
    await told(queue)
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    assert connection._timer._cancel_look is not None
    after(hass, 60)
    await wait_until(lambda: state_of(hass, sensor) == "21.5")


@pytest.mark.parametrize("step", [-7200, 7200])
async def test_our_clock_is_set(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, the_plug: CloudDevice, step: float
) -> None:
    """A step of our own clock neither makes news old nor readings new, nor the other way around."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    api = connection_of(trusted).api
    with patch.object(api, "_now", lambda: time.time() + step):
        queue.report(the_plug.id, {"reading": 190})
        queue.event(the_plug.id, "overload", {"current": 16})
        await told(queue)
        assert state_of(hass, sensor) == "19.0"
        # The first reading after it is asked for by the clock as it was known before
        await poll(hass, trusted)
        queue.report(the_plug.id, {"reading": 191})
        await told(queue)
        assert state_of(hass, sensor) == "19.1"
        the_plug.value["reading"] = 192
        await poll(hass, trusted)
        assert state_of(hass, sensor) == "19.2"
    taken = queue_of(trusted).diagnostics()["taken"]
    assert taken == {"strange_devices": 0}
