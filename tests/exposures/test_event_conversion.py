"""What happens at event entities as events of a model."""

from typing import Any

import pytest

from custom_components.iot_gateway.exposures.errors import Unconvertible
from custom_components.iot_gateway.exposures.event_conversion import (
    EventConversion,
    event_conversion,
    raw_of,
    type_parameters,
)
from custom_components.iot_gateway.exposures.facet import Facet, FacetKind
from custom_components.iot_gateway.exposures.remarks import Obstacle

from .models import parsed, parsed_event

BUTTON = Facet(key="event", kind=FacetKind.EVENT, options=("single", "double", "long"), device_class="button")
CLICKS = {"type": "enum", "range": ["single_click", "double_click"]}
NUMBER = {"type": "value", "min": 0, "max": 10}


def converted(*arguments: Any) -> EventConversion:
    """Return a conversion that works."""
    found = event_conversion(*arguments)
    assert isinstance(found, EventConversion), found
    return found


def test_type_and_attributes() -> None:
    """The output whose choices fit takes the type; attributes go where they have the same name and fit."""
    event = parsed_event("clicked", level=NUMBER, color={"type": "enum", "range": ["red"]}, kind=CLICKS)
    found = converted(BUTTON, event)
    assert found.parameter == "kind"
    assert found.choices == {"single": "single_click", "double": "double_click"}
    assert [note.key for note in found.notes] == ["options_untied", "outputs_by_attributes"]
    assert found.notes[1].placeholders["outputs"] == "level, color"
    assert found.outputs("single", {"Level": 3, "color": "RED", "other": 1}) == {
        "kind": "single_click",
        "level": 3,
        "color": "red",
    }
    # What does not fit is left out, the event is told all the same
    assert found.outputs("double", {"level": 99, "color": "blue"}) == {"kind": "double_click"}
    with pytest.raises(Unconvertible) as refused:
        found.outputs("long", {})
    assert refused.value.key == "option_untied"


def test_chosen() -> None:
    """The user's parameter and choices win."""
    event = parsed_event("clicked", kind=CLICKS, action={"type": "enum", "range": ["a", "b"]})
    found = converted(BUTTON, event, {"long": "a"}, "action")
    assert found.outputs("long", {}) == {"action": "a"}
    assert event_conversion(BUTTON, event, {"long": "c"}, "action") == Obstacle(
        key="choices_unknown",
        placeholders={
            "facet": "event", "code": "clicked", "type": "event", "parameter": "action", "unknown": "c", "choices": "a, b",
        },
    )  # fmt: skip
    missing = event_conversion(BUTTON, event, None, "action")
    assert isinstance(missing, Obstacle)
    assert missing.fixable
    gone = event_conversion(BUTTON, event, None, "button")
    assert isinstance(gone, Obstacle)
    assert gone.key == "parameter_unknown"
    number = event_conversion(BUTTON, parsed_event("clicked", level=NUMBER), None, "level")
    assert isinstance(number, Obstacle)
    assert number.key == "parameter_type"


def test_standard_types_of_buttons() -> None:
    """The types that Home Assistant has for all buttons are the presses that Tuya's products know."""
    facet = Facet(
        key="event",
        kind=FacetKind.EVENT,
        options=("press_start", "press_end", "multi_press_end", "long_press_start", "long_press_end"),
        device_class="button",
    )
    found = converted(facet, parsed_event("pressed", kind={"type": "enum", "range": ["single", "double", "long"]}))
    assert found.parameter == "kind"
    assert found.choices == {"press_end": "single", "multi_press_end": "double", "long_press_start": "long"}


def test_types_of_no_known_name() -> None:
    """The output for the type is not left out, which the cloud would refuse: the user says which is which."""
    facet = Facet(key="event", kind=FacetKind.EVENT, options=("turned", "shaken"))
    missing = event_conversion(facet, parsed_event("moved", kind=CLICKS, level=NUMBER))
    assert isinstance(missing, Obstacle)
    assert missing.fixable
    assert missing.placeholders["parameter"] == "kind"
    # An output of another meaning is not for the type
    assert converted(facet, parsed_event("moved", color={"type": "enum", "range": ["red"]})).parameter is None


def test_texts() -> None:
    """A text output that is called like one that takes a type does."""
    found = converted(BUTTON, parsed_event("clicked", remark={"type": "string"}, type={"type": "string"}))
    assert found.parameter == "type"
    assert found.outputs("long", {"remark": "by hand"}) == {"type": "long", "remark": "by hand"}
    assert type_parameters(BUTTON, parsed_event("clicked", remark={"type": "string"})) == ()


def test_without_parameter() -> None:
    """An event without outputs is the same for all types, or for those that were chosen."""
    ring = parsed_event("ring")
    found = converted(BUTTON, ring)
    assert found.outputs("single", {}) == {}
    assert [note.key for note in found.notes] == ["type_not_told"]
    found = converted(BUTTON, ring, {"double": ""})
    assert found.outputs("double", {}) == {}
    with pytest.raises(Unconvertible):
        found.outputs("single", {})


def test_only_events() -> None:
    """Nothing but event entities."""
    found = event_conversion(Facet(key="on", kind=FacetKind.BOOLEAN), parsed_event("ring"))
    assert isinstance(found, Obstacle)
    assert found.key == "property_only"


@pytest.mark.parametrize(
    ("value", "kind", "spec", "raw"),
    [
        (True, "bool", {}, True),
        ("off", "bool", {}, False),
        (3, "value", {"scale": 1}, 30),
        ("2.5", "float", {}, 2.5),
        (2.5, "string", {}, "2.5"),
        ("text", "string", {}, "text"),
        ("Text", "enum", {"range": ["text"]}, "text"),
    ],
)
def test_raw_of(value: Any, kind: str, spec: dict[str, Any], raw: Any) -> None:
    """Attributes of events and what actions return."""
    assert raw_of(value, parsed(kind, **spec).type) == raw


@pytest.mark.parametrize(
    ("value", "kind", "spec"),
    [
        ([1], "string", {}),
        ({}, "value", {}),
        (None, "bool", {}),
        ("maybe", "bool", {}),
        ("warm", "value", {}),
        ("blue", "enum", {"range": ["red"]}),
        (5, "value", {"min": 0, "max": 1}),
        (5, "bool", {}),
        ("x", "struct", {}),
        (True, "hologram", {}),
    ],
)
def test_no_raw_of(value: Any, kind: str, spec: dict[str, Any]) -> None:
    """What is no value of a type."""
    with pytest.raises(Unconvertible):
        raw_of(value, parsed(kind, **spec).type)
