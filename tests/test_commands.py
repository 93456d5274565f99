"""Commands: gathered into one frame, confirmed, refused, unanswered, and what the entities show meanwhile."""

import asyncio
from collections.abc import Coroutine, Generator, Mapping
from typing import Any
from unittest.mock import patch

from homeassistant.const import (
    ATTR_ENTITY_ID,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    Platform,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.commands import CommandBatcher
from custom_components.iot_gateway.errors import CommandFailed, CommandRefused
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator
from tests.helpers import TITLE, entity_id, load, make_entry, plug, state_of, states_written, stays, wait_until

pytestmark = pytest.mark.usefixtures("unloading")


@pytest.fixture
def the_plug(simulator: TuyaGatewaySimulator) -> SimulatedDevice:
    """Return the plug of the simulator."""
    return next(iter(simulator.devices.values()))


async def switch(hass: HomeAssistant, service: str, *entities: str) -> None:
    """Call a service of switches, as the UI does."""
    await hass.services.async_call(Platform.SWITCH, service, {ATTR_ENTITY_ID: list(entities)}, blocking=True)


def message(err: HomeAssistantError) -> str:
    """Return what the user reads; that it is translated shows by its not being the key."""
    assert err.translation_domain == "iot_gateway"
    assert str(err) != err.translation_key
    return str(err)


async def test_command(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A command is confirmed before the service call ends, and the state is there then."""
    relay = entity_id(hass, Platform.SWITCH, the_plug, "relay")
    await switch(hass, SERVICE_TURN_ON, relay)
    assert state_of(hass, relay) == STATE_ON
    assert simulator.commands == [[{"devid": the_plug.id, "value": [{"k": "relay", "v": True}]}]]
    assert the_plug.value["relay"] is True
    await switch(hass, SERVICE_TURN_OFF, relay)
    assert state_of(hass, relay) == STATE_OFF


@pytest.mark.parametrize(
    ("platform", "service", "key", "data", "raw", "state"),
    [
        (Platform.NUMBER, "set_value", "target", {"value": 75}, 75, "75"),
        (Platform.SELECT, "select_option", "phase", {"option": "busy"}, "busy", "busy"),
    ],
)
async def test_command_of_other_platforms(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    the_plug: SimulatedDevice,
    platform: Platform,
    service: str,
    key: str,
    data: dict[str, Any],
    raw: object,
    state: str,
) -> None:
    """Numbers and selects are commands of the same kind."""
    entity = entity_id(hass, platform, the_plug, key)
    await hass.services.async_call(platform, service, {ATTR_ENTITY_ID: entity, **data}, blocking=True)
    assert simulator.commands == [[{"devid": the_plug.id, "value": [{"k": key, "v": raw}]}]]
    assert state_of(hass, entity) == state


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_fifty_switches_are_one_frame(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """A service call for many devices is one set_value."""
    lamps = [plug(f"Lamp {number}") for number in range(50)]
    simulator.devices.update((lamp.id, lamp) for lamp in lamps)
    await load(hass, make_entry(simulator))
    entities = [entity_id(hass, Platform.SWITCH, lamp, "lamp") for lamp in lamps]
    with states_written(hass) as states:
        await switch(hass, SERVICE_TURN_ON, *entities)
        assert {state_of(hass, entity) for entity in entities} == {STATE_ON}
        await wait_until(lambda: all(lamp.value["lamp"] for lamp in lamps))
        await stays(lambda: len(states) == 50, 0.05)
    (command,) = simulator.commands
    assert {element["devid"] for element in command} == {lamp.id for lamp in lamps}


async def test_two_codes_of_a_device_are_one_frame(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """So are two data points of one device."""
    await switch(
        hass, SERVICE_TURN_ON, *(entity_id(hass, Platform.SWITCH, the_plug, code) for code in ("relay", "lamp"))
    )
    ((command,),) = simulator.commands
    assert command["devid"] == the_plug.id
    assert {value["k"]: value["v"] for value in command["value"]} == {"relay": True, "lamp": True}


async def test_on_and_off_at_once_are_two_frames(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """Two values of one data point are never one command; the later one counts."""
    relay = entity_id(hass, Platform.SWITCH, the_plug, "relay")
    await asyncio.gather(switch(hass, SERVICE_TURN_ON, relay), switch(hass, SERVICE_TURN_OFF, relay))
    assert [command[0]["value"] for command in simulator.commands] == [
        [{"k": "relay", "v": True}],
        [{"k": "relay", "v": False}],
    ]
    assert state_of(hass, relay) == STATE_OFF
    await stays(lambda: state_of(hass, relay) == STATE_OFF, 0.05)


# No flicker


@pytest.fixture
def long_moment() -> Generator[None]:
    """Let no report come too late to be held back, however slow the machine is."""
    with patch("custom_components.iot_gateway.settling.SETTLE_SECONDS", 60.0):
        yield


@pytest.mark.parametrize("event_before_result", [False, True])
@pytest.mark.usefixtures("long_moment")
async def test_stale_report_does_not_flicker(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    the_plug: SimulatedDevice,
    event_before_result: bool,
) -> None:
    """A device that repeats its old value after a command does not make the entity show it."""
    simulator.faults.stale_report = True
    simulator.faults.event_before_result = event_before_result
    relay = entity_id(hass, Platform.SWITCH, the_plug, "relay")
    with states_written(hass) as states:
        await switch(hass, SERVICE_TURN_ON, relay)
        await wait_until(lambda: the_plug.value["relay"] is True)
        await simulator.report(the_plug.id, {"contact": True})  # after all of it
        await wait_until(lambda: states[-1].state == STATE_ON and "contact" in states[-1].entity_id)
    assert [state.state for state in states if state.entity_id == relay] == [STATE_ON]


@pytest.mark.usefixtures("long_moment")
async def test_late_report_does_not_flicker(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """Nor does one that takes its time."""
    simulator.faults.stale_report = True
    simulator.faults.report_delay = 0.1
    target = entity_id(hass, Platform.NUMBER, the_plug, "target")
    with states_written(hass) as states:
        await hass.services.async_call(
            Platform.NUMBER, "set_value", {ATTR_ENTITY_ID: target, "value": 80}, blocking=True
        )
        await wait_until(lambda: the_plug.value["target"] == 80)
        await stays(lambda: state_of(hass, target) == "80", 0.05)
    assert [state.state for state in states] == ["80"]


# What goes wrong


async def test_refused(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A refusal is told in the gateway's words, and the old value stays."""
    simulator.faults.reject = {"set_value"}
    simulator.faults.error = {"code": 7, "msg": "motor is blocked"}
    relay = entity_id(hass, Platform.SWITCH, the_plug, "relay")
    with states_written(hass) as states:
        with pytest.raises(HomeAssistantError) as caught:
            await switch(hass, SERVICE_TURN_ON, relay)
        await hass.async_block_till_done()
    assert message(caught.value).startswith(f"{TITLE} refused the command: ")
    assert "motor is blocked" in message(caught.value)
    assert not states
    assert state_of(hass, relay) == STATE_OFF
    assert len(simulator.commands) == 1  # there is nobody else in it, so there is no use in asking again


async def test_unanswered(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """No answer in time: an error, and the old value."""
    simulator.faults.no_answer = {"set_value"}
    relay = entity_id(hass, Platform.SWITCH, the_plug, "relay")
    # Only now: what set-up asks for has as long as ever
    client = entry.runtime_data.connection._link.client
    assert client is not None
    with (
        patch.object(client, "_request_timeout", 0.1),
        states_written(hass) as states,
        pytest.raises(HomeAssistantError) as caught,
    ):
        await switch(hass, SERVICE_TURN_ON, relay)
    assert message(caught.value) == f"{TITLE} did not confirm the command in time. Check the device, then try again"
    assert not states
    assert state_of(hass, relay) == STATE_OFF


async def test_link_lost_meanwhile(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A link that ends before the answer: an error; nothing is sent again behind the user's back."""
    simulator.faults.no_answer = {"set_value"}
    relay = entity_id(hass, Platform.SWITCH, the_plug, "relay")
    call = asyncio.ensure_future(switch(hass, SERVICE_TURN_ON, relay))
    await simulator.wait_for_request("set_value")
    await simulator.drop()
    with pytest.raises(HomeAssistantError) as caught:
        await call
    assert message(caught.value).startswith(f"The connection to {TITLE} was lost: ")
    await wait_until(lambda: entry.runtime_data.connected)
    await wait_until(lambda: state_of(hass, relay) == STATE_OFF)
    assert len(simulator.commands) == 1


async def test_no_link(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """Without a link there is an error at once."""
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    with pytest.raises(CommandFailed) as caught:
        await entry.runtime_data.send(the_plug.id, {"relay": True})
    assert message(caught.value).startswith(f"There is no connection to {TITLE}. The command was not sent")
    # The hub may not know yet what the connection does
    with pytest.raises(CommandFailed) as caught:
        await entry.runtime_data.connection.send({the_plug.id: {"relay": True}})
    assert message(caught.value).startswith(f"There is no connection to {TITLE}. ")


async def test_device_offline(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A device that is offline is named, by the name that the user gave it."""
    await simulator.set_online(the_plug.id, False)
    await wait_until(lambda: not entry.runtime_data.available(the_plug.id))
    with pytest.raises(CommandFailed) as caught:
        await entry.runtime_data.send(the_plug.id, {"relay": True})
    assert message(caught.value).startswith(f"Device {the_plug.id[-4:].upper()} is offline. ")
    assert not simulator.commands


async def test_device_gone(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A device that has left is an error."""
    with pytest.raises(CommandFailed) as caught:
        await entry.runtime_data.send("gone", {"relay": True})
    assert message(caught.value) == "Device gone is not there any more"


async def test_value_not_allowed(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """What the data point does not allow is the caller's mistake, and is not sent."""
    for values, text in (
        ({"target": 101}, "101 is not allowed for target: it takes a number from 0 to 100 %"),
        ({"phase": "asleep"}, "asleep is not allowed for phase: it takes one of idle, busy, done"),
        ({"reading": 1}, "reading can only be read"),
    ):
        with pytest.raises(ServiceValidationError) as caught:
            await entry.runtime_data.send(the_plug.id, values)
        assert message(caught.value) == text
    assert not simulator.commands


async def test_one_of_many_refused(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """One device that cannot does not keep the others from doing; the error says which part failed."""
    lamps = [plug("One"), plug("Two")]
    for lamp in lamps:
        await simulator.add_device(lamp)
    await wait_until(lambda: len(entry.runtime_data.devices) == 4)
    await hass.async_block_till_done()
    the_plug.online = False  # and nobody was told
    entities = [entity_id(hass, Platform.SWITCH, device, "lamp") for device in (the_plug, *lamps)]
    with pytest.raises(HomeAssistantError) as caught:
        await switch(hass, SERVICE_TURN_ON, *entities)
    assert "the device is offline" in message(caught.value)
    await hass.async_block_till_done()
    assert [state_of(hass, entity) for entity in entities] == [STATE_OFF, STATE_ON, STATE_ON]
    assert [len(command) for command in simulator.commands] == [3, 1, 1, 1]


async def test_device_leaves_meanwhile(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A device that leaves while its command is under way takes nothing down with it."""
    simulator.faults.delays = {"set_value": 0.5}
    relay = entity_id(hass, Platform.SWITCH, the_plug, "relay")
    call = asyncio.ensure_future(switch(hass, SERVICE_TURN_ON, relay))
    await simulator.wait_for_request("set_value")
    await simulator.remove_device(the_plug.id)
    await wait_until(lambda: hass.states.get(relay) is None)
    with pytest.raises(HomeAssistantError) as caught:
        await call
    assert message(caught.value).startswith(f"{TITLE} refused the command: ")


async def test_unload_while_command_is_under_way(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """Whoever waits for the outcome hears that there is none."""
    simulator.faults.no_answer = {"set_value"}
    call = asyncio.ensure_future(entry.runtime_data.send(the_plug.id, {"relay": True}))
    await simulator.wait_for_request("set_value")
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(CommandFailed) as caught:
        await call
    assert message(caught.value).startswith(f"The connection to {TITLE} was lost: ")


async def test_unload_before_command_is_sent(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """Also where the command had not gone out yet."""
    hub = entry.runtime_data
    await simulator.stop()
    await wait_until(lambda: not hub.connected)
    hub.connected = True  # as if the hub had not heard
    call = asyncio.ensure_future(hub.send(the_plug.id, {"relay": True}))
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(CommandFailed):
        await call
    assert not simulator.commands
    assert {state.state for state in hass.states.async_all()} == {STATE_UNAVAILABLE}


# The batcher alone


class Recorder:
    """What a connection's `send` is to a batcher."""

    def __init__(self) -> None:
        """Confirm everything."""
        self.sent: list[dict[str, dict[str, Any]]] = []
        self.refusing: set[str] = set()
        self.failing: set[str] = set()
        self.gate: asyncio.Event | None = None
        self.tasks: list[asyncio.Task[None]] = []
        self.batcher = CommandBatcher(self.send, self.create_task)

    async def send(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what is sent; refuse or fail where asked to."""
        self.sent.append({device: dict(codes) for device, codes in values.items()})
        if self.gate is not None:
            await self.gate.wait()
        if self.failing & values.keys():
            raise ValueError("broken")
        if self.refusing & values.keys():
            raise CommandRefused("command_refused", name="x", error="no")

    def create_task(self, command: Coroutine[Any, Any, None]) -> None:
        """Run it, eagerly as Home Assistant does."""
        self.tasks.append(asyncio.Task(command, loop=asyncio.get_running_loop(), eager_start=True))


async def test_batcher_tells_each_its_own_outcome() -> None:
    """Also where one part fails with an error that nobody foresaw."""
    recorder = Recorder()
    recorder.refusing = {"b"}
    recorder.failing = {"c"}

    async def refuse_first(values: Mapping[str, Mapping[str, Any]]) -> None:
        if len(values) > 1:
            recorder.sent.append({device: dict(codes) for device, codes in values.items()})
            raise CommandRefused("command_refused", name="x", error="no")
        await recorder.send(values)

    batcher = CommandBatcher(refuse_first, recorder.create_task)
    outcomes = await asyncio.gather(
        *(batcher.send(device, {"on": True}) for device in ("a", "b", "c", "a")), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), CommandRefused, ValueError, type(None)]
    assert recorder.sent == [
        {"a": {"on": True}, "b": {"on": True}, "c": {"on": True}},
        {"a": {"on": True}},
        {"b": {"on": True}},
        {"c": {"on": True}},
    ]


async def test_batcher_fails_for_all() -> None:
    """What is no refusal is not tried again."""
    recorder = Recorder()
    recorder.failing = {"a"}
    outcomes = await asyncio.gather(
        *(recorder.batcher.send(device, {"on": True}) for device in ("a", "b")), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [ValueError, ValueError]
    assert len(recorder.sent) == 1


async def test_batcher_is_cancelled() -> None:
    """Nobody waits for ever for what was cancelled, neither in a batch nor in one of its parts."""
    recorder = Recorder()
    recorder.gate = asyncio.Event()
    waiting = [asyncio.ensure_future(recorder.batcher.send(device, {"on": True})) for device in ("a", "b")]
    await wait_until(lambda: recorder.tasks)
    recorder.tasks[0].cancel()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [getattr(outcome, "translation_key", None) for outcome in outcomes] == ["command_interrupted"] * 2

    recorder = Recorder()
    recorder.refusing = {"a", "b"}
    waiting = [asyncio.ensure_future(recorder.batcher.send(device, {"on": True})) for device in ("a", "b")]
    recorder.gate = asyncio.Event()
    await wait_until(lambda: recorder.sent)
    recorder.gate.set()
    recorder.gate = asyncio.Event()
    await wait_until(lambda: len(recorder.sent) == 3)
    recorder.tasks[0].cancel()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [getattr(outcome, "translation_key", None) for outcome in outcomes] == ["command_interrupted"] * 2


async def test_batcher_forgets_who_went() -> None:
    """A caller that was cancelled is no trouble to the others."""
    recorder = Recorder()
    recorder.gate = asyncio.Event()
    gone = asyncio.ensure_future(recorder.batcher.send("a", {"on": True}))
    stays_on = asyncio.ensure_future(recorder.batcher.send("a", {"dim": 5}))
    await wait_until(lambda: recorder.sent)
    gone.cancel()
    recorder.gate.set()
    await stays_on
    assert recorder.sent == [{"a": {"on": True, "dim": 5}}]
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_batcher_takes_turns() -> None:
    """What comes in a later turn is a message of its own."""
    recorder = Recorder()
    await recorder.batcher.send("a", {"on": True})
    await recorder.batcher.send("a", {"on": False})
    assert recorder.sent == [{"a": {"on": True}}, {"a": {"on": False}}]


def test_errors_are_home_assistants() -> None:
    """So that the UI shows them instead of a traceback."""
    assert issubclass(CommandRefused, CommandFailed)
    assert issubclass(CommandFailed, HomeAssistantError)
