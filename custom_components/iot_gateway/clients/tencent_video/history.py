"""What the cloud keeps of a device's past: property values, events, actions and connections.

Times in are seconds since the epoch; the cloud wants seconds for events and milliseconds for the rest (protocol page 1.4).
Times out are milliseconds since the epoch. All lists go as far as the cloud tells, or up to `most` entries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .api import TencentApi
from .loose import as_integer, as_mapping, as_text, entries, from_json
from .paging import pages_by_context

_MOST: Final = 1000
_MILLISECONDS_FROM: Final = 100_000_000_000
"""Times at or above this count milliseconds; in seconds it would be the year 5138."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoricValue:
    """What a property was at a time, as text."""

    time_ms: int
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoricEvent:
    """An event that a device reported; `type` is alert, fault or info, `params` are by id."""

    time_ms: int
    event_id: str
    type: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoricAction:
    """An action that was called; `replied_ms` is None where the device has not answered."""

    time_ms: int
    action_id: str
    name: str = ""
    client_token: str = ""
    status: str = ""
    replied_ms: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusChange:
    """A device came (`online`) or went; None where the cloud's word for it is unknown. `reason` is the cloud's text."""

    time_ms: int
    online: bool | None
    reason: str = ""


async def get_data_history(
    api: TencentApi, product_id: str, device_name: str, field_name: str, start: float, end: float, *, most: int = _MOST
) -> list[HistoricValue]:
    """Return what a property was between two times; raises TencentError."""
    found = await pages_by_context(
        api,
        "DescribeDeviceDataHistory",
        # Without Limit, which is declared as a list of numbers here
        {**_milliseconds(start, end), **_device(product_id, device_name), "FieldName": field_name},
        "Results",
        most=most,
    )
    return [
        HistoricValue(time_ms=time_ms, value=as_text(entry.get("Value")))
        for entry in entries(found)
        if (time_ms := as_integer(entry.get("Time"))) is not None
    ]


async def get_event_history(
    api: TencentApi,
    product_id: str,
    device_name: str,
    start: float,
    end: float,
    *,
    type_: Literal["alert", "fault", "info", ""] = "",
    event_id: str = "",
    most: int = _MOST,
) -> list[HistoricEvent]:
    """Return the events between two times, of one type or one event only where that is told; raises TencentError."""
    found = await pages_by_context(
        api,
        "DescribeDeviceEventHistory",
        {
            **_device(product_id, device_name),
            "Type": type_ or None,
            "EventId": event_id or None,
            "StartTime": int(start),
            "EndTime": int(end),
            "Size": 100,
        },
        "EventHistory",
        most=most,
    )
    return [
        HistoricEvent(
            time_ms=time_ms,
            event_id=as_text(entry.get("EventId")),
            type=as_text(entry.get("Type")),
            params=as_mapping(from_json(entry.get("Data"))),
        )
        for entry in entries(found)
        if (time_ms := _as_milliseconds(entry.get("TimeStamp"))) is not None
    ]


async def get_action_history(
    api: TencentApi,
    product_id: str,
    device_name: str,
    start: float,
    end: float,
    *,
    action_id: str = "",
    most: int = _MOST,
) -> list[HistoricAction]:
    """Return the actions that were called between two times; raises TencentError."""
    found = await pages_by_context(
        api,
        "DescribeDeviceActionHistory",
        {
            **_milliseconds(start, end),
            **_device(product_id, device_name),
            "ActionId": action_id or None,
            "Limit": min(most, 500),
        },
        "ActionHistories",
        most=most,
    )
    return [
        HistoricAction(
            time_ms=time_ms,
            action_id=as_text(entry.get("ActionId")),
            name=as_text(entry.get("ActionName")),
            client_token=as_text(entry.get("ClientToken")),
            status=as_text(entry.get("Status")),
            replied_ms=_as_milliseconds(entry.get("RspTime")) or None,
            inputs=as_mapping(from_json(entry.get("InputParams"))),
            outputs=as_mapping(from_json(entry.get("OutputParams"))),
        )
        for entry in entries(found)
        if (time_ms := _as_milliseconds(entry.get("ReqTime"))) is not None
    ]


async def get_status_log(
    api: TencentApi, product_id: str, device_name: str, start: float, end: float, *, most: int = _MOST
) -> list[StatusChange]:
    """Return when a device came and went between two times; raises TencentError."""
    found = await pages_by_context(
        api,
        "DescribeDeviceStatusLog",
        {**_milliseconds(start, end), **_device(product_id, device_name), "Limit": 100},
        "Results",
        most=most,
    )
    return [
        StatusChange(
            time_ms=time_ms,
            online=_ONLINE.get(as_text(entry.get("Type")).lower()),
            reason=as_text(entry.get("Data")),
        )
        for entry in entries(found)
        if (time_ms := _as_milliseconds(entry.get("Time"))) is not None
    ]


_ONLINE: Final[Mapping[str, bool]] = {"online": True, "1": True, "offline": False, "0": False, "2": False}
"""The documentation has words, its example numbers."""


def _device(product_id: str, device_name: str) -> dict[str, Any]:
    return {"ProductId": product_id, "DeviceName": device_name}


def _milliseconds(start: float, end: float) -> dict[str, Any]:
    return {"MinTime": int(start * 1000), "MaxTime": int(end * 1000)}


def _as_milliseconds(value: Any) -> int | None:
    """Return a time in milliseconds, also one that is in seconds."""
    number = as_integer(value)
    return number * 1000 if number is not None and 0 < number < _MILLISECONDS_FROM else number
