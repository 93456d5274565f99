"""The cover platform."""

from datetime import timedelta
from typing import Any

from homeassistant.components.cover import ATTR_CURRENT_POSITION, ATTR_CURRENT_TILT_POSITION, CoverEntityFeature
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from syrupy.assertion import SnapshotAssertion

from custom_components.iot_gateway.const import CONF_INVERTED_COVERS
from custom_components.iot_gateway.cover_motion import Motion, Seen
from custom_components.iot_gateway.model import Access, DataPoint, DataType
from custom_components.iot_gateway.percentage import Percentage
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator, demo_home
from simulators.tuya_gateway.demo.points import Point, device, ro, rw
from simulators.tuya_gateway.schema import boolean, enum, integer
from tests.helpers import entities_of, entity_id, find_entity, loaded, state_of, stays, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

COVER = [Platform.COVER]
OPEN_STOP_CLOSE = ("open", "stop", "close")


def percent(code: str) -> dict[str, Any]:
    """Return a data point of 0 to 100 %."""
    return integer(code, 0, 100, "%")


def curtain(*points: Point, category: str = "cl", position: int = 100, target: int = 100) -> SimulatedDevice:
    """Return a curtain that is closed, unless said otherwise, and can be sent anywhere."""
    return device(
        "Curtain",
        category,
        rw(enum("control", *OPEN_STOP_CLOSE), "stop"),
        rw(percent("percent_control"), target),
        ro(percent("percent_state"), position),
        *points,
    )


async def call(hass: HomeAssistant, action: str, entity: str, **data: object) -> None:
    """Call an action of covers."""
    await hass.services.async_call("cover", action, {ATTR_ENTITY_ID: entity, **data}, blocking=True)


def sent(simulator: TuyaGatewaySimulator, simulated: SimulatedDevice) -> list[dict[str, Any]]:
    """Return what was set, one mapping a frame; each frame is of this device alone."""
    frames = []
    for frame in simulator.commands:
        (command,) = frame
        assert command["devid"] == simulated.id
        frames.append({value["k"]: value["v"] for value in command["value"]})
    return frames


def attribute(hass: HomeAssistant, entity: str, name: str) -> Any:
    """Return an attribute of an entity."""
    state = hass.states.get(entity)
    assert state is not None
    return state.attributes.get(name)


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=COVER):
        assert entities_of(hass, Platform.COVER) == snapshot


async def test_position(hass: HomeAssistant) -> None:
    """Percentages say how far it is closed; opening and closing is to go to an end; each is one frame of one value."""
    simulated = curtain()
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert state_of(hass, entity) == "closed"
        assert attribute(hass, entity, ATTR_CURRENT_POSITION) == 0
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == (
            CoverEntityFeature.OPEN
            | CoverEntityFeature.CLOSE
            | CoverEntityFeature.STOP
            | CoverEntityFeature.SET_POSITION
        )
        await call(hass, "open_cover", entity)
        await call(hass, "stop_cover", entity)
        await call(hass, "set_cover_position", entity, position=70)
        await call(hass, "close_cover", entity)
        assert sent(simulator, simulated) == [
            {"percent_control": 0},
            {"control": "stop"},
            {"percent_control": 30},
            {"percent_control": 100},
        ]
        await simulator.report(simulated.id, {"percent_state": 25})
        await wait_until(lambda: attribute(hass, entity, ATTR_CURRENT_POSITION) == 75)


async def test_without_position(hass: HomeAssistant) -> None:
    """What can only be opened, stopped and closed is; the last order is what is known of it."""
    simulated = device("Blind", "cl", rw(enum("control", *OPEN_STOP_CLOSE, "continue"), "stop"))
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert state_of(hass, entity) == "unknown"
        assert not attribute(hass, entity, ATTR_SUPPORTED_FEATURES) & CoverEntityFeature.SET_POSITION
        await call(hass, "open_cover", entity)
        assert state_of(hass, entity) == "open"
        await call(hass, "close_cover", entity)
        assert state_of(hass, entity) == "closed"
        await call(hass, "stop_cover", entity)
        assert state_of(hass, entity) == "unknown"
        assert sent(simulator, simulated) == [{"control": "open"}, {"control": "close"}, {"control": "stop"}]


async def test_situation(hass: HomeAssistant) -> None:
    """What the motor says of its ends counts more than the last order, and less than a position."""
    simulated = device(
        "Blind",
        "cl",
        rw(enum("control", *OPEN_STOP_CLOSE), "open"),
        ro(enum("situation_set", "fully_open", "fully_close"), "fully_close"),
        ro(percent("percent_state"), 255),
    )
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert state_of(hass, entity) == "closed"
        await simulator.report(simulated.id, {"situation_set": "fully_open"})
        await wait_until(lambda: state_of(hass, entity) == "open")
        await simulator.report(simulated.id, {"percent_state": 100})
        await wait_until(lambda: state_of(hass, entity) == "closed")


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        (("FZ", "ZZ", "STOP"), ["FZ", "ZZ", "STOP"]),
        (("on", "off", "stop"), ["on", "off", "stop"]),
        (("1", "2", "3"), ["1", "2", "3"]),
        (("up", "stop", "down"), ["up", "down", "stop"]),
    ],
)
async def test_words(hass: HomeAssistant, options: tuple[str, ...], frames: list[str]) -> None:
    """Motors are told to open, close and stop in several ways."""
    simulated = device("Blind", "cl", rw(enum("control", *options), options[-1]))
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        for action in ("open_cover", "close_cover", "stop_cover"):
            await call(hass, action, entity)
        assert sent(simulator, simulated) == [{"control": word} for word in frames]


async def test_cannot_be_stopped(hass: HomeAssistant) -> None:
    """Stopping is offered only where there is a word for it."""
    simulated = device("Blind", "cl", rw(enum("control", "open", "close"), "close"))
    async with loaded(hass, simulated, platforms=COVER):
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert state_of(hass, entity) == "closed"
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == (CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE)


async def test_legacy_set(hass: HomeAssistant) -> None:
    """`mach_operate` with `position` is the set of old motors."""
    simulated = device("Motor", "cl", rw(enum("mach_operate", "ZZ", "FZ", "STOP"), "STOP"), rw(percent("position"), 20))
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "mach_operate")
        assert attribute(hass, entity, ATTR_CURRENT_POSITION) == 80
        await call(hass, "open_cover", entity)
        await call(hass, "stop_cover", entity)
        assert sent(simulator, simulated) == [{"position": 0}, {"mach_operate": "STOP"}]


@pytest.mark.parametrize(("direction", "position", "raw"), [("forward", 75, 40), ("back", 25, 60), (None, 75, 40)])
async def test_motor_direction(hass: HomeAssistant, direction: str | None, position: int, raw: int) -> None:
    """The percentages of curtain switches turn round with the motor, also while it is set up."""
    points = [] if direction is None else [rw(enum("control_back_mode", "forward", "back"), direction)]
    simulated = device(
        "Switch", "clkg", rw(enum("control", *OPEN_STOP_CLOSE), "stop"), rw(percent("percent_control"), 25), *points
    )
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert attribute(hass, entity, ATTR_CURRENT_POSITION) == position
        await call(hass, "set_cover_position", entity, position=60)
        assert sent(simulator, simulated) == [{"percent_control": raw}]
        assert attribute(hass, entity, ATTR_CURRENT_POSITION) == 60
        if direction is not None:
            turned = {"forward": "back", "back": "forward"}[direction]
            await simulator.report(simulated.id, {"control_back_mode": turned})
            await wait_until(lambda: attribute(hass, entity, ATTR_CURRENT_POSITION) == 40)


async def test_motor_direction_of_curtains(hass: HomeAssistant) -> None:
    """Those of curtains do not: the motor sees to it."""
    simulated = curtain(rw(enum("control_back_mode", "forward", "back"), "back"), position=0)
    async with loaded(hass, simulated, platforms=COVER):
        assert state_of(hass, entity_id(hass, Platform.COVER, simulated, "control")) == "open"


async def test_steps_and_range(hass: HomeAssistant) -> None:
    """A position is set in the device's own range and steps."""
    simulated = device(
        "Blind",
        "cl",
        rw(enum("control", *OPEN_STOP_CLOSE), "stop"),
        rw(integer("percent_control", 0, 255, step=10), 255),
    )
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert state_of(hass, entity) == "closed"
        for position in (50, 100, 0, 1):
            await call(hass, "set_cover_position", entity, position=position)
        assert [frame["percent_control"] for frame in sent(simulator, simulated)] == [130, 0, 255, 250]


async def test_position_only(hass: HomeAssistant) -> None:
    """A curtain that has nothing but a position is a cover too."""
    simulated = device("Blind", "cl", rw(percent("percent_control"), 0))
    async with loaded(hass, simulated, platforms=[Platform.COVER, Platform.NUMBER]) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "percent_control")
        assert state_of(hass, entity) == "open"
        assert not attribute(hass, entity, ATTR_SUPPORTED_FEATURES) & CoverEntityFeature.STOP
        await call(hass, "close_cover", entity)
        assert sent(simulator, simulated) == [{"percent_control": 100}]
        assert find_entity(hass, Platform.NUMBER, simulated, "percent_control") is None


async def test_tilt(hass: HomeAssistant) -> None:
    """The slats have a position of their own."""
    simulated = curtain(rw(integer("angle_horizontal", 0, 180, "°"), 45))
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert attribute(hass, entity, ATTR_CURRENT_TILT_POSITION) == 75
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) & CoverEntityFeature.SET_TILT_POSITION
        await call(hass, "set_cover_tilt_position", entity, tilt_position=50)
        assert sent(simulator, simulated) == [{"angle_horizontal": 90}]
        await simulator.report(simulated.id, {"angle_horizontal": 180})
        await wait_until(lambda: attribute(hass, entity, ATTR_CURRENT_TILT_POSITION) == 0)


async def test_garage(hass: HomeAssistant) -> None:
    """A contact says whether the door is open; without one nobody knows."""
    simulated = device("Garage", "ckmkzq", rw(boolean("switch_1"), False), ro(boolean("doorcontact_state"), True))
    bare = device("Bare", "ckmkzq", rw(boolean("switch_1"), True))
    async with loaded(hass, simulated, bare, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "switch_1")
        assert state_of(hass, entity) == "open"
        assert attribute(hass, entity, "device_class") == "garage"
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == (CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE)
        assert state_of(hass, entity_id(hass, Platform.COVER, bare, "switch_1")) == "unknown"
        await call(hass, "open_cover", entity)
        await call(hass, "close_cover", entity)
        assert sent(simulator, simulated) == [{"switch_1": True}, {"switch_1": False}]
        await simulator.report(simulated.id, {"doorcontact_state": False})
        await wait_until(lambda: state_of(hass, entity) == "closed")


async def test_garage_doors(hass: HomeAssistant, device_registry: dr.DeviceRegistry) -> None:
    """An opener of two doors has a device for each, with its own contact."""
    simulated = device(
        "Garage",
        "ckmkzq",
        rw(boolean("switch_1"), False),
        rw(boolean("switch_2"), False),
        ro(boolean("doorcontact_state"), False),
        ro(boolean("doorcontact_state_2"), True),
    )
    async with loaded(hass, simulated, platforms=COVER):
        names, states = [], []
        for number in (1, 2):
            entity = entity_id(hass, Platform.COVER, simulated, f"switch_{number}")
            entry = er.async_get(hass).async_get(entity)
            assert entry is not None
            assert entry.device_id is not None
            registered = device_registry.async_get(entry.device_id)
            assert registered is not None
            names.append(registered.name)
            states.append(state_of(hass, entity))
        assert names == ["Door 1", "Door 2"]
        assert states == ["closed", "open"]


async def test_two_motors(hass: HomeAssistant, device_registry: dr.DeviceRegistry) -> None:
    """Each motor is a device of its own, with its own positions; a single one is the device."""
    simulated = device(
        "Switch",
        "clkg",
        rw(enum("control", *OPEN_STOP_CLOSE), "stop"),
        rw(percent("percent_control"), 0),
        rw(enum("control_2", *OPEN_STOP_CLOSE), "stop"),
        rw(percent("percent_control_2"), 100),
    )
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        first = entity_id(hass, Platform.COVER, simulated, "control")
        second = entity_id(hass, Platform.COVER, simulated, "control_2")
        assert (state_of(hass, first), state_of(hass, second)) == ("open", "closed")
        entry = er.async_get(hass).async_get(second)
        assert entry is not None
        assert entry.device_id is not None
        registered = device_registry.async_get(entry.device_id)
        assert registered is not None
        assert registered.name == "Curtain 2"
        await call(hass, "stop_cover", second)
        await call(hass, "open_cover", second)
        assert sent(simulator, simulated) == [{"control_2": "stop"}, {"percent_control_2": 0}]


async def test_window(hass: HomeAssistant) -> None:
    """The percentages of a window opener say how far it is open."""
    simulated = curtain(ro(enum("status", "opened", "closed"), "opened"), category="mc", position=20)
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert attribute(hass, entity, "device_class") == "window"
        assert attribute(hass, entity, ATTR_CURRENT_POSITION) == 20
        await call(hass, "open_cover", entity)
        assert sent(simulator, simulated) == [{"percent_control": 100}]


async def test_unknown_category(hass: HomeAssistant) -> None:
    """What opens and closes is a cover whatever its category; another control, or a Boolean of that name, is none."""
    blind = device(
        "Blind", "qt", rw(enum("control", *OPEN_STOP_CLOSE), "open"), rw(enum("control_2", *OPEN_STOP_CLOSE), "close")
    )
    knob = device("Knob", "qt", rw(enum("control", "up", "down"), "up"))
    relay = device("Relay", "qt", rw(boolean("control"), True))
    percentage = device("Percentage", "qt", rw(percent("percent_control"), 10))
    async with loaded(hass, blind, knob, relay, percentage, platforms=COVER):
        assert state_of(hass, entity_id(hass, Platform.COVER, blind, "control")) == "open"
        second = entity_id(hass, Platform.COVER, blind, "control_2")
        assert attribute(hass, second, "friendly_name").endswith("Cover 2")
        assert len(hass.states.async_entity_ids("cover")) == 2


async def test_nothing_that_moves_it(hass: HomeAssistant) -> None:
    """A curtain whose control takes what nobody knows is no cover; its data points have entities of their own."""
    simulated = device("Odd", "cl", rw(enum("control", "a", "b"), "a"), ro(percent("percent_state"), 0))
    async with loaded(hass, simulated, platforms=[Platform.COVER, Platform.SELECT, Platform.SENSOR]):
        assert not hass.states.async_entity_ids("cover")
        assert find_entity(hass, Platform.SELECT, simulated, "control")
        assert find_entity(hass, Platform.SENSOR, simulated, "percent_state")


async def test_inverted(hass: HomeAssistant) -> None:
    """An inverted cover has positions, tilt and commands the other way round; the others are as they are."""
    simulated = curtain(rw(integer("angle_horizontal", 0, 180, "°"), 45), position=100)
    options = {CONF_INVERTED_COVERS: [f"{simulated.id}_control", "another_control"]}
    async with loaded(hass, simulated, platforms=COVER, options=options) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert state_of(hass, entity) == "open"
        assert attribute(hass, entity, ATTR_CURRENT_TILT_POSITION) == 25
        await call(hass, "open_cover", entity)
        await call(hass, "close_cover", entity)
        await call(hass, "set_cover_position", entity, position=70)
        await call(hass, "stop_cover", entity)
        await call(hass, "set_cover_tilt_position", entity, tilt_position=25)
        assert sent(simulator, simulated) == [
            {"percent_control": 100},
            {"percent_control": 0},
            {"percent_control": 70},
            {"control": "stop"},
            {"angle_horizontal": 45},
        ]


async def test_inverted_without_position(hass: HomeAssistant) -> None:
    """What the device calls open is closed."""
    simulated = device(
        "Blind",
        "cl",
        rw(enum("control", *OPEN_STOP_CLOSE), "open"),
        ro(enum("work_state", "opening", "closing", "idle"), "opening"),
    )
    ended = device(
        "Ended",
        "cl",
        rw(enum("control", *OPEN_STOP_CLOSE), "stop"),
        ro(enum("situation_set", "fully_open", "fully_close"), "fully_open"),
    )
    options = {CONF_INVERTED_COVERS: [f"{one.id}_control" for one in (simulated, ended)]}
    async with loaded(hass, simulated, ended, platforms=COVER, options=options) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert state_of(hass, entity) == "closing"
        await simulator.report(simulated.id, {"work_state": "idle"})
        await wait_until(lambda: state_of(hass, entity) == "closed")
        assert state_of(hass, entity_id(hass, Platform.COVER, ended, "control")) == "closed"
        await call(hass, "open_cover", entity)
        await call(hass, "close_cover", entity)
        assert sent(simulator, simulated) == [{"control": "close"}, {"control": "open"}]


async def test_inverted_garage(hass: HomeAssistant) -> None:
    """The contact tells what is, whichever way the motor runs."""
    simulated = device("Garage", "ckmkzq", rw(boolean("switch_1"), False), ro(boolean("doorcontact_state"), True))
    options = {CONF_INVERTED_COVERS: [f"{simulated.id}_switch_1"]}
    async with loaded(hass, simulated, platforms=COVER, options=options) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "switch_1")
        assert state_of(hass, entity) == "open"
        await call(hass, "open_cover", entity)
        assert sent(simulator, simulated) == [{"switch_1": False}]


async def test_moves(hass: HomeAssistant) -> None:
    """It opens from the order until it is there, or until it is told to stop."""
    simulated = curtain(ro(enum("work_state", "opening", "closing"), "opening"))
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        # The way that it went last
        assert state_of(hass, entity) == "closed"
        await call(hass, "open_cover", entity)
        assert state_of(hass, entity) == "opening"
        await simulator.report(simulated.id, {"percent_state": 50})
        await wait_until(lambda: attribute(hass, entity, ATTR_CURRENT_POSITION) == 50)
        assert state_of(hass, entity) == "opening"
        await simulator.report(simulated.id, {"percent_state": 0})
        await wait_until(lambda: state_of(hass, entity) == "open")
        await call(hass, "close_cover", entity)
        assert state_of(hass, entity) == "closing"
        await simulator.report(simulated.id, {"control": "close"})
        await call(hass, "stop_cover", entity)
        assert state_of(hass, entity) == "open"


async def test_moved_by_somebody_else(hass: HomeAssistant) -> None:
    """Reports alone tell that it moves; when they end, it stands."""
    simulated = curtain(ro(enum("work_state", "opening", "closing"), "closing"), position=100, target=100)
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        await simulator.report(simulated.id, {"work_state": "opening", "percent_state": 90})
        await wait_until(lambda: state_of(hass, entity) == "opening")
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
        await wait_until(lambda: state_of(hass, entity) == "open")
        await simulator.report(simulated.id, {"percent_state": 95})
        await wait_until(lambda: state_of(hass, entity) == "closing")
        await simulator.report(simulated.id, {"percent_state": 100})
        await wait_until(lambda: state_of(hass, entity) == "closed")


async def test_never_arrives(hass: HomeAssistant) -> None:
    """A motor that says nothing more is not believed to move for ever."""
    simulated = curtain()
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        await call(hass, "set_cover_position", entity, position=50)
        assert state_of(hass, entity) == "opening"
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=80))
        await hass.async_block_till_done()
        assert state_of(hass, entity) == "opening"
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=95))
        await wait_until(lambda: state_of(hass, entity) == "closed")
        assert sent(simulator, simulated) == [{"percent_control": 50}]


async def test_says_that_it_stands(hass: HomeAssistant) -> None:
    """A motor that has a word for standing still is believed at once and always."""
    simulated = curtain(ro(enum("work_state", "opening", "closing", "stop"), "closing"), position=40, target=40)
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        assert state_of(hass, entity) == "closing"
        await simulator.report(simulated.id, {"work_state": "stop"})
        await wait_until(lambda: state_of(hass, entity) == "open")


async def test_offline(hass: HomeAssistant) -> None:
    """A device that is away has no state and takes no order; back again it is not taken to move."""
    simulated = curtain(ro(enum("work_state", "opening", "closing"), "opening"))
    async with loaded(hass, simulated, platforms=COVER) as simulator:
        entity = entity_id(hass, Platform.COVER, simulated, "control")
        await simulator.set_online(simulated.id, False)
        await wait_until(lambda: state_of(hass, entity) == "unavailable")
        with pytest.raises(HomeAssistantError):
            await hass.data["entity_components"][Platform.COVER].get_entity(entity).async_open_cover()
        assert not simulator.commands
        await simulator.set_online(simulated.id, True)
        await wait_until(lambda: state_of(hass, entity) != "unavailable")
        await stays(lambda: state_of(hass, entity) == "closed", 0.03)


def test_motion() -> None:
    """What is new tells the direction: an order to stop, a target, a position, a direction, an order, in this order."""
    motion = Motion()
    assert not motion.see(Seen(position=50, target=50, direction=1))
    assert not motion.see(Seen(position=50, target=50, direction=1))
    assert motion.direction == 0
    assert motion.see(Seen(position=50, target=20, direction=1))
    assert motion.direction == -1
    assert motion.see(Seen(position=30, target=20, direction=-1))
    assert motion.direction == -1
    assert motion.patience < 10
    # As good as there
    motion.see(Seen(position=21, target=20, direction=-1))
    assert motion.direction == 0
    motion.see(Seen(position=21, target=20, ordered=1, direction=-1))
    assert motion.direction == 0

    motion = Motion()
    motion.see(Seen(ordered=0, direction=-1))
    motion.see(Seen(ordered=1, direction=-1))
    assert motion.direction == 1
    assert motion.patience > 60
    motion.see(Seen(ordered=1, direction=1))
    assert motion.direction == 1
    motion.see(Seen(ordered=1, direction=-1))
    assert motion.direction == -1
    motion.see(Seen(ordered=0, direction=-1))
    assert motion.direction == 0

    # One that tells neither where it is nor which way it goes
    motion = Motion()
    motion.see(Seen(ordered=0))
    motion.see(Seen(ordered=1))
    assert motion.direction == 0


@pytest.mark.parametrize(
    ("limits", "value", "percent"),
    [((0, 100, 0), 30, 30), ((None, None, 0), 30, 30), ((10, 1000, 1), 50.5, 50), ((0, 255, 0), 255, 100)],
)
def test_percentage(limits: tuple[int | None, int | None, int], value: float, percent: int) -> None:
    """A range of one's own is 0 to 100 % of it, there and back."""
    low, high, scale = limits
    point = DataPoint(
        code="level", type=DataType.INTEGER, access=Access.READ_WRITE, minimum=low, maximum=high, scale=scale
    )
    percentage = Percentage(point)
    assert percentage.of(value) == percent
    assert percentage.of(value, reverse=True) == 100 - percent
    assert percentage.value(percent) == pytest.approx(value, abs=0.51)
    assert percentage.value(100 - percent, reverse=True) == pytest.approx(value, abs=0.51)
    assert percentage.value(100) == (100 if high is None else high / 10**scale)
