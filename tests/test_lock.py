"""The lock platform."""

from typing import Any

from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator, demo_home
from simulators.tuya_gateway.demo.points import Point, device, ro, rw, wo
from simulators.tuya_gateway.schema import boolean, enum, raw
from tests.helpers import entities_of, entity_id, find_entity, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

LOCK = [Platform.LOCK]


def lock(*points: Point, category: str = "ms") -> SimulatedDevice:
    """Return a lock."""
    return device("Lock", category, *points)


async def call(hass: HomeAssistant, action: str, simulated: SimulatedDevice) -> None:
    """Call an action of locks."""
    entity = entity_id(hass, Platform.LOCK, simulated, "lock")
    await hass.services.async_call("lock", action, {ATTR_ENTITY_ID: entity}, blocking=True)


def sent(simulator: TuyaGatewaySimulator, simulated: SimulatedDevice) -> list[dict[str, Any]]:
    """Return what was set, one mapping a frame; each frame is of this device alone."""
    frames = []
    for frame in simulator.commands:
        (command,) = frame
        assert command["devid"] == simulated.id
        frames.append({value["k"]: value["v"] for value in command["value"]})
    return frames


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=LOCK):
        assert entities_of(hass, Platform.LOCK) == snapshot


@pytest.mark.parametrize("category", ["ms", "jtmspro", "jtmsbh", "videolock", "bxx"])
async def test_locked_by_order(hass: HomeAssistant, category: str) -> None:
    """`manual_lock` locks; the motor tells whether it did; unlocking is an error that says why, and sends nothing."""
    simulated = lock(
        rw(boolean("manual_lock"), True),
        ro(boolean("lock_motor_state"), True),
        rw(boolean("automatic_lock"), True),
        wo(raw("remote_no_dp_key", 128)),
        category=category,
    )
    async with loaded(hass, simulated, platforms=[Platform.LOCK, Platform.SWITCH]) as simulator:
        entity = entity_id(hass, Platform.LOCK, simulated, "lock")
        assert find_entity(hass, Platform.SWITCH, simulated, "manual_lock") is None
        assert find_entity(hass, Platform.SWITCH, simulated, "automatic_lock")
        assert state_of(hass, entity) == "unlocked"
        await call(hass, "lock", simulated)
        assert sent(simulator, simulated) == [{"manual_lock": True}]
        assert state_of(hass, entity) == "unlocked"
        await simulator.report(simulated.id, {"lock_motor_state": False})
        await wait_until(lambda: state_of(hass, entity) == "locked")
        with pytest.raises(ServiceValidationError) as caught:
            await call(hass, "unlock", simulated)
        assert caught.value.translation_key == "cannot_unlock"
        placeholders = caught.value.translation_placeholders
        assert placeholders is not None
        assert placeholders["name"].endswith(f" {simulated.id[-4:].upper()}")
        assert len(simulator.commands) == 1
        await simulator.set_online(simulated.id, False)
        await wait_until(lambda: state_of(hass, entity) == "unavailable")


@pytest.mark.parametrize(
    ("points", "locking", "unlocking"),
    [
        ([rw(boolean("lock"), False)], {"lock": True}, {"lock": False}),
        ([rw(boolean("lock_motor_state"), True)], {"lock_motor_state": False}, {"lock_motor_state": True}),
        (
            [rw(boolean("manual_lock"), True), wo(boolean("unlock")), ro(boolean("lock_motor_state"), True)],
            {"manual_lock": True},
            {"unlock": True},
        ),
    ],
)
async def test_both_ways(
    hass: HomeAssistant, points: list[Point], locking: dict[str, bool], unlocking: dict[str, bool]
) -> None:
    """What can be set both ways locks and unlocks."""
    simulated = lock(*points)
    async with loaded(hass, simulated, platforms=LOCK) as simulator:
        assert state_of(hass, entity_id(hass, Platform.LOCK, simulated, "lock")) == "unlocked"
        await call(hass, "lock", simulated)
        await call(hass, "unlock", simulated)
        assert sent(simulator, simulated) == [locking, unlocking]


async def test_unlock_only(hass: HomeAssistant) -> None:
    """What can only be unlocked says so; without anything that tells, nobody knows whether it is locked."""
    simulated = lock(wo(boolean("unlock")))
    async with loaded(hass, simulated, platforms=LOCK) as simulator:
        assert state_of(hass, entity_id(hass, Platform.LOCK, simulated, "lock")) == "unknown"
        await call(hass, "unlock", simulated)
        with pytest.raises(ServiceValidationError) as caught:
            await call(hass, "lock", simulated)
        assert caught.value.translation_key == "cannot_lock"
        assert sent(simulator, simulated) == [{"unlock": True}]


async def test_no_lock(hass: HomeAssistant) -> None:
    """Without anything to set there is no lock, only what tells of it; elsewhere `lock` locks the keys."""
    telling = lock(ro(boolean("lock_motor_state"), False), ro(enum("closed_opened", "open", "closed"), "open"))
    purifier = device("Purifier", "kj", rw(boolean("lock"), True), rw(boolean("manual_lock"), True))
    platforms = [Platform.LOCK, Platform.BINARY_SENSOR, Platform.SENSOR, Platform.SWITCH]
    async with loaded(hass, telling, purifier, platforms=platforms):
        assert not hass.states.async_entity_ids("lock")
        assert find_entity(hass, Platform.BINARY_SENSOR, telling, "lock_motor_state")
        assert find_entity(hass, Platform.SWITCH, purifier, "lock")
