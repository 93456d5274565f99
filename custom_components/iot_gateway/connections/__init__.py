"""One module a connection: a protocol client on one side, the hub on the other."""

from ..const import CONNECTION_TUYA_CLOUD, CONNECTION_TUYA_GATEWAY
from .tuya_cloud import TuyaCloudConnection
from .tuya_gateway import TuyaGatewayConnection

CONNECTIONS: dict[str, type[TuyaCloudConnection | TuyaGatewayConnection]] = {
    CONNECTION_TUYA_GATEWAY: TuyaGatewayConnection,
    CONNECTION_TUYA_CLOUD: TuyaCloudConnection,
}
"""What makes the connection of an entry, by `entry.data["connection"]`."""
