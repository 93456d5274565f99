"""A link that lasts: a client, watched, and made anew when it is lost."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
import logging
import random
from typing import Final

import aiohttp

from .address import GatewayAddress
from .backoff import Backoff
from .client import SLICE, GatewayClient
from .errors import ConnectionLost, GatewayError, RequestTimeout
from .handshake import ProofVariant
from .messages import GatewayEvent
from .statistics import LinkStatistics

_LOGGER = logging.getLogger(__name__)


class GatewayLink:
    """Keeps one connection to a gateway.

    `open` makes the first connection, `run` waits for its loss and makes the next, until cancelled or closed.

    Args:
        session: whose connector is used; it stays the caller's.
        address: where the gateway is; see `move_to`.
        device_key: as the app shows it.
        on_connected: awaited with each new client, to read the whole state. Events that arrive meanwhile are delivered
            after it, in order, so that what it reads never overwrites what is newer. If it raises GatewayError or
            takes longer than `setup_timeout`, the attempt has failed and the client is closed.
        on_lost: called once when the connection is lost, with the reason; not on `close`.
        on_failed: called by `run` after each attempt that failed, with the error and the attempts in a row.
        on_event: called for each event, in order.
        idle_interval: seconds without a frame after which the gateway is asked for a sign of life. A WebSocket ping
            goes out every half of it.
        backoff_first, backoff_most: seconds of the first and of the longest wait between attempts.
        connect_timeout, request_timeout, proof_variant: as of `GatewayClient.connect`.
        setup_timeout: seconds that `on_connected` may take.
        uniform: draws the jitter; for tests.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: GatewayAddress,
        device_key: str,
        *,
        on_connected: Callable[[GatewayClient], Awaitable[None]],
        on_lost: Callable[[GatewayError], None],
        on_failed: Callable[[GatewayError, int], None],
        on_event: Callable[[GatewayEvent], None],
        idle_interval: float = 30.0,
        backoff_first: float = 1.0,
        backoff_most: float = 60.0,
        connect_timeout: float = 10.0,
        request_timeout: float = 10.0,
        setup_timeout: float = 120.0,
        proof_variant: ProofVariant = ProofVariant.RAW_NONCE,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Be ready to open."""
        self.statistics: Final = LinkStatistics()
        self._session = session
        self._address = address
        self._candidate: GatewayAddress | None = None
        self._device_key = device_key
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._on_failed = on_failed
        self._on_event = on_event
        self._idle_interval = idle_interval
        self._least_wait = min(backoff_first, 1.0)
        self._backoff = Backoff(first=backoff_first, most=backoff_most, uniform=uniform)
        self._connect_timeout = connect_timeout
        self._request_timeout = request_timeout
        self._setup_timeout = setup_timeout
        self._proof_variant = proof_variant
        self._client: GatewayClient | None = None
        self._waiting_events: deque[GatewayEvent] | None = None
        self._moved = asyncio.Event()
        self._closed = asyncio.Event()

    @property
    def client(self) -> GatewayClient | None:
        """The client while the link is up, from before `on_connected` is awaited; None while it is down."""
        return self._client

    @property
    def address(self) -> GatewayAddress:
        """Where the link goes, or will be tried next."""
        return self._candidate or self._address

    def move_to(self, address: GatewayAddress) -> None:
        """Make the next attempt there: at once if the link waits to try again, else after its loss.

        If the gateway does not authenticate there, the attempts go on where it last did. Between two attempts there
        is a second at least, however often this is called.
        """
        self._candidate = address
        self._moved.set()

    async def open(self) -> None:
        """Make the first connection and await `on_connected`.

        Raises:
            GatewayError: it failed; nothing is left open, and `open` or `run` may be called again.
        """
        await self._attempt()

    async def run(self) -> None:
        """Wait for losses and reconnect, for as long as the link is not closed; cancelling it closes the client."""
        loop = asyncio.get_running_loop()
        try:
            if self._client is None and not self._closed.is_set():
                await self._reconnect(0)
            while (client := self._client) is not None:
                begun = loop.time()
                reason = await self._watch(client)
                self._client = None
                if self._closed.is_set():
                    return
                await client.close()
                self._call(self._on_lost, reason)
                await self._reconnect(self._backoff.after_loss(loop.time() - begun))
        finally:
            await self._drop()

    async def close(self) -> None:
        """Close the link for good; `run` ends. Calling it again does no harm."""
        self._closed.set()
        self._moved.set()
        await self._drop()

    async def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    # Connecting

    async def _attempt(self) -> None:
        """Connect once, have the state read, then deliver what events came meanwhile."""
        address = self.address
        # Events of an earlier connection have nowhere to go any more: its state is read anew
        events = self._waiting_events = deque()
        try:
            client = await GatewayClient.connect(
                self._session,
                address,
                self._device_key,
                on_event=lambda event: self._take_event(event, events),
                connect_timeout=self._connect_timeout,
                request_timeout=self._request_timeout,
                statistics=self.statistics,
                proof_variant=self._proof_variant,
            )
        except GatewayError:
            self._has_failed_at(address)
            raise
        if self._closed.is_set():
            await client.close()
            raise ConnectionLost("closed by us")
        self._client = client
        if address == self._candidate:
            self._candidate = None
        self._address = address
        try:
            async with asyncio.timeout(self._setup_timeout):
                await self._on_connected(client)
        except TimeoutError:
            await self._drop()
            self._has_failed_at(address)
            raise RequestTimeout("the gateway's devices could not be read in time") from None
        except BaseException as err:
            await self._drop()
            if isinstance(err, GatewayError):
                self._has_failed_at(address)
            raise
        await self._deliver(events)
        # From here on there is nothing to hold back
        client.on_event = self._on_event
        if self.statistics.connections > 1:
            self.statistics.reconnects += 1

    def _has_failed_at(self, address: GatewayAddress) -> None:
        self.statistics.failed_attempts += 1
        if address == self._candidate:
            self._candidate = None

    async def _reconnect(self, wait: float) -> None:
        """Try until it succeeds or the link is closed; the first time after `wait` seconds."""
        loop = asyncio.get_running_loop()
        attempts = 0
        least = loop.time()
        while True:
            self._moved.clear()
            if self._candidate is None and not self._closed.is_set():
                await self._pause(wait)
            # Whoever calls move_to often does not make us try often
            if attempts:
                await asyncio.sleep(max(0.0, least - loop.time()))
            if self._closed.is_set():
                return
            try:
                await self._attempt()
            except GatewayError as err:
                reason = err
            except Exception as err:
                _LOGGER.exception("Reading the state of the gateway failed")
                reason = GatewayError(f"reading the state failed ({type(err).__name__})")
            else:
                return
            if self._closed.is_set():
                return
            attempts += 1
            self._call(self._on_failed, reason, attempts)
            least = loop.time() + self._least_wait
            wait = self._backoff.after_failure()

    async def _pause(self, wait: float) -> None:
        """Wait so many seconds, or until there is a new address to try."""
        try:
            async with asyncio.timeout(wait):
                await self._moved.wait()
        except TimeoutError:
            return

    # Events

    def _take_event(self, event: GatewayEvent, events: deque[GatewayEvent]) -> None:
        if self._waiting_events is events:
            events.append(event)
        else:
            self._on_event(event)

    async def _deliver(self, events: deque[GatewayEvent]) -> None:
        """Deliver the events that waited; those that arrive while that goes on wait in line."""
        now = asyncio.get_running_loop().time
        begun = now()
        while events:
            self._call(self._on_event, events.popleft())
            if now() - begun >= SLICE:
                await asyncio.sleep(0)
                begun = now()
        self._waiting_events = None

    def _call[**P](self, function: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call the owner back; its errors are its own and end no link."""
        try:
            function(*args, **kwargs)
        except Exception:
            _LOGGER.exception("A callback of the gateway's link failed")

    # Liveness

    async def _watch(self, client: GatewayClient) -> GatewayError:
        """Wait until a connection is lost, and see to it that a dead one is; return the reason."""
        idle = asyncio.create_task(self._keep_alive(client), name="tuya_gateway keep-alive")
        try:
            return await client.wait_closed()
        finally:
            idle.cancel()
            await asyncio.wait([idle])

    async def _keep_alive(self, client: GatewayClient) -> None:
        """Ping, and ask for a sign of life where none came by itself.

        Whether gateways answer pings is not known (protocols page, 4), so a missing pong alone ends nothing.
        """
        now = asyncio.get_running_loop().time
        while not client.closed:
            await asyncio.sleep(self._idle_interval / 2)
            await client.ping()
            asked = now()
            if asked - (self.statistics.last_received or 0) < self._idle_interval:
                continue
            try:
                await client.get_devices()
            except RequestTimeout:
                # A gateway that does not answer but goes on reporting is alive
                if (self.statistics.last_received or 0) < asked:
                    await client.fail(ConnectionLost("no sign of life from the gateway"))
            except GatewayError as err:
                _LOGGER.debug("The gateway lives but did not list its devices: %s", err)
