"""What a TuyaLink connection keeps over restarts: what the cloud has not got yet, and what it takes to say so while it is away."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import CONNECTION_TUYALINK, DOMAIN

_SAVE_DELAY: Final = 30.0
"""Seconds of changes that a power cut may cost, while the cloud is away."""


class LinkStore:
    """Kept of an entry; readable for Home Assistant's user only, as it holds what happened in the house.

    `models` has the documents of thing models by product id, `sub_devices` the ids of those that are exposed, `unlink` of
    those that are not any more, which the cloud has not been told yet. `has_worked`: there was a connection once.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Have nothing before `load`."""
        self._store = _store(hass, entry)
        self._sources: dict[str, Callable[[], Any]] = {}
        self._saving = False
        self._loaded = False
        self.has_worked = False
        self.models: dict[str, Any] = {}
        self.sub_devices: set[str] = set()
        self.unlink: set[str] = set()
        self.kept: dict[str, Any] = {}
        """What `keep` gave the last time, by name."""

    async def load(self) -> None:
        """Read what was kept."""
        data = await self._store.async_load() or {}
        self.has_worked = bool(data.get("has_worked"))
        self.models = dict(data.get("models") or {})
        self.sub_devices = set(data.get("sub_devices") or ())
        self.unlink = set(data.get("unlink") or ())
        self.kept = dict(data.get("kept") or {})
        self._loaded = True

    def keep(self, name: str, source: Callable[[], Any]) -> None:
        """Keep what `source` returns when it is written, fit for JSON and not changed any more."""
        self._sources[name] = source

    @callback
    def save_soon(self) -> None:
        """Write, soon; whatever changes until then is in it."""
        # Not once more: each further request would put the first one off, for as long as there are changes
        if self._loaded and not self._saving:
            self._saving = True
            self._store.async_delay_save(self._to_store, _SAVE_DELAY)

    async def flush(self) -> None:
        """Write now; whoever loads it next may do so right away."""
        if self._loaded:
            await self._store.async_save(self._to_store())

    @staticmethod
    async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Remove all that was kept of an entry."""
        await _store(hass, entry).async_remove()

    def _to_store(self) -> dict[str, Any]:
        self._saving = False
        self.kept |= {name: source() for name, source in self._sources.items()}
        return {
            "has_worked": self.has_worked,
            "models": dict(self.models),
            "sub_devices": sorted(self.sub_devices),
            "unlink": sorted(self.unlink),
            "kept": dict(self.kept),
        }


def _store(hass: HomeAssistant, entry: ConfigEntry) -> Store[dict[str, Any]]:
    return Store(hass, 1, f"{DOMAIN}.{CONNECTION_TUYALINK}.{entry.entry_id}", private=True)
