"""What can go wrong between us and Tencent's cloud or the user's X-P2P agent, one class a cause that a caller can tell apart.

Codes are those of the answer's `Response.Error.Code` (protocol page 1.3). They are words with dots, from the general to the
particular; the longest beginning that is known counts. No text of these errors holds a secret: neither the secret key nor what
was sent, nor what a device answered.
"""

from enum import StrEnum
import re
from typing import ClassVar, Final

_ADDRESS: Final = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])"
)
"""An IPv4 or IPv6 address: a policy that names allowed addresses has the cloud tell ours."""
_SIGNED: Final = re.compile(r"https?://\S+|\bAKID\w+")
"""A URL may be signed, and the cloud repeats secret IDs that it does not know."""


class Reaction(StrEnum):
    """What a user or a caller does about an error."""

    RETRY = "retry"
    """It passes; later calls may go well."""
    NEW_CREDENTIALS = "new_credentials"
    SET_CLOCK = "set_clock"
    GRANT_PERMISSION = "grant_permission"
    TELL = "tell"
    """The call cannot go well as it is; whoever asked for it is told."""


class AgentError(Exception):
    """Base of all errors of the X-P2P agent and of devices behind it; str() of each is fit for a log and for a user."""


class TencentError(Exception):
    """Base of all errors of the cloud; str() of each is a sentence part fit for a log and for a user.

    `code` is the cloud's own, empty where it sent none; `request_id` is what its support asks for.
    """

    reaction: ClassVar[Reaction] = Reaction.TELL

    def __init__(self, message: str, code: str = "", request_id: str = "") -> None:
        """Say `message`, the cloud's own text where it sent one; addresses and signed URLs in it are left out."""
        text = _SIGNED.sub("[…]", _ADDRESS.sub("[address]", message))
        super().__init__(f"{text} ({code})" if code else text)
        self.code = code
        self.request_id = request_id


class CannotReachCloud(TencentError):
    """No answer, none in time, an HTTP status that is an error, or an answer that is not the cloud's."""

    reaction = Reaction.RETRY


class CredentialsRefused(TencentError):
    """The secret ID is unknown, disabled or over, or the secret key does not belong to it."""

    reaction = Reaction.NEW_CREDENTIALS


class ClockWrong(TencentError):
    """The request's time is not the cloud's, even when taken from the cloud's own answers; the key may well be right.

    `offset` is how many seconds the cloud's clock is ahead of ours, None where it did not tell.
    """

    reaction = Reaction.SET_CLOCK

    def __init__(self, message: str, code: str = "", request_id: str = "", *, offset: float | None = None) -> None:
        """Say `message` and keep the offset."""
        super().__init__(message, code, request_id)
        self.offset = offset


class PermissionDenied(TencentError):
    """The sub-account's policy does not allow the `action`."""

    reaction = Reaction.GRANT_PERMISSION

    def __init__(self, message: str, code: str = "", request_id: str = "", *, action: str = "") -> None:
        """Say `message` and name the action that the policy lacks."""
        super().__init__(message, code, request_id)
        self.action = action


class RateLimited(TencentError):
    """Too many calls at once."""

    reaction = Reaction.RETRY


class NotFound(TencentError):
    """There is no such product, device, event or file."""


class RequestInvalid(TencentError):
    """The cloud does not take the request as it is: a defect on our side, or a value that it does not allow."""


class RegionInvalid(RequestInvalid):
    """The service does not exist in the region that was asked."""


class NotSupported(TencentError):
    """The cloud or the product cannot do this."""


class CloudFailed(TencentError):
    """The cloud has a defect or is overloaded; it passes."""

    reaction = Reaction.RETRY


class UnknownTencentError(TencentError):
    """A refusal with a code that has no class of its own; the text is the cloud's."""


class ActionFailed(TencentError):
    """The device was reached but did not do what it was asked for; `status` is its own word."""

    def __init__(self, message: str, *, status: str) -> None:
        """Say `message` and keep the device's word."""
        super().__init__(message)
        self.status = status


class MessageTooLong(TencentError):
    """A message is longer than the cloud or a device takes."""


class DeviceOffline(TencentError, AgentError):
    """The device is not connected, whoever said so: the cloud or the agent."""


_KINDS: Final[dict[str, type[TencentError]]] = {
    "AuthFailure": CredentialsRefused,
    "AuthFailure.SignatureExpire": ClockWrong,
    "AuthFailure.UnauthorizedOperation": PermissionDenied,
    "DryRunOperation": RequestInvalid,
    "FailedOperation": UnknownTencentError,
    "FailedOperation.ActionUnreachable": DeviceOffline,
    "FailedOperation.DeviceOffline": DeviceOffline,
    "FailedOperation.PermissionDenied": PermissionDenied,
    "InternalError": CloudFailed,
    "InvalidAction": RequestInvalid,
    "InvalidParameter": RequestInvalid,
    "InvalidParameterValue": RequestInvalid,
    "InvalidRequest": RequestInvalid,
    "MissingParameter": RequestInvalid,
    "NoSuchProduct": RequestInvalid,
    "NoSuchVersion": RequestInvalid,
    "RequestLimitExceeded": RateLimited,
    "RequestSizeLimitExceeded": RequestInvalid,
    "ResourceNotFound": NotFound,
    "ResponseSizeLimitExceeded": RequestInvalid,
    "ServiceUnavailable": CloudFailed,
    "TokenFailure": CredentialsRefused,
    "UnauthorizedOperation": PermissionDenied,
    "UnknownParameter": RequestInvalid,
    "UnsupportedOperation": NotSupported,
    "UnsupportedOperation.DeviceOffline": DeviceOffline,
    "UnsupportedProtocol": RequestInvalid,
    "UnsupportedRegion": RegionInvalid,
}
"""The class of each code; those of the platform are from https://cloud.tencent.com/document/api/1131/77469 and its siblings."""


def error_of(
    code: str, message: str, request_id: str = "", *, action: str = "", offset: float | None = None
) -> TencentError:
    """Return the error that an answer with `Response.Error` stands for.

    `action` is what was called, `offset` how many seconds the cloud's clock is ahead of ours.
    """
    known = code
    while known not in _KINDS and "." in known:
        known = known.rpartition(".")[0]
    kind = _KINDS.get(known, UnknownTencentError)
    if kind is ClockWrong:
        return ClockWrong(message, code, request_id, offset=offset)
    if kind is PermissionDenied:
        return PermissionDenied(message, code, request_id, action=action)
    return kind(message, code, request_id)


class AgentUnreachable(AgentError):
    """The agent does not answer, not in time, or not as the contract says."""


class ViewerLimit(AgentError):
    """The device has as many viewers as it takes (status 405; four is the most)."""


class DeviceAsleep(AgentError):
    """The device sleeps to spare its battery and has to be woken up first."""


class AgentRefused(AgentError):
    """The agent or the device declined; `status` is the HTTP status, or the device's own code."""

    def __init__(self, message: str, status: int) -> None:
        """Say `message` and the status."""
        super().__init__(f"{message} (status {status})")
        self.status = status


class DeviceDeclined(AgentRefused):
    """The device was reached and declined; `status` is its own code."""
