"""Another program with a device's certificate, which takes its connection away again and again (B1, "one connection per certificate")."""

import asyncio
import contextlib
import ssl

import aiomqtt

from .authentication import CLIENT_ID_PREFIX, parse_user_name, sign, user_name
from .devices import LinkDevice, now_ms


class Rival:
    """Connects as a device and, if `persistent`, comes back `delay` seconds after it has lost its connection."""

    def __init__(
        self,
        device: LinkDevice,
        *,
        host: str,
        port: int,
        context: ssl.SSLContext | None,
        persistent: bool,
        delay: float,
    ) -> None:
        """Prepare; see `start`."""
        self.connections = 0
        """How often it has connected."""
        self._device = device
        self._host = host
        self._port = port
        self._context = context
        self._persistent = persistent
        self._delay = delay
        self._connected = asyncio.Event()
        self._logging_in = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect, and return once it is; raises TimeoutError."""
        self._task = asyncio.create_task(self._run())
        async with asyncio.timeout(5):
            await self._connected.wait()

    async def stop(self) -> None:
        """Leave, for good."""
        task, self._task = self._task, None
        if task is not None:
            # aiomqtt leaves a login that is cancelled to itself: its connection stays, and trips over the end of that (2.5.1)
            async with self._logging_in:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                await self._session()
            if not self._persistent:
                return
            await asyncio.sleep(self._delay)

    async def _session(self) -> None:
        name = user_name(self._device.id, now_ms())
        parsed = parse_user_name(name)
        assert parsed is not None
        client = aiomqtt.Client(
            self._host,
            self._port,
            identifier=CLIENT_ID_PREFIX + self._device.id,
            username=name,
            password=sign(parsed, self._device.secret),
            protocol=aiomqtt.ProtocolVersion.V311,
            tls_context=self._context,
        )
        async with contextlib.AsyncExitStack() as stack:
            async with self._logging_in:
                _ = await stack.enter_async_context(client)
            self.connections += 1
            self._connected.set()
            async for _ in client.messages:
                pass
