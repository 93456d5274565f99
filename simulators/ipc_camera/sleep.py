"""A battery camera's sleep (tuya_ipc_webrtc.md, section 7)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
import zlib

type SleepState = Literal["asleep", "booting", "awake"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SleepTimes:
    """How long a battery camera takes, in seconds."""

    boot: float = 1.0
    """From the first wake packet until it hears offers."""
    idle: float = 180.0
    """Without any viewer, until it sleeps again."""


def wake_packet(local_key: str) -> bytes:
    """Return what wakes a camera: the CRC32 of its local key, 4 bytes, big-endian."""
    return zlib.crc32(local_key.encode()).to_bytes(4, "big")


class Sleeper:
    """Sleeps, boots, is awake; `changed` is called after each change of `state`."""

    def __init__(self, local_key: str, times: SleepTimes, changed: Callable[[], None]) -> None:
        """Begin asleep."""
        self.state: SleepState = "asleep"
        self.times = times
        self._packet = wake_packet(local_key)
        self._changed = changed
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def receive(self, payload: bytes) -> bool:
        """Take what came on the wake topic; False if it is no wake packet of this camera."""
        if payload != self._packet:
            return False
        self.wake()
        return True

    def wake(self) -> None:
        """Boot, if it's asleep; stay awake longer, if it isn't."""
        if self.state == "asleep":
            self._become("booting")
            self._timer = asyncio.get_running_loop().call_later(self.times.boot, self._booted)
        elif self.state == "awake":
            self._wait_for_idleness()

    def sleep(self) -> None:
        """Fall asleep at once."""
        self.stop()
        self._become("asleep")

    def set_busy(self, busy: bool) -> None:
        """Tell whether there are viewers: with one it stays awake, and after the last one the time of idleness begins."""
        self._busy = busy
        if self.state == "awake":
            self._wait_for_idleness()

    def stop(self) -> None:
        """Do nothing more by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _booted(self) -> None:
        self._become("awake")
        self._wait_for_idleness()

    def _wait_for_idleness(self) -> None:
        self.stop()
        if not self._busy:
            self._timer = asyncio.get_running_loop().call_later(self.times.idle, self.sleep)

    def _become(self, state: SleepState) -> None:
        if state != self.state:
            self.state = state
            self._changed()
