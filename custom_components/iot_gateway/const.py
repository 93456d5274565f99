"""Names that more than one module uses."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "iot_gateway"

PLATFORMS: Final = [
    Platform.ALARM_CONTROL_PANEL,
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CAMERA,
    Platform.CLIMATE,
    Platform.COVER,
    Platform.EVENT,
    Platform.FAN,
    Platform.HUMIDIFIER,
    Platform.IMAGE,
    Platform.LIGHT,
    Platform.LOCK,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SIREN,
    Platform.SWITCH,
    Platform.TEXT,
    Platform.VACUUM,
    Platform.VALVE,
    Platform.WATER_HEATER,
]

LIVE_PLATFORMS: Final = frozenset({Platform.CAMERA, Platform.IMAGE})
"""Those of connections that have a live view."""

CONF_CONNECTION: Final = "connection"
CONNECTION_TUYA_GATEWAY: Final = "tuya_gateway"
CONNECTION_TUYA_CLOUD: Final = "tuya_cloud"
CONNECTION_TUYALINK: Final = "tuyalink"
CONNECTION_TENCENT_VIDEO: Final = "tencent_video"
LOCAL_CONNECTIONS: Final = frozenset({CONNECTION_TUYA_GATEWAY})
"""Those that reach devices without a cloud, and therefore go before a cloud where both have a device."""

# Keys of a tuya_gateway entry beside Home Assistant's own host, port and path
CONF_UUID: Final = "uuid"
CONF_DEVICE_KEY: Final = "device_key"
CONF_DISCOVERY_PORTS: Final = "discovery_ports"
CONF_IDLE_INTERVAL: Final = "idle_interval"

# Keys of a tuya_cloud entry
CONF_ENDPOINT: Final = "endpoint"
CONF_ACCESS_ID: Final = "access_id"
CONF_ACCESS_SECRET: Final = "access_secret"  # noqa: S105 - the name of a key
CONF_POLL_INTERVAL: Final = "poll_interval"
CONF_CALL_BUDGET: Final = "call_budget"
CONF_MESSAGE_QUEUE: Final = "message_queue"
CONF_QUEUE_ENVIRONMENT: Final = "queue_environment"
CONF_QUEUE_SUBSCRIPTIONS: Final = "queue_subscriptions"
CONF_QUEUE_URL: Final = "queue_url"

# Keys of a tencent_video entry beside Home Assistant's own region; in the push option also its webhook_id and token
CONF_SECRET_ID: Final = "secret_id"  # noqa: S105 - the name of a key
CONF_SECRET_KEY: Final = "secret_key"  # noqa: S105 - the name of a key
CONF_PRODUCT_IDS: Final = "product_ids"
CONF_AGENT_URL: Final = "agent_url"
CONF_PTZ_DIALECT: Final = "ptz_dialect"
CONF_PUSH: Final = "push"
CONF_ENABLED: Final = "enabled"

# Keys of a tuyalink entry beside Home Assistant's own host, port and device_id
CONF_TLS: Final = "tls"
CONF_PRODUCT_ID: Final = "product_id"
CONF_DEVICE_SECRET: Final = "device_secret"  # noqa: S105 - the name of a key
CONF_REPORTS_PER_MINUTE: Final = "reports_per_minute"
CONF_HISTORY_LIMIT: Final = "history_limit"

# Keys of its subentries
CONF_CLIENT_ID: Final = "client_id"
CONF_CONFIRMED: Final = "confirmed"

SUBENTRY_ENTITY: Final = "entity"
SUBENTRY_SUB_DEVICE: Final = "sub_device"
SUBENTRY_ACTION: Final = "action"
"""The types of subentries: what of Home Assistant a TuyaLink device exposes."""

QUEUE_PRODUCTION: Final = "event"
QUEUE_TEST: Final = "event-test"
"""The environments of a message queue, by the names of their topics."""

CONF_SHOW_ALL: Final = "show_all"
"""The option to enable the entities of data points that no table knows."""
CONF_INVERTED_COVERS: Final = "inverted_covers"
"""The option that lists the unique ids of covers whose motor runs the other way."""

CONF_STREAM_QUALITY: Final = "stream_quality"
"""The option that says which stream of cameras is shown, as long as an action has not chosen another for one of them."""
STREAM_HD: Final = "hd"
STREAM_SD: Final = "sd"

DEFAULT_PATH: Final = "/"
DEFAULT_IDLE_INTERVAL: Final = 30
"""Seconds of silence after which the gateway is asked whether it is still there."""
DEFAULT_POLL_INTERVAL: Final = 5
"""Minutes between two looks at what the cloud has."""
DEFAULT_CALL_BUDGET: Final = 800
"""Calls a day: the trial's month, as users report it, divided by the days of the longest month."""
LEAST_CALL_BUDGET: Final = 50
DEFAULT_DISCOVERY_PORTS: Final = (6666, 6667, 7000)
"""Tuya's usual broadcast ports: plain, encrypted, and the app's own."""

TUYA_REGIONS: Final = {
    "cn": "https://openapi.tuyacn.com",
    "us": "https://openapi.tuyaus.com",
    "us_east": "https://openapi-ueaz.tuyaus.com",
    "eu": "https://openapi.tuyaeu.com",
    "eu_west": "https://openapi-weaz.tuyaeu.com",
    "in": "https://openapi.tuyain.com",
    "sg": "https://openapi-sg.iotbing.com",
}
"""The API of each of Tuya's data centers (tuya_ipc_webrtc.md 1.1); a project belongs to one or several of them."""

TUYALINK_REGIONS: Final = {
    "cn": "m1.tuyacn.com",
    "us": "m1.tuyaus.com",
    "us_east": "m1-ueaz.tuyaus.com",
    "eu": "m1.tuyaeu.com",
    "eu_west": "m1-weaz.tuyaeu.com",
    "in": "m1.tuyain.com",
    "sg": "m1-sg.lifeaiot.com",
}
"""The host of TuyaLink in each of Tuya's data centers (tuya_message_queue_and_tuyalink.md B1)."""
TUYALINK_PORT: Final = 8883
"""The port of all of them."""
DEFAULT_REPORTS_PER_MINUTE: Final = 30
"""Messages with reports; what changes meanwhile goes into the next one."""
DEFAULT_HISTORY_LIMIT: Final = 5000
"""Values that are kept while there is no connection; the oldest go first."""

TENCENT_ENDPOINT: Final = "https://iotvideo.tencentcloudapi.com"
"""The API of Tencent's IoT Video; the region goes into a header (tencent_iot_video.md 1.1)."""
TENCENT_REGIONS: Final = ("ap-guangzhou", "ap-bangkok", "ap-shanghai", "eu-frankfurt", "na-ashburn")
"""Those of the sibling IoT Explorer, whose devices are the same; which of them IoT Video has is not documented."""
DEFAULT_TENCENT_CALL_BUDGET: Final = 10_000
"""Calls a day. Tencent names no limit a day; this is a reading of thirty devices every five minutes."""

ATTR_FULL_VALUE: Final = "full_value"
"""The attribute that holds a text which is too long for a state."""
