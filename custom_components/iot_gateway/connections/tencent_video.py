"""The connection `tencent_video`: the devices of a Tencent Cloud account's IoT Video products (seed 002).

The cloud is asked for a list of the devices of each product, and for the data of each device, which is a call of its own. Those take
turns within the budget of a day. What the cloud pushes (`tencent_video_push`) is not asked for.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
import logging
import time
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_call_later, async_track_time_interval

from ..agent_view import AgentView, async_forget_agent_view
from ..clients.tencent_video import CredentialsRefused, PermissionDenied, Reaction, TencentError, Xp2pAgent
from ..commands import Values
from ..const import (
    CONF_AGENT_URL,
    CONF_CALL_BUDGET,
    CONF_POLL_INTERVAL,
    CONF_PRODUCT_IDS,
    DEFAULT_POLL_INTERVAL,
    DEFAULT_TENCENT_CALL_BUDGET,
    DOMAIN,
)
from ..errors import CommandFailed, CommandsFailed
from ..hub import Connection, Hub, HubConfigEntry, RootDevice
from ..reachability import Reachability
from ..recording_shows import async_end_recordings
from ..sharing import Sharing
from .call_budget import DAY, CallBudget
from .freshness import ONLINE, Freshness
from .tencent_video_agent import AgentWatch
from .tencent_video_api import forget_api, kept_api
from .tencent_video_bringing import MANUFACTURER, DeviceBringer
from .tencent_video_catalogue import Catalogue, ListedDevice
from .tencent_video_commands import CommandSender
from .tencent_video_errors import error_key
from .tencent_video_feedback import AgentFeedback, async_feedback_url
from .tencent_video_measures import TencentMeasures
from .tencent_video_probe import async_agent_health, async_probe, product_choices
from .tencent_video_push import PushTaker, TencentPush, push_settings
from .tencent_video_push_watch import PushWatch
from .tencent_video_reading import AT_ONCE, DeviceReader, Reading
from .tencent_video_readings import Readings
from .tencent_video_storage import StoragePlans
from .tencent_video_troubles import TencentTroubles
from .tencent_video_usage import TencentUsage

__all__ = [
    "TencentVideoConnection",
    "async_agent_health",
    "async_feedback_url",
    "async_probe",
    "error_key",
    "product_choices",
]

_LOGGER = logging.getLogger(__name__)

_START_PATIENCE: Final = 20.0
"""Seconds that set-up waits for the devices; what comes later, comes later."""
_RESULT_AFTER: Final = 3.0
"""Seconds after a command until its device is read, unless it has pushed by then."""
_ASK_AFTER: Final = 0.5
_LOOK_AFTER: Final = 2.0
"""Seconds after a push of an unknown device until the list is read, once for a burst of them."""
_LOOKS_APART: Final = 3600.0
"""Between two such looks for the same device: it may be one that is never listed."""
_TICK: Final = timedelta(seconds=60)
_RETRY_FIRST: Final = 15.0
"""Seconds until the next attempt after the first that failed; twice that after the second, and so on."""
_FAILURES_BEFORE_LOST: Final = 2

_NEVER: Final = float("-inf")


class TencentVideoConnection(Connection):
    """Feeds a hub from an account's products.

    `devices` are all that the cloud lists, by id, those included that another entry has. `api` and `usage` are kept over reloads and
    attempts to set the entry up. `troubles` are the entry's repairs. `push` is there if the user has turned it on.
    """

    agent_view: AgentView

    def __init__(self, hass: HomeAssistant, entry: HubConfigEntry, hub: Hub) -> None:
        """Be ready to ask the cloud that the entry names."""
        self._hass = hass
        self._entry = entry
        self._hub = hub
        self._reachability = Reachability.of(hass, entry)
        self._sharing = Sharing.of(hass)
        self._kept = kept_api(hass, entry)
        self._interval: float = entry.options.get(CONF_POLL_INTERVAL, DEFAULT_POLL_INTERVAL) * 60
        self._freshness = Freshness()
        self._readings = Readings()
        self._missing: set[str] = set()
        self._failures = 0
        self._stopped = False
        self._list_due = 0.0
        self._looked_for: dict[str, float] = {}
        self._not_before = _NEVER
        self._turning = False
        self._cancel_turn: CALLBACK_TYPE | None = None
        self._watch: PushWatch | None = None
        self._measures: TencentMeasures | None = None
        self.push: TencentPush | None = None
        self.api = self._kept.api
        self.usage: TencentUsage = self._kept.usage
        self.devices: dict[str, ListedDevice] = {}
        self.troubles = TencentTroubles(hass, entry)
        self._budget = CallBudget(
            entry.options.get(CONF_CALL_BUDGET, DEFAULT_TENCENT_CALL_BUDGET), lambda: self.usage.calls.today
        )
        self._catalogue = Catalogue(self.api, entry.data[CONF_PRODUCT_IDS])
        self._commands = CommandSender(self.api, name=entry.title, name_of=self._name_of, note=self._note)
        url = entry.data.get(CONF_AGENT_URL)
        agent = Xp2pAgent(async_get_clientsession(hass), url) if url else None
        self._agent = None if agent is None else AgentWatch(agent, self.troubles, changed=self._tell_measures)
        self._feedback = None if agent is None else AgentFeedback(hass, entry, hub)
        self.agent_view = AgentView(
            hass, entry, self.api, agent, on_error=self._note, may_ask=lambda: not self._budget.used_up
        )
        self._plans = StoragePlans(hub, self.agent_view.plans, self.troubles)
        self._reader = DeviceReader(self.api, note=self._note)
        self._bringer = DeviceBringer(hub, self, self._reader, self._freshness, self.agent_view)

    @override
    async def start(self) -> None:
        self._hub.register_root(
            RootDevice(
                identifier=self._entry.entry_id, manufacturer=MANUFACTURER, model="Tencent IoT Video", service=True
            )
        )
        await self.usage.load()
        asked_at = self.api.cloud_time
        try:
            listed = await self._catalogue.read()
        except TencentError as err:
            self._note(err)
            if err.reaction is Reaction.RETRY:
                self._reachability.lost()
            raise (ConfigEntryAuthFailed if isinstance(err, CredentialsRefused) else ConfigEntryNotReady)(
                translation_domain=DOMAIN,
                translation_key=error_key(err),
                translation_placeholders={"name": self._entry.title, "error": str(err)},
            ) from err
        self._worked()
        self._take_list(listed, asked_at)
        self._list_due = time.time() + self._wait()
        self._hub.set_connected(True)
        await self._prepare_push()
        bringing = self._in_background(self._bring_first(), "devices")
        _ = await asyncio.wait([bringing], timeout=_START_PATIENCE)
        await self.agent_view.async_start()
        if self._feedback is not None:
            await self._feedback.prepare()
        agent = self._agent
        self._measures = TencentMeasures(
            self.usage,
            daily_budget=self._budget.calls_a_day,
            pushes=self.push is not None,
            agent=None if agent is None else lambda: agent.there,
        )
        self.measures = self._measures.measures
        self._entry.async_on_unload(self._sharing.listen_freed(self._freed))
        self._entry.async_on_unload(async_track_time_interval(self._hass, self._tick, _TICK, cancel_on_shutdown=True))
        self._arm()

    @override
    @callback
    def loaded(self) -> None:
        # Not before: what is told now finds its entities listening
        if self.push is not None:
            self.push.start()
        if self._feedback is not None:
            self._feedback.start()
        self._look_at_agent()

    @override
    async def stop(self) -> None:
        self._stopped = True
        if self._cancel_turn is not None:
            self._cancel_turn()
        if self.push is not None:
            self.push.stop()
        if self._feedback is not None:
            self._feedback.stop()
        # Who plays a recording has one of the camera's few places
        await async_end_recordings(self._hass, self.agent_view)
        await self.agent_view.async_stop()
        await self.usage.flush()
        if self._entry.disabled_by is not None:
            self.troubles.forget()

    @override
    async def send(self, values: Values) -> None:
        failed = await self._commands.send(values, self.devices)
        for device_id in values.keys() - failed.keys():
            self._readings.soon(device_id, _RESULT_AFTER)
        self._arm()
        if len(values) == 1 and failed:
            raise next(iter(failed.values()))
        if failed:
            raise CommandsFailed(failed)

    @override
    async def call_action(self, device_id: str, action_id: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        listed = self.devices.get(device_id)
        actions = () if listed is None else listed.known.model.actions
        action = next((one for one in actions if one.id == action_id), None)
        if listed is None or action is None:
            raise CommandFailed("device_gone", device=self._name_of(device_id))
        outputs = await self._commands.call_action(listed, action, inputs)
        # What it did may show in the properties
        self._readings.soon(device_id, _RESULT_AFTER)
        self._arm()
        return outputs

    @override
    @callback
    def ask(self, device_id: str) -> None:
        self._readings.soon(device_id, _ASK_AFTER)
        self._arm()

    @override
    def diagnostics(self) -> dict[str, Any]:
        return {
            "connected": self._hub.connected,
            "region": self._entry.data.get("region"),
            "poll_interval": self._interval,
            "call_budget": self._budget.calls_a_day,
            "calls_today": self.usage.calls.today,
            "failures": self._failures,
            "clock_offset": self.api.clock_offset,
            "denied_actions": sorted(self.api.denied),
            "products": {
                product_id: {
                    "name": known.product.name,
                    "category": known.product.category_id,
                    "features": list(known.product.features),
                    "unreadable_entries": known.model.unreadable,
                }
                for product_id, known in self._catalogue.products.items()
            },
            "missing_products": sorted(self._catalogue.missing),
            "listed_devices": len(self.devices),
            "devices_of_other_entries": sorted(self._sharing.taken(self._hub, self.devices)),
            "missing_devices": sorted(self._missing),
            "statistics": self.api.statistics.as_dict(),
            "push": None
            if self.push is None or self._watch is None
            else self.push.diagnostics() | self._watch.diagnostics(),
            "agent": None if self._agent is None else {"there": self._agent.there, "version": self._agent.version},
            "feedback": None if self._feedback is None else self._feedback.diagnostics(),
            "agent_view": self.agent_view.diagnostics(),
        }

    @override
    @staticmethod
    async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
        forget_api(hass, entry)
        TencentTroubles(hass, entry).forget()
        await TencentUsage.forget(hass, entry)
        await async_forget_agent_view(hass, entry)

    # What is pushed

    async def _prepare_push(self) -> None:
        """Be ready for pushes, where the user has turned them on."""
        if (settings := push_settings(self._entry)) is None:
            self.troubles.push_refused(refused=False)
            self.troubles.push_silent(silent=False)
            return
        webhook_id, token = settings
        self._watch = PushWatch(self.usage.expect_pushes(webhook_id))
        self.push = TencentPush(
            self._hass,
            self._entry,
            webhook_id,
            guard=self._kept.guard(token),
            taker=PushTaker(self._hub, self, self._watch, self._freshness, lambda: self.api.cloud_time),
            usage=self.usage,
            troubles=self.troubles,
        )
        await self.push.prepare()

    @callback
    def device_unknown(self, device_id: str) -> None:
        """A device pushes that is not listed: it may be new."""
        now = time.time()
        product_id = device_id.partition("/")[0]
        looked = self._looked_for.get(device_id, _NEVER)
        if product_id not in self._catalogue.products or device_id in self.devices or now - looked < _LOOKS_APART:
            return
        self._looked_for = {other: when for other, when in self._looked_for.items() if now - when < _LOOKS_APART}
        self._looked_for[device_id] = now
        self._list_due = min(self._list_due, now + _LOOK_AFTER)
        self._arm()

    @callback
    def device_told(self, device_id: str) -> None:
        """A device pushed what it reports, so that it need not be read."""
        self._readings.leave(device_id)

    @callback
    def device_came(self, device_id: str) -> None:
        """A device is there again."""
        self._readings.soon(device_id, _RESULT_AFTER)
        self._arm()

    @callback
    def status_late(self) -> None:
        """A device came or went some time ago."""
        self._list_due = min(self._list_due, time.time() + _LOOK_AFTER)
        self._arm()

    # Turns: what is due is read, and what is next is planned

    @callback
    def _arm(self) -> None:
        """Have the next turn when something is due."""
        if self._cancel_turn is not None:
            self._cancel_turn()
            self._cancel_turn = None
        if self._stopped or self._turning:
            return
        due = (self._list_due, self._readings.next, self._plans.next(self.devices.values()))
        delay = max(min(one for one in due if one is not None), self._not_before) - time.time()
        self._cancel_turn = async_call_later(
            self._hass, max(delay, 0.0), HassJob(self._turn_now, cancel_on_shutdown=True)
        )

    @callback
    def _turn_now(self, _now: datetime) -> None:
        self._cancel_turn = None
        self._turning = True
        _ = self._in_background(self._turn(), "readings")

    async def _turn(self) -> None:
        """Read what is due."""
        try:
            if self._list_due <= time.time():
                if self._budget.used_up and self._hub.connected:
                    self._list_due = time.time() + self._wait()
                else:
                    await self._read_list()
            await self._read_due()
            await self._read_plans()
        except TencentError as err:
            self._failed(err)
        except Exception:
            # A defect of ours must not make this the last turn
            _LOGGER.exception("Unexpected error while reading the devices of %s", self._entry.title)
            self._not_before = time.time() + self._interval
        else:
            self._not_before = _NEVER
        finally:
            self._turning = False
            self._arm()

    def _wait(self) -> float:
        """Return the seconds between two readings of the same thing, so that the budget lasts for the day."""
        read = sum(device.online and not self._is_told(device_id) for device_id, device in self._hub.devices.items())
        return self._budget.seconds_until_reading(wished=self._interval, cost=read + self._catalogue.calls)

    def _is_told(self, device_id: str) -> bool:
        """Whether a device pushes what it reports."""
        return self._watch is not None and self._watch.told(device_id)

    def _wait_for(self, device_id: str) -> float:
        """Return the seconds until a device is read again that was read just now."""
        device = self._hub.devices.get(device_id)
        if device is None or not device.online or self._is_told(device_id):
            # Nothing becomes of one that is away, and one that is back is read at once
            return max(DAY, self._wait())
        return self._wait()

    async def _read_list(self) -> None:
        """Look at the list of devices; raises TencentError."""
        asked_at = self.api.cloud_time
        listed = await self._catalogue.read()
        self._back()
        self._take_list(listed, asked_at)
        self._list_due = time.time() + self._wait()
        await self._bring_missing()

    async def _read_due(self) -> None:
        """Read the devices that are due; raises TencentError where that is not for one device alone."""
        due = self._readings.due
        if self._budget.used_up:
            for device_id in due:
                self._readings.retry(device_id, self._wait())
            return
        limit = asyncio.Semaphore(AT_ONCE)

        async def read(device_id: str) -> None:
            async with limit:
                await self._read_device(device_id)

        await self._reader.all_of(map(read, due))

    async def _read_device(self, device_id: str) -> None:
        """Read what a device last reported; raises TencentError."""
        listed = self.devices.get(device_id)
        if listed is None or device_id not in self._hub.devices:
            self._readings.drop(device_id)
            return
        # Also where it fails, it is not read again at once
        self._readings.retry(device_id, self._wait())
        reading = await self._reader.read(listed)
        if reading is None or (device := self._hub.devices.get(device_id)) is None:
            return
        if self._watch is not None and self._watch.compare(device_id, reading, device.schema.sent(device.state)):
            self.troubles.push_silent(silent=self._watch.silent)
        self._take_reading(device_id, reading)
        self._readings.was_read(device_id, self._wait_for(device_id))

    def _take_reading(self, device_id: str, reading: Reading) -> None:
        """Take in what was read, without what was pushed since it was asked for."""
        fresh = self._freshness.note_reading(device_id, reading.values, reading.asked_at)
        self._hub.take(device_id, {code: raw for code, raw in reading.values.items() if code in fresh})

    async def _read_plans(self) -> None:
        """Read the plans of cloud storage that are due; raises TencentError."""
        due = self._plans.due(self.devices.values())
        if self._budget.used_up:
            self._plans.postpone(due, self._wait())
            return
        for listed in due:
            try:
                await self._plans.read(listed)
            except PermissionDenied as err:
                # Recordings are not all that there is
                self._note(err)
                self._plans.postpone(due)
                return
        self._plans.tell()

    # The list of devices

    def _take_list(self, listed: dict[str, ListedDevice], asked_at: float) -> None:
        """Take in what the cloud lists: who is there, what they are called, and who is not there any more."""
        self.troubles.products_gone(self._catalogue.missing)
        if not listed:
            # Who lost a permission, or whose account was emptied by mistake, has not thrown all devices away
            for device_id in list(self._hub.devices):
                self._hub.set_online(device_id, online=False)
            return
        self.devices = listed
        for device_id, device in listed.items():
            if device_id not in self._hub.devices:
                continue
            called = device.description
            self._hub.describe(device_id, called.name, called.model, called.product_id, None)
            if ONLINE in self._freshness.note_reading(device_id, (ONLINE,), asked_at):
                came = device.online and not self._hub.devices[device_id].online
                self._hub.set_online(device_id, online=device.online)
                if came:
                    self._readings.soon(device_id)
        self._drop_gone()

    def _drop_gone(self) -> None:
        """Remove the devices that two lists in a row lack, while their product is there."""
        missing = set()
        for device_id in (self._hub.devices.keys() | self._registered()) - self.devices.keys():
            if device_id in self._missing and device_id.partition("/")[0] not in self._catalogue.missing:
                # Of a product that is gone the user is told, who then chooses others
                self._drop(device_id)
                continue
            missing.add(device_id)
            if device_id in self._hub.devices:
                self._hub.set_online(device_id, online=False)
        self._missing = missing

    def _drop(self, device_id: str) -> None:
        """Remove a device that is gone for good, and all that is known of it."""
        _LOGGER.info("Device %s has left %s", device_id, self._entry.title)
        self.agent_view.remove_device(device_id)
        self._hub.remove_device(device_id)
        self._readings.drop(device_id)
        self._freshness.drop(device_id)
        self._plans.drop(device_id)
        self._bringer.drop(device_id)
        if self._watch is not None:
            self._watch.drop(device_id)
        if self.push is not None:
            self.push.drop(device_id)

    def _registered(self) -> set[str]:
        """Return the ids of the devices that the device registry has of this entry."""
        return {
            identifier
            for device in dr.async_entries_for_config_entry(dr.async_get(self._hass), self._entry.entry_id)
            for domain, identifier in device.identifiers
            if domain == DOMAIN and identifier != self._entry.entry_id
        }

    # Devices that are brought to the hub

    @callback
    def _freed(self) -> None:
        """Another entry's devices may be ours now."""
        self._list_due = min(self._list_due, time.time() + _LOOK_AFTER)
        self._arm()

    async def _bring_first(self) -> None:
        """Bring the devices for the first time; what fails then comes with a later list."""
        try:
            await self._bring_missing()
        except TencentError as err:
            self._failed(err)

    async def _bring_missing(self) -> None:
        """Bring the listed devices that are not there yet; raises TencentError."""
        try:
            brought = await self._bringer.bring_missing()
        finally:
            unplanned = [
                device_id
                for device_id, device in self._hub.devices.items()
                if device.online and not self._readings.is_planned(device_id)
            ]
            self._readings.spread(unplanned, self._wait())
        if brought:
            self._arm()

    # What went well and what did not

    def _failed(self, err: TencentError) -> None:
        """A reading failed: tell once, when it is not just one that failed."""
        self._failures += 1
        passing = err.reaction is Reaction.RETRY
        retry = _RETRY_FIRST * 2 ** min(self._failures - 1, 10) if passing else self._interval
        self._not_before = time.time() + min(retry, self._interval)
        _LOGGER.debug("%s could not be read, attempt %s: %s", self._entry.title, self._failures, err)
        self._note(err)
        if passing:
            self._reachability.lost()
        if isinstance(err, CredentialsRefused):
            self._entry.async_start_reauth(self._hass)
        if self._hub.connected and (self._failures >= _FAILURES_BEFORE_LOST or not passing):
            _LOGGER.info("%s is lost: %s", self._entry.title, err)
            self._hub.set_connected(False)

    def _back(self) -> None:
        """The list was read."""
        self._worked()
        if not self._hub.connected:
            _LOGGER.info("%s is back", self._entry.title)
            self._hub.set_connected(True)

    def _worked(self) -> None:
        self._failures = 0
        self._reachability.back()
        self.troubles.worked()
        self.troubles.denied(self.api.denied)

    @callback
    def _note(self, err: TencentError) -> None:
        """Let the user know of what only they can mend."""
        self.troubles.note(err)
        self.troubles.denied(self.api.denied)

    @callback
    def _tick(self, _now: datetime) -> None:
        self.troubles.denied(self.api.denied)
        if self._watch is not None:
            self.troubles.push_silent(silent=self._watch.silent)
        self._look_at_agent()
        self._tell_measures()
        self.usage.save_soon()

    @callback
    def _look_at_agent(self) -> None:
        if self._agent is not None:
            _ = self._in_background(self._agent.look(), "agent")

    @callback
    def _tell_measures(self) -> None:
        if self._measures is not None:
            self._measures.tell()

    def _name_of(self, device_id: str) -> str:
        """Return what the user calls a device, for messages."""
        device = self._hub.devices.get(device_id)
        return device_id if device is None else self._hub.name_of(device)

    def _in_background(self, coroutine: Coroutine[Any, Any, None], what: str) -> asyncio.Task[None]:
        return self._entry.async_create_background_task(self._hass, coroutine, f"{DOMAIN} {what} {self._entry.title}")
