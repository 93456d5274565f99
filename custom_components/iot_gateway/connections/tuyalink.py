"""The connection `tuyalink`: Home Assistant's entities as a TuyaLink device, or a gateway with sub-devices (seed 003)."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
import logging
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_DEVICE_ID, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.loader import async_get_integration

from ..clients.tuyalink import (
    OFFLINE,
    ActionCall,
    CannotConnect,
    CloudRefused,
    CredentialsRefused,
    FirmwareIssued,
    LinkError,
    Outbox,
    PropertySet,
    Record,
    TakenOver,
    TopologyChange,
    TuyaLink,
    answer_not_supported,
    sender,
)
from ..commands import Values
from ..const import (
    CONF_HISTORY_LIMIT,
    CONF_PRODUCT_ID,
    CONF_REPORTS_PER_MINUTE,
    DEFAULT_HISTORY_LIMIT,
    DEFAULT_REPORTS_PER_MINUTE,
    DOMAIN,
)
from ..errors import CommandFailed
from ..hub import Connection, Hub, HubConfigEntry, RootDevice
from ..reachability import Reachability
from .day_totals import CountToday
from .failures import set_up_error
from .tuyalink_actions import Actions
from .tuyalink_commands import Commands
from .tuyalink_desired import Wishes
from .tuyalink_errors import error_key
from .tuyalink_exposed import Exposed
from .tuyalink_joining import Joining, learn
from .tuyalink_measures import LinkMeasures
from .tuyalink_models import Models
from .tuyalink_probe import async_make_link
from .tuyalink_requests import Requests
from .tuyalink_store import LinkStore
from .tuyalink_sub_devices import SubDevices
from .tuyalink_troubles import LinkTroubles

_LOGGER = logging.getLogger(__name__)

_START_PATIENCE: Final = 30.0
"""Seconds that set-up waits for the connection."""
_JOIN_PATIENCE: Final = 10.0
"""Seconds that set-up waits for what follows it; what takes longer goes on in the background."""
_BURST: Final = 5
"""Messages with reports that may go out at once."""
_TICK: Final = timedelta(seconds=60)


class TuyaLinkConnection(Connection):
    """Shows the exposed entities to the cloud, and carries out what it asks of them.

    Where there was a connection once, the entry is set up also while the cloud is away, so that nothing is lost that happens
    meanwhile; else the user should hear that it cannot be reached. `requests`, which is there once it has started, is for flows.
    """

    requests: Requests

    def __init__(self, hass: HomeAssistant, entry: HubConfigEntry, hub: Hub) -> None:
        """Be ready to connect as the entry says."""
        self._hass = hass
        self._entry = entry
        self._hub = hub
        self._device_id: str = entry.data[CONF_DEVICE_ID]
        self._product_id: str = entry.data[CONF_PRODUCT_ID]
        self._settings = _settings_of(entry)
        self._reachability = Reachability.of(hass, entry)
        self._troubles = LinkTroubles(hass, entry)
        self._store = LinkStore(hass, entry)
        self._outcome: asyncio.Future[LinkError | None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._refused_records: dict[str, str] = {}
        self._version = ""
        self._was_lost = False
        self._stopped = False
        self._link: TuyaLink | None = None
        self._outbox: Outbox
        self._models: Models
        self._exposed: Exposed
        self._commands: Commands
        self._actions: Actions
        self._wishes: Wishes
        self._sub_devices: SubDevices
        self._joining: Joining
        self._measures: LinkMeasures
        self._reports_today: CountToday
        self._commands_today: CountToday

    # What the hub asks for

    @override
    async def start(self) -> None:
        self._hub.register_root(
            RootDevice(identifier=self._device_id, manufacturer="Tuya", model="TuyaLink", service=True)
        )
        self._version = str((await async_get_integration(self._hass, DOMAIN)).version or "0")
        await self._store.load()
        try:
            self._link = link = await async_make_link(self._hass, self._entry.data)
        except LinkError as err:
            raise self._set_up_error(err) from err
        self._assemble(link)
        try:
            self._begin(link)
            await self._first_connection()
        except BaseException:
            await self.stop()
            raise
        with suppress(TimeoutError):
            async with asyncio.timeout(_JOIN_PATIENCE if link.connected else 0):
                await self._joining.joined.wait()

    @override
    async def stop(self) -> None:
        if self._stopped or self._link is None:
            return
        self._stopped = True
        self._exposed.stop()
        self._sub_devices.stop()
        self._commands.stop()
        await self._actions.stop()
        for task in self._tasks:
            task.cancel()
        if tasks := [*self._joining.cancel(), *self._tasks]:
            _ = await asyncio.wait(tasks)
        self._outbox.link_down()
        await self._store.flush()
        if self._entry.disabled_by is not None:
            self._troubles.forget()

    @override
    async def send(self, values: Values) -> None:
        raise CommandFailed("not_connected", name=self._entry.title)

    @override
    @callback
    def ask(self, device_id: str) -> None:
        """There are no devices to ask."""

    @override
    def diagnostics(self) -> dict[str, Any]:
        link = self._link
        if link is None:
            return {"connected": False}
        return {
            "connected": link.connected,
            "taken_over": link.taken_over,
            "last_error": str(link.last_error or ""),
            "clock_offset": self._joining.clock_offset,
            "link": link.statistics.as_dict(),
            "outbox": {**self._outbox.statistics.as_dict(), "waiting": self._outbox.waiting},
            "reports_today": self._reports_today.value,
            "commands": {"total": self._commands.total, "refused": self._commands.refused},
            "actions": {"total": self._actions.total, "refused": self._actions.refused},
            "wishes": {"total": self._wishes.total, "open": sorted(self._wishes.open)},
            "models": self._models.diagnostics(),
            "sub_devices": {
                device_id: {
                    "product_id": exposure.product_id,
                    "online": device_id in self._sub_devices.online,
                    "bound": device_id not in self._sub_devices.unbound,
                }
                for device_id, exposure in self._exposed.sub_devices.items()
            },
            "exposures": self._exposed.diagnostics(),
            "problems": dict(self._exposed.problems),
            "refused": dict(self._refused_records),
        }

    @override
    @staticmethod
    async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
        LinkTroubles(hass, entry).forget()
        await LinkStore.forget(hass, entry)

    # Beginning

    def _assemble(self, link: TuyaLink) -> None:
        options = self._entry.options
        self._outbox = Outbox(
            send=sender(link),
            rate=options.get(CONF_REPORTS_PER_MINUTE, DEFAULT_REPORTS_PER_MINUTE) / 60,
            burst=_BURST,
            history_limit=options.get(CONF_HISTORY_LIMIT, DEFAULT_HISTORY_LIMIT),
            on_refused=self._record_refused,
        )
        if unreadable := self._outbox.restore(self._store.kept.get("outbox")):
            _LOGGER.warning("%s records kept for %s cannot be read", unreadable, self._entry.title)
        self._models = Models(self._store, link)
        self._exposed = Exposed(
            self._hass,
            self._entry,
            device_id=self._device_id,
            product_id=self._product_id,
            models=self._models,
            outbox=self._outbox,
            troubles=self._troubles,
            changed=self._exposed_changed,
            told=self._outbox_told,
        )
        self._commands = Commands(self._hass, link, self._exposed, self._outbox)
        self._actions = Actions(self._hass, link, self._exposed, self._models)
        self._wishes = Wishes(link, self._exposed, self._commands)
        self._sub_devices = SubDevices(
            self._hass,
            link,
            self._exposed,
            outbox=self._outbox,
            store=self._store,
            troubles=self._troubles,
            in_background=self._in_background,
            learn=partial(learn, self._exposed, self._models, self._product_id),
            came=self._sub_devices_came,
        )
        self._joining = Joining(
            link,
            self._exposed,
            self._models,
            self._outbox,
            self._wishes,
            self._sub_devices,
            self._store,
            name=self._entry.title,
            product_id=self._product_id,
            version=self._version,
            in_background=self._in_background,
        )
        self.requests = Requests(link, self._exposed, self._models, self._sub_devices)
        sent = self._outbox.statistics
        self._reports_today = CountToday(lambda: sent.reported + sent.history_sent)
        self._commands_today = CountToday(lambda: self._commands.total + self._actions.total)
        for name, count in (("reports", self._reports_today), ("commands", self._commands_today)):
            count.restore(self._store.kept.get(name))
            self._store.keep(name, count.kept)
        self._store.keep("outbox", self._outbox.snapshot)
        self._measures = LinkMeasures(
            reports=self._reports_today, commands=self._commands_today, connected=lambda: link.connected
        )
        self.measures = self._measures.measures

    def _begin(self, link: TuyaLink) -> None:
        """Listen to the house, the entry and the cloud."""
        self._exposed.parse()
        self._sub_devices.exposures_changed()
        self._exposed.resolve()
        self._exposed.start()
        # What is so now is no history yet
        self._exposed.offer_all()
        link.on_connected = self._connected
        link.on_lost = self._lost
        link.on_refused = self._refused
        link.on_failed = self._failed
        link.on_property_set = self._property_set
        link.on_action = self._action
        link.on_topology_change = self._topology_changed
        link.on_firmware_issued = self._firmware_issued
        self._outcome = self._hass.loop.create_future()
        self._tasks = [self._in_background(link.run(), "link"), self._in_background(self._outbox.run(), "outbox")]
        entry = self._entry
        entry.async_on_unload(entry.add_update_listener(self._entry_updated))
        entry.async_on_unload(async_track_time_interval(self._hass, self._tick, _TICK, cancel_on_shutdown=True))
        # It unloads no entry when it stops
        entry.async_on_unload(self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._home_assistant_stops))

    async def _first_connection(self) -> None:
        """Wait for the connection; raises ConfigEntryAuthFailed and ConfigEntryNotReady."""
        assert self._outcome is not None
        err: LinkError | None
        try:
            async with asyncio.timeout(_START_PATIENCE):
                err = await self._outcome
        except TimeoutError:
            err = CannotConnect("The broker does not answer in time")
        if err is None:
            return
        self._reachability.lost()
        if isinstance(err, CredentialsRefused) or not self._store.has_worked:
            raise self._set_up_error(err) from err
        _LOGGER.info("%s is not reachable: %s", self._entry.title, err)
        self._was_lost = True

    def _set_up_error(self, err: LinkError) -> Exception:
        return set_up_error(self._entry, err, error_key(err), refused=isinstance(err, CredentialsRefused))

    # The link's callbacks

    @callback
    def _connected(self) -> None:
        self._conclude(None)
        self._reachability.back()
        self._troubles.taken_over(now=False)
        if self._was_lost:
            self._was_lost = False
            _LOGGER.info("%s is back", self._entry.title)
        if not self._store.has_worked:
            self._store.has_worked = True
            self._store.save_soon()
        self._hub.set_connected(True)
        self._measures.tell()
        self._joining.begin()

    @callback
    def _lost(self, err: LinkError) -> None:
        self._joining.end()
        self._outbox.link_down()
        self._sub_devices.lost()
        self._hub.set_connected(False)
        self._store.save_soon()
        self._was_lost = True
        if isinstance(err, TakenOver):
            _LOGGER.warning("%s: %s", self._entry.title, err)
            self._troubles.taken_over(now=True)
        else:
            _LOGGER.info("%s is lost: %s", self._entry.title, err)
            self._reachability.lost()
        self._measures.tell()

    @callback
    def _refused(self, err: CredentialsRefused) -> None:
        if not self._conclude(err):
            self._entry.async_start_reauth(self._hass)

    @callback
    def _failed(self, err: LinkError) -> None:
        _ = self._conclude(err)

    def _conclude(self, err: LinkError | None) -> bool:
        """Let set-up know what came of the first attempt; return whether it was that one."""
        if self._outcome is None or self._outcome.done():
            return False
        self._outcome.set_result(err)
        return True

    async def _property_set(self, command: PropertySet) -> None:
        await self._commands.property_set(command)

    async def _action(self, call: ActionCall) -> None:
        await self._actions.call(call)

    @callback
    def _topology_changed(self, change: TopologyChange) -> None:
        self._sub_devices.topology_changed(change)

    async def _firmware_issued(self, issued: FirmwareIssued) -> None:
        _LOGGER.info("%s declines firmware %s from Tuya's console", self._entry.title, issued.version)
        assert self._link is not None
        await answer_not_supported(self._link, issued)

    @callback
    def _record_refused(self, record: Record, err: LinkError) -> None:
        key = f"{record.device_id}/{record.code}"
        if key not in self._refused_records:
            _LOGGER.warning("The cloud does not take %s of %s: %s", record.code, self._entry.title, err)
        self._refused_records[key] = str(err)
        if isinstance(err, CloudRefused) and err.code == OFFLINE:
            # Of a sub-device whose login the cloud has not seen yet: it is told again after that
            self._outbox.forget(record.device_id, record.code)
            self._sub_devices.taken_for_offline(record.device_id)

    # What changes

    async def _sub_devices_came(self, device_ids: list[str]) -> None:
        """Sub-devices have come online; raises LinkLost."""
        self._exposed.offer_all()
        _ = await self._wishes.fulfil(device_ids)

    @callback
    def _exposed_changed(self) -> None:
        """Something became available, or ceased to be."""
        self._sub_devices.availability_changed()
        self._joining.came()

    @callback
    def _outbox_told(self) -> None:
        """Something has happened that is for the cloud; while that is away, it has to outlive a power cut."""
        if not self._link_is_up:
            self._store.save_soon()

    @property
    def _link_is_up(self) -> bool:
        return self._link is not None and self._link.connected

    # The entry

    async def _entry_updated(self, _hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Take other exposures over as they are; a new secret or host takes a new connection."""
        if _settings_of(entry) != self._settings:
            self._hass.config_entries.async_schedule_reload(entry.entry_id)
            return
        self._exposed.parse()
        self._exposed.resolve()
        self._sub_devices.exposures_changed()
        self._exposed.offer_all()
        await self._actions.keep_only(entry.subentries.keys())

    async def _home_assistant_stops(self, _event: Event) -> None:
        await self.stop()

    @callback
    def _tick(self, _now: datetime) -> None:
        self._measures.tell()
        if self._link_is_up and (self._store.kept.get("outbox") or {}).get("history"):
            # What is written there has been sent since, or soon will be
            self._store.save_soon()

    def _in_background(self, coroutine: Coroutine[Any, Any, None], what: str) -> asyncio.Task[None]:
        return self._entry.async_create_background_task(self._hass, coroutine, f"{DOMAIN} {what} {self._entry.title}")


def _settings_of(entry: ConfigEntry) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a connection is made for; its exposures may change while it stands."""
    return dict(entry.data), dict(entry.options)
