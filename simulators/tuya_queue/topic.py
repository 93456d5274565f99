"""The broker: topics with partitions, subscriptions that each get all of it, and who of a subscription's receivers gets what.

Pulsar's semantics (tuya_message_queue_and_tuyalink.md, A2 and A3; where the page is brief, the classes of apache/pulsar that it
names): a subscription begins with the first receiver and then keeps what isn't acknowledged, for two hours. With Failover and
Exclusive each partition has one receiver, and redelivery is a rewind: everything that isn't acknowledged comes again, in order.
With Shared and Key_Shared single messages come again. No I/O in here.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .message_id import MessageId
from .options import ConsumerOptions, SubscriptionType

RETENTION = 7200.0
_FIRST_LEDGER = 4100
_MOST_HISTORY = 10_000
_SHARED: frozenset[SubscriptionType] = frozenset({"Shared", "Key_Shared"})


class Busy(Exception):
    """Another receiver has the subscription to itself, or has it with another type: 409."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredMessage:
    """A message of a topic; the same for all subscriptions."""

    id: str
    number: int
    """Its place in the topic, over all partitions."""
    partition: int
    payload: str = field(repr=False)
    """Base64 of the envelope."""
    properties: Mapping[str, str] | None
    """None: it has none, and the key isn't there either."""
    key: str | None
    published: float
    """Seconds since the epoch."""
    event_time: float | None = None


class Receiver(Protocol):
    """Who consumes: the proxy's consumer behind a socket, or a rival without one."""

    options: ConsumerOptions

    @property
    def ready(self) -> bool:
        """Tell whether it takes a message now."""
        ...

    def deliver(self, message: StoredMessage, times: int) -> None:
        """Take a message; `times` tells how often it was sent before."""
        ...


class Cursor:
    """How far a subscription is in one partition."""

    def __init__(self, partition: int) -> None:
        """Begin with nothing: what was there before the subscription isn't for it."""
        self.partition = partition
        self.unacked: dict[str, StoredMessage] = {}
        """Everything that isn't acknowledged, in order."""
        self.sent: dict[str, Receiver] = {}
        """Whom it was last sent to, of those; empty after a rewind."""
        self.times: dict[str, int] = {}
        self.active: Receiver | None = None
        """Who gets this partition, unless it's shared."""
        self.waking: asyncio.TimerHandle | None = None
        """Runs while a new receiver waits for its turn."""
        self._to_send: deque[StoredMessage] = deque()

    def add(self, message: StoredMessage) -> None:
        """Add what was published."""
        self.unacked[message.id] = message
        self._to_send.append(message)

    def ack(self, message_id: str) -> StoredMessage | None:
        """Forget an acknowledged message; return it, None if it isn't there (any more)."""
        self.times.pop(message_id, None)
        self.sent.pop(message_id, None)
        return self.unacked.pop(message_id, None)

    def next(self) -> StoredMessage | None:
        """Return what comes next, and leave it there."""
        while self._to_send:
            message = self._to_send[0]
            if message.id in self.unacked:
                return message
            self._to_send.popleft()
        return None

    def take(self, receiver: Receiver) -> tuple[StoredMessage, int]:
        """Return what comes next and how often it was sent before, and go on."""
        message = self._to_send.popleft()
        times = self.times.get(message.id, 0)
        self.times[message.id] = times + 1
        self.sent[message.id] = receiver
        return message, times

    def rewind(self) -> None:
        """Begin with the oldest that isn't acknowledged."""
        self.sent.clear()
        self._to_send = deque(self.unacked.values())

    def put_back(self, message_ids: Iterable[str]) -> None:
        """Let single messages come again, before any other."""
        again = sorted((self.unacked[one] for one in message_ids if one in self.unacked), key=_number)
        for message in again:
            self.sent.pop(message.id, None)
        self._to_send.extendleft(reversed(again))

    def replay(self, messages: Iterable[StoredMessage]) -> None:
        """Let acknowledged messages count as never sent again."""
        again = sorted(messages, key=_number)
        # Not the copies that are still here because nobody has looked at them since their acknowledgement.
        rest = [message for message in self._to_send if message.id in self.unacked]
        self.unacked = {message.id: message for message in again} | self.unacked
        self._to_send = deque([*again, *rest])

    def expire(self, before: float) -> int:
        """Forget what was published before a time; return how many."""
        old = [message.id for message in self.unacked.values() if message.published < before]
        for message_id in old:
            self.ack(message_id)
        return len(old)


class Subscription:
    """A name under which a topic is consumed, with what it has still to get."""

    def __init__(
        self,
        name: str,
        kind: SubscriptionType,
        partitions: int,
        *,
        durable: bool = True,
        failover_delay: float = 0.0,
    ) -> None:
        """Begin; `partitions` 0 for a topic that has none, `failover_delay` in seconds."""
        self.name = name
        self.kind = kind
        self.durable = durable
        self.receivers: list[Receiver] = []
        """In the order in which they came."""
        self.acked: deque[StoredMessage] = deque(maxlen=_MOST_HISTORY)
        """What was acknowledged last, for `replay`."""
        self._partitioned = partitions > 0
        self._failover_delay = failover_delay
        self.cursors = [Cursor(partition) for partition in range(max(partitions, 1))]
        self._turn = 0

    @property
    def unacked(self) -> list[StoredMessage]:
        """Return what was sent and isn't acknowledged."""
        return [cursor.unacked[one] for cursor in self.cursors for one in cursor.sent]

    @property
    def backlog(self) -> int:
        """Count what isn't acknowledged, sent or not."""
        return sum(len(cursor.unacked) for cursor in self.cursors)

    def partitions_of(self, receiver: Receiver) -> list[int]:
        """Return the partitions that a receiver gets; all, if they are shared."""
        shared = self.kind in _SHARED
        return [cursor.partition for cursor in self.cursors if shared or cursor.active is receiver]

    # Who receives

    def join(self, receiver: Receiver) -> None:
        """Let somebody receive. Raises Busy."""
        if self.receivers and (self.kind == "Exclusive" or receiver.options.type != self.kind):
            words = "Exclusive consumer is already connected"
            raise Busy(words if receiver.options.type == self.kind else "Subscription is of different type")
        if not self.receivers:
            # Whoever was here before, maybe with another type, has left it all.
            for cursor in self.cursors:
                cursor.active = None
                cursor.rewind()
        self.kind = receiver.options.type
        self.receivers.append(receiver)
        self._choose()

    def leave(self, receiver: Receiver) -> None:
        """Let somebody receive no more; what it had and didn't acknowledge comes again, to whoever is next."""
        self.receivers.remove(receiver)
        for cursor in self.cursors:
            if self.kind in _SHARED:
                cursor.put_back([one for one, owner in cursor.sent.items() if owner is receiver])
            elif cursor.active is receiver and not self.receivers:
                self._stop_waking(cursor)
                cursor.active = None
                cursor.sent.clear()
        self._choose()
        self.dispatch()

    def close(self) -> None:
        """Wait for nobody's turn any more."""
        for cursor in self.cursors:
            self._stop_waking(cursor)

    def _choose(self) -> None:
        """Give each partition a receiver: by turns of those of the highest priority, sorted by name; without partitions, the first."""
        if self.kind in _SHARED or not self.receivers:
            return
        best = min(one.options.priority for one in self.receivers)
        able = sorted((one for one in self.receivers if one.options.priority == best), key=_name)
        for cursor in self.cursors:
            chosen = able[cursor.partition % len(able)] if self._partitioned else self.receivers[0]
            if chosen is not cursor.active:
                cursor.active = chosen
                self._stop_waking(cursor)
                if self.kind == "Failover" and self._failover_delay > 0:
                    loop = asyncio.get_running_loop()
                    cursor.waking = loop.call_later(self._failover_delay, self._wake, cursor)
                else:
                    cursor.rewind()

    def _wake(self, cursor: Cursor) -> None:
        cursor.waking = None
        cursor.rewind()
        self.dispatch()

    def _stop_waking(self, cursor: Cursor) -> None:
        if cursor.waking is not None:
            cursor.waking.cancel()
            cursor.waking = None

    # What they get

    def add(self, message: StoredMessage) -> None:
        """Add what was published, and send it if anybody takes it."""
        cursor = self.cursors[message.partition]
        cursor.add(message)
        while self._send_one(cursor):
            pass

    def dispatch(self) -> None:
        """Send what can be sent, a message of each partition in turn."""
        idle = 0
        while idle < len(self.cursors):
            cursor = self.cursors[self._turn % len(self.cursors)]
            self._turn += 1
            idle = 0 if self._send_one(cursor) else idle + 1

    def _send_one(self, cursor: Cursor) -> bool:
        if (message := cursor.next()) is None or cursor.waking is not None:
            return False
        receiver = self._receiver_of(cursor, message)
        if receiver is None or not receiver.ready:
            return False
        receiver.deliver(*cursor.take(receiver))
        return True

    def _receiver_of(self, cursor: Cursor, message: StoredMessage) -> Receiver | None:
        if self.kind not in _SHARED:
            return cursor.active
        if not self.receivers:
            return None
        if self.kind == "Key_Shared":
            return self.receivers[java_hash(message.key or message.id) % len(self.receivers)]
        for _ in self.receivers:
            # By turns: the first goes to the end.
            self.receivers.append(self.receivers.pop(0))
            if self.receivers[-1].ready:
                return self.receivers[-1]
        return None

    def ack(self, message_id: str, partition: int | None) -> bool:
        """Acknowledge; tell whether that was news. Anything that isn't there (any more) is fine."""
        index = partition or 0
        message = self.cursors[index].ack(message_id) if index < len(self.cursors) else None
        if message is not None:
            self.acked.append(message)
        return message is not None

    def redeliver(self, receiver: Receiver, message_ids: Iterable[str], *, partition: int | None = None) -> None:
        """Let messages of a receiver come again: just those if shared, else all of its partitions, or of one, that it has."""
        wanted = set(message_ids)
        for cursor in self.cursors:
            if partition is not None and cursor.partition != partition:
                continue
            if self.kind in _SHARED:
                cursor.put_back([one for one, owner in cursor.sent.items() if owner is receiver and one in wanted])
            elif cursor.active is receiver and cursor.waking is None:
                cursor.rewind()
        self.dispatch()

    def replay(self, count: int) -> int:
        """Let what was acknowledged last come again as if it were new, as after a reset of the cursor; return how many."""
        again = [self.acked.pop() for _ in range(min(count, len(self.acked)))]
        for cursor in self.cursors:
            cursor.replay(one for one in again if one.partition == cursor.partition)
        self.dispatch()
        return len(again)

    def expire(self, before: float) -> int:
        """Forget what was published before a time; return how many."""
        return sum(cursor.expire(before) for cursor in self.cursors)


class Topic:
    """A topic, with or without partitions."""

    def __init__(
        self,
        name: str,
        partitions: int,
        *,
        now: Callable[[], float],
        retention: float = RETENTION,
        failover_delay: float,
    ) -> None:
        """Prepare; `partitions` 0: it has none. `retention` in seconds."""
        self.name = name
        self.partitions = partitions
        self.retention = retention
        self.failover_delay = failover_delay
        self.subscriptions: dict[str, Subscription] = {}
        self.expired = 0
        """How many messages were dropped because nobody acknowledged them in time, over all subscriptions."""
        self._now = now
        self._number = 0
        self._entries = [0] * max(partitions, 1)

    def partition_of(self, key: str) -> int:
        """Return the partition of a key, as Pulsar's producers choose it."""
        return java_hash(key) % self.partitions if self.partitions else 0

    def publish(
        self,
        payload: str,
        *,
        device_id: str,
        properties: Mapping[str, str] | None,
        with_key: bool = True,
        age: float = 0.0,
        event_time: float | None = None,
    ) -> StoredMessage:
        """Store a message for all subscriptions; `age` in seconds: it was published that long ago."""
        partition = self.partition_of(device_id)
        entry = self._entries[partition]
        self._entries[partition] += 1
        place = MessageId(
            ledger=_FIRST_LEDGER + partition, entry=entry, partition=partition if self.partitions else None
        )
        message = StoredMessage(
            id=place.text(),
            number=self._number,
            partition=partition,
            payload=payload,
            properties=properties,
            key=device_id if with_key else None,
            published=self._now() - age,
            event_time=event_time,
        )
        self._number += 1
        for subscription in self.subscriptions.values():
            subscription.add(message)
        return message

    def join(self, name: str, receiver: Receiver) -> Subscription:
        """Let somebody receive under a name, which is made if there is none. Raises Busy."""
        self.expire()
        subscription = self.subscriptions.get(name)
        if subscription is None:
            options = receiver.options
            subscription = Subscription(
                name, options.type, self.partitions, durable=options.durable, failover_delay=self.failover_delay
            )
            self.subscriptions[name] = subscription
        subscription.join(receiver)
        return subscription

    def leave(self, subscription: Subscription, receiver: Receiver) -> None:
        """Let somebody receive no more; one that isn't (any more) is fine."""
        if receiver not in subscription.receivers:
            return
        subscription.leave(receiver)
        if not subscription.durable and not subscription.receivers:
            self.unsubscribe(subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a subscription with all that it has still to get."""
        subscription.close()
        if self.subscriptions.get(subscription.name) is subscription:
            del self.subscriptions[subscription.name]

    def expire(self) -> None:
        """Drop what nobody acknowledged in time."""
        before = self._now() - self.retention
        self.expired += sum(subscription.expire(before) for subscription in self.subscriptions.values())


def java_hash(text: str) -> int:
    """Return Java's String.hashCode without its sign: what Pulsar's producers choose a partition by."""
    value = 0
    units = text.encode("utf-16-be")
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + (high << 8 | low)) & 0xFFFFFFFF
    return value & 0x7FFFFFFF


def _number(message: StoredMessage) -> int:
    return message.number


def _name(receiver: Receiver) -> str:
    return receiver.options.name
