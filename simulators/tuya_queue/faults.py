"""What the simulated queue does wrong, on request."""

from dataclasses import dataclass
from typing import Literal, get_args

from simulators.settable_faults import SettableFaults, integer, one_of, or_null, parse_bool, seconds

from .envelope import DAMAGES, Damage

type Counted = Literal[
    "counted",  # how often a message was sent before, as the protocol's page has it
    "zero",  # always 0: what a stock Pulsar says of Failover, whose dispatcher doesn't count
    "missing",  # left out, as by older servers
]
COUNTED: tuple[Counted, ...] = get_args(Counted.__value__)
type Properties = Literal[
    "usual",  # {"em": …, "tid": …}
    "empty",  # {}
    "missing",  # no key "properties", as in Tuya's own test fixture
]
PROPERTIES: tuple[Properties, ...] = get_args(Properties.__value__)


@dataclass(slots=True, kw_only=True)
class Faults(SettableFaults):
    """Knobs, all off by default; change them at any time, also while sockets are open."""

    # The handshake
    handshake_status: int | None = None
    """Answer with this HTTP status and a page of HTML: 401, 404, 409, 429, 500, 503, 504 …"""
    handshake_count: int | None = None
    """How many handshakes that still hits; None: all."""
    handshake_delay: float = 0.0
    """Seconds before a handshake is answered."""
    handshake_silent: bool = False
    """Never answer a handshake."""

    # The socket
    no_pong: bool = False
    """Answer no ping; everything else goes on."""
    frozen: bool = False
    """Be dead without anybody having been told: what is sent gets lost, what comes isn't read, a close isn't answered."""
    kill_after: int | None = None
    """Cut a socket after so many messages, without a close."""
    latency: float = 0.0
    """Seconds that a message takes to the client."""
    bare_close: bool = False
    """Close without a code after an error, as Jetty does on the wire for Pulsar's codes below 1000."""

    # Delivery
    receiver_queue_size: int | None = None
    """Send only so many messages ahead of the acknowledgements, whatever the client asked for."""
    duplicate_frames: bool = False
    """Send each message twice, with the same id."""
    redelivery_count: Counted = "counted"
    page_times: bool = False
    """Write publishTime as the samples of Pulsar's documentation do, not as its code does."""

    # Acknowledgements
    ack_delay: float = 0.0
    """Seconds before an acknowledgement counts; longer than the client's timeout, everything comes again."""
    lose_acks: int = 0
    """How many acknowledgements still get lost."""
    old_nack: bool = False
    """Take a negative acknowledgement for an acknowledgement, as servers before Pulsar 2.8 do."""

    # What is published
    no_rule: bool = False
    """Publish nothing: connected, and no messaging rule is enabled."""
    duplicate_messages: bool = False
    """Publish each message twice, with ids of their own and the same content."""
    new_data_ids: bool = False
    """Give a report that is sent in two families two data ids."""
    damage: Damage | None = None
    """Damage messages; see envelope.Damage."""
    damage_every: int = 1
    """Which of them: every so many."""
    properties: Properties = "usual"
    no_key: bool = False
    """Publish without a key."""

    def handshake(self) -> int | None:
        """Return the status that a handshake is answered with, and count it; None: it goes on."""
        if self.handshake_status is None or self.handshake_count == 0:
            return None
        if self.handshake_count is not None:
            self.handshake_count -= 1
        return self.handshake_status

    def loses_ack(self) -> bool:
        """Tell whether an acknowledgement gets lost, and count it."""
        if not self.lose_acks:
            return False
        self.lose_acks -= 1
        return True


_COUNT = integer(0)
Faults.PARSERS = {
    "handshake_status": or_null(integer(400, 599)),
    "handshake_count": or_null(_COUNT),
    "handshake_delay": seconds,
    "handshake_silent": parse_bool,
    "no_pong": parse_bool,
    "frozen": parse_bool,
    "kill_after": or_null(integer(1)),
    "latency": seconds,
    "bare_close": parse_bool,
    "receiver_queue_size": or_null(integer(1, 1000)),
    "duplicate_frames": parse_bool,
    "redelivery_count": one_of(COUNTED),
    "page_times": parse_bool,
    "ack_delay": seconds,
    "lose_acks": _COUNT,
    "old_nack": parse_bool,
    "no_rule": parse_bool,
    "duplicate_messages": parse_bool,
    "new_data_ids": parse_bool,
    "damage": or_null(one_of(DAMAGES)),
    "damage_every": integer(1),
    "properties": one_of(PROPERTIES),
    "no_key": parse_bool,
}
