"""Names that more than one module uses."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "iot_gateway"

PLATFORMS: Final = [
    Platform.ALARM_CONTROL_PANEL,
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CLIMATE,
    Platform.COVER,
    Platform.EVENT,
    Platform.FAN,
    Platform.HUMIDIFIER,
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

CONF_CONNECTION: Final = "connection"
CONNECTION_TUYA_GATEWAY: Final = "tuya_gateway"

# Keys of a tuya_gateway entry beside Home Assistant's own host, port and path
CONF_UUID: Final = "uuid"
CONF_DEVICE_KEY: Final = "device_key"
CONF_DISCOVERY_PORTS: Final = "discovery_ports"
CONF_IDLE_INTERVAL: Final = "idle_interval"

CONF_SHOW_ALL: Final = "show_all"
"""The option to enable the entities of data points that no table knows."""
CONF_INVERTED_COVERS: Final = "inverted_covers"
"""The option that lists the unique ids of covers whose motor runs the other way."""

DEFAULT_PATH: Final = "/"
DEFAULT_IDLE_INTERVAL: Final = 30
"""Seconds of silence after which the gateway is asked whether it is still there."""
DEFAULT_DISCOVERY_PORTS: Final = (6666, 6667, 7000)
"""Tuya's usual broadcast ports: plain, encrypted, and the app's own."""

ATTR_FULL_VALUE: Final = "full_value"
"""The attribute that holds a text which is too long for a state."""
