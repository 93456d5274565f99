"""What a session takes from outside: a clock, the signalling, and the cameras' configurations."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .signals import WEBRTC, Signal, SignalTarget
from .webrtc_config import WebRtcConfig


class Timer(Protocol):
    """What a clock returns."""

    def cancel(self) -> None:
        """Don't call any more."""


class Clock(Protocol):
    """What an event loop is to us."""

    def time(self) -> float:
        """Return seconds of a clock that never jumps."""

    def call_later(self, delay: float, callback: Callable[[], None], /) -> Timer:
        """Call a function in so many seconds."""


class Signalling(Protocol):
    """What `IpcSignalling` is to us."""

    @property
    def connected(self) -> bool:
        """Whether messages can be sent."""

    def add_listener(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        """Have a function called when that changes."""

    def register(self, session_id: str, handler: Callable[[Signal], None]) -> Callable[[], None]:
        """Have a function called with each message of a session."""

    def publish(
        self,
        target: SignalTarget,
        session_id: str,
        kind: str,
        msg: Mapping[str, Any],
        *,
        protocol: int = WEBRTC,
        keep: bool = False,
    ) -> Any:
        """Send a message; raises SignallingDown."""

    def wake(self, device_id: str, local_key: str) -> bool:
        """Send a wake packet."""

    def retry_soon(self) -> None:
        """Connect as soon as possible."""


class ConfigSource(Protocol):
    """What `WebRtcConfigCache` is to us."""

    def get(self, device_id: str) -> WebRtcConfig | None:
        """Return what is known, at once."""

    async def fetch(self, device_id: str) -> WebRtcConfig:
        """Return what is known, or ask; raises CloudError."""

    async def refresh(self, device_id: str) -> WebRtcConfig:
        """Ask anew; raises CloudError."""
