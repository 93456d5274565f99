"""What the simulated gateway does wrong, on request.

A model of the documented protocol, not of a real gateway; the slips are those that the protocol's page itself makes.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from simulators.settable_faults import BadFault, SettableFaults, parse_bool, seconds, set_of, text

REQUEST_TYPES = ("get_devices", "get_schema", "get_status", "set_value")

# What a patched client can be made to choose too, so that the two nonces cancel out (see Faults.zero_session_key).
PREDICTED_NONCE = bytes(range(16))

type Slip = Literal[
    "device",  # "device" for "devid", as one of the page's tables has it
    "functions",  # "functions" for "function", as another has it
    "v_as_text",  # Json values as JSON text
    "v_as_object",  # Json values as objects
    "values_missing",  # schema entries without "values"
    "values_as_object",  # "values" as an object, not as JSON text
    "value_missing",  # get_status entries without their list of values
    "online_value",  # online_updated with a list of values
    "extra_keys",  # keys that no page mentions, everywhere
]
SLIPS: tuple[Slip, ...] = get_args(Slip.__value__)


@dataclass(slots=True, kw_only=True)
class Faults(SettableFaults):
    """Knobs, all off by default; change them at any time, also while links are open."""

    # Opening
    http_status: int | None = None
    """Answer the WebSocket's upgrade with this HTTP status."""
    silent: bool = False
    """Say nothing at all after opening."""
    plain_auth: bool = False
    """Send auth_required unencrypted, as JSON in the clear."""
    garbage_auth: bool = False
    """Send noise, which no key decrypts and no encoding explains, for auth_required."""
    short_nonce: bool = False
    """Send a nonce of 8 bytes."""
    nonce: bytes | None = field(default=None, repr=False)
    """Send this nonce."""
    zero_session_key: bool = False
    """Send PREDICTED_NONCE. The gateway speaks first, so the session key is zero only if the application then picks the
    same nonce: a test makes its client do that."""
    reflect_nonce: bool = False
    """Answer auth with a second auth_required, with the application's own nonce in it; if it is answered, that answer's
    proof is just what auth_ok needs."""

    # The answer to auth
    wrong_proof: bool = False
    """Send auth_ok with a proof that is wrong."""
    reflect_proof: bool = False
    """Send the application's own proof back."""
    refuse_auth: bool = False
    """Close after auth, as with a wrong key."""
    silent_auth: bool = False
    """Never answer auth."""
    auth_answer: str = "auth_ok"
    """The type of the message that answers auth."""

    # Requests
    no_answer: set[str] = field(default_factory=set)
    """Types of requests that are neither done nor answered."""
    reject: set[str] = field(default_factory=set)
    """Types of requests that are not done and answered with success false."""
    error: dict[str, Any] | None = field(default_factory=lambda: {"code": 1, "msg": "refused"})
    """The error object of `reject`; None leaves it out."""
    delay: float = 0.0
    """Seconds before any request is done and answered; later ones don't wait for earlier ones."""
    delays: dict[str, float] = field(default_factory=dict)
    """The same by type of request; counts instead of `delay`."""

    # Commands
    event_before_result: bool = False
    """Push state_changed before the result, not after it."""
    stale_report: bool = False
    """Push the old values once more before the new ones."""
    report_delay: float = 0.0
    """Seconds between a command (and its stale report) and the report of the new values; until then the state is old."""
    no_report: bool = False
    """Apply commands without ever pushing state_changed for them."""

    # The link
    no_pong: bool = False
    """Don't answer WebSocket pings."""
    deaf: bool = False
    """Keep the link open with nothing in it: no answer, no event, no pong."""

    slips: set[Slip] = field(default_factory=set)
    """Which of the page's own slips to make."""

    def delay_of(self, request_type: str) -> float:
        """Return the seconds that a request waits."""
        return self.delays.get(request_type, self.delay)


def _parse_status(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 400 <= value <= 599:
        message = "null or an HTTP status from 400 to 599"
        raise BadFault(message)
    return value


def _parse_error(value: object) -> dict[str, Any] | None:
    if value is not None and not isinstance(value, dict):
        message = "null or an object"
        raise BadFault(message)
    return value


def _parse_delays(value: object) -> dict[str, float]:
    if not isinstance(value, dict) or not set(value) <= set(REQUEST_TYPES):
        message = f"an object with seconds by {', '.join(REQUEST_TYPES)}"
        raise BadFault(message)
    return {name: seconds(one) for name, one in value.items()}


Faults.PARSERS = {
    "http_status": _parse_status,
    "silent": parse_bool,
    "plain_auth": parse_bool,
    "garbage_auth": parse_bool,
    "short_nonce": parse_bool,
    "zero_session_key": parse_bool,
    "reflect_nonce": parse_bool,
    "wrong_proof": parse_bool,
    "reflect_proof": parse_bool,
    "refuse_auth": parse_bool,
    "silent_auth": parse_bool,
    "auth_answer": text,
    "no_answer": set_of(REQUEST_TYPES),
    "reject": set_of(REQUEST_TYPES),
    "error": _parse_error,
    "delay": seconds,
    "delays": _parse_delays,
    "event_before_result": parse_bool,
    "stale_report": parse_bool,
    "report_delay": seconds,
    "no_report": parse_bool,
    "no_pong": parse_bool,
    "deaf": parse_bool,
    "slips": set_of(SLIPS),
}
