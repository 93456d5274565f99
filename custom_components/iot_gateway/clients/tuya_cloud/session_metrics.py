"""What a session took, for diagnostics and for whoever measures."""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True, kw_only=True)
class SessionMetrics:
    """When what happened, in seconds of the clock, None for what has not; and how often."""

    offered_at: float | None = None
    published_at: float | None = None
    answer_received_at: float | None = None
    answer_sent_at: float | None = None
    first_candidate_at: float | None = None
    closed_at: float | None = None
    attempts: int = 0
    wakes: int = 0
    candidates_sent: int = 0
    candidates_received: int = 0
    close_reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it fit for JSON: milliseconds since the viewer's offer, and counts; no secrets."""
        begin = self.offered_at or 0.0
        moments = {
            "published": self.published_at,
            "answer_received": self.answer_received_at,
            "answer_sent": self.answer_sent_at,
            "first_candidate": self.first_candidate_at,
            "closed": self.closed_at,
        }
        return {
            **{f"{name}_ms": None if at is None else round((at - begin) * 1000, 1) for name, at in moments.items()},
            "attempts": self.attempts,
            "retries": max(0, self.attempts - 1),
            "wakes": self.wakes,
            "candidates_sent": self.candidates_sent,
            "candidates_received": self.candidates_received,
            "close_reason": self.close_reason,
        }
