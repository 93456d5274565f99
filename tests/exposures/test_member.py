"""Exposed entities at run time: what is reported of them, and what may be set."""

from typing import Any

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.iot_gateway.exposures.domains import Command
from custom_components.iot_gateway.exposures.errors import ExposureError, Unconvertible, Unsettable
from custom_components.iot_gateway.exposures.exposure import EntityRef, Member, Pair
from custom_components.iot_gateway.exposures.member import BoundMember
from custom_components.iot_gateway.exposures.remarks import Obstacle

from .conftest import Demo, event_entity
from .models import enum, event, model, prop

LAMP = model(
    prop("switch_led", "bool"),
    prop("bright", "value", min=0, max=100, unit="%"),
    prop("shown_only", "bool", "ro"),
    prop("told_only", "bool", "wr"),
    prop("color", "enum", **enum("red", "green")),
    events=(event("ring", kind={"type": "enum", "range": ["pressed"]}), event("other")),
)


def member(entity_id: str, *pairs: tuple[str, str], kind: str = "property") -> Member:
    """Return an entity with facets tied to codes."""
    return Member(
        entity=EntityRef(unregistered_id=entity_id),
        pairs=tuple(Pair(facet=facet, kind=kind, code=code) for facet, code in pairs),
    )


def refusal(bound: BoundMember, state: State, code: str, raw: Any) -> ExposureError:
    """Return why something cannot be set."""
    with pytest.raises(ExposureError) as refused:
        bound.command(state, code, raw)
    return refused.value


async def test_values(hass: HomeAssistant) -> None:
    """What is known and reported, and nothing else."""
    hass.states.async_set("light.a", "on", {"supported_color_modes": ["brightness"], "brightness": 128})
    bound = BoundMember(hass, member("light.a", ("on", "switch_led"), ("brightness", "bright")), LAMP)
    assert bound.entity_id == "light.a"
    assert bound.codes == {"switch_led", "bright"}
    assert bound.problems == {}
    state = hass.states.get("light.a")
    assert state is not None
    assert bound.values(state) == {"switch_led": True, "bright": 50}
    assert bound.values(State("light.a", "off", {"brightness": None})) == {"switch_led": False}
    assert bound.values(State("light.a", "unavailable")) == {}
    only_told = BoundMember(hass, member("light.a", ("on", "told_only")), LAMP)
    assert only_told.values(state) == {}
    assert only_told.command(state, "told_only", True).service == "turn_on"


async def test_problems(hass: HomeAssistant) -> None:
    """What does not fit any more, and what does not convert, is said by code; the rest goes on."""
    hass.states.async_set("sensor.a", "20", {"unit_of_measurement": "%"})
    product = model(prop("level", "value", "ro", min=0, max=50, unit="%"), prop("text", "string", "ro"))
    pairs = (("value", "level"), ("value", "text"), ("gone", "text2"), ("value", "nowhere"))
    bound = BoundMember(hass, member("sensor.a", *pairs), product)
    assert {code: problem.key for code, problem in bound.problems.items()} == {
        "text2": "facet_gone",
        "nowhere": "code_gone",
    }
    state = State("sensor.a", "80", {"unit_of_measurement": "%"})
    assert bound.values(state) == {"text": "80"}
    assert isinstance(bound.problems["level"], Unconvertible)
    assert bound.values(State("sensor.a", "40", {"unit_of_measurement": "%"})) == {"level": 40, "text": "40"}
    assert "level" not in bound.problems
    no_event = BoundMember(hass, member("sensor.a", ("value", "ring"), ("value", "no"), kind="event"), LAMP)
    assert {code: problem.key for code, problem in no_event.problems.items()} == {
        "ring": "property_only",
        "no": "code_gone",
    }
    missing = BoundMember(hass, member("light.none", ("on", "switch_led")), LAMP)
    assert missing.entity_id is None
    assert isinstance(missing.problems["switch_led"], Obstacle)
    assert missing.values(State("light.none", "on")) == {}


async def test_commands(hass: HomeAssistant) -> None:
    """Only what is tied and can be set, only at this entity, and only what converts."""
    hass.states.async_set("light.a", "on", {"supported_color_modes": ["brightness"], "brightness": 128})
    state = hass.states.get("light.a")
    assert state is not None
    pairs = (("brightness", "bright"), ("on", "shown_only"), ("on", "color"))
    bound = BoundMember(hass, member("light.a", *pairs), LAMP)
    assert bound.command(state, "bright", 100) == Command(
        domain="light", service="turn_on", data={"brightness": 255, "entity_id": "light.a"}
    )
    for code, raw, key in (
        ("switch_led", True, "code_not_tied"),
        ("nothing", True, "code_not_tied"),
        ("ring", True, "code_not_tied"),
        ("shown_only", True, "report_only"),
        ("color", "red", "code_not_tied"),
        ("bright", "much", "not_a_number"),
        ("bright", 101, "out_of_range"),
        ("bright", {"entity_id": "light.b"}, "not_a_number"),
    ):
        assert refusal(bound, state, code, raw).key == key
    assert refusal(bound, State("light.b", "on"), "bright", 1).key == "other_entity"
    assert refusal(bound, State("light.a", "unavailable"), "bright", 1).key == "entity_unavailable"
    hass.states.async_set("light.a", "on", {"supported_color_modes": ["onoff"]})
    assert refusal(bound, state, "bright", 1).key == "not_settable"


@pytest.mark.parametrize(
    ("entity_id", "attributes", "facet"),
    [
        ("lock.a", {}, "locked"),
        ("cover.a", {"supported_features": 3, "device_class": "garage"}, "open"),
        ("valve.a", {"supported_features": 3}, "open"),
        ("script.a", {}, "press"),
        ("scene.a", {}, "press"),
    ],
)
async def test_not_confirmed(hass: HomeAssistant, entity_id: str, attributes: dict[str, Any], facet: str) -> None:
    """What is sensitive is read, but not set before the user has confirmed it."""
    hass.states.async_set(entity_id, "closed", attributes)
    state = hass.states.get(entity_id)
    assert state is not None
    tied = member(entity_id, (facet, "switch_led"))
    refused = refusal(BoundMember(hass, tied, LAMP), state, "switch_led", True)
    assert isinstance(refused, Unsettable)
    assert refused.key == "not_confirmed"
    assert BoundMember(hass, tied, LAMP, confirmed=True).command(state, "switch_led", True).data == {
        "entity_id": entity_id
    }


async def test_becomes_a_garage(hass: HomeAssistant) -> None:
    """A cover that was harmless when it was exposed and has become an entrance since is no longer opened."""
    hass.states.async_set("cover.a", "closed", {"supported_features": 3})
    bound = BoundMember(hass, member("cover.a", ("open", "switch_led")), LAMP)
    state = hass.states.get("cover.a")
    assert state is not None
    assert bound.command(state, "switch_led", True).service == "open_cover"
    hass.states.async_set("cover.a", "closed", {"supported_features": 3, "device_class": "garage"})
    assert refusal(bound, state, "switch_led", True).key == "not_confirmed"


async def test_outdated(hass: HomeAssistant) -> None:
    """A binding says when it has to be made anew."""
    registry = er.async_get(hass)
    entry = registry.async_get_or_create("light", "test", "one", capabilities={"supported_color_modes": ["onoff"]})
    ref = EntityRef.of(hass, entry.entity_id)
    tied = Member(entity=ref, pairs=(Pair(facet="brightness", kind="property", code="bright"),))
    bound = BoundMember(hass, tied, LAMP)
    assert bound.problems["bright"].key == "facet_gone"
    # In a list, as what is a property may be another the next time
    assert [bound.outdated] == [False]
    hass.states.async_set(entry.entity_id, "on", {"supported_color_modes": ["brightness"], "brightness": 255})
    assert bound.outdated
    bound = BoundMember(hass, tied, LAMP)
    assert bound.problems == {}
    _ = registry.async_update_entity(entry.entity_id, new_entity_id="light.renamed")
    assert bound.outdated


async def test_presses(hass: HomeAssistant) -> None:
    """A press is reported as over; by a choice there is nothing to report."""
    hass.states.async_set("button.a", "unknown")
    product = model(prop("push", "bool"), prop("told", "bool", "wr"), prop("choice", "enum", **enum("press")))
    pairs = (("press", "push"), ("press", "told"), ("press", "choice"))
    bound = BoundMember(hass, member("button.a", *pairs), product)
    assert bound.released == {"push": False}
    state = hass.states.get("button.a")
    assert state is not None
    for code, raw in (("push", True), ("told", True), ("choice", "press")):
        assert bound.command(state, code, raw) == Command(
            domain="button", service="press", data={"entity_id": "button.a"}
        )


async def test_events(hass: HomeAssistant, demo: Demo) -> None:
    """What happens at an event entity is the tied event."""
    await demo("button", "event")
    entity_id = event_entity(hass)
    bound = BoundMember(hass, member(entity_id, ("event", "ring"), kind="event"), LAMP)
    old = hass.states.get(entity_id)
    await hass.services.async_call("button", "press", {"entity_id": "button.push"}, blocking=True)
    await hass.async_block_till_done()
    new = hass.states.get(entity_id)
    assert new is not None
    assert bound.event(old, new) == ("ring", {"kind": "pressed"})
    assert bound.event(new, new) is None
    assert bound.event(None, new) is None
    assert bound.values(new) == {}
    untied = BoundMember(hass, member(entity_id), LAMP)
    assert untied.event(old, new) is None
