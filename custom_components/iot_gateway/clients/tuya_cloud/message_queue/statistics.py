"""Counters of a consumer, for diagnostics and for a project's budget."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
import time
from typing import Any, Final

_MOST_KINDS: Final = 50
_LONGEST_KIND: Final = 64
_REST: Final = "(others)"


@dataclass(slots=True, kw_only=True)
class QueueStatistics:
    """What a consumer has seen; the counters only grow, but `today` begins anew at midnight UTC.

    Attributes:
        now: gives seconds since the epoch.
        messages: distinct ones that were delivered; what the plan's quota counts.
        kinds: how often which kind was understood; after 50 kinds the rest is one.
        unknown_kinds: the same of those that were not understood.
        duplicates: deliveries of messages that were handed over before, acknowledged and dropped.
        repeats: messages of their own that told nothing new.
        redeliveries: deliveries that the queue itself says were not the first.
        wrong_signatures, unsigned: messages whose signature is not ours, or that have none; they were read all the same.
        undecodable: messages that could not be read, acknowledged and dropped.
        undecodable_steps: the same, by what failed.
        malformed_frames: frames that are no message; one without an id cannot be acknowledged.
        handler_errors: messages whose taker failed; they were acknowledged all the same.
        acknowledged: acknowledgements that were sent.
        connects, losses, failed_attempts: connections that were made and lost, and attempts that failed.
        last_message: seconds since the epoch at which the last message came, None if none did.
        connected_since: seconds since the epoch, None while there is no connection.
    """

    now: Callable[[], float] = field(default=time.time, repr=False)
    messages: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    unknown_kinds: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    repeats: int = 0
    redeliveries: int = 0
    wrong_signatures: int = 0
    unsigned: int = 0
    undecodable: int = 0
    undecodable_steps: Counter[str] = field(default_factory=Counter)
    malformed_frames: int = 0
    handler_errors: int = 0
    acknowledged: int = 0
    connects: int = 0
    losses: int = 0
    failed_attempts: int = 0
    last_message: float | None = None
    connected_since: float | None = None
    _today: int = 0
    _day: int = -1

    @property
    def messages_today(self) -> int:
        """The messages since midnight UTC."""
        self._roll(self.now())
        return self._today

    def count_message(self) -> None:
        """Note a message that is delivered for the first time."""
        now = self.now()
        self._roll(now)
        self.messages += 1
        self._today += 1
        self.last_message = now

    def count_kind(self, kind: str, *, known: bool) -> None:
        """Note what kind a message is of; the names come from outside, so neither they nor their number grow."""
        counter = self.kinds if known else self.unknown_kinds
        name = kind[:_LONGEST_KIND]
        counter[name if name in counter or len(counter) < _MOST_KINDS else _REST] += 1

    def count_undecodable(self, step: str) -> None:
        """Note a message that could not be read."""
        self.undecodable += 1
        self.undecodable_steps[step] += 1

    def as_dict(self) -> dict[str, Any]:
        """Return all of it by name, fit for JSON."""
        return {
            "messages": self.messages,
            "messages_today": self.messages_today,
            "kinds": dict(self.kinds),
            "unknown_kinds": dict(self.unknown_kinds),
            "duplicates": self.duplicates,
            "repeats": self.repeats,
            "redeliveries": self.redeliveries,
            "wrong_signatures": self.wrong_signatures,
            "unsigned": self.unsigned,
            "undecodable": self.undecodable,
            "undecodable_steps": dict(self.undecodable_steps),
            "malformed_frames": self.malformed_frames,
            "handler_errors": self.handler_errors,
            "acknowledged": self.acknowledged,
            "connects": self.connects,
            "losses": self.losses,
            "failed_attempts": self.failed_attempts,
            "last_message": self.last_message,
            "connected_since": self.connected_since,
        }

    def _roll(self, now: float) -> None:
        day = int(now // 86400)
        if day != self._day:
            self._day = day
            self._today = 0
