"""What a Tencent connection tells of itself: calls and pushes of today, and whether the X-P2P agent is there."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import CALLBACK_TYPE, callback

from ..measures import Measure, MeasureKind
from .tencent_video_usage import TencentUsage


class TencentMeasures:
    """The measures of one connection. Counts are told once a minute: each push would be too much to record."""

    def __init__(
        self, usage: TencentUsage, *, daily_budget: int, pushes: bool, agent: Callable[[], bool | None] | None
    ) -> None:
        """Measure `usage`; `agent` tells whether the agent is there, and is None where the user has none."""
        self._listeners: list[CALLBACK_TYPE] = []
        self._told: tuple[object, ...] = ()
        self._now: Callable[[], tuple[object, ...]] = lambda: (
            usage.calls.today,
            usage.pushes_today,
            agent is not None and agent(),
        )
        measures = [
            self._count("calls_today", lambda: usage.calls.today, lambda: {"daily_budget": daily_budget}),
        ]
        if pushes:
            measures.append(self._count("pushes_today", lambda: usage.pushes_today))
        if agent is not None:
            measures.append(Measure(key="xp2p_agent", kind=MeasureKind.CONNECTIVITY, value=agent, listen=self._listen))
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
