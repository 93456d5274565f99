"""The connection with a Tuya cloud project: devices, states, commands, troubles, and what a gateway has too."""

import asyncio
from collections.abc import AsyncGenerator, Generator
import json
import logging
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iot_gateway.clients.tuya_cloud.errors import NotSubscribed, SubscriptionExpired
from custom_components.iot_gateway.connections.tuya_cloud import TuyaCloudConnection
from custom_components.iot_gateway.connections.tuya_cloud_api import kept_api
from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.model.quirk import Match, PointChange, Quirk, Quirks
from custom_components.iot_gateway.sharing import Sharing
from simulators.tuya_cloud import SECOND_UID, CloudDevice, TuyaCloudSimulator, make_device, ordinary_devices
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator
from simulators.tuya_gateway.demo.points import device as local_device, rw
from simulators.tuya_gateway.schema import boolean, enum
from tests.helpers import (
    entity_id,
    find_entity,
    load,
    make_entry,
    plug,
    state_now,
    state_of,
    states_written,
    stays,
    wait_until,
)
from tests.tuya_cloud_helpers import (
    CLOUD_TITLE,
    SMALL,
    after,
    cloud_entry,
    cloud_plug,
    copy_of,
    held,
    next_poll,
    poll,
    readings_noted,
    registered,
)

CONNECTION = "custom_components.iot_gateway.connections.tuya_cloud"

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default", "few_platforms", "unload")


@pytest.fixture
def few_platforms() -> Generator[None]:
    """Set few platforms up, which is faster."""
    with patch("custom_components.iot_gateway.PLATFORMS", SMALL), readings_noted():
        yield


@pytest.fixture
async def unload(hass: HomeAssistant, socket_enabled: None, few_platforms: None) -> AsyncGenerator[None]:
    """Unload afterwards what a test has set up, which must always work."""
    yield
    await hass.async_block_till_done()
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
def the_plug() -> CloudDevice:
    """Return the device that the simulated project has."""
    return cloud_plug()


@pytest.fixture
async def cloud(socket_enabled: None, the_plug: CloudDevice) -> AsyncGenerator[TuyaCloudSimulator]:
    """Return a running project with one device; a test may add more before it sets an entry up."""
    async with TuyaCloudSimulator([the_plug]) as running:
        yield running


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: TuyaCloudSimulator, unload: None) -> MockConfigEntry:
    """Return the loaded entry of the simulated project."""
    mock_entry = cloud_entry(cloud)
    await load(hass, mock_entry)
    assert mock_entry.state is ConfigEntryState.LOADED, mock_entry.reason
    return mock_entry


def infos(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the connection told the user in the log."""
    names = {CONNECTION, f"{CONNECTION}_devices"}
    return [record.getMessage() for record in caplog.records if record.name in names and record.levelno >= logging.INFO]


def connection_of(entry: MockConfigEntry) -> TuyaCloudConnection:
    connection = entry.runtime_data.connection
    assert isinstance(connection, TuyaCloudConnection)
    return connection


def issues(hass: HomeAssistant) -> set[str]:
    """Return the keys of the repairs that there are."""
    return {
        issue.translation_key or ""
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


async def set_switch(hass: HomeAssistant, device: SimulatedDevice, value: bool) -> None:
    """Switch the relay of a device."""
    await hass.services.async_call(
        "switch",
        "turn_on" if value else "turn_off",
        {"entity_id": entity_id(hass, Platform.SWITCH, device, "relay")},
        blocking=True,
    )


# Devices


async def test_devices(hass: HomeAssistant, cloud: TuyaCloudSimulator, the_plug: CloudDevice) -> None:
    """Every device of every account is there, with what the cloud calls it, behind the project or its gateway."""
    gateway = make_device("Hall gateway", "wg2", rw(boolean("led"), True), model="GW-1", product_name="Zigbee gateway")
    sub = cloud_plug("Behind it", gateway_id=gateway.id, product_name="Plug")
    other = cloud_plug("Another account's", uid=SECOND_UID, online=False)
    for device in (sub, gateway, other):
        cloud.add_device(device)
    entry = cloud_entry(cloud)
    await load(hass, entry)
    root = registered(hass, entry, entry.entry_id)
    assert root is not None
    assert (root.name, root.manufacturer, root.model) == (CLOUD_TITLE, "Tuya", "Tuya cloud project")
    assert root.entry_type is dr.DeviceEntryType.SERVICE
    found = {device.id: registered(hass, entry, device.id) for device in (the_plug, gateway, sub, other)}
    names = {device_id: device and (device.name, device.model) for device_id, device in found.items()}
    assert names == {
        the_plug.id: ("Garage plug", the_plug.product_name),
        gateway.id: ("Hall gateway", "Zigbee gateway (GW-1)"),
        sub.id: ("Behind it", "Plug"),
        other.id: ("Another account's", other.product_name),
    }
    via = {device_id: device and device.via_device_id for device_id, device in found.items()}
    assert via == {the_plug.id: root.id, gateway.id: root.id, sub.id: via[sub.id], other.id: root.id}
    assert (behind := found[gateway.id]) is not None
    assert via[sub.id] == behind.id
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "21.5"
    assert state_of(hass, entity_id(hass, Platform.SENSOR, other, "reading")) == STATE_UNAVAILABLE
    hub = entry.runtime_data
    assert hub.devices[sub.id].product_id == sub.product_id
    # and that took no call too many
    assert cloud.calls == {"token": 1, "devices": 1, "device_batch": 1, "specification": 4}


async def test_ordinary_devices_get_their_entities(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """The same tables are for them as for a gateway's devices."""
    lamp, outlet, climate, _ = ordinary_devices()
    for device in (lamp, outlet, climate):
        cloud.add_device(device)
    with patch("custom_components.iot_gateway.PLATFORMS", [Platform.LIGHT, Platform.SWITCH, Platform.SENSOR]):
        entry = cloud_entry(cloud)
        await load(hass, entry)
        assert state_of(hass, entity_id(hass, Platform.LIGHT, lamp, "switch_led")) == STATE_ON
        assert state_of(hass, entity_id(hass, Platform.SWITCH, outlet, "switch_1")) == STATE_ON
        assert state_of(hass, entity_id(hass, Platform.SENSOR, outlet, "cur_power")) == "92.1"
        assert find_entity(hass, Platform.SENSOR, climate, "va_temperature")
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_quirk_by_product(hass: HomeAssistant, cloud: TuyaCloudSimulator, the_plug: CloudDevice) -> None:
    """The cloud knows the product, and so the quirks for it apply."""
    quirk = Quirk(
        name="test",
        match=Match(product_id=frozenset({the_plug.product_id})),
        points={"reading": PointChange(hide=True)},
    )
    with patch("custom_components.iot_gateway.async_load_quirks", return_value=Quirks([quirk])):
        await load(hass, cloud_entry(cloud))
    assert find_entity(hass, Platform.SENSOR, the_plug, "reading") is None
    assert find_entity(hass, Platform.SWITCH, the_plug, "relay")


async def test_many_devices(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """More than one page of them."""
    cloud.faults.page_size = 10
    for number in range(24):
        cloud.add_device(cloud_plug(f"Plug {number}"))
    entry = cloud_entry(cloud)
    await load(hass, entry)
    assert len(entry.runtime_data.devices) == 25
    assert cloud.calls["devices"] == 3


async def test_slow_specifications(hass: HomeAssistant, cloud: TuyaCloudSimulator, the_plug: CloudDevice) -> None:
    """Set-up waits for the devices, but not for ever."""
    with patch(f"{CONNECTION}._START_PATIENCE", 0.05), held(cloud, "specification") as release:
        entry = cloud_entry(cloud)
        await load(hass, entry)
        assert state_now(entry) is ConfigEntryState.LOADED
        assert not entry.runtime_data.devices
        release()
        await wait_until(lambda: find_entity(hass, Platform.SENSOR, the_plug, "reading"))


async def test_device_without_specification(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, the_plug: CloudDevice
) -> None:
    """What it reports is shown all the same; nothing of it can be set."""
    _ = cloud.faults.fail("specification", 2009)
    await load(hass, cloud_entry(cloud))
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "215"
    assert state_of(hass, entity_id(hass, Platform.BINARY_SENSOR, the_plug, "relay")) == STATE_OFF
    assert find_entity(hass, Platform.SWITCH, the_plug, "relay") is None


async def test_specification_that_comes_later(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, the_plug: CloudDevice
) -> None:
    """A device whose specification cannot be had just now is brought once it can; the others are there."""
    other = cloud_plug("Other")
    cloud.add_device(other)
    failure = cloud.faults.fail("specification", 500, device_id=other.id)
    entry = cloud_entry(cloud)
    await load(hass, entry)
    assert entry.runtime_data.devices.keys() == {the_plug.id}
    cloud.faults.failures.remove(failure)
    connection_of(entry).api._pauses.clear()
    await poll(hass, entry)
    assert entry.runtime_data.devices.keys() == {the_plug.id, other.id}
    assert state_of(hass, entity_id(hass, Platform.SENSOR, other, "reading")) == "21.5"


# What is kept over restarts


async def test_reload_costs_one_call(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """The token and the specifications are still known."""
    cloud.add_device(cloud_plug("Behind one", gateway_id="bfgateway"))
    await poll(hass, entry)
    cloud.calls.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert cloud.calls == {"devices": 1}
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "21.5"


async def test_nothing_secret_is_kept(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    entry: MockConfigEntry,
    the_plug: CloudDevice,
    hass_storage: dict[str, Any],
) -> None:
    """Neither keys nor addresses nor states are written to disk."""
    after(hass, 20)
    await hass.async_block_till_done()
    written = {key: json.dumps(value) for key, value in hass_storage.items() if key.startswith(DOMAIN)}
    assert written.keys() >= {f"{DOMAIN}.tuya_cloud.{entry.entry_id}", f"{DOMAIN}.descriptions"}
    for text in written.values():
        for secret in (the_plug.local_key, the_plug.ip, cloud.access_secret):
            assert secret not in text
    assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not [key for key in hass_storage if key.startswith(DOMAIN)]


async def test_nothing_secret_is_shown(hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry) -> None:
    """What is kept of an API over reloads does not show what it was made with."""
    assert cloud.access_secret not in repr(kept_api(hass, entry))


async def test_specification_is_read_again_after_a_week(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """The same one changes nothing; another sets the device up anew."""
    connection = connection_of(entry)
    await poll(hass, entry)
    assert cloud.calls["specification"] == 1
    connection._kept._kept[the_plug.id]["read_at"] -= 8 * 86400
    await poll(hass, entry)
    assert cloud.calls["specification"] == 2
    assert connection_of(entry) is connection

    connection._kept._kept[the_plug.id]["read_at"] -= 8 * 86400
    the_plug.function.append(boolean("new_one"))
    the_plug.status.append(boolean("new_one"))
    the_plug.value["new_one"] = True
    after(hass, 300)
    await wait_until(lambda: entry.state is ConfigEntryState.LOADED and entry.runtime_data.connection is not connection)
    await hass.async_block_till_done()
    assert state_of(hass, entity_id(hass, Platform.SWITCH, the_plug, "new_one")) == STATE_ON


async def test_failing_renewal(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """A specification that cannot be read again stays as it is."""
    connection_of(entry)._kept._kept[the_plug.id]["read_at"] -= 8 * 86400
    _ = cloud.faults.fail("specification", 500)
    await poll(hass, entry)
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "21.5"


async def test_another_product_under_the_same_id(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """A specification that is kept is only good for the product that it is of."""
    the_plug.product_id = "another"
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert cloud.calls["specification"] == 2


# Looking again


async def test_poll(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """One call tells all states; only what changed is written."""
    assert next_poll(entry) == 300
    cloud.calls.clear()
    the_plug.value |= {"reading": 193, "relay": True}
    with states_written(hass) as states:
        await poll(hass, entry)
    assert {state.state for state in states} == {"19.3", STATE_ON}
    assert cloud.calls == {"devices": 1}
    with states_written(hass) as states:
        await poll(hass, entry)
    assert states == []


async def test_poll_by_the_clock(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """The option says how often."""
    entry = cloud_entry(cloud, poll_interval=60)
    await load(hass, entry)
    assert next_poll(entry) == 3600
    after(hass, 3500)
    await stays(lambda: cloud.calls["devices"] == 1, 0.05)
    after(hass, 3601)
    await cloud.wait_for(lambda: cloud.calls["devices"] == 2)


async def test_availability(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """A device is there when the cloud says that it is online."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    cloud.set_online(the_plug.id, False)
    await poll(hass, entry)
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    cloud.set_online(the_plug.id, True)
    await poll(hass, entry)
    assert state_of(hass, sensor) == "21.5"


async def test_renamed(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """A device that is called otherwise in the app is so here, too; not where the user gave it a name."""
    the_plug.name = "Workshop plug"
    await poll(hass, entry)
    device = registered(hass, entry, the_plug.id)
    assert device is not None
    assert device.name == "Workshop plug"
    dr.async_get(hass).async_update_device(device.id, name_by_user="Mine")
    the_plug.name = "Attic plug"
    await poll(hass, entry)
    device = registered(hass, entry, the_plug.id)
    assert device is not None
    assert (device.name, device.name_by_user) == ("Attic plug", "Mine")


async def test_joined(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """What is added to the account appears; a sub-device stays behind the project until its gateway is there."""
    gateway = make_device("Gateway", "wg2")
    sub = cloud_plug("Behind it", gateway_id=gateway.id)
    cloud.add_device(sub)
    await poll(hass, entry)
    assert state_of(hass, entity_id(hass, Platform.SENSOR, sub, "reading")) == "21.5"
    device = registered(hass, entry, sub.id)
    root = registered(hass, entry, entry.entry_id)
    assert device is not None
    assert root is not None
    assert device.via_device_id == root.id
    cloud.add_device(gateway)
    await poll(hass, entry)
    device, parent = registered(hass, entry, sub.id), registered(hass, entry, gateway.id)
    assert device is not None
    assert parent is not None
    assert device.via_device_id == parent.id
    assert cloud.calls["device_batch"] == 1
    # and again, should it go and come back
    cloud.remove_device(gateway.id)
    await poll(hass, entry)
    await poll(hass, entry)
    assert registered(hass, entry, gateway.id) is None
    device = registered(hass, entry, sub.id)
    assert device is not None
    assert device.via_device_id == root.id
    cloud.add_device(gateway)
    await poll(hass, entry)
    device, parent = registered(hass, entry, sub.id), registered(hass, entry, gateway.id)
    assert device is not None
    assert parent is not None
    assert device.via_device_id == parent.id


async def test_left(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    entry: MockConfigEntry,
    the_plug: CloudDevice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A device that two lists in a row lack is removed; one list may be wrong."""
    other = cloud_plug("Other")
    cloud.add_device(other)
    await poll(hass, entry)
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    cloud.remove_device(the_plug.id)
    await poll(hass, entry)
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    cloud.add_device(the_plug)
    await poll(hass, entry)
    assert state_of(hass, sensor) == "21.5"
    cloud.remove_device(the_plug.id)
    await poll(hass, entry)
    await poll(hass, entry)
    assert registered(hass, entry, the_plug.id) is None
    assert find_entity(hass, Platform.SENSOR, the_plug, "reading") is None
    assert f"Device {the_plug.id} has left {CLOUD_TITLE}" in infos(caplog)
    assert registered(hass, entry, other.id) is not None


async def test_left_while_home_assistant_was_off(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, the_plug: CloudDevice
) -> None:
    """A device that only the registry still has goes the same way."""
    entry = cloud_entry(cloud)
    entry.add_to_hass(hass)
    _ = dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "bfgone")})
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert registered(hass, entry, "bfgone") is not None
    await poll(hass, entry)
    assert registered(hass, entry, "bfgone") is None


async def test_account_that_is_unlinked(hass: HomeAssistant, cloud: TuyaCloudSimulator, the_plug: CloudDevice) -> None:
    """Nothing of it is removed, also after a restart: it may be linked again, and all is as before."""
    other = cloud_plug("Other", uid=SECOND_UID)
    cloud.add_device(other)
    entry = cloud_entry(cloud)
    await load(hass, entry)
    sensor = entity_id(hass, Platform.SENSOR, other, "reading")
    cloud.remove_device(other.id)
    for _ in range(3):
        await poll(hass, entry)
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    cloud.add_device(other)
    await poll(hass, entry)
    assert state_of(hass, sensor) == "21.5"


async def test_nothing_is_linked(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """An empty list removes nothing, and tells the user what to do."""
    cloud.remove_device(the_plug.id)
    for _ in range(3):
        await poll(hass, entry)
    assert issues(hass) == {"cloud_no_devices"}
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == STATE_UNAVAILABLE
    cloud.add_device(the_plug)
    await poll(hass, entry)
    assert issues(hass) == set()
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "21.5"


async def test_nothing_was_ever_linked(hass: HomeAssistant, cloud: TuyaCloudSimulator, the_plug: CloudDevice) -> None:
    """A project without devices is set up, and says what it lacks."""
    cloud.remove_device(the_plug.id)
    entry = cloud_entry(cloud)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.LOADED
    assert issues(hass) == {"cloud_no_devices"}
    cloud.add_device(the_plug)
    await poll(hass, entry)
    assert issues(hass) == set()
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "21.5"


# Trouble

CONSOLE = {
    1106: "cloud_permission_denied",
    1114: "cloud_ip_not_allowed",
    2007: "cloud_wrong_data_center",
    28841001: "cloud_not_subscribed",
    28841105: "cloud_not_subscribed",
    28841002: "cloud_subscription_expired",
    28841004: "cloud_quota_exhausted",
    28841107: "cloud_data_center_suspended",
}
PASSING = {1110: "cloud_busy", 500: "cloud_busy", 4711: "cloud_error", 1100: "cloud_error"}


@pytest.mark.parametrize(("code", "key"), [*CONSOLE.items(), *PASSING.items()])
async def test_cannot_start(hass: HomeAssistant, cloud: TuyaCloudSimulator, code: int, key: str) -> None:
    """Set-up is tried again; what only the user can mend is a repair, which goes when it is mended."""
    failure = cloud.faults.fail("devices", code)
    entry = cloud_entry(cloud)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == key
    assert issues(hass) == ({key} if code in CONSOLE else set())
    cloud.faults.failures.remove(failure)
    hass.data["iot_gateway_tuya_cloud_apis"][entry.entry_id].api._pauses.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert state_now(entry) is ConfigEntryState.LOADED
    assert issues(hass) == set()


async def test_wrong_secret_at_start(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    cloud.access_secret = "another"
    entry = cloud_entry(cloud)
    entry = MockConfigEntry(domain=DOMAIN, title=CLOUD_TITLE, data={**entry.data, "access_secret": "0" * 32})
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "cloud_credentials_refused"
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["step_id"] == "tuya_cloud_reauth"
    assert issues(hass) == set()


async def test_nobody_there_at_start(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """After ten minutes the user hears of it."""
    await cloud.stop()
    entry = cloud_entry(cloud)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "cloud_unreachable"
    assert issues(hass) == set()
    after(hass, 601)
    await hass.async_block_till_done()
    assert issues(hass) == {"cloud_unreachable"}
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["endpoint"] == cloud.endpoint
    await cloud.start()
    hass.data["iot_gateway_tuya_cloud_apis"][entry.entry_id].api._pauses.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issues(hass) == set()


async def test_attempts_do_not_feed_trouble(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """Home Assistant tries again and again; calls are made only as often as their pause allows."""
    _ = cloud.faults.fail("devices", 28841004)
    entry = cloud_entry(cloud)
    await load(hass, entry)
    for _ in range(5):
        assert not await hass.config_entries.async_reload(entry.entry_id)
    assert cloud.calls == {"token": 1, "devices": 1}
    assert issues(hass) == {"cloud_quota_exhausted"}


@pytest.mark.parametrize(("code", "key"), CONSOLE.items())
async def test_trouble_while_running(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    entry: MockConfigEntry,
    the_plug: CloudDevice,
    caplog: pytest.LogCaptureFixture,
    code: int,
    key: str,
) -> None:
    """Told at once, in the log once, as a repair, and by entities that are unavailable; all of that passes."""
    failure = cloud.faults.fail("devices", code)
    for _ in range(3):
        await poll(hass, entry)
    assert issues(hass) == {key}
    assert next_poll(entry) == 300
    assert [text.partition(":")[0] for text in infos(caplog)] == [f"{CLOUD_TITLE} is lost"]
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == STATE_UNAVAILABLE
    with pytest.raises(HomeAssistantError) as info:
        await entry.runtime_data.send(the_plug.id, {"relay": True})
    assert info.value.translation_key == "not_connected"
    cloud.faults.failures.remove(failure)
    connection_of(entry).api._pauses.clear()
    await poll(hass, entry)
    assert issues(hass) == set()
    assert infos(caplog)[1:] == [f"{CLOUD_TITLE} is back"]
    assert state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "21.5"


async def test_issue_changes_with_the_cause(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry
) -> None:
    """One cause, one repair; the text has the cloud's own words, the console and where to read more."""
    failure = cloud.faults.fail("devices", 1106)
    await poll(hass, entry)
    cloud.faults.failures.remove(failure)
    _ = cloud.faults.fail("devices", 28841002, msg="Your subscription to cloud development plan has expired")
    await poll(hass, entry)
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_key == "cloud_subscription_expired"
    assert issue.translation_placeholders == {
        "name": CLOUD_TITLE,
        "console": "https://platform.tuya.com",
        "error": "Your subscription to cloud development plan has expired (code 28841002)",
    }
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.learn_more_url


async def test_address_is_told_to_the_user_only(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """To put it on the list, they must see it; the log needs not."""
    _ = cloud.faults.fail("devices", 1114, msg="your ip(203.0.113.9) don't have access to this API")
    await poll(hass, entry)
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders is not None
    assert "203.0.113.9" in (issue.translation_placeholders["error"] or "")
    assert "your ip([address])" in caplog.text
    assert "203.0.113.9" not in caplog.text


async def test_issue_stays_while_it_lasts(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry
) -> None:
    """The list works, specifications do not: the repair is not taken back and raised again with every look."""
    cloud.add_device(cloud_plug("Other"))
    _ = cloud.faults.fail("specification", 28841004)
    await poll(hass, entry)
    (issue_id,) = [issue for domain, issue in ir.async_get(hass).issues if domain == DOMAIN]
    ir.async_ignore_issue(hass, DOMAIN, issue_id, True)
    await poll(hass, entry)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.dismissed_version is not None
    assert entry.runtime_data.connected


async def test_cloud_that_is_away(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    entry: MockConfigEntry,
    the_plug: CloudDevice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One look that fails is nothing; the second is a loss. Looks come sooner at first, and then no oftener than usual."""
    sensor = entity_id(hass, Platform.SENSOR, the_plug, "reading")
    await cloud.stop()
    waits = []
    for attempt in range(7):
        await poll(hass, entry)
        waits.append(next_poll(entry))
        assert (state_of(hass, sensor) == STATE_UNAVAILABLE) is (attempt >= 1)
        connection_of(entry).api._pauses.clear()
    assert waits == [15, 30, 60, 120, 240, 300, 300]
    assert [text.partition(":")[0] for text in infos(caplog)] == [f"{CLOUD_TITLE} is lost"]
    after(hass, 599)
    await hass.async_block_till_done()
    await cloud.start()
    await wait_until(lambda: connection_of(entry)._timer._cancel_reading is not None)
    connection_of(entry).api._pauses.clear()
    await poll(hass, entry)
    assert state_of(hass, sensor) == "21.5"
    assert next_poll(entry) == 300
    assert issues(hass) == set()


async def test_secret_that_changes(hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry) -> None:
    """The user is asked for the new one; should the old one work again, nobody needs to answer."""
    cloud.expire_tokens()
    right, cloud.access_secret = cloud.access_secret, "another secret"
    await poll(hass, entry)
    await poll(hass, entry)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "tuya_cloud_reauth"
    assert not entry.runtime_data.connected
    cloud.access_secret = right
    await poll(hass, entry)
    assert hass.config_entries.flow.async_progress() == []
    assert entry.runtime_data.connected


async def test_defect_does_not_end_the_looking(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong here, the next look comes."""
    with patch.object(TuyaCloudConnection, "_take_list", side_effect=ValueError("a defect")):
        await poll(hass, entry)
    assert "a defect" in caplog.text
    await poll(hass, entry)
    assert entry.runtime_data.connected


async def test_disabled_entry_has_no_repairs(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry
) -> None:
    _ = cloud.faults.fail("devices", 28841004)
    await poll(hass, entry)
    assert issues(hass)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert issues(hass) == set()


async def test_removed_entry_has_no_repairs(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """Not even where it was never set up."""
    _ = cloud.faults.fail("devices", 28841004)
    entry = cloud_entry(cloud)
    await load(hass, entry)
    assert issues(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass) == set()
    assert hass.data["iot_gateway_tuya_cloud_apis"] == {}


async def test_troubles_of_video(hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry) -> None:
    """Those of live pictures are apart: a look at the list does not clear them."""
    troubles = connection_of(entry).troubles
    expired = SubscriptionExpired("over", 28841002)
    troubles.note(NotSubscribed("no", 28841105), video=True)
    troubles.note(expired, video=True)
    assert issues(hass) == {"cloud_video_subscription_expired"}
    await poll(hass, entry)
    assert issues(hass) == {"cloud_video_subscription_expired"}
    troubles.note(expired)
    assert issues(hass) == {"cloud_video_subscription_expired", "cloud_subscription_expired"}
    troubles.clear(video=True)
    assert issues(hass) == {"cloud_subscription_expired"}
    troubles.forget()
    assert issues(hass) == set()


# Commands


async def test_command(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """It goes through the cloud, and what came of it is read soon after."""
    cloud.calls.clear()
    await set_switch(hass, the_plug, True)
    assert the_plug.value["relay"] is True
    assert state_of(hass, entity_id(hass, Platform.SWITCH, the_plug, "relay")) == STATE_ON
    assert cloud.calls == {"commands": 1}
    the_plug.value["reading"] = 400
    after(hass, 3.5)
    await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "40.0")
    assert cloud.calls == {"commands": 1, "status_batch": 1}


async def test_commands_to_many(hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry) -> None:
    """A scene is a call a device, and one to read what became of all."""
    plugs = [cloud_plug(f"Plug {number}") for number in range(12)]
    for one in plugs:
        cloud.add_device(one)
    await poll(hass, entry)
    cloud.calls.clear()
    await hass.services.async_call(
        "switch",
        "turn_on",
        {"entity_id": [entity_id(hass, Platform.SWITCH, one, "relay") for one in plugs]},
        blocking=True,
    )
    assert all(one.value["relay"] is True for one in plugs)
    after(hass, 3.5)
    await wait_until(lambda: cloud.calls["status_batch"] == 1)
    assert cloud.calls["commands"] == 12


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (2001, "device_offline"),
        (2008, "command_refused"),
        (1106, "command_refused"),
        (1109, "command_refused"),
        (4711, "command_refused"),
        (28841004, "cloud_quota_exhausted"),
        (28841002, "cloud_subscription_expired"),
        (1004, "cloud_credentials_refused"),
    ],
)
async def test_command_that_fails(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice, code: int, key: str
) -> None:
    """The user hears why, and the state is what it was."""
    _ = cloud.faults.fail("commands", code)
    with pytest.raises(HomeAssistantError) as info:
        await set_switch(hass, the_plug, True)
    assert info.value.translation_key == key
    assert state_of(hass, entity_id(hass, Platform.SWITCH, the_plug, "relay")) == STATE_OFF
    assert issues(hass) == ({key} if key in CONSOLE.values() else set())


async def test_command_without_a_cloud(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    await cloud.stop()
    with pytest.raises(HomeAssistantError) as info:
        await set_switch(hass, the_plug, True)
    assert info.value.translation_key == "cloud_unreachable"


async def test_command_to_an_offline_device(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """It costs no call."""
    cloud.set_online(the_plug.id, False)
    await poll(hass, entry)
    with pytest.raises(HomeAssistantError) as info:
        await entry.runtime_data.send(the_plug.id, {"relay": True})
    assert info.value.translation_key == "device_offline"
    assert cloud.calls["commands"] == 0


async def test_busy_cloud(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """A command is tried again, and is done once the cloud has time."""
    _ = cloud.faults.fail("commands", 1110, count=2)
    connection_of(entry).api._jitter = lambda low, high: 0.005
    with patch(f"{CONNECTION}_commands._BUSY_WAIT", 0.02):
        await set_switch(hass, the_plug, True)
    assert the_plug.value["relay"] is True
    _ = cloud.faults.fail("commands", 1110)
    connection_of(entry).api._jitter = lambda low, high: 0.005
    with patch(f"{CONNECTION}_commands._BUSY_WAIT", 0.02), pytest.raises(HomeAssistantError) as info:
        await set_switch(hass, the_plug, False)
    assert info.value.translation_key == "cloud_busy"


async def test_some_commands_fail(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """Of a scene, what can be done is done, once; each device tells its own."""
    other, third = cloud_plug("Other"), cloud_plug("Third")
    cloud.add_device(other)
    cloud.add_device(third)
    await poll(hass, entry)
    _ = cloud.faults.fail("commands", 2008, device_id=other.id)
    hub = entry.runtime_data
    outcomes = await asyncio.gather(
        *(hub.send(device.id, {"relay": True}) for device in (the_plug, other, third)), return_exceptions=True
    )
    assert [getattr(outcome, "translation_key", None) for outcome in outcomes] == [None, "command_refused", None]
    assert [device.value["relay"] for device in (the_plug, other, third)] == [True, False, True]
    assert cloud.calls["commands"] == 3


async def test_doubted_state_is_asked_for(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """A look that still has the old value right after a command does not turn the switch back, but is looked into."""
    switch = entity_id(hass, Platform.SWITCH, the_plug, "relay")
    # So long that no look is too late for it
    with patch("custom_components.iot_gateway.settling.SETTLE_SECONDS", 60.0):
        await set_switch(hass, the_plug, True)
    the_plug.value["relay"] = False
    await poll(hass, entry)
    assert state_of(hass, switch) == STATE_ON
    after(hass, 60)
    await hass.async_block_till_done()
    after(hass, 4)
    await wait_until(lambda: state_of(hass, switch) == STATE_OFF)


async def test_asking_fails(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry, the_plug: CloudDevice
) -> None:
    """Then the next look will tell."""
    _ = cloud.faults.fail("status_batch", 500)
    connection = connection_of(entry)
    connection.ask(the_plug.id)
    connection.ask("bfstranger")
    after(hass, 1)
    await cloud.wait_for(lambda: cloud.calls["status_batch"] == 1)
    connection.api._pauses.clear()
    await poll(hass, entry)
    assert entry.runtime_data.connected


# What a gateway has too


@pytest.fixture
def local() -> SimulatedDevice:
    """Return a device behind a gateway."""
    return plug("Local")


@pytest.fixture
def twin(cloud: TuyaCloudSimulator, local: SimulatedDevice) -> CloudDevice:
    """Return what the cloud has of the same device."""
    twin = copy_of(local, "Named in the app", product_name="Good plug", model="GP-1", product_id="prod7")
    cloud.add_device(twin)
    return twin


@pytest.fixture
async def gateway(socket_enabled: None, local: SimulatedDevice) -> AsyncGenerator[TuyaGatewaySimulator]:
    """Return the gateway."""
    async with TuyaGatewaySimulator([local]) as running:
        yield running


def owner(hass: HomeAssistant, device: SimulatedDevice) -> str | None:
    """Return the title of the one entry that has a device, None where none has; its entities are that one's too."""
    found = dr.async_get(hass).async_get_devices(identifiers={(DOMAIN, device.id)})
    assert len(found) <= 1
    if not found:
        return None
    title = None
    for entity in er.async_entries_for_device(er.async_get(hass), found[0].id, include_disabled_entities=True):
        if entity.platform != DOMAIN:
            continue
        assert entity.config_entry_id == found[0].config_entry_id
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.entry_id == found[0].config_entry_id:
            title = entry.title
        elif entry.state is ConfigEntryState.LOADED:
            assert device.id not in entry.runtime_data.devices
    return title


LOCAL_TITLE = "Tuya gateway in the hall"


@pytest.mark.usefixtures("twin")
async def test_gateway_comes_after_the_cloud(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: TuyaCloudSimulator,
    gateway: TuyaGatewaySimulator,
    local: SimulatedDevice,
    the_plug: CloudDevice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The gateway takes the device: same entities, same names, all that the user made of them; and pushes now."""
    assert owner(hass, local) == CLOUD_TITLE
    device = registered(hass, entry, local.id)
    assert device is not None
    area = ar.async_get(hass).async_get_or_create("Cellar")
    dr.async_get(hass).async_update_device(device.id, area_id=area.id, name_by_user="Pump", labels={"big"})
    sensor = entity_id(hass, Platform.SENSOR, local, "reading")
    er.async_get(hass).async_update_entity(sensor, new_entity_id="sensor.pump", name="Heat")
    er.async_get(hass).async_update_entity(
        entity_id(hass, Platform.SWITCH, local, "lamp"), disabled_by=er.RegistryEntryDisabler.USER
    )
    await hass.async_block_till_done()

    local_entry = make_entry(gateway)
    await load(hass, local_entry)
    assert owner(hass, local) == LOCAL_TITLE
    moved = registered(hass, local_entry, local.id)
    assert moved is not None
    assert moved.id == device.id
    assert (moved.name, moved.name_by_user, moved.area_id, moved.labels) == (
        "Named in the app",
        "Pump",
        area.id,
        {"big"},
    )
    assert moved.model == "Good plug (GP-1)"
    root = registered(hass, local_entry, gateway.uuid)
    assert root is not None
    assert moved.via_device_id == root.id
    assert entity_id(hass, Platform.SENSOR, local, "reading") == "sensor.pump"
    assert er.async_get(hass).entities[entity_id(hass, Platform.SWITCH, local, "lamp")].disabled_by is (
        er.RegistryEntryDisabler.USER
    )
    assert state_of(hass, "sensor.pump") == "21.5"
    await gateway.report(local.id, {"reading": 300})
    await wait_until(lambda: state_of(hass, "sensor.pump") == "30.0")
    await set_switch(hass, local, True)
    assert cloud.calls["commands"] == 0
    # and the cloud lets go of it for good
    await poll(hass, entry)
    assert owner(hass, local) == LOCAL_TITLE
    assert state_of(hass, "sensor.pump") == "30.0"
    assert owner(hass, the_plug) == CLOUD_TITLE
    assert "unique" not in caplog.text
    assert connection_of(entry).diagnostics()["devices_of_other_entries"] == [local.id]


@pytest.mark.usefixtures("twin")
async def test_cloud_comes_after_the_gateway(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    gateway: TuyaGatewaySimulator,
    local: SimulatedDevice,
    the_plug: CloudDevice,
) -> None:
    """The cloud leaves the device alone, and tells what it is called."""
    local_entry = make_entry(gateway)
    await load(hass, local_entry)
    device = registered(hass, local_entry, local.id)
    assert device is not None
    assert device.name != "Named in the app"
    entry = cloud_entry(cloud)
    await load(hass, entry)
    assert owner(hass, local) == LOCAL_TITLE
    assert owner(hass, the_plug) == CLOUD_TITLE
    await wait_until(lambda: (now := registered(hass, local_entry, local.id)) and now.name == "Named in the app")
    known = local_entry.runtime_data.devices[local.id]
    assert (known.name, known.model, known.product_id) == ("Named in the app", "Good plug (GP-1)", "prod7")
    assert cloud.calls["specification"] == 1
    # also later on
    cloud.device(local.id).name = "Renamed"
    await poll(hass, entry)
    await wait_until(lambda: (now := registered(hass, local_entry, local.id)) and now.name == "Renamed")


async def test_quirk_of_a_local_device_by_product(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    gateway: TuyaGatewaySimulator,
    local: SimulatedDevice,
    twin: CloudDevice,
) -> None:
    """The product that the cloud tells finds the quirks for a device that is reached locally."""
    quirk = Quirk(name="test", match=Match(product_id=frozenset({"prod7"})), points={"reading": PointChange(unit="%")})
    with patch("custom_components.iot_gateway.async_load_quirks", return_value=Quirks([quirk])):
        local_entry = make_entry(gateway)
        await load(hass, local_entry)
        hub = local_entry.runtime_data
        assert hub.devices[local.id].schema.points["reading"].unit == "℃"
        await load(hass, cloud_entry(cloud))
        await wait_until(lambda: local_entry.state is ConfigEntryState.LOADED and local_entry.runtime_data is not hub)
        await hass.async_block_till_done()
        assert local_entry.runtime_data.devices[local.id].schema.points["reading"].unit == "%"
        # and is remembered: no further reload after the next start
        hub = local_entry.runtime_data
        await hass.config_entries.async_reload(local_entry.entry_id)
        assert local_entry.runtime_data.devices[local.id].schema.points["reading"].unit == "%"


@pytest.mark.usefixtures("twin")
async def test_gateway_that_is_loaded_again_keeps_its_devices(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gateway: TuyaGatewaySimulator,
    local: SimulatedDevice,
) -> None:
    """The cloud waits a while before it steps in."""
    local_entry = make_entry(gateway)
    await load(hass, local_entry)
    with patch.object(Sharing, "_tell_freed") as freed:
        assert await hass.config_entries.async_unload(local_entry.entry_id)
        await poll(hass, entry)
        assert owner(hass, local) == LOCAL_TITLE
        assert await hass.config_entries.async_setup(local_entry.entry_id)
        after(hass, 61)
        await hass.async_block_till_done()
        assert not freed.called
    assert owner(hass, local) == LOCAL_TITLE


@pytest.mark.usefixtures("twin")
async def test_gateway_that_stays_away(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gateway: TuyaGatewaySimulator,
    local: SimulatedDevice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Unloaded for good, or not to be had: the cloud steps in after a minute, and steps back when it is there again."""
    local_entry = make_entry(gateway)
    await load(hass, local_entry)
    sensor = entity_id(hass, Platform.SENSOR, local, "reading")
    device = registered(hass, local_entry, local.id)
    assert device is not None
    gateway.faults.refuse_auth = True
    assert not await hass.config_entries.async_reload(local_entry.entry_id)
    assert state_now(local_entry) is ConfigEntryState.SETUP_RETRY
    assert owner(hass, local) == LOCAL_TITLE
    assert state_of(hass, sensor) == STATE_UNAVAILABLE
    after(hass, 61)
    await wait_until(lambda: owner(hass, local) == CLOUD_TITLE)
    await wait_until(lambda: state_of(hass, sensor) == "21.5")
    assert (now := registered(hass, entry, local.id)) is not None
    assert now.id == device.id
    gateway.faults.refuse_auth = False
    local_entry.runtime_data = None
    assert await hass.config_entries.async_reload(local_entry.entry_id)
    await hass.async_block_till_done()
    assert owner(hass, local) == LOCAL_TITLE
    assert state_of(hass, sensor) == "21.5"
    assert "unique" not in caplog.text


@pytest.mark.usefixtures("twin")
async def test_gateway_that_is_disabled(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: TuyaGatewaySimulator, local: SimulatedDevice
) -> None:
    """The cloud steps in at once; nothing is left disabled. Enabled again, the gateway has it."""
    local_entry = make_entry(gateway)
    await load(hass, local_entry)
    sensor = entity_id(hass, Platform.SENSOR, local, "reading")
    await hass.config_entries.async_set_disabled_by(local_entry.entry_id, ConfigEntryDisabler.USER)
    await wait_until(lambda: owner(hass, local) == CLOUD_TITLE)
    await wait_until(lambda: state_of(hass, sensor) == "21.5")
    device = registered(hass, entry, local.id)
    assert device is not None
    assert device.disabled_by is None
    await hass.config_entries.async_set_disabled_by(local_entry.entry_id, None)
    await hass.async_block_till_done()
    assert state_now(local_entry) is ConfigEntryState.LOADED
    assert owner(hass, local) == LOCAL_TITLE
    assert state_of(hass, sensor) == "21.5"


@pytest.mark.usefixtures("twin")
async def test_gateway_that_is_removed(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: TuyaGatewaySimulator, local: SimulatedDevice
) -> None:
    """The cloud steps in, with the entity ids that there were."""
    local_entry = make_entry(gateway)
    await load(hass, local_entry)
    er.async_get(hass).async_update_entity(
        entity_id(hass, Platform.SENSOR, local, "reading"), new_entity_id="sensor.pump"
    )
    await hass.async_block_till_done()
    await hass.config_entries.async_remove(local_entry.entry_id)
    await wait_until(lambda: owner(hass, local) == CLOUD_TITLE)
    await wait_until(lambda: hass.states.get("sensor.pump") and state_of(hass, "sensor.pump") == "21.5")


@pytest.mark.usefixtures("twin")
async def test_cloud_that_is_removed(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: TuyaGatewaySimulator, local: SimulatedDevice
) -> None:
    """What it called the gateway's devices stays: a trial project is enough to learn names."""
    local_entry = make_entry(gateway)
    await load(hass, local_entry)
    await hass.config_entries.async_remove(entry.entry_id)
    assert await hass.config_entries.async_reload(local_entry.entry_id)
    await hass.async_block_till_done()
    device = registered(hass, local_entry, local.id)
    assert device is not None
    assert device.name == "Named in the app"


@pytest.mark.parametrize("first", ["cloud", "gateway"])
@pytest.mark.usefixtures("twin")
async def test_start_of_home_assistant(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    gateway: TuyaGatewaySimulator,
    local: SimulatedDevice,
    the_plug: CloudDevice,
    first: str,
) -> None:
    """Whichever is set up first, nothing moves: what the gateway had is kept for it."""
    entry, local_entry = cloud_entry(cloud), make_entry(gateway)
    entry.add_to_hass(hass)
    local_entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=local_entry.entry_id, identifiers={(DOMAIN, local.id)}
    )
    moves = []
    hass.bus.async_listen(
        dr.EVENT_DEVICE_REGISTRY_UPDATED,
        lambda event: moves.append(event) if "'config_entry_id'" in str(event.data.get("changes")) else None,
    )
    order = [entry, local_entry] if first == "cloud" else [local_entry, entry]
    for one in order:
        if one.state is ConfigEntryState.NOT_LOADED:
            await hass.config_entries.async_setup(one.entry_id)
    await hass.async_block_till_done()
    assert owner(hass, local) == LOCAL_TITLE
    assert owner(hass, the_plug) == CLOUD_TITLE
    assert (now := registered(hass, local_entry, local.id)) is not None
    assert now.id == device.id
    assert moves == []


async def test_device_that_leaves_the_gateway(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: TuyaCloudSimulator,
    gateway: TuyaGatewaySimulator,
    local: SimulatedDevice,
    twin: CloudDevice,
) -> None:
    """The cloud has it from its next look on, if it is still in the account."""
    local_entry = make_entry(gateway)
    await load(hass, local_entry)
    await gateway.remove_device(local.id)
    await wait_until(lambda: owner(hass, local) is None)
    await poll(hass, entry)
    assert owner(hass, local) == CLOUD_TITLE


async def test_gangs_are_handed_over(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, socket_enabled: None, caplog: pytest.LogCaptureFixture
) -> None:
    """Each gang keeps its area, name and labels, there and back; entities that others attached stay with it."""
    wall = local_device("Wall", "kg", *(rw(boolean(f"switch_{number}"), False) for number in (1, 2, 3)))
    cloud.add_device(copy_of(wall, "Wall switch"))
    entry = cloud_entry(cloud)
    await load(hass, entry)
    devices, entities = dr.async_get(hass), er.async_get(hass)

    def gang(number: int) -> dr.ChildDeviceEntry:
        entity = entities.entities[entity_id(hass, Platform.SWITCH, wall, f"switch_{number}")]
        assert entity.device_id is not None
        found = devices.async_get(entity.device_id)
        assert isinstance(found, dr.ChildDeviceEntry)
        return found

    area = ar.async_get(hass).async_get_or_create("Stairs")
    devices.async_update_child_device(gang(2).id, area_id=area.id, name_by_user="Up", labels={"x"})
    devices.async_update_child_device(gang(3).id, disabled_by=dr.DeviceEntryDisabler.USER)
    foreign_entry = MockConfigEntry(domain="test")
    foreign_entry.add_to_hass(hass)
    foreign = entities.async_get_or_create(
        "sensor", "test", "foreign", config_entry=foreign_entry, device_id=gang(2).id
    )
    await hass.async_block_till_done()
    ids = {number: entity_id(hass, Platform.SWITCH, wall, f"switch_{number}") for number in (1, 2, 3)}

    async with TuyaGatewaySimulator([wall]) as gateway:
        local_entry = make_entry(gateway)
        await load(hass, local_entry)
        for title, back in ((LOCAL_TITLE, False), (CLOUD_TITLE, True)):
            if back:
                await hass.config_entries.async_set_disabled_by(local_entry.entry_id, ConfigEntryDisabler.USER)
                await wait_until(lambda: owner(hass, wall) == CLOUD_TITLE)
                await wait_until(lambda: state_of(hass, ids[1]) == STATE_OFF)
            assert owner(hass, wall) == title
            assert {number: entity_id(hass, Platform.SWITCH, wall, f"switch_{number}") for number in (1, 2, 3)} == ids
            assert (gang(2).area_id, gang(2).name_by_user, gang(2).labels) == (area.id, "Up", {"x"})
            assert gang(3).disabled_by is dr.DeviceEntryDisabler.USER
            assert gang(1).disabled_by is None
            assert entities.entities[foreign.entity_id].device_id == gang(2).id
            assert [state_of(hass, ids[number]) for number in (1, 2)] == [STATE_OFF, STATE_OFF]
    assert "unique" not in caplog.text


async def test_inverted_cover_is_handed_over(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, socket_enabled: None
) -> None:
    """A cover that the user turned round stays so, with whomever it is."""
    curtain = local_device("Curtain", "cl", rw(enum("control", "open", "stop", "close"), "stop"))
    cloud.add_device(copy_of(curtain, "Curtain"))
    async with TuyaGatewaySimulator([curtain]) as gateway:
        local_entry = make_entry(gateway, options={"inverted_covers": [f"{curtain.id}_control", "other_cover"]})
        await load(hass, local_entry)
        cover = er.async_get(hass).entities[
            er.async_entries_for_config_entry(er.async_get(hass), local_entry.entry_id)[0].entity_id
        ]
        hass.config_entries.async_update_entry(
            local_entry, options={"inverted_covers": [cover.unique_id, "other_cover"]}
        )
        entry = cloud_entry(cloud)
        await load(hass, entry)
        await hass.config_entries.async_set_disabled_by(local_entry.entry_id, ConfigEntryDisabler.USER)
        await wait_until(lambda: owner(hass, curtain) == CLOUD_TITLE)
        assert entry.options["inverted_covers"] == [cover.unique_id]
        assert local_entry.options["inverted_covers"] == ["other_cover"]


async def test_leftover_in_the_registry(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: TuyaGatewaySimulator, local: SimulatedDevice
) -> None:
    """Two registered devices of one identity become one, that of the entry that had it last."""
    local_entry = make_entry(gateway)
    local_entry.add_to_hass(hass)
    devices = dr.async_get(hass)
    leftover = devices.async_get_or_create(config_entry_id=local_entry.entry_id, identifiers={(DOMAIN, local.id)})
    kept = devices.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, local.id)}, name="Kept")
    foreign_entry = MockConfigEntry(domain="test")
    foreign_entry.add_to_hass(hass)
    foreign = er.async_get(hass).async_get_or_create(
        "sensor", "test", "foreign", config_entry=foreign_entry, device_id=leftover.id
    )
    await hass.config_entries.async_setup(local_entry.entry_id)
    await hass.async_block_till_done()
    assert owner(hass, local) == LOCAL_TITLE
    device = registered(hass, local_entry, local.id)
    assert device is not None
    assert device.id == kept.id
    assert er.async_get(hass).entities[foreign.entity_id].device_id == kept.id


async def test_two_clouds(hass: HomeAssistant, entry: MockConfigEntry, the_plug: CloudDevice) -> None:
    """Two projects that the same account is linked to: the first keeps what it has, the second steps in after it."""
    async with TuyaCloudSimulator(
        [the_plug, own := cloud_plug("Second's own")], access_id="second00000000000000"
    ) as other:
        second = MockConfigEntry(
            domain=DOMAIN,
            title="Second",
            unique_id=other.access_id,
            data={
                "connection": "tuya_cloud",
                "endpoint": other.endpoint,
                "access_id": other.access_id,
                "access_secret": other.access_secret,
            },
        )
        await load(hass, second)
        assert (owner(hass, the_plug), owner(hass, own)) == (CLOUD_TITLE, "Second")
        await poll(hass, second)
        await poll(hass, entry)
        assert (owner(hass, the_plug), owner(hass, own)) == (CLOUD_TITLE, "Second")
        await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
        await wait_until(lambda: owner(hass, the_plug) == "Second")
        await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SENSOR, the_plug, "reading")) == "21.5")
        assert await hass.config_entries.async_unload(second.entry_id)


# Diagnostics


async def test_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    cloud: TuyaCloudSimulator,
    entry: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """What a bug report needs, and nothing that opens anything or tells where somebody lives."""
    cloud.add_device(cloud_plug("Other", uid=SECOND_UID))
    _ = cloud.faults.fail("commands", 2008, count=1)
    await poll(hass, entry)
    with pytest.raises(HomeAssistantError):
        await set_switch(hass, the_plug, True)
    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert told["connection"] == {
        "connected": True,
        "data_center": "other",
        "poll_interval": 300,
        "call_budget": 800,
        "calls_today": 6,
        "queue": None,
        "failures": 0,
        "accounts": 2,
        "listed_devices": 2,
        "devices_of_other_entries": [],
        "missing_devices": [],
        "statistics": {
            "calls": {"token": 1, "devices": 2, "specification": 2, "commands": 1},
            "calls_today": {"token": 1, "devices": 2, "specification": 2, "commands": 1},
            "errors": {"2008": 1},
        },
        "live_view": {
            "accounts": [],
            "cameras": {},
            "configurations": {"cameras": {}, "failures": 0, "fetches": 0},
        },
    }
    assert told["entry"]["data"] == {
        "connection": "tuya_cloud",
        "endpoint": "**REDACTED**",
        "access_id": "**REDACTED**",
        "access_secret": "**REDACTED**",
    }
    known = next(device for device in told["devices"] if device["id"] == the_plug.id)
    assert (known["name"], known["product_id"]) == ("Garage plug", the_plug.product_id)
    text = json.dumps(told)
    for secret in (cloud.access_id, cloud.access_secret, the_plug.local_key, the_plug.ip, the_plug.uid, "127.0.0.1"):
        assert secret not in text


async def test_secrets_stay_out_of_the_log(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, the_plug: CloudDevice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    entry = cloud_entry(cloud)
    await load(hass, entry)
    await set_switch(hass, the_plug, True)
    _ = cloud.faults.fail("*", 1106)
    await poll(hass, entry)
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("custom_components"))
    assert ours
    for secret in (cloud.access_secret, cloud.access_id, the_plug.local_key, the_plug.ip, the_plug.uid):
        assert secret not in ours
