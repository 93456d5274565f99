"""What errors of the client of Tuya's cloud mean: what passes, what concerns the project, what the user is told."""

from collections.abc import Mapping
from typing import Final

from .clients.tuya_cloud.errors import (
    CannotReachCloud,
    CloudBusy,
    CloudError,
    CredentialsRefused,
    DataCenterSuspended,
    IpNotAllowed,
    NotSubscribed,
    NotSupported,
    PermissionDenied,
    QuotaExhausted,
    RequestInvalid,
    SubscriptionExpired,
    UnknownCloudError,
    WrongDataCenter,
)

PASSING: Final = (CannotReachCloud, CloudBusy)
"""What passes by itself."""
OF_PROJECT: Final = (
    QuotaExhausted,
    SubscriptionExpired,
    NotSubscribed,
    IpNotAllowed,
    WrongDataCenter,
    DataCenterSuspended,
)
"""What any call may tell of the project; that a permission is missing may be for one device alone."""
OF_COMMAND: Final = (NotSupported, RequestInvalid, PermissionDenied, UnknownCloudError)
"""What is refused of a command, while others may do."""

ERROR_KEYS: Mapping[type[CloudError], str] = {
    CannotReachCloud: "cloud_unreachable",
    CredentialsRefused: "cloud_credentials_refused",
    PermissionDenied: "cloud_permission_denied",
    IpNotAllowed: "cloud_ip_not_allowed",
    WrongDataCenter: "cloud_wrong_data_center",
    DataCenterSuspended: "cloud_data_center_suspended",
    NotSubscribed: "cloud_not_subscribed",
    SubscriptionExpired: "cloud_subscription_expired",
    QuotaExhausted: "cloud_quota_exhausted",
    CloudBusy: "cloud_busy",
}
"""The key of the translation of each error, in the flows and in exceptions; any other is told in the cloud's words."""


def error_key(err: CloudError) -> str:
    """Return the key of the translation of an error of the client."""
    return ERROR_KEYS.get(type(err), "cloud_error")
