"""Messages from devices to the app (seed document 5, "/feedback"): the agent posts them to the address that its user has set."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import Any

import aiohttp

from .devices import AgentDevice
from .faults import Faults

PRIVATE = "iv_private_cmd"
PRIVATE_COMMANDS = ("call_hang_up", "call_cancel", "recv_stop")
MOST_BYTES = 16 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=5)


@dataclass(slots=True, kw_only=True)
class Delivery:
    """A message and what became of it."""

    device: str
    message: Mapping[str, Any]
    status: int | None = None
    """HTTP's; None: it wasn't delivered."""
    reply: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"device": self.device, "message": dict(self.message), "status": self.status, "reply": self.reply}


class Feedback:
    """Posts messages, one after the other."""

    def __init__(self, faults: Faults, url: str = "") -> None:
        """Post to an address; empty: to none."""
        self.url = url
        self.deliveries: list[Delivery] = []
        self._faults = faults
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        self._session: aiohttp.ClientSession | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to post."""
        self._session = aiohttp.ClientSession()
        self._task = asyncio.create_task(self._run(self._session))

    async def stop(self) -> None:
        """Post nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        self._task = self._session = None

    def tell(self, device: AgentDevice, message: Mapping[str, Any]) -> Delivery:
        """Post a message of a device, soon; ValueError for one that no device may send."""
        private = message.get(PRIVATE)
        if private is not None and (private not in PRIVATE_COMMANDS or len(message) != 1):
            error = f"{PRIVATE} is one of {', '.join(PRIVATE_COMMANDS)}, and nothing else is in such a message"
            raise ValueError(error)
        if len(json.dumps(message).encode()) > MOST_BYTES:
            error = "a message has 16 KB at most"
            raise ValueError(error)
        delivery = Delivery(device=device.key, message=message)
        self.deliveries.append(delivery)
        self._queue.put_nowait(delivery)
        return delivery

    async def delivered(self) -> None:
        """Wait until everything is delivered or failed; not while it is stopped."""
        if self._task is None:
            return
        await self._queue.join()

    async def _run(self, session: aiohttp.ClientSession) -> None:
        while True:
            delivery = await self._queue.get()
            try:
                if self.url and not self._faults.feedback_lost:
                    for _ in range(2 if self._faults.feedback_twice else 1):
                        await self._post(session, delivery)
            except (aiohttp.ClientError, TimeoutError) as err:
                delivery.reply = str(err) or type(err).__name__
            finally:
                self._queue.task_done()

    async def _post(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        product, _, name = delivery.device.partition("/")
        query = {"product_id": product, "device_name": name}
        async with session.post(self.url, params=query, json=delivery.message, timeout=_TIMEOUT) as response:
            delivery.status = response.status
            delivery.reply = (await response.read())[:4096].decode(errors="replace")
