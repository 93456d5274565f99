"""States of single devices that are read between two looks at the list: after a command, and where a message leaves a doubt."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import datetime
import logging
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HassJob, callback
from homeassistant.helpers.event import async_call_later

from ..clients.tuya_cloud.api import TuyaCloudApi
from ..clients.tuya_cloud.devices import get_status
from ..clients.tuya_cloud.errors import CloudError
from ..hub import Hub
from ..model import Raw
from .call_budget import CallBudget
from .freshness import Freshness
from .tuya_cloud_queue_watch import QueueWatch

_LOGGER = logging.getLogger(__name__)

_DOUBT_PAUSE: Final = 60.0
"""Seconds at least between two readings that messages ask for: a device whose clock is wrong asks with each of its own."""


class StatusReader:
    """Reads the states of devices that are asked for, of all of them by one call; none once the budget of the day is used.

    `watch` is to be set where there is a queue: what it tells need not be asked for, and what it does not tell is missed.
    `changed` is called when that was so.
    """

    def __init__(
        self,
        hub: Hub,
        api: TuyaCloudApi,
        freshness: Freshness,
        budget: CallBudget,
        *,
        run: Callable[[Coroutine[Any, Any, None], str], object],
        changed: Callable[[], None],
    ) -> None:
        """Have nothing to read; `run` has a coroutine run in the background."""
        self._hub = hub
        self._api = api
        self._freshness = freshness
        self._budget = budget
        self._run = run
        self._changed = changed
        self._asked: set[str] = set()
        self._doubted: set[str] = set()
        self._doubt_again_at = 0.0
        self._commanded: dict[str, tuple[float, Mapping[str, Raw]]] = {}
        self._cancel: CALLBACK_TYPE | None = None
        self._cancel_doubting: CALLBACK_TYPE | None = None
        self._stopped = False
        self.watch: QueueWatch | None = None

    @callback
    def stop(self) -> None:
        """Read no more."""
        self._stopped = True
        for cancel in (self._cancel, self._cancel_doubting):
            if cancel is not None:
                cancel()

    @callback
    def expect(self, begun: float, changes: Mapping[str, Mapping[str, Raw]]) -> None:
        """Commands sent since `begun` (seconds since the epoch) change this, by device: the queue has to tell of it."""
        self._commanded |= {device_id: (begun, raws) for device_id, raws in changes.items()}

    @callback
    def read_soon(self, device_ids: Iterable[str], delay: float) -> None:
        """Read the states of devices soon, of all that are asked for by then."""
        self._asked.update(device_ids)
        if self._cancel is None and not self._stopped:
            self._cancel = async_call_later(self._hub.hass, delay, HassJob(self._read_now, cancel_on_shutdown=True))

    @callback
    def doubt(self, device_ids: Iterable[str], delay: float) -> None:
        """Read the states of devices whose messages leave a doubt; not one call for each message."""
        self._doubted.update(device_ids)
        if self._doubted and self._cancel_doubting is None and not self._stopped:
            wait = max(delay, self._doubt_again_at - self._hub.hass.loop.time())
            self._cancel_doubting = async_call_later(
                self._hub.hass, wait, HassJob(self._read_doubted, cancel_on_shutdown=True)
            )

    @callback
    def _read_doubted(self, _now: datetime) -> None:
        self._cancel_doubting = None
        pause = self._budget.seconds_until_reading(wished=_DOUBT_PAUSE, cost=1)
        self._doubt_again_at = self._hub.hass.loop.time() + pause
        doubted, self._doubted = self._doubted, set()
        self.read_soon(doubted, 0)

    @callback
    def _read_now(self, _now: datetime) -> None:
        self._cancel = None
        _ = self._run(self._read(), "status")

    async def _read(self) -> None:
        asked, self._asked = self._asked & self._hub.devices.keys(), set()
        commanded, self._commanded = self._commanded, {}
        if (watch := self.watch) is not None and watch.trusted:
            # What the queue has told by now need not be asked for
            asked -= {device_id for device_id, (when, _) in commanded.items() if watch.heard_since(device_id, when)}
        if not asked or self._budget.used_up:
            return
        asked_at = self._api.cloud_time
        try:
            states = await get_status(self._api, sorted(asked))
        except CloudError as err:
            _LOGGER.debug("%s did not tell the state of %s: %s", self._hub.entry.title, sorted(asked), err)
            return
        for device_id, values in states.items():
            if device_id in self._hub.devices:
                fresh = self._freshness.note_reading(device_id, values, asked_at)
                self._hub.take(device_id, {code: raw for code, raw in values.items() if code in fresh})
            if watch is not None and device_id in commanded:
                when, raws = commanded[device_id]
                if any(values.get(code) == raw for code, raw in raws.items()):
                    watch.missed(device_id, since=when)
        self._changed()
