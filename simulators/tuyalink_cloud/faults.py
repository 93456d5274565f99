"""What the simulated TuyaLink cloud does wrong, on request."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from simulators.settable_faults import (
    BadFault,
    Parser,
    SettableFaults,
    integer,
    one_of,
    or_null,
    parse_bool,
    seconds,
    text,
)

from .topics import RESPONSES

ANY = "*"
"""Stands for all functions that are answered."""

type Topology = Literal[
    "ids",  # device ids, as texts
    "objects",  # objects with a deviceId
]
TOPOLOGIES: tuple[Topology, ...] = get_args(Topology.__value__)
type FirmwareTopic = Literal["ota/issue", "ota/firmware/issue"]
FIRMWARE_TOPICS: tuple[FirmwareTopic, ...] = get_args(FirmwareTopic.__value__)


@dataclass(slots=True, kw_only=True)
class Failure:
    """A code that the cloud answers instead of doing what it was asked."""

    function: str
    code: int = 1001
    count: int | None = None
    """How many messages it still hits; None: all."""
    device_id: str = ""
    """Only of this device."""


@dataclass(slots=True, kw_only=True)
class Faults(SettableFaults):
    """Knobs, all off by default; change them at any time, also while devices are connected."""

    # The connection
    connack: int | None = None
    """Refuse every CONNECT with this return code: 3 (server unavailable), 4 (bad user name or password), 5 (not authorized)."""
    connack_count: int | None = None
    """How many CONNECTs that still hits; None: all."""
    refuse_secret: bool = False
    """Take no secret for the right one."""
    refusal: int = 4
    """The return code for a wrong secret; the pages don't tell it."""
    silent: bool = False
    """Take connections and never answer a CONNECT."""
    connect_delay: float = 0.0
    """Seconds before a CONNECT is answered."""
    kick_after: float | None = None
    """Cut each connection that many seconds after its CONNACK, as another client with the same certificate would."""
    frozen: bool = False
    """Let nothing through any more, either way, and cut nothing: what is sent gets lost."""

    # Answers
    no_answer: set[str] = field(default_factory=set)
    """Do what these functions ask, such as "thing/model/get", and don't answer; "*" for all."""
    deaf: set[str] = field(default_factory=set)
    """Neither do nor answer what these functions ask; "*" for all."""
    failures: list[Failure] = field(default_factory=list)
    """Codes to answer with; the first that fits counts. See `fail`."""
    latency: float = 0.0
    """Seconds before a message is looked at, and answered."""
    wrong_msg_id: bool = False
    """Answer with a msgId that nobody has sent."""
    answer_twice: bool = False
    """Send each answer twice."""
    always_answer: bool = False
    """Answer also what doesn't have sys.ack."""

    # Binding, topology, firmware
    bind_empty: bool = False
    """Bind nothing, and answer with code 0 and an empty list, as the cloud was seen to do."""
    topology: Topology = "ids"
    """What delDevIds and addDevIds of a change are."""
    firmware_topic: FirmwareTopic = "ota/issue"
    """Where firmware is issued; the sources don't agree."""

    def fail(self, function: str, code: int = 1001, *, count: int | None = None, device_id: str = "") -> Failure:
        """Let messages fail; return what makes them, to look at or to remove from `failures`. Raises BadFault."""
        failure = Failure(function=_function(function), code=code, count=count, device_id=device_id)
        self.failures.append(failure)
        return failure

    def take_failure(self, function: str, device_id: str) -> Failure | None:
        """Return what a message fails with, and count it."""
        for failure in self.failures:
            if failure.function in (ANY, function) and failure.device_id in ("", device_id) and failure.count != 0:
                if failure.count is not None:
                    failure.count -= 1
                return failure
        return None

    def take_connack(self) -> int | None:
        """Return what a CONNECT is refused with, and count it."""
        if self.connack is None or self.connack_count == 0:
            return None
        if self.connack_count is not None:
            self.connack_count -= 1
        return self.connack

    def hits(self, which: set[str], function: str) -> bool:
        """Tell whether a set of functions, one of this object's, has a function in it."""
        return bool(which & {ANY, function})


def _function(value: object) -> str:
    if not isinstance(value, str) or (value != ANY and value not in RESPONSES):
        message = f"no function {value!r} that is answered; there are {', '.join((ANY, *sorted(RESPONSES)))}"
        raise BadFault(message)
    return value


def _functions(value: object) -> set[str]:
    if not isinstance(value, list):
        message = "a list of functions"
        raise BadFault(message)
    return {_function(one) for one in value}


def _failures(value: object) -> list[Failure]:
    message = f"a list of objects with function, and any of {', '.join(_FAILURE)}"
    if not isinstance(value, list):
        raise BadFault(message)
    failures = []
    for one in value:
        if not isinstance(one, dict) or "function" not in one or not set(one) <= set(_FAILURE):
            raise BadFault(message)
        failures.append(Failure(**{name: _FAILURE[name](part) for name, part in one.items()}))
    return failures


_COUNT = or_null(integer(0))
_FAILURE: dict[str, Parser[Any]] = {
    "function": _function,
    "code": integer(0),
    "count": _COUNT,
    "device_id": text,
}
Faults.PARSERS = {
    "connack": or_null(integer(1, 5)),
    "connack_count": _COUNT,
    "refuse_secret": parse_bool,
    "refusal": integer(1, 5),
    "silent": parse_bool,
    "connect_delay": seconds,
    "kick_after": or_null(seconds),
    "frozen": parse_bool,
    "no_answer": _functions,
    "deaf": _functions,
    "failures": _failures,
    "latency": seconds,
    "wrong_msg_id": parse_bool,
    "answer_twice": parse_bool,
    "always_answer": parse_bool,
    "bind_empty": parse_bool,
    "topology": one_of(TOPOLOGIES),
    "firmware_topic": one_of(FIRMWARE_TOPICS),
}
