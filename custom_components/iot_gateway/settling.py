"""Keeps a commanded value from flickering back: devices often repeat the old value once after a command."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .model import Raw

SETTLE_SECONDS = 1.5
"""How long after its confirmation a command's old value is not believed without asking again."""


@dataclass(slots=True, eq=False)
class Expected:
    """One commanded value: what it was, what it shall be, and whether the old one was reported after that."""

    previous: Raw
    commanded: Raw
    confirmed: bool = False
    doubted: bool = False
    cancel: CALLBACK_TYPE | None = None


type Begun = Mapping[str, Expected]
"""What one command began to expect, by code; a later command of the same code takes its place."""


class Settling:
    """Tells stale reports from real ones for a moment after each command.

    Only a report of the very value from before the command is held back; any other is taken at once. If the old
    value was reported since the command and no other after it, `ask` is called with the device's id when the
    moment is over, so that what the device really does is what is shown.
    """

    def __init__(self, hass: HomeAssistant, ask: Callable[[str], None]) -> None:
        """Ask through `ask` where a report is in doubt."""
        self._hass = hass
        self._ask = ask
        self._expected: dict[str, dict[str, Expected]] = {}

    @callback
    def begin(self, device_id: str, values: Mapping[str, Raw], state: Mapping[str, Raw]) -> Begun:
        """Remember what a command changes; to be called before it goes out."""
        expected = self._expected.setdefault(device_id, {})
        begun = {}
        for code, raw in values.items():
            self._forget(device_id, code)
            begun[code] = expected[code] = Expected(state.get(code), raw)
        return begun

    @callback
    def confirm(self, device_id: str, begun: Begun) -> dict[str, Raw]:
        """The command took effect: start the moment in which its old value is held back, and return what to show.

        That lacks the values of codes for which a later command was confirmed before this one.
        """
        shown = {}
        for code, one in begun.items():
            current = self._expected.get(device_id, {}).get(code)
            if current is None or (current is not one and current.confirmed):
                continue
            shown[code] = one.commanded
            if current is one:
                one.confirmed = True
                one.cancel = async_call_later(
                    self._hass, SETTLE_SECONDS, HassJob(partial(self._end, device_id, code), cancel_on_shutdown=True)
                )
        return shown

    @callback
    def under_way(self, device_id: str) -> dict[str, Raw]:
        """Return what a device is told and has not confirmed yet, by code."""
        return {code: one.commanded for code, one in self._expected.get(device_id, {}).items() if not one.confirmed}

    @callback
    def abandon(self, device_id: str, begun: Begun) -> None:
        """The command failed; believe every report again."""
        doubted = False
        for code, one in begun.items():
            if self._expected.get(device_id, {}).get(code) is one:
                doubted = doubted or one.doubted
                self._forget(device_id, code)
        if doubted:
            self._ask(device_id)

    @callback
    def believable(self, device_id: str, values: Mapping[str, Raw]) -> Mapping[str, Raw]:
        """Return the reported values without those that only repeat the value from before a command."""
        if not (expected := self._expected.get(device_id)):
            return values
        kept = {}
        for code, raw in values.items():
            if (one := expected.get(code)) is None or one.previous == one.commanded:
                kept[code] = raw
            elif raw == one.previous:
                one.doubted = True
            else:
                # The commanded value itself, or a third one: either way the old one is history
                one.doubted = False
                kept[code] = raw
        return kept

    @callback
    def stop(self) -> None:
        """Forget all."""
        for device_id, codes in self._expected.items():
            for code in list(codes):
                self._forget(device_id, code)

    @callback
    def _end(self, device_id: str, code: str, _now: datetime) -> None:
        """The moment is over."""
        if self._expected[device_id].pop(code).doubted:
            self._ask(device_id)

    def _forget(self, device_id: str, code: str) -> None:
        expected = self._expected.get(device_id, {}).pop(code, None)
        if expected is not None and expected.cancel is not None:
            expected.cancel()
