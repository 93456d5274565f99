"""What is kept of cameras behind an agent, on disk: so that they are there after a restart, whether the agent is or not."""

from collections.abc import Mapping
from dataclasses import asdict
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..clients.tencent_video import NvrChannel, PtzPosition, Quality
from ..const import CONF_STREAM_QUALITY, DOMAIN

_LOGGER = logging.getLogger(__name__)

_STORAGE_VERSION: Final = 1
_SAVE_DELAY: Final = 5.0


class KeptCameras:
    """Channels by device; qualities, positions and whether the cloud stores recordings by camera; which devices sleep.

    Qualities are those that are another than the option says; when the option is changed they are forgotten.

    Whoever changes something calls `save_soon`.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Begin with nothing; see `load`."""
        self.channels: dict[str, tuple[NvrChannel, ...]] = {}
        self.quality_option: str = entry.options.get(CONF_STREAM_QUALITY, Quality.HIGH.value)
        self.qualities: dict[str, str] = {}
        self.positions: dict[str, PtzPosition] = {}
        self.sleepers: set[str] = set()
        self.stored: set[str] = set()
        self._store: Store[dict[str, Any]] = _store(hass, entry)
        self._loaded = False
        self._dirty = False

    async def load(self) -> None:
        """Read what was kept; what cannot be read is left out."""
        if (kept := await self._store.async_load()) is not None:
            self._restore(kept)
        self._loaded = True
        if kept is not None and not self._is_of_option(kept):
            # Else the qualities would come back with the option
            self.save_soon()

    @callback
    def save_soon(self) -> None:
        """Write it, in a moment."""
        self._dirty = True
        if self._loaded:
            self._store.async_delay_save(self._saved, _SAVE_DELAY)

    async def flush(self) -> None:
        """Write now what was not yet."""
        if self._dirty:
            await self._store.async_save(self._saved())

    def _saved(self) -> dict[str, Any]:
        self._dirty = False
        return {
            "channels": {
                device_id: [asdict(channel) for channel in channels] for device_id, channels in self.channels.items()
            },
            "quality_option": self.quality_option,
            "qualities": dict(self.qualities),
            "positions": {key: asdict(position) for key, position in self.positions.items()},
            "sleepers": sorted(self.sleepers),
            "stored": sorted(self.stored),
        }

    def _is_of_option(self, kept: Mapping[str, Any]) -> bool:
        """Tell whether the option for the quality is as it was when something was kept."""
        return bool(kept.get("quality_option", self.quality_option) == self.quality_option)

    def _restore(self, kept: Mapping[str, Any]) -> None:
        try:
            self.channels |= {
                device_id: tuple(NvrChannel(**channel) for channel in channels)
                for device_id, channels in kept["channels"].items()
            }
            self.positions |= {key: PtzPosition(**position) for key, position in kept["positions"].items()}
            # Who has changed the option since wants it for all cameras
            if self._is_of_option(kept):
                self.qualities |= {str(key): str(quality) for key, quality in kept["qualities"].items()}
            self.sleepers |= set(kept["sleepers"])
            self.stored |= set(kept["stored"])
        except (KeyError, TypeError, AttributeError) as err:
            _LOGGER.warning("What was kept of cameras cannot be read, it is asked for anew: %s", type(err).__name__)


async def async_forget_agent_view(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Remove what is kept of the cameras of an entry."""
    await _store(hass, entry).async_remove()


def _store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[dict[str, Any]]:
    return Store(hass, _STORAGE_VERSION, f"{DOMAIN}.agent_view.{entry.entry_id}", private=True, atomic_writes=True)
