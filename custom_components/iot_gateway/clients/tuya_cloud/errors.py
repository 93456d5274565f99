"""What can go wrong between us and Tuya's cloud, one class a cause that a user or a caller can tell apart.

The codes are those of the answer's `code` (https://developer.tuya.com/en/docs/iot/error-code?id=K989ruxx88swc, and what
real projects report). No text of these errors holds a secret: neither the access secret nor tokens nor what was sent.
"""

import re
from typing import Final

_ADDRESS: Final = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])"
)
"""An IPv4 or IPv6 address: the cloud names ours where it does not like it."""


class CloudError(Exception):
    """Base of all errors of this package; str() of each is a sentence part fit for a log and for a user.

    `told` is the same with the addresses that the text may name, for the user's eyes only: to put one on a list, they must
    see it.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        """Say `message`, the cloud's own text where it sent one, and `code`, None where the cloud did not answer."""
        told = message if code is None else f"{message} (code {code})"
        super().__init__(_ADDRESS.sub("[address]", told))
        self.code = code
        self.told = told


class CannotReachCloud(CloudError):
    """No answer, none in time, an HTTP status that is an error, or an answer that is not the cloud's."""


class CredentialsRefused(CloudError):
    """The access ID is unknown, or the access secret does not belong to it."""


class TokenRefused(CloudError):
    """The access token is over or replaced, and a new one was refused too."""


class ClockRefused(CloudError):
    """The request's time is not the cloud's, even when taken from the cloud's own answers."""


class PermissionDenied(CloudError):
    """The project may not see this: app account not linked, device not in it, or another data center's."""


class IpNotAllowed(CloudError):
    """The project's IP allow list lacks our address."""


class WrongDataCenter(CloudError):
    """The project, or the account, belongs to another data center than the one that was asked."""


class DataCenterSuspended(CloudError):
    """The project's data center is suspended in the console."""


class NotSubscribed(CloudError):
    """The project has not subscribed to, or not authorized, the API product that this call belongs to."""


class SubscriptionExpired(CloudError):
    """The trial or the subscription of the API product is over and has to be renewed."""


class QuotaExhausted(CloudError):
    """The calls that the plan includes are used up."""


class CloudBusy(CloudError):
    """Too many calls at once, or the cloud is overloaded."""


class DeviceOffline(CloudError):
    """The device cannot be reached by the cloud."""


class NotSupported(CloudError):
    """The device does not know this command."""


class RequestInvalid(CloudError):
    """The cloud does not take the request as it is: a defect on our side, or a path that this project lacks."""


class UnknownCloudError(CloudError):
    """A refusal with a code that has no class of its own; the text is the cloud's."""


_KINDS: Final[dict[type[CloudError], tuple[int, ...]]] = {
    CredentialsRefused: (1001, 1002, 1003, 1004, 1005),
    TokenRefused: (1010, 1011, 1012),
    ClockRefused: (1013,),
    RequestInvalid: (1100, 1101, 1102, 1107, 1108, 1109),
    PermissionDenied: (1106,),
    CloudBusy: (500, 1110, 1111, 40000309),
    IpNotAllowed: (1114,),
    WrongDataCenter: (2007,),
    DeviceOffline: (2001,),
    NotSupported: (2003, 2008, 2406),
    NotSubscribed: (28841001, 28841101, 28841105, 28841106),
    SubscriptionExpired: (28841002,),
    QuotaExhausted: (28841004,),
    DataCenterSuspended: (28841107,),
}
NO_SUCH_PATH: Final = 1108
"""The code of a RequestInvalid where the project lacks a path; another one may do."""
INTERNAL_ERROR: Final = -9999999
"""The code of an UnknownCloudError that the cloud gives for some cameras behind gateways, whatever is asked (1.6)."""

_BY_CODE: Final = {code: kind for kind, codes in _KINDS.items() for code in codes}


def error_of(code: int, message: str) -> CloudError:
    """Return the error that an answer with `success: false` stands for."""
    return _BY_CODE.get(code, UnknownCloudError)(message, code)
