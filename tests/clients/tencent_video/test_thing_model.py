"""Thing models: every type, numbers as texts, and oddities that must not cost the rest."""

import json
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tencent_video.action_inputs import InputInvalid, encode_inputs
from custom_components.iot_gateway.clients.tencent_video.thing_model import (
    Define,
    Param,
    Property,
    ThingModel,
    parse_thing_model,
)


def define_of(define: dict[str, Any], **options: Any) -> Define:
    """Return what a definition of a property is read as, without the raw one, which must be as it was."""
    (found,) = parse_thing_model({"properties": [{"id": "x", "define": define}]}).properties
    assert found.define.raw == define
    return found.define


@pytest.mark.parametrize(
    ("define", "expected"),
    [
        ({"type": "bool", "mapping": {"0": "off", "1": "on"}}, {"type": "bool", "choices": {"0": "off", "1": "on"}}),
        (
            {"type": "int", "min": "0", "max": "100", "start": "50", "step": "5", "unit": "%", "unitDesc": "percent"},
            {"type": "int", "minimum": 0, "maximum": 100, "start": 50, "step": 5, "unit": "%"},
        ),
        (
            {"type": "float", "min": "-1.5", "max": 99.5, "step": "0.1", "unit": " °C "},
            {"type": "float", "minimum": -1.5, "maximum": 99.5, "step": 0.1, "unit": "°C"},
        ),
        (
            {"type": "enum", "mapping": {"2": "high", "0": "low"}},
            {"type": "enum", "choices": {"2": "high", "0": "low"}},
        ),
        ({"type": "stringenum", "mapping": {"red": "Red"}}, {"type": "stringenum", "choices": {"red": "Red"}}),
        ({"type": "string", "min": "0", "max": "2048"}, {"type": "string", "minimum": 0, "maximum": 2048}),
        ({"type": "timestamp"}, {"type": "timestamp"}),
        ({"type": "Boolean"}, {"type": "bool"}),
        ({"type": "file"}, {"type": "file"}),
        ({}, {"type": ""}),
        ({"type": "int", "min": "lots", "mapping": ["odd"]}, {"type": "int"}),
    ],
    ids=lambda define: str(define.get("type")) if isinstance(define, dict) else "",
)
def test_types(define: dict[str, Any], expected: dict[str, Any]) -> None:
    assert define_of(define) == Define(**expected, raw=define)


def test_order_of_choices_is_the_models() -> None:
    assert list(define_of({"type": "enum", "mapping": {"2": "high", "0": "low"}}).choices) == ["2", "0"]


def test_struct() -> None:
    specs = [
        {"id": "h", "name": "Hue", "dataType": {"type": "int", "min": "0", "max": "360"}},
        {
            "id": "inner",
            "name": "I",
            "dataType": {"type": "struct", "specs": [{"id": "b", "dataType": {"type": "bool"}}]},
        },
        {"id": "d", "name": "by define", "define": {"type": "string"}},
    ]
    define = define_of({"type": "struct", "specs": specs})
    assert [(member.id, member.name, member.define.type) for member in define.members] == [
        ("h", "Hue", "int"),
        ("inner", "I", "struct"),
        ("d", "by define", "string"),
    ]
    assert define.members[0].define.maximum == 360
    assert define.members[1].define.members[0].define.type == "bool"


def test_arrays() -> None:
    of_ints = define_of({"type": "array", "arrayInfo": {"type": "int", "min": "1", "max": "9"}})
    assert of_ints.element is not None
    assert (of_ints.element.type, of_ints.element.maximum) == ("int", 9)
    of_structs = define_of(
        {"type": "array", "arrayInfo": {"type": "struct", "specs": [{"id": "a", "dataType": {"type": "float"}}]}}
    )
    assert of_structs.element is not None
    assert of_structs.element.members[0].id == "a"
    assert define_of({"type": "array"}).element is None


def test_endless_nesting() -> None:
    define: dict[str, Any] = {"type": "array", "arrayInfo": {}}
    define["arrayInfo"] = define
    found: Define | None = parse_thing_model({"properties": [{"id": "x", "define": define}]}).properties[0].define
    depth = 0
    while found is not None:
        found = found.element
        depth += 1
    assert depth == 9


DEFINITION = {
    "version": "1.0",
    "profile": {"ProductId": "P", "CategoryId": "113"},
    "properties": [
        {
            "id": "switch",
            "name": "Switch",
            "desc": "on and off",
            "mode": "rw",
            "required": True,
            "define": {"type": "bool"},
        },
        {"id": "_sys_xp2p_info", "name": "", "mode": "r", "define": {"type": "string"}},
        {"id": "nothing else"},
        {"name": "no id"},
        {"id": "switch", "name": "again"},
        "odd",
    ],
    "events": [
        {
            "id": "move",
            "name": "Moved",
            "desc": "d",
            "type": "alert",
            "params": [{"id": "zone", "name": "Zone", "define": {"type": "int"}}],
        },
        {"id": "bare"},
    ],
    "actions": [
        {
            "id": "feed",
            "name": "Feed",
            "desc": "d",
            "input": [{"id": "grams", "name": "Grams", "define": {"type": "int"}}],
            "output": [{"id": "left", "name": "Left", "define": {"type": "float"}}],
        },
        {"id": "restart", "input": None, "output": []},
    ],
}


@pytest.mark.parametrize("definition", [DEFINITION, json.dumps(DEFINITION)], ids=["object", "text"])
def test_model(definition: Any) -> None:
    model = parse_thing_model(definition)
    assert model.properties[0] == Property(
        id="switch",
        name="Switch",
        mode="rw",
        define=Define(type="bool", raw={"type": "bool"}),
        description="on and off",
        required=True,
    )
    assert [(entry.id, entry.mode, entry.is_system) for entry in model.properties] == [
        ("switch", "rw", False),
        ("_sys_xp2p_info", "r", True),
        ("nothing else", "r", False),
    ]
    assert model.unreadable == 3
    move, bare = model.events
    assert (move.id, move.name, move.type, move.description) == ("move", "Moved", "alert", "d")
    assert [(param.id, param.name, param.define.type) for param in move.params] == [("zone", "Zone", "int")]
    assert (bare.type, bare.params) == ("", ())
    feed, restart = model.actions
    assert [param.id for param in feed.inputs] == ["grams"]
    assert [param.define.type for param in feed.outputs] == ["float"]
    assert (restart.inputs, restart.outputs) == ((), ())


@pytest.mark.parametrize("definition", [None, "", "null", "{", "{}", [], {"properties": None, "events": {}}])
def test_no_model(definition: Any) -> None:
    assert parse_thing_model(definition) == ThingModel()


def test_list_that_is_none_is_counted() -> None:
    assert parse_thing_model({"properties": {"a": 1}}) == ThingModel(unreadable=1)


# Inputs of actions


def encode(define: dict[str, Any], value: Any) -> Any:
    params = [Param(id="x", name="", define=define_of(define))]
    return encode_inputs(params, {"x": value})["x"]


INT = {"type": "int", "min": "10", "max": "20", "step": "5"}
FLOAT = {"type": "float", "min": "0", "max": "1", "step": "0.1"}
ENUM = {"type": "enum", "mapping": {"0": "low", "1": "high"}}
WORDS = {"type": "stringenum", "mapping": {"r": "Red"}}
STRUCT = {"type": "struct", "specs": [{"id": "a", "dataType": INT}]}


@pytest.mark.parametrize(
    ("define", "value", "sent"),
    [
        ({"type": "bool"}, True, 1),
        ({"type": "bool"}, "off", 0),
        ({"type": "bool"}, 1, 1),
        (INT, 15, 15),
        (INT, "20", 20),
        # Steps are counted from the least
        ({"type": "int", "min": "3", "step": "5"}, 8, 8),
        (FLOAT, 0.3, 0.3),
        (FLOAT, "0.7", 0.7),
        (ENUM, 1, 1),
        (ENUM, "low", 0),
        (WORDS, "r", "r"),
        (WORDS, "Red", "r"),
        ({"type": "string", "max": "3"}, "abc", "abc"),
        ({"type": "timestamp"}, "1631876582", 1631876582),
        (STRUCT, {"a": 10}, {"a": 10}),
        (STRUCT, '{"a": 10}', {"a": 10}),
        ({"type": "struct"}, {"b": 1}, {"b": 1}),
        ({"type": "array", "arrayInfo": INT}, [10, 15], [10, 15]),
        ({"type": "array"}, "[1]", [1]),
        ({"type": "unheard of"}, "anything", "anything"),
    ],
)
def test_inputs(define: dict[str, Any], value: Any, sent: Any) -> None:
    encoded = encode(define, value)
    assert encoded == sent
    assert type(encoded) is type(sent)


@pytest.mark.parametrize(
    ("define", "value", "text"),
    [
        ({"type": "bool"}, "maybe", "x is not on or off"),
        ({"type": "bool"}, 2, "x is not on or off"),
        (INT, 5, "x is not a whole number of 10 to 20"),
        (INT, 25, "x is not a whole number of 10 to 20"),
        (INT, 11, "x is not a whole number in steps of 5"),
        (INT, 10.5, "x is not a whole number"),
        (INT, True, "x is not a whole number"),
        (FLOAT, 0.35, "x is not a number in steps of 0.1"),
        (FLOAT, "much", "x is not a number"),
        ({"type": "int", "min": "3"}, 1, "x is not a whole number of 3 to …"),
        (ENUM, 2, "x is not one of 0, 1"),
        ({"type": "string", "max": "3"}, "abcd", "x is not a text of … to 3 characters"),
        ({"type": "string", "min": "1"}, "", "x is not a text of 1 to … characters"),
        ({"type": "string"}, 5, "x is not a text"),
        ({"type": "timestamp"}, -1, "x is not a time in seconds since the epoch"),
        (STRUCT, {}, "x.a is not given"),
        (STRUCT, {"a": 10, "b": 1}, "x.b is not an input of this action"),
        (STRUCT, {"a": 1}, "x.a is not a whole number of 10 to 20"),
        (STRUCT, "text", "x is not an object"),
        ({"type": "array", "arrayInfo": INT}, [10, 1], "x.1 is not a whole number of 10 to 20"),
        ({"type": "array"}, 5, "x is not a list"),
    ],
)
def test_inputs_that_the_model_does_not_allow(define: dict[str, Any], value: Any, text: str) -> None:
    with pytest.raises(InputInvalid) as info:
        encode(define, value)
    assert str(info.value) == text
