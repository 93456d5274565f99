"""What entities offer, and what their states say: also of those that are unavailable, unknown, or of the registry only."""

from datetime import timedelta
from typing import Any

from homeassistant.components.cover.const import CoverEntityFeature
from homeassistant.components.valve.const import ValveEntityFeature
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest

from custom_components.iot_gateway.exposures.domains import EXPOSABLE_DOMAINS, command, facets, happened, read
from custom_components.iot_gateway.exposures.errors import Unsettable
from custom_components.iot_gateway.exposures.facet import Facet, FacetKind

from .conftest import Demo, event_entity

ABLE = 0xFFFF
"""All features of all domains."""


def offered(hass: HomeAssistant, entity_id: str) -> dict[str, Facet]:
    """Return an entity's facets by key."""
    given = facets(hass, entity_id)
    by_key = {facet.key: facet for facet in given}
    assert len(by_key) == len(given)
    return by_key


STATES: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("sensor.a", "21.5", {"unit_of_measurement": "°C", "device_class": "temperature"}, {"value": 21.5}),
    ("sensor.a", "12", {"state_class": "measurement"}, {"value": 12}),
    ("sensor.a", "bad", {"unit_of_measurement": "W", "device_class": "power"}, {"value": None}),
    ("sensor.a", "nan", {"unit_of_measurement": "W"}, {"value": None}),
    ("sensor.a", "eco", {"device_class": "enum", "options": ["eco", "off"]}, {"value": "eco"}),
    ("sensor.a", "2027-01-01T00:00:00+00:00", {"device_class": "timestamp"}, {"value": 1_798_761_600.0}),
    ("sensor.a", "2027-01-01", {"device_class": "date"}, {"value": "2027-01-01"}),
    ("sensor.a", "Hello", {}, {"value": "Hello"}),
    ("sensor.a", "unknown", {"unit_of_measurement": "W"}, {"value": None}),
    ("sensor.a", "unavailable", {"unit_of_measurement": "W"}, {"value": None}),
    ("binary_sensor.a", "on", {"device_class": "door"}, {"active": True}),
    ("binary_sensor.a", "off", {}, {"active": False}),
    ("binary_sensor.a", "unknown", {}, {"active": None}),
    ("schedule.a", "on", {}, {"active": True}),
    ("person.a", "home", {}, {"home": True, "zone": "home"}),
    ("person.a", "Work", {}, {"home": False, "zone": "Work"}),
    ("device_tracker.a", "not_home", {}, {"home": False, "zone": "not_home"}),
    (
        "update.a",
        "on",
        {"installed_version": "1", "latest_version": "2"},
        {"update_available": True, "installed_version": "1", "latest_version": "2"},
    ),
    (
        "weather.a",
        "rainy",
        {"temperature": 3, "temperature_unit": "°C", "humidity": 80, "wind_speed": None},
        {"condition": "rainy", "temperature": 3, "humidity": 80, "wind_speed": None},
    ),
    ("lock.a", "jammed", {"supported_features": 0}, {"locked": False, "state": "jammed"}),
    ("lock.a", "locking", {"supported_features": 1}, {"locked": False, "state": "locking", "unlatch": None}),
    ("alarm_control_panel.a", "triggered", {}, {"mode": None, "triggered": True, "state": "triggered"}),
    ("alarm_control_panel.a", "disarmed", {}, {"mode": "disarmed", "triggered": False, "state": "disarmed"}),
    ("cover.a", "opening", {"supported_features": 3}, {"control": "open", "open": True, "state": "opening"}),
    ("cover.a", "closed", {"supported_features": 3}, {"control": "close", "open": False, "state": "closed"}),
    ("cover.a", "closed", {"supported_features": 11}, {"control": "stop", "open": False, "state": "closed"}),
    (
        "media_player.a",
        "playing",
        {"supported_features": 4, "volume_level": 0.5},
        {"on": True, "volume": 50, "state": "playing", "title": None},
    ),
    ("text.a", "secret", {"mode": "password", "min": 0, "max": 9}, {"text": None}),
    (
        "climate.a",
        "off",
        {"supported_features": 385, "hvac_modes": ["off", "heat"], "temperature": 20},
        {"on": False, "mode": None, "target_temperature": 20, "current_temperature": None},
    ),
    (
        "climate.a",
        "unknown",
        {"supported_features": 385, "hvac_modes": ["off", "heat"], "current_temperature": 19},
        {"on": None, "mode": None, "target_temperature": None, "current_temperature": 19},
    ),
    (
        "humidifier.a",
        "on",
        {
            "supported_features": 1,
            "humidity": 50,
            "current_humidity": 45,
            "mode": "eco",
            "available_modes": ["eco"],
            "action": "drying",
        },
        {"on": True, "target_humidity": 50, "current_humidity": 45, "mode": "eco", "action": "drying"},
    ),
    (
        "vacuum.a",
        "returning",
        {"supported_features": 8192 + 16, "fan_speed": None},
        {"cleaning": False, "control": "return_to_base", "state": "returning"},
    ),
    ("vacuum.a", "error", {"supported_features": 8192}, {"cleaning": False, "control": None, "state": "error"}),
    (
        "lawn_mower.a",
        "mowing",
        {"supported_features": 1},
        {"mowing": True, "control": "start_mowing", "state": "mowing"},
    ),
    (
        "water_heater.a",
        "off",
        {"supported_features": 11, "current_temperature": 40, "temperature": 50, "operation_list": ["off", "eco"]},
        {"on": False, "mode": None, "target_temperature": 50, "current_temperature": 40},
    ),
    (
        # Without a switch of its own it is off by its mode
        "water_heater.a",
        "off",
        {"supported_features": 2, "operation_list": ["off", "eco"]},
        {"on": False, "mode": "off"},
    ),
    ("fan.a", "off", {"supported_features": 1, "percentage": 50}, {"on": False, "percentage": None}),
    (
        "light.a",
        "on",
        {
            "supported_color_modes": ["hs"],
            "color_mode": "hs",
            "hs_color": None,
            "brightness": 3,
            "supported_features": 4,
            "effect_list": ["party"],
            "effect": "off",
        },
        {"on": True, "brightness": 300 / 255, "color": None, "effect": None},
    ),
    ("input_datetime.a", "06:30:00", {"has_date": False, "has_time": True}, {"value": "06:30:00"}),
    ("script.a", "on", {}, {"press": None, "running": True}),
    (
        # One that is not switched by itself is off by its mode
        "climate.a",
        "off",
        {"supported_features": 1, "hvac_modes": ["off", "heat"], "temperature": 20},
        {"on": False, "mode": "off", "target_temperature": 20, "current_temperature": None},
    ),
)


async def test_read(hass: HomeAssistant) -> None:
    """What a state says."""
    for entity_id, state, attributes, values in STATES:
        hass.states.async_set(entity_id, state, attributes)
        seen = hass.states.get(entity_id)
        assert seen is not None
        assert {key: read(seen, key) for key in offered(hass, entity_id)} == values, seen


async def test_kinds(hass: HomeAssistant) -> None:
    """What kinds of sensors there are."""
    hass.states.async_set("sensor.a", "1", {"unit_of_measurement": "kWh", "device_class": "energy"})
    assert offered(hass, "sensor.a")["value"] == Facet(
        key="value", kind=FacetKind.NUMBER, unit="kWh", device_class="energy"
    )
    hass.states.async_set("sensor.a", "eco", {"device_class": "enum", "options": ["eco", "off"]})
    assert offered(hass, "sensor.a")["value"].options == ("eco", "off")
    hass.states.async_set("sensor.a", "what it says", {})
    assert offered(hass, "sensor.a")["value"].kind is FacetKind.TEXT
    assert not any(facet.settable for facet in offered(hass, "sensor.a").values())


async def test_not_exposed(hass: HomeAssistant) -> None:
    """What is not there or of no domain that can be exposed offers nothing, and cannot be commanded."""
    assert facets(hass, "light.none") == ()
    hass.states.async_set("automation.a", "on")
    assert facets(hass, "automation.a") == ()
    assert read(State("automation.a", "on"), "on") is None
    with pytest.raises(Unsettable):
        command(State("automation.a", "on"), "on", True)
    assert "automation" not in EXPOSABLE_DOMAINS


async def test_all_facets_have_names(hass: HomeAssistant, demo: Demo) -> None:
    """Options are plain texts, and what cannot be set is not sensitive."""
    await demo("climate", "cover", "light", "lock", "media_player", "vacuum", "alarm_control_panel", "valve", "fan")
    seen = set()
    for state in hass.states.async_all():
        for facet in facets(hass, state.entity_id):
            seen.add(facet.key)
            assert all(type(option) is str for option in facet.options)
            assert facet.settable or not facet.sensitive
            assert facet.kind is not FacetKind.ENUM or facet.options
    assert {"brightness", "locked", "position", "volume", "cleaning", "percentage", "mode"} <= seen


@pytest.mark.parametrize(
    ("entity_id", "attributes", "keys"),
    [
        ("lock.a", {"supported_features": 1}, {"locked", "unlatch"}),
        ("alarm_control_panel.a", {"supported_features": 63}, {"mode"}),
        ("cover.a", {"supported_features": 15, "device_class": "garage"}, {"control", "open", "position"}),
        ("cover.a", {"supported_features": 15, "device_class": "gate"}, {"control", "open", "position"}),
        ("cover.a", {"supported_features": 15, "device_class": "door"}, {"control", "open", "position"}),
        ("cover.a", {"supported_features": 15, "device_class": "shutter"}, set()),
        ("cover.a", {"supported_features": 15}, set()),
        ("valve.a", {"supported_features": 15, "device_class": "water"}, {"control", "open", "position"}),
        ("valve.a", {"supported_features": 15, "device_class": "gas"}, {"control", "open", "position"}),
        ("script.a", {}, {"press"}),
        ("scene.a", {}, {"press"}),
        ("button.a", {}, set()),
        ("switch.a", {}, set()),
    ],
)
async def test_sensitive(hass: HomeAssistant, entity_id: str, attributes: dict[str, Any], keys: set[str]) -> None:
    """What lets somebody in, or water."""
    hass.states.async_set(entity_id, "open", attributes)
    assert {key for key, facet in offered(hass, entity_id).items() if facet.sensitive} == keys


async def test_group_with_a_garage_in_it(hass: HomeAssistant) -> None:
    """A group has no class of its own, what is in it has; groups of groups and of themselves count too."""
    features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE
    hass.states.async_set("cover.blind", "open", {"supported_features": features})
    hass.states.async_set("cover.all", "open", {"supported_features": features, "entity_id": ["cover.blind"]})
    hass.states.async_set("cover.outer", "open", {"supported_features": features, "entity_id": ["cover.all"]})
    assert not offered(hass, "cover.outer")["open"].sensitive
    hass.states.async_set("cover.door", "open", {"supported_features": features, "device_class": "garage"})
    members = ["cover.blind", "cover.door"]
    hass.states.async_set("cover.all", "open", {"supported_features": features, "entity_id": members})
    assert offered(hass, "cover.all")["open"].sensitive
    assert offered(hass, "cover.outer")["open"].sensitive
    hass.states.async_set("cover.loop", "open", {"supported_features": features, "entity_id": ["cover.loop"]})
    assert not offered(hass, "cover.loop")["open"].sensitive


async def test_unavailable_by_registry(hass: HomeAssistant) -> None:
    """An entity that is not there just now is known by the registry."""
    registry = er.async_get(hass)
    entry = registry.async_get_or_create(
        "light",
        "test",
        "one",
        capabilities={
            "supported_color_modes": ["color_temp", "hs"],
            "min_color_temp_kelvin": 2200,
            "max_color_temp_kelvin": 6500,
        },
        supported_features=0,
    )
    by_registry = offered(hass, entry.entity_id)
    assert set(by_registry) == {"on", "brightness", "color_temperature", "color", "color_mode"}
    assert by_registry["color_temperature"].minimum == 2200
    hass.states.async_set(entry.entity_id, "unavailable", {"restored": True})
    assert offered(hass, entry.entity_id) == by_registry
    state = hass.states.get(entry.entity_id)
    assert state is not None
    assert all(read(state, key) is None for key in by_registry)
    # Home Assistant would leave it out without a word
    with pytest.raises(Unsettable) as refused:
        command(state, "on", True)
    assert refused.value.key == "entity_unavailable"
    sensor = registry.async_get_or_create(
        "sensor",
        "test",
        "two",
        unit_of_measurement="W",
        original_device_class="power",
        capabilities={"state_class": "measurement"},
    )
    assert offered(hass, sensor.entity_id)["value"].unit == "W"
    valve = registry.async_get_or_create(
        "valve", "test", "three", supported_features=ValveEntityFeature.OPEN | ValveEntityFeature.CLOSE
    )
    assert offered(hass, valve.entity_id)["control"].options == ("open", "close")


async def test_no_other_target(hass: HomeAssistant) -> None:
    """Whatever is set to whatever: a service of the entity's own domain, with the entity as its one target."""
    attributes = {
        "supported_features": ABLE,
        "supported_color_modes": ["color_temp", "hs"],
        "hvac_modes": ["off", "heat"],
        "options": ["x"],
        "entity_id": ["lock.other"],
        "area_id": "everywhere",
        "has_date": True,
        "has_time": True,
        "target_temp_low": 1,
        "target_temp_high": 2,
        "min_color_temp_kelvin": 2000,
    }
    for domain in sorted(EXPOSABLE_DOMAINS):
        entity_id = f"{domain}.a"
        hass.states.async_set(entity_id, "on", attributes)
        state = hass.states.get(entity_id)
        assert state is not None
        for key, facet in offered(hass, entity_id).items():
            values: tuple[Any, ...] = {
                FacetKind.NUMBER: (1, 55.5),
                FacetKind.ENUM: facet.options,
                FacetKind.TEXT: ("12,13,14",),
            }.get(facet.kind, (True, False))
            for value in values:
                try:
                    made = command(state, key, value)
                except Unsettable:
                    assert not facet.settable
                    continue
                assert facet.settable
                assert made.domain == domain
                assert made.data["entity_id"] == entity_id
                assert not {"area_id", "device_id", "floor_id", "label_id"} & made.data.keys()


def event_state(moment: str, kind: str | None = "pressed", **attributes: Any) -> State:
    """Return a state of an event entity."""
    return State(
        "event.a", moment, {"event_type": kind, "event_types": ["pressed", "held"], "friendly_name": "A", **attributes}
    )


def test_happened() -> None:
    """Only what is new happens: not a start, not an attribute, not what comes back with the entity."""
    now = dt_util.utcnow()
    first, second = (now + timedelta(minutes=minute) for minute in (1, 2))
    before, after = event_state(first.isoformat()), event_state(second.isoformat(), "held", button=2)
    assert happened(before, after) == ("held", {"button": 2})
    assert happened(None, after) is None
    assert happened(after, event_state(second.isoformat(), "held", button=3)) is None
    assert happened(after, before) is None
    assert happened(after, event_state("unavailable")) is None
    assert happened(before, event_state(second.isoformat(), None)) is None
    gone = State("event.a", "unavailable", last_updated=now + timedelta(minutes=1, seconds=30))
    assert happened(gone, before) is None
    assert happened(gone, after) == ("held", {"button": 2})
    assert happened(State("event.a", "unknown", last_updated=now), after) == ("held", {"button": 2})


async def test_event_entity(hass: HomeAssistant, demo: Demo) -> None:
    """What is pressed at the demo's button happens at its event entity, each time."""
    await demo("button", "event")
    entity_id = event_entity(hass)
    assert offered(hass, entity_id)["event"].options == ("pressed",)
    for _ in range(2):
        old = hass.states.get(entity_id)
        await hass.services.async_call("button", "press", {"entity_id": "button.push"}, blocking=True)
        await hass.async_block_till_done()
        new = hass.states.get(entity_id)
        assert new is not None
        assert happened(old, new) == ("pressed", {})


@pytest.mark.parametrize(
    ("entity_id", "attributes", "key", "value"),
    [
        # The other end of the range has to be set along, and is not known
        ("climate.a", {"target_temp_low": 18}, "target_temperature_low", 17),
        # White of a warmth that nobody knows
        ("light.a", {"supported_color_modes": ["hs", "color_temp"]}, "color_mode", "white"),
    ],
)
def test_not_now(entity_id: str, attributes: dict[str, Any], key: str, value: Any) -> None:
    """What cannot be set as things are."""
    with pytest.raises(Unsettable) as refused:
        command(State(entity_id, "on", attributes), key, value)
    assert refused.value.key == "not_now"


def test_ends_as_it_can() -> None:
    """What ends a robot's work is the gentlest that it has."""
    for features, service in ((8192 + 8 + 4 + 16, "stop"), (8192 + 4 + 16, "pause"), (8192 + 16, "return_to_base")):
        made = command(State("vacuum.a", "cleaning", {"supported_features": features}), "cleaning", False)
        assert made.service == service
    with pytest.raises(Unsettable):
        command(State("vacuum.a", "cleaning", {"supported_features": 8192}), "cleaning", False)
