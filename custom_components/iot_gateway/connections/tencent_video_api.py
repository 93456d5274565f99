"""The API of an entry, kept over reloads and attempts to set it up, with its patience and with what was counted of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_REGION
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.hass_dict import HassKey

from ..clients.tencent_video import ForwardGuard, TencentApi
from ..const import CONF_ENDPOINT, CONF_SECRET_ID, CONF_SECRET_KEY, DOMAIN
from .tencent_video_usage import TencentUsage

_CLOCKS_DIFFER: Final = 3.0
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class KeptApi:
    """An API and what it was made for, its usage, and the guard of each token, which knows what it has seen."""

    data: tuple[str, ...] = field(repr=False)
    api: TencentApi
    usage: TencentUsage
    guards: dict[str, ForwardGuard] = field(default_factory=dict, repr=False)

    def guard(self, token: str) -> ForwardGuard:
        """Return what checks pushes that are signed with a token."""
        if token not in self.guards:
            # What was seen before Home Assistant was started is not known any more
            since = self.api.cloud_time - _CLOCKS_DIFFER
            self.guards[token] = ForwardGuard(token, now=lambda: self.api.cloud_time, since=since)
        return self.guards[token]


_KEPT: HassKey[dict[str, KeptApi]] = HassKey(f"{DOMAIN}_tencent_video_apis")


def make_api(hass: HomeAssistant, data: Mapping[str, Any]) -> TencentApi:
    """Return a new API with an entry's data."""
    return TencentApi(
        async_get_clientsession(hass),
        data[CONF_ENDPOINT],
        data[CONF_REGION],
        data[CONF_SECRET_ID],
        data[CONF_SECRET_KEY],
    )


def kept_api(hass: HomeAssistant, entry: ConfigEntry) -> KeptApi:
    """Return the API of an entry and what belongs to it, a new one only where the entry's data have changed.

    Home Assistant makes a connection anew for every attempt to set an entry up: the pauses after a failure have to
    outlive that, and so has the knowledge of pushes that were seen.
    """
    known = hass.data.setdefault(_KEPT, {})
    data = tuple(str(entry.data[key]) for key in (CONF_ENDPOINT, CONF_REGION, CONF_SECRET_ID, CONF_SECRET_KEY))
    kept = known.get(entry.entry_id)
    if kept is None or kept.data != data:
        api = make_api(hass, entry.data)
        usage = TencentUsage(hass, entry) if kept is None else kept.usage
        usage.calls.begin(partial(_calls_today, api))
        kept = known[entry.entry_id] = KeptApi(data=data, api=api, usage=usage)
    return kept


def forget_api(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Drop the API of an entry that is removed."""
    hass.data.get(_KEPT, {}).pop(entry.entry_id, None)


def _calls_today(api: TencentApi) -> int:
    return api.statistics.today.total()
