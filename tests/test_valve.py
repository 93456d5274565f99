"""The valve platform."""

from typing import Any

from homeassistant.components.valve.const import ValveEntityFeature
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator, demo_home
from simulators.tuya_gateway.demo.points import device, ro, rw, wo
from simulators.tuya_gateway.schema import boolean, integer
from tests.helpers import entities_of, entity_id, find_entity, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

VALVE = [Platform.VALVE]
SWITCHED = ValveEntityFeature.OPEN | ValveEntityFeature.CLOSE


async def call(hass: HomeAssistant, action: str, entity: str, **data: object) -> None:
    """Call an action of valves."""
    await hass.services.async_call("valve", action, {ATTR_ENTITY_ID: entity, **data}, blocking=True)


def sent(simulator: TuyaGatewaySimulator, simulated: SimulatedDevice) -> list[dict[str, Any]]:
    """Return what was set, one mapping a frame; each frame is of this device alone."""
    frames = []
    for frame in simulator.commands:
        (command,) = frame
        assert command["devid"] == simulated.id
        frames.append({value["k"]: value["v"] for value in command["value"]})
    return frames


def attribute(hass: HomeAssistant, entity: str, name: str) -> Any:
    """Return an attribute of an entity."""
    state = hass.states.get(entity)
    assert state is not None
    return state.attributes.get(name)


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=VALVE):
        assert entities_of(hass, Platform.VALVE) == snapshot


@pytest.mark.parametrize("category", ["sfkzq", "ggq"])
async def test_switched(hass: HomeAssistant, category: str) -> None:
    """A valve is opened and closed, and is no switch beside that."""
    simulated = device("Tap", category, rw(boolean("switch"), False))
    async with loaded(hass, simulated, platforms=[Platform.VALVE, Platform.SWITCH]) as simulator:
        entity = entity_id(hass, Platform.VALVE, simulated, "switch")
        assert find_entity(hass, Platform.SWITCH, simulated, "switch") is None
        assert state_of(hass, entity) == "closed"
        assert attribute(hass, entity, "device_class") == "water"
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == SWITCHED
        await call(hass, "open_valve", entity)
        assert state_of(hass, entity) == "open"
        await call(hass, "close_valve", entity)
        assert state_of(hass, entity) == "closed"
        assert sent(simulator, simulated) == [{"switch": True}, {"switch": False}]
        await simulator.set_online(simulated.id, False)
        await wait_until(lambda: state_of(hass, entity) == "unavailable")


async def test_never_reported(hass: HomeAssistant) -> None:
    """One that tells nothing of itself is neither open nor closed."""
    simulated = device("Tap", "sfkzq", wo(boolean("switch")))
    async with loaded(hass, simulated, platforms=VALVE):
        assert state_of(hass, entity_id(hass, Platform.VALVE, simulated, "switch")) == "unknown"


async def test_valves(hass: HomeAssistant, device_registry: dr.DeviceRegistry) -> None:
    """Each of several valves is a device, named by its number; a single one is the device."""
    several = device("Several", "sfkzq", rw(boolean("switch_1"), True), rw(boolean("switch_2"), False))
    single = device("Single", "sfkzq", rw(boolean("switch_1"), True))
    async with loaded(hass, several, single, platforms=VALVE) as simulator:
        found = {}
        for simulated, key in ((several, "switch_1"), (several, "switch_2"), (single, "switch_1")):
            entry = er.async_get(hass).async_get(entity_id(hass, Platform.VALVE, simulated, key))
            assert entry is not None
            assert entry.device_id is not None
            registered = device_registry.async_get(entry.device_id)
            assert registered is not None
            found[simulated.name, key] = (registered.name, state_of(hass, entry.entity_id))
        assert found["Several", "switch_1"] == ("Valve 1", "open")
        assert found["Several", "switch_2"] == ("Valve 2", "closed")
        assert found["Single", "switch_1"][0] not in ("Valve 1", None)
        await call(hass, "open_valve", entity_id(hass, Platform.VALVE, several, "switch_2"))
        assert sent(simulator, several) == [{"switch_2": True}]


async def test_position(hass: HomeAssistant) -> None:
    """One that opens by degrees is sent there and switched in one frame; switched off it is closed."""
    simulated = device(
        "Ball valve",
        "sfkzq",
        rw(boolean("switch"), True),
        rw(integer("percent_control", 0, 100, "%", step=10), 20),
        ro(integer("percent_state", 0, 100, "%"), 20),
    )
    async with loaded(hass, simulated, platforms=[Platform.VALVE, Platform.NUMBER]) as simulator:
        entity = entity_id(hass, Platform.VALVE, simulated, "switch")
        assert find_entity(hass, Platform.NUMBER, simulated, "percent_control") is None
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == SWITCHED | ValveEntityFeature.SET_POSITION
        assert (state_of(hass, entity), attribute(hass, entity, "current_position")) == ("open", 20)
        await call(hass, "set_valve_position", entity, position=52)
        await call(hass, "close_valve", entity)
        assert (state_of(hass, entity), attribute(hass, entity, "current_position")) == ("closed", 0)
        await call(hass, "open_valve", entity)
        assert sent(simulator, simulated) == [
            {"percent_control": 50, "switch": True},
            {"switch": False},
            {"percent_control": 100, "switch": True},
        ]
        await simulator.report(simulated.id, {"percent_state": 0})
        await wait_until(lambda: attribute(hass, entity, "current_position") == 1)
        await simulator.report(simulated.id, {"percent_state": 999})
        await wait_until(lambda: attribute(hass, entity, "current_position") is None)
        assert state_of(hass, entity) == "open"


async def test_degree_that_is_only_reported(hass: HomeAssistant) -> None:
    """How far it is open is a sensor where it cannot be set."""
    simulated = device("Valve", "sfkzq", rw(boolean("switch"), True), ro(integer("percent_state", 0, 100, "%"), 20))
    async with loaded(hass, simulated, platforms=[Platform.VALVE, Platform.SENSOR]):
        entity = entity_id(hass, Platform.VALVE, simulated, "switch")
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == SWITCHED
        assert attribute(hass, entity, "current_position") is None
        assert state_of(hass, entity_id(hass, Platform.SENSOR, simulated, "percent_state")) == "20"


async def test_any_category(hass: HomeAssistant) -> None:
    """A Boolean that says it is a valve is one."""
    simulated = device("Odd", "qtabc", rw(boolean("valve_switch"), True))
    async with loaded(hass, simulated, platforms=VALVE):
        entity = entity_id(hass, Platform.VALVE, simulated, "valve_switch")
        assert state_of(hass, entity) == "open"
        assert attribute(hass, entity, "friendly_name").endswith(" Valve")
