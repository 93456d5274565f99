"""What the cloud says when it doesn't do something: {"success": false, "code", "msg", "t", "tid"}, with HTTP status 200.

Codes and messages are those of Tuya's page "Global error codes" and of tuya_ipc_webrtc.md, section 1.6. The messages of the
codes from 28841001 on are only partly known; the rest of them is worded here.
"""

from typing import Final

DATA_NOT_EXIST: Final = 1000
TOKEN_MISSING: Final = 1002
GRANT_TYPE_INVALID: Final = 1003
SIGN_INVALID: Final = 1004
CLIENT_ID_INVALID: Final = 1005
CONTENT_TYPE: Final = 1006
TOKEN_EXPIRED: Final = 1010
TOKEN_INVALID: Final = 1011
TOKEN_STATUS: Final = 1012
TIME_INVALID: Final = 1013
PARAM_EMPTY: Final = 1100
PARAM_NULL: Final = 1102
HEADER_MISSING: Final = 1105
PERMISSION_DENY: Final = 1106
PATH_INVALID: Final = 1108
PARAM_ILLEGAL: Final = 1109
DEVICE_OFFLINE: Final = 2001
NOT_SUPPORTED: Final = 2008
QUOTA: Final = 28841004

MESSAGES: Final[dict[int, str]] = {
    500: "system error, please contact the admin",
    DATA_NOT_EXIST: "data not exist",
    1001: "secret invalid",
    TOKEN_MISSING: "access_token is null",
    GRANT_TYPE_INVALID: "grant type invalid",
    SIGN_INVALID: "sign invalid",
    CLIENT_ID_INVALID: "clientId invalid",
    CONTENT_TYPE: "not support content type",
    TOKEN_EXPIRED: "token is expired",
    TOKEN_INVALID: "token invalid",
    TOKEN_STATUS: "token status is invalid",
    TIME_INVALID: "request time is invalid",
    PARAM_EMPTY: "param is empty",
    1101: "params range invalid",
    PARAM_NULL: "param is null",
    1103: "commands issue error",
    1104: "type is incorrect",
    HEADER_MISSING: "missing the header",
    PERMISSION_DENY: "permission deny",
    1107: "code invalid",
    PATH_INVALID: "uri path invalid",
    PARAM_ILLEGAL: "param is illegal, please check it",
    1110: "concurrent request over limit",
    1111: "system is busy, please try again later",
    1114: "your ip don't have access to this API",
    DEVICE_OFFLINE: "device is offline",
    2007: "your ip is cross-region",
    NOT_SUPPORTED: "command or value not support",
    2406: "skill id invalid",
    28841001: "No permissions.",
    28841002: "No permissions. Your subscription to cloud development plan has expired.",
    QUOTA: "Your quota of Trial Edition is used up. Please upgrade to the Official Edition.",
    28841101: "No permissions. This API is not subscribed.",
    28841105: "No permissions. This project is not authorized to call this API.",
    28841106: "No permissions. This API is not subscribed.",
    28841107: "No permission. The data center is suspended. Please go to the cloud development platform to enable it.",
    -9999999: "internal error",
}


class ApiError(Exception):
    """A call that the cloud refuses."""

    def __init__(self, code: int, msg: str = "") -> None:
        """Refuse with a code and its usual message, or another one."""
        self.code = code
        self.msg = msg or MESSAGES.get(code, "unknown error")
        super().__init__(f"{code}: {self.msg}")
