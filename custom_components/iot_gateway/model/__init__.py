"""What a device is, whatever brought it: data points, schemas, devices and the codecs of their values.

Nothing here knows of Home Assistant's entities or of a protocol. Tuya's schema (gateway and cloud) is parsed by
`tuya_schema`; other thing models get a module of their own beside it and end in the same `DeviceSchema`.
"""

from .data_point import Access, DataPoint, DataType, InvalidValue, Raw, Value, is_secret, raw_text
from .device import Device
from .message import message_command, message_fields, message_text, message_time, message_without_files
from .quirk import Quirk, Quirks
from .schema import EVENT_PREFIX, VOICE_EVENT, DeviceSchema, EntityChange
from .tuya_schema import parse_tuya_schema

__all__ = [
    "EVENT_PREFIX",
    "VOICE_EVENT",
    "Access",
    "DataPoint",
    "DataType",
    "Device",
    "DeviceSchema",
    "EntityChange",
    "InvalidValue",
    "Quirk",
    "Quirks",
    "Raw",
    "Value",
    "is_secret",
    "message_command",
    "message_fields",
    "message_text",
    "message_time",
    "message_without_files",
    "parse_tuya_schema",
    "raw_text",
]
