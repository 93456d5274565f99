"""The signalling of all cameras and all viewers of a user: one MQTT connection that lasts.

Protocols page: section 3 (credentials and their end), 4 (messages), 7 (waking). What arrives here belongs to whoever has
registered its session id; the topic is the user's, so the answers to other apps of the user arrive too and are none of our
business.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
import contextlib
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
import json
import logging
import random
import ssl
import time
from typing import Any, Final

import aiomqtt

from .backoff import Backoff
from .errors import CannotReachCloud, CloudError
from .ipc import MqttAccess
from .wake import wake_payload, wake_topic

_LOGGER = logging.getLogger(__name__)
_MQTT_LOGGER = logging.getLogger(f"{__name__}.mqtt")
# At its debug level paho writes client ids and topics, whoever turned that on for the integration
_MQTT_LOGGER.setLevel(logging.WARNING)

WEBRTC: Final = 302
"""Protocol number of offers, answers, candidates and disconnects."""
CONTROL: Final = 312
"""Protocol number of `resolution` and `speaker`."""

_VERSION: Final = "2.2"
_QOS: Final = 1
_REFUSED: Final = frozenset((4, 5, 133, 134, 135))
"""CONNACK codes that say that the credentials are no longer, or not yet, good (MQTT 3.1.1 and 5)."""
_FAILED_SUBSCRIPTION: Final = 128
_EXPIRY_MARGIN: Final = 10.0
_LEAST_WAIT: Final = 1.0
_MOST_AFTER_REFUSAL: Final = 900.0
_OUTBOX_SIZE: Final = 256
_OUTBOX_SECONDS: Final = 600.0
_GOODBYE: Final = 2.0
_MOST_SILENCES: Final = 3
_WAKE_SUSPICION: Final = 2.0
"""Seconds after a wake packet within which a lost connection is put down to it."""


class SignallingDown(CannotReachCloud):
    """There is no connection to the message broker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalTarget:
    """The camera that a message goes to; `sub_dev_id` is the node id behind a recorder, empty otherwise."""

    device_id: str
    moto_id: str
    sub_dev_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A message of a camera: its protocol number, type and session, and `msg` as it came."""

    protocol: int
    kind: str
    session_id: str
    sender: str
    msg: Mapping[str, Any] = field(repr=False)


@dataclass(slots=True, kw_only=True)
class SignallingStatistics:
    """What the signalling has seen; the counters only grow.

    `connections` were made, `losses` happened, `renewals` are new connections made before the old one's end. `refused` are
    connections that the broker declined for their credentials. `unconfirmed` messages may or may not have arrived,
    `unmatched` ones belonged to no session of ours, `malformed` ones could not be read. `confirmed_in` is how many seconds
    the broker took for the last confirmed message.
    """

    connections: int = 0
    losses: int = 0
    renewals: int = 0
    failed_attempts: int = 0
    refused: int = 0
    accesses: int = 0
    sent: int = 0
    confirmed: int = 0
    unconfirmed: int = 0
    received: int = 0
    unmatched: int = 0
    malformed: int = 0
    handler_errors: int = 0
    wakes: int = 0
    confirmed_in: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it by name, fit for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A message that goes out with the next connection, until then (monotonic)."""

    topic: str
    payload: bytes
    until: float


@dataclass(slots=True, eq=False)
class _Link:
    """One connection."""

    access: MqttAccess
    client: aiomqtt.Client
    begun: float
    task: asyncio.Task[None] | None = None
    sends: set[asyncio.Task[None]] = field(default_factory=set)
    ended: bool = False
    last_wake: float | None = None


class _SubscriptionRefused(aiomqtt.MqttError):
    """The broker doesn't let us listen."""


class IpcSignalling:
    """Keeps one connection to the broker, sends to cameras and hands out what they send.

    Args:
        access: fetches credentials; each call must give another client id than the one before (`ipc.MqttAccessSource`).
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
        keepalive: int = 60,
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
        self._link: _Link | None = None
        self._hurry = asyncio.Event()
        self._up = asyncio.Event()
        self._listeners: list[Callable[[bool], None]] = []
        self._handlers: dict[str, Callable[[Signal], None]] = {}
        self._senders: dict[str, MqttAccess] = {}
        self._outbox: deque[_Kept] = deque(maxlen=_OUTBOX_SIZE)
        self._retiring: set[asyncio.Task[None]] = set()
        self._abandoned: set[asyncio.Task[None]] = set()
        self._refusals = 0
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
        topic = access.topic_of(target.moto_id, target.device_id)
        if any(character in topic for character in "+#\0"):
            raise ValueError("an id of the camera cannot be part of a topic")
        message = {
            "protocol": protocol,
            "pv": _VERSION,
            "t": int(self._now()),
            "data": {
                "header": {
                    "type": kind,
                    "from": access.sender,
                    "to": target.device_id,
                    "sub_dev_id": target.sub_dev_id,
                    "sessionid": session_id,
                    "moto_id": target.moto_id,
                    "tid": "",
                },
                "msg": {"mode": "webrtc", **msg},
            },
        }
        return self._send(topic, json.dumps(message, separators=(",", ":")).encode(), keep=keep, vital=True)

    def wake(self, device_id: str, local_key: str) -> bool:
        """Send a camera's wake packet; returns whether that could be done (section 7).

        It is not done any more once the broker has twice ended a connection over it.
        """
        if self._link is None or not local_key or self._wake_suspects >= 2:
            return False
        self._link.last_wake = asyncio.get_running_loop().time()
        self.statistics.wakes += 1
        # A broker that doesn't let us may well not confirm it
        _ = self._send(wake_topic(device_id), wake_payload(local_key), keep=False, vital=False)
        return True

    async def flush(self, timeout: float = _GOODBYE) -> None:
        """Wait until what was sent is confirmed, so many seconds at most."""
        if (link := self._link) is not None and link.sends:
            await asyncio.wait(link.sends, timeout=timeout)

    # The connection

    async def run(self) -> None:
        """Keep the connection until cancelled; on the way out, what was sent is delivered."""
        try:
            while True:
                await self._keep(self._link or await self._connect())
        finally:
            await self._close()

    async def _connect(self) -> _Link:
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

    async def _keep(self, link: _Link) -> None:
        """Watch a connection until it is lost or replaced."""
        loop = asyncio.get_running_loop()
        task = link.task
        assert task is not None
        renew_at = self._renewal_of(link.access)
        while True:
            _ = await asyncio.wait((task,), timeout=max(0.0, renew_at - self._now()))
            if task.done():
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
            self.statistics.renewals += 1
            self._switch(new)
            self._spawn(self._retire(link), self._retiring)
            return

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
        if isinstance(err, _SubscriptionRefused) or _code_of(err) in _REFUSED:
            # Their time is over, or the cloud has given others meanwhile
            self.statistics.refused += 1
            self._refusals += 1
            self._access = None
        if isinstance(err, (CloudError, aiomqtt.MqttError, TimeoutError, OSError)):
            self.last_error = str(err) or type(err).__name__
            _LOGGER.debug("The message broker could not be connected: %s", self.last_error)
        else:
            self.last_error = type(err).__name__
            _LOGGER.error("Connecting to the message broker failed", exc_info=err)

    async def _open(self, access: MqttAccess) -> _Link:
        """Make a connection that listens; raises MqttError, TimeoutError and what the TLS context raises."""
        loop = asyncio.get_running_loop()
        client = aiomqtt.Client(
            access.host,
            access.port,
            identifier=access.client_id,
            username=access.username,
            password=access.password,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            keepalive=self._keepalive,
            timeout=self._timeout,
            tls_context=await self._get_tls_context() if access.tls else None,
            max_inflight_messages=100,
            logger=_MQTT_LOGGER,
        )
        client.pending_calls_threshold = 1000
        link = _Link(access, client, loop.time())
        opened = loop.create_future()
        link.task = loop.create_task(self._serve(link, opened), name="tuya_cloud signalling")
        try:
            _ = await asyncio.wait((link.task, opened), return_when=asyncio.FIRST_COMPLETED)
            if link.task.done():
                await link.task
        except BaseException:
            await _end(link.task)
            raise
        self.statistics.connections += 1
        return link

    async def _get_tls_context(self) -> ssl.SSLContext:
        if self._tls_context is None:
            # It reads the system's certificates from disk
            self._tls_context = await asyncio.get_running_loop().run_in_executor(None, ssl.create_default_context)
        return self._tls_context

    async def _serve(self, link: _Link, opened: asyncio.Future[None]) -> None:
        """Listen on a connection until it ends; the task ends without an error once it was opened."""
        try:
            async with self._entered(link.client) as client:
                granted = await client.subscribe(link.access.source_topic, qos=_QOS)
                if any((code if isinstance(code, int) else code.value) >= _FAILED_SUBSCRIPTION for code in granted):
                    raise _SubscriptionRefused("The broker refuses the subscription")
                opened.set_result(None)
                async for message in client.messages:
                    self._receive(message.payload)
        except aiomqtt.MqttError as err:
            if not opened.done():
                raise
            self.last_error = str(err)
        finally:
            self._has_ended(link)

    @asynccontextmanager
    async def _entered(self, client: aiomqtt.Client) -> AsyncGenerator[aiomqtt.Client]:
        """Connect a client and disconnect it, also when cancelled while it connects in its executor."""
        entering = asyncio.create_task(_enter(client), name="tuya_cloud signalling connects")
        try:
            await asyncio.shield(entering)
        except asyncio.CancelledError:
            self._spawn(_abandon(entering, client), self._abandoned)
            raise
        try:
            yield client
        finally:
            await _leave(client)

    def _switch(self, link: _Link) -> None:
        """Send by this connection from now on."""
        assert link.task is not None
        if link.task.done():
            # Lost before anybody knew of it
            return
        was_up, self._link = self._link is not None, link
        self._hurry.clear()
        self._refusals = 0
        self.last_error = None
        kept = list(self._outbox)
        self._outbox.clear()
        now = asyncio.get_running_loop().time()
        for message in kept:
            if now < message.until:
                _ = self._send(message.topic, message.payload, keep=True, vital=True)
        self._up.set()
        if not was_up:
            self._tell(up=True)

    def _has_ended(self, link: _Link) -> None:
        """Take note of the end of a connection."""
        link.ended = True
        for task in tuple(link.sends):
            task.cancel()
        if self._link is not link:
            return
        self._link = None
        self._up.clear()
        self.statistics.losses += 1
        if link.last_wake is not None and asyncio.get_running_loop().time() - link.last_wake < _WAKE_SUSPICION:
            self._wake_suspects += 1
        self._tell(up=False)

    async def _retire(self, link: _Link) -> None:
        """Listen to a connection that was replaced for a while longer, then end it.

        Where each connection has a topic of its own, cameras of sessions that were begun with this one go on sending there;
        it then stays for as long as they, or its credentials, do.
        """
        assert link.task is not None
        try:
            while not link.task.done():
                _ = await asyncio.wait((link.task,), timeout=self._drain)
                current = self._link.access if self._link is not None else None
                if (
                    current is None
                    or current.source_topic == link.access.source_topic
                    or link.access not in self._senders.values()
                ):
                    break
        finally:
            await _end(link.task)

    async def _close(self) -> None:
        link = self._link
        await self.flush()
        # From here on a lost connection is no news
        self._link = None
        self._up.clear()
        for task in self._retiring:
            task.cancel()
        if link is not None and link.task is not None:
            await _end(link.task)
        if last := self._retiring | self._abandoned:
            _ = await asyncio.wait(last, timeout=_GOODBYE)

    # Messages

    def _send(self, topic: str, payload: bytes, *, keep: bool, vital: bool) -> asyncio.Future[bool]:
        """Send at once and say later whether it was confirmed; the lack of that ends the connection if it was vital."""
        loop = asyncio.get_running_loop()
        confirmed: asyncio.Future[bool] = loop.create_future()
        kept = _Kept(topic, payload, loop.time() + _OUTBOX_SECONDS)
        if (link := self._link) is None:
            if keep:
                self._outbox.append(kept)
            confirmed.set_result(False)
            return confirmed
        begun = loop.time()
        self.statistics.sent += 1
        # Run up to its first wait here and now: by then the message stands in the client's queue
        task = asyncio.Task(
            link.client.publish(topic, payload, qos=_QOS, timeout=self._confirm_within),
            loop=loop,
            eager_start=True,
            name="tuya_cloud signalling sends",
        )
        link.sends.add(task)

        def done(task: asyncio.Task[None]) -> None:
            link.sends.discard(task)
            success = not task.cancelled() and task.exception() is None
            if success:
                self._silences = 0
                self.statistics.confirmed += 1
                self.statistics.confirmed_in = loop.time() - begun
            else:
                self.statistics.unconfirmed += 1
                if keep:
                    self._outbox.append(kept)
                if vital and not task.cancelled():
                    self._is_silent(link)
            if not confirmed.done():
                confirmed.set_result(success)

        task.add_done_callback(done)
        return confirmed

    def _is_silent(self, link: _Link) -> None:
        """A message was not confirmed: end the connection, unless this broker never confirms anything."""
        if self._link is link and link.task is not None and self._silences < _MOST_SILENCES:
            self._silences += 1
            self.last_error = "The message broker does not answer"
            link.task.cancel()

    def _receive(self, payload: Any) -> None:
        """Hand out a message."""
        self.statistics.received += 1
        signal = _parse_signal(payload)
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


def _parse_signal(payload: Any) -> Signal | None:
    """Return what a message says, None where it cannot be read."""
    if not isinstance(payload, (bytes, bytearray, str)):
        return None
    try:
        message = json.loads(payload)
    except ValueError:
        return None
    match message:
        case {
            "protocol": int(protocol),
            "data": {"header": {"type": str(kind), "sessionid": str(session_id), **header}, **data},
        }:
            msg = data.get("msg", {})
            sender = header.get("from", "")
            if isinstance(msg, dict) and isinstance(sender, str):
                return Signal(protocol=protocol, kind=kind, session_id=session_id, sender=sender, msg=msg)
    return None


def _code_of(err: Exception) -> int | None:
    """Return the code with which the broker declined a connection."""
    code = getattr(err, "rc", None)
    return code if isinstance(code, int) else getattr(code, "value", None)


async def _enter(client: aiomqtt.Client) -> None:
    _ = await client.__aenter__()


async def _leave(client: aiomqtt.Client) -> None:
    with contextlib.suppress(aiomqtt.MqttError, OSError):
        await client.__aexit__(None, None, None)


async def _abandon(entering: asyncio.Task[None], client: aiomqtt.Client) -> None:
    """Disconnect a client that nobody waits for any more, once it is connected."""
    _ = await asyncio.wait((entering,))
    if not entering.cancelled() and entering.exception() is None:
        await _leave(client)


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    _ = await asyncio.wait((task,))
    if not task.cancelled() and (err := task.exception()) is not None:
        _LOGGER.debug("A connection to the message broker ended with %s", type(err).__name__)
