"""The sensor platform."""

from datetime import timedelta
import json
from unittest.mock import patch

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform, UnitOfPower, UnitOfTemperature
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_system import METRIC_SYSTEM, US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.common import mock_restore_cache_with_extra_data
from syrupy.assertion import SnapshotAssertion

from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.mapping import sensor as table
from custom_components.iot_gateway.mapping.rows import SensorRow
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator, demo_home
from simulators.tuya_gateway.demo.points import device, ro, rw
from simulators.tuya_gateway.schema import entry as schema_entry, enum, integer, json_text, raw, string
from tests.helpers import (
    UNKNOWN_CATEGORY,
    entities_of,
    entity_id,
    load,
    loaded,
    make_entry,
    state_of,
    stays,
    wait_until,
)

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


def metering_socket(*, add_ele: object = 100, maximum: int = 50000, unit: str = "kW·h") -> SimulatedDevice:
    """Return a socket that counts increments of energy, of 0.001 kWh."""
    return device("Socket", "cz", ro(integer("add_ele", 0, maximum, unit, scale=3, step=100), add_ele))


def event_of(number: int | None, gadget: SimulatedDevice, **values: object) -> str:
    """Return the text of a report that the gateway gives a number."""
    return json.dumps(
        {
            **({} if number is None else {"id": number}),
            "type": "event",
            "event_type": "state_changed",
            "data": {"devid": gadget.id, "value": [{"k": code, "v": value} for code, value in values.items()]},
        }
    )


async def test_increments_are_summed(hass: HomeAssistant) -> None:
    """The sum begins with what the device said last, each report adds to it, an equal one too."""
    socket = metering_socket()
    async with loaded(hass, socket, platforms=[Platform.SENSOR]) as simulator:
        entity = entity_id(hass, Platform.SENSOR, socket, "add_ele")
        state = hass.states.get(entity)
        assert state is not None
        assert state.state == "0.1"
        assert {name: state.attributes[name] for name in ("device_class", "state_class", "unit_of_measurement")} == {
            "device_class": "energy",
            "state_class": "total_increasing",
            "unit_of_measurement": "kWh",
        }
        for total in ("0.3", "0.5"):
            await simulator.report(socket.id, {"add_ele": 200})
            await wait_until(lambda: state_of(hass, entity) == total)  # noqa: B023
        # Out of range, and no number
        await simulator.report(socket.id, {"add_ele": 60000})
        await simulator.report(socket.id, {"add_ele": "much"})
        await simulator.report(socket.id, {"add_ele": 1})
        await wait_until(lambda: state_of(hass, entity) == "0.501")


async def test_sum_of_nothing(hass: HomeAssistant) -> None:
    """A device that has counted nothing begins at 0."""
    socket = metering_socket(add_ele=None)
    async with loaded(hass, socket, platforms=[Platform.SENSOR]):
        assert state_of(hass, entity_id(hass, Platform.SENSOR, socket, "add_ele")) == "0"


async def test_total_under_the_code_of_increments(hass: HomeAssistant) -> None:
    """A counter that can hold the energy of a lifetime is shown as it is."""
    socket = metering_socket(add_ele=62860, maximum=100_000_000)
    async with loaded(hass, socket, platforms=[Platform.SENSOR]) as simulator:
        entity = entity_id(hass, Platform.SENSOR, socket, "add_ele")
        assert state_of(hass, entity) == "62.86"
        await simulator.report(socket.id, {"add_ele": 62870})
        await wait_until(lambda: state_of(hass, entity) == "62.87")


async def test_a_report_told_twice_is_counted_once(hass: HomeAssistant) -> None:
    """Told again at once, or after others, it is the same report; another number is another report."""
    socket = metering_socket(add_ele=0)
    async with loaded(hass, socket, platforms=[Platform.SENSOR]) as simulator:
        entity = entity_id(hass, Platform.SENSOR, socket, "add_ele")
        for number, value in ((1000, 10), (1000, 10), (1001, 20), (1000, 10), (1001, 20), (None, 40), (None, 40)):
            await simulator.send_raw(event_of(number, socket, add_ele=value))
        await simulator.send_raw(event_of(1002, socket, add_ele=10))
        await wait_until(lambda: state_of(hass, entity) == "0.08")


async def test_what_is_read_again_is_not_counted(hass: HomeAssistant) -> None:
    """Neither after a lost link nor of a device that was away; the sum is kept meanwhile."""
    socket = metering_socket()
    async with loaded(hass, socket, platforms=[Platform.SENSOR]) as simulator:
        entity = entity_id(hass, Platform.SENSOR, socket, "add_ele")
        await simulator.report(socket.id, {"add_ele": 200})
        await wait_until(lambda: state_of(hass, entity) == "0.3")

        # It has another value by the time that it is read again
        simulator.device(socket.id).value["add_ele"] = 700
        await simulator.drop()
        await wait_until(lambda: state_of(hass, entity) == STATE_UNAVAILABLE)
        await wait_until(lambda: state_of(hass, entity) == "0.3")

        await simulator.set_online(socket.id, False)
        await wait_until(lambda: state_of(hass, entity) == STATE_UNAVAILABLE)
        simulator.device(socket.id).online = True
        await simulator.push_event(
            "online_updated", {"devid": socket.id, "state": True, "value": [{"k": "add_ele", "v": 700}]}
        )
        await wait_until(lambda: state_of(hass, entity) == "0.3")
        # It tells again what it told last, as a report; then something new
        await simulator.report(socket.id, {"add_ele": 700})
        await stays(lambda: state_of(hass, entity) == "0.3")
        await simulator.report(socket.id, {"add_ele": 5})
        await wait_until(lambda: state_of(hass, entity) == "0.305")


async def test_sum_goes_on_after_a_reload(hass: HomeAssistant) -> None:
    """What was counted is kept; what the device says when it is read is no report."""
    socket = metering_socket()
    with patch("custom_components.iot_gateway.PLATFORMS", [Platform.SENSOR]):
        async with TuyaGatewaySimulator([socket]) as simulator:
            entry = make_entry(simulator)
            await load(hass, entry)
            entity = entity_id(hass, Platform.SENSOR, socket, "add_ele")
            await simulator.report(socket.id, {"add_ele": 250})
            await wait_until(lambda: state_of(hass, entity) == "0.35")
            # Gone while it is stopped, so that its state is unavailable
            await simulator.set_online(socket.id, False)
            await wait_until(lambda: state_of(hass, entity) == STATE_UNAVAILABLE)
            assert await hass.config_entries.async_unload(entry.entry_id)
            simulator.device(socket.id).value["add_ele"] = 999
            simulator.device(socket.id).online = True
            assert await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done()
            assert state_of(hass, entity) == "0.35"
            await simulator.report(socket.id, {"add_ele": 999})
            await wait_until(lambda: state_of(hass, entity) == "1.349")
            assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("stored", "total"),
    [
        ({"native_value": 12.5, "native_unit_of_measurement": "kWh"}, "12.5"),
        ({"native_value": 12500, "native_unit_of_measurement": "Wh"}, "12.5"),
        ({"native_value": None, "native_unit_of_measurement": "kWh"}, "0.1"),
        ({"native_value": "much", "native_unit_of_measurement": "kWh"}, "0.1"),
    ],
)
async def test_sum_goes_on_after_a_restart(hass: HomeAssistant, stored: dict[str, object], total: str) -> None:
    """The stored sum counts, in the unit of today; where there is none, it begins anew."""
    socket = metering_socket()
    entity = (
        er.async_get(hass)
        .async_get_or_create(Platform.SENSOR, DOMAIN, f"{socket.id}_add_ele", suggested_object_id="socket_energy")
        .entity_id
    )
    mock_restore_cache_with_extra_data(hass, [(State(entity, STATE_UNAVAILABLE), stored)])
    async with loaded(hass, socket, platforms=[Platform.SENSOR]):
        assert state_of(hass, entity) == total


async def test_schema_says_what_reports_increments(hass: HomeAssistant) -> None:
    """Tuya's report type counts, whatever the code; a data point that no table knows then grows."""
    point = {**integer("used", 0, 1000, "L"), "report_type": "sum"}
    gadget = device("Gadget", UNKNOWN_CATEGORY, ro(point, 5))
    async with loaded(hass, gadget, platforms=[Platform.SENSOR]) as simulator:
        entity = entity_id(hass, Platform.SENSOR, gadget, "used")
        await simulator.report(gadget.id, {"used": 7})
        await wait_until(lambda: state_of(hass, entity) == "12")
        state = hass.states.get(entity)
        assert state is not None
        assert state.attributes["state_class"] == "total_increasing"


@pytest.mark.parametrize(
    ("settings", "unit", "state", "changed"),
    [
        ("c", "", "20.0", "-6.7"),
        ("f", "", "-6.7", "20.0"),
        ("f", "℃", "20.0", "20.0"),
    ],
)
async def test_temperature_in_the_unit_that_the_device_is_set_to(
    hass: HomeAssistant, settings: str, unit: str, state: str, changed: str
) -> None:
    """Where the data point names no unit, the device's setting does, also when it changes."""
    hass.config.units = METRIC_SYSTEM
    gadget = device(
        "Gadget",
        "wsdcg",
        ro(integer("va_temperature", -200, 600, unit, scale=1), 200),
        rw(enum("temp_unit_convert", "c", "f"), settings),
    )
    async with loaded(hass, gadget, platforms=[Platform.SENSOR]) as simulator:
        entity = entity_id(hass, Platform.SENSOR, gadget, "va_temperature")
        assert float(state_of(hass, entity)) == pytest.approx(float(state), abs=0.05)
        await simulator.report(gadget.id, {"temp_unit_convert": "f" if settings == "c" else "c", "va_temperature": 200})
        await wait_until(lambda: abs(float(state_of(hass, entity)) - float(changed)) < 0.05)
        found = hass.states.get(entity)
        assert found is not None
        assert found.attributes["unit_of_measurement"] == UnitOfTemperature.CELSIUS


async def test_temperature_of_a_fahrenheit_data_point(hass: HomeAssistant) -> None:
    """What is Fahrenheit by its code stays so, whatever the device is set to."""
    hass.config.units = US_CUSTOMARY_SYSTEM
    gadget = device(
        "Gadget", "bh", ro(integer("temp_current_f", 32, 212, ""), 100), rw(enum("temp_unit_convert", "c", "f"), "c")
    )
    async with loaded(hass, gadget, platforms=[Platform.SENSOR]):
        assert state_of(hass, entity_id(hass, Platform.SENSOR, gadget, "temp_current_f")) == "100"


async def test_wind_direction(hass: HomeAssistant) -> None:
    """A point of the compass is shown in degrees; no direction is unknown."""
    station = device("Station", "qxj", ro(enum("wind_direct", "north", "south_west"), "south_west"))
    async with loaded(hass, station, platforms=[Platform.SENSOR]) as simulator:
        entity = entity_id(hass, Platform.SENSOR, station, "wind_direct")
        state = hass.states.get(entity)
        assert state is not None
        assert (state.state, state.attributes["unit_of_measurement"], state.attributes["device_class"]) == (
            "225.0",
            "°",
            "wind_direction",
        )
        await simulator.report(station.id, {"wind_direct": "none"})
        await wait_until(lambda: state_of(hass, entity) == STATE_UNKNOWN)


async def test_end_of_a_countdown(hass: HomeAssistant) -> None:
    """The end stays where it is while the device counts, and is unknown when nothing is counted."""
    rail = device("Rail", "mjj", ro(integer("countdown_left", 0, 1440, "min"), 90))
    # A state has whole seconds
    earliest = dt_util.utcnow() + timedelta(minutes=90, seconds=-1)
    async with loaded(hass, rail, platforms=[Platform.SENSOR]) as simulator:
        entity = entity_id(hass, Platform.SENSOR, rail, "countdown_left")
        end = dt_util.parse_datetime(state_of(hass, entity))
        assert end is not None
        assert earliest < end <= dt_util.utcnow() + timedelta(minutes=90)
        with patch(
            "custom_components.iot_gateway.sensor.utcnow", return_value=end - timedelta(minutes=90, seconds=-45)
        ):
            await simulator.report(rail.id, {"countdown_left": 89})
            await stays(lambda: dt_util.parse_datetime(state_of(hass, entity)) == end)
        await simulator.report(rail.id, {"countdown_left": 30})
        await wait_until(lambda: dt_util.parse_datetime(state_of(hass, entity)) != end)
        await simulator.report(rail.id, {"countdown_left": 0})
        await wait_until(lambda: state_of(hass, entity) == STATE_UNKNOWN)


async def test_circuits_of_a_meter(hass: HomeAssistant) -> None:
    """A text in hexadecimal holds what one circuit measures."""
    meter = device("Meter", "zndb", ro(string("phase_s1", 64), "010f09110000010002000000000000005a"))
    async with loaded(hass, meter, platforms=[Platform.SENSOR]):
        assert {
            quantity: state_of(hass, entity_id(hass, Platform.SENSOR, meter, f"phase_s1{quantity}"))
            for quantity in ("voltage", "electriccurrent", "power", "powerfactor")
        } == {"voltage": "232.1", "electriccurrent": "0.001", "power": "0.512", "powerfactor": "0.9"}
