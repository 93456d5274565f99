"""What a device has to tell, from the change in the house to the cloud's confirmation, at the rate that the cloud allows.

While the link is up, only the newest value of a property waits: what it supersedes is forgotten. While it is down, nothing is:
superseded values and events become history, up to a limit. After a rejoin the newest values go first and the history next.

The cloud takes the last value in a history report for the property's state, and whether it looks at the times is not documented
("Report historical data", things to note). So properties that had history are reported once more behind it: whatever the cloud
does, the last that it hears of a property is its newest value.
"""

import asyncio
from bisect import insort
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from .errors import AnswerTimeout, CloudRefused, LinkError, LinkLost, MessageInvalid, MessageTooLarge
from .events import trigger_event
from .messages import milliseconds
from .packing import ROOM
from .properties import MOST_HISTORY, MOST_SUB_DEVICES, device_size, record_size, report, report_history, report_records
from .records import EventRecord, PropertyRecord, Record

if TYPE_CHECKING:
    from .link import TuyaLink

_LOGGER = logging.getLogger(__name__)

_MOST_RECORDS: Final = 400
"""Records in one delivery."""
_HISTORY_TURN: Final = 4
"""With more news at hand, every so many deliveries is one of history."""
_MOST_TIMEOUTS: Final = 3
_HOLD_FIRST: Final = 5.0
_HOLD_MOST: Final = 300.0
_SERVICE_ERROR: Final = 1001
_PARTLY_REFUSED: Final = 2121
_VERSION: Final = 1

type _Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Records for one message: news, of which each (device, kind, code) is there once, or history in the order of time."""

    records: tuple[Record, ...]
    history: bool = False


@dataclass(slots=True, kw_only=True)
class OutboxStatistics:
    """The counters of an outbox, which only grow.

    Of the values and events `offered`, `unchanged` ones said nothing new and `coalesced` ones were superseded before they
    could go out. `reported` were sent as news, `kept` became history, `history_sent` were sent as such, `restated` were
    reported once more behind it. Lost are `dropped` ones, the oldest of a full history, and `refused` ones, which the cloud
    does not take; `partly_refused` messages had some of these in them. `unconfirmed` ones were sent, but the cloud did not
    answer. `deliveries` is the number of messages, `failures` of those that did not get through.
    """

    offered: int = 0
    unchanged: int = 0
    coalesced: int = 0
    reported: int = 0
    kept: int = 0
    history_sent: int = 0
    restated: int = 0
    dropped: int = 0
    refused: int = 0
    partly_refused: int = 0
    unconfirmed: int = 0
    deliveries: int = 0
    failures: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return all of it by name, fit for JSON."""
        return asdict(self)


@dataclass(slots=True, eq=False)
class _Item:
    """A record on its way; `number` orders those of a property.

    `offline` ones have waited while the link was down, `known` ones are reported once more only.
    """

    record: Record
    number: int
    size: int
    urgent: bool = False
    offline: bool = False
    known: bool = False

    @property
    def key(self) -> _Key:
        return self.record.device_id, self.record.code


@dataclass(slots=True, eq=False)
class _Sent:
    """A delivery under way."""

    delivery: Delivery
    items: list[_Item]
    epoch: int


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
        self._rate = rate
        self._burst = burst
        self._history_limit = history_limit
        self._now = now
        self._gather = gather
        self._on_refused = on_refused

        self._online = False
        self._epoch = 0
        self._number = 0
        self._newest: dict[_Key, _Item] = {}
        """The last value offered of each property, wherever it is by now."""
        self._delivered: dict[_Key, _Item] = {}
        self._pending: dict[_Key, _Item] = {}
        self._events: deque[_Item] = deque()
        self._history: list[_Item] = []
        self._restate: dict[_Key, None] = {}
        self._under_way: list[_Sent] = []
        self._tasks: set[asyncio.Task[None]] = set()

        self._tokens = float(burst)
        self._tokens_at: float | None = None
        self._gathered_at: float | None = None
        self._held_until = 0.0
        self._hold = _HOLD_FIRST
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
        return (
            len(self._pending)
            + len(self._events)
            + len(self._history)
            + sum(len(sent.items) for sent in self._under_way)
        )

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
        return self._offer(device_id, code, value, time_ms, urgent=False)

    def echo(self, device_id: str, code: str, value: Any, time_ms: int | None = None) -> None:
        """Take the value of a property that the cloud has just set, and report it at once, also if it is the old one.

        Raises what `offer` does.
        """
        _ = self._offer(device_id, code, value, time_ms, urgent=True)

    def hurry(self, device_id: str, code: str) -> None:
        """Report the value of a property at once, where it was offered and waits still: somebody looks at it."""
        item = self._pending.get((device_id, code))
        if item is not None and self._online and not item.urgent:
            item.urgent = True
            self._deliver_urgent()

    def happened(self, device_id: str, code: str, outputs: Mapping[str, Any], time_ms: int | None = None) -> None:
        """Take an event; none supersedes another. Raises what `offer` does."""
        time_ms = milliseconds(self._now()) if time_ms is None else time_ms
        record = EventRecord(device_id=device_id, code=code, outputs=dict(outputs), time=time_ms)
        item = self._item(record)
        self.statistics.offered += 1
        if self._online:
            self._events.append(item)
            self._stir()
        else:
            self._keep(item)

    def forget(self, device_id: str, code: str | None = None) -> None:
        """Drop all that is known and waiting of a device, or of one of its properties and events."""

        def concerns(item: _Item) -> bool:
            return item.key[0] == device_id and code in {None, item.key[1]}

        for store in (self._newest, self._delivered, self._pending):
            for key in [key for key, item in store.items() if concerns(item)]:
                del store[key]
        self._restate = {key: None for key in self._restate if key[0] != device_id or code not in {None, key[1]}}
        self._history = [item for item in self._history if not concerns(item)]
        self._events = deque(item for item in self._events if not concerns(item))
        for sent in self._under_way:
            sent.items = [item for item in sent.items if not concerns(item)]
        self._check_idle()

    def known(self) -> set[tuple[str, str]]:
        """Return device id and code of all that `forget` could drop."""
        keys = {*self._newest, *self._delivered, *self._pending, *self._restate}
        keys.update(item.key for item in (*self._history, *self._events))
        return keys | {item.key for sent in self._under_way for item in sent.items}

    def link_up(self) -> None:
        """Send from now on."""
        if not self._online:
            self._online = True
            self._epoch += 1
            self._stir()

    def link_down(self) -> None:
        """Send no more; what waits has to outlive that."""
        if not self._online:
            return
        self._online = False
        self._epoch += 1
        for item in self._pending.values():
            item.offline = True
            item.urgent = False
        while self._events:
            self._keep(self._events.popleft())
        self._check_idle()

    async def join(self) -> None:
        """Wait until the cloud has all, or the link is down."""
        await self._idle.wait()

    # What outlives a restart

    def snapshot(self) -> dict[str, Any]:
        """Return all that is not confirmed yet, fit for JSON."""
        pending = list(self._pending.values())
        older = [*self._history, *self._events]
        for item in (item for sent in self._under_way for item in sent.items):
            newest = self._newest.get(item.key)
            if isinstance(item.record, PropertyRecord) and newest is item and item.key not in self._pending:
                pending.append(item)
            elif not item.known:
                older.append(item)
        # What the cloud has, but has to be told once more behind the history
        behind = {item.key for item in older} | self._restate.keys()
        delivered = [item for key, item in self._delivered.items() if key in behind]
        return {
            "version": _VERSION,
            "delivered": [_written(item.record) for item in delivered],
            "pending": [_written(item.record) for item in pending],
            "history": [_written(item.record) for item in sorted(older, key=_order)],
        }

    def restore(self, data: Any) -> int:
        """Take what a snapshot holds, in addition to what is there; returns how many records of it cannot be read.

        To be called before the first `offer`: what is offered then supersedes it.
        """
        if not isinstance(data, dict) or data.get("version") != _VERSION:
            return 0
        unreadable = 0
        for name in ("delivered", "history", "pending"):
            entries = data.get(name)
            for entry in entries if isinstance(entries, list) else ():
                try:
                    item = self._item(_read(entry))
                except LinkError:
                    unreadable += 1
                    continue
                item.offline = True
                if name == "delivered" and isinstance(item.record, PropertyRecord):
                    self._delivered[item.key] = item
                    _ = self._newest.setdefault(item.key, item)
                    self._restate[item.key] = None
                elif name == "pending" and isinstance(item.record, PropertyRecord):
                    self._supersede(item)
                    self._pending[item.key] = item
                    self._newest[item.key] = item
                else:
                    self._keep(item)
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

    def _offer(self, device_id: str, code: str, value: Any, time_ms: int | None, *, urgent: bool) -> bool:
        time_ms = milliseconds(self._now()) if time_ms is None else time_ms
        key = device_id, code
        last = self._newest.get(key)
        if last is not None:
            # A clock that was set back must not make the newer value the older one
            time_ms = max(time_ms, last.record.time)
        item = self._item(PropertyRecord(device_id=device_id, code=code, value=value, time=time_ms))
        self.statistics.offered += 1
        changed = last is None or not _same(_value_of(last), value)
        if not changed and not urgent:
            self.statistics.unchanged += 1
            return False
        item.urgent = urgent and self._online
        item.offline = not self._online
        if changed or key not in self._pending:
            self._supersede(item)
        else:
            # The same once more, only quicker: nothing is superseded
            item.offline = self._pending[key].offline
        self._newest[key] = item
        self._pending[key] = item
        if item.urgent:
            self._deliver_urgent()
        else:
            self._stir()
        return changed

    def _item(self, record: Record) -> _Item:
        """Number a record; raises MessageInvalid and MessageTooLarge."""
        size = record_size(record)
        if size + device_size(record.device_id) > ROOM:
            raise MessageTooLarge(f"Too large for a message: {record.code}", (record.code,))
        self._number += 1
        return _Item(record, self._number, size)

    def _supersede(self, item: _Item) -> None:
        """Put away what waits of a property that has a newer value now."""
        old = self._pending.get(item.key)
        if old is None or old.known:
            return
        if old.offline or not self._online:
            self._keep(old)
        else:
            self.statistics.coalesced += 1

    def _keep(self, item: _Item) -> None:
        """Make a record history."""
        item.offline = True
        item.urgent = False
        self.statistics.kept += 1
        insort(self._history, item, key=_order)
        if (excess := len(self._history) - self._history_limit) > 0:
            del self._history[:excess]
            self.statistics.dropped += excess

    def _stir(self) -> None:
        """Have the work begin where there is some."""
        if not self._online:
            return
        self._check_idle()
        if self._gathered_at is None:
            self._gathered_at = asyncio.get_running_loop().time() + self._gather
        self._wake.set()

    def _check_idle(self) -> None:
        if self._online and (self.waiting or self._restate):
            self._idle.clear()
        else:
            self._idle.set()

    def _delay(self) -> float | None:
        """Return the seconds until the next delivery may go out; None where there is none to come."""
        if not self._online:
            return None
        if not self._pending and not self._events and not self._history:
            if not self._restate:
                self._gathered_at = None
                return None
            self._restate_now()
            if not self._pending:
                self._check_idle()
                return None
        loop_time = asyncio.get_running_loop().time()
        self._refill(loop_time)
        missing = max(0.0, 1.0 - self._tokens) / self._rate
        return max(missing, (self._gathered_at or 0.0) - loop_time, self._held_until - loop_time)

    def _refill(self, loop_time: float) -> None:
        if self._tokens_at is not None:
            self._tokens = min(float(self._burst), self._tokens + (loop_time - self._tokens_at) * self._rate)
        self._tokens_at = loop_time

    def _spend(self) -> None:
        """Take the token of a message; what goes out at once may make a debt of one burst."""
        self._refill(asyncio.get_running_loop().time())
        self._tokens = max(self._tokens - 1.0, -float(self._burst))

    def _restate_now(self) -> None:
        """Have the properties that had history reported once more, but those whose news are under way."""
        under_way = {item.key for sent in self._under_way for item in sent.items}
        for key in self._restate:
            item = self._delivered.get(key)
            if item is not None and key not in under_way:
                self.statistics.restated += 1
                item.offline = False
                item.known = True
                self._pending[key] = item
        self._restate.clear()

    def _take(self) -> _Sent:
        """Return what goes out next, as much as one message holds."""
        news = bool(self._pending or self._events)
        if self._history and (not news or self._since_history >= _HISTORY_TURN):
            self._since_history = 0
            items = _fitting(self._history, self._most_history, once=False)
            taken = set(map(id, items))
            self._history = [item for item in self._history if id(item) not in taken]
            return self._begin(items, history=True)
        self._since_history += 1
        items = _fitting([*self._events, *self._pending.values()], self._most_news, once=True)
        taken = set(map(id, items))
        self._events = deque(item for item in self._events if id(item) not in taken)
        for item in items:
            if self._pending.get(item.key) is item:
                del self._pending[item.key]
        return self._begin(items, history=False)

    def _begin(self, items: list[_Item], *, history: bool) -> _Sent:
        if not self._pending and not self._events:
            self._gathered_at = None
        self._spend()
        self.statistics.deliveries += 1
        sent = _Sent(Delivery(records=tuple(item.record for item in items), history=history), items, self._epoch)
        self._under_way.append(sent)
        return sent

    def _deliver_urgent(self) -> None:
        """Send what must not wait, beside whatever is under way."""
        loop = asyncio.get_running_loop()
        _ = loop.call_soon(self._begin_urgent)

    def _begin_urgent(self) -> None:
        """Send it together with what else became urgent in the same turn of the event loop."""
        while self._online:
            urgent = [item for item in self._pending.values() if item.urgent]
            if not urgent:
                return
            items = _fitting(urgent, self._most_news, once=True)
            for item in items:
                del self._pending[item.key]
            task = asyncio.Task(
                self._deliver(self._begin(items, history=False)),
                loop=asyncio.get_running_loop(),
                eager_start=True,
                name="tuyalink echo",
            )
            if not task.done():
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _deliver(self, sent: _Sent) -> None:
        """Send, and decide what comes of it."""
        try:
            await self._send(sent.delivery)
        except LinkLost:
            if self._epoch == sent.epoch:
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
            if sent in self._under_way:
                self._under_way.remove(sent)
            if self._pending or self._events or self._history or self._restate:
                self._stir()
            self._check_idle()

    def _was_delivered(self, sent: _Sent) -> None:
        self._hold = _HOLD_FIRST
        self._timeouts = 0
        if sent.delivery.history:
            self.statistics.history_sent += len(sent.items)
            self._most_history = min(2 * self._most_history, _MOST_RECORDS, MOST_HISTORY)
            self._restate.update({item.key: None for item in sent.items if isinstance(item.record, PropertyRecord)})
            return
        self.statistics.reported += len(sent.items)
        self._most_news = min(2 * self._most_news, _MOST_RECORDS)
        for item in sent.items:
            if isinstance(item.record, PropertyRecord):
                last = self._delivered.get(item.key)
                if last is None or last.number <= item.number:
                    self._delivered[item.key] = item

    def _put_back(self, sent: _Sent) -> None:
        """Take back what may not have arrived; where there is something newer by now, it is history."""
        self.statistics.failures += 1
        self._under_way.remove(sent)
        offline = not self._online or sent.epoch != self._epoch
        again: dict[_Key, _Item] = {}
        events: list[_Item] = []
        for item in sent.items:
            item.offline = item.offline or offline
            item.urgent = False
            if sent.delivery.history:
                self.statistics.kept -= 1
                self._keep(item)
            elif isinstance(item.record, EventRecord):
                if self._online:
                    events.append(item)
                else:
                    self._keep(item)
            elif self._newest.get(item.key) is item:
                again[item.key] = item
            elif item.known:
                continue
            elif item.offline:
                self._keep(item)
            else:
                self.statistics.coalesced += 1
        # They have waited longest
        self._pending = again | self._pending
        self._events.extendleft(reversed(events))

    def _has_timed_out(self, sent: _Sent) -> None:
        """Send history again, a few times; news have arrived at the broker at least."""
        if sent.delivery.history and self._timeouts + 1 < _MOST_TIMEOUTS:
            self._timeouts += 1
            self._put_back(sent)
            self._hold_back()
            return
        self.statistics.unconfirmed += len(sent.items)
        self._was_delivered(sent)

    def _was_refused(self, sent: _Sent, err: CloudRefused) -> None:
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

    def _refuse(self, sent: _Sent, err: LinkError) -> None:
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
        self._held_until = asyncio.get_running_loop().time() + self._hold
        self._hold = min(2 * self._hold, _HOLD_MOST)


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


def _fitting(items: Iterable[_Item], most: int, *, once: bool) -> list[_Item]:
    """Return the first items that fit into a message; `once`: each (device, kind, code) once.

    What belongs to one device too many is passed over, all of it, so that the items of each device keep their order.
    """
    fitting: list[_Item] = []
    devices: set[str] = set()
    seen: set[tuple[type[Record], _Key]] = set()
    used = 0
    for item in items:
        device_id = item.record.device_id
        kind = type(item.record), item.key
        frame = 0 if device_id in devices else device_size(device_id)
        if (once and kind in seen) or (frame and len(devices) >= MOST_SUB_DEVICES):
            continue
        if fitting and (len(fitting) >= most or used + item.size + frame > ROOM):
            break
        fitting.append(item)
        devices.add(device_id)
        seen.add(kind)
        used += item.size + frame
    return fitting


def _same(left: Any, right: Any) -> bool:
    """Tell whether two values are the same on the wire, where true is not 1."""
    return type(left) is type(right) and left == right


def _order(item: _Item) -> tuple[int, int]:
    return item.record.time, item.number


def _value_of(item: _Item) -> Any:
    assert isinstance(item.record, PropertyRecord)
    return item.record.value


def _written(record: Record) -> list[Any]:
    if isinstance(record, PropertyRecord):
        return ["property", record.device_id, record.code, record.value, record.time]
    return ["event", record.device_id, record.code, dict(record.outputs), record.time]


def _read(entry: Any) -> Record:
    match entry:
        case ["property", str(device_id), str(code), value, int(time_ms)]:
            return PropertyRecord(device_id=device_id, code=code, value=value, time=time_ms)
        case ["event", str(device_id), str(code), dict(outputs), int(time_ms)]:
            return EventRecord(device_id=device_id, code=code, outputs=outputs, time=time_ms)
    raise MessageInvalid("A kept record cannot be read")
