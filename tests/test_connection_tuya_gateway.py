"""The connection with a gateway: losses and returns, devices that join and leave, states that are read again."""

import asyncio
from collections import Counter
from datetime import timedelta
import logging
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_ON, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.iot_gateway.clients.tuya_gateway import GatewayClient
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_gateway import Codec, SimulatedDevice, TuyaGatewaySimulator, all_codecs
from simulators.tuya_gateway.demo.points import device as simulated_device, ro, rw
from simulators.tuya_gateway.schema import boolean, integer
from tests.helpers import (
    TITLE,
    UNKNOWN_CATEGORY,
    entity_id,
    find_entity,
    load,
    make_entry,
    plug,
    state_of,
    states_written,
    stays,
    wait_until,
)

pytestmark = pytest.mark.usefixtures("unloading")

LOGGER = "custom_components.iot_gateway.connections.tuya_gateway"


@pytest.fixture
def the_plug(simulator: TuyaGatewaySimulator) -> SimulatedDevice:
    """Return the plug of the simulator."""
    return next(device for device in simulator.devices.values() if device.category == UNKNOWN_CATEGORY)


def infos(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the connection told the user in the log."""
    return [
        record.getMessage() for record in caplog.records if record.name == LOGGER and record.levelno >= logging.INFO
    ]


def registered(hass: HomeAssistant, entry: MockConfigEntry, device_id: str) -> bool:
    """Whether the device registry has a device of an entry."""
    return dr.async_get(hass).async_get_device_by_identifier((DOMAIN, device_id), entry.entry_id) is not None


def after(hass: HomeAssistant, seconds: float) -> None:
    """Let Home Assistant's timers that are due within so many seconds fire now."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds + 1))


def failures(entry: MockConfigEntry) -> int:
    """Count the attempts to connect that have failed."""
    count: int = entry.runtime_data.connection.diagnostics()["statistics"]["failed_attempts"]
    return count


def refused(simulator: TuyaGatewaySimulator) -> int:
    """Count the connections that the gateway has refused because it was asked to."""
    return simulator.refusals.count("asked to refuse")


def tried(simulator: TuyaGatewaySimulator, request_type: str) -> int:
    """Count the requests of a type."""
    return sum(request["type"] == request_type for request in simulator.requests)


def waiting_for_missing(hass: HomeAssistant) -> list[asyncio.TimerHandle]:
    """Return the timers that wait to look again for devices that were missing."""
    return [
        handle
        for handle in get_scheduled_timer_handles(hass.loop)
        if not handle.cancelled() and "check_missing" in repr(handle._args)
    ]


# Values


@pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")
@pytest.mark.parametrize("codec", all_codecs()[::4], ids=str)
async def test_report(hass: HomeAssistant, codec: Codec) -> None:
    """A report is on the entity's state at once, whatever the frames look like, and wakes no other entity."""
    the_plug = plug()
    async with TuyaGatewaySimulator([the_plug], codec=codec) as simulator:
        entry = make_entry(simulator)
        await load(hass, entry)
        with states_written(hass) as states:
            await simulator.report(the_plug.id, {"reading": 193})
            await simulator.report(the_plug.id, {"reading": 193})  # the same again is no news
            await simulator.report(the_plug.id, {"contact": True, "relay": True})
            await wait_until(lambda: len(states) == 3)
            await stays(lambda: len(states) == 3, 0.02)
        assert {(state.entity_id, state.state) for state in states} == {
            (entity_id(hass, Platform.SENSOR, the_plug, "reading"), "19.3"),
            (entity_id(hass, Platform.BINARY_SENSOR, the_plug, "contact"), STATE_ON),
            (entity_id(hass, Platform.SWITCH, the_plug, "relay"), STATE_ON),
        }
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_unannounced_data_point(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A code that the schema lacks gets an entity with its first report, and the others stay as they are."""
    with states_written(hass) as states:
        await simulator.report(the_plug.id, {"secret_counter": 7})
        await wait_until(lambda: find_entity(hass, Platform.SENSOR, the_plug, "secret_counter"))
        await hass.async_block_till_done()
    assert [state.state for state in states] == ["7"]
    await simulator.report(the_plug.id, {"secret_counter": 8})
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "secret_counter")) == "8")

    # Nor does it change anything that a re-read brings the code along, or that its numbers have decimals then
    the_plug.value["secret_counter"] = 8.5
    await simulator.drop()
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "secret_counter")) == "8.5")
    assert simulator.opened == 2


async def test_unannounced_data_point_comes_with_a_reread(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """It may be there for the first time when the state is read again."""
    the_plug.value["secret_counter"] = 9
    await simulator.drop()
    await wait_until(lambda: find_entity(hass, Platform.SENSOR, the_plug, "secret_counter"))
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "secret_counter")) == "9")
    assert simulator.opened == 2  # without a reload, which would connect once more


async def test_value_outside_the_schema(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    the_plug: SimulatedDevice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What the device's own schema does not allow is unknown, and told in the log once, also over reconnects."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    select = entity_id(hass, Platform.SELECT, the_plug, "phase")
    await simulator.report(the_plug.id, {"reading": 5000})
    await simulator.report(the_plug.id, {"phase": "asleep"})
    await wait_until(lambda: (state_of(hass, sensor), state_of(hass, select)) == ("unknown", "unknown"))
    await simulator.report(the_plug.id, {"reading": 6000})
    await simulator.report(the_plug.id, {"phase": "done"})
    await wait_until(lambda: state_of(hass, select) == "done")
    assert state_of(hass, sensor) == "unknown"
    await simulator.drop()
    await simulator.wait_for(lambda: simulator.opened == 2 and simulator.connections == 1)
    await wait_until(lambda: state_of(hass, sensor) == "unknown")

    warnings = [record for record in caplog.records if "its own schema does not allow" in record.getMessage()]
    assert [record.levelno for record in warnings] == [logging.WARNING] * 2
    assert entry.runtime_data.devices[the_plug.id].invalid == {"reading": 2, "phase": 1}

    await simulator.report(the_plug.id, {"reading": 100})
    await wait_until(lambda: state_of(hass, sensor) == "10.0")


# Loss and return


async def test_loss_and_return(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    the_plug: SimulatedDevice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All entities are unavailable once and back once; the user is told once of each, however long it takes."""
    entities = {state.entity_id for state in hass.states.async_all() if state.domain not in ("button", "event")}
    caplog.clear()
    with states_written(hass) as states:
        await simulator.stop()
        await wait_until(lambda: {state_of(hass, entity) for entity in entities} == {STATE_UNAVAILABLE})
        await wait_until(lambda: failures(entry) >= 3)
    counts = Counter(state.entity_id for state in states)
    assert {counts[entity] for entity in entities} == {1}
    (lost,) = infos(caplog)
    assert lost.startswith(f"{TITLE} is lost: ")

    the_plug.value["reading"] = 300
    caplog.clear()
    with states_written(hass) as states:
        await simulator.start()
        await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "30.0")
        await hass.async_block_till_done()
        await stays(lambda: entry.runtime_data.connected, 0.02)
    counts = Counter(state.entity_id for state in states)
    assert {counts[entity] for entity in entities} == {1}
    assert STATE_UNAVAILABLE not in {state.state for state in states}
    assert infos(caplog) == [f"{TITLE} is back"]


async def test_reread_wakes_only_what_changed(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A state that is read again while the link is up writes what differs and nothing else."""
    the_plug.value["reading"] = 111
    the_plug.value["relay"] = True
    with states_written(hass) as states:
        entry.runtime_data.connection.ask(the_plug.id)
        await wait_until(lambda: len(states) == 2)
        await hass.async_block_till_done()
    assert {state.entity_id: state.state for state in states} == {
        entity_id(hass, Platform.SENSOR, the_plug, "reading"): "11.1",
        entity_id(hass, Platform.SWITCH, the_plug, "relay"): STATE_ON,
    }


async def test_event_right_behind_an_answer(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """What a device reports while its state is being read is newer than the answer, and stays."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    hub = entry.runtime_data
    original = GatewayClient.get_status

    async def slow(self: GatewayClient, ids: Any) -> Any:
        """Answer; then the device reports and goes offline, before whoever asked has the answer."""
        answer = await original(self, ids)
        await simulator.report(the_plug.id, {"reading": 333})
        await simulator.set_online(the_plug.id, False)
        await wait_until(lambda: not hub.devices[the_plug.id].online)
        return answer

    the_plug.value["contact"] = True
    with patch.object(GatewayClient, "get_status", slow):
        hub.connection.ask(the_plug.id)
        await wait_until(lambda: hub.devices[the_plug.id].state["contact"] is True)
    assert hub.devices[the_plug.id].state["reading"] == 333
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    assert hub.devices[the_plug.id].online is False


async def test_reading_again_fails(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A state that the gateway does not tell leaves things as they are."""
    simulator.faults.reject = {"get_status"}
    with states_written(hass) as states:
        entry.runtime_data.connection.ask(the_plug.id)
        await simulator.wait_for_request("get_status")
        await simulator.wait_for_request("get_status")
        await hass.async_block_till_done(wait_background_tasks=False)
        await stays(lambda: not states, 0.05)

    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    entry.runtime_data.connection.ask(the_plug.id)  # nobody to ask; that is no error


async def test_loss_while_reading_again(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """An answer of a link that has been replaced meanwhile is not taken in."""
    hub = entry.runtime_data
    original = GatewayClient.get_status
    release = asyncio.Event()
    asked = asyncio.Event()

    async def held(self: GatewayClient, ids: Any) -> Any:
        answer = await original(self, ids)
        if list(ids) == [the_plug.id] and not release.is_set():
            asked.set()
            await release.wait()
        return answer

    with patch.object(GatewayClient, "get_status", held):
        hub.connection.ask(the_plug.id)
        await asked.wait()
        the_plug.value["reading"] = 400
        await simulator.drop()
        await wait_until(lambda: hub.connected and hub.devices[the_plug.id].state["reading"] == 400)
        release.set()
        await stays(lambda: hub.devices[the_plug.id].state["reading"] == 400, 0.05)


async def test_return_with_another_schema(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """Devices that come back as something else are set up anew, by one reload for all of them."""
    other = plug("Other")
    await simulator.add_device(other)
    await wait_until(lambda: find_entity(hass, Platform.SENSOR, other, "reading"))
    for simulated in (the_plug, other):
        simulated.function.append(boolean("turbo"))
        simulated.status.append(boolean("turbo"))
        simulated.value["turbo"] = True
    with patch.object(
        hass.config_entries, "async_schedule_reload", wraps=hass.config_entries.async_schedule_reload
    ) as reload:
        await simulator.drop()
        await wait_until(lambda: find_entity(hass, Platform.SWITCH, the_plug, "turbo"))
        await hass.async_block_till_done()
    reload.assert_called_once_with(entry.entry_id)
    assert state_of(hass, entity_id(hass, Platform.SWITCH, other, "turbo")) == STATE_ON


async def test_return_without_a_description(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A known device that the gateway forgets to describe once is what it was."""
    original = GatewayClient.get_schema

    async def forgetful(self: GatewayClient, ids: Any) -> Any:
        schemas = await original(self, ids)
        del schemas[the_plug.id]
        return schemas

    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    the_plug.value["reading"] = 250
    with patch.object(GatewayClient, "get_schema", forgetful):
        await simulator.drop()
        await wait_until(lambda: state_of(hass, sensor) == "25.0")
        await hass.async_block_till_done()
    assert simulator.opened == 2


async def test_refused_while_running(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Three refusals in a row ask for the key, once; what fails otherwise in between begins the count anew."""
    simulator.faults.refuse_auth = True
    await simulator.drop()
    await simulator.wait_for(lambda: refused(simulator) >= 2)
    simulator.faults.refuse_auth = False
    simulator.faults.http_status = 503
    opened = simulator.opened
    failed = failures(entry)
    await wait_until(lambda: failures(entry) > failed + 1)
    assert simulator.opened == opened
    simulator.faults.http_status = None
    simulator.faults.refuse_auth = True
    before = refused(simulator)
    if not hass.config_entries.flow.async_progress():
        await simulator.wait_for(lambda: refused(simulator) >= before + 2)
    await wait_until(hass.config_entries.flow.async_progress)
    assert refused(simulator) >= before + 3
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert entry.state is ConfigEntryState.LOADED
    assert issue_registry.async_get_issue(DOMAIN, f"device_key_refused_{entry.entry_id}") is not None

    after_that = refused(simulator)
    await simulator.wait_for(lambda: refused(simulator) >= after_that + 4)
    assert len(hass.config_entries.flow.async_progress()) == 1

    # The key is accepted again (LAN Control was off and on): all is well, and nobody needs to ask any more
    simulator.faults.reset()
    await wait_until(lambda: entry.runtime_data.connected)
    assert issue_registry.async_get_issue(DOMAIN, f"device_key_refused_{entry.entry_id}") is None
    assert not hass.config_entries.flow.async_progress()


async def test_garbage(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A frame or two that cannot be read harm nobody."""
    await simulator.send_garbage(2)
    await simulator.report(the_plug.id, {"reading": 77})
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "7.7")
    assert simulator.opened == 1
    assert entry.runtime_data.connection.diagnostics()["statistics"]["malformed_frames"] == 2


async def test_flood(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """After a flood every entity shows the last of its values."""
    await simulator.flood(2000)
    await wait_until(lambda: entry.runtime_data.devices[the_plug.id].state == the_plug.value)
    await hass.async_block_till_done()
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == str(the_plug.value["reading"] / 10)
    assert simulator.opened == 1


@pytest.mark.link(request_timeout=2.0)
async def test_idle_interval(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """A gateway that has fallen silent is found out after the interval in the options."""
    entry = make_entry(simulator, options={"idle_interval": 0.1})
    await load(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    simulator.faults.deaf = True
    await wait_until(lambda: not entry.runtime_data.connected)
    simulator.faults.reset()
    await wait_until(lambda: entry.runtime_data.connected)


# Devices


async def test_device_offline_and_back(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A device that is offline is unavailable alone; when it is back, its state is read."""
    others = {entity.entity_id for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)}
    own = {entity for entity in others if the_plug.id in er.async_get(hass).async_get(entity).unique_id}  # type: ignore[union-attr]
    others -= own
    assert own
    assert others
    await simulator.set_online(the_plug.id, False)
    await wait_until(lambda: {state_of(hass, entity) for entity in own} == {STATE_UNAVAILABLE})
    assert STATE_UNAVAILABLE not in {state_of(hass, entity) for entity in others}

    the_plug.value["reading"] = 55  # nobody heard of it
    await simulator.set_online(the_plug.id, True)
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "5.5")
    assert STATE_UNAVAILABLE not in {state_of(hass, entity) for entity in own}


async def test_device_offline_at_setup(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, entity_registry_enabled_by_default: None
) -> None:
    """It has its entities, which are unavailable until it comes."""
    asleep = plug("Asleep", online=False)
    simulator.devices[asleep.id] = asleep
    await load(hass, make_entry(simulator))
    sensor = entity_id(hass, Platform.SENSOR, asleep, "reading")
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    await simulator.set_online(asleep.id, True)
    await wait_until(lambda: state_of(hass, sensor) == "21.5")


async def test_online_event_with_values(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """Values that come with the news that a device is there are taken in too."""
    simulator.faults.slips = {"online_value"}
    simulator.faults.no_answer = {"get_status"}
    the_plug.value["reading"] = 66
    await simulator.set_online(the_plug.id, True)
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "6.6")


async def test_device_joins(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A device that joins is there without a reload; the others are not even asked about."""
    new = plug("New")
    simulator.requests.clear()
    with states_written(hass) as states:
        await simulator.add_device(new)
        await wait_until(lambda: find_entity(hass, Platform.SENSOR, new, "reading"))
        await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, new, "reading")) == "21.5")
        await hass.async_block_till_done()
    assert registered(hass, entry, new.id)
    assert simulator.opened == 1
    assert [request["data"] for request in simulator.requests] == [None, [new.id], [new.id]]
    assert not {state.entity_id for state in states} & {entity_id(hass, Platform.SENSOR, the_plug, "reading")}


async def test_many_devices_join(hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator) -> None:
    """Devices that join together lead to a few looks at the list, not to one each."""
    simulator.requests.clear()
    joining = [plug(f"New {number}") for number in range(40)]
    # A pause that is long beside the time that joining takes, on any machine
    with patch("custom_components.iot_gateway.connections.tuya_gateway._REGISTRY_COOLDOWN", 0.3):
        for simulated in joining:
            await simulator.add_device(simulated)
        await wait_until(lambda: all(find_entity(hass, Platform.SENSOR, one, "reading") for one in joining))
    looks = sum(request["type"] == "get_devices" for request in simulator.requests)
    assert looks < 20


async def test_device_joins_while_the_list_is_being_looked_at(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator
) -> None:
    """A look that has had its list already does for the devices in it only."""
    first, second = plug("First"), plug("Second")
    simulator.faults.delays = {"get_schema": 0.1}
    simulator.requests.clear()
    await simulator.add_device(first)
    await simulator.wait_for(lambda: any(request["type"] == "get_schema" for request in simulator.requests))
    await simulator.add_device(second)
    await wait_until(lambda: find_entity(hass, Platform.SENSOR, second, "reading"))
    assert find_entity(hass, Platform.SENSOR, first, "reading")
    assert set(entry.runtime_data.devices) == set(simulator.devices)


@pytest.mark.parametrize("failing", ["get_devices", "get_schema", "get_status"])
async def test_list_cannot_be_had_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, failing: str
) -> None:
    """A look that fails is made again, some times; after that the next event leads to one."""
    simulator.faults.reject = {failing}
    simulator.requests.clear()
    new = plug("New")
    await simulator.add_device(new)
    await simulator.wait_for(lambda: tried(simulator, failing) == 3)
    await stays(lambda: tried(simulator, failing) == 3, 0.1)
    simulator.faults.reset()
    await simulator.report(new.id, {"contact": True})
    await wait_until(lambda: find_entity(hass, Platform.SENSOR, new, "reading"))


async def test_link_is_replaced_while_a_device_is_being_read(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator
) -> None:
    """What was read over the old link is dropped: the new one has read it all."""
    hub = entry.runtime_data
    new = plug("New")
    original = GatewayClient.get_status

    async def held(self: GatewayClient, ids: Any) -> Any:
        """Answer with what is true then, but only once the link is another."""
        ids = list(ids)
        answer = await original(self, ids)
        if ids == [new.id]:
            new.value["reading"] = 400
            await simulator.drop()
            await wait_until(lambda: hub.connected and hub.connection._link.client is not self)
            await wait_until(lambda: new.id in hub.devices)
        return answer

    with patch.object(GatewayClient, "get_status", held):
        await simulator.add_device(new)
        await wait_until(lambda: new.id in hub.devices)
        await wait_until(hub.connection._look_task.done)
    assert hub.devices[new.id].state["reading"] == 400


async def test_report_of_a_device_nobody_announced(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator
) -> None:
    """It is on the list then; what it reported while it was being read is not lost."""
    new = plug("New")
    simulator.devices[new.id] = new
    original = GatewayClient.get_status

    async def slow(self: GatewayClient, ids: Any) -> Any:
        answer = await original(self, ids)
        await simulator.report(new.id, {"reading": 333})
        await simulator.set_online(new.id, False)
        await simulator.set_online(new.id, True)
        await stays(lambda: True, 0.02)
        return answer

    with patch.object(GatewayClient, "get_status", slow):
        await simulator.report(new.id, {"reading": 111})
        await wait_until(lambda: find_entity(hass, Platform.SENSOR, new, "reading"))
        await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, new, "reading")) == "33.3")


async def test_report_of_what_is_on_no_list(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """The gateway may report of itself: one look at the list is enough, however often it does."""
    simulator.requests.clear()
    report = {"devid": "the gateway itself", "value": [{"k": "master_state", "v": "normal"}]}
    await simulator.push_event("state_changed", report)
    await simulator.wait_for_request("get_devices")
    await wait_until(entry.runtime_data.connection._look_task.done)
    for reading in range(300, 304):
        await simulator.push_event("state_changed", report)
        # What comes behind it shows that it has been heard
        await simulator.report(the_plug.id, {"reading": reading})
        sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
        await wait_until(lambda: state_of(hass, sensor) == str(reading / 10))  # noqa: B023
    await stays(lambda: True, 0.05)
    assert [request["type"] for request in simulator.requests] == ["get_devices"]
    assert set(entry.runtime_data.devices) == set(simulator.devices)


async def test_device_without_a_description(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A device that the gateway does not describe has what it reports, as it is."""
    new = plug("New")
    original = GatewayClient.get_schema

    async def silent(self: GatewayClient, ids: Any) -> Any:
        return {key: value for key, value in (await original(self, ids)).items() if key != new.id}

    with patch.object(GatewayClient, "get_schema", silent):
        await simulator.add_device(new)
        await wait_until(lambda: find_entity(hass, Platform.SENSOR, new, "reading"))
    assert state_of(hass, entity_id(hass, Platform.SENSOR, new, "reading")) == "215"
    assert f"lists device {new.id} but describes it not" in caplog.text


async def test_device_without_a_state(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator
) -> None:
    """A device of whose state the gateway says nothing is offline."""
    new = plug("New")
    original = GatewayClient.get_status

    async def silent(self: GatewayClient, ids: Any) -> Any:
        return {key: value for key, value in (await original(self, ids)).items() if key != new.id}

    with patch.object(GatewayClient, "get_status", silent):
        await simulator.add_device(new)
        await wait_until(lambda: find_entity(hass, Platform.SENSOR, new, "reading"))
    await hass.async_block_till_done()
    assert state_of(hass, entity_id(hass, Platform.SENSOR, new, "reading")) == STATE_UNAVAILABLE


async def test_device_leaves(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    the_plug: SimulatedDevice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A device that leaves goes with all that it had; the others stay; it can come back."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    await simulator.remove_device(the_plug.id)
    await wait_until(lambda: hass.states.get(sensor) is None)
    await hass.async_block_till_done()
    assert not registered(hass, entry, the_plug.id)
    assert find_entity(hass, Platform.SENSOR, the_plug, "reading") is None
    assert len(simulator.devices) == 1
    assert all(registered(hass, entry, device_id) for device_id in simulator.devices)
    assert f"Device {the_plug.id} has left {TITLE}" in infos(caplog)

    await simulator.add_device(the_plug)
    await wait_until(lambda: find_entity(hass, Platform.SENSOR, the_plug, "reading"))
    await wait_until(lambda: hass.states.get(sensor) is not None)
    await simulator.report(the_plug.id, {"reading": 99})
    await wait_until(lambda: state_of(hass, sensor) == "9.9")


async def test_device_with_gangs_leaves(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator
) -> None:
    """Its gangs go with it."""
    gangs = simulated_device(
        "Gangs", "kg", rw(boolean("switch_1"), True), rw(boolean("switch_2"), True), ro(integer("x", 0, 9), 1)
    )
    await simulator.add_device(gangs)
    await wait_until(lambda: find_entity(hass, Platform.SWITCH, gangs, "switch_2"))
    registry = dr.async_get(hass)
    children = dr.async_child_entries_for_config_entry(registry, entry.entry_id)
    assert {identifier for child in children for _, identifier in child.identifiers} == {
        f"{gangs.id}_gang_1",
        f"{gangs.id}_gang_2",
    }
    await simulator.remove_device(gangs.id)
    await wait_until(lambda: find_entity(hass, Platform.SWITCH, gangs, "switch_2") is None)
    assert not dr.async_child_entries_for_config_entry(registry, entry.entry_id)


async def test_gone_while_away(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A device that is missing after a reconnect is unavailable, and gone if it still is a minute later."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    del simulator.devices[the_plug.id]
    await simulator.drop()
    await simulator.wait_for(lambda: simulator.opened == 2 and simulator.connections == 1)
    await wait_until(lambda: entry.runtime_data.connected)
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    assert entry.runtime_data.connection.diagnostics()["missing_devices"] == [the_plug.id]

    # Others come and go meanwhile: a gateway that has just started tells of its devices one by one
    await simulator.add_device(plug("New"))
    await wait_until(lambda: len(entry.runtime_data.devices) == 3)
    assert registered(hass, entry, the_plug.id)

    # A reconnect begins the minute anew
    timer = entry.runtime_data.connection._cancel_missing_check
    assert len(waiting_for_missing(hass)) == 1
    await simulator.drop()
    await simulator.wait_for(lambda: simulator.opened == 3 and simulator.connections == 1)
    await wait_until(lambda: entry.runtime_data.connected)
    assert entry.runtime_data.connection._cancel_missing_check is not timer
    assert len(waiting_for_missing(hass)) == 1

    after(hass, 60)
    await wait_until(lambda: not registered(hass, entry, the_plug.id))
    await hass.async_block_till_done()
    assert hass.states.get(sensor) is None
    assert len(entry.runtime_data.devices) == 2


async def test_late_after_a_reconnect(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A device that the gateway lists late is what it was, with the state of now."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    before = er.async_get(hass).async_get(sensor)
    del simulator.devices[the_plug.id]
    await simulator.drop()
    await simulator.wait_for(lambda: simulator.opened == 2 and simulator.connections == 1)
    await wait_until(lambda: entry.runtime_data.connected)
    the_plug.value["reading"] = 44
    await simulator.add_device(the_plug)
    await wait_until(lambda: state_of(hass, sensor) == "4.4")
    assert er.async_get(hass).async_get(sensor) == before
    assert entry.runtime_data.connection.diagnostics()["missing_devices"] == []

    simulator.requests.clear()
    after(hass, 60)
    await stays(lambda: registered(hass, entry, the_plug.id), 0.05)


async def test_missing_check_fails(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """While the gateway does not tell its list, nothing is taken for gone; that is looked at a minute later."""
    del simulator.devices[the_plug.id]
    await simulator.drop()
    await simulator.wait_for(lambda: simulator.opened == 2 and simulator.connections == 1)
    await wait_until(lambda: entry.runtime_data.connected)
    simulator.faults.reject = {"get_devices"}
    simulator.requests.clear()
    after(hass, 60)
    await simulator.wait_for(lambda: bool(simulator.requests))
    await wait_until(lambda: entry.runtime_data.connection._cancel_missing_check is not None)
    assert registered(hass, entry, the_plug.id)

    simulator.faults.reset()
    after(hass, 60)
    await wait_until(lambda: not registered(hass, entry, the_plug.id))


async def test_missing_check_without_a_link(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """Nor while the link is down; the next connection looks again."""
    del simulator.devices[the_plug.id]
    await simulator.drop()
    await simulator.wait_for(lambda: simulator.opened == 2 and simulator.connections == 1)
    await wait_until(lambda: entry.runtime_data.connected)
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    after(hass, 60)
    await stays(lambda: registered(hass, entry, the_plug.id), 0.05)
    await simulator.start()
    await wait_until(lambda: entry.runtime_data.connected)
    after(hass, 60)
    await wait_until(lambda: not registered(hass, entry, the_plug.id))


async def test_gone_while_home_assistant_was_down(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A device that only the device registry knows is removed too; the gangs of those that are there stay."""
    gangs = simulated_device("Gangs", "kg", rw(boolean("switch_1"), True), rw(boolean("switch_2"), True))
    simulator.devices[gangs.id] = gangs
    entry = make_entry(simulator)
    await load(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    del simulator.devices[the_plug.id]
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert registered(hass, entry, the_plug.id)
    after(hass, 60)
    await wait_until(lambda: not registered(hass, entry, the_plug.id))
    assert registered(hass, entry, gangs.id)
    assert len(dr.async_child_entries_for_config_entry(dr.async_get(hass), entry.entry_id)) == 2


async def test_unload_while_the_list_is_being_looked_at(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator
) -> None:
    """What is under way then ends without a trace."""
    new = plug("New")
    simulator.faults.delays = {"get_schema": 5.0}
    await simulator.add_device(new)
    await simulator.wait_for(lambda: simulator.requests[-1]["type"] == "get_schema")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert not registered(hass, entry, new.id)


async def test_unload_while_reconnecting(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator
) -> None:
    """Unloading in the middle of a re-read closes the new link."""
    simulator.faults.delays = {"get_status": 5.0}
    simulator.requests.clear()
    await simulator.drop()
    await simulator.wait_for(lambda: bool(simulator.requests) and simulator.requests[-1]["type"] == "get_status")
    assert await hass.config_entries.async_unload(entry.entry_id)
    await simulator.wait_for_disconnection()
