"""What a connection counts, kept over restarts: when it is read and when written, not what."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import DOMAIN

_SAVE_DELAY: Final = 5.0


class KeptUsage(ABC):
    """The base of what is counted of an entry; it lives as long as the entry is set up, also when it is set up anew."""

    connection: ClassVar[str]
    """The kind of connection that counts, of the CONNECTION_ constants; part of the file's name."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Have nothing before `load`."""
        self._store = self._store_of(hass, entry)
        self._loaded = False
        self._saved: dict[str, Any] = {}

    async def load(self) -> None:
        """Read what was kept, the first time."""
        if self._loaded:
            return
        self._loaded = True
        self._restore(await self._store.async_load() or {})

    @callback
    def save_soon(self) -> None:
        """Write what has changed, soon."""
        if self._loaded and self._to_store() != self._saved:
            self._store.async_delay_save(self._take_for_store, _SAVE_DELAY)

    async def flush(self) -> None:
        """Write what has changed; it is loaded anew perhaps."""
        if self._loaded and self._to_store() != self._saved:
            await self._store.async_save(self._take_for_store())

    @classmethod
    async def forget(cls, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Remove what was kept of an entry."""
        await cls._store_of(hass, entry).async_remove()

    @abstractmethod
    def _restore(self, kept: dict[str, Any]) -> None:
        """Take in what `_to_store` returned once; nothing where nothing was kept."""

    @abstractmethod
    def _to_store(self) -> dict[str, Any]:
        """Return what is to be kept, as JSON has it."""

    def _take_for_store(self) -> dict[str, Any]:
        self._saved = self._to_store()
        return self._saved

    @classmethod
    def _store_of(cls, hass: HomeAssistant, entry: ConfigEntry) -> Store[dict[str, Any]]:
        return Store(hass, 1, f"{DOMAIN}.{cls.connection}_usage.{entry.entry_id}")
