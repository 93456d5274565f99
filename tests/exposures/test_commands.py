"""What the app sets comes out at real entities, and what they are is reported: every domain."""

from dataclasses import dataclass
from typing import Any, override
from unittest.mock import patch

from homeassistant.components.lawn_mower import LawnMowerEntity
from homeassistant.components.lawn_mower.const import LawnMowerActivity, LawnMowerEntityFeature
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service, setup_test_component_platform

from custom_components.iot_gateway.exposures.domains import EXPOSABLE_DOMAINS, Command
from custom_components.iot_gateway.exposures.errors import Unconvertible, Unsettable
from custom_components.iot_gateway.exposures.exposure import EntityRef, Member, Pair
from custom_components.iot_gateway.exposures.member import BoundMember

from .conftest import Demo
from .models import Json, enum, model, prop


@dataclass(frozen=True, kw_only=True)
class Step:
    """A property set from the app, and what comes of it: the entity's state or attribute, and what is reported then."""

    entity: str
    facet: str
    type: Json
    raw: Any
    state: str | None = None
    attribute: tuple[str, Any] | None = None
    reported: Any = None


def step(entity: str, facet: str, kind: str, raw: Any, expected: Any, reported: Any = None, **spec: Any) -> Step:
    """Return a step; `expected` is a state, or an attribute and its value. Reported is what was set, if nothing else is said."""
    attribute = expected if isinstance(expected, tuple) else None
    return Step(
        entity=entity,
        facet=facet,
        type=prop("it", kind, **spec),
        raw=raw,
        state=None if attribute else expected,
        attribute=attribute,
        reported=raw if reported is None else reported,
    )


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let the demo's covers move on."""
    return True


NOTHING = object()
"""Reported of what has no state."""

LAMP, COLORED = "light.ceiling_lights", "light.kitchen_lights"
ECOBEE, HVAC = "climate.ecobee", "climate.hvac"
FAN = "fan.living_room_fan"
PLAYER = "media_player.kitchen"
HEATER = "water_heater.demo_water_heater_celsius"
CLEANER = "vacuum.demo_vacuum_0_ground_floor"
PERCENT: Json = {"min": 0, "max": 100, "step": 1, "unit": "%"}
CELSIUS: Json = {"min": -100, "max": 500, "step": 5, "scale": 1, "unit": "℃"}

STEPS: dict[str, tuple[Step, ...]] = {
    "switch": (
        step("switch.ac", "on", "bool", True, "on"),
        step("switch.ac", "on", "enum", "closed", "off", **enum("opened", "closed")),
        step("switch.ac", "on", "value", 1, "on", min=0, max=1),
        step("switch.ac", "on", "string", "false", "off"),
    ),
    "siren": (step("siren.siren", "on", "bool", False, "off"), step("siren.siren", "on", "bool", True, "on")),
    "remote": (step("remote.remote_one", "on", "bool", True, "on"),),
    "light": (
        step(LAMP, "on", "bool", False, "off"),
        # 128 of 255 is 50.2 %, but the app is told what it has set
        step(LAMP, "brightness", "value", 505, ("brightness", 128), min=10, max=1000),
        step(LAMP, "brightness", "value", 10, ("brightness", 1), min=10, max=1000),
        step(LAMP, "brightness", "value", 1000, ("brightness", 255), min=10, max=1000),
        step(LAMP, "brightness", "value", 0, ("brightness", 1), min=0, max=1000),
        step(LAMP, "brightness", "value", 40, ("brightness", 102), **PERCENT),
        step(LAMP, "brightness", "float", 60.0, ("brightness", 153), unit="%"),
        step(LAMP, "color_temperature", "value", 0, ("color_temp_kelvin", 2000), min=0, max=1000),
        step(LAMP, "color_temperature", "value", 1000, ("color_temp_kelvin", 6535), min=0, max=1000),
        step(LAMP, "color_temperature", "value", 500, ("color_temp_kelvin", 3063), min=0, max=1000),
        step(LAMP, "color_temperature", "value", 4000, ("color_temp_kelvin", 4000), min=2700, max=6500, unit="K"),
        step(COLORED, "color", "string", "007803e801f4", ("hs_color", (120.0, 100.0)), maxlen=255),
        step(COLORED, "color", "string", '{"h":240,"s":500,"v":1000}', ("hs_color", (240.0, 50.0)), maxlen=255),
        step(
            COLORED,
            "color",
            "struct",
            {"h": 30, "s": 255, "v": 255},
            ("hs_color", (30.0, 100.0)),
            members=[
                {"code": part, "typeSpec": {"type": "value", "min": 0, "max": most}}
                for part, most in (("h", 360), ("s", 255), ("v", 255))
            ],
        ),
        step(COLORED, "color_mode", "enum", "white", ("color_mode", "color_temp"), **enum("white", "colour", "scene")),
        step(COLORED, "color_mode", "enum", "colour", ("color_mode", "hs"), **enum("white", "colour", "scene")),
        step("light.bed_light", "effect", "enum", "rainbow", ("effect", "rainbow"), **enum("rainbow", "party")),
    ),
    "cover": (
        step("cover.living_room_window", "control", "enum", "open", "opening", **enum("open", "stop", "close")),
        step("cover.living_room_window", "control", "enum", "stop", "open", **enum("open", "stop", "close")),
        step("cover.living_room_window", "position", "value", 20, "closing", reported=70, **PERCENT),
        step("cover.hall_window", "open", "bool", True, "opening"),
        step("cover.hall_window", "control", "enum", "close", "closing", **enum("open", "stop", "close", "continue")),
        step("cover.garage_door", "open", "bool", True, "open"),
    ),
    "valve": (
        step("valve.trees", "position", "value", 50, "opening", reported=30, **PERCENT),
        step("valve.front_garden", "control", "enum", "close", "closed", **enum("open", "close")),
        step("valve.orchard", "open", "bool", True, "open"),
    ),
    "climate": (
        step(HVAC, "on", "bool", False, "off"),
        step(HVAC, "on", "bool", True, "heat"),
        step(HVAC, "mode", "enum", "cold", "cool", **enum("auto", "cold", "hot", "wet", "wind")),
        step(HVAC, "mode", "enum", "wind", "fan_only", **enum("auto", "cold", "hot", "wet", "wind")),
        step(HVAC, "target_temperature", "value", 235, ("temperature", 23.5), **CELSIUS),
        step(HVAC, "target_temperature", "value", 77, ("temperature", 25), min=41, max=95, unit="℉"),
        step(HVAC, "target_humidity", "value", 55, ("humidity", 55), min=30, max=99, unit="%"),
        step(HVAC, "fan_mode", "enum", "on_low", ("fan_mode", "on_low"), **enum("on_low", "on_high")),
        step(HVAC, "swing", "string", "auto", ("swing_mode", "auto"), maxlen=20),
        step(
            HVAC,
            "swing_horizontal",
            "enum",
            "off",
            ("swing_horizontal_mode", "off"),
            **enum("off", "auto", "rangefull"),
        ),
        step(ECOBEE, "preset", "enum", "eco", ("preset_mode", "eco"), **enum("home", "eco", "away")),
        step(ECOBEE, "target_temperature_low", "value", 180, ("target_temp_low", 18.0), **CELSIUS),
        step(ECOBEE, "target_temperature_high", "value", 260, ("target_temp_high", 26.0), **CELSIUS),
        step(ECOBEE, "target_temperature_high", "value", 260, ("target_temp_low", 18.0), **CELSIUS),
    ),
    "fan": (
        step(FAN, "on", "bool", True, "on"),
        step(FAN, "percentage", "value", 100, ("percentage", 100), min=1, max=100, unit="%"),
        step(FAN, "percentage", "enum", "low", ("percentage", 33), **enum("low", "middle", "high")),
        step(FAN, "percentage", "enum", "2", ("percentage", 66), **enum("1", "2", "3")),
        step(FAN, "percentage", "value", 3, ("percentage", 100), min=1, max=3),
        step(FAN, "oscillating", "bool", True, ("oscillating", True)),
        step(FAN, "direction", "enum", "reverse", ("direction", "reverse"), **enum("forward", "reverse")),
        step(FAN, "on", "bool", False, "off"),
        step(
            "fan.preset_only_limited_fan", "preset", "enum", "sleep", ("preset_mode", "sleep"), **enum("smart", "sleep")
        ),
    ),
    "lock": (
        step("lock.front_door", "locked", "bool", False, "unlocked"),
        step("lock.front_door", "locked", "enum", "lock", "locked", **enum("lock", "unlock")),
        step("lock.openable_lock", "unlatch", "bool", True, "open", reported=NOTHING),
    ),
    "number": (
        step("number.temperature_setting", "value", "value", 305, "31.0", reported=310, **CELSIUS),
        step("number.temperature_setting", "value", "float", 68.0, "20.0", unit="℉", min=50, max=104),
        step("number.pwm_1", "value", "value", 50, "0.5", min=0, max=100, unit="%"),
        step("number.small_range", "value", "double", 12.0, "12.0", min=0, max=300),
        step("number.small_range", "value", "string", "77", "77.0"),
        step("number.small_range", "value", "enum", "5", "5.0", **enum("5", "10", "20")),
    ),
    "select": (
        step("select.speed", "option", "enum", "LightSpeed", "light_speed", **enum("LightSpeed", "ludicrousSpeed")),
        step("select.speed", "option", "string", "ludicrous_speed", "ludicrous_speed", maxlen=20),
    ),
    "text": (
        step("text.text", "text", "string", "Good morning", "Good morning", maxlen=100),
        step("text.text", "text", "raw", "R3LDvMOfZQ==", "Grüße", maxlen=100),
    ),
    "date": (step("date.date", "value", "string", "2027-02-28", "2027-02-28"),),
    "time": (step("time.time", "value", "string", "06:30:00", "06:30:00"),),
    "datetime": (
        step("datetime.date_and_time", "value", "date", 1_798_761_600_000, "2027-01-01T00:00:00+00:00"),
        step("datetime.date_and_time", "value", "string", "2027-03-01T06:00:00+00:00", "2027-03-01T06:00:00+00:00"),
    ),
    "humidifier": (
        step("humidifier.humidifier", "on", "bool", False, "off"),
        step("humidifier.humidifier", "target_humidity", "value", 45, ("humidity", 45), **PERCENT),
        step("humidifier.humidifier", "target_humidity", "value", 48, ("humidity", 50), reported=50, **PERCENT),
        step("humidifier.hygrostat", "mode", "enum", "eco", ("mode", "eco"), **enum("home", "eco")),
    ),
    "vacuum": (
        step(CLEANER, "cleaning", "bool", True, "cleaning"),
        step(CLEANER, "control", "enum", "pause", "paused", **enum("start", "pause", "chargego")),
        step(CLEANER, "control", "enum", "chargego", "returning", **enum("start", "pause", "chargego")),
        step(CLEANER, "cleaning", "bool", False, "idle"),
        step(
            CLEANER,
            "fan_speed",
            "enum",
            "strong",
            ("fan_speed", "max"),
            choices={"max": "strong", "min": "gentle"},
            **enum("gentle", "normal", "strong"),
        ),
        step(CLEANER, "locate", "bool", True, ("friendly_name", "Demo vacuum 0 ground floor"), reported=NOTHING),
    ),
    "water_heater": (
        step(HEATER, "on", "bool", False, "off"),
        step(HEATER, "on", "bool", True, "eco"),
        step(HEATER, "mode", "enum", "gas", "gas", **enum("eco", "gas", "electric")),
        step(HEATER, "target_temperature", "value", 50, ("temperature", 50), min=30, max=75, unit="℃"),
        step(HEATER, "away", "bool", False, ("away_mode", "off")),
    ),
    "media_player": (
        step(PLAYER, "control", "enum", "pause", "paused", **enum("play", "pause", "stop")),
        step(PLAYER, "volume", "value", 35, ("volume_level", 0.35), **PERCENT),
        step(PLAYER, "muted", "bool", True, ("is_volume_muted", True)),
        step(PLAYER, "sound_mode", "enum", "Movie", ("sound_mode", "Movie"), **enum("Music", "Movie")),
        step(PLAYER, "on", "bool", False, "off"),
        step("media_player.lounge_room", "source", "enum", "youtube", ("source", "youtube"), **enum("dvd", "youtube")),
    ),
}


def bound(hass: HomeAssistant, entity: str, facet: str, type: Json, *, confirmed: bool = True) -> BoundMember:
    """Return an entity with one facet tied to one property. `choices` in the typeSpec are the user's."""
    choices = type["typeSpec"].get("choices")
    pair = Pair(facet=facet, kind="property", code="it", choices=choices)
    return BoundMember(hass, Member(entity=EntityRef.of(hass, entity), pairs=(pair,)), model(type), confirmed=confirmed)


def state_of(hass: HomeAssistant, entity: str) -> State:
    """Return the state of an entity that is there."""
    state = hass.states.get(entity)
    assert state is not None
    return state


async def carry_out(hass: HomeAssistant, command: Command) -> None:
    """Call the service as the connection does."""
    await hass.services.async_call(command.domain, command.service, dict(command.data), blocking=True)
    await hass.async_block_till_done()


async def take(hass: HomeAssistant, taken: Step) -> None:
    """Set, and compare what the entity is then and what is reported of it."""
    member = bound(hass, taken.entity, taken.facet, taken.type)
    assert member.problems == {}
    command = member.command(state_of(hass, taken.entity), "it", taken.raw)
    assert command.domain == taken.entity.split(".")[0]
    assert command.data["entity_id"] == taken.entity
    await carry_out(hass, command)
    now = state_of(hass, taken.entity)
    if taken.attribute is not None:
        name, value = taken.attribute
        assert now.attributes[name] == value, (taken, now)
    else:
        assert now.state == taken.state, (taken, now)
    if taken.reported is NOTHING:
        assert member.values(now) == {}
        assert member.released == {"it": False}
    else:
        assert member.values(now) == {"it": taken.reported}, (taken, now)


@pytest.mark.parametrize("domain", STEPS)
async def test_set_from_the_app(hass: HomeAssistant, demo: Demo, domain: str) -> None:
    """Every domain of the demo's entities."""
    await demo(domain)
    # The demo's vacuum cleaner says there where it is
    _ = async_mock_service(hass, "notify", "persistent_notification")
    with (
        patch("homeassistant.components.demo.lock.LOCK_UNLOCK_DELAY", 0),
        patch("homeassistant.components.demo.valve.OPEN_CLOSE_DELAY", 0),
        # What moves in the demo moves with the clock, and is asked while it does
        patch("homeassistant.components.demo.cover.async_track_utc_time_change", return_value=lambda: None),
        patch("homeassistant.components.demo.valve.async_track_utc_time_change", return_value=lambda: None),
    ):
        for taken in STEPS[domain]:
            await take(hass, taken)


HELPERS = {
    "input_boolean": {"party": {}},
    "input_button": {"bell": {}},
    "input_number": {"level": {"min": 0, "max": 10, "step": 0.5, "initial": 2}},
    "input_select": {"scene": {"options": ["Day", "Night"]}},
    "input_text": {"note": {"max": 20}},
    "input_datetime": {"alarm": {"has_date": True, "has_time": True}, "wake": {"has_date": False, "has_time": True}},
    "counter": {"visits": {"minimum": 0, "maximum": 100, "step": 5}},
}
HELPER_STEPS = (
    step("input_boolean.party", "on", "bool", True, "on"),
    step("input_number.level", "value", "value", 70, "7.0", min=0, max=100, unit="%"),
    step("input_number.level", "value", "value", 35, "3.5", min=0, max=100, scale=1),
    step("input_select.scene", "option", "enum", "night", "Night", **enum("day", "night")),
    step("input_text.note", "text", "string", "Milk", "Milk", maxlen=20),
    step("input_datetime.alarm", "value", "date", 1_798_761_600_000, ("timestamp", 1_798_761_600)),
    step("counter.visits", "value", "value", 42, "40", reported=40, min=0, max=1000),
)


async def test_helpers(hass: HomeAssistant) -> None:
    """What users make themselves is set like the rest."""
    for domain, config in HELPERS.items():
        assert await async_setup_component(hass, domain, {domain: config})
    await hass.async_block_till_done()
    for taken in HELPER_STEPS:
        await take(hass, taken)


async def test_input_button(hass: HomeAssistant) -> None:
    """A press is a moment in its state, and nothing that is reported."""
    assert await async_setup_component(hass, "input_button", {"input_button": HELPERS["input_button"]})
    member = bound(hass, "input_button.bell", "press", prop("it", "enum", range=["idle", "press"]))
    assert state_of(hass, "input_button.bell").state == "unknown"
    await carry_out(hass, member.command(state_of(hass, "input_button.bell"), "it", "press"))
    assert state_of(hass, "input_button.bell").state != "unknown"
    assert member.values(state_of(hass, "input_button.bell")) == {}


async def test_scripts_and_scenes(hass: HomeAssistant) -> None:
    """They are run once that is confirmed, and not before: what is in them cannot be seen."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"party": {}, "lamp": {}}})
    sequence = [{"action": "input_boolean.turn_on", "target": {"entity_id": "input_boolean.party"}}]
    assert await async_setup_component(hass, "script", {"script": {"fun": {"sequence": sequence}}})
    scene = {"name": "Cosy", "entities": {"input_boolean.lamp": "on"}}
    assert await async_setup_component(hass, "scene", {"scene": scene})
    await hass.async_block_till_done()
    for entity, result in (("script.fun", "input_boolean.party"), ("scene.cosy", "input_boolean.lamp")):
        assert state_of(hass, result).state == "off"
        with pytest.raises(Unsettable) as refused:
            bound(hass, entity, "press", prop("it", "bool"), confirmed=False).command(
                state_of(hass, entity), "it", True
            )
        assert refused.value.key == "not_confirmed"
        member = bound(hass, entity, "press", prop("it", "bool"))
        await carry_out(hass, member.command(state_of(hass, entity), "it", True))
        assert state_of(hass, result).state == "on"


async def test_alarm_panel(hass: HomeAssistant, demo: Demo) -> None:
    """Without its code the panel refuses, which is an error of the service; with a default code in its settings it obeys."""
    await demo("alarm_control_panel")
    entity = "alarm_control_panel.security"
    choices = {"disarmed": "disarm", "armed_home": "home", "armed_away": "arm"}
    member = bound(hass, entity, "mode", prop("it", "enum", choices=choices, **enum("disarm", "home", "arm")))
    assert member.values(state_of(hass, entity)) == {"it": "disarm"}
    command = member.command(state_of(hass, entity), "it", "home")
    assert "code" not in command.data
    with pytest.raises(ServiceValidationError):
        await carry_out(hass, command)
    assert state_of(hass, entity).state == "disarmed"
    registry = er.async_get(hass)
    _ = registry.async_update_entity_options(entity, "alarm_control_panel", {"default_code": "1234"})
    await hass.async_block_till_done()
    await carry_out(hass, command)
    # While it is about to be armed it is in no mode
    assert state_of(hass, entity).state in {"arming", "armed_home"}
    await carry_out(hass, member.command(state_of(hass, entity), "it", "disarm"))
    assert state_of(hass, entity).state == "disarmed"


class Mower(LawnMowerEntity):
    """A mower that does at once what it is told."""

    _attr_has_entity_name = True
    _attr_name = "Mower"
    _attr_activity = LawnMowerActivity.DOCKED
    _attr_supported_features = (
        LawnMowerEntityFeature.START_MOWING | LawnMowerEntityFeature.PAUSE | LawnMowerEntityFeature.DOCK
    )

    @override
    async def async_start_mowing(self) -> None:
        """Mow."""
        self._attr_activity = LawnMowerActivity.MOWING
        self.async_write_ha_state()

    @override
    async def async_pause(self) -> None:
        """Pause."""
        self._attr_activity = LawnMowerActivity.PAUSED
        self.async_write_ha_state()

    @override
    async def async_dock(self) -> None:
        """Go home."""
        self._attr_activity = LawnMowerActivity.DOCKED
        self.async_write_ha_state()


async def test_lawn_mower(hass: HomeAssistant) -> None:
    """The demo has none."""
    setup_test_component_platform(hass, "lawn_mower", [Mower()])
    assert await async_setup_component(hass, "lawn_mower", {"lawn_mower": {"platform": "test"}})
    await hass.async_block_till_done()
    controls = enum("StartMowing", "PauseWork", "StartReturnStation")
    ways = {"start_mowing": "StartMowing", "pause": "PauseWork", "dock": "StartReturnStation"}
    for taken in (
        step("lawn_mower.mower", "mowing", "bool", True, "mowing"),
        step("lawn_mower.mower", "mowing", "bool", False, "paused"),
        step("lawn_mower.mower", "control", "enum", "StartMowing", "mowing", choices=ways, **controls),
        step("lawn_mower.mower", "control", "enum", "StartReturnStation", "docked", choices=ways, **controls),
    ):
        await take(hass, taken)


async def test_buttons(hass: HomeAssistant, demo: Demo) -> None:
    """A button is pressed by true; false, which ends a press, presses nothing."""
    await demo("button")
    member = bound(hass, "button.push", "press", prop("it", "bool"))
    presses = async_mock_service(hass, "button", "press")
    await carry_out(hass, member.command(state_of(hass, "button.push"), "it", True))
    assert [call.data for call in presses] == [{"entity_id": "button.push"}]
    with pytest.raises(Unconvertible) as refused:
        _ = member.command(state_of(hass, "button.push"), "it", False)
    assert refused.value.key == "press_only"


def test_every_domain_is_tried() -> None:
    """All that can be exposed and has something to set is set above; the rest is only read, in test_facets."""
    tried = {*STEPS, *HELPERS, "script", "scene", "alarm_control_panel", "lawn_mower", "button"}
    only_read = {"binary_sensor", "device_tracker", "event", "person", "schedule", "sensor", "update", "weather"}
    assert tried | only_read == EXPOSABLE_DOMAINS
