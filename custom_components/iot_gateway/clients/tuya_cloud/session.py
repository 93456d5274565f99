"""One viewer's session with a camera, and the sessions of all viewers of a camera.

The design is section 14 of the protocols page: INIT → OFFERED → ANSWERED → CLOSED. A player takes one answer or one error
and never tries again (12.4), so whatever can be tried again is tried here before it hears of an error; and a camera has few
places, which it frees only when told to, so whatever was offered is disconnected, however it ends.

Nothing here waits: a session is a machine that a clock, the signalling and its viewer push on.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import logging
import secrets
from typing import Any, Final, Protocol

from . import candidates
from .errors import CannotReachCloud, CloudBusy, CloudError, DeviceOffline, QuotaExhausted
from .ipc import WebRtcConfig
from .sdp import PreparedOffer, SdpError, candidate_target, has_video, prepare_offer, repair_answer
from .signalling import CONTROL, WEBRTC, Signal, SignallingDown, SignalTarget
from .wake import WAKE_REPEATS

_LOGGER = logging.getLogger(__name__)

_BUSY: Final = 12
"""`close_reason` of a camera whose places are all taken (section 4)."""
_EARLY_CANDIDATES: Final = 64
_MOST_ATTEMPTS: Final = 6


class SessionState(StrEnum):
    """How far a session is."""

    INIT = "init"
    OFFERED = "offered"
    ANSWERED = "answered"
    CLOSED = "closed"


class SessionReason(StrEnum):
    """Why a session ended that its viewer did not end."""

    NO_ANSWER = "no_answer"
    """The camera is offline, or its answer never came."""
    BUSY = "busy"
    """The camera serves as many viewers as it can."""
    ASLEEP = "asleep"
    """A battery camera did not wake up."""
    CAMERA_CLOSED = "camera_closed"
    """The camera ended what had begun."""
    NOT_CONNECTED = "not_connected"
    """The cloud or its message broker cannot be reached."""
    REFUSED = "refused"
    """The camera, or the cloud, doesn't let us watch, or has nothing that a browser plays."""


class SessionError(Exception):
    """A session failed; `reason` says why in a word, the text in a sentence without secrets.

    `close_reason` is the camera's own number where it gave one, `retry_after` how many seconds from now the next attempt
    makes sense where that is known.
    """

    def __init__(
        self,
        reason: SessionReason,
        message: str = "",
        *,
        close_reason: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Say `message`, or what the reason means."""
        super().__init__(message or _MESSAGES[reason])
        self.reason = reason
        self.close_reason = close_reason
        self.retry_after = retry_after


_MESSAGES: Final = {
    SessionReason.NO_ANSWER: "The camera did not answer",
    SessionReason.BUSY: "The camera is busy: it serves as many viewers as it can",
    SessionReason.ASLEEP: "The camera sleeps and did not wake up",
    SessionReason.CAMERA_CLOSED: "The camera ended the view",
    SessionReason.NOT_CONNECTED: "Tuya's cloud is not reachable",
    SessionReason.REFUSED: "The camera cannot be viewed",
}


class Timer(Protocol):
    """What a clock returns."""

    def cancel(self) -> None:
        """Don't call any more."""


class Clock(Protocol):
    """What an event loop is to us."""

    def time(self) -> float:
        """Return seconds of a clock that never jumps."""

    def call_later(self, delay: float, callback: Callable[[], None], /) -> Timer:
        """Call a function in so many seconds."""


class Signalling(Protocol):
    """What `IpcSignalling` is to us."""

    @property
    def connected(self) -> bool:
        """Whether messages can be sent."""

    def add_listener(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        """Have a function called when that changes."""

    def register(self, session_id: str, handler: Callable[[Signal], None]) -> Callable[[], None]:
        """Have a function called with each message of a session."""

    def publish(
        self,
        target: SignalTarget,
        session_id: str,
        kind: str,
        msg: Mapping[str, Any],
        *,
        protocol: int = WEBRTC,
        keep: bool = False,
    ) -> Any:
        """Send a message; raises SignallingDown."""

    def wake(self, device_id: str, local_key: str) -> bool:
        """Send a wake packet."""

    def retry_soon(self) -> None:
        """Connect as soon as possible."""


class ConfigSource(Protocol):
    """What `WebRtcConfigCache` is to us."""

    def get(self, device_id: str) -> WebRtcConfig | None:
        """Return what is known, at once."""

    async def fetch(self, device_id: str) -> WebRtcConfig:
        """Return what is known, or ask; raises CloudError."""

    async def refresh(self, device_id: str) -> WebRtcConfig:
        """Ask anew; raises CloudError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewedCamera:
    """A camera.

    Attributes:
        device_id: of the device.
        local_key: of the device, for waking it; empty where unknown.
        low_power: it runs on a battery, by its data points; its own configuration may say so too.
        sub_dev_id: node id behind a recorder or a gateway; empty otherwise.
    """

    device_id: str
    local_key: str = field(default="", repr=False)
    low_power: bool = False
    sub_dev_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTimings:
    """How patient a session is, in seconds (section 14; `asleep_after`, `resend_every` and `wake_at`: section 7)."""

    publish_within: float = 10.0
    """For what has to be there before the offer: configuration, connection."""
    retry_after: float = 5.0
    """Without an answer, the configuration is asked anew and the offer made again."""
    give_up_after: float = 10.0
    busy_waits: tuple[float, ...] = (1.0, 2.0)
    """Before offering again to a busy camera: the place of a viewer who has just left is free a moment later."""
    asleep_after: float = 40.0
    resend_every: float = 5.0
    wake_at: tuple[float, ...] = WAKE_REPEATS
    cloud_wake_at: float = 8.0
    refresh_asleep_at: float = 12.0
    """A battery camera that is silent for so long may have moved to another server."""


@dataclass(slots=True, kw_only=True)
class SessionMetrics:
    """When what happened, in seconds of the clock, None for what has not; and how often."""

    offered_at: float | None = None
    published_at: float | None = None
    answer_received_at: float | None = None
    answer_sent_at: float | None = None
    first_candidate_at: float | None = None
    closed_at: float | None = None
    attempts: int = 0
    wakes: int = 0
    candidates_sent: int = 0
    candidates_received: int = 0
    close_reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it fit for JSON: milliseconds since the viewer's offer, and counts; no secrets."""
        begin = self.offered_at or 0.0
        moments = {
            "published": self.published_at,
            "answer_received": self.answer_received_at,
            "answer_sent": self.answer_sent_at,
            "first_candidate": self.first_candidate_at,
            "closed": self.closed_at,
        }
        return {
            **{f"{name}_ms": None if at is None else round((at - begin) * 1000, 1) for name, at in moments.items()},
            "attempts": self.attempts,
            "retries": max(0, self.attempts - 1),
            "wakes": self.wakes,
            "candidates_sent": self.candidates_sent,
            "candidates_received": self.candidates_received,
            "close_reason": self.close_reason,
        }


class AttemptBudget:
    """How often a camera may be offered to without success: some refuse everybody after a dozen attempts (section 4).

    `attempts` within `per` seconds are free; then each has to keep a distance to the one before, from `first` doubling to
    `most` seconds. An answer, or a quiet time of twice `most` seconds, makes all of them free again.
    """

    def __init__(self, *, attempts: int = 6, per: float = 60.0, first: float = 2.0, most: float = 120.0) -> None:
        """Begin with all attempts."""
        self._attempts = attempts
        self._per = per
        self._first = first
        self._most = most
        self._recent: deque[float] = deque()
        self._last: float | None = None
        self._wait = first
        self.last_reason: SessionReason | None = None

    def take(self, now: float) -> float:
        """Take an attempt; returns 0, or the seconds to wait where none is left (nothing was taken then)."""
        if self._last is not None and now - self._last >= 2 * self._most:
            self.give_back()
        while self._recent and now - self._recent[0] >= self._per:
            self._recent.popleft()
        if self._last is not None and (len(self._recent) >= self._attempts or self._wait > self._first):
            if (left := self._last + self._wait - now) > 0.0:
                return left
            self._wait = min(2 * self._wait, self._most)
        self._recent.append(now)
        self._last = now
        return 0.0

    def give_back(self) -> None:
        """The camera answers: nothing that was before counts any more."""
        self._recent.clear()
        self._last = None
        self._wait = self._first
        self.last_reason = None


@dataclass(slots=True, eq=False)
class _Attempt:
    """One offer to the camera, by its own session id."""

    session_id: str
    target: SignalTarget
    config: WebRtcConfig
    stream: int
    unregister: Callable[[], None]
    sent_candidates: int = 0
    received: dict[str, None] = field(default_factory=dict)
    alive: bool = False
    """The camera has said something."""


class CameraSession:
    """One viewer's session; see `CameraSessions.open`."""

    def __init__(
        self,
        camera: ViewedCamera,
        offer_sdp: str,
        *,
        signalling: Signalling,
        configs: ConfigSource,
        budget: AttemptBudget,
        clock: Clock,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        timings: SessionTimings,
        stream: int | None,
        wake_by_cloud: Callable[[], Awaitable[object]] | None,
        on_answer: Callable[[str], None],
        on_candidate: Callable[[str], None],
        on_error: Callable[[SessionError], None],
        on_closed: Callable[[], None],
    ) -> None:
        """Be ready to `start`; raises SdpError where the offer is none."""
        self.offer: Final[PreparedOffer] = prepare_offer(offer_sdp)
        self.metrics: Final = SessionMetrics(offered_at=clock.time())
        self.state = SessionState.INIT
        self.candidate_mid = "0"
        self.candidate_index = 0
        self._camera = camera
        self._offer_sdp = offer_sdp
        self._signalling = signalling
        self._configs = configs
        self._budget = budget
        self._clock = clock
        self._spawn = spawn
        self._timings = timings
        self._stream = stream
        self._wake_by_cloud = wake_by_cloud
        self._on_answer = on_answer
        self._on_candidate = on_candidate
        self._on_error = on_error
        self._on_closed = on_closed
        self._timers: dict[str, Timer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._attempt: _Attempt | None = None
        self._config: WebRtcConfig | None = None
        self._refreshed = False
        self._declined: SessionError | None = None
        self._busy_waits = list(timings.busy_waits)
        self._waiting_for_connection = False
        self._candidates: dict[str, None] = {}
        self._remove_listener: Callable[[], None] = _nothing

    @property
    def stream(self) -> int | None:
        """The stream that is, or will be, asked for; None where that is the camera's choice."""
        return self._stream if self._attempt is None else self._attempt.stream

    # What the viewer does

    def start(self) -> None:
        """Offer to the camera; the callbacks tell how it goes on."""
        self._remove_listener = self._signalling.add_listener(self._connection_changed)
        for candidate in self.offer.candidates:
            self._note_candidate(candidate)
        self._later("publish", self._timings.publish_within, self._not_published)
        self._config = self._configs.get(self._camera.device_id)
        if self._config is None:
            self._begin(self._fetch_config())
        else:
            self._make_offer()

    def add_candidate(self, candidate: str) -> None:
        """Take a candidate of the viewer's, or "" for their end; it goes out once the offer has."""
        if self.state is not SessionState.CLOSED:
            self._note_candidate(candidate)
            self._send_candidates()

    def close(self) -> None:
        """End the session, as the viewer wants; calling it again does no harm."""
        self._finish("viewer")

    def set_stream(self, stream: int) -> bool:
        """Switch to HD (0) or SD (1) while it plays; returns whether the camera can."""
        self._stream = stream
        attempt = self._attempt
        if self.state is not SessionState.ANSWERED or attempt is None or not attempt.config.can_switch_clarity:
            return False
        self._publish(attempt, "resolution", {"cmdValue": stream}, protocol=CONTROL)
        attempt.stream = stream
        return True

    # Offering

    async def _fetch_config(self) -> None:
        try:
            self._config = await self._configs.fetch(self._camera.device_id)
        except CloudError as err:
            self._fail(_error_of(err))
        else:
            if self.state is not SessionState.CLOSED:
                self._make_offer()

    def _make_offer(self) -> None:
        """Make an offer, or see to it that it will be made."""
        self._cancel("again")
        config = self._config
        if config is None or self.state is SessionState.CLOSED:
            return
        if not config.supports_webrtc:
            self._fail(SessionError(SessionReason.REFUSED, "The camera does not support WebRTC"))
            return
        stream = config.choose_stream(self._stream)
        if stream is None:
            self._fail(
                SessionError(SessionReason.REFUSED, "The camera has no H.264 stream, and browsers play no other")
            )
            return
        if not self._signalling.connected:
            self._waiting_for_connection = True
            self._signalling.retry_soon()
            return
        now = self._clock.time()
        if (wait := self._budget.take(now)) > 0.0:
            if wait > self._time_left(now):
                self._fail(SessionError(self._budget.last_reason or SessionReason.BUSY, retry_after=wait))
            else:
                self._cancel("publish")
                self._later("again", wait, self._make_offer)
            return
        self._publish_offer(config, stream, now)

    def _publish_offer(self, config: WebRtcConfig, stream: int, now: float) -> None:
        session_id = secrets.token_hex(16)
        target = SignalTarget(
            device_id=self._camera.device_id,
            moto_id=config.moto_id,
            sub_dev_id=self._camera.sub_dev_id or config.sub_dev_id,
        )
        attempt = _Attempt(session_id, target, config, stream, _nothing)
        attempt.unregister = self._signalling.register(session_id, lambda signal: self._receive(attempt, signal))
        self._attempt = attempt
        self._waiting_for_connection = False
        sleeps = self._sleeps
        if sleeps and self.metrics.wakes == 0:
            self._wake(0)
        if not self._send_offer(attempt):
            return
        self.metrics.attempts += 1
        self.state = SessionState.OFFERED
        if self.metrics.published_at is None:
            self.metrics.published_at = now
            self._cancel("publish")
            if sleeps:
                self._later("give_up", self._timings.asleep_after, self._no_answer)
                self._later("refresh", self._timings.refresh_asleep_at, self._refresh_asleep)
                if self._wake_by_cloud is not None:
                    # What cannot be done from here has to be done there, and at once
                    at = self._timings.cloud_wake_at if self.metrics.wakes else 0.0
                    self._later("cloud_wake", at, self._wake_through_cloud)
            else:
                self._later("give_up", self._timings.give_up_after, self._no_answer)
        if sleeps:
            self._later("resend", self._timings.resend_every, self._resend)
        elif not self._refreshed:
            self._later("retry", self._timings.retry_after, self._retry)

    def _send_offer(self, attempt: _Attempt) -> bool:
        """Send the offer and all candidates there are; returns false where the connection was lost this moment."""
        msg = {"sdp": self.offer.sdp, "stream_type": attempt.stream, "auth": attempt.config.auth}
        try:
            self._signalling.publish(attempt.target, attempt.session_id, "offer", msg)
        except SignallingDown:
            attempt.unregister()
            self._attempt = None
            self._waiting_for_connection = True
            self._signalling.retry_soon()
            return False
        except ValueError:
            self._fail(SessionError(SessionReason.REFUSED, "The cloud's configuration of the camera is not usable"))
            return False
        attempt.sent_candidates = 0
        self._send_candidates()
        return True

    def _drop_attempt(self) -> None:
        """Free the camera's place; whether it ever took one is not for us to know."""
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            self._publish(attempt, "disconnect", {})
            attempt.unregister()

    def _offer_again(self) -> None:
        """Replace the attempt by another."""
        if self.state in (SessionState.INIT, SessionState.OFFERED):
            self._drop_attempt()
            if self.metrics.attempts >= _MOST_ATTEMPTS:
                self._no_answer()
            else:
                self.state = SessionState.INIT
                self._make_offer()

    def _publish(self, attempt: _Attempt, kind: str, msg: Mapping[str, Any], *, protocol: int = WEBRTC) -> None:
        """Send what may go out with the next connection too."""
        try:
            self._signalling.publish(attempt.target, attempt.session_id, kind, msg, protocol=protocol, keep=True)
        except SignallingDown, ValueError:
            # There never was a connection, so there is nobody to tell
            return

    def _note_candidate(self, candidate: str) -> None:
        text = candidates.to_camera(candidate)
        if candidates.normalized(candidate) and not text:
            # Neither a candidate nor the end of them
            return
        if not candidates.is_mdns(candidate):
            self._candidates.setdefault(text)

    def _send_candidates(self) -> None:
        """Send what the camera has not been sent by this attempt."""
        attempt = self._attempt
        if attempt is None:
            return
        for text in list(self._candidates)[attempt.sent_candidates :]:
            attempt.sent_candidates += 1
            self.metrics.candidates_sent += 1
            self._publish(attempt, "candidate", {"candidate": text})

    # Waiting for an answer

    def _not_published(self) -> None:
        self._fail(SessionError(SessionReason.NOT_CONNECTED))

    def _no_answer(self) -> None:
        """Time is up; what the camera said to an earlier attempt tells more than its silence now."""
        asleep = self._sleeps and not (self._attempt is not None and self._attempt.alive)
        self._fail(self._declined or SessionError(SessionReason.ASLEEP if asleep else SessionReason.NO_ANSWER))

    def _retry(self) -> None:
        """The camera is silent: it may listen elsewhere by now, or have been paired anew."""
        if not self._refreshed and (self._attempt is None or not self._attempt.alive):
            self._refreshed = True
            self._begin(self._refresh_and_offer())

    async def _refresh_and_offer(self, *, only_if_changed: bool = False) -> None:
        attempt = self._attempt
        config = self._config
        try:
            config = await self._configs.refresh(self._camera.device_id)
        except CloudError as err:
            _LOGGER.debug("A camera's configuration could not be refreshed: %s", err)
        if attempt is not self._attempt or self.state not in (SessionState.INIT, SessionState.OFFERED):
            # Answered, closed or begun anew meanwhile
            self._config = config
            return
        before, self._config = self._config, config
        if not only_if_changed or before is None or config is None or _place_of(before) != _place_of(config):
            self._offer_again()

    def _refresh_asleep(self) -> None:
        if not self._refreshed:
            self._refreshed = True
            self._begin(self._refresh_and_offer(only_if_changed=True))

    @property
    def _sleeps(self) -> bool:
        return self._camera.low_power or (self._config is not None and self._config.low_power)

    def _resend(self) -> None:
        """A camera that woke up since has missed the offer."""
        if (attempt := self._attempt) is not None and not attempt.alive:
            self._later("resend", self._timings.resend_every, self._resend)
            self._send_offer(attempt)

    def _wake(self, number: int) -> None:
        if self._attempt is not None and self._attempt.alive:
            return
        if self._signalling.wake(self._camera.device_id, self._camera.local_key):
            self.metrics.wakes += 1
        times = self._timings.wake_at
        if number + 1 < len(times):
            self._later("wake", times[number + 1] - times[number], lambda: self._wake(number + 1))

    def _wake_through_cloud(self) -> None:
        if self._attempt is None or not self._attempt.alive:
            self._begin(self._allocate())

    async def _allocate(self) -> None:
        assert self._wake_by_cloud is not None
        try:
            await self._wake_by_cloud()
        except CloudError as err:
            _LOGGER.debug("A camera could not be woken through the cloud: %s", err)

    def _connection_changed(self, up: bool) -> None:
        if not up:
            return
        if self._waiting_for_connection:
            self._waiting_for_connection = False
            self._make_offer()
        elif self.state is SessionState.OFFERED and self._attempt is not None:
            # Its answer may have come while nobody listened
            self._offer_again()

    # What the camera says

    def _receive(self, attempt: _Attempt, signal: Signal) -> None:
        if attempt is not self._attempt:
            return
        if not attempt.alive:
            attempt.alive = True
            for name in ("wake", "resend", "cloud_wake", "refresh"):
                self._cancel(name)
        match signal.kind, signal.msg:
            case "answer", {"sdp": str(sdp)}:
                self._receive_answer(attempt, sdp)
            case "candidate", {"candidate": str(candidate)}:
                self._receive_candidate(attempt, candidate)
            case "disconnect", msg:
                reason = msg.get("close_reason")
                self._receive_disconnect(reason if isinstance(reason, int) else None)

    def _receive_answer(self, attempt: _Attempt, sdp: str) -> None:
        if self.state is not SessionState.OFFERED:
            # A camera that was offered twice answers twice
            return
        self.metrics.answer_received_at = self._clock.time()
        try:
            answer = repair_answer(sdp, self._offer_sdp, talk=self.offer.talk)
        except SdpError as err:
            _LOGGER.debug("A camera's answer is not usable: %s", err)
            self._receive_refusal(SessionError(SessionReason.REFUSED, "The camera's answer is not usable"))
            return
        if has_video(self._offer_sdp) and not has_video(answer):
            self._fail(SessionError(SessionReason.REFUSED, "The camera offers no video that browsers play"))
            return
        self.state = SessionState.ANSWERED
        self._budget.give_back()
        for name in tuple(self._timers):
            self._cancel(name)
        self.candidate_mid, self.candidate_index = candidate_target(answer)
        self._call(self._on_answer, answer)
        self.metrics.answer_sent_at = self._clock.time()
        for candidate in tuple(attempt.received):
            self._forward(candidate)
        config = attempt.config
        if config.can_switch_clarity and attempt.stream != config.default_stream:
            # Not every camera minds the offer's stream_type
            self._publish(attempt, "resolution", {"cmdValue": attempt.stream}, protocol=CONTROL)
        if self.offer.talk and config.has_speaker_control:
            self._publish(attempt, "speaker", {"cmdValue": 1}, protocol=CONTROL)

    def _receive_candidate(self, attempt: _Attempt, candidate: str) -> None:
        try:
            text = candidates.from_camera(candidate)
        except ValueError:
            return
        # Nothing is gained by telling a browser of the end, and some take it for an error
        if text is None or text in attempt.received:
            return
        attempt.received[text] = None
        self.metrics.candidates_received += 1
        if self.state is SessionState.ANSWERED:
            self._forward(text)

    def _forward(self, candidate: str) -> None:
        if self.state is SessionState.ANSWERED:
            self._call(self._on_candidate, candidate)
            if self.metrics.first_candidate_at is None:
                self.metrics.first_candidate_at = self._clock.time()

    def _receive_disconnect(self, close_reason: int | None) -> None:
        if self.state is SessionState.ANSWERED:
            reason = SessionReason.BUSY if close_reason == _BUSY else SessionReason.CAMERA_CLOSED
            self._fail(SessionError(reason, close_reason=close_reason))
        elif close_reason == _BUSY:
            error = self._declined = SessionError(SessionReason.BUSY, close_reason=close_reason)
            self._budget.last_reason = error.reason
            if self._busy_waits and self._busy_waits[0] < self._time_left(self._clock.time()):
                self._cancel("retry")
                self._drop_attempt()
                self.state = SessionState.INIT
                self._later("again", self._busy_waits.pop(0), self._make_offer)
            else:
                self._fail(error)
        else:
            self._receive_refusal(SessionError(SessionReason.REFUSED, close_reason=close_reason))

    def _receive_refusal(self, error: SessionError) -> None:
        """The camera declined: once, that may be for a configuration of yesterday."""
        self._declined = error
        self._budget.last_reason = error.reason
        if self._refreshed:
            self._fail(error)
            return
        self._refreshed = True
        self._cancel("retry")
        self._drop_attempt()
        self.state = SessionState.INIT
        self._begin(self._refresh_and_offer())

    # The end

    def _fail(self, error: SessionError) -> None:
        if self.state is SessionState.CLOSED:
            return
        if self.state is not SessionState.ANSWERED:
            self._budget.last_reason = error.reason
        self._finish(error.reason)
        self._call(self._on_error, error)

    def _finish(self, reason: str) -> None:
        if self.state is SessionState.CLOSED:
            return
        self._drop_attempt()
        self.state = SessionState.CLOSED
        self.metrics.closed_at = self._clock.time()
        self.metrics.close_reason = str(reason)
        for name in tuple(self._timers):
            self._cancel(name)
        for task in tuple(self._tasks):
            task.cancel()
        self._remove_listener()
        self._on_closed()

    # Tools

    def _time_left(self, now: float) -> float:
        """Return for how long the viewer can still be kept waiting, in seconds."""
        patience = self._timings.asleep_after if self._sleeps else self._timings.give_up_after
        return (self.metrics.published_at or now) + patience - now

    def _later(self, name: str, delay: float, callback: Callable[[], None]) -> None:
        """Set a timer; there is one of each name."""
        self._cancel(name)

        def due() -> None:
            self._timers.pop(name, None)
            callback()

        self._timers[name] = self._clock.call_later(delay, due)

    def _cancel(self, name: str) -> None:
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._spawn(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _call[T](self, function: Callable[[T], None], argument: T) -> None:
        """Call the viewer back; its errors are its own."""
        try:
            function(argument)
        except Exception:
            _LOGGER.exception("A callback of a camera's session failed")


class CameraSessions:
    """The sessions of all viewers of a camera.

    Args:
        camera: whose sessions; may be replaced, which new sessions then mind.
        signalling: to send and receive by; it stays the caller's.
        configs: where the camera's configuration comes from.
        clock: the running event loop, unless a test has another.
        spawn: begins a background task; the running loop does, unless the caller has a better way.
        timings: how patient sessions are.
        wake_by_cloud: wakes the camera by a call of the cloud (`ipc.allocate_stream`); used for a battery camera and a viewer
            when wake packets don't help.
        history: how many ended sessions' metrics are kept.
    """

    def __init__(
        self,
        camera: ViewedCamera,
        signalling: Signalling,
        configs: ConfigSource,
        *,
        clock: Clock | None = None,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]] | None = None,
        timings: SessionTimings | None = None,
        wake_by_cloud: Callable[[], Awaitable[object]] | None = None,
        history: int = 20,
    ) -> None:
        """Begin without sessions."""
        self.camera = camera
        self.budget: Final = AttemptBudget()
        self._signalling = signalling
        self._configs = configs
        self._clock = clock
        self._spawn = spawn
        self._timings = timings or SessionTimings()
        self._wake_by_cloud = wake_by_cloud
        self._sessions: dict[str, CameraSession] = {}
        self._early: deque[tuple[str, str]] = deque(maxlen=_EARLY_CANDIDATES)
        self._history: deque[SessionMetrics] = deque(maxlen=history)
        self._opened = 0

    def __len__(self) -> int:
        """How many viewers there are."""
        return len(self._sessions)

    def __contains__(self, session_id: object) -> bool:
        """Whether a viewer's session is open."""
        return session_id in self._sessions

    def open(
        self,
        session_id: str,
        offer_sdp: str,
        *,
        stream: int | None = None,
        on_answer: Callable[[str], None],
        on_candidate: Callable[[str], None],
        on_error: Callable[[SessionError], None],
    ) -> CameraSession:
        """Begin a viewer's session.

        An offer of a peer connection that has a session already is a restart of ICE (12.4, 4): the old session is closed
        without a word to its viewer, who is the same.

        Args:
            session_id: the viewer's; the camera is told another.
            offer_sdp: as the browser sent it.
            stream: 0 for HD, 1 for SD, None for the camera's default. Another is taken where it is not H.264.
            on_answer: called once, with an answer that browsers take.
            on_candidate: called after that with each candidate of the camera, in the browsers' form; they belong to
                `candidate_mid` and `candidate_index` of the session.
            on_error: called at most once, and nothing else after it; the session is closed then.

        Raises:
            SdpError: the offer is none.
        """
        clock = self._clock or asyncio.get_running_loop()
        session = CameraSession(
            self.camera,
            offer_sdp,
            signalling=self._signalling,
            configs=self._configs,
            budget=self.budget,
            clock=clock,
            spawn=self._spawn or asyncio.get_running_loop().create_task,
            timings=self._timings,
            stream=stream,
            wake_by_cloud=self._wake_by_cloud,
            on_answer=on_answer,
            on_candidate=on_candidate,
            on_error=on_error,
            on_closed=lambda: self._forget(session_id, session),
        )
        self.close(session_id)
        if session.offer.origin:
            for other in list(self._sessions.values()):
                if other.offer.origin == session.offer.origin:
                    other.close()
        self._sessions[session_id] = session
        self._opened += 1
        early = [candidate for ufrag, candidate in self._early if ufrag in session.offer.ufrags]
        self._early.clear()
        session.start()
        for candidate in early:
            session.add_candidate(candidate)
        return session

    def add_candidate(self, session_id: str, candidate: str, ufrag: str | None = None) -> None:
        """Take a viewer's candidate, or "" for their end.

        It goes to the session whose offer has its user name fragment, whatever the session id says: after a restart of ICE a
        player names the old session for a moment. One that comes before its offer is kept for it.
        """
        ufrag = candidates.ufrag_of(candidate) or ufrag
        session = self._sessions.get(session_id)
        if ufrag is not None and (session is None or ufrag not in session.offer.ufrags):
            session = next((other for other in self._sessions.values() if ufrag in other.offer.ufrags), None)
            if session is None:
                self._early.append((ufrag, candidate))
        if session is not None:
            session.add_candidate(candidate)

    def close(self, session_id: str) -> None:
        """End a viewer's session, if it is open."""
        if (session := self._sessions.get(session_id)) is not None:
            session.close()

    def close_all(self) -> None:
        """End all sessions; what the cameras have to know of it still has to be sent (`IpcSignalling.flush`)."""
        for session in list(self._sessions.values()):
            session.close()

    def get(self, session_id: str) -> CameraSession | None:
        """Return a viewer's session, None where it is not open."""
        return self._sessions.get(session_id)

    def set_stream(self, stream: int) -> int:
        """Switch all viewers to HD (0) or SD (1); returns how many could be."""
        return sum(session.set_stream(stream) for session in self._sessions.values())

    def as_dict(self) -> dict[str, Any]:
        """Return what sessions there are and were, fit for JSON, without secrets."""
        return {
            "opened": self._opened,
            "open": [{"state": str(session.state), **session.metrics.as_dict()} for session in self._sessions.values()],
            "ended": [metrics.as_dict() for metrics in self._history],
        }

    def _forget(self, session_id: str, session: CameraSession) -> None:
        if self._sessions.get(session_id) is session:
            del self._sessions[session_id]
        self._history.append(session.metrics)


def _nothing() -> None:
    """Be called."""


def _place_of(config: WebRtcConfig) -> tuple[str, str, str]:
    """Return what an offer depends on."""
    return config.moto_id, config.auth, config.sub_dev_id


def _error_of(err: CloudError) -> SessionError:
    """Return what a viewer is told where the cloud doesn't tell how to view the camera."""
    if isinstance(err, DeviceOffline):
        error = SessionError(SessionReason.NO_ANSWER)
    elif isinstance(err, (CannotReachCloud, CloudBusy, QuotaExhausted)):
        error = SessionError(SessionReason.NOT_CONNECTED, str(err))
    else:
        error = SessionError(SessionReason.REFUSED, str(err))
    error.__cause__ = err
    return error
