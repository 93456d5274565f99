"""Counters of a link, for diagnostics."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True, kw_only=True)
class LinkStatistics:
    """What a link has seen; it outlives single connections, and its counters only grow.

    `malformed_frames` could not be decoded at all, `malformed_entries` are parts of decoded messages that were
    skipped; `unmatched_results` came too late or answer nothing that was asked. `last_received` and
    `connected_since` are seconds of the event loop's monotonic clock, None where there is none.
    """

    frames_received: int = 0
    frames_sent: int = 0
    pings_sent: int = 0
    events: int = 0
    requests: int = 0
    request_timeouts: int = 0
    rejected_requests: int = 0
    malformed_frames: int = 0
    malformed_entries: int = 0
    unknown_messages: int = 0
    unknown_events: int = 0
    unmatched_results: int = 0
    connections: int = 0
    reconnects: int = 0
    failed_attempts: int = 0
    last_received: float | None = None
    connected_since: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it by name, fit for JSON."""
        return asdict(self)
