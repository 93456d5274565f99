"""A call between a device and an app, TWeCall or intercom (seed document 5)."""

from dataclasses import dataclass, field
from typing import Literal, get_args

type CallState = Literal["idle", "ringing", "calling", "talking"]
"""ringing: the device calls the app; calling: the app calls the device."""
type CallCommand = Literal["call_hang_up", "call_reject", "call_cancel", "call_busy", "call_timeout"]
CALL_COMMANDS: tuple[CallCommand, ...] = get_args(CallCommand.__value__)
_ENDS: dict[CallCommand, tuple[CallState, ...]] = {
    "call_hang_up": ("talking",),
    "call_reject": ("ringing",),
    "call_cancel": ("calling",),
    # The text says after answering, but who is busy hasn't answered.
    "call_busy": ("ringing", "talking"),
    "call_timeout": ("ringing", "calling"),
}
"""The states that a command ends."""


@dataclass(slots=True)
class Call:
    """Where a device's call is."""

    state: CallState = "idle"
    commands: list[tuple[CallCommand, bool]] = field(default_factory=list)
    """What the app has sent, and whether it fitted."""

    def command(self, command: CallCommand) -> bool:
        """Do what the app says; False, and nothing is done, if there is no call that it could be about."""
        fits = self.state in _ENDS[command]
        self.commands.append((command, fits))
        if fits:
            self.state = "idle"
        return fits
