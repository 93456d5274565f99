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
    NotSupported,
    PermissionDenied,
    QuotaExhausted,
    RequestInvalid,
    SessionReason,
    SubscriptionExpired,
    WrongDataCenter,
)
from ..errors import CommandFailed
from ..tuya_cloud_errors import error_key

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


class CannotMove(CommandFailed):
    """A camera has no head that moves, or not that way."""


def cloud_error(err: CloudError, name: str) -> LiveViewError:
    """Return what users are told of a refusal of the cloud that is about the camera of this name."""
    key = next((key for kind, key in _CLOUD_ERRORS.items() if isinstance(err, kind)), None)
    if key is None:
        return LiveViewError("live_view_cloud_error", device=name, error=str(err))
    return LiveViewError(key, device=name)


def move_error(err: CloudError, name: str, project: str) -> CommandFailed:
    """Return what users are told of a camera of this name that the cloud does not move; `project` is what the entry is called."""
    if isinstance(err, (NotSupported, RequestInvalid)):
        return CannotMove("ptz_not_supported", device=name)
    if isinstance(err, DeviceOffline):
        return CommandFailed("live_view_offline", device=name)
    return CommandFailed(error_key(err), name=project, error=str(err))


def session_error(reason: SessionReason, name: str) -> LiveViewError:
    """Return what users are told of the end of a view of the camera of this name."""
    return LiveViewError(_SESSION_ERRORS[reason], device=name)
