"""The signalling of all cameras and all viewers of a user: one MQTT connection that lasts.

Protocols page: section 3 (credentials and their end), 4 (messages), 7 (waking). What arrives here belongs to whoever has
registered its session id; the topic is the user's, so the answers to other apps of the user arrive too and are none of our
business.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
import contextlib
import logging
import random
import ssl
import time
from typing import Any, Final

import aiomqtt

from .backoff import Backoff
from .broker_link import BrokerLink, is_refusal
from .errors import CannotReachCloud, CloudBusy, CloudError
from .mqtt_access import MqttAccess
from .outbox import KeptMessage, Outbox, keep_until
from .signals import WEBRTC, Signal, SignallingDown, SignalTarget, encode_signal, parse_signal, topic_of
from .statistics import SignallingStatistics
from .wake import wake_payload, wake_topic

_LOGGER = logging.getLogger(__name__)

_EXPIRY_MARGIN: Final = 10.0
_LEAST_WAIT: Final = 1.0
_MOST_AFTER_REFUSAL: Final = 3600.0
_SHORT: Final = 60.0
"""Seconds: credentials that end sooner are none that the cloud gives; our clock, or the cloud's answer, is wrong."""
_MOST_SHORT: Final = 5
"""How many of these in a row may be chance, as at the end of some period of the cloud's."""
_PASSING: Final = (CannotReachCloud, CloudBusy)
"""Errors of the cloud that end by themselves; calls that meet another are counted, and bring nothing."""
_GOODBYE: Final = 2.0
_MOST_SILENCES: Final = 3
_MOST_WAKE_SUSPECTS: Final = 2
_WAKES_OF_PROOF: Final = 3
_WAKE_SUSPICION: Final = 2.0
"""Seconds after a wake packet within which a lost connection is put down to it."""


class IpcSignalling:
    """Keeps one connection to the broker, sends to cameras and hands out what they send.

    Args:
        access: fetches credentials; each call must give another client id than the one before (`mqtt_access.MqttAccessSource`).
            It is called for the first connection, before the credentials end, and after the broker refused them.
        tls_context: for `ssl://` brokers; the system's trust otherwise.
        on_error: told of each CloudError that `access` raises.
        now: seconds since the epoch.
        renew_margin: seconds before the end of the credentials at which the next connection is made, at most a quarter of
            their time.
        drain: seconds that the old connection is still listened to after that.
        keepalive: seconds, of MQTT.
        timeout: seconds that connecting and subscribing may take.
        confirm_within: seconds that the confirmation of a message may take; a connection without one is dead, and a viewer
            cannot wait for the keep-alive to find that out.
        backoff_first, backoff_most: seconds of the first and of the longest wait between attempts.
        uniform: draws the jitter; for tests.
    """

    def __init__(
        self,
        access: Callable[[], Awaitable[MqttAccess]],
        *,
        tls_context: ssl.SSLContext | None = None,
        on_error: Callable[[CloudError], None] | None = None,
        now: Callable[[], float] = time.time,
        renew_margin: float = 300.0,
        drain: float = 30.0,
        keepalive: int = 30,
        timeout: float = 10.0,
        confirm_within: float = 4.0,
        backoff_first: float = 1.0,
        backoff_most: float = 60.0,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Be ready to `run`."""
        self.statistics: Final = SignallingStatistics()
        self.last_error: str | None = None
        self._fetch_access = access
        self._tls_context = tls_context
        self._on_error = on_error
        self._now = now
        self._renew_margin = renew_margin
        self._drain = drain
        self._keepalive = keepalive
        self._timeout = timeout
        self._confirm_within = confirm_within
        self._silences = 0
        self._uniform = uniform
        self._backoff_first = backoff_first
        self._least_wait = min(_LEAST_WAIT, backoff_first)
        self._backoff = Backoff(first=backoff_first, most=backoff_most, uniform=uniform)
        self._access: MqttAccess | None = None
        self._link: BrokerLink | None = None
        self._hurry = asyncio.Event()
        self._up = asyncio.Event()
        self._listeners: list[Callable[[bool], None]] = []
        self._handlers: dict[str, Callable[[Signal], None]] = {}
        self._senders: dict[str, MqttAccess] = {}
        self._outbox: Final = Outbox()
        self._retiring: set[asyncio.Task[None]] = set()
        self._abandoned: set[asyncio.Task[None]] = set()
        self._refusals = 0
        self._short_accesses = 0
        self._complained = False
        self._wake_suspects = 0

    # What sessions use

    @property
    def connected(self) -> bool:
        """Whether messages can be sent now."""
        return self._link is not None

    async def wait_connected(self) -> None:
        """Wait until messages can be sent."""
        await self._up.wait()

    def retry_soon(self) -> None:
        """Somebody wants to watch: end the wait for the next attempt, but make no more than one a second."""
        if self._link is None:
            self._hurry.set()

    def add_listener(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        """Have a function called with True when the connection was made and with False when it is lost.

        A connection that replaces another before its end is neither. Returns what ends it.
        """
        self._listeners.append(listener)

        def remove() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return remove

    def register(self, session_id: str, handler: Callable[[Signal], None]) -> Callable[[], None]:
        """Have a function called with each message of a session; returns what ends it."""
        self._handlers[session_id] = handler

        def unregister() -> None:
            self._handlers.pop(session_id, None)
            self._senders.pop(session_id, None)

        return unregister

    def publish(
        self,
        target: SignalTarget,
        session_id: str,
        kind: str,
        msg: Mapping[str, Any],
        *,
        protocol: int = WEBRTC,
        keep: bool = False,
    ) -> asyncio.Future[bool]:
        """Send a message to a camera, after all those that were sent before.

        It goes out within this turn of the event loop; nobody needs to wait.

        Args:
            target: the camera.
            session_id: of the message; all messages of a session come from the same sender, also when the connection changes.
            kind: `offer`, `candidate`, `disconnect`, `resolution` or `speaker`.
            msg: the body, without `mode`.
            protocol: WEBRTC or CONTROL.
            keep: send it with the next connection where this one doesn't carry it.

        Returns:
            Whether the broker confirmed it, once that is known.

        Raises:
            SignallingDown: there is no connection, and `keep` is false.
            ValueError: the camera's ids make no topic.
        """
        link = self._link
        access = self._senders.get(session_id) or (link.access if link is not None else self._access)
        if access is None or (link is None and not keep):
            raise SignallingDown("The message broker is not connected")
        if session_id in self._handlers:
            self._senders.setdefault(session_id, access)
        payload = encode_signal(
            target, session_id, kind, msg, sender=access.sender, protocol=protocol, t=int(self._now())
        )
        return self._send(topic_of(access, target), payload, keep=keep, vital=True)

    def wake(self, device_id: str, local_key: str) -> bool:
        """Send a camera's wake packet; returns whether that could be done (section 7).

        It is not done any more once the broker has twice in a row ended a connection over it.
        """
        if self._link is None or not local_key or self._wake_suspects >= _MOST_WAKE_SUSPECTS:
            return False
        self._link.wakes += 1
        self._link.last_wake = asyncio.get_running_loop().time()
        if self._link.wakes > _WAKES_OF_PROOF:
            # What has carried so many ends for another reason
            self._wake_suspects = 0
        self.statistics.wakes += 1
        # A broker that doesn't let us may well not confirm it
        _ = self._send(wake_topic(device_id), wake_payload(local_key), keep=False, vital=False)
        return True

    async def flush(self, timeout: float = _GOODBYE) -> None:
        """Wait until what was sent is confirmed, so many seconds at most."""
        if self._link is not None:
            await self._link.flush(timeout)

    # The connection

    async def run(self) -> None:
        """Keep the connection until cancelled; on the way out, what was sent is delivered."""
        try:
            while True:
                await self._keep(self._link or await self._connect())
        finally:
            await self._close()

    async def _connect(self) -> BrokerLink:
        """Try until there is a connection."""
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            try:
                link = await self._open(await self._current_access())
            except Exception as err:  # noqa: BLE001 - whatever it is, the next attempt may succeed
                self._note_failure(err)
            else:
                self._switch(link)
                return link
            await self._wait(self._wait_after_failure(), least=begun + self._least_wait)

    def _wait_after_failure(self) -> float:
        """Return the seconds until the next attempt; where it costs a call of the cloud each time, they become many."""
        wait = self._backoff.after_failure()
        if self._refusals > 1:
            longest = min(self._backoff_first * 2.0 ** min(self._refusals, 30), _MOST_AFTER_REFUSAL)
            wait = max(wait, self._uniform(longest / 2, longest))
        return wait

    async def _keep(self, link: BrokerLink) -> None:
        """Watch a connection until it is lost or replaced."""
        loop = asyncio.get_running_loop()
        renew_at = max(self._renewal_of(link.access), self._now() + self._wait_after_short(link.access))
        while True:
            if await link.wait_over(max(0.0, renew_at - self._now())):
                # A new connection in the same moment would meet what ended the old one
                await self._wait(
                    self._backoff.after_loss(loop.time() - link.begun), least=link.begun + self._least_wait
                )
                return
            if self._now() < renew_at:
                continue
            try:
                new = await self._open(await self._new_access())
            except Exception as err:  # noqa: BLE001 - there is time for another attempt
                self._note_failure(err)
                renew_at = self._now() + self._wait_after_failure()
                continue
            try:
                await self._settle(link)
            except BaseException:
                await new.close()
                raise
            self.statistics.renewals += 1
            self._switch(new)
            self._spawn(self._retire(link), self._retiring)
            return

    def _wait_after_short(self, access: MqttAccess) -> float:
        """Return the seconds until an access may be renewed; where all of them seem to be over at once, they become many.

        Each costs a call of the cloud, and the connection works all the same: it is the broker that knows when it ends.
        """
        if access.expires_at - self._now() >= _SHORT:
            self._short_accesses = 0
            return 0.0
        self._short_accesses += 1
        if (more := self._short_accesses - _MOST_SHORT) <= 0:
            return 0.0
        return min(self._backoff_first * 2.0 ** min(more, 30), _MOST_AFTER_REFUSAL)

    async def _settle(self, link: BrokerLink) -> None:
        """Wait until the broker has all that was sent by a connection.

        What goes out by another one might overtake it, and a camera has no use for candidates before their offer.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._confirm_within
        while link.sends and not link.is_over and (left := deadline - loop.time()) > 0.0:
            await link.flush(left)

    def _renewal_of(self, access: MqttAccess) -> float:
        """Return when the next access has to be fetched, seconds since the epoch."""
        left = max(0.0, access.expires_at - self._now())
        margin = min(self._renew_margin, left / 4)
        return access.expires_at - margin - self._uniform(0.0, margin / 10)

    async def _wait(self, seconds: float, *, least: float) -> None:
        """Wait so many seconds, or until somebody is in a hurry; in any case until `least` of the loop's clock."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        self._hurry.clear()
        await asyncio.sleep(max(0.0, least - asyncio.get_running_loop().time()))

    async def _current_access(self) -> MqttAccess:
        """Return the access that we have, while it is good, or a new one."""
        if self._access is not None and self._now() < self._access.expires_at - _EXPIRY_MARGIN:
            return self._access
        return await self._new_access()

    async def _new_access(self) -> MqttAccess:
        self.statistics.accesses += 1
        try:
            self._access = await self._fetch_access()
        except CloudError as err:
            self._call(self._on_error, err)
            raise
        return self._access

    def _note_failure(self, err: Exception) -> None:
        self.statistics.failed_attempts += 1
        if is_refusal(err):
            # Their time is over, or the cloud has given others meanwhile
            self.statistics.refused += 1
            self._refusals += 1
            self._access = None
        elif isinstance(err, CloudError) and not isinstance(err, _PASSING):
            self._refusals += 1
        if isinstance(err, (CloudError, aiomqtt.MqttError, TimeoutError, OSError)):
            self.last_error = str(err) or type(err).__name__
            _LOGGER.debug("The message broker could not be connected: %s", self.last_error)
        else:
            self.last_error = type(err).__name__
            _LOGGER.error("Connecting to the message broker failed", exc_info=err)

    async def _open(self, access: MqttAccess) -> BrokerLink:
        """Make a connection that listens; raises MqttError, TimeoutError and what the TLS context raises."""
        link = BrokerLink(
            access,
            tls_context=await self._get_tls_context() if access.tls else None,
            keepalive=self._keepalive,
            timeout=self._timeout,
            on_message=self._receive,
            on_end=self._has_ended,
            linger=lambda work: self._spawn(work, self._abandoned),
        )
        await link.open()
        self.statistics.connections += 1
        return link

    async def _get_tls_context(self) -> ssl.SSLContext:
        if self._tls_context is None:
            # It reads the system's certificates from disk
            self._tls_context = await asyncio.get_running_loop().run_in_executor(None, ssl.create_default_context)
        return self._tls_context

    def _switch(self, link: BrokerLink) -> None:
        """Send by this connection from now on."""
        if link.is_over:
            # Lost before anybody knew of it
            return
        was_up, self._link = self._link is not None, link
        self._hurry.clear()
        self._refusals = 0
        self.last_error = None
        for message in self._outbox.take_all(asyncio.get_running_loop().time()):
            _ = self._send(message.topic, message.payload, keep=True, vital=True)
        self._up.set()
        if not was_up:
            self._tell(up=True)

    def _has_ended(self, link: BrokerLink) -> None:
        """Take note of the end of a connection."""
        if self._link is not link:
            return
        self._link = None
        self._up.clear()
        self.statistics.losses += 1
        self.last_error = link.error or self.last_error
        if 0 < link.wakes <= _WAKES_OF_PROOF and asyncio.get_running_loop().time() - link.last_wake < _WAKE_SUSPICION:
            self._wake_suspects += 1
        self._tell(up=False)

    async def _retire(self, link: BrokerLink) -> None:
        """Listen to a connection that was replaced for a while longer, then end it.

        Where each connection has a topic of its own, cameras of sessions that were begun with this one go on sending there;
        it then stays for as long as they, or its credentials, do.
        """
        try:
            while not await link.wait_over(self._drain):
                current = self._link.access if self._link is not None else None
                if (
                    current is None
                    or current.source_topic == link.access.source_topic
                    or link.access not in self._senders.values()
                ):
                    break
        finally:
            await link.close()

    async def _close(self) -> None:
        link = self._link
        await self.flush()
        # From here on a lost connection is no news
        self._link = None
        self._up.clear()
        for task in self._retiring:
            task.cancel()
        if link is not None:
            await link.close()
        if last := self._retiring | self._abandoned:
            _ = await asyncio.wait(last, timeout=_GOODBYE)

    # Messages

    def _send(self, topic: str, payload: bytes, *, keep: bool, vital: bool) -> asyncio.Future[bool]:
        """Send at once and say later whether it was confirmed; the lack of that ends the connection if it was vital."""
        loop = asyncio.get_running_loop()
        confirmed: asyncio.Future[bool] = loop.create_future()
        begun = loop.time()
        kept = KeptMessage(topic, payload, keep_until(begun))
        if (link := self._link) is None:
            if keep:
                self._outbox.add(kept)
            confirmed.set_result(False)
            return confirmed
        self.statistics.sent += 1

        def done(task: asyncio.Task[None]) -> None:
            success = not task.cancelled() and task.exception() is None
            if success:
                self._silences = 0
                self.statistics.confirmed += 1
                self.statistics.confirmed_in = loop.time() - begun
            else:
                self.statistics.unconfirmed += 1
                if keep:
                    self._outbox.add(kept)
                if vital and not task.cancelled():
                    self._is_silent(link)
            if not confirmed.done():
                confirmed.set_result(success)

        link.publish(topic, payload, timeout=self._confirm_within).add_done_callback(done)
        return confirmed

    def _is_silent(self, link: BrokerLink) -> None:
        """A message was not confirmed: end the connection, unless this broker never confirms anything."""
        if self._link is link and self._silences < _MOST_SILENCES:
            self._silences += 1
            self.last_error = "The message broker does not answer"
            link.abort()

    def _receive(self, payload: Any) -> None:
        """Hand out a message."""
        self.statistics.received += 1
        signal = parse_signal(payload)
        if signal is None:
            self.statistics.malformed += 1
            if not self._complained:
                self._complained = True
                _LOGGER.warning("A camera sends messages that cannot be read; this is said only once")
            return
        handler = self._handlers.get(signal.session_id)
        if handler is None:
            self.statistics.unmatched += 1
            return
        try:
            handler(signal)
        except Exception:
            self.statistics.handler_errors += 1
            _LOGGER.exception("A camera's message could not be handled")

    def _tell(self, *, up: bool) -> None:
        for listener in tuple(self._listeners):
            self._call(listener, up)

    def _call[T](self, function: Callable[[T], None] | None, argument: T) -> None:
        """Call the owner back; its errors are its own and end no connection."""
        if function is None:
            return
        try:
            function(argument)
        except Exception:
            _LOGGER.exception("A callback of the signalling failed")

    def _spawn(self, work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]) -> None:
        task = asyncio.create_task(work, name="tuya_cloud signalling's old connection")
        among.add(task)
        task.add_done_callback(among.discard)
