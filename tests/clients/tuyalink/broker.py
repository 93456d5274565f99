"""A real broker for the tests of TuyaLink: mosquitto on a port of the loopback interface that the system picks.

It knows devices by the credentials of one moment (protocols page B1): the link under test is given a clock that stands still.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
import hashlib
import hmac
import os
from pathlib import Path
import shutil
import signal
import socket
from typing import Final, Self

import aiomqtt
import pytest

MOSQUITTO: Final = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
needs_broker: Final = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")

HOST: Final = "127.0.0.1"
CLOUD: Final = "cloud"
DEVICE: Final = "6c828cba434ff40c074wF2"
SECRET: Final = "ffad8eb66ae8c717"
SUB_DEVICE: Final = "6c828cba434ff40c07sub1"
OTHER_SUB_DEVICE: Final = "6c828cba434ff40c07sub2"
NOW: Final = 1626197189.638
"""Seconds since the epoch: the time of the documents' samples, 1626197189638 in milliseconds."""
TIMEOUT: Final = 20.0


def credentials(device_id: str, secret: str, timestamp: int) -> tuple[str, str]:
    """Return user name and password, computed here as the page says, and not by the client under test."""
    tail = f"timestamp={timestamp},secureMode=1,accessType=1"
    mac = hmac.new(secret.encode(), f"deviceId={device_id},{tail}".encode(), hashlib.sha256)
    return f"{device_id}|signMethod=hmacSha256,{tail}", mac.hexdigest()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _hashed(password: str) -> str:
    """Return a password as mosquitto's password file has it."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


class Broker:
    """One mosquitto that knows one device, and the means to annoy it."""

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
        self._directory = directory
        self._timestamps = tuple(timestamps)
        self._devices = tuple(devices)
        self._tls = tls
        self.secret = secret
        self._process: asyncio.subprocess.Process | None = None
        self.port = _free_port()
        self._was_started = False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start it on its port, and wait until it listens.

        What the system picked may be another's a moment later; the first time another one is tried then.
        """
        for _ in range(5):
            if await self._start():
                self._was_started = True
                return
            if not self._was_started:
                self.port = _free_port()
        raise ConnectionError("mosquitto does not start")

    async def _start(self) -> bool:
        assert MOSQUITTO is not None
        self._write_users()
        configuration = [
            f"listener {self.port} {HOST}",
            "allow_anonymous false",
            f"password_file {self._directory / 'passwords'}",
            f"acl_file {self._directory / 'acl'}",
            "persistence false",
            "log_type none",
            "set_tcp_nodelay true",
            # It would become another user, who may not read our files
            "user root",
        ]
        if self._tls is not None:
            configuration += [f"certfile {self._tls[0]}", f"keyfile {self._tls[1]}"]
        path = self._directory / "mosquitto.conf"
        path.write_text("\n".join(configuration) + "\n")
        self._process = await asyncio.create_subprocess_exec(
            MOSQUITTO, "-c", str(path), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(TIMEOUT):
            while True:
                if self._process.returncode is not None:
                    return False
                try:
                    _, writer = await asyncio.open_connection(HOST, self.port)
                except OSError:
                    await asyncio.sleep(0.01)
                    continue
                writer.close()
                await writer.wait_closed()
                return True

    async def stop(self, *, kill: bool = False) -> None:
        """End it, with a good-bye to its clients or without."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            async with asyncio.timeout(TIMEOUT):
                await process.wait()

    def freeze(self) -> None:
        """Have it take what is sent and answer nothing, until it is thawed or stopped."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def set_secret(self, secret: str) -> None:
        """Give the device another secret; who is connected with the old one is disconnected."""
        self.secret = secret
        self._write_users()
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

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

    def _write_users(self) -> None:
        users = [credentials(DEVICE, self.secret, timestamp) for timestamp in self._timestamps]
        own = [f"topic readwrite tylink/{device_id}/#" for device_id in self._devices]
        rules = [f"user {CLOUD}", "topic readwrite #"]
        for name, _ in users:
            rules += [f"user {name}", *own]
        (self._directory / "acl").write_text("\n".join(rules) + "\n")
        passwords = self._directory / "passwords"
        passwords.write_text("".join(f"{name}:{_hashed(password)}\n" for name, password in [(CLOUD, CLOUD), *users]))
        passwords.chmod(0o600)
