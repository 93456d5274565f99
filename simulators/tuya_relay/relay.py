"""The relay itself: an RTSP server, and the addresses at which it serves."""

import asyncio
from typing import Self

from .addresses import Addresses, Source
from .viewer import Times, Viewer

OPEN_WITHIN = 30.0
LIFE = 480.0
"""The shorter of what was seen."""
SESSION_TIMEOUT = 60.0
"""RFC 2326's own, section 12.37."""


class Relay:
    """Serves streams on a port of its own; `async with` starts and stops it.

    `port` 0 lets the system pick one, which then stays over stop and start. An address has to be opened within `open_within`
    seconds, and ends `life` after that; who says nothing for `session_timeout` is taken to have gone.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        open_within: float = OPEN_WITHIN,
        life: float = LIFE,
        session_timeout: float = SESSION_TIMEOUT,
    ) -> None:
        """Prepare; nothing listens yet."""
        self.host = host
        self.port = port
        self.opened = 0
        """How many connections there were."""
        self._addresses = Addresses(open_within)
        self._times = Times(life=life, session=session_timeout)
        self._server: asyncio.Server | None = None
        self._viewers: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Return how all addresses begin."""
        return f"rtsp://{self.host}:{self.port}"

    @property
    def viewers(self) -> int:
        """Return how many connections there are."""
        return len(self._viewers)

    def allocate(self, name: str, source: Source) -> str:
        """Return a new address, with `name` as its path."""
        return self._addresses.add(name, source).at(self.host, self.port)

    async def start(self) -> None:
        """Listen; OSError if the port is taken. Does nothing if it listens already."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, self.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut all connections. Does nothing if it is stopped."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        viewers = tuple(self._viewers)
        for viewer in viewers:
            viewer.cancel()
        await asyncio.gather(*viewers, return_exceptions=True)
        server.abort_clients()
        await server.wait_closed()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._viewers.add(task)
        self.opened += 1
        try:
            await Viewer(reader, writer, self._addresses, self._times).run()
        finally:
            self._viewers.discard(task)
