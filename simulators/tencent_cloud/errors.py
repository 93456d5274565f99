"""What the cloud says when it doesn't do something: {"Response": {"Error": {"Code", "Message"}, "RequestId"}}, status 200.

The codes are those of tencent_iot_video.md, section 1.3: the service's own (`errorcodes.py` of the official SDK) and the ones
that are the same for all services of this platform. Messages are worded here.
"""

from typing import Final

INVALID_AUTHORIZATION: Final = "AuthFailure.InvalidAuthorization"
SECRET_ID_NOT_FOUND: Final = "AuthFailure.SecretIdNotFound"  # noqa: S105
SIGNATURE_EXPIRE: Final = "AuthFailure.SignatureExpire"
SIGNATURE_FAILURE: Final = "AuthFailure.SignatureFailure"
TOKEN_FAILURE: Final = "AuthFailure.TokenFailure"  # noqa: S105
FAILED: Final = "FailedOperation"
PERMISSION_DENIED: Final = "FailedOperation.PermissionDenied"
INTERNAL: Final = "InternalError"
DATABASE: Final = "InternalError.DBOperationError"
INVALID_ACTION: Final = "InvalidAction"
INVALID_PARAMETER: Final = "InvalidParameter"
INVALID_VALUE: Final = "InvalidParameterValue"
MISSING_PARAMETER: Final = "MissingParameter"
NO_SUCH_VERSION: Final = "NoSuchVersion"
RATE_LIMITED: Final = "RequestLimitExceeded"
NOT_FOUND: Final = "ResourceNotFound"
UNAUTHORIZED: Final = "UnauthorizedOperation"
UNKNOWN_PARAMETER: Final = "UnknownParameter"
UNSUPPORTED: Final = "UnsupportedOperation"
UNSUPPORTED_PROTOCOL: Final = "UnsupportedProtocol"
UNSUPPORTED_REGION: Final = "UnsupportedRegion"

MESSAGES: Final[dict[str, str]] = {
    INVALID_AUTHORIZATION: "The Authorization header does not comply with the Tencent Cloud standard.",
    SECRET_ID_NOT_FOUND: "The SecretId is not found, please ensure that your SecretId is correct.",
    SIGNATURE_EXPIRE: "The provided timestamp differs from the server's by more than five minutes.",
    SIGNATURE_FAILURE: "The provided credentials could not be validated. Please check your signature is correct.",
    TOKEN_FAILURE: "The provided token is invalid.",
    FAILED: "The operation failed.",
    PERMISSION_DENIED: "No permission for this resource.",
    INTERNAL: "An internal error has occurred. Retry your request.",
    DATABASE: "A database operation failed.",
    INVALID_ACTION: "The action does not exist.",
    INVALID_PARAMETER: "A parameter is invalid.",
    INVALID_VALUE: "A parameter has an invalid value.",
    MISSING_PARAMETER: "The request is missing a required parameter.",
    NO_SUCH_VERSION: "The API version does not exist.",
    RATE_LIMITED: "Your current request times exceeds the limit in a second.",
    NOT_FOUND: "The resource does not exist.",
    UNAUTHORIZED: "You are not authorized to perform this operation.",
    UNKNOWN_PARAMETER: "A parameter is not recognized.",
    UNSUPPORTED: "The operation is not supported.",
    UNSUPPORTED_PROTOCOL: "The protocol or method is not supported.",
    UNSUPPORTED_REGION: "The region is not supported by this service.",
}


class CloudError(Exception):
    """A call that the cloud refuses."""

    def __init__(self, code: str, message: str = "") -> None:
        """Refuse with a code and its usual message, or another one."""
        self.code = code
        self.message = message or MESSAGES.get(code, "Unknown error.")
        super().__init__(f"{code}: {self.message}")
