"""A real broker for the tests of the signalling: mosquitto on a port of the loopback interface that the system picks."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, override

import aiomqtt

from tests.clients.mosquitto import HOST, Mosquitto

CAMERA: Final = "camera"
ADMIN: Final = "admin"


class Broker(Mosquitto):
    """One mosquitto with users, what each may do, and the means to annoy its clients.

    A user `cloud_<x>` reads `/av/u/<x>` and writes to cameras, as Tuya's does; the user `camera` is all cameras.
    """

    def __init__(self, directory: Path, *, users: Mapping[str, str], tls: tuple[Path, Path] | None = None) -> None:
        """Have the users with their passwords; `tls` is a certificate and its key."""
        super().__init__(directory, tls=tls)
        self._users = {CAMERA: "camera", ADMIN: "admin", **users}

    @property
    def url(self) -> str:
        return f"{'ssl' if self._tls else 'tcp'}://{HOST}:{self.port}"

    def set_password(self, user: str, password: str | None) -> None:
        """Change a user's password, or remove the user; who is connected with the old one is disconnected."""
        if password is None:
            del self._users[user]
        else:
            self._users[user] = password
        self.reload_users()

    async def kick(self, client_id: str) -> None:
        """End a client's connection, as the broker does to the elder of two with one id."""
        async with self.client(ADMIN, identifier=client_id):
            pass

    @asynccontextmanager
    async def client(self, user: str, *, identifier: str | None = None) -> AsyncIterator[aiomqtt.Client]:
        """Connect as a user."""
        async with aiomqtt.Client(
            HOST, self.port, username=user, password=self._users[user], identifier=identifier
        ) as client:
            yield client

    @override
    def passwords(self) -> dict[str, str]:
        return self._users

    @override
    def rules(self) -> list[str]:
        rules = [f"user {ADMIN}", "topic readwrite #", f"user {CAMERA}", "topic readwrite /av/#", "topic read m/w/#"]
        for user in self._users:
            if user.startswith("cloud_"):
                rules += [
                    f"user {user}",
                    f"topic read /av/u/{user.removeprefix('cloud_')}",
                    "topic write /av/moto/+/u/#",
                    "topic write m/w/#",
                ]
        return rules
