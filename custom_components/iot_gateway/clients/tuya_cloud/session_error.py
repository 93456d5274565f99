"""Why a viewer's session with a camera ended that its viewer did not end."""

from enum import StrEnum
from typing import Final

from .errors import CannotReachCloud, CloudBusy, CloudError, DeviceOffline, QuotaExhausted


class SessionReason(StrEnum):
    """Why a session ended that its viewer did not end."""

    NO_ANSWER = "no_answer"
    """The camera is offline, or its answer never came."""
    BUSY = "busy"
    """The camera serves as many viewers as it can."""
    OFFLINE = "offline"
    """The camera was there and is known to be out of reach by now."""
    ASLEEP = "asleep"
    """A battery camera did not wake up."""
    CAMERA_CLOSED = "camera_closed"
    """The camera ended what had begun."""
    INTERRUPTED = "interrupted"
    """What the camera says would not arrive any more: it belongs to another account by now."""
    NOT_CONNECTED = "not_connected"
    """The cloud or its message broker cannot be reached."""
    REFUSED = "refused"
    """The camera, or the cloud, doesn't let us watch."""
    UNPLAYABLE = "unplayable"
    """The camera has nothing that a browser plays."""


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
    SessionReason.OFFLINE: "The camera is offline",
    SessionReason.ASLEEP: "The camera sleeps and did not wake up",
    SessionReason.CAMERA_CLOSED: "The camera ended the view",
    SessionReason.INTERRUPTED: "The view was interrupted",
    SessionReason.NOT_CONNECTED: "Tuya's cloud is not reachable",
    SessionReason.REFUSED: "The camera cannot be viewed",
    SessionReason.UNPLAYABLE: "The camera has nothing that browsers play",
}


def session_error_of(err: CloudError) -> SessionError:
    """Return what a viewer is told where the cloud doesn't tell how to view the camera."""
    if isinstance(err, DeviceOffline):
        error = SessionError(SessionReason.NO_ANSWER)
    elif isinstance(err, (CannotReachCloud, CloudBusy, QuotaExhausted)):
        error = SessionError(SessionReason.NOT_CONNECTED, str(err))
    else:
        error = SessionError(SessionReason.REFUSED, str(err))
    error.__cause__ = err
    return error
