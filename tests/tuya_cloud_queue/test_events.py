"""Presses, events of a model and what a speaker understood."""

import asyncio
import json
import time
from typing import Any
from unittest.mock import patch

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.clients.tuya_cloud.devices import list_devices
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator, make_device
from simulators.tuya_gateway.demo.points import ro
from simulators.tuya_gateway.schema import enum, integer
from simulators.tuya_queue import TuyaQueueSimulator
from tests.helpers import entity_id, state_of, wait_until
from tests.tuya_cloud_queue.helpers import connection_of, told

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default", "few_platforms", "unload")


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


async def test_presses_of_a_moment(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, button: CloudDevice
) -> None:
    """Two that a device which counts seconds tells without an id are two."""
    event = entity_id(hass, Platform.EVENT, button, "switch_mode1")
    fired: list[str] = []
    hass.bus.async_listen(
        "state_changed",
        lambda told: fired.append(told.data["new_state"].state) if told.data["entity_id"] == event else None,
    )
    seconds = int(time.time())
    for press in ("click", "double_click", "click"):
        item = {"code": "switch_mode1", "value": press, "t": seconds}
        queue.publish({"devId": button.id, "productKey": "pk", "status": [item]}, device_id=button.id)
        await told(queue)
    await hass.async_block_till_done()
    # The third may be the first that was told again
    assert len(fired) == 2


async def test_press_while_reloading(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, button: CloudDevice
) -> None:
    """What happens while no entity listens is told when they do again."""
    unload_platforms = hass.config_entries.async_unload_platforms

    async def unload_and_press(*args: Any) -> bool:
        unloaded = await unload_platforms(*args)
        queue.report(button.id, {"switch_mode1": "click"})
        await asyncio.sleep(0.2)
        return unloaded

    with patch.object(hass.config_entries, "async_unload_platforms", unload_and_press):
        assert await hass.config_entries.async_reload(trusted.entry_id)
    event = entity_id(hass, Platform.EVENT, button, "switch_mode1")
    await told(queue)
    await hass.async_block_till_done()
    assert state_of(hass, event) not in (STATE_UNKNOWN, STATE_UNAVAILABLE)


async def test_event_of_the_model(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """It gets an entity when it first happens, which is there after a restart."""
    queue.event(the_plug.id, "overload", {"current": 16})
    await told(queue)
    await hass.async_block_till_done()
    event = entity_id(hass, Platform.EVENT, the_plug, "event:overload")
    registry_entry = er.async_get(hass).async_get(event)
    assert registry_entry is not None
    assert registry_entry.original_name == "Overload"
    # What made it so was before that entity listened, and happened all the same
    assert hass.states.get(event).attributes["current"] == 16  # type: ignore[union-attr]
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
    await hass.async_block_till_done()
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


@pytest.mark.parametrize("entities", [7, True, "TV", {"value": "TV"}, [None, 7], None])
async def test_odd_entities(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, the_plug: CloudDevice, entities: Any
) -> None:
    """A sentence is told whatever its entities are."""
    data = {"devId": the_plug.id, "nlu": json.dumps([{"text": "Pause", "intent": "pause", "entities": entities}])}
    queue.publish({"bizCode": "voice", "eventType": "voice_nlu", "data": data}, device_id=the_plug.id)
    await told(queue)
    await hass.async_block_till_done()
    attributes = hass.states.get(entity_id(hass, Platform.EVENT, the_plug, "event:voice_nlu")).attributes  # type: ignore[union-attr]
    assert (attributes["text"], attributes["entities"]) == ("Pause", [])


async def test_first_event_fires_once(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """Neither lost nor doubled: the first that there is, and those that come with it."""
    fired: list[Any] = []

    @callback
    def note(told_: Event[EventStateChangedData]) -> None:
        new = told_.data["new_state"]
        if new is not None and new.state not in (STATE_UNKNOWN, STATE_UNAVAILABLE) and "current" in new.attributes:
            fired.append(new.attributes["current"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    queue.event(the_plug.id, "overload", {"current": 1})
    await told(queue)
    await hass.async_block_till_done()
    queue.event(the_plug.id, "overload", {"current": 2})
    await told(queue)
    await hass.async_block_till_done()
    assert fired == [1, 2]


async def test_press_while_the_list_is_read(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    button: CloudDevice,
) -> None:
    """A press of a moment before the list was asked for is told after that: it is no state any more, but a press."""
    connection = connection_of(trusted)
    listed = await list_devices(connection.api)
    connection._take_list(listed, connection.api.cloud_time)
    queue.report(button.id, {"switch_mode1": "double_click"}, age=2)
    await told(queue)
    await hass.async_block_till_done()
    event = entity_id(hass, Platform.EVENT, button, "switch_mode1")
    assert hass.states.get(event).attributes["event_type"] == "multi_press_end"  # type: ignore[union-attr]
    assert trusted.runtime_data.devices[button.id].state["switch_mode1"] == "click"
    fired_at = state_of(hass, event)
    queue.report(button.id, {"switch_mode1": "click"}, age=100)
    await told(queue)
    assert state_of(hass, event) == fired_at


async def test_press_while_loading(
    hass: HomeAssistant, queue: TuyaQueueSimulator, trusted: MockConfigEntry, button: CloudDevice
) -> None:
    """What comes as soon as there is a connection finds its entity listening."""
    event = entity_id(hass, Platform.EVENT, button, "switch_mode1")
    assert await hass.config_entries.async_unload(trusted.entry_id)
    queue.report(button.id, {"switch_mode1": "double_click"})
    set_up = hass.config_entries.async_forward_entry_setups

    async def slowly(*args: Any) -> None:
        await asyncio.sleep(0.5)
        await set_up(*args)

    with patch.object(hass.config_entries, "async_forward_entry_setups", slowly):
        assert await hass.config_entries.async_setup(trusted.entry_id)
    await told(queue)
    await hass.async_block_till_done()
    assert hass.states.get(event).attributes["event_type"] == "multi_press_end"  # type: ignore[union-attr]


async def test_increments_of_the_backlog(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """A sum has all that was reported, however late that is told; the state is the newest."""
    socket = make_device("Socket", "cz", ro(integer("add_ele", 0, 50000, "kW·h", scale=3, step=100), 100))
    cloud.add_device(socket)
    await wait_until(lambda: socket.id in trusted.runtime_data.devices)
    await hass.async_block_till_done()
    total = entity_id(hass, Platform.SENSOR, socket, "add_ele")
    assert float(state_of(hass, total)) == pytest.approx(0.1)
    connection_of(trusted)._freshness.drop(socket.id)
    queue.report(socket.id, {"add_ele": 300}, age=3600)
    queue.report(socket.id, {"add_ele": 400}, age=1800)
    queue.report(socket.id, {"add_ele": 500}, age=1900)
    await told(queue)
    assert float(state_of(hass, total)) == pytest.approx(1.3)
    assert trusted.runtime_data.devices[socket.id].state["add_ele"] == 400
