"""What the simulated TuyaLink cloud does wrong, on request."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from simulators.settable_faults import BadFault, SettableFaults

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

    def as_json(self) -> dict[str, Any]:
        """Return the faults as JSON values."""
        return {name: sorted(value) if isinstance(value, set) else value for name, value in asdict(self).items()}


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


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        message = "true or false"
        raise BadFault(message)
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 3600:
        message = "a number of seconds from 0 to 3600"
        raise BadFault(message)
    return float(value)


def _integer(least: int, most: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            message = f"an integer from {least} to {most}"
            raise BadFault(message)
        return value

    return parse


def _or_null[T](parse: Callable[[object], T]) -> Callable[[object], T | None]:
    return lambda value: None if value is None else parse(value)


def _one_of[T: str](known: tuple[T, ...]) -> Callable[[object], T]:
    def parse(value: object) -> T:
        for one in known:
            if one == value:
                return one
        message = f"one of {', '.join(known)}"
        raise BadFault(message)

    return parse


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = "text"
        raise BadFault(message)
    return value


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


_COUNT = _or_null(_integer(0, 1_000_000))
_FAILURE: dict[str, Callable[[object], Any]] = {
    "function": _function,
    "code": _integer(0, 1_000_000),
    "count": _COUNT,
    "device_id": _text,
}
_PARSERS: dict[str, Callable[[object], Any]] = {
    "connack": _or_null(_integer(1, 5)),
    "connack_count": _COUNT,
    "refuse_secret": _bool,
    "refusal": _integer(1, 5),
    "silent": _bool,
    "connect_delay": _seconds,
    "kick_after": _or_null(_seconds),
    "frozen": _bool,
    "no_answer": _functions,
    "deaf": _functions,
    "failures": _failures,
    "latency": _seconds,
    "wrong_msg_id": _bool,
    "answer_twice": _bool,
    "always_answer": _bool,
    "bind_empty": _bool,
    "topology": _one_of(TOPOLOGIES),
    "firmware_topic": _one_of(FIRMWARE_TOPICS),
}
Faults.PARSERS = _PARSERS
