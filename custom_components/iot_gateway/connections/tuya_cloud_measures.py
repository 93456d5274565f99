"""What a cloud project's connection tells of itself: calls and messages of today, and whether its queue is connected."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import CALLBACK_TYPE, callback

from ..measures import Measure, MeasureKind
from .tuya_cloud_queue import CloudQueue
from .tuya_cloud_usage import CloudUsage


class CloudMeasures:
    """The measures of one connection. Counts are told once a minute: each message would be too much to record."""

    def __init__(self, usage: CloudUsage, queue: CloudQueue | None, *, daily_budget: int) -> None:
        """Measure `usage`, and `queue` where there is one."""
        self._listeners: list[CALLBACK_TYPE] = []
        self._told: tuple[object, ...] = ()
        self._now: Callable[[], tuple[object, ...]] = lambda: (
            usage.calls.today,
            usage.messages.today,
            queue is not None and queue.connected,
        )
        measures = [
            self._count("calls_today", lambda: usage.calls.today, lambda: {"daily_budget": daily_budget}),
        ]
        if queue is not None:
            measures += [
                self._count("messages_today", lambda: usage.messages.today),
                Measure(
                    key="message_queue",
                    kind=MeasureKind.CONNECTIVITY,
                    value=lambda: queue.connected,
                    listen=self._listen,
                ),
            ]
        self.measures = tuple(measures)

    @callback
    def tell(self) -> None:
        """Tell of what has changed since the last time, if anything has."""
        if (now := self._now()) != self._told:
            self._told = now
            for changed in list(self._listeners):
                changed()

    def _count(
        self, key: str, value: Callable[[], int], attributes: Callable[[], dict[str, Any]] | None = None
    ) -> Measure:
        return Measure(key=key, kind=MeasureKind.COUNT_TODAY, value=value, listen=self._listen, attributes=attributes)

    @callback
    def _listen(self, changed: CALLBACK_TYPE) -> CALLBACK_TYPE:
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)
