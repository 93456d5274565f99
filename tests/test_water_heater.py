"""The water heater platform."""

from typing import Any

from homeassistant.components.water_heater.const import WaterHeaterEntityFeature as Feature
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, demo_home
from simulators.tuya_gateway.demo.points import Point, device, ro, rw
from simulators.tuya_gateway.schema import boolean, enum, integer
from tests.helpers import entities_of, entity_id, find_entity, loaded, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

_WATER_HEATER = [Platform.WATER_HEATER]


def heater(*points: Point, category: str = "rs") -> SimulatedDevice:
    """Return a water heater with a switch and more."""
    return device(
        "Heater",
        category,
        rw(boolean("switch"), True),
        rw(integer("temp_set", 30, 75, "℃"), 55),
        ro(integer("temp_current", 0, 99, "℃"), 48),
        *points,
    )


def state(hass: HomeAssistant, simulated: SimulatedDevice) -> State:
    """Return the state of a device's water heater."""
    found = hass.states.get(entity_id(hass, Platform.WATER_HEATER, simulated, "water_heater"))
    assert found is not None
    return found


async def order(hass: HomeAssistant, simulated: SimulatedDevice, service: str, **data: Any) -> None:
    """Call a service of a device's water heater."""
    entity = entity_id(hass, Platform.WATER_HEATER, simulated, "water_heater")
    await hass.services.async_call("water_heater", service, {ATTR_ENTITY_ID: entity, **data}, blocking=True)


def frame(simulated: SimulatedDevice, **values: object) -> list[dict[str, Any]]:
    """Return the one frame that sets these values of a device."""
    return [{"devid": simulated.id, "value": [{"k": code, "v": value} for code, value in values.items()]}]


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=_WATER_HEATER):
        assert entities_of(hass, Platform.WATER_HEATER) == snapshot


async def test_without_modes(hass: HomeAssistant) -> None:
    """What knows on and off only is on or off."""
    unit = heater()
    async with loaded(hass, unit, platforms=_WATER_HEATER) as simulator:
        now = state(hass, unit)
        assert now.state == "on"
        assert now.attributes["operation_list"] == ["off", "on"]
        assert (now.attributes["temperature"], now.attributes["current_temperature"]) == (55, 48)
        assert (now.attributes["min_temp"], now.attributes["max_temp"]) == (30, 75)
        assert now.attributes["supported_features"] == (
            Feature.TARGET_TEMPERATURE | Feature.OPERATION_MODE | Feature.ON_OFF
        )
        await order(hass, unit, "turn_off")
        assert state(hass, unit).state == "off"
        await order(hass, unit, "set_operation_mode", operation_mode="on")
        await order(hass, unit, "set_operation_mode", operation_mode="off")
        await order(hass, unit, "turn_on")
        await order(hass, unit, "set_temperature", temperature=60.4)
        assert simulator.commands == [
            frame(unit, switch=False),
            frame(unit, switch=True),
            frame(unit, switch=False),
            frame(unit, switch=True),
            frame(unit, temp_set=60),
        ]
        with pytest.raises(ServiceValidationError):
            await order(hass, unit, "set_temperature", temperature=80)


async def test_modes(hass: HomeAssistant) -> None:
    """A mode switches on in the same frame, also together with a temperature."""
    unit = heater(rw(enum("mode", "auto", "eco"), "eco"))
    async with loaded(hass, unit, platforms=_WATER_HEATER) as simulator:
        assert state(hass, unit).state == "eco"
        assert state(hass, unit).attributes["operation_list"] == ["off", "auto", "eco"]
        await order(hass, unit, "set_operation_mode", operation_mode="off")
        assert state(hass, unit).state == "off"
        await order(hass, unit, "set_operation_mode", operation_mode="auto")
        await order(hass, unit, "set_temperature", temperature=50, operation_mode="eco")
        assert simulator.commands == [
            frame(unit, switch=False),
            frame(unit, switch=True, mode="auto"),
            frame(unit, switch=True, mode="eco", temp_set=50),
        ]
        for service in ("set_operation_mode", "set_temperature"):
            temperature = {"temperature": 50} if service == "set_temperature" else {}
            with pytest.raises(ServiceValidationError, match="gas"):
                await order(hass, unit, service, operation_mode="gas", **temperature)
        assert len(simulator.commands) == 3


async def test_unknown_and_offline(hass: HomeAssistant) -> None:
    """What the schema does not allow is unknown."""
    unit = heater(rw(enum("mode", "auto", "eco"), "eco"))
    async with loaded(hass, unit, platforms=_WATER_HEATER) as simulator:
        await simulator.report(unit.id, {"mode": "gas", "temp_set": 500})
        await wait_until(lambda: state(hass, unit).state == STATE_UNKNOWN)
        assert state(hass, unit).attributes["temperature"] is None
        await simulator.set_online(unit.id, online=False)
        await wait_until(lambda: state(hass, unit).state == STATE_UNAVAILABLE)


async def test_by_mode_alone(hass: HomeAssistant) -> None:
    """What has no switch is set by its modes."""
    unit = device("Heater", "rs", rw(enum("mode", "off", "eco"), "off"), rw(integer("temp_set", 30, 75, "℃"), 55))
    async with loaded(hass, unit, platforms=_WATER_HEATER) as simulator:
        assert state(hass, unit).state == "off"
        assert state(hass, unit).attributes["supported_features"] == (
            Feature.TARGET_TEMPERATURE | Feature.OPERATION_MODE
        )
        await order(hass, unit, "set_operation_mode", operation_mode="eco")
        assert simulator.commands == [frame(unit, mode="eco")]


@pytest.mark.parametrize("imperial", [False, True])
async def test_unit(hass: HomeAssistant, imperial: bool) -> None:
    """The unit follows the device's setting, and limits with it."""
    if imperial:
        hass.config.units = US_CUSTOMARY_SYSTEM
    unit = device(
        "Heater",
        "znrb",
        rw(boolean("switch"), True),
        rw(integer("temp_set", 10, 110), 50),
        rw(enum("temp_unit_convert", "c", "f"), "f"),
    )
    async with loaded(hass, unit, platforms=_WATER_HEATER) as simulator:
        assert state(hass, unit).attributes["temperature"] == (50 if imperial else 10)
        await order(hass, unit, "set_temperature", temperature=86 if imperial else 30)
        assert simulator.commands == [frame(unit, temp_set=86)]
        await simulator.report(unit.id, {"temp_unit_convert": "c", "temp_set": 20})
        await wait_until(lambda: state(hass, unit).attributes["temperature"] == (68 if imperial else 20))
        assert state(hass, unit).attributes["max_temp"] == (230 if imperial else 110)


async def test_what_stays(hass: HomeAssistant) -> None:
    """A water heater is a climate too, a heat pump also what Home Assistant's own integration makes of it."""
    unit, pump = heater(), heater(rw(enum("mode", "heating", "cold"), "cold"), category="znrb")
    pump.id = "pump"
    async with loaded(hass, unit, pump):
        assert find_entity(hass, Platform.CLIMATE, unit, "climate") is not None
        assert find_entity(hass, Platform.NUMBER, unit, "temp_set") is None
        assert find_entity(hass, Platform.SWITCH, unit, "switch") is None
        assert find_entity(hass, Platform.CLIMATE, pump, "climate") is None
        assert find_entity(hass, Platform.NUMBER, pump, "temp_set") is not None
        assert find_entity(hass, Platform.SWITCH, pump, "switch") is not None
        assert find_entity(hass, Platform.SELECT, pump, "mode") is None
        assert state(hass, pump).state == "cold"


async def test_boiler(hass: HomeAssistant) -> None:
    """A boiler heats a house and its water, each with an entity of its own; they share the switch."""
    unit = device(
        "Boiler",
        "bgl",
        rw(boolean("switch"), True),
        rw(integer("temp_set", 20, 60, "℃"), 45),
        rw(integer("dhw_temp_set", 30, 99, "℃"), 50),
        rw(enum("dhw_mode", "comfortable", "normal"), "normal"),
    )
    async with loaded(hass, unit) as simulator:
        assert state(hass, unit).state == "normal"
        assert state(hass, unit).attributes["temperature"] == 50
        climate = hass.states.get(entity_id(hass, Platform.CLIMATE, unit, "climate"))
        assert climate is not None
        assert (climate.state, climate.attributes["temperature"]) == ("heat", 45)
        await order(hass, unit, "set_temperature", temperature=52, operation_mode="comfortable")
        assert simulator.commands == [frame(unit, switch=True, dhw_mode="comfortable", dhw_temp_set=52)]
