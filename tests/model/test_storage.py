"""The memory card of a camera."""

import pytest

from custom_components.iot_gateway.model import Value
from custom_components.iot_gateway.model.storage import storage_part, storage_state


@pytest.mark.parametrize(
    ("value", "state"),
    [(1, "normal"), (5, "missing"), (0.5, "missing"), (6, None), (0, None), (True, None), ("1", None)],
)
def test_state(value: Value, state: str | None) -> None:
    """The numbers of the standard set, also where a schema scales them; others mean nothing."""
    assert storage_state(value) == state


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ("300|100|200", [300, 100, 200]),
        ("300|100", [None] * 3),
        ("", [None] * 3),
        ("a|b|c", [None] * 3),
        (7, [None] * 3),
    ],
)
def test_parts(value: Value, numbers: list[int | None]) -> None:
    """Total, used and free, in that order."""
    assert [storage_part(index)(value) for index in range(3)] == numbers
