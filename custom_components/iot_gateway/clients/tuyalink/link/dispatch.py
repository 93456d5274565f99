"""What arrives, to whom it belongs: answers to the requests that wait for them, commands to the callbacks of the link's owner.

Protocols page B3. What the cloud asks for is answered here only where nobody else can: it cannot be read, nobody handles it, or
its handler fails.
"""

from collections import OrderedDict
from collections.abc import Callable, Coroutine
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

from .. import commands, topics
from ..commands import parse_action_call, parse_property_set
from ..errors import LinkError, MessageInvalid
from ..firmware import parse_firmware_issued
from ..messages import Message, parse
from ..subdevices import parse_topology_change
from .awaited_answers import AwaitedAnswers
from .callbacks import Callback, CallbackRunner
from .complaints import Complaints

if TYPE_CHECKING:
    from .link import TuyaLink

_LOGGER = logging.getLogger(__name__)

_REMEMBERED: Final = 512
"""Commands that are known again when the broker delivers them twice."""

type _Answer = Callable[[int], Coroutine[Any, Any, None]]
"""Answers a command with a code."""


class Dispatcher:
    """Hands out messages.

    Args:
        link: whose callbacks are called and statistics counted in; answers go out by it.
        answers: who waits for which answer.
        callbacks: runs the owner's callbacks.
        complaints: for what cannot be read.
    """

    def __init__(
        self, link: TuyaLink, answers: AwaitedAnswers, callbacks: CallbackRunner, complaints: Complaints
    ) -> None:
        """Be ready to receive."""
        self._link = link
        self._statistics = link.statistics
        self._answers = answers
        self._callbacks = callbacks
        self._complaints = complaints
        self._seen: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def receive(self, topic: str, payload: Any) -> None:
        """Hand out a message."""
        self._statistics.received += 1
        target = topics.parse_topic(topic)
        if target is None:
            self._statistics.unmatched += 1
            return
        device_id, function = target
        try:
            message = parse(payload)
            if function in topics.ANSWERS:
                self._receive_answer(device_id, function, message)
            else:
                self._receive_command(device_id, function, message)
        except MessageInvalid as err:
            self._statistics.malformed += 1
            self._complaints.make(
                function, f"The TuyaLink cloud sends messages on {function} that cannot be read: {err}"
            )

    def _receive_answer(self, device_id: str, function: str, message: Message) -> None:
        if message.code:
            self._statistics.refusals[message.code] = self._statistics.refusals.get(message.code, 0) + 1
        if self._answers.take(device_id, function, message):
            self._statistics.answers += 1
        else:
            self._statistics.unmatched += 1

    def _receive_command(self, device_id: str, function: str, message: Message) -> None:
        if not self._link.hears(device_id):
            self._statistics.unmatched += 1
            return
        if message.msg_id and not self._is_new(device_id, function, message.msg_id):
            self._statistics.duplicates += 1
            return
        self._statistics.commands += 1
        match function:
            case topics.PROPERTY_SET.down:
                self._receive_property_set(device_id, message)
            case topics.ACTION_EXECUTE.down:
                self._receive_action(device_id, message)
            case topics.TOPO_CHANGE.down:
                self._callbacks.tell(self._link.on_topology_change, parse_topology_change(message))
            case topics.FIRMWARE_ISSUE.down | topics.FIRMWARE_ISSUE_OTHER.down:
                self._callbacks.tell(self._link.on_firmware_issued, parse_firmware_issued(device_id, message))
            case _:
                self._statistics.commands -= 1
                self._statistics.unmatched += 1

    def _receive_property_set(self, device_id: str, message: Message) -> None:
        def answer(code: int) -> Coroutine[Any, Any, None]:
            return self._link.publish(topics.PROPERTY_SET, None, device_id=device_id, msg_id=message.msg_id, code=code)

        try:
            command = parse_property_set(device_id, message)
        except MessageInvalid:
            self._refuse(message, answer)
            raise
        self._callbacks.start(self._handle(self._link.on_property_set, command, answer))

    def _receive_action(self, device_id: str, message: Message) -> None:
        def answer(code: int) -> Coroutine[Any, Any, None]:
            return self._link.publish(
                topics.ACTION_EXECUTE, None, device_id=device_id, msg_id=message.msg_id, code=code
            )

        try:
            call = parse_action_call(device_id, message)
        except MessageInvalid:
            self._refuse(message, answer)
            raise
        self._callbacks.start(self._handle(self._link.on_action, call, answer))

    def _refuse(self, message: Message, answer: _Answer) -> None:
        """Answer a command that cannot be read, where it can be answered."""
        if message.msg_id:
            self._callbacks.start(_ignoring_loss(answer(commands.UNREADABLE)))

    async def _handle[T](self, handler: Callback[T] | None, command: T, answer: _Answer) -> None:
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
            self._statistics.handler_errors += 1
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


async def _ignoring_loss(work: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(LinkError):
        await work
