"""The number platform."""

from unittest.mock import patch

from homeassistant.components.number import NumberDeviceClass
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.mapping import number as table
from custom_components.iot_gateway.mapping.rows import NumberRow
from simulators.tuya_gateway import demo_home
from simulators.tuya_gateway.demo.points import device, rw
from simulators.tuya_gateway.schema import entry as schema_entry, enum, floating, integer
from tests.helpers import UNKNOWN_CATEGORY, entities_of, entity_id, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=[Platform.NUMBER]):
        assert entities_of(hass, Platform.NUMBER) == snapshot


async def test_scaled(hass: HomeAssistant) -> None:
    """Limits, step and value are shown in the unit, and what is set goes out raw."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, rw(integer("x", -200, 600, "℃", scale=1, step=5), 215))
    async with loaded(hass, gadget, platforms=[Platform.NUMBER]) as simulator:
        entity = entity_id(hass, Platform.NUMBER, gadget, "x")
        state = hass.states.get(entity)
        assert state is not None
        assert state.state == "21.5"
        assert [state.attributes[name] for name in ("min", "max", "step")] == [-20.0, 60.0, 0.5]
        await hass.services.async_call("number", "set_value", {ATTR_ENTITY_ID: entity, "value": 22.5}, blocking=True)
        assert simulator.commands[-1][0]["value"] == [{"k": "x", "v": 225}]
        assert state_of(hass, entity) == "22.5"
        with pytest.raises(ServiceValidationError):
            await hass.services.async_call("number", "set_value", {ATTR_ENTITY_ID: entity, "value": 61}, blocking=True)
        assert len(simulator.commands) == 1
        await simulator.report(gadget.id, {"x": "warm"})
        await wait_until(lambda: state_of(hass, entity) == "unknown")


async def test_float(hass: HomeAssistant) -> None:
    """A Float has no scale."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, rw(floating("x", 0.0, 50.0, "V"), 34.6))
    async with loaded(hass, gadget, platforms=[Platform.NUMBER]):
        assert state_of(hass, entity_id(hass, Platform.NUMBER, gadget, "x")) == "34.6"


async def test_without_limits(hass: HomeAssistant) -> None:
    """A device that names no limits can be set to anything that fits the type."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, rw(schema_entry("x", "Integer", {}), 7))
    async with loaded(hass, gadget, platforms=[Platform.NUMBER]):
        state = hass.states.get(entity_id(hass, Platform.NUMBER, gadget, "x"))
        assert state is not None
        assert (state.attributes["min"], state.attributes["max"]) == (-(2**31) + 1, 2**31 - 1)


@pytest.mark.parametrize(
    ("unit", "name", "device_class"),
    [("℃", "Temperature", "temperature"), ("%", "Set point", None)],
)
async def test_unit_that_does_not_fit(hass: HomeAssistant, unit: str, name: str, device_class: str | None) -> None:
    """A unit that the row's class does not allow costs the class, and a name that came from it, never the value."""
    rows = (NumberRow(key="set_point", device_class=NumberDeviceClass.TEMPERATURE),)
    gadget = device("Gadget", "qtunit", rw(integer("set_point", 0, 100, unit), 21))
    with patch.dict(table.NUMBERS, {"qtunit": rows}):
        async with loaded(hass, gadget, platforms=[Platform.NUMBER]):
            state = hass.states.get(entity_id(hass, Platform.NUMBER, gadget, "set_point"))
            assert state is not None
            assert state.state == "21"
            assert state.attributes.get("device_class") == device_class
            assert state.name.endswith(name)


async def test_temperature_in_the_unit_that_the_device_is_set_to(hass: HomeAssistant) -> None:
    """Where the data point names no unit, the device's setting does, also when it changes."""
    rows = (NumberRow(key="set_point", device_class=NumberDeviceClass.TEMPERATURE, native_unit_of_measurement="°C"),)
    gadget = device(
        "Gadget",
        "qtnumbers",
        rw(integer("set_point", 0, 200, ""), 68),
        rw(enum("temp_unit_convert", "c", "f"), "f"),
    )
    with patch.dict(table.NUMBERS, {"qtnumbers": rows}):
        async with loaded(hass, gadget, platforms=[Platform.NUMBER]) as simulator:
            entity = entity_id(hass, Platform.NUMBER, gadget, "set_point")
            assert float(state_of(hass, entity)) == 20
            await simulator.report(gadget.id, {"temp_unit_convert": "c"})
            await wait_until(lambda: float(state_of(hass, entity)) == 68)


async def test_out_of_range(hass: HomeAssistant) -> None:
    """What the device reports beyond its own limits is unknown, and counted."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, rw(integer("x", 0, 100), 50))
    async with loaded(hass, gadget, platforms=[Platform.NUMBER]) as simulator:
        entity = entity_id(hass, Platform.NUMBER, gadget, "x")
        await simulator.report(gadget.id, {"x": 101})
        await wait_until(lambda: state_of(hass, entity) == "unknown")
        (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
        assert entry.runtime_data.devices[gadget.id].invalid == {"x": 1}
