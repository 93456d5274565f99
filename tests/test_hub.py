"""The hub: who is woken by what, slices, and settings of many entities at once."""

from datetime import timedelta
from unittest.mock import patch

from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.model import Device, Value, parse_tuya_schema
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator
from tests.helpers import entity_id, state_of, wait_until

pytestmark = pytest.mark.usefixtures("unloading")


@pytest.fixture
def the_plug(simulator: TuyaGatewaySimulator) -> SimulatedDevice:
    """Return the plug of the simulator."""
    return next(iter(simulator.devices.values()))


async def test_listeners(hass: HomeAssistant, entry: MockConfigEntry, the_plug: SimulatedDevice) -> None:
    """Only who listens to what changed is woken, once, and not after it has ended that."""
    hub = entry.runtime_data
    woken: list[str] = []
    ends = [
        hub.listen(the_plug.id, ("relay", "lamp"), lambda: woken.append("both")),
        hub.listen(the_plug.id, ("lamp",), lambda: woken.append("lamp")),
        hub.listen(the_plug.id, ("reading",), lambda: woken.append("reading")),
    ]
    hub.report(the_plug.id, {"relay": True, "lamp": True})
    assert sorted(woken) == ["both", "lamp"]
    woken.clear()
    hub.report(the_plug.id, {"relay": True})
    assert not woken
    hub.set_online(the_plug.id, False)
    assert sorted(woken) == ["both", "lamp", "reading"]
    woken.clear()
    hub.set_online(the_plug.id, False)
    assert not woken
    for end in ends:
        end()
    hub.set_online(the_plug.id, True)
    assert not woken


async def test_report_listeners(hass: HomeAssistant, entry: MockConfigEntry, the_plug: SimulatedDevice) -> None:
    """They hear each report, equal ones too, and nothing of what is read."""
    hub = entry.runtime_data
    heard: list[tuple[Value | None, int | None]] = []
    end = hub.listen_reports(the_plug.id, "reading", lambda value, number: heard.append((value, number)))
    hub.report(the_plug.id, {"reading": 200})
    hub.report(the_plug.id, {"reading": 200, "relay": True}, 7)
    hub.report(the_plug.id, {"relay": False})
    hub.take(the_plug.id, {"reading": 300})
    assert heard == [(20.0, None), (20.0, 7)]
    end()
    hub.report(the_plug.id, {"reading": 200})
    assert heard == [(20.0, None), (20.0, 7)]


async def test_woken_in_slices(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """What wakes everything lets others run in between; all of it is done in the end."""
    hub = entry.runtime_data
    with patch("custom_components.iot_gateway.hub._SLICE_SECONDS", 0):
        order = list(hub.devices)
        assert order[0] == the_plug.id
        hub.set_connected(False)
        assert state_of(hass, entity_id(hass, Platform.SWITCH, the_plug, "relay")) == STATE_UNAVAILABLE
        others = [state for state in hass.states.async_all() if state.domain == "sensor"]
        assert others
        await wait_until(lambda: {state.state for state in hass.states.async_all()} == {STATE_UNAVAILABLE})
        hub.set_connected(True)
        hub.set_connected(True)
        await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "21.5")


async def test_device_with_a_name(
    hass: HomeAssistant, entry: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    """A connection that knows names and models has them in the device registry."""
    hub = entry.runtime_data
    hub.add_devices(
        [Device(id="named", schema=parse_tuya_schema("cz", (), ()), name="Desk lamp", model="SP-1", online=True)]
    )
    device = device_registry.async_get_device_by_identifier((DOMAIN, "named"), entry.entry_id)
    assert device is not None
    assert (device.name, device.model, device.model_id) == ("Desk lamp", "SP-1", "cz")
    assert hub.registry_id("named") == device.id
    hub.remove_device("named")
    assert device_registry.async_get(device.id) is None
    hub.remove_device("named")  # again is no error


async def test_user_named_device_in_errors(
    hass: HomeAssistant, entry: MockConfigEntry, the_plug: SimulatedDevice, device_registry: dr.DeviceRegistry
) -> None:
    """Errors call a device what the user calls it."""
    hub = entry.runtime_data
    device_registry.async_update_device(hub.registry_id(the_plug.id), name_by_user="Coffee machine")
    hub.set_online(the_plug.id, False)
    with pytest.raises(Exception, match="Coffee machine is offline"):
        await hub.send(the_plug.id, {"relay": True})


async def test_category_that_changes(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A device that is another kind of device now is set up anew."""
    the_plug.category = "qtother"
    await simulator.drop()
    await wait_until(lambda: simulator.opened == 3)
    await hass.async_block_till_done()
    await wait_until(lambda: entry.runtime_data.connected)
    assert entry.runtime_data.devices[the_plug.id].category == "qtother"


async def test_command_shows_before_its_report(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, the_plug: SimulatedDevice
) -> None:
    """A confirmed value is shown, whether the device reports it or not; in doubt the device is asked."""
    simulator.faults.no_report = True
    hub = entry.runtime_data
    await hub.send(the_plug.id, {"relay": True})
    assert hub.devices[the_plug.id].value("relay") is True

    # The device fell back at once, and said so right behind the confirmation
    await hub.send(the_plug.id, {"lamp": True})
    with patch("custom_components.iot_gateway.settling.SETTLE_SECONDS", 60.0):
        simulator.faults.no_report = False
        simulator.faults.stale_report = True
        the_plug.value["target"] = 50
        await hub.send(the_plug.id, {"target": 60})
        await wait_until(lambda: the_plug.value["target"] == 60)
        the_plug.value["target"] = 50
        simulator.requests.clear()
        await simulator.report(the_plug.id, {"target": 50})
        # What comes behind it shows that it has been heard
        await simulator.report(the_plug.id, {"reading": 333})
        await wait_until(lambda: hub.devices[the_plug.id].state["reading"] == 333)
        assert hub.devices[the_plug.id].value("target") == 60
        assert not any(request["type"] == "get_status" for request in simulator.requests)
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
        assert await _next_status(simulator) == [the_plug.id]
        await wait_until(lambda: hub.devices[the_plug.id].value("target") == 50)


async def _next_status(simulator: TuyaGatewaySimulator) -> object:
    """Return the data of the next get_status."""
    await simulator.wait_for(lambda: any(request["type"] == "get_status" for request in simulator.requests))
    return next(request["data"] for request in simulator.requests if request["type"] == "get_status")


async def test_inferred_points_are_no_other_schema(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator
) -> None:
    """What only values hint at may look different with other values; that is no reason to set a device up anew."""
    hub = entry.runtime_data
    for value in (5, 5.5):
        device = Device(id="odd", schema=parse_tuya_schema("cz", (), ()), online=True)
        device.apply({"x": value})
        hub.add_devices([device])
    await hass.async_block_till_done()
    assert hub.devices["odd"].value("x") == 5.5
    assert simulator.opened == 1


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_nothing_is_mapped_on_a_report(
    hass: HomeAssistant, entry: MockConfigEntry, the_plug: SimulatedDevice
) -> None:
    """Which entity a data point becomes is decided once: a report of a known one finds its listeners and no table."""
    hub = entry.runtime_data
    entity = entity_id(hass, Platform.SWITCH, the_plug, "relay")
    with (
        patch("custom_components.iot_gateway.mapping.plan._plan", side_effect=AssertionError),
        patch("custom_components.iot_gateway.entity.plan_entities", side_effect=AssertionError),
        patch("custom_components.iot_gateway.model.tuya_schema._parse_entry", side_effect=AssertionError),
    ):
        for value in (True, False, True):
            hub.report(the_plug.id, {"relay": value})
            assert state_of(hass, entity) == ("on" if value else "off")
