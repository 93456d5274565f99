"""Where a gateway is."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GatewayAddress:
    """Host name or IP address, port and path of a gateway's WebSocket.

    The specification names neither port (the gateway announces it by UDP) nor path.
    """

    host: str
    port: int
    path: str = "/"

    @property
    def url(self) -> str:
        """The WebSocket's URL; an IPv6 address gets its brackets."""
        host = f"[{self.host}]" if ":" in self.host and not self.host.startswith("[") else self.host
        return f"ws://{host}:{self.port}/{self.path.removeprefix('/')}"
