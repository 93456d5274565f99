"""What a cloud project's connection tells of itself: calls and messages of today, and whether its queue is connected."""

from ..measures import MeasureKind, Measures
from .tuya_cloud_queue import CloudQueue
from .tuya_cloud_usage import CloudUsage


class CloudMeasures(Measures):
    """The measures of one connection."""

    def __init__(self, usage: CloudUsage, queue: CloudQueue | None, *, daily_budget: int) -> None:
        """Measure `usage`, and `queue` where there is one."""
        super().__init__()
        self.add(
            "calls_today",
            MeasureKind.COUNT_TODAY,
            lambda: usage.calls.today,
            lambda: {"daily_budget": daily_budget},
        )
        if queue is not None:
            self.add("messages_today", MeasureKind.COUNT_TODAY, lambda: usage.messages.today)
            self.add("message_queue", MeasureKind.CONNECTIVITY, lambda: queue.connected)
