"""What is shown of the queue, and several subscriptions."""

import asyncio
import json
from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iot_gateway.connections import tuya_cloud_api
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator
from simulators.tuya_queue import TuyaQueueSimulator
from tests.helpers import entity_id, load, state_of, wait_until
from tests.tuya_cloud_helpers import cloud_plug
from tests.tuya_cloud_queue.helpers import connection_of, measure, queue_entry, queue_of, settled, told

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default", "few_platforms", "unload")


async def test_measures(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    entry: MockConfigEntry,
    the_plug: CloudDevice,
    hass_storage: dict[str, Any],
) -> None:
    """Calls and messages of today are shown on the project's device, and go on after a restart."""
    names = {
        key: measure(hass, entry, platform, key)
        for platform, key in (
            (Platform.SENSOR, "calls_today"),
            (Platform.SENSOR, "messages_today"),
            (Platform.BINARY_SENSOR, "message_queue"),
        )
    }
    ids = {key: str(value) for key, value in names.items()}
    root = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    registry_entry = er.async_get(hass).async_get(ids["calls_today"])
    assert root is not None
    assert registry_entry is not None
    assert registry_entry.device_id == root.id
    for _ in range(3):
        cloud.report(the_plug.id, {"reading": 200})
    await told(queue)
    connection_of(entry)._tick(None)  # type: ignore[arg-type]
    calls = cloud.calls.total()
    assert state_of(hass, ids["calls_today"]) == str(calls)
    assert hass.states.get(ids["calls_today"]).attributes["daily_budget"] == 800  # type: ignore[union-attr]
    assert state_of(hass, ids["messages_today"]) == "3"
    assert state_of(hass, ids["message_queue"]) == STATE_ON
    # As after a restart: nothing is known but what was written
    assert await hass.config_entries.async_unload(entry.entry_id)
    kept = hass_storage[f"{DOMAIN}.tuya_cloud_usage.{entry.entry_id}"]["data"]
    assert (kept["calls"], kept["messages"]) == (calls, 3)
    hass.data[tuya_cloud_api._KEPT].clear()
    await queue.stop()
    await load_again(hass, entry)
    assert int(state_of(hass, ids["calls_today"])) > calls
    assert state_of(hass, ids["messages_today"]) == "3"
    assert state_of(hass, ids["message_queue"]) == STATE_OFF


async def load_again(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def test_two_subscriptions(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, the_plug: CloudDevice
) -> None:
    """There is a consumer for each, and what both bring is taken once."""
    entry = queue_entry(cloud, queue, queue_subscriptions=["first", "second"])
    await load(hass, entry)
    await queue.wait_for_connections(2)
    assert set(queue.subscriptions) == {"first", "second"}
    await settled(entry)
    cloud.report(the_plug.id, {"reading": 199})
    await queue.wait_for(lambda: not queue.backlog("first") and not queue.backlog("second"))
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "19.9"
    statistics = queue_of(entry).diagnostics()["consumers"]
    assert sorted(one["duplicates"] for one in statistics) == [0, 1]
    assert connection_of(entry).usage.messages.today == 1


async def test_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """What came is counted by kind, also what nobody knows; secrets and sentences are not told."""
    queue.voice(the_plug.id, "A secret sentence")
    queue.publish({"bizCode": "comet", "bizData": {"devId": the_plug.id}}, device_id=the_plug.id, protocol=99)
    queue.scene("rule")
    await told(queue)
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, trusted)
    shown = found["connection"]["queue"]
    assert shown["connected"] is True
    assert shown["environment"] == "event"
    assert shown["consumers"][0]["unknown_kinds"]["comet"] == 1
    assert shown["consumers"][0]["kinds"]["voice_nlu"] == 1
    assert shown["taken"]["not_used"] == 2
    text = json.dumps(found)
    assert cloud.access_secret not in text
    assert cloud.access_id not in text
    assert "secret sentence" not in text
    assert not queue.unacked


async def test_burst(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """Hundreds at once of many devices: the last of each is its state, and none comes twice."""
    more = [cloud_plug(f"Plug {number}") for number in range(20)]
    for device in more:
        cloud.add_device(device)
    await wait_until(lambda: len(trusted.runtime_data.devices) == 21)
    await settled(trusted)
    for reading in range(25):
        for device in more:
            cloud.report(device.id, {"reading": reading})
        await asyncio.sleep(0)
    await told(queue)
    assert {trusted.runtime_data.devices[device.id].state["reading"] for device in more} == {24}
    assert not queue.redelivered
