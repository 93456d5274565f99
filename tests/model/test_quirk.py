"""What a quirk makes of a schema and of the values that go through it."""

from dataclasses import replace
import json
from typing import Any

import pytest

from custom_components.iot_gateway.model import (
    Access,
    DataType,
    Device,
    DeviceSchema,
    EntityChange,
    InvalidValue,
    Quirk,
    Quirks,
    parse_tuya_schema,
)
from custom_components.iot_gateway.model.quirk import Match, PointChange, SpecMatch

TEMPERATURE = {"unit": "℃", "min": 0, "max": 500, "scale": 0, "step": 1}


def entry(code: str, kind: str, values: Any = "{}") -> dict[str, Any]:
    """Return a schema entry as a gateway sends it."""
    return {"code": code, "type": kind, "values": values if isinstance(values, str) else json.dumps(values)}


def schema_of(*writable: dict[str, Any], reported: tuple[dict[str, Any], ...] = ()) -> DeviceSchema:
    """Return the schema of a device with data points that can be set, and others that are only reported."""
    return parse_tuya_schema("quirky", list(writable), [*writable, *reported])


def changed(schema: DeviceSchema, **changes: PointChange) -> DeviceSchema:
    """Return a schema as one quirk for it has it."""
    quirk = Quirk(name="test.yaml:1", match=Match(category=frozenset({"quirky"})), points=changes)
    return Quirks([quirk]).apply(schema, device_id="x")


PLUG = schema_of(
    entry("switch", "Boolean"),
    entry("level", "Integer", {"unit": "%", "min": 10, "max": 90, "scale": 0, "step": 5}),
    entry("mode", "Enum", {"range": ["open", "stop", "close"]}),
    entry("note", "String"),
    reported=(entry("temp", "Integer", TEMPERATURE), entry("fault", "Bitmap", {"label": ["a", "b"]})),
)


# Which devices


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        (Match(category=frozenset({"quirky", "cl"})), True),
        (Match(category=frozenset({"cl"})), False),
        (Match(product_id=frozenset({"p1", "p2"})), True),
        (Match(product_id=frozenset({"p2"})), False),
        (Match(device_id=frozenset({"d1"})), True),
        (Match(device_id=frozenset({"d2"})), False),
        (Match(has=frozenset({"switch", "unlisted"})), True),
        (Match(has=frozenset({"switch", "missing"})), False),
        (Match(category=frozenset({"quirky"}), product_id=frozenset({"p2"})), False),
        (Match(spec={"temp": SpecMatch(type=(DataType.INTEGER,), scale=(1, 0), maximum=(500,), unit=("℃",))}), True),
        (Match(spec={"temp": SpecMatch(scale=(1,))}), False),
        (Match(spec={"temp": SpecMatch(minimum=(1,))}), False),
        (Match(spec={"temp": SpecMatch(access=(Access.READ_WRITE,))}), False),
        (Match(spec={"level": SpecMatch(access=(Access.READ_WRITE,), step=(5,))}), True),
        (Match(spec={"mode": SpecMatch(options=("close", "open", "stop"))}), True),
        (Match(spec={"mode": SpecMatch(options=("close", "open"))}), False),
        (Match(spec={"fault": SpecMatch(options=("a", "b"))}), True),
        (Match(spec={"unlisted": SpecMatch()}), False),
    ],
)
def test_match(match: Match, fits: bool) -> None:
    """All that a match names must fit, one of several where several are named."""
    assert match.fits(PLUG, "d1", "p1", {"unlisted"}) is fits


def test_no_quirk_leaves_the_schema_itself() -> None:
    """What no quirk is for is not even copied."""
    quirks = Quirks([Quirk(name="q", match=Match(category=frozenset({"other"})))])
    assert quirks.apply(PLUG, device_id="x") is PLUG
    assert Quirks().apply(PLUG, device_id="x") is PLUG
    assert PLUG.received({"switch": True}) == {"switch": True}
    assert PLUG.quirks == ()


def test_500_devices_share_one_schema() -> None:
    """What quirks make of a schema is made once for the same quirks."""
    every = Quirk(name="all", match=Match(has=frozenset({"temp"})), points={"temp": PointChange(scale=1)})
    one = Quirk(name="one", match=Match(device_id=frozenset({"d7"})), points={"temp": PointChange(unit="°F")})
    quirks = Quirks([every, one])
    schemas = {quirks.apply(PLUG, device_id=f"d{number}") for number in range(500)}
    assert len(schemas) == 2
    assert {schema.quirks for schema in schemas} == {("all",), ("all", "one")}


def test_a_point_that_is_not_changed_is_the_same() -> None:
    """Only what a quirk names is made anew, and only values that are changed on their way go a longer way."""
    schema = changed(PLUG, temp=PointChange(scale=1), note=PointChange(maxlen=3))
    assert schema.points["switch"] is PLUG.points["switch"]
    assert type(schema.points["temp"]) is type(PLUG.points["temp"])
    assert schema.points["note"].maxlen == 3
    with pytest.raises(InvalidValue):
        schema.points["note"].encode("abcd")


# What is changed


def test_specification() -> None:
    """Type, access, unit, range and options are as the quirk has them."""
    schema = changed(
        PLUG,
        temp=PointChange(scale=1, unit="°F", minimum=-100, maximum=1000, step=5, access=Access.READ_WRITE),
        mode=PointChange(options=("open", "close")),
        fault=PointChange(labels=("hot", "cold", "wet")),
        note=PointChange(type=DataType.INTEGER),
    )
    temp = schema.points["temp"]
    assert (temp.unit, temp.minimum, temp.maximum, temp.step, temp.writable) == ("°F", -100, 1000, 5, True)
    assert temp.decode(-50) == -5.0
    assert temp.encode(99.5) == 995
    assert temp.spec == PLUG.points["temp"].spec
    assert schema.points["mode"].options == schema.points["mode"].known == ("open", "close")
    assert schema.points["fault"].faults(4) == ("wet",)
    assert schema.points["note"].decode("12") == 12
    assert schema.points["note"].encode(13, 12.0) == 13.0
    # Its own schema says that it is a text; once it reports a number, a number is sent
    assert schema.points["note"].encode(13) == "13"
    assert schema.points["note"].encode(13, 12) == 13


def test_rename() -> None:
    """What is reported comes in under the new code, and what is set goes out under the old one."""
    schema = changed(PLUG, switch=PointChange(rename="switch_led"), later=PointChange(rename="sooner"))
    assert "switch" not in schema.points
    assert list(schema.points)[0] == schema.points["switch_led"].code == "switch_led"
    assert schema.received({"switch": True, "level": 20, "later": 1}) == {"switch_led": True, "level": 20, "sooner": 1}
    assert schema.sent({"switch_led": False, "level": 20}) == {"switch": False, "level": 20}
    # What is reported beyond the schema does not lose that
    assert schema.with_inferred({"new": 1}).received({"switch": True}) == {"switch_led": True}


def test_swap() -> None:
    """Two data points can change places."""
    schema = changed(PLUG, switch=PointChange(rename="note"), note=PointChange(rename="switch"))
    assert schema.points["switch"].type is DataType.STRING
    assert schema.sent({"switch": "a", "note": True}) == {"note": "a", "switch": True}


@pytest.mark.parametrize(
    "changes",
    [
        {"switch": PointChange(rename="level")},
        {"switch": PointChange(rename="both"), "note": PointChange(rename="both")},
    ],
)
def test_rename_to_what_is_there(changes: dict[str, PointChange], caplog: pytest.LogCaptureFixture) -> None:
    """No data point takes the place of another."""
    schema = changed(PLUG, **changes)
    assert len(schema.points) == len(PLUG.points)
    assert "not renamed, as there is another" in caplog.text


@pytest.mark.parametrize(
    ("code", "raw", "value"),
    [
        ("switch", True, False),
        ("switch", 0, True),
        ("level", 10, 90),
        ("level", 70, 30),
        ("mode", "open", "close"),
        ("mode", "stop", "stop"),
        ("mode", "close", "open"),
    ],
)
def test_invert(code: str, raw: Any, value: Any) -> None:
    """True is false, the least the most, the first option the last; both ways."""
    point = changed(PLUG, **{code: PointChange(invert=True)}).points[code]
    assert point.decode(raw) == value
    assert type(point.decode(raw)) is type(value)
    assert point.encode(value, raw) == raw


def test_invert_keeps_the_limits() -> None:
    """What is out of range stays so."""
    point = changed(PLUG, level=PointChange(invert=True)).points["level"]
    with pytest.raises(InvalidValue, match="10 to 90"):
        point.encode(91)
    with pytest.raises(InvalidValue):
        point.decode(9)


def test_invert_without_limits(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is turned round of which the ends are not known, and the log says so."""
    point = changed(PLUG, note=PointChange(invert=True)).points["note"]
    assert point is not None
    assert point.decode("a") == "a"
    assert "note cannot be inverted" in caplog.text


def test_factor() -> None:
    """Half degrees, with a scale and without; errors name what was asked for and what would do."""
    point = changed(PLUG, temp=PointChange(factor=0.5, access=Access.READ_WRITE, maximum=70)).points["temp"]
    assert point.decode(43) == 21.5
    assert point.encode(21.5) == 43
    assert point.encode("21.5") == 43
    assert point.shown(point.step) == 0.5
    with pytest.raises(InvalidValue, match=r"40 is not a number from 0 to 35 ℃"):
        point.encode(40)
    with pytest.raises(InvalidValue, match="warm"):
        point.encode("warm")
    with pytest.raises(InvalidValue):
        point.encode(True)
    scaled = changed(PLUG, temp=PointChange(factor=3, scale=1)).points["temp"]
    assert scaled.decode(1) == 0.3
    both = changed(PLUG, level=PointChange(factor=0.5, invert=True)).points["level"]
    assert both.decode(10) == 45
    assert both.encode(45) == 10


def test_map() -> None:
    """Values get other names, and go out under their own."""
    point = changed(PLUG, mode=PointChange(names=(("open", "up"), ("close", "down")))).points["mode"]
    assert point.options == point.known == ("up", "stop", "down")
    assert [point.decode(raw) for raw in ("open", "stop", "close")] == ["up", "stop", "down"]
    assert [point.encode(value) for value in ("up", "stop", "down")] == ["open", "stop", "close"]
    with pytest.raises(InvalidValue, match="up, stop, down"):
        point.encode("open")


def test_map_and_invert() -> None:
    """First the names, then the other way round."""
    change = PointChange(names=(("open", "up"), ("stop", "hold"), ("close", "down")), invert=True)
    point = changed(PLUG, mode=change).points["mode"]
    assert [point.decode(raw) for raw in ("open", "stop", "close")] == ["down", "hold", "up"]
    assert [point.encode(value) for value in ("down", "hold", "up")] == ["open", "stop", "close"]


def test_map_to_another_type() -> None:
    """An Enum may be a Boolean, and a number an Enum; what goes out is what the device takes."""
    change = PointChange(type=DataType.BOOLEAN, names=(("open", True), ("close", False)))
    point = changed(PLUG, mode=change).points["mode"]
    assert (point.decode("open"), point.decode("close")) == (True, False)
    assert (point.encode(True), point.encode(False)) == ("open", "close")
    inverted = changed(PLUG, mode=replace(change, invert=True)).points["mode"]
    assert inverted.decode("open") is False
    assert inverted.encode(False) == "open"

    change = PointChange(type=DataType.ENUM, names=(("10", "low"), ("90", "high")))
    point = changed(PLUG, level=change).points["level"]
    assert point.options == ("low", "high")
    assert (point.decode(10), point.decode(90)) == ("low", "high")
    assert (point.encode("low"), point.encode("high", 10)) == (10, 90)
    assert type(point.encode("low")) is int

    change = PointChange(type=DataType.ENUM, names=(("true", "open"), ("false", "closed")))
    point = changed(PLUG, switch=change).points["switch"]
    assert (point.decode(True), point.encode("closed")) == ("open", False)


def test_form_of_the_device() -> None:
    """What is no number stays what it is, though the device reported one last."""
    point = changed(PLUG, mode=PointChange(type=DataType.STRING)).points["mode"]
    assert point.encode("open", 5) == "open"
    assert point.encode("7", 5) == 7


def test_map_of_several_to_one() -> None:
    """The first of several that mean the same is what is sent."""
    point = changed(PLUG, mode=PointChange(names=(("stop", "rest"), ("close", "rest")))).points["mode"]
    assert point.options == ("open", "rest")
    assert point.decode("close") == "rest"
    assert point.encode("rest") == "stop"


def test_hide() -> None:
    """A hidden data point keeps its state and can be set, and is not seen; one that comes later too."""
    schema = changed(PLUG, note=PointChange(hide=True), later=PointChange(hide=True))
    assert "note" in schema.points
    assert set(PLUG.points) - set(schema.visible) == {"note"}
    assert "later" not in schema.with_inferred({"later": 1, "other": 1}).visible
    assert "other" in schema.with_inferred({"later": 1, "other": 1}).visible


def test_add() -> None:
    """A data point that the schema lacks is added; one that it has is left alone."""
    change = PointChange(add=True, type=DataType.INTEGER, unit="°C", minimum=-200, maximum=600, scale=1)
    schema = changed(PLUG, outside=change, temp=change)
    assert schema.points["temp"] is PLUG.points["temp"]
    assert schema.points["outside"].decode(215) == 21.5
    assert schema.points["outside"].access is Access.READ
    device = Device(id="x", schema=schema)
    device.apply({"outside": -50})
    assert device.schema is schema
    assert device.value("outside") == -5.0


def test_what_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    """A change of a data point that a device lacks is told, with what would do; once for all such devices."""
    quirk = Quirk(name="my.yaml:3 Mine", match=Match(), points={"temperature": PointChange(scale=1)})
    quirks = Quirks([quirk])
    for number in range(3):
        quirks.apply(PLUG, device_id=f"d{number}")
    assert caplog.text.count("no data point temperature to change; with `add: true`") == 1
    assert "my.yaml:3 Mine" in caplog.text


def test_the_later_one_has_the_last_word() -> None:
    """What only one says stays; where both say something, the later one counts, so that a user can undo a quirk."""
    first = Quirk(
        name="first",
        match=Match(),
        category="cl",
        points={
            "level": PointChange(invert=True, unit="cm", entity=EntityChange(name="Depth", device_class="distance")),
            "note": PointChange(hide=True),
        },
    )
    second = Quirk(
        name="second",
        match=Match(),
        points={
            "level": PointChange(invert=False, entity=EntityChange(name="Height")),
            "note": PointChange(hide=False),
            "switch": PointChange(entity=EntityChange(enabled=False)),
        },
    )
    schema = Quirks([first, second]).apply(PLUG, device_id="x")
    assert schema.points["level"].decode(20) == 20
    assert schema.points["level"].unit == "cm"
    assert schema.entity_changes["level"] == EntityChange(name="Height", device_class="distance")
    assert schema.entity_changes["switch"] == EntityChange(enabled=False)
    assert not schema.hidden
    assert schema.category == "cl"
    assert schema.quirks == ("first", "second")


def test_device_decodes() -> None:
    """A device's values are the changed ones, its state is what it said."""
    device = Device(id="x", schema=changed(PLUG, temp=PointChange(scale=1), mode=PointChange(invert=True)))
    device.apply({"temp": 215, "mode": "open"})
    assert (device.value("temp"), device.value("mode")) == (21.5, "close")
    assert device.state == {"temp": 215, "mode": "open"}
