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

ATTR_FULL_VALUE: Final = "full_value"
"""The attribute that holds a text which is too long for a state."""
