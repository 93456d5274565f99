"""Who may call: signature, time, region, version, permission and rate of every call (tencent_iot_video.md, 1.1 to 1.3)."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
import hmac

from .errors import (
    INVALID_ACTION,
    INVALID_AUTHORIZATION,
    MISSING_PARAMETER,
    NO_SUCH_VERSION,
    RATE_LIMITED,
    SECRET_ID_NOT_FOUND,
    SIGNATURE_EXPIRE,
    SIGNATURE_FAILURE,
    TOKEN_FAILURE,
    UNAUTHORIZED,
    UNSUPPORTED_REGION,
    CloudError,
)
from .faults import Faults
from .parameters import PARAMETERS, VERSION
from .policy import SERVICE
from .signing import canonical_request, parse_authorization, sign, utc_date

TOLERANCE = 300.0
REGIONS = ("ap-guangzhou", "ap-shanghai", "ap-bangkok", "eu-frankfurt", "na-ashburn")
"""Our choice: the service's own list was not found; these are those of its sibling, IoT Explorer."""


class Gate:
    """Lets calls through that are signed, in time, permitted and not too many; `now` is the cloud's clock, in seconds."""

    def __init__(self, secret_id: str, secret_key: str, faults: Faults, *, now: Callable[[], float]) -> None:
        """Guard an account; with a `token` set, its key is a temporary one that needs it."""
        self.secret_id = secret_id
        self.secret_key = secret_key
        self.token = ""
        self._faults = faults
        self._now = now
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)

    def check(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> str:
        """Return the action that is called; raises CloudError."""
        for name in ("X-TC-Action", "X-TC-Version", "X-TC-Timestamp", "X-TC-Region"):
            if not headers.get(name):
                raise CloudError(MISSING_PARAMETER, f"The request is missing a required parameter `{name}`.")
        self._check_signature(method, path, query, headers, body)
        action = headers["X-TC-Action"]
        if headers["X-TC-Version"] != VERSION:
            raise CloudError(NO_SUCH_VERSION)
        if headers["X-TC-Region"] not in REGIONS:
            raise CloudError(UNSUPPORTED_REGION)
        if action not in PARAMETERS:
            raise CloudError(INVALID_ACTION)
        if not self._faults.policy.allows(action):
            message = (
                f"You are not authorized to perform operation ({SERVICE}:{action}). "
                f"resource (qcs::{SERVICE}:{headers['X-TC-Region']}:uin/100000000001:*) has no permission"
            )
            raise CloudError(UNAUTHORIZED, message)
        self._count(action)
        return action

    def _check_signature(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> None:
        authorization = parse_authorization(headers.get("Authorization", ""))
        if authorization is None or authorization.service != SERVICE:
            raise CloudError(INVALID_AUTHORIZATION)
        if authorization.secret_id != self.secret_id:
            raise CloudError(SECRET_ID_NOT_FOUND)
        text = headers["X-TC-Timestamp"]
        if not (text.isascii() and text.isdecimal() and len(text) <= 12):
            raise CloudError(SIGNATURE_FAILURE)
        if abs(self._now() - int(text)) > TOLERANCE:
            raise CloudError(SIGNATURE_EXPIRE)
        names = authorization.signed_headers
        if not {"content-type", "host"} <= set(names) or any(name not in headers for name in names):
            raise CloudError(SIGNATURE_FAILURE)
        canonical = canonical_request(method, path, query, {name: headers[name] for name in names}, body)
        expected = sign(self.secret_key, int(text), SERVICE, canonical)
        if authorization.date != utc_date(int(text)) or not hmac.compare_digest(expected, authorization.signature):
            raise CloudError(SIGNATURE_FAILURE)
        if not hmac.compare_digest(headers.get("X-TC-Token", "").encode(), self.token.encode()):
            raise CloudError(TOKEN_FAILURE)

    def _count(self, action: str) -> None:
        now = self._now()
        recent = self._recent[action]
        while recent and not 0 <= now - recent[0] < 1:
            recent.popleft()
        rate = self._faults.rate_of(action)
        if len(recent) >= rate:
            message = f"Your current request times equals to `{len(recent) + 1}` in a second, which exceeds the frequency limit `{rate}` for a second. Please reduce the frequency of calls."
            raise CloudError(RATE_LIMITED, message)
        recent.append(now)
