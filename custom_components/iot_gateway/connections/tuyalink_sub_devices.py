"""The sub-devices of a TuyaLink gateway: online while one of their entities is, and missed where the cloud has them no more."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
import logging
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..clients.tuyalink import (
    AnswerTimeout,
    CloudRefused,
    LinkError,
    LinkLost,
    MessageInvalid,
    Outbox,
    TopologyChange,
    TuyaLink,
    delete_topology,
    get_topology,
    login,
    logout,
)
from .tuyalink_exposed import Exposed
from .tuyalink_store import LinkStore
from .tuyalink_troubles import LinkTroubles

_LOGGER = logging.getLogger(__name__)

_SYNC_AFTER: Final = 0.02
"""Seconds in which changes of availability gather: fewer than changes of values do in the outbox, so that a login goes before reports."""
_LOGOUT_AFTER: Final = 10.0
"""Seconds that all entities of a sub-device have to be unavailable for: a reload takes less."""
_LOGIN_AGAIN_FIRST: Final = 15.0
_LOGIN_AGAIN_MOST: Final = 600.0
"""Seconds until one is logged in again that the cloud takes to be offline nevertheless, longer each time."""


class SubDevices:
    """Keeps the cloud's list of sub-devices and ours together.

    Args:
        hass: Home Assistant.
        link: of the gateway.
        exposed: what is exposed; resolved anew when the cloud's list changes.
        outbox: of the gateway.
        store: what is kept.
        troubles: that are raised for what the cloud does not have.
        in_background: begins a task.
        learn: reads the models of products that are not known yet.
        came: called with sub-devices that have just come online.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        link: TuyaLink,
        exposed: Exposed,
        *,
        outbox: Outbox,
        store: LinkStore,
        troubles: LinkTroubles,
        in_background: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]],
        learn: Callable[[], Coroutine[Any, Any, bool]],
        came: Callable[[list[str]], Coroutine[Any, Any, None]],
    ) -> None:
        """Know of none to be online."""
        self._hass = hass
        self._link = link
        self._exposed = exposed
        self._outbox = outbox
        self._store = store
        self._troubles = troubles
        self._in_background = in_background
        self._learn = learn
        self._came = came
        self._lock = asyncio.Lock()
        self._up = False
        self._online: set[str] = set()
        self._unbound: set[str] = set()
        self._unavailable_since: dict[str, float] = {}
        self._doubted: set[str] = set()
        """Those that were logged in and are offline, if what the cloud says of them is true."""
        self._login_again: dict[str, float] = {}
        self._cancel_sync: CALLBACK_TYPE | None = None
        self._sync_at = 0.0

    @property
    def online(self) -> frozenset[str]:
        """Those that the cloud takes to be online."""
        return frozenset(self._online)

    @property
    def unbound(self) -> frozenset[str]:
        """Those that are exposed, and that the cloud does not have."""
        return frozenset(self._unbound)

    # What the connection tells

    async def compare(self) -> bool:
        """Compare the cloud's list with ours; return whether it was told. Raises LinkLost."""
        await self._unlink()
        exposed = self._exposed.sub_devices
        listed: set[str] = set()
        if exposed:
            try:
                listed = {sub_device.device_id for sub_device in await get_topology(self._link)}
            except (AnswerTimeout, CloudRefused, MessageInvalid) as err:
                _LOGGER.debug("The cloud does not list the sub-devices: %s", err)
                return False
        self._miss(exposed.keys() - listed)
        return True

    async def join(self) -> list[str]:
        """Log those in that are available, after a connection was made, and return them; raises LinkLost."""
        self._up = True
        return await self._sync()

    @callback
    def lost(self) -> None:
        """The connection is gone, and all are offline with it."""
        self._up = False
        self._online.clear()
        self._doubted.clear()
        self._login_again.clear()
        self.stop()

    @callback
    def stop(self) -> None:
        """Wait for nothing any more."""
        if self._cancel_sync is not None:
            self._cancel_sync()
            self._cancel_sync = None

    @callback
    def exposures_changed(self) -> None:
        """The user has added, changed or removed sub-devices."""
        exposed = self._exposed.sub_devices
        removed = self._store.sub_devices - exposed.keys()
        self._store.unlink = (self._store.unlink | removed) - exposed.keys()
        if self._store.sub_devices != exposed.keys():
            self._store.sub_devices = set(exposed)
            self._store.save_soon()
        for device_id in removed:
            self._outbox.forget(device_id)
        # To be unlinked, and so not to be logged out
        self._online -= removed
        # Whoever was bound again, or anew, is there until the cloud says otherwise
        self._miss(self._unbound & exposed.keys())
        if self._up:
            _ = self._in_background(self._follow(), "sub-devices")

    @callback
    def availability_changed(self) -> None:
        """One of the entities may be available that was not, or the other way round."""
        self._sync_in(_SYNC_AFTER)

    @callback
    def taken_for_offline(self, device_id: str) -> None:
        """The cloud refuses reports of one that was logged in: that it says so may be older than the login, or mean another."""
        if device_id in self._online - self._doubted:
            self._doubted.add(device_id)
            wait = self._login_again.get(device_id, _LOGIN_AGAIN_FIRST)
            self._login_again[device_id] = min(2 * wait, _LOGIN_AGAIN_MOST)
            self._sync_in(wait)

    @callback
    def topology_changed(self, change: TopologyChange) -> None:
        """The cloud has linked or unlinked sub-devices by itself: in the app or in the console."""
        ours = self._exposed.sub_devices.keys()
        deleted = ours & set(change.deleted)
        added = ours & set(change.added)
        self._online -= deleted
        if deleted or added:
            self._miss((self._unbound | deleted) - added)
            _ = self._in_background(self._follow(), "sub-devices")

    @callback
    def bound(self, device_id: str) -> None:
        """A sub-device was bound just now."""
        self._store.unlink.discard(device_id)
        if device_id in self._unbound:
            self._miss(self._unbound - {device_id})
            _ = self._in_background(self._follow(), "sub-devices")

    async def unlink(self, device_id: str) -> None:
        """Unlink a sub-device that is not exposed; raises LinkError."""
        await delete_topology(self._link, [device_id])

    # Within

    def _miss(self, unbound: set[str]) -> None:
        """Take note of which sub-devices the cloud does not have."""
        changed = unbound != self._unbound
        for device_id in unbound - self._unbound:
            # Of those nothing is told any more, also not what waits
            self._outbox.forget(device_id)
        self._unbound = unbound
        for device_id, exposure in self._exposed.sub_devices.items():
            self._troubles.unbound(exposure.subentry_id, now=device_id in unbound)
        for exposure in self._exposed.unbound_exposures:
            self._troubles.unbound(exposure.subentry_id, now=True)
        if changed:
            self._exposed.resolve(frozenset(unbound))

    async def _follow(self) -> None:
        """Do what follows from a change."""
        try:
            async with self._lock:
                await self._link.remove_sub_devices(self._unbound)
            if await self.compare():
                _ = await self._learn()
                await self._came(await self._sync())
        except LinkLost as err:
            _LOGGER.debug("The sub-devices are told with the next connection: %s", err)
        except LinkError as err:
            _LOGGER.debug("The sub-devices could not be told: %s", err)

    async def _unlink(self) -> None:
        """Have the cloud forget those that are not exposed any more; raises LinkLost."""
        for device_id in sorted(self._store.unlink):
            try:
                await delete_topology(self._link, [device_id])
            except CloudRefused as err:
                # It does not have it
                _LOGGER.debug("The cloud does not unlink a sub-device: %s", err)
            except AnswerTimeout as err:
                _LOGGER.debug("The cloud does not unlink a sub-device: %s", err)
                continue
            await self._link.remove_sub_devices([device_id])
            self._store.unlink.discard(device_id)
            self._store.save_soon()
            self._online.discard(device_id)

    @callback
    def _sync_in(self, seconds: float) -> None:
        at = self._hass.loop.time() + seconds
        if not self._up or (self._cancel_sync is not None and self._sync_at <= at):
            return
        # Who comes back must not wait for another's logout
        self.stop()
        self._sync_at = at
        self._cancel_sync = async_call_later(self._hass, seconds, HassJob(self._sync_now, cancel_on_shutdown=True))

    @callback
    def _sync_now(self, _now: datetime) -> None:
        self._cancel_sync = None
        _ = self._in_background(self._sync_quietly(), "sub-devices")

    async def _sync_quietly(self) -> None:
        try:
            if coming := await self._sync():
                await self._came(coming)
        except LinkLost as err:
            _LOGGER.debug("The sub-devices log in with the next connection: %s", err)

    async def _sync(self) -> list[str]:
        """Log sub-devices in and out as their entities are there, and return those that have come; raises LinkLost."""
        async with self._lock:
            if not self._up:
                return []
            there = {
                device_id
                for device_id in self._exposed.sub_devices.keys() - self._unbound
                if self._exposed.is_available(device_id)
            }
            if coming := there - (self._online - self._doubted):
                self._doubted -= coming
                await login(self._link, sorted(coming))
                self._online |= coming
            now = self._hass.loop.time()
            self._unavailable_since = {
                device_id: self._unavailable_since.get(device_id, now) for device_id in self._online - there
            }
            going = {device_id for device_id, since in self._unavailable_since.items() if now - since >= _LOGOUT_AFTER}
            if going:
                await logout(self._link, sorted(going))
                self._online -= going
                for device_id in going:
                    del self._unavailable_since[device_id]
            if self._unavailable_since:
                self._sync_in(_LOGOUT_AFTER)
        return sorted(coming)
