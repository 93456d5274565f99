"""Timers that are known by a name."""

from collections.abc import Callable

from .session_ports import Clock, Timer


class Timers:
    """Timers of a clock, of which there is one of each name: one that is set anew replaces the one before."""

    def __init__(self, clock: Clock) -> None:
        """Begin without any."""
        self._clock = clock
        self._timers: dict[str, Timer] = {}

    def set(self, name: str, delay: float, callback: Callable[[], None]) -> None:
        """Have a function called in so many seconds."""
        self.cancel(name)

        def due() -> None:
            self._timers.pop(name, None)
            callback()

        self._timers[name] = self._clock.call_later(delay, due)

    def cancel(self, *names: str) -> None:
        """End those of these names that run."""
        for name in names:
            if (timer := self._timers.pop(name, None)) is not None:
                timer.cancel()

    def cancel_all(self) -> None:
        """End all of them."""
        self.cancel(*tuple(self._timers))
