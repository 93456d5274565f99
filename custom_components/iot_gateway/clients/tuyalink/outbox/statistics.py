"""What an outbox has seen."""

from dataclasses import asdict, dataclass


@dataclass(slots=True, kw_only=True)
class OutboxStatistics:
    """The counters of an outbox, which only grow.

    Of the values and events `offered`, `unchanged` ones said nothing new and `coalesced` ones were superseded before they
    could go out. `reported` were sent as news, `kept` became history, `history_sent` were sent as such, `restated` were
    reported once more behind it. Lost are `dropped` ones, the oldest of a full history, and `refused` ones, which the cloud
    does not take; `partly_refused` messages had some of these in them. `unconfirmed` ones were sent, but the cloud did not
    answer. `deliveries` is the number of messages, `failures` of those that did not get through.
    """

    offered: int = 0
    unchanged: int = 0
    coalesced: int = 0
    reported: int = 0
    kept: int = 0
    history_sent: int = 0
    restated: int = 0
    dropped: int = 0
    refused: int = 0
    partly_refused: int = 0
    unconfirmed: int = 0
    deliveries: int = 0
    failures: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return all of it by name, fit for JSON."""
        return asdict(self)
