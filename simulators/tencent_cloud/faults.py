"""What the simulated cloud does wrong, on request."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args, override

from simulators.failing_calls import CallFailure, FailingCalls, by_endpoint, endpoint_of, failures_of
from simulators.settable_faults import integer, number, one_of, or_null, parse_bool, seconds, text

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
class Failure(CallFailure):
    """Something that goes wrong for some calls of an action or of a group of them."""

    kind: Kind = "error"
    code: str = INTERNAL
    """Of "error"."""
    message: str = ""
    """Of "error"; empty: the code's usual one."""
    device: str = ""
    """Only calls about this device, as product/name."""

    @property
    @override
    def only_device(self) -> str:
        """Return the device whose calls it hits; empty: all."""
        return self.device

    def error(self) -> CloudError:
        """Return it as an exception."""
        return CloudError(self.code, self.message)


@dataclass(slots=True, kw_only=True)
class Faults(FailingCalls[Failure]):
    """Knobs, all off by default; change them at any time."""

    GROUPS: ClassVar = GROUPS

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
            endpoint=_endpoint(endpoint),
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

    def rate_of(self, action: str) -> int:
        """Return how many calls of an action are done in a second."""
        return self.rates.get(action, RATES.get(action, DEFAULT_RATE))

    @override
    def as_json(self) -> dict[str, Any]:
        """Return the faults as JSON values."""
        return super().as_json() | {"policy": self.policy.as_json()}


_endpoint = endpoint_of((*GROUPS, *ENDPOINTS), "action")
_failures = failures_of(
    Failure,
    {
        "endpoint": _endpoint,
        "kind": one_of(KINDS),
        "code": text,
        "message": text,
        "status": integer(400, 599),
        "count": or_null(integer(0)),
        "after": integer(0),
        "device": text,
    },
)
_BY_ACTION = "an object with values by action"
_FLAGS = (
    "no_date status_numbers encoded_urls empty_models push_lost push_unsigned push_wrong_token push_twice push_replayed "
    "no_echo_check"
)
Faults.PARSERS = {
    "failures": _failures,
    "latency": seconds,
    "latencies": by_endpoint(_endpoint, seconds, _BY_ACTION),
    "clock_offset": number(-1e9, 1e9),
    "policy": Policy.from_json,
    "rates": by_endpoint(_endpoint, integer(0), _BY_ACTION),
    "page_size": or_null(integer(1)),
    "wake_delay": seconds,
    "offline_status": text,
    "push_form": one_of(PUSH_FORMS),
    "push_age": number(-1e9, 1e9),
} | dict.fromkeys(_FLAGS.split(), parse_bool)
