"""What the simulated cloud does wrong, on request."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from simulators.settable_faults import BadFault, SettableFaults

from .errors import INTERNAL, CloudError
from .parameters import ACTIONS
from .policy import Policy

FILES = ("playlist", "segment", "thumbnail", "picture_stream")
"""Names of what is fetched without a signed call."""
ENDPOINTS = (*ACTIONS, *FILES)
GROUPS: dict[str, frozenset[str]] = {
    "*": frozenset(ENDPOINTS),
    "api": frozenset(ACTIONS),
    "files": frozenset(FILES),
    "storage": frozenset(name for name in ACTIONS if "CloudStorage" in name or name == "GenerateSignedVideoURL"),
}
"""Names for several of them."""
DEFAULT_RATE = 20
RATES = {"DescribeDeviceData": 5000, "ControlDeviceData": 10000}
"""Calls in a second (section 1.1); DEFAULT_RATE for all others."""

type Kind = Literal[
    "error",  # the cloud's own form of an error
    "http",  # an HTTP status, with a page of HTML
    "drop",  # the connection ends without an answer
    "silent",  # no answer, ever
    "garbage",  # status 200 and no JSON
    "no_object",  # JSON, but a list
    "empty",  # a Response with a RequestId and nothing else
]
KINDS: tuple[Kind, ...] = get_args(Kind.__value__)
type PushForm = Literal["iotvideo", "rule_engine", "flat"]
PUSH_FORMS: tuple[PushForm, ...] = get_args(PushForm.__value__)


@dataclass(slots=True, kw_only=True)
class Failure:
    """Something that goes wrong for some calls of an action or of a group of them."""

    endpoint: str
    kind: Kind = "error"
    code: str = INTERNAL
    """Of "error"."""
    message: str = ""
    """Of "error"; empty: the code's usual one."""
    status: int = 503
    """Of "http"."""
    count: int | None = None
    """How many calls it still hits; None: all."""
    after: int = 0
    """How many calls it still lets go before."""
    device: str = ""
    """Only calls about this device, as product/name."""

    def error(self) -> CloudError:
        """Return it as an exception."""
        return CloudError(self.code, self.message)


@dataclass(slots=True, kw_only=True)
class Faults(SettableFaults):
    """Knobs, all off by default; change them at any time."""

    failures: list[Failure] = field(default_factory=list)
    """What goes wrong; the first that fits counts. See `fail`."""
    latency: float = 0.0
    """Seconds that every call takes."""
    latencies: dict[str, float] = field(default_factory=dict)
    """The same by action; counts instead of `latency`."""
    clock_offset: float = 0.0
    """By how many seconds the cloud's clock is ahead of this machine's; the Date of answers tells it."""
    no_date: bool = False
    """Say nothing about the time: an answer has a Date that nobody can read."""
    policy: Policy = field(default_factory=Policy)
    """What the account may do."""
    rates: dict[str, int] = field(default_factory=dict)
    """Calls in a second by action, instead of the usual ones."""
    page_size: int | None = None
    """Most that a page has, whatever is asked for; None: lists with an Offset are full, those with a Context aren't."""
    wake_delay: float = 0.0
    """Seconds that a low-power device takes to wake up."""
    offline_status: str = "offline"
    """The Status of an action that a device doesn't get; the documents only say that it is told there."""
    status_numbers: bool = False
    """The status log says 1 and 0, as the official example does, and not Online and Offline, as the text does."""
    encoded_urls: bool = False
    """Signed addresses come percent-encoded: an app of Tencent decodes them (section 1.5)."""
    empty_models: bool = False
    """CategoryModel and NetTypeModel are "{}"."""
    push_form: PushForm = "iotvideo"
    """The body of what is pushed (section 3): that of the documents, the rule engine's, or all members in one object."""
    push_lost: bool = False
    """Nothing is pushed."""
    push_unsigned: bool = False
    """What is pushed has no signature."""
    push_wrong_token: bool = False
    """What is pushed is signed with another token."""
    push_age: float = 0.0
    """By how many seconds the Timestamp of what is pushed is too old."""
    push_twice: bool = False
    """Everything is pushed twice, with a nonce each."""
    push_replayed: bool = False
    """Everything is pushed twice, with the same headers."""
    no_echo_check: bool = False
    """An address for pushes is taken without a check."""

    def fail(
        self,
        endpoint: str,
        code: str = INTERNAL,
        *,
        kind: Kind = "error",
        count: int | None = None,
        after: int = 0,
        message: str = "",
        status: int = 503,
        device: str = "",
    ) -> Failure:
        """Let calls fail; return what makes them, to look at or to remove from `failures`. Raises BadFault."""
        failure = Failure(
            endpoint=_check_endpoint(endpoint),
            kind=kind,
            code=code,
            message=message,
            status=status,
            count=count,
            after=after,
            device=device,
        )
        self.failures.append(failure)
        return failure

    def take(self, endpoint: str, device: str = "") -> Failure | None:
        """Return what goes wrong with a call, and count it."""
        for failure in self.failures:
            if endpoint != failure.endpoint and endpoint not in GROUPS.get(failure.endpoint, ()):
                continue
            if failure.device not in ("", device) or failure.count == 0:
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

    def rate_of(self, action: str) -> int:
        """Return how many calls of an action are done in a second."""
        return self.rates.get(action, RATES.get(action, DEFAULT_RATE))

    def as_json(self) -> dict[str, Any]:
        """Return the faults as JSON values."""
        return asdict(self) | {"policy": self.policy.as_json()}


def _check_endpoint(endpoint: object) -> str:
    if not isinstance(endpoint, str) or (endpoint not in ENDPOINTS and endpoint not in GROUPS):
        message = f"no action {endpoint!r}; there are {', '.join((*GROUPS, *ENDPOINTS))}"
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


def _by_endpoint[T](parse: Callable[[object], T]) -> Callable[[object], dict[str, T]]:
    def parse_all(value: object) -> dict[str, T]:
        if not isinstance(value, dict):
            message = "an object with values by action"
            raise BadFault(message)
        return {_check_endpoint(name): parse(one) for name, one in value.items()}

    return parse_all


def _parse_text(value: object) -> str:
    if not isinstance(value, str):
        message = "text"
        raise BadFault(message)
    return value


def _one_of[T](choices: tuple[T, ...]) -> Callable[[object], T]:
    def parse(value: object) -> T:
        for one in choices:
            if one == value:
                return one
        message = f"one of {', '.join(map(str, choices))}"
        raise BadFault(message)

    return parse


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
    "kind": _one_of(KINDS),
    "code": _parse_text,
    "message": _parse_text,
    "status": _integer(400, 599),
    "count": _or_null(_integer(0)),
    "after": _integer(0),
    "device": _parse_text,
}
_FLAGS = (
    "no_date status_numbers encoded_urls empty_models push_lost push_unsigned push_wrong_token push_twice push_replayed "
    "no_echo_check"
)
Faults.PARSERS = {
    "failures": _parse_failures,
    "latency": _SECONDS,
    "latencies": _by_endpoint(_SECONDS),
    "clock_offset": _number(-1e9, 1e9),
    "policy": Policy.from_json,
    "rates": _by_endpoint(_integer(0)),
    "page_size": _or_null(_integer(1)),
    "wake_delay": _SECONDS,
    "offline_status": _parse_text,
    "push_form": _one_of(PUSH_FORMS),
    "push_age": _number(-1e9, 1e9),
} | dict.fromkeys(_FLAGS.split(), _parse_bool)
