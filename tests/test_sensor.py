"""The sensor platform."""

from unittest.mock import patch

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import Platform, UnitOfPower
from homeassistant.core import HomeAssistant
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.iot_gateway.mapping import sensor as table
from custom_components.iot_gateway.mapping.rows import SensorRow
from simulators.tuya_gateway import demo_home
from simulators.tuya_gateway.demo.points import device, ro
from simulators.tuya_gateway.schema import entry as schema_entry, enum, integer, json_text, raw, string
from tests.helpers import UNKNOWN_CATEGORY, entities_of, entity_id, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=[Platform.SENSOR]):
        assert entities_of(hass, Platform.SENSOR) == snapshot


@pytest.mark.parametrize(
    ("point", "state"),
    [
        (ro(integer("x", 0, 1000, scale=2), 712), "7.12"),
        (ro(integer("x", 0, 1000), 712), "712"),
        (ro(integer("x", 0, 1000), "712"), "712"),
        (ro(integer("x", 0, 1000), None), "unknown"),
        (ro(enum("x", "low", "high"), "low"), "low"),
        (ro(enum("x", "low", "high"), "middle"), "unknown"),
        (ro(string("x", 64), "rev C"), "rev C"),
        (ro(string("x", 64), 5), "5"),
        (ro(json_text("x"), '{"no3":5}'), '{"no3":5}'),
        (ro(json_text("x"), {"ä": [1]}), '{"ä": [1]}'),
        (ro(json_text("x"), "true"), "true"),
        (ro(raw("x", 64), "CQAAFSw="), "CQAAFSw="),
        (ro(schema_entry("x", "Timestamp", {}), 1795240703), "2026-11-21T05:58:23+00:00"),
        (ro(schema_entry("x", "Odd", {}), "as it is"), "as it is"),
    ],
    ids=lambda value: f"{value.entry['type']} {value.value}" if hasattr(value, "entry") else None,
)
async def test_values(hass: HomeAssistant, point: object, state: str) -> None:
    """What a device reports is shown, whatever its type."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, point)  # type: ignore[arg-type]
    async with loaded(hass, gadget, platforms=[Platform.SENSOR]):
        assert state_of(hass, entity_id(hass, Platform.SENSOR, gadget, "x")) == state


async def test_long_text(hass: HomeAssistant) -> None:
    """A text that is too long for a state is cut, and whole in an attribute; a short one has no such attribute."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, ro(string("x", 1000), "a" * 300))
    async with loaded(hass, gadget, platforms=[Platform.SENSOR]) as simulator:
        entity = entity_id(hass, Platform.SENSOR, gadget, "x")
        state = hass.states.get(entity)
        assert state is not None
        assert state.state == "a" * 254 + "…"
        assert state.attributes["full_value"] == "a" * 300
        await simulator.report(gadget.id, {"x": "short"})
        await wait_until(lambda: state_of(hass, entity) == "short")
        state = hass.states.get(entity)
        assert state is not None
        assert "full_value" not in state.attributes


async def test_unit_decides_over_device_class(hass: HomeAssistant) -> None:
    """A unit that the class does not have costs the class, and the unit to convert to, never the value."""
    rows = (
        SensorRow(
            key="fits",
            device_class=SensorDeviceClass.POWER,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_unit_of_measurement=UnitOfPower.KILO_WATT,
            suggested_display_precision=1,
        ),
        SensorRow(
            key="misfits",
            device_class=SensorDeviceClass.POWER,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_unit_of_measurement=UnitOfPower.KILO_WATT,
        ),
    )
    gadget = device(
        "Gadget", "qtunits", ro(integer("fits", 0, 9999, "W"), 1500), ro(integer("misfits", 0, 9999, "bananas"), 1500)
    )
    with patch.dict(table.SENSORS, {"qtunits": rows}):
        async with loaded(hass, gadget, platforms=[Platform.SENSOR]):
            fits = hass.states.get(entity_id(hass, Platform.SENSOR, gadget, "fits"))
            misfits = hass.states.get(entity_id(hass, Platform.SENSOR, gadget, "misfits"))
    assert fits is not None
    assert misfits is not None
    assert (fits.state, fits.attributes["unit_of_measurement"], fits.attributes["device_class"]) == (
        "1.5",
        "kW",
        "power",
    )
    assert (misfits.state, misfits.attributes["unit_of_measurement"]) == ("1500", "bananas")
    assert "device_class" not in misfits.attributes


async def test_part(hass: HomeAssistant) -> None:
    """A row may show a part of a value; of no value there is no part."""
    rows = (
        SensorRow(key="first", code="pair", part=lambda value: value["a"] if isinstance(value, dict) else None),
        SensorRow(
            key="second",
            code="pair",
            native_unit_of_measurement="V",
            part=lambda value: value.get("b") if isinstance(value, dict) else None,
        ),
    )
    gadget = device("Gadget", "qtparts", ro(json_text("pair"), '{"a":1}'))
    with patch.dict(table.SENSORS, {"qtparts": rows}):
        async with loaded(hass, gadget, platforms=[Platform.SENSOR]) as simulator:
            first, second = (entity_id(hass, Platform.SENSOR, gadget, key) for key in ("first", "second"))
            assert (state_of(hass, first), state_of(hass, second)) == ("1", "unknown")
            await simulator.report(gadget.id, {"pair": '{"a":2,"b":3.5}'})
            await wait_until(lambda: (state_of(hass, first), state_of(hass, second)) == ("2", "3.5"))
