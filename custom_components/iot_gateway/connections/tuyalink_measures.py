"""What a TuyaLink connection tells of itself: values reported and commands taken today, and whether it is connected."""

from collections.abc import Callable

from ..measures import MeasureKind, Measures
from .day_totals import CountToday


class LinkMeasures(Measures):
    """The measures of one connection."""

    def __init__(self, *, reports: CountToday, commands: CountToday, connected: Callable[[], bool]) -> None:
        """Measure these."""
        super().__init__()
        self.add("reports_today", MeasureKind.COUNT_TODAY, lambda: reports.value)
        self.add("commands_today", MeasureKind.COUNT_TODAY, lambda: commands.value)
        self.add("tuyalink_connected", MeasureKind.CONNECTIVITY, connected)
