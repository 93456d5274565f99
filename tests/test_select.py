"""The select platform."""

from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, demo_home
from simulators.tuya_gateway.schema import enum
from tests.helpers import entities_of, entity_id, loaded, plug, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=[Platform.SELECT]):
        assert entities_of(hass, Platform.SELECT) == snapshot


async def test_options(hass: HomeAssistant) -> None:
    """Only the options of what can be set are offered; another that is reported is unknown."""
    gadget: SimulatedDevice = plug()
    gadget.status = [enum("phase", "idle", "busy", "done", "broken")]
    async with loaded(hass, gadget, platforms=[Platform.SELECT]) as simulator:
        entity = entity_id(hass, Platform.SELECT, gadget, "phase")
        state = hass.states.get(entity)
        assert state is not None
        assert state.attributes["options"] == ["idle", "busy", "done"]
        await simulator.report(gadget.id, {"phase": "broken"})
        await wait_until(lambda: state_of(hass, entity) == "unknown")
        with pytest.raises(ServiceValidationError):
            await hass.services.async_call(
                "select", "select_option", {ATTR_ENTITY_ID: entity, "option": "broken"}, blocking=True
            )
        assert not simulator.commands
        await simulator.report(gadget.id, {"phase": "done"})
        await wait_until(lambda: state_of(hass, entity) == "done")
