"""What can be wrong with a simulated camera, besides being out of slots, asleep or dead."""

from dataclasses import dataclass, field
from typing import get_args

from simulators.settable_faults import SettableFaults, integer, one_of, or_null, parse_bool, seconds, set_of

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


_COUNT = integer(0, 1000)
Faults.PARSERS = {
    "quirks": set_of(QUIRKS),
    "candidate_form": one_of(CANDIDATE_FORMS),
    "candidates_before_answer": _COUNT,
    "no_last_candidate": parse_bool,
    "answer_delay": seconds,
    "candidate_delay": seconds,
    "answer_twice": parse_bool,
    "silent": parse_bool,
    "ignore_offers": _COUNT,
    "refuse": or_null(_COUNT),
    "stray_messages": parse_bool,
    "accept_extmap": parse_bool,
    "speaker_reply": parse_bool,
}
