"""The link of an entry's data, and what the flow asks before there is an entry: whether they lead to a connection."""

from collections.abc import Mapping
import ssl
from typing import Any, Final

from homeassistant.const import CONF_DEVICE_ID, CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant

from ..clients.tuyalink import LinkTimings, TuyaLink, tls_context
from ..const import CONF_DEVICE_SECRET, CONF_TLS

LINK_TIMINGS: Final = LinkTimings()


async def async_make_link(hass: HomeAssistant, data: Mapping[str, Any]) -> TuyaLink:
    """Return a link for an entry's data, which does nothing yet; raises LinkError for a device id that cannot be one."""
    # Reading the system's trust takes long. Never Home Assistant's shared context: this one is limited to TLS 1.2
    tls: ssl.SSLContext | None = await hass.async_add_executor_job(tls_context) if data[CONF_TLS] else None
    return TuyaLink(
        host=data[CONF_HOST],
        port=data[CONF_PORT],
        device_id=data[CONF_DEVICE_ID],
        device_secret=data[CONF_DEVICE_SECRET],
        tls=tls,
        timings=LINK_TIMINGS,
    )


async def async_probe(hass: HomeAssistant, data: Mapping[str, Any]) -> None:
    """Connect once with an entry's data; raises LinkError where that fails."""
    link = await async_make_link(hass, data)
    async with link.opened():
        pass
