"""A client of Tuya gateways' LAN WebSocket ("LAN Control"): push, no cloud.

Specification: Tuya's page of 2024-05-16 on connecting a gateway to a third-party system (seed 001). What it leaves open
is found out from the gateway's first frame.
"""

from .address import GatewayAddress
from .client import GatewayClient
from .codec import Encoding, FrameCodec, Framing, Padding
from .device_key import DeviceKey, KeyForm
from .discovery import Announcement, AnnouncementListener, parse_announcement
from .errors import (
    AuthenticationRefused,
    CannotConnect,
    CommandRejected,
    ConnectionLost,
    GatewayError,
    NotTuyaGateway,
    RequestTimeout,
    UnexpectedAnswer,
    WrongDeviceKey,
    WrongProof,
)
from .handshake import ProofVariant
from .link import GatewayLink
from .messages import DeviceDescription, DeviceStatus, GatewayEvent, OnlineUpdated, RegistryUpdated, StateChanged
from .statistics import LinkStatistics

__all__ = [
    "Announcement",
    "AnnouncementListener",
    "AuthenticationRefused",
    "CannotConnect",
    "CommandRejected",
    "ConnectionLost",
    "DeviceDescription",
    "DeviceKey",
    "DeviceStatus",
    "Encoding",
    "FrameCodec",
    "Framing",
    "GatewayAddress",
    "GatewayClient",
    "GatewayError",
    "GatewayEvent",
    "GatewayLink",
    "KeyForm",
    "LinkStatistics",
    "NotTuyaGateway",
    "OnlineUpdated",
    "Padding",
    "ProofVariant",
    "RegistryUpdated",
    "RequestTimeout",
    "StateChanged",
    "UnexpectedAnswer",
    "WrongDeviceKey",
    "WrongProof",
    "parse_announcement",
]
