"""The connection `tuya_cloud`: the devices of the app accounts that are linked to a Tuya cloud project (seed 000).

States are read every few minutes: one call tells them of a hundred devices. Commands go through the cloud, and what
they led to is read soon after. With the project's message queue they are told instead, and nothing is read as long as it
delivers (seed 004; `tuya_cloud_queue`).
"""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
import logging
import time
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..clients.tuya_cloud.devices import CloudDevice, list_devices
from ..clients.tuya_cloud.errors import CloudError, CredentialsRefused
from ..commands import Values
from ..const import (
    CONF_CALL_BUDGET,
    CONF_ENDPOINT,
    CONF_POLL_INTERVAL,
    DEFAULT_CALL_BUDGET,
    DEFAULT_POLL_INTERVAL,
    DOMAIN,
    TUYA_REGIONS,
)
from ..errors import CommandsFailed
from ..hub import Connection, Hub, HubConfigEntry, RootDevice
from ..live_view import LiveView, async_forget_live_view
from ..model import Raw
from ..reachability import Reachability
from ..sharing import Sharing
from ..tuya_cloud_errors import PASSING, error_key
from .call_budget import DAY, CallBudget
from .failures import Failures, set_up_error
from .freshness import Freshness
from .tuya_cloud_api import forget_api, kept_api
from .tuya_cloud_bringing import DeviceBringer
from .tuya_cloud_commands import CommandSender
from .tuya_cloud_devices import DeviceList
from .tuya_cloud_kept import KeptDevices
from .tuya_cloud_measures import CloudMeasures
from .tuya_cloud_messages import MessageTaker
from .tuya_cloud_queue import CloudQueue, has_queue
from .tuya_cloud_status import StatusReader
from .tuya_cloud_timer import ListTimer
from .tuya_cloud_troubles import CloudTroubles
from .tuya_cloud_usage import CloudUsage

_LOGGER = logging.getLogger(__name__)

_START_PATIENCE: Final = 20.0
"""Seconds that set-up waits for the devices; what comes later, comes later."""
_RESULT_AFTER: Final = 3.0
"""Seconds after a command until its device is asked what came of it; devices tell the cloud within about a second."""
_ASK_AFTER: Final = 0.5
_PAGE: Final = 100
"""So many devices are in the list for a call."""
_TICK: Final = timedelta(seconds=60)
_TELLING_WITHIN: Final = 3600.0
"""Seconds since the last message for which the queue is taken for what keeps states true while the cloud cannot be asked."""


class TuyaCloudConnection(Connection):
    """Feeds a hub from a cloud project.

    `api` is kept over reloads and attempts to set the entry up, with its token and with its patience, and so is `usage`.
    `troubles` are the entry's repairs. `queue` is there if the user has turned it on.
    """

    def __init__(self, hass: HomeAssistant, entry: HubConfigEntry, hub: Hub) -> None:
        """Be ready to ask the cloud that the entry names."""
        self._hass = hass
        self._entry = entry
        self._hub = hub
        self._reachability = Reachability.of(hass, entry)
        self._sharing = Sharing.of(hass)
        self._kept = KeptDevices(hass, entry)
        self._interval = entry.options.get(CONF_POLL_INTERVAL, DEFAULT_POLL_INTERVAL) * 60
        self._failures = Failures(self._interval)
        self._nothing_listed = False
        self._all_brought = True
        self._lost = False
        self._end_lending: CALLBACK_TYPE | None = None
        self._read_at = 0.0
        self._owed_since: float | None = None
        self._trusted = False
        self._freshness = Freshness()
        self._measures: CloudMeasures | None = None
        self._made = kept_api(hass, entry)
        self.queue: CloudQueue | None = None
        self.usage = self._made.usage
        self.api = self._made.api
        self.troubles = CloudTroubles(hass, entry)
        self._budget = CallBudget(
            entry.options.get(CONF_CALL_BUDGET, DEFAULT_CALL_BUDGET), lambda: self.usage.calls.today
        )
        self._commands = CommandSender(self.api, self.troubles, name=entry.title, name_of=self._name_of)
        self._states = StatusReader(
            hub,
            self.api,
            self._freshness,
            self._budget,
            run=self._in_background,
            changed=self._trust_may_have_changed,
        )
        self._timer = ListTimer(
            hass, read=self._begin_poll, next_reading=self._next_reading, may_look=lambda: not self._budget.used_up
        )
        self.live_view: LiveView = LiveView(
            hass,
            entry,
            self.api,
            on_error=partial(self.troubles.note, video=True),
            on_reached=partial(self.troubles.clear, video=True),
        )
        self._listed = DeviceList(
            hub, self._timer, kept=self._kept, freshness=self._freshness, live_view=self.live_view
        )
        self._bringer = DeviceBringer(hub, self.api, self._kept, self._listed, note=self.troubles.note)

    @property
    def devices(self) -> dict[str, CloudDevice]:
        """All that the cloud lists, by id, those included that another entry has."""
        return self._listed.devices

    @override
    async def start(self) -> None:
        self._hub.register_root(
            RootDevice(identifier=self._entry.entry_id, manufacturer="Tuya", model="Tuya cloud project", service=True)
        )
        await self._kept.load()
        await self.usage.load()
        asked_at = self.api.cloud_time
        try:
            listed = await list_devices(self.api, known=self._kept.known())
        except CloudError as err:
            self._note(err)
            raise set_up_error(self._entry, err, error_key(err), refused=isinstance(err, CredentialsRefused)) from err
        self._worked()
        self._take_list(listed, asked_at)
        self._hub.set_connected(True)
        await self.live_view.async_start()
        self._end_lending = self._sharing.lend(self.live_view)
        bringing = self._in_background(self._bring_missing(), "devices")
        _ = await asyncio.wait([bringing], timeout=_START_PATIENCE)
        self._entry.async_on_unload(self._sharing.listen_freed(self._freed))
        self._make_queue()
        self._measures = CloudMeasures(self.usage, self.queue, daily_budget=self._budget.calls_a_day)
        self.measures = self._measures.measures
        self._entry.async_on_unload(async_track_time_interval(self._hass, self._tick, _TICK, cancel_on_shutdown=True))
        self._timer.plan(self._next_reading())

    @override
    @callback
    def loaded(self) -> None:
        # Not before: what happened a moment ago would be told while no entity listens
        if self.queue is not None:
            self.queue.start()

    @override
    async def unloading(self) -> None:
        # Not later: the queue delivers again what it has not been told that we have
        if self.queue is not None:
            await self.queue.stop()

    @override
    async def stop(self) -> None:
        self._states.stop()
        self._timer.stop()
        if self._end_lending is not None:
            self._end_lending()
        await self.live_view.async_stop()
        if self.queue is not None:
            await self.queue.stop()
        await self._kept.flush()
        await self.usage.flush()
        if self._entry.disabled_by is not None:
            self.troubles.forget()
            CloudQueue.forget(self._hass, self._entry)

    @override
    async def send(self, values: Values) -> None:
        # Before they are sent: the queue may be quicker than the answer
        begun = time.time()
        changing = self._changing(values) if self._trusted else {}
        failed = await self._commands.send(values)
        if done := values.keys() - failed.keys():
            if self._trusted:
                self._states.expect(begun, {one: changing[one] for one in done if one in changing})
            self._states.read_soon(done, _RESULT_AFTER)
        if len(values) == 1 and failed:
            raise next(iter(failed.values()))
        if failed:
            raise CommandsFailed(failed)

    @override
    @callback
    def ask(self, device_id: str) -> None:
        self._states.read_soon([device_id], _ASK_AFTER)

    @override
    def diagnostics(self) -> dict[str, Any]:
        regions = {endpoint: region for region, endpoint in TUYA_REGIONS.items()}
        return {
            "connected": self._hub.connected,
            "data_center": regions.get(self._entry.data[CONF_ENDPOINT], "other"),
            "poll_interval": self._interval,
            "call_budget": self._budget.calls_a_day,
            "calls_today": self.usage.calls.today,
            "failures": self._failures.count,
            "accounts": len({device.uid for device in self.devices.values()}),
            "listed_devices": len(self.devices),
            "devices_of_other_entries": sorted(self._sharing.taken(self._hub, self.devices)),
            "missing_devices": sorted(self._listed.missing),
            "statistics": self.api.statistics.as_dict(),
            "live_view": self.live_view.diagnostics(),
            "queue": None if self.queue is None else self.queue.diagnostics(),
        }

    @override
    @staticmethod
    async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
        forget_api(hass, entry)
        CloudTroubles(hass, entry).forget()
        CloudQueue.forget(hass, entry)
        await KeptDevices.forget(hass, entry)
        await CloudUsage.forget(hass, entry)
        await async_forget_live_view(hass, entry)

    # Commands

    def _name_of(self, device_id: str) -> str:
        """Return what errors of commands call a device."""
        device = self.devices.get(device_id)
        return (device and device.name) or device_id

    def _changing(self, values: Values) -> dict[str, dict[str, Raw]]:
        """Return what commands are about to change: the queue has to tell of it, or does not deliver."""
        changing = {}
        for device_id, raws in values.items():
            if (device := self._hub.devices.get(device_id)) is not None:
                known = device.schema.sent(device.state)
                changing[device_id] = {code: raw for code, raw in raws.items() if known.get(code) != raw}
        return changing

    # The list of devices, again and again

    @callback
    def _begin_poll(self) -> None:
        _ = self._in_background(self._poll(), "list")

    async def _poll(self) -> None:
        """Look at the list, bring what is new, and look again after a while."""
        retry: float | None = None
        asked_at = self.api.cloud_time
        try:
            self._take_list(await list_devices(self.api, known=self._listed.known()), asked_at)
            self._back()
            await self._bring_missing()
            await self._bringer.renew()
        except CloudError as err:
            self._failed(err)
            if isinstance(err, PASSING):
                retry = self._failures.retry
        except Exception:
            # A defect of ours must not make this the last look
            _LOGGER.exception("Unexpected error while reading the devices of %s", self._entry.title)
        finally:
            self._trusted = self.queue is not None and self.queue.trusted
            delay = self._next_reading()
            self._timer.plan(delay if retry is None else min(delay, retry))

    def _failed(self, err: CloudError) -> None:
        """A look at the list failed: tell once, when it is not just one that failed."""
        lost = self._failures.failed(passing=isinstance(err, PASSING))
        self._note(err)
        _LOGGER.debug("%s did not list its devices, attempt %s: %s", self._entry.title, self._failures.count, err)
        if isinstance(err, CredentialsRefused):
            self._entry.async_start_reauth(self._hass)
        if lost:
            self._lost = True
            self._show_whether_lost(f": {err}")

    def _back(self) -> None:
        """A look at the list went well."""
        self._worked()
        self._lost = False
        self._show_whether_lost()

    def _show_whether_lost(self, why: str = "") -> None:
        """Have entities available as long as something keeps their states true: the cloud that is asked, or the queue."""
        connected = not self._lost or self._told_by_queue
        if connected is not self._hub.connected:
            _LOGGER.info("%s is %s%s", self._entry.title, "back" if connected else "lost", why)
            self._hub.set_connected(connected)

    @property
    def _told_by_queue(self) -> bool:
        """Whether the queue tells all states, and nothing is known that it has left out."""
        if self.queue is None or not self.queue.trusted or self._owed_since is not None:
            return False
        last = self.queue.watch.last_message
        return last is not None and time.time() - last < _TELLING_WITHIN

    def _note(self, err: CloudError) -> None:
        """Let the user know, at once of what only they can mend."""
        if isinstance(err, PASSING):
            self._reachability.lost()
        else:
            self.troubles.note(err)

    def _worked(self) -> None:
        self._failures.worked()
        self._reachability.back()

    def _take_list(self, listed: Sequence[CloudDevice], asked_at: float) -> None:
        """Take in what the cloud lists."""
        self._nothing_listed = not listed
        if self._owed_since is not None and self._owed_since <= asked_at:
            self._owed_since = None
        if listed:
            self._read_at = time.time()
        else:
            self.troubles.note_no_devices()
        self._listed.take(listed, asked_at)

    # What the queue tells, and what is told of it

    def _make_queue(self) -> None:
        if not has_queue(self._entry):
            CloudQueue.forget(self._hass, self._entry)
            return
        self.queue = CloudQueue(
            self._hass,
            self._entry,
            taker=MessageTaker(
                self._hub,
                self._listed,
                self._freshness,
                now=lambda: self.api.cloud_time,
                doubt=lambda device_ids: self._states.doubt(device_ids, _ASK_AFTER),
            ),
            listener=self,
            usage=self.usage,
            seen=self._made.seen,
        )
        self._states.watch = self._listed.watch = self.queue.watch

    @callback
    def queue_missed_some(self) -> None:
        """There is a connection, but something may have been missed before."""
        self._owed_since = self.api.cloud_time
        self._timer.look_now()

    @callback
    def queue_changed(self) -> None:
        """Whether the queue is connected or trusted may be otherwise than before."""
        self._trust_may_have_changed()
        self._show_whether_lost()
        self._tell_measures()

    @callback
    def _trust_may_have_changed(self) -> None:
        trusted = self.queue is not None and self.queue.trusted
        if trusted is self._trusted:
            return
        self._trusted = trusted
        if not self._failures.count:
            self._timer.plan_anew()

    def _next_reading(self) -> float:
        """Return the seconds until the list is read again: a day where all is there and the queue tells it, to see whether it does."""
        whole = self._owed_since is None and self._all_brought and self._listed.is_settled
        quiet = self._trusted and not self._failures.count and whole
        wished = max(self._read_at + DAY - time.time(), self._interval) if quiet else self._interval
        return self._budget.seconds_until_reading(wished=wished, cost=-(-len(self.devices) // _PAGE))

    @callback
    def _tick(self, _now: datetime) -> None:
        if self.queue is not None:
            self.queue.check()
        self._tell_measures()
        self.usage.save_soon()

    def _tell_measures(self) -> None:
        if self._measures is not None:
            self._measures.tell()

    # Devices that are brought to the hub

    @callback
    def _freed(self) -> None:
        """Another entry's devices may be ours now."""
        self._listed.show_cameras()
        _ = self._in_background(self._bring_missing(), "devices")
        if self._trusted:
            # What the queue told meanwhile went to whoever had them
            self._timer.look_soon()

    async def _bring_missing(self) -> None:
        """Bring the listed devices that no entry has; those whose specification cannot be had just now come later."""
        self._all_brought = await self._bringer.bring_missing()
        if self._failures.count:
            return
        if not self._all_brought:
            # Not only in a day, however much the queue tells
            self._timer.plan_anew()
        elif not self._nothing_listed:
            self.troubles.clear()

    def _in_background(self, coroutine: Coroutine[Any, Any, None], what: str) -> asyncio.Task[None]:
        return self._entry.async_create_background_task(self._hass, coroutine, f"{DOMAIN} {what} {self._entry.title}")
