"""What the simulated cloud does wrong, on request."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from simulators.settable_faults import BadFault, SettableFaults

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
class Failure:
    """Something that goes wrong for some calls of an endpoint or of a group of them."""

    endpoint: str
    kind: Kind = "error"
    code: int = 500
    """Of "error"."""
    msg: str = ""
    """Of "error"; empty: the code's usual one."""
    status: int = 503
    """Of "http"."""
    count: int | None = None
    """How many calls it still hits; None: all."""
    after: int = 0
    """How many calls it still lets go before."""
    device_id: str = ""
    """Only calls about this device."""

    def error(self) -> ApiError:
        """Return it as an exception."""
        return ApiError(self.code, self.msg)


@dataclass(slots=True, kw_only=True)
class Faults(SettableFaults):
    """Knobs, all off by default; change them at any time."""

    failures: list[Failure] = field(default_factory=list)
    """What goes wrong; the first that fits counts. See `fail`."""
    latency: float = 0.0
    """Seconds that every call takes: one round trip."""
    latencies: dict[str, float] = field(default_factory=dict)
    """The same by endpoint; counts instead of `latency`."""
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
        _check_endpoint(endpoint)
        failure = Failure(
            endpoint=endpoint,
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

    def take(self, endpoint: str, device_id: str = "") -> Failure | None:
        """Return what goes wrong with a call, and count it."""
        for failure in self.failures:
            if endpoint != failure.endpoint and endpoint not in GROUPS.get(failure.endpoint, ()):
                continue
            if failure.device_id not in ("", device_id) or failure.count == 0:
                continue
            if failure.after:
                failure.after -= 1
                continue
            if failure.count is not None:
                failure.count -= 1
            return failure
        return None

    def latency_of(self, endpoint: str) -> float:
        """Return the seconds that a call takes."""
        return self.latencies.get(endpoint, self.latency)

    def as_json(self) -> dict[str, Any]:
        """Return the faults as JSON values."""
        values = asdict(self)
        return {name: sorted(value) if isinstance(value, set) else value for name, value in values.items()}


def _check_endpoint(endpoint: object) -> str:
    if not isinstance(endpoint, str) or (endpoint not in ENDPOINTS and endpoint not in GROUPS):
        message = f"no endpoint {endpoint!r}; there are {', '.join((*GROUPS, *ENDPOINTS))}"
        raise BadFault(message)
    return endpoint


def _parse_bool(value: object) -> bool:
    if not isinstance(value, bool):
        message = "true or false"
        raise BadFault(message)
    return value


def _number(lowest: float, highest: float) -> Callable[[object], float]:
    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
            message = f"a number of seconds from {lowest:g} to {highest:g}"
            raise BadFault(message)
        return float(value)

    return parse


def _integer(lowest: int, highest: int = 1_000_000) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            message = f"an integer from {lowest} to {highest}"
            raise BadFault(message)
        return value

    return parse


def _or_null[T](parse: Callable[[object], T]) -> Callable[[object], T | None]:
    return lambda value: None if value is None else parse(value)


def _parse_latencies(value: object) -> dict[str, float]:
    if not isinstance(value, dict):
        message = "an object with seconds by endpoint"
        raise BadFault(message)
    return {_check_endpoint(name): _SECONDS(seconds) for name, seconds in value.items()}


def _parse_paths(value: object) -> set[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.startswith("/") for one in value):
        message = "a list of paths"
        raise BadFault(message)
    return set(value)


def _parse_text(value: object) -> str:
    if not isinstance(value, str):
        message = "text"
        raise BadFault(message)
    return value


def _parse_kind(value: object) -> Kind:
    for kind in KINDS:
        if kind == value:
            return kind
    message = f"one of {', '.join(KINDS)}"
    raise BadFault(message)


def _parse_failures(value: object) -> list[Failure]:
    if not isinstance(value, list):
        message = "a list of objects"
        raise BadFault(message)
    return [_parse_failure(one) for one in value]


def _parse_failure(value: object) -> Failure:
    if not isinstance(value, dict) or "endpoint" not in value or not set(value) <= set(_FAILURE_PARSERS):
        message = f"a list of objects with endpoint, and any of {', '.join(_FAILURE_PARSERS)}"
        raise BadFault(message)
    return Failure(**{name: _FAILURE_PARSERS[name](one) for name, one in value.items()})


_SECONDS = _number(0, 3600)
_FAILURE_PARSERS: dict[str, Callable[[object], Any]] = {
    "endpoint": _check_endpoint,
    "kind": _parse_kind,
    "code": _integer(min(MESSAGES), 1_000_000_000),
    "msg": _parse_text,
    "status": _integer(400, 599),
    "count": _or_null(_integer(0)),
    "after": _integer(0),
    "device_id": _parse_text,
}
_PARSERS: dict[str, Callable[[object], Any]] = {
    "failures": _parse_failures,
    "latency": _SECONDS,
    "latencies": _parse_latencies,
    "connect_latency": _SECONDS,
    "clock_offset": _number(-1e9, 1e9),
    "no_t": _parse_bool,
    "quota": _or_null(_integer(0)),
    "missing_paths": _parse_paths,
    "page_size": _integer(1, 100),
    "one_token": _parse_bool,
    "strict_link_id": _parse_bool,
    "odd_ices": _parse_bool,
}


Faults.PARSERS = _PARSERS
