"""IoT Gateway: Tuya gateways, Tuya cameras and clouds, and Tencent IoT Video, local first."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .connections import CONNECTIONS
from .const import CONF_CONNECTION, DOMAIN, LIVE_PLATFORMS, PLATFORMS
from .discovery import async_listen
from .hub import Hub, HubConfigEntry
from .quirk_files import async_forget_quirks, async_load_quirks
from .reachability import Reachability
from .services import async_setup_services
from .sharing import Sharing
from .visibility import async_apply_show_all

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the service actions, learn what devices are called, and begin to listen for gateways."""
    async_setup_services(hass)
    await Sharing.of(hass).load()
    await async_listen(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HubConfigEntry) -> bool:
    """Set up a connection and the devices that it brings."""
    hub = Hub(hass, entry, await async_load_quirks(hass))
    hub.connection = CONNECTIONS[entry.data[CONF_CONNECTION]](hass, entry, hub)
    sharing = Sharing.of(hass)
    sharing.opened(hub)
    try:
        await hub.connection.start()
    except BaseException:
        sharing.closed(hub)
        raise
    try:
        entry.runtime_data = hub
        await async_listen(hass)
        async_apply_show_all(hass, hub)
        await hass.config_entries.async_forward_entry_setups(entry, _platforms(hub))
    except BaseException:
        await hub.connection.stop()
        sharing.closed(hub)
        raise
    sharing.loaded(hub)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HubConfigEntry) -> bool:
    """Unload a connection."""
    hub = entry.runtime_data
    if not await hass.config_entries.async_unload_platforms(entry, _platforms(hub)):
        return False
    hub.stop()
    await hub.connection.stop()
    Sharing.of(hass).closed(hub)
    if entry.disabled_by is not None:
        Reachability.of(hass, entry).back()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: HubConfigEntry) -> None:
    """Clear what is kept beside the entry."""
    Reachability.of(hass, entry).forget()
    sharing = Sharing.of(hass)
    sharing.forget(entry)
    if entry.data.get(CONF_CONNECTION) in CONNECTIONS:
        await CONNECTIONS[entry.data[CONF_CONNECTION]].forget(hass, entry)
    if not hass.config_entries.async_entries(DOMAIN):
        async_forget_quirks(hass)
        await sharing.clear()


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: HubConfigEntry, device_entry: dr.AnyDeviceEntry
) -> bool:
    """Let the user remove a device that the connection does not bring any more, as far as is known now."""
    return entry.state is not ConfigEntryState.LOADED or not any(
        domain == DOMAIN and entry.runtime_data.owns(identifier) for domain, identifier in device_entry.identifiers
    )


def _platforms(hub: Hub) -> list[Platform]:
    """Return the platforms of an entry; one without cameras must not need what Home Assistant's camera does."""
    return [
        platform for platform in PLATFORMS if hub.connection.live_view is not None or platform not in LIVE_PLATFORMS
    ]
