"""Tencent's thing model, as the client parses it, in the project's own model."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tencent_video import parse_thing_model
from custom_components.iot_gateway.model import (
    Access,
    DataPoint,
    DataType,
    Device,
    DeviceSchema,
    InvalidValue,
    Quirk,
    Quirks,
    parse_tencent_schema,
)
from custom_components.iot_gateway.model.quirk import Match, PointChange
from custom_components.iot_gateway.model.tencent_schema import (
    CAMERA_SCHEMA,
    STORAGE_EXPIRES,
    STORAGE_PLAN,
    without_system,
)


def schema_of(*properties: Mapping[str, Any], storage: bool = False, **parts: Any) -> DeviceSchema:
    """Return the schema of a model with such properties."""
    model = parse_thing_model({"properties": list(properties), **parts})
    return parse_tencent_schema("test", model, storage=storage)


def prop(define: Mapping[str, Any], id_: str = "one", mode: str = "rw", name: str = "One") -> dict[str, Any]:
    """Return a property."""
    return {"id": id_, "name": name, "mode": mode, "define": define}


def point_of(define: Mapping[str, Any], mode: str = "rw") -> DataPoint:
    """Return the data point of a definition."""
    return schema_of(prop(define, mode=mode)).points["one"]


PLACE = {
    "type": "struct",
    "specs": [
        {"id": "x", "name": "Width", "dataType": {"type": "int", "min": "0", "max": "9", "step": "1", "unit": "m"}},
        {"id": "on", "name": "", "dataType": {"type": "bool", "mapping": {"0": "no", "1": "yes"}}},
    ],
}


def test_bool() -> None:
    """A bool travels as 0 or 1."""
    point = point_of({"type": "bool", "mapping": {"0": "off", "1": "on"}})
    assert point.type is DataType.BOOLEAN
    assert point.access is Access.READ_WRITE
    assert point.decode(1) is True
    assert point.decode("0") is False
    for value in (True, 1, "on"):
        assert point.encode(value) == 1
        assert type(point.encode(value)) is int


def test_int() -> None:
    """Numbers of a definition are texts; limits are those of what may be set, a reading beyond them is one all the same."""
    point = point_of({"type": "int", "min": "-10", "max": "40", "step": "5", "start": "0", "unit": " °C "})
    assert (point.type, point.minimum, point.maximum, point.step, point.unit) == (DataType.INTEGER, -10, 40, 5, "°C")
    assert str(point.minimum) == "-10"
    assert point.decode(99) == 99
    assert point.decode("7") == 7
    assert point.encode(40) == 40
    with pytest.raises(InvalidValue):
        point.encode(41)


def test_float() -> None:
    """A float keeps its fraction, and its steps may be smaller than 1."""
    point = point_of({"type": "float", "min": "0", "max": "1.5", "step": "0.05", "unit": ""})
    assert (point.type, point.maximum, point.step) == (DataType.FLOAT, 1.5, 0.05)
    assert point.encode(0.35) == 0.35
    assert point_of({"type": "float"}).step == 0.1


@pytest.mark.parametrize("limits", [{"min": "0", "max": "0"}, {"min": "5", "max": "1"}, {"min": "", "max": "x"}, {}])
def test_limits_that_say_nothing(limits: dict[str, str]) -> None:
    """Such limits are none."""
    point = point_of({"type": "int", **limits})
    assert (point.minimum, point.maximum, point.step) == (None, None, 1)


def test_enum() -> None:
    """Names are shown and numbers are sent; a name that comes twice has its number beside it."""
    point = point_of({"type": "enum", "mapping": {"0": "low", "1": "high", "7": "high", "8": ""}})
    assert point.type is DataType.ENUM
    assert point.options == ("low", "high", "high (7)", "8")
    assert point.known == point.options
    assert [point.decode(raw) for raw in (0, "1", 7, 8)] == ["low", "high", "high (7)", "8"]
    assert [point.encode(name) for name in point.options] == [0, 1, 7, 8]
    assert point.encode(7) == 7
    assert point.encode("1") == 1
    for wrong in (9, "none", True):
        with pytest.raises(InvalidValue):
            point.decode(wrong)
        with pytest.raises(InvalidValue):
            point.encode(wrong)


def test_name_of_one_choice_is_the_raw_of_another() -> None:
    """What a choice is called goes before how another one travels."""
    point = point_of({"type": "enum", "mapping": {"1": "2", "2": "1"}})
    assert point.encode("1") == 2
    assert point.encode("2") == 1


def test_stringenum() -> None:
    """A choice of texts travels as its text."""
    point = point_of({"type": "stringenum", "mapping": {"eco": "Saving", "1": "One"}})
    assert point.encode("Saving") == "eco"
    assert point.encode("One") == "1"
    assert point.decode("eco") == "Saving"


def test_string() -> None:
    """A text has a longest."""
    point = point_of({"type": "string", "min": "0", "max": "4"})
    assert (point.type, point.maxlen) == (DataType.STRING, 4)
    with pytest.raises(InvalidValue):
        point.encode("12345")


@pytest.mark.parametrize("raw", [1_760_000_000, 1_760_000_000_000, "1760000000"])
def test_timestamp(raw: Any) -> None:
    """Seconds and milliseconds are told apart."""
    assert point_of({"type": "timestamp"}, "r").decode(raw) == datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)


def test_array() -> None:
    """A list goes out as one, not as its text."""
    point = point_of({"type": "array", "arrayInfo": {"type": "int", "min": "0", "max": "9"}})
    assert point.type is DataType.JSON
    assert point.decode([1, 2]) == [1, 2]
    assert point.encode("[1, 2]") == [1, 2]
    assert point.encode([3]) == [3]
    with pytest.raises(InvalidValue):
        point.encode("words")


def test_unknown_type() -> None:
    """A type that is unknown here is shown as text, with its definition for who looks."""
    point = point_of({"type": "blob", "size": "9"})
    assert point.type is DataType.STRING
    assert point.decode({"a": 1}) == '{"a": 1}'
    assert '"size": "9"' in point.spec
    assert schema_of({"id": "bare"}).points["bare"].type is DataType.STRING


def test_mode() -> None:
    """What nobody may set is read-only."""
    assert point_of({"type": "bool"}, "r").access is Access.READ
    with pytest.raises(InvalidValue):
        point_of({"type": "bool"}, "r").encode(True)


def test_system_properties() -> None:
    """They are there, and hidden; their values are left out before they get anywhere."""
    schema = schema_of(prop({"type": "string"}, "_sys_xp2p_info"), prop({"type": "bool"}, "fine"))
    assert set(schema.points) == {"_sys_xp2p_info", "fine"}
    assert set(schema.visible) == {"fine"}
    assert without_system({"_sys_xp2p_info": "secret", "fine": 1}) == {"fine": 1}


# Structs


def test_struct_has_points_for_members() -> None:
    """Members are shown instead of the whole, named after both."""
    schema = schema_of(prop(PLACE, "place", name="Place"))
    assert set(schema.points) == {"place", "place.x", "place.on"}
    assert set(schema.visible) == {"place.x", "place.on"}
    member = schema.points["place.x"]
    assert (member.type, member.maximum, member.unit, member.name) == (DataType.INTEGER, 9, "m", "Place Width")
    assert schema.points["place.on"].name == "Place on"
    assert schema_of(prop(PLACE, "place", mode="r")).points["place.x"].access is Access.READ


def test_struct_is_received_member_by_member() -> None:
    """What comes as a whole is known in its parts too; members that are missing stay what they are."""
    schema = schema_of(prop(PLACE, "place"))
    device = Device(id="d", schema=schema)
    device.apply(schema.received({"place": {"x": 3, "on": 1}}))
    assert (device.value("place.x"), device.value("place.on")) == (3, True)
    device.apply(schema.received({"place": {"x": 4}}))
    assert (device.value("place.x"), device.value("place.on")) == (4, True)
    device.apply(schema.received({"place": None}))
    assert device.value("place.x") == 4


def test_member_is_sent_with_the_others() -> None:
    """A Struct travels as a whole."""
    schema = schema_of(prop(PLACE, "place"), prop({"type": "bool"}, "other"))
    device = Device(id="d", schema=schema)
    device.apply(schema.received({"place": {"x": 3, "on": 1}}))
    assert device.sent({"place.x": 5, "other": 1}) == {"place": {"x": 5, "on": 1}, "other": 1}
    # What was set since is newer than the whole
    device.apply({"place.on": 0})
    assert device.sent({"place.x": 5}) == {"place": {"x": 5, "on": 0}}
    assert device.sent({"place.x": 5, "place.on": 1}) == {"place": {"x": 5, "on": 1}}
    assert device.sent({"place": {"x": 1, "on": 1}, "place.x": 2}) == {"place": {"x": 2, "on": 1}}
    assert device.sent({"place.x": 2, "place": {"x": 1, "on": 1}}) == {"place": {"x": 2, "on": 1}}


def test_whole_struct() -> None:
    """What is given is set, the rest is kept; members take what their own definition allows."""
    point = schema_of(prop(PLACE, "place")).points["place"]
    like = {"x": 3, "on": 0, "more": 7}
    assert point.encode({"on": "on"}, like) == {"x": 3, "on": 1}
    assert point.encode('{"x": 9, "on": false}') == {"x": 9, "on": 0}
    wrong: tuple[Any, ...] = ({"x": 10}, {"y": 1}, [], "text", 4)
    for value in wrong:
        with pytest.raises(InvalidValue):
            point.encode(value, like)
    # Nobody knows what the other member is
    with pytest.raises(InvalidValue, match="an object with x, on"):
        point.encode({"x": 1})


def test_quirk_renames_struct_and_member() -> None:
    """Codes that a quirk has given hold for Structs and members too."""
    schema = schema_of(prop(PLACE, "place"))
    renamed = replace(
        schema,
        points={
            "spot": replace(schema.points["place"], code="spot"),
            "width": replace(schema.points["place.x"], code="width"),
            "place.on": schema.points["place.on"],
        },
        renamed={"place": "spot", "place.x": "width"},
    )
    received = renamed.received({"place": {"x": 1, "on": 0}})
    assert received == {"spot": {"x": 1, "on": 0}, "width": 1, "place.on": 0}
    assert renamed.sent({"width": 7}, received) == {"place": {"x": 7, "on": 0}}


# Events, actions, storage


def test_events() -> None:
    """Events have points of their own, with their parameters for who looks."""
    schema = schema_of(
        events=[{"id": "ring", "name": "Ring", "type": "alert", "params": [{"id": "n", "define": {"type": "int"}}]}]
    )
    point = schema.points["event:ring"]
    assert (point.event, point.name, point.access) == (True, "Ring", Access.READ)
    assert '"alert"' in point.spec
    assert schema.with_event("ring") is schema


def test_actions() -> None:
    """Actions say what they take, in words."""
    schema = schema_of(
        actions=[
            {
                "id": "go",
                "name": "Go",
                "input": [{"id": "n", "name": "N", "define": {"type": "int", "min": "1", "max": "3"}}],
            },
            {"id": "stop", "name": "Stop", "input": [], "output": [{"id": "r", "define": {"type": "bool"}}]},
        ]
    )
    assert list(schema.actions) == ["go", "stop"]
    (param,) = schema.actions["go"].inputs
    assert (param.id, param.name, param.kind, param.allowed) == ("n", "N", "int", "a number from 1 to 3")
    assert schema.actions["stop"].inputs == ()
    assert [one.id for one in schema.actions["stop"].outputs] == ["r"]
    assert Device(id="d", schema=schema).actions is schema.actions


def test_storage() -> None:
    """Where there is cloud storage, its plan and its end are data points."""
    schema = schema_of(storage=True)
    device = Device(id="d", schema=schema)
    device.apply({STORAGE_PLAN: "event", STORAGE_EXPIRES: 1_760_000_000})
    assert device.value(STORAGE_PLAN) == "event"
    assert STORAGE_PLAN not in schema_of().points


def test_same_content_is_same_schema() -> None:
    """All devices of a product, and products with the same model, share what is derived from it."""
    assert schema_of(prop(PLACE)) is schema_of(prop(PLACE))
    assert schema_of(prop(PLACE)) is not schema_of(prop(PLACE, mode="r"))
    assert schema_of(prop(PLACE)) is not schema_of(prop(PLACE), storage=True)
    model = parse_thing_model({})
    assert parse_tencent_schema("a", model) is not parse_tencent_schema(CAMERA_SCHEMA, model)


def test_empty_model() -> None:
    """A product without a model has devices all the same."""
    schema = schema_of()
    assert schema.described
    assert not schema.points
    assert not schema.actions


def test_quirks_keep_the_rest() -> None:
    """A quirk changes what it names, nothing else."""
    schema = schema_of(
        prop(PLACE, "place"),
        prop({"type": "string"}, "_sys_a"),
        prop({"type": "string"}, "_sys_b"),
        actions=[{"id": "go", "name": "Go", "input": []}],
    )
    points = {
        "place.x": PointChange(hide=True),
        "place.on": PointChange(rename="shown"),
        "_sys_a": PointChange(unit="m"),
        "_sys_b": PointChange(hide=False),
    }
    quirks = Quirks((Quirk(name="q", match=Match(product_id=frozenset({"p"})), points=points),))
    changed = quirks.apply(schema, device_id="d", product_id="p")
    assert set(changed.visible) == {"shown", "_sys_b"}
    assert changed.described
    assert changed.actions is schema.actions
