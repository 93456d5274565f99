"""The vacuum platform."""

from typing import Any

from homeassistant.components.vacuum.const import VacuumEntityFeature
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator, demo_home
from simulators.tuya_gateway.demo.points import Point, device, ro, rw
from simulators.tuya_gateway.schema import bitmap, boolean, enum
from tests.helpers import entities_of, entity_id, find_entity, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

STATUS = ("standby", "cleaning", "paused", "goto_charge", "charging", "charge_done", "dust_collecting", "fault", "moon")


def robot(*more: Point) -> SimulatedDevice:
    """Return a robot that has a Boolean for each order."""
    return device(
        "Robot",
        "sd",
        rw(boolean("power_go"), False),
        rw(boolean("pause"), False),
        rw(boolean("switch_charge"), False),
        rw(boolean("seek"), False),
        rw(enum("mode", "smart", "spiral", "chargego"), "smart"),
        rw(enum("suction", "gentle", "normal", "strong"), "normal"),
        ro(enum("status", *STATUS), "charging"),
        ro(bitmap("fault", "trapped", "dustbin_out"), 0),
        *more,
    )


def features(hass: HomeAssistant, entity: str) -> VacuumEntityFeature:
    """Return what a vacuum says that it can do."""
    state = hass.states.get(entity)
    assert state is not None
    return VacuumEntityFeature(state.attributes[ATTR_SUPPORTED_FEATURES])


async def call(hass: HomeAssistant, entity: str, service: str, **data: Any) -> None:
    """Call one of the vacuum domain's actions."""
    await hass.services.async_call("vacuum", service, {ATTR_ENTITY_ID: entity, **data}, blocking=True)


def sent(simulator: TuyaGatewaySimulator) -> list[dict[str, Any]]:
    """Return the values of each command that arrived, by code."""
    return [
        {point["k"]: point["v"] for to_device in command for point in to_device["value"]}
        for command in simulator.commands
    ]


async def until_state(hass: HomeAssistant, entity: str, state: str) -> None:
    """Wait until an entity is in a state."""
    await wait_until(lambda: state_of(hass, entity) == state)


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=[Platform.VACUUM]):
        assert entities_of(hass, Platform.VACUUM) == snapshot


async def test_orders(hass: HomeAssistant) -> None:
    """Each order is one command; a pause ends when it starts again."""
    async with loaded(hass, machine := robot(), platforms=[Platform.VACUUM, Platform.SELECT]) as simulator:
        entity = entity_id(hass, Platform.VACUUM, machine, "vacuum")
        assert features(hass, entity) == (
            VacuumEntityFeature.START
            | VacuumEntityFeature.STOP
            | VacuumEntityFeature.PAUSE
            | VacuumEntityFeature.RETURN_HOME
            | VacuumEntityFeature.CLEAN_SPOT
            | VacuumEntityFeature.LOCATE
            | VacuumEntityFeature.FAN_SPEED
            | VacuumEntityFeature.SEND_COMMAND
            | VacuumEntityFeature.STATE
        )
        for service, data, values in (
            ("start", {}, {"power_go": True}),
            ("pause", {}, {"pause": True}),
            ("start", {}, {"power_go": True, "pause": False}),
            ("stop", {}, {"power_go": False}),
            ("return_to_base", {}, {"switch_charge": True}),
            ("clean_spot", {}, {"mode": "spiral", "power_go": True}),
            ("locate", {}, {"seek": True}),
            ("set_fan_speed", {"fan_speed": "strong"}, {"suction": "strong"}),
            ("send_command", {"command": "mode", "params": ["smart"]}, {"mode": "smart"}),
            ("send_command", {"command": "mode", "params": {"value": "chargego"}}, {"mode": "chargego"}),
        ):
            simulator.commands.clear()
            await call(hass, entity, service, **data)
            assert sent(simulator) == [values], service
        state = hass.states.get(entity)
        assert state is not None
        assert state.attributes["fan_speed"] == "strong"
        assert state.attributes["fan_speed_list"] == ["gentle", "normal", "strong"]
        # The mode can also be chosen without starting
        assert find_entity(hass, Platform.SELECT, machine, "mode")
        assert not find_entity(hass, Platform.SELECT, machine, "suction")


@pytest.mark.parametrize(
    ("command", "params", "key"),
    [
        ("mode", None, "one_parameter"),
        ("mode", ["smart", "spiral"], "one_parameter"),
        ("dance", [True], "unknown_data_point"),
        ("mode", ["dance"], "value_not_allowed"),
    ],
)
async def test_commands_that_cannot_be(hass: HomeAssistant, command: str, params: list[Any] | None, key: str) -> None:
    """A command is a data point with a value that it allows; anything else is told."""
    async with loaded(hass, machine := robot(), platforms=[Platform.VACUUM]) as simulator:
        entity = entity_id(hass, Platform.VACUUM, machine, "vacuum")
        data = {} if params is None else {"params": params}
        with pytest.raises(ServiceValidationError) as raised:
            await call(hass, entity, "send_command", command=command, **data)
        assert raised.value.translation_key == key
        assert not simulator.commands


async def test_activities(hass: HomeAssistant) -> None:
    """The status says what it does; one that stands about with a fault is in trouble, one at work or at home is not."""
    async with loaded(hass, machine := robot(), platforms=[Platform.VACUUM]) as simulator:
        entity = entity_id(hass, Platform.VACUUM, machine, "vacuum")
        for status, fault, activity in (
            ("charging", 0, "docked"),
            ("charge_done", 2, "docked"),
            ("dust_collecting", 0, "docked"),
            ("cleaning", 2, "cleaning"),
            ("goto_charge", 0, "returning"),
            ("paused", 0, "paused"),
            ("paused", 1, "error"),
            ("standby", 1, "error"),
            ("standby", 0, "idle"),
            ("fault", 0, "error"),
            ("moon", 0, "unknown"),
        ):
            await simulator.report(machine.id, {"status": status, "fault": fault})
            await until_state(hass, entity, activity)


async def test_orders_by_mode(hass: HomeAssistant) -> None:
    """An old robot takes its orders as modes and says nothing of what it does."""
    machine = device("Old", "sd", rw(enum("mode", "standby", "smart", "chargego"), "standby"), rw(boolean("x"), False))
    async with loaded(hass, machine, platforms=[Platform.VACUUM]) as simulator:
        entity = entity_id(hass, Platform.VACUUM, machine, "vacuum")
        assert state_of(hass, entity) == "unknown"
        assert features(hass, entity) == (
            VacuumEntityFeature.START
            | VacuumEntityFeature.STOP
            | VacuumEntityFeature.RETURN_HOME
            | VacuumEntityFeature.SEND_COMMAND
        )
        for service, mode in (("start", "smart"), ("stop", "standby"), ("return_to_base", "chargego")):
            await call(hass, entity, service)
            assert sent(simulator)[-1] == {"mode": mode}


async def test_pause_alone_says_something(hass: HomeAssistant) -> None:
    """Without a status, a pause is all that is known."""
    machine = device("Plain", "sd", rw(boolean("power_go"), False), rw(boolean("pause"), False))
    async with loaded(hass, machine, platforms=[Platform.VACUUM]) as simulator:
        entity = entity_id(hass, Platform.VACUUM, machine, "vacuum")
        assert state_of(hass, entity) == "unknown"
        await simulator.report(machine.id, {"pause": True})
        await wait_until(lambda: state_of(hass, entity) == "paused")


async def test_main_switch(hass: HomeAssistant) -> None:
    """The power of a robot that has a cleaning switch too is a switch; alone it is what starts it."""
    both, alone = robot(rw(boolean("power"), True)), device("Simple", "sd", rw(boolean("power"), False))
    async with loaded(hass, both, alone, platforms=[Platform.VACUUM, Platform.SWITCH]) as simulator:
        assert find_entity(hass, Platform.SWITCH, both, "power")
        assert not find_entity(hass, Platform.SWITCH, alone, "power")
        await call(hass, entity_id(hass, Platform.VACUUM, alone, "vacuum"), "start")
        assert sent(simulator) == [{"power": True}]
