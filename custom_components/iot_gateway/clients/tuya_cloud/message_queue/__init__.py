"""A client of Tuya's message queue, which tells what the devices of a cloud project do (seed 004)."""

from .address import REGION_BASES, Environment, parse_base, queue_url
from .authentication import payload_key, queue_password
from .consumer import QueueConsumer
from .duplicates import SeenMessages
from .envelope import Encryption, Envelope, EnvelopeOpener, Signature, open_envelope
from .errors import (
    KeyRefused,
    QueueBusy,
    QueueError,
    QueueRequestInvalid,
    QueueUnavailable,
    UndecodableMessage,
    WrongEnvironment,
)
from .messages import (
    ActionAnswered,
    DataPointRenamed,
    DeviceBound,
    DeviceEventFired,
    DeviceOffline,
    DeviceOnline,
    DeviceRenamed,
    DeviceUnbound,
    Message,
    OtherMessage,
    ReportedValue,
    StateReported,
    UpgradeProgress,
    VoiceRoomBound,
    VoiceUnderstood,
    parse_message,
)
from .statistics import QueueStatistics

__all__ = [
    "REGION_BASES",
    "ActionAnswered",
    "DataPointRenamed",
    "DeviceBound",
    "DeviceEventFired",
    "DeviceOffline",
    "DeviceOnline",
    "DeviceRenamed",
    "DeviceUnbound",
    "Encryption",
    "Envelope",
    "EnvelopeOpener",
    "Environment",
    "KeyRefused",
    "Message",
    "OtherMessage",
    "QueueBusy",
    "QueueConsumer",
    "QueueError",
    "QueueRequestInvalid",
    "QueueStatistics",
    "QueueUnavailable",
    "ReportedValue",
    "SeenMessages",
    "Signature",
    "StateReported",
    "UndecodableMessage",
    "UpgradeProgress",
    "VoiceRoomBound",
    "VoiceUnderstood",
    "WrongEnvironment",
    "open_envelope",
    "parse_base",
    "parse_message",
    "payload_key",
    "queue_password",
    "queue_url",
]
