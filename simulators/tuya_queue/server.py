"""The simulated message queue: Pulsar's WebSocket proxy with Tuya's topics behind it.

A model of what the page says of Tuya's queue and of what the code of Apache Pulsar does (tuya_message_queue_and_tuyalink.md, part
A), not of the real one: no project of Tuya's was looked at.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
import contextlib
import time
from typing import Any, Self, override

from aiohttp import web

from simulators.listening import listen
from simulators.own_ca import OwnCertificate, make_certificate

from .authentication import may_consume
from .bodies import Family
from .consumer import Rival
from .faults import Faults
from .options import (
    DEFAULT_NACK_DELAY,
    LEAST_ACK_TIMEOUT_MS,
    BadQuery,
    BadTopic,
    ConsumerOptions,
    TopicPath,
    parse_path,
    parse_query,
)
from .pages import error_page
from .publisher import NAMESPACE, NOTICE, Environment, Publisher, keep
from .session import MOST_TEXT, Garbage, Session
from .topic import RETENTION, Busy, StoredMessage, Subscription, Topic

# Made up, the same as the simulated cloud's.
DEFAULT_ACCESS_ID = "s1mul4t3dpr0j3ct0001"
DEFAULT_ACCESS_SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105
PARTITIONS = 11
IDLE_TIMEOUT = 300.0

_ROUTE = "/ws/v2/consumer/"


class UnknownSubscription(KeyError):
    """There is no subscription of that name."""


class TuyaQueueSimulator(Publisher):
    """A project's message queue on a port of its own; `async with` starts and stops it.

    `port` 0 lets the system pick one, which then stays over stop and start; so do subscriptions with what they have still to get.
    `access_secret` may be a function, for one that changes elsewhere.
    `environment`: whose messages there are; the other one's topic isn't there for this project (500). `partitions`: of "event";
    "event-test" has none. `families`: in which the helpers tell, two for a project that has both enabled. `gcm`: the project
    encrypts with AES-GCM. `tls` makes it wss, with `certificate` or an own one. In seconds: `retention`, how long what isn't
    acknowledged is kept; `failover_delay`, before who gets a partition now begins to get it (stock Pulsar: 1); `nack_delay`,
    before a negative acknowledgement brings a message back; `idle_timeout` of a socket on which nothing happens, None for none;
    `ping_interval`, None for no pings, as is usual. `least_ack_timeout_ms`: below it a client's wish is refused; a test may want
    less than Pulsar does. Raises BadSecret.
    """

    def __init__(
        self,
        *,
        access_id: str = DEFAULT_ACCESS_ID,
        access_secret: str | Callable[[], str] = DEFAULT_ACCESS_SECRET,
        host: str = "127.0.0.1",
        port: int = 0,
        environment: Environment = "event",
        partitions: int = PARTITIONS,
        tls: bool = False,
        certificate: OwnCertificate | None = None,
        families: Sequence[Family] = ("core",),
        gcm: bool = False,
        retention: float = RETENTION,
        failover_delay: float = 0.0,
        nack_delay: float = DEFAULT_NACK_DELAY,
        idle_timeout: float | None = IDLE_TIMEOUT,
        ping_interval: float | None = None,
        least_ack_timeout_ms: int = LEAST_ACK_TIMEOUT_MS,
        faults: Faults | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing listens yet."""
        super().__init__(
            access_id=access_id,
            access_secret=access_secret,
            environment=environment,
            partitions=partitions,
            families=families,
            gcm=gcm,
            retention=retention,
            failover_delay=failover_delay,
            faults=faults or Faults(),
            now=now,
        )
        self.host = host
        self.port = port
        self.certificate = certificate if tls else None
        if tls and certificate is None:
            self.certificate = make_certificate(host, "localhost")

        self.handshakes: Counter[int] = Counter()
        """How many handshakes were answered, by status; 101: a consumer connected."""
        self.queries: list[dict[str, str]] = []
        """The query parameters of every handshake that was let in."""
        self.acked: list[str] = []
        """Ids of the messages that a client acknowledged, in order, by each subscription once; the first 100 000."""
        self.redelivered: list[str] = []
        """Ids of the messages that were sent again, once for each time."""
        self.frames = 0
        """How many messages were sent, to all, again and again."""
        self.closures: list[tuple[int, str]] = []
        """Code and reason of each close because of what a client sent."""
        self.sessions: list[Session] = []
        self.rivals: list[Rival] = []

        self._idle_timeout = idle_timeout
        self._ping_interval = ping_interval
        self._least_ack_timeout_ms = least_ack_timeout_ms
        self._nack_delay = nack_delay
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Event()
        self._open: set[asyncio.Task[Any]] = set()

    # What a client has to know

    @property
    def url(self) -> str:
        """Return the base of the URL of a consumer."""
        return f"{'ws' if self.certificate is None else 'wss'}://{self.host}:{self.port}/"

    # Start and stop

    @property
    def running(self) -> bool:
        """Tell whether it listens."""
        return self._runner is not None

    async def start(self) -> None:
        """Listen; OSError if the port is taken. Does nothing if it listens already."""
        if self._runner is not None:
            return
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        context = None if self.certificate is None else self.certificate.server_context()
        self.port = await listen(runner, self.host, self.port, reuse_address=True, context=context)
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening and cut all connections; what isn't acknowledged stays. Does nothing if it is stopped."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        self.drop()
        for task in self._open:
            task.cancel()
        await runner.cleanup()
        self._notify()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and forget all timers."""
        await self.stop()
        for topic in self.topics.values():
            for subscription in topic.subscriptions.values():
                subscription.close()

    # What there is to see

    @property
    def connections(self) -> int:
        """Count the consumers that are connected."""
        return len(self.sessions)

    @property
    def unacked(self) -> list[str]:
        """Return the ids of the messages that were sent and not acknowledged, for each subscription that has them."""
        self.topic.expire()
        return [message.id for one in self.topic.subscriptions.values() for message in one.unacked]

    @property
    def subscriptions(self) -> Mapping[str, Subscription]:
        """Return the subscriptions of the environment, by name."""
        return self.topic.subscriptions

    def subscription(self, name: str | None = None) -> Subscription:
        """Return a subscription, without a name the usual one; raises UnknownSubscription."""
        name = f"{self.access_id}-sub" if name is None else name
        try:
            return self.topic.subscriptions[name]
        except KeyError:
            raise UnknownSubscription(name) from None

    def backlog(self, name: str | None = None) -> int:
        """Count what a subscription has still to acknowledge, sent or not; raises UnknownSubscription."""
        self.topic.expire()
        return self.subscription(name).backlog

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        """Wait until a condition over this simulator holds; raises TimeoutError.

        It is looked at again whenever somebody comes or goes, something is sent, or a client says something.
        """
        async with asyncio.timeout(timeout):
            while not condition():
                await self._changed.wait()

    async def wait_for_connections(self, count: int = 1, timeout: float = 20.0) -> None:
        """Wait until so many consumers are connected; raises TimeoutError."""
        await self.wait_for(lambda: self.connections == count, timeout)

    # Mischief

    def drop(self) -> int:
        """Cut all connections; return how many."""
        for session in self.sessions:
            session.abort()
        return len(self.sessions)

    async def close(self, code: int = 1001, reason: str = "Shutdown") -> int:
        """Close all connections in order; return how many."""
        sessions = list(self.sessions)
        for session in sessions:
            await session.close(code, reason)
        return len(sessions)

    def garbage(self, kind: Garbage = "no_json", count: int = 1) -> int:
        """Send what is no message to all that are connected; return to how many."""
        for session in self.sessions:
            for _ in range(count):
                session.garbage(kind)
        return len(self.sessions)

    def redeliver(self) -> int:
        """Let everything that isn't acknowledged come again now; return how many."""
        ids = self.unacked
        for subscription in self.topic.subscriptions.values():
            for receiver in list(subscription.receivers):
                subscription.redeliver(receiver, ids)
        return len(ids)

    def replay(self, count: int) -> int:
        """Let what was acknowledged last come again as if it were new, for each subscription; return how many."""
        return sum(one.replay(count) for one in self.topic.subscriptions.values())

    def add_rival(self, subscription: str | None = None, *, name: str = "rival") -> Rival:
        """Let another consumer have its share of a subscription, the usual one without a name. Raises Busy."""
        rival = Rival(ConsumerOptions(type="Failover", name=name))
        rival.subscription = self.topic.join(subscription or f"{self.access_id}-sub", rival)
        self.rivals.append(rival)
        rival.subscription.dispatch()
        self._notify()
        return rival

    def remove_rivals(self) -> None:
        """Let the other consumers go."""
        for rival in self.rivals:
            if rival.subscription is not None:
                for topic in self.topics.values():
                    if topic.subscriptions.get(rival.subscription.name) is rival.subscription:
                        topic.leave(rival.subscription, rival)
        self.rivals.clear()
        self._notify()

    def unsubscribe(self, name: str | None = None) -> None:
        """Forget a subscription with its backlog and close its sockets; raises UnknownSubscription."""
        subscription = self.subscription(name)
        for session in self.sessions:
            if session.consumer.subscription is subscription:
                session.abort()
        self.topic.unsubscribe(subscription)

    # HTTP

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            return await self._consume(request)
        finally:
            self._open.discard(task)

    async def _consume(self, request: web.Request) -> web.StreamResponse:
        if not request.path.startswith(_ROUTE):
            return self._refuse(request, 404)
        await asyncio.sleep(self.faults.handshake_delay)
        if self.faults.handshake_silent:
            await _until_gone(request)
        if (status := self.faults.handshake()) is not None:
            return self._refuse(request, status)
        socket = web.WebSocketResponse(autoping=False, autoclose=False, timeout=1.0, max_msg_size=MOST_TEXT)
        if not socket.can_prepare(request):
            return self._refuse(request, 405)
        try:
            path = parse_path(request.rel_url.raw_path.removeprefix(_ROUTE))
            options = parse_query(
                request.query,
                least_ack_timeout_ms=self._least_ack_timeout_ms,
                default_nack_delay=self._nack_delay,
            )
        except BadTopic:
            return self._refuse(request, 500)
        except BadQuery as err:
            return self._refuse(request, 400, f"Invalid query params: {err}")
        if not may_consume(request.headers, self.access_id, self.access_secret):
            return self._refuse(request, 401)
        if path.tenant != self.access_id:
            return self._refuse(request, 403)
        if (topic := self._topic(path)) is None:
            return self._refuse(request, 500)
        session = Session(
            socket,
            options,
            self.faults,
            idle_timeout=self._idle_timeout,
            ping_interval=self._ping_interval,
            sent=self._sent,
            acked=self._acked,
            unsubscribe=topic.unsubscribe,
            changed=self._notify,
        )
        try:
            subscription = topic.join(path.subscription, session.consumer)
        except Busy as err:
            return self._refuse(request, 409, f"Failed to create producer/consumer: {err}")
        return await self._serve(request, socket, session, topic, subscription)

    async def _serve(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        session: Session,
        topic: Topic,
        subscription: Subscription,
    ) -> web.StreamResponse:
        try:
            await socket.prepare(request)
            self.handshakes[101] += 1
            self.queries.append(dict(request.query))
            self.sessions.append(session)
            with contextlib.suppress(ConnectionError):
                await session.serve(request, subscription)
        finally:
            if session in self.sessions:
                self.sessions.remove(session)
            if session.closed_with is not None:
                self.closures.append(session.closed_with)
            topic.leave(subscription, session.consumer)
            self._notify()
        return socket

    def _topic(self, path: TopicPath) -> Topic | None:
        """Return the topic that a path names, None for one that this project hasn't."""
        if path.domain != "persistent" or path.namespace != NAMESPACE:
            return None
        return self.topics[path.topic] if path.topic in (self.environment, NOTICE) else None

    def _refuse(self, request: web.Request, status: int, words: str | None = None) -> web.Response:
        """Count a handshake that fails, and return its answer."""
        self.handshakes[status] += 1
        self._notify()
        return error_page(status, request.path, words)

    def _sent(self, message: StoredMessage, times: int) -> None:
        self.frames += 1
        if times:
            keep(self.redelivered, message.id)
        self._notify()

    def _acked(self, message_id: str) -> None:
        keep(self.acked, message_id)
        self._notify()

    @override
    def _notify(self) -> None:
        """Wake everything that waits, once: the next one to wait does so on a new event."""
        self._changed.set()
        self._changed = asyncio.Event()


async def _until_gone(request: web.Request) -> None:
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(0.05)
