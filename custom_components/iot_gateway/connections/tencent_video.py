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
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_track_time_interval

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
from .call_budget import CallBudget
from .failures import Failures, set_up_error
from .freshness import Freshness
from .tencent_video_agent import AgentWatch
from .tencent_video_api import forget_api, kept_api
from .tencent_video_bringing import MANUFACTURER, DeviceBringer
from .tencent_video_catalogue import Catalogue, ListedDevice
from .tencent_video_commands import CommandSender
from .tencent_video_devices import DeviceList
from .tencent_video_due import DueReader
from .tencent_video_errors import error_key
from .tencent_video_feedback import AgentFeedback
from .tencent_video_measures import TencentMeasures
from .tencent_video_push import PushTaker, TencentPush, push_settings
from .tencent_video_push_watch import PushWatch
from .tencent_video_reading import DeviceReader
from .tencent_video_readings import Readings
from .tencent_video_storage import StoragePlans
from .tencent_video_troubles import TencentTroubles
from .tencent_video_turns import Turns
from .tencent_video_usage import TencentUsage

_LOGGER = logging.getLogger(__name__)

_START_PATIENCE: Final = 20.0
"""Seconds that set-up waits for the devices; what comes later, comes later."""
_RESULT_AFTER: Final = 3.0
"""Seconds after a command until its device is read, unless it has pushed by then."""
_ASK_AFTER: Final = 0.5
_LOOK_AFTER: Final = 2.0
"""Seconds after a push of an unknown device until the list is read, once for a burst of them."""
_TICK: Final = timedelta(seconds=60)


class TencentVideoConnection(Connection):
    """Feeds a hub from an account's products.

    `api` and `usage` are kept over reloads and attempts to set the entry up. `troubles` are the entry's repairs. `push` is there
    if the user has turned it on.
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
        self._failures = Failures(self._interval)
        self._turns = Turns(hass, due=self._due, begin=self._begin_turn)
        self._list_due = 0.0
        self._watch: PushWatch | None = None
        self._measures: TencentMeasures | None = None
        self.push: TencentPush | None = None
        self.api = self._kept.api
        self.usage: TencentUsage = self._kept.usage
        self.troubles = TencentTroubles(hass, entry)
        self._budget = CallBudget(
            entry.options.get(CONF_CALL_BUDGET, DEFAULT_TENCENT_CALL_BUDGET), lambda: self.usage.calls.today
        )
        self._catalogue = Catalogue(self.api, entry.data[CONF_PRODUCT_IDS])
        self._listed = DeviceList(hub, self._catalogue, self._freshness)
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
        self._bringer = DeviceBringer(hub, self._listed, self._reader, self._freshness, self.agent_view)
        self._due_reader = DueReader(
            hub,
            self._listed,
            readings=self._readings,
            reader=self._reader,
            freshness=self._freshness,
            budget=self._budget,
            troubles=self.troubles,
            interval=self._interval,
            list_calls=lambda: self._catalogue.calls,
        )

    @property
    def devices(self) -> Mapping[str, ListedDevice]:
        """All that the cloud lists, by id, those included that another entry has."""
        return self._listed.devices

    @override
    async def start(self) -> None:
        self._hub.register_root(
            RootDevice(
                identifier=self._entry.entry_id, manufacturer=MANUFACTURER, model="Tencent IoT Video", service=True
            )
        )
        await self.usage.load()
        # Whoever has changed the policy reloads the entry; what is still denied is told by the next call of it
        self.api.forget_denied()
        asked_at = self.api.cloud_time
        try:
            listed = await self._catalogue.read()
        except TencentError as err:
            self._note(err)
            if err.reaction is Reaction.RETRY:
                self._reachability.lost()
            raise set_up_error(self._entry, err, error_key(err), refused=isinstance(err, CredentialsRefused)) from err
        self._worked()
        self._take_list(listed, asked_at)
        self._list_due = time.time() + self._due_reader.wait()
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
        self._turns.arm()

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
        self._turns.stop()
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
        self._turns.arm()
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
        self._read_soon(device_id, _RESULT_AFTER)
        return outputs

    @override
    @callback
    def ask(self, device_id: str) -> None:
        self._read_soon(device_id, _ASK_AFTER)

    @override
    def diagnostics(self) -> dict[str, Any]:
        return {
            "connected": self._hub.connected,
            "region": self._entry.data.get("region"),
            "poll_interval": self._interval,
            "call_budget": self._budget.calls_a_day,
            "calls_today": self.usage.calls.today,
            "failures": self._failures.count,
            "clock_offset": self.api.clock_offset,
            "denied_actions": sorted(self.api.denied),
            "products": self._catalogue.diagnostics(),
            "missing_products": sorted(self._catalogue.missing),
            "listed_devices": len(self.devices),
            "devices_of_other_entries": sorted(self._sharing.taken(self._hub, self.devices)),
            "missing_devices": sorted(self._listed.missing),
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
        self._watch = self._due_reader.watch = PushWatch(self.usage.expect_pushes(webhook_id))
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
        if self._listed.look_for(device_id):
            self._look_soon()

    @callback
    def device_told(self, device_id: str) -> None:
        """A device pushed what it reports, so that it need not be read."""
        self._readings.leave(device_id)

    @callback
    def device_came(self, device_id: str) -> None:
        """A device is there again."""
        self._read_soon(device_id, _RESULT_AFTER)

    @callback
    def status_late(self) -> None:
        """A device came or went some time ago."""
        self._look_soon()

    # What is read

    def _due(self) -> float:
        """Return when something is to be read, in seconds since the epoch."""
        due = (self._list_due, self._readings.next, self._plans.next(self.devices.values()))
        return min(one for one in due if one is not None)

    @callback
    def _look_soon(self) -> None:
        """Read the list soon, once for a burst of reasons."""
        self._list_due = min(self._list_due, time.time() + _LOOK_AFTER)
        self._turns.arm()

    @callback
    def _read_soon(self, device_id: str, wait: float) -> None:
        """Read a device after so many seconds."""
        self._readings.soon(device_id, wait)
        self._turns.arm()

    @callback
    def _begin_turn(self) -> None:
        _ = self._in_background(self._turn(), "readings")

    async def _turn(self) -> None:
        """Read what is due."""
        try:
            if self._list_due <= time.time():
                if self._budget.used_up and self._hub.connected:
                    self._list_due = time.time() + self._due_reader.wait()
                else:
                    await self._read_list()
            await self._due_reader.read_due()
            await self._read_plans()
        except TencentError as err:
            self._failed(err)
        except Exception:
            # A defect of ours must not make this the last turn
            _LOGGER.exception("Unexpected error while reading the devices of %s", self._entry.title)
            self._turns.pause(self._interval)
        else:
            self._turns.end_pause()
        finally:
            self._turns.over()

    async def _read_list(self) -> None:
        """Look at the list of devices; raises TencentError."""
        asked_at = self.api.cloud_time
        listed = await self._catalogue.read()
        self._back()
        self._take_list(listed, asked_at)
        self._list_due = time.time() + self._due_reader.wait()
        await self._bring_missing()

    async def _read_plans(self) -> None:
        """Read the plans of cloud storage that are due; raises TencentError."""
        due = self._plans.due(self.devices.values())
        if self._budget.used_up:
            self._plans.postpone(due, self._due_reader.wait())
            return
        try:
            await self._plans.read_all(due)
        except PermissionDenied as err:
            # Recordings are not all that there is
            self._note(err)

    # The list of devices

    def _take_list(self, listed: Mapping[str, ListedDevice], asked_at: float) -> None:
        """Take in what the cloud lists: who is there, what they are called, and who is not there any more."""
        self.troubles.products_gone(self._catalogue.missing)
        changes = self._listed.take(listed, asked_at)
        for device_id in changes.came:
            self._readings.soon(device_id)
        for device_id in changes.gone:
            self._drop(device_id)

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

    # Devices that are brought to the hub

    @callback
    def _freed(self) -> None:
        """Another entry's devices may be ours now."""
        self._look_soon()

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
            self._due_reader.plan_new()
        if brought:
            self._turns.arm()

    # What went well and what did not

    def _failed(self, err: TencentError) -> None:
        """A reading failed: tell once, when it is not just one that failed."""
        passing = err.reaction is Reaction.RETRY
        lost = self._failures.failed(passing=passing)
        pause = self._failures.retry if passing else self._interval
        self._turns.pause(pause)
        # If it was not the list, that tells whether the cloud is there
        self._list_due = min(self._list_due, time.time() + pause)
        _LOGGER.debug("%s could not be read, attempt %s: %s", self._entry.title, self._failures.count, err)
        self._note(err)
        if passing:
            self._reachability.lost()
        if isinstance(err, CredentialsRefused):
            self._entry.async_start_reauth(self._hass)
        if lost and self._hub.connected:
            _LOGGER.info("%s is lost: %s", self._entry.title, err)
            self._hub.set_connected(False)

    def _back(self) -> None:
        """The list was read."""
        self._worked()
        if not self._hub.connected:
            _LOGGER.info("%s is back", self._entry.title)
            self._hub.set_connected(True)

    def _worked(self) -> None:
        self._failures.worked()
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
