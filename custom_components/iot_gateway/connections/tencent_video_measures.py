"""What a Tencent connection tells of itself: calls and pushes of today, and whether the X-P2P agent is there."""

from collections.abc import Callable

from ..measures import MeasureKind, Measures
from .tencent_video_usage import TencentUsage


class TencentMeasures(Measures):
    """The measures of one connection."""

    def __init__(
        self, usage: TencentUsage, *, daily_budget: int, pushes: bool, agent: Callable[[], bool | None] | None
    ) -> None:
        """Measure `usage`; `agent` tells whether the agent is there, and is None where the user has none."""
        super().__init__()
        self.add(
            "calls_today",
            MeasureKind.COUNT_TODAY,
            lambda: usage.calls.today,
            lambda: {"daily_budget": daily_budget},
        )
        if pushes:
            self.add("pushes_today", MeasureKind.COUNT_TODAY, lambda: usage.pushes_today)
        if agent is not None:
            self.add("xp2p_agent", MeasureKind.CONNECTIVITY, agent)
