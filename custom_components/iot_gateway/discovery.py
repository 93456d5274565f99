"""Gateways that announce themselves: one listener for all entries.

A gateway sends its uuid and WebSocket port as a UDP broadcast every five seconds (seed 001). An unknown one becomes
a discovered device in the UI; a known one that is away is looked for where the announcement comes from.
"""

from dataclasses import dataclass, field
import logging

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PATH, CONF_PORT, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.util.hass_dict import HassKey

from .clients.tuya_gateway import Announcement, AnnouncementListener, GatewayAddress, GatewayError
from .connections.tuya_gateway import TuyaGatewayConnection, async_probe
from .const import (
    CONF_CONNECTION,
    CONF_DISCOVERY_PORTS,
    CONF_UUID,
    CONNECTION_TUYA_GATEWAY,
    DEFAULT_DISCOVERY_PORTS,
    DEFAULT_PATH,
    DOMAIN,
)
from .hub import HubConfigEntry

_LOGGER = logging.getLogger(__name__)


_MOST_HEARD = 32
"""Unknown gateways kept in mind; no home has as many, but anybody on the network can make up announcements."""
_FOLLOW_INTERVAL = 10.0
"""Seconds between two looks at where a known gateway that is away announces itself."""


@dataclass(slots=True)
class _Discovery:
    """The listener with its ports; the gateways heard, by uuid; when an entry's gateway may be looked for again."""

    ports: frozenset[int]
    listener: AnnouncementListener
    heard: dict[str, Announcement] = field(default_factory=dict)
    follow_from: dict[str, float] = field(default_factory=dict)


_KEY: HassKey[_Discovery] = HassKey(f"{DOMAIN}_discovery")


async def async_listen(hass: HomeAssistant) -> None:
    """Listen on the ports that the entries' options name, or go on if that is what happens already."""
    ports = _wanted_ports(hass)
    known = hass.data.get(_KEY)
    if known is not None and known.ports == ports:
        return
    listener = AnnouncementListener(ports, lambda announcement: _announced(hass, announcement))
    hass.data[_KEY] = _Discovery(ports, listener, known.heard if known else {})
    if known is None:

        @callback
        def stop(_event: Event) -> None:
            hass.data.pop(_KEY).listener.close()

        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop)
    else:
        known.listener.close()
    await listener.start()


@callback
def async_heard(hass: HomeAssistant) -> list[Announcement]:
    """Return the gateways heard that no entry stands for."""
    if (discovery := hass.data.get(_KEY)) is None:
        return []
    known = {entry.unique_id for entry in hass.config_entries.async_entries(DOMAIN)}
    return [announcement for announcement in discovery.heard.values() if announcement.uuid not in known]


def _wanted_ports(hass: HomeAssistant) -> frozenset[int]:
    """Return the ports of all gateway entries; Tuya's usual ones where there is none."""
    ports = {
        int(port)
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if entry.data.get(CONF_CONNECTION) == CONNECTION_TUYA_GATEWAY
        for port in entry.options.get(CONF_DISCOVERY_PORTS, DEFAULT_DISCOVERY_PORTS)
    }
    return frozenset(ports or DEFAULT_DISCOVERY_PORTS)


@callback
def _announced(hass: HomeAssistant, announcement: Announcement) -> None:
    """Take in one announcement; it comes every five seconds, and mostly says what is known."""
    discovery = hass.data[_KEY]
    if entry := hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, announcement.uuid):
        # News again should the entry be removed
        discovery.heard.pop(announcement.uuid, None)
        _follow(hass, entry, announcement)
        return
    for entry, connection in _connections(hass):
        if not entry.unique_id and _is_at(connection, announcement):
            _adopt(hass, entry, announcement.uuid)
            return
    if discovery.heard.get(announcement.uuid) == announcement:
        return
    if announcement.uuid not in discovery.heard and len(discovery.heard) >= _MOST_HEARD:
        return
    discovery.heard[announcement.uuid] = announcement
    _LOGGER.debug("Gateway %s announces itself at %s:%s", announcement.uuid, announcement.host, announcement.port)
    discovery_flow.async_create_flow(
        hass,
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={CONF_UUID: announcement.uuid, CONF_HOST: announcement.host, CONF_PORT: announcement.port},
    )


def _connections(hass: HomeAssistant) -> list[tuple[HubConfigEntry, TuyaGatewayConnection]]:
    """Return the gateway entries that are set up, with their connections."""
    return [
        (entry, connection)
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        if (connection := _connection(entry)) is not None
    ]


def _connection(entry: HubConfigEntry) -> TuyaGatewayConnection | None:
    """Return the connection of an entry that is set up; None where it is none to a gateway."""
    connection = entry.runtime_data.connection
    return connection if isinstance(connection, TuyaGatewayConnection) else None


def _is_at(connection: TuyaGatewayConnection, announcement: Announcement) -> bool:
    """Whether the gateway that is connected is the one that announces itself."""
    return connection.connected and (
        (connection.peer_host, connection.address.port) == (announcement.host, announcement.port)
    )


@callback
def _adopt(hass: HomeAssistant, entry: HubConfigEntry, uuid: str) -> None:
    """Give an entry that was added without a uuid the one that its gateway announces."""
    hass.config_entries.async_update_entry(entry, unique_id=uuid, data={**entry.data, CONF_UUID: uuid})
    entry.runtime_data.identify_root(uuid)
    for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN, match_context={"unique_id": uuid}):
        # It may have been discovered before it was added by hand
        hass.config_entries.flow.async_abort(flow["flow_id"])


@callback
def _follow(hass: HomeAssistant, entry: HubConfigEntry, announcement: Announcement) -> None:
    """Look for a known gateway that is away where it announces itself."""
    if entry.state is ConfigEntryState.LOADED:
        if (connection := _connection(entry)) is None or connection.connected:
            return
    elif entry.state is not ConfigEntryState.SETUP_RETRY:
        return
    discovery = hass.data[_KEY]
    now = hass.loop.time()
    if now < discovery.follow_from.get(entry.entry_id, 0):
        return
    discovery.follow_from[entry.entry_id] = now + _FOLLOW_INTERVAL
    address = GatewayAddress(
        host=announcement.host, port=announcement.port, path=entry.data.get(CONF_PATH, DEFAULT_PATH)
    )
    _ = entry.async_create_background_task(hass, _async_follow(hass, entry, address), f"{DOMAIN} follow {entry.title}")


async def _async_follow(hass: HomeAssistant, entry: HubConfigEntry, address: GatewayAddress) -> None:
    """Go to an announced address once the gateway has authenticated there.

    Anybody on the network can send an announcement; only the gateway and we know the device key.
    """
    data = {**entry.data, CONF_HOST: address.host, CONF_PORT: address.port}
    try:
        await async_probe(hass, data)
    except GatewayError as err:
        _LOGGER.debug("%s announces itself at %s but did not answer there: %s", entry.title, address.url, err)
        return
    if data != entry.data:
        _LOGGER.info("%s is at %s:%s now", entry.title, address.host, address.port)
        hass.config_entries.async_update_entry(entry, data=data)
    if entry.state is ConfigEntryState.SETUP_RETRY:
        hass.config_entries.async_schedule_reload(entry.entry_id)
    elif entry.state is ConfigEntryState.LOADED and (connection := _connection(entry)) is not None:
        connection.move_to(address)
