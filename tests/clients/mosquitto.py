"""A real broker for tests of clients: mosquitto on a port of the loopback interface that the system picks."""

from abc import ABC, abstractmethod
import asyncio
import base64
import hashlib
import os
from pathlib import Path
import shutil
import signal
import socket
from typing import ClassVar, Final, Self

import pytest

MOSQUITTO: Final = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
needs_broker: Final = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")

HOST: Final = "127.0.0.1"
TIMEOUT: Final = 20.0


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


class Mosquitto(ABC):
    """One mosquitto with users and what each may do, and the means to annoy its clients."""

    settings: ClassVar[tuple[str, ...]] = ()
    """More lines of its configuration."""

    def __init__(self, directory: Path, *, tls: tuple[Path, Path] | None = None) -> None:
        """Keep its files in `directory`; `tls` is a certificate and its key."""
        self._directory = directory
        self._tls = tls
        self._process: asyncio.subprocess.Process | None = None
        self.port = _free_port()
        self._was_started = False

    @abstractmethod
    def passwords(self) -> dict[str, str]:
        """Return the passwords of all users by their names."""

    @abstractmethod
    def rules(self) -> list[str]:
        """Return the lines of the file that says who may use which topics."""

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
            *self.settings,
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

    def reload_users(self) -> None:
        """Take over other users, passwords or rules; who is connected with an old password is disconnected."""
        self._write_users()
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def _write_users(self) -> None:
        (self._directory / "acl").write_text("\n".join(self.rules()) + "\n")
        passwords = self._directory / "passwords"
        passwords.write_text("".join(f"{name}:{_hashed(password)}\n" for name, password in self.passwords().items()))
        passwords.chmod(0o600)
