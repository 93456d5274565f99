"""What the simulated cloud does wrong, on request."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args, override

from simulators.failing_calls import CallFailure, FailingCalls, by_endpoint, endpoint_of, failures_of
from simulators.settable_faults import BadFault, integer, number, one_of, or_null, parse_bool, seconds, text

from .errors import MESSAGES, ApiError

ENDPOINTS = (
    "token",
    "token_refresh",
    "devices",
    "device",
    "device_batch",
    "user_devices",
    "specification",
    "status",
    "status_batch",
    "commands",
    "access_config",
    "webrtc_configs",
    "allocate",
    "movement_configs",
    "ptz",
    "file",
)
"""Names of the calls, whatever version or form of their path was used."""
GROUPS: dict[str, frozenset[str]] = {
    "*": frozenset(ENDPOINTS),
    "business": frozenset(ENDPOINTS) - {"token", "token_refresh", "file"},
    "ipc": frozenset({"access_config", "webrtc_configs", "allocate", "movement_configs", "ptz"}),
}
"""Names for several of them."""

type Kind = Literal[
    "error",  # the cloud's own form of an error
    "http",  # an HTTP status, with a page of HTML
    "drop",  # the connection ends without an answer
    "silent",  # no answer, ever
    "garbage",  # status 200 and no JSON
    "no_object",  # JSON, but a list
    "no_result",  # success, without a result
]
KINDS: tuple[Kind, ...] = get_args(Kind.__value__)


@dataclass(slots=True, kw_only=True)
class Failure(CallFailure):
    """Something that goes wrong for some calls of an endpoint or of a group of them."""

    kind: Kind = "error"
    code: int = 500
    """Of "error"."""
    msg: str = ""
    """Of "error"; empty: the code's usual one."""
    device_id: str = ""
    """Only calls about this device."""

    @property
    @override
    def only_device(self) -> str:
        """Return the device whose calls it hits; empty: all."""
        return self.device_id

    def error(self) -> ApiError:
        """Return it as an exception."""
        return ApiError(self.code, self.msg)


@dataclass(slots=True, kw_only=True)
class Faults(FailingCalls[Failure]):
    """Knobs, all off by default; change them at any time."""

    GROUPS: ClassVar = GROUPS

    connect_latency: float = 0.0
    """Seconds more for the first call of a connection, for the handshakes that loopback has for nothing."""
    clock_offset: float = 0.0
    """By how many seconds the cloud's clock is ahead of this machine's."""
    no_t: bool = False
    """Leave "t" out of answers."""
    quota: int | None = None
    """How many business calls are left; 28841004 after them."""
    missing_paths: set[str] = field(default_factory=set)
    """Forms of paths that this cloud doesn't have (1108), such as "/v1.0/devices/{device_id}/webrtc-configs"."""
    page_size: int = 100
    """Most devices on a page, whatever size is asked for."""
    one_token: bool = False
    """A new token spoils the earlier ones: 1012."""
    strict_link_id: bool = False
    """Take no link_id of more than 8 characters, as the documentation says; the cloud is said to take longer ones."""
    odd_ices: bool = False
    """Have ICE servers among the usual ones that no browser can use: no urls, several urls, TURN without credentials."""

    def fail(
        self,
        endpoint: str,
        code: int = 500,
        *,
        kind: Kind = "error",
        count: int | None = None,
        after: int = 0,
        msg: str = "",
        status: int = 503,
        device_id: str = "",
    ) -> Failure:
        """Let calls fail; return what makes them, to look at or to remove from `failures`. Raises BadFault."""
        failure = Failure(
            endpoint=_endpoint(endpoint),
            kind=kind,
            code=code,
            msg=msg,
            status=status,
            count=count,
            after=after,
            device_id=device_id,
        )
        self.failures.append(failure)
        return failure


def _parse_paths(value: object) -> set[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.startswith("/") for one in value):
        message = "a list of paths"
        raise BadFault(message)
    return set(value)


_endpoint = endpoint_of((*GROUPS, *ENDPOINTS), "endpoint")
_failures = failures_of(
    Failure,
    {
        "endpoint": _endpoint,
        "kind": one_of(KINDS),
        "code": integer(min(MESSAGES), 1_000_000_000),
        "msg": text,
        "status": integer(400, 599),
        "count": or_null(integer(0)),
        "after": integer(0),
        "device_id": text,
    },
)
Faults.PARSERS = {
    "failures": _failures,
    "latency": seconds,
    "latencies": by_endpoint(_endpoint, seconds, "an object with seconds by endpoint"),
    "connect_latency": seconds,
    "clock_offset": number(-1e9, 1e9),
    "no_t": parse_bool,
    "quota": or_null(integer(0)),
    "missing_paths": _parse_paths,
    "page_size": integer(1, 100),
    "one_token": parse_bool,
    "strict_link_id": parse_bool,
    "odd_ices": parse_bool,
}
