"""The sub-devices of a TuyaLink entry: online with their entities, missed when they were unbound, unlinked when they are removed."""

from collections.abc import AsyncGenerator
from types import MappingProxyType

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.clients.tuyalink import DONE, NO_DEVICE, BindRefused
from custom_components.iot_gateway.connections import tuyalink_sub_devices
from custom_components.iot_gateway.connections.tuyalink_flows import async_bind, async_model, async_unbind
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuyalink_cloud import (
    DEMO_DEVICE_ID,
    LIGHT_PRODUCT,
    SENSOR_PRODUCT,
    LinkDevice,
    TuyaLinkCloudSimulator,
    sub_device_id,
)
from tests.helpers import stays, wait_until
from tests.tuyalink_helpers import (
    PATIENCE,
    booleans,
    connection_of,
    issues,
    link_entry,
    load_link,
    pair,
    quickly,
    sub_device,
    unload_all,
)

pytestmark = pytest.mark.usefixtures("socket_enabled", "prepared")

LAMP = sub_device_id(LIGHT_PRODUCT, "lamp")
ATTIC = sub_device_id(SENSOR_PRODUCT, "attic")
TEMPERATURE = {"unit_of_measurement": "°C", "device_class": "temperature"}
HUMIDITY = {"unit_of_measurement": "%", "device_class": "humidity"}


@pytest.fixture
async def prepared(hass: HomeAssistant, socket_enabled: None) -> AsyncGenerator[None]:
    """Let the connection hurry, and unload it afterwards."""
    with quickly():
        yield
        await unload_all(hass)


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncGenerator[TuyaLinkCloudSimulator]:
    """Return a running cloud that has two sub-devices of ours, which must have nothing to complain of."""
    async with TuyaLinkCloudSimulator() as running:
        for device_id, product_id, client_id in ((LAMP, LIGHT_PRODUCT, "lamp"), (ATTIC, SENSOR_PRODUCT, "attic")):
            await running.add_device(
                LinkDevice(
                    id=device_id,
                    product=running.products[product_id],
                    client_id=client_id,
                    gateway_id=DEMO_DEVICE_ID,
                )
            )
        running.gate.attempts.clear()
        yield running
        assert running.violations == []


def lamp_subentry(device_id: str | None = LAMP) -> ConfigSubentryData:
    return sub_device(
        LIGHT_PRODUCT,
        "lamp",
        {"input_boolean.lamp": [pair("on", "switch_led")]},
        device_id=device_id,
        subentry_id="lamp",
    )


def attic_subentry() -> ConfigSubentryData:
    return sub_device(
        SENSOR_PRODUCT,
        "attic",
        {
            "sensor.attic_temperature": [pair("value", "va_temperature")],
            "sensor.attic_humidity": [pair("value", "va_humidity")],
        },
        device_id=ATTIC,
        subentry_id="attic",
    )


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> MockConfigEntry:
    """Return a loaded entry with both, known to the cloud."""
    await booleans(hass, "lamp")
    hass.states.async_set("sensor.attic_temperature", "19.5", TEMPERATURE)
    hass.states.async_set("sensor.attic_humidity", "55", HUMIDITY)
    entry = link_entry(cloud, lamp_subentry(), attic_subentry())
    connection = await load_link(hass, entry)
    await cloud.wait_for(lambda: cloud.device(LAMP).value("switch_led") is False, PATIENCE)
    await cloud.wait_for(lambda: len(cloud.device(ATTIC).values) == 2, PATIENCE)
    await wait_until(lambda: connection.diagnostics()["outbox"]["waiting"] == 0, PATIENCE)
    return entry


async def test_sub_devices(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    """Online, reported each under its own id, commanded each by its own model."""
    assert cloud.device(LAMP).online
    assert cloud.device(ATTIC).online
    attic = cloud.device(ATTIC)
    assert (attic.value("va_temperature"), attic.value("va_humidity")) == (195, 550)
    assert cloud.gateway.values == {}
    assert (await cloud.set_property(LAMP, {"switch_led": True}, timeout=PATIENCE)).code == DONE
    assert hass.states.is_state("input_boolean.lamp", STATE_ON)
    await cloud.wait_for(lambda: cloud.device(LAMP).value("switch_led") is True, PATIENCE)
    assert issues(hass) == {}
    told = connection_of(entry).diagnostics()["sub_devices"]
    assert told == {
        LAMP: {"product_id": LIGHT_PRODUCT, "online": True, "bound": True},
        ATTIC: {"product_id": SENSOR_PRODUCT, "online": True, "bound": True},
    }


async def test_availability(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    """A sub-device is offline when all its entities are unavailable for a while, and online with the first that is back."""
    hass.states.async_set("sensor.attic_temperature", STATE_UNAVAILABLE)
    await stays(lambda: cloud.device(ATTIC).online, 0.3)
    hass.states.async_set("sensor.attic_humidity", STATE_UNAVAILABLE)
    await cloud.wait_for_device(ATTIC, online=False, timeout=PATIENCE)
    assert cloud.device(LAMP).online
    hass.states.async_set("sensor.attic_humidity", "60", HUMIDITY)
    await cloud.wait_for_device(ATTIC, timeout=PATIENCE)
    await cloud.wait_for(lambda: cloud.device(ATTIC).value("va_humidity") == 600, PATIENCE)


async def test_login_goes_first(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    """A cloud that takes no reports of what is offline gets them after the login; what it has refused it gets again."""
    hass.states.async_set("input_boolean.lamp", STATE_UNAVAILABLE)
    await cloud.wait_for_device(LAMP, online=False, timeout=PATIENCE)
    seen = len(cloud.received)
    hass.states.async_set("input_boolean.lamp", STATE_ON)
    await cloud.wait_for(lambda: cloud.device(LAMP).value("switch_led") is True, PATIENCE)
    functions = [one.function for one in cloud.received[seen:]]
    assert functions.index("device/sub/login") < functions.index("thing/property/report")
    # 2001: the device is offline
    failure = cloud.faults.fail("thing/property/report", 2001, count=1)
    hass.states.async_set("input_boolean.lamp", STATE_OFF)
    await cloud.wait_for(lambda: failure.count == 0, PATIENCE)
    await wait_until(lambda: connection_of(entry).diagnostics()["refused"], PATIENCE)
    assert cloud.device(LAMP).value("switch_led") is True
    hass.states.async_set("input_boolean.lamp", STATE_UNAVAILABLE)
    await cloud.wait_for_device(LAMP, online=False, timeout=PATIENCE)
    hass.states.async_set("input_boolean.lamp", STATE_OFF)
    await cloud.wait_for(lambda: cloud.device(LAMP).value("switch_led") is False, PATIENCE)


async def test_taken_for_offline(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the cloud has refused of one that it takes to be offline arrives after another login, without another change."""
    monkeypatch.setattr(tuyalink_sub_devices, "_LOGIN_AGAIN_FIRST", 0.1)
    logins = cloud.calls["device/sub/login"]
    failure = cloud.faults.fail("thing/property/report", 2001, count=2)
    hass.states.async_set("input_boolean.lamp", STATE_ON)
    await cloud.wait_for(lambda: cloud.device(LAMP).value("switch_led") is True, PATIENCE)
    assert failure.count == 0
    assert cloud.calls["device/sub/login"] == logins + 2


async def test_who_comes_back_does_not_wait_for_another(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One logs in at once, also while another's absence is waited out."""
    for name in ("temperature", "humidity"):
        hass.states.async_set(f"sensor.attic_{name}", STATE_UNAVAILABLE)
    await cloud.wait_for_device(ATTIC, online=False, timeout=PATIENCE)
    monkeypatch.setattr(tuyalink_sub_devices, "_LOGOUT_AFTER", 600.0)
    hass.states.async_set("input_boolean.lamp", STATE_UNAVAILABLE)
    await wait_until(lambda: connection_of(entry)._sub_devices._unavailable_since, PATIENCE)
    hass.states.async_set("sensor.attic_humidity", "60", HUMIDITY)
    await cloud.wait_for_device(ATTIC, timeout=PATIENCE)
    assert cloud.device(LAMP).online


async def test_short_absence(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reload of an integration is no reason to log out."""
    # What is short on any machine
    monkeypatch.setattr(tuyalink_sub_devices, "_LOGOUT_AFTER", 600.0)
    sub_devices = connection_of(entry)._sub_devices
    hass.states.async_set("input_boolean.lamp", STATE_UNAVAILABLE)
    await wait_until(lambda: sub_devices._unavailable_since, PATIENCE)
    hass.states.async_set("input_boolean.lamp", STATE_OFF)
    await wait_until(lambda: not sub_devices._unavailable_since, PATIENCE)
    monkeypatch.setattr(tuyalink_sub_devices, "_LOGOUT_AFTER", 0.1)
    await stays(lambda: cloud.device(LAMP).online, 0.4)
    assert cloud.calls["device/sub/logout"] == 0


async def test_entity_gone(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    """The entity of a sub-device was removed: it logs out, and the user hears which exposure that concerns."""
    hass.states.async_remove("input_boolean.lamp")
    await cloud.wait_for_device(LAMP, online=False, timeout=PATIENCE)
    await wait_until(lambda: "exposed_entity_gone" in issues(hass), PATIENCE)
    assert issues(hass)["exposed_entity_gone"] == {
        "name": "lamp",
        "entry": entry.title,
        "entity": "input_boolean.lamp",
    }


async def test_rejoin(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    """They log in anew, and are still told apart from their commands; what was wished for them is done."""
    await cloud.stop()
    await wait_until(lambda: not entry.runtime_data.connected, PATIENCE)
    hass.states.async_set("sensor.attic_humidity", "61", HUMIDITY)
    hass.states.async_set("sensor.attic_humidity", "62", HUMIDITY)
    await cloud.desire(LAMP, {"switch_led": True})
    await cloud.start()
    for device_id in (LAMP, ATTIC):
        await cloud.wait_for_device(device_id, timeout=PATIENCE)
    await wait_until(lambda: hass.states.is_state("input_boolean.lamp", STATE_ON), PATIENCE)
    attic = cloud.device(ATTIC)
    await cloud.wait_for(lambda: attic.value("va_humidity") == 620 and not cloud.device(LAMP).desired, PATIENCE)
    await cloud.wait_for(lambda: [one.value for one in attic.history if one.code == "va_humidity"] == [610], PATIENCE)


@pytest.mark.parametrize("form", ["ids", "objects"])
async def test_unbound_in_the_app(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry, form: str
) -> None:
    """The cloud says that one was unbound: nothing of it is told any more, and the user may bind it again."""
    cloud.faults.topology = form  # type: ignore[assignment]
    await cloud.unbind(LAMP)
    await wait_until(lambda: "sub_device_unbound" in issues(hass), PATIENCE)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "sub_device_unbound_lamp")
    assert issue is not None
    assert issue.is_fixable
    assert issue.data == {"entry_id": entry.entry_id, "subentry_id": "lamp"}
    reports = cloud.device(LAMP).reports
    hass.states.async_set("input_boolean.lamp", STATE_ON)
    await stays(lambda: cloud.device(LAMP).reports == reports, 0.2)
    assert cloud.device(ATTIC).online
    # Bound again
    assert await async_bind(hass, entry, LIGHT_PRODUCT, "lamp", "Lamp") == LAMP
    await cloud.wait_for_device(LAMP, timeout=PATIENCE)
    await cloud.wait_for(lambda: cloud.device(LAMP).value("switch_led") is True, PATIENCE)
    assert issues(hass) == {}
    assert (await cloud.set_property(LAMP, {"switch_led": False}, timeout=PATIENCE)).code == DONE


async def test_unbound_while_away(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    """The cloud's list lacks one after a rejoin, and has it again after the next."""
    await cloud.stop()
    await wait_until(lambda: not entry.runtime_data.connected, PATIENCE)
    cloud.topology.unlink(cloud.device(LAMP))
    await cloud.start()
    await wait_until(lambda: "sub_device_unbound" in issues(hass), PATIENCE)
    await cloud.wait_for_device(ATTIC, timeout=PATIENCE)
    assert not cloud.device(LAMP).online
    await cloud.bind(LAMP, DEMO_DEVICE_ID)
    await cloud.wait_for_device(LAMP, timeout=PATIENCE)
    await wait_until(lambda: issues(hass) == {}, PATIENCE)


async def test_unbound_before_a_restart(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry
) -> None:
    """Of one that was unbound nothing is told, neither after a restart nor what happened while the cloud was away."""
    await cloud.unbind(LAMP)
    await wait_until(lambda: "sub_device_unbound" in issues(hass), PATIENCE)
    told = len(cloud.received)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await cloud.wait_for_device(ATTIC, timeout=PATIENCE)
    await wait_until(lambda: connection_of(entry).diagnostics()["outbox"]["waiting"] == 0, PATIENCE)
    await cloud.stop()
    await wait_until(lambda: not entry.runtime_data.connected, PATIENCE)
    for state in (STATE_ON, STATE_OFF):
        hass.states.async_set("input_boolean.lamp", state)
    await cloud.start()
    await cloud.wait_for_device(ATTIC, timeout=PATIENCE)
    await wait_until(connection_of(entry)._joining.joined.is_set, PATIENCE)
    await wait_until(lambda: connection_of(entry).diagnostics()["outbox"]["waiting"] == 0, PATIENCE)
    assert not [one for one in cloud.received[told:] if one.message is not None and LAMP in str(one.message.data)]


@pytest.mark.parametrize("function", ["device/topo/get", "thing/model/get", "thing/property/desired/get"])
async def test_cloud_is_busy(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry, function: str
) -> None:
    """What the cloud cannot tell at the moment of joining changes nothing for those that are there."""
    await cloud.stop()
    await wait_until(lambda: not entry.runtime_data.connected, PATIENCE)
    failure = cloud.faults.fail(function, 1001, count=1)
    await cloud.start()
    for device_id in (LAMP, ATTIC):
        await cloud.wait_for_device(device_id, timeout=PATIENCE)
    assert (await cloud.set_property(LAMP, {"switch_led": True}, timeout=PATIENCE)).code == DONE
    await cloud.wait_for(lambda: cloud.device(LAMP).value("switch_led") is True, PATIENCE)
    await cloud.wait_for(lambda: failure.count == 0, PATIENCE)
    assert issues(hass) == {}
    # Asked for a second time, the cloud was not told of those once more that it knows, and hears when they go
    await wait_until(connection_of(entry)._joining.joined.is_set, PATIENCE)
    hass.states.async_set("input_boolean.lamp", STATE_UNAVAILABLE)
    await cloud.wait_for_device(LAMP, online=False, timeout=PATIENCE)


async def test_never_bound(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """A subentry without a device id is told as unbound, and works once it has one."""
    await booleans(hass, "lamp")
    entry = link_entry(cloud, lamp_subentry(None))
    _ = await load_link(hass, entry)
    assert "sub_device_unbound" in issues(hass)
    device_id = await async_bind(hass, entry, LIGHT_PRODUCT, "lamp", "Lamp")
    assert device_id == LAMP
    subentry = entry.subentries["lamp"]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "device_id": device_id})
    await cloud.wait_for_device(LAMP, timeout=PATIENCE)
    await wait_until(lambda: issues(hass) == {}, PATIENCE)


async def test_added_while_connected(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """A flow binds, reads the model, and adds the subentry: the sub-device is there on the same connection."""
    await booleans(hass, "new")
    entry = link_entry(cloud)
    _ = await load_link(hass, entry)
    device_id = await async_bind(hass, entry, LIGHT_PRODUCT, "new", "New")
    assert "switch_led" in (await async_model(hass, entry, device_id)).properties
    subentry = sub_device(LIGHT_PRODUCT, "new", {"input_boolean.new": [pair("on", "switch_led")]}, device_id=device_id)
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data=MappingProxyType(subentry["data"]), subentry_type="sub_device", title="New", unique_id="new"
        ),
    )
    await cloud.wait_for_device(device_id, timeout=PATIENCE)
    await cloud.wait_for(lambda: cloud.device(device_id).value("switch_led") is False, PATIENCE)
    assert (await cloud.set_property(device_id, {"switch_led": True}, timeout=PATIENCE)).code == DONE
    assert len(cloud.gate.attempts) == 1


async def test_removed(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    """The cloud forgets a sub-device whose subentry the user removes, and no other."""
    hass.config_entries.async_remove_subentry(entry, "lamp")
    await cloud.wait_for(lambda: cloud.device(LAMP).gateway_id is None, PATIENCE)
    assert cloud.device(ATTIC).gateway_id == DEMO_DEVICE_ID
    await stays(lambda: cloud.device(ATTIC).online, 0.2)
    assert issues(hass) == {}


async def test_removed_while_away(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    """The same with the next connection, also over a restart."""
    await cloud.stop()
    await wait_until(lambda: not entry.runtime_data.connected, PATIENCE)
    hass.config_entries.async_remove_subentry(entry, "lamp")
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_remove_subentry(entry, "attic")
    await cloud.start()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await cloud.wait_for(
        lambda: cloud.device(LAMP).gateway_id is None and cloud.device(ATTIC).gateway_id is None, PATIENCE
    )


async def test_flow_given_up(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    """What a flow has bound for nothing it can unbind; what is exposed stays bound."""
    device_id = await async_bind(hass, entry, LIGHT_PRODUCT, "other", "Other")
    await async_unbind(hass, entry, device_id)
    assert cloud.device(device_id).gateway_id is None
    await async_unbind(hass, entry, LAMP)
    assert cloud.device(LAMP).gateway_id == DEMO_DEVICE_ID
    answer = await cloud.set_property(LAMP, {"switch_led": True}, timeout=PATIENCE)
    assert answer.code == DONE


async def test_no_licence(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    cloud.products[LIGHT_PRODUCT].licences = 0
    with pytest.raises(BindRefused) as refused:
        _ = await async_bind(hass, entry, LIGHT_PRODUCT, "second", "Second")
    assert refused.value.key == "not_bound"
    cloud.violations.clear()


async def test_command_to_one_that_was_unbound(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry
) -> None:
    """A command that was under way when it was unbound leads to nothing."""
    connection = connection_of(entry)
    connection._exposed.resolve(frozenset({LAMP}))
    answer = await cloud.set_property(LAMP, {"switch_led": True}, timeout=PATIENCE)
    assert answer.code == NO_DEVICE
    assert hass.states.is_state("input_boolean.lamp", STATE_OFF)
