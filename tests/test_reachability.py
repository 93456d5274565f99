"""The repairs: a gateway that is away for long, a device key that is refused, and how the latter is put right."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.repairs import async_create_fix_flow
from simulators.tuya_gateway import TuyaGatewaySimulator
from tests.helpers import TITLE, load, make_entry, state_now, wait_until

pytestmark = pytest.mark.usefixtures("unloading")

WRONG_KEY = "0123456789abcdef"


def after(hass: HomeAssistant, minutes: float) -> None:
    """Let Home Assistant's timers that are due within so many minutes fire now."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=minutes))


def issues(issue_registry: ir.IssueRegistry) -> set[str]:
    """Return the keys of our issues."""
    return {
        issue.translation_key or ""
        for issue in issue_registry.issues.values()
        if issue.domain == DOMAIN and issue.active
    }


async def test_unreachable_while_running(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """Ten minutes without a gateway are told, with its name and place; it goes by itself when the gateway is back."""
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    after(hass, 9)
    assert not issues(issue_registry)
    after(hass, 10.1)
    assert issues(issue_registry) == {"unreachable"}
    issue = issue_registry.async_get_issue(DOMAIN, f"unreachable_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders == {"name": TITLE, "host": "127.0.0.1", "port": str(simulator.port)}
    assert not issue.is_fixable

    await simulator.start()
    await wait_until(lambda: entry.runtime_data.connected)
    assert not issues(issue_registry)


async def test_back_in_time(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """A restart of the gateway is nobody's business."""
    await simulator.drop()
    await simulator.wait_for(lambda: simulator.opened == 2 and simulator.connections == 1)
    await wait_until(lambda: entry.runtime_data.connected)
    after(hass, 11)
    assert not issues(issue_registry)


async def test_unreachable_from_the_start(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """The time counts over all attempts to set the entry up."""
    await simulator.stop()
    entry = make_entry(simulator)
    await load(hass, entry)
    for _ in range(3):
        await hass.config_entries.async_reload(entry.entry_id)
        assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    entry.async_cancel_retry_setup()
    after(hass, 10.1)
    assert issues(issue_registry) == {"unreachable"}

    await simulator.start()
    await hass.config_entries.async_reload(entry.entry_id)
    assert state_now(entry) is ConfigEntryState.LOADED
    assert not issues(issue_registry)


async def test_removed_while_unreachable(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """With the entry its issue goes, and the wait for one."""
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    after(hass, 10.1)
    assert issues(issue_registry)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not issues(issue_registry)

    other = make_entry(simulator)
    await load(hass, other)
    await hass.config_entries.async_remove(other.entry_id)
    after(hass, 10.1)
    assert not issues(issue_registry)


async def test_disabled_while_being_set_up(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """Who disables an entry is not told that its gateway is away; enabled again, the time begins anew."""
    await simulator.stop()
    entry = make_entry(simulator)
    await load(hass, entry)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    after(hass, 10.1)
    assert not issues(issue_registry)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    entry.async_cancel_retry_setup()
    after(hass, 10.1)
    assert issues(issue_registry) == {"unreachable"}


async def test_repair_device_key(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """The repair asks for the key, says what is wrong with a wrong one, and loads the entry with the right one."""
    assert await async_setup_component(hass, "repairs", {})
    entry = make_entry(simulator, device_key=WRONG_KEY)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_ERROR
    assert issues(issue_registry) == {"device_key_refused"}
    issue_id = f"device_key_refused_{entry.entry_id}"

    manager = hass.data["repairs"]["flow_manager"]
    result = await manager.async_init(DOMAIN, data={"issue_id": issue_id})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "device_key"
    assert result["description_placeholders"] == {"name": TITLE, "error": ""}

    result = await manager.async_configure(result["flow_id"], {"device_key": "ffffffffffffffff"})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": "wrong_device_key"}
    assert "ffffffffffffffff" not in str(result["description_placeholders"])
    assert entry.data["device_key"] == WRONG_KEY

    result = await manager.async_configure(result["flow_id"], {"device_key": f" {simulator.device_key} "})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.data == make_entry(simulator).data
    assert state_now(entry) is ConfigEntryState.LOADED
    assert not issues(issue_registry)
    assert not hass.config_entries.flow.async_progress()  # the request for the key at the entry itself


async def test_repair_while_running(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """The repair of an entry that is loaded loads it anew."""
    simulator.faults.refuse_auth = True
    await simulator.drop()
    await wait_until(lambda: issues(issue_registry) == {"device_key_refused"})
    assert state_now(entry) is ConfigEntryState.LOADED
    simulator.faults.reset()
    flow = await async_create_fix_flow(hass, "x", {"entry_id": entry.entry_id})
    flow.hass = hass
    result = await flow.async_step_device_key({"device_key": simulator.device_key})  # type: ignore[attr-defined]
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert state_now(entry) is ConfigEntryState.LOADED
    assert simulator.connections == 1
    assert not issues(issue_registry)


async def test_refused_is_not_unreachable(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
) -> None:
    """A gateway that refuses the key answers; only one of the two issues is there at a time."""
    await load(hass, make_entry(simulator, device_key=WRONG_KEY))
    after(hass, 10.1)
    assert issues(issue_registry) == {"device_key_refused"}
