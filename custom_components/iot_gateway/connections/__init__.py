"""One module a connection: a protocol client on one side, the hub on the other."""

from ..const import CONNECTION_TENCENT_VIDEO, CONNECTION_TUYA_CLOUD, CONNECTION_TUYA_GATEWAY, CONNECTION_TUYALINK
from .tencent_video import TencentVideoConnection
from .tuya_cloud import TuyaCloudConnection
from .tuya_gateway import TuyaGatewayConnection
from .tuyalink import TuyaLinkConnection

CONNECTIONS: dict[
    str, type[TencentVideoConnection | TuyaCloudConnection | TuyaGatewayConnection | TuyaLinkConnection]
] = {
    CONNECTION_TUYA_GATEWAY: TuyaGatewayConnection,
    CONNECTION_TUYA_CLOUD: TuyaCloudConnection,
    CONNECTION_TUYALINK: TuyaLinkConnection,
    CONNECTION_TENCENT_VIDEO: TencentVideoConnection,
}
"""What makes the connection of an entry, by `entry.data["connection"]`."""
