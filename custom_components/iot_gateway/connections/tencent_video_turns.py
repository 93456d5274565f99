"""Turns: what is due is read, and what is next is planned."""

from collections.abc import Callable
from datetime import datetime
import time
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

_NEVER: Final = float("-inf")


class Turns:
    """Has one turn after the other, each when something is due.

    Args:
        hass: Home Assistant.
        due: returns when something is due, in seconds since the epoch.
        begin: begins a turn, at the end of which `over` is called.
    """

    def __init__(self, hass: HomeAssistant, *, due: Callable[[], float], begin: Callable[[], None]) -> None:
        """Have none before the first `arm`."""
        self._hass = hass
        self._due = due
        self._begin = begin
        self._not_before = _NEVER
        self._turning = False
        self._stopped = False
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def stop(self) -> None:
        """Have no more."""
        self._stopped = True
        if self._cancel is not None:
            self._cancel()

    @callback
    def arm(self) -> None:
        """Have the next turn when something is due; to be called where that may be otherwise than before."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if self._stopped or self._turning:
            return
        delay = max(self._due(), self._not_before) - time.time()
        self._cancel = async_call_later(self._hass, max(delay, 0.0), HassJob(self._now, cancel_on_shutdown=True))

    @callback
    def _now(self, _now: datetime) -> None:
        self._cancel = None
        self._turning = True
        self._begin()

    @callback
    def over(self) -> None:
        """A turn has ended."""
        self._turning = False
        self.arm()

    @callback
    def pause(self, seconds: float) -> None:
        """Something failed: have no turn for so many seconds, whatever is due."""
        self._not_before = time.time() + seconds

    @callback
    def end_pause(self) -> None:
        """All went well."""
        self._not_before = _NEVER
