"""A client of Tuya's cloud: its OpenAPI, and the live view of cameras over WebRTC, signalled over MQTT (seed 000)."""

from .api import TuyaCloudApi
from .camera_sessions import CameraSessions
from .config_cache import WebRtcConfigCache
from .devices import CloudDevice, Specification, get_specification, get_status, has_devices, list_devices, send_commands
from .errors import (
    CannotReachCloud,
    ClockRefused,
    CloudBusy,
    CloudError,
    CredentialsRefused,
    DataCenterSuspended,
    DeviceOffline,
    IpNotAllowed,
    NotSubscribed,
    NotSupported,
    PermissionDenied,
    QuotaExhausted,
    RequestInvalid,
    SubscriptionExpired,
    TokenRefused,
    UnknownCloudError,
    WrongDataCenter,
)
from .event_picture import EventFile, EventPicture, PictureUnreadable, parse_event_picture
from .mqtt_access import MqttAccess, MqttAccessSource, get_mqtt_access
from .picture_storage import fetch_event_file, fetch_event_picture
from .ptz import PtzDirection, move_ptz, ptz_values
from .sdp import PreparedOffer, SdpError, prepare_offer, repair_answer
from .session import CameraSession, SessionState, SessionTimings, ViewedCamera
from .session_error import SessionError, SessionReason
from .session_metrics import SessionMetrics
from .signalling import IpcSignalling
from .signals import SignallingDown
from .statistics import CallStatistics, SignallingStatistics
from .stream_allocation import allocate_stream
from .webrtc_config import HD, SD, IceServer, StreamInfo, WebRtcConfig, get_webrtc_config

__all__ = [
    "HD",
    "SD",
    "CallStatistics",
    "CameraSession",
    "CameraSessions",
    "CannotReachCloud",
    "ClockRefused",
    "CloudBusy",
    "CloudDevice",
    "CloudError",
    "CredentialsRefused",
    "DataCenterSuspended",
    "DeviceOffline",
    "EventFile",
    "EventPicture",
    "IceServer",
    "IpNotAllowed",
    "IpcSignalling",
    "MqttAccess",
    "MqttAccessSource",
    "NotSubscribed",
    "NotSupported",
    "PermissionDenied",
    "PictureUnreadable",
    "PreparedOffer",
    "PtzDirection",
    "QuotaExhausted",
    "RequestInvalid",
    "SdpError",
    "SessionError",
    "SessionMetrics",
    "SessionReason",
    "SessionState",
    "SessionTimings",
    "SignallingDown",
    "SignallingStatistics",
    "Specification",
    "StreamInfo",
    "SubscriptionExpired",
    "TokenRefused",
    "TuyaCloudApi",
    "UnknownCloudError",
    "ViewedCamera",
    "WebRtcConfig",
    "WebRtcConfigCache",
    "WrongDataCenter",
    "allocate_stream",
    "fetch_event_file",
    "fetch_event_picture",
    "get_mqtt_access",
    "get_specification",
    "get_status",
    "get_webrtc_config",
    "has_devices",
    "list_devices",
    "move_ptz",
    "parse_event_picture",
    "prepare_offer",
    "ptz_values",
    "repair_answer",
    "send_commands",
]
