"""The schema of a device: its category and its data points."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
import json

from .data_point import Access, DataPoint, DataType, Raw


@dataclass(frozen=True, eq=False)
class DeviceSchema:
    """A category and the data points that a device of it has, by code.

    Schemas are compared by identity: `parse_tuya_schema` returns the same object for the same content, so that 500
    lamps of one kind share one schema and everything that is derived from it.
    """

    category: str
    points: Mapping[str, DataPoint] = field(repr=False)

    def with_inferred(self, values: Mapping[str, Raw]) -> DeviceSchema:
        """Return a schema that also has the codes of `values`, typed by what they hold.

        Devices report data points that their schema leaves out. They become read-only points of the type that
        their first value shows, so that nothing is lost; what may be set cannot be known.
        """
        found = {code: _infer(code, raw) for code, raw in values.items() if code not in self.points}
        return replace(self, points={**self.points, **found}) if found else self


def _infer(code: str, raw: Raw) -> DataPoint:
    """Return the data point that one reported value hints at."""
    if isinstance(raw, bool):
        inferred = DataType.BOOLEAN
    elif isinstance(raw, int):
        inferred = DataType.INTEGER
    elif isinstance(raw, float):
        inferred = DataType.FLOAT
    elif isinstance(raw, dict | list):
        inferred = DataType.JSON
    else:
        inferred = DataType.STRING
    return DataPoint(code=code, type=inferred, access=Access.READ, inferred=True, spec=json.dumps({}))
