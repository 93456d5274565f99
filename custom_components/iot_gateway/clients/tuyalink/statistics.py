"""What a link has seen."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class LinkStatistics:
    """The counters of a link, which only grow.

    `connections` were made, `losses` happened, `refused` attempts were declined for the credentials, `takeovers` were told.
    `sent` messages were handed to the broker, `confirmed` ones it confirmed, `unconfirmed` ones may or may not have arrived;
    `confirmed_in` is how many seconds the last confirmation took. `requests` were made, `answers` came to them; `timeouts` are
    requests without an answer, `refusals` the answers with a code other than 0, by code. `commands` came, `duplicates` of them came again and were not run a second time.
    `unmatched` messages were for nobody, `malformed` ones could not be read, `refused_subscriptions` are topics that the
    broker does not let us hear.
    """

    connections: int = 0
    losses: int = 0
    failed_attempts: int = 0
    refused: int = 0
    takeovers: int = 0
    sent: int = 0
    confirmed: int = 0
    unconfirmed: int = 0
    confirmed_in: float | None = None
    received: int = 0
    requests: int = 0
    answers: int = 0
    timeouts: int = 0
    refusals: dict[int, int] = field(default_factory=dict)
    commands: int = 0
    duplicates: int = 0
    unmatched: int = 0
    malformed: int = 0
    handler_errors: int = 0
    refused_subscriptions: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return all of it by name, fit for JSON."""
        counters = asdict(self)
        counters["refusals"] = {str(code): count for code, count in self.refusals.items()}
        return counters
