"""What the camera counts, for tests and the control API."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True, kw_only=True)
class Statistics:
    """Counts since the start, or since the last reset; none of them ever falls by itself."""

    offers: int = 0
    """All that could be read and were meant for this camera, also those that weren't taken."""
    repeated_offers: int = 0
    """Of them, those of a session that had been answered: the same answer went out again."""
    offers_while_asleep: int = 0
    """Of them, those that a sleeping or booting camera didn't hear."""
    offers_with_candidates: int = 0
    """Of them, those with candidates inside."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Messages that weren't taken, most of them offers, by reason (sdp.RejectReason)."""
    busy: int = 0
    """Offers that found no slot."""
    answers: int = 0
    candidates_sent: int = 0
    candidates_received: int = 0
    bad_candidates: int = 0
    """Of those received, the ones that aren't written as a camera expects."""
    hidden_candidates: int = 0
    """Of those received, the ones with a .local name, which a camera can't resolve."""
    last_candidates_received: int = 0
    """The empty ones at the end."""
    largest_offer: int = 0
    """Bytes of the largest message of all with an offer."""
    sessions: int = 0
    """Sessions that got a slot."""
    connected: int = 0
    """Of them, those whose media connection came about."""
    disconnects_received: int = 0
    unknown_sessions: int = 0
    """Messages for sessions that there aren't, disconnects among them."""
    disconnects_sent: Counter[int] = field(default_factory=Counter)
    """By close_reason."""
    slots_leaked: int = 0
    """Slots that only the leak timer gave back: their viewers went without a disconnect."""
    pictures_sent: int = 0
    talk_packets: int = 0
    """RTP packets of sound that viewers sent."""
    talk_sizes: Counter[int] = field(default_factory=Counter)
    """The same by bytes of payload."""
    talk_unheard: int = 0
    """Of them, those that are too long for a camera to play."""
    clarity_commands: list[int] = field(default_factory=list)
    """The cmdValue of each resolution message."""
    speaker_commands: list[int] = field(default_factory=list)
    """The cmdValue of each speaker message."""
    wakes: int = 0
    """Wake packets."""
    bad_wakes: int = 0
    """What came on the wake topic and was none."""
    broker_connections: int = 0
    unsent: int = 0
    """Messages that couldn't be sent because there was no broker."""

    def reset(self) -> None:
        """Begin again."""
        fresh = Statistics()
        for one in fields(self):
            setattr(self, one.name, getattr(fresh, one.name))

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: {str(key): count for key, count in sorted(value.items())} if isinstance(value, Counter) else value
            for name, value in values.items()
        }
