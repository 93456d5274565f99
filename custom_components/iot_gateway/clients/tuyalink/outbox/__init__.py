"""What a device has to tell, until the cloud has it: `Outbox`, what it is made of, and the `sender` that delivers over a link."""

from .delivery import Delivery, sender
from .outbox import Outbox
from .statistics import OutboxStatistics

__all__ = ["Delivery", "Outbox", "OutboxStatistics", "sender"]
