"""Tuya's schema into the model."""

import json
from typing import Any

import pytest

from custom_components.iot_gateway.model import Access, DataType, parse_tuya_schema


def entry(code: str, kind: str, values: Any = "{}") -> dict[str, Any]:
    """Return a schema entry as a gateway sends it."""
    return {"code": code, "type": kind, "values": values if isinstance(values, str) else json.dumps(values)}


def test_seed_example() -> None:
    """The very schema of seed 001's get_schema example."""
    countdown = '{"unit":"s","min":0,"max":43200,"scale":0,"step":1}'
    entries = [
        {"code": "switch_1", "type": "Boolean", "values": "{}"},
        {"code": "countdown_1", "type": "Integer", "values": countdown},
    ]
    schema = parse_tuya_schema("kg", entries, entries)
    assert schema.category == "kg"
    assert list(schema.points) == ["switch_1", "countdown_1"]
    switch, timer = schema.points.values()
    assert (switch.type, switch.access) == (DataType.BOOLEAN, Access.READ_WRITE)
    assert (timer.unit, timer.minimum, timer.maximum, timer.scale, timer.step) == ("s", 0, 43200, 0, 1)
    assert timer.spec == countdown


def test_same_content_is_the_same_object() -> None:
    """500 lamps of one kind share one schema."""
    first = parse_tuya_schema("dj", [entry("switch_led", "Boolean")], [])
    assert parse_tuya_schema("dj", [entry("switch_led", "Boolean")], []) is first
    assert parse_tuya_schema("dd", [entry("switch_led", "Boolean")], []) is not first


def test_access_comes_from_the_lists() -> None:
    """In function: can be set; in status: is reported."""
    points = parse_tuya_schema(
        "x",
        [entry("both", "Boolean"), entry("set", "Boolean")],
        [entry("both", "Boolean"), entry("seen", "Boolean")],
    ).points
    assert {code: point.access for code, point in points.items()} == {
        "both": Access.READ_WRITE,
        "set": Access.WRITE,
        "seen": Access.READ,
    }


def test_differing_limits() -> None:
    """To set counts the function, to report the wider of both."""
    point = parse_tuya_schema(
        "cl",
        [entry("control", "Enum", {"range": ["open", "close"]}), entry("p", "Integer", {"min": 10, "max": 90})],
        [entry("control", "Enum", {"range": ["open", "stop"]}), entry("p", "Integer", {"min": 0, "max": 80})],
    ).points
    assert point["control"].options == ("open", "close")
    assert point["control"].known == ("open", "close", "stop")
    assert (point["p"].minimum, point["p"].maximum, point["p"].lowest, point["p"].highest) == (10, 90, 0, 90)


def test_differing_types() -> None:
    """Seen in real devices: colour_data is Json to set and String to report."""
    points = parse_tuya_schema("bzyd", [entry("colour_data", "Json")], [entry("colour_data", "String")]).points
    assert points["colour_data"].type is DataType.JSON
    assert points["colour_data"].access is Access.READ_WRITE
    points = parse_tuya_schema("bzyd", [entry("c", "STRING")], [entry("c", "Json")]).points
    assert points["c"].type is DataType.JSON


@pytest.mark.parametrize(
    ("kind", "data_type"),
    [
        ("BOOLEAN", DataType.BOOLEAN),
        ("bool", DataType.BOOLEAN),
        ("value", DataType.INTEGER),
        ("Enum", DataType.ENUM),
        ("raw", DataType.RAW),
        ("bitmap", DataType.BITMAP),
        ("struct", DataType.STRUCT),
        ("date", DataType.TIMESTAMP),
        ("what?", DataType.STRING),
        ("", DataType.STRING),
    ],
)
def test_types_in_any_spelling(kind: str, data_type: DataType) -> None:
    """An unknown type is shown as text, never dropped."""
    assert parse_tuya_schema("x", [], [entry("dp", kind)]).points["dp"].type is data_type


@pytest.mark.parametrize("values", ["", "not json", "[]", "null", None, 5, "{}", {"unit": None}])
def test_values_that_say_nothing(values: Any) -> None:
    """Limits that cannot be read are no limits."""
    point = parse_tuya_schema("x", [{"code": "dp", "type": "Integer", "values": values}], []).points["dp"]
    assert (point.minimum, point.maximum, point.scale, point.step, point.unit) == (None, None, 0, 1, "")
    assert parse_tuya_schema("x", [{"code": "dp", "type": "Integer"}], []).points["dp"].spec == ""


def test_odd_limits() -> None:
    """Numbers as text, scales beyond sense, steps of zero, ranges the wrong way round."""
    point = parse_tuya_schema(
        "x",
        [],
        [
            entry("text", "Integer", {"min": "0", "max": "100.5", "scale": "1", "step": "0", "unit": " ℃ "}),
            entry("wrong", "Integer", {"min": 100, "max": 0, "scale": 99, "step": -5}),
            entry("empty", "Integer", {"min": 0, "max": 0, "scale": -1}),
            entry("no", "Integer", {"min": "low", "max": True}),
            entry("enum", "Enum", {"range": ["a", "a", 1]}),
            entry("enum2", "Enum", {"range": "a"}),
            entry("bits", "Bitmap", {"label": ["x", "y"], "maxlen": 2}),
            entry("text2", "String", {"maxlen": "255"}),
        ],
    ).points
    assert (point["text"].minimum, point["text"].maximum, point["text"].scale) == (0, 100.5, 1)
    assert (point["text"].step, point["text"].unit) == (1, "℃")
    assert (point["wrong"].minimum, point["wrong"].scale, point["wrong"].step) == (None, 19, 1)
    assert (point["empty"].maximum, point["empty"].scale) == (None, 0)
    assert (point["no"].minimum, point["no"].maximum) == (None, None)
    assert point["enum"].options == ("a", "1")
    assert point["enum2"].options == ()
    assert point["bits"].labels == ("x", "y")
    assert point["text2"].maxlen == 255


def test_entries_without_a_code_are_none() -> None:
    """There is nothing to call them by."""
    assert parse_tuya_schema("x", [{"type": "Boolean"}, {"code": ""}, {"code": None}], []).points == {}


def test_inferred_points() -> None:
    """What is reported but not described becomes a point of the type that its value shows."""
    schema = parse_tuya_schema("x", [entry("known", "Boolean")], [])
    wider = schema.with_inferred({"known": 1, "b": True, "i": 5, "f": 0.5, "s": "x", "j": {"a": 1}, "n": None})
    assert {code: point.type for code, point in wider.points.items()} == {
        "known": DataType.BOOLEAN,
        "b": DataType.BOOLEAN,
        "i": DataType.INTEGER,
        "f": DataType.FLOAT,
        "s": DataType.STRING,
        "j": DataType.JSON,
        "n": DataType.STRING,
    }
    assert all(
        point.access is Access.READ and point.inferred for code, point in wider.points.items() if code != "known"
    )
    assert schema.with_inferred({"known": True}) is schema


def test_cache_is_bounded() -> None:
    """Thousands of different devices do not fill the memory."""
    first = parse_tuya_schema("x0", [], [])
    for number in range(1, 600):
        parse_tuya_schema(f"x{number}", [], [])
    assert parse_tuya_schema("x0", [], []) is not first
