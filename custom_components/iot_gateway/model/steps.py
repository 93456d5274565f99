"""The steps in which a number can be set."""

from .data_point import DataPoint, DataType


def on_step(point: DataPoint, value: float) -> float:
    """Return what is nearest to a value, in its unit, of all that the data point's steps lead to.

    Steps count from the lowest value. What is beyond the limits by half a step or more stays beyond them, so that it
    is refused rather than replaced. A Float has no steps.
    """
    if point.type is DataType.FLOAT:
        return value
    lowest = point.minimum or 0
    steps = round((value - point.shown(lowest)) / point.shown(point.step))
    return point.shown(lowest + steps * point.step)
