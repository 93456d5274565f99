"""Commands, and what the queue tells came of them."""

from unittest.mock import patch

from homeassistant.const import STATE_ON, Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.connections import tuya_cloud
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator
from simulators.tuya_queue import TuyaQueueSimulator
from tests.helpers import entity_id, state_of, stays, wait_until
from tests.tuya_cloud_helpers import after, next_poll
from tests.tuya_cloud_queue.helpers import queue_of, told

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default", "few_platforms", "unload")


async def switch_on(hass: HomeAssistant, device: CloudDevice) -> None:
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": entity_id(hass, Platform.SWITCH, device, "relay")}, blocking=True
    )


async def test_command(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """What it led to is told: nothing is read."""
    # However late the queue is on a slow machine
    with patch.object(tuya_cloud, "_RESULT_AFTER", 600.0):
        await switch_on(hass, the_plug)
    await told(queue)
    after(hass, 600)
    await stays(lambda: cloud.calls == {"commands": 1}, 0.2)
    assert state_of(hass, entity_id(hass, Platform.SWITCH, the_plug, "relay")) == STATE_ON
    assert queue_of(trusted).trusted


async def test_command_that_is_not_told(
    hass: HomeAssistant,
    cloud: TuyaCloudSimulator,
    queue: TuyaQueueSimulator,
    trusted: MockConfigEntry,
    the_plug: CloudDevice,
) -> None:
    """Its device is read, and the queue is not trusted until it tells of the device again."""
    queue.faults.no_rule = True
    await switch_on(hass, the_plug)
    await cloud.wait_for(lambda: cloud.calls["status_batch"] == 1)
    await wait_until(lambda: not queue_of(trusted).trusted)
    assert next_poll(trusted) == pytest.approx(300, abs=2)
    queue.faults.no_rule = False
    cloud.report(the_plug.id, {"reading": 150})
    await told(queue)
    assert next_poll(trusted) > 80_000
