"""Sirens."""

import math
from typing import Any, override

from homeassistant.components.siren import SirenEntity
from homeassistant.components.siren.const import ATTR_DURATION, ATTR_TONE, ATTR_VOLUME_LEVEL, SirenEntityFeature
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.composite import SirenRow
from .model import DataType, Device
from .percentage import Percentage

PARALLEL_UPDATES = 0

_SECONDS = {"s": 1, "min": 60}


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sirens of an entry."""
    async_setup_platform(entry, Platform.SIREN, TuyaSiren, async_add_entities)


class TuyaSiren(CompositeEntity, SirenEntity):
    """A siren: switched on and off, or by a mode one of whose options is silence."""

    entity_description: SirenRow
    _attr_supported_features = SirenEntityFeature.TURN_ON | SirenEntityFeature.TURN_OFF

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Stand for what `plan` says of `device`."""
        super().__init__(hub, device, plan)
        row = self.entity_description
        mode, volume, duration, tone = (self.point(role) for role in ("mode", "volume", "duration", "tone"))
        self._on: dict[str, bool | str] = {"switch": True}
        self._off: dict[str, bool | str] = {"switch": False}
        if "switch" not in self.roles:
            assert mode is not None
            self._on = {"mode": next(option for option in row.sounding if option in mode.options)}
            self._off = {"mode": row.silence}

        self._volumes = () if volume is None else tuple(word for word in row.volumes if word in volume.options)
        self._loudness = Percentage(volume) if volume is not None and volume.type is DataType.INTEGER else None
        if self._volumes or self._loudness is not None:
            self._attr_supported_features |= SirenEntityFeature.VOLUME_SET
        # A number without a unit might be anything
        self._unit_seconds = None if duration is None else _SECONDS.get(duration.unit.lower())
        if self._unit_seconds is not None:
            self._attr_supported_features |= SirenEntityFeature.DURATION
        if tone is not None and tone.options:
            self._attr_supported_features |= SirenEntityFeature.TONES
            self._attr_available_tones = list(tone.options)

    @override
    @callback
    def _refresh(self) -> None:
        if "switch" in self.roles:
            value = self.value("switch")
            self._attr_is_on = value if isinstance(value, bool) else None
        else:
            mode = self.value("mode")
            self._attr_is_on = None if mode is None else mode != self.entity_description.silence

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Sound it, as loud, for as long and with the tone that is asked for."""
        values: dict[str, Any] = {}
        if (level := kwargs.get(ATTR_VOLUME_LEVEL)) is not None:
            values["volume"] = self._volume(level)
        if (seconds := kwargs.get(ATTR_DURATION)) is not None and self._unit_seconds is not None:
            values["duration"] = math.ceil(seconds / self._unit_seconds)
        if (tone := kwargs.get(ATTR_TONE)) is not None:
            values["tone"] = tone
        await self._set(values | self._on)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Silence it."""
        await self._set(self._off)

    def _volume(self, level: float) -> float | str:
        """Return what sets a volume from 0 to 1: of words the nearest, but silence only for 0."""
        if self._loudness is not None:
            return self._loudness.value(100 * level)
        if level == 0:
            return self._volumes[0]
        audible = [word for word in self._volumes if word != "mute"] or list(self._volumes)
        return audible[min(math.ceil(level * len(audible)), len(audible)) - 1]
