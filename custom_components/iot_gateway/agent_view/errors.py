"""What users are told where a camera behind an X-P2P agent cannot be watched, moved, or its recordings not be had."""

from collections.abc import Callable, Mapping
from typing import Final

from ..clients.tencent_video import (
    AgentError,
    AgentUnreachable,
    CannotReachCloud,
    ClockWrong,
    CloudFailed,
    CommandInvalid,
    CredentialsRefused,
    DeviceAsleep,
    DeviceOffline,
    NotFound,
    PermissionDenied,
    PtzRefused,
    RateLimited,
    TencentError,
    ViewerLimit,
)
from ..errors import CommandFailed

type VideoClientError = AgentError | TencentError

_KEYS: Final[Mapping[type[VideoClientError], str]] = {
    # The first that fits counts: an offline device is both the agent's and the cloud's to tell
    DeviceOffline: "agent_offline",
    ViewerLimit: "agent_viewer_limit",
    DeviceAsleep: "agent_asleep",
    AgentUnreachable: "agent_unreachable",
    CommandInvalid: "agent_command_invalid",
    PtzRefused: "agent_not_moved",
    AgentError: "agent_declined",
    NotFound: "agent_cloud_not_found",
    CannotReachCloud: "agent_cloud_unreachable",
    CredentialsRefused: "agent_cloud_credentials_refused",
    PermissionDenied: "agent_cloud_permission_denied",
    ClockWrong: "agent_cloud_clock_wrong",
    RateLimited: "agent_cloud_busy",
    CloudFailed: "agent_cloud_busy",
    TencentError: "agent_cloud_error",
}


class AgentViewError(CommandFailed):
    """Something about a camera cannot be done or had; the text says why."""


def agent_view_error(err: VideoClientError, device: str) -> AgentViewError:
    """Return what users are told of an error that is about the device of this name."""
    key = next(key for kind, key in _KEYS.items() if isinstance(err, kind))
    return AgentViewError(key, device=device, error=str(err))


type NamedBy = Callable[[], str]
"""Returns what the user calls a device."""
