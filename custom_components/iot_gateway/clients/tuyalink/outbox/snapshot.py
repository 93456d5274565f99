"""What of an outbox outlives a restart, and how it is written as JSON."""

from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import MessageInvalid
from ..records import EventRecord, PropertyRecord, Record

_VERSION: Final = 1


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """Records that are not confirmed yet.

    `delivered` ones the cloud has, but has to be told once more behind the `history`; `pending` are the newest values.
    """

    delivered: list[Record] = field(default_factory=list)
    pending: list[Record] = field(default_factory=list)
    history: list[Record] = field(default_factory=list)


def write_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot fit for JSON."""
    return {
        "version": _VERSION,
        "delivered": [_written(record) for record in snapshot.delivered],
        "pending": [_written(record) for record in snapshot.pending],
        "history": [_written(record) for record in snapshot.history],
    }


def read_snapshot(data: Any) -> tuple[Snapshot, int]:
    """Return what was written, and how many records of it cannot be read; empty for anything of another version."""
    snapshot = Snapshot()
    unreadable = 0
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        return snapshot, unreadable
    for name, records in (
        ("delivered", snapshot.delivered),
        ("pending", snapshot.pending),
        ("history", snapshot.history),
    ):
        entries = data.get(name)
        for entry in entries if isinstance(entries, list) else ():
            try:
                records.append(_read(entry))
            except MessageInvalid:
                unreadable += 1
    return snapshot, unreadable


def _written(record: Record) -> list[Any]:
    if isinstance(record, PropertyRecord):
        return ["property", record.device_id, record.code, record.value, record.time]
    return ["event", record.device_id, record.code, dict(record.outputs), record.time]


def _read(entry: Any) -> Record:
    match entry:
        case ["property", str(device_id), str(code), value, int(time_ms)]:
            return PropertyRecord(device_id=device_id, code=code, value=value, time=time_ms)
        case ["event", str(device_id), str(code), dict(outputs), int(time_ms)]:
            return EventRecord(device_id=device_id, code=code, outputs=outputs, time=time_ms)
    raise MessageInvalid("A kept record cannot be read")
