"""The sessions of all viewers of a camera."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from . import candidates
from .attempt_budget import AttemptBudget
from .session import CameraSession, SessionTimings, ViewedCamera
from .session_error import SessionError
from .session_metrics import SessionMetrics
from .session_ports import Clock, ConfigSource, Signalling

_EARLY_CANDIDATES: Final = 64


class CameraSessions:
    """The sessions of all viewers of a camera.

    Args:
        camera: whose sessions; may be replaced, which new sessions then mind.
        signalling: to send and receive by; it stays the caller's.
        configs: where the camera's configuration comes from.
        clock: the running event loop, unless a test has another.
        spawn: begins a background task; the running loop does, unless the caller has a better way.
        timings: how patient sessions are.
        wake_by_cloud: wakes the camera by a call of the cloud (`stream_allocation.allocate_stream`); used for a battery camera and a viewer
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
        if session.offer.peer:
            for other in list(self._sessions.values()):
                if other.offer.peer == session.offer.peer:
                    other.close()
        self._sessions[session_id] = session
        self._opened += 1
        early = [candidate for ufrag, candidate in self._early if ufrag in session.offer.ufrags]
        for ufrag, candidate in tuple(self._early):
            if ufrag in session.offer.ufrags:
                self._early.remove((ufrag, candidate))
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

    def camera_is_gone(self) -> None:
        """The camera is known to be out of reach: tell those who watch, whom nobody else tells.

        A camera without power says nothing, and Chromium shows its last picture for good (12.4, 5).
        """
        for session in list(self._sessions.values()):
            session.camera_is_gone()

    def interrupt_all(self) -> None:
        """End all sessions, and tell their viewers, who have not asked for it."""
        for session in list(self._sessions.values()):
            session.interrupt()

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
