"""What the system information page says of the integration."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .hub import HubConfigEntry


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the information."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return how many connections and devices there are, and how many of them are up."""
    entries: list[HubConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    devices = [device for entry in entries for device in entry.runtime_data.devices.values()]
    return {
        "connections": len(hass.config_entries.async_entries(DOMAIN)),
        "connected": sum(entry.runtime_data.connected for entry in entries),
        "devices": len(devices),
        "devices_online": sum(device.online for device in devices),
        "data_points": sum(len(device.schema.points) for device in devices),
    }
