"""The proxy's consumer behind a socket: what it sends ahead, what its timers bring back, and what the client's commands mean.

As Pulsar's ConsumerHandler and its client library do it (tuya_message_queue_and_tuyalink.md, A2): messages go out while fewer than
receiverQueueSize wait for their acknowledgement (with pullMode: while there are permits), the timer of an acknowledgement runs
from the sending on, and one that is late brings back everything. What it counts as waiting are frames, not messages: one that
was sent twice waits until it was acknowledged twice. No I/O in here.
"""

import asyncio
from collections.abc import Callable
import json
from typing import Any

from .faults import Faults
from .message_id import MessageId, NoMessageId, NotBase64
from .options import ConsumerOptions
from .topic import StoredMessage, Subscription

FAILED_TO_DESERIALIZE = 3
SERVER_ERROR = 1011
_DESERIALIZE_WORDS = "Failed to de-serialize from JSON"


class CloseSession(Exception):
    """The session ends because of what the client sent."""

    def __init__(self, code: int, reason: str) -> None:
        """Tell the code and the reason of the close."""
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Consumer:
    """A receiver of a subscription; `send` gets messages, `answer` other texts for the client, `acked` the ids that were news."""

    def __init__(
        self,
        options: ConsumerOptions,
        faults: Faults,
        *,
        send: Callable[[StoredMessage, int], None],
        answer: Callable[[str], None],
        acked: Callable[[str], None],
        unsubscribe: Callable[[Subscription], None],
    ) -> None:
        """Prepare; it's not ready before `open`."""
        self.options = options
        self.sent = 0
        """How many messages went out, duplicates included."""
        self.pending = 0
        """How many frames wait for their acknowledgement; below 0: permits that are left in pull mode."""
        self.subscription: Subscription | None = None
        self._faults = faults
        self._send = send
        self._answer = answer
        self._acked = acked
        self._unsubscribe = unsubscribe
        self._opened = False
        self._deadlines: dict[str, float] = {}
        """When the acknowledgement of a message is late, by its id; the earliest first."""
        self._timer: asyncio.TimerHandle | None = None
        self._handles: set[asyncio.TimerHandle] = set()

    # Broker to client

    @property
    def ready(self) -> bool:
        """Tell whether a message may be sent."""
        if not self._opened:
            return False
        if self.options.pull:
            return self.pending < 0
        return self.pending < (self._faults.receiver_queue_size or self.options.receiver_queue)

    def deliver(self, message: StoredMessage, times: int) -> None:
        """Send a message; `times` tells how often it was sent before."""
        for _ in range(2 if self._faults.duplicate_frames else 1):
            self.pending += 1
            self.sent += 1
            self._send(message, times)
        if self.options.ack_timeout:
            self._deadlines.setdefault(message.id, asyncio.get_running_loop().time() + self.options.ack_timeout)
            self._watch()

    def open(self, subscription: Subscription) -> None:
        """Begin to take messages."""
        self.subscription = subscription
        self._opened = True
        subscription.dispatch()

    def close(self) -> None:
        """Take and bring back nothing more."""
        self._opened = False
        self._deadlines.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for handle in self._handles:
            handle.cancel()
        self._handles.clear()

    def _watch(self) -> None:
        """Have a timer for the earliest deadline; one that runs goes on, also if what it was for is acknowledged."""
        if self._timer is None and self._deadlines:
            self._timer = asyncio.get_running_loop().call_at(next(iter(self._deadlines.values())), self._late)

    def _late(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        late = [one for one, deadline in self._deadlines.items() if deadline <= now]
        subscription = self.subscription
        if subscription is not None and late:
            if subscription.kind in ("Shared", "Key_Shared"):
                for one in late:
                    del self._deadlines[one]
            else:
                # Single messages can't come again without breaking the order: all of them do.
                self._deadlines.clear()
            subscription.redeliver(self, late)
        self._watch()

    # Client to broker

    def command(self, text: str) -> None:
        """Do what a client sends. Raises CloseSession."""
        try:
            command = json.loads(text)
        except ValueError as err:
            raise CloseSession(FAILED_TO_DESERIALIZE, _DESERIALIZE_WORDS) from err
        if command is None:
            raise CloseSession(SERVER_ERROR, "Server error")
        if not isinstance(command, dict):
            raise CloseSession(FAILED_TO_DESERIALIZE, _DESERIALIZE_WORDS)
        match command.get("type"):
            case "permit":
                self._permit(command.get("permitMessages"))
            case "unsubscribe":
                self._leave_for_good()
            case "negativeAcknowledge" if not self._faults.old_nack:
                self._negative(_message_id(command))
            case "isEndOfTopic":
                self._answer('{"endOfTopic":false}')
            case _:
                self._acknowledge(_message_id(command))

    def _acknowledge(self, message_id: MessageId) -> None:
        if self._faults.ack_delay:
            self._later(self._faults.ack_delay, self._count_ack, message_id)
        else:
            self._count_ack(message_id)

    def _count_ack(self, message_id: MessageId) -> None:
        if not self._faults.loses_ack():
            text = message_id.text()
            self._deadlines.pop(text, None)
            if self.subscription is not None and self.subscription.ack(text, message_id.partition):
                self._acked(text)
        self._resume()

    def _negative(self, message_id: MessageId) -> None:
        self._deadlines.pop(message_id.text(), None)
        self._later(self.options.nack_delay, self._bring_back, message_id)
        self._resume()

    def _bring_back(self, message_id: MessageId) -> None:
        if self.subscription is not None:
            self.subscription.redeliver(self, [message_id.text()], partition=message_id.partition or 0)

    def _later(self, seconds: float, action: Callable[[MessageId], None], message_id: MessageId) -> None:
        def run() -> None:
            self._handles.discard(handle)
            action(message_id)

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._handles.add(handle)

    def _permit(self, count: object) -> None:
        if isinstance(count, bool) or not isinstance(count, int):
            raise CloseSession(FAILED_TO_DESERIALIZE, _DESERIALIZE_WORDS)
        if self.options.pull:
            self.pending -= count
            self._dispatch()

    def _leave_for_good(self) -> None:
        subscription = self.subscription
        if subscription is None or len(subscription.receivers) != 1:
            # Pulsar's exception for it is an IOException to the proxy, the same as of a text that it can't parse.
            raise CloseSession(FAILED_TO_DESERIALIZE, _DESERIALIZE_WORDS)
        self.close()
        self._unsubscribe(subscription)
        self.subscription = None

    def _resume(self) -> None:
        if not self.options.pull:
            self.pending -= 1
            self._dispatch()

    def _dispatch(self) -> None:
        if self.subscription is not None and self.ready:
            self.subscription.dispatch()


class Rival:
    """A second consumer of a subscription, which takes its share and acknowledges it at once: another program of the user's."""

    ready = True

    def __init__(self, options: ConsumerOptions) -> None:
        """Prepare."""
        self.options = options
        self.received: list[str] = []
        """Ids of what it got."""
        self.subscription: Subscription | None = None

    def deliver(self, message: StoredMessage, times: int) -> None:
        """Take a message."""
        self.received.append(message.id)
        if self.subscription is not None:
            self.subscription.ack(message.id, message.partition)


def _message_id(command: dict[str, Any]) -> MessageId:
    """Return the id in a command. Raises CloseSession: what Pulsar can't parse is told, what it can't even decode breaks it."""
    text = command.get("messageId")
    if not isinstance(text, str):
        raise CloseSession(SERVER_ERROR, "Server error")
    try:
        return MessageId.parse(text)
    except NotBase64 as err:
        raise CloseSession(SERVER_ERROR, "Server error") from err
    except NoMessageId as err:
        raise CloseSession(FAILED_TO_DESERIALIZE, _DESERIALIZE_WORDS) from err
