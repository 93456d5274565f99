"""The service action set_data_point."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator
from simulators.tuya_gateway.demo.points import device as simulated_device, rw, wo
from simulators.tuya_gateway.schema import boolean, floating, json_text, raw, string
from tests.helpers import TITLE, UNKNOWN_CATEGORY, load, make_entry, plug

pytestmark = pytest.mark.usefixtures("unloading")


@pytest.fixture
def gadget(simulator: TuyaGatewaySimulator) -> SimulatedDevice:
    """Return a device with a data point of each type that a plug lacks."""
    made = simulated_device(
        "Gadget",
        UNKNOWN_CATEGORY,
        rw(floating("level", 0.0, 5.0, "V"), 1.5),
        rw(string("label", 8), "x"),
        rw(json_text("plan"), '{"a":1}'),
        rw(raw("curve"), "AAE="),
        wo(boolean("go")),
    )
    simulator.devices = {made.id: made, **simulator.devices}
    return made


@pytest.fixture
async def device_id(hass: HomeAssistant, gadget: SimulatedDevice, simulator: TuyaGatewaySimulator) -> str:
    """Return the gadget's id in the device registry, all of its entities being disabled."""
    entry = make_entry(simulator)
    await load(hass, entry)
    registry_id: str = entry.runtime_data.registry_id(gadget.id)
    return registry_id


async def set_data_point(hass: HomeAssistant, device: str, code: str, value: Any) -> None:
    """Call the action."""
    await hass.services.async_call(
        DOMAIN, "set_data_point", {"device": device, "code": code, "value": value}, blocking=True
    )


@pytest.mark.parametrize(
    ("code", "value", "raw_value"),
    [
        ("level", 2.5, 2.5),
        ("label", "ä" * 8, "ä" * 8),
        ("plan", {"b": [1, 2]}, '{"b":[1,2]}'),
        ("plan", '{"c":1}', '{"c":1}'),
        ("curve", "AgM=", "AgM="),
        ("go", True, True),
    ],
)
async def test_set_data_point(
    hass: HomeAssistant,
    device_id: str,
    simulator: TuyaGatewaySimulator,
    gadget: SimulatedDevice,
    code: str,
    value: object,
    raw_value: object,
) -> None:
    """Any data point can be set, also one without an enabled entity and one that is never reported."""
    await set_data_point(hass, device_id, code, value)
    assert simulator.commands == [[{"devid": gadget.id, "value": [{"k": code, "v": raw_value}]}]]


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ("level", 6, "6 is not allowed for level: it takes a number from 0 to 5 V"),
        ("level", "much", "much is not allowed for level: it takes a number from 0 to 5 V"),
        ("label", "ä" * 9, f"{'ä' * 9} is not allowed for label: it takes a text of at most 8 characters"),
        ("curve", "%", "% is not allowed for curve: it takes bytes in base64"),
        ("go", "maybe", "maybe is not allowed for go: it takes true or false"),
        ("go", None, "None is not allowed for go: it takes true or false"),
        ("stop", True, "has no data point stop. The ones that can be set: level, label, plan, curve, go"),
    ],
)
async def test_value_not_allowed(
    hass: HomeAssistant, device_id: str, simulator: TuyaGatewaySimulator, code: str, value: object, text: str
) -> None:
    """A mistake in the call is told in words, before anything is sent."""
    with pytest.raises(ServiceValidationError) as caught:
        await set_data_point(hass, device_id, code, value)
    assert text in str(caught.value)
    assert not simulator.commands


async def test_fields_are_required(hass: HomeAssistant, device_id: str) -> None:
    """All three of them."""
    for field in ("device", "code", "value"):
        data = {"device": device_id, "code": "go", "value": True}
        del data[field]
        with pytest.raises(vol.Invalid):
            await hass.services.async_call(DOMAIN, "set_data_point", data, blocking=True)


async def test_refused(hass: HomeAssistant, device_id: str, simulator: TuyaGatewaySimulator) -> None:
    """The gateway's refusal is an error of the action."""
    simulator.faults.reject = {"set_value"}
    with pytest.raises(HomeAssistantError, match=f"{TITLE} refused the command: "):
        await set_data_point(hass, device_id, "go", True)


async def test_wrong_device(
    hass: HomeAssistant, device_id: str, simulator: TuyaGatewaySimulator, device_registry: dr.DeviceRegistry
) -> None:
    """The gateway itself has no data points; devices of others and of entries that are not loaded are refused."""
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    root = device_registry.async_get_device_by_identifier((DOMAIN, simulator.uuid), entry.entry_id)
    assert root is not None
    with pytest.raises(ServiceValidationError, match="has no data points. Choose one of the devices"):
        await set_data_point(hass, root.id, "go", True)
    with pytest.raises(ServiceValidationError):
        await set_data_point(hass, "no such device", "go", True)

    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    foreign = device_registry.async_get_or_create(config_entry_id=other.entry_id, identifiers={("other", "x")})
    with pytest.raises(ServiceValidationError):
        await set_data_point(hass, foreign.id, "go", True)

    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await set_data_point(hass, device_id, "go", True)


async def test_device_with_nothing_to_set(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """The error has no list then."""
    sensor = plug("Sensor")
    sensor.function.clear()
    simulator.devices = {sensor.id: sensor}
    entry = make_entry(simulator)
    await load(hass, entry)
    with pytest.raises(ServiceValidationError, match="The ones that can be set: -"):
        await set_data_point(hass, entry.runtime_data.registry_id(sensor.id), "go", True)
    with pytest.raises(ServiceValidationError, match="relay can only be read"):
        await set_data_point(hass, entry.runtime_data.registry_id(sensor.id), "relay", True)


async def test_gang(hass: HomeAssistant, simulator: TuyaGatewaySimulator, device_registry: dr.DeviceRegistry) -> None:
    """A gang stands for its device."""
    switch = plug("Switch")
    simulator.devices = {switch.id: switch}
    entry = make_entry(simulator)
    await load(hass, entry)
    child = device_registry.async_get_or_create_child(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, f"{switch.id}_gang_2")},
        parent_device_id=entry.runtime_data.registry_id(switch.id),
        name="Gang 2",
    )
    await set_data_point(hass, child.id, "lamp", True)
    assert simulator.commands == [[{"devid": switch.id, "value": [{"k": "lamp", "v": True}]}]]


async def test_there_without_an_entry(hass: HomeAssistant, socket_enabled: None) -> None:
    """The action is registered with the integration, not with an entry."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.has_service(DOMAIN, "set_data_point")
