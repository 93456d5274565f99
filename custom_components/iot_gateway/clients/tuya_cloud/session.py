"""One viewer's session with a camera.

The design is section 14 of the protocols page: INIT → OFFERED → ANSWERED → CLOSED. A player takes one answer or one error
and never tries again (12.4), so whatever can be tried again is tried here before it hears of an error; and a camera has few
places, which it frees only when told to, so whatever was offered is disconnected, however it ends.

Nothing here waits: a session is a machine that a clock, the signalling and its viewer push on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import logging
import secrets
from typing import Any, Final

from . import candidates
from .attempt_budget import AttemptBudget
from .errors import CloudError
from .loose import as_integer
from .sdp import PreparedOffer, SdpError, candidate_target, has_video, prepare_offer, repair_answer
from .session_error import SessionError, SessionReason, session_error_of
from .session_metrics import SessionMetrics
from .session_ports import Clock, ConfigSource, Signalling
from .signals import CONTROL, WEBRTC, Signal, SignallingDown, SignalTarget
from .timers import Timers
from .wake import WAKE_REPEATS
from .waking import Waking
from .webrtc_config import HD, SD, WebRtcConfig

_LOGGER = logging.getLogger(__name__)

_BUSY: Final = 12
"""`close_reason` of a camera whose places are all taken (section 4)."""
_MOST_ATTEMPTS: Final = 6
_MOST_CANDIDATES: Final = 128
"""More than any browser or camera gathers: what goes on beyond that is a defect, and not for us to keep."""


class SessionState(StrEnum):
    """How far a session is."""

    INIT = "init"
    OFFERED = "offered"
    ANSWERED = "answered"
    CLOSED = "closed"


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
    candidates_end_after: float = 2.0
    """After the answer, without another candidate of a viewer who doesn't say that there are no more; what comes later
    goes out all the same."""
    busy_waits: tuple[float, ...] = (1.0, 2.0)
    """Before offering again to a busy camera: the place of a viewer who has just left is free a moment later."""
    asleep_after: float = 40.0
    resend_first: float = 2.0
    """Many have woken up by then, and have missed the offer that woke them; the first seconds are what a viewer feels."""
    resend_every: float = 5.0
    wake_at: tuple[float, ...] = WAKE_REPEATS
    cloud_wake_at: float = 8.0
    refresh_asleep_at: float = 12.0
    """A battery camera that is silent for so long may have moved to another server."""


@dataclass(slots=True, eq=False)
class _Attempt:
    """One offer to the camera, by its own session id."""

    session_id: str
    target: SignalTarget
    config: WebRtcConfig
    stream: int
    unregister: Callable[[], None]
    sent_candidates: int = 0
    told_end: bool = False
    """The camera knows that there are no more candidates."""
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
        self._timers: Final = Timers(clock)
        self._waking: Final = Waking(
            self._timers,
            send_packet=self._send_wake_packet,
            ask_cloud=self._wake_through_cloud if wake_by_cloud is not None else None,
            packets_at=timings.wake_at,
            cloud_at=timings.cloud_wake_at,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._attempt: _Attempt | None = None
        self._config: WebRtcConfig | None = None
        self._refreshed = False
        self._tried_other_stream = False
        self._declined: SessionError | None = None
        self._busy_waits = list(timings.busy_waits)
        self._waiting_for_connection = False
        self._candidates: dict[str, None] = {}
        self._has_all_candidates = False
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
        self._timers.set("publish", self._timings.publish_within, self._not_published)
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

    def camera_is_gone(self) -> None:
        """The camera is known to be out of reach: what it has begun, it will not go on with."""
        if self.state is SessionState.ANSWERED:
            self._fail(SessionError(SessionReason.OFFLINE))

    def interrupt(self) -> None:
        """What carries the session is about to go; the viewer may begin another."""
        self._fail(SessionError(SessionReason.INTERRUPTED))

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
            self._fail(session_error_of(err))
        else:
            if self.state is not SessionState.CLOSED:
                self._make_offer()

    def _make_offer(self) -> None:
        """Make an offer, or see to it that it will be made."""
        self._timers.cancel("again")
        config = self._config
        if config is None or self.state is SessionState.CLOSED:
            return
        if not config.supports_webrtc:
            self._fail(SessionError(SessionReason.UNPLAYABLE, "The camera does not support WebRTC"))
            return
        stream = config.choose_stream(self._stream)
        if stream is None:
            self._fail(SessionError(SessionReason.UNPLAYABLE, "The camera has no stream in H.264"))
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
                # That wait is ours; but the connection may be lost when it is over
                if self.metrics.published_at is None:
                    self._timers.set("publish", wait + self._timings.publish_within, self._not_published)
                self._timers.set("again", wait, self._make_offer)
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
        if sleeps:
            self._waking.begin()
        if not self._send_offer(attempt):
            return
        self.metrics.attempts += 1
        self.state = SessionState.OFFERED
        if self.metrics.published_at is None:
            self.metrics.published_at = now
            self._timers.cancel("publish")
            if sleeps:
                self._timers.set("give_up", self._timings.asleep_after, self._no_answer)
                self._timers.set("refresh", self._timings.refresh_asleep_at, self._refresh_asleep)
            else:
                self._timers.set("give_up", self._timings.give_up_after, self._no_answer)
        if sleeps:
            self._timers.set("resend", self._timings.resend_first, self._resend)
        elif not self._refreshed:
            self._timers.set("retry", self._timings.retry_after, self._retry)

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
        attempt.told_end = False
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
        if not text:
            # The end of them, or neither that nor a candidate
            self._has_all_candidates = self._has_all_candidates or not candidates.normalized(candidate)
        elif not candidates.is_mdns(candidate) and len(self._candidates) < _MOST_CANDIDATES:
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
        if self._has_all_candidates:
            self._send_end_of_candidates()
        elif self.state is SessionState.ANSWERED:
            # Home Assistant's player never says that there are no more
            self._timers.set("candidates", self._timings.candidates_end_after, self._send_end_of_candidates)

    def _send_end_of_candidates(self) -> None:
        attempt = self._attempt
        if attempt is not None and not attempt.told_end:
            self._timers.cancel("candidates")
            attempt.told_end = True
            self._publish(attempt, "candidate", {"candidate": ""})

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
            self._timers.set("resend", self._timings.resend_every, self._resend)
            if self._signalling.connected:
                # Otherwise the next connection brings the next offer
                self._send_offer(attempt)

    def _send_wake_packet(self) -> bool:
        if sent := self._signalling.wake(self._camera.device_id, self._camera.local_key):
            self.metrics.wakes += 1
        return sent

    def _wake_through_cloud(self) -> None:
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
            self._waking.end()
            self._timers.cancel("resend", "refresh")
        match signal.kind, signal.msg:
            case "answer", {"sdp": str(sdp)}:
                self._receive_answer(attempt, sdp)
            case "candidate", {"candidate": str(candidate)}:
                self._receive_candidate(attempt, candidate)
            case "disconnect", msg:
                self._receive_disconnect(as_integer(msg.get("close_reason")))

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
            self._receive_no_video(attempt)
            return
        self.state = SessionState.ANSWERED
        self._budget.give_back()
        self._end_waiting()
        self.candidate_mid, self.candidate_index = candidate_target(answer)
        self._call(self._on_answer, answer)
        self.metrics.answer_sent_at = self._clock.time()
        for candidate in tuple(attempt.received):
            self._forward(candidate)
        # The viewer may have left at the answer
        if self.state is SessionState.ANSWERED:
            self._set_up_media(attempt)
            self._send_candidates()

    def _receive_no_video(self, attempt: _Attempt) -> None:
        """The stream is none that browsers play; where the camera doesn't say what its other one is, that one may be."""
        other = HD if attempt.stream == SD else SD
        if not self._tried_other_stream and attempt.config.choose_stream(other) == other:
            self._tried_other_stream = True
            self._stream = other
            self._timers.cancel("retry")
            self._offer_again()
        else:
            self._fail(SessionError(SessionReason.UNPLAYABLE, "The camera offers no video that browsers play"))

    def _set_up_media(self, attempt: _Attempt) -> None:
        """Tell the camera what no offer says: which stream is wanted, and that somebody talks."""
        config = attempt.config
        # The viewer may want another stream by now
        wanted = config.choose_stream(self._stream)
        wanted = attempt.stream if wanted is None else wanted
        if config.can_switch_clarity and (wanted != config.default_stream or wanted != attempt.stream):
            # Not every camera minds the offer's stream_type
            self._publish(attempt, "resolution", {"cmdValue": wanted}, protocol=CONTROL)
            attempt.stream = wanted
        if self.offer.talk and config.has_speaker_control:
            self._publish(attempt, "speaker", {"cmdValue": 1}, protocol=CONTROL)

    def _receive_candidate(self, attempt: _Attempt, candidate: str) -> None:
        try:
            text = candidates.from_camera(candidate)
        except ValueError:
            return
        # Nothing is gained by telling a browser of the end, and some take it for an error
        if text is None or text in attempt.received or len(attempt.received) >= _MOST_CANDIDATES:
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
                self._timers.cancel("retry")
                self._drop_attempt()
                self.state = SessionState.INIT
                self._timers.set("again", self._busy_waits.pop(0), self._make_offer)
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
        self._timers.cancel("retry")
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
        self._timers.cancel_all()
        for task in tuple(self._tasks):
            task.cancel()
        self._remove_listener()
        self._on_closed()

    # Tools

    def _end_waiting(self) -> None:
        """The camera has answered: nothing is waited for any more but the viewer's last candidates."""
        self._timers.cancel("publish", "again", "give_up", "refresh", "resend", "retry")
        self._waking.end()

    def _time_left(self, now: float) -> float:
        """Return for how long the viewer can still be kept waiting, in seconds."""
        patience = self._timings.asleep_after if self._sleeps else self._timings.give_up_after
        return (self.metrics.published_at or now) + patience - now

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


def _nothing() -> None:
    """Be called."""


def _place_of(config: WebRtcConfig) -> tuple[str, str, str]:
    """Return what an offer depends on."""
    return config.moto_id, config.auth, config.sub_dev_id
