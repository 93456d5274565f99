"""The event platform."""

from base64 import b64encode
from collections.abc import Iterator
import json
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
from simulators.tuya_gateway.schema import boolean, enum, integer, raw, string
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


async def until_fired(hass: HomeAssistant, entity: str, expected: dict[str, Any]) -> None:
    """Wait until an event entity has fired what is expected."""
    await wait_until(lambda: fired(hass, entity) == expected)


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
    """A bell that goes back to false did not ring again; bytes are told as text, what is none as it came."""
    rows = (EventRow(key="bell", event_types=["ring"]), EventRow(key="picture", event_types=["taken"]))
    door = device("Door", "qtdoor", ro(boolean("bell"), False), ro(raw("picture", 8), "AA=="))
    with patch.dict(table.EVENTS, {"qtdoor": rows}):
        async with loaded(hass, door, platforms=[Platform.EVENT]) as simulator:
            bell, picture = (entity_id(hass, Platform.EVENT, door, key) for key in ("bell", "picture"))
            await simulator.report(door.id, {"bell": False})
            await simulator.report(door.id, {"picture": ""})
            await simulator.report(door.id, {"picture": "/w=="})
            await wait_until(lambda: state_of(hass, picture) != "unknown")
            assert fired(hass, picture) == {"event_type": "taken", "message": "/w=="}
            await simulator.report(door.id, {"picture": "aGk="})
            await wait_until(lambda: fired(hass, picture) == {"event_type": "taken", "message": "hi"})
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


async def test_camera_messages(hass: HomeAssistant) -> None:
    """A camera says in a message what it saw; one that says nothing known is an event all the same."""
    camera = device("Camera", "sp", ro(string("initiative_message"), ""), ro(string("doorbell_active"), ""))
    async with loaded(hass, camera, platforms=[Platform.EVENT]) as simulator:
        seen, bell = (entity_id(hass, Platform.EVENT, camera, key) for key in ("initiative_message", "doorbell_active"))
        for message, kind, more in (
            ('{"cmd":"ipc_human"}', "person", {"command": "ipc_human"}),
            (
                '{"cmd":"ipc_pet","time":"1763700000"}',
                "pet",
                {"command": "ipc_pet", "time": "2025-11-21T04:40:00+00:00"},
            ),
            ('{"cmd":"ipc_new"}', "other", {"command": "ipc_new"}),
            ('{"v":"3.0"}', "other", {}),
            ("hello", "other", {}),
        ):
            reported = b64encode(message.encode()).decode()
            await simulator.report(camera.id, {"initiative_message": reported})
            await until_fired(hass, seen, {"event_type": kind, "message": message, **more})
        await simulator.report(camera.id, {"doorbell_active": "1763700000"})
        await wait_until(lambda: state_of(hass, bell) != "unknown")
        assert fired(hass, bell)["event_type"] == "ring"


@pytest.mark.parametrize("code", ["movement_detect_pic", "doorbell_pic", "alarm_message"])
async def test_pictures_of_events(hass: HomeAssistant, code: str) -> None:
    """What an automation needs is told; the picture and its key are not, which no database should keep."""
    camera = device("Camera", "sp", ro(raw(code, 60_000), ""))
    async with loaded(hass, camera, platforms=[Platform.EVENT]) as simulator:
        entity = entity_id(hass, Platform.EVENT, camera, code)
        kind = "motion" if code == "movement_detect_pic" else "triggered"
        for files in ([["/path/of/a.jpeg", "0123456789abcdef"]], [{"data": "00" * 20_000, "iv": "11" * 16}]):
            said = {"v": "3.0", "cmd": "ipc_motion", "type": "image", "time": 1763700000, "files": files}
            await simulator.report(camera.id, {code: b64encode(json.dumps(said).encode()).decode()})
            await until_fired(
                hass,
                entity,
                {
                    "event_type": kind,
                    "message": '{"v": "3.0", "cmd": "ipc_motion", "type": "image", "time": 1763700000}',
                    "command": "ipc_motion",
                    "time": "2025-11-21T04:40:00+00:00",
                },
            )
            await simulator.report(camera.id, {code: b64encode(b"next").decode()})
            await until_fired(hass, entity, {"event_type": kind, "message": "next"})
        await simulator.report(camera.id, {code: b64encode(bytes(range(256)) * 100).decode()})
        await wait_until(lambda: len(fired(hass, entity)["message"]) == 4096)


async def test_lock_with_a_camera(hass: HomeAssistant) -> None:
    """What has a camera tells what that sees, whatever else it is."""
    lock = device("Lock", "jtmspro", ro(raw("initiative_message"), ""), ro(raw("movement_detect_pic"), ""))
    async with loaded(hass, lock, platforms=[Platform.EVENT]) as simulator:
        seen, moved = (
            entity_id(hass, Platform.EVENT, lock, code) for code in ("initiative_message", "movement_detect_pic")
        )
        await simulator.report(lock.id, {"initiative_message": b64encode(b'{"cmd":"ipc_face"}').decode()})
        await simulator.report(lock.id, {"movement_detect_pic": b64encode(b"{}").decode()})
        await wait_until(lambda: state_of(hass, moved) != "unknown")
        assert fired(hass, seen)["event_type"] == "face"
        assert fired(hass, moved)["event_type"] == "motion"
        assert hass.states.get(moved).attributes["device_class"] == "motion"  # type: ignore[union-attr]


async def test_unlocking(hass: HomeAssistant) -> None:
    """The same finger twice is two events, also the one with the number 0; an alarm tells its kind."""
    lock = device(
        "Lock",
        "ms",
        ro(integer("unlock_fingerprint", 0, 999), 0),
        ro(enum("alarm_lock", "pry", "low_battery"), "low_battery"),
    )
    async with loaded(hass, lock, platforms=[Platform.EVENT]) as simulator:
        finger, alarm = (entity_id(hass, Platform.EVENT, lock, key) for key in ("unlock_fingerprint", "alarm_lock"))
        assert state_of(hass, finger) == "unknown"
        with states_written(hass) as states:
            for _ in range(2):
                await simulator.report(lock.id, {"unlock_fingerprint": 0})
            await wait_until(lambda: len(states) == 2)
        assert fired(hass, finger) == {"event_type": "unlocked", "value": 0}
        await simulator.report(lock.id, {"alarm_lock": "pry"})
        await wait_until(lambda: state_of(hass, alarm) != "unknown")
        assert fired(hass, alarm) == {"event_type": "pry"}


async def test_told_twice(hass: HomeAssistant, keypad: SimulatedDevice) -> None:
    """The same report with the same number is one press; with another number it is another."""
    async with loaded(hass, keypad, platforms=[Platform.EVENT]):
        (entry,) = hass.config_entries.async_loaded_entries("iot_gateway")
        with states_written(hass) as states:
            for number in (7, 7, 8, None, None):
                entry.runtime_data.report(keypad.id, {"key": "click"}, number)
            await hass.async_block_till_done()
        assert len(states) == 4


async def test_a_zigbee_switch_counts_its_presses(hass: HomeAssistant) -> None:
    """Where Tuya's words are numbers they mean the same: one press, two, a long one; a knob has words of its own."""
    switch = device(
        "Switch",
        "wxkg",
        ro(enum("switch_type_1", "0", "1", "2"), "0"),
        ro(enum("knob_switch_mode_1", "clockwise_rotation", "anticlockwise_rotation"), "clockwise_rotation"),
    )
    async with loaded(hass, switch, platforms=[Platform.EVENT]) as simulator:
        button = entity_id(hass, Platform.EVENT, switch, "switch_type_1")
        knob = entity_id(hass, Platform.EVENT, switch, "knob_switch_mode_1")
        for reported, expected in (
            ("0", {"event_type": "press_end"}),
            ("1", {"event_type": "multi_press_end", ATTR_MULTI_PRESS_COUNT: 2}),
            ("2", {"event_type": "long_press_start"}),
        ):
            await simulator.report(switch.id, {"switch_type_1": reported})
            await until_fired(hass, button, expected)
        await simulator.report(switch.id, {"knob_switch_mode_1": "anticlockwise_rotation"})
        await wait_until(lambda: fired(hass, knob) == {"event_type": "counterclockwise"})
