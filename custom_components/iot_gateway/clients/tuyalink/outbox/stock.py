"""What an outbox has: which record waits as news or as history, is under way, or was delivered, and where it goes from there.

So here is what `outbox` promises of each value and event. There is no clock and no event loop in it.
"""

from bisect import insort
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import LinkError, MessageTooLarge
from ..packing import ROOM
from ..properties import device_size, record_size
from ..records import EventRecord, PropertyRecord, Record
from .delivery import Delivery
from .items import Item, Key, fitting_items, order_of
from .snapshot import Snapshot
from .statistics import OutboxStatistics

_MOST_EVENTS: Final = 100
"""Events that wait as news, of which a message takes each code once; what is beyond goes as history, which takes many and has a limit."""


@dataclass(slots=True, eq=False)
class Sent:
    """A delivery under way."""

    delivery: Delivery
    items: list[Item]
    epoch: int
    number: int
    """The last record's that there was when it went out."""


class Stock:
    """The records of an outbox.

    Attributes:
        online: whether the link is up.

    Args:
        history_limit: superseded values and events that are kept while the link is down.
        statistics: what becomes of records is counted there.
    """

    def __init__(self, *, history_limit: int, statistics: OutboxStatistics) -> None:
        """Begin with nothing, and the link down."""
        self.online = False
        self._history_limit = history_limit
        self._statistics = statistics
        self._epoch = 0
        self._number = 0
        self._newest: dict[Key, Item] = {}
        """The last value offered of each property, wherever it is by now."""
        self._delivered: dict[Key, Item] = {}
        self._pending: dict[Key, Item] = {}
        self._events: deque[Item] = deque()
        self._history: list[Item] = []
        self._doubtful: deque[tuple[int, Item]] = deque()
        """Superseded since the link was last known to live, with the number of what superseded each."""
        self._restate: dict[Key, None] = {}
        """What has to be reported once more behind the history."""
        self._under_way: list[Sent] = []

    @property
    def waiting(self) -> int:
        """Values and events that are not confirmed yet, history included."""
        return (
            len(self._pending)
            + len(self._events)
            + len(self._history)
            + sum(len(sent.items) for sent in self._under_way)
        )

    @property
    def has_news(self) -> bool:
        """Whether newest values or events wait."""
        return bool(self._pending or self._events)

    @property
    def has_history(self) -> bool:
        """Whether history waits."""
        return bool(self._history)

    @property
    def has_to_restate(self) -> bool:
        """Whether there are properties to be reported once more behind the history."""
        return bool(self._restate)

    # What comes in; each raises MessageInvalid for what JSON does not know, and MessageTooLarge for what fits into no message

    def offer(self, device_id: str, code: str, value: Any, time_ms: int) -> bool:
        """Take the value of a property where it is another than the last, and return whether it is."""
        item, changed = self._offered(device_id, code, value, time_ms)
        if not changed:
            self._statistics.unchanged += 1
            return False
        self._supersede(item)
        self._make_newest(item)
        return True

    def echo(self, device_id: str, code: str, value: Any, time_ms: int) -> None:
        """Take the value of a property, also if it is the old one; it is urgent where the link is up."""
        item, changed = self._offered(device_id, code, value, time_ms)
        item.urgent = self.online
        same = None if changed else self._pending.get(item.key)
        if same is None:
            self._supersede(item)
        else:
            # The same once more, only quicker: nothing is superseded
            item.offline = same.offline
        self._make_newest(item)

    def hurry(self, key: Key) -> bool:
        """Make the value of a property urgent, where it waits and the link is up; returns whether that was new."""
        item = self._pending.get(key)
        if item is None or not self.online or item.urgent:
            return False
        item.urgent = True
        return True

    def happened(self, device_id: str, code: str, outputs: Mapping[str, Any], time_ms: int) -> None:
        """Take an event; none supersedes another."""
        item = self._item(EventRecord(device_id=device_id, code=code, outputs=dict(outputs), time=time_ms))
        self._statistics.offered += 1
        if self.online:
            self._events.append(item)
            if len(self._events) > _MOST_EVENTS:
                self._keep(self._events.popleft())
        else:
            self._keep(item)

    def forget(self, device_id: str, code: str | None) -> None:
        """Drop all of a device, or of one of its properties and events."""

        def concerns(item: Item) -> bool:
            return item.key[0] == device_id and code in {None, item.key[1]}

        for store in (self._newest, self._delivered, self._pending):
            for key in [key for key, item in store.items() if concerns(item)]:
                del store[key]
        self._restate = {key: None for key in self._restate if key[0] != device_id or code not in {None, key[1]}}
        self._history = [item for item in self._history if not concerns(item)]
        self._events = deque(item for item in self._events if not concerns(item))
        self._doubtful = deque(entry for entry in self._doubtful if not concerns(entry[1]))
        for sent in self._under_way:
            sent.items = [item for item in sent.items if not concerns(item)]

    def known(self) -> set[Key]:
        """Return device id and code of all that `forget` could drop."""
        keys = {*self._newest, *self._delivered, *self._pending, *self._restate}
        keys.update(item.key for item in (*self._history, *self._events, *(item for _, item in self._doubtful)))
        return keys | {item.key for sent in self._under_way for item in sent.items}

    # The link

    def link_up(self) -> None:
        """Take note that the link is up again."""
        self.online = True
        self._epoch += 1

    def link_down(self) -> None:
        """Have what waits outlive that the link is down."""
        self.online = False
        self._epoch += 1
        for item in self._pending.values():
            item.offline = True
            item.urgent = False
        while self._events:
            self._keep(self._events.popleft())
        # The link may have been dead by then, long before anybody noticed
        for _, item in self._doubtful:
            self._statistics.coalesced -= 1
            self._keep(item)
        self._doubtful.clear()

    def is_current(self, sent: Sent) -> bool:
        """Tell whether a delivery began with the link as it is."""
        return sent.epoch == self._epoch

    # What goes out

    def take_news(self, most: int) -> Sent:
        """Begin a delivery of events and newest values, of as many as one message holds, and at most so many."""
        items = fitting_items([*self._events, *self._pending.values()], most, once=True)
        taken = set(map(id, items))
        self._events = deque(item for item in self._events if id(item) not in taken)
        for item in items:
            if self._pending.get(item.key) is item:
                del self._pending[item.key]
        return self._begin(items)

    def take_urgent(self, most: int) -> Sent | None:
        """Begin a delivery of urgent values, as `take_news` does; None where there are none."""
        urgent = [item for item in self._pending.values() if item.urgent]
        if not urgent:
            return None
        items = fitting_items(urgent, most, once=True)
        for item in items:
            del self._pending[item.key]
        return self._begin(items)

    def take_history(self, most: int) -> Sent:
        """Begin a delivery of history, in the order of time, as `take_news` does."""
        items = fitting_items(self._history, most, once=False)
        taken = set(map(id, items))
        self._history = [item for item in self._history if id(item) not in taken]
        return self._begin(items, history=True)

    def restate(self) -> None:
        """Make the properties that had history news once more, but those whose news are under way."""
        under_way = {item.key for sent in self._under_way for item in sent.items}
        for key in self._restate:
            item = self._delivered.get(key)
            if item is not None and key not in under_way:
                self._statistics.restated += 1
                item.offline = False
                item.known = True
                self._pending[key] = item
        self._restate.clear()

    def delivered(self, sent: Sent) -> None:
        """Take note that the cloud has what was sent."""
        while self._doubtful and self._doubtful[0][0] <= sent.number:
            _ = self._doubtful.popleft()
        if sent.delivery.history:
            self._statistics.history_sent += len(sent.items)
            self._restate.update({item.key: None for item in sent.items if isinstance(item.record, PropertyRecord)})
            return
        self._statistics.reported += len(sent.items)
        for item in sent.items:
            if isinstance(item.record, PropertyRecord):
                last = self._delivered.get(item.key)
                if last is None or last.number <= item.number:
                    self._delivered[item.key] = item

    def put_back(self, sent: Sent) -> None:
        """Take back what may not have arrived; where there is something newer by now, it is history."""
        self._under_way.remove(sent)
        offline = not self.online or not self.is_current(sent)
        again: dict[Key, Item] = {}
        events: list[Item] = []
        for item in sent.items:
            item.offline = item.offline or offline
            item.urgent = False
            if sent.delivery.history:
                self._statistics.kept -= 1
                self._keep(item)
            elif isinstance(item.record, EventRecord):
                if self.online:
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
                self._statistics.coalesced += 1
        # They have waited longest
        self._pending = again | self._pending
        self._events.extendleft(reversed(events))

    def ended(self, sent: Sent) -> None:
        """Take note that a delivery is under way no more, whatever came of it."""
        if sent in self._under_way:
            self._under_way.remove(sent)

    # What outlives a restart

    def snapshot(self) -> Snapshot:
        """Return all that is not confirmed yet."""
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
        return Snapshot(
            delivered=[item.record for key, item in self._delivered.items() if key in behind],
            pending=[item.record for item in pending],
            history=[item.record for item in sorted(older, key=order_of)],
        )

    def restore(self, snapshot: Snapshot) -> int:
        """Take what a snapshot holds, in addition to what is there; returns how many records of it make no message."""
        unfit: list[Record] = []

        def items(records: Iterable[Record]) -> Iterable[Item]:
            for record in records:
                try:
                    item = self._item(record)
                except LinkError:
                    unfit.append(record)
                    continue
                item.offline = True
                yield item

        for item in items(snapshot.delivered):
            if isinstance(item.record, PropertyRecord):
                self._delivered[item.key] = item
                _ = self._newest.setdefault(item.key, item)
                self._restate[item.key] = None
            else:
                self._keep(item)
        for item in items(snapshot.history):
            self._keep(item)
        for item in items(snapshot.pending):
            if isinstance(item.record, PropertyRecord):
                self._supersede(item)
                self._make_newest(item)
            else:
                self._keep(item)
        return len(unfit)

    # Within

    def _item(self, record: Record) -> Item:
        """Number a record; raises MessageInvalid and MessageTooLarge."""
        size = record_size(record)
        if size + device_size(record.device_id) > ROOM:
            raise MessageTooLarge(f"Too large for a message: {record.code}", (record.code,))
        self._number += 1
        return Item(record, self._number, size)

    def _offered(self, device_id: str, code: str, value: Any, time_ms: int) -> tuple[Item, bool]:
        """Return the value of a property, and whether it is another than the last."""
        last = self._newest.get((device_id, code))
        if last is not None:
            # A clock that was set back must not make the newer value the older one
            time_ms = max(time_ms, last.record.time)
        item = self._item(PropertyRecord(device_id=device_id, code=code, value=value, time=time_ms))
        item.offline = not self.online
        self._statistics.offered += 1
        return item, last is None or not _same(_value_of(last), value)

    def _make_newest(self, item: Item) -> None:
        key = item.key
        self._newest[key] = item
        self._pending[key] = item

    def _supersede(self, item: Item) -> None:
        """Put away what waits of a property that has a newer value now."""
        old = self._pending.get(item.key)
        if old is None or old.known:
            return
        if old.offline or not self.online:
            self._keep(old)
            return
        self._statistics.coalesced += 1
        self._doubtful.append((item.number, old))
        if len(self._doubtful) > self._history_limit:
            _ = self._doubtful.popleft()

    def _keep(self, item: Item) -> None:
        """Make a record history."""
        item.offline = True
        item.urgent = False
        self._statistics.kept += 1
        insort(self._history, item, key=order_of)
        if (excess := len(self._history) - self._history_limit) > 0:
            del self._history[:excess]
            self._statistics.dropped += excess

    def _begin(self, items: list[Item], *, history: bool = False) -> Sent:
        delivery = Delivery(records=tuple(item.record for item in items), history=history)
        sent = Sent(delivery, items, self._epoch, self._number)
        self._under_way.append(sent)
        return sent


def _same(left: Any, right: Any) -> bool:
    """Tell whether two values are the same on the wire, where true is not 1."""
    return type(left) is type(right) and left == right


def _value_of(item: Item) -> Any:
    assert isinstance(item.record, PropertyRecord)
    return item.record.value
