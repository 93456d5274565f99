"""Directions of the wind, as weather stations name them (category qxj, `wind_direct`)."""

from .data_point import Value

_POINTS = (
    "north",
    "north_north_east",
    "north_east",
    "east_north_east",
    "east",
    "east_south_east",
    "south_east",
    "south_south_east",
    "south",
    "south_south_west",
    "south_west",
    "west_south_west",
    "west",
    "west_north_west",
    "north_west",
    "north_north_west",
)
_DEGREES = {name: number * 360 / len(_POINTS) for number, name in enumerate(_POINTS)}


def degrees(value: Value) -> float | None:
    """Return the degrees of a point of the compass by its name, clockwise from north; None where it is none.

    Some stations say degrees themselves.
    """
    if isinstance(value, str):
        return _DEGREES.get(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
