"""Directions of the wind."""

import pytest

from custom_components.iot_gateway.model.compass import degrees


@pytest.mark.parametrize(
    ("value", "expected"),
    [("north", 0.0), ("north_north_east", 22.5), ("east", 90.0), ("south_west", 225.0), ("north_north_west", 337.5)],
)
def test_names(value: str, expected: float) -> None:
    """Clockwise from north."""
    assert degrees(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(135, 135), (22.5, 22.5), ("none", None), (True, None), (b"", None)])
def test_other_values(value: object, expected: float | None) -> None:
    """Some stations say degrees; what is no direction is none."""
    assert degrees(value) == expected  # type: ignore[arg-type]
