"""What errors of Tencent's cloud mean for a connection: what passes, what is refused of a command, what the user is told."""

from collections.abc import Mapping
from typing import Final

from ..clients.tencent_video import (
    CannotReachCloud,
    ClockWrong,
    CloudFailed,
    CredentialsRefused,
    NotFound,
    NotSupported,
    PermissionDenied,
    RateLimited,
    RegionInvalid,
    RequestInvalid,
    TencentError,
    UnknownTencentError,
)

OF_COMMAND: Final = (NotFound, NotSupported, RequestInvalid, UnknownTencentError)
"""What is refused of a command, while others may do."""

ERROR_KEYS: Final[Mapping[type[TencentError], str]] = {
    CannotReachCloud: "tencent_unreachable",
    ClockWrong: "tencent_clock_wrong",
    CloudFailed: "tencent_failed",
    CredentialsRefused: "tencent_credentials_refused",
    PermissionDenied: "tencent_permission_denied",
    RateLimited: "tencent_busy",
    RegionInvalid: "tencent_region_invalid",
}
"""The key of the translation of each error, in the flows and in exceptions; any other is told in the cloud's words."""


def error_key(err: TencentError) -> str:
    """Return the key of the translation of an error of the client."""
    return ERROR_KEYS.get(type(err), "tencent_error")
