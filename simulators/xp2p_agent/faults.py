"""What the simulated agent and its devices do wrong, or in another one of the forms that occur, on request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args, override

from simulators.failing_calls import CallFailure, FailingCalls, by_endpoint, endpoint_of, failures_of
from simulators.settable_faults import BadFault, integer, number, one_of, or_null, parse_bool, seconds, text

from .flv import HevcForm
from .sound import SoundCodec

ENDPOINTS = ("health", "session", "live", "playback", "download", "command", "voice")
GROUPS: dict[str, frozenset[str]] = {
    "*": frozenset(ENDPOINTS),
    "flv": frozenset({"live", "playback", "download"}),
}
"""Names for several of them."""

type Kind = Literal[
    "http",  # an HTTP status, with `word` as the error's
    "drop",  # the connection ends without an answer
    "silent",  # no answer, ever
    "garbage",  # status 200 and a page of HTML
    "timeout",  # after `seconds`, status 504
]
KINDS: tuple[Kind, ...] = get_args(Kind.__value__)
type FileListForm = Literal["documents", "app"]
FILE_LIST_FORMS: tuple[FileListForm, ...] = get_args(FileListForm.__value__)
REQUEST_TYPES = ("live", "voice", "playback")
"""What get_device_st asks about."""


@dataclass(slots=True, kw_only=True)
class Failure(CallFailure):
    """Something that goes wrong for some requests of an endpoint or of a group of them."""

    kind: Kind = "http"
    word: str = ""
    """Of "http": the error's name; empty: there is no JSON."""
    seconds: float = 0.5
    """Of "timeout"."""
    device: str = ""
    """Only requests about this device, as product/name."""

    @property
    @override
    def only_device(self) -> str:
        """Return the device whose requests it hits; empty: all."""
        return self.device


@dataclass(slots=True, kw_only=True)
class Faults(FailingCalls[Failure]):
    """Knobs, all off by default; change them at any time."""

    GROUPS: ClassVar[Mapping[str, frozenset[str]]] = GROUPS

    no_sharing: bool = False
    """Whoever watches takes a P2P channel of its own, also if it is the same picture."""
    device_status: dict[str, str] = field(default_factory=dict)
    """What get_device_st says by the type of request, such as {"live": "405"}, whatever is true."""
    plain_numbers: bool = False
    """Numbers in replies are numbers, not texts as in the documents."""
    file_list_form: FileListForm = "documents"
    """How files are told: as the documents have it, or as Tencent's app expects it (section 2.1)."""
    lenient_calls: bool = False
    """Signals about calls are taken also when there is no such call."""

    hevc_form: HevcForm = "enhanced"
    """How HEVC is told in FLV: as "Enhanced RTMP" has it, or as older programs have it."""
    sound: SoundCodec | None = None
    """Another sound for all cameras."""
    no_metadata: bool = False
    """FLV begins without onMetaData."""
    late_key: bool = False
    """Live pictures begin in the middle of a group: until the next key picture nothing can be decoded."""
    first_timestamp: int = 0
    """Milliseconds with which streams begin, such as 16777000, after which 24 bits are not enough."""
    timestamps_restart: float | None = None
    """The time in live streams begins anew after these seconds, as that of a program that only repeats a file."""
    cut_after: float | None = None
    """Streams break after these seconds."""
    stall_after: float | None = None
    """Live streams send nothing more after these seconds, and stay open."""
    download_cut: int | None = None
    """Downloads break after these bytes."""
    download_rate: int | None = None
    """Bytes in a second of a download."""
    download_unsized: bool = False
    """Downloads don't tell their length."""

    deaf_to_release: bool = False
    """Motors take no notice of a release."""
    no_positions: bool = False
    """Motors tell no position."""

    feedback_lost: bool = False
    """Messages of devices aren't delivered."""
    feedback_twice: bool = False
    """Messages of devices are delivered twice."""

    def fail(
        self,
        endpoint: str,
        status: int = 503,
        word: str = "",
        *,
        kind: Kind = "http",
        count: int | None = None,
        after: int = 0,
        seconds: float = 0.5,
        device: str = "",
    ) -> Failure:
        """Let requests fail; return what makes them, to look at or to remove from `failures`. Raises BadFault."""
        failure = Failure(
            endpoint=_ENDPOINT(endpoint),
            status=status,
            word=word,
            kind=kind,
            count=count,
            after=after,
            seconds=seconds,
            device=device,
        )
        self.failures.append(failure)
        return failure


def _statuses(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(
        name in REQUEST_TYPES and isinstance(code, str) for name, code in value.items()
    ):
        message = f"an object with codes as text by {', '.join(REQUEST_TYPES)}"
        raise BadFault(message)
    return value


_ENDPOINT = endpoint_of((*GROUPS, *ENDPOINTS), "endpoint")
_FLAGS = (
    "no_sharing plain_numbers lenient_calls no_metadata late_key download_unsized deaf_to_release no_positions "
    "feedback_lost feedback_twice"
)
_SOUNDS: tuple[SoundCodec, ...] = get_args(SoundCodec.__value__)
_HEVC_FORMS: tuple[HevcForm, ...] = get_args(HevcForm.__value__)
Faults.PARSERS = {
    "failures": failures_of(
        Failure,
        {
            "endpoint": _ENDPOINT,
            "kind": one_of(KINDS),
            "status": integer(400, 599),
            "word": text,
            "seconds": seconds,
            "count": or_null(integer(0)),
            "after": integer(0),
            "device": text,
        },
    ),
    "latency": seconds,
    "latencies": by_endpoint(_ENDPOINT, seconds, "an object with seconds by endpoint"),
    "device_status": _statuses,
    "file_list_form": one_of(FILE_LIST_FORMS),
    "hevc_form": one_of(_HEVC_FORMS),
    "sound": or_null(one_of(_SOUNDS)),
    "first_timestamp": integer(0, 1 << 32),
    "timestamps_restart": or_null(number(0.1, 3600)),
    "cut_after": or_null(seconds),
    "stall_after": or_null(seconds),
    "download_cut": or_null(integer(0, 1 << 30)),
    "download_rate": or_null(integer(1, 1 << 30)),
} | dict.fromkeys(_FLAGS.split(), parse_bool)
