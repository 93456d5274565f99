"""A Tuya cloud project with its message queue: what devices do is told, and nothing is polled while that is so."""

import asyncio
from collections.abc import AsyncGenerator, Generator
import json
import time
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iot_gateway.clients.tuya_cloud.devices import list_devices
from custom_components.iot_gateway.connections import tuya_cloud, tuya_cloud_queue
from custom_components.iot_gateway.connections.tuya_cloud import TuyaCloudConnection
from custom_components.iot_gateway.connections.tuya_cloud_queue import CloudQueue
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator, make_device
from simulators.tuya_gateway.demo.points import ro
from simulators.tuya_gateway.schema import enum
from simulators.tuya_queue import TuyaQueueSimulator
from simulators.tuya_queue.beside_cloud import queue_beside
from tests.helpers import entity_id, load, state_of, stays, wait_until
from tests.tuya_cloud_helpers import SMALL, after, cloud_entry, cloud_plug, registered

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default", "few_platforms", "unload")

DAY = 86400.0


@pytest.fixture
def few_platforms() -> Generator[None]:
    """Set few platforms up, which is faster, and look at the list soon."""
    with (
        patch("custom_components.iot_gateway.PLATFORMS", [*SMALL, Platform.EVENT]),
        patch.object(tuya_cloud, "_LOOK_AFTER", 0.05),
        patch.object(tuya_cloud, "_ASK_AFTER", 0.05),
        patch.object(tuya_cloud, "_RESULT_AFTER", 0.3),
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
    connection = connection_of(entry)
    await wait_until(lambda: connection._cancel_look is None and connection._cancel_poll is not None)
    await entry.runtime_data.hass.async_block_till_done()


async def told(queue: TuyaQueueSimulator) -> None:
    """Wait until all that was published has been acknowledged, and so been taken."""
    await queue.wait_for(lambda: not queue.backlog())


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


def connection_of(entry: MockConfigEntry) -> TuyaCloudConnection:
    connection = entry.runtime_data.connection
    assert isinstance(connection, TuyaCloudConnection)
    return connection


def queue_of(entry: MockConfigEntry) -> CloudQueue:
    queue = connection_of(entry).queue
    assert queue is not None
    return queue


def next_poll(entry: MockConfigEntry) -> float:
    """Return in how many seconds the list will be read again."""
    loop = entry.runtime_data.hass.loop
    (when,) = [
        handle.when() - loop.time()
        for handle in loop._scheduled
        if not handle.cancelled() and "_poll_now" in repr(handle._args)
    ]
    return float(when)


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


# Polling


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


async def test_two_hours_away(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """The queue has dropped what happened: the list is read, once."""
    await queue.stop()
    await wait_until(lambda: not queue_of(trusted).connected)
    lost_at = queue_of(trusted)._lost_at
    assert lost_at is not None
    queue_of(trusted)._lost_at = lost_at - tuya_cloud_queue.KEPT_FOR
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


# State


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
    asked_at = connection.cloud_time - 1
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


# Devices that come and go


async def test_bind_and_unbind(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """Many that are added at once take one reading; one that is removed goes at once."""
    several = [cloud_plug(f"Plug {number}") for number in range(3)]
    for device in several:
        cloud.add_device(device)
    await wait_until(lambda: all(device.id in trusted.runtime_data.devices for device in several))
    await settled(trusted)
    assert cloud.calls["devices"] == 1
    cloud.remove_device(several[0].id)
    await wait_until(lambda: several[0].id not in trusted.runtime_data.devices)
    assert registered(hass, trusted, several[0].id) is None
    assert registered(hass, trusted, several[1].id) is not None
    await settled(trusted)
    assert cloud.calls["devices"] == 2


async def test_unbind_of_the_last(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, trusted: MockConfigEntry, the_plug: CloudDevice
) -> None:
    cloud.remove_device(the_plug.id)
    await wait_until(lambda: the_plug.id not in trusted.runtime_data.devices)
    assert registered(hass, trusted, the_plug.id) is None
    assert issues(hass) == {"cloud_no_devices"}


async def test_unbound_and_bound_again(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """What the list has stays, whatever an old message said."""
    device = registered(hass, trusted, the_plug.id)
    assert device is not None
    queue.unbind(the_plug.id, age=1000)
    queue.reset(the_plug.id, family="seed", age=900)
    queue.bind(the_plug.id, age=800)
    queue.unbind(the_plug.id, age=1100)
    await told(queue)
    await cloud.wait_for(lambda: cloud.calls["devices"] == 1)
    # The list may be late: one more look, then it is right
    await wait_until(lambda: connection_of(trusted)._looked_for and connection_of(trusted)._cancel_look)
    assert registered(hass, trusted, the_plug.id) == device
    after(hass, 60)
    await cloud.wait_for(lambda: cloud.calls["devices"] == 2)
    await settled(trusted)
    assert connection_of(trusted)._expected == {}


async def test_rename(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """A device has its new name, unless the user gave it one of their own."""
    the_plug = next(iter(cloud.devices.values()))
    cloud.rename(the_plug.id, "Shed plug")
    await told(queue)
    device = registered(hass, trusted, the_plug.id)
    assert device is not None
    assert device.name == "Shed plug"
    dr.async_get(hass).async_update_device(device.id, name_by_user="Mine")
    cloud.rename(the_plug.id, "Barn plug")
    await told(queue)
    device = registered(hass, trusted, the_plug.id)
    assert device is not None
    assert (device.name, device.name_by_user) == ("Barn plug", "Mine")
    assert not cloud.calls


async def test_message_of_a_stranger(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """A device that no list had is looked for, once."""
    for reading in range(20):
        queue.report("stranger", {"reading": reading})
    await told(queue)
    await wait_until(lambda: connection_of(trusted)._looked_for and connection_of(trusted)._cancel_look)
    after(hass, 60)
    await cloud.wait_for(lambda: cloud.calls["devices"] == 2)
    queue.report("stranger", {"reading": 30})
    await told(queue)
    await settled(trusted)
    assert cloud.calls["devices"] == 2
    assert queue_of(trusted).diagnostics()["taken"]["strange_devices"] == 1


async def test_specification_late(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """What is told of a device before it is brought is its state when it is."""
    late = cloud_plug("Late")
    failure = cloud.faults.fail("specification", 500, device_id=late.id)
    cloud.add_device(late)
    await cloud.wait_for(lambda: cloud.calls["specification"] >= 1)
    await settled(trusted)
    assert late.id not in trusted.runtime_data.devices
    queue.report(late.id, {"reading": 111})
    queue.offline(late.id)
    queue.online(late.id)
    await told(queue)
    cloud.faults.failures.remove(failure)
    connection_of(trusted).api._pauses.clear()
    connection_of(trusted)._freed()
    await wait_until(lambda: late.id in trusted.runtime_data.devices)
    assert trusted.runtime_data.devices[late.id].state["reading"] == 111


# Events


@pytest.fixture
async def button(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> CloudDevice:
    """Return a scene switch that the project has too."""
    switch: CloudDevice = make_device("Button", "wxkg", ro(enum("switch_mode1", "click", "double_click"), "click"))
    cloud.add_device(switch)
    await wait_until(lambda: switch.id in trusted.runtime_data.devices)
    await hass.async_block_till_done()
    return switch


async def test_press(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, button: CloudDevice
) -> None:
    """Each press fires, the same one told twice once, an old one not at all."""
    event = entity_id(hass, Platform.EVENT, button, "switch_mode1")
    assert state_of(hass, event) == STATE_UNKNOWN
    queue.report(button.id, {"switch_mode1": "click"}, age=61)
    await told(queue)
    assert state_of(hass, event) == STATE_UNKNOWN
    fired: list[str] = []
    hass.bus.async_listen(
        "state_changed",
        lambda told: fired.append(told.data["new_state"].state) if told.data["entity_id"] == event else None,
    )
    queue.faults.duplicate_messages = True
    queue.faults.duplicate_frames = True
    queue.report(button.id, {"switch_mode1": "click"}, data_id="one")
    await told(queue)
    queue.report(button.id, {"switch_mode1": "click"}, data_id="two")
    await told(queue)
    await hass.async_block_till_done()
    assert len(fired) == 2


async def test_event_of_the_model(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """It gets an entity when it first happens, which is there after a restart."""
    queue.event(
        the_plug.id, "overload", {"current": 17, "door_password": "1234", "event_type": "x", "note": "n" * 9000}
    )
    await told(queue)
    await hass.async_block_till_done()
    event = entity_id(hass, Platform.EVENT, the_plug, "event:overload")
    registry_entry = er.async_get(hass).async_get(event)
    assert registry_entry is not None
    assert registry_entry.original_name == "Overload"
    # It has an entity now; what made it so was before that entity listened
    queue.event(
        the_plug.id, "overload", {"current": 17, "door_password": "1234", "event_type": "x", "note": "n" * 9000}
    )
    await told(queue)
    attributes = hass.states.get(event).attributes  # type: ignore[union-attr]
    assert attributes["event_type"] == "triggered"
    assert attributes["current"] == 17
    assert attributes["event_type_"] == "x"
    assert len(attributes["note"]) == 4096
    assert "door_password" not in attributes
    fired_at = state_of(hass, event)
    queue.event(the_plug.id, "overload", {"current": 18}, age=100)
    await told(queue)
    assert state_of(hass, event) == fired_at
    assert "event:overload" not in trusted.runtime_data.devices[the_plug.id].state
    assert await hass.config_entries.async_reload(trusted.entry_id)
    assert state_of(hass, event) == fired_at


async def test_voice(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, the_plug: CloudDevice
) -> None:
    queue.voice(the_plug.id, "Warm it up", age=100)
    await told(queue)
    await hass.async_block_till_done()
    event = entity_id(hass, Platform.EVENT, the_plug, "event:voice_nlu")
    assert state_of(hass, event) == STATE_UNKNOWN
    queue.voice(the_plug.id, "Pause the TV")
    await told(queue)
    attributes = hass.states.get(event).attributes  # type: ignore[union-attr]
    assert {name: attributes[name] for name in ("event_type", "text", "intent", "domain", "entities")} == {
        "event_type": "understood",
        "text": "Pause the TV",
        "intent": "pause",
        "domain": "mediaControl",
        "entities": [{"value": "TV", "entity": "deviceName"}],
    }


# Commands


async def switch_on(hass: HomeAssistant, device: CloudDevice) -> None:
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": entity_id(hass, Platform.SWITCH, device, "relay")}, blocking=True
    )


async def test_command(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, trusted: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """What it led to is told: nothing is read."""
    await switch_on(hass, the_plug)
    await stays(lambda: cloud.calls == {"commands": 1}, 0.6)
    assert state_of(hass, entity_id(hass, Platform.SWITCH, the_plug, "relay")) == STATE_ON
    assert queue_of(trusted).trusted


async def test_command_that_is_not_told(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """Its device is read, and the queue is not trusted until it tells of the device again."""
    queue.faults.no_rule = True
    await switch_on(hass, the_plug)
    await cloud.wait_for(lambda: cloud.calls["status_batch"] == 1)
    await wait_until(lambda: not queue_of(trusted).trusted)
    assert next_poll(trusted) == pytest.approx(300, abs=2)
    queue.faults.no_rule = False
    cloud.report(the_plug.id, {"reading": 150})
    await told(queue)
    assert next_poll(trusted) > 80_000


# Troubles


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
    after(hass, tuya_cloud_queue.KEPT_FOR)
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


async def poll(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the list be read now."""
    connection = connection_of(entry)
    assert connection._cancel_poll is not None
    connection._cancel_poll()
    connection._poll_now(None)  # type: ignore[arg-type]
    await wait_until(lambda: connection._cancel_poll is not None)
    await hass.async_block_till_done()


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


# Measures, subscriptions, diagnostics


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
    hass.data[tuya_cloud._APIS].clear()
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
