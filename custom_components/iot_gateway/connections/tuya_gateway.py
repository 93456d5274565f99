"""The connection `tuya_gateway`: a gateway's sub-devices over its LAN WebSocket (seed 001)."""

import asyncio
from collections.abc import Collection, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
import logging
from typing import Any, override

from homeassistant.const import CONF_HOST, CONF_PATH, CONF_PORT
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_call_later

from ..clients.tuya_gateway import (
    AuthenticationRefused,
    CannotConnect,
    CommandRejected,
    ConnectionLost,
    GatewayAddress,
    GatewayClient,
    GatewayError,
    GatewayEvent,
    GatewayLink,
    NotTuyaGateway,
    OnlineUpdated,
    RegistryUpdated,
    RequestTimeout,
    StateChanged,
    WrongDeviceKey,
    WrongProof,
)
from ..commands import Values
from ..const import CONF_DEVICE_KEY, CONF_IDLE_INTERVAL, CONF_UUID, DEFAULT_IDLE_INTERVAL, DEFAULT_PATH, DOMAIN
from ..errors import CommandFailed, CommandRefused
from ..hub import Connection, Hub, HubConfigEntry, RootDevice
from ..model import Device, Raw, parse_tuya_schema
from ..reachability import Reachability
from ..sharing import Sharing
from .missing import registered_devices

_LOGGER = logging.getLogger(__name__)

_REFUSALS_BEFORE_REAUTH = 3
"""A gateway that restarts may close one connection or two; a key that changed is refused every time."""
_GONE_AFTER = 60.0
"""Seconds that a device must be missing from the list after a (re)connect before it is taken for gone."""
_REGISTRY_COOLDOWN = 0.3
"""Seconds over which several registry events (a scene of joins) lead to one look at the list."""
_REGISTRY_RETRY = 5.0
"""Seconds until the list is looked at again if the gateway did not tell it."""
_REGISTRY_ATTEMPTS = 3
"""How often it is; after that the next event or the next connection leads to it."""

_KEY_REFUSED = (WrongDeviceKey, AuthenticationRefused)

ERROR_KEYS: Mapping[type[GatewayError], str] = {
    CannotConnect: "cannot_connect",
    NotTuyaGateway: "not_tuya_gateway",
    WrongDeviceKey: "wrong_device_key",
    AuthenticationRefused: "refused",
    WrongProof: "wrong_proof",
}
"""The key of the translation of each error, in the flows and in exceptions; any other is a link that was lost."""


def error_key(err: GatewayError) -> str:
    """Return the key of the translation of an error of the client."""
    return next((key for kind, key in ERROR_KEYS.items() if isinstance(err, kind)), "connection_lost")


def gateway_address(data: Mapping[str, Any]) -> GatewayAddress:
    """Return where an entry's data says that the gateway is."""
    return GatewayAddress(host=data[CONF_HOST], port=data[CONF_PORT], path=data.get(CONF_PATH, DEFAULT_PATH))


async def async_probe(hass: HomeAssistant, data: Mapping[str, Any]) -> int:
    """Connect with an entry's data, authenticate and count the devices; raise GatewayError where that fails."""
    client = await GatewayClient.connect(
        async_get_clientsession(hass), gateway_address(data), data[CONF_DEVICE_KEY], on_event=lambda event: None
    )
    try:
        return len(await client.get_devices())
    finally:
        await client.close()


@dataclass(slots=True)
class _Heard:
    """What a device said of itself while its state was being read."""

    values: dict[str, Raw] = field(default_factory=dict)
    online: bool | None = None

    def note(self, event: StateChanged | OnlineUpdated) -> None:
        """Take an event in."""
        self.values.update(event.values)
        if isinstance(event, OnlineUpdated):
            self.online = event.online


class TuyaGatewayConnection(Connection):
    """Feeds a hub from a gateway."""

    def __init__(self, hass: HomeAssistant, entry: HubConfigEntry, hub: Hub) -> None:
        """Be ready to connect as the entry says."""
        self._hass = hass
        self._entry = entry
        self._hub = hub
        self._reachability = Reachability.of(hass, entry)
        self._sharing = Sharing.of(hass)
        self._missing: set[str] = set()
        self._cancel_missing_check: CALLBACK_TYPE | None = None
        self._was_lost = False
        self._hearing: list[dict[str, _Heard]] = []
        self._look_task: asyncio.Task[None] | None = None
        self._look_wanted = False
        self._strangers: set[str] = set()
        self._unlisted: set[str] = set()
        self._link = GatewayLink(
            async_get_clientsession(hass),
            gateway_address(entry.data),
            entry.data[CONF_DEVICE_KEY],
            on_connected=self._connected,
            on_lost=self._lost,
            on_failed=self._failed,
            on_event=self._event,
            idle_interval=entry.options.get(CONF_IDLE_INTERVAL, DEFAULT_IDLE_INTERVAL),
        )

    @override
    async def start(self) -> None:
        self._hub.register_root(
            RootDevice(
                identifier=self._root_identifier,
                manufacturer="Tuya",
                model="LAN gateway",
            )
        )
        try:
            await self._link.open()
        except GatewayError as err:
            self._reachability.lost()
            if self._count_refusal(err) or isinstance(err, WrongDeviceKey):
                self._reachability.key_refused()
                raise ConfigEntryAuthFailed(
                    translation_domain=DOMAIN, translation_key=error_key(err), translation_placeholders=self._place
                ) from err
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN,
                translation_key=error_key(err),
                translation_placeholders=self._place | {"error": str(err)},
            ) from err
        _ = self._in_background(self._link.run(), "link")
        self._entry.async_on_unload(self._sharing.listen_descriptions(self._described))

    @override
    async def stop(self) -> None:
        self._cancel_missing()
        await self._link.close()

    @override
    async def send(self, values: Values) -> None:
        if (client := self._link.client) is None:
            raise CommandFailed("not_connected", name=self._entry.title)
        try:
            await client.set_value(values)
        except CommandRejected as err:
            raise CommandRefused("command_refused", name=self._entry.title, error=str(err)) from err
        except RequestTimeout as err:
            raise CommandFailed("command_timeout", name=self._entry.title) from err
        except GatewayError as err:
            raise CommandFailed("connection_lost", name=self._entry.title, error=str(err)) from err

    @override
    @callback
    def ask(self, device_id: str) -> None:
        _ = self._in_background(self._read_state([device_id]), "status")

    @override
    def diagnostics(self) -> dict[str, Any]:
        client = self._link.client
        return {
            "connected": client is not None,
            "codec": str(client.codec) if client else None,
            "statistics": self._link.statistics.as_dict(),
            "missing_devices": sorted(self._missing),
        }

    @property
    def address(self) -> GatewayAddress:
        """Where the link goes, or tries to."""
        return self._link.address

    @property
    def connected(self) -> bool:
        """Whether the link is up."""
        return self._link.client is not None

    @property
    def peer_host(self) -> str | None:
        """The IP address that the link goes to, None while it is down."""
        return client.peer_host if (client := self._link.client) else None

    @callback
    def move_to(self, address: GatewayAddress) -> None:
        """Look for the gateway there from now on, at once if the link is down."""
        self._link.move_to(address)

    @property
    def _root_identifier(self) -> str:
        """What the device registry knows the gateway by: its uuid, until that is known the entry."""
        return self._entry.data.get(CONF_UUID) or self._entry.entry_id

    @property
    def _place(self) -> dict[str, str]:
        return {
            "name": self._entry.title,
            "host": self._link.address.host,
            "port": str(self._link.address.port),
            "error": "",
        }

    # The link's callbacks

    async def _connected(self, client: GatewayClient) -> None:
        """Read the whole state."""
        ids = await client.get_devices()
        self._unlisted.clear()
        await self._bring(client, ids)
        self._note_missing(ids)
        self._reachability.back()
        if self._was_lost:
            self._was_lost = False
            _LOGGER.info("%s is back", self._entry.title)
        self._hub.set_connected(True)

    @callback
    def _lost(self, err: GatewayError) -> None:
        _LOGGER.info("%s is lost: %s", self._entry.title, err)
        self._was_lost = True
        self._reachability.lost()
        self._hub.set_connected(False)

    @callback
    def _failed(self, err: GatewayError, attempts: int) -> None:
        _LOGGER.debug("%s could not be reached, attempt %s: %s", self._entry.title, attempts, err)
        if self._count_refusal(err):
            self._reachability.key_refused()
            self._entry.async_start_reauth(self._hass)

    def _count_refusal(self, err: GatewayError) -> bool:
        """Count the attempts in a row that failed for the key; return whether this is the one that the user hears of."""
        if not isinstance(err, _KEY_REFUSED):
            self._reachability.refusals = 0
            return False
        self._reachability.refusals += 1
        return self._reachability.refusals == _REFUSALS_BEFORE_REAUTH

    @callback
    def _event(self, event: GatewayEvent) -> None:
        if isinstance(event, RegistryUpdated):
            self._unlisted.clear()
            self._look_soon()
            return
        for heard in self._hearing:
            heard.setdefault(event.id, _Heard()).note(event)
        if event.id not in self._hub.devices:
            # Nobody said that it joined. It may be the gateway itself, which is on no list: one look is enough then
            if event.id not in self._unlisted:
                self._strangers.add(event.id)
                self._look_soon()
        elif isinstance(event, StateChanged):
            self._hub.report(event.id, event.values, event.number)
        else:
            # Values that come along are what they were before it went, no report of just now: they fire no events
            self._hub.take(event.id, event.values)
            came_back = event.online and not self._hub.devices[event.id].online
            self._hub.set_online(event.id, event.online)
            if came_back:
                # What it did while it was away was reported to nobody
                self.ask(event.id)

    # Devices that come, go and are read

    @callback
    def _look_soon(self) -> None:
        """Look at the list of devices, soon; also again if that is going on, since its answer may be too old."""
        self._look_wanted = True
        if self._look_task is None or self._look_task.done():
            self._look_task = self._in_background(self._look(), "list")

    async def _look(self) -> None:
        """Look at the list until nobody wants that any more."""
        attempt = 1
        while self._look_wanted:
            await asyncio.sleep(_REGISTRY_COOLDOWN if attempt == 1 else _REGISTRY_RETRY)
            self._look_wanted = False
            if await self._compare_list() or attempt == _REGISTRY_ATTEMPTS or not self.connected:
                attempt = 1
            else:
                attempt += 1
                self._look_wanted = True

    async def _compare_list(self, gone_for_long: Iterable[str] = ()) -> bool:
        """Look at the list again: bring what is new, remove what is gone; return whether the gateway told it.

        Somebody said that the list changed just now, so that what it lacks is gone, unless it was missing since the
        connection began: a gateway that just started may not have all together yet. `gone_for_long` are ids for which
        that time is over; the device registry may have some that the hub does not know. The meaning of the event's
        `state` is not documented and therefore not used.
        """
        if (client := self._link.client) is None:
            return False
        strangers, self._strangers = self._strangers, set()
        try:
            ids = await client.get_devices()
            for device_id in (self._hub.devices.keys() | gone_for_long) - set(ids) - self._missing:
                _LOGGER.info("Device %s has left %s", device_id, self._entry.title)
                self._hub.remove_device(device_id)
            self._unlisted |= strangers - set(ids)
            await self._bring(client, [one for one in ids if one not in self._hub.devices or one in self._missing])
        except GatewayError as err:
            _LOGGER.debug("%s did not list its devices: %s", self._entry.title, err)
            return False
        self._missing.difference_update(ids)
        return True

    async def _bring(self, client: GatewayClient, ids: Iterable[str]) -> None:
        """Read schema and state of devices and hand them to the hub."""
        ids = list(ids)
        if not ids:
            return
        with self._hear() as heard:
            schemas = await client.get_schema(ids)
            states = await client.get_status(ids)
            # Not before there is something to show in their place
            await self._hub.take_over(ids)
        if self._link.client is not client:
            raise ConnectionLost("the connection has ended")
        devices = []
        for device_id in ids:
            described, status, said = schemas.get(device_id), states.get(device_id), heard.get(device_id, _Heard())
            called = self._sharing.described(device_id)
            known = self._hub.devices.get(device_id)
            if described is not None:
                schema = parse_tuya_schema(described.category, described.function, described.status)
            elif known is not None:
                schema = known.schema
            else:
                _LOGGER.warning("%s lists device %s but describes it not", self._entry.title, device_id)
                schema = parse_tuya_schema("", (), ())
            values: Mapping[str, Raw] = {**(status.values if status else {}), **said.values}
            if described is not None or known is None:
                reported = values.keys() | known.schema.sent(known.state).keys() if known else values
                schema = self._hub.quirks.apply(
                    schema, device_id=device_id, product_id=called.product_id, reported=reported
                )
            values = schema.received(values)
            device = Device(
                id=device_id,
                schema=schema,
                name=called.name,
                model=called.model,
                product_id=called.product_id,
                parent=self._entry.data.get(CONF_UUID),
                online=status is not None and status.online if said.online is None else said.online,
            )
            if known is None:
                device.apply(values)
            else:
                # The device that is known takes the raw values over
                device.state.update(values)
            devices.append(device)
        self._hub.add_devices(devices)

    async def _read_state(self, ids: list[str]) -> None:
        """Read the state of known devices again."""
        if (client := self._link.client) is None:
            return
        try:
            with self._hear() as heard:
                states = await client.get_status(ids)
        except GatewayError as err:
            _LOGGER.debug("%s did not tell the state of %s: %s", self._entry.title, ids, err)
            return
        if self._link.client is not client:
            return
        for device_id, status in states.items():
            if device_id in self._hub.devices:
                said = heard.get(device_id, _Heard())
                self._hub.take(device_id, {**status.values, **said.values})
                self._hub.set_online(device_id, status.online if said.online is None else said.online)

    @callback
    def _described(self, device_ids: Collection[str]) -> None:
        """A cloud calls devices otherwise than before, or tells their product for the first time, which quirks may be for."""
        if ours := self._hub.devices.keys() & device_ids:
            _ = self._in_background(self._bring_again(ours), "descriptions")

    async def _bring_again(self, ids: Iterable[str]) -> None:
        if (client := self._link.client) is None:
            return
        try:
            await self._bring(client, [device_id for device_id in ids if device_id in self._hub.devices])
        except GatewayError as err:
            _LOGGER.debug("%s did not describe its devices again: %s", self._entry.title, err)

    @contextmanager
    def _hear(self) -> Iterator[dict[str, _Heard]]:
        """Note what devices say while a state is being read.

        An event that follows an answer closely is taken in before the answer is, which then must not undo it.
        """
        heard: dict[str, _Heard] = {}
        self._hearing.append(heard)
        try:
            yield heard
        finally:
            # By identity: two that heard the same are equal
            self._hearing = [other for other in self._hearing if other is not heard]

    def _note_missing(self, ids: Iterable[str]) -> None:
        """Mark what a (re)connect's list lacks; a gateway that just started may not have all together yet."""
        registered = registered_devices(self._hass, self._entry.entry_id, self._root_identifier)
        self._missing = (self._hub.devices.keys() | registered).difference(ids)
        for device_id in self._missing & self._hub.devices.keys():
            self._hub.set_online(device_id, online=False)
        self._cancel_missing()
        if self._missing:
            self._wait_for_missing()

    @callback
    def _wait_for_missing(self) -> None:
        self._cancel_missing_check = async_call_later(
            self._hass, _GONE_AFTER, HassJob(self._check_missing, cancel_on_shutdown=True)
        )

    @callback
    def _cancel_missing(self) -> None:
        if self._cancel_missing_check is not None:
            self._cancel_missing_check()
            self._cancel_missing_check = None

    @callback
    def _check_missing(self, _now: datetime) -> None:
        self._cancel_missing_check = None
        _ = self._in_background(self._remove_missing(), "missing devices")

    async def _remove_missing(self) -> None:
        """Remove the devices that were missing and still are."""
        missing, self._missing = self._missing, set()
        if missing and not await self._compare_list(missing) and self.connected:
            self._missing |= missing
            self._wait_for_missing()

    def _in_background(self, coroutine: Coroutine[Any, Any, None], what: str) -> asyncio.Task[None]:
        return self._entry.async_create_background_task(self._hass, coroutine, f"{DOMAIN} {what} {self._entry.title}")
