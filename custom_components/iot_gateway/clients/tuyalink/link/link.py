"""The connection of a TuyaLink device or gateway to the cloud: one MQTT connection that lasts.

Protocols page: B1 (who we are, keep-alive, one connection a certificate), B2 (topics), B3 (messages). Here is when it is made
anew, and what its owner can do with it and is told of it. One connection from its login to its end is a `session`; what comes on
it goes through `dispatch`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
import logging
import random
import ssl
import time
from typing import Any, Final, Self

import aiomqtt

from .. import topics
from ..backoff import Backoff
from ..commands import ActionCall, PropertySet
from ..errors import AnswerTimeout, CannotConnect, CloudRefused, CredentialsRefused, LinkError, LinkLost, TakenOver
from ..firmware import FirmwareIssued
from ..messages import build, message_id
from ..statistics import LinkStatistics
from ..subdevices import TopologyChange
from ..topics import Topic
from .awaited_answers import AwaitedAnswers
from .callbacks import Callback, CallbackRunner
from .complaints import Complaints
from .connecting import GOODBYE, Connector
from .dispatch import Dispatcher
from .rivals import RivalWatch
from .session import Session
from .tasks import end_task
from .timings import LinkTimings

_LOGGER = logging.getLogger(__name__)


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
        self.on_connected: Callback[()] | None = None
        self.on_lost: Callback[LinkError] | None = None
        self.on_refused: Callback[CredentialsRefused] | None = None
        self.on_failed: Callback[LinkError] | None = None
        self.on_property_set: Callback[PropertySet] | None = None
        self.on_action: Callback[ActionCall] | None = None
        self.on_topology_change: Callback[TopologyChange] | None = None
        self.on_firmware_issued: Callback[FirmwareIssued] | None = None

        self._kind = "gateway" if gateway else "device"
        self._now = now
        self._timings = timings
        self._connector = Connector(
            host=host,
            port=port,
            device_id=device_id,
            device_secret=device_secret,
            tls=tls,
            now=now,
            keepalive=keepalive,
            within=timings.connect_within,
        )
        self._backoff = Backoff(first=timings.backoff_first, most=timings.backoff_most, uniform=uniform)
        self._refusals = Backoff(
            first=timings.refused_first, most=timings.refused_most, low=1.0, high=1.2, uniform=uniform
        )
        self._takeovers = Backoff(
            first=timings.taken_over_first, most=timings.taken_over_most, low=1.0, high=1.2, uniform=uniform
        )
        self._rivals = RivalWatch(within=timings.takeover_within, count=timings.takeover_count)
        self._answers = AwaitedAnswers()
        self._callbacks = CallbackRunner(self.statistics)
        self._complaints = Complaints()
        self._dispatcher = Dispatcher(self, self._answers, self._callbacks, self._complaints)
        self._session: Session | None = None
        """The one that can be sent on."""
        self._announced = False
        """Whether the owner was told of it."""
        self._proof: asyncio.TimerHandle | None = None
        """What tells them later, after another client took us over."""
        self._running = False
        self._up = asyncio.Event()
        self._refused = False
        self._sub_devices: dict[str, None] = {}
        self._first_outcome: asyncio.Future[LinkError | None] | None = None

    # What the owner uses

    @property
    def connected(self) -> bool:
        """Whether messages can be sent now."""
        return self._session is not None

    @property
    def taken_over(self) -> bool:
        """Whether another client has our certificate, until a connection has lasted again."""
        return self._rivals.taken_over

    @property
    def sub_devices(self) -> tuple[str, ...]:
        """The sub-devices whose topics are heard."""
        return tuple(self._sub_devices)

    def hears(self, device_id: str) -> bool:
        """Tell whether a device is ours: the one that we are, or a sub-device whose topics are heard."""
        return device_id == self.device_id or device_id in self._sub_devices

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
            await end_task(task)

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
            timeout: seconds that the answer may take, once the broker has confirmed the message.
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
        self.statistics.requests += 1
        try:
            with self._answers.expect(msg_id, device_id, topic.down) as answered:
                # Not within the timeout: it ends by itself, and a link that is dead is no cloud that does not answer
                await self._transmit(target, payload)
                async with asyncio.timeout(timeout):
                    answer = await answered
        except TimeoutError:
            self.statistics.timeouts += 1
            raise AnswerTimeout(f"The cloud does not answer {topic.up}") from None
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
        filters = _filters_of(new)
        self._sub_devices.update(dict.fromkeys(new))
        if filters and (session := self._session) is not None:
            try:
                _ = await session.subscribe(filters)
            except aiomqtt.MqttError, OSError:
                session.kill("The broker does not confirm subscriptions")
                raise LinkLost("The connection was lost while subscribing") from None

    async def remove_sub_devices(self, device_ids: Iterable[str]) -> None:
        """Hear the topics of sub-devices no more; what the broker says to that is of no interest."""
        gone = [device_id for device_id in device_ids if device_id in self._sub_devices]
        for device_id in gone:
            del self._sub_devices[device_id]
        filters = _filters_of(gone)
        if filters and (session := self._session) is not None:
            await session.unsubscribe(filters)

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
            self._callbacks.cancel()
            if last := self._callbacks.tasks | self._connector.abandoned:
                _ = await asyncio.wait(last, timeout=GOODBYE)

    async def _attempt(self) -> float:
        """Connect, stay for as long as it lasts, and return the seconds to wait before the next time."""
        session = Session(
            self._connector,
            self._timings,
            self.statistics,
            self._complaints,
            on_up=self._is_up,
            on_message=self._dispatcher.receive,
            on_end=self._has_ended,
        )
        task = asyncio.create_task(session.run(self._filters), name="tuyalink connection")
        try:
            _ = await asyncio.wait((task,))
        except asyncio.CancelledError:
            session.stopped = True
            await end_task(task)
            raise
        if not task.cancelled() and (err := task.exception()) is not None:
            _LOGGER.error("The connection to TuyaLink failed", exc_info=err)
            session.error = CannotConnect(f"An unexpected error: {type(err).__name__}")
        if not session.up:
            return self._has_failed(session.error or CannotConnect("The broker does not answer"))
        return self._takeovers.after_failure() if self.taken_over else self._backoff.after_loss(session.lived or 0.0)

    def _filters(self) -> list[str]:
        """Return the topics to hear."""
        return topics.downlinks_of(self.device_id, self._kind) + _filters_of(self._sub_devices)

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
                self._callbacks.tell(self.on_refused, err)
            return self._refusals.after_failure()
        if self.taken_over:
            return self._takeovers.after_failure()
        self._callbacks.tell(self.on_failed, err)
        return self._backoff.after_failure()

    def _is_up(self, session: Session) -> None:
        """Take note of a connection that can be used."""
        self._session = session
        self._rivals.worked()
        self._refused = False
        self._refusals.reset()
        self.statistics.connections += 1
        self._up.set()
        if self._first_outcome is not None and not self._first_outcome.done():
            self._first_outcome.set_result(None)
        if self.taken_over:
            # Whoever took us over is likely to do so again in a moment; nobody shall be bothered until that is over
            self._proof = asyncio.get_running_loop().call_later(self._timings.takeover_within, self._announce)
        else:
            self._announce()

    def _announce(self) -> None:
        """Tell the owner of a connection."""
        self._announced = True
        self._rivals.settled()
        self._takeovers.reset()
        self.last_error = None
        self._callbacks.tell(self.on_connected)

    def _has_ended(self, session: Session) -> None:
        """Take note of the end of a connection, and fail all that waits for an answer on it."""
        announced, self._announced = self._announced, False
        if self._proof is not None:
            self._proof.cancel()
            self._proof = None
        if self._session is session:
            self._session = None
            self._up.clear()
            self.statistics.losses += 1
            self._answers.lost()
        if session.stopped:
            return
        taken_over_now = self._rivals.ended(session.lived, by_us=session.cause is not None)
        if taken_over_now:
            self.statistics.takeovers += 1
            _LOGGER.debug("TuyaLink was taken over by another client")
            self._callbacks.tell(self.on_lost, _taken_over())
        if self.taken_over:
            self.last_error = _taken_over()
        elif session.up:
            self.last_error = LinkLost(session.cause or "The broker ended the connection")
        if announced and not taken_over_now and self.last_error is not None:
            self._callbacks.tell(self.on_lost, self.last_error)

    async def _transmit(self, topic: str, payload: bytes) -> None:
        """Send where there is a connection, and return when the broker has confirmed it; raises LinkLost."""
        if self._session is None:
            raise LinkLost("There is no connection to the cloud")
        await self._session.send(topic, payload)


def _filters_of(sub_devices: Iterable[str]) -> list[str]:
    """Return the topics of sub-devices; raises MessageInvalid for an id that makes no topic."""
    return [topic for device_id in sub_devices for topic in topics.downlinks_of(device_id, "sub_device")]


def _taken_over() -> TakenOver:
    return TakenOver("Another client connects to the cloud with the same device certificate")
