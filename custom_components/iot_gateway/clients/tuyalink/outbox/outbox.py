"""What a device has to tell, from the change in the house to the cloud's confirmation, at the rate that the cloud allows.

While the link is up, only the newest value of a property waits: what it supersedes is forgotten. While it is down, nothing is:
superseded values and events become history, up to a limit. After a rejoin the newest values go first and the history next.

The cloud takes the last value in a history report for the property's state, and whether it looks at the times is not documented
("Report historical data", things to note). So properties that had history are reported once more behind it: whatever the cloud
does, the last that it hears of a property is its newest value.

Here is who sends when, and what follows from what the cloud says to it. Which record waits where is the `stock`'s, when the next
message may go out the `pace`'s.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import logging
import time
from typing import Any, Final

from ..errors import AnswerTimeout, CloudRefused, LinkError, LinkLost, MessageInvalid, MessageTooLarge
from ..messages import milliseconds
from ..properties import MOST_HISTORY
from ..records import Record
from .delivery import Delivery
from .pace import Pace
from .snapshot import read_snapshot, write_snapshot
from .statistics import OutboxStatistics
from .stock import Sent, Stock

_LOGGER = logging.getLogger(__name__)

_MOST_RECORDS: Final = 400
"""Records in one delivery."""
_HISTORY_TURN: Final = 4
"""With more news at hand, every so many deliveries is one of history."""
_MOST_TIMEOUTS: Final = 3
"""Times that history without an answer is sent."""
_SERVICE_ERROR: Final = 1001
_PARTLY_REFUSED: Final = 2121


class Outbox:
    """Takes what changes, and has it sent.

    Args:
        send: delivers; `sender` makes one for a link. It raises LinkLost where the link is down, and the errors of a report.
        rate: messages a second, in the long run.
        burst: messages that may go out at once.
        history_limit: superseded values and events that are kept while the link is down.
        now: seconds since the epoch, for what comes without a time.
        gather: seconds in which changes gather before the first of them goes out.
        on_refused: told of each record that the cloud refuses for good, with its error.
    """

    def __init__(
        self,
        *,
        send: Callable[[Delivery], Awaitable[None]],
        rate: float,
        burst: int,
        history_limit: int,
        now: Callable[[], float] = time.time,
        gather: float = 0.05,
        on_refused: Callable[[Record, LinkError], None] | None = None,
    ) -> None:
        """Be ready to `run`; the link is taken to be down until `link_up`."""
        if rate <= 0 or burst < 1 or history_limit < 0:
            raise ValueError("rate and burst have to be positive")
        self.statistics: Final = OutboxStatistics()
        self._send = send
        self._now = now
        self._on_refused = on_refused
        self._stock = Stock(history_limit=history_limit, statistics=self.statistics)
        self._pace = Pace(rate=rate, burst=burst, gather=gather)
        self._tasks: set[asyncio.Task[None]] = set()
        self._timeouts = 0
        self._most_news = _MOST_RECORDS
        self._most_history = min(_MOST_RECORDS, MOST_HISTORY)
        self._since_history = 0
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    # What the owner tells

    @property
    def waiting(self) -> int:
        """Values and events that are not confirmed yet, history included."""
        return self._stock.waiting

    def offer(self, device_id: str, code: str, value: Any, time_ms: int | None = None) -> bool:
        """Take the value of a property, and return whether it is another than the last.

        Args:
            device_id: of the device.
            code: of the property.
            value: as it goes over the wire.
            time_ms: of the change, milliseconds since the epoch; now by default.

        Raises:
            MessageInvalid: JSON does not know the value.
            MessageTooLarge: it fits into no message.
        """
        changed = self._stock.offer(device_id, code, value, self._time(time_ms))
        if changed:
            self._stir()
        return changed

    def echo(self, device_id: str, code: str, value: Any, time_ms: int | None = None) -> None:
        """Take the value of a property that the cloud has just set, and report it at once, also if it is the old one.

        Raises what `offer` does.
        """
        self._stock.echo(device_id, code, value, self._time(time_ms))
        if self._stock.online:
            self._deliver_urgent()

    def hurry(self, device_id: str, code: str) -> None:
        """Report the value of a property at once, where it was offered and waits still: somebody looks at it."""
        if self._stock.hurry((device_id, code)):
            self._deliver_urgent()

    def happened(self, device_id: str, code: str, outputs: Mapping[str, Any], time_ms: int | None = None) -> None:
        """Take an event; none supersedes another. Raises what `offer` does."""
        self._stock.happened(device_id, code, outputs, self._time(time_ms))
        self._stir()

    def forget(self, device_id: str, code: str | None = None) -> None:
        """Drop all that is known and waiting of a device, or of one of its properties and events."""
        self._stock.forget(device_id, code)
        self._check_idle()

    def known(self) -> set[tuple[str, str]]:
        """Return device id and code of all that `forget` could drop."""
        return self._stock.known()

    def link_up(self) -> None:
        """Send from now on."""
        if not self._stock.online:
            self._stock.link_up()
            self._stir()

    def link_down(self) -> None:
        """Send no more; what waits has to outlive that."""
        if self._stock.online:
            self._stock.link_down()
            self._check_idle()

    async def join(self) -> None:
        """Wait until the cloud has all, or the link is down."""
        await self._idle.wait()

    # What outlives a restart

    def snapshot(self) -> dict[str, Any]:
        """Return all that is not confirmed yet, fit for JSON."""
        return write_snapshot(self._stock.snapshot())

    def restore(self, data: Any) -> int:
        """Take what a snapshot holds, in addition to what is there; returns how many records of it cannot be read.

        To be called before the first `offer`: what is offered then supersedes it.
        """
        snapshot, unreadable = read_snapshot(data)
        unreadable += self._stock.restore(snapshot)
        self._stir()
        return unreadable

    # The work

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                delay = self._delay()
                if delay is not None and delay <= 0:
                    await self._deliver(self._take())
                    continue
                self._wake.clear()
                try:
                    async with asyncio.timeout(delay):
                        await self._wake.wait()
                except TimeoutError:
                    pass
        finally:
            for task in tuple(self._tasks):
                task.cancel()

    def _time(self, time_ms: int | None) -> int:
        return milliseconds(self._now()) if time_ms is None else time_ms

    def _stir(self) -> None:
        """Have the work begin where there is some."""
        if self._stock.online:
            self._check_idle()
            self._pace.begin_to_gather(asyncio.get_running_loop().time())
            self._wake.set()

    def _check_idle(self) -> None:
        stock = self._stock
        if stock.online and (stock.waiting or stock.has_to_restate):
            self._idle.clear()
        else:
            self._idle.set()

    def _delay(self) -> float | None:
        """Return the seconds until the next delivery may go out; None where there is none to come."""
        stock = self._stock
        if not stock.online:
            return None
        if not stock.has_news and not stock.has_history:
            if not stock.has_to_restate:
                self._pace.has_gathered()
                return None
            stock.restate()
            if not stock.has_news:
                self._check_idle()
                return None
        return self._pace.delay(asyncio.get_running_loop().time())

    def _take(self) -> Sent:
        """Return what goes out next, as much as one message holds."""
        stock = self._stock
        if stock.has_history and (not stock.has_news or self._since_history >= _HISTORY_TURN):
            self._since_history = 0
            return self._begun(stock.take_history(self._most_history))
        self._since_history += 1
        return self._begun(stock.take_news(self._most_news))

    def _begun(self, sent: Sent) -> Sent:
        """Take note of a message."""
        if not self._stock.has_news:
            self._pace.has_gathered()
        self._pace.spend(asyncio.get_running_loop().time())
        self.statistics.deliveries += 1
        return sent

    def _deliver_urgent(self) -> None:
        """Send what must not wait, beside whatever is under way."""
        loop = asyncio.get_running_loop()
        _ = loop.call_soon(self._begin_urgent)

    def _begin_urgent(self) -> None:
        """Send it together with what else became urgent in the same turn of the event loop."""
        while self._stock.online and (sent := self._stock.take_urgent(self._most_news)) is not None:
            task = asyncio.Task(
                self._deliver(self._begun(sent)),
                loop=asyncio.get_running_loop(),
                eager_start=True,
                name="tuyalink echo",
            )
            if not task.done():
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _deliver(self, sent: Sent) -> None:
        """Send, and decide what comes of it."""
        try:
            await self._send(sent.delivery)
        except LinkLost:
            if self._stock.is_current(sent):
                self.link_down()
            self._put_back(sent)
        except AnswerTimeout:
            self._has_timed_out(sent)
        except CloudRefused as err:
            self._was_refused(sent, err)
        except (MessageTooLarge, MessageInvalid) as err:
            self._refuse(sent, err)
        except asyncio.CancelledError:
            self._put_back(sent)
            raise
        except Exception:
            _LOGGER.exception("A report to TuyaLink failed")
            self._put_back(sent)
            self._hold_back()
        else:
            self._was_delivered(sent)
        finally:
            stock = self._stock
            stock.ended(sent)
            if stock.has_news or stock.has_history or stock.has_to_restate:
                self._stir()
            self._check_idle()

    def _was_delivered(self, sent: Sent) -> None:
        self._pace.delivered()
        self._timeouts = 0
        if sent.delivery.history:
            self._most_history = min(2 * self._most_history, _MOST_RECORDS, MOST_HISTORY)
        else:
            self._most_news = min(2 * self._most_news, _MOST_RECORDS)
        self._stock.delivered(sent)

    def _put_back(self, sent: Sent) -> None:
        """Take back what may not have arrived."""
        self.statistics.failures += 1
        self._stock.put_back(sent)

    def _has_timed_out(self, sent: Sent) -> None:
        """Send history again, a few times; news have arrived at the broker at least."""
        if sent.delivery.history and self._timeouts + 1 < _MOST_TIMEOUTS:
            self._timeouts += 1
            self._put_back(sent)
            self._hold_back()
            return
        self.statistics.unconfirmed += len(sent.items)
        self._was_delivered(sent)

    def _was_refused(self, sent: Sent, err: CloudRefused) -> None:
        """Find out which record the cloud does not take: by halves, so that the others get through."""
        if err.code == _SERVICE_ERROR:
            self._put_back(sent)
            self._hold_back()
        elif err.code == _PARTLY_REFUSED:
            # The cloud has taken the others, and does not say which they are
            self.statistics.partly_refused += 1
            self._was_delivered(sent)
        elif len(sent.items) > 1:
            half = max(1, len(sent.items) // 2)
            if sent.delivery.history:
                self._most_history = half
            else:
                self._most_news = half
            self._put_back(sent)
        else:
            self._refuse(sent, err)

    def _refuse(self, sent: Sent, err: LinkError) -> None:
        """Give records up."""
        self.statistics.failures += 1
        self.statistics.refused += len(sent.items)
        for item in sent.items:
            if self._on_refused is not None:
                try:
                    self._on_refused(item.record, err)
                except Exception:
                    _LOGGER.exception("A callback of the TuyaLink outbox failed")

    def _hold_back(self) -> None:
        """Send nothing for a while, longer each time."""
        self._pace.hold_back(asyncio.get_running_loop().time())
