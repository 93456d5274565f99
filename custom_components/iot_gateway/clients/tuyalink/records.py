"""What a device tells: a value that a property took, and an event, each with its time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyRecord:
    """A value that a property took at `time`, milliseconds since the epoch; the value is as it goes over the wire."""

    device_id: str
    code: str
    value: Any = field(repr=False)
    time: int

    @property
    def body(self) -> dict[str, Any]:
        """Return it as reports have it."""
        return {"value": self.value, "time": self.time}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """An event at `time`, milliseconds since the epoch, with its output parameters by code."""

    device_id: str
    code: str
    outputs: Mapping[str, Any] = field(repr=False)
    time: int

    @property
    def body(self) -> dict[str, Any]:
        """Return it as batch and history reports have it."""
        return {"outputParams": dict(self.outputs), "eventTime": self.time}


type Record = PropertyRecord | EventRecord
