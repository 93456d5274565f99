"""The P2P channels of a device: four at most (seed document 1), of which other apps may have some."""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

CHANNELS = 4


class NoChannel(Exception):
    """All P2P channels are taken."""


class Slots:
    """Who has which of a device's channels; those who watch the same share one."""

    def __init__(self, total: int = CHANNELS) -> None:
        """Have this many."""
        self.total = total
        self.others = 0
        """How many other apps have."""
        self._taken: Counter[Hashable] = Counter()

    @property
    def own(self) -> int:
        """Count those that this agent has."""
        return len(self._taken)

    @property
    def in_use(self) -> int:
        """Count those that are taken."""
        return self.own + self.others

    @property
    def full(self) -> bool:
        """Tell whether there is no further one."""
        return self.in_use >= self.total

    @contextmanager
    def taken(self, what: Hashable) -> Iterator[None]:
        """Have a channel for something, with all others who have it for the same; raises NoChannel."""
        if what not in self._taken and self.full:
            raise NoChannel
        self._taken[what] += 1
        try:
            yield
        finally:
            self._taken[what] -= 1
            if not self._taken[what]:
                del self._taken[what]
