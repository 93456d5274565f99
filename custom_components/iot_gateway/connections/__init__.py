"""One module a connection: a protocol client on one side, the hub on the other."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant

from ..const import CONNECTION_TUYA_GATEWAY
from ..hub import Connection, Hub, HubConfigEntry
from .tuya_gateway import TuyaGatewayConnection

CONNECTIONS: dict[str, Callable[[HomeAssistant, HubConfigEntry, Hub], Connection]] = {
    CONNECTION_TUYA_GATEWAY: TuyaGatewayConnection,
}
"""What makes the connection of an entry, by `entry.data["connection"]`."""
