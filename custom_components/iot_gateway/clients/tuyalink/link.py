"""The connection of a TuyaLink device or gateway to the cloud: one MQTT connection that lasts.

Protocols page: B1 (who we are, keep-alive, one connection a certificate), B2 (topics), B3 (messages). Requests are paired with
their answers by `msgId`; what the cloud asks for is handed to the owner's callbacks.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import logging
import random
import socket
import ssl
import time
from typing import Any, Final, Self

import aiomqtt

from . import commands, topics
from .authentication import client_id, password, user_name
from .backoff import Backoff
from .commands import ActionCall, PropertySet, parse_action_call, parse_property_set
from .errors import (
    AnswerTimeout,
    CannotConnect,
    CloudRefused,
    CredentialsRefused,
    LinkError,
    LinkLost,
    MessageInvalid,
    TakenOver,
)
from .firmware import FirmwareIssued, parse_firmware_issued
from .messages import Message, build, message_id, parse
from .mqtt import MqttClient
from .statistics import LinkStatistics
from .subdevices import TopologyChange, parse_topology_change
from .topics import Topic

_LOGGER = logging.getLogger(__name__)
_MQTT_LOGGER = logging.getLogger(f"{__name__}.mqtt")
# paho writes client ids and topics at its debug level, and an error for each lost connection, which are ours to tell
_MQTT_LOGGER.setLevel(logging.CRITICAL)

_QOS: Final = 1
_REFUSED: Final = frozenset((4, 5, 134, 135))
"""CONNACK codes that say that user name and password are no good (MQTT 3.1.1, and as paho translates them)."""
_FAILED_SUBSCRIPTION: Final = 128
_FILTERS_AT_ONCE: Final = 8
"""Topics in one SUBSCRIBE: a size that no known broker of a cloud refuses."""
_REMEMBERED: Final = 512
"""Commands that are known again when the broker delivers them twice."""
_GOODBYE: Final = 2.0

type Callback[*A] = Callable[[*A], Awaitable[None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTimings:
    """Seconds, and one count, that a link keeps to.

    `connect_within` goes for the TCP connection, the login and the subscriptions each; a message that the broker doesn't
    confirm within `confirm_within` ends the connection. Rejoining waits from `backoff_first` to `backoff_most`, after a
    refusal of the credentials from `refused_first` to `refused_most`, after being taken over from `taken_over_first` to
    `taken_over_most`.

    A connection that the broker ends within `takeover_within`, for the `takeover_count`th time in a row, was taken over. The
    next one has to last that long before it counts.
    """

    connect_within: float = 10.0
    confirm_within: float = 10.0
    backoff_first: float = 1.0
    backoff_most: float = 60.0
    refused_first: float = 60.0
    refused_most: float = 1800.0
    taken_over_first: float = 300.0
    taken_over_most: float = 1800.0
    takeover_within: float = 20.0
    takeover_count: int = 3


@dataclass(slots=True, eq=False)
class _Session:
    """One connection and what is under way on it."""

    client: MqttClient
    over: asyncio.Future[None]
    accepted_at: float | None = None
    up: bool = False
    announced: bool = False
    cause: str | None = None
    """Why we ended it, None if we didn't."""
    stopped: bool = False
    lived: float | None = None
    """Seconds from its acceptance to its end."""
    error: LinkError | None = None
    sends: set[asyncio.Task[None]] = field(default_factory=set)
    early: list[aiomqtt.Message] = field(default_factory=list)
    """What came before all was subscribed."""
    proof: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request whose answer is to come; its future gets None when the connection is lost."""

    device_id: str
    function: str
    answer: asyncio.Future[Message | None]


class TuyaLink:
    """Keeps the connection of one device or gateway, sends and asks on it, and hands out what the cloud asks for.

    Its callbacks may be plain or async functions; the async ones run as tasks of their own, begun in the order in which
    the messages came. Their errors end no connection.

    Attributes:
        on_connected: called when messages can be sent, after each loss anew.
        on_lost: called with LinkLost when that is over, and once with TakenOver when another client has our certificate.
        on_refused: called with CredentialsRefused, once until the next success.
        on_failed: called with the CannotConnect of each failed attempt.
        on_property_set, on_action: called with what the cloud asks for; they answer with `answer_set` and `answer_action`.
            Where one raises, or there is none, the cloud is told that it could not be done.
        on_topology_change, on_firmware_issued: called with what the cloud tells.
        statistics: what has been seen.

    Args:
        host: of the broker.
        port: of the broker.
        device_id: DeviceID of the certificate.
        device_secret: DeviceSecret of the certificate.
        tls: from `tls_context`; None for plain MQTT, to one's own servers.
        gateway: whether it hears what gateways hear.
        now: seconds since the epoch; it signs the connection, so it has to be right.
        keepalive: seconds, of MQTT; the cloud takes 30 to 1200.
        timings: all other times.
        uniform: draws the jitter; for tests.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        device_id: str,
        device_secret: str,
        tls: ssl.SSLContext | None,
        gateway: bool = True,
        now: Callable[[], float] = time.time,
        keepalive: int = 60,
        timings: LinkTimings = LinkTimings(),
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Be ready to `run`; raises MessageInvalid for a device id that makes no topic."""
        # Nothing of a certificate that cannot be used later on
        _ = topics.topic_of(device_id, "thing")
        self.device_id: Final = device_id
        self.statistics: Final = LinkStatistics()
        self.last_error: LinkError | None = None
        self.taken_over = False
        self.on_connected: Callback[()] | None = None
        self.on_lost: Callback[LinkError] | None = None
        self.on_refused: Callback[CredentialsRefused] | None = None
        self.on_failed: Callback[LinkError] | None = None
        self.on_property_set: Callback[PropertySet] | None = None
        self.on_action: Callback[ActionCall] | None = None
        self.on_topology_change: Callback[TopologyChange] | None = None
        self.on_firmware_issued: Callback[FirmwareIssued] | None = None

        self._host = host
        self._port = port
        self._device_secret = device_secret
        self._tls = tls
        self._downlinks = topics.DOWNLINKS["gateway" if gateway else "device"]
        self._now = now
        self._keepalive = keepalive
        self._timings = timings
        self._backoff = Backoff(first=timings.backoff_first, most=timings.backoff_most, uniform=uniform)
        self._refusals = Backoff(
            first=timings.refused_first, most=timings.refused_most, low=1.0, high=1.2, uniform=uniform
        )
        self._takeovers = Backoff(
            first=timings.taken_over_first, most=timings.taken_over_most, low=1.0, high=1.2, uniform=uniform
        )
        self._session: _Session | None = None
        self._running = False
        self._up = asyncio.Event()
        self._short_lived = 0
        self._has_worked = False
        self._refused = False
        self._sub_devices: dict[str, None] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._seen: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._abandoned: set[asyncio.Task[None]] = set()
        self._complained: set[str] = set()
        self._first_outcome: asyncio.Future[LinkError | None] | None = None

    # What the owner uses

    @property
    def connected(self) -> bool:
        """Whether messages can be sent now."""
        return self._session is not None

    @property
    def sub_devices(self) -> tuple[str, ...]:
        """The sub-devices whose topics are heard."""
        return tuple(self._sub_devices)

    async def wait_connected(self) -> None:
        """Wait until messages can be sent."""
        await self._up.wait()

    @asynccontextmanager
    async def opened(self, *, timeout: float = 30.0) -> AsyncGenerator[Self]:
        """Run the link for as long as the block lasts, entered once it is connected; for whoever asks a few questions.

        Args:
            timeout: seconds that connecting may take.

        Raises:
            CannotConnect, CredentialsRefused: the first attempt failed.
        """
        outcome = self._first_outcome = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self.run(), name="tuyalink")
        try:
            _ = await asyncio.wait((task, outcome), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
            if not outcome.done():
                raise CannotConnect("The broker does not answer in time")
            if (err := outcome.result()) is not None:
                raise err
            yield self
        finally:
            self._first_outcome = None
            await _end(task)

    async def publish(
        self,
        topic: Topic,
        data: Any,
        *,
        device_id: str | None = None,
        ack: bool = False,
        code: int | None = None,
        msg_id: str | None = None,
    ) -> None:
        """Send a message and return when the broker has confirmed it.

        Args:
            topic: whose `up` is published to.
            data: of the message, left out if None.
            device_id: of the device that it is from, our own by default.
            ack: whether the cloud shall answer; nobody waits for that here, a refusal is only counted.
            code: of an answer.
            msg_id: of the message that is answered; a new one otherwise.

        Raises:
            LinkLost, MessageTooLarge, MessageInvalid.
        """
        target = topic.publish_to(device_id or self.device_id)
        payload = build(data, now=self._now(), msg_id=msg_id, ack=True if ack else None, code=code)
        await self._transmit(target, payload)

    async def request(self, topic: Topic, data: Any, *, timeout: float = 10.0, device_id: str | None = None) -> Any:
        """Send a message, have the cloud answer it, and return the answer's `data`, None where it has none.

        Args:
            topic: whose `up` is published to, and on whose `down` the answer comes.
            data: of the message, left out if None.
            timeout: seconds that all of it may take.
            device_id: of the device that it is from, our own by default.

        Raises:
            CloudRefused: the answer's code is not 0.
            AnswerTimeout: no answer came.
            LinkLost, MessageTooLarge, MessageInvalid.
        """
        assert topic.up is not None
        assert topic.down is not None
        device_id = device_id or self.device_id
        target = topic.publish_to(device_id)
        msg_id = message_id()
        payload = build(data, now=self._now(), msg_id=msg_id, ack=True)
        waiting = _Waiting(device_id, topic.down, asyncio.get_running_loop().create_future())
        self._waiting[msg_id] = waiting
        try:
            async with asyncio.timeout(timeout):
                await self._transmit(target, payload)
                answer = await waiting.answer
        except TimeoutError:
            self.statistics.timeouts += 1
            raise AnswerTimeout(f"The cloud does not answer {topic.up}") from None
        finally:
            del self._waiting[msg_id]
        if answer is None:
            raise LinkLost("The connection was lost before the cloud answered")
        if answer.code:
            raise CloudRefused(answer.code, topic.up)
        return answer.data

    async def add_sub_devices(self, device_ids: Iterable[str]) -> None:
        """Hear the topics of sub-devices, from now on and after each rejoin.

        Raises:
            LinkLost: the connection ended meanwhile; they are heard with the next one.
            MessageInvalid: an id makes no topic.
        """
        new = [device_id for device_id in dict.fromkeys(device_ids) if device_id not in self._sub_devices]
        filters = [topic for device_id in new for topic in _filters(device_id, topics.DOWNLINKS["sub_device"])]
        self._sub_devices.update(dict.fromkeys(new))
        if filters and (session := self._session) is not None:
            try:
                _ = await self._subscribe(session, filters)
            except aiomqtt.MqttError, OSError:
                self._kill(session, "The broker does not confirm subscriptions")
                raise LinkLost("The connection was lost while subscribing") from None

    async def remove_sub_devices(self, device_ids: Iterable[str]) -> None:
        """Hear the topics of sub-devices no more; what the broker says to that is of no interest."""
        gone = [device_id for device_id in device_ids if device_id in self._sub_devices]
        for device_id in gone:
            del self._sub_devices[device_id]
        filters = [topic for device_id in gone for topic in _filters(device_id, topics.DOWNLINKS["sub_device"])]
        if filters and (session := self._session) is not None:
            with contextlib.suppress(aiomqtt.MqttError, OSError):
                for chunk in _chunked(filters):
                    await _unless_over(session, session.client.unsubscribe(chunk, timeout=self._timings.connect_within))

    # The connection

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        if self._running:
            raise RuntimeError("The link runs already")
        self._running = True
        try:
            while True:
                await asyncio.sleep(await self._attempt())
        finally:
            self._running = False
            for task in tuple(self._tasks):
                task.cancel()
            if last := self._tasks | self._abandoned:
                _ = await asyncio.wait(last, timeout=_GOODBYE)

    async def _attempt(self) -> float:
        """Connect, stay for as long as it lasts, and return the seconds to wait before the next time."""
        loop = asyncio.get_running_loop()
        session = _Session(self._make_client(), loop.create_future())
        task = loop.create_task(self._serve(session), name="tuyalink connection")
        try:
            _ = await asyncio.wait((task,))
        except asyncio.CancelledError:
            session.stopped = True
            await _end(task)
            raise
        if not task.cancelled() and (err := task.exception()) is not None:
            _LOGGER.error("The connection to TuyaLink failed", exc_info=err)
            session.error = CannotConnect(f"An unexpected error: {type(err).__name__}")
        if not session.up:
            return self._has_failed(session.error or CannotConnect("The broker does not answer"))
        return self._takeovers.after_failure() if self.taken_over else self._backoff.after_loss(session.lived or 0.0)

    def _look_for_rivals(self, session: _Session) -> None:
        """Find out whether another client has our certificate: the broker ends what it has accepted, again and again.

        An attempt that was not accepted explains that without any other client, and so does a broker by which no connection
        has ever worked.
        """
        if session.lived is None or session.cause is not None or session.lived >= self._timings.takeover_within:
            self._short_lived = 0
            return
        self._short_lived += 1
        if self._has_worked and not self.taken_over and self._short_lived >= self._timings.takeover_count:
            self.taken_over = True
            self.statistics.takeovers += 1
            _LOGGER.debug("TuyaLink was taken over by another client")
            self._tell(self.on_lost, _taken_over())

    def _has_failed(self, err: LinkError) -> float:
        """Take note of an attempt that came to nothing; returns the seconds to wait."""
        self.statistics.failed_attempts += 1
        self.last_error = _taken_over() if self.taken_over else err
        if self._first_outcome is not None and not self._first_outcome.done():
            self._first_outcome.set_result(err)
        _LOGGER.debug("TuyaLink could not be connected: %s", err)
        if isinstance(err, CredentialsRefused):
            self.last_error = err
            self.statistics.refused += 1
            if not self._refused:
                self._refused = True
                self._tell(self.on_refused, err)
            return self._refusals.after_failure()
        if self.taken_over:
            return self._takeovers.after_failure()
        self._tell(self.on_failed, err)
        return self._backoff.after_failure()

    def _make_client(self) -> MqttClient:
        timestamp = int(self._now())
        client = MqttClient(
            self._host,
            self._port,
            identifier=client_id(self.device_id),
            username=user_name(self.device_id, timestamp),
            password=password(self.device_id, self._device_secret, timestamp),
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            keepalive=self._keepalive,
            timeout=self._timings.connect_within,
            tls_context=self._tls,
            max_inflight_messages=100,
            # An answer would wait behind the confirmation of what it answers, 40 ms each time
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
            logger=_MQTT_LOGGER,
        )
        client.pending_calls_threshold = 10_000
        return client

    async def _serve(self, session: _Session) -> None:
        """Connect and listen until the connection ends."""
        try:
            async with self._entered(session.client) as client:
                session.accepted_at = asyncio.get_running_loop().time()
                # From the beginning, because it is what notices the end
                reader = asyncio.create_task(self._read(session, client), name="tuyalink listens")
                try:
                    filters = _filters(self.device_id, self._downlinks)
                    for device_id in self._sub_devices:
                        filters += _filters(device_id, topics.DOWNLINKS["sub_device"])
                    granted = await self._subscribe(session, filters)
                    if session.over.done():
                        # With the very answer to the last subscription
                        await reader
                    if not granted:
                        session.cause = "The broker lets us hear nothing"
                        session.error = CannotConnect(session.cause)
                        return
                    self._is_up(session)
                    await reader
                finally:
                    await _end(reader)
        except (aiomqtt.MqttError, OSError) as err:
            session.error = _error_of(err)
        finally:
            self._has_ended(session)

    async def _read(self, session: _Session, client: MqttClient) -> None:
        """Take what comes; ends with MqttError."""
        try:
            async for message in client.messages:
                if not session.up:
                    session.early.append(message)
                else:
                    self._receive(message.topic.value, message.payload)
        finally:
            self._has_ended(session)

    @asynccontextmanager
    async def _entered(self, client: MqttClient) -> AsyncGenerator[MqttClient]:
        """Connect a client and disconnect it, also when cancelled while it connects in its executor."""
        entering = asyncio.create_task(_enter(client), name="tuyalink connects")
        try:
            # Not a shield, which complains when what it shields fails after nobody waits for it any more
            _ = await asyncio.wait((entering,))
        except asyncio.CancelledError:
            abandon = asyncio.create_task(_abandon(entering, client), name="tuyalink's abandoned connection")
            self._abandoned.add(abandon)
            abandon.add_done_callback(self._abandoned.discard)
            raise
        entering.result()
        try:
            yield client
        finally:
            await _leave(client)

    async def _subscribe(self, session: _Session, filters: list[str]) -> int:
        """Subscribe topics, many at a time; returns how many the broker grants. Raises MqttError."""

        async def subscribe(chunk: list[str]) -> Iterable[Any]:
            return await session.client.subscribe(
                [(topic, _QOS) for topic in chunk], timeout=self._timings.connect_within
            )

        answers: list[Iterable[Any]] = await _unless_over(session, asyncio.gather(*map(subscribe, _chunked(filters))))
        codes: list[int] = [code if isinstance(code, int) else code.value for answer in answers for code in answer]
        granted = sum(code < _FAILED_SUBSCRIPTION for code in codes)
        if granted < len(codes):
            self.statistics.refused_subscriptions += len(codes) - granted
            self._complain("subscription", "The TuyaLink broker refuses some subscriptions")
        return granted

    def _is_up(self, session: _Session) -> None:
        """Take note of a connection that can be used."""
        loop = asyncio.get_running_loop()
        session.up = self._has_worked = True
        self._session = session
        self._refused = False
        self._refusals.reset()
        self.statistics.connections += 1
        self._up.set()
        if self._first_outcome is not None and not self._first_outcome.done():
            self._first_outcome.set_result(None)
        if self.taken_over:
            # Whoever took us over is likely to do so again in a moment; nobody shall be bothered until that is over
            session.proof = loop.call_later(self._timings.takeover_within, self._announce, session)
        else:
            self._announce(session)
        for message in session.early:
            self._receive(message.topic.value, message.payload)
        session.early.clear()

    def _announce(self, session: _Session) -> None:
        """Tell the owner of a connection."""
        session.announced = True
        self.taken_over = False
        self._takeovers.reset()
        self.last_error = None
        self._tell(self.on_connected)

    def _has_ended(self, session: _Session) -> None:
        """Take note of the end of a connection at once, and fail all that is under way on it."""
        if session.over.done():
            return
        session.over.set_result(None)
        if session.accepted_at is not None:
            session.lived = asyncio.get_running_loop().time() - session.accepted_at
        if session.proof is not None:
            session.proof.cancel()
        for task in tuple(session.sends):
            task.cancel()
        if self._session is session:
            self._session = None
            self._up.clear()
            self.statistics.losses += 1
            for waiting in self._waiting.values():
                if not waiting.answer.done():
                    waiting.answer.set_result(None)
        if session.stopped:
            return
        was_taken_over = self.taken_over
        self._look_for_rivals(session)
        if self.taken_over:
            self.last_error = _taken_over()
        elif session.up:
            self.last_error = LinkLost(session.cause or "The broker ended the connection")
        if session.announced and self.taken_over is was_taken_over and self.last_error is not None:
            self._tell(self.on_lost, self.last_error)

    def _kill(self, session: _Session, cause: str) -> None:
        """End a connection that doesn't work any more."""
        if self._session is session and session.cause is None:
            session.cause = cause
            _LOGGER.debug("The connection to TuyaLink is given up: %s", cause)
            self._has_ended(session)
            # The reader notices, which ends the rest
            session.client.shut()

    # Messages out

    async def _transmit(self, topic: str, payload: bytes) -> None:
        """Send at once, after all that was sent before, and return when the broker has confirmed it; raises LinkLost."""
        session = self._session
        if session is None:
            raise LinkLost("There is no connection to the cloud")
        loop = asyncio.get_running_loop()
        begun = loop.time()
        confirmed: asyncio.Future[bool] = loop.create_future()
        self.statistics.sent += 1
        # Run up to its first wait here and now: by then the message stands in the client's queue
        task = asyncio.Task(
            session.client.publish(topic, payload, qos=_QOS, timeout=self._timings.confirm_within),
            loop=loop,
            eager_start=True,
            name="tuyalink sends",
        )
        session.sends.add(task)

        def done(task: asyncio.Task[None]) -> None:
            session.sends.discard(task)
            success = not task.cancelled() and task.exception() is None
            if success:
                self.statistics.confirmed += 1
                self.statistics.confirmed_in = loop.time() - begun
            else:
                self.statistics.unconfirmed += 1
                self._kill(session, "The broker does not confirm messages")
            if not confirmed.done():
                confirmed.set_result(success)

        task.add_done_callback(done)
        if not await confirmed:
            raise LinkLost("The connection was lost before the message was confirmed")

    # Messages in

    def _receive(self, topic: str, payload: Any) -> None:
        """Hand out a message."""
        self.statistics.received += 1
        target = topics.parse_topic(topic)
        if target is None:
            self.statistics.unmatched += 1
            return
        device_id, function = target
        try:
            message = parse(payload)
            if function in topics.ANSWERS:
                self._receive_answer(device_id, function, message)
            else:
                self._receive_command(device_id, function, message)
        except MessageInvalid as err:
            self.statistics.malformed += 1
            self._complain(function, f"The TuyaLink cloud sends messages on {function} that cannot be read: {err}")

    def _receive_answer(self, device_id: str, function: str, message: Message) -> None:
        if message.code:
            self.statistics.refusals[message.code] = self.statistics.refusals.get(message.code, 0) + 1
        waiting = self._waiting.get(message.msg_id)
        if waiting is None or waiting.answer.done() or waiting.function != function or waiting.device_id != device_id:
            self.statistics.unmatched += 1
            return
        self.statistics.answers += 1
        waiting.answer.set_result(message)

    def _receive_command(self, device_id: str, function: str, message: Message) -> None:
        if device_id != self.device_id and device_id not in self._sub_devices:
            self.statistics.unmatched += 1
            return
        if message.msg_id and not self._is_new(device_id, function, message.msg_id):
            self.statistics.duplicates += 1
            return
        self.statistics.commands += 1
        match function:
            case topics.PROPERTY_SET.down:
                self._receive_property_set(device_id, message)
            case topics.ACTION_EXECUTE.down:
                self._receive_action(device_id, message)
            case topics.TOPO_CHANGE.down:
                self._tell(self.on_topology_change, parse_topology_change(message))
            case topics.FIRMWARE_ISSUE.down | topics.FIRMWARE_ISSUE_OTHER.down:
                self._tell(self.on_firmware_issued, parse_firmware_issued(device_id, message))
            case _:
                self.statistics.commands -= 1
                self.statistics.unmatched += 1

    def _receive_property_set(self, device_id: str, message: Message) -> None:
        def answer(code: int) -> Coroutine[Any, Any, None]:
            return self.publish(topics.PROPERTY_SET, None, device_id=device_id, msg_id=message.msg_id, code=code)

        try:
            command = parse_property_set(device_id, message)
        except MessageInvalid:
            self._refuse(message, answer)
            raise
        self._spawn(self._handle(self.on_property_set, command, answer))

    def _receive_action(self, device_id: str, message: Message) -> None:
        def answer(code: int) -> Coroutine[Any, Any, None]:
            return self.publish(topics.ACTION_EXECUTE, None, device_id=device_id, msg_id=message.msg_id, code=code)

        try:
            call = parse_action_call(device_id, message)
        except MessageInvalid:
            self._refuse(message, answer)
            raise
        self._spawn(self._handle(self.on_action, call, answer))

    def _refuse(self, message: Message, answer: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        """Answer a command that cannot be read, where it can be answered."""
        if message.msg_id:
            self._spawn(_ignoring_loss(answer(commands.UNREADABLE)))

    async def _handle[T](
        self, handler: Callback[T] | None, command: T, answer: Callable[[int], Coroutine[Any, Any, None]]
    ) -> None:
        """Have a command run, and answer it where its handler cannot any more."""
        try:
            if handler is None:
                await answer(commands.FAILED)
            elif (result := handler(command)) is not None:
                await result
        except LinkError as err:
            # The cloud asks again if it still wants to know
            _LOGGER.debug("A command of the TuyaLink cloud could not be answered: %s", err)
        except Exception:
            self.statistics.handler_errors += 1
            _LOGGER.exception("A command of the TuyaLink cloud could not be handled")
            await _ignoring_loss(answer(commands.FAILED))

    def _is_new(self, device_id: str, function: str, msg_id: str) -> bool:
        """Tell whether a command comes for the first time: QoS 1 may deliver it again."""
        key = device_id, function, msg_id
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            _ = self._seen.popitem(last=False)
        return True

    # Helpers

    def _tell[*A](self, callback: Callback[*A] | None, *arguments: *A) -> None:
        """Call the owner back; its errors are its own and end no connection."""
        if callback is None:
            return
        try:
            result = callback(*arguments)
        except Exception:
            self.statistics.handler_errors += 1
            _LOGGER.exception("A callback of TuyaLink failed")
            return
        if result is not None:
            self._spawn(self._await(result))

    async def _await(self, result: Awaitable[None]) -> None:
        try:
            await result
        except LinkError as err:
            _LOGGER.debug("A callback of TuyaLink was interrupted: %s", err)
        except Exception:
            self.statistics.handler_errors += 1
            _LOGGER.exception("A callback of TuyaLink failed")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # Begun here and now, so that commands begin in the order in which they came
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True, name="tuyalink callback")
        if not task.done():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _complain(self, subject: str, text: str) -> None:
        """Warn of something, once a subject."""
        if subject not in self._complained:
            self._complained.add(subject)
            _LOGGER.warning("%s; this is said only once", text)


def _filters(device_id: str, functions: Iterable[str]) -> list[str]:
    return [topics.topic_of(device_id, function) for function in functions]


def _chunked(filters: list[str]) -> list[list[str]]:
    return [filters[index : index + _FILTERS_AT_ONCE] for index in range(0, len(filters), _FILTERS_AT_ONCE)]


def _taken_over() -> TakenOver:
    return TakenOver("Another client connects to the cloud with the same device certificate")


def _error_of(err: aiomqtt.MqttError | OSError) -> LinkError:
    """Return what an error of the connection means to us."""
    rc = getattr(err, "rc", None)
    code = rc if isinstance(rc, int) else getattr(rc, "value", None)
    if isinstance(err, aiomqtt.exceptions.MqttConnectError) and code in _REFUSED:
        return CredentialsRefused("The broker refuses device id and secret")
    # aiomqtt keeps the text of what the socket said, and the error itself only as context
    invalid = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in (err, err.__context__))
    return CannotConnect(str(err) or type(err).__name__, certificate_invalid=invalid)


async def _unless_over[T](session: _Session, work: Awaitable[T]) -> T:
    """Return what comes of something, unless its connection is over before: MqttError then."""
    task = asyncio.ensure_future(work)
    try:
        _ = await asyncio.wait((task, session.over), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise aiomqtt.MqttError("The broker ended the connection")
        return task.result()
    finally:
        _ = task.cancel()
        # Whatever it still says is of no interest
        task.add_done_callback(lambda task: task.cancelled() or task.exception())


async def _enter(client: MqttClient) -> None:
    try:
        _ = await client.__aenter__()
    except BaseException:
        # A login that the broker answers too late would go on living, and take over the next one
        client.shut()
        raise


async def _leave(client: MqttClient) -> None:
    with contextlib.suppress(aiomqtt.MqttError, OSError, TimeoutError):
        async with asyncio.timeout(_GOODBYE):
            await client.__aexit__(None, None, None)
    client.shut()


async def _abandon(entering: asyncio.Task[None], client: MqttClient) -> None:
    """End a client that nobody waits for any more, as soon as it has a socket."""
    while not entering.done():
        client.shut()
        _ = await asyncio.wait((entering,), timeout=0.05)
    if not entering.cancelled() and entering.exception() is None:
        await _leave(client)


async def _ignoring_loss(work: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(LinkError):
        await work


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    _ = await asyncio.wait((task,))
    if not task.cancelled() and (err := task.exception()) is not None:
        _LOGGER.debug("A connection to TuyaLink ended with %s", type(err).__name__)
