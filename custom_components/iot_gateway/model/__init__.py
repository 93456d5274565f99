"""What a device is, whatever brought it: data points, schemas, devices and the codecs of their values.

Nothing here knows of Home Assistant's entities or of a protocol. Tuya's schema (gateway and cloud) is parsed by
`tuya_schema`, Tencent's thing model by `tencent_schema`; both end in the same `DeviceSchema`.
"""

from .data_point import Access, DataPoint, DataType, InvalidValue, Raw, Value, is_secret, raw_text
from .device import Device
from .device_action import ActionParam, DeviceAction
from .message import message_command, message_fields, message_text, message_time, message_without_files
from .quirk import Quirk, Quirks
from .schema import EVENT_PREFIX, VOICE_EVENT, DeviceSchema, EntityChange
from .tencent_schema import parse_tencent_schema
from .tuya_schema import parse_tuya_schema

__all__ = [
    "EVENT_PREFIX",
    "VOICE_EVENT",
    "Access",
    "ActionParam",
    "DataPoint",
    "DataType",
    "Device",
    "DeviceAction",
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
    "parse_tencent_schema",
    "parse_tuya_schema",
    "raw_text",
]
