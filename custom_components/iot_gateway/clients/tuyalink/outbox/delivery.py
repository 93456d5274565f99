"""What goes out at once, and how a link carries it: in the plainest message that holds it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..errors import AnswerTimeout
from ..events import trigger_event
from ..properties import report, report_history, report_records
from ..records import EventRecord, Record

if TYPE_CHECKING:
    from ..link import TuyaLink

_MOST_TIMEOUTS: Final = 3
"""Unanswered news in a row until the cloud is asked no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Records for one message: news, of which each (device, kind, code) is there once, or history in the order of time."""

    records: tuple[Record, ...]
    history: bool = False


def sender(link: TuyaLink, *, ack: bool = True, batch: bool = True) -> Callable[[Delivery], Awaitable[None]]:
    """Return what delivers for an outbox.

    Args:
        link: that carries it.
        ack: have the cloud answer, and so learn what it refuses; without, the broker's confirmation has to do. A cloud that
            doesn't answer news is not asked to any more: nobody could wait for that each time.
        batch: report several devices in one message, where the link's own device is their gateway.
    """
    unanswered = 0

    async def send(delivery: Delivery) -> None:
        nonlocal unanswered
        if delivery.history:
            await report_history(link, link.device_id, delivery.records, ack=ack)
            return
        asking = ack and unanswered < _MOST_TIMEOUTS
        try:
            await _send_news(link, delivery, ack=asking, batch=batch)
        except AnswerTimeout:
            unanswered += 1
            raise
        if asking:
            unanswered = 0

    return send


async def _send_news(link: TuyaLink, delivery: Delivery, *, ack: bool, batch: bool) -> None:
    """Send news in the plainest message that they fit into."""
    devices: dict[str, dict[str, tuple[Any, int]]] = {}
    events = []
    for record in delivery.records:
        if isinstance(record, EventRecord):
            events.append(record)
        else:
            devices.setdefault(record.device_id, {})[record.code] = record.value, record.time
    if batch and len(devices) + len(events) > 1:
        await report_records(link, link.device_id, delivery.records, ack=ack)
        return
    for device_id, values in devices.items():
        await report(link, device_id, values, ack=ack)
    for event in events:
        await trigger_event(link, event.device_id, event.code, event.outputs, event.time, ack=ack)
