"""The event platform."""

from collections.abc import Iterator
import logging
from typing import Any
from unittest.mock import patch

from homeassistant.components.event import ATTR_MULTI_PRESS_COUNT
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.iot_gateway.mapping import event as table
from custom_components.iot_gateway.mapping.rows import EventRow
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator, demo_home
from simulators.tuya_gateway.demo.points import device, ro
from simulators.tuya_gateway.schema import boolean, enum, raw
from tests.helpers import entities_of, entity_id, loaded, state_of, states_written, stays, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=[Platform.EVENT]):
        assert entities_of(hass, Platform.EVENT) == snapshot


@pytest.fixture
def keypad() -> Iterator[SimulatedDevice]:
    """Return a device with a key, a bell and something that is made of bytes, each of which fires events."""
    rows = (
        EventRow(
            key="key",
            events={"click": "press_end", "double_click": "multi_press_end"},
            counts={"click": 1, "double_click": 2},
        ),
        EventRow(key="bell", event_types=["ring"]),
        EventRow(key="card", event_types=["shown"]),
    )
    with patch.dict(table.EVENTS, {"qtkeypad": rows}):
        yield device(
            "Keypad",
            "qtkeypad",
            ro(enum("key", "click", "double_click", "hold"), "click"),
            ro(boolean("bell"), False),
            ro(enum("card", "red", "blue"), "red"),
            ro(raw("unused", 8), "AA=="),
        )


def fired(hass: HomeAssistant, entity: str) -> dict[str, Any]:
    """Return what an event entity fired last."""
    state = hass.states.get(entity)
    assert state is not None
    return {
        name: value
        for name, value in state.attributes.items()
        if name not in ("event_types", "friendly_name", "device_class")
    }


async def settle(hass: HomeAssistant, simulator: TuyaGatewaySimulator, keypad: SimulatedDevice) -> None:
    """Wait until all that was reported before has been taken in."""
    (entry,) = hass.config_entries.async_loaded_entries("iot_gateway")
    events = entry.runtime_data.connection.diagnostics()["statistics"]["events"]
    await simulator.report(keypad.id, {"unused": "AQ=="})
    await wait_until(lambda: entry.runtime_data.connection.diagnostics()["statistics"]["events"] > events)


async def test_each_report_fires(hass: HomeAssistant, keypad: SimulatedDevice) -> None:
    """Also the same one again; but nothing that is only read, at set-up, after a loss or on coming online."""
    async with loaded(hass, keypad, platforms=[Platform.EVENT]) as simulator:
        entity = entity_id(hass, Platform.EVENT, keypad, "key")
        state = hass.states.get(entity)
        assert state is not None
        assert state.state == "unknown"
        assert state.attributes["event_types"] == ["press_end", "multi_press_end", "hold"]

        with states_written(hass) as states:
            for _ in range(3):
                await simulator.report(keypad.id, {"key": "double_click"})
            await wait_until(lambda: len(states) == 3)
        assert fired(hass, entity) == {"event_type": "multi_press_end", ATTR_MULTI_PRESS_COUNT: 2}
        assert len({state.state for state in states}) == 3

        await simulator.report(keypad.id, {"key": "hold"})
        await wait_until(lambda: fired(hass, entity) == {"event_type": "hold"})
        last = state_of(hass, entity)

        keypad.value["key"] = "click"
        await simulator.drop()
        await simulator.wait_for(lambda: simulator.opened == 2 and simulator.connections == 1)
        await wait_until(lambda: state_of(hass, entity) == last)
        simulator.faults.slips = {"online_value"}
        await simulator.set_online(keypad.id, False)
        await wait_until(lambda: state_of(hass, entity) == "unavailable")
        await simulator.set_online(keypad.id, True)
        await wait_until(lambda: state_of(hass, entity) == last)
        await stays(lambda: state_of(hass, entity) == last, 0.05)
        assert fired(hass, entity) == {"event_type": "hold"}


async def test_one_type_for_any_report(hass: HomeAssistant, keypad: SimulatedDevice) -> None:
    """A row without a list of events has one type; what was reported is told unless it says nothing."""
    async with loaded(hass, keypad, platforms=[Platform.EVENT]) as simulator:
        bell, card = (entity_id(hass, Platform.EVENT, keypad, key) for key in ("bell", "card"))
        await simulator.report(keypad.id, {"bell": True})
        await simulator.report(keypad.id, {"card": "blue"})
        await wait_until(lambda: state_of(hass, bell) != "unknown" and state_of(hass, card) != "unknown")
        assert fired(hass, bell) == {"event_type": "ring"}
        assert fired(hass, card) == {"event_type": "shown", "value": "blue"}


async def test_a_bell_that_was_not_rung(hass: HomeAssistant) -> None:
    """A bell that goes back to false did not ring again; bytes are told as the base64 text that they came as."""
    rows = (EventRow(key="bell", event_types=["ring"]), EventRow(key="picture", event_types=["taken"]))
    door = device("Door", "qtdoor", ro(boolean("bell"), False), ro(raw("picture", 8), "AA=="))
    with patch.dict(table.EVENTS, {"qtdoor": rows}):
        async with loaded(hass, door, platforms=[Platform.EVENT]) as simulator:
            bell, picture = (entity_id(hass, Platform.EVENT, door, key) for key in ("bell", "picture"))
            await simulator.report(door.id, {"bell": False})
            await simulator.report(door.id, {"picture": ""})
            await simulator.report(door.id, {"picture": "AQ=="})
            await wait_until(lambda: state_of(hass, picture) != "unknown")
            assert fired(hass, picture) == {"event_type": "taken", "value": "AQ=="}
            assert state_of(hass, bell) == "unknown"


async def test_what_is_no_event(hass: HomeAssistant, keypad: SimulatedDevice, caplog: pytest.LogCaptureFixture) -> None:
    """What the schema does not allow fires nothing, nor does what no event type stands for; that is told once."""
    async with loaded(hass, keypad, platforms=[Platform.EVENT]) as simulator:
        entity = entity_id(hass, Platform.EVENT, keypad, "key")
        await simulator.report(keypad.id, {"key": "smash"})
        await simulator.report(keypad.id, {"key": None})
        await settle(hass, simulator, keypad)
        assert state_of(hass, entity) == "unknown"

    keypad.status[0] = enum("key")  # names no options, so that anything may come
    async with loaded(hass, keypad, platforms=[Platform.EVENT]) as simulator:
        await simulator.report(keypad.id, {"key": "smash"})
        await simulator.report(keypad.id, {"key": "smash"})
        await settle(hass, simulator, keypad)
        assert state_of(hass, entity) == "unknown"
        warnings = [record for record in caplog.records if "no event type it announced" in record.getMessage()]
        assert [record.levelno for record in warnings] == [logging.WARNING]
        await simulator.report(keypad.id, {"key": "click"})
        await wait_until(lambda: state_of(hass, entity) != "unknown")
