"""What was handed over already: the queue delivers at least once, and a project may be told everything twice (A3, A5)."""

from collections import deque
from dataclasses import replace
from typing import Any, Final

from ..lenient_json import canonical
from .messages import ActionAnswered, DeviceEventFired, Message, ReportedValue, StateReported, VoiceUnderstood

DEFAULT_LIMIT: Final = 10_000
"""Ten times what the queue holds back without acknowledgements, so that it all may come again and is known."""


class _Memory:
    """The last `limit` keys, each with a word. Keys are hashes of 64 bits, so that a long id takes no more room."""

    __slots__ = ("_limit", "_order", "_words")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._order: deque[int] = deque()
        self._words: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._words)

    def get(self, key: int) -> str | None:
        return self._words.get(key)

    def add(self, key: int, word: str = "") -> None:
        if key in self._words:
            return
        if len(self._order) >= self._limit:
            del self._words[self._order.popleft()]
        self._order.append(key)
        self._words[key] = word


class SeenMessages:
    """Knows messages and reports again; of each it remembers the last `limit`."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        """Know nothing yet."""
        self._messages = _Memory(limit)
        self._reports = _Memory(limit)
        self._moments = _Memory(limit)

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._messages) + len(self._reports) + len(self._moments)

    def note_message(self, message_id: str) -> bool:
        """Remember the queue's id of a message; return whether it is new.

        It stays the same when the queue delivers the message again, on another connection too.
        """
        key = hash(message_id)
        if self._messages.get(key) is not None:
            return False
        self._messages.add(key)
        return True

    def only_new(self, message: Message) -> Message | None:
        """Return a message without what was told already, None where that is all of it; remember the rest.

        Reports, events and sentences are what must not be taken twice: somebody may act on each. To be online, bound or
        renamed twice changes nothing, while to take the second of two such messages of one second for the first would.
        """
        match message:
            case StateReported():
                return self._only_new_values(message)
            case DeviceEventFired():
                what: tuple[Any, ...] = (message.event_code, canonical(message.params))
            case ActionAnswered():
                what = (message.action_code, canonical(message.params))
            case VoiceUnderstood():
                what = (message.text, canonical(message.nlu))
            case _:
                return message
        if message.time is None:
            return message
        key = hash((message.kind, message.device_id, message.time, what))
        if self._moments.get(key) is not None:
            return None
        self._moments.add(key)
        return message

    def _only_new_values(self, report: StateReported) -> StateReported | None:
        """Drop the values that were told already.

        The same report has the same `dataId`. Where both of the platform's families are switched on, each tells every
        value, and what is the same of both is the device, the code, the time and the value. Within one family that may be
        two presses of a button in a second, so it is no duplicate there unless the report has no `dataId`.
        """
        keys = [_keys_of(report, value) for value in report.values]
        new = tuple(
            value
            for value, (of_report, of_moment) in zip(report.values, keys, strict=True)
            if not self._is_known(report.kind, of_report, of_moment)
        )
        if report.values and not new:
            return None
        # Only now: one report may hold a value's history
        for of_report, of_moment in keys:
            if of_report is not None:
                self._reports.add(of_report)
            if of_moment is not None:
                self._moments.add(of_moment, report.kind)
        return report if len(new) == len(report.values) else replace(report, values=new)

    def _is_known(self, kind: str, of_report: int | None, of_moment: int | None) -> bool:
        if of_report is not None and self._reports.get(of_report) is not None:
            return True
        told_by = None if of_moment is None else self._moments.get(of_moment)
        return told_by is not None and (of_report is None or told_by != kind)


def _keys_of(report: StateReported, value: ReportedValue) -> tuple[int | None, int | None]:
    """Return what a value is known by: within its report, and by its moment; None where it lacks that."""
    name = value.code or value.dp_id
    said = canonical(value.value)
    return (
        None if report.data_id is None else hash((report.data_id, name, said)),
        None if value.time is None else hash((report.device_id, name, value.time, said)),
    )
