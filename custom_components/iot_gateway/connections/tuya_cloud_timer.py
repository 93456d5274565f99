"""When a project's list of devices is read: regularly, and sooner where something makes that necessary."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

_LOOK_AFTER: Final = 2.0
"""Seconds after a message of a device that is added or removed until the list is read, once for a burst of them."""
_LOOK_AGAIN_AFTER: Final = 60.0
"""The same, where the list did not say so yet."""


class ListTimer:
    """Has the list read, one reading after the other; no look before the first `plan`.

    Args:
        hass: Home Assistant.
        read: begins a reading; once it is over, `plan` is called.
        next_reading: returns the seconds until the next regular reading.
        may_look: whether the list may be read for a look, else that is left to the next regular reading.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        read: Callable[[], None],
        next_reading: Callable[[], float],
        may_look: Callable[[], bool],
    ) -> None:
        """Have nothing planned."""
        self._hass = hass
        self._read = read
        self._next_reading = next_reading
        self._may_look = may_look
        self._cancel_reading: CALLBACK_TYPE | None = None
        self._cancel_look: CALLBACK_TYPE | None = None
        self._look_at = 0.0
        self._stopped = False

    @callback
    def stop(self) -> None:
        """Have nothing read any more."""
        self._stopped = True
        for cancel in (self._cancel_reading, self._cancel_look):
            if cancel is not None:
                cancel()

    # Regularly

    @callback
    def plan(self, seconds: float) -> None:
        """Read the list after so many seconds; there is no reading planned or under way."""
        if not self._stopped:
            self._cancel_reading = async_call_later(
                self._hass, seconds, HassJob(self._read_now, cancel_on_shutdown=True)
            )

    @callback
    def plan_anew(self) -> None:
        """When the next reading is to be may be otherwise than it was when it was planned."""
        if self._cancel_reading is not None:
            self._cancel_reading()
            self.plan(self._next_reading())

    @callback
    def _read_now(self, _now: datetime) -> None:
        self._cancel_reading = None
        self._read()

    # Sooner

    @callback
    def look_now(self) -> None:
        """Read the list now."""
        self._look_in(0)

    @callback
    def look_soon(self) -> None:
        """Read the list soon: something has changed."""
        self._look_in(_LOOK_AFTER)

    @callback
    def look_later(self) -> None:
        """Read the list in a while: it may not yet say what has changed."""
        self._look_in(_LOOK_AGAIN_AFTER)

    def _look_in(self, delay: float) -> None:
        """Read the list after so many seconds, or sooner where that was asked for already."""
        at = self._hass.loop.time() + delay
        if self._cancel_look is not None and at < self._look_at:
            self._cancel_look()
            self._cancel_look = None
        if self._cancel_look is None and not self._stopped:
            self._look_at = at
            self._cancel_look = async_call_later(self._hass, delay, HassJob(self._look, cancel_on_shutdown=True))

    @callback
    def _look(self, now: datetime) -> None:
        """Read the list now, or once the reading is over that is under way."""
        self._cancel_look = None
        if self._cancel_reading is None:
            self.look_soon()
        elif self._may_look():
            self._cancel_reading()
            self._read_now(now)
        else:
            # Then tomorrow, but not only in a day
            self.plan_anew()
