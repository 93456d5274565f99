"""What a device says of itself."""

import logging

import pytest

from custom_components.iot_gateway.model import DataType, Device, parse_tuya_schema

SCHEMA = parse_tuya_schema(
    "kg",
    [{"code": "switch_1", "type": "Boolean", "values": "{}"}],
    [
        {"code": "switch_1", "type": "Boolean", "values": "{}"},
        {"code": "level", "type": "Integer", "values": '{"min":0,"max":10,"scale":1}'},
    ],
)


def test_apply_names_what_changed() -> None:
    """The same value again is no change; True and 1 are not the same."""
    device = Device(id="d", schema=SCHEMA)
    assert device.category == "kg"
    assert device.value("switch_1") is None
    assert device.apply({"switch_1": True, "level": 5}, when=100.0) == {"switch_1", "level"}
    assert device.apply({"switch_1": True, "level": 6}, when=200.0) == {"level"}
    assert device.apply({"level": 6}) == frozenset()
    assert device.apply({"switch_1": 1}) == {"switch_1"}
    assert device.value("switch_1") is True
    assert device.value("level") == 0.6
    assert device.reported_at["switch_1"] > 200


def test_values_that_the_schema_does_not_allow(caplog: pytest.LogCaptureFixture) -> None:
    """Unknown, logged once, counted each time, raw kept; the next good one is good."""
    device = Device(id="d", schema=SCHEMA)
    with caplog.at_level(logging.WARNING):
        for raw in (11, 12, 13):
            device.apply({"level": raw})
    assert device.value("level") is None
    assert device.state["level"] == 13
    assert device.invalid == {"level": 3}
    assert len(caplog.records) == 1
    assert "level" in caplog.text
    device.apply({"level": 1})
    assert device.value("level") == 0.1


def test_codes_beyond_the_schema_are_kept() -> None:
    """No data point is dropped."""
    device = Device(id="d", schema=SCHEMA)
    assert device.apply({"extra": 7, "nothing": None}) == {"extra", "nothing"}
    assert device.value("extra") == 7
    assert device.value("nothing") is None
    assert device.schema.points["extra"].type is DataType.INTEGER
    assert device.schema is not SCHEMA
    assert "extra" not in SCHEMA.points
