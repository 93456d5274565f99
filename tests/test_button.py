"""The button platform."""

from unittest.mock import patch

from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.iot_gateway.mapping import button as table
from custom_components.iot_gateway.mapping.rows import ButtonRow
from simulators.tuya_gateway import demo_home
from simulators.tuya_gateway.demo.points import device, rw, wo
from simulators.tuya_gateway.schema import boolean, enum
from tests.helpers import entities_of, entity_id, loaded, state_of

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=[Platform.BUTTON]):
        assert entities_of(hass, Platform.BUTTON) == snapshot


async def test_press(hass: HomeAssistant) -> None:
    """A press sends the one value that makes the device do something."""
    rows = (ButtonRow(key="clear"), ButtonRow(key="restart", code="order", press="reboot"))
    gadget = device("Gadget", "qtbutton", wo(boolean("clear")), rw(enum("order", "none", "reboot"), "none"))
    with patch.dict(table.BUTTONS, {"qtbutton": rows}):
        async with loaded(hass, gadget, platforms=[Platform.BUTTON]) as simulator:
            for key, sent in (("clear", {"k": "clear", "v": True}), ("restart", {"k": "order", "v": "reboot"})):
                entity = entity_id(hass, Platform.BUTTON, gadget, key)
                assert state_of(hass, entity) == "unknown"
                await hass.services.async_call("button", "press", {ATTR_ENTITY_ID: entity}, blocking=True)
                assert simulator.commands[-1] == [{"devid": gadget.id, "value": [sent]}]
                assert state_of(hass, entity) not in ("unknown", "unavailable")
