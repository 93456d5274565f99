"""Reading thing models: the documents' samples, and what else there may be."""

import copy
import json
import random
from typing import Any, Final

import pytest

from custom_components.iot_gateway.clients.tuyalink.errors import MessageInvalid
from custom_components.iot_gateway.clients.tuyalink.thing_model import Property, TypeSpec, parse_thing_model

SAMPLE: Final[dict[str, Any]] = {
    # "Get the model", simple format
    "modelId": "0000001***",
    "services": [
        {
            "code": "",
            "properties": [
                {
                    "abilityId": 1,
                    "code": "foodRemaining",
                    "accessMode": "ro",
                    "typeSpec": {"type": "value", "min": 0, "max": 2000, "step": 1, "unit": "g", "scale": 0},
                }
            ],
            "events": [
                {
                    "abilityId": 101,
                    "code": "feedEvent",
                    "outputParams": [
                        {"code": "time", "typeSpec": {"type": "date"}},
                        {
                            "code": "quantity",
                            "typeSpec": {"type": "value", "min": 0, "max": 2000, "step": 1, "unit": "g", "scale": 0},
                        },
                    ],
                }
            ],
            "actions": [{"abilityId": 101, "code": "feed"}],
        }
    ],
}
_COMPLETE = (
    # "Query Things Data Model" of the cloud's API, which writes the same model as text
    '{"modelId":"000004****","services":[{"code":"","description":"","name":"","actions":[{"code":"setPassword",'
    '"inputParams":[{"code":"password","name":"Password","typeSpec":{"typeDefaultValue":"","type":"string","maxlen":1024}}],'
    '"description":"Set or update the unlocking password on the app","outputParams":[{"code":"state","name":"State",'
    '"typeSpec":{"max":100,"scale":0,"type":"value","unit":"","min":1,"step":0}}],"name":"Set Password","abilityId":104}],'
    '"events":[{"code":"doorStateEvent","description":"Report the unlocking event when unlocking is triggered",'
    '"outputParams":[{"code":"doorState","name":"Door State","typeSpec":{"range":["Open","Closed"],"type":"enum"}}],'
    '"name":"Unlocking Event","abilityId":103}],"properties":[{"code":"batterLevel","description":"Battery level of the door '
    'lock","accessMode":"rw","name":"Remaining Battery Capacity","typeSpec":{"max":100,"scale":0,"type":"value","unit":"%",'
    '"min":1,"step":0},"abilityId":102}]}]}'
)


def _type(spec: Any) -> TypeSpec:
    model = parse_thing_model({"services": [{"properties": [{"code": "a", "typeSpec": spec}]}]})
    return model.properties["a"].type


def test_the_simple_format() -> None:
    model = parse_thing_model(SAMPLE)
    assert model.model_id == "0000001***"
    assert model.unreadable == 0
    assert [service.code for service in model.services] == [""]
    assert model.properties == {
        "foodRemaining": Property(
            ability_id=1,
            code="foodRemaining",
            name="",
            access="ro",
            type=TypeSpec(kind="value", minimum=0, maximum=2000, step=1, scale=0, unit="g"),
        )
    }
    event = model.events["feedEvent"]
    assert event.ability_id == 101
    assert list(event.outputs) == ["time", "quantity"]
    assert event.outputs["time"].type.kind == "date"
    assert event.outputs["quantity"].type.maximum == 2000
    action = model.actions["feed"]
    assert (action.inputs, action.outputs) == ({}, {})


def test_the_complete_format_and_a_model_as_text() -> None:
    model = parse_thing_model(_COMPLETE)
    assert model.properties["batterLevel"].name == "Remaining Battery Capacity"
    assert model.properties["batterLevel"].access == "rw"
    assert model.properties["batterLevel"].type.unit == "%"
    assert model.events["doorStateEvent"].name == "Unlocking Event"
    assert model.events["doorStateEvent"].outputs["doorState"].type.choices == ("Open", "Closed")
    action = model.actions["setPassword"]
    assert action.inputs["password"].type == TypeSpec(kind="string", max_length=1024)
    assert action.outputs["state"].type.minimum == 1
    assert parse_thing_model(json.loads(_COMPLETE)) == model


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"type": "bool"}, TypeSpec(kind="bool")),
        ({"type": "enum", "range": ["low", "high"]}, TypeSpec(kind="enum", choices=("low", "high"))),
        ({"type": "enum", "range": {"0": "low", "1": "high"}}, TypeSpec(kind="enum", choices=("0", "1"))),
        ({"type": "enum", "range": [0, 1]}, TypeSpec(kind="enum", choices=("0", "1"))),
        ({"type": "string", "maxlen": 255}, TypeSpec(kind="string", max_length=255)),
        ({"type": "raw", "maxlen": "128"}, TypeSpec(kind="raw", max_length=128)),
        (
            {"type": "bitmap", "label": ["leak", "dry"], "maxlen": 2},
            TypeSpec(kind="bitmap", labels=("leak", "dry"), max_length=2),
        ),
        ({"type": "fault", "label": ["leak"]}, TypeSpec(kind="bitmap", labels=("leak",))),
        (
            {"type": "value", "min": "-100", "max": "600", "step": "1", "scale": "1", "unit": "℃"},
            TypeSpec(kind="value", minimum=-100, maximum=600, step=1, scale=1, unit="℃"),
        ),
        (
            {"type": "float", "min": -0.5, "max": "99.5", "step": 0.1},
            TypeSpec(kind="float", minimum=-0.5, maximum=99.5, step=0.1),
        ),
        ({"type": "double", "min": "low", "max": float("inf")}, TypeSpec(kind="double")),
        ({"type": "value", "min": True}, TypeSpec(kind="value")),
        ({"type": "Boolean"}, TypeSpec(kind="bool")),
        ({"type": "hologram", "unit": "m"}, TypeSpec(kind="hologram", unit="m")),
        ({}, TypeSpec(kind="unknown")),
        (None, TypeSpec(kind="unknown")),
        (17, TypeSpec(kind="unknown")),
    ],
)
def test_types(spec: Any, expected: TypeSpec) -> None:
    assert _type(spec) == expected


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "array", "maxSize": 8, "elementTypeSpec": {"type": "value", "max": 5}},
        {"type": "array", "maxSize": 8, "itemTypeSpec": {"type": "value", "max": 5}},
        {"type": "array", "size": "8", "typeSpec": {"type": "value", "max": 5}},
    ],
)
def test_arrays_as_they_may_be_written(spec: dict[str, Any]) -> None:
    parsed = _type(spec)
    assert (parsed.kind, parsed.max_length) == ("array", 8)
    assert parsed.element is not None
    assert (parsed.element.kind, parsed.element.maximum) == ("value", 5)


def test_arrays_as_one_client_writes_them() -> None:
    parsed = _type({"type": "string_array", "maxlen": 3})
    assert parsed.kind == "array"
    assert parsed.element is not None
    assert parsed.element.kind == "string"


@pytest.mark.parametrize(
    "members",
    [
        [{"code": "h", "typeSpec": {"type": "value", "max": 360}}, {"code": "on", "typeSpec": {"type": "bool"}}],
        {"h": {"typeSpec": {"type": "value", "max": 360}}, "on": {"type": "bool"}},
        {"h": {"type": "value", "max": 360}, "on": "bool"},
    ],
)
def test_structs_as_they_may_be_written(members: Any) -> None:
    parsed = _type({"type": "struct", "properties": members})
    assert {code: member.kind for code, member in parsed.members.items()} == {"h": "value", "on": "bool"}
    assert parsed.members["h"].maximum == 360


@pytest.mark.parametrize(
    ("mode", "access"),
    [("ro", "ro"), ("wr", "wr"), ("wo", "wr"), ("rw", "rw"), ("RW", "rw"), ("?", "ro"), (None, "ro")],
)
def test_access(mode: Any, access: str) -> None:
    model = parse_thing_model({"services": [{"properties": [{"code": "a", "accessMode": mode}]}]})
    assert model.properties["a"].access == access


def test_services_are_told_apart_and_read_together() -> None:
    model = parse_thing_model(
        {
            "services": [
                {"code": "", "properties": [{"code": "a", "name": "first"}]},
                {"code": "pump", "properties": [{"code": "a", "name": "second"}, {"code": "b"}]},
            ]
        }
    )
    assert list(model.properties) == ["a", "b"]
    assert model.properties["a"].name == "first"
    assert model.services[1].properties["a"].name == "second"


def test_what_cannot_be_read_is_counted() -> None:
    model = parse_thing_model(
        {
            "services": [
                17,
                {
                    "properties": [{"code": "a"}, {"code": ""}, {"name": "no code"}, None, {"code": "a"}],
                    "events": "none",
                    "actions": [{"code": "run", "inputParams": [{"code": 3}]}],
                },
            ]
        }
    )
    assert list(model.properties) == ["a"]
    assert list(model.actions) == ["run"]
    assert model.unreadable == 6


@pytest.mark.parametrize("data", [None, [], {}, {"services": {}}, "no json", "[]", 17])
def test_no_model_at_all(data: Any) -> None:
    with pytest.raises(MessageInvalid):
        _ = parse_thing_model(data)


def _spoil(value: Any, random_: random.Random) -> Any:
    """Return a copy of a JSON value in which something is something else."""
    spoiled = copy.deepcopy(value)
    spots: list[tuple[Any, Any]] = []

    def collect(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            spots.append((node, key))
            collect(node[key])

    collect(spoiled)
    node, key = random_.choice(spots)
    node[key] = random_.choice([None, True, 17, -1.5, "", "x", [], {}, [None], {"code": 1}, [[[]]]])
    return spoiled


@pytest.mark.parametrize("seed", range(20))
def test_a_spoiled_model_is_read_or_refused_but_never_anything_else(seed: int) -> None:
    random_ = random.Random(seed)
    model = json.loads(_COMPLETE)
    for _ in range(100):
        spoiled = _spoil(SAMPLE if random_.random() < 0.5 else model, random_)
        for _ in range(random_.randrange(3)):
            spoiled = _spoil(spoiled, random_)
        try:
            parsed = parse_thing_model(spoiled)
        except MessageInvalid:
            continue
        assert all(code == entry.code for code, entry in parsed.properties.items())


def test_a_type_within_types_without_end_ends() -> None:
    spec: dict[str, Any] = {"type": "bool"}
    for _ in range(50):
        spec = {"type": "array", "elementTypeSpec": spec}
    depth, parsed = 0, _type(spec)
    while parsed.element is not None:
        depth, parsed = depth + 1, parsed.element
    assert depth < 10
    assert parsed.kind == "unknown"
