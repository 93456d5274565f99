"""The humidifier platform."""

from typing import Any

from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import ServiceValidationError
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, demo_home
from simulators.tuya_gateway.demo.points import device, ro, rw
from simulators.tuya_gateway.schema import boolean, enum, integer
from tests.helpers import UNKNOWN_CATEGORY, entities_of, entity_id, find_entity, loaded, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

_HUMIDIFIER = [Platform.HUMIDIFIER]


def humidifier(switch: str = "switch") -> SimulatedDevice:
    """Return a humidifier."""
    return device(
        "Humidifier",
        "jsq",
        rw(boolean(switch), True),
        rw(integer("humidity_set", 30, 80, "%"), 50),
        ro(integer("humidity_current", 0, 1000, "%", scale=1), 437),
        rw(enum("mode", "auto", "sleep"), "auto"),
    )


def dehumidifier(category: str = "cs") -> SimulatedDevice:
    """Return a dehumidifier, which counts in steps of five."""
    return device(
        "Dehumidifier",
        category,
        rw(boolean("switch"), True),
        rw(integer("dehumidify_set_value", 25, 80, "%", step=5), 45),
        ro(integer("humidity_indoor", 0, 100, "%"), 61),
    )


def state(hass: HomeAssistant, simulated: SimulatedDevice) -> State:
    """Return the state of a device's humidifier."""
    found = hass.states.get(entity_id(hass, Platform.HUMIDIFIER, simulated, "switch"))
    assert found is not None
    return found


async def order(hass: HomeAssistant, simulated: SimulatedDevice, service: str, **data: Any) -> None:
    """Call a service of a device's humidifier."""
    entity = entity_id(hass, Platform.HUMIDIFIER, simulated, "switch")
    await hass.services.async_call("humidifier", service, {ATTR_ENTITY_ID: entity, **data}, blocking=True)


def frame(simulated: SimulatedDevice, **values: object) -> list[dict[str, Any]]:
    """Return the one frame that sets these values of a device."""
    return [{"devid": simulated.id, "value": [{"k": code, "v": value} for code, value in values.items()]}]


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=_HUMIDIFIER):
        assert entities_of(hass, Platform.HUMIDIFIER) == snapshot


async def test_humidifier(hass: HomeAssistant) -> None:
    """A humidifier shows all it has, and sets it in frames of its own."""
    unit = humidifier()
    async with loaded(hass, unit, platforms=_HUMIDIFIER) as simulator:
        now = state(hass, unit)
        assert now.state == "on"
        assert now.attributes["device_class"] == "humidifier"
        assert (now.attributes["humidity"], now.attributes["current_humidity"]) == (50, 44)
        assert (now.attributes["min_humidity"], now.attributes["max_humidity"]) == (30, 80)
        assert now.attributes["available_modes"] == ["auto", "sleep"]
        assert now.attributes["mode"] == "auto"
        await order(hass, unit, "turn_off")
        await order(hass, unit, "turn_on")
        await order(hass, unit, "set_humidity", humidity=63)
        await order(hass, unit, "set_mode", mode="sleep")
        assert simulator.commands == [
            frame(unit, switch=False),
            frame(unit, switch=True),
            frame(unit, humidity_set=63),
            frame(unit, mode="sleep"),
        ]
        with pytest.raises(ServiceValidationError):
            await order(hass, unit, "set_humidity", humidity=81)
        with pytest.raises(ServiceValidationError):
            await order(hass, unit, "set_mode", mode="storm")
        assert len(simulator.commands) == 4


async def test_unknown_and_offline(hass: HomeAssistant) -> None:
    """What the schema does not allow is unknown."""
    unit = humidifier()
    async with loaded(hass, unit, platforms=_HUMIDIFIER) as simulator:
        await simulator.report(
            unit.id, {"switch": "perhaps", "mode": "storm", "humidity_set": 200, "humidity_current": 2000}
        )
        await wait_until(lambda: state(hass, unit).state == STATE_UNKNOWN)
        now = state(hass, unit).attributes
        assert (now["mode"], now.get("humidity"), now.get("current_humidity")) == (None, None, None)
        await simulator.set_online(unit.id, online=False)
        await wait_until(lambda: state(hass, unit).state == STATE_UNAVAILABLE)


@pytest.mark.parametrize("category", ["cs", UNKNOWN_CATEGORY])
async def test_dehumidifier(hass: HomeAssistant, category: str) -> None:
    """A dehumidifier is one by its category or by what it is set to; humidity goes to the nearest step."""
    unit = dehumidifier(category)
    async with loaded(hass, unit, platforms=_HUMIDIFIER) as simulator:
        now = state(hass, unit).attributes
        assert now["device_class"] == "dehumidifier"
        assert (now["humidity"], now["current_humidity"], now["target_humidity_step"]) == (45, 61, 5)
        assert "available_modes" not in now
        await order(hass, unit, "set_humidity", humidity=52)
        assert simulator.commands == [frame(unit, dehumidify_set_value=50)]


async def test_fan_of_a_dehumidifier(hass: HomeAssistant) -> None:
    """Fan and dehumidifier share the switch, which is no switch besides."""
    unit = dehumidifier()
    async with loaded(hass, unit):
        assert state(hass, unit).state == "on"
        assert find_entity(hass, Platform.FAN, unit, "fan") is not None
        assert find_entity(hass, Platform.SWITCH, unit, "switch") is None
        assert find_entity(hass, Platform.NUMBER, unit, "dehumidify_set_value") is None
        assert find_entity(hass, Platform.SENSOR, unit, "humidity_indoor") is not None


async def test_spray(hass: HomeAssistant) -> None:
    """What only switches its spray is switched by that."""
    unit = humidifier("switch_spray")
    async with loaded(hass, unit) as simulator:
        assert state(hass, unit).state == "on"
        await order(hass, unit, "turn_off")
        assert simulator.commands == [frame(unit, switch_spray=False)]
        assert find_entity(hass, Platform.SWITCH, unit, "switch_spray") is None


async def test_no_humidity_to_set(hass: HomeAssistant) -> None:
    """A humidifier that knows on and off only says so."""
    unit = device("Humidifier", "jsq", rw(boolean("switch"), True))
    async with loaded(hass, unit, platforms=_HUMIDIFIER) as simulator:
        with pytest.raises(ServiceValidationError, match="humidity_set"):
            await order(hass, unit, "set_humidity", humidity=50)
        assert not simulator.commands


async def test_no_humidifier(hass: HomeAssistant) -> None:
    """A humidity that can be set makes no humidifier of what no table has as one."""
    unit = device("Unit", UNKNOWN_CATEGORY, rw(boolean("switch"), True), rw(integer("humidity_set", 0, 100, "%"), 50))
    async with loaded(hass, unit):
        assert find_entity(hass, Platform.HUMIDIFIER, unit, "switch") is None
        assert find_entity(hass, Platform.NUMBER, unit, "humidity_set") is not None
