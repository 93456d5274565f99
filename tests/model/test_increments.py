"""Increments, summed: each report once."""

from dataclasses import replace

import pytest

from custom_components.iot_gateway.model import Access, DataPoint, DataType, parse_tuya_schema
from custom_components.iot_gateway.model.increments import IncrementSum, reports_increments

COUNTER = DataPoint(code="add_ele", type=DataType.INTEGER, access=Access.READ, unit="kW·h", highest=50000, scale=3)


@pytest.mark.parametrize(
    ("point", "increments"),
    [
        (COUNTER, True),
        (replace(COUNTER, highest=None), True),
        (replace(COUNTER, highest=9_999_999), True),
        (replace(COUNTER, highest=100_000_000), False),
        (replace(COUNTER, highest=100_000_000, unit="Wh"), True),
        (replace(COUNTER, highest=100_000_000, unit="W·h", scale=0), False),
        (replace(COUNTER, highest=100_000_000, increments=True), True),
        (replace(COUNTER, increments=False), False),
        (replace(COUNTER, type=DataType.STRING), False),
    ],
)
def test_what_reports_increments(point: DataPoint, increments: bool) -> None:
    """The schema's word counts; a limit that no increment needs makes a total."""
    assert reports_increments(point) is increments


@pytest.mark.parametrize(("said", "increments"), [("sum", True), ("minux", False), ("avg", None), (None, None)])
def test_report_type(said: str | None, increments: bool | None) -> None:
    """Some of Tuya's answers say how a data point is counted; what can be set and is reported keeps it."""
    entry = {"code": "x", "type": "Integer", "values": "{}", **({} if said is None else {"report_type": said})}
    assert parse_tuya_schema("cz", [], [entry]).points["x"].increments is increments
    plain = {"code": "x", "type": "Integer", "values": "{}"}
    assert parse_tuya_schema("cz", [plain], [entry]).points["x"].increments is increments


def test_sum() -> None:
    """Increments add up without the noise of binary fractions; an equal one is as much again."""
    counted = IncrementSum(3)
    counted.begin(0.1)
    assert counted.add(0.2, 1, 0.0)
    assert counted.total == 0.3
    assert counted.add(0.2, 2, 0.1)
    assert counted.total == 0.5
    assert not counted.add(-0.1, 3, 0.2)
    assert counted.total == 0.5


def test_whole_numbers_stay_whole() -> None:
    """What has no decimals shows none."""
    counted = IncrementSum(0)
    assert str(counted.total) == "0"
    counted.add(7, 1, 0.0)
    assert str(counted.total) == "7"


def test_told_twice() -> None:
    """The same number and value are the same report, also when others came between; long after, another's."""
    counted = IncrementSum(0)
    assert counted.add(1, 10, 0.0)
    assert counted.add(2, 11, 1.0)
    assert not counted.add(1, 10, 2.0)
    assert counted.add(5, 10, 3.0), "a gateway that gives every report the same number"
    assert counted.add(1, 10, 61.0)
    assert counted.total == 9


def test_without_numbers() -> None:
    """An equal report at once is an echo, a later one is not; one that says something else is none."""
    counted = IncrementSum(0)
    assert counted.add(3, None, 0.0)
    assert not counted.add(3, None, 0.9)
    assert counted.add(4, None, 0.9)
    assert counted.add(3, None, 1.1)
    assert counted.total == 10


def test_back() -> None:
    """A device that comes back tells again what it told last; anything else, or later, is new."""
    counted = IncrementSum(0)
    counted.add(3, 1, 0.0)
    counted.back(3, 100.0)
    assert not counted.add(3, 2, 105.0)
    assert counted.add(3, 3, 111.0)
    counted.back(3, 200.0)
    assert counted.add(4, 4, 201.0)
    assert counted.add(3, 5, 202.0), "the device is past its return once it said something new"
    counted.back(None, 300.0)
    assert counted.add(3, 6, 301.0)
    assert counted.total == 16
