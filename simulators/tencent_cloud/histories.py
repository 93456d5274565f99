"""Calls about what was: values, events, actions, being online (section 1.4). The latest comes first, our choice."""

from collections.abc import Mapping
import json
from typing import Any

from .account import Account
from .errors import INVALID_VALUE, CloudError
from .pages import by_context

type Params = Mapping[str, Any]
type Answer = dict[str, Any]

_DAY = 86_400


class Histories:
    """Answers those calls for an account."""

    def __init__(self, account: Account) -> None:
        """Answer for it."""
        self._account = account

    async def data(self, params: Params) -> Answer:
        """DescribeDeviceDataHistory: times and values are texts, Limit is a list."""
        device = self._account.called(params)
        start, end = _span(params["MinTime"], params["MaxTime"])
        name = params["FieldName"]
        found = [(at, value) for field, at, value in reversed(device.history) if field == name and start <= at <= end]
        limit = (params.get("Limit") or [10])[0]
        page = by_context(found, params.get("Context") or "", limit, 100, self._account.faults.page_size)
        return {
            "FieldName": name,
            "Listover": page.over,
            "Context": page.context,
            "Results": [
                {"Time": str(at), "Value": value if isinstance(value, str) else json.dumps(value)}
                for at, value in page.items
            ],
        }

    async def events(self, params: Params) -> Answer:
        """DescribeDeviceEventHistory: asked for in seconds, answered in milliseconds."""
        device = self._account.called(params)
        start, end = self.seconds(params)
        kind, event_id = params.get("Type") or "", params.get("EventId") or ""
        if kind not in ("", "alert", "fault", "info"):
            raise CloudError(INVALID_VALUE, "Type is alert, fault, info or empty.")
        found = [
            event
            for event in reversed(device.events)
            if start * 1000 <= event.time < (end + 1) * 1000 and kind in ("", event.type) and event_id in ("", event.id)
        ]
        size = params.get("Size") or 10
        page = by_context(found, params.get("Context") or "", size, 100, self._account.faults.page_size)
        return {
            "Context": page.context,
            "Total": len(found),
            "Listover": page.over,
            "EventHistory": [
                {
                    "TimeStamp": event.time,
                    "ProductId": device.product_id,
                    "DeviceName": device.name,
                    "EventId": event.id,
                    "Type": event.type,
                    "Data": json.dumps(event.params),
                }
                for event in page.items
            ],
        }

    async def actions(self, params: Params) -> Answer:
        """DescribeDeviceActionHistory: without a Limit there is nothing but the count, as its default is 0."""
        device = self._account.called(params)
        start, end = _span(params["MinTime"], params["MaxTime"])
        wanted = params.get("ActionId") or ""
        found = [
            action for action in reversed(device.actions) if start <= action.asked <= end and wanted in ("", action.id)
        ]
        if not (limit := params.get("Limit") or 0):
            return {"TotalCounts": len(found), "ActionHistories": [], "Context": "", "Listover": not found}
        page = by_context(found, params.get("Context") or "", limit, 500, self._account.faults.page_size)
        return {
            "TotalCounts": len(found),
            "Context": page.context,
            "Listover": page.over,
            "ActionHistories": [
                {
                    "DeviceName": device.name,
                    "ActionId": action.id,
                    "ActionName": action.name,
                    "ReqTime": action.asked,
                    "RspTime": action.answered,
                    "InputParams": json.dumps(action.inputs),
                    "OutputParams": json.dumps(action.outputs),
                    "Calling": action.calling,
                    "ClientToken": action.token,
                    "Status": action.status,
                }
                for action in page.items
            ],
        }

    async def statuses(self, params: Params) -> Answer:
        """DescribeDeviceStatusLog: Online and Offline, or 1 and 0 (see the faults)."""
        device = self._account.called(params)
        start, end = _span(params["MinTime"], params["MaxTime"])
        names = ("0", "1") if self._account.faults.status_numbers else ("Offline", "Online")
        found = [(at, names[online]) for at, online in reversed(device.statuses) if start <= at <= end]
        limit = params.get("Limit") or 10
        page = by_context(found, params.get("Context") or "", limit, 100, self._account.faults.page_size)
        return {
            "Listover": page.over,
            "Context": page.context,
            "TotalCount": len(found),
            "Results": [{"Time": str(at), "Type": name, "Data": ""} for at, name in page.items],
        }

    def seconds(self, params: Params) -> tuple[int, int]:
        """Return StartTime and EndTime, of which 0 is a day ago and now; raises CloudError."""
        now = int(self._account.now())
        return _span(params.get("StartTime") or now - _DAY, params.get("EndTime") or now)


def _span(start: int, end: int) -> tuple[int, int]:
    if not 0 <= start <= end:
        raise CloudError(INVALID_VALUE, "The times aren't in order.")
    return start, end
