"""Is there another client with our certificate? The cloud keeps one connection a certificate, and MQTT 3.1.1 has no word for that."""


class RivalWatch:
    """Finds out whether another client takes us over: the broker ends what it has accepted, again and again.

    Attributes:
        taken_over: whether one does, until `settled`.

    Args:
        within: seconds; a connection that lasts as long was not taken over.
        count: shorter ones in a row that are enough.
    """

    def __init__(self, *, within: float, count: int) -> None:
        """Begin without any suspicion."""
        self.taken_over = False
        self._within = within
        self._count = count
        self._short_lived = 0
        self._has_worked = False

    def worked(self) -> None:
        """Take note of a connection that could be used."""
        self._has_worked = True

    def settled(self) -> None:
        """Take note that nobody takes us over any more."""
        self.taken_over = False

    def ended(self, lived: float | None, *, by_us: bool) -> bool:
        """Take note of the end of a connection, and return whether it is what gives another client away.

        An attempt that was not accepted explains that without any other client, and so does a broker by which no connection
        has ever worked.

        Args:
            lived: seconds from its acceptance to its end; None if it was not accepted.
            by_us: whether we ended it.
        """
        if lived is None or by_us or lived >= self._within:
            self._short_lived = 0
            return False
        self._short_lived += 1
        if not self._has_worked or self.taken_over or self._short_lived < self._count:
            return False
        self.taken_over = True
        return True
