"""Setting up, unloading, reloading, disabling and removing an entry."""

import logging
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_gateway import TuyaGatewaySimulator
from tests.helpers import TITLE, entity_id, load, make_entry, plug, state_now, state_of, wait_until

pytestmark = pytest.mark.usefixtures("unloading")

WRONG_KEY = "0123456789abcdef"


async def test_setup(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The gateway is a device, its sub-devices are behind it, and their values are there when set-up is done."""
    assert simulator.connections == 1
    root = device_registry.async_get_device_by_identifier((DOMAIN, simulator.uuid), entry.entry_id)
    assert root is not None
    assert (root.name, root.manufacturer, root.model) == (TITLE, "Tuya", "LAN gateway")
    for simulated in simulator.devices.values():
        device = device_registry.async_get_device_by_identifier((DOMAIN, simulated.id), entry.entry_id)
        assert device is not None
        assert device.via_device_id == root.id
        assert device.model_id == simulated.category
        assert device.serial_number == simulated.id
    assert len(dr.async_entries_for_config_entry(device_registry, entry.entry_id)) == 1 + len(simulator.devices)
    assert state_of(hass, entity_id(hass, Platform.SENSOR, next(iter(simulator.devices.values())), "reading")) == "21.5"


async def test_gateway_without_uuid(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, device_registry: dr.DeviceRegistry
) -> None:
    """Without a uuid the gateway's device is known by the entry."""
    entry = make_entry(simulator, uuid=False)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.LOADED
    assert device_registry.async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id) is not None


async def test_unload(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Unloading closes the link; that is no loss of the gateway and starts no wait for it."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert state_now(entry) is ConfigEntryState.NOT_LOADED
    await simulator.wait_for_disconnection()
    assert "is lost" not in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert {state.state for state in hass.states.async_all()} == {STATE_UNAVAILABLE}


async def test_unload_while_gateway_is_away(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator
) -> None:
    """Unloading ends the attempts to reconnect."""
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await simulator.start()
    opened = simulator.opened
    await hass.async_block_till_done(wait_background_tasks=True)
    assert simulator.opened == opened


async def test_reload(hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator) -> None:
    """A reload makes one new link, and the entities are the same as before."""
    before = {entity.id for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)}
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert simulator.opened == 2
    assert simulator.connections == 1
    assert before == {entity.id for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)}
    assert STATE_UNAVAILABLE not in {state.state for state in hass.states.async_all() if state.domain != "event"}


async def test_remove(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, device_registry: dr.DeviceRegistry
) -> None:
    """Removing leaves nothing behind."""
    await hass.config_entries.async_remove(entry.entry_id)
    await simulator.wait_for_disconnection()
    assert not dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert not hass.states.async_all()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("http_status", "What answers at 127.0.0.1:{port} does not speak Tuya's LAN protocol for gateways: "),
        ("wrong_proof", f"What answers at 127.0.0.1:{{port}} could not prove that it is {TITLE}"),
    ],
)
async def test_setup_is_tried_again(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, fault: str, error: str
) -> None:
    """What may pass is tried again, and the entry's card says what is wrong."""
    setattr(simulator.faults, fault, 503 if fault == "http_status" else True)
    entry = make_entry(simulator)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.reason is not None
    assert entry.reason.startswith(error.format(port=simulator.port))

    simulator.faults.reset()
    await hass.config_entries.async_reload(entry.entry_id)
    assert state_now(entry) is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    ("request_type", "error"),
    [
        ("get_devices", f"The connection to {TITLE} was lost: "),
        ("get_schema", f"The connection to {TITLE} was lost: "),
        ("get_status", f"The connection to {TITLE} was lost: "),
    ],
)
@pytest.mark.link(request_timeout=0.1)
async def test_setup_without_answer(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, request_type: str, error: str
) -> None:
    """A gateway that authenticates but does not tell its state is tried again, on a new link."""
    simulator.faults.no_answer = {request_type}
    entry = make_entry(simulator)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.reason is not None
    assert entry.reason.startswith(error)
    await simulator.wait_for_disconnection()


async def test_setup_gateway_is_away(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """Nobody answers: tried again, and the reason says where."""
    await simulator.stop()
    entry = make_entry(simulator)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.reason is not None
    assert entry.reason.startswith(f"No answer from {TITLE} at 127.0.0.1:{simulator.port}: ")


async def test_setup_with_wrong_key(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """A wrong key asks for the right one, and raises a repair that can be done."""
    entry = make_entry(simulator, device_key=WRONG_KEY)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_ERROR
    assert entry.reason == f"The device key of {TITLE} is wrong. Enter the one that the app shows under LAN Control"
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    issue = issue_registry.async_get_issue(DOMAIN, f"device_key_refused_{entry.entry_id}")
    assert issue is not None
    assert issue.is_fixable


async def test_setup_refused(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """A gateway that starts may refuse once or twice; the third time in a row it is the key."""
    simulator.faults.refuse_auth = True
    entry = make_entry(simulator)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    await hass.config_entries.async_reload(entry.entry_id)
    assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    assert not hass.config_entries.flow.async_progress()
    await hass.config_entries.async_reload(entry.entry_id)
    assert state_now(entry) is ConfigEntryState.SETUP_ERROR
    await hass.async_block_till_done()
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == [SOURCE_REAUTH]
    assert issue_registry.async_get_issue(DOMAIN, f"device_key_refused_{entry.entry_id}") is not None


async def test_platforms_fail(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A set-up that fails late closes the link too."""
    entry = make_entry(simulator)
    with patch.object(hass.config_entries, "async_forward_entry_setups", side_effect=RuntimeError("no platforms")):
        await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_ERROR
    await simulator.wait_for_disconnection()


async def test_setup_without_subdevices(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """A gateway with nothing behind it is fine, and is asked for no more than its list."""
    simulator.devices.clear()
    entry = make_entry(simulator)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.LOADED
    assert [request["type"] for request in simulator.requests] == ["get_devices"]


async def test_remove_device(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: TuyaGatewaySimulator,
    hass_ws_client: WebSocketGenerator,
    device_registry: dr.DeviceRegistry,
) -> None:
    """Only a device that the gateway does not bring can be removed by the user, or any while that cannot be told."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    present = device_registry.async_get_device_by_identifier((DOMAIN, next(iter(simulator.devices))), entry.entry_id)
    root = device_registry.async_get_device_by_identifier((DOMAIN, simulator.uuid), entry.entry_id)
    assert present is not None
    assert root is not None
    gone = device_registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "gone")})
    child = device_registry.async_get_or_create_child(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, f"{next(iter(simulator.devices))}_gang_1")},
        parent_device_id=present.id,
        name="Gang",
    )
    for device in (present, root, child):
        assert not (await client.remove_device(device.id))["success"]
    assert (await client.remove_device(gone.id))["success"]
    assert device_registry.async_get(gone.id) is None

    await hass.config_entries.async_unload(entry.entry_id)
    assert (await client.remove_device(present.id))["success"]


async def test_disabled_entry_raises_no_repair(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """Who disables an entry knows that its gateway is away."""
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    issue_registry.async_get_or_create(
        DOMAIN,
        f"unreachable_{entry.entry_id}",
        is_fixable=False,
        is_persistent=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="unreachable",
    )
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert state_now(entry) is ConfigEntryState.NOT_LOADED
    assert not issue_registry.issues


async def test_devices_of_one_kind(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, device_registry: dr.DeviceRegistry
) -> None:
    """Devices are told apart by name, although the gateway knows none."""
    simulator.devices = {device.id: device for device in (plug("One"), plug("Two"))}
    entry = make_entry(simulator)
    await load(hass, entry)
    names = {
        device.name
        for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)
        if device.via_device_id
    }
    assert names == {f"Device {device_id[-4:].upper()}" for device_id in simulator.devices}


async def test_unload_fails(hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator) -> None:
    """As long as a platform cannot be unloaded, the entry goes on working."""
    with patch.object(hass.config_entries, "async_unload_platforms", return_value=False):
        assert not await hass.config_entries.async_unload(entry.entry_id)
    assert state_now(entry) is ConfigEntryState.FAILED_UNLOAD
    assert simulator.connections == 1
    # By hand, since Home Assistant does not unload such an entry any more
    entry.mock_state(hass, ConfigEntryState.LOADED)
