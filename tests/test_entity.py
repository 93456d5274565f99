"""What all entities have in common."""

from typing import Any
from unittest.mock import patch

from homeassistant.const import STATE_ON, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.const import DOMAIN, PLATFORMS
from custom_components.iot_gateway.mapping import switch as table
from custom_components.iot_gateway.mapping.rows import SwitchRow
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator, demo_home
from simulators.tuya_gateway.demo.points import device as simulated_device, rw
from simulators.tuya_gateway.schema import boolean
from tests.helpers import entity_id, find_entity, load, loaded, make_entry, plug, state_of, stays, wait_until


@pytest.fixture
def the_plug(simulator: TuyaGatewaySimulator) -> SimulatedDevice:
    """Return the plug of the simulator."""
    return next(iter(simulator.devices.values()))


@pytest.mark.usefixtures("unloading")
async def test_generic_entities_are_disabled(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice, entity_registry: er.EntityRegistry
) -> None:
    """What no table knows is there for those who want it, and costs nobody else anything."""
    await load(hass, make_entry(simulator))
    entity = entity_registry.async_get(entity_id(hass, Platform.SENSOR, the_plug, "reading"))
    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert hass.states.get(entity.entity_id) is None
    assert entity.unique_id == f"{the_plug.id}_reading"
    assert entity.original_name == "Reading"
    assert entity.has_entity_name


@pytest.mark.usefixtures("unloading")
async def test_renamed_entity_lives_on(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    the_plug: SimulatedDevice,
    entity_registry: er.EntityRegistry,
) -> None:
    """A new entity id changes nothing else."""
    old = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    entity_registry.async_update_entity(old, new_entity_id="sensor.renamed")
    await wait_until(lambda: hass.states.get("sensor.renamed"))
    await simulator.report(the_plug.id, {"reading": 10})
    await wait_until(lambda: state_of(hass, "sensor.renamed") == "1.0")
    assert hass.states.get(old) is None


@pytest.mark.usefixtures("unloading")
async def test_entity_id_change_without_a_new_entity(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """From 2026.11 on the same object carries on, which asks for this method."""
    entity = hass.data["entity_components"][Platform.SENSOR].get_entity(
        entity_id(hass, Platform.SENSOR, the_plug, "reading")
    )
    assert entity is not None
    entity.async_entity_id_changed("sensor.old")
    await simulator.report(the_plug.id, {"reading": 10})
    await wait_until(lambda: state_of(hass, entity.entity_id) == "1.0")


@pytest.mark.usefixtures("unloading")
async def test_disabled_entity_hears_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """An entity that is removed leaves no listener behind."""
    hub = entry.runtime_data
    entity = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    assert len(hub._woken[the_plug.id]["reading"]) == 1
    er.async_get(hass).async_remove(entity)
    await hass.async_block_till_done()
    assert hub._woken[the_plug.id]["reading"] == []
    await simulator.report(the_plug.id, {"reading": 10})
    await stays(lambda: hass.states.get(entity) is None, 0.03)


@pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")
async def test_gangs(hass: HomeAssistant, device_registry: dr.DeviceRegistry) -> None:
    """From two gangs on each is a device of its own within the device; one gang is the device."""
    rows = tuple(SwitchRow(key=f"gang_{number}", gang=number, main=True) for number in (1, 2, 3))
    two = simulated_device("Two", "qtgangs", rw(boolean("gang_1"), True), rw(boolean("gang_2"), False))
    one = simulated_device("One", "qtgangs", rw(boolean("gang_1"), True))
    with patch.dict(table.SWITCHES, {"qtgangs": rows}):
        async with loaded(hass, two, one) as simulator:
            (entry,) = hass.config_entries.async_entries(DOMAIN)
            children = dr.async_child_entries_for_config_entry(device_registry, entry.entry_id)
            parent = device_registry.async_get_device_by_identifier((DOMAIN, two.id), entry.entry_id)
            assert parent is not None
            assert {child.parent_device_id for child in children} == {parent.id}
            assert {identifier for child in children for _, identifier in child.identifiers} == {
                f"{two.id}_gang_1",
                f"{two.id}_gang_2",
            }
            registry = er.async_get(hass)
            alone = registry.async_get(entity_id(hass, Platform.SWITCH, one, "gang_1"))
            own = device_registry.async_get_device_by_identifier((DOMAIN, one.id), entry.entry_id)
            assert alone is not None
            assert own is not None
            assert alone.device_id == own.id
            assert alone.original_name is None  # it is the device

            second = entity_id(hass, Platform.SWITCH, two, "gang_2")
            await hass.services.async_call("switch", "turn_on", {"entity_id": second}, blocking=True)
            assert state_of(hass, second) == STATE_ON
            assert two.value["gang_2"] is True

            # The device goes with its gangs, the other stays
            await simulator.remove_device(two.id)
            await wait_until(lambda: not dr.async_child_entries_for_config_entry(device_registry, entry.entry_id))
            assert find_entity(hass, Platform.SWITCH, two, "gang_1") is None
            assert device_registry.async_get(own.id) is not None


@pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")
async def test_whole_home(hass: HomeAssistant, entity_registry: er.EntityRegistry) -> None:
    """Every data point of every device has an entity, and every entity that is set up works."""
    home = demo_home()
    async with loaded(hass, *home):
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        entities = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        hub = entry.runtime_data
        assert {entity.domain for entity in entities} <= set(PLATFORMS)
        for simulated in home:
            assert all(
                hub._woken[simulated.id].get(code)
                for code in (*simulated.value, *(f["code"] for f in simulated.function))
            )
        states: dict[str, Any] = {entity.entity_id: hass.states.get(entity.entity_id) for entity in entities}
        assert None not in states.values()
        offline = {simulated.id for simulated in home if not simulated.online}
        unavailable = {
            entity.unique_id.partition("_")[0]
            for entity in entities
            if states[entity.entity_id].state == STATE_UNAVAILABLE
        }
        assert unavailable == offline


@pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")
async def test_whole_home_lives(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """No value that a device of the home may report is too much for its entities."""
    home = demo_home()
    async with loaded(hass, *home) as simulator:
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        await simulator.flood(1500)
        hub = entry.runtime_data
        await wait_until(
            lambda: all(hub.devices[one.id].state.items() >= one.value.items() for one in home if one.online)
        )
        await hass.async_block_till_done()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert "its own schema does not allow" not in caplog.text


def test_plug_is_generic() -> None:
    """The tests of the integration rest on devices that no table knows."""
    assert plug().category.startswith("qt")
