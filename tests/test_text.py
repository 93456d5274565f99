"""The text platform."""

from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import demo_home
from simulators.tuya_gateway.demo.points import Point, device, rw
from simulators.tuya_gateway.schema import json_text, raw, string
from tests.helpers import UNKNOWN_CATEGORY, entities_of, entity_id, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=[Platform.TEXT]):
        assert entities_of(hass, Platform.TEXT) == snapshot


@pytest.mark.parametrize(
    ("point", "before", "value", "sent"),
    [
        (rw(string("x", 32), "Reef"), "Reef", "Pond", "Pond"),
        (rw(json_text("x"), '{"hour":18}'), '{"hour":18}', '{"hour":19}', '{"hour":19}'),
        (rw(json_text("x"), {"hour": 18}), '{"hour": 18}', '{"hour":19}', '{"hour":19}'),
        (rw(raw("x", 64), "AAEC"), "AAEC", "AwQF", "AwQF"),
        (rw(string("x", 32), None), "unknown", "Pond", "Pond"),
    ],
)
async def test_set(hass: HomeAssistant, point: Point, before: str, value: str, sent: object) -> None:
    """Texts of all three types are shown and set as they are."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, point)
    async with loaded(hass, gadget, platforms=[Platform.TEXT]) as simulator:
        entity = entity_id(hass, Platform.TEXT, gadget, "x")
        assert state_of(hass, entity) == before
        await hass.services.async_call("text", "set_value", {ATTR_ENTITY_ID: entity, "value": value}, blocking=True)
        assert simulator.commands[-1][0]["value"] == [{"k": "x", "v": sent}]
        assert state_of(hass, entity) == value


async def test_not_allowed(hass: HomeAssistant) -> None:
    """What the device would not take is refused before it is sent."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, rw(raw("x", 64), "AAEC"))
    async with loaded(hass, gadget, platforms=[Platform.TEXT]) as simulator:
        entity = entity_id(hass, Platform.TEXT, gadget, "x")
        with pytest.raises(ServiceValidationError, match="it takes bytes in base64"):
            await hass.services.async_call("text", "set_value", {ATTR_ENTITY_ID: entity, "value": "%"}, blocking=True)
        assert not simulator.commands


async def test_long(hass: HomeAssistant) -> None:
    """A text that is too long for a state is unknown, and whole in an attribute."""
    gadget = device("Gadget", UNKNOWN_CATEGORY, rw(string("x", 1000), "a" * 300))
    async with loaded(hass, gadget, platforms=[Platform.TEXT]) as simulator:
        entity = entity_id(hass, Platform.TEXT, gadget, "x")
        state = hass.states.get(entity)
        assert state is not None
        assert state.state == "unknown"
        assert state.attributes["full_value"] == "a" * 300
        await simulator.report(gadget.id, {"x": "short"})
        await wait_until(lambda: state_of(hass, entity) == "short")
        state = hass.states.get(entity)
        assert state is not None
        assert "full_value" not in state.attributes
