"""IoT Gateway: Tuya gateways, Tuya cameras and clouds, and Tencent IoT Video, local first."""

from contextlib import suppress
from functools import partial

from homeassistant.config_entries import ConfigEntryState, OperationNotAllowed
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType
from homeassistant.loader import async_get_integration

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
        hub.platforms = {one for one in PLATFORMS if one not in LIVE_PLATFORMS or _has_cameras(hub)}
        await hass.config_entries.async_forward_entry_setups(entry, hub.platforms)
    except BaseException:
        await hub.connection.stop()
        sharing.closed(hub)
        raise
    sharing.loaded(hub)
    hub.connection.loaded()
    watch = partial(_look_for_cameras, hass, entry)
    entry.async_on_unload(hub.listen_cameras(watch))
    entry.async_on_unload(hub.listen_devices(lambda _: watch()))
    if (view := hub.connection.agent_view) is not None:
        entry.async_on_unload(view.listen_cameras(watch))
    watch()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HubConfigEntry) -> bool:
    """Unload a connection."""
    hub = entry.runtime_data
    await hub.connection.unloading()
    if not await hass.config_entries.async_unload_platforms(entry, hub.platforms):
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


def _has_cameras(hub: Hub) -> bool:
    """Whether an entry needs what Home Assistant's camera does; one without cameras must not."""
    view = hub.connection.agent_view
    return (
        hub.connection.live_view is not None
        or (view is not None and any(map(view.cameras, hub.devices)))
        or any(map(hub.camera, hub.devices))
    )


@callback
def _look_for_cameras(hass: HomeAssistant, entry: HubConfigEntry) -> None:
    """Set the platforms of cameras up once one of a gateway's devices turns out to be one."""
    if _missing_platforms(entry.runtime_data) and _has_cameras(entry.runtime_data):
        _ = hass.async_create_task(_set_up_live_platforms(hass, entry), f"{DOMAIN} cameras {entry.title}")


def _missing_platforms(hub: Hub) -> set[Platform]:
    return {one for one in PLATFORMS if one in LIVE_PLATFORMS and one not in hub.platforms}


async def _set_up_live_platforms(hass: HomeAssistant, entry: HubConfigEntry) -> None:
    hub = entry.runtime_data
    # Imported first, so that nothing comes between the look at the entry and Home Assistant's taking its lock
    integration = await async_get_integration(hass, DOMAIN)
    _ = await integration.async_get_platforms(_missing_platforms(hub))
    async with entry.setup_lock:
        # Whoever sets it up or unloads it goes first, so does another one here
        pass
    if entry.state is ConfigEntryState.LOADED and entry.runtime_data is hub and (missing := _missing_platforms(hub)):
        with suppress(OperationNotAllowed):
            await hass.config_entries.async_forward_entry_setups(entry, missing)
            hub.platforms |= missing
