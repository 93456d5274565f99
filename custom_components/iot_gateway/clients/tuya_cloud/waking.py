"""How a camera that sleeps is woken while a viewer waits: by packets of ours, and by the cloud where these don't help."""

from collections.abc import Callable
from typing import Final

from .timers import Timers

_PACKET: Final = "wake"
_CLOUD: Final = "cloud_wake"


class Waking:
    """Wakes one camera for one viewer.

    Args:
        timers: of the viewer's session, which end with it.
        send_packet: sends a wake packet; returns whether that could be done.
        ask_cloud: has the cloud wake it, None where that cannot be done. It costs, so it is called once at most.
        packets_at: when to send packets, in seconds after the first.
        cloud_at: when to ask the cloud, in seconds after the first packet; without packets it is asked at once.
    """

    def __init__(
        self,
        timers: Timers,
        *,
        send_packet: Callable[[], bool],
        ask_cloud: Callable[[], None] | None,
        packets_at: tuple[float, ...],
        cloud_at: float,
    ) -> None:
        """Be ready to `begin`."""
        self.packets = 0
        self._timers = timers
        self._send_packet = send_packet
        self._ask_cloud = ask_cloud
        self._packets_at = packets_at
        self._cloud_at = cloud_at
        self._asks_cloud = False

    def begin(self) -> None:
        """Wake it, unless that goes on, or was done, already."""
        if self.packets == 0:
            self._send(0)
        if self._ask_cloud is not None and not self._asks_cloud:
            # What cannot be done from here has to be done there, and at once
            self._asks_cloud = True
            self._timers.set(_CLOUD, self._cloud_at if self.packets else 0.0, self._ask_cloud)

    def end(self) -> None:
        """It is awake, or nobody waits for it any more."""
        self._timers.cancel(_PACKET, _CLOUD)

    def _send(self, number: int) -> None:
        if self._send_packet():
            self.packets += 1
        if number + 1 < len(self._packets_at):
            delay = self._packets_at[number + 1] - self._packets_at[number]
            self._timers.set(_PACKET, delay, lambda: self._send(number + 1))
