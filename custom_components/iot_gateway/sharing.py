"""Devices that several entries know: which entry has which, and what one knows of another's devices.

A device behind a gateway may be known to the cloud too. It is there once: a local entry's claim goes before a cloud's,
and of two clouds the first keeps what it has. What a cloud calls a device, its name, model and product id, is for all,
and so is its way to watch a camera: a gateway brings none.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from .const import CONF_CONNECTION, DOMAIN, LOCAL_CONNECTIONS

if TYPE_CHECKING:
    from .live_view import LiveCamera, LiveView

_LOGGER = logging.getLogger(__name__)

GRACE: Final = 60.0
"""Seconds for which the devices of an entry that is not loaded are kept for it: it may only be loaded again."""
_SAVE_DELAY: Final = 10.0
_STORE_KEY: Final = f"{DOMAIN}.descriptions"


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What is known of a device beside its data points; texts are empty where nothing is."""

    name: str = ""
    model: str = ""
    product_id: str = ""


_UNDESCRIBED: Final = Description()


class Holder(Protocol):
    """What has devices: the hub of an entry."""

    entry: ConfigEntry[Any]

    @property
    def devices(self) -> Mapping[str, object]:
        """What it has, by id."""

    async def release(self, device_ids: Collection[str]) -> None:
        """Give devices up, to another holder."""


class Sharing:
    """What all entries share.

    A claim stands while its entry is loaded, and for a while after that; see `GRACE`.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nothing yet."""
        self._hass = hass
        self._store: Store[dict[str, dict[str, str]]] = Store(hass, 1, _STORE_KEY)
        self._descriptions: dict[str, Description] = {}
        self._claims: dict[str, set[str]] = {}
        self._holders: dict[str, Holder] = {}
        self._graces: dict[str, CALLBACK_TYPE] = {}
        self._described: list[Callable[[Collection[str]], None]] = []
        self._freed: list[Callable[[], None]] = []
        self._live_views: list[LiveView] = []
        self._watchable: list[Callable[[], None]] = []

    @staticmethod
    def of(hass: HomeAssistant) -> Sharing:
        """Return the one of this Home Assistant."""
        if (known := hass.data.get(_KEY)) is None:
            known = hass.data[_KEY] = Sharing(hass)
        return known

    async def load(self) -> None:
        """Read what was known before Home Assistant was restarted, and keep devices for the entries that had them."""
        stored = await self._store.async_load()
        self._descriptions = {device_id: Description(**texts) for device_id, texts in (stored or {}).items()}
        devices = dr.async_get(self._hass)
        for entry in self._hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False):
            registered = {
                identifier
                for device in dr.async_entries_for_config_entry(devices, entry.entry_id)
                for domain, identifier in device.identifiers
                if domain == DOMAIN
            }
            if registered:
                self._claims[entry.entry_id] = registered
                self._begin_grace(entry)

    # What devices are called

    def described(self, device_id: str) -> Description:
        """Return what is known of a device."""
        return self._descriptions.get(device_id, _UNDESCRIBED)

    @callback
    def describe(self, descriptions: Mapping[str, Description]) -> None:
        """Take in what a cloud calls devices; tell who listens which of them are called otherwise than before."""
        changed = {
            device_id for device_id, description in descriptions.items() if self.described(device_id) != description
        }
        if not changed:
            return
        self._descriptions.update({device_id: descriptions[device_id] for device_id in changed})
        self._store.async_delay_save(self._to_store, _SAVE_DELAY)
        for listener in list(self._described):
            listener(changed)

    @callback
    def listen_descriptions(self, described: Callable[[Collection[str]], None]) -> CALLBACK_TYPE:
        """Call `described` with the ids of devices that are called otherwise than before; return how to end it."""
        self._described.append(described)
        return lambda: self._described.remove(described)

    def _to_store(self) -> dict[str, dict[str, str]]:
        return {
            device_id: {"name": known.name, "model": known.model, "product_id": known.product_id}
            for device_id, known in self._descriptions.items()
        }

    # Who has which

    @callback
    def opened(self, holder: Holder) -> None:
        """An entry is being set up."""
        self._holders[holder.entry.entry_id] = holder

    @callback
    def loaded(self, holder: Holder) -> None:
        """An entry has been set up: its claim stands for as long as it is loaded."""
        entry_id = holder.entry.entry_id
        self._end_grace(entry_id)
        if entry_id in self._claims and not _is_local(holder.entry):
            # A gateway that just started may not have all together yet; a cloud has
            self._claims[entry_id].intersection_update(holder.devices)

    @callback
    def closed(self, holder: Holder) -> None:
        """An entry has been unloaded, or could not be set up."""
        entry = holder.entry
        self._holders.pop(entry.entry_id, None)
        if entry.disabled_by is not None:
            self.forget(entry)
        elif entry.entry_id in self._claims:
            self._begin_grace(entry)

    @callback
    def forget(self, entry: ConfigEntry) -> None:
        """An entry is disabled or removed, and has no claims any more."""
        self._end_grace(entry.entry_id)
        if self._claims.pop(entry.entry_id, None):
            self._tell_freed()

    async def clear(self) -> None:
        """The last entry is removed: forget what devices were called."""
        self._descriptions.clear()
        await self._store.async_remove()

    def taken(self, holder: Holder, device_ids: Iterable[str], *, by_clouds: bool = False) -> set[str]:
        """Return which of these devices another entry has; with `by_clouds` only those that another cloud has."""
        others = [
            claim
            for entry_id, claim in self._claims.items()
            if entry_id != holder.entry.entry_id and not (by_clouds and self._is_local(entry_id))
        ]
        return {device_id for device_id in device_ids if any(device_id in claim for claim in others)}

    async def take(self, holder: Holder, device_ids: Iterable[str]) -> None:
        """Claim devices for an entry; returns once all others have given them up.

        A cloud asks `taken` first. A gateway needs not: what it has, it has.
        """
        wanted = set(device_ids)
        own = holder.entry.entry_id
        self._claims.setdefault(own, set()).update(wanted)
        for entry_id, claim in list(self._claims.items()):
            if entry_id == own or not (common := claim & wanted):
                continue
            if self._is_local(entry_id):
                continue
            claim -= common
            if (present := self._holders.get(entry_id)) is not None:
                _LOGGER.debug("%s takes %s from %s", holder.entry.title, sorted(common), present.entry.title)
                await present.release(common)

    @callback
    def let_go(self, holder: Holder, device_id: str) -> None:
        """A device has left an entry."""
        self._claims.get(holder.entry.entry_id, set()).discard(device_id)

    @callback
    def listen_freed(self, freed: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `freed` when an entry's claims have ended; return how to end it."""
        self._freed.append(freed)
        return lambda: self._freed.remove(freed)

    # Who can be watched

    @callback
    def lend(self, live_view: LiveView) -> CALLBACK_TYPE:
        """Let whoever has a cloud's cameras show them by its live view; return how to end it."""
        self._live_views.append(live_view)
        unlisten = live_view.listen_cameras(lambda camera: self.cameras_changed())

        @callback
        def end() -> None:
            unlisten()
            self._live_views.remove(live_view)
            self.cameras_changed()

        self.cameras_changed()
        return end

    def camera(self, device_id: str) -> LiveCamera | None:
        """Return what a device can be watched by, of the first cloud that can; None where it is no camera that is known."""
        return next((camera for one in self._live_views if (camera := one.get(device_id)) is not None), None)

    @callback
    def listen_cameras(self, changed: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `changed` when `camera` may return another than before; return how to end it."""
        self._watchable.append(changed)
        return lambda: self._watchable.remove(changed)

    @callback
    def cameras_changed(self) -> None:
        """A camera has come to be known or is gone."""
        for listener in list(self._watchable):
            listener()

    # Within

    def _is_local(self, entry_id: str) -> bool:
        entry = self._hass.config_entries.async_get_entry(entry_id)
        return entry is not None and _is_local(entry)

    def _tell_freed(self) -> None:
        for listener in list(self._freed):
            listener()

    def _begin_grace(self, entry: ConfigEntry) -> None:
        """Keep the claims of an entry that is not loaded, for a while; not longer for every attempt to load it."""
        if entry.entry_id not in self._graces:
            self._graces[entry.entry_id] = async_call_later(
                self._hass, GRACE, HassJob(partial(self._grace_over, entry), cancel_on_shutdown=True)
            )

    def _end_grace(self, entry_id: str) -> None:
        if (cancel := self._graces.pop(entry_id, None)) is not None:
            cancel()

    @callback
    def _grace_over(self, entry: ConfigEntry, _now: datetime) -> None:
        self._graces.pop(entry.entry_id, None)
        if entry.state is ConfigEntryState.LOADED:
            return
        if self._claims.pop(entry.entry_id, None):
            _LOGGER.debug("%s is not loaded: its devices are free for others", entry.title)
            self._tell_freed()


_KEY: HassKey[Sharing] = HassKey(f"{DOMAIN}_sharing")


def _is_local(entry: ConfigEntry) -> bool:
    return entry.data.get(CONF_CONNECTION) in LOCAL_CONNECTIONS
