"""The switch platform."""

from homeassistant.const import ATTR_ENTITY_ID, STATE_ON, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import demo_home
from simulators.tuya_gateway.demo.points import device, wo
from simulators.tuya_gateway.schema import boolean
from tests.helpers import UNKNOWN_CATEGORY, entities_of, entity_id, loaded, plug, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=[Platform.SWITCH]):
        assert entities_of(hass, Platform.SWITCH) == snapshot


async def test_unknown(hass: HomeAssistant) -> None:
    """What is neither on nor off is unknown."""
    gadget = plug()
    async with loaded(hass, gadget, platforms=[Platform.SWITCH]) as simulator:
        entity = entity_id(hass, Platform.SWITCH, gadget, "relay")
        await simulator.report(gadget.id, {"relay": 7})
        await simulator.report(gadget.id, {"lamp": True})
        await wait_until(lambda: state_of(hass, entity_id(hass, Platform.SWITCH, gadget, "lamp")) == STATE_ON)
        assert state_of(hass, entity) == STATE_UNKNOWN


async def test_never_reported(hass: HomeAssistant) -> None:
    """What can only be ordered has no state, before and after the order."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, wo(boolean("feed")))
    async with loaded(hass, gadget, platforms=[Platform.SWITCH]) as simulator:
        entity = entity_id(hass, Platform.SWITCH, gadget, "feed")
        assert state_of(hass, entity) == STATE_UNKNOWN
        await hass.services.async_call("switch", "turn_on", {ATTR_ENTITY_ID: entity}, blocking=True)
        assert simulator.commands == [[{"devid": gadget.id, "value": [{"k": "feed", "v": True}]}]]
        assert state_of(hass, entity) == STATE_UNKNOWN
        # Unless the device turns out to report it after all
        await simulator.report(gadget.id, {"feed": True})
        await wait_until(lambda: state_of(hass, entity) == STATE_ON)
