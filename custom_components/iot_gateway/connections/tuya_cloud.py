"""The connection `tuya_cloud`: the devices of the app accounts that are linked to a Tuya cloud project (seed 000).

States are read every few minutes: one call tells them of a hundred devices. Commands go through the cloud, and what
they led to is read soon after. With the project's message queue they are told instead, and nothing is read as long as it
delivers (seed 004; `tuya_cloud_queue`).
"""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
import logging
import time
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.util.hass_dict import HassKey

from ..clients.tuya_cloud.api import TuyaCloudApi
from ..clients.tuya_cloud.devices import CloudDevice, has_devices, list_devices
from ..clients.tuya_cloud.errors import CloudError, CredentialsRefused
from ..clients.tuya_cloud.message_queue import SeenMessages
from ..commands import Values
from ..const import (
    CONF_ACCESS_ID,
    CONF_ACCESS_SECRET,
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
from .call_budget import DAY, CallBudget
from .freshness import Freshness
from .tuya_cloud_bringing import DeviceBringer
from .tuya_cloud_commands import CommandSender
from .tuya_cloud_errors import PASSING, error_key
from .tuya_cloud_kept import KeptDevices
from .tuya_cloud_list import describe, is_news, without_old
from .tuya_cloud_measures import CloudMeasures
from .tuya_cloud_messages import MessageTaker
from .tuya_cloud_queue import CloudQueue, has_queue
from .tuya_cloud_status import StatusReader
from .tuya_cloud_troubles import CloudTroubles
from .tuya_cloud_usage import CloudUsage

_LOGGER = logging.getLogger(__name__)

_START_PATIENCE: Final = 20.0
"""Seconds that set-up waits for the devices; what comes later, comes later."""
_RESULT_AFTER: Final = 3.0
"""Seconds after a command until its device is asked what came of it; devices tell the cloud within about a second."""
_ASK_AFTER: Final = 0.5
_LOOK_AFTER: Final = 2.0
"""Seconds after a message of a device that is added or removed until the list is read, once for a burst of them."""
_LOOK_AGAIN_AFTER: Final = 60.0
"""The same, where the list did not say so yet."""
_PAGE: Final = 100
"""So many devices are in the list for a call."""
_TICK: Final = timedelta(seconds=60)
_RETRY_FIRST: Final = 15.0
"""Seconds until the next attempt after the first that found no cloud; twice that after the second, and so on."""
_FAILURES_BEFORE_LOST: Final = 2

_TELLING_WITHIN: Final = 3600.0
"""Seconds since the last message for which the queue is taken for what keeps states true while the cloud cannot be asked."""


async def async_probe(hass: HomeAssistant, data: Mapping[str, Any]) -> bool:
    """Make the calls that show whether an entry's data are right; return whether there is a device, raise CloudError."""
    api = _make_api(hass, data)
    await api.check()
    return await has_devices(api)


@dataclass(frozen=True, kw_only=True)
class _Made:
    """An API and what it was made for; its usage, and the messages of its queue that were seen."""

    data: tuple[str, str, str]
    api: TuyaCloudApi
    usage: CloudUsage
    seen: SeenMessages


_APIS: HassKey[dict[str, _Made]] = HassKey(f"{DOMAIN}_tuya_cloud_apis")


class TuyaCloudConnection(Connection):
    """Feeds a hub from a cloud project.

    `devices` are all that the cloud lists, by id, those included that another entry has. `api` is kept over reloads and
    attempts to set the entry up, with its token and with its patience, and so is `usage`. `troubles` are the entry's
    repairs. `queue` is there if the user has turned it on.
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
        self._missing: set[str] = set()
        self._failures = 0
        self._nothing_listed = False
        self._stopped = False
        self._lost = False
        self._cancel_poll: CALLBACK_TYPE | None = None
        self._cancel_look: CALLBACK_TYPE | None = None
        self._look_at = 0.0
        self._end_lending: CALLBACK_TYPE | None = None
        self._read_at = 0.0
        self._owed_since: float | None = None
        self._expected: dict[str, bool] = {}
        self._looked_for: set[str] = set()
        self._trusted = False
        self._freshness = Freshness()
        self._measures: CloudMeasures | None = None
        self._made = _kept(hass, entry)
        self.queue: CloudQueue | None = None
        self.usage = self._made.usage
        self.api = self._made.api
        self.devices: dict[str, CloudDevice] = {}
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
        self._bringer = DeviceBringer(hub, self.api, self._kept, self, note=self._note)
        self.live_view: LiveView = LiveView(
            hass,
            entry,
            self.api,
            on_error=partial(self.troubles.note, video=True),
            on_reached=partial(self.troubles.clear, video=True),
        )

    @override
    async def start(self) -> None:
        self._hub.register_root(
            RootDevice(identifier=self._entry.entry_id, manufacturer="Tuya", model="Tuya cloud project", service=True)
        )
        await self._kept.load()
        await self.usage.load()
        asked_at = self.cloud_time
        try:
            listed = await list_devices(self.api, known=self._kept.known())
        except CloudError as err:
            self._note(err)
            raise (ConfigEntryAuthFailed if isinstance(err, CredentialsRefused) else ConfigEntryNotReady)(
                translation_domain=DOMAIN,
                translation_key=error_key(err),
                translation_placeholders={"name": self._entry.title, "error": str(err)},
            ) from err
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
        self._poll_in(self._next_reading())

    @override
    @callback
    def loaded(self) -> None:
        # Not before: what happened a moment ago would be told while no entity listens
        if self.queue is not None:
            self.queue.start()

    @override
    async def stop(self) -> None:
        self._stopped = True
        self._states.stop()
        for cancel in (self._cancel_poll, self._cancel_look, self._end_lending):
            if cancel is not None:
                cancel()
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
            "failures": self._failures,
            "accounts": len({device.uid for device in self.devices.values()}),
            "listed_devices": len(self.devices),
            "devices_of_other_entries": sorted(self._sharing.taken(self._hub, self.devices)),
            "missing_devices": sorted(self._missing),
            "statistics": self.api.statistics.as_dict(),
            "live_view": self.live_view.diagnostics(),
            "queue": None if self.queue is None else self.queue.diagnostics(),
        }

    @override
    @staticmethod
    async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
        hass.data.get(_APIS, {}).pop(entry.entry_id, None)
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
    def _poll_in(self, seconds: float) -> None:
        if not self._stopped:
            self._cancel_poll = async_call_later(self._hass, seconds, HassJob(self._poll_now, cancel_on_shutdown=True))

    @callback
    def _poll_now(self, _now: datetime) -> None:
        self._cancel_poll = None
        _ = self._in_background(self._poll(), "list")

    async def _poll(self) -> None:
        """Look at the list, bring what is new, and look again after a while."""
        retry: float | None = None
        asked_at = self.cloud_time
        try:
            self._take_list(await list_devices(self.api, known=self._known()), asked_at)
            self._back()
            await self._bring_missing()
            await self._bringer.renew()
        except CloudError as err:
            if isinstance(err, PASSING):
                retry = min(_RETRY_FIRST * 2 ** min(self._failures, 10), self._interval)
            self._failed(err)
        except Exception:
            # A defect of ours must not make this the last look
            _LOGGER.exception("Unexpected error while reading the devices of %s", self._entry.title)
        finally:
            self._trusted = self.queue is not None and self.queue.trusted
            delay = self._next_reading()
            self._poll_in(delay if retry is None else min(delay, retry))

    def _known(self) -> dict[str, CloudDevice]:
        """Return the devices whose gateway need not be asked for again; it is when the specification is."""
        return {
            device_id: device
            for device_id, device in self.devices.items()
            if device_id not in self._hub.devices or not self._kept.is_stale(device_id)
        }

    def _failed(self, err: CloudError) -> None:
        """A look at the list failed: tell once, when it is not just one that failed."""
        self._failures += 1
        self._note(err)
        _LOGGER.debug("%s did not list its devices, attempt %s: %s", self._entry.title, self._failures, err)
        if isinstance(err, CredentialsRefused):
            self._entry.async_start_reauth(self._hass)
        if self._failures >= _FAILURES_BEFORE_LOST or not isinstance(err, PASSING):
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
        self._failures = 0
        self._reachability.back()

    def _take_list(self, listed: list[CloudDevice], asked_at: float) -> None:
        """Take in what the cloud lists: states, names, and what is not there any more."""
        self._nothing_listed = not listed
        if self._owed_since is not None and self._owed_since <= asked_at:
            self._owed_since = None
        if not listed:
            # An account that is not linked any more, most likely, which is mended by linking it again
            self.troubles.note_no_devices()
            for device_id, expected in self._expected.items():
                if not expected:
                    self.devices.pop(device_id, None)
                    self._drop(device_id)
            for device_id in self._hub.devices:
                self._hub.set_online(device_id, online=False)
            self._check_expected()
            return
        self._read_at = time.time()
        if self.queue is not None:
            self.queue.watch.note_reading(
                device.id
                for device in listed
                if is_news(device, self._hub.devices.get(device.id), self._freshness, asked_at)
            )
        listed = [
            without_old(
                device, self.devices.get(device.id), self._hub.devices.get(device.id), self._freshness, asked_at
            )
            for device in listed
        ]
        self.devices = {device.id: device for device in listed}
        self._sharing.describe({device.id: describe(device) for device in listed})
        for device in listed:
            if device.id in self._hub.devices:
                called = describe(device)
                self._hub.describe(device.id, called.name, called.model, called.product_id, device.gateway_id or None)
                self._hub.take(device.id, device.status)
                self._hub.set_online(device.id, device.online)
        self._take_cameras()
        self._drop_gone()
        self._check_expected()

    def _take_cameras(self) -> None:
        """Have all cameras watched that no other cloud brings, those included that a gateway has."""
        brought = self._sharing.taken(self._hub, self.devices, by_clouds=True)
        for device_id, device in self.devices.items():
            if device_id not in brought:
                self.live_view.add_camera(device)
            elif self.live_view.get(device_id) is not None:
                self._drop_camera(device_id)
        self.live_view.prepare_again()

    def _drop_camera(self, device_id: str) -> None:
        self.live_view.remove_camera(device_id)
        self._sharing.cameras_changed()

    def _drop_gone(self) -> None:
        """Remove the devices that two lists in a row lack.

        Not those of an account of which nothing is listed any more: it may be linked again.
        """
        accounts = {device.uid for device in self.devices.values()}
        missing = set()
        watched = {camera.device.id for camera in self.live_view.cameras}
        for device_id in (self._hub.devices.keys() | self._registered() | watched) - self.devices.keys():
            uid = self._kept.uid(device_id)
            unbound = self._expected.get(device_id) is False
            if unbound or (device_id in self._missing and (not uid or uid in accounts)):
                self._drop(device_id)
                continue
            missing.add(device_id)
            if device_id in self._hub.devices:
                self._hub.set_online(device_id, online=False)
        self._missing = missing

    def _drop(self, device_id: str) -> None:
        """Remove a device that is gone for good, and all that is known of it."""
        _LOGGER.info("Device %s has left %s", device_id, self._entry.title)
        self._drop_camera(device_id)
        self._hub.remove_device(device_id)
        self._kept.drop(device_id)
        self._freshness.drop(device_id)
        if self.queue is not None:
            self.queue.watch.drop(device_id)

    def _registered(self) -> set[str]:
        """Return the ids of the devices that the device registry has of this entry."""
        return {
            identifier
            for device in dr.async_entries_for_config_entry(dr.async_get(self._hass), self._entry.entry_id)
            for domain, identifier in device.identifiers
            if domain == DOMAIN and identifier != self._entry.entry_id
        }

    # What the queue tells, and what is told of it

    @property
    def cloud_time(self) -> float:
        """Seconds since the epoch, by the cloud's clock."""
        return self.api.cloud_time

    def _make_queue(self) -> None:
        if not has_queue(self._entry):
            CloudQueue.forget(self._hass, self._entry)
            return
        self.queue = CloudQueue(
            self._hass,
            self._entry,
            taker=MessageTaker(self._hub, self, self._freshness),
            listener=self,
            usage=self.usage,
            seen=self._made.seen,
        )
        self._states.watch = self.queue.watch

    @callback
    def update_listed(self, device_id: str, **changes: Any) -> None:
        """Take in what is otherwise about a listed device than the list said."""
        if (listed := self.devices.get(device_id)) is None:
            return
        device = self.devices[device_id] = replace(listed, **changes)
        if "name" in changes:
            called = describe(device)
            self._sharing.describe({device_id: called})
            if device_id in self._hub.devices:
                self._hub.describe(device_id, called.name, called.model, called.product_id, device.gateway_id or None)
        if self.live_view.get(device_id) is not None:
            self.live_view.add_camera(device)

    @callback
    def doubt(self, device_ids: Collection[str]) -> None:
        """Read the states of devices, some time soon."""
        self._states.doubt(device_ids, _ASK_AFTER)

    @callback
    def look_again(self) -> None:
        """Read the list, some time soon."""
        self._look_soon(_LOOK_AGAIN_AFTER)

    @callback
    def keep_event(self, device_id: str, code: str) -> None:
        """Keep over restarts that a device has an event."""
        self._kept.keep_event(device_id, code)

    @callback
    def expect_listed(self, device_id: str, *, listed: bool) -> None:
        """Look soon whether a device is in the list, or is not."""
        self._expected[device_id] = listed
        self._looked_for.discard(device_id)
        self._look_soon(_LOOK_AFTER)

    def _check_expected(self) -> None:
        """Look once more, later, where the list does not have what was said to be added, or has what was removed."""
        for device_id, listed in list(self._expected.items()):
            if (device_id in self.devices) is listed or device_id in self._looked_for:
                del self._expected[device_id]
                self._looked_for.discard(device_id)
            else:
                self._looked_for.add(device_id)
                self._look_soon(_LOOK_AGAIN_AFTER)

    @callback
    def _look_soon(self, delay: float) -> None:
        """Read the list after so many seconds, or sooner where that was asked for already."""
        at = self._hass.loop.time() + delay
        if self._cancel_look is not None and at < self._look_at:
            self._cancel_look()
            self._cancel_look = None
        if self._cancel_look is None and not self._stopped:
            self._look_at = at
            self._cancel_look = async_call_later(self._hass, delay, HassJob(self._look, cancel_on_shutdown=True))

    @callback
    def _look(self, now: datetime) -> None:
        """Read the list now, or once the reading is over that is under way."""
        self._cancel_look = None
        if self._cancel_poll is None:
            self._look_soon(_LOOK_AFTER)
            return
        self._cancel_poll()
        if self._budget.used_up:
            # Then tomorrow, but not only in a day
            self._poll_in(self._next_reading())
        else:
            self._poll_now(now)

    @callback
    def queue_missed_some(self) -> None:
        """There is a connection, but something may have been missed before."""
        self._owed_since = self.cloud_time
        self._look_soon(0)

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
        if self._cancel_poll is not None and not self._failures:
            self._cancel_poll()
            self._poll_in(self._next_reading())

    def _next_reading(self) -> float:
        """Return the seconds until the list is read again: a day where the queue tells all, to see whether it does."""
        quiet = self._trusted and not self._failures and self._owed_since is None and not self._expected
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
        self._take_cameras()
        _ = self._in_background(self._bring_missing(), "devices")
        if self._trusted:
            # What the queue told meanwhile went to whoever had them
            self._look_soon(_LOOK_AFTER)

    async def _bring_missing(self) -> None:
        """Bring the listed devices that no entry has; those whose specification cannot be had just now come later."""
        if await self._bringer.bring_missing() and not self._failures and not self._nothing_listed:
            self.troubles.clear()

    def _in_background(self, coroutine: Coroutine[Any, Any, None], what: str) -> asyncio.Task[None]:
        return self._entry.async_create_background_task(self._hass, coroutine, f"{DOMAIN} {what} {self._entry.title}")


def _make_api(hass: HomeAssistant, data: Mapping[str, Any]) -> TuyaCloudApi:
    return TuyaCloudApi(
        async_get_clientsession(hass), data[CONF_ENDPOINT], data[CONF_ACCESS_ID], data[CONF_ACCESS_SECRET]
    )


def _calls_today(api: TuyaCloudApi) -> int:
    return api.statistics.today.total()


def _kept(hass: HomeAssistant, entry: ConfigEntry) -> _Made:
    """Return the API of an entry and what belongs to it, a new one only where the entry's data have changed.

    Home Assistant makes a connection anew for every attempt to set an entry up: the pauses after a failure have to
    outlive that.
    """
    known = hass.data.setdefault(_APIS, {})
    data = (entry.data[CONF_ENDPOINT], entry.data[CONF_ACCESS_ID], entry.data[CONF_ACCESS_SECRET])
    made = known.get(entry.entry_id)
    if made is None or made.data != data:
        api = _make_api(hass, entry.data)
        same = made is not None and made.data[1] == data[1]
        # The calls are the project's: another secret makes no new ones
        usage = made.usage if made is not None and same else CloudUsage(hass, entry)
        usage.calls.begin(partial(_calls_today, api))
        seen = made.seen if made is not None and same else SeenMessages()
        made = known[entry.entry_id] = _Made(data=data, api=api, usage=usage, seen=seen)
    return made
