"""Whether a cover moves, and which way, by what it reports.

Tuya's covers say which way they went last (`work_state` has no word for standing still), so that it takes more to know
that one moves now: that something about it changes. A cover is taken to stand again when it is where it was sent,
at its end, told to stop, or silent for longer than a moving one would be.
"""

from dataclasses import dataclass

_NEAR = 2
"""Percent by which a motor may miss where it was sent."""
_BETWEEN_POSITIONS = 5.0
"""Seconds after which a cover that has reported that it moves would have reported a new position."""
_WHOLE_WAY = 90.0
"""Seconds that a cover may take from end to end without a word."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a cover says of itself: percentages that it is open, None where unknown; directions 1 opens, -1 closes, 0 stops."""

    position: int | None = None
    target: int | None = None
    ordered: int | None = None
    direction: int | None = None


class Motion:
    """Follows one cover. `direction` is 1 while it opens, -1 while it closes, else 0."""

    def __init__(self) -> None:
        """Begin with a cover that stands."""
        self.direction = 0
        self.patience = 0.0
        self._seen: Seen | None = None

    def see(self, now: Seen) -> bool:
        """Take what the cover says now; return whether that is news. `patience` is how long to believe it, in seconds."""
        before, self._seen = self._seen, now
        if before is None or before == now:
            return False
        self.patience = _WHOLE_WAY
        if now.ordered == 0 and before.ordered != 0:
            self.direction = 0
        elif now.target is not None and now.target != before.target and now.position is not None:
            self.direction = _sign(now.target - now.position)
        elif now.position is not None and before.position is not None and now.position != before.position:
            self.direction = _sign(now.position - before.position)
            self.patience = _BETWEEN_POSITIONS
        elif now.direction is not None and now.direction != before.direction:
            self.direction = now.direction
        elif now.direction is not None and now.ordered and now.ordered != before.ordered:
            self.direction = now.ordered
        if self._arrived(now):
            self.direction = 0
        return True

    def rest(self) -> None:
        """It has been silent for too long: it stands."""
        self.direction = 0

    def _arrived(self, now: Seen) -> bool:
        """Whether it is where it was sent, or where it can go no further."""
        if now.position is None:
            return False
        end = 100 if self.direction > 0 else 0
        return now.position == end or (now.target is not None and abs(now.target - now.position) <= _NEAR)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
