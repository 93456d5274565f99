"""What users are told where a camera cannot be watched."""

from collections.abc import Mapping
from typing import Final

from ..clients.tuya_cloud import (
    CannotReachCloud,
    CloudBusy,
    CloudError,
    CredentialsRefused,
    DataCenterSuspended,
    DeviceOffline,
    IpNotAllowed,
    NotSubscribed,
    PermissionDenied,
    QuotaExhausted,
    SessionReason,
    SubscriptionExpired,
    WrongDataCenter,
)
from ..errors import CommandFailed

_CLOUD_ERRORS: Final[Mapping[type[CloudError], str]] = {
    CloudBusy: "live_view_cloud_busy",
    CredentialsRefused: "live_view_credentials_refused",
    DataCenterSuspended: "live_view_data_center_suspended",
    DeviceOffline: "live_view_offline",
    IpNotAllowed: "live_view_ip_not_allowed",
    NotSubscribed: "live_view_not_subscribed",
    PermissionDenied: "live_view_permission_denied",
    QuotaExhausted: "live_view_quota_exhausted",
    SubscriptionExpired: "live_view_subscription_expired",
    WrongDataCenter: "live_view_wrong_data_center",
    CannotReachCloud: "live_view_not_connected",
}
_SESSION_ERRORS: Final = {
    SessionReason.NO_ANSWER: "live_view_no_answer",
    SessionReason.BUSY: "live_view_busy",
    SessionReason.OFFLINE: "live_view_offline",
    SessionReason.ASLEEP: "live_view_asleep",
    SessionReason.CAMERA_CLOSED: "live_view_ended",
    SessionReason.INTERRUPTED: "live_view_interrupted",
    SessionReason.NOT_CONNECTED: "live_view_not_connected",
    SessionReason.REFUSED: "live_view_refused",
    SessionReason.UNPLAYABLE: "live_view_not_playable",
}


class LiveViewError(CommandFailed):
    """A camera cannot be watched, or its picture not be had; the text says why."""


def cloud_error(err: CloudError, name: str) -> LiveViewError:
    """Return what users are told of a refusal of the cloud that is about the camera of this name."""
    key = next((key for kind, key in _CLOUD_ERRORS.items() if isinstance(err, kind)), None)
    if key is None:
        return LiveViewError("live_view_cloud_error", device=name, error=str(err))
    return LiveViewError(key, device=name)


def session_error(reason: SessionReason, name: str) -> LiveViewError:
    """Return what users are told of the end of a view of the camera of this name."""
    return LiveViewError(_SESSION_ERRORS[reason], device=name)
