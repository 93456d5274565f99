"""The alarm control panel platform."""

from base64 import b64encode
from typing import Any

from homeassistant.components.alarm_control_panel.const import AlarmControlPanelEntityFeature
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES, Platform
from homeassistant.core import HomeAssistant
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, demo_home
from simulators.tuya_gateway.demo.points import Point, device, ro, rw
from simulators.tuya_gateway.schema import enum, raw, string
from tests.helpers import entities_of, entity_id, find_entity, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

PANEL = [Platform.ALARM_CONTROL_PANEL]


def panel(
    *points: Point, category: str = "mal", modes: tuple[str, ...] = ("disarmed", "arm", "home", "sos")
) -> SimulatedDevice:
    """Return a disarmed panel."""
    return device("Panel", category, rw(enum("master_mode", *modes), "disarmed"), *points)


def full_panel() -> SimulatedDevice:
    """Return a panel that tells of alarms."""
    return panel(ro(enum("master_state", "normal", "alarm"), "normal"), ro(raw("alarm_msg"), ""))


def message(text: str) -> str:
    """Return a message as the panel has it."""
    return b64encode(text.encode("utf-16be")).decode()


def attribute(hass: HomeAssistant, entity: str, name: str) -> Any:
    """Return an attribute of an entity."""
    state = hass.states.get(entity)
    assert state is not None
    return state.attributes.get(name)


async def call(hass: HomeAssistant, action: str, entity: str) -> None:
    """Call an action of alarm panels, without a code."""
    await hass.services.async_call("alarm_control_panel", action, {ATTR_ENTITY_ID: entity}, blocking=True)


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=PANEL):
        assert entities_of(hass, Platform.ALARM_CONTROL_PANEL) == snapshot


@pytest.mark.parametrize("category", ["mal", "wg2", "qtabc"])
@pytest.mark.parametrize(
    ("action", "option", "state"),
    [
        ("alarm_arm_away", "arm", "armed_away"),
        ("alarm_arm_home", "home", "armed_home"),
        ("alarm_trigger", "sos", "triggered"),
    ],
)
async def test_modes(hass: HomeAssistant, category: str, action: str, option: str, state: str) -> None:
    """Each mode is armed by one value, and needs no code; there is no select beside the panel."""
    simulated = panel(category=category)
    async with loaded(hass, simulated, platforms=[*PANEL, Platform.SELECT]) as simulator:
        entity = entity_id(hass, Platform.ALARM_CONTROL_PANEL, simulated, "master_mode")
        assert find_entity(hass, Platform.SELECT, simulated, "master_mode") is None
        assert state_of(hass, entity) == "disarmed"
        await call(hass, action, entity)
        assert state_of(hass, entity) == state
        await call(hass, "alarm_disarm", entity)
        assert state_of(hass, entity) == "disarmed"
        assert simulator.commands == [
            [{"devid": simulated.id, "value": [{"k": "master_mode", "v": value}]}] for value in (option, "disarmed")
        ]


async def test_features(hass: HomeAssistant) -> None:
    """Only what the panel has is offered."""
    small = panel(modes=("disarmed", "arm"))
    full = full_panel()
    full.id = "fullpanel"
    async with loaded(hass, small, full, platforms=PANEL):
        entity = entity_id(hass, Platform.ALARM_CONTROL_PANEL, small, "master_mode")
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == AlarmControlPanelEntityFeature.ARM_AWAY
        assert attribute(hass, entity, "code_arm_required") is False
        entity = entity_id(hass, Platform.ALARM_CONTROL_PANEL, full, "master_mode")
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == (
            AlarmControlPanelEntityFeature.ARM_AWAY
            | AlarmControlPanelEntityFeature.ARM_HOME
            | AlarmControlPanelEntityFeature.TRIGGER
        )


async def test_alarm(hass: HomeAssistant) -> None:
    """An alarm shows with its cause while the mode stays; a low battery is no alarm."""
    simulated = full_panel()
    async with loaded(hass, simulated, platforms=PANEL) as simulator:
        entity = entity_id(hass, Platform.ALARM_CONTROL_PANEL, simulated, "master_mode")
        await simulator.report(simulated.id, {"master_mode": "arm"})
        await wait_until(lambda: state_of(hass, entity) == "armed_away")
        await simulator.report(simulated.id, {"alarm_msg": message("Küche")})
        await simulator.report(simulated.id, {"master_state": "alarm"})
        await wait_until(lambda: state_of(hass, entity) == "triggered")
        assert attribute(hass, entity, "changed_by") == "Küche"
        await simulator.report(simulated.id, {"alarm_msg": message("Door Sensor Low Battery")})
        await wait_until(lambda: state_of(hass, entity) == "armed_away")
        assert attribute(hass, entity, "changed_by") == "Door Sensor Low Battery"
        await simulator.report(simulated.id, {"alarm_msg": ""})
        await wait_until(lambda: state_of(hass, entity) == "triggered")
        assert attribute(hass, entity, "changed_by") is None
        await simulator.report(simulated.id, {"master_state": "normal", "alarm_msg": message("Küche")})
        await wait_until(lambda: state_of(hass, entity) == "armed_away")
        assert attribute(hass, entity, "changed_by") is None


async def test_message_as_text(hass: HomeAssistant) -> None:
    """A message may be plain text, and one that cannot be read is no reason to be silent."""
    simulated = panel(ro(enum("master_state", "normal", "alarm"), "alarm"), ro(string("alarm_msg"), "Garden"))
    broken = panel(ro(enum("master_state", "normal", "alarm"), "alarm"), ro(raw("alarm_msg"), "2D"), category="wg2")
    broken.id = "broken"
    async with loaded(hass, simulated, broken, platforms=PANEL):
        entity = entity_id(hass, Platform.ALARM_CONTROL_PANEL, simulated, "master_mode")
        assert attribute(hass, entity, "changed_by") == "Garden"
        assert state_of(hass, entity_id(hass, Platform.ALARM_CONTROL_PANEL, broken, "master_mode")) == "triggered"


async def test_unknown(hass: HomeAssistant) -> None:
    """A mode that nobody knows is unknown; a device that is away has none; other modes make no panel."""
    simulated = panel(modes=("disarmed", "arm", "party"))
    mixer = device("Mixer", "qtabc", rw(enum("master_mode", "slow", "fast"), "slow"))
    async with loaded(hass, simulated, mixer, platforms=PANEL) as simulator:
        entity = entity_id(hass, Platform.ALARM_CONTROL_PANEL, simulated, "master_mode")
        assert find_entity(hass, Platform.ALARM_CONTROL_PANEL, mixer, "master_mode") is None
        await simulator.report(simulated.id, {"master_mode": "party"})
        await wait_until(lambda: state_of(hass, entity) == "unknown")
        await simulator.set_online(simulated.id, False)
        await wait_until(lambda: state_of(hass, entity) == "unavailable")
