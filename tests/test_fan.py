"""The fan platform."""

from functools import partial
from typing import Any

from homeassistant.components.fan import NotValidPresetModeError
from homeassistant.components.fan.const import FanEntityFeature as Feature
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant, State
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, demo_home
from simulators.tuya_gateway.demo.points import Point, device, rw
from simulators.tuya_gateway.schema import Entry, boolean, enum, integer
from tests.helpers import UNKNOWN_CATEGORY, entities_of, entity_id, find_entity, loaded, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

_FAN = [Platform.FAN]


def fan(*points: Point, category: str = "fs", on: bool = True) -> SimulatedDevice:
    """Return a fan with a switch and more."""
    return device("Fan", category, rw(boolean("switch"), on), *points)


def state(hass: HomeAssistant, simulated: SimulatedDevice) -> State:
    """Return the state of a device's fan."""
    found = hass.states.get(entity_id(hass, Platform.FAN, simulated, "fan"))
    assert found is not None
    return found


def shows(hass: HomeAssistant, simulated: SimulatedDevice, **attributes: object) -> bool:
    """Return whether a device's fan has these attributes; None is none."""
    now = state(hass, simulated).attributes
    return all(now.get(name) == value for name, value in attributes.items())


async def order(hass: HomeAssistant, simulated: SimulatedDevice, service: str, **data: Any) -> None:
    """Call a service of a device's fan."""
    entity = entity_id(hass, Platform.FAN, simulated, "fan")
    await hass.services.async_call("fan", service, {ATTR_ENTITY_ID: entity, **data}, blocking=True)


def frame(simulated: SimulatedDevice, **values: object) -> list[dict[str, Any]]:
    """Return the one frame that sets these values of a device."""
    return [{"devid": simulated.id, "value": [{"k": code, "v": value} for code, value in values.items()]}]


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=_FAN):
        assert entities_of(hass, Platform.FAN) == snapshot


async def test_switch(hass: HomeAssistant) -> None:
    """A fan that can only be switched is a fan."""
    unit = fan()
    async with loaded(hass, unit, platforms=_FAN) as simulator:
        assert state(hass, unit).state == "on"
        assert state(hass, unit).attributes["supported_features"] == Feature.TURN_ON | Feature.TURN_OFF
        await order(hass, unit, "turn_off")
        await order(hass, unit, "turn_on")
        assert simulator.commands == [frame(unit, switch=False), frame(unit, switch=True)]
        await simulator.report(unit.id, {"switch": "perhaps"})
        await wait_until(lambda: state(hass, unit).state == STATE_UNKNOWN)
        await simulator.set_online(unit.id, online=False)
        await wait_until(lambda: state(hass, unit).state == STATE_UNAVAILABLE)


@pytest.mark.parametrize(
    ("entry", "step", "speeds"),
    [
        # Raw by percentage: what is reported and what is sent for it are the same
        (integer("fan_speed_percent", 1, 100, "%"), 1, {1: 1, 35: 35, 100: 100}),
        (integer("fan_speed", 1, 6), 100 / 6, {16: 1, 33: 2, 50: 3, 100: 6}),
        (integer("fan_speed", 0, 4), 25, {25: 1, 50: 2, 100: 4}),
        (integer("fan_speed", 10, 100, "%", step=10), 10, {10: 10, 50: 50, 100: 100}),
        (integer("fan_speed", 15, 100), 100 / 86, {1: 15, 100: 100}),
        (enum("fan_speed", "1", "2", "3", "4"), 25, {25: "1", 50: "2", 75: "3", 100: "4"}),
        (enum("fan_speed_enum", "low", "middle", "high"), 100 / 3, {33: "low", 66: "middle", 100: "high"}),
        (enum("speed", "low", "high", "auto", "off"), 50, {50: "low", 100: "high"}),
    ],
)
async def test_speed(hass: HomeAssistant, entry: Entry, step: float, speeds: dict[int, object]) -> None:
    """Speeds are percentages, the fastest 100 %."""
    unit = fan(rw(entry, next(iter(speeds.values()))))
    code = entry["code"]
    async with loaded(hass, unit, platforms=_FAN) as simulator:
        assert state(hass, unit).attributes["percentage_step"] == pytest.approx(step)
        for percentage, raw in speeds.items():
            await simulator.report(unit.id, {code: raw})
            await wait_until(partial(shows, hass, unit, percentage=percentage))
            await order(hass, unit, "set_percentage", percentage=percentage)
            assert simulator.commands.pop() == frame(unit, **{code: raw})
        await order(hass, unit, "set_percentage", percentage=0)
        assert simulator.commands == [frame(unit, switch=False)]


async def test_speed_between(hass: HomeAssistant) -> None:
    """A percentage between two speeds is the faster one, so that the least is not none."""
    number, choice = fan(rw(integer("fan_speed", 1, 3), 1)), fan(rw(enum("fan_speed", "1", "2", "3"), "1"))
    choice.id = "another"
    async with loaded(hass, number, choice, platforms=_FAN) as simulator:
        for percentage, raw in {1: 1, 33: 1, 34: 2, 66: 2, 67: 3, 99: 3}.items():
            await order(hass, number, "set_percentage", percentage=percentage)
            await order(hass, choice, "set_percentage", percentage=percentage)
            assert simulator.commands[-2:] == [frame(number, fan_speed=raw), frame(choice, fan_speed=str(raw))]


async def test_speed_of_a_fan_that_is_off(hass: HomeAssistant) -> None:
    """To set a speed is to switch on, in one frame."""
    unit = fan(rw(enum("fan_speed", "1", "2"), "1"), on=False)
    async with loaded(hass, unit, platforms=_FAN) as simulator:
        await order(hass, unit, "set_percentage", percentage=100)
        await order(hass, unit, "turn_on", percentage=50)
        await order(hass, unit, "turn_on", percentage=0)
        await order(hass, unit, "increase_speed")
        assert simulator.commands == [
            frame(unit, switch=True, fan_speed="2"),
            frame(unit, switch=True, fan_speed="1"),
            frame(unit, switch=False),
            frame(unit, switch=True, fan_speed="2"),
        ]


async def test_unknown_speed(hass: HomeAssistant) -> None:
    """A speed that the schema lacks is none."""
    unit = fan(rw(enum("fan_speed", "1", "2"), "1"))
    async with loaded(hass, unit, platforms=_FAN) as simulator:
        await simulator.report(unit.id, {"fan_speed": "9"})
        await wait_until(lambda: state(hass, unit).attributes["percentage"] is None)
        assert state(hass, unit).state == "on"


async def test_standing_still(hass: HomeAssistant) -> None:
    """Without a switch, the speed says whether the fan turns, where it can; else nobody knows."""
    stops = device("Stops", "fs", rw(enum("fan_speed", "off", "low", "high"), "off"))
    counts = device("Counts", "fs", rw(integer("fan_speed", 0, 3), 2))
    goes_on = device("Goes on", "fs", rw(enum("fan_speed", "low", "high"), "low"))
    async with loaded(hass, stops, counts, goes_on, platforms=_FAN) as simulator:
        assert [state(hass, unit).state for unit in (stops, counts, goes_on)] == ["off", "on", STATE_UNKNOWN]
        assert state(hass, stops).attributes["percentage"] == 0
        for unit, raw in ((stops, "off"), (counts, 0), (goes_on, "low")):
            await order(hass, unit, "set_percentage", percentage=0)
            assert simulator.commands.pop() == frame(unit, fan_speed=raw)
        assert state(hass, counts).state == "off"
        assert state(hass, stops).attributes["supported_features"] == Feature.SET_SPEED


async def test_presets(hass: HomeAssistant) -> None:
    """The modes are presets."""
    unit = fan(rw(enum("mode", "normal", "sleep", "nature"), "normal"))
    async with loaded(hass, unit, platforms=_FAN) as simulator:
        assert state(hass, unit).attributes["preset_modes"] == ["normal", "sleep", "nature"]
        assert state(hass, unit).attributes["preset_mode"] == "normal"
        await order(hass, unit, "set_preset_mode", preset_mode="sleep")
        await order(hass, unit, "turn_on", preset_mode="nature")
        assert simulator.commands == [frame(unit, mode="sleep"), frame(unit, switch=True, mode="nature")]
        with pytest.raises(NotValidPresetModeError):
            await order(hass, unit, "set_preset_mode", preset_mode="storm")
        await simulator.report(unit.id, {"mode": "storm"})
        await wait_until(lambda: state(hass, unit).attributes["preset_mode"] is None)


async def test_speed_that_is_none(hass: HomeAssistant) -> None:
    """A speed that the fan chooses is a preset."""
    unit = fan(rw(enum("fan_speed_enum", "low", "high", "auto"), "low"), rw(enum("mode", "sleep", "manual"), "manual"))
    async with loaded(hass, unit, platforms=_FAN) as simulator:
        assert state(hass, unit).attributes["preset_modes"] == ["sleep", "manual", "auto"]
        assert state(hass, unit).attributes["preset_mode"] == "manual"
        await order(hass, unit, "set_preset_mode", preset_mode="auto")
        assert simulator.commands == [frame(unit, fan_speed_enum="auto")]
        assert state(hass, unit).attributes["preset_mode"] == "auto"
        assert state(hass, unit).attributes["percentage"] is None
        assert state(hass, unit).attributes["percentage_step"] == 50


async def test_direction_and_swing(hass: HomeAssistant) -> None:
    """A fan turns either way, and swings."""
    unit = fan(
        rw(enum("fan_direction", "forward", "reverse"), "forward"),
        rw(boolean("switch_horizontal"), True),
        rw(boolean("switch_vertical"), False),
    )
    async with loaded(hass, unit) as simulator:
        now = state(hass, unit).attributes
        assert (now["direction"], now["oscillating"]) == ("forward", True)
        await order(hass, unit, "set_direction", direction="reverse")
        await order(hass, unit, "oscillate", oscillating=False)
        assert simulator.commands == [frame(unit, fan_direction="reverse"), frame(unit, switch_horizontal=False)]
        now = state(hass, unit).attributes
        assert (now["direction"], now["oscillating"]) == ("reverse", False)
        # The other way to swing is a switch
        assert find_entity(hass, Platform.SWITCH, unit, "switch_vertical") is not None
        assert find_entity(hass, Platform.SWITCH, unit, "switch_horizontal") is None


async def test_direction_of_the_air(hass: HomeAssistant) -> None:
    """A choice of the same code that has no forward and reverse stays a select."""
    unit = fan(rw(enum("fan_direction", "fixed", "cycle"), "fixed"))
    async with loaded(hass, unit):
        assert "direction" not in state(hass, unit).attributes
        assert find_entity(hass, Platform.SELECT, unit, "fan_direction") is not None


@pytest.mark.parametrize("category", ["fsd", "dj", UNKNOWN_CATEGORY])
async def test_fan_with_a_light(hass: HomeAssistant, category: str) -> None:
    """Both come out right, in a category of fans, of lights, and of nobody knows what."""
    unit = device(
        "Fan",
        category,
        rw(boolean("switch_led"), True),
        rw(integer("bright_value", 10, 1000), 1000),
        rw(boolean("fan_switch"), False),
        rw(integer("fan_speed", 1, 6), 2),
    )
    async with loaded(hass, unit) as simulator:
        assert state(hass, unit).state == "off"
        light = hass.states.get(entity_id(hass, Platform.LIGHT, unit, "switch_led"))
        assert light is not None
        assert (light.state, light.attributes["brightness"]) == ("on", 255)
        for platform in (Platform.SWITCH, Platform.NUMBER):
            assert not any(
                find_entity(hass, platform, unit, code) for code in ("fan_switch", "fan_speed", "switch_led")
            )
        await order(hass, unit, "turn_on", percentage=100)
        assert simulator.commands == [frame(unit, fan_switch=True, fan_speed=6)]


async def test_switch_of_a_purifier(hass: HomeAssistant) -> None:
    """It is a switch besides."""
    unit = fan(rw(enum("speed", "1", "2", "3"), "3"), category="kj")
    async with loaded(hass, unit):
        assert state(hass, unit).attributes["percentage"] == 100
        assert find_entity(hass, Platform.SWITCH, unit, "switch") is not None
        assert find_entity(hass, Platform.SELECT, unit, "speed") is None


async def test_no_fan(hass: HomeAssistant) -> None:
    """A switch of a fan without a speed makes no fan of what no table has as one."""
    unit = device("Unit", UNKNOWN_CATEGORY, rw(boolean("fan_switch"), True))
    async with loaded(hass, unit):
        assert find_entity(hass, Platform.FAN, unit, "fan") is None
        assert find_entity(hass, Platform.SWITCH, unit, "fan_switch") is not None
