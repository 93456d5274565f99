"""What can be wrong with a simulated camera, besides being out of slots, asleep or dead."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, get_args

from simulators.settable_faults import BadFault, SettableFaults

from .quirks import QUIRKS, Quirk
from .signalling import CandidateForm

CANDIDATE_FORMS: tuple[CandidateForm, ...] = get_args(CandidateForm.__value__)


@dataclass(slots=True, kw_only=True)
class Faults(SettableFaults):
    """Knobs, to be turned at any time; as they are, the camera is a good one with the habits that all of them have."""

    quirks: set[Quirk] = field(default_factory=set)
    """What is wrong with answers."""
    candidate_form: CandidateForm = "crlf"
    """How candidates are written."""
    candidates_before_answer: int = 1
    """How many candidates go out before the answer."""
    no_last_candidate: bool = False
    """Never send the empty candidate at the end."""
    answer_delay: float = 0.0
    """Seconds from an offer to its answer, and to the candidates before it; real cameras take about 0.4."""
    candidate_delay: float = 0.0
    """Seconds before each candidate."""
    answer_twice: bool = False
    """Send everything that answers an offer twice, as QoS 1 may."""
    silent: bool = False
    """Take no notice of offers."""
    ignore_offers: int = 0
    """Take no notice of this many offers more."""
    refuse: int | None = None
    """Answer each offer with a disconnect with this close_reason."""
    stray_messages: bool = False
    """Send an answer, a candidate and a disconnect of a session that nobody opened before each answer."""
    accept_extmap: bool = True
    """Accept offers with a=extmap."""
    speaker_reply: bool = True
    """Answer a speaker message; real cameras often don't."""

    def as_json(self) -> dict[str, Any]:
        """Return the faults as JSON values."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: sorted(value) if isinstance(value, set) else value for name, value in values.items()}


def _parse_bool(value: object) -> bool:
    if not isinstance(value, bool):
        message = "true or false"
        raise BadFault(message)
    return value


def _parse_seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 3600:
        message = "a number of seconds from 0 to 3600"
        raise BadFault(message)
    return float(value)


def _parse_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
        message = "an integer from 0 to 1000"
        raise BadFault(message)
    return value


def _parse_reason(value: object) -> int | None:
    return None if value is None else _parse_count(value)


def _parse_form(value: object) -> CandidateForm:
    for form in CANDIDATE_FORMS:
        if value == form:
            return form
    message = f"one of {', '.join(CANDIDATE_FORMS)}"
    raise BadFault(message)


def _parse_quirks(value: object) -> set[Quirk]:
    if not isinstance(value, list) or any(one not in QUIRKS for one in value):
        message = f"a list out of {', '.join(QUIRKS)}"
        raise BadFault(message)
    return set(value)


_PARSERS: dict[str, Callable[[object], Any]] = {
    "quirks": _parse_quirks,
    "candidate_form": _parse_form,
    "candidates_before_answer": _parse_count,
    "no_last_candidate": _parse_bool,
    "answer_delay": _parse_seconds,
    "candidate_delay": _parse_seconds,
    "answer_twice": _parse_bool,
    "silent": _parse_bool,
    "ignore_offers": _parse_count,
    "refuse": _parse_reason,
    "stray_messages": _parse_bool,
    "accept_extmap": _parse_bool,
    "speaker_reply": _parse_bool,
}


Faults.PARSERS = _PARSERS
