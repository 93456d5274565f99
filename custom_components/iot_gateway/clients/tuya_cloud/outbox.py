"""Messages that wait for the next connection."""

from collections import deque
from dataclasses import dataclass
from typing import Final

_MOST: Final = 256
_SECONDS: Final = 600.0
"""After ten minutes a camera has freed the place of a viewer by itself."""


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message that may still be sent until then (the loop's clock)."""

    topic: str
    payload: bytes
    until: float


class Outbox:
    """The last messages that could not be sent, in their order."""

    def __init__(self) -> None:
        """Begin empty."""
        self._messages: deque[KeptMessage] = deque(maxlen=_MOST)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._messages)

    def add(self, message: KeptMessage) -> None:
        """Keep a message; the oldest goes where there are too many."""
        self._messages.append(message)

    def take_all(self, now: float) -> list[KeptMessage]:
        """Return what is still worth sending, and keep nothing."""
        kept = [message for message in self._messages if now < message.until]
        self._messages.clear()
        return kept


def keep_until(now: float) -> float:
    """Return until when a message of now is worth sending."""
    return now + _SECONDS
