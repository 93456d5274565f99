"""The binary sensor platform."""

from unittest.mock import patch

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.mapping import binary_sensor as table
from custom_components.iot_gateway.mapping.rows import BinarySensorRow
from simulators.tuya_gateway import demo_home
from simulators.tuya_gateway.demo.points import device, ro
from simulators.tuya_gateway.schema import bitmap, boolean, enum, raw
from tests.helpers import UNKNOWN_CATEGORY, entities_of, entity_id, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=[Platform.BINARY_SENSOR]):
        assert entities_of(hass, Platform.BINARY_SENSOR) == snapshot


async def test_boolean(hass: HomeAssistant) -> None:
    """On, off, and unknown for what is no Boolean."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, ro(boolean("x"), True))
    async with loaded(hass, gadget, platforms=[Platform.BINARY_SENSOR]) as simulator:
        entity = entity_id(hass, Platform.BINARY_SENSOR, gadget, "x")
        assert state_of(hass, entity) == STATE_ON
        for value, state in ((False, STATE_OFF), ("nonsense", STATE_UNKNOWN), ("1", STATE_ON), (None, STATE_UNKNOWN)):
            await simulator.report(gadget.id, {"x": value})
            await wait_until(lambda: state_of(hass, entity) == state)  # noqa: B023


async def test_bitmap(hass: HomeAssistant) -> None:
    """A Bitmap that no table knows is on while any bit is, and tells which; bits without a name too."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, ro(bitmap("x", "hot", "cold"), 0))
    async with loaded(hass, gadget, platforms=[Platform.BINARY_SENSOR]) as simulator:
        entity = entity_id(hass, Platform.BINARY_SENSOR, gadget, "x")
        state = hass.states.get(entity)
        assert state is not None
        assert (state.state, state.attributes["faults"], state.attributes["device_class"]) == (STATE_OFF, [], "problem")
        await simulator.report(gadget.id, {"x": 0b1010})
        await wait_until(lambda: state_of(hass, entity) == STATE_ON)
        state = hass.states.get(entity)
        assert state is not None
        assert state.attributes["faults"] == ["cold", "bit_3"]


async def test_bits_of_a_bitmap(hass: HomeAssistant) -> None:
    """A row may stand for one bit; the Bitmap as a whole is shown too, as the other bits would be lost else."""
    rows = (
        BinarySensorRow(key="hot", code="faults", label="hot"),
        BinarySensorRow(key="wet", code="faults", label="wet"),
    )
    gadget = device("Gadget", "qtbits", ro(bitmap("faults", "cold", "hot"), 0b10))
    with patch.dict(table.BINARY_SENSORS, {"qtbits": rows}):
        async with loaded(hass, gadget, platforms=[Platform.BINARY_SENSOR]) as simulator:
            hot = entity_id(hass, Platform.BINARY_SENSOR, gadget, "hot")
            whole = entity_id(hass, Platform.BINARY_SENSOR, gadget, "faults")
            assert (state_of(hass, hot), state_of(hass, whole)) == (STATE_ON, STATE_ON)
            await simulator.report(gadget.id, {"faults": 0b01})
            await wait_until(lambda: (state_of(hass, hot), state_of(hass, whole)) == (STATE_OFF, STATE_ON))
            assert len(entities_of(hass, Platform.BINARY_SENSOR)) == 2


async def test_values_that_mean_on(hass: HomeAssistant) -> None:
    """Which value of an Enum means on is known; one that the schema lacks is not it."""
    rows = (BinarySensorRow(key="pir", on=frozenset({"pir", "feel"})),)
    gadget = device("Gadget", "qtpir", ro(enum("pir", "pir", "none"), "pir"))
    with patch.dict(table.BINARY_SENSORS, {"qtpir": rows}):
        async with loaded(hass, gadget, platforms=[Platform.BINARY_SENSOR]) as simulator:
            entity = entity_id(hass, Platform.BINARY_SENSOR, gadget, "pir")
            assert state_of(hass, entity) == STATE_ON
            for value, state in (("nopir", STATE_OFF), ("feel", STATE_ON), ("none", STATE_OFF)):
                await simulator.report(gadget.id, {"pir": value})
                await wait_until(lambda: state_of(hass, entity) == state)  # noqa: B023
            await simulator.report(gadget.id, {"pir": None})
            await wait_until(lambda: state_of(hass, entity) == STATE_UNKNOWN)


async def test_bytes_that_mean_on(hass: HomeAssistant) -> None:
    """Of a Raw, the base64 text is what a row compares with."""
    rows = (BinarySensorRow(key="kit", on=frozenset({"AQAB"})),)
    gadget = device("Gadget", "qtraw", ro(raw("kit", 8), "AQAB"))
    with patch.dict(table.BINARY_SENSORS, {"qtraw": rows}):
        async with loaded(hass, gadget, platforms=[Platform.BINARY_SENSOR]) as simulator:
            entity = entity_id(hass, Platform.BINARY_SENSOR, gadget, "kit")
            assert state_of(hass, entity) == STATE_ON
            await simulator.report(gadget.id, {"kit": "AAAA"})
            await wait_until(lambda: state_of(hass, entity) == STATE_OFF)


async def test_faults_of_the_standard_sets(hass: HomeAssistant) -> None:
    """The names of the set bits are told as the device spells them; the standard ones are translated."""
    socket = device("Socket", "cz", ro(bitmap("fault", "ov_cr", "ov_vol", "E9"), 0b101))
    async with loaded(hass, socket, platforms=[Platform.BINARY_SENSOR]) as simulator:
        entity = entity_id(hass, Platform.BINARY_SENSOR, socket, "fault")
        state = hass.states.get(entity)
        assert state is not None
        assert (state.state, state.attributes["faults"]) == (STATE_ON, ["ov_cr", "E9"])
        await simulator.report(socket.id, {"fault": -1})
        await wait_until(lambda: state_of(hass, entity) == STATE_UNKNOWN)
        state = hass.states.get(entity)
        assert state is not None
        assert "faults" not in state.attributes
        translations = await async_get_translations(hass, "en", "entity", {DOMAIN})
        key = f"component.{DOMAIN}.entity.binary_sensor.fault.state_attributes.faults.state"
        assert translations[f"{key}.ov_cr"] == "Overcurrent"


async def test_what_the_schema_lacks(hass: HomeAssistant) -> None:
    """A value that the schema does not allow is what it says where it is known to mean on, else off, and counted."""
    detector = device("Detector", "pir", ro(enum("pir", "pir"), "pir"))
    async with loaded(hass, detector, platforms=[Platform.BINARY_SENSOR]) as simulator:
        entity = entity_id(hass, Platform.BINARY_SENSOR, detector, "pir")
        await simulator.report(detector.id, {"pir": "nopir"})
        await wait_until(lambda: state_of(hass, entity) == STATE_OFF)
        (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
        assert entry.runtime_data.devices[detector.id].invalid == {"pir": 1}
