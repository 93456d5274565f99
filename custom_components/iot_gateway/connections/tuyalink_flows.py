"""What flows and repairs ask of the connection of an entry."""

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant

from ..clients.tuyalink import LinkLost, ThingModel
from .tuyalink import TuyaLinkConnection
from .tuyalink_requests import Requests


def _requests(entry: ConfigEntry) -> Requests:
    """Return what an entry that is set up asks the cloud by; raises LinkLost."""
    if entry.state is not ConfigEntryState.LOADED or not isinstance(entry.runtime_data.connection, TuyaLinkConnection):
        raise LinkLost("The entry is not set up")
    return entry.runtime_data.connection.requests


async def async_model(hass: HomeAssistant, entry: ConfigEntry, device_id: str | None = None) -> ThingModel:
    """Ask for the thing model of an entry's device, or of one of its sub-devices; raises LinkError."""
    return await _requests(entry).read_model(device_id)


async def async_bind(hass: HomeAssistant, entry: ConfigEntry, product_id: str, client_id: str, name: str) -> str:
    """Bind a sub-device to the gateway and return its device id; raises LinkError, BindRefused among them."""
    return await _requests(entry).bind(product_id, client_id, name)


async def async_unbind(hass: HomeAssistant, entry: ConfigEntry, device_id: str) -> None:
    """Unbind a sub-device that nobody is going to use; raises LinkError."""
    await _requests(entry).unbind(device_id)
