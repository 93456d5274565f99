"""Devices that are added, removed and renamed."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.connections import tuya_cloud_timer
from custom_components.iot_gateway.reachability import UNREACHABLE_AFTER
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator
from simulators.tuya_queue import TuyaQueueSimulator
from tests.helpers import wait_until
from tests.tuya_cloud_helpers import after, cloud_plug, next_poll, registered
from tests.tuya_cloud_queue.helpers import connection_of, issues, poll, queue_of, settled, told

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default", "few_platforms", "unload")


async def test_bind_and_unbind(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many that are added at once take one reading; one that is removed goes at once."""
    # Long enough for the messages of all of them, on any machine
    monkeypatch.setattr(tuya_cloud_timer, "_LOOK_AFTER", 1.0)
    several = [cloud_plug(f"Plug {number}") for number in range(3)]
    for device in several:
        cloud.add_device(device)
    await wait_until(lambda: all(device.id in trusted.runtime_data.devices for device in several))
    await settled(trusted)
    assert cloud.calls["devices"] == 1
    cloud.remove_device(several[0].id)
    await wait_until(lambda: several[0].id not in trusted.runtime_data.devices)
    assert registered(hass, trusted, several[0].id) is None
    assert registered(hass, trusted, several[1].id) is not None
    await settled(trusted)
    assert cloud.calls["devices"] == 2


async def test_unbind_of_the_last(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, trusted: MockConfigEntry, the_plug: CloudDevice
) -> None:
    cloud.remove_device(the_plug.id)
    await wait_until(lambda: the_plug.id not in trusted.runtime_data.devices)
    assert registered(hass, trusted, the_plug.id) is None
    assert issues(hass) == {"cloud_no_devices"}
    await settled(trusted)
    assert the_plug.id not in connection_of(trusted).devices
    assert the_plug.id not in trusted.runtime_data.devices


async def test_unbound_and_bound_again(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """What the list has stays, whatever an old message said."""
    device = registered(hass, trusted, the_plug.id)
    assert device is not None
    queue.unbind(the_plug.id, age=1000)
    queue.reset(the_plug.id, family="seed", age=900)
    queue.bind(the_plug.id, age=800)
    queue.unbind(the_plug.id, age=1100)
    await told(queue)
    await cloud.wait_for(lambda: cloud.calls["devices"] == 1)
    # The list may be late: one more look, then it is right
    await wait_until(lambda: connection_of(trusted)._listed._looked_for and connection_of(trusted)._timer._cancel_look)
    assert registered(hass, trusted, the_plug.id) == device
    after(hass, 60)
    await cloud.wait_for(lambda: cloud.calls["devices"] == 2)
    await settled(trusted)
    assert connection_of(trusted)._listed.is_settled


async def test_specification_that_fails_once(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, trusted: MockConfigEntry
) -> None:
    """A device whose specification could not be read is brought before long, though the queue tells all; nobody is alarmed."""
    late = cloud_plug("Late")
    failure = cloud.faults.fail("specification", 500, device_id=late.id)
    cloud.add_device(late)
    await cloud.wait_for(lambda: cloud.calls["specification"] >= 1)
    await settled(trusted)
    assert late.id not in trusted.runtime_data.devices
    assert next_poll(trusted) <= 300
    after(hass, UNREACHABLE_AFTER)
    await hass.async_block_till_done()
    await settled(trusted)
    assert "cloud_unreachable" not in issues(hass)
    cloud.faults.failures.remove(failure)
    connection_of(trusted).api._pauses.clear()
    await poll(hass, trusted)
    assert late.id in trusted.runtime_data.devices
    assert next_poll(trusted) > 80_000


async def test_rename(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """A device has its new name, unless the user gave it one of their own."""
    the_plug = next(iter(cloud.devices.values()))
    cloud.rename(the_plug.id, "Shed plug")
    await told(queue)
    device = registered(hass, trusted, the_plug.id)
    assert device is not None
    assert device.name == "Shed plug"
    dr.async_get(hass).async_update_device(device.id, name_by_user="Mine")
    cloud.rename(the_plug.id, "Barn plug")
    await told(queue)
    device = registered(hass, trusted, the_plug.id)
    assert device is not None
    assert (device.name, device.name_by_user) == ("Barn plug", "Mine")
    assert not cloud.calls


async def test_message_of_a_stranger(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """A device that no list had is looked for, once."""
    for reading in range(20):
        queue.report("stranger", {"reading": reading})
    await told(queue)
    await wait_until(lambda: connection_of(trusted)._listed._looked_for and connection_of(trusted)._timer._cancel_look)
    after(hass, 60)
    await cloud.wait_for(lambda: cloud.calls["devices"] == 2)
    queue.report("stranger", {"reading": 30})
    await told(queue)
    await settled(trusted)
    assert cloud.calls["devices"] == 2
    assert queue_of(trusted).diagnostics()["taken"]["strange_devices"] == 1


async def test_stranger_that_comes_back(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """The rule has no messages that tell who is added: a device is looked for by its first report, each time that it is added."""
    late = cloud_plug("Late")
    for reading in (111, 112):
        queue.faults.no_rule = True
        cloud.add_device(late)
        queue.faults.no_rule = False
        queue.report(late.id, {"reading": reading})
        await wait_until(lambda: late.id in trusted.runtime_data.devices)
        await settled(trusted)
        queue.report(late.id, {"reading": reading + 50})
        await told(queue)
        queue.faults.no_rule = True
        cloud.remove_device(late.id)
        queue.faults.no_rule = False
        for _ in range(2):
            await poll(hass, trusted)
        assert late.id not in trusted.runtime_data.devices


async def test_specification_late(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is told of a device before it is brought is its state when it is."""
    late = cloud_plug("Late")
    failure = cloud.faults.fail("specification", 500, device_id=late.id)
    cloud.add_device(late)
    await cloud.wait_for(lambda: cloud.calls["specification"] >= 1)
    await settled(trusted)
    assert late.id not in trusted.runtime_data.devices
    queue.report(late.id, {"reading": 111})
    queue.offline(late.id)
    queue.online(late.id)
    await told(queue)
    cloud.faults.failures.remove(failure)
    connection_of(trusted).api._pauses.clear()
    # The list, which says something else here, is not read before the device is brought, however long that takes
    monkeypatch.setattr(tuya_cloud_timer, "_LOOK_AFTER", 600.0)
    connection_of(trusted)._freed()
    await wait_until(lambda: late.id in trusted.runtime_data.devices)
    assert trusted.runtime_data.devices[late.id].state["reading"] == 111


async def test_bound_to_an_empty_project(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """Where the list is late to have the first device, it is looked for once more."""
    cloud.remove_device(the_plug.id)
    await wait_until(lambda: the_plug.id not in trusted.runtime_data.devices)
    await settled(trusted)
    late = cloud_plug("Late")
    queue.bind(late.id)
    await told(queue)
    await wait_until(lambda: connection_of(trusted)._listed._looked_for and connection_of(trusted)._timer._cancel_look)
    cloud.devices[late.id] = late
    after(hass, 60)
    await wait_until(lambda: late.id in trusted.runtime_data.devices)
    assert issues(hass) == set()


async def test_bound_while_another_look_is_due(
    cloud: TuyaCloudSimulator, queue: TuyaQueueSimulator, trusted: MockConfigEntry
) -> None:
    """A look that can wait does not hold up one that cannot."""
    connection_of(trusted)._listed.look_again()
    new = cloud_plug("New")
    cloud.add_device(new)
    await wait_until(lambda: new.id in trusted.runtime_data.devices)
    await settled(trusted)
    assert cloud.calls["devices"] == 1
