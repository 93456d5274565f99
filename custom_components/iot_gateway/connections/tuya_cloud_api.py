"""The API of an entry, kept over reloads and attempts to set it up, with its patience and with what was counted of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.hass_dict import HassKey

from ..clients.tuya_cloud.api import TuyaCloudApi
from ..clients.tuya_cloud.devices import has_devices
from ..clients.tuya_cloud.message_queue import SeenMessages
from ..const import CONF_ACCESS_ID, CONF_ACCESS_SECRET, CONF_ENDPOINT, DOMAIN
from .tuya_cloud_usage import CloudUsage


@dataclass(frozen=True, kw_only=True)
class KeptApi:
    """An API and what it was made for; its usage, and the messages of its queue that were seen."""

    data: tuple[str, str, str] = field(repr=False)
    api: TuyaCloudApi
    usage: CloudUsage
    seen: SeenMessages


_KEPT: HassKey[dict[str, KeptApi]] = HassKey(f"{DOMAIN}_tuya_cloud_apis")


async def async_probe(hass: HomeAssistant, data: Mapping[str, Any]) -> bool:
    """Make the calls that show whether an entry's data are right; return whether there is a device, raise CloudError."""
    api = _make_api(hass, data)
    await api.check()
    return await has_devices(api)


def kept_api(hass: HomeAssistant, entry: ConfigEntry) -> KeptApi:
    """Return the API of an entry and what belongs to it, a new one only where the entry's data have changed.

    Home Assistant makes a connection anew for every attempt to set an entry up: the pauses after a failure have to
    outlive that.
    """
    known = hass.data.setdefault(_KEPT, {})
    data = (entry.data[CONF_ENDPOINT], entry.data[CONF_ACCESS_ID], entry.data[CONF_ACCESS_SECRET])
    kept = known.get(entry.entry_id)
    if kept is None or kept.data != data:
        api = _make_api(hass, entry.data)
        same = kept is not None and kept.data[1] == data[1]
        # The calls are the project's: another secret makes no new ones
        usage = kept.usage if kept is not None and same else CloudUsage(hass, entry)
        usage.calls.begin(partial(_calls_today, api))
        seen = kept.seen if kept is not None and same else SeenMessages()
        kept = known[entry.entry_id] = KeptApi(data=data, api=api, usage=usage, seen=seen)
    return kept


def forget_api(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Drop the API of an entry that is removed."""
    hass.data.get(_KEPT, {}).pop(entry.entry_id, None)


def _make_api(hass: HomeAssistant, data: Mapping[str, Any]) -> TuyaCloudApi:
    return TuyaCloudApi(
        async_get_clientsession(hass), data[CONF_ENDPOINT], data[CONF_ACCESS_ID], data[CONF_ACCESS_SECRET]
    )


def _calls_today(api: TuyaCloudApi) -> int:
    return api.statistics.today.total()
