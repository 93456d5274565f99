"""Values that do not keep to a form."""

from typing import Any

import pytest

from custom_components.iot_gateway.clients.tencent_video.loose import (
    as_flag,
    as_integer,
    as_mapping,
    as_number,
    as_text,
    entries,
    from_json,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5", 5),
        (" -7 ", -7),
        (5.0, 5),
        ("5.0", 5),
        (9007199254740993, 9007199254740993),
        ("9007199254740993", 9007199254740993),
        ("5.5", None),
        (True, None),
        (None, None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("--1", None),
        ("9" * 5000, None),
        ([1], None),
    ],
)
def test_integers(value: Any, expected: int | None) -> None:
    assert as_integer(value) == expected


def test_numbers() -> None:
    assert as_number("0.1") == 0.1
    assert as_number(3) == 3
    assert as_number(float("nan")) is None
    assert as_number(10**400) is None
    assert as_number(False) is None
    assert as_number("x") is None


def test_texts_flags_objects() -> None:
    odd: list[Any] = [" a ", 5, True, None, []]
    assert [as_text(value) for value in odd] == ["a", "5", "", "", ""]
    assert [as_flag(value) for value in (True, 1, "1", "True", 0, "0", "", None, 2)] == [True] * 4 + [False] * 5
    assert as_mapping([]) == {}
    assert list(entries([{"a": 1}, 5, None])) == [{"a": 1}]
    assert list(entries({"a": 1})) == []
    assert from_json('{"a":1}') == {"a": 1}
    assert from_json({"a": 1}) == {"a": 1}
    assert from_json("{") is None
    assert from_json("[" * 200_000) is None
