"""A real broker for the tests of TuyaLink: mosquitto on a port of the loopback interface that the system picks.

It knows devices by the credentials of one moment (protocols page B1): the link under test is given a clock that stands still.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
import hashlib
import hmac
from pathlib import Path
import socket
from typing import Final, override

import aiomqtt

from tests.clients.mosquitto import HOST, Mosquitto

CLOUD: Final = "cloud"
DEVICE: Final = "6c828cba434ff40c074wF2"
SECRET: Final = "ffad8eb66ae8c717"
SUB_DEVICE: Final = "6c828cba434ff40c07sub1"
OTHER_SUB_DEVICE: Final = "6c828cba434ff40c07sub2"
NOW: Final = 1626197189.638
"""Seconds since the epoch: the time of the documents' samples, 1626197189638 in milliseconds."""


def credentials(device_id: str, secret: str, timestamp: int) -> tuple[str, str]:
    """Return user name and password, computed here as the page says, and not by the client under test."""
    tail = f"timestamp={timestamp},secureMode=1,accessType=1"
    mac = hmac.new(secret.encode(), f"deviceId={device_id},{tail}".encode(), hashlib.sha256)
    return f"{device_id}|signMethod=hmacSha256,{tail}", mac.hexdigest()


class Broker(Mosquitto):
    """One mosquitto that knows one device, and the means to annoy it."""

    settings = ("set_tcp_nodelay true",)

    def __init__(
        self,
        directory: Path,
        *,
        secret: str = SECRET,
        timestamps: Iterable[int] = (int(NOW),),
        devices: Iterable[str] = (DEVICE, SUB_DEVICE, OTHER_SUB_DEVICE),
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        """Have the device's secret, the times that it may sign, and whose topics it may use; a certificate and its key."""
        super().__init__(directory, tls=tls)
        self._timestamps = tuple(timestamps)
        self._devices = tuple(devices)
        self.secret = secret

    def set_secret(self, secret: str) -> None:
        """Give the device another secret; who is connected with the old one is disconnected."""
        self.secret = secret
        self.reload_users()

    @asynccontextmanager
    async def second_client(self) -> AsyncIterator[aiomqtt.Client]:
        """Connect with the device's certificate, as another installation would: the broker ends the first connection."""
        name, secret = credentials(DEVICE, self.secret, self._timestamps[0])
        async with aiomqtt.Client(
            HOST, self.port, identifier=f"tuyalink_{DEVICE}", username=name, password=secret
        ) as client:
            yield client

    @asynccontextmanager
    async def cloud_client(self) -> AsyncIterator[aiomqtt.Client]:
        """Connect as the cloud, who may do anything."""
        async with aiomqtt.Client(
            HOST,
            self.port,
            username=CLOUD,
            password=CLOUD,
            identifier=CLOUD,
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
        ) as client:
            client.pending_calls_threshold = 10_000
            yield client

    @override
    def passwords(self) -> dict[str, str]:
        return {CLOUD: CLOUD, **self._signed()}

    @override
    def rules(self) -> list[str]:
        own = [f"topic readwrite tylink/{device_id}/#" for device_id in self._devices]
        rules = [f"user {CLOUD}", "topic readwrite #"]
        for name in self._signed():
            rules += [f"user {name}", *own]
        return rules

    def _signed(self) -> dict[str, str]:
        return dict(credentials(DEVICE, self.secret, timestamp) for timestamp in self._timestamps)
