"""The message queue of an entry's project: its consumers, whether they deliver, and what the user is told of it.

Where the queue delivers, nothing is polled. A consumer that is connected proves nothing (protocols page, A1): without a rule in
the console the queue stays silent, and with a second program on the same subscription half of it does. So it has to prove
itself, see `QueueWatch`; until then, and when it is lost, the cloud is polled as without it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
import logging
import time
from typing import Any, Final, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_call_later

from ..clients.tuya_cloud.message_queue import (
    REGION_BASES,
    Environment,
    KeyRefused,
    Message,
    QueueConsumer,
    QueueError,
    QueueRequestInvalid,
    SeenMessages,
    WrongEnvironment,
    queue_url,
)
from ..const import (
    CONF_ACCESS_ID,
    CONF_ACCESS_SECRET,
    CONF_ENDPOINT,
    CONF_MESSAGE_QUEUE,
    CONF_QUEUE_ENVIRONMENT,
    CONF_QUEUE_SUBSCRIPTIONS,
    CONF_QUEUE_URL,
    DOMAIN,
    QUEUE_PRODUCTION,
    QUEUE_TEST,
    TUYA_REGIONS,
)
from .tuya_cloud_messages import MessageTaker
from .tuya_cloud_queue_troubles import (
    KEY_REFUSED,
    OF_CONNECTING,
    OF_DELIVERY,
    SHARED,
    SILENT,
    UNAVAILABLE,
    WRONG_ENVIRONMENT,
    QueueTroubles,
)
from .tuya_cloud_queue_watch import KEPT_FOR, QueueWatch, Verdict
from .tuya_cloud_usage import CloudUsage

_LOGGER = logging.getLogger(__name__)

_NOTICED_WITHIN: Final = 300.0
"""Seconds after which the loss of a connection has been noticed at the latest, by whichever side: messages are kept from then on."""
_BACKLOG_WITHIN: Final = 60.0
"""Seconds after connecting within which a backlog has come."""
_DOUBTS: Final = 3
"""So often in a row has a queue that worked before to say that it isn't there: a broker in trouble says that too."""


def queue_base(endpoint: str, typed: str) -> str | None:
    """Return the address of a project's queue: as typed, else that of its data center; None where that is none of Tuya's."""
    if typed:
        return typed
    regions = {api: region for region, api in TUYA_REGIONS.items()}
    return REGION_BASES.get(regions.get(endpoint, ""))


def check_queue(data: Mapping[str, Any], options: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the options of a queue as the key of a form's error, None if nothing is."""
    base = queue_base(data[CONF_ENDPOINT], options.get(CONF_QUEUE_URL, ""))
    if base is None:
        return "queue_url_needed"
    try:
        _ = queue_url(base, access_id=data[CONF_ACCESS_ID])
    except ValueError:
        return "invalid_queue_url"
    try:
        for name in options.get(CONF_QUEUE_SUBSCRIPTIONS, ()):
            _ = queue_url(base, access_id=data[CONF_ACCESS_ID], subscription=name)
    except ValueError:
        return "invalid_subscription"
    return None


class Listener(Protocol):
    """Who wants to know how the queue is."""

    def queue_changed(self) -> None:
        """Whether it is connected or trusted may be otherwise than before."""

    def queue_missed_some(self) -> None:
        """There is a connection, but something may have been missed before: all is to be read once."""


class CloudQueue:
    """Consumes the queue of an entry for as long as it is started.

    With several subscriptions there is a consumer for each, and what one has taken the others drop; `consumers` are there
    once it was started.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        taker: MessageTaker,
        listener: Listener,
        usage: CloudUsage,
        seen: SeenMessages,
    ) -> None:
        """Be ready to start."""
        self._hass = hass
        self._entry = entry
        self._taker = taker
        self._listener = listener
        self._usage = usage
        self._seen = seen
        self.consumers: Sequence[QueueConsumer] = ()
        self._tasks: list[asyncio.Task[None]] = []
        self._connected: set[int] = set()
        self._was_connected = False
        self._lost_at: float | None = None
        self._doubts = 0
        self._unreadable = 0
        self._last_error = ""
        self._explained = False
        self._cancel_unavailable: CALLBACK_TYPE | None = None
        self._cancel_backlog: CALLBACK_TYPE | None = None
        self.troubles = QueueTroubles(hass, entry)
        usage.use_queue(_name_of(entry))
        self.watch = QueueWatch(last_message=usage.last_message, watched=usage.watched)

    @property
    def connected(self) -> bool:
        """Whether one of the consumers is connected."""
        return bool(self._connected)

    @property
    def trusted(self) -> bool:
        """Whether it makes polling unnecessary."""
        return self.watch.trusted

    @callback
    def start(self) -> None:
        """Begin to consume; what is wrong with the settings is told as a repair."""
        options, data = self._entry.options, self._entry.data
        base = queue_base(data[CONF_ENDPOINT], options.get(CONF_QUEUE_URL, ""))
        environment: Environment = (
            "event-test" if options.get(CONF_QUEUE_ENVIRONMENT, QUEUE_PRODUCTION) == QUEUE_TEST else "event"
        )
        names: Sequence[str | None] = list(dict.fromkeys(options.get(CONF_QUEUE_SUBSCRIPTIONS, ()))) or [None]
        try:
            if base is None:
                raise ValueError("no address is known for this data center")  # noqa: TRY301 - one way out
            self.consumers = [
                QueueConsumer(
                    async_get_clientsession(self._hass),
                    url=base,
                    access_id=data[CONF_ACCESS_ID],
                    access_secret=data[CONF_ACCESS_SECRET],
                    environment=environment,
                    subscription=name,
                    on_message=self._take,
                    on_connected=partial(self._note_connected, number),
                    on_lost=partial(self._note_lost, number),
                    seen=self._seen,
                )
                for number, name in enumerate(names)
            ]
        except ValueError as err:
            # The form does not let it come so far, but another data center may be chosen later
            _LOGGER.warning("The message queue of %s cannot be used: %s", self._entry.title, err)
            self.troubles.note(UNAVAILABLE, error=str(err))
            return
        self._usage.messages.begin(lambda: sum(one.statistics.messages_today for one in self.consumers))
        self._expect_connection()
        for consumer in self.consumers:
            self._tasks.append(
                self._entry.async_create_background_task(
                    self._hass, consumer.run(), f"{DOMAIN} message queue {self._entry.title}"
                )
            )

    async def stop(self) -> None:
        """End consuming."""
        for cancel in (self._cancel_unavailable, self._cancel_backlog):
            if cancel is not None:
                cancel()
        self._cancel_unavailable = self._cancel_backlog = None
        for task in self._tasks:
            task.cancel()
        _ = await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._connected:
            self._connected.clear()
            self.watch.lost()
        self._usage.note(self.watch.last_message, self.watch.watched)
        self._usage.messages.begin(None)

    @callback
    def check(self) -> None:
        """Look whether it delivers what it should; asked for every minute."""
        self._usage.note(self.watch.last_message, self.watch.watched)
        unreadable = sum(one.statistics.undecodable + one.statistics.malformed_frames for one in self.consumers)
        if unreadable > self._unreadable:
            self.watch.unreadable()
        self._unreadable = unreadable
        match self.watch.verdict:
            case Verdict.SILENT:
                self.troubles.note(SILENT)
            case Verdict.SHARED:
                self.troubles.note(SHARED)
            case Verdict.FINE if self.trusted:
                self.troubles.clear(OF_DELIVERY)
            case Verdict.FINE if self.watch.delivers:
                # Polled all the same, until each device was heard that was missed
                self.troubles.clear(frozenset({SILENT}))
        self._listener.queue_changed()

    def diagnostics(self) -> dict[str, Any]:
        """Return what a bug report needs, without secrets and without what people say."""
        return {
            "connected": self.connected,
            "environment": self._entry.options.get(CONF_QUEUE_ENVIRONMENT, QUEUE_PRODUCTION),
            "own_address": bool(self._entry.options.get(CONF_QUEUE_URL)),
            "subscriptions": len(self.consumers),
            "own_subscriptions": bool(self._entry.options.get(CONF_QUEUE_SUBSCRIPTIONS)),
            "last_error": self._last_error,
            "messages_today": self._usage.messages.today,
            "delivery": self.watch.as_dict(),
            "taken": self._taker.as_dict(),
            "consumers": [consumer.statistics.as_dict() for consumer in self.consumers],
        }

    @staticmethod
    def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
        """The entry has no queue any more."""
        QueueTroubles(hass, entry).clear()

    # What the consumers tell

    @callback
    def _take(self, message: Message, _redelivered: bool) -> None:
        was_trusted = self.trusted
        if message.device_id is not None:
            self.watch.heard(message.device_id)
        try:
            self._taker.take(message)
        except Exception:
            # It is acknowledged all the same, and would do no better when it came again
            self._taker.lost(message)
            raise
        if not was_trusted and self.trusted:
            self.check()

    @callback
    def _note_connected(self, number: int) -> None:
        self._doubts = 0
        self._connected.add(number)
        if len(self._connected) > 1:
            return
        self._last_error = ""
        self._explained = False
        self._expect_connection(end=True)
        self.troubles.clear(OF_CONNECTING)
        _LOGGER.info("The message queue of %s is connected", self._entry.title)
        self.watch.connected()
        self._taker.begin(catching_up=True)
        if self._cancel_backlog is not None:
            self._cancel_backlog()
        self._cancel_backlog = async_call_later(
            self._hass, _BACKLOG_WITHIN, HassJob(self._backlog_taken, cancel_on_shutdown=True)
        )
        away = None if self._lost_at is None else time.time() - self._lost_at
        if not self._was_connected or away is None or away >= KEPT_FOR - _NOTICED_WITHIN:
            # The first time the subscription may be new, which has no backlog
            self._listener.queue_missed_some()
        self._was_connected = True
        self._listener.queue_changed()

    @callback
    def _note_lost(self, number: int, err: QueueError) -> None:
        was_connected = self.connected
        self._connected.discard(number)
        self._last_error = str(err)
        if self.connected:
            return
        if was_connected:
            _LOGGER.info("The message queue of %s is lost: %s", self._entry.title, err)
            self._lost_at = time.time()
            self.watch.lost()
            self._expect_connection()
        match err:
            case KeyRefused():
                self._explained = True
                self.troubles.note(KEY_REFUSED, error=str(err))
            case WrongEnvironment():
                self._doubts += 1
                if not self._was_connected or self._doubts >= _DOUBTS:
                    self._explained = True
                    self.troubles.note(WRONG_ENVIRONMENT, error=str(err))
            case QueueRequestInvalid():
                self.troubles.note(UNAVAILABLE, error=str(err))
        self._listener.queue_changed()

    # How long it takes

    @callback
    def _expect_connection(self, *, end: bool = False) -> None:
        """Tell the user when there is no connection for hours, or end that."""
        if self._cancel_unavailable is not None:
            self._cancel_unavailable()
            self._cancel_unavailable = None
        if not end:
            self._cancel_unavailable = async_call_later(
                self._hass, KEPT_FOR, HassJob(self._unavailable_for_long, cancel_on_shutdown=True)
            )

    @callback
    def _unavailable_for_long(self, _now: datetime) -> None:
        self._cancel_unavailable = None
        if not self._explained:
            self.troubles.note(UNAVAILABLE, error=self._last_error or "no answer")

    @callback
    def _backlog_taken(self, _now: datetime) -> None:
        self._cancel_backlog = None
        self._taker.begin(catching_up=False)


def _name_of(entry: ConfigEntry) -> str:
    """Return what tells the queue that an entry consumes from others of the project: a proof of one says nothing of another."""
    options = entry.options
    names = sorted(options.get(CONF_QUEUE_SUBSCRIPTIONS, ()))
    environment = options.get(CONF_QUEUE_ENVIRONMENT, QUEUE_PRODUCTION)
    base = queue_base(entry.data[CONF_ENDPOINT], options.get(CONF_QUEUE_URL, ""))
    return "|".join((environment, base or "", *names))


def has_queue(entry: ConfigEntry) -> bool:
    """Whether the user has turned the queue of an entry on."""
    return bool(entry.options.get(CONF_MESSAGE_QUEUE, False))
