"""MQTT credentials for the signalling of cameras (tuya_ipc_webrtc.md, section 3), and what ends them.

As documented: the user name stands for the account, the client id for account and link id, the password doesn't change while
it is valid, and "all connections are dropped when the config expires". What isn't: whether two link ids of an account share the
user name and so the topic; see `username_per`.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
import hashlib
import math
import secrets
from typing import Any, Literal

from simulators.mqtt_broker import BrokerUser, MosquittoBroker, camera_user, cloud_user

ACCESS_TTL = 7200.0

type UsernamePer = Literal["user", "link"]


@dataclass(slots=True)
class _Grant:
    client_id: str
    username: str
    password: str = field(repr=False)
    expires: float
    timer: asyncio.TimerHandle


class MqttAccess:
    """Gives credentials for a broker, and takes them back when they are over.

    `username_per`: "user" (as the documentation has it): all links of an account have one user name, one topic and, while any
    of them is valid, one password; when one is over its connection is dropped, though mosquitto would let it in again as long as
    another is valid. "link": each has its own of all of it.
    """

    def __init__(
        self,
        broker: MosquittoBroker | None,
        *,
        salt: str,
        ttl: float = ACCESS_TTL,
        username_per: UsernamePer = "user",
        no_broker_url: str = "tcp://127.0.0.1:1883",
    ) -> None:
        """Look after a broker; without one, credentials lead to `no_broker_url` and nothing is registered."""
        self.broker = broker
        self.ttl = ttl
        self.username_per: UsernamePer = username_per
        self.granted = 0
        """How many calls were answered."""
        self._salt = salt
        self._no_broker_url = no_broker_url
        self._grants: dict[tuple[str, str], _Grant] = {}
        self._cameras: dict[str, BrokerUser] = {}
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def valid(self) -> int:
        """Count the credentials that are valid now."""
        return len(self._grants)

    async def grant(self, uid: str, link_id: str) -> dict[str, Any]:
        """Return the credentials of an account's link: those that are valid, or new ones. `expire_time` is what is left."""
        loop = asyncio.get_running_loop()
        async with self._lock:
            grant = self._grants.get((uid, link_id))
            if grant is None:
                grant = self._new_grant(uid, link_id)
                if self.broker is not None:
                    await self.broker.add_user(cloud_user(grant.username, grant.password))
                self._grants[uid, link_id] = grant
            self.granted += 1
            topic_end = grant.username.removeprefix("cloud_")
            return {
                "client_id": grant.client_id,
                "expire_time": max(1, math.ceil(grant.expires - loop.time())),
                "password": grant.password,
                "sink_topic": {"ipc": "/av/moto/moto_id/u/{device_id}"},
                "source_topic": {"ipc": f"/av/u/{topic_end}"},
                "url": self._no_broker_url if self.broker is None else self.broker.url,
                "username": grant.username,
            }

    async def revoke(self, link_id: str | None = None) -> int:
        """End credentials now, of one link id or all; return how many."""
        ended = [key for key in self._grants if link_id in (None, key[1])]
        for key in ended:
            await self._end(key)
        return len(ended)

    async def camera(self, device_id: str) -> BrokerUser:
        """Return the credentials of a camera, always the same, and let it in."""
        async with self._lock:
            user = self._cameras.get(device_id)
            if user is None:
                user = self._cameras[device_id] = camera_user(device_id, secrets.token_hex(16))
                if self.broker is not None:
                    await self.broker.add_user(user)
            return user

    async def close(self) -> None:
        """Forget all timers; who is connected stays so."""
        for grant in self._grants.values():
            grant.timer.cancel()
        self._grants.clear()
        for task in list(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _new_grant(self, uid: str, link_id: str) -> _Grant:
        loop = asyncio.get_running_loop()
        whose = uid if self.username_per == "user" else f"{uid}:{link_id}"
        username = f"cloud_{self._digest(f'user:{whose}')}"
        same = next((other for other in self._grants.values() if other.username == username), None)
        expires = loop.time() + self.ttl
        return _Grant(
            client_id=f"cloud_{self._digest(f'link:{uid}:{link_id}')}",
            username=username,
            password=secrets.token_hex(16) if same is None else same.password,
            expires=expires,
            timer=loop.call_at(expires, self._expire, (uid, link_id)),
        )

    def _digest(self, text: str) -> str:
        return hashlib.md5(f"{self._salt}:{text}".encode()).hexdigest()

    def _expire(self, key: tuple[str, str]) -> None:
        task = asyncio.create_task(self._end(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self, key: tuple[str, str]) -> None:
        async with self._lock:
            grant = self._grants.pop(key, None)
            if grant is None:
                return
            grant.timer.cancel()
            if self.broker is None:
                return
            if any(other.username == grant.username for other in self._grants.values()):
                await self.broker.kick_client(grant.client_id)
            else:
                await self.broker.remove_user(grant.username)
