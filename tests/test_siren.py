"""The siren platform."""

from typing import Any

from homeassistant.components.siren.const import SirenEntityFeature
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator, demo_home
from simulators.tuya_gateway.demo.points import Point, device, rw
from simulators.tuya_gateway.schema import boolean, enum, integer
from tests.helpers import entities_of, entity_id, find_entity, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

SIREN = [Platform.SIREN]
SWITCHED = SirenEntityFeature.TURN_ON | SirenEntityFeature.TURN_OFF


def siren(*points: Point, category: str = "sgbj") -> SimulatedDevice:
    """Return a siren that is silent."""
    return device("Siren", category, rw(boolean("alarm_switch"), False), *points)


async def call(hass: HomeAssistant, action: str, entity: str, **data: object) -> None:
    """Call an action of sirens."""
    await hass.services.async_call("siren", action, {ATTR_ENTITY_ID: entity, **data}, blocking=True)


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
    async with loaded(hass, *demo_home(), platforms=SIREN):
        assert entities_of(hass, Platform.SIREN) == snapshot


@pytest.mark.parametrize("category", ["sgbj", "dgnbj", "co2bj", "ywbj"])
async def test_switched(hass: HomeAssistant, category: str) -> None:
    """A siren is turned on and off, and is no switch beside that."""
    simulated = siren(category=category)
    async with loaded(hass, simulated, platforms=[Platform.SIREN, Platform.SWITCH]) as simulator:
        entity = entity_id(hass, Platform.SIREN, simulated, "alarm_switch")
        assert find_entity(hass, Platform.SWITCH, simulated, "alarm_switch") is None
        assert state_of(hass, entity) == "off"
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == SWITCHED
        await call(hass, "turn_on", entity)
        assert state_of(hass, entity) == "on"
        await call(hass, "turn_off", entity)
        assert state_of(hass, entity) == "off"
        assert sent(simulator, simulated) == [{"alarm_switch": True}, {"alarm_switch": False}]
        await simulator.set_online(simulated.id, False)
        await wait_until(lambda: state_of(hass, entity) == "unavailable")


@pytest.mark.parametrize("category", ["sp", "dghsxj", "qtabc"])
async def test_camera(hass: HomeAssistant, category: str) -> None:
    """Cameras have one under another code."""
    simulated = device("Camera", category, rw(boolean("siren_switch"), True))
    async with loaded(hass, simulated, platforms=SIREN):
        assert state_of(hass, entity_id(hass, Platform.SIREN, simulated, "siren_switch")) == "on"


async def test_how_it_sounds(hass: HomeAssistant) -> None:
    """Volume, duration and tone go out with the order, in one frame; each stays an entity of its own."""
    simulated = siren(
        rw(enum("alarm_volume", "low", "middle", "high", "mute"), "low"),
        rw(integer("alarm_time", 1, 60, "s"), 10),
        rw(enum("alarm_ringtone", "ringtone_1", "ringtone_2"), "ringtone_1"),
    )
    platforms = [Platform.SIREN, Platform.SELECT, Platform.NUMBER]
    async with loaded(hass, simulated, platforms=platforms) as simulator:
        entity = entity_id(hass, Platform.SIREN, simulated, "alarm_switch")
        assert find_entity(hass, Platform.SELECT, simulated, "alarm_volume")
        assert find_entity(hass, Platform.SELECT, simulated, "alarm_ringtone")
        assert find_entity(hass, Platform.NUMBER, simulated, "alarm_time")
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == (
            SWITCHED | SirenEntityFeature.TONES | SirenEntityFeature.VOLUME_SET | SirenEntityFeature.DURATION
        )
        assert attribute(hass, entity, "available_tones") == ["ringtone_1", "ringtone_2"]
        await call(hass, "turn_on", entity, volume_level=0.7, duration=30, tone="ringtone_2")
        assert sent(simulator, simulated) == [
            {"alarm_volume": "high", "alarm_time": 30, "alarm_ringtone": "ringtone_2", "alarm_switch": True}
        ]
        with pytest.raises(ServiceValidationError):
            await call(hass, "turn_on", entity, duration=61)
        with pytest.raises(ValueError, match="ringtone_9"):
            await call(hass, "turn_on", entity, tone="ringtone_9")
        assert len(simulator.commands) == 1


@pytest.mark.parametrize(
    ("level", "word"), [(0, "mute"), (0.01, "low"), (0.33, "low"), (0.5, "middle"), (0.67, "high"), (1, "high")]
)
async def test_volume(hass: HomeAssistant, level: float, word: str) -> None:
    """A volume is the nearest word that is not softer; only none is silence."""
    simulated = siren(rw(enum("alarm_volume", "high", "low", "mute", "middle"), "low"))
    async with loaded(hass, simulated, platforms=SIREN) as simulator:
        await call(hass, "turn_on", entity_id(hass, Platform.SIREN, simulated, "alarm_switch"), volume_level=level)
        assert sent(simulator, simulated) == [{"alarm_volume": word, "alarm_switch": True}]


async def test_volume_without_silence(hass: HomeAssistant) -> None:
    """One that cannot be mute is as soft as can be."""
    simulated = siren(rw(enum("alarm_volume", "low", "high"), "low"))
    async with loaded(hass, simulated, platforms=SIREN) as simulator:
        await call(hass, "turn_on", entity_id(hass, Platform.SIREN, simulated, "alarm_switch"), volume_level=0)
        assert sent(simulator, simulated) == [{"alarm_volume": "low", "alarm_switch": True}]


async def test_volume_as_number_and_minutes(hass: HomeAssistant) -> None:
    """A volume may be a number of the device's range, a duration may count minutes, then not less than asked for."""
    simulated = siren(rw(integer("alarm_volume", 0, 30), 3), rw(integer("alarm_time", 1, 10, "min"), 1))
    async with loaded(hass, simulated, platforms=SIREN) as simulator:
        entity = entity_id(hass, Platform.SIREN, simulated, "alarm_switch")
        await call(hass, "turn_on", entity, volume_level=0.5, duration=61)
        assert sent(simulator, simulated) == [{"alarm_volume": 15, "alarm_time": 2, "alarm_switch": True}]


async def test_unclear_settings(hass: HomeAssistant) -> None:
    """A time without a unit and volumes in unknown words are not offered."""
    simulated = siren(rw(integer("alarm_time", 1, 10), 1), rw(enum("alarm_volume", "a", "b"), "a"))
    async with loaded(hass, simulated, platforms=SIREN):
        entity = entity_id(hass, Platform.SIREN, simulated, "alarm_switch")
        assert attribute(hass, entity, ATTR_SUPPORTED_FEATURES) == SWITCHED


@pytest.mark.parametrize(
    ("options", "sounds"),
    [
        (("alarm_sound", "alarm_light", "alarm_sound_light", "normal"), "alarm_sound_light"),
        (("alarm_sound", "normal"), "alarm_sound"),
    ],
)
async def test_mode(hass: HomeAssistant, options: tuple[str, ...], sounds: str) -> None:
    """Sirens without a switch sound by a mode, which stays a select."""
    simulated = device("Siren", "sgbj", rw(enum("alarm_state", *options), "normal"))
    async with loaded(hass, simulated, platforms=[Platform.SIREN, Platform.SELECT]) as simulator:
        entity = entity_id(hass, Platform.SIREN, simulated, "alarm_state")
        assert find_entity(hass, Platform.SELECT, simulated, "alarm_state")
        assert state_of(hass, entity) == "off"
        await call(hass, "turn_on", entity)
        assert state_of(hass, entity) == "on"
        await call(hass, "turn_off", entity)
        assert sent(simulator, simulated) == [{"alarm_state": sounds}, {"alarm_state": "normal"}]
        await simulator.report(simulated.id, {"alarm_state": options[0]})
        await wait_until(lambda: state_of(hass, entity) == "on")
        await simulator.report(simulated.id, {"alarm_state": "broken"})
        await wait_until(lambda: state_of(hass, entity) == "unknown")


async def test_one_siren(hass: HomeAssistant) -> None:
    """One with a switch and a mode is one siren; a mode without silence or sound is none."""
    both = siren(rw(enum("alarm_state", "alarm_sound", "normal"), "normal"))
    loud = device("Loud", "sgbj", rw(enum("alarm_state", "alarm_sound", "alarm_light"), "alarm_light"))
    lamp = device("Lamp", "sgbj", rw(enum("alarm_state", "alarm_light", "normal"), "normal"))
    async with loaded(hass, both, loud, lamp, platforms=SIREN):
        assert hass.states.async_entity_ids("siren") == [entity_id(hass, Platform.SIREN, both, "alarm_switch")]
